//! `schema-invalid` finds unknown fields and wrong types exactly where the API server's strict decoder does, on random
//! objects of every kind.
//!
//! The decoder is asked through `e2e/schema-oracle`, whose README says how to build it. `PLIMSOLL_SCHEMA_ORACLE` names
//! the binary; without it this test says that it is left out. `PLIMSOLL_SCHEMA_CASES` is how many objects are compared.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]
#![expect(clippy::disallowed_types, reason = "the reference is another program")]
#![expect(clippy::disallowed_methods, reason = "the environment says where the reference is")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use controls::engine::{Engine, Passed};
use model::inventory::{Inventory, Observed};
use model::parameter::Settings;
use serde_json::Value;

const SEED: &str = "1";

/// The version whose Go types the reference is built with.
const MINOR: u8 = 37;

/// So many kinds are compared at least.
const FEWEST_KINDS: usize = 60;

/// What was found in one object.
#[derive(Default)]
struct Found {
    /// The paths of fields that do not exist.
    unknown: BTreeSet<String>,
    /// The paths of values that the API server cannot read.
    unreadable: BTreeSet<String>,
}

fn judge(engine: &Engine, object: &str) -> Found {
    let mut inventory = Inventory::default();
    let judge = |observed: Observed<'_>, symbols: &_, occurrences: &mut _| engine.judge(observed, symbols, occurrences);
    manifests::load::load_bytes("case.json".as_ref(), object.as_bytes(), &mut inventory, &judge);
    let mut found = Found::default();
    for occurrence in &inventory.occurrences {
        let message = inventory.symbols.text(occurrence.message);
        let field = inventory.symbols.text(occurrence.place.field).to_string();
        if message.contains("the API drops it") {
            found.unknown.insert(field);
        } else if message.starts_with("There is no ") {
            // What is missing is the business of validation, which comes after the decoder.
        } else if message.contains("the API expects") || message.contains(" is no ") {
            found.unreadable.insert(field);
        }
    }
    found
}

/// What differs between our answer and that of the decoder, if anything does.
fn difference(found: &Found, answer: &Value) -> Option<String> {
    let texts = answer["unknown"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    let unknown: BTreeSet<String> = texts.collect();
    let error = answer["error"].as_str().unwrap();
    if error.is_empty() != found.unreadable.is_empty() {
        return Some(format!("the decoder says {error:?}, we cannot read {:?}", found.unreadable));
    }
    // The decoder stops at some errors, and has not seen what comes after them.
    let agrees = if error.is_empty() { unknown == found.unknown } else { unknown.is_subset(&found.unknown) };
    (!agrees).then(|| format!("the decoder does not know {unknown:?}, we do not know {:?} ({error})", found.unknown))
}

fn run(oracle: &str, arguments: &[&str], input: &[String]) -> Vec<String> {
    let mut command = Command::new(oracle);
    let mut asked = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = asked.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // The pipe is moved into the thread, so that the reference sees the end of its input.
        scope.spawn(move || input.iter().for_each(|line| writeln!(questions, "{line}").unwrap()));
        asked.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the reference failed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn finds_what_the_strict_decoder_finds() {
    let Some(oracle) = std::env::var("PLIMSOLL_SCHEMA_ORACLE").ok().filter(|path| !path.is_empty()) else {
        let line = "left out: comparison with the API server's decoder: PLIMSOLL_SCHEMA_ORACLE is not set\n";
        // It is written past what captures the prints of tests.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let count = std::env::var("PLIMSOLL_SCHEMA_CASES").unwrap_or_else(|_| "20000".to_owned());
    let cases = run(&oracle, &["generate", "--count", &count, "--seed", SEED], &[]);
    let answers = run(&oracle, &[], &cases);
    assert_eq!(cases.len(), answers.len());
    let selected = controls::all().filter(|registered| registered.control.id == "schema-invalid").collect();
    let mut settings = Settings::default();
    settings.kubernetes_minor = Some(MINOR);
    let engine = Engine::new(selected, Passed::Drop, settings);
    let mut report = String::new();
    let mut kinds = BTreeSet::new();
    let (mut wrong, mut differences) = (0, 0);
    for (case, answer) in cases.iter().zip(&answers) {
        let object: Value = serde_json::from_str(case).unwrap();
        let answer: Value = serde_json::from_str(answer).unwrap();
        let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        // The types of what is gone are still there.
        let known = schemas::kubernetes().kind(&api_version, &kind);
        if !known.is_some_and(|kind| kind.versions.contains(schemas::Version::new(MINOR))) {
            continue;
        }
        kinds.insert((api_version, kind));
        wrong +=
            usize::from(!answer["error"].as_str().unwrap().is_empty() || answer["unknown"] != Value::Array(vec![]));
        if let Some(difference) = difference(&judge(&engine, case), &answer) {
            differences += 1;
            if differences <= 10 {
                writeln!(report, "{case}\n{difference}\n").unwrap();
            }
        }
    }
    assert!(differences == 0, "{differences} answers differ:\n{report}");
    assert!(kinds.len() >= FEWEST_KINDS, "only {} kinds were compared", kinds.len());
    assert!(wrong > 0, "no object had anything wrong in it");
    let line = format!("{} kinds, {wrong} objects with something wrong, no difference\n", kinds.len());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
