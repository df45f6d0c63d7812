//! `rbac graph`: subjects, bindings, roles and what they can reach, as a picture.

use std::collections::{BTreeMap, BTreeSet};

use model::severity::Severity;
use rbac::capability::{Capabilities, Holding};
use rbac::{Evaluator, RoleId, RoleLink, Source, SubjectKey, catalogue};
use reports::rbac::{GraphEdge, GraphNode, GraphReport};

use super::{answered, config, read, report, write_with};
use crate::arguments::rbac::{GraphArguments, GraphFormat};
use crate::exit::Exit;

/// Roles that are shown by themselves.
const MOST_ROLES: usize = 16;
/// Nodes of subjects.
const MOST_SUBJECTS: usize = 20;
/// Members that a node lists.
const MOST_MEMBERS: usize = 200;

/// Runs the command.
pub(super) fn run(arguments: &GraphArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let inventory = read(&arguments.paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let capabilities = Capabilities::new(&evaluator);
    let mut report = report(&evaluator, common);
    report.graph = Some(Builder::new(&capabilities).build());
    write_with(&arguments.format, |format, out| match format {
        GraphFormat::Svg => reports::rbac::graph::write_svg(&report, out),
        GraphFormat::Html => reports::rbac::graph::write_html(&report, out),
        GraphFormat::Dot => reports::rbac::graph::write_dot(&report, out),
        GraphFormat::Json => reports::rbac::write_json(&report, out),
    })?;
    Ok(answered(&report))
}

/// The bindings of one role in one kind of scope.
#[derive(Default)]
struct Group {
    bindings: Vec<String>,
    namespaces: BTreeSet<String>,
    subjects: BTreeSet<SubjectKey>,
    severity: Option<Severity>,
    themes: BTreeMap<catalogue::Theme, Severity>,
    dangers: BTreeSet<usize>,
}

struct Builder<'c, 'i> {
    capabilities: &'c Capabilities<'i>,
    groups: BTreeMap<(RoleId, bool), Group>,
    nodes: Vec<GraphNode>,
    edges: BTreeMap<(u32, u32), Severity>,
    left_out: Vec<String>,
}

impl<'c, 'i> Builder<'c, 'i> {
    fn new(capabilities: &'c Capabilities<'i>) -> Self {
        let evaluator = capabilities.evaluator();
        let mut groups: BTreeMap<(RoleId, bool), Group> = BTreeMap::new();
        for binding in evaluator.bindings().iter().filter(|binding| binding.source != Source::BuiltIn) {
            let RoleLink::Role(role) = binding.role else { continue };
            let namespace = (!binding.cluster).then_some(binding.namespace);
            let (dangers, limited) = capabilities.of_role(role, namespace);
            if dangers.is_empty() || binding.subjects.is_empty() {
                continue;
            }
            let group = groups.entry((role, binding.cluster)).or_default();
            let own = evaluator.text(binding.namespace);
            let name = evaluator.text(binding.name);
            group.bindings.push(if binding.cluster { name } else { format!("{own}/{name}") });
            group.namespaces.insert(own);
            group.subjects.extend(binding.subjects.iter().filter(|subject| **subject != SubjectKey::Nobody));
            let holding = Holding { subject: SubjectKey::Nobody, namespace, dangers, limited };
            for danger in dangers.iter() {
                let severity = capabilities.severity(&holding, danger);
                let worst = group.themes.entry(catalogue::ALL[danger].theme).or_insert(severity);
                *worst = severity.max(*worst);
                group.severity = group.severity.max(Some(severity));
                group.dangers.insert(danger);
            }
        }
        Self { capabilities, groups, nodes: Vec::new(), edges: BTreeMap::new(), left_out: Vec::new() }
    }

    fn build(mut self) -> GraphReport {
        let mut roles: BTreeMap<RoleId, Severity> = BTreeMap::new();
        for ((role, _), group) in &self.groups {
            let worst = roles.entry(*role).or_insert(Severity::Info);
            *worst = group.severity.unwrap_or(Severity::Info).max(*worst);
        }
        let mut roles: Vec<(RoleId, Severity)> = roles.into_iter().collect();
        roles.sort_by_key(|(role, severity)| (std::cmp::Reverse(*severity), *role));
        if let Some(more) = roles.len().checked_sub(MOST_ROLES).filter(|more| *more > 0) {
            self.left_out
                .push(format!("{more} more roles with something dangerous are not drawn; the {MOST_ROLES} worst are."));
        }
        roles.truncate(MOST_ROLES);
        let shown: BTreeSet<RoleId> = roles.iter().map(|(role, _)| *role).collect();
        let groups = std::mem::take(&mut self.groups);
        let groups: Vec<_> = groups.into_iter().filter(|((role, _), _)| shown.contains(role)).collect();
        self.subjects(&groups, &roles);
        let nodes = self.nodes;
        let edges = self.edges.into_iter().map(|((from, to), severity)| GraphEdge {
            from,
            to,
            severity: severity.name().to_owned(),
        });
        GraphReport { nodes, edges: edges.collect(), left_out: self.left_out }
    }

    fn evaluator(&self) -> &'c Evaluator<'i> {
        self.capabilities.evaluator()
    }

    fn node(&mut self, column: u8, kind: &str, label: String, severity: Severity, members: Vec<String>) -> u32 {
        let (kind, severity) = (kind.to_owned(), severity.name().to_owned());
        let members = members.into_iter().take(MOST_MEMBERS).collect();
        self.nodes.push(GraphNode { column, kind, label, severity, members });
        self.nodes.len() as u32 - 1
    }

    /// All nodes and edges: subjects that reach the same bindings are one node.
    fn subjects(&mut self, groups: &[((RoleId, bool), Group)], roles: &[(RoleId, Severity)]) {
        let mut reached: BTreeMap<SubjectKey, Vec<usize>> = BTreeMap::new();
        for (number, (_, group)) in groups.iter().enumerate() {
            group.subjects.iter().for_each(|subject| reached.entry(*subject).or_default().push(number));
        }
        let mut classes: BTreeMap<(&'static str, Vec<usize>), Vec<String>> = BTreeMap::new();
        for (subject, through) in reached {
            let (kind, name) = self.evaluator().describe(subject);
            classes.entry((kind, through)).or_default().push(name);
        }
        let worst = |through: &[usize]| through.iter().filter_map(|&number| groups[number].1.severity).max();
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_by(|a, b| worst(&b.0.1).cmp(&worst(&a.0.1)).then_with(|| a.cmp(b)));
        let rest = classes.split_off(classes.len().min(MOST_SUBJECTS));
        let mut merged: BTreeMap<&'static str, (BTreeSet<usize>, Vec<String>)> = BTreeMap::new();
        for ((kind, through), names) in rest {
            let entry = merged.entry(kind).or_default();
            entry.0.extend(through);
            entry.1.extend(names);
        }
        let merged = merged.into_iter().map(|(kind, (through, names))| ((kind, through.into_iter().collect()), names));
        classes.extend(merged);
        let mut from = Vec::new();
        for ((kind, through), mut names) in classes {
            names.sort();
            let severity = worst(&through).unwrap_or(Severity::Info);
            let label = match &names[..] {
                [name] => name.clone(),
                names => format!("{} {kind}s", names.len()),
            };
            from.push((self.node(0, kind, label, severity, names), through));
        }
        self.rest(groups, roles, from);
    }

    /// Bindings, roles and themes, and the edges between all of them.
    fn rest(&mut self, groups: &[((RoleId, bool), Group)], roles: &[(RoleId, Severity)], from: Vec<(u32, Vec<usize>)>) {
        let rank = |role: RoleId| roles.iter().position(|(other, _)| *other == role);
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|&number| (rank(groups[number].0.0), !groups[number].0.1));
        let mut of_group = vec![0; groups.len()];
        for number in order {
            let ((_, cluster), group) = &groups[number];
            let kind = if *cluster { "ClusterRoleBinding" } else { "RoleBinding" };
            let label = match (&group.bindings[..], *cluster) {
                ([name], _) => name.clone(),
                (names, true) => format!("{} bindings", names.len()),
                (names, false) => format!("{} in {} namespaces", names.len(), group.namespaces.len()),
            };
            let severity = group.severity.unwrap_or(Severity::Info);
            of_group[number] = self.node(1, kind, label, severity, group.bindings.clone());
        }
        for (subject, through) in from {
            for number in through {
                let severity = groups[number].1.severity.unwrap_or(Severity::Info);
                self.edges.insert((subject, of_group[number]), severity);
            }
        }
        let mut of_role = BTreeMap::new();
        for (id, severity) in roles {
            let role = self.evaluator().role(*id);
            let kind = if role.cluster { "ClusterRole" } else { "Role" };
            let (namespace, name) = (self.evaluator().text(role.namespace), self.evaluator().text(role.name));
            let label = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
            let of = groups.iter().filter(|((other, _), _)| other == id);
            let dangers: BTreeSet<usize> = of.flat_map(|(_, group)| group.dangers.iter().copied()).collect();
            let members = dangers.into_iter().map(|danger| format!("can {}", catalogue::ALL[danger].title)).collect();
            of_role.insert(*id, self.node(2, kind, label, *severity, members));
        }
        let mut themes: BTreeMap<catalogue::Theme, Severity> = BTreeMap::new();
        for (_, group) in groups {
            for (theme, severity) in &group.themes {
                let worst = themes.entry(*theme).or_insert(*severity);
                *worst = (*severity).max(*worst);
            }
        }
        let of_theme: BTreeMap<_, _> = themes
            .into_iter()
            .map(|(theme, severity)| (theme, self.node(3, "can reach", theme.name().to_owned(), severity, Vec::new())))
            .collect();
        for (number, ((role, _), group)) in groups.iter().enumerate() {
            let severity = group.severity.unwrap_or(Severity::Info);
            self.edges.insert((of_group[number], of_role[role]), severity);
            for (theme, severity) in &group.themes {
                let worst = self.edges.entry((of_role[role], of_theme[theme])).or_insert(*severity);
                *worst = (*severity).max(*worst);
            }
        }
    }
}
