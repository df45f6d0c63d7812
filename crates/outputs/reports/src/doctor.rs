//! What the machine and the rights of a user allow to be told, for people and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::Tool;
use crate::text::Terminal;
use crate::text::terminal::{sanitize, wrap};

/// The report of `plimsoll doctor`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What the machine offers; empty if clusters were asked about.
    pub machine: Vec<Fact>,
    /// What may be seen of each cluster.
    pub clusters: Vec<ClusterRights>,
}

/// Something that the machine offers, or does not.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// What is known of it.
    pub says: String,
    /// What cannot be done without it.
    pub without: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is there.
    Good,
    /// It is not there, and something needs it.
    Absent,
    /// It is there and cannot be used.
    Bad,
}

/// What a user may see of a cluster.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRights {
    /// What the cluster is called: the context.
    pub name: String,
    /// The version of the server; empty if it does not say.
    pub version: String,
    /// Who the server takes the user for; null if it does not say.
    pub user: Option<String>,
    /// The groups that the user is in.
    pub groups: Vec<String>,
    /// The namespaces that were asked about; empty for the whole cluster.
    pub namespaces: Vec<String>,
    /// Why the cluster cannot be asked; null if it can.
    pub unreached: Option<String>,
    /// What can be told.
    pub features: Vec<FeatureReport>,
    /// What may not be listed and watched everywhere.
    pub missing: Vec<Missing>,
    /// Groups of the API that do not answer, and why.
    pub failed: Vec<(String, String)>,
}

/// Whether a feature sees everything that it needs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeatureReport {
    /// The name.
    pub feature: String,
    /// The command that it is.
    pub command: String,
    /// How many kinds it needs.
    pub kinds: usize,
    /// Of how many it may not see all objects.
    pub missing: usize,
    /// Whether it reads the whole cluster, so that what was asked of namespaces alone says nothing of it.
    pub beyond: bool,
}

/// A kind of which not everything may be seen.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// The group; empty for the core group.
    pub group: String,
    /// The plural name.
    pub resource: String,
    /// The namespace that was asked about; null for all.
    pub namespace: Option<String>,
    /// Where it may be listed.
    pub list: Reach,
    /// Where it may be watched.
    pub watch: Reach,
    /// The features that lack it.
    pub features: Vec<String>,
    /// What is not known without it.
    pub cost: String,
}

/// Where something may be done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// Everywhere that was asked about.
    pub everywhere: bool,
    /// In these namespaces, if not everywhere.
    pub namespaces: Vec<String>,
    /// Why it is not known; null if it is.
    pub unknown: Option<String>,
}

impl ClusterRights {
    /// A cluster that cannot be asked.
    pub fn unreached(name: String, reason: String) -> Self {
        Self {
            name,
            version: String::new(),
            user: None,
            groups: Vec::new(),
            namespaces: Vec::new(),
            unreached: Some(reason),
            features: Vec::new(),
            missing: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl DoctorReport {
    /// Whether nothing is missing.
    pub fn is_everything_told(&self) -> bool {
        self.machine.iter().all(|fact| fact.standing != Standing::Bad)
            && self
                .clusters
                .iter()
                .all(|cluster| cluster.unreached.is_none() && cluster.missing.is_empty() && cluster.failed.is_empty())
    }
}

/// The schema of the JSON form.
pub fn schema() -> String {
    let schema = schemars::schema_for!(DoctorReport);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &DoctorReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// Writes the report for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &DoctorReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if !report.machine.is_empty() {
        write_machine(&report.machine, terminal, out)?;
    }
    for (number, cluster) in report.clusters.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write_cluster(cluster, terminal, out)?;
    }
    Ok(())
}

fn write_machine(facts: &[Fact], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", terminal.logo(), terminal.bold("this machine"))?;
    let width = facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or(0).min(40);
    for fact in facts {
        let mark = if fact.standing == Standing::Good { terminal.passed() } else { terminal.unseen() };
        let says = terminal.cut(&sanitize(&fact.says), terminal.width.saturating_sub(width + 6));
        let name = terminal.cut(&sanitize(&fact.name), width);
        writeln!(out, "  {mark} {name:width$}  {says}")?;
        if let Some(without) = &fact.without {
            writeln!(out, "    {:width$}  {}", "", terminal.dim(&format!("without it: {without}")))?;
        }
    }
    writeln!(out, "  {}", terminal.dim("what your rights in a cluster allow to be told: plimsoll doctor --cluster"))
}

fn write_cluster(cluster: &ClusterRights, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut title = sanitize(&cluster.name);
    if let Some(reason) = &cluster.unreached {
        writeln!(out, "{} {}", terminal.logo(), terminal.bold(&title))?;
        return writeln!(out, "  {} {}", terminal.unseen(), sanitize(reason));
    }
    if !cluster.version.is_empty() {
        title += &format!(": Kubernetes {}", sanitize(&cluster.version));
    }
    if !cluster.namespaces.is_empty() {
        title += &format!(", namespace {}", sanitize(&cluster.namespaces.join(", ")));
    }
    let user = cluster.user.as_ref().map(|user| format!("  as {}", sanitize(user))).unwrap_or_default();
    writeln!(out, "{} {}{}", terminal.logo(), terminal.bold(&title), terminal.dim(&user))?;
    for feature in &cluster.features {
        let (mark, says) = match (feature.missing, feature.kinds) {
            _ if feature.beyond => (terminal.unseen(), "reads the whole cluster".to_owned()),
            (0, _) => (terminal.passed(), "everything it needs".to_owned()),
            (missing, kinds) if missing == kinds => (terminal.unseen(), format!("none of {kinds} kinds")),
            (missing, kinds) => (terminal.unseen(), format!("{} of {kinds} kinds", kinds - missing)),
        };
        let command = terminal.dim(&feature.command);
        writeln!(out, "  {mark} {:10}{says:24}{command}", feature.feature)?;
    }
    if cluster.features.iter().any(|feature| feature.beyond) {
        let text = "a namespace alone does not say who may do what, who may connect, and which ways there are: nodes, \
                    ClusterRoles, their bindings and other namespaces count. Ask without `--namespace`";
        for line in wrap(text, terminal.width.saturating_sub(4)) {
            writeln!(out, "    {}", terminal.dim(&line))?;
        }
    }
    write_missing(cluster, terminal, out)?;
    for (group, reason) in &cluster.failed {
        writeln!(out, "  {} kinds of {}: {}", terminal.unseen(), sanitize(group), sanitize(reason))?;
    }
    if let Some(feature) = cluster.features.iter().find(|feature| feature.missing > 0 && !feature.beyond) {
        let scope: String = cluster.namespaces.iter().map(|name| format!(" -n {}", sanitize(name))).collect();
        let context = sanitize(&cluster.name);
        writeln!(out, "\n  the smallest role for a feature:")?;
        let command = format!("plimsoll doctor --context {context}{scope} --role {}", feature.feature);
        writeln!(out, "    {command} | kubectl apply -f -")?;
    }
    Ok(())
}

/// Kinds of which the same is said stand together, what most features lack first.
fn write_missing(cluster: &ClusterRights, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut blocks: BTreeMap<(bool, String), Vec<Block<'_>>> = BTreeMap::new();
    for missing in &cluster.missing {
        let list_is_enough = missing.list.everywhere;
        let seen = if list_is_enough { &missing.watch } else { &missing.list };
        let blocks = blocks.entry((list_is_enough, extent(seen))).or_default();
        let name = short_name(missing, cluster.namespaces.len() > 1);
        match blocks.iter_mut().find(|block| block.cost == missing.cost) {
            Some(block) => {
                block.names.push(name);
                block.features = block.features.max(missing.features.len());
            }
            None => {
                blocks.push(Block { cost: &missing.cost, names: vec![name], features: missing.features.len() });
            }
        }
    }
    for ((list_is_enough, extent), mut blocks) in blocks {
        let what = if list_is_enough { "may be seen, and not be watched" } else { "not observed" };
        writeln!(out, "\n  {}{extent}", terminal.bold(what))?;
        blocks.sort_by_key(|block| (std::cmp::Reverse(block.features), block.names.len()));
        for block in blocks {
            write_block(&block, list_is_enough, terminal, out)?;
        }
    }
    Ok(())
}

/// So many kinds of a block are named; JSON has all.
const SHOWN_KINDS: usize = 8;

/// Kinds without which the same is not known.
struct Block<'a> {
    cost: &'a str,
    names: Vec<String>,
    /// How many features lack them.
    features: usize,
}

fn write_block(block: &Block<'_>, names_alone: bool, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let shown = block.names.iter().take(SHOWN_KINDS).cloned();
    let more = block.names.len().saturating_sub(SHOWN_KINDS);
    let more = (more > 0).then(|| format!("and {more} more"));
    let names = shown.chain(more).collect::<Vec<_>>().join(", ");
    if names_alone {
        return wrap(&names, terminal.width.saturating_sub(4)).iter().try_for_each(|line| writeln!(out, "    {line}"));
    }
    let left = (terminal.width / 2).saturating_sub(6).max(20);
    let names = wrap(&names, left);
    let cost = wrap(block.cost, terminal.width.saturating_sub(left + 6));
    for line in 0..names.len().max(cost.len()) {
        let cell = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
        let text = format!("    {:left$}  {}", cell(&names), terminal.dim(&cell(&cost)));
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// The plural name, with its group where that is not one of Kubernetes' own.
fn short_name(missing: &Missing, with_namespace: bool) -> String {
    let mut name = sanitize(&missing.resource);
    if missing.group.contains('.') && !missing.group.ends_with(".k8s.io") {
        name += &format!(".{}", sanitize(&missing.group));
    }
    if let Some(namespace) = missing.namespace.as_ref().filter(|_| with_namespace) {
        name += &format!(" in {}", sanitize(namespace));
    }
    name
}

fn extent(reach: &Reach) -> String {
    const SHOWN: usize = 4;
    if let Some(reason) = &reach.unknown {
        return format!(", as far as is known ({})", sanitize(reason));
    }
    if reach.namespaces.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = reach.namespaces.iter().take(SHOWN).map(|name| sanitize(name)).collect();
    let more = reach.namespaces.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(", except in {}{more}", shown.join(", "))
}
