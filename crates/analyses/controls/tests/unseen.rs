//! Where not all roles and bindings could be read, no control of rights passes.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use controls::engine::{Engine, Passed};
use model::control::Registered;
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;

const ROLES: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
";

/// The statuses of two controls, and what is counted of them, where these kinds were not all seen.
fn judge(unseen: &[(&str, &str)], passed: Passed) -> (Vec<Status>, Vec<(u64, u64, u64)>) {
    let asked = ["pod-exec-allowed", "secrets-readable"];
    let selected: Vec<Registered> = controls::all().filter(|known| asked.contains(&known.control.id)).collect();
    let engine = Engine::new(selected, passed, Settings::default()).counting(Box::new(|_, _| false));
    let unseen = unseen.iter().map(|&(group, name)| (group.to_owned(), name.to_owned())).collect();
    let mut inventory = Inventory { unseen, ..Inventory::default() };
    for range in yaml::separate::documents(ROLES) {
        let document = yaml::parse_document(&ROLES[range]).unwrap();
        let lines = LineIndex::new(1);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        let mut part = Part::default();
        let resource = part.observe(&object, &[], 0, origin, &inventory.symbols);
        let observed = Observed { resource, object: &object, workloads: &[], origin, path: std::path::Path::new("") };
        engine.judge(observed, &inventory.symbols, &mut part.verdicts);
        inventory.append(part);
    }
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let mut statuses: Vec<Status> = inventory.occurrences.iter().map(|found| found.status).collect();
    statuses.sort_unstable();
    (statuses, inventory.tallies.iter().map(|tally| (tally.passed, tally.failed, tally.unknown)).collect())
}

#[test]
fn what_passes_is_not_known_and_what_fails_still_fails() {
    let group = "rbac.authorization.k8s.io";
    for unseen in [(group, "clusterrolebindings"), (group, "roles"), (group, ""), ("", "")] {
        // Secrets are read by the rule, and nobody is known to run commands in pods.
        let counts = vec![(0, 0, 2), (0, 1, 1)];
        let kept = vec![Status::Skip, Status::Skip, Status::Skip, Status::Fail];
        let (mut statuses, counted) = judge(&[unseen], Passed::Keep);
        statuses.sort_by_key(|status| *status == Status::Fail);
        assert_eq!((statuses, &counted), (kept, &counts), "{unseen:?}");
        assert_eq!(judge(&[unseen], Passed::Drop), (vec![Status::Fail], counts), "{unseen:?}");
    }
}

#[test]
fn what_has_nothing_to_do_with_rights_takes_nothing_away() {
    for unseen in [&[][..], &[("", "secrets")], &[("apps", "")]] {
        assert_eq!(judge(unseen, Passed::Drop), (vec![Status::Fail], vec![(2, 0, 0), (1, 1, 0)]), "{unseen:?}");
    }
}
