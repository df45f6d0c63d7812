//! `plimsoll scan` as its users see it: exit codes, what is judged, what is said not to be.

use crate::program::Folder;
use serde_json::Value;

const PRIVILEGED: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: c
      image: registry.example.com/app:1
      securityContext: {privileged: true}
";

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: s}
spec: {selector: {app: a}, ports: [{port: 80}]}
";

fn statuses<'a>(json: &'a Value, control: &str) -> Vec<(&'a str, &'a str)> {
    let results = json["results"].as_array().unwrap().iter();
    let of_control = results.filter(|result| result["control"] == control);
    of_control.map(|result| (result["resource"].as_str().unwrap(), result["status"].as_str().unwrap())).collect()
}

fn skipped(json: &Value) -> Vec<(String, Option<u64>, String)> {
    let all = json["coverage"]["skipped"].as_array().unwrap().iter();
    all.map(|skipped| {
        let text = |key: &str| skipped[key].as_str().unwrap().to_owned();
        (text("path"), skipped["line"].as_u64(), text("kind"))
    })
    .collect()
}

#[test]
fn exit_codes_say_what_happened() {
    let folder = Folder::new(&[("bad.yaml", PRIVILEGED), ("good.yaml", SERVICE), ("broken.yaml", "a: b: c\n")]);
    let code = |arguments: &[&str]| folder.run(arguments).code;
    assert_eq!(code(&["scan", "good.yaml"]), 0);
    assert_eq!(code(&["scan", "bad.yaml"]), 1);
    assert_eq!(code(&["scan", "bad.yaml", "--only", "privileged-container", "--severity-threshold", "critical"]), 1);
    assert_eq!(code(&["scan", "bad.yaml", "broken.yaml"]), 2);
    assert_eq!(code(&["scan", "missing.yaml"]), 2);
    assert_eq!(code(&["scan", "--no-such-flag"]), 3);
    assert_eq!(code(&["scan", "bad.yaml", "--only", "privileged-containr"]), 3);
    assert_eq!(code(&["--help"]), 0);
    assert_eq!(code(&["--version"]), 0);
}

#[test]
fn an_unknown_name_is_an_error_with_a_suggestion() {
    let folder = Folder::new(&[("bad.yaml", PRIVILEGED)]);
    let said = folder.run(&["scan", "--skip", "privileged-containr"]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("did you mean `privileged-container`?"), "{}", said.err);
    assert_eq!(said.out, "");
    // Checks of other tools that are none here: in flags, the configuration and exceptions.
    let instead = "it asks about `--kubelet-https`, which is gone since Kubernetes 1.22; see \
                   `apiserver-kubelet-client-cert-missing`";
    let said = folder.run(&["scan", "--only", "CKV_K8S_71"]);
    assert!(said.code == 3 && said.err.contains(instead), "{}", said.err);
    let folder = Folder::new(&[("bad.yaml", PRIVILEGED), ("plimsoll.yaml", "skip: [CKV_K8S_71]\n")]);
    let said = folder.run(&["scan"]);
    assert!(said.code == 3 && said.err.contains(instead), "{}", said.err);
}

#[test]
fn nothing_to_judge_is_not_clean() {
    let folder = Folder::new(&[("values.yaml", "a: 1\n"), ("empty.yaml", ""), ("sub/x.txt", "")]);
    for path in ["values.yaml", "empty.yaml", "sub", "."] {
        let (code, json) = folder.scan(&[path]);
        assert_eq!(code, 2, "{path}");
        assert_eq!(skipped(&json), [(path.to_owned(), None, "nothingToJudge".to_owned())]);
    }
}

#[test]
fn one_broken_document_costs_one_document() {
    let text = format!("{PRIVILEGED}---\nkind: [\n---\n{}", PRIVILEGED.replace("name: p", "name: q"));
    let folder = Folder::new(&[("a.yaml", &text)]);
    let (code, json) = folder.scan(&["."]);
    assert_eq!(code, 2);
    assert_eq!(statuses(&json, "privileged-container"), [("Pod/p", "fail"), ("Pod/q", "fail")]);
    let skipped = skipped(&json);
    assert_eq!(skipped.len(), 1);
    assert_eq!((skipped[0].0.as_str(), skipped[0].2.as_str()), ("a.yaml", "syntax"));
    assert!((10..=11).contains(&skipped[0].1.unwrap()), "{skipped:?}");
}

#[test]
fn lists_of_every_kind_are_opened() {
    let typed = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: c, image: 'i:1', securityContext: {privileged: true}}]}\n";
    let item = PRIVILEGED.replace('\n', "\n    ");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n  - {item}\n  - null\n  - kind: Pod\n");
    let folder = Folder::new(&[("typed.yaml", typed), ("list.yaml", &list)]);
    let (code, json) = folder.scan(&["typed.yaml"]);
    assert_eq!((code, statuses(&json, "privileged-container")), (1, vec![("Pod/p", "fail")]));
    let (code, json) = folder.scan(&["list.yaml"]);
    assert_eq!((code, statuses(&json, "privileged-container")), (2, vec![("Pod/p", "fail")]));
    let kinds: Vec<String> = skipped(&json).into_iter().map(|(_, _, kind)| kind).collect();
    assert_eq!(kinds, ["invalidObject", "invalidObject"]);
}

#[test]
fn templates_outside_of_charts_are_said_to_need_rendering() {
    let files = [
        ("go.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"),
        ("inside.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a-{{ .Values.name }}\n"),
        ("control.yaml", "{{- if .Values.x }}\napiVersion: v1\nkind: Pod\n{{- end }}\n"),
        ("jinja.yaml", "{% for x in y %}\napiVersion: v1\nkind: Pod\n{% endfor %}\n"),
        ("named.yaml.j2", "a: 1\n"),
    ];
    let folder = Folder::new(&files);
    let (code, json) = folder.scan(&["."]);
    assert_eq!(code, 2);
    let found: Vec<String> = skipped(&json).into_iter().map(|(path, _, kind)| format!("{path} {kind}")).collect();
    let expected = ["control.yaml", "go.yaml", "inside.yaml", "jinja.yaml", "named.yaml.j2"];
    assert_eq!(found, expected.map(|path| format!("{path} needsRendering")));
    assert_eq!(json["results"], serde_json::json!([]));
}

#[test]
fn patches_of_a_kustomization_are_not_judged_as_objects() {
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
patches: [{path: ./limits.yaml}]
patchesStrategicMerge: [merge.yaml]
";
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]"),
        ("base/pod.yaml", PRIVILEGED),
        ("overlay/kustomization.yaml", kustomization),
        ("overlay/limits.yaml", PRIVILEGED),
        ("overlay/merge.yaml", PRIVILEGED),
    ];
    let folder = Folder::new(&files);
    let (code, json) = folder.scan(&["--only", "privileged-container", "."]);
    assert_eq!((code, skipped(&json).len()), (1, 0));
    assert_eq!(statuses(&json, "privileged-container"), [("Pod/p", "fail")]);
}

#[test]
fn braces_in_quotes_and_workflows_are_text() {
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  templates:\n  - name: t\n    container: {image: 'a:1', command: [x]}\n    when: a == {{inputs.parameters.x}}\n";
    let rule = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: \"{{ $labels.instance }}\"\n  b: |\n    {{ range . }}\n";
    let folder = Folder::new(&[("w.yaml", workflow), ("c.yaml", rule)]);
    let (_, json) = folder.scan(&["."]);
    assert_eq!(skipped(&json), []);
    assert_eq!(json["coverage"]["resources"], 2);
}

#[test]
fn standard_input_takes_what_kubectl_prints() {
    let folder = Folder::new(&[]);
    let json = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1","securityContext":{"privileged":true}}]}}]}"#;
    let crlf = format!("\u{feff}{}", PRIVILEGED.replace('\n', "\r\n"));
    for input in [PRIVILEGED, json, &crlf] {
        let said = folder
            .run_with_input(&["scan", "-", "--output", "json", "--only", "privileged-container"], input.as_bytes());
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        let json: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(json["results"][0]["occurrences"][0]["path"], "<stdin>");
    }
    let framed = folder.run_with_input(&["scan", "-"], PRIVILEGED.as_bytes());
    assert!(framed.out.contains("securityContext: {privileged: true}"), "{}", framed.out);
}

#[test]
fn places_are_exact() {
    let folder = Folder::new(&[("a.yaml", &format!("# ä\n---\n{PRIVILEGED}"))]);
    let (_, json) = folder.scan(&["--only", "privileged-container", "."]);
    let occurrence = &json["results"][0]["occurrences"][0];
    let place = ["line", "column", "endLine", "endColumn"].map(|key| occurrence[key].as_u64().unwrap());
    assert_eq!(place, [10, 37, 10, 41]);
    assert_eq!(occurrence["field"], "spec.containers[0].securityContext.privileged");
    assert_eq!((&occurrence["container"], &occurrence["value"]), (&Value::from("c"), &Value::from("true")));
    assert_eq!(json["resources"][0]["line"], 3);
}

#[test]
fn fingerprints_survive_moves_renames_and_reordering() {
    let two = |first: &str, second: &str| {
        let container =
            |name: &str| format!("    - name: {name}\n      image: a:1\n      securityContext: {{privileged: true}}\n");
        let (first, second) = (container(first), container(second));
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{first}{second}")
    };
    let prints = |name: &str, text: &str| {
        let folder = Folder::new(&[(name, text)]);
        let (_, json) = folder.scan(&["--only", "privileged-container", "."]);
        let result = &json["results"][0];
        let of = |value: &Value| value["fingerprint"].as_str().unwrap().to_owned();
        let mut all: Vec<String> = result["occurrences"].as_array().unwrap().iter().map(of).collect();
        all.sort();
        all.push(of(result));
        all
    };
    let before = prints("a.yaml", &two("x", "y"));
    assert_ne!(before[0], before[1]);
    assert_eq!(before, prints("other/b.yaml", &format!("# moved\n\n{}", two("y", "x"))));
    assert_ne!(before, prints("a.yaml", &two("x", "z")));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let files: Vec<(String, String)> = (0..40)
        .map(|number| {
            (format!("d{}/f{number}.yaml", number % 7), PRIVILEGED.replace("name: p", &format!("name: p{number}")))
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&files);
    let one = folder.run(&["scan", "--output", "json", "--threads", "1", "."]);
    let many = folder.run(&["scan", "--output", "json", "--threads", "4", "."]);
    assert_eq!(one.out, many.out);
}

#[test]
fn what_passed_is_shown_when_asked() {
    let folder = Folder::new(&[("a.yaml", &PRIVILEGED.replace("true", "false"))]);
    let (_, json) = folder.scan(&["--only", "privileged-container", "."]);
    assert_eq!(statuses(&json, "privileged-container"), []);
    let (_, json) = folder.scan(&["--only", "privileged-container", "--show-passed", "."]);
    assert_eq!(statuses(&json, "privileged-container"), [("Pod/p", "pass")]);
}

#[test]
fn ignore_files_hidden_files_and_excludes_are_respected() {
    let folder = Folder::new(&[
        (".ignore", "ignored/\n"),
        ("ignored/a.yaml", PRIVILEGED),
        (".hidden/b.yaml", PRIVILEGED),
        ("left-out/c.yaml", PRIVILEGED),
        ("d.yaml", PRIVILEGED),
    ]);
    let files = |arguments: &[&str]| {
        let (_, json) = folder.scan(arguments);
        let resources = json["resources"].as_array().unwrap().iter();
        resources.map(|resource| resource["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(files(&[".", "--exclude", "left-out"]), ["d.yaml"]);
    assert_eq!(files(&[".", "--no-ignore"]), ["d.yaml", "ignored/a.yaml", "left-out/c.yaml"]);
    assert_eq!(files(&[".", "--hidden"]), [".hidden/b.yaml", "d.yaml", "left-out/c.yaml"]);
}

#[test]
fn several_outputs_are_written_in_one_run() {
    let folder = Folder::new(&[("a.yaml", PRIVILEGED)]);
    let said =
        folder.run(&["scan", ".", "--output", "text", "--output", "sarif=out.sarif", "--output", "json=out.json"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("critical[privileged-container]"));
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(read("out.sarif")["version"], "2.1.0");
    assert_eq!(read("out.json")["schemaVersion"], "1.2");
    assert_eq!(folder.run(&["scan", ".", "--output", "text", "--output", "json"]).code, 3);
}

#[test]
fn a_long_line_is_framed_where_the_place_is() {
    let pods: Vec<String> = (0..30)
        .map(|number| {
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p{number}\",\"namespace\":\"q\"}},\
                 \"spec\":{{\"hostPID\":true,\"containers\":[{{\"name\":\"a\",\"image\":\"x:1\"}}]}}}}"
            )
        })
        .collect();
    let text = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", pods.join(","));
    let folder = Folder::new(&[("min.json", &text)]);
    let said = folder.run(&["scan", "min.json", "--only", "host-pid-namespace", "--details"]);
    let (code, json) = folder.scan(&["min.json", "--only", "host-pid-namespace"]);
    assert_eq!(code, 1);
    for result in json["results"].as_array().unwrap() {
        let column = result["occurrences"][0]["column"].as_u64().unwrap();
        let place = format!("min.json:1:{column}");
        let at = said.out.find(&format!("{place}\n")).unwrap_or_else(|| panic!("no {place} in\n{}", said.out));
        let frame: Vec<&str> = said.out[at..].lines().take(5).collect();
        let source = frame.iter().position(|line| line.starts_with("1 ")).unwrap_or_else(|| panic!("{frame:#?}"));
        let mark = frame[source + 1].chars().position(|c| c == '━').unwrap_or_else(|| panic!("{frame:#?}"));
        let marked: String = frame[source].chars().skip(mark).take(4).collect();
        assert_eq!(marked, "true", "{frame:#?}");
    }
}

/// What is said of a text that has no object beside those named.
fn check_not_judged(text: &str, judged: &[&str], expected: &[(Option<u64>, &str)]) {
    let folder = Folder::new(&[("a.yaml", text)]);
    let (code, json) = folder.scan(&["--only", "schema-invalid,privileged-container", "a.yaml"]);
    let said: Vec<(Option<u64>, String)> = skipped(&json).into_iter().map(|(_, line, kind)| (line, kind)).collect();
    let said: Vec<(Option<u64>, &str)> = said.iter().map(|(line, kind)| (*line, &**kind)).collect();
    assert_eq!(said, expected, "{text}");
    let names: Vec<&str> =
        json["resources"].as_array().unwrap().iter().map(|resource| resource["name"].as_str().unwrap()).collect();
    assert_eq!(names, judged, "{text}");
    assert_eq!(code == 2, !expected.is_empty(), "{text}");
}

#[test]
fn documents_may_begin_with_a_byte_order_mark() {
    let other = SERVICE.replace("name: s", "name: t");
    check_not_judged(&format!("{SERVICE}---\n\u{FEFF}{other}"), &["s", "t"], &[]);
    check_not_judged(&format!("\u{FEFF}---\n\u{FEFF}{SERVICE}---\r\n\u{FEFF}{other}"), &["s", "t"], &[]);
}

#[test]
fn what_was_meant_to_be_an_object_is_said() {
    let pod = "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";
    let invalid = "invalidObject";
    for before in ["apiVersion: ''\n", "apiVersion: [v1]\n", "apiVersion: 1\n", "apiVersion:\n", "apiversion: v1\n"] {
        check_not_judged(&format!("{SERVICE}---\n{before}{pod}"), &["s"], &[(Some(6), invalid)]);
    }
    check_not_judged(&format!("{SERVICE}---\n\n{pod}"), &["s"], &[(Some(7), invalid)]);
    let misspelt = pod.replace("kind", "Kind");
    check_not_judged(&format!("apiVersion: v1\n{misspelt}---\n{SERVICE}"), &["s"], &[(Some(2), invalid)]);
    check_not_judged(&format!("---\n{misspelt}---\n{SERVICE}"), &["s"], &[(Some(2), invalid)]);
    check_not_judged(&format!("- {{apiVersion: v1, {}}}\n", "kind: Pod"), &[], &[(Some(1), invalid)]);
}

#[test]
fn other_yaml_is_no_near_miss() {
    for text in [
        "kind: Deployment\nreplicas: 1\nmetadata: {}\n",
        "kind: DaemonSet\nimage: {tag: a}\napiVersion: ''\n",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "apiVersion: 1\ndatasources: []\n",
        "apiVersion: 1.0.0\nmetadata: {generateName: x-}\n",
        "apiVersion: score.dev/v1b1\nmetadata: {name: x}\ncontainers: {}\n",
        "kind: role\nversion: v5\nmetadata: {name: r}\nspec: {}\n",
        "kind: pipeline\ntype: docker\nname: default\n",
        "on: push\njobs: {a: {runs-on: x}}\n",
        "services: {a: {image: b}}\n",
        "- op: replace\n  path: /kind\n  value: Pod\n",
        "- {apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization}\n",
        "- hosts: all\n  tasks: [{k8s: {definition: {apiVersion: v1, kind: Pod}}}]\n",
        "resources: [a.yaml]\n---foo: bar\n",
    ] {
        check_not_judged(&format!("{SERVICE}---\n{text}"), &["s"], &[]);
    }
}

#[test]
fn a_list_with_two_lists_of_items_is_said() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: s}}\n";
    let twice = format!("{list}items:\n- {{apiVersion: v1, kind: Service, metadata: {{name: t}}}}\n");
    check_not_judged(&twice, &["t"], &[(Some(5), "invalidObject")]);
    check_not_judged(list, &["s"], &[]);
}

#[test]
fn a_wrong_mark_between_documents_is_an_error_of_its_place() {
    let other = SERVICE.replace("name: s", "name: t");
    check_not_judged(&format!("{SERVICE}---foo: bar\n{SERVICE}---\n{other}"), &["t"], &[(Some(5), "syntax")]);
    check_not_judged(
        &format!("{SERVICE}--- {{\"apiVersion\": v1, kind: Service, metadata: {{name: t}}}}\n"),
        &["s", "t"],
        &[],
    );
}

#[test]
fn braces_in_quotes_are_those_of_a_template_where_nothing_else_can_be_meant() {
    let needs = "needsRendering";
    let named = |name: &str| SERVICE.replace("name: s", &format!("name: \"{name}\""));
    check_not_judged(&named("{{ .Release.Name }}"), &[], &[(Some(3), needs)]);
    check_not_judged(&named("app-{{ name }}"), &[], &[(Some(3), needs)]);
    let privileged = PRIVILEGED.replace("privileged: true", "privileged: '{{ .Values.p }}'");
    check_not_judged(&privileged, &[], &[(Some(8), needs)]);
    for spec in ["annotations: {a: \"{{ $labels.x }}\"}", "annotations: {a: \"{{ with secret }}\"}"] {
        let text = SERVICE.replace("{name: s}", &format!("{{name: s, {spec}}}"));
        check_not_judged(&text, &["s"], &[]);
    }
    for (group, spec) in [
        ("argoproj.io/v1alpha1", "{templates: [{name: \"{{inputs.parameters.x}}\"}]}"),
        ("helm.toolkit.fluxcd.io/v2", "{values: {host: \"{{ .Release.Name }}.example.com\"}}"),
        ("tekton.dev/v1", "{steps: [{name: a, image: \"$(params.image)\"}]}"),
    ] {
        check_not_judged(&format!("apiVersion: {group}\nkind: X\nmetadata: {{name: x}}\nspec: {spec}\n"), &["x"], &[]);
    }
}

#[test]
fn objects_inside_of_others_are_judged_as_objects() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: a, \
               securityContext: {privileged: true}}]}}";
    let custom = |group: &str, kind: &str, spec: &str| {
        format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: outer}}\nspec:\n  {spec}\n")
    };
    let template =
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: outer}\nparameters: [{name: A}]\n";
    let crossplane = format!("forProvider: {{manifest: {pod}}}");
    for yaml in [
        format!("{template}labels: {{a: \"${{{{A}}}}\"}}\nobjects:\n- {pod}\n"),
        custom("work.open-cluster-management.io", "ManifestWork", &format!("workload: {{manifests: [{pod}]}}")),
        custom("work.karmada.io", "Work", &format!("workload: {{manifests: [{pod}]}}")),
        custom("kubernetes.crossplane.io", "Object", &crossplane),
        custom(
            "apiextensions.crossplane.io",
            "Composition",
            &format!(
                "resources: [{{base: {{apiVersion: kubernetes.crossplane.io/v1, kind: Object, spec: {{{crossplane}}}}}}}]"
            ),
        ),
    ] {
        let folder = Folder::new(&[("a.yaml", &yaml)]);
        let json = folder.scan(&["--only", "privileged-container", "a.yaml"]).1;
        assert_eq!(statuses(&json, "privileged-container"), [("Pod/p", "fail")], "{yaml}");
        let place = &json["results"][0]["occurrences"][0];
        assert_eq!(place["field"], "spec.containers[0].securityContext.privileged", "{yaml}");
        let line = yaml.lines().nth(place["line"].as_u64().unwrap() as usize - 1).unwrap();
        assert!(line[place["column"].as_u64().unwrap() as usize - 1..].starts_with("true"), "{yaml}");
    }
    // What names an object, or is put together from values, is none.
    let reference = custom("example.com", "Binding", "target: {apiVersion: v1, kind: Pod, name: p}");
    let values = custom("helm.toolkit.fluxcd.io", "HelmRelease", &format!("values: {{extraObjects: [{pod}]}}"));
    let folder = Folder::new(&[("a.yaml", &reference), ("b.yaml", &values)]);
    assert_eq!(folder.scan(&["."]).1["coverage"]["resources"], 2);
}
