//! The changes of a plan, written into texts of the user's files and proven: with them everything is read and asked once
//! more, with every set of values: no way is there that the plan said is gone, none that was not there, and no finding.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ::network::{End, Generated, GeneratedRule, Network, Peer, Wish, generate, protocol_name};
use ::paths::analysis::Analysis;
use ::paths::edges::EDGES;
use ::paths::graph::{Action, Fix, Graph};
use ::paths::topology::{Removed, VertexId};
use ::paths::world::World;
use controls::engine::Passed;
use fixes::Change;
use fixes::brought::{self, Findings};
use fixes::plan::Scanned;
use fixes::planned::{self, Wanted, WantedAction, Written};
use fixes::tree::Tree;
use manifests::walk::Texts;
use model::coverage::Skipped;
use model::inventory::{Inventory, Results};
use reports::paths::{FixInfo, Teller};

use super::{asked_of, config};
use crate::arguments::{ClusterArguments, Order, PathsPlanArguments, SelectionArguments};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::inputs::Traced;
use crate::judging::{self, Request};
use crate::{git, inputs};

/// What came of a plan.
pub(crate) struct Proven {
    /// The files that change.
    pub(crate) changes: Vec<Change>,
    /// The changes of the plan, in its order.
    pub(crate) steps: Vec<Step>,
    /// The risk before them.
    pub(crate) before: u64,
    /// The risk that is left when everything is read and asked again with what is written.
    pub(crate) left: u64,
    /// The other sets of values.
    pub(crate) others: Vec<OtherSet>,
    /// What was not looked at.
    pub(crate) skipped: Vec<Skipped>,
}

/// A set of values that the plan was not made for.
pub(crate) struct OtherSet {
    /// What it is called.
    pub(crate) name: String,
    /// The risk before the changes, and with them; none if what is asked about is not there with these values.
    pub(crate) risk: Option<(u64, u64)>,
}

/// What a proof looks at beside the ways.
pub(crate) struct Judging<'a> {
    /// How controls run; all of them do.
    pub(crate) selection: &'a SelectionArguments,
    /// What the project's configuration says.
    pub(crate) project: &'a ProjectSettings,
}

/// A change of a plan.
pub(crate) struct Step {
    /// The change.
    pub(crate) fix: FixInfo,
    /// The files in which it is written, or why it is not.
    pub(crate) made: Result<Vec<PathBuf>, String>,
}

impl Proven {
    /// Whether nothing is left.
    pub(crate) fn exit(&self) -> Exit {
        let is_done = self.left == 0 && self.steps.iter().all(|step| step.made.is_ok());
        let found = if is_done { Exit::Clean } else { Exit::Findings };
        if self.skipped.is_empty() { found } else { found.max(Exit::Incomplete) }
    }
}

/// How often everything is read again to find out which change does not keep its promise.
const READINGS: usize = 64;

/// Which entries reach which sinks, by their names.
type Pairs = BTreeSet<(String, String)>;

/// What still reaches what, and the risk.
struct Asked {
    pairs: Pairs,
    left: u64,
}

/// What is found when everything is read again.
struct Again {
    asked: Asked,
    results: Results,
    /// With every other set of values; none where what is asked about is not there.
    others: Vec<Option<Asked>>,
    findings: Findings,
}

/// Plans, writes and proves.
///
/// # Errors
/// What cannot be asked for, or not be read.
pub(crate) fn prove(arguments: &PathsPlanArguments, judging: &Judging<'_>) -> anyhow::Result<Proven> {
    refuse(arguments)?;
    let reading = Reading { arguments, judging };
    let Traced { inventory, origins, sets } = reading.first(Texts::default())?;
    let others = reading.others(sets.len(), &Texts::default())?;
    let findings = reading.findings(&Texts::default())?;
    let world = World::new(&inventory, &config(&inventory, &arguments.input));
    let graph = Graph::new(&world, EDGES);
    let analysis = asked_of(&world, &graph, arguments)?;
    let plan = analysis.plan(arguments.budget);
    let told = Teller { world: &world, graph: &graph }.plan(&analysis, &plan);
    let changes: Vec<usize> = plan.steps.iter().map(|step| step.change).collect();
    let wanted = changes.iter().map(|change| wanted(&world, &graph.fixes[*change])).collect();
    let ends = analysis.starts().iter().map(|start| start.vertex);
    let ends = ends.chain(analysis.sinks().iter().map(|sink| sink.vertex));
    let names = ends.map(|vertex| (vertex, graph.vertices[vertex.index()].name(&world))).collect();
    drop(world);
    let results = inventory.into_results();
    let results = Results { origins, ..results };
    let mut proof = Proof {
        reading,
        others,
        findings,
        promise: Promise { analysis: &analysis, changes: &changes, names },
        results,
        wanted,
        withdrawn: BTreeMap::new(),
        readings: 0,
    };
    let (written, left, after) = proof.run(plan.before)?;
    let Proof { withdrawn, results, others, .. } = proof;
    let risk = |(before, after): (Option<Asked>, Option<u64>)| {
        let before = before?.left;
        Some((before, after.unwrap_or(before)))
    };
    let after = after.into_iter().map(Some).chain(std::iter::repeat(None)).map(Option::flatten);
    let others = sets.into_iter().skip(1).zip(others.into_iter().zip(after));
    let others = others.map(|(name, both)| OtherSet { name, risk: risk(both) }).collect();
    let steps = told.steps.into_iter().enumerate().map(|(number, step)| Step {
        fix: step.fix,
        made: match withdrawn.get(&number) {
            Some(reason) => Err(reason.clone()),
            None => Ok(written.files.get(&number).cloned().unwrap_or_default()),
        },
    });
    let skipped = results.coverage.skipped;
    Ok(Proven { changes: written.changes, steps: steps.collect(), before: plan.before, left, others, skipped })
}

/// Only files can be changed.
fn refuse(arguments: &PathsPlanArguments) -> Result<(), UsageError> {
    let place = &arguments.input.place;
    let text = if place.snapshot.is_some() || place.as_cluster().is_asked_for() {
        "the changes of a plan are written into files, and a cluster has none: name its manifests"
    } else if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        "standard input cannot be changed: name files or folders"
    } else if arguments.paths.iter().any(|path| git::is_address(path)) {
        "what is fetched cannot be changed: clone it, and name the folder"
    } else {
        return Ok(());
    };
    Err(UsageError(text.to_owned()))
}

/// Reads everything, with texts in place of those of files.
#[derive(Clone, Copy)]
struct Reading<'a> {
    arguments: &'a PathsPlanArguments,
    judging: &'a Judging<'a>,
}

impl Reading<'_> {
    fn first(&self, texts: Texts) -> anyhow::Result<Traced> {
        let PathsPlanArguments { paths, input, .. } = self.arguments;
        inputs::traced_inventory(paths, &input.input, input.complete, (texts, self.judging.project))
    }

    /// What is said of every set of values but the first.
    fn others(&self, sets: usize, texts: &Texts) -> anyhow::Result<Vec<Option<Asked>>> {
        let PathsPlanArguments { paths, input, .. } = self.arguments;
        let of_set = |set: usize| {
            let given = (Texts::clone(texts), self.judging.project, set);
            let inventory = inputs::inventory_of_set(paths, &input.input, input.complete, given)?;
            // What is asked about may not be there with other values.
            Ok(self.ask(&inventory).ok())
        };
        (1..sets).map(of_set).collect()
    }

    fn ask(&self, inventory: &Inventory) -> Result<Asked, UsageError> {
        let world = World::new(inventory, &config(inventory, &self.arguments.input));
        let graph = Graph::new(&world, EDGES);
        let analysis = asked_of(&world, &graph, self.arguments)?;
        let name = |vertex: VertexId| graph.vertices[vertex.index()].name(&world);
        let pairs = analysis.reaching(&Removed::default()).into_iter();
        let pairs = pairs.map(|(from, to)| (name(from), name(to))).collect();
        Ok(Asked { pairs, left: analysis.left(&Removed::default()) })
    }

    /// What all controls find.
    fn findings(&self, texts: &Texts) -> anyhow::Result<Findings> {
        let Judging { selection, project } = *self.judging;
        let everything =
            SelectionArguments { only: Vec::new(), skip: Vec::new(), framework: Vec::new(), ..selection.clone() };
        let request = Request {
            paths: &self.arguments.paths,
            input: &self.arguments.input.input,
            cluster: &ClusterArguments::default(),
            selection: &everything,
            passed: Passed::Drop,
            order: Order::Severity,
            project,
        };
        let judging::Judged { results, controls, .. } = judging::judge_with(&request, Texts::clone(texts))?;
        Ok(brought::findings(&Scanned { results, controls }))
    }
}

/// What the graph says of some of the changes of a plan.
struct Promise<'a> {
    analysis: &'a Analysis<'a>,
    /// The changes, as the graph counts them.
    changes: &'a [usize],
    names: BTreeMap<VertexId, String>,
}

impl Promise<'_> {
    /// What still reaches what, without what these steps take away.
    fn pairs(&self, steps: &[usize]) -> Pairs {
        let mut removed = Removed::default();
        for step in steps {
            removed.apply(&self.analysis.graph.changes[self.changes[*step]]);
        }
        let name = |vertex: VertexId| self.names.get(&vertex).cloned().unwrap_or_default();
        self.analysis.reaching(&removed).into_iter().map(|(from, to)| (name(from), name(to))).collect()
    }
}

/// A plan that is being proven.
struct Proof<'a> {
    reading: Reading<'a>,
    /// What every other set of values, and all controls, say before anything is changed.
    others: Vec<Option<Asked>>,
    findings: Findings,
    promise: Promise<'a>,
    results: Results,
    /// What each step asks for, or why that cannot be written.
    wanted: Vec<Result<Wanted, String>>,
    withdrawn: BTreeMap<usize, String>,
    readings: usize,
}

impl Proof<'_> {
    /// Writes all that keeps its promise. Returns it with the risk that is left, and that of every other set of values.
    fn run(&mut self, before: u64) -> anyhow::Result<(Written, u64, Vec<Option<u64>>)> {
        loop {
            let steps: Vec<usize> = (0..self.wanted.len()).filter(|step| !self.withdrawn.contains_key(step)).collect();
            let (mut written, steps) = self.write(&steps);
            if written.changes.is_empty() {
                return Ok((written, before, Vec::new()));
            }
            let again = self.again(&written)?;
            let Some(trouble) = self.trouble(&again, &steps) else {
                planned::hide(&mut written.changes, &again.results);
                let left = |asked: &Option<Asked>| asked.as_ref().map(|asked| asked.left);
                return Ok((written, again.asked.left, again.others.iter().map(left).collect()));
            };
            let (step, trouble) = self.first_to_blame(&steps, trouble)?;
            self.withdrawn.insert(step, trouble);
        }
    }

    /// Writes steps; those that cannot be written are withdrawn.
    fn write(&mut self, steps: &[usize]) -> (Written, Vec<usize>) {
        let mut numbers = Vec::new();
        let mut wanted = Vec::new();
        for step in steps {
            match &self.wanted[*step] {
                Ok(one) => {
                    numbers.push(*step);
                    wanted.push(one.clone());
                }
                Err(reason) => drop(self.withdrawn.insert(*step, reason.clone())),
            }
        }
        let Written { changes, refused, files } = planned::write(&self.results, &wanted, &text_of);
        let is_made = |number: &usize| !refused.contains_key(number);
        let made = (0..numbers.len()).filter(is_made).map(|number| numbers[number]).collect();
        let files = files.into_iter().map(|(number, files)| (numbers[number], files)).collect();
        for (number, reason) in refused {
            self.withdrawn.insert(numbers[number], reason);
        }
        (Written { changes, refused: BTreeMap::new(), files }, made)
    }

    fn again(&mut self, written: &Written) -> anyhow::Result<Again> {
        self.readings += 1;
        let texts = written.changes.iter().map(|change| (change.path.clone(), change.new.clone()));
        let texts = Texts::new(texts.collect::<BTreeMap<PathBuf, String>>());
        let Traced { inventory, origins, sets: _ } = self.reading.first(Texts::clone(&texts))?;
        let asked = self.reading.ask(&inventory)?;
        let results = Results { origins, ..inventory.into_results() };
        let others = self.reading.others(self.others.len() + 1, &texts)?;
        Ok(Again { asked, results, others, findings: self.reading.findings(&texts)? })
    }

    /// What is wrong with what was found after these steps.
    fn trouble(&self, again: &Again, steps: &[usize]) -> Option<String> {
        let known: BTreeSet<&Skipped> = self.results.coverage.skipped.iter().collect();
        // What is looked at less than before proves nothing.
        let unseen = again.results.coverage.skipped.iter().find(|skipped| !known.contains(skipped));
        if let Some(Skipped { path, reason, .. }) = unseen {
            return Some(format!("`{}` could not be looked at then: {reason}", path.display()));
        }
        let promised = self.promise.pairs(steps);
        if let Some((from, to)) = again.asked.pairs.difference(&promised).next() {
            return Some(format!("with it in the files a way from {from} to {to} is still there"));
        }
        let asked = self.others.iter().zip(&again.others);
        let asked = asked.filter_map(|(before, after)| Some((&before.as_ref()?.pairs, &after.as_ref()?.pairs)));
        if let Some((from, to)) = asked.flat_map(|(before, after)| after.difference(before)).next() {
            return Some(format!("with it in the files and other values a way from {from} to {to} opens"));
        }
        let brought = brought::brought(&self.findings, &again.findings).next()?;
        Some(format!("with it `{}` would be found in {}", brought.control, brought.object))
    }

    /// The first of these steps with which what was promised of it and those before it does not hold.
    fn first_to_blame(&mut self, steps: &[usize], trouble: String) -> anyhow::Result<(usize, String)> {
        let (mut good, mut bad, mut reason) = (0, steps.len(), trouble);
        while bad - good > 1 && self.readings < READINGS {
            let middle = good + (bad - good) / 2;
            let (written, made) = self.write(&steps[..middle]);
            let again = self.again(&written)?;
            match self.trouble(&again, &made) {
                Some(trouble) => (bad, reason) = (middle, trouble),
                None => good = middle,
            }
        }
        Ok((steps[bad - 1], reason))
    }
}

/// What a file says.
fn text_of(path: &Path) -> Option<String> {
    if path.is_file() { fs::read_to_string(path).ok() } else { None }
}

fn wanted(world: &World<'_>, fix: &Fix) -> Result<Wanted, String> {
    let action = match fix.key.action {
        Action::Remove => WantedAction::Remove,
        Action::Replace(value) => WantedAction::Replace(value.to_owned()),
        Action::Insert(lines) => WantedAction::Insert(lines.to_owned()),
        Action::Delete => WantedAction::Delete,
        Action::Isolate => WantedAction::Isolate(who_needs(world, fix)?),
    };
    Ok(Wanted { resource: fix.key.resource, field: world.text(fix.key.place.field), action })
}

/// The rules for who connects to the pods of a workload, as far as objects say so.
fn who_needs(world: &World<'_>, fix: &Fix) -> Result<Tree, String> {
    let resource = fix.key.resource;
    let is_own = |number: &u32| world.inventory.facts.workloads[*number as usize].resource == resource;
    let opened =
        world.entries().iter().find(|entry| entry.is_open() && world.workloads_of(entry.endpoint).iter().any(is_own));
    if let Some(entry) = opened {
        let by = world.object_name(entry.opened_by);
        return Err(format!(
            "{by} opens it to the outside, and a policy has to say who comes in that way: `plimsoll network generate` \
             writes it with the connections that you have seen"
        ));
    }
    let network = &world.network;
    let own = network.workloads().iter().position(|workload| workload.resource == resource);
    let own = own.ok_or("its pods are not known")?;
    let namespace = world.text(network.workloads()[own].namespace);
    let wish = Wish { namespaces: vec![namespace], ..Wish::default() };
    let generated = generate(network, &[], &wish);
    rules(network, &generated, own)
}

fn rules(network: &Network<'_>, generated: &Generated, own: usize) -> Result<Tree, String> {
    let end = End::Workload(own as u32);
    if generated.needs.keys().all(|need| need.to != end) {
        return Ok(Tree::Sequence(Vec::new()));
    }
    let workload = &network.workloads()[own];
    let name = network.inventory().symbols.text(workload.name);
    let is_own = |known: &str| known == name || known.strip_prefix(&*name) == Some("-guessed");
    let policies = generated.policies.iter().filter(|policy| is_own(&policy.name));
    let rules: Vec<Tree> = policies.flat_map(|policy| &policy.ingress).map(rule).collect();
    if rules.is_empty() {
        return Err("who needs it is known, and could not be written as a rule".to_owned());
    }
    Ok(Tree::Sequence(rules))
}

fn mapping(entries: Vec<(&str, Tree)>) -> Tree {
    Tree::Mapping(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn rule(rule: &GeneratedRule) -> Tree {
    let selector = |labels: &[(String, String)]| {
        let labels = labels.iter().map(|(key, value)| (key.clone(), Tree::Text(value.clone())));
        match labels.len() {
            0 => Tree::Mapping(Vec::new()),
            _ => mapping(vec![("matchLabels", Tree::Mapping(labels.collect()))]),
        }
    };
    let peer = |peer: &Peer| match peer {
        Peer::Block(block) => mapping(vec![("ipBlock", mapping(vec![("cidr", Tree::Text(block.clone()))]))]),
        Peer::Pods { namespace, labels } => {
            let named = namespace.iter().map(|namespace| {
                let label = ("kubernetes.io/metadata.name".to_owned(), namespace.clone());
                ("namespaceSelector", selector(&[label]))
            });
            mapping(named.chain([("podSelector", selector(labels))]).collect())
        }
    };
    let port = |(protocol, port): &(_, u16)| {
        let protocol = ("protocol", Tree::Text(protocol_name(*protocol).to_owned()));
        mapping(vec![protocol, ("port", Tree::Number(port.to_string()))])
    };
    mapping(vec![
        ("from", Tree::Sequence(rule.peers.iter().map(peer).collect())),
        ("ports", Tree::Sequence(rule.ports.iter().map(port).collect())),
    ])
}
