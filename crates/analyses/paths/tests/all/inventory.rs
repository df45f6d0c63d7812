//! The inventory of a text.

use model::finding::Origin;
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;

/// What is in `text`, all that there is.
pub(crate) fn of(text: &str) -> Inventory {
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    let mut part = Part::default();
    for range in yaml::separate::documents(text) {
        let line = 1 + text[..range.start].matches('\n').count() as u32;
        let document = yaml::parse_document(&text[range]).expect("a fixture is YAML");
        let lines = LineIndex::new(line);
        let object = Object::new(document.root()).expect("a fixture is an object");
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &workloads(&object), 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    inventory
}
