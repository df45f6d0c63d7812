//! What changes open and close.

use std::collections::BTreeSet;

use paths::analysis::{Analysis, Question, usual_entries, usual_sinks};
use paths::difference::{Novelty, Opened, Side, opened};
use paths::edges::EDGES;
use paths::graph::Graph;
use paths::topology::{Removed, VertexId};
use paths::vertex::Vertex;
use paths::world::{Config, World};
use proptest::prelude::*;

/// Objects, each by itself, that open ways alone and together. None of them forbids anything.
fn objects() -> Vec<String> {
    let mut objects: Vec<String> = Vec::new();
    for (name, pod) in [
        ("web", "containers: [{name: c, image: x, ports: [{containerPort: 80}]}]"),
        ("raw", "containers: [{name: c, image: x, ports: [{containerPort: 81}], securityContext: {privileged: true}}]"),
        ("box", "runtimeClassName: gvisor, containers: [{name: c, image: x, securityContext: {privileged: true}}]"),
        ("ops", "serviceAccountName: ops, containers: [{name: c, image: x, ports: [{containerPort: 82}]}]"),
        ("job", "serviceAccountName: run, hostPID: true, containers: [{name: c, image: x}]"),
    ] {
        objects.push(format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: a}}\nspec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{{pod}}}}}}}\n"
        ));
    }
    for (name, kind, app) in [
        ("s1", "LoadBalancer", "web"),
        ("s2", "LoadBalancer", "raw"),
        ("s3", "NodePort", "web"),
        ("s4", "NodePort", "ops"),
    ] {
        objects.push(format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: a}}\nspec: {{type: {kind}, selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n"
        ));
    }
    for (name, rules) in [
        ("tokens", "{apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create]}"),
        ("secrets", "{apiGroups: [\"\"], resources: [secrets], verbs: [get, list]}"),
        ("pods", "{apiGroups: [\"\"], resources: [pods, pods/exec], verbs: [get, create]}"),
    ] {
        objects.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: [{rules}]\n"
        ));
    }
    for (name, role, subject) in [
        ("b1", "cluster-admin", "{kind: ServiceAccount, name: ops, namespace: a}"),
        ("b2", "cluster-admin", "{kind: ServiceAccount, name: ops, namespace: a}"),
        ("b3", "tokens", "{kind: ServiceAccount, name: run, namespace: a}"),
        ("b4", "secrets", "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:authenticated\"}"),
        ("b5", "pods", "{kind: ServiceAccount, name: default, namespace: a}"),
    ] {
        objects.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
        ));
    }
    objects
}

/// What always is there.
const GROUND: &str = "apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ops, namespace: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: run, namespace: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: a}
";

fn text(chosen: &[bool]) -> String {
    let objects = objects();
    let chosen = objects.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(object, _)| object.as_str());
    std::iter::once(GROUND).chain(chosen).collect::<Vec<_>>().join("---\n")
}

/// Asks the usual question before and after, or with these entries.
fn between<R>(before: &str, after: &str, entries: Option<&[Vertex]>, look: impl FnOnce(Side<'_>, Side<'_>) -> R) -> R {
    let (before, after) = (crate::inventory::of(before), crate::inventory::of(after));
    let (before, after) = (World::new(&before, &Config::default()), World::new(&after, &Config::default()));
    let graphs = (Graph::new(&before, EDGES), Graph::new(&after, EDGES));
    let question = |world: &World<'_>| Question {
        entries: entries
            .map_or_else(|| usual_entries(world), |entries| entries.iter().map(|entry| (*entry, 1)).collect()),
        sinks: usual_sinks(),
        ..Question::default()
    };
    let (was, is) = (Analysis::new(&graphs.0, &question(&before)), Analysis::new(&graphs.1, &question(&after)));
    look(Side { world: &before, analysis: &was }, Side { world: &after, analysis: &is })
}

fn name(side: Side<'_>, vertex: VertexId) -> String {
    side.analysis.graph.vertices[vertex.index()].name(side.world)
}

fn pairs(side: Side<'_>) -> BTreeSet<(String, String)> {
    let pairs = side.analysis.reaching(&Removed::default());
    pairs.into_iter().map(|(from, to)| (name(side, from), name(side, to))).collect()
}

/// Each way as its ends and its edges, with why it is news.
fn told(side: Side<'_>, all: &[Opened]) -> Vec<String> {
    let told = all.iter().map(|opened| {
        let path = &opened.path;
        let edges = path.edges.iter().map(|edge| side.analysis.graph.edges[edge.index()].kind.id);
        let edges: Vec<&str> = edges.collect();
        let (from, to) = (name(side, path.entry), name(side, path.sink));
        format!("{:?}: {from} -> {to} by {}", opened.novelty, edges.join(" "))
    });
    told.collect()
}

fn assert_whole(before: Side<'_>, after: Side<'_>, all: &[Opened]) {
    let topology = &after.analysis.graph.topology;
    let mut new = BTreeSet::new();
    for opened in all {
        let path = &opened.path;
        let mut at = path.entry;
        let mut passed = BTreeSet::from([at]);
        for edge in &path.edges {
            assert_eq!(topology.from(*edge), at, "the steps are one way");
            at = topology.to(*edge);
            assert!(passed.insert(at), "nothing is passed twice: {:?}", told(after, std::slice::from_ref(opened)));
        }
        assert_eq!(at, path.sink);
        if opened.novelty == Novelty::New {
            new.extend(path.entries.iter().map(|entry| (name(after, *entry), name(after, path.sink))));
        }
    }
    let (was, is) = (pairs(before), pairs(after));
    let expected: BTreeSet<(String, String)> = is.difference(&was).filter(|(from, to)| from != to).cloned().collect();
    assert_eq!(new, expected, "what could not be reached before, and nothing else");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn taking_away_what_forbids_nothing_opens_nothing(
        chosen in proptest::collection::vec(any::<bool>(), 17),
        gone in 0..17_usize,
    ) {
        let mut fewer = chosen.clone();
        fewer[gone] = false;
        between(&text(&chosen), &text(&fewer), None, |before, after| {
            let found = opened(before, after);
            prop_assert!(found.is_empty(), "{:?}", told(after, &found));
            Ok(())
        })?;
    }

    #[test]
    fn what_could_not_be_reached_is_told_whatever_changes(
        before in proptest::collection::vec(any::<bool>(), 17),
        after in proptest::collection::vec(any::<bool>(), 17),
    ) {
        between(&text(&before), &text(&after), None, |before, after| {
            assert_whole(before, after, &opened(before, after));
            assert_whole(after, before, &opened(after, before));
        });
    }
}

/// All objects but those of these numbers.
fn without(left_out: &[usize]) -> String {
    text(&(0..17).map(|at| !left_out.contains(&at)).collect::<Vec<_>>())
}

const INTERNET: Option<&[Vertex]> = Some(&[Vertex::Internet]);

fn gained(before: &str, after: &str) -> Vec<String> {
    between(before, after, INTERNET, |before, after| told(after, &opened(before, after)))
}

#[test]
fn one_more_way_between_the_same_ends_is_news() {
    // Another exposed workload that is privileged, where one is there already.
    let another = text(&[false; 17]) + "---\n" + &objects()[1] + "---\n" + &objects()[6];
    let more = another.clone()
        + "---\n"
        + &objects()[1].replace("raw", "own")
        + "---\n"
        + &objects()[6].replace("raw", "own").replace("s2", "s9");
    let found = gained(&another, &more);
    assert!(
        found.contains(
            &"Another: the internet -> a node by exposed-to exploit-service in-pod escape-privileged".to_owned()
        ),
        "{found:?}"
    );
    // A second binding of what the account holds already.
    let found = gained(&without(&[13]), &without(&[]));
    assert!(found.iter().any(|way| way.starts_with("Another: the internet -> cluster-admin")), "{found:?}");
    // A balancer before what only ports of nodes led to.
    let (before, after) = (without(&[5, 6, 8]), without(&[5, 6, 8]).replace("type: NodePort", "type: LoadBalancer"));
    let found = gained(&before, &after);
    assert!(found.iter().any(|way| way.starts_with("Another: the internet -> a node by exposed-to")), "{found:?}");
}

#[test]
fn what_was_possible_and_is_certain_is_news() {
    let sandbox = text(&[false; 17]) + "---\n" + &objects()[2];
    let open = sandbox.replace("runtimeClassName: gvisor, ", "");
    let found = between(&sandbox, &open, None, |before, after| told(after, &opened(before, after)));
    assert!(found.contains(&"Certain: Deployment a/box -> a node by in-pod escape-privileged".to_owned()), "{found:?}");
}

#[test]
fn a_harmless_pod_opens_nothing_to_those_who_are_outside_and_a_policy_closes_only() {
    let harmless = "apiVersion: v1
kind: Pod
metadata: {name: still, namespace: a}
spec: {automountServiceAccountToken: false, containers: [{name: c, image: x}]}
";
    let before = without(&[]);
    assert_eq!(gained(&before, &(before.clone() + "---\n" + harmless)), [""; 0]);
    let policy = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
";
    let denied = before.clone() + "---\n" + policy;
    let found = between(&before, &denied, None, |before, after| told(after, &opened(before, after)));
    assert_eq!(found, [""; 0]);
    // Without the policy pods come to each other: that is news though both lead to a node by other ways.
    assert!(!gained(&denied, &before).is_empty());
}
