//! What is not known because roles and bindings were not looked at, and what is known because all of them were.

use model::inventory::Cluster;
use rbac::{Config, Decision, Evaluator, Identity};

use crate::setup::{cluster_wide, inventory, request};

const READ: &str = "verbs: [get], apiGroups: [''], resources: [secrets]";

#[test]
fn what_was_not_looked_at_may_grant_it() {
    for (group, name) in [("rbac.authorization.k8s.io", "clusterroles"), ("", "")] {
        let mut inventory = inventory(&cluster_wide(READ));
        inventory.complete = false;
        inventory.unseen.push((group.to_owned(), name.to_owned()));
        let evaluator = Evaluator::new(&inventory, &Config::default());
        let decision = |asked: &str| evaluator.can(&Identity::parse("u"), &request(asked)).decision;
        assert_eq!(decision("get secrets"), Decision::Allowed);
        assert_eq!(decision("delete secrets"), Decision::Unknown);
    }
    // Lists of other kinds have nothing to do with it.
    let mut inventory = inventory(&cluster_wide(READ));
    inventory.unseen.push(("apps".to_owned(), "deployments".to_owned()));
    let evaluator = Evaluator::new(&inventory, &Config::default());
    assert_eq!(evaluator.can(&Identity::parse("u"), &request("delete secrets")).decision, Decision::NoOpinion);
}

#[test]
fn an_input_without_any_role_knows_nothing_of_rights() {
    let mut inventory = inventory("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s, namespace: a}\n");
    inventory.complete = false;
    let evaluator = Evaluator::new(&inventory, &Config::default());
    assert_eq!(evaluator.can(&Identity::parse("u"), &request("get secrets")).decision, Decision::Unknown);
}

#[test]
fn nothing_is_assumed_of_a_cluster_whose_roles_and_bindings_were_read() {
    let anonymous = |live: bool| {
        let mut inventory = inventory(&cluster_wide(READ));
        if live {
            inventory.facts.live.clusters.push(Cluster::default());
        }
        let config = Config { assume_built_in: !rbac::sees_all_rights(&inventory), ..Config::default() };
        let evaluator = Evaluator::new(&inventory, &config);
        evaluator.can(&Identity::parse("system:anonymous"), &request("get /livez")).decision
    };
    assert_eq!((anonymous(false), anonymous(true)), (Decision::Allowed, Decision::NoOpinion));
}
