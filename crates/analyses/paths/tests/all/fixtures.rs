//! Every edge is where its fixtures say, and nowhere else.

use paths::edges::EDGES;
use paths::graph::Graph;
use paths::topology::EdgeId;
use paths::world::{Config, World};

/// Without the roles that every cluster has: fixtures say all that there is.
fn config() -> Config {
    let rbac = rbac::Config { assume_built_in: false, ..rbac::Config::default() };
    Config { rbac, ..Config::default() }
}

fn lines(graph: &Graph, world: &World<'_>) -> Vec<String> {
    let edges = (0..).map(EdgeId).zip(&graph.edges);
    edges
        .map(|(id, edge)| {
            let name = |vertex: paths::topology::VertexId| graph.vertices[vertex.index()].name(world);
            let (from, to) = (name(graph.topology.from(id)), name(graph.topology.to(id)));
            let assumed: Vec<&str> = edge.assumptions.iter().map(|assumption| assumption.id).collect();
            if assumed.is_empty() {
                format!("{from} -> {to}")
            } else {
                format!("{from} -> {to} if {}", assumed.join(", "))
            }
        })
        .collect()
}

#[test]
fn edges_are_where_their_fixtures_say() {
    let mut wrong = String::new();
    for kind in EDGES {
        for (number, fixture) in kind.fixtures.iter().enumerate() {
            let inventory = crate::inventory::of(fixture.yaml);
            let world = World::new(&inventory, &config());
            let graph = Graph::new(&world, [kind]);
            let (mut found, mut expected) = (lines(&graph, &world), fixture.edges.to_vec());
            found.sort();
            expected.sort_unstable();
            if found != expected {
                let id = kind.id;
                wrong +=
                    &format!("{id}, fixture {number}:\n{}found {found:#?}\nexpected {expected:#?}\n", fixture.yaml);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_edge_has_fixtures_that_have_it_and_is_ordered_by_id() {
    for kind in EDGES {
        assert!(kind.fixtures.iter().any(|fixture| !fixture.edges.is_empty()), "{}", kind.id);
    }
    assert!(EDGES.is_sorted_by_key(|kind| kind.id));
}
