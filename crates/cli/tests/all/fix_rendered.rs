//! `plimsoll fix` on charts and kustomizations: the change is made where what is wrong comes from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::Folder;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";

const VALUES: &str = "\
# What the shop is.
hostPID: true
podSecurityContext: {}
securityContext:
  # The image wants it.
  readOnlyRootFilesystem: false
web:
  privileged: false
";

const TEMPLATE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-app
spec:
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  hostPID: {{ .Values.hostPID }}
  containers:
    - name: app # the first
      image: registry.example.com/app:1
      {{- if .Values.web.privileged }}
      stdin: true
      {{- end }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
    - name: sidecar
      image: registry.example.com/sidecar:1
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
";

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/app:1
";

const ENVIRONMENTS: &str = "\
charts:
  shop:
    environments:
      staging: []
      production: [shop/production.yaml]
";

fn chart(more: &[(&str, &str)]) -> Folder {
    let own = [("shop/Chart.yaml", CHART), ("shop/values.yaml", VALUES), ("shop/templates/pod.yaml", TEMPLATE)];
    Folder::new(&[&own[..], more].concat())
}

/// Mends one control, and checks which files say what afterwards; the others are as they were.
pub(crate) fn check(folder: &Folder, arguments: &[&str], expected: &[(&str, &str)]) {
    let before = files(folder.path());
    let said = folder.run(&[&["fix", "--write"], arguments].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for (path, old) in before {
        let name = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
        let wanted = expected.iter().find(|(known, _)| *known == name).map_or(&*old, |(_, text)| text);
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted, "{name}\n{}", said.out);
    }
    let again = folder.run(&[&["fix", "--write"], arguments].concat());
    assert!(again.out.starts_with("Nothing to change"), "{}", again.out);
}

fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    all.sort();
    all
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { assert!(fs::copy(&path, &target).is_ok()) }
    }
}

#[test]
fn a_condition_that_leaves_a_block_out_is_met_in_the_values() {
    let values = VALUES
        .replace("podSecurityContext: {}\n", "podSecurityContext:\n  seccompProfile:\n    type: RuntimeDefault\n");
    check(&chart(&[]), &["--only", "seccomp-profile-missing"], &[("shop/values.yaml", &values)]);
}

#[test]
fn no_branch_is_taken_instead_of_another() {
    let template = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: a\n    image: a:1\n    {{- if .Values.enabled }}\n    securityContext: {readOnlyRootFilesystem: true}\n    {{- else }}\n    securityContext: {readOnlyRootFilesystem: false}\n    {{- end }}\n";
    let folder = Folder::new(&[
        ("l/Chart.yaml", "apiVersion: v2\nname: l\nversion: 0.1.0\n"),
        ("l/values.yaml", "enabled: true\n"),
        ("l/ci/x-values.yaml", "enabled: false\n"),
        ("l/templates/p.yaml", template),
    ]);
    for control in ["seccomp-profile-missing", "app-armor-unset"] {
        folder.run(&["fix", "l", "--only", control, "--write"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("l/ci/x-values.yaml")).unwrap(),
            "enabled: false\n",
            "{control}"
        );
        assert_eq!(fs::read_to_string(folder.path().join("l/values.yaml")).unwrap(), "enabled: true\n", "{control}");
    }
    let template = fs::read_to_string(folder.path().join("l/templates/p.yaml")).unwrap();
    assert!(template.contains("seccompProfile"), "{template}");
}

#[test]
fn what_values_say_changes_there_and_what_templates_say_in_the_template() {
    let values =
        VALUES.replace("  # The image wants it.\n", "  allowPrivilegeEscalation: false\n  # The image wants it.\n");
    let template = TEMPLATE
        .replace("/sidecar:1\n", "/sidecar:1\n      securityContext:\n        allowPrivilegeEscalation: false\n");
    check(
        &chart(&[]),
        &["--only", "privilege-escalation-allowed"],
        &[("shop/values.yaml", &values), ("shop/templates/pod.yaml", &template)],
    );
}

#[test]
fn what_a_value_switches_on_is_switched_off() {
    let values = VALUES.replace("hostPID: true", "hostPID: false");
    check(&chart(&[]), &["--only", "host-pid-namespace", "--unsafe", "--yes"], &[("shop/values.yaml", &values)]);
}

#[test]
fn what_is_new_stands_outside_of_blocks() {
    let template = TEMPLATE.replace("app:1\n", "app:1\n      imagePullPolicy: Always\n");
    let template = template.replace("sidecar:1\n", "sidecar:1\n      imagePullPolicy: Always\n");
    check(&chart(&[]), &["--only", "image-pull-policy-not-always"], &[("shop/templates/pod.yaml", &template)]);
    // The last key of the mapping is in a block: what comes after it comes after the block.
    let pod =
        format!("{POD}      {{{{- if .Values.resources }}}}\n      imagePullPolicy: Always\n      {{{{- end }}}}\n");
    let folder = Folder::new(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "resources: 1\n"),
        ("ci/none-values.yaml", "resources: 0\n"),
        ("templates/pod.yaml", &pod),
    ]);
    let expected = format!("{pod}      securityContext:\n        allowPrivilegeEscalation: false\n");
    check(&folder, &["--only", "privilege-escalation-allowed"], &[("templates/pod.yaml", &expected)]);
}

#[test]
fn the_file_that_decides_is_the_one_that_changes() {
    let production = "# Larger.\nsecurityContext:\n  allowPrivilegeEscalation: true # legacy\n";
    let values = VALUES.replace("  readOnlyRootFilesystem: false\n", "  allowPrivilegeEscalation: false\n");
    let template =
        TEMPLATE.replace("sidecar:1\n", "sidecar:1\n      securityContext: {allowPrivilegeEscalation: false}\n");
    let folder = Folder::new(&[
        ("plimsoll.yaml", ENVIRONMENTS),
        ("shop/Chart.yaml", CHART),
        ("shop/values.yaml", &values),
        ("shop/production.yaml", production),
        ("shop/templates/pod.yaml", &template),
    ]);
    let mended = production.replace("true #", "false #");
    let asked = ["--only", "privilege-escalation-allowed", "--unsafe", "--yes"];
    check(&folder, &asked, &[("shop/production.yaml", &mended)]);
}

#[test]
fn a_change_of_a_template_says_whom_it_is_for() {
    let folder = chart(&[
        ("plimsoll.yaml", ENVIRONMENTS),
        ("shop/production.yaml", "podSecurityContext: {seccompProfile: {type: RuntimeDefault}}\n"),
    ]);
    let said = folder.run(&["fix", "--only", "image-pull-policy-not-always"]);
    assert!(said.out.contains("Templates and bases change for production, staging"), "{}", said.out);
    let json = folder.run(&["fix", "--only", "seccomp-profile-missing", "--output", "json"]).out;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let fix = &report["fixes"][0];
    assert_eq!(fix["foundIn"], serde_json::json!(["staging"]));
    assert_eq!(fix["objectIn"], serde_json::json!(["staging", "production"]));
    assert_eq!((&fix["edits"][0]["site"], &fix["edits"][0]["path"]), (&"values".into(), &"shop/values.yaml".into()));
    assert_eq!(fix["edits"][0]["at"], "podSecurityContext");
}

#[test]
fn what_nobody_can_edit_is_withdrawn_and_said() {
    let folder = chart(&[]);
    let arguments = ["fix", "--write", "--only", "host-pid-namespace", "--unsafe", "--yes"];
    folder.write(
        "shop/templates/pod.yaml",
        TEMPLATE.replace("  hostPID:", "  {{- $pid := .Values.hostPID }}\n  {{ print \"hostPID\" }}:").as_bytes(),
    );
    let said = folder.run(&[&arguments[..], &["--set", "hostPID=true"]].concat());
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("nothing that can be edited here decides about it"), "{}", said.out);
}

#[test]
fn secrets_in_values_are_in_no_form() {
    let secret = "hunter2-Zq8vK3nX9wLp";
    let folder = chart(&[]);
    let values = VALUES.replace("hostPID: true\n", &format!("hostPID: true\nlogin: {secret}\n"));
    folder.write("shop/values.yaml", values.as_bytes());
    let template =
        format!("{TEMPLATE}      env:\n        - name: DATABASE_PASSWORD\n          value: {{{{ .Values.login }}}}\n");
    folder.write("shop/templates/pod.yaml", template.as_bytes());
    for form in ["text", "patch", "json", "sarif", "github-suggestions", "kubectl"] {
        let said = folder.run(&["fix", "--output", form]);
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{}", said.out);
    }
    let shown = folder.run(&["fix"]).out;
    assert!(shown.contains("+++ shop/values.yaml") && shown.contains("login: ••••"), "{shown}");
}

#[test]
fn the_patch_or_the_base_that_sets_a_field_changes() {
    let patch = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  hostPID: true # to debug\n  containers:\n    - name: app\n      securityContext:\n        privileged: true\n";
    let folder = Folder::new(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "overlays/debug/kustomization.yaml",
            "namePrefix: debug-\nresources: [../../base]\npatches:\n  - path: patch.yaml\n",
        ),
        ("overlays/debug/patch.yaml", patch),
        ("overlays/plain/kustomization.yaml", "resources: [../../base]\n"),
    ]);
    let mended = patch.replace("  hostPID: true # to debug\n", "");
    let asked = ["--only", "host-pid-namespace", "--unsafe", "--yes"];
    check(&folder, &asked, &[("overlays/debug/patch.yaml", &mended)]);
    let pod = POD.replace("app:1\n", "app:1\n      imagePullPolicy: Always\n");
    check(&folder, &["--only", "image-pull-policy-not-always"], &[("base/pod.yaml", &pod)]);
}

#[test]
fn where_nothing_can_be_changed_the_overlay_gets_a_patch() {
    let kustomization = "\
namePrefix: debug-
resources: [../../base]
patches:
  # To look around.
  - patch: '{apiVersion: v1, kind: Pod, metadata: {name: app}, spec: {hostPID: true, hostIPC: true}}'
";
    let folder = Folder::new(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        ("overlays/debug/kustomization.yaml", kustomization),
    ]);
    let mended = format!("{kustomization}  - path: pod-app-patch.yaml\n");
    let asked = ["--only", "host-pid-namespace,host-ipc-namespace", "--unsafe", "--yes"];
    check(&folder, &asked, &[("overlays/debug/kustomization.yaml", &mended)]);
    assert_eq!(
        fs::read_to_string(folder.path().join("overlays/debug/pod-app-patch.yaml")).unwrap(),
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  hostPID: null\n  hostIPC: null\n"
    );
}

#[test]
fn the_shops_have_no_safe_finding_left() {
    for shop in ["shop-chart", "shop-kustomize"] {
        let folder = Folder::new(&[]);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(shop), folder.path());
        let said = folder.run(&["fix", "--write"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(!said.out.contains("Withdrawn"), "{}", said.out);
        let json = folder.run(&["scan", "--output", "json"]).out;
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let mut left = Vec::new();
        for result in report["results"].as_array().unwrap() {
            for occurrence in result["occurrences"].as_array().unwrap() {
                if occurrence["fix"] == "safe" && result["umbrella"] == false {
                    left.push(format!("{} {}", result["control"], occurrence["message"]));
                }
            }
        }
        assert!(left.is_empty(), "{shop}: {left:#?}");
        let before = files(folder.path());
        assert_eq!(folder.run(&["fix", "--write"]).code, 0);
        assert_eq!(files(folder.path()), before);
    }
}
