//! Pods of one object that share parts: each thing is said once.

use controls::engine::{Engine, Passed};
use model::finding::Origin;
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;
use model::workload::workloads;

/// The fields that a control reports.
fn fields(control: &str, yaml: &str) -> Vec<String> {
    let registered = controls::all().find(|registered| registered.control.id == control).expect("a control");
    let engine = Engine::new(vec![registered], Passed::Keep, Settings::default());
    let mut inventory = Inventory::default();
    let mut part = Part::default();
    let document = yaml::parse_document(yaml).expect("valid YAML");
    let lines = LineIndex::new(1);
    let object = Object::new(document.root()).expect("an object");
    let origin = Origin { root: object.value, lines: &lines };
    let workloads = workloads(&object);
    let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
    let observed =
        Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
    engine.judge(observed, &inventory.symbols, &mut part.verdicts);
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    inventory.occurrences.iter().map(|found| inventory.symbols.text(found.place.field)).collect()
}

const WORKFLOW: &str = "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  hostNetwork: true
  serviceAccountName: robot
  templates:
    - {name: a, container: {image: 'a:1', securityContext: {privileged: true}}}
    - {name: b, container: {image: 'b:1', securityContext: {privileged: true}}}
";

#[test]
fn what_pods_share_is_reported_once() {
    assert_eq!(fields("host-network-namespace", WORKFLOW), ["spec.hostNetwork"]);
    assert_eq!(fields("service-account-missing", WORKFLOW), ["spec.serviceAccountName"]);
}

#[test]
fn what_each_pod_has_is_reported_for_each() {
    let privileged = [
        "spec.templates[0].container.securityContext.privileged",
        "spec.templates[1].container.securityContext.privileged",
    ];
    assert_eq!(fields("privileged-container", WORKFLOW), privileged);
    let automount =
        ["spec.templates[0].automountServiceAccountToken", "spec.templates[1].automountServiceAccountToken"];
    assert_eq!(fields("service-account-token-automounted", WORKFLOW), automount);
}
