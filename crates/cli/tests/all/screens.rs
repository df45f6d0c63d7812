//! Whole screens, as a person sees them. `UPDATE_SCREENS=1 cargo test -p cli screens` writes them anew; read them then.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::Folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs the program at the root of the repository, so that paths on the screen are short.
fn check(name: &str, arguments: &[&str], code: i32) {
    let said = Folder::at(&root()).run(arguments);
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
    let screen = format!("{}{}", said.out, said.err);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/screens").join(name);
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        fs::write(&path, &screen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(screen == expected, "{name} is another screen now:\n{screen}");
}

#[test]
fn few_findings_are_framed() {
    check("few.txt", &["scan", "examples/shop/payments/settlement.yaml"], 1);
}

#[test]
fn many_findings_are_a_table_and_the_worst() {
    check("many.txt", &["scan", "examples/shop"], 2);
}

#[test]
fn nothing_found_is_said_in_few_words() {
    check("clean.txt", &["scan", "examples/shop/storefront/ingress.yaml"], 0);
}

#[test]
fn a_control_is_explained() {
    check("explain.txt", &["explain", "CKV_K8S_16"], 0);
}

#[test]
fn pod_security_answers_as_the_plugin_does() {
    check("pod-security.txt", &["pod-security", "examples/shop/payments/api.yaml"], 1);
}

#[test]
fn a_framework_ends_with_a_table() {
    let framework = "examples/frameworks/acme.yaml";
    check("framework.txt", &["scan", "--framework", framework, "--summary", "examples/shop"], 2);
}

#[test]
fn the_ways_of_an_attacker_are_a_story() {
    check("paths.txt", &["paths", "list", "examples/shop", "--from", "internet"], 2);
}

#[test]
fn a_plan_says_what_to_do_first() {
    check("plan.txt", &["paths", "plan", "examples/shop"], 2);
}

#[test]
fn a_wrong_name_is_answered_with_a_suggestion() {
    check("wrong-name.txt", &["scan", "--only", "host-pid-namspace"], 3);
}
