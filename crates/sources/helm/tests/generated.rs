//! Templates that nobody would write: what is rendered is the same every time, knows what made every byte, and, where
//! `PLIMSOLL_HELM` names a Helm, is what Helm prints.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::Path;
use std::process::Command;

use helm::{Chart, Options, Print, Tracing, Values};
use proptest::prelude::*;

const VALUES: &str = "\
text: \"it's: # odd\"
number: 3
float: 1.5
large: 12345678
yes: true
empty: \"\"
nothing: null
list: [x, y z, 3, null]
map: {k: v, z: {q: 1, 'a.b': [1, 2]}}
none: {}
lines: |
  one
    two
";

/// The chart prints the generated template as one scalar, so that whatever it makes is a manifest.
const MANIFEST: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: it
data:
  text: {{ include \"it\" (dict \"Values\" .Values \"Release\" .Release \"Chart\" .Chart) | quote }}
";

const OPERANDS: &[&str] = &[
    ".Values.text",
    ".Values.number",
    ".Values.float",
    ".Values.large",
    ".Values.yes",
    ".Values.empty",
    ".Values.nothing",
    ".Values.missing",
    ".Values.list",
    ".Values.map",
    ".Values.map.z",
    ".Values.none",
    ".Values.lines",
    ".Release.Name",
    ".Chart.Version",
    "$variable",
    "$",
    ".",
    "\"text\"",
    "`raw \\n`",
    "7",
    "-1.25e3",
    "'x'",
    "true",
    "(list 1 \"b\" nil)",
    "(dict \"k\" (list 2) \"j\" \"w\")",
    "(printf \"%q %v\" .Values.text .Values.list)",
    "(index .Values.list 1)",
    "(ternary \"a\" \"b\" .Values.yes)",
    "(eq 1 .Values.number 3)",
    "(and .Values.empty .Values.text)",
    "(or .Values.empty .Values.text)",
    "(lt 2 3)",
];

const FUNCTIONS: &[&str] = &[
    "quote",
    "squote",
    "upper",
    "title",
    "trim",
    "len",
    "default \"other\"",
    "toJson",
    "toPrettyJson",
    "toYaml",
    "indent 2",
    "nindent 4",
    "printf \"%v|%T\" 1",
    "printf \"%5v|%-8v|%#v\" \"a\" 2",
    "printf \"%d\"",
    "b64enc",
    "sha256sum",
    "trunc 4",
    "trunc -3",
    "kindOf",
    "toString",
    "int",
    "float64",
    "add 1",
    "mul 2 3",
    "div 7",
    "empty",
    "not",
    "first",
    "last",
    "join \",\"",
    "sortAlpha",
    "keys | sortAlpha",
    "replace \" \" \"-\"",
    "splitList \"t\"",
    "contains \"t\"",
    "repeat 2",
    "wrap 3",
    "snakecase",
    "camelcase",
    "abbrev 6",
    "regexReplaceAll \"[a-z]+\" \"<$0>\"",
    "print",
    "println",
    "html",
    "js",
    "urlquery",
    "toStrings",
    "uniq",
    "reverse",
    "has 3",
    "coalesce \"\" nil",
    "semver",
    "atoi",
];

const TEXTS: &[&str] = &["a", " ", "\n", "\n  ", "b: c\n", "ü — ✓", "\t", "}", "- ", "\r\n"];

#[derive(Clone, Debug)]
enum Part {
    Text(&'static str),
    Action(String, Trim),
    If(String, Vec<Part>, Option<Vec<Part>>, Trim),
    With(String, Vec<Part>, Option<Vec<Part>>, Trim),
    Range(String, Vec<Part>, Option<Vec<Part>>, Trim),
    Variable(String),
}

#[derive(Clone, Copy, Debug)]
struct Trim {
    before: bool,
    after: bool,
}

impl Trim {
    fn write(self, action: &str, out: &mut String) {
        out.push_str(if self.before { "{{- " } else { "{{ " });
        out.push_str(action);
        out.push_str(if self.after { " -}}" } else { " }}" });
    }
}

fn pipeline() -> impl Strategy<Value = String> {
    let functions = prop::collection::vec(prop::sample::select(FUNCTIONS), 0..3);
    (prop::sample::select(OPERANDS), functions).prop_map(|(operand, functions)| {
        let all = std::iter::once(operand).chain(functions);
        all.collect::<Vec<_>>().join(" | ")
    })
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let trim = || any::<(bool, bool)>().prop_map(|(before, after)| Trim { before, after });
    let leaf = prop_oneof![
        prop::sample::select(TEXTS).prop_map(Part::Text),
        (pipeline(), trim()).prop_map(|(action, trim)| Part::Action(action, trim)),
        pipeline().prop_map(Part::Variable),
    ];
    let one = leaf.prop_recursive(3, 12, 3, move |inner| {
        let body = || prop::collection::vec(inner.clone(), 0..3);
        let branch = || (pipeline(), body(), prop::option::of(body()), trim());
        prop_oneof![
            branch().prop_map(|(pipe, body, otherwise, trim)| Part::If(pipe, body, otherwise, trim)),
            branch().prop_map(|(pipe, body, otherwise, trim)| Part::With(pipe, body, otherwise, trim)),
            branch().prop_map(|(pipe, body, otherwise, trim)| Part::Range(pipe, body, otherwise, trim)),
        ]
    });
    prop::collection::vec(one, 1..5)
}

fn write(parts: &[Part], out: &mut String) {
    for part in parts {
        let (word, pipe, body, otherwise, trim) = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Action(action, trim) => {
                trim.write(action, out);
                continue;
            }
            Part::Variable(pipe) => {
                out.push_str(&format!("{{{{ $variable = {pipe} }}}}"));
                continue;
            }
            Part::If(pipe, body, otherwise, trim) => ("if", pipe.clone(), body, otherwise, trim),
            Part::With(pipe, body, otherwise, trim) => ("with", pipe.clone(), body, otherwise, trim),
            Part::Range(pipe, body, otherwise, trim) => {
                ("range", format!("$key, $variable := {pipe}"), body, otherwise, trim)
            }
        };
        trim.write(&format!("{word} {pipe}"), out);
        write(body, out);
        if let Some(otherwise) = otherwise {
            trim.write("else", out);
            write(otherwise, out);
        }
        trim.write("end", out);
    }
}

fn chart(parts: &[Part]) -> tempfile::TempDir {
    let mut text = "{{ define \"it\" }}{{ $variable := .Values.text }}".to_owned();
    write(parts, &mut text);
    text.push_str("{{ end }}");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: generated\nversion: 0.1.0\n"),
        ("values.yaml", VALUES),
        ("templates/_it.tpl", &text),
        ("templates/it.yaml", MANIFEST),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn render(chart: &Path, tracing: Tracing) -> Result<helm::Output, String> {
    let chart = Chart::load_folder(chart).map_err(|error| error.to_string())?;
    let options = Options { tracing, ..Options::default() };
    helm::render(&chart, &Values::default(), &options).map_err(|error| error.to_string())
}

fn theirs(helm: &str, chart: &Path) -> Result<String, String> {
    let output = Command::new(helm).args(["template", "release-name"]).arg(chart).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn check(parts: &[Part]) -> Result<(), TestCaseError> {
    let folder = chart(parts);
    let source = fs::read_to_string(folder.path().join("templates/_it.tpl")).unwrap();
    let traced = render(folder.path(), Tracing::On);
    let plain = render(folder.path(), Tracing::Off);
    match (&traced, &plain) {
        (Ok(traced), Ok(plain)) => {
            for (one, other) in traced.files.iter().zip(&plain.files) {
                prop_assert_eq!(&one.rendered.text, &other.rendered.text, "{}", source);
                provenance_is_whole(one)?;
            }
        }
        (Err(one), Err(other)) => prop_assert_eq!(one, other),
        other => return Err(TestCaseError::fail(format!("{other:?} of\n{source}"))),
    }
    if let Ok(helm) = std::env::var("PLIMSOLL_HELM") {
        let ours = traced.and_then(|output| output.print(&Print::default()).map_err(|error| error.to_string()));
        let theirs = theirs(&helm, folder.path());
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs, "{}", source),
            (Err(ours), Err(theirs)) => prop_assert!(theirs.contains(ours.trim_end()), "{source}\n{ours}\n{theirs}"),
            (ours, theirs) => {
                return Err(TestCaseError::fail(format!("{source}\nours {ours:?}\nhelm {theirs:?}")));
            }
        }
    }
    Ok(())
}

fn provenance_is_whole(file: &helm::File) -> Result<(), TestCaseError> {
    let (text, provenance) = (&file.rendered.text, &file.rendered.provenance);
    prop_assert!(provenance.pieces.first().is_none_or(|piece| piece.start == 0));
    prop_assert!(provenance.pieces.windows(2).all(|pair| pair[0].start < pair[1].start));
    for (number, piece) in provenance.pieces.iter().enumerate() {
        let end = provenance.pieces.get(number + 1).map_or(text.len(), |next| next.start as usize);
        let here = &text[piece.start as usize..end];
        let source = &provenance.files[piece.source.file.0 as usize].text;
        let span = piece.source.span.start as usize..piece.source.span.end as usize;
        prop_assert!(source.get(span.clone()).is_some());
        prop_assert!(!piece.verbatim || source[span.start..].starts_with(here), "{here:?}");
        prop_assert!(provenance.values.get(piece.values.0 as usize..piece.values.1 as usize).is_some());
    }
    let blocks = provenance.left_out.iter();
    for block in blocks {
        prop_assert!(block.at as usize <= text.len());
        prop_assert!(provenance.values.get(block.values.0 as usize..block.values.1 as usize).is_some());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn templates_are_rendered_as_helm_does(parts in parts()) {
        check(&parts)?;
    }
}
