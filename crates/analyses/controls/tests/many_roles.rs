//! Many roles that are put together of others: which of them nobody uses is found without asking every role about
//! every other.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fmt::Write as _;

use controls::engine::{Engine, Passed};
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;

/// More than could be compared pair by pair while anybody waits.
const ROLES: usize = 30_000;

/// Each role is aggregated into the one before it, so that nobody uses the first alone.
fn chain() -> String {
    let mut text = String::new();
    for at in 0..ROLES {
        let next = at + 1;
        write!(
            text,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
             metadata: {{name: 'r{at}', labels: {{step: '{at}'}}}}\n\
             aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{step: '{next}'}}}}]}}\n"
        )
        .unwrap();
    }
    text
}

#[test]
fn of_many_aggregated_roles_the_one_that_nobody_uses_is_found() {
    let control = controls::all().find(|registered| registered.control.id == "role-unused").unwrap();
    let engine = Engine::new(vec![control], Passed::Drop, Settings::default());
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    let (text, mut part) = (chain(), Part::default());
    for range in yaml::separate::documents(&text) {
        let document = yaml::parse_document(&text[range]).unwrap();
        let lines = LineIndex::new(1);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &[], 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let found = inventory.occurrences.iter().filter(|found| found.status == Status::Fail);
    let names: Vec<String> =
        found.map(|found| inventory.symbols.text(inventory.resource(found.resource).name)).collect();
    assert_eq!(names, ["r0"]);
}
