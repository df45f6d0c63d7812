//! What rendered text says about its making: templates, and the values that decided, with their places.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::Path;

use helm::{Bounds, Chart, Options, Output, Values};

fn chart(files: &[(&str, &str)]) -> (tempfile::TempDir, Chart) {
    let folder = tempfile::tempdir().unwrap();
    let metadata = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    for (name, text) in [&metadata].into_iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let chart = Chart::load_folder(folder.path()).unwrap();
    (folder, chart)
}

fn rendered(files: &[(&str, &str)], values: &Values) -> Output {
    let (_folder, chart) = chart(files);
    helm::render(&chart, values, &Options::default()).unwrap()
}

/// For the first `needle` of the first file: the source text (of copied text the byte itself), and for each value its
/// path and what is written there.
fn made(output: &Output, needle: &str) -> (String, Vec<(String, Option<String>)>) {
    let file = &output.files[0].rendered;
    let offset = file.text.find(needle).unwrap_or_else(|| panic!("{needle} in {}", file.text)) as u32;
    let provenance = &file.provenance;
    let text = |span: model::provenance::SourceSpan| {
        let source = &provenance.files[span.file.0 as usize];
        source.text[span.span.start as usize..span.span.end as usize].to_owned()
    };
    let values = provenance.values(offset).iter().map(|value| (value.path.clone(), value.source.map(text)));
    (text(provenance.source(offset).unwrap()), values.collect())
}

fn value(path: &str, text: &str) -> (String, Option<String>) {
    (path.to_owned(), Some(text.to_owned()))
}

const VALUES: &str = "security:\n  runAsUser: 0\n  privileged: true\nimage: {tag: v1}\nlist: [one, two]\n";

#[test]
fn lines_of_to_yaml_point_at_the_leaves() {
    let template = "a:\n  {{- toYaml .Values.security | nindent 2 }}\n";
    let output = rendered(&[("values.yaml", VALUES), ("templates/a.yaml", template)], &Values::default());
    let (source, values) = made(&output, "privileged: true");
    assert_eq!(source, "{{- toYaml .Values.security | nindent 2 }}");
    assert_eq!(values, [value("security.privileged", "true")]);
    assert_eq!(made(&output, "0").1, [value("security.runAsUser", "0")]);
    assert_eq!(made(&output, "a:"), ("a".to_owned(), Vec::new()));
}

#[test]
fn included_text_points_at_the_innermost_template() {
    let helpers = "{{ define \"img\" }}repo:{{ .Values.image.tag }}{{ end }}";
    let template = "image: {{ include \"img\" . | quote }}\n";
    let files = [("values.yaml", VALUES), ("templates/_h.tpl", helpers), ("templates/a.yaml", template)];
    let output = rendered(&files, &Values::default());
    assert_eq!(made(&output, "v1"), ("{{ .Values.image.tag }}".to_owned(), vec![value("image.tag", "v1")]));
    assert_eq!(made(&output, "repo").0, "r");
}

#[test]
fn missing_values_and_those_of_the_command_line_have_no_place() {
    let mut values = Values::default();
    values.set("image.tag=v2").unwrap();
    let template = "a: {{ .Values.image.tag }}\nb: {{ .Values.none.x | default \"def\" }}\n";
    let values_file = "none: {}\nimage: {tag: v1}\n";
    let output = rendered(&[("values.yaml", values_file), ("templates/a.yaml", template)], &values);
    assert_eq!(made(&output, "v2").1, [("image.tag".to_owned(), None)]);
    assert_eq!(made(&output, "def").1, [("none.x".to_owned(), None)]);
}

#[test]
fn loops_and_tpl_keep_what_went_in() {
    let template = "{{ range .Values.list }}- {{ . }}\n{{ end }}x: {{ tpl \"{{ .Values.image.tag }}\" . }}\n";
    let output = rendered(&[("values.yaml", VALUES), ("templates/a.yaml", template)], &Values::default());
    assert_eq!(made(&output, "two"), ("{{ . }}".to_owned(), vec![value("list[1]", "two")]));
    assert_eq!(made(&output, "v1").1, [value("image.tag", "v1")]);
}

#[test]
fn values_of_subcharts_are_named_as_the_parent_writes_them() {
    let files = [
        ("values.yaml", "sub: {a: parent}\nglobal: {g: everywhere}\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        ("charts/sub/values.yaml", "a: own\nb: default\n"),
        ("charts/sub/templates/a.yaml", "a: {{ .Values.a }}\nb: {{ .Values.b }}\ng: {{ .Values.global.g }}\n"),
    ];
    let output = rendered(&files, &Values::default());
    assert_eq!(made(&output, "parent").1, [value("sub.a", "parent")]);
    assert_eq!(made(&output, "default").1, [value("sub.b", "default")]);
    assert_eq!(made(&output, "everywhere").1, [value("global.g", "everywhere")]);
}

#[test]
fn a_missing_dependency_is_said_with_the_command_that_fetches_it() {
    let metadata = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: db, version: 1.x, repository: x}]\n";
    let (_folder, chart) = chart(&[("Chart.yaml", metadata), ("templates/a.yaml", "a: 1\n")]);
    assert_eq!(chart.problems.len(), 1);
    assert!(chart.problems[0].hint.as_deref().unwrap().contains("helm dependency build"));
    assert_eq!(helm::render(&chart, &Values::default(), &Options::default()).unwrap().files.len(), 1);
}

#[test]
fn lookup_is_noted() {
    let template = "a: {{ lookup \"v1\" \"Pod\" \"\" \"\" | len }}\n";
    let output = rendered(&[("templates/a.yaml", template)], &Values::default());
    assert!(output.notes.iter().any(|note| note.contains("`lookup`")), "{:?}", output.notes);
}

#[test]
fn hostile_templates_end_with_an_error() {
    let bounds = Bounds { steps: 200_000, bytes: 1 << 20, depth: 200 };
    let templates = [
        "{{ define \"r\" }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}",
        "{{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}",
        "{{ repeat 100000000 \"abcdefghij\" | len }}",
        "{{ range until 1000000000 }}x{{ end }}",
        "{{ range 1000000000 }}x{{ end }}",
        "{{ $s := \"x\" }}{{ range 100 }}{{ $s = print $s $s }}{{ end }}",
        "{{ tpl .T (dict \"T\" .) }}",
        "{{ $d := dict }}{{ $_ := set $d \"s\" $d }}{{ mustToYaml $d }}",
        "{{ $d := dict }}{{ $_ := set $d \"s\" $d }}{{ deepCopy $d }}",
    ];
    for template in templates {
        let (_folder, chart) = chart(&[("templates/a.yaml", template)]);
        let options = Options { bounds, ..Options::default() };
        assert!(helm::render(&chart, &Values::default(), &options).is_err(), "{template}");
    }
}

#[test]
fn links_that_lead_out_are_not_followed() {
    #[cfg(unix)]
    {
        let (folder, _) = chart(&[("templates/a.yaml", "a: {{ .Files.Get \"out\" | quote }}\n")]);
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), "outside").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        let chart = Chart::load_folder(folder.path()).unwrap();
        assert_eq!(chart.problems.len(), 1);
        let output = helm::render(&chart, &Values::default(), &Options::default()).unwrap();
        assert_eq!(output.files[0].rendered.text, "a: \"\"\n");
    }
    assert!(Chart::load_archive(b"no archive", Path::new("x.tgz")).is_err());
}
