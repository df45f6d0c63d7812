//! The ways as SARIF 2.1.0: a rule for each goal, a result for each shape of ways, and its steps as a code flow.
//!
//! The place of a result is that of the last step that has one: there somebody comes to what he must not get.

use std::io::{self, Write};

use serde::Serialize;

use super::{AssumptionInfo, EvidenceInfo, PathInfo, PathsReport, StepInfo};
use crate::report::fingerprint_of;
use crate::repository::percent_encode;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    original_uri_base_ids: BaseIds,
    invocations: [Invocation; 1],
    results: Vec<ResultOf<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'a str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 3],
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct BaseIds {
    #[serde(rename = "SRCROOT")]
    root: BaseId,
}

#[derive(Serialize)]
struct BaseId {
    description: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    locations: [Location; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOf<'a> {
    rule_id: String,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    code_flows: [CodeFlow<'a>; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: ResultProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow<'a> {
    message: Text,
    thread_flows: [ThreadFlow<'a>; 1],
}

#[derive(Serialize)]
struct ThreadFlow<'a> {
    locations: Vec<FlowStep<'a>>,
}

/// SARIF 2.1.0, 3.38.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowStep<'a> {
    location: Location,
    execution_order: usize,
    importance: &'static str,
    properties: StepProperties<'a>,
}

#[derive(Serialize)]
struct StepProperties<'a> {
    edge: &'a str,
    techniques: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<&'a str>,
    verify: &'a str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "plimsoll/v1")]
    own: String,
}

#[derive(Serialize)]
struct ResultProperties<'a> {
    from: &'a str,
    to: &'a str,
    certain: bool,
    assumptions: Vec<&'a str>,
    difficulty: u64,
    alike: usize,
}

/// Writes the ways; where a change was asked about, those that it opens.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_sarif(report: &PathsReport, out: &mut dyn Write) -> io::Result<()> {
    let (paths, baseline_state) = match &report.changes {
        Some(changes) => (&changes.gained, Some("new")),
        None => (&report.paths, None),
    };
    let mut goals: Vec<&str> = paths.iter().map(goal).collect();
    goals.sort_unstable();
    goals.dedup();
    let results = paths.iter().filter_map(|path| {
        let index = goals.binary_search(&goal(path)).ok()?;
        Some(result(path, index, baseline_state))
    });
    let skipped = &report.coverage.skipped;
    let notifications = skipped.iter().map(|skipped| Notification {
        level: "error",
        message: Text { text: format!("not looked at: {}", skipped.reason) },
        locations: [Location { physical_location: Some(physical(&skipped.path, skipped.line)), ..Location::default() }],
    });
    let root = BaseId { description: Text { text: "The folder that the command was started in".to_owned() } };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Plimsoll",
                    semantic_version: &report.tool.version,
                    rules: goals.iter().map(|goal| rule(goal)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BaseIds { root },
            invocations: [Invocation {
                execution_successful: skipped.is_empty(),
                tool_execution_notifications: notifications.collect(),
            }],
            results: results.collect(),
        }],
    };
    serde_json::to_writer(&mut *out, &log).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// The word for what a way ends at.
fn goal(path: &PathInfo) -> &str {
    path.steps.last().map_or("", |step| &*step.to_kind)
}

fn rule(goal: &str) -> Rule {
    let what = match goal {
        "cluster-admin" => "all rights over the cluster",
        "control-plane-node" => "root on a node of the control plane",
        "node" => "root on a node",
        "secrets" => "all Secrets of the cluster or of a namespace",
        "secret" => "a Secret",
        "cloud-identity" | "node-cloud-identity" => "an identity at the cloud provider",
        "namespace" => "all rights in a namespace",
        "workload" => "code in a workload",
        "subject" => "what a user, group or ServiceAccount may do",
        _ => "what must not be reached",
    };
    let whole_cluster = matches!(goal, "cluster-admin" | "control-plane-node");
    let name = goal.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    Rule {
        id: format!("path-to-{goal}"),
        name: format!("PathTo{}", name.collect::<String>()),
        short_description: Text { text: format!("An attacker comes to {what}") },
        full_description: Text {
            text: format!(
                "The steps of the code flow lead from where an attacker begins to {what}. Each is there because the API \
                 server, the kernel or the network lets it happen; what is not known and must hold is named with it."
            ),
        },
        help: Text {
            text:
                "Cut one step: each names what takes it away. `plimsoll paths plan` says which changes cut most at the \
                   least cost, and `plimsoll explain EDGE` what a step is."
                    .to_owned(),
        },
        default_configuration: Configuration { level: "error" },
        properties: RuleProperties {
            tags: ["security", "kubernetes", "attack-path"],
            precision: "high",
            problem_severity: "error",
            security_severity: if whole_cluster { "9.5" } else { "8.0" },
        },
    }
}

fn result<'a>(path: &'a PathInfo, rule_index: usize, baseline_state: Option<&'static str>) -> ResultOf<'a> {
    let place = path.steps.iter().rev().find_map(|step| step.evidence.iter().find(|shown| shown.path.is_some()));
    let related = path.cheapest().filter(|(_, fix)| !fix.path.is_empty()).map(|(_, fix)| Location {
        id: Some(1),
        physical_location: Some(physical(&fix.path, fix.line)),
        logical_locations: vec![logical(&fix.object, Some(&fix.field))],
        message: Some(Text { text: format!("cut it here: {}", fix.title) }),
    });
    ResultOf {
        rule_id: format!("path-to-{}", goal(path)),
        rule_index,
        kind: "fail",
        level: if path.certain { "error" } else { "warning" },
        message: Text { text: message(path) },
        locations: place.map(|shown| located(Some(shown), None)).into_iter().collect(),
        related_locations: related.into_iter().collect(),
        code_flows: [CodeFlow {
            message: Text { text: format!("{} to {}", path.from, path.to) },
            thread_flows: [ThreadFlow { locations: (1..).zip(&path.steps).map(|(at, step)| flow(at, step)).collect() }],
        }],
        partial_fingerprints: Fingerprints { own: fingerprint(path) },
        baseline_state,
        properties: ResultProperties {
            from: &path.from,
            to: &path.to,
            certain: path.certain,
            assumptions: path.assumptions.iter().map(|assumption| &*assumption.id).collect(),
            difficulty: path.difficulty,
            alike: path.alike,
        },
    }
}

fn message(path: &PathInfo) -> String {
    let steps = if path.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", path.steps.len()) };
    let mut text = format!("From {} to {} in {steps}", path.from, path.to);
    if path.alike > 1 {
        text += &format!(", and {} more begin alike", path.alike - 1);
    }
    text += ".";
    if !path.assumptions.is_empty() {
        let assumed: Vec<&str> = path.assumptions.iter().map(|AssumptionInfo { id: _, text }| &**text).collect();
        text += &format!(" It hangs on what is not known: {}.", assumed.join("; "));
    }
    if let Some((_, fix)) = path.cheapest() {
        text += &format!(" To cut it: {} in {}.", fix.title, fix.object);
    }
    text
}

fn flow(at: usize, step: &StepInfo) -> FlowStep<'_> {
    let shown = step.evidence.iter().find(|shown| shown.path.is_some()).or(step.evidence.first());
    let note = shown.map(|shown| &*shown.note).filter(|note| !note.is_empty());
    let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
    let text = format!("{} {}, and comes to {}{note}", step.from, step.title, step.to);
    FlowStep {
        location: located(shown, Some(text)),
        execution_order: at,
        importance: if matches!(&*step.edge, "connect" | "holds" | "in-pod") { "important" } else { "essential" },
        properties: StepProperties {
            edge: &step.edge,
            techniques: &step.techniques,
            assumptions: step.assumptions.iter().map(String::as_str).collect(),
            verify: &step.verify,
        },
    }
}

fn located(shown: Option<&EvidenceInfo>, message: Option<String>) -> Location {
    let path = shown.and_then(|shown| Some((shown.path.as_deref()?, shown.line)));
    let object = shown.and_then(|shown| Some((shown.object.as_deref()?, shown.field.as_deref())));
    Location {
        id: None,
        physical_location: path.map(|(path, line)| physical(path, line)),
        logical_locations: object.map(|(object, field)| logical(object, field)).into_iter().collect(),
        message: message.map(|text| Text { text }),
    }
}

fn logical(object: &str, field: Option<&str>) -> LogicalLocation {
    let field = field.filter(|field| !field.is_empty()).map(|field| format!("/{field}")).unwrap_or_default();
    LogicalLocation { fully_qualified_name: format!("{object}{field}"), kind: "resource" }
}

/// Relative paths are relative to the folder that the command was started in.
fn physical(path: &str, line: Option<u32>) -> PhysicalLocation {
    let is_absolute = path.starts_with('/');
    let uri = format!("{}{}", if is_absolute { "file://" } else { "" }, percent_encode(path));
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri, uri_base_id: (!is_absolute).then_some("SRCROOT") },
        region: line.map(|start_line| Region { start_line }),
    }
}

/// What tells a way from others: the names of all that is passed. Lines move, and sets of pods are called after their
/// members, so that neither counts.
fn fingerprint(path: &PathInfo) -> String {
    let mut parts = vec![&*path.from];
    for step in &path.steps {
        parts.push(&step.edge);
        parts.push(if step.to_kind == "segment" { "segment" } else { &step.to });
    }
    fingerprint_of(&parts)
}
