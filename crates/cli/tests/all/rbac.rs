//! `plimsoll rbac`, as a user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const YAML: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: [''], resources: [secrets, pods/exec], verbs: [get, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
  - {kind: ServiceAccount, name: robot}
  - {kind: Group, name: \"dev\\e[31mops\", apiGroup: rbac.authorization.k8s.io}
";

/// A folder with this file, which is gone when it is dropped.
fn folder(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rbac.yaml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn rbac(arguments: &[&str], file: &PathBuf) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("rbac").args(arguments).arg("--path").arg(file).env("NO_COLOR", "1").output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn can_answers_with_its_exit_code_and_says_why() {
    let (_folder, file) = folder(YAML);
    let yes = rbac(&["can", "sa:shop/robot", "get", "secrets", "-n", "shop"], &file);
    assert_eq!(yes.status.code(), Some(0));
    let said = text(&yes);
    assert!(said.starts_with("yes: ServiceAccount shop/robot may get secrets in namespace `shop`"), "{said}");
    assert!(said.contains("RoleBinding shop/b → ClusterRole reader, rule 0"), "{said}");
    assert!(said.contains("rbac.yaml:5"), "{said}");
    let no = rbac(&["can", "sa:shop/robot", "get", "secrets", "-n", "other"], &file);
    assert_eq!(no.status.code(), Some(1));
    let masters = rbac(&["can", "group:system:masters", "delete", "nodes"], &file);
    assert_eq!(masters.status.code(), Some(0));
    let built_in = rbac(&["can", "system:anonymous", "get", "/healthz"], &file);
    assert_eq!(built_in.status.code(), Some(0));
    assert_eq!(rbac(&["can", "system:anonymous", "get", "/healthz", "--no-built-in"], &file).status.code(), Some(1));
}

/// What the program prints it takes, and what names nobody or nothing is no question.
#[test]
fn questions_are_understood_as_they_are_printed() {
    let (_folder, file) =
        folder(&YAML.replace("[secrets, pods/exec]", "[secrets, deployments/scale]").replace("['']", "['', apps]"));
    for asked in ["deployments/scale.apps", "deployments.apps/scale"] {
        let said = rbac(&["can", "sa:shop/robot", "get", asked, "-n", "shop"], &file);
        assert_eq!(said.status.code(), Some(0), "{asked}: {}", text(&said));
    }
    for asked in [["", "get", "pods"], ["sa:shop", "get", "pods"], ["jane", "get", ""], ["jane", " ", "pods"]] {
        let said = rbac(&[&["can"][..], &asked].concat(), &file);
        assert_eq!(said.status.code(), Some(3), "{asked:?}: {}", text(&said));
    }
}

/// Without a role or binding in the input nothing is known of who may do what.
#[test]
fn an_input_without_rights_answers_nothing() {
    let (_folder, file) =
        folder("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n");
    let said = rbac(&["can", "jane", "get", "pods", "-n", "shop"], &file);
    assert!(said.status.code() == Some(2) && text(&said).contains("were not looked at"), "{}", text(&said));
    let said = rbac(&["who-can", "create", "pods/exec", "-n", "shop"], &file);
    assert!(said.status.code() == Some(2) && text(&said).contains("were not looked at"), "{}", text(&said));
}

#[test]
fn a_role_that_was_not_seen_is_not_known() {
    let (_folder, file) = folder(&YAML.replace("name: reader}\nsubjects", "name: elsewhere}\nsubjects"));
    let ask = ["can", "sa:shop/robot", "get", "secrets", "-n", "shop"];
    assert_eq!(rbac(&ask, &file).status.code(), Some(2));
    assert_eq!(rbac(&[&ask[..], &["--complete"]].concat(), &file).status.code(), Some(1));
}

#[test]
fn who_can_names_everybody_and_no_terminal_escape_gets_through() {
    let (_folder, file) = folder(YAML);
    let said = text(&rbac(&["who-can", "create", "pods/exec", "-n", "shop"], &file));
    assert!(said.contains("ServiceAccount shop/robot") && said.contains("Group system:masters"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
    for arguments in [&["subjects"][..], &["matrix"], &["graph"], &["graph", "--format", "dot"]] {
        assert!(!text(&rbac(arguments, &file)).contains('\x1b'), "{arguments:?}");
    }
}

#[test]
fn subjects_are_told_with_what_is_dangerous() {
    let (_folder, file) = folder(YAML);
    let said = text(&rbac(&["subjects"], &file));
    assert!(said.contains("can read Secrets in namespace `shop`"), "{said}");
    let one = text(&rbac(&["subjects", "sa:shop/robot", "--no-built-in"], &file));
    assert!(one.contains("Everything in namespace `shop`") && one.contains("pods/exec"), "{one}");
}

#[test]
fn diff_says_who_gains() {
    let (_one, before) = folder(YAML);
    let (_two, after) = folder(&YAML.replace("verbs: [get, create]", "verbs: [get, create, delete]"));
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    let run = |a: &PathBuf, b: &PathBuf| Command::new(binary).args(["rbac", "diff"]).args([a, b]).output().unwrap();
    let gains = run(&before, &after);
    assert_eq!(gains.status.code(), Some(1));
    assert!(text(&gains).contains("delete on secrets"), "{}", text(&gains));
    assert_eq!(run(&after, &before).status.code(), Some(0));
    assert!(text(&run(&before, &before)).contains("nobody gains or loses"));
}

#[test]
fn least_privilege_is_proven_from_a_log() {
    let (folder, file) = folder(YAML);
    let event = |id: u32, verb: &str, resource: &str, code: u32| {
        format!(
            "{{\"kind\":\"Event\",\"auditID\":\"{id}\",\"stage\":\"ResponseComplete\",\"verb\":\"{verb}\",\"user\":{{\"username\":\
             \"system:serviceaccount:shop:robot\",\"groups\":[\"system:serviceaccounts\",\"system:serviceaccounts:shop\",\
             \"system:authenticated\"]}},\"objectRef\":{{\"resource\":\"{resource}\",\"namespace\":\"shop\",\"name\":\"x\"}},\
             \"responseStatus\":{{\"code\":{code}}}}}\n"
        )
    };
    let log = folder.path().join("audit.log");
    let events = event(1, "get", "secrets", 200) + &event(1, "get", "secrets", 200) + &event(2, "delete", "pods", 403);
    fs::write(&log, events + "no event\n").unwrap();
    let found = rbac(&["least-privilege", "--audit", log.to_str().unwrap()], &file);
    let said = text(&found);
    assert!(said.contains("resources: [secrets]") && said.contains("verbs: [get]"), "{said}");
    let (roles, _) = said.split_once("granted and not used").unwrap();
    assert!(!roles.contains("delete") && !roles.contains("exec"), "{said}");
    assert!(said.contains("allow 1 of 1 distinct requests"), "{said}");
    // One line is no event, which is said.
    assert_eq!(found.status.code(), Some(2));
}

#[test]
fn what_nobody_needs_is_told() {
    let twice = YAML.replace("name: b, namespace", "name: c, namespace");
    let twice = twice.split_once("---\n").unwrap().1.to_owned();
    let (_folder, file) = folder(&format!("{YAML}---\n{twice}"));
    let found = rbac(&["least-privilege"], &file);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found).contains("RoleBinding shop/c: all that it gives"), "{}", text(&found));
}
