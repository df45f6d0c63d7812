//! Plimsoll evaluates the Pod Security Standards as the admission plugin's own library does, on random pods.
//!
//! The library is asked through `e2e/pod-security-oracle`, whose README says how to build it.
//! `PLIMSOLL_POD_SECURITY_ORACLE` names the binary; without it these tests say that they are left out.
//! `PLIMSOLL_POD_SECURITY_CASES` is how many pods are compared.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]
#![expect(clippy::disallowed_types, reason = "the reference is another program")]
#![expect(clippy::disallowed_methods, reason = "the environment says where the reference is")]
#![expect(clippy::print_stdout, reason = "how many questions were asked is told")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use controls::pod_security::{Evaluation, Level, evaluate};
use model::object::Object;
use model::workload::workloads;
use serde_json::{Value, json};

const SEED: &str = "1";

/// How a generated pod is evaluated.
#[derive(Clone, Copy)]
enum As {
    /// As a pod, which the API server completes; the oracle completes it too.
    Pod,
    /// As the template of a Deployment, of which the API server completes volumes only. The oracle completes
    /// nothing, so that this is done here.
    Template,
}

/// The sources of volumes that are not known to the API: the generator makes these and no other.
const UNKNOWN_SOURCES: [&str; 2] = ["hostpath", "futureVolume"];

/// The binary, or a line on the screen that says what is not tested. It is written past what captures
/// the prints of tests.
fn oracle() -> Option<String> {
    let oracle = std::env::var("PLIMSOLL_POD_SECURITY_ORACLE").ok().filter(|path| !path.is_empty());
    if oracle.is_none() {
        let line = "left out: comparison with the Pod Security library: PLIMSOLL_POD_SECURITY_ORACLE is not set\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    oracle
}

/// Cases of the generator, one a line.
fn generate(oracle: &str) -> Vec<String> {
    let count = std::env::var("PLIMSOLL_POD_SECURITY_CASES").unwrap_or_else(|_| "3000".to_owned());
    let output = Command::new(oracle).args(["generate", "--count", &count, "--seed", SEED]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(cases.len().to_string(), count);
    cases
}

/// Gives every volume without a source what the API server gives it.
fn default_volumes(case: &str) -> String {
    let mut case: Value = serde_json::from_str(case).unwrap();
    let volumes = case.pointer_mut("/pod/spec/volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten().filter_map(Value::as_object_mut) {
        let is_source = |key: &str| key != "name" && !UNKNOWN_SOURCES.contains(&key);
        if !volume.iter().any(|(key, value)| is_source(key) && !value.is_null()) {
            volume.insert("emptyDir".to_owned(), json!({}));
        }
    }
    case.to_string()
}

/// Compares all that Plimsoll says of one case with one answer; what differs is added to `report`. How many answers that
/// are: one for each level and version.
fn compare(case: &str, answer: &str, how: As, report: &mut String) -> usize {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let read_case = yaml::parse_document(case).unwrap();
    let pod = read_case.root().get("pod").unwrap();
    let template = format!(r#"{{"spec": {{"template": {}}}}}"#, pod.source());
    let read_template = yaml::parse_document(&template).unwrap();
    let object = match how {
        As::Pod => Object::of_type(pod, "v1".into(), "Pod".into()),
        As::Template => Object::of_type(read_template.root(), "apps/v1".into(), "Deployment".into()),
    };
    let found = workloads(&object);
    let [workload] = found.as_slice() else { panic!("{} workloads in {case}", found.len()) };
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("no results: {answer}"));
    assert!(!results.is_empty());
    for expected in results {
        let level = Level::from_name(expected["level"].as_str().unwrap()).unwrap();
        let asked = expected["version"].as_str().unwrap();
        let version = asked.parse().unwrap();
        let evaluated = evaluate(workload, level, version);
        if to_json(&evaluated, level, asked) != *expected {
            writeln!(report, "{case}\nplugin   {expected}\nplimsoll {evaluated:?}\n").unwrap();
        }
    }
    results.len()
}

/// An evaluation as the oracle writes it.
fn to_json(evaluation: &Evaluation, level: Level, version: &str) -> Value {
    let reasons: Vec<&str> =
        evaluation.checks.iter().filter(|check| !check.allowed).map(|check| &*check.reason).collect();
    let checks = evaluation
        .checks
        .iter()
        .map(|check| json!({"id": check.id, "allowed": check.allowed, "reason": check.reason, "detail": check.detail}));
    json!({
        "level": level.name(),
        "version": version,
        "allowed": evaluation.allowed,
        "reason": reasons.join(", "),
        "detail": evaluation.reason,
        "checks": checks.collect::<Vec<_>>(),
    })
}

fn agrees(how: As) {
    let Some(oracle) = oracle() else { return };
    let cases = generate(&oracle);
    let mut command = Command::new(&oracle);
    if let As::Pod = how {
        command.arg("--default");
    }
    let mut asked = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = asked.stdin.take().unwrap();
    let answers = BufReader::new(asked.stdout.take().unwrap());
    let mut report = String::new();
    let (mut answered, mut compared) = (0, 0);
    thread::scope(|scope| {
        // The pipe is moved into the thread, so that the oracle sees the end of its input when all is asked.
        let cases = &cases;
        scope.spawn(move || {
            for case in cases {
                let question = if let As::Template = how { default_volumes(case) } else { case.clone() };
                writeln!(questions, "{question}").unwrap();
            }
        });
        for (case, answer) in cases.iter().zip(answers.lines()) {
            answered += 1;
            compared += compare(case, &answer.unwrap(), how, &mut report);
        }
    });
    assert!(asked.wait().unwrap().success());
    assert_eq!(answered, cases.len());
    let differences = report.lines().filter(|line| line.starts_with("plugin ")).count();
    let start: String = report.lines().take(20).collect::<Vec<_>>().join("\n");
    assert!(report.is_empty(), "{differences} results differ:\n{start}");
    println!("{answered} pods, {compared} evaluations asked, {compared} equal");
}

#[test]
fn evaluates_pods_as_the_plugin_does() {
    agrees(As::Pod);
}

#[test]
fn evaluates_templates_as_the_plugin_does() {
    agrees(As::Template);
}
