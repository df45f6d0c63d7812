//! What no policy is asked for: a pod and itself, and a pod and the node that it runs on.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use network::{Config, Dialect, Exempt, Network, OwnNode, Placed, Ports, SelfAccess, TargetKind, diff, plugin};
use support::endpoint;

/// Two nodes; `a/web` on the first, `a/api` two pods of a ReplicaSet on both, `a/new` not placed; nothing is admitted.
fn cluster(more: &str) -> String {
    let pod = |name: &str, owner: &str, node: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: a, labels: {{app: {name}}}{owner}}}\nspec: {{containers: [{{name: c}}]{node}}}\n"
        )
    };
    let owner = ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api, controller: true, uid: u}]";
    let node = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.0.2.1}}]}}\n"
        )
    };
    [
        pod("web", "", ", nodeName: n1"),
        pod("api-1", owner, ", nodeName: n1").replace("app: api-1", "app: api"),
        pod("api-2", owner, ", nodeName: n2").replace("app: api-2", "app: api"),
        pod("new", "", ""),
        node("n1"),
        node("n2"),
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: a}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n".to_owned(),
        more.to_owned(),
    ]
    .concat()
}

fn with(yaml: &str, dialect: Dialect, check: &dyn Fn(&Network<'_>)) {
    let inventory = support::inventory(yaml);
    check(&Network::new(&inventory, &Config { dialect, ..Config::default() }));
}

#[test]
fn one_pod_reaches_itself_and_two_are_governed_by_policies() {
    with(&cluster(""), Dialect::default(), &|network| {
        let (web, api) = (endpoint(network, "a/web"), endpoint(network, "a/api"));
        assert!(network.connections(web, web).is_all());
        assert_eq!(network.explain(web, web, Ports::all()).exempt, Some(Exempt::Itself));
        assert!(network.connections(api, api).is_empty());
        assert_eq!(network.explain(api, api, Ports::all()).exempt, None);
    });
    let judged = Dialect { own_pod: SelfAccess::Judged, ..Dialect::default() };
    with(&cluster(""), judged, &|network| {
        let web = endpoint(network, "a/web");
        assert!(network.connections(web, web).is_empty());
    });
}

#[test]
fn a_policy_takes_no_pod_from_itself() {
    let open = cluster("").replace("kind: NetworkPolicy", "kind: NoPolicy");
    let (before, after) = (support::inventory(&open), support::inventory(&cluster("")));
    let config = Config::default();
    let difference = diff(&Network::new(&before, &config), &Network::new(&after, &config));
    let lost: Vec<(&str, &str)> = difference.lost.iter().map(|lost| (&*lost.from, &*lost.to)).collect();
    assert!(lost.contains(&("a/api[ReplicaSet]", "a/api[ReplicaSet]")), "{lost:?}");
    assert!(!lost.contains(&("a/web[Pod]", "a/web[Pod]")), "{lost:?}");
    // The same of a policy that goes from a network that stays.
    let policies = after.facts.traffic.policies.iter().map(|policy| policy.resource).collect();
    let with = Network::new(&after, &config);
    let lost = diff(&with.with(&policies).unwrap(), &with).lost;
    assert!(lost.iter().all(|lost| lost.from != "a/web[Pod]" || lost.to != "a/web[Pod]"), "{lost:?}");
}

#[test]
fn pods_and_their_own_node_reach_each_other() {
    with(&cluster(""), Dialect::default(), &|network| {
        let (nodes, web, new) = (endpoint(network, "nodes"), endpoint(network, "a/web"), endpoint(network, "a/new"));
        for (from, to) in [(nodes, web), (web, nodes)] {
            // There are two nodes: what holds for the other one is what policies say.
            assert!(network.connections(from, to).is_empty());
            let own = |node| network.own_node(from, to, node).unwrap();
            assert_eq!((own(None).placed, own(None).admitted.is_all()), (Placed::Perhaps, true));
            assert_eq!((own(Some("n1")).placed, own(Some("n2")).placed), (Placed::There, Placed::Elsewhere));
            let at = |node| network.explain_at(from, to, Ports::all(), Some(node));
            assert!(at("n1").admitted.is_all());
            assert_eq!(at("n1").exempt, Some(Exempt::OwnNode));
            assert!(at("n2").admitted.is_empty() && at("n2").own_node.is_none());
        }
        assert_eq!(network.own_node(nodes, new, Some("n2")).unwrap().placed, Placed::Perhaps);
    });
    let one = cluster("").replace("name: n2", "name: n1").replace("nodeName: n2", "nodeName: n1");
    with(&one, Dialect::default(), &|network| {
        let (nodes, api) = (endpoint(network, "nodes"), endpoint(network, "a/api"));
        assert!(network.connections(nodes, api).is_all());
        assert!(network.connections(api, nodes).is_all());
    });
}

#[test]
fn a_node_that_is_taken_over_reaches_the_pods_on_it() {
    with(&cluster(""), Dialect::default(), &|network| {
        let blast = network.blast(&[endpoint(network, "nodes")]);
        assert_eq!((blast.direct, blast.reached, blast.all), (3, 3, 3));
        let blast = network.blast(&[endpoint(network, "a/web")]);
        let kinds: Vec<TargetKind> = blast.targets.iter().map(|target| target.kind).collect();
        assert_eq!((blast.reached, kinds), (0, vec![TargetKind::OwnKubelet]));
    });
    let judged = Dialect { own_node: OwnNode::Judged, ..Dialect::default() };
    with(&cluster(""), judged, &|network| {
        assert_eq!(network.blast(&[endpoint(network, "nodes")]).reached, 0);
        assert!(network.blast(&[endpoint(network, "a/web")]).targets.is_empty());
    });
}

#[test]
fn the_host_of_cilium_is_the_own_node_and_remote_nodes_are_the_others() {
    let cilium = |entity: &str| {
        cluster("").replace("networking.k8s.io/v1\nkind: NetworkPolicy", "cilium.io/v2\nkind: CiliumNetworkPolicy").replace(
            "podSelector: {}, policyTypes: [Ingress, Egress]",
            &format!("endpointSelector: {{}}, egress: [{{toEntities: [{entity}]}}], ingress: [{{fromEntities: [{entity}]}}]"),
        )
    };
    for (entity, own, other) in [("host", true, false), ("remote-node", false, true), ("kube-apiserver", true, true)] {
        with(&cilium(entity), plugin("cilium").unwrap().dialect, &|network| {
            let (nodes, web) = (endpoint(network, "nodes"), endpoint(network, "a/web"));
            let to_own = network.own_node(web, nodes, Some("n1")).unwrap().admitted;
            assert_eq!(!to_own.is_empty(), own, "{entity}");
            assert_eq!(!network.connections(web, nodes).is_empty(), other, "{entity}");
            assert_eq!(!network.connections(nodes, web).is_empty(), other, "{entity}");
            // Kubelets probe pods whatever policies say.
            assert!(network.own_node(nodes, web, Some("n1")).unwrap().admitted.is_all());
        });
    }
}
