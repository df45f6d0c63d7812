//! What holds for the mends that controls propose, in all of their fixtures.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use controls::engine::{Engine, Passed};
use model::control::{Fixture, Registered};
use model::document::Value;
use model::finding::{Edit, Origin};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;

/// The mapping at a field path, found by comparing the paths of all mappings.
fn mapping_at<'d>(root: Value<'d>, field: &str) -> Option<Value<'d>> {
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        let mut path = String::new();
        value.path_from(root, &mut path);
        if value.is_mapping() && path == field {
            return Some(value);
        }
        open.extend(value.items());
        open.extend(value.entries().map(|(_, child)| child));
    }
    None
}

/// Complaints about mends that would write a key a second time.
fn repeated_keys(registered: Registered, fixture: &Fixture) -> Vec<String> {
    let yaml = fixture.yaml;
    let engine = Engine::new(vec![registered], Passed::Drop, fixture.settings(registered.control));
    let mut inventory = Inventory::default();
    let mut part = Part::default();
    let texts: Vec<&str> = yaml::separate::documents(yaml).map(|range| &yaml[range]).collect();
    let documents: Vec<_> = texts.iter().map(|text| yaml::parse_document(text).unwrap()).collect();
    for document in &documents {
        let lines = LineIndex::new(1);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        let workloads = workloads(&object);
        let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
        let observed =
            Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
        engine.judge(observed, &inventory.symbols, &mut part.verdicts);
    }
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let mut complaints = Vec::new();
    for found in &inventory.occurrences {
        let Edit::Insert(lines) = found.edit else { continue };
        let lines = inventory.symbols.text(lines);
        let key = lines.split(':').next().unwrap();
        let field = inventory.symbols.text(found.place.field);
        // The first of the lines is for the mapping that the missing key belongs to.
        let parent = match field.split_once(&format!(".{key}")) {
            Some((parent, _)) => parent,
            None => "",
        };
        let root = documents[found.resource.0 as usize].root();
        // A key whose value is null is there as well.
        let taken = mapping_at(root, parent).is_some_and(|parent| parent.entries().any(|(name, _)| name.is_key(key)));
        if taken {
            complaints.push(format!("{}: `{lines}` at `{field}`, where it is:\n{yaml}", registered.control.id));
        }
    }
    complaints
}

#[test]
fn a_mend_adds_no_key_that_is_there() {
    let fixtures = controls::all()
        .flat_map(|registered| registered.control.fixtures.iter().map(move |fixture| (registered, fixture)));
    let complaints: Vec<String> =
        fixtures.flat_map(|(registered, fixture)| repeated_keys(registered, fixture)).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
