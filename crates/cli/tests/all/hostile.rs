//! Inputs that were made to do harm, or that something has damaged: each gets a clear message at its place, in
//! bounded time and memory, and the rest is judged.

use std::time::Duration;

use serde_json::Value;

use crate::program::Folder;

const PRIVILEGED: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: 'i:1', securityContext: {privileged: true}}]}
";

/// Scans a folder with one hostile file and one good one: the hostile one must be reported and the other judged.
fn survives(name: &str, bytes: &[u8]) -> Value {
    let folder = Folder::new(&[("good.yaml", PRIVILEGED)]);
    folder.write(name, bytes);
    let arguments = ["scan", ".", "--only", "privileged-container", "--output", "json"];
    let said = folder.run_within(&arguments, Duration::from_secs(60));
    let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{name}: {error} {}", said.err));
    let judged = json["results"].as_array().unwrap().iter().any(|result| result["resource"] == "Pod/p");
    assert!(judged, "{name}: the good file was not judged");
    assert_eq!(said.code, 2, "{name}: the exit code says that not everything was looked at");
    let skipped = json["coverage"]["skipped"].as_array().unwrap();
    assert!(!skipped.is_empty() && skipped.iter().all(|skipped| skipped["path"] == name), "{name}: {skipped:?}");
    skipped[0].clone()
}

#[test]
fn deep_nesting_is_refused() {
    survives("flow.yaml", "[".repeat(100_000).as_bytes());
    survives("closed.yaml", ("[".repeat(100_000) + &"]".repeat(100_000)).as_bytes());
    survives("maps.yaml", "{a: ".repeat(50_000).as_bytes());
    survives("dashes.yaml", "- ".repeat(100_000).as_bytes());
    survives("deep.json", ("{\"a\":".repeat(100_000) + "1").as_bytes());
    let blocks: String = (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    survives("blocks.yaml", blocks.as_bytes());
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb =
        String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let skipped = survives("bomb.yaml", bomb.as_bytes());
    assert!(skipped["reason"].as_str().unwrap().contains("alias"), "{skipped}");
}

#[test]
fn circles_of_anchors_are_refused() {
    survives("self.yaml", b"apiVersion: v1\nkind: ConfigMap\na: &a\n  b: *a\n");
    survives("merge.yaml", b"apiVersion: v1\nkind: ConfigMap\na: &a\n  <<: *a\n");
}

#[test]
fn bytes_that_are_no_text_cost_their_document() {
    let mut invalid = PRIVILEGED.replace("name: p", "name: before").into_bytes();
    invalid.extend_from_slice(b"---\nkind: \xff\xfe\n---\n");
    invalid.extend_from_slice(PRIVILEGED.replace("name: p", "name: after").as_bytes());
    let folder = Folder::new(&[]);
    folder.write("a.yaml", &invalid);
    let (code, json) = folder.scan(&["--only", "privileged-container", "."]);
    assert_eq!(code, 2);
    let judged: Vec<&str> =
        json["results"].as_array().unwrap().iter().map(|r| r["resource"].as_str().unwrap()).collect();
    assert_eq!(judged, ["Pod/before", "Pod/after"]);
    let skipped = &json["coverage"]["skipped"][0];
    assert_eq!(skipped["line"], 6);
    assert!(skipped["reason"].as_str().unwrap().contains("UTF-8"));
    survives("nul.yaml", b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\0b\n");
    survives("tab.yaml", b"apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n");
    survives("utf16.yaml", b"\xff\xfea\0p\0i\0");
}

#[test]
fn large_but_valid_inputs_are_read() {
    let keys: String = (0..200_000).map(|number| format!("  key{number}: v\n")).collect();
    let lines = "    line\n".repeat(2_000_000);
    let long = "k".repeat(2_000_000);
    let folder = Folder::new(&[]);
    let map =
        |data: &str, name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n{data}");
    folder.write("keys.yaml", map(&keys, "keys").as_bytes());
    folder.write("lines.yaml", map(&format!("  a: |\n{lines}"), "lines").as_bytes());
    folder.write("long.yaml", map(&format!("  a: {long}\n"), "long").as_bytes());
    let arguments = ["scan", ".", "--output", "json"];
    let said = folder.run_within(&arguments, Duration::from_secs(60));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["coverage"]["resources"], 3, "{}", json["coverage"]);
}

/// Places are found without passing everything that stands before them: what is wrong 20,000 times in one object takes
/// no longer than in 20,000 objects.
#[test]
fn one_object_with_very_many_findings_is_judged_in_time() {
    let times = |line: &dyn Fn(u32) -> String| (0..20_000).map(line).collect::<String>();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n";
    let inputs = [
        (
            "keys",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n".to_owned() + &times(&|_| "  k: v\n".into()),
        ),
        (
            "secrets",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n".to_owned()
                + &times(&|number| format!("  password{number}: hunter2xy{number}\n")),
        ),
        (
            "variables",
            format!("{pod}  - name: c\n    env:\n")
                + &times(&|number| format!("    - name: PASSWORD\n      value: hunter2xy{number}\n")),
        ),
        ("containers", pod.to_owned() + &times(&|number| format!("  - name: c{number}\n    image: i\n"))),
        (
            "host paths",
            mounting(&times(&|number| format!("  - {{name: v{number}, hostPath: {{path: /var/x{number}}}}}\n"))),
        ),
        ("claims", mounting(&times(&|n| format!("  - {{name: v{n}, persistentVolumeClaim: {{claimName: c{n}}}}}\n")))),
    ];
    for (name, text) in inputs {
        let folder = Folder::new(&[]);
        folder.write("many.yaml", text.as_bytes());
        let said = folder.run_within(&["scan", ".", "--summary"], Duration::from_secs(60));
        assert_eq!(said.code, 1, "{name}: {}", said.out);
    }
}

/// A pod with these 20,000 volumes, all of which its container mounts.
fn mounting(volumes: &str) -> String {
    let mounts: String =
        (0..20_000).map(|number| format!("    - {{name: v{number}, mountPath: /m{number}}}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  volumes:\n{volumes}  containers:\n  - name: c\n    image: i\n    volumeMounts:\n{mounts}"
    )
}

/// Comments above one line, and objects that share one.
#[test]
fn one_line_with_very_many_words_about_it_is_judged_in_time() {
    let comments: String = (0..20_000)
        .map(|number| format!("  # plimsoll: ignore privileged-container until 2999-01-01 — known, SEC-{number}\n"))
        .collect();
    let object = |number| {
        format!(r##"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{number}"}},"data":{{"a":"#"}}}}"##)
    };
    let objects: Vec<String> = (0..20_000).map(object).collect();
    let folder = Folder::new(&[]);
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n";
    folder.write("comments.yaml", format!("{map}{comments}  k: v\n").as_bytes());
    folder.write(
        "objects.json",
        format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, objects.join(",")).as_bytes(),
    );
    let said = folder.run_within(&["scan", ".", "--output", "json"], Duration::from_secs(60));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["coverage"]["resources"], 20_001, "{}", json["coverage"]);
}

/// Services and budgets that select the same workloads, or nearly all but none of them.
#[test]
fn very_many_selectors_for_very_many_workloads_are_joined_in_time() {
    let objects = |number: u32, service: &str, budget: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{selector: {{{service}}}, ports: [{{port: 80}}]}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{number}}}\nspec: {{selector: {{matchLabels: {{app: x}}}}, \
             template: {{metadata: {{labels: {{app: x, id: i{number}}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}}}\n---\n\
             apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b{number}}}\n\
             spec: {{minAvailable: 1, selector: {{{budget}}}}}\n---\n"
        )
    };
    let same = |number| objects(number, "app: x", "matchLabels: {app: x}");
    let other = |number: u32| {
        let refused = format!("matchExpressions: [{{key: app, operator: NotIn, values: [x, y{number}]}}]");
        objects(number, &format!("app: x, z: z{number}"), &refused)
    };
    let folder = Folder::new(&[]);
    folder.write("same.yaml", (0..8000).map(same).collect::<String>().as_bytes());
    folder.write("other.yaml", (0..8000).map(other).collect::<String>().as_bytes());
    for file in ["same.yaml", "other.yaml"] {
        let said = folder.run_within(&["scan", file, "--summary"], Duration::from_secs(60));
        assert_eq!(said.code, 1, "{file}: {}", said.out);
    }
}

#[test]
fn a_key_of_two_megabytes_is_bounded() {
    let key = "k".repeat(2_000_000);
    let folder = Folder::new(&[("good.yaml", PRIVILEGED)]);
    folder.write(
        "key.yaml",
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  {key}: v\n").as_bytes(),
    );
    let said = folder.run_within(&["scan", "."], Duration::from_secs(60));
    assert!(said.code <= 2 && said.out.len() < 100_000, "{}", said.code);
}

#[test]
fn documents_beyond_the_limit_are_passed_over() {
    let folder = Folder::new(&[]);
    let mut text = PRIVILEGED.as_bytes().to_vec();
    text.extend_from_slice(b"---\nhuge: |\n");
    text.extend_from_slice(&b"  0123456789012345678901234567890123456789\n".repeat((140 << 20) / 43));
    text.extend_from_slice(b"---\n");
    text.extend_from_slice(PRIVILEGED.replace("name: p", "name: q").as_bytes());
    folder.write("a.yaml", &text);
    let said = folder
        .run_within(&["scan", ".", "--only", "privileged-container", "--output", "json"], Duration::from_secs(120));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.code, 2);
    assert_eq!(json["coverage"]["skipped"][0]["kind"], "tooLarge");
    assert_eq!(json["coverage"]["skipped"][0]["line"], 5);
    let judged: Vec<&str> =
        json["results"].as_array().unwrap().iter().map(|r| r["resource"].as_str().unwrap()).collect();
    assert_eq!(judged, ["Pod/p", "Pod/q"]);
}

#[cfg(unix)]
#[test]
fn special_files_links_and_locked_files_do_not_stop_a_scan() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new(&[("sub/good.yaml", PRIVILEGED), ("sub/locked.yaml", PRIVILEGED)]);
    let outside = Folder::new(&[("secret.yaml", PRIVILEGED)]);
    let sub = folder.path().join("sub");
    symlink(outside.path(), sub.join("out")).unwrap();
    symlink(outside.path().join("secret.yaml"), sub.join("out.yaml")).unwrap();
    symlink(&sub, sub.join("circle")).unwrap();
    symlink(sub.join("nowhere"), sub.join("dangling.yaml")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(sub.join("pipe.yaml")).status().unwrap();
    assert!(fifo.success());
    std::fs::set_permissions(sub.join("locked.yaml"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let said = folder.run_within(&["scan", "sub", "--output", "json"], Duration::from_secs(20));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.code, 2);
    let skipped: Vec<String> = json["coverage"]["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| format!("{} {}", skipped["path"].as_str().unwrap(), skipped["kind"].as_str().unwrap()))
        .collect();
    for expected in ["sub/dangling.yaml missing", "sub/out notAFile", "sub/out.yaml notAFile", "sub/pipe.yaml notAFile"]
    {
        assert!(skipped.iter().any(|skipped| skipped == expected), "{expected} is not in {skipped:?}");
    }
    // The administrator may read what others may not.
    let readable = std::fs::read(sub.join("locked.yaml")).is_ok();
    assert!(readable || skipped.contains(&"sub/locked.yaml unreadable".to_owned()), "{skipped:?}");
    assert!(!said.out.contains("secret.yaml\""), "a link out of the tree was followed");
}

#[cfg(unix)]
#[test]
fn named_devices_and_pipes_are_refused_and_those_of_the_shell_read() {
    let folder = Folder::new(&[("good.yaml", PRIVILEGED)]);
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.yaml")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe.yaml")).status().unwrap().success());
    for path in ["/dev/zero", "zero.yaml", "pipe.yaml"] {
        let said = folder.run_within(&["scan", path, "good.yaml", "--output", "json"], Duration::from_secs(20));
        let json: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((said.code, &json["coverage"]["resources"]), (2, &Value::from(1)), "{path}");
        let skipped = &json["coverage"]["skipped"][0];
        assert_eq!((&skipped["path"], &skipped["kind"]), (&path.into(), &"notAFile".into()));
    }
    let command = "exec \"$1\" scan --only privileged-container <(cat good.yaml)";
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", command, "bash", env!("CARGO_BIN_EXE_plimsoll")]).current_dir(folder.path());
    assert_eq!(bash.output().unwrap().status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn names_are_never_printed_raw() {
    let evil =
        PRIVILEGED.replace("name: p", "name: \"p\\e[2J\\nexit 0\\u202Ecba\"").replace("name: c", "name: \"c\\a\"");
    let folder = Folder::new(&[("a\u{1b}[31m\n.yaml", &evil)]);
    for arguments in [&["scan", "."][..], &["scan", ".", "--summary"], &["scan", ".", "--details"]] {
        let said = folder.run(arguments);
        assert!(!said.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", said.out);
        assert!(!said.out.contains("\nexit 0"), "{}", said.out);
        assert!(said.out.contains("below the line") && said.code == 1, "{}", said.out);
    }
    for arguments in [&["paths", "list", "."][..], &["paths", "list", ".", "--output", "dot"]] {
        let said = folder.run(arguments);
        assert!(said.out.contains("escape-privileged") && said.code == 1, "{}", said.out);
        assert!(!said.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", said.out);
        assert!(!said.out.contains("\nexit 0"), "{}", said.out);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new(&[("good.yaml", PRIVILEGED)]);
    let said = folder.run_and_close(&["scan", ".", "--details"]);
    assert!(!said.err.contains("panic") && !said.err.contains("rror"), "{}", said.err);
}
