//! Objects of a cluster into an inventory: each is judged while it is there, and put in the order of the lists.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::{io, thread};

use model::coverage::{Note, SkipKind, Skipped};
use model::finding::Origin;
use model::inventory::{DriftFact, EvidenceFact, Inventory, Observed, Part, Verdicts};
use model::labels::labels;
use model::made::{controller, is_over};
use model::object::Object;
use model::place::LineIndex;
use model::symbols::{Symbol, Symbols};
use model::workload::{Workload, workloads};

use crate::client::{Client, RequestError};
use crate::discovery::Discovery;
use crate::features::Feature;
use crate::fetch::{self, Sink, Trouble};
use crate::identity::Seen;
use crate::lists::{self, Phase, Scope, Wanted, wanted};
use crate::owners::{Decision, Owners};
use crate::snapshot::{self, Header, ListTrouble, ReadError, Writer};
use crate::store::Store;

/// Objects that are judged at a time of what is known already.
const STORED_PAGE: usize = 500;

/// What is done with every object while it is there.
pub type Judge<'a> = &'a (dyn Fn(Observed<'_>, &Symbols, &mut Verdicts) + Sync);

/// How far a load has come. Read by who shows progress.
#[derive(Debug, Default)]
pub struct Progress {
    /// Objects so far.
    pub objects: AtomicU64,
}

/// What is done with what is read.
#[derive(Clone, Copy)]
pub struct Actions<'a> {
    /// For every object.
    pub judge: Judge<'a>,
    /// When all definitions of custom resources have been judged, and nothing else has.
    pub after_definitions: &'a (dyn Fn() + Sync),
    /// How far it has come.
    pub progress: &'a Progress,
    /// What is done with what controllers made as its owner says.
    pub made: MadeObjects,
}

/// What is done with objects that a controller made, and that are what their owner says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MadeObjects {
    /// They count for their owner.
    #[default]
    Folded,
    /// They are kept: they have addresses and nodes of their own.
    Kept,
}

/// What a load leaves beside the inventory.
pub struct Loaded {
    /// What the server says of itself.
    pub discovery: Discovery,
    /// Kinds, as group and plural name, of which not all objects were seen.
    pub unseen: Vec<(String, String)>,
}

/// Reads a running cluster into `inventory`, and into a snapshot if there is one to write.
pub fn live(
    client: &Client<'_>,
    discovery: Discovery,
    scope: &Scope,
    parallel: usize,
    writer: Option<Writer>,
    actions: Actions<'_>,
    inventory: &mut Inventory,
) -> io::Result<Loaded> {
    let lists = wanted(&discovery, scope);
    let symbols = std::mem::take(&mut inventory.symbols);
    let name = client.connection().name.clone();
    let mut loader = Loader::new(name, inventory.files.len(), &lists, &symbols, actions);
    loader.writer = writer.map(Mutex::new);
    let troubles = fetch::fetch(client, &lists, scope, parallel, &loader);
    let troubles = troubles.into_iter().enumerate().filter_map(|(list, trouble)| Some(written(list, &trouble?)));
    let troubles: Vec<ListTrouble> = troubles.collect();
    if let Some(writer) = loader.writer.take() {
        writer.into_inner().unwrap_or_else(PoisonError::into_inner).finish(troubles.clone())?;
    }
    let first = inventory.resources.len();
    let unseen = loader.finish(&discovery, scope, &troubles, inventory);
    inventory.symbols = symbols;
    say_empty(client, scope, first, inventory);
    Ok(Loaded { discovery, unseen })
}

/// Says of a namespace that was asked for and holds nothing that it does: one that is there has at least an account and a
/// ConfigMap, so that it is most likely misspelt.
fn say_empty(client: &Client<'_>, scope: &Scope, first: usize, inventory: &mut Inventory) {
    let sees_accounts = scope.feature == Feature::Scan && inventory.unseen.iter().all(|kind| kind.0.is_empty());
    if scope.selector.is_some() || !sees_accounts || inventory.coverage.skipped.iter().any(is_of_cluster) {
        return;
    }
    for asked in &scope.namespaces {
        let namespace = inventory.symbols.intern(asked);
        if inventory.resources[first..].iter().any(|resource| resource.namespace == namespace) {
            continue;
        }
        inventory.coverage.skipped.push(Skipped {
            path: PathBuf::from(&client.connection().name),
            line: None,
            kind: SkipKind::NothingToJudge,
            reason: format!("nothing was found in namespace `{asked}`: is that its name?"),
        });
        inventory.complete = false;
    }
}

/// Whether something of a cluster could not be read.
fn is_of_cluster(skipped: &Skipped) -> bool {
    matches!(skipped.kind, SkipKind::Forbidden | SkipKind::Unavailable)
}

fn written(list: usize, trouble: &Trouble) -> ListTrouble {
    match trouble {
        Trouble::Request(error) => {
            ListTrouble { list, forbidden: matches!(error, RequestError::Forbidden(_)), reason: error.to_string() }
        }
        Trouble::Except(namespaces, error) => {
            let shown: Vec<String> = namespaces.iter().take(3).map(|name| format!("`{name}`")).collect();
            let more = match namespaces.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let reason = format!("{error}, except in {}{more}", shown.join(", "));
            ListTrouble { list, forbidden: matches!(error, RequestError::Forbidden(_)), reason }
        }
        Trouble::Objects(count) => {
            ListTrouble { list, forbidden: false, reason: format!("{count} of its items are no objects") }
        }
    }
}

/// Judges what is known of a cluster that is followed. Lists are judged several at a time, each in its order.
pub fn stored(
    name: &str,
    discovery: &Discovery,
    store: &Store,
    scope: &Scope,
    actions: Actions<'_>,
    inventory: &mut Inventory,
) -> Vec<(String, String)> {
    let lists: Vec<Wanted> = store.lists().iter().map(|list| list.wanted.clone()).collect();
    let symbols = std::mem::take(&mut inventory.symbols);
    let loader = Loader::new(name.to_owned(), inventory.files.len(), &lists, &symbols, actions);
    for phase in [Phase::Definitions, Phase::Objects, Phase::Owned, Phase::Pods] {
        let of_phase: Vec<usize> = (0..lists.len()).filter(|list| lists[*list].phase == phase).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(&list) = of_phase.get(next.fetch_add(1, Ordering::Relaxed)) {
                let texts: Vec<&str> = store.lists()[list].texts().collect();
                for (page, objects) in (0..).zip(texts.chunks(STORED_PAGE)) {
                    loader.page(list, page, objects);
                }
            }
        };
        thread::scope(|threads| {
            let most = thread::available_parallelism().map_or(1, usize::from).min(of_phase.len());
            for _ in 1..most {
                threads.spawn(work);
            }
            work();
        });
        loader.end_of(phase);
    }
    let unseen = loader.finish(discovery, scope, &store.troubles(), inventory);
    inventory.symbols = symbols;
    unseen
}

/// Reads what `feature` needs of a snapshot into `inventory`.
///
/// # Errors
/// A file that is no snapshot, is cut, or was written by a newer program.
pub fn snapshot(
    path: &Path,
    threads: usize,
    feature: Feature,
    actions: Actions<'_>,
    inventory: &mut Inventory,
) -> Result<Loaded, ReadError> {
    let threads = if threads == 0 { thread::available_parallelism().map_or(1, usize::from) } else { threads };
    let symbols = std::mem::take(&mut inventory.symbols);
    let reader = Reader {
        symbols: &symbols,
        actions,
        feature,
        file: inventory.files.len(),
        parts: Mutex::default(),
        void: Mutex::default(),
        header: RwLock::default(),
        seen: Mutex::default(),
    };
    let read = snapshot::read(path, threads, &reader);
    let (header, troubles) = match read {
        Ok(read) => read,
        Err(error) => {
            inventory.symbols = symbols;
            return Err(error);
        }
    };
    let lists = header.lists();
    let mut loader = Loader::new(header.cluster.clone(), inventory.files.len(), &lists, &symbols, actions);
    loader.parts = reader.parts;
    let void = reader.void.into_inner().unwrap_or_else(PoisonError::into_inner);
    loader
        .parts
        .get_mut()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|(list, page), _| void.get(list).is_none_or(|before| page > before));
    loader.seen = reader.seen;
    let scope = Scope { feature, ..header.scope() };
    let unseen = loader.finish(&header.discovery, &scope, &troubles, inventory);
    inventory.symbols = symbols;
    Ok(Loaded { discovery: header.discovery, unseen })
}

/// Pages that were judged, by list and page.
type Parts = Mutex<HashMap<(usize, u32), Part>>;

/// Judges pages.
struct Loader<'a> {
    path: PathBuf,
    file: usize,
    lists: &'a [Wanted],
    symbols: &'a Symbols,
    actions: Actions<'a>,
    owners: Owners,
    parts: Parts,
    seen: Mutex<Seen>,
    writer: Option<Mutex<Writer>>,
}

impl<'a> Loader<'a> {
    fn new(name: String, file: usize, lists: &'a [Wanted], symbols: &'a Symbols, actions: Actions<'a>) -> Self {
        Self {
            path: PathBuf::from(name),
            file,
            lists,
            symbols,
            actions,
            owners: Owners::default(),
            parts: Mutex::default(),
            seen: Mutex::default(),
            writer: None,
        }
    }

    /// Puts everything into the inventory. Returns the kinds of which not everything was seen.
    fn finish(
        self,
        discovery: &Discovery,
        scope: &Scope,
        troubles: &[ListTrouble],
        inventory: &mut Inventory,
    ) -> Vec<(String, String)> {
        let mut parts: Vec<_> = self.parts.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect();
        parts.sort_unstable_by_key(|(place, _)| *place);
        parts.into_iter().for_each(|(_, part)| inventory.append(part));
        let Unseen { skipped, unseen } = unseen(&self.path, self.lists, discovery, scope, troubles);
        inventory.coverage.skipped.extend(skipped);
        inventory.coverage.skipped.sort();
        inventory.coverage.notes.extend(scope.left_out().map(|text| Note { path: self.path.clone(), text }));
        let needs_nodes = self.lists.iter().any(|list| list.is_nodes() && scope.feature.needs(&list.resource));
        let nodes_seen = scope.is_whole() && needs_nodes && !unseen.contains(&(String::new(), "nodes".to_owned()));
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let name = self.path.to_string_lossy().into_owned();
        let cluster = seen.cluster(&name, &discovery.version, nodes_seen.then_some(()));
        inventory.facts.live.clusters.push(cluster);
        inventory.files.push(self.path);
        inventory.complete = unseen.is_empty();
        inventory.unseen.clone_from(&unseen);
        unseen
    }
}

/// What was not seen.
pub(crate) struct Unseen {
    /// As it is told.
    pub(crate) skipped: Vec<Skipped>,
    /// The kinds, as group and plural name.
    pub(crate) unseen: Vec<(String, String)>,
}

/// What was not seen of a cluster.
pub(crate) fn unseen(
    path: &Path,
    lists: &[Wanted],
    discovery: &Discovery,
    scope: &Scope,
    troubles: &[ListTrouble],
) -> Unseen {
    let mut unseen = Unseen { skipped: Vec::new(), unseen: Vec::new() };
    let skip = |kind, reason| Skipped { path: path.to_path_buf(), line: None, kind, reason };
    for trouble in troubles {
        let needed = |list: &&Wanted| scope.feature.needs(&list.resource);
        let Some(list) = lists.get(trouble.list).filter(needed) else { continue };
        let kind = if trouble.forbidden { SkipKind::Forbidden } else { SkipKind::Unavailable };
        unseen.skipped.push(skip(kind, format!("not observed: {}: {}", list.label(), trouble.reason)));
        unseen.unseen.push((list.resource.group.clone(), list.resource.name.clone()));
    }
    let failed = discovery.failed.iter().filter(|(group, _)| lists::is_group_needed(group, scope.feature));
    for (group, reason) in failed {
        let reason = format!("not observed: the kinds of `{group}`: {reason}");
        unseen.skipped.push(skip(SkipKind::Unavailable, reason));
        unseen.unseen.push((group.split('/').next().unwrap_or(group).to_owned(), String::new()));
    }
    if !scope.is_whole() {
        unseen.unseen.push((String::new(), String::new()));
    }
    unseen
}

impl Sink for Loader<'_> {
    fn page(&self, list: usize, page: u32, objects: &[&str]) {
        let judging = Judging {
            path: &self.path,
            file: self.file,
            symbols: self.symbols,
            actions: self.actions,
            seen: &self.seen,
        };
        let mut decisions = Vec::with_capacity(objects.len());
        let part = judging.page(objects, &mut |object, workloads| {
            let decision = self.owners.decide(object, workloads);
            decisions.push(decision.clone());
            decision
        });
        if let Some(writer) = &self.writer {
            writer.lock().unwrap_or_else(PoisonError::into_inner).page(list, page, objects, &decisions);
        }
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert((list, page), part);
    }

    fn restart(&self, list: usize) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| *known != list);
        if let Some(writer) = &self.writer {
            writer.lock().unwrap_or_else(PoisonError::into_inner).restart(list);
        }
    }

    fn end_of(&self, phase: Phase) {
        if phase == Phase::Definitions {
            (self.actions.after_definitions)();
        }
    }
}

/// Judges pages of a snapshot, whose header comes first.
struct Reader<'a> {
    symbols: &'a Symbols,
    actions: Actions<'a>,
    feature: Feature,
    file: usize,
    parts: Parts,
    /// Pages of a list up to this one are void.
    void: Mutex<HashMap<usize, u32>>,
    /// What the cluster is called, and which lists are needed.
    header: RwLock<(PathBuf, Vec<bool>)>,
    seen: Mutex<Seen>,
}

impl snapshot::Taker for Reader<'_> {
    fn header(&self, header: &Header) -> Result<(), ReadError> {
        let needed = header.lists().iter().map(|list| self.feature.needs(&list.resource)).collect();
        *self.header.write().unwrap_or_else(PoisonError::into_inner) = (PathBuf::from(&header.cluster), needed);
        Ok(())
    }

    fn page(&self, page: snapshot::SnapshotPage) {
        let (path, needed) = &*self.header.read().unwrap_or_else(PoisonError::into_inner);
        if needed.get(page.list) != Some(&true) {
            return;
        }
        let judging = Judging { path, file: self.file, symbols: self.symbols, actions: self.actions, seen: &self.seen };
        let mut decisions = page.decisions.into_iter();
        let objects: Vec<&str> = page.objects.iter().map(String::as_str).collect();
        let part = judging.page(&objects, &mut |_, _| decisions.next().unwrap_or(Decision::Judge));
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert((page.list, page.page), part);
    }

    fn end_of_definitions(&self) {
        (self.actions.after_definitions)();
    }

    fn restart(&self, list: usize, page: u32) {
        self.void.lock().unwrap_or_else(PoisonError::into_inner).insert(list, page);
    }
}

/// Judges the objects of one page.
pub(crate) struct Judging<'a> {
    pub(crate) path: &'a Path,
    pub(crate) file: usize,
    pub(crate) symbols: &'a Symbols,
    pub(crate) actions: Actions<'a>,
    pub(crate) seen: &'a Mutex<Seen>,
}

/// Says what is done with an object.
type Decide<'a> = &'a mut dyn FnMut(&Object<'_>, &[model::workload::Workload<'_>]) -> Decision;

/// What stays known of an object that counts for its owner.
fn evidence(object: &Object<'_>, workloads: &[Workload<'_>], symbols: &Symbols) -> Option<EvidenceFact> {
    let [workload] = workloads else { return None };
    let owner = controller(object).filter(|_| !is_over(object))?;
    let text = |key| owner.get(key).map_or(Symbol::EMPTY, |value| symbols.intern(&value.text()));
    let metadata = object.metadata?;
    let own = |key| metadata.get(key).map_or(Symbol::EMPTY, |value| symbols.intern(&value.text()));
    Some(EvidenceFact {
        kind: symbols.intern(&object.kind),
        namespace: own("namespace"),
        name: own("name"),
        by: (text("kind"), text("name")),
        node: workload.pod.node_name.map_or(Symbol::EMPTY, |node| symbols.intern(&node.text())),
        labels: labels(workload.pod.metadata.and_then(|metadata| metadata.get("labels")), symbols),
    })
}

impl Judging<'_> {
    fn page(&self, objects: &[&str], decide: Decide<'_>) -> Part {
        let mut part = Part::default();
        for text in objects {
            self.object(text, decide, &mut part);
        }
        self.actions.progress.objects.fetch_add(objects.len() as u64, Ordering::Relaxed);
        part
    }

    pub(crate) fn object(&self, text: &str, decide: Decide<'_>, part: &mut Part) {
        part.coverage.documents += 1;
        part.coverage.bytes += text.len() as u64;
        let parsed = yaml::parse_document(text);
        let object = parsed.as_ref().ok().and_then(|document| Object::new(document.root()));
        let Some(object) = object else {
            // Decisions are by number: the next object must not get this one's.
            let reason = parsed.as_ref().err().map_or("it is no object", |error| &error.message);
            let reason = format!("not observed: an object: {reason}");
            let path = self.path.to_path_buf();
            part.coverage.skipped.push(Skipped { path, line: None, kind: SkipKind::InvalidObject, reason });
            let empty = yaml::parse_document("{apiVersion: v1, kind: Invalid}").expect("this is YAML");
            if let Some(nothing) = Object::new(empty.root()) {
                decide(&nothing, &[]);
            }
            return;
        };
        let workloads = workloads(&object);
        let decision = decide(&object, &workloads);
        if matches!(&*object.kind, "Node" | "DaemonSet") {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).observe(&object);
        }
        if decision == Decision::Evidence && self.actions.made == MadeObjects::Folded {
            part.facts.live.evidence.extend(evidence(&object, &workloads, self.symbols));
            return;
        }
        let lines = LineIndex::absent();
        let origin = Origin { root: object.value, lines: &lines };
        let file = u32::try_from(self.file).expect("fewer than four thousand million clusters");
        let resource = part.observe(&object, &workloads, file, origin, self.symbols);
        if let Decision::Drifted(drift) = decision {
            let owner = self.symbols.intern(&format!("{}/{}", drift.owner.0, drift.owner.1));
            let what = self.symbols.intern(&drift.what);
            part.facts.live.drifts.push(DriftFact { resource, owner, what });
        }
        let observed = Observed { resource, object: &object, workloads: &workloads, origin, path: self.path };
        (self.actions.judge)(observed, self.symbols, &mut part.verdicts);
    }
}
