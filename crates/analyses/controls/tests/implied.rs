//! Who may do everything, or is bound to a role that every cluster has, is one finding. What that finding stands for must
//! fail with it: no requirement may hold because the other findings are not there.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeSet;

use controls::engine::{Engine, Passed};
use model::control::{Mapping, Registered};
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;
use model::workload::workloads;

/// The controls of rights that fail.
fn failing(yaml: &str) -> Vec<Registered> {
    let of_rights: Vec<Registered> = controls::all().filter(|control| control.group.name() == "rbac").collect();
    let engine = Engine::new(of_rights.clone(), Passed::Drop, Settings::default());
    let mut inventory = Inventory::default();
    for range in yaml::separate::documents(yaml) {
        let document = yaml::parse_document(&yaml[range]).unwrap();
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
    let failed = |control: &Registered| {
        let mut found = inventory.occurrences.iter();
        found.any(|found| found.control == control.id && found.status == Status::Fail)
    };
    of_rights.into_iter().filter(failed).collect()
}

/// What those of `others` serve and `control` does not, with whose it is.
fn missing(control: &str, others: &[Registered]) -> BTreeSet<(&'static str, Mapping)> {
    let known = controls::all().find(|registered| registered.control.id == control).unwrap().control.mappings;
    let all = others.iter().flat_map(|other| other.control.mappings.iter().map(|mapping| (other.control.id, *mapping)));
    all.filter(|(_, mapping)| !known.contains(mapping)).collect()
}

#[test]
fn cluster_admin_fails_what_all_of_its_rights_one_by_one_would_fail() {
    let failing = failing(
        "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: nearly}
rules:
  - apiGroups: ['*']
    resources: ['*']
    verbs: [get, list, watch, create, update, patch, delete, deletecollection, impersonate, bind, escalate, approve, sign]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: nearly}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
",
    );
    assert!(failing.len() > 20 && failing.iter().all(|control| control.control.id != "cluster-admin-bound"));
    assert_eq!(missing("cluster-admin-bound", &failing), BTreeSet::new());
}

#[test]
fn admin_fails_what_its_rights_under_another_name_would_fail() {
    let failing = failing(
        "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: another}
aggregationRule:
  clusterRoleSelectors:
    - matchLabels: {rbac.authorization.k8s.io/aggregate-to-admin: 'true'}
    - matchLabels: {rbac.authorization.k8s.io/aggregate-to-edit: 'true'}
    - matchLabels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: another}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
",
    );
    assert!(failing.len() > 5 && failing.iter().all(|control| control.control.id != "built-in-edit-underestimated"));
    assert_eq!(missing("built-in-edit-underestimated", &failing), BTreeSet::new());
}
