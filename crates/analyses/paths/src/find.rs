//! What people call the things of the graph.

use std::collections::BTreeSet;

use model::exception::glob;
use model::nearest::nearest;
use rbac::SubjectKey;

use crate::edges::EDGES;
use crate::graph::Graph;
use crate::vertex::Vertex;
use crate::world::World;

/// A name that means nothing here, or several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// Nothing; names that are like it.
    Nothing(Vec<String>),
    /// Several things.
    Several(Vec<String>),
}

/// So many names are told.
const TOLD: usize = 6;

/// The kinds of vertices that have the name of an object.
const NAMED: [&str; 5] = ["workload", "subject", "secret", "config-map", "named-node"];

/// The kinds of vertices that names with a kind are those of; of all others, that is a workload's.
const NAMED_KINDS: [(&str, &str); 6] = [
    ("secret/", "secret"),
    ("serviceaccount/", "subject"),
    ("user/", "subject"),
    ("group/", "subject"),
    ("configmap/", "config-map"),
    ("node/", "named-node"),
];

/// The vertices that a name means: a word for a class of them, or the name of one.
///
/// # Errors
/// Nothing is called so, or several things are.
pub fn find(world: &World<'_>, graph: &Graph, name: &str) -> Result<Vec<Vertex>, FindError> {
    let of_kind = |kinds: &[&str]| {
        let vertices = graph.vertices.iter().copied();
        Ok(vertices.filter(|vertex| kinds.contains(&vertex.kind())).collect())
    };
    let group = |name: &str| Ok(vec![Vertex::Subject(SubjectKey::Group(world.inventory.symbols.intern(name)))]);
    match &*name.trim().to_lowercase() {
        "" => return Err(FindError::Nothing(Vec::new())),
        "internet" => return Ok(vec![Vertex::Internet]),
        "anonymous" => return group("system:unauthenticated"),
        "authenticated" => return group("system:authenticated"),
        "workloads" => return of_kind(&["workload"]),
        "cluster-admin" => return Ok(vec![Vertex::ClusterAdmin]),
        "control-plane" => return Ok(vec![Vertex::ControlPlaneNode]),
        "node" | "nodes" => return Ok(vec![Vertex::Node]),
        "secrets" => return Ok(vec![Vertex::Secrets(None)]),
        "node-files" => return Ok(vec![Vertex::NodeFiles]),
        "bindings" => return Ok(graph.vertices.iter().copied().filter(|vertex| is_own(world, *vertex)).collect()),
        "secret-objects" => return of_kind(&["secret", "config-map"]),
        "traffic" => return of_kind(&["traffic"]),
        "data" => return of_kind(&["data"]),
        "cloud" => return of_kind(&["node-cloud-identity", "cloud-identity"]),
        _ => {}
    }
    let wanted = normal(name);
    let names = graph.vertices.iter().map(|vertex| (*vertex, normal(&vertex.name(world))));
    let all: Vec<(Vertex, String)> = names.collect();
    let exact = all.iter().filter(|(_, known)| *known == wanted);
    let found: Vec<&(Vertex, String)> = exact.collect();
    // Two objects may have one kind and name: nobody can say which, and both are meant.
    if !found.is_empty() {
        return Ok(found.into_iter().map(|(vertex, _)| *vertex).collect());
    }
    // Without its kind, or without its namespace too.
    let end = format!("/{wanted}");
    let found: Vec<&(Vertex, String)> = all
        .iter()
        .filter(|(vertex, known)| known.ends_with(&end) && matches!(vertex, Vertex::Workload(_) | Vertex::Subject(_)))
        .collect();
    let workloads: Vec<&(Vertex, String)> =
        found.iter().copied().filter(|(vertex, _)| matches!(vertex, Vertex::Workload(_))).collect();
    let found = if workloads.is_empty() { found } else { workloads };
    match found[..] {
        [] => Err(FindError::Nothing(alike(world, &wanted, &all))),
        [(_, first), ..] if found.iter().all(|(_, known)| known == first) => {
            Ok(found.iter().map(|(vertex, _)| *vertex).collect())
        }
        _ => Err(FindError::Several(found.iter().take(TOLD).map(|(vertex, _)| vertex.name(world)).collect())),
    }
}

/// The same for where ways begin: whoever is root on a node is root on one of those that are known.
///
/// # Errors
/// As `find`.
pub fn find_entries(world: &World<'_>, graph: &Graph, name: &str) -> Result<Vec<Vertex>, FindError> {
    let mut found = find(world, graph, name)?;
    if found == [Vertex::Node] {
        let kinds = ["named-node", "one-of-nodes"];
        found.extend(graph.vertices.iter().filter(|vertex| kinds.contains(&vertex.kind())));
    }
    Ok(found)
}

/// Whether it is a binding, and none that every cluster has.
fn is_own(world: &World<'_>, vertex: Vertex) -> bool {
    let Vertex::Binding(binding) = vertex else { return false };
    let binding = world.rbac.binding(binding);
    binding.source != rbac::Source::BuiltIn && !world.text(binding.name).starts_with("system:")
}

/// The names that somebody may have meant: those that contain the last part of what he wrote, or else what is spelled
/// nearly so.
fn alike(world: &World<'_>, wanted: &str, all: &[(Vertex, String)]) -> Vec<String> {
    let accounts: BTreeSet<SubjectKey> =
        world.accounts().map(|(namespace, name)| world.account(namespace, name)).collect();
    // Words such as `a node` are no names; what every cluster has is not what somebody looks for.
    let is_own = |vertex: &Vertex| match vertex {
        Vertex::Subject(subject) => accounts.contains(subject) || world.namespace_and_name(*subject).is_none(),
        other => NAMED.contains(&other.kind()),
    };
    let asked = NAMED_KINDS.iter().find(|(prefix, _)| wanted.starts_with(prefix)).map(|(_, kind)| *kind);
    let is_asked = |vertex: &Vertex| asked.is_none_or(|kind| vertex.kind() == kind);
    let is_built_in = |known: &str| known.contains("/system:") && !wanted.contains("system:");
    let all: Vec<&(Vertex, String)> =
        all.iter().filter(|(vertex, known)| is_asked(vertex) && is_own(vertex) && !is_built_in(known)).collect();
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let containing = all.iter().filter(|(_, known)| known.contains(last)).map(|(vertex, _)| vertex.name(world));
    let containing: Vec<String> = containing.take(TOLD).collect();
    if !containing.is_empty() {
        return containing;
    }
    // A name without its kind, or without its namespace too, is compared with as much of the others.
    let parts = wanted.split('/').count();
    let end = |known: &'_ str| known.rmatch_indices('/').nth(parts - 1).map_or(0, |(slash, _)| slash + 1);
    let ends = all.iter().map(|(_, known)| &known[end(known)..]);
    let Some(near) = nearest(wanted, ends) else { return Vec::new() };
    let nearly = all.iter().filter(|(_, known)| &known[end(known)..] == near);
    nearly.map(|(vertex, _)| vertex.name(world)).take(TOLD).collect()
}

/// Kind, namespace and name with slashes between, in lower case.
fn normal(name: &str) -> String {
    let name = name.to_lowercase();
    let prefixes = [
        ("sa:", "serviceaccount/"),
        ("user:", "user/"),
        ("group:", "group/"),
        ("secret:", "secret/"),
        ("node:", "node/"),
    ];
    for (short, long) in prefixes {
        if let Some(rest) = name.strip_prefix(short) {
            return format!("{long}{rest}");
        }
    }
    if let Some(rest) = name.strip_prefix("secrets:") {
        return format!("all/secrets of namespace {rest}");
    }
    if let Some(rest) = name.strip_prefix("namespace:") {
        return format!("all/of namespace {rest}");
    }
    name.replacen(' ', "/", 1)
}

/// The kind of edge of that id.
pub fn edge(id: &str) -> Option<&'static str> {
    EDGES.iter().find(|kind| kind.id == id).map(|kind| kind.id)
}

/// Whether an object is the one that somebody names: `Kind/namespace/name`, with `*` for any letters.
pub fn is_named(world: &World<'_>, resource: model::inventory::ResourceId, pattern: &str) -> bool {
    glob(&normal(pattern), &normal(&world.object_name(resource)))
}
