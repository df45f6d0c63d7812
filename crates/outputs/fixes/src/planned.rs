//! Changes that a plan asks for, by the place of each and not by a finding, as texts of the user's files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::document::Value;
use model::fix::FixClass;
use model::inventory::{ResourceId, Results};

use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::objects::objects;
use crate::plan::{self, Proposal};
use crate::session::{self, Change};
use crate::sources::{self, Sources, TextOf, Way};
use crate::tree::Tree;
use crate::writing::{self, Deed, Job, ObjectName, Order, Tried};

/// A change that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The object.
    pub resource: ResourceId,
    /// The field in it that the change is about.
    pub field: String,
    /// What is to be done.
    pub action: WantedAction,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum WantedAction {
    /// The field or item is taken out.
    Remove,
    /// This is written in place of the value.
    Replace(String),
    /// These lines are written into the mapping.
    Insert(String),
    /// The object is taken away.
    Delete,
    /// A NetworkPolicy is added for its pods, with these rules for what comes in.
    Isolate(Tree),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Written {
    /// The files that change, in the order of their paths.
    pub changes: Vec<Change>,
    /// What could not be written, by its number, and why.
    pub refused: BTreeMap<usize, String>,
    /// The files in which each of the others is written.
    pub files: BTreeMap<usize, Vec<PathBuf>>,
}

/// How a change is made.
enum Drawn {
    Object(usize, Vec<Proposal>),
    Deletion(usize),
    /// The ways that are left, the best first.
    Ways(Vec<Way>),
}

/// Writes all that can be written. `text_of` reads files.
pub fn write(results: &Results, wanted: &[Wanted], text_of: TextOf<'_>) -> Written {
    let sources = Sources::new(results, text_of);
    let numbers = plan::numbers(&results.resources);
    let mut refused: BTreeMap<usize, String> = BTreeMap::new();
    let mut drawn: BTreeMap<usize, Drawn> = BTreeMap::new();
    for (number, one) in wanted.iter().enumerate() {
        match draw(results, &sources, &numbers, one, text_of) {
            Ok(way) => drop(drawn.insert(number, way)),
            Err(reason) => drop(refused.insert(number, reason)),
        }
    }
    // Every round takes a way away from something, or is the last.
    let (texts, files) = loop {
        let order: Vec<usize> = drawn.keys().copied().collect();
        let mut tried: Vec<Tried> = order.iter().map(|_| Tried::default()).collect();
        let orders = drawn.iter().map(|(number, drawn)| ordered(results, &wanted[*number], drawn));
        let mut texts: BTreeMap<PathBuf, (Option<String>, String)> = BTreeMap::new();
        let mut files: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
        for (path, jobs) in writing::jobs_of(orders, &mut tried) {
            let own: BTreeSet<usize> = jobs.iter().map(|job| order[job.fix]).collect();
            own.into_iter().for_each(|number| files.entry(number).or_default().push(path.to_path_buf()));
            match text(path, &jobs, text_of) {
                Ok((old, text)) => {
                    let new = writing::in_file(path, text, &jobs, &mut tried);
                    texts.insert(path.to_path_buf(), (old, new));
                }
                Err(reason) => jobs.iter().for_each(|job| tried[job.fix].refuse(&reason)),
            }
        }
        let failed: Vec<(usize, String)> =
            order.iter().zip(tried).filter_map(|(number, tried)| Some((*number, tried.refused?))).collect();
        if failed.is_empty() {
            break (texts, files);
        }
        for (number, reason) in failed {
            match drawn.get_mut(&number) {
                Some(Drawn::Ways(ways)) if ways.len() > 1 => drop(ways.remove(0)),
                _ => {
                    drawn.remove(&number);
                    refused.insert(number, reason);
                }
            }
        }
    };
    let secrets = session::secrets(results);
    let changes = texts.into_iter().filter_map(|(path, (old, new))| {
        let (is_new, old) = (old.is_none(), old.unwrap_or_default());
        let is_gone = !is_new && yaml::separate::documents(&new).next().is_none();
        let hidden = secrets.get(&path).cloned().unwrap_or_default();
        (old != new).then(|| Change { is_new, is_gone, secrets: (hidden, Vec::new()), ..Change::new(&path, old, new) })
    });
    Written { changes: changes.collect(), refused, files }
}

/// Says of every change what of its new text nobody may print, from what is made of that text.
pub fn hide(changes: &mut [Change], after: &Results) {
    let mut secrets = session::secrets(after);
    for change in changes {
        change.secrets.1 = secrets.remove(&change.path).unwrap_or_default();
    }
}

/// What the file says, if it is there, and what it says before these changes.
fn text(path: &Path, jobs: &[Job<'_>], text_of: TextOf<'_>) -> Result<(Option<String>, String), String> {
    match (writing::created(jobs)?, text_of(path)) {
        (Some(text), None) => Ok((None, text)),
        (_, Some(text)) => Ok((Some(text.clone()), text)),
        (None, None) => Err("it does not come from a file that could be written".to_owned()),
    }
}

fn ordered<'f>(results: &'f Results, wanted: &Wanted, drawn: &'f Drawn) -> Order<'f> {
    let resource = &results.resources[wanted.resource.0 as usize];
    let (number, deed) = match drawn {
        Drawn::Object(number, proposals) => (*number, Deed::Proposals(proposals)),
        Drawn::Deletion(number) => (*number, Deed::Deletion),
        Drawn::Ways(ways) => (0, Deed::Way(ways.first())),
    };
    let text = |symbol| results.symbols.text(symbol);
    let path = &results.files[resource.file as usize];
    let object = ObjectName { path, number, kind: text(resource.kind), name: text(resource.name) };
    Order { class: FixClass::Unsafe, object, deed }
}

fn draw(
    results: &Results,
    sources: &Sources<'_>,
    numbers: &[usize],
    wanted: &Wanted,
    text_of: TextOf<'_>,
) -> Result<Drawn, String> {
    let at = wanted.resource.0 as usize;
    let resource = &results.resources[at];
    if !results.origins.of_resource(wanted.resource).is_empty() {
        return draw_rendered(sources, wanted).map(Drawn::Ways);
    }
    let path = &results.files[resource.file as usize];
    let text = text_of(path).ok_or("it does not come from a file that could be written")?;
    let gone = || "the object is not found in its file".to_owned();
    let places = objects(path, &text);
    let place = places.get(numbers[at]).ok_or_else(gone)?;
    let document = yaml::parse_document(&text[place.document.clone()]).map_err(|_| gone())?;
    let object = field::find(document.root(), &place.steps).ok_or_else(gone)?;
    match &wanted.action {
        WantedAction::Delete => Ok(Drawn::Deletion(numbers[at])),
        WantedAction::Isolate(ingress) => Ok(Drawn::Ways(vec![sources::beside(path, object, ingress, text_of)?])),
        _ => Ok(Drawn::Object(numbers[at], proposals(object, wanted)?)),
    }
}

fn draw_rendered(sources: &Sources<'_>, wanted: &Wanted) -> Result<Vec<Way>, String> {
    match &wanted.action {
        WantedAction::Delete => {
            Err("what makes a whole object in a chart or base is taken out by hand, with what names it".to_owned())
        }
        WantedAction::Isolate(ingress) => Ok(vec![sources.isolation(wanted.resource, ingress)?]),
        _ => {
            let patches = sources.look(wanted.resource, &|object| {
                let proposals = proposals(object, wanted)?;
                let patches = proposals.iter().map(|proposal| plan::patch(proposal, object, &[]));
                patches.collect::<Option<Vec<Patch>>>().ok_or_else(|| "the place is no longer there".to_owned())
            });
            let patches = patches.ok_or("the object is not in what was rendered")??;
            let ways = sources.ways_of_all(wanted.resource, &patches);
            if ways.is_empty() { Err("nothing that can be edited here decides about it".to_owned()) } else { Ok(ways) }
        }
    }
}

/// Fields of a Service that may only be there while it is open to the outside. Source: `ValidateService`.
const OF_OPEN_SERVICES: [&str; 6] = [
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "loadBalancerClass",
    "allocateLoadBalancerNodePorts",
];

/// Lists of which a whole item is taken out, where the field is one of its entries.
const WHOLE_ITEMS: [&str; 5] = ["rules", "sources", "subjects", "volumeDevices", "volumeMounts"];

/// A change, with what has to change with it so that the object stays valid.
fn proposals(object: Value<'_>, wanted: &Wanted) -> Result<Vec<Proposal>, String> {
    let unclear = || format!("`{}` is no field that could be written", wanted.field);
    let mut steps = field::parse(&wanted.field).ok_or_else(unclear)?;
    Ok(match &wanted.action {
        WantedAction::Remove => {
            if let [.., Step::Key(list), Step::Index(_), Step::Key(_)] = &steps[..]
                && WHOLE_ITEMS.contains(&list.as_str())
            {
                steps.pop();
            }
            let volume = volume_of(object, &steps);
            let rest = volume.map(|volume| Proposal::At(volume, Action::Remove));
            std::iter::once(Proposal::At(steps, Action::Remove)).chain(rest).collect()
        }
        WantedAction::Replace(value) => {
            let tree = Tree::read(value).ok_or_else(unclear)?;
            let rest = if value == "ClusterIP" { of_open_service(object) } else { Vec::new() };
            std::iter::once(Proposal::At(steps, Action::Replace(tree))).chain(rest).collect()
        }
        WantedAction::Insert(lines) => {
            let tree = Tree::read(lines).ok_or_else(unclear)?;
            vec![insertion(object, steps, tree)]
        }
        WantedAction::Delete | WantedAction::Isolate(_) => Vec::new(),
    })
}

/// Writes entries into the deepest mapping that is there; a scalar of that name gives way.
fn insertion(object: Value<'_>, steps: Vec<Step>, tree: Tree) -> Proposal {
    if let Tree::Mapping(entries) = &tree
        && let [(key, value)] = &entries[..]
        && value.is_scalar()
    {
        let ends = (0..=steps.len()).rev();
        let mut homes = ends.filter(|end| field::find(object, &steps[..*end]).is_some_and(Value::is_mapping));
        if let Some(end) = homes.next()
            && let Some(home) = field::find(object, &steps[..end])
            && field::entry(home, key).is_some_and(|(_, known)| known.is_scalar())
        {
            let mut at = steps[..end].to_vec();
            at.push(Step::Key(key.clone()));
            return Proposal::At(at, Action::Replace(value.clone()));
        }
    }
    Proposal::Within(steps, tree)
}

/// What a Service must not have when it is open to the cluster alone.
fn of_open_service(object: Value<'_>) -> Vec<Proposal> {
    let key = |key: &str| Step::Key(key.to_owned());
    let Some(spec) = object.at(&["spec"]) else { return Vec::new() };
    let fields = OF_OPEN_SERVICES.iter().filter(|name| field::entry(spec, name).is_some());
    let fields = fields.map(|name| vec![key("spec"), key(name)]);
    let ports = spec.at(&["ports"]).map(|ports| ports.items().collect::<Vec<_>>()).unwrap_or_default();
    let chosen = ports.iter().enumerate().filter(|(_, port)| field::entry(**port, "nodePort").is_some());
    let chosen = chosen.map(|(at, _)| vec![key("spec"), key("ports"), Step::Index(at), key("nodePort")]);
    fields.chain(chosen).map(|steps| Proposal::At(steps, Action::Remove)).collect()
}

/// The volume of the mount at the end of `steps`, if nothing else mounts it: a path of the node that nobody mounts is
/// none that a pod should ask for.
fn volume_of(object: Value<'_>, steps: &[Step]) -> Option<Vec<Step>> {
    let [home @ .., Step::Key(list), Step::Index(_), Step::Key(mounts), Step::Index(_)] = steps else { return None };
    if mounts != "volumeMounts" || !list.ends_with("ontainers") {
        return None;
    }
    let name = field::find(object, steps)?.get("name")?.text().into_owned();
    let pod = field::find(object, home)?;
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let containers = lists.iter().filter_map(|list| pod.get(list)).flat_map(|list| list.items().collect::<Vec<_>>());
    let mounted = containers.filter_map(|container| container.get("volumeMounts"));
    let uses = mounted.flat_map(|mounts| mounts.items().collect::<Vec<_>>());
    let is_it = |value: Value<'_>| value.get("name").is_some_and(|own| own.text() == name);
    if uses.filter(|mount| is_it(*mount)).count() != 1 {
        return None;
    }
    let at = pod.get("volumes")?.items().position(is_it)?;
    Some(home.iter().cloned().chain([Step::Key("volumes".to_owned()), Step::Index(at)]).collect())
}
