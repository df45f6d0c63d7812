//! GitLab's two reports, held against what GitLab publishes.
//!
//! `code-quality.rules.json` has the fields of the page "Code Quality report format" of GitLab's documentation, and
//! `gitlab-sast-15.rules.json` what version 15 of GitLab's schema asks of what is written here: its required fields,
//! patterns, words and lengths. Both are closed: a field that GitLab does not know is an error.

use std::time::{Duration, UNIX_EPOCH};

use jsonschema::Validator;
use model::finding::Standing;
use model::severity::Severity;
use proptest::prelude::*;
use reports::gitlab_sast::Times;
use reports::repository::Repository;
use serde_json::Value;

use crate::sample::{self, FOUND, Found, Sample, hostile, many, report, texts, written};

fn code_quality(sample: Sample) -> Value {
    let results = sample.results();
    let text = written(|out| reports::gitlab_code_quality::write(&report(&results), &Repository::default(), out));
    serde_json::from_str(&text).unwrap()
}

fn sast(sample: Sample) -> Value {
    let results = sample.results();
    let times = Times { start: UNIX_EPOCH + Duration::from_secs(60), end: UNIX_EPOCH + Duration::from_secs(61) };
    let text = written(|out| reports::gitlab_sast::write(&report(&results), &Repository::default(), times, out));
    serde_json::from_str(&text).unwrap()
}

fn validator(rules: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(rules).unwrap()).unwrap()
}

fn code_quality_rules() -> Validator {
    validator(include_str!("code-quality.rules.json"))
}

fn sast_rules() -> Validator {
    validator(include_str!("gitlab-sast-15.rules.json"))
}

fn check(rules: &Validator, report: &Value) {
    let errors: Vec<String> =
        rules.iter_errors(report).map(|error| format!("{error} at {}", error.instance_path())).take(5).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

/// The texts at `pointer` in every item, of which no two are the same.
fn distinct(items: &Value, pointer: &str) {
    let mut texts: Vec<&str> =
        items.as_array().unwrap().iter().map(|item| item.pointer(pointer).unwrap().as_str().unwrap()).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), all, "{items:#}");
}

#[test]
fn code_quality_has_a_severity_for_each_but_what_is_only_noted() {
    let report = code_quality(many(1));
    check(&code_quality_rules(), &report);
    let severities: Vec<&str> =
        report.as_array().unwrap().iter().map(|issue| issue["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["minor", "major", "critical", "blocker"]);
    distinct(&report, "/fingerprint");
}

#[test]
fn code_quality_says_what_was_not_looked_at() {
    let mut sample = Sample::default();
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let report = code_quality(sample);
    check(&code_quality_rules(), &report);
    assert_eq!(report[0]["description"], "not looked at: not valid YAML");
    assert_eq!(report[0]["location"], serde_json::json!({"path": "broken.yaml", "lines": {"begin": 3, "end": 3}}));
}

#[test]
fn places_that_nothing_tells_apart_have_fingerprints_of_their_own() {
    let sample = || {
        let mut sample = Sample::default();
        sample.pod("a.yaml", "p");
        for line in [7, 8, 9] {
            sample.found(&Found { line, ..FOUND });
        }
        sample
    };
    distinct(&code_quality(sample()), "/fingerprint");
    distinct(&sast(sample())["vulnerabilities"], "/id");
}

#[test]
fn of_a_result_only_open_places_are_told() {
    let mut sample = Sample::default();
    sample.pod("a.yaml", "p");
    sample.found(&Found { standing: Standing::Known, ..FOUND });
    sample.found(&Found { line: 8, container: "log", ..FOUND });
    let issues = code_quality(sample);
    assert_eq!(issues.as_array().unwrap().len(), 1);
    assert_eq!(issues[0]["location"]["lines"]["begin"], 8);
}

#[test]
fn fingerprints_survive_moved_lines_and_renamed_files() {
    let fingerprints = |path, line| {
        let mut sample = Sample::default();
        sample.pod(path, "p");
        sample.found(&Found { line, ..FOUND });
        code_quality(sample)[0]["fingerprint"].clone()
    };
    assert_eq!(fingerprints("a.yaml", 7), fingerprints("b.yaml", 70));
}

#[test]
fn a_field_may_have_any_brackets() {
    for field in ["spec[", "spec[ä", "spec[\u{85}", "spec[0][]]", "]["] {
        let mut sample = Sample::default();
        sample.pod("a.yaml", "p");
        sample.found(&Found { field, ..FOUND });
        assert_eq!(code_quality(sample).as_array().unwrap().len(), 1);
    }
}

#[test]
fn sast_follows_the_schema() {
    let report = sast(many(2));
    check(&sast_rules(), &report);
    assert_eq!(report["scan"]["start_time"], "1970-01-01T00:01:00");
    assert_eq!(report["scan"]["end_time"], "1970-01-01T00:01:01");
    assert_eq!(report["scan"]["status"], "success");
    assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), 2 * (Severity::ALL.len() - 1));
    distinct(&report["vulnerabilities"], "/id");
}

#[test]
fn a_sast_scan_that_could_not_look_at_everything_says_so() {
    let mut sample = Sample::default();
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let report = sast(sample);
    check(&sast_rules(), &report);
    assert_eq!(report["scan"]["status"], "failure");
    assert_eq!(report["scan"]["messages"][0]["value"], "not looked at: broken.yaml:3: not valid YAML");
}

#[test]
fn what_does_not_count_is_in_neither() {
    let sample = || {
        let mut sample = Sample::default();
        sample.pod("a.yaml", "p");
        sample.found(&Found { control: 1, standing: Standing::Known, ..FOUND });
        sample.found(&Found { control: 2, ..FOUND });
        sample
    };
    assert_eq!(code_quality(sample()).as_array().unwrap().len(), 0);
    assert_eq!(sast(sample())["vulnerabilities"].as_array().unwrap().len(), 0);
}

proptest! {
    #![proptest_config(sample::config())]
    #[test]
    fn whatever_the_texts_are_the_rules_hold(texts in texts()) {
        // GitLab asks for a path; a scan has one always.
        let [path, rest @ ..] = texts;
        let [name, container, field, value, reason] = rest;
        let texts = [format!("x{path}"), name, container, field, format!("y{value}"), reason];
        let issues = code_quality(hostile(&texts));
        check(&code_quality_rules(), &issues);
        distinct(&issues, "/fingerprint");
        let report = sast(hostile(&texts));
        check(&sast_rules(), &report);
        distinct(&report["vulnerabilities"], "/id");
    }
}
