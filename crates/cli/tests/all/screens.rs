//! Whole screens, as a person sees them. `UPDATE_SCREENS=1 cargo test -p cli screens` writes them anew; read them then.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::Folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs the program at the root of the repository, so that paths on the screen are short.
fn check(name: &str, arguments: &[&str], code: i32) {
    check_at("100", name, arguments, code);
}

/// The same on a screen of that width.
fn check_at(width: &str, name: &str, arguments: &[&str], code: i32) {
    let said = Folder::at(&root()).run_with_variable(arguments, ("COLUMNS", width));
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
fn narrow_screens_are_kept() {
    check_at("80", "many-80.txt", &["scan", "examples/shop"], 2);
    check_at("60", "many-60.txt", &["scan", "examples/shop"], 2);
    check_at("60", "pod-security-60.txt", &["pod-security", "examples/shop/payments/api.yaml"], 1);
}

/// Only what cannot be broken goes beyond the width: a name, a path, or a line of the user's file.
#[test]
fn lines_end_between_words_at_any_width() {
    let framework = "examples/frameworks/acme.yaml";
    let commands: [&[&str]; 16] = [
        &["network", "list", "examples/shop"],
        &["network", "explain", "payments/api", "data/postgres", "5432", "examples/shop"],
        &["network", "exposure", "examples/shop"],
        &["network", "blast-radius", "storefront/web", "examples/shop"],
        &["network", "what-if", "examples/shop", "--delete", "Deployment/storefront/web"],
        &["network", "check", "examples/shop"],
        &["scan", "examples/shop"],
        &["scan", "examples/shop", "--details"],
        &["scan", "examples/shop", "--summary", "--framework", framework],
        &["scan", "examples/shop", "--summary", "--framework", "pss"],
        &["scan", "examples/shop", "--summary", "--framework", "nsa-cisa"],
        &["scan", "examples/shop", "--summary", "--framework", "cis-kubernetes"],
        &["pod-security", "examples/shop"],
        &["explain", "privileged-container"],
        &["controls"],
        &["frameworks", "nsa-cisa"],
    ];
    for (width, arguments) in
        ["60", "72", "80", "120"].iter().flat_map(|width| commands.map(|command| (width, command)))
    {
        let columns: usize = width.parse().unwrap();
        let said = Folder::at(&root()).run_with_variable(arguments, ("COLUMNS", width));
        for line in said.out.lines().filter(|line| line.chars().count() > columns) {
            let text = line.trim_start_matches(|c: char| " │├╰╭▸◌".contains(c));
            let labels = ["in: ", "why: ", "also: ", "fix: ", "first: "];
            let text = labels.iter().find_map(|label| text.strip_prefix(label)).unwrap_or(text);
            let is_word = !text.trim_end().contains(' ');
            // Lines of a file and commands to be copied have one line each.
            let of_file = text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("kubectl ");
            assert!(is_word || of_file, "{width} {arguments:?}: {line}");
        }
    }
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
fn rules_of_the_network_are_held_against_it() {
    let rules = "examples/network/rules.yaml";
    check("network-check.txt", &["network", "check", "examples/shop", "--rules", rules], 2);
}

#[test]
fn policies_for_the_network_come_with_what_holds_of_them() {
    let flows = "examples/network/flows.jsonl";
    check(
        "network-generate.txt",
        &["network", "generate", "examples/shop", "--namespace", "data", "--flows", flows],
        2,
    );
}

#[test]
fn a_wrong_name_is_answered_with_a_suggestion() {
    check("wrong-name.txt", &["scan", "--only", "host-pid-namspace"], 3);
}
