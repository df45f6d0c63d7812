//! CustomResourceDefinitions with the deep OpenAPI schemas that make up much of the text of a real repository.

use super::app::App;
use super::draft::Draft;

const NOUNS: &[&str] = &[
    "policy",
    "target",
    "selector",
    "template",
    "endpoint",
    "threshold",
    "strategy",
    "backend",
    "metadata",
    "volume",
    "retention",
    "schedule",
    "credential",
    "replica",
    "listener",
    "gateway",
    "timeout",
    "probe",
    "source",
    "sink",
];
const QUALITIES: &[&str] = &["default", "external", "initial", "maximum", "minimum", "override", "preferred", "shared"];
const SENTENCES: &[&str] = &[
    "describes how the controller chooses among the candidates when more than one of them fits",
    "is the time that must pass before the operation is tried again after a failure of any kind",
    "refers to an object in the same namespace, which must exist before this one is reconciled",
    "overrides what the administrator set for the whole cluster, and is ignored when the feature is off",
    "holds the labels that an object must have to be selected; an empty selector selects everything",
    "must be unique among its siblings. Cannot be changed once the resource has been admitted",
    "bounds the number of objects that are in flight at the same time (the \"window\" in the manual)",
];
const ENUM: &[&str] = &["Always", "Never", "OnFailure", "IfNotPresent"];

/// How a generator writes a description that is longer than a line.
#[derive(Clone, Copy)]
enum Prose {
    /// `|-`, as controller-gen does since 0.14.
    Literal,
    /// One long line.
    Line,
    /// Plain and wrapped, as controller-gen did before.
    Wrapped,
}

/// A definition that grows until its document has about `size` bytes.
pub(crate) fn write(draft: &mut Draft, app: &App, number: usize, size: usize) {
    let kind = format!("{}{}", capitalized(app.team), capitalized(NOUNS[number % NOUNS.len()]));
    let plural =
        format!("{}{}s", kind.to_lowercase(), if number < NOUNS.len() { String::new() } else { number.to_string() });
    let group = format!("{}.example.com", app.team);
    let prose = draft.random.pick(&[Prose::Literal, Prose::Literal, Prose::Line, Prose::Wrapped]);
    let versions = draft.random.between(1, 3);
    draft.object(|draft| {
        draft.text("apiVersion", "apiextensions.k8s.io/v1");
        draft.text("kind", "CustomResourceDefinition");
        draft.map("metadata", |draft| {
            draft.pairs("annotations", &[("controller-gen.kubebuilder.io/version", "v0.16.5")]);
            draft.text("name", &format!("{plural}.{group}"));
        });
        draft.map("spec", |draft| {
            draft.text("group", &group);
            draft.map("names", |draft| {
                draft.text("kind", &kind);
                draft.text("listKind", &format!("{kind}List"));
                draft.text("plural", &plural);
                draft.text("singular", &kind.to_lowercase());
            });
            draft.text("scope", "Namespaced");
            draft.list("versions", |draft| {
                for version in 1..=versions {
                    draft.item(|draft| self::version(draft, version, version == versions, prose, size / versions));
                }
            });
        });
    });
}

fn version(draft: &mut Draft, version: usize, storage: bool, prose: Prose, size: usize) {
    draft.list("additionalPrinterColumns", |draft| {
        draft.item(|draft| {
            draft.text("jsonPath", ".status.conditions[?(@.type==\"Ready\")].status");
            draft.text("name", "Ready");
            draft.text("type", "string");
        });
    });
    draft.text("name", &format!("v1beta{version}"));
    draft.map("schema", |draft| {
        draft.map("openAPIV3Schema", |draft| {
            describe(draft, prose, "The schema of this resource");
            draft.map("properties", |draft| {
                for name in ["apiVersion", "kind"] {
                    draft.map(name, |draft| {
                        describe(draft, prose, "The versioned schema that this representation of the object follows");
                        draft.text("type", "string");
                    });
                }
                draft.map("metadata", |draft| draft.text("type", "object"));
                draft.map("spec", |draft| specification(draft, prose, size));
            });
            draft.text("type", "object");
        });
    });
    draft.flag("served", true);
    draft.flag("storage", storage);
    draft.map("subresources", |draft| draft.map("status", |_| {}));
}

fn specification(draft: &mut Draft, prose: Prose, size: usize) {
    let end = draft.len() + size.saturating_sub(1200);
    describe(draft, prose, "The desired state");
    draft.map("properties", |draft| {
        for number in 0.. {
            let name = format!("{}{number}", name(draft));
            property(draft, &name, prose, 5);
            if draft.len() >= end {
                break;
            }
        }
    });
    draft.strings("required", &["targetRef"]);
    draft.text("type", "object");
}

fn property(draft: &mut Draft, name: &str, prose: Prose, depth: usize) {
    draft.map(name, |draft| {
        let words = format!("{name} {}.", draft.random.pick(SENTENCES));
        describe(draft, prose, &words);
        match draft.random.below(if depth == 0 { 5 } else { 9 }) {
            0 | 1 => draft.text("type", "string"),
            2 => {
                draft.text("format", "int32");
                draft.number("maximum", 65_535);
                draft.text("type", "integer");
            }
            3 => {
                draft.flag("default", false);
                draft.text("type", "boolean");
            }
            4 => {
                draft.strings("enum", ENUM);
                draft.text("type", "string");
            }
            5 => {
                draft.map("items", |draft| object(draft, prose, depth - 1));
                draft.text("type", "array");
                draft.text("x-kubernetes-list-type", "atomic");
            }
            _ => object(draft, prose, depth - 1),
        }
    });
}

fn object(draft: &mut Draft, prose: Prose, depth: usize) {
    let count = draft.random.between(1, 4);
    draft.map("properties", |draft| {
        for number in 0..count {
            let name = format!("{}{}", name(draft), if number == 0 { String::new() } else { number.to_string() });
            property(draft, &name, prose, depth);
        }
    });
    draft.text("type", "object");
}

fn name(draft: &mut Draft) -> String {
    let quality = draft.random.pick(QUALITIES);
    let noun = draft.random.pick(NOUNS);
    format!("{quality}{}", capitalized(noun))
}

fn describe(draft: &mut Draft, prose: Prose, words: &str) {
    match prose {
        Prose::Literal if words.len() > 60 => {
            let half = words[..60].rfind(' ').unwrap_or(0);
            draft.block("description", &format!("{}\n{}", &words[..half], words[half..].trim_start()));
        }
        Prose::Literal | Prose::Line => draft.text("description", words),
        Prose::Wrapped => draft.prose("description", words),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
