//! What is counted is what would have been kept: for every control, over all its fixtures.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use controls::engine::{Engine, Passed};
use model::control::{Fixture, Registered};
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Observed, Part, Tally};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;

/// Judges the documents of a fixture, each in a part of its own.
fn judge(registered: Registered, fixture: &Fixture, passed: Passed) -> Inventory {
    let engine =
        Engine::new(vec![registered], passed, fixture.settings(registered.control)).counting(Box::new(|_, _| false));
    let mut inventory = Inventory { complete: fixture.complete, ..Inventory::default() };
    for range in yaml::separate::documents(fixture.yaml) {
        let document = yaml::parse_document(&fixture.yaml[range]).unwrap();
        let lines = LineIndex::new(1);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        let workloads = workloads(&object);
        let mut part = Part::default();
        let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
        let observed =
            Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
        engine.judge(observed, &inventory.symbols, &mut part.verdicts);
        inventory.append(part);
    }
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    inventory
}

fn count_kept(registered: Registered, inventory: &Inventory) -> Tally {
    let mut tally = Tally { control: registered.id, passed: 0, failed: 0, unknown: 0 };
    for group in inventory.occurrences.chunk_by(|a, b| a.resource == b.resource) {
        match group.iter().map(|found| found.status).max().unwrap() {
            Status::Pass => tally.passed += 1,
            Status::Fail => tally.failed += 1,
            Status::Skip => tally.unknown += 1,
        }
    }
    tally
}

#[test]
fn tallies_are_the_numbers_of_what_is_kept() {
    for registered in controls::all() {
        for (number, fixture) in registered.control.fixtures.iter().enumerate() {
            let kept = judge(registered, fixture, Passed::Keep);
            let dropped = judge(registered, fixture, Passed::Drop);
            let id = registered.control.id;
            // A fixture may switch its control off.
            let ran = dropped.tallies.first();
            assert!(ran.is_none_or(|tally| *tally == count_kept(registered, &kept)), "{id}, fixture {number}: {ran:?}");
            assert_eq!(dropped.tallies, kept.tallies, "{id}, fixture {number}");
        }
    }
}
