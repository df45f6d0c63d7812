//! Reports to write, and texts that are hard to write.

use std::path::PathBuf;

use model::control::{Check, Control, Group, Registered, maps};
use model::coverage::{Coverage, SkipKind, Skipped};
use model::finding::{ControlId, Edit, Occurrence, Standing, Status};
use model::fix::FixClass;
use model::inventory::{LiveFacts, Resource, ResourceId, Results};
use model::origin::Origins;
use model::place::Place;
use model::severity::Severity;
use model::symbols::{Symbol, Symbols};
use proptest::prelude::*;
use reports::report::Report;

const BLANK: Control = Control {
    id: "",
    title: "Container runs in privileged mode",
    severity: Severity::High,
    severity_reason: "it is",
    rationale: "Code in it owns the node.",
    remediation: "Take `privileged` out.",
    verify: "kubectl get pods",
    aliases: &[],
    mappings: &[maps("pss", "baseline")],
    references: &["https://kubernetes.io/docs/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(|_, _| {}),
    fixtures: &[],
};

static COUNTED: Control = Control { id: "privileged-container", ..BLANK };
static OTHER: Control = Control { id: "run-as-root-user", ..BLANK };
static UMBRELLA: Control = Control { id: "security-context-missing", umbrella: true, ..BLANK };

/// The controls of all samples: two that are counted, and one that sums up.
pub(crate) const CONTROLS: [Registered; 3] = [
    Registered { id: ControlId(0), group: Group::Workload, control: &COUNTED },
    Registered { id: ControlId(1), group: Group::Workload, control: &OTHER },
    Registered { id: ControlId(2), group: Group::Workload, control: &UMBRELLA },
];

/// The version of the program in all samples.
pub(crate) const VERSION: &str = "1.2.3";

/// What a scan has found, built piece by piece.
#[derive(Default)]
pub(crate) struct Sample {
    symbols: Symbols,
    files: Vec<PathBuf>,
    resources: Vec<Resource>,
    occurrences: Vec<Occurrence>,
    skipped: Vec<Skipped>,
}

/// An occurrence in few words.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) control: u16,
    pub(crate) status: Status,
    pub(crate) severity: Severity,
    pub(crate) standing: Standing,
    pub(crate) line: u32,
    pub(crate) container: &'a str,
    pub(crate) field: &'a str,
    pub(crate) value: &'a str,
    pub(crate) message: &'a str,
}

pub(crate) const FOUND: Found<'static> = Found {
    control: 0,
    status: Status::Fail,
    severity: Severity::High,
    standing: Standing::Open,
    line: 7,
    container: "api",
    field: "spec.containers[0].securityContext.privileged",
    value: "true",
    message: "Container `{container}` sets `{value}`",
};

impl Sample {
    /// Adds a pod in a file of its own.
    pub(crate) fn pod(&mut self, path: &str, name: &str) {
        self.files.push(PathBuf::from(path));
        let resource = Resource {
            api_version: self.symbols.intern("v1"),
            kind: self.symbols.intern("Pod"),
            namespace: Symbol::EMPTY,
            name: self.symbols.intern(name),
            file: self.files.len() as u32 - 1,
            line: 1,
            is_workload: true,
        };
        self.resources.push(resource);
    }

    /// Adds an occurrence to the last object.
    pub(crate) fn found(&mut self, found: &Found<'_>) {
        let place = Place {
            field: self.symbols.intern(found.field),
            line: found.line,
            column: 3,
            end_line: found.line,
            end_column: 7,
        };
        self.occurrences.push(Occurrence {
            resource: ResourceId(self.resources.len() as u32 - 1),
            control: ControlId(found.control),
            status: found.status,
            severity: found.severity,
            secret: false,
            standing: found.standing,
            place,
            container: self.symbols.intern(found.container),
            value: self.symbols.intern(found.value),
            message: self.symbols.intern(found.message),
            edit: Edit::None,
            class: None,
        });
    }

    /// Adds an input that was not looked at.
    pub(crate) fn skipped(&mut self, path: &str, line: Option<u32>, reason: &str) {
        self.skipped.push(Skipped { path: path.into(), line, kind: SkipKind::Syntax, reason: reason.into() });
    }

    /// Ends the scan.
    pub(crate) fn results(self) -> Results {
        let Self { symbols, files, resources, occurrences, skipped } = self;
        let documents = resources.len() as u64 + skipped.len() as u64;
        let coverage =
            Coverage { files: files.len() as u64, bytes: 0, documents, not_kubernetes: 0, skipped, notes: Vec::new() };
        Results {
            symbols: symbols.freeze(),
            files,
            resources,
            occurrences,
            tallies: Vec::new(),
            coverage,
            live: LiveFacts::default(),
            origins: Origins::default(),
            priorities: model::priority::Priorities::default(),
        }
    }
}

/// A report with the threshold that the command line has.
pub(crate) fn report(results: &Results) -> Report<'_> {
    Report::new(results, &CONTROLS, Severity::Medium, VERSION)
}

/// What `write` writes, which is UTF-8.
pub(crate) fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Pods with `count` findings of each severity, each pod with one.
pub(crate) fn many(count: usize) -> Sample {
    let mut sample = Sample::default();
    for severity in Severity::ALL.into_iter().rev() {
        for number in 0..count {
            sample.pod(&format!("{severity}/{number}.yaml"), &format!("{severity}-{number}"));
            sample.found(&Found { severity, ..FOUND });
        }
    }
    sample
}

/// Two objects, one with a failure, a second at the same place and a result of an umbrella, one with nothing but an
/// unknown answer, and an input that was not looked at; every text of it is `texts`, in turn.
pub(crate) fn hostile(texts: &[String; 6]) -> Sample {
    let [path, name, container, field, value, reason] = texts;
    let mut sample = Sample::default();
    let message = format!("Container `{{container}}` sets `{{value}}`, {reason}");
    sample.pod(path, name);
    let found = Found { container, field, value, message: &message, ..FOUND };
    sample.found(&found);
    sample.found(&found);
    sample.found(&Found { control: 2, ..found });
    sample.pod(value, path);
    sample.found(&Found { control: 1, status: Status::Skip, ..found });
    sample.skipped(path, Some(3), reason);
    sample.skipped(path, Some(9), reason);
    sample
}

/// Many cases, and no file of those that failed: such a case becomes a test of its own.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

/// Pieces that mean something to one of the formats, or to what shows them.
const PIECES: [&str; 52] = [
    "a",
    "Z",
    "ä",
    "😀",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{9b}",
    "\u{2028}",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "]]>",
    "<![CDATA[",
    "<script>",
    "</code>",
    "</details>",
    "<!--",
    "-->",
    "&",
    "&amp;",
    "&#64;",
    "\"",
    "'",
    "`",
    "``",
    "```\n",
    "|",
    "\\",
    "\\|",
    "@user",
    "#1",
    "https://evil.example",
    "www.evil.example",
    "[x](javascript:1)",
    "::error::",
    "%0A",
    "%",
    ",",
    ":",
    "=1+1",
    "-1",
    "\n/close",
];

/// Texts of such pieces, some of them long.
pub(crate) fn texts() -> impl Strategy<Value = [String; 6]> {
    let text = || {
        let pieces = proptest::collection::vec(prop::sample::select(&PIECES[..]), 0..8);
        (pieces, prop_oneof![20 => Just(1_usize), 1 => Just(80_usize)])
            .prop_map(|(pieces, times)| pieces.concat().repeat(times))
    };
    [text(), text(), text(), text(), text(), text()]
}
