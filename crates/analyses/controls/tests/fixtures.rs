//! Every control says of its fixtures what they say of themselves.
//!
//! `#~ text` at the end of a line expects a failure whose line `severity field: message` contains `text`;
//! `#? text` a skip. What is not expected must not be there.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fmt::Write as _;

use controls::engine::{Engine, Passed};
use model::control::{Fixture, Registered};
use model::finding::{Origin, Status, render_message};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;

struct Expected {
    line: u32,
    status: Status,
    text: String,
}

fn expectations(yaml: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    for (line, text) in (1..).zip(yaml.lines()) {
        for (mark, status) in [("#~ ", Status::Fail), ("#? ", Status::Skip)] {
            let marks = text.split(mark).skip(1);
            expected.extend(marks.map(|text| Expected { line, status, text: text.trim().to_owned() }));
        }
    }
    expected
}

fn judge(registered: Registered, fixture: &Fixture) -> Vec<(u32, Status, String)> {
    let engine = Engine::new(vec![registered], Passed::Drop, fixture.settings(registered.control));
    let mut inventory = Inventory { complete: fixture.complete, ..Inventory::default() };
    let mut part = Part::default();
    for range in yaml::separate::documents(fixture.yaml) {
        let line = 1 + fixture.yaml[..range.start].matches('\n').count() as u32;
        let document = yaml::parse_document(&fixture.yaml[range])
            .unwrap_or_else(|error| panic!("{}: {}\n{}", registered.control.id, error.message, fixture.yaml));
        let lines = LineIndex::new(line);
        let object = Object::new(document.root()).expect("a fixture is an object");
        let origin = Origin { root: object.value, lines: &lines };
        let workloads = workloads(&object);
        let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
        let observed =
            Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
        engine.judge(observed, &inventory.symbols, &mut part.verdicts);
    }
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let text = |symbol| inventory.symbols.text(symbol);
    let found = inventory.occurrences.iter().map(|found| {
        let message = render_message(&text(found.message), &text(found.container), &text(found.value));
        (found.place.line, found.status, format!("{} {}: {message}", found.severity, text(found.place.field)))
    });
    found.collect()
}

fn compare(registered: Registered, number: usize, fixture: &Fixture, report: &mut String) {
    let mut expected = expectations(fixture.yaml);
    let mut surprises = String::new();
    for (line, status, text) in judge(registered, fixture) {
        let known = expected
            .iter()
            .position(|expected| expected.line == line && expected.status == status && text.contains(&expected.text));
        match known {
            Some(at) => drop(expected.swap_remove(at)),
            None => writeln!(surprises, "  not expected: line {line} {} {text}", status.name()).unwrap(),
        }
    }
    for Expected { line, status, text } in &expected {
        writeln!(surprises, "  missing: line {line} {} … {text} …", status.name()).unwrap();
    }
    if !surprises.is_empty() {
        writeln!(report, "{}, fixture {number}:\n{surprises}{}\n", registered.control.id, fixture.yaml).unwrap();
    }
}

#[test]
fn controls_say_of_their_fixtures_what_is_expected() {
    let mut report = String::new();
    for registered in controls::all() {
        for (number, fixture) in registered.control.fixtures.iter().enumerate() {
            compare(registered, number, fixture, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn the_first_fixture_fails_and_the_second_is_the_same_one_mended() {
    for registered in controls::all() {
        let control = registered.control;
        let [first, second, ..] = control.fixtures else { panic!("{} has fewer than two fixtures", control.id) };
        assert!(first.yaml.contains("#~ "), "{}: the first fixture must fail", control.id);
        assert!(!second.yaml.contains("#~ "), "{}: the second fixture must not fail", control.id);
    }
}
