//! Names in other objects, once names have changed: which fields hold the name of what is in `nameReference`.

use crate::context::{Context, Error};
use crate::field_spec::{self, NameReference, Walk};
use crate::node::{Data, Kind, Node, Origin, Tag};
use crate::resource::{Gvk, Id, Resources};

/// An object as one that may be referred to.
struct Candidate {
    name: String,
    namespace: String,
    id: Id,
    original: Id,
    former: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Who refers, and to what kind.
struct Search<'s> {
    referrer: &'s Candidate,
    /// Namespaces of the subjects of a role binding.
    subject_namespaces: Vec<String>,
    target: &'s Gvk,
    /// What `roleRef` says that it refers to, where the field is in one.
    role: Option<Gvk>,
}

/// Puts the present names into all fields that hold former ones.
pub(crate) fn apply(
    resources: &mut Resources,
    references: &[NameReference],
    context: &Context<'_>,
) -> Result<(), Error> {
    let candidates: Vec<Candidate> = resources
        .list
        .iter()
        .map(|resource| Candidate {
            name: resource.name().to_owned(),
            namespace: resource.namespace().to_owned(),
            id: resource.id(&context.schema),
            original: resource.original_id(&context.schema),
            former: resource.former_ids(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        })
        .collect();
    if candidates.iter().all(|candidate| candidate.former.is_empty()) {
        return Ok(());
    }
    let by_name = Names::new(&candidates);
    for (at, referrer) in candidates.iter().enumerate() {
        let resource = &mut resources.list[at];
        let subject_namespaces = subject_namespaces(&resource.node, resource.kind());
        for reference in references {
            for spec in reference.referrers.iter().filter(|spec| referrer.original.gvk.is_selected(&spec.gvk)) {
                let role = spec.path.ends_with("roleRef/name").then(|| role_reference(&resource.node)).flatten();
                let search =
                    Search { referrer, subject_namespaces: subject_namespaces.clone(), target: &reference.gvk, role };
                let mut set = |node: &mut Node| update(node, &search, &by_name);
                let mut walk = Walk { make: None, tag: Tag::Unset, origin: Origin::NONE, set: &mut set };
                // The filter asks for the kind that the object has now.
                let spec = field_spec::FieldSpec { gvk: Gvk::default(), create: false, path: spec.path.clone() };
                if let Err(message) = field_spec::follow(&mut resource.node, &spec, &mut walk) {
                    let message = format!("in {}, the name in {message}", referrer.id);
                    return Err(context.error(resource.node.origin, message));
                }
            }
        }
    }
    Ok(())
}

/// Candidates by the names they had.
struct Names<'c> {
    all: &'c [Candidate],
    by_former: foldhash::HashMap<&'c str, Vec<usize>>,
}

impl<'c> Names<'c> {
    fn new(all: &'c [Candidate]) -> Self {
        let mut by_former: foldhash::HashMap<&str, Vec<usize>> = foldhash::HashMap::default();
        for (at, candidate) in all.iter().enumerate() {
            for former in &candidate.former {
                let list = by_former.entry(former.name.as_str()).or_default();
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
        }
        Self { all, by_former }
    }
}

fn subject_namespaces(node: &Node, kind: &str) -> Vec<String> {
    if kind != "RoleBinding" {
        return Vec::new();
    }
    let subjects = node.get("subjects").map(Node::items).unwrap_or_default();
    let accounts = subjects
        .iter()
        .filter(|subject| subject.get("kind").is_some_and(|kind| kind.as_written() == "ServiceAccount"))
        .filter_map(|subject| subject.get("namespace"));
    accounts.map(|namespace| namespace.as_written().to_owned()).collect()
}

fn role_reference(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    let part = |name: &str| Some(role.get(name)?.as_written().to_owned());
    Some(Gvk { group: part("apiGroup")?, version: String::new(), kind: part("kind")? })
}

fn update(node: &mut Node, search: &Search<'_>, names: &Names<'_>) -> Result<(), String> {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.data {
        Data::Scalar(_) => update_scalar(node, search, names),
        Data::Mapping(_) => update_mapping(node, search, names),
        Data::Sequence(items) => {
            for item in items.iter_mut().filter(|item| !item.is_null()) {
                match item.kind() {
                    Kind::Scalar => update_scalar(item, search, names)?,
                    Kind::Mapping => update_mapping(item, search, names)?,
                    Kind::Sequence => return Err("is in a list of lists".to_owned()),
                }
            }
            Ok(())
        }
    }
}

fn update_scalar(node: &mut Node, search: &Search<'_>, names: &Names<'_>) -> Result<(), String> {
    let is_same = |a: &Candidate, b: &Candidate| a.name == b.name;
    let Some(found) = select(node.as_written(), search, names, &|_| true, &is_same)? else { return Ok(()) };
    if found.name != node.as_written() {
        let mut value = Node::scalar(found.name.clone(), node.origin);
        value.quote_ambiguous();
        node.set_scalar(value);
    }
    Ok(())
}

fn update_mapping(node: &mut Node, search: &Search<'_>, names: &Names<'_>) -> Result<(), String> {
    let Some(name) = node.get("name") else { return Err("is a mapping without `name`".to_owned()) };
    let (name, origin) = (name.as_written().to_owned(), name.origin);
    let namespace = node.get("namespace").map(|namespace| namespace.as_written().to_owned());
    let in_namespace = |candidate: &Candidate| match &namespace {
        None => true,
        Some(namespace) => {
            let by_original = |candidate: &Candidate| candidate.original.effective_namespace() == namespace;
            let is_original = names.all.iter().filter(|other| is_subset(other, search)).any(by_original);
            if is_original { by_original(candidate) } else { candidate.id.effective_namespace() == namespace }
        }
    };
    let is_same = |a: &Candidate, b: &Candidate| a.name == b.name && a.namespace == b.namespace;
    let Some(found) = select(&name, search, names, &in_namespace, &is_same)? else { return Ok(()) };
    if found.name == name && found.namespace.is_empty() {
        return Ok(());
    }
    node.set("name", Node::scalar(found.name.clone(), origin));
    if !found.namespace.is_empty() {
        let origin = node.get("namespace").map_or(origin, |namespace| namespace.origin);
        node.set("namespace", Node::scalar(found.namespace.clone(), origin));
    }
    Ok(())
}

/// Whether an object may be referred to at all: it is in the same namespace, in none, or a subject is in its own.
fn is_subset(candidate: &Candidate, search: &Search<'_>) -> bool {
    search.referrer.id.is_cluster_scoped
        || candidate.id.is_cluster_scoped
        || candidate.id.is_in_namespace_of(&search.referrer.id)
        || search.subject_namespaces.contains(&candidate.namespace)
}

fn select<'c>(
    name: &str,
    search: &Search<'_>,
    names: &Names<'c>,
    accepts: &dyn Fn(&Candidate) -> bool,
    is_same: &dyn Fn(&Candidate, &Candidate) -> bool,
) -> Result<Option<&'c Candidate>, String> {
    let Some(found) = names.by_former.get(name) else { return Ok(None) };
    let had = |candidate: &Candidate, gvk: &Gvk| candidate.former.iter().any(|id| id.gvk.is_selected(gvk));
    let referrer = search.referrer;
    let is_near = |candidate: &Candidate| {
        referrer.id.is_cluster_scoped
            || candidate.id.is_cluster_scoped
            || candidate.id.gvk.kind == "ServiceAccount"
            || referrer.id.is_in_namespace_of(&candidate.id)
    };
    let mut list: Vec<&Candidate> = found
        .iter()
        .map(|&at| &names.all[at])
        .filter(|candidate| is_subset(candidate, search) && accepts(candidate))
        .filter(|candidate| had(candidate, search.target))
        .filter(|candidate| search.role.as_ref().is_none_or(|role| had(candidate, role)))
        .filter(|candidate| is_near(candidate))
        .collect();
    if let [one] = list.as_slice() {
        return Ok(Some(one));
    }
    list.retain(|candidate| has_same_affixes(candidate, referrer, true));
    if list.len() > 1 {
        list.retain(|candidate| has_same_affixes(candidate, referrer, false));
    }
    match list.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [first, rest @ ..] if rest.iter().all(|other| is_same(first, other)) => Ok(Some(first)),
        [first, second, ..] => Err(format!("could mean both {} and {}", first.id, second.id)),
    }
}

/// Whether two objects got their prefixes and suffixes from the same kustomizations.
fn has_same_affixes(a: &Candidate, b: &Candidate, empty_is_any: bool) -> bool {
    let agree = |a: &[String], b: &[String]| (empty_is_any && (a.is_empty() || b.is_empty())) || same_ending(a, b);
    agree(&a.prefixes, &b.prefixes) && agree(&a.suffixes, &b.suffixes)
}

/// Whether the shorter list is the end of the longer one. An empty list is the end of an empty one only.
fn same_ending(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}
