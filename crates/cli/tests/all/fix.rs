//! `plimsoll fix`, on files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::Folder;

const POD: &str = "# The pod.
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec:
  automountServiceAccountToken: false
  containers:
    - name: app # the only one
      image: registry.example.com/app:1
      securityContext:
        capabilities:
          drop:
            - CHOWN
";

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
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
fn shows_the_change_and_writes_nothing_unasked() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let said = folder.run(&["fix", "--only", "seccomp-profile-missing,net-raw-capability-kept"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    let expected = "--- pod.yaml
+++ pod.yaml
@@ -4,6 +4,9 @@
 metadata: {name: app, namespace: shop}
 spec:
   automountServiceAccountToken: false
+  securityContext:
+    seccompProfile:
+      type: RuntimeDefault
   containers:
     - name: app # the only one
       image: registry.example.com/app:1
@@ -11,3 +14,4 @@
         capabilities:
           drop:
             - CHOWN
+            - NET_RAW

Mends 2 findings in 1 file
";
    assert!(said.out.starts_with(expected), "{}", said.out);
    assert!(said.out.contains("Nothing was written: `--write` writes it"), "{}", said.out);
    assert_eq!(read(&folder, "pod.yaml"), POD);
}

#[test]
fn writes_once_and_then_has_nothing_to_do() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let said = folder.run(&["fix", "--write"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let written = read(&folder, "pod.yaml");
    assert!(written.contains("    - name: app # the only one\n"), "{written}");
    assert!(written.contains("allowPrivilegeEscalation: false"), "{written}");
    let said = folder.run(&["fix", "--write"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.starts_with("Nothing to change"), "{}", said.out);
    assert_eq!(read(&folder, "pod.yaml"), written);
}

#[test]
fn the_shop_has_no_safe_finding_left() {
    let folder = Folder::new(&[]);
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    copy(&shop, folder.path());
    // One file is broken on purpose: everything else is mended, and the exit code says that something was not seen.
    assert_eq!(folder.run(&["fix", "--write"]).code, 2);
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
    assert!(left.is_empty(), "{left:#?}");
    let before = files(folder.path());
    assert_eq!(folder.run(&["fix", "--write"]).code, 2);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn unsafe_changes_need_a_word() {
    let text = POD.replace("  automount", "  hostPID: true\n  automount");
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let only = ["fix", "--write", "--only", "host-pid-namespace"];
    let said = folder.run(&only);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("1 finding could be mended in ways that may break what works"), "{}", said.out);
    assert_eq!(read(&folder, "pod.yaml"), text);
    // There is no terminal to ask on.
    assert_eq!(folder.run(&[&only[..], &["--unsafe"]].concat()).code, 3);
    assert_eq!(folder.run(&[&only[..], &["--unsafe", "--yes"]].concat()).code, 0);
    assert_eq!(read(&folder, "pod.yaml"), POD);
}

/// What is left in two files, each with a finding, after these answers on a terminal; `None` where there is no `script`
/// to make one.
#[cfg(target_os = "linux")]
fn answered(answers: &str) -> Option<(String, [bool; 2])> {
    let text = POD.replace("  automount", "  hostPID: true\n  automount");
    let folder = Folder::new(&[("a.yaml", &text), ("b.yaml", &text.replace("name: app,", "name: other,"))]);
    let command = format!("{} fix --write --unsafe --only host-pid-namespace", env!("CARGO_BIN_EXE_plimsoll"));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), answers.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    let mended = ["a.yaml", "b.yaml"].map(|name| !read(&folder, name).contains("hostPID"));
    Some((String::from_utf8_lossy(&said.stdout).into_owned(), mended))
}

#[cfg(target_os = "linux")]
#[test]
fn every_unsafe_change_is_asked_about_on_a_terminal() {
    for (answers, mended) in
        [("y\nn\n", [true, false]), ("what?\nn\nyes\n", [false, true]), ("a\n", [true, true]), ("q\n", [false, false])]
    {
        let Some((said, found)) = answered(answers) else { return };
        assert_eq!(found, mended, "{answers:?}\n{said}");
        assert!(said.contains("a.yaml:6: ") && said.contains("take out `spec.hostPID`"), "{said}");
        // All of them, and none of the rest, are asked about once.
        assert_eq!(said.contains("b.yaml:6: "), !matches!(answers, "a\n" | "q\n"), "{answers:?}\n{said}");
    }
}

#[test]
fn values_that_only_the_owner_knows_are_never_written() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let said = folder.run(&["fix", "--write", "--unsafe", "--yes", "--only", "memory-limit-missing"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("1 finding needs a value that only you know"), "{}", said.out);
    assert!(said.out.contains("<what it needs>"), "{}", said.out);
    assert_eq!(read(&folder, "pod.yaml"), POD);
}

#[test]
fn what_is_accepted_is_left_alone() {
    let annotated = POD.replace(
        "metadata: {name: app, namespace: shop}",
        "metadata:\n  name: app\n  annotations:\n    ignore-check.kube-linter.io/no-read-only-root-fs: because",
    );
    let folder = Folder::new(&[("pod.yaml", &annotated)]);
    folder.run(&["baseline", "write"]);
    let said = folder.run(&["fix", "--write", "--baseline", "plimsoll-baseline.json"]);
    assert!(said.out.starts_with("Nothing to change"), "{}", said.out);
    let exceptions = "exceptions:\n  - control: seccomp-profile-missing\n    reason: later\n";
    folder.write("exceptions.yaml", exceptions.as_bytes());
    let said = folder.run(&["fix", "--exceptions", "exceptions.yaml", "pod.yaml", "--only", "seccomp-profile-missing"]);
    assert!(!said.out.contains("RuntimeDefault"), "{}{}", said.out, said.err);
    assert!(folder.run(&["fix", "--severity-threshold", "critical", "pod.yaml"]).out.starts_with("Nothing to change"));
}

#[test]
fn a_patch_can_be_applied() {
    let folder = Folder::new(&[("deploy/pod.yaml", POD)]);
    let said = folder.run(&["fix", "--output", "patch=plimsoll.patch", "deploy"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
    let patch = fs::File::open(folder.path().join("plimsoll.patch")).unwrap();
    let applied =
        Command::new("git").args(["apply", "-"]).current_dir(folder.path()).stdin(Stdio::from(patch)).status();
    // Where there is no `git`, the form of the patch is held by the tests of differences.
    let Ok(status) = applied else { return };
    assert!(status.success());
    let applied = read(&folder, "deploy/pod.yaml");
    folder.write("deploy/pod.yaml", POD.as_bytes());
    folder.run(&["fix", "--write", "deploy"]);
    assert_eq!(read(&folder, "deploy/pod.yaml"), applied);
}

#[test]
fn secrets_are_in_no_form() {
    let secret = "hunter2-Zq8vK3nX9wLp";
    let text = POD.replace(
        "      securityContext:",
        &format!("      env:\n        - name: DATABASE_PASSWORD\n          value: {secret}\n      securityContext:"),
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    for form in ["text", "patch", "json", "sarif", "github-suggestions", "kubectl"] {
        let said = folder.run(&["fix", "--output", form]);
        assert_eq!(said.code, 1);
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{}", said.out);
    }
}

#[test]
fn a_change_that_does_not_mend_is_withdrawn() {
    // The anchor stands for both containers, and one of them has a reason of its own.
    let text = "apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: one
      image: registry.example.com/app:1
      securityContext: &context
        runAsUser: 1000
    - name: two
      image: registry.example.com/app:1
      securityContext:
        <<: *context
        allowPrivilegeEscalation: false
";
    let folder = Folder::new(&[("pod.yaml", text)]);
    let said = folder.run(&["fix", "--write", "--only", "privilege-escalation-allowed"]);
    // What merges the anchor sets it itself: nothing else changes.
    assert_eq!(said.code, 0, "{}", said.out);
    let written = read(&folder, "pod.yaml");
    assert!(
        written.contains("&context\n        runAsUser: 1000\n        allowPrivilegeEscalation: false\n"),
        "{written}"
    );
    let said = folder.run(&["fix", "--write", "--only", "run-as-non-root-not-required"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("Withdrawn, to be mended by hand"), "{}", said.out);
}

#[test]
fn links_and_standard_input() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    assert_eq!(folder.run(&["fix", "-"]).code, 3);
    assert_eq!(folder.run(&["fix", "--yes"]).code, 3);
    assert_eq!(folder.run(&["fix", "--output", "nonsense"]).code, 3);
    assert_eq!(folder.run(&["fix", "--output", "json", "--output", "patch"]).code, 3);
}

#[test]
fn json_is_as_its_schema_says() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let said = folder.run(&["fix", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let schema = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fixes.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    jsonschema::validate(&schema, &json).unwrap();
    assert!(json["fixes"].as_array().unwrap().iter().any(|fix| fix["standing"] == "made"), "{json}");
}

#[test]
fn editors_and_reviews_get_the_same_change() {
    let folder = Folder::new(&[("deploy/pod.yaml", POD)]);
    let arguments = ["fix", "deploy", "--only", "net-raw-capability-kept", "--output"];
    let run = |form: &str| folder.run(&[&arguments[..], &[form]].concat()).out;
    let sarif: serde_json::Value = serde_json::from_str(&run("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "net-raw-capability-kept");
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "deploy/pod.yaml");
    let replacement = &change["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "            - NET_RAW\n");
    let region = serde_json::json!({"startLine": 14, "startColumn": 1, "endLine": 14, "endColumn": 1});
    assert_eq!(replacement["deletedRegion"], region);
    let review: serde_json::Value = serde_json::from_str(&run("github-suggestions")).unwrap();
    let comment = &review["comments"][0];
    assert_eq!((&comment["path"], &comment["line"]), (&"deploy/pod.yaml".into(), &13.into()));
    let suggestion = "```suggestion\n            - CHOWN\n            - NET_RAW\n```";
    assert!(comment["body"].as_str().unwrap().ends_with(suggestion), "{comment}");
    // A Pod that runs cannot be changed; what makes pods can.
    assert!(run("kubectl").starts_with("# pod/app: "));
}

#[test]
fn what_is_left_and_shared_is_told_once() {
    let two = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: x:1\n    \
               securityContext: &sc\n      privileged: false\n  - name: b\n    image: x:1\n    securityContext: *sc\n";
    let folder = Folder::new(&[("pod.yaml", two)]);
    for width in ["60", "80", "100"] {
        let only = "memory-limit-missing,net-raw-capability-kept";
        let said = folder.run_with_variable(&["fix", "pod.yaml", "--only", only], ("COLUMNS", width));
        let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let shared = "pod.yaml: one anchor stands for `spec.containers[0].securityContext` and \
                      `spec.containers[1].securityContext`: they change together";
        assert_eq!(words.matches(shared).count(), 1, "{}", said.out);
        let left = "2 findings need a value that only you know ▽ memory-limit-missing add \
                    `{\"resources\":{\"limits\":{\"memory\":\"<what it needs>\"}}}` pod.yaml:6 spec.containers[0] \
                    pod.yaml:12 spec.containers[1]";
        assert!(words.contains(left) || words.contains(&left.replace('▽', "◆")), "{}", said.out);
        let columns: usize = width.parse().unwrap();
        let after = said.out.split_once("Mends").unwrap().1;
        assert!(after.lines().all(|line| line.chars().count() <= columns), "{width}: {}", said.out);
    }
}
