//! What a command reads: manifests, running clusters, or a snapshot of one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anstream::eprintln;
use anyhow::Context as _;
use cluster::client::{Client, Limits};
use cluster::discovery::{Discovery, discover};
use cluster::features::Feature;
use cluster::kubeconfig::{self, ConfigError, Connection, Kubeconfig};
use cluster::lists::Scope;
use cluster::load::{Actions, Loaded, MadeObjects, Progress};
use cluster::selector;
use cluster::snapshot::Writer;
use manifests::walk::{self, Made, Texts};
use model::coverage::{SkipKind, Skipped};
use model::inventory::{Inventory, Observed, Verdicts};
use model::origin::Origins;
use model::symbols::Symbols;
use repository::combined;
use repository::options::Options;
use repository::plan::{Plan, UnitFamily};
use repository::prepared::Prepared;

use crate::arguments::{ClusterArguments, InputArguments, WhereArguments};
use crate::commands::input_config;
use crate::configuration::ProjectSettings;
use crate::exit::UsageError;
use crate::{fetched, rendering, screen};

/// What a command reads.
pub(crate) enum Source<'a> {
    /// Files, folders, standard input.
    Manifests,
    /// Running clusters; of all contexts, some may say nothing that can be asked.
    Clusters(Vec<Result<Connection, Unreached>>),
    /// A snapshot.
    Snapshot(&'a Path),
}

/// Everything that is read, as one inventory: manifests, what charts and kustomizations become, and what `feature`
/// needs of running clusters or a snapshot.
///
/// # Errors
/// What cannot be asked for, or not be fetched.
pub(crate) fn inventory(
    paths: &[PathBuf],
    input: &InputArguments,
    place: &WhereArguments,
    complete: bool,
    feature: Feature,
) -> anyhow::Result<Inventory> {
    let mut inventory = Inventory { complete, ..Inventory::default() };
    let asked = ClusterArguments { feature, ..place.as_cluster() };
    let nothing = |_: Observed<'_>, _: &Symbols, _: &mut Verdicts| {};
    // Two snapshots can be compared.
    let asked = asked.of_paths(paths).unwrap_or(asked);
    match asked.source()? {
        Source::Manifests => {
            // Pods have addresses and nodes that what they are made of has not.
            let made = if feature == Feature::Network { Made::Kept } else { Made::Folded };
            let reading = Reading { made, ..Reading::default() };
            read_manifests_with(paths, input, reading, &mut inventory, &mut combined::add)?;
        }
        Source::Snapshot(path) => {
            load_snapshot(path, 0, feature, (&nothing, &|| {}), &mut inventory)?;
        }
        Source::Clusters(connections) => each_cluster(connections, &mut inventory, &mut |connection, inventory| {
            let reached = reach(&asked, connection)?;
            load_cluster(&asked, reached, None, (&nothing, &|| {}), inventory)?;
            Ok(())
        })?,
    }
    Ok(inventory)
}

/// The same of manifests, with these texts in place of those of files.
///
/// # Errors
/// What cannot be fetched.
pub(crate) fn inventory_with(
    paths: &[PathBuf],
    input: &InputArguments,
    complete: bool,
    texts: Texts,
) -> anyhow::Result<Inventory> {
    let mut inventory = Inventory { complete, ..Inventory::default() };
    let reading = Reading { texts, ..Reading::default() };
    read_manifests_with(paths, input, reading, &mut inventory, &mut combined::add)?;
    Ok(inventory)
}

/// Manifests, with these texts in place of those of files, and what every object was rendered from.
pub(crate) struct Traced {
    /// What is read, with the first set of values of every chart.
    pub(crate) inventory: Inventory,
    /// What every object was rendered from.
    pub(crate) origins: Origins,
    /// What the sets of values are called; the first of them is read.
    pub(crate) sets: Vec<String>,
}

/// Reads manifests, with these texts in place of those of files, as the project has them rendered.
///
/// # Errors
/// What cannot be fetched.
pub(crate) fn traced_inventory(
    paths: &[PathBuf],
    input: &InputArguments,
    complete: bool,
    (texts, project): (Texts, &ProjectSettings),
) -> anyhow::Result<Traced> {
    let mut inventory = Inventory { complete, ..Inventory::default() };
    let (mut origins, mut sets) = (Origins::default(), Vec::new());
    let given = Reading { texts, project: Some(project), ..Reading::default() };
    read_manifests_with(paths, input, given, &mut inventory, &mut |families, options, threads, inventory| {
        let secrets = &controls::secret::mask::secret_spans;
        sets = combined::sets(families);
        origins = combined::add_traced(families, options, threads, inventory, secrets);
    })?;
    Ok(Traced { inventory, origins, sets })
}

/// The same with the set of values of that number.
///
/// # Errors
/// What cannot be fetched.
pub(crate) fn inventory_of_set(
    paths: &[PathBuf],
    input: &InputArguments,
    complete: bool,
    (texts, project, set): (Texts, &ProjectSettings, usize),
) -> anyhow::Result<Inventory> {
    let mut inventory = Inventory { complete, ..Inventory::default() };
    let given = Reading { texts, project: Some(project), ..Reading::default() };
    read_manifests_with(paths, input, given, &mut inventory, &mut |families, options, threads, inventory| {
        combined::add_set(families, options, threads, inventory, set);
    })?;
    Ok(inventory)
}

/// How manifests are read.
#[derive(Default)]
struct Reading<'a> {
    /// What files are to say, instead of what they say on disk.
    texts: Texts,
    /// What the project says of charts.
    project: Option<&'a ProjectSettings>,
    /// What is done with what controllers made.
    made: Made,
}

/// Adds what was rendered.
type AddRendered<'a> = &'a mut dyn FnMut(&[UnitFamily], &Options, usize, &mut Inventory);

fn read_manifests_with(
    paths: &[PathBuf],
    input: &InputArguments,
    Reading { texts, project, made }: Reading<'_>,
    inventory: &mut Inventory,
    add: AddRendered<'_>,
) -> anyhow::Result<()> {
    let resolved = fetched::resolve(paths)?;
    let config = walk::Config { texts: Arc::clone(&texts), made, ..input_config(&resolved.paths, input) };
    let options = Options { texts, ..rendering::options(&input.rendering, None, project)? };
    let progress = manifests::load::Progress::default();
    screen::with_progress(&|| screen::files(&progress), || {
        let found = walk::walk(&config).map_err(|error| UsageError(error.to_string()))?;
        let Plan { mut plain, families } = Plan::new(&config, found, &options);
        plain.covered.extend(families.iter().map(|family| family.named));
        let references = Mutex::new(Vec::new());
        let see = |observed: Observed<'_>, _: &Symbols, _: &mut Verdicts| {
            if let Some(found) = repository::references::find(observed.object, observed.path, observed.origin) {
                references.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            }
        };
        manifests::load::load(&config, plain, inventory, &see, &progress);
        let mut references = references.into_inner().unwrap_or_else(PoisonError::into_inner);
        let threads = manifests::load::threads(config.threads);
        references.extend_from_slice(Prepared::new(&families, &options, threads).references());
        let (families, skipped) = repository::references::resolve(references, families, &options, &config.paths);
        inventory.coverage.skipped.extend(skipped);
        add(&families, &options, threads, inventory);
        Ok::<_, UsageError>(())
    })?;
    resolved.show_inventory(inventory);
    Ok(())
}

/// A cluster that cannot be looked into, where others can.
pub(crate) struct Unreached {
    /// Its context.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
}

impl Unreached {
    /// That it was not looked at.
    fn skipped(self) -> Skipped {
        Skipped { path: PathBuf::from(self.name), line: None, kind: SkipKind::Unavailable, reason: self.reason }
    }
}

/// Looks into every cluster with `look`. One of several that cannot be looked into costs no other; it is said.
///
/// # Errors
/// What `look` says of the only one, or of the first if none can be looked into.
pub(crate) fn each_cluster(
    connections: Vec<Result<Connection, Unreached>>,
    inventory: &mut Inventory,
    look: &mut dyn FnMut(Connection, &mut Inventory) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let all = connections.len();
    let (mut seen, mut errors, mut unreached) = (0, Vec::new(), Vec::new());
    for connection in connections {
        match connection {
            Err(refused) => {
                errors.push(anyhow::Error::from(UsageError(refused.reason.clone())));
                unreached.push(refused);
            }
            Ok(connection) => {
                let name = connection.name.clone();
                match look(connection, inventory) {
                    Ok(()) => seen += 1,
                    Err(error) => {
                        unreached.push(Unreached { name, reason: format!("{error:#}") });
                        errors.push(error);
                    }
                }
            }
        }
    }
    if seen == 0 && all > 1 {
        let told: Vec<String> = unreached.iter().map(|one| format!("`{}`: {}", one.name, one.reason)).collect();
        anyhow::bail!("no cluster can be looked into\n  {}", told.join("\n  "));
    }
    if seen == 0
        && let Some(error) = errors.into_iter().next()
    {
        return Err(error);
    }
    inventory.coverage.skipped.extend(unreached.into_iter().map(Unreached::skipped));
    inventory.coverage.skipped.sort();
    Ok(())
}

/// What is done with every object of a cluster.
pub(crate) type Judge<'a> = &'a (dyn Fn(Observed<'_>, &Symbols, &mut Verdicts) + Sync);

impl ClusterArguments {
    /// What the arguments say is read.
    ///
    /// # Errors
    /// A kubeconfig or context that is not there.
    pub(crate) fn source(&self) -> anyhow::Result<Source<'_>> {
        if let Some(path) = &self.snapshot {
            return Ok(Source::Snapshot(path));
        }
        if !self.is_asked_for() {
            if !self.namespace.is_empty() {
                let text =
                    "`--namespace` is for a cluster, and there is none: `--release-namespace` is that of a release";
                return Err(UsageError(text.to_owned()).into());
            }
            return Ok(Source::Manifests);
        }
        self.check()?;
        let config = Kubeconfig::read(self.kubeconfig.as_deref()).map_err(|error| UsageError(error.to_string()))?;
        if let Some(config) = config.filter(|_| self.all_contexts) {
            let all = config.contexts().into_iter().map(|name| {
                let reason = |error: ConfigError| Unreached { name: name.to_string(), reason: error.to_string() };
                config.connection(Some(&name)).map_err(reason)
            });
            return Ok(Source::Clusters(all.collect()));
        }
        let connections = self.connections().map_err(|error| UsageError(error.to_string()))?;
        Ok(Source::Clusters(connections.into_iter().map(Ok).collect()))
    }

    /// Checks that what selects objects can select any.
    ///
    /// # Errors
    /// It cannot: what is wrong, and where.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        if let Some(name) = self.namespace.iter().find(|name| !selector::is_namespace(name)) {
            let text = format!(
                "`--namespace {}` names no namespace: lowercase letters, digits and `-`, at most 63",
                shown(name)
            );
            return Err(UsageError(text));
        }
        let Some(asked) = &self.selector else { return Ok(()) };
        selector::check(asked)
            .map_err(|error| UsageError(format!("`--selector {}` is no label selector: {error}", shown(asked))))
    }

    /// The same of the snapshot that `paths` is, if it is one: a snapshot is what it is, however it is named.
    pub(crate) fn of_paths(&self, paths: &[PathBuf]) -> Option<Self> {
        let [path] = paths else { return None };
        let is_named = self.snapshot.is_some() || self.is_asked_for() || !self.namespace.is_empty();
        let is_one = !is_named && self.selector.is_none() && cluster::snapshot::is_one(path);
        is_one.then(|| Self { snapshot: Some(path.clone()), ..self.clone() })
    }

    /// Whether a running cluster is meant.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.cluster || self.context.is_some() || self.all_contexts || self.kubeconfig.is_some()
    }

    /// The clusters that are asked, and by whom.
    pub(crate) fn connections(&self) -> Result<Vec<Connection>, ConfigError> {
        let config = Kubeconfig::read(self.kubeconfig.as_deref())?;
        if let Some(config) = config {
            if self.all_contexts {
                return config.contexts().iter().map(|name| config.connection(Some(name))).collect();
            }
            return Ok(vec![config.connection(self.context.as_deref())?]);
        }
        kubeconfig::in_cluster()?.map(|connection| vec![connection]).ok_or(ConfigError::Nothing)
    }

    /// What of the clusters is read.
    pub(crate) fn scope(&self) -> Scope {
        Scope { namespaces: self.namespace.clone(), selector: self.selector.clone(), feature: self.feature }
    }

    /// A client for a cluster.
    pub(crate) fn client(&self, connection: Connection) -> anyhow::Result<Client<'static>> {
        let limits = Limits { qps: self.qps, timeout: Duration::from_secs(self.timeout.into()) };
        if connection.insecure {
            eprintln!("warning: the kubeconfig says not to look at the certificate of `{}`", connection.name);
        }
        Ok(Client::new(connection, limits, &screen::notice)?)
    }
}

/// What somebody typed, so that one sees that it is nothing.
fn shown(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { text.chars().filter(|letter| !letter.is_control()).collect() }
}

/// A cluster that answers, and what it has.
pub(crate) struct Reached {
    /// Who asks.
    pub(crate) client: Client<'static>,
    /// What it has.
    pub(crate) discovery: Discovery,
}

/// Asks a cluster what it has.
///
/// # Errors
/// It cannot be asked.
pub(crate) fn reach(arguments: &ClusterArguments, connection: Connection) -> anyhow::Result<Reached> {
    let name = connection.name.clone();
    let client = arguments.client(connection)?;
    let discovery = discover(&client).with_context(|| format!("cannot look into the cluster `{name}`"))?;
    Ok(Reached { client, discovery })
}

/// Reads a cluster into `inventory`, and into a snapshot if there is one to write.
///
/// # Errors
/// The snapshot cannot be written.
pub(crate) fn load_cluster(
    arguments: &ClusterArguments,
    reached: Reached,
    writer: Option<Writer>,
    (judge, after_definitions): (Judge<'_>, &(dyn Fn() + Sync)),
    inventory: &mut Inventory,
) -> anyhow::Result<Loaded> {
    let progress = Progress::default();
    let Reached { client, discovery } = reached;
    let made = made_objects(arguments.feature);
    let actions = Actions { judge, after_definitions, progress: &progress, made };
    let scope = arguments.scope();
    let parallel = usize::from(arguments.parallel.clamp(1, 64));
    screen::with_progress(&|| screen::objects(&progress), || {
        Ok(cluster::load::live(&client, discovery, &scope, parallel, writer, actions, inventory)?)
    })
}

/// Reads a snapshot into `inventory`.
///
/// # Errors
/// It is no snapshot, or a part of one.
pub(crate) fn load_snapshot(
    path: &Path,
    threads: usize,
    feature: Feature,
    (judge, after_definitions): (Judge<'_>, &(dyn Fn() + Sync)),
    inventory: &mut Inventory,
) -> anyhow::Result<Loaded> {
    let progress = Progress::default();
    let actions = Actions { judge, after_definitions, progress: &progress, made: made_objects(feature) };
    screen::with_progress(&|| screen::objects(&progress), || {
        let loaded = cluster::load::snapshot(path, threads, feature, actions, inventory);
        loaded.with_context(|| format!("`{}`", path.display()))
    })
}

/// Pods have addresses and nodes that what they are made of has not.
fn made_objects(feature: Feature) -> MadeObjects {
    if feature == Feature::Network { MadeObjects::Kept } else { MadeObjects::Folded }
}

/// How what is read is called, for the headline of a report.
pub(crate) fn title(paths: &[PathBuf], live: &model::inventory::LiveFacts) -> String {
    let names: Vec<String> = match live.clusters.as_slice() {
        [] => paths.iter().map(|path| path_title(path)).collect(),
        clusters => clusters.iter().map(|cluster| cluster.name.clone()).collect(),
    };
    if names.len() > 3 { format!("{} and {} more", names[0], names.len() - 1) } else { names.join(", ") }
}

fn path_title(path: &Path) -> String {
    match path.to_string_lossy() {
        name if name == "-" => "standard input".to_owned(),
        name if name == "." => {
            let here = path.canonicalize().ok();
            here.as_deref()
                .and_then(Path::file_name)
                .map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned())
        }
        name => name.into_owned(),
    }
}
