//! JUnit XML, read by a strict XML parser and held against the rules that Jenkins, GitLab and the reporters share:
//! suites in one root, numbers that are true, a name and a class for each case, one verdict at most.

use model::finding::{Standing, Status};
use model::severity::Severity;
use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::sample::{self, FOUND, Found, Sample, hostile, report, texts, written};

fn junit(sample: Sample) -> String {
    let results = sample.results();
    written(|out| reports::junit::write(&report(&results), out))
}

fn number(node: Node<'_, '_>, name: &str) -> usize {
    node.attribute(name).unwrap_or_else(|| panic!("`{}` has no `{name}`", node.tag_name().name())).parse().unwrap()
}

fn children<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// Holds the rules.
fn check(text: &str) {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    let mut all = [0; 3];
    for suite in root.children().filter(Node::is_element) {
        assert!(suite.has_tag_name("testsuite") && suite.has_attribute("name"), "{text}");
        let cases: Vec<Node<'_, '_>> = suite.children().filter(Node::is_element).collect();
        for case in &cases {
            assert!(case.has_tag_name("testcase"), "{text}");
            assert!(["name", "classname"].iter().all(|name| case.has_attribute(*name)), "{text}");
            let verdicts = ["failure", "error", "skipped", "system-out"].map(|name| children(*case, name).count());
            assert!(verdicts.iter().sum::<usize>() <= 1, "{text}");
            assert_eq!(verdicts.iter().sum::<usize>(), case.children().filter(Node::is_element).count(), "{text}");
        }
        let with = |name| cases.iter().filter(|case| children(**case, name).next().is_some()).count();
        assert_eq!(number(suite, "tests"), cases.len(), "{text}");
        assert_eq!(number(suite, "failures"), with("failure"), "{text}");
        assert_eq!(number(suite, "errors"), with("error"), "{text}");
        assert_eq!(number(suite, "skipped"), with("skipped"), "{text}");
        all[0] += cases.len();
        all[1] += with("failure");
        all[2] += with("error");
    }
    assert_eq!(["tests", "failures", "errors"].map(|name| number(root, name)), all, "{text}");
}

/// Every case as `suite / class / name: verdict`.
fn cases(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let mut cases = Vec::new();
    for suite in children(document.root_element(), "testsuite") {
        for case in children(suite, "testcase") {
            let verdict = case.first_element_child().map_or("passed", |child| child.tag_name().name());
            let [suite, class, name] =
                [suite.attribute("name"), case.attribute("classname"), case.attribute("name")].map(Option::unwrap);
            cases.push(format!("{suite} / {class} / {name}: {verdict}"));
        }
    }
    cases
}

#[test]
fn cases_say_what_results_say() {
    let mut sample = Sample::default();
    sample.pod("a.yaml", "bad");
    sample.found(&FOUND);
    sample.found(&Found { control: 1, severity: Severity::Low, ..FOUND });
    sample.found(&Found { control: 2, ..FOUND });
    sample.pod("a.yaml", "old");
    sample.found(&Found { standing: Standing::Known, ..FOUND });
    sample.pod("b.yaml", "unknown");
    sample.found(&Found { status: Status::Skip, ..FOUND });
    sample.found(&Found { control: 1, status: Status::Pass, ..FOUND });
    sample.pod("c.yaml", "good");
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let text = junit(sample);
    check(&text);
    let expected = [
        "a.yaml / Pod/bad / privileged-container: failure",
        "a.yaml / Pod/bad / run-as-root-user: system-out",
        "a.yaml / Pod/old / privileged-container: skipped",
        "b.yaml / Pod/unknown / privileged-container: skipped",
        "b.yaml / Pod/unknown / run-as-root-user: passed",
        "c.yaml / Pod/good / nothing found: passed",
        "not looked at / coverage / broken.yaml:3: error",
    ];
    assert_eq!(cases(&text), expected);
}

#[test]
fn nothing_is_a_report_as_well() {
    check(&junit(Sample::default()));
}

#[test]
fn texts_come_out_as_they_went_in() {
    let mut sample = Sample::default();
    sample.pod("a \"b\" <c> & 'd'\t\n.yaml", "p");
    sample.found(&Found { value: "]]>\r\n\u{1b}\u{0}\u{fffe}😀", ..FOUND });
    let text = junit(sample);
    let document = Document::parse(&text).unwrap();
    let suite = document.root_element().first_element_child().unwrap();
    assert_eq!(suite.attribute("name"), Some("a \"b\" <c> & 'd'\t\n.yaml"));
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    let expected = "Container `api` sets `]]>\r\n\u{fffd}\u{fffd}\u{fffd}😀`";
    assert_eq!(failure.attribute("message"), Some(expected));
    assert!(failure.text().unwrap().starts_with(&format!("high: {expected}\n  a \"b\"")), "{text}");
}

proptest! {
    #![proptest_config(sample::config())]
    #[test]
    fn whatever_the_texts_are_it_is_xml(texts in texts()) {
        check(&junit(hostile(&texts)));
    }
}
