//! Ways and plans over whole manifests.

use paths::analysis::{Analysis, Certainty, Question, usual_sinks};
use paths::edges::EDGES;
use paths::graph::Graph;
use paths::topology::EdgeId;
use paths::vertex::Vertex;
use paths::world::{Config, World};

/// A web shop whose agent may create pods, in a namespace that forbids nothing.
const SHOP: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ci, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: deployer
      containers: [{name: ci, image: i}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      automountServiceAccountToken: false
      containers: [{name: web, image: i}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [get, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{kind: ServiceAccount, namespace: shop, name: deployer}]
";

fn every_workload(world: &World<'_>) -> Vec<(Vertex, u64)> {
    world.workloads().map(|(number, _)| (Vertex::Workload(number), 1)).collect()
}

fn told(world: &World<'_>, graph: &Graph, edges: &[EdgeId]) -> String {
    let name = |vertex: paths::topology::VertexId| graph.vertices[vertex.index()].name(world);
    let mut text = edges.first().map(|edge| name(graph.topology.from(*edge))).unwrap_or_default();
    for edge in edges {
        text += &format!(" -{}-> {}", graph.edges[edge.index()].kind.id, name(graph.topology.to(*edge)));
    }
    text
}

#[test]
fn a_workload_that_may_create_pods_comes_to_a_node_and_the_plan_ends_that() {
    let inventory = crate::inventory::of(SHOP);
    let world = World::new(&inventory, &Config::default());
    let graph = Graph::new(&world, EDGES);
    let question = Question {
        entries: every_workload(&world),
        sinks: vec![(Vertex::Node, 1)],
        certainty: Certainty::Certain,
        ..Question::default()
    };
    let analysis = Analysis::new(&graph, &question);
    let paths = analysis.paths();
    let [path] = paths.as_slice() else { panic!("{paths:?}") };
    assert_eq!(
        told(&world, &graph, &path.edges),
        "Deployment shop/ci -use-service-account-> ServiceAccount shop/deployer -holds-> RoleBinding shop/deployer \
         -holds-> rule 1 of Role shop/deployer in namespace shop -run-privileged-> a node"
    );
    assert_eq!(analysis.reached(), (1, 2));
    let plan = analysis.plan(5);
    let [step] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!((step.cut, step.left), (1, 0));
    let fix = &graph.fixes[step.change];
    assert_eq!(inventory.symbols.text(fix.title), "set `automountServiceAccountToken: false`");
}

#[test]
fn entries_of_one_shape_are_one_path_with_a_count() {
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: n}}\nspec: {{automountServiceAccountToken: \
             false, containers: [{{name: a, image: i, securityContext: {{privileged: true}}}}]}}\n---\n"
        )
    };
    let text: String = ["one", "two", "three"].map(pod).concat();
    let inventory = crate::inventory::of(text.trim_end_matches("---\n"));
    let world = World::new(&inventory, &Config::default());
    let graph = Graph::new(&world, EDGES);
    let question = Question { entries: every_workload(&world), sinks: usual_sinks(), ..Question::default() };
    let analysis = Analysis::new(&graph, &question);
    let to_node = analysis.paths().into_iter().filter(|path| graph.vertices[path.sink.index()] == Vertex::Node);
    let counts: Vec<usize> = to_node.map(|path| path.entries.len()).collect();
    assert_eq!(counts, [3]);
}

/// A Deployment with its ReplicaSet, the one of a former template, and three of its pods, the last changed by hand.
fn rolled_out() -> String {
    let pod = |kind: &str, name: &str, owner: &str, replicas: &str, context: &str| {
        let meta = format!("metadata: {{name: {name}, namespace: n, {owner}}}");
        let spec = format!("containers: [{{name: a, image: i, securityContext: {{{context}}}}}]");
        match kind {
            "Pod" => format!("apiVersion: v1\nkind: Pod\n{meta}\nspec: {{serviceAccountName: default, {spec}}}\n"),
            _ => format!(
                "apiVersion: apps/v1\nkind: {kind}\n{meta}\nspec: {{replicas: {replicas}, template: {{spec: {{{spec}}}}}}}\n"
            ),
        }
    };
    let owned = |kind: &str, name: &str| {
        format!("ownerReferences: [{{apiVersion: apps/v1, kind: {kind}, name: {name}, uid: u, controller: true}}]")
    };
    let safe = "allowPrivilegeEscalation: false";
    [
        pod("Deployment", "web", "labels: {a: b}", "3", safe),
        pod("ReplicaSet", "web-new", &owned("Deployment", "web"), "3", safe),
        pod("ReplicaSet", "web-old", &owned("Deployment", "web"), "0", "privileged: true"),
        pod("Pod", "web-new-1", &owned("ReplicaSet", "web-new"), "", safe),
        pod("Pod", "web-new-2", &owned("ReplicaSet", "web-new"), "", safe),
        pod("Pod", "web-new-3", &owned("ReplicaSet", "web-new"), "", "privileged: true"),
    ]
    .join("---\n")
}

#[test]
fn pods_that_are_what_their_owner_says_are_the_owner_and_those_that_are_not_are_told_apart() {
    let inventory = crate::inventory::of(&rolled_out());
    let world = World::new(&inventory, &Config::default());
    let names: Vec<String> = world.workloads().map(|(number, _)| Vertex::Workload(number).name(&world)).collect();
    assert_eq!(names, ["Deployment n/web", "Pod n/web-new-3"]);
    let graph = Graph::new(&world, EDGES);
    let question = Question {
        entries: every_workload(&world),
        sinks: vec![(Vertex::Node, 1)],
        certainty: Certainty::Certain,
        ..Question::default()
    };
    assert_eq!(Analysis::new(&graph, &question).reached(), (1, 2), "the pod that was changed alone gets out");
}

#[test]
fn owners_in_a_circle_hide_nobody() {
    let pod = |name: &str, owner: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: n, ownerReferences: [{{apiVersion: v1, kind: \
             Pod, name: {owner}, uid: u, controller: true}}]}}\nspec: {{containers: [{{name: a, image: i}}]}}\n"
        )
    };
    // Of every length up to more than is followed.
    for length in 1..12 {
        let names: Vec<String> = (0..length).map(|at| format!("p{at}")).collect();
        let circle = (0..length).map(|at| pod(&names[at], &names[(at + 1) % length]));
        let inventory = crate::inventory::of(&circle.collect::<Vec<_>>().join("---\n"));
        assert_eq!(World::new(&inventory, &Config::default()).workloads().count(), length);
    }
}

#[test]
fn a_goal_that_counts_more_is_cut_first_and_what_cuts_only_together_is_one_group() {
    // Two privileged workloads that the internet reaches through one another: neither fix cuts anything alone.
    let text = "apiVersion: v1
kind: Service
metadata: {name: web, namespace: n}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: n, labels: {app: web}}
spec: {automountServiceAccountToken: false, containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: n, labels: {app: db}}
spec: {automountServiceAccountToken: false, containers: [{name: a, image: i, ports: [{containerPort: 5432}], securityContext: {privileged: true}}]}
";
    let inventory = crate::inventory::of(text);
    let world = World::new(&inventory, &Config::default());
    let graph = Graph::new(&world, EDGES);
    let hard =
        |_: paths::graph::FixId, fix: &paths::graph::Fix| !inventory.symbols.text(fix.title).contains("privileged");
    let question = Question {
        entries: vec![(Vertex::Internet, 1)],
        sinks: vec![(Vertex::Node, 1)],
        pinned: &hard,
        ..Question::default()
    };
    let plan = Analysis::new(&graph, &question).plan(10);
    let steps: Vec<(u64, u64, u32)> = plan.steps.iter().map(|step| (step.cut, step.left, step.group)).collect();
    assert_eq!((plan.before, steps), (1, vec![(0, 1, 0), (1, 0, 0)]));
}
