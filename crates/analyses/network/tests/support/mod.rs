//! What the tests of the network have in common: texts become inventories, and endpoints are found by their names.

use model::finding::Origin;
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;
use network::{EndpointId, Network};

/// The objects of a text with several documents.
pub(crate) fn inventory(yaml: &str) -> Inventory {
    let mut inventory = Inventory::default();
    let mut part = Part::default();
    let mut line = 1;
    for range in yaml::separate::documents(yaml) {
        let text = &yaml[range.clone()];
        let first = yaml[..range.start].matches('\n').count() as u32 + 1;
        line = line.max(first);
        let document = yaml::parse_document(text).unwrap();
        let lines = LineIndex::new(first);
        let Some(object) = Object::new(document.root()) else { continue };
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &workloads(&object), 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    inventory.files.push("test.yaml".into());
    inventory
}

/// The one endpoint of that name, without its kind.
pub(crate) fn endpoint(network: &Network<'_>, name: &str) -> EndpointId {
    if let Ok(address) = name.parse() {
        return network.outside_of(address).unwrap();
    }
    let fits = |found: &str| found == name || found.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
    let mut found = network.endpoints().filter(|(_, endpoint)| fits(&endpoint.name));
    let (number, _) = found.next().unwrap_or_else(|| panic!("no endpoint {name}"));
    assert!(found.next().is_none(), "several endpoints {name}");
    number
}
