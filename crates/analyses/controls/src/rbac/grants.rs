//! What controls of rights have in common: who can do something dangerous, by which rule, and where that is mended.
//!
//! A finding stands where the mend is: at the rule, if the role is in the input and is none that every cluster has; else
//! at the role reference of the binding. All subjects that a rule reaches are one finding, as bad as the worst of them.
//! Who may do everything is the finding of `cluster-admin-bound` alone, and who is bound to `edit` or `admin` that of
//! `built-in-edit-underestimated`: one fix is one finding.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::targets::{self, Target, Targets};
use model::control::InventoryFindings;
use model::finding::Finding;
use model::inventory::{Inventory, ResourceId, RoleFact};
use model::parameter::{Default, Parameter, parameter};
use model::place::Place;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::{Capabilities, Holding};
use rbac::proof::Proof;
use rbac::{BindingId, Config, Evaluator, Grant, RoleId, RoleLink, Source, SubjectKey, catalogue};

/// Subjects that are not reported.
pub(crate) const ALLOW_SUBJECTS: Parameter = parameter(
    "allow_subjects",
    Default::List(&["system:masters", "system:kube-controller-manager", "system:kube-scheduler", "system:nodes"]),
    "subjects that are known and accepted: names of users and groups (`user:` or `group:` before a name says which), `namespace/name` of ServiceAccounts",
);

/// Namespaces in which rights are worth more.
pub(crate) const PRIVILEGED_NAMESPACES: Parameter = parameter(
    "privileged_namespaces",
    Default::List(&["kube-system"]),
    "namespaces whose Secrets and accounts are worth the cluster",
);

/// Where and how somebody can do something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// The severity of the control.
    pub(crate) base: Severity,
    /// The id of the danger.
    pub(crate) danger: &'static str,
    /// Whether it is in the whole cluster.
    pub(crate) everywhere: bool,
    /// Whether it is in a namespace of the control plane: `privileged_namespaces`.
    pub(crate) in_system: bool,
    /// Whether rules can be added to roles that are bound already, by a label.
    pub(crate) aggregates: bool,
    /// Whether the namespace has an account that can do something critical in the whole cluster.
    pub(crate) leads_to_cluster: bool,
    /// Whether it is limited to objects of some names.
    pub(crate) limited: bool,
    /// Where those are users and accounts, the worst that they can do.
    pub(crate) worst_named: Option<Severity>,
    /// Of Secrets the worst that the accounts can do whose tokens are among them; of Roles the worst that they give.
    pub(crate) worst_target: Option<Severity>,
    /// Whether the namespace is known not to enforce a level of Pod Security.
    pub(crate) takes_any_pod: bool,
}

/// How bad it is somewhere.
pub(crate) type Grade = fn(&Situation) -> Severity;

/// As bad as the control says in the whole cluster and where that leads to it, a step less in a namespace.
pub(crate) fn by_scope(situation: &Situation) -> Severity {
    if situation.everywhere || situation.leads_to_cluster { situation.base } else { situation.base.lowered() }
}

/// As bad as the control says wherever it is.
pub(crate) fn always(situation: &Situation) -> Severity {
    situation.base
}

/// The evaluation of an inventory, made once for all controls.
pub(crate) fn judged<'i>(inventory: &'i Inventory, findings: &InventoryFindings<'_>) -> Capabilities<'i> {
    let newest = Config::default();
    let kubernetes_minor = findings.findings.settings.kubernetes_minor.unwrap_or(newest.kubernetes_minor);
    Capabilities::shared(inventory, &Config { kubernetes_minor, ..newest })
}

/// Reports everybody who can do one of these.
pub(crate) fn report(
    inventory: &Inventory,
    findings: &mut InventoryFindings<'_>,
    dangers: &[&'static str],
    grade: Grade,
) {
    report_those(inventory, findings, dangers, grade, &|_, _| true);
}

/// The same of some.
pub(crate) fn report_those(
    inventory: &Inventory,
    findings: &mut InventoryFindings<'_>,
    dangers: &[&'static str],
    grade: Grade,
    counts: Filter<'_>,
) {
    report_where(inventory, findings, dangers, grade, counts);
    if let Some(capabilities) = judged_rights(inventory, findings) {
        report_unbound(&capabilities, findings, &indexes(dangers));
    }
}

/// The same, if there is a role or binding to speak of: what every cluster has is no finding.
pub(crate) fn judged_rights<'i>(
    inventory: &'i Inventory,
    findings: &InventoryFindings<'_>,
) -> Option<Capabilities<'i>> {
    let has_rights = !inventory.facts.roles.is_empty() || !inventory.facts.bindings.is_empty();
    has_rights.then(|| judged(inventory, findings))
}

/// Decides whether what somebody can do counts, by where and by which rules.
pub(crate) type Filter<'f> = &'f dyn Fn(&Capabilities<'_>, &Proof) -> bool;

fn indexes(dangers: &[&'static str]) -> Vec<usize> {
    dangers.iter().filter_map(|id| catalogue::index(id)).collect()
}

/// Reports everybody who can do one of these, where that counts.
pub(crate) fn report_where(
    inventory: &Inventory,
    findings: &mut InventoryFindings<'_>,
    dangers: &[&'static str],
    grade: Grade,
    counts: Filter<'_>,
) {
    let Some(capabilities) = judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    look_at_all(inventory, findings);
    let mut anchors: BTreeMap<(ResourceId, Place), Anchored> = BTreeMap::new();
    for (at, proof) in counted(&capabilities, findings, dangers, counts) {
        let severity = grade(&situation(&capabilities, &proof, findings));
        anchors.entry(at).or_default().add(Found { severity, proof });
    }
    for ((resource, place), anchored) in anchors {
        let Some(worst) = &anchored.worst else { continue };
        let others = anchored.subjects.iter().copied().filter(|subject| *subject != worst.proof.subject);
        let subjects: Vec<SubjectKey> = std::iter::once(worst.proof.subject).chain(others).collect();
        let value = named_all(evaluator, &subjects);
        let finding = Finding::at_place(place).value(value).severity(worst.severity);
        findings.report(resource, finding.message(message(&capabilities, worst)));
    }
}

/// What counts of everybody's ways to one of these, with where it is mended.
fn counted(
    capabilities: &Capabilities<'_>,
    findings: &InventoryFindings<'_>,
    dangers: &[&'static str],
    counts: Filter<'_>,
) -> Vec<((ResourceId, Place), Proof)> {
    let evaluator = capabilities.evaluator();
    let wanted = indexes(dangers);
    let proofs = capabilities.proofs();
    let of_these = proofs.iter().filter(|proof| wanted.contains(&proof.danger));
    let counting = of_these.filter(|proof| {
        !is_accepted(evaluator, proof.subject, findings)
            && counts(capabilities, proof)
            && !is_edit(evaluator, proof.grants[0])
    });
    counting.filter_map(|proof| Some((anchor(evaluator, proof.grants[0])?, proof.clone()))).collect()
}

/// Says of everybody who can do one of these, where that counts, that more is not known.
pub(crate) fn skip_where(
    inventory: &Inventory,
    findings: &mut InventoryFindings<'_>,
    dangers: &[&'static str],
    counts: Filter<'_>,
    why: &'static str,
) {
    let Some(capabilities) = judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    let mut anchors: BTreeMap<(ResourceId, Place), Vec<SubjectKey>> = BTreeMap::new();
    for (at, proof) in counted(&capabilities, findings, dangers, counts) {
        let subjects = anchors.entry(at).or_default();
        if subjects.len() < MOST_COUNTED && !subjects.contains(&proof.subject) {
            subjects.push(proof.subject);
        }
    }
    for ((resource, place), subjects) in anchors {
        let finding = Finding::at_place(place).value(named_all(evaluator, &subjects));
        findings.report(resource, finding.skip().message(why));
    }
}

/// Whether a grant is one of the roles `edit` and `admin` as every cluster has them.
fn is_edit(evaluator: &Evaluator<'_>, grant: Grant) -> bool {
    let rule = evaluator.role(grant.role).rules[grant.rule as usize];
    let name = evaluator.text(evaluator.role(grant.role).name);
    matches!(&*name, "edit" | "admin") && is_default_role(evaluator, rule.origin)
}

/// What was found at one place.
#[derive(Default)]
struct Anchored {
    worst: Option<Found>,
    subjects: Vec<SubjectKey>,
}

struct Found {
    severity: Severity,
    proof: Proof,
}

impl Anchored {
    fn add(&mut self, found: Found) {
        if !self.subjects.contains(&found.proof.subject) && self.subjects.len() < MOST_COUNTED {
            self.subjects.push(found.proof.subject);
        }
        let rank = |found: &Found| (found.severity, found.proof.namespace.is_none(), !found.proof.limited);
        let is_worse = |known: &Found| rank(&found) > rank(known);
        if self.worst.as_ref().is_none_or(is_worse) {
            self.worst = Some(found);
        }
    }
}

/// Subjects of one rule are told apart up to this many.
const MOST_COUNTED: usize = 1000;

/// All roles and bindings are looked at, those that every cluster has among them.
pub(crate) fn look_at_all(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    inventory.facts.roles.iter().for_each(|role| findings.looked_at(role.resource));
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
}

/// Whether users have said that a subject is known.
pub(crate) fn is_accepted(evaluator: &Evaluator<'_>, subject: SubjectKey, findings: &InventoryFindings<'_>) -> bool {
    let accepted = findings.findings.list(&ALLOW_SUBJECTS);
    let is_named = |is: &dyn Fn(&str) -> bool| accepted.iter().any(is);
    match subject {
        SubjectKey::User(user) => {
            let user = evaluator.text(user);
            let account = rbac::split_service_account(&user).map(|(namespace, name)| format!("{namespace}/{name}"));
            is_named(&|accepted| match (accepted.strip_prefix("user:"), &account) {
                (Some(accepted), _) => accepted == user,
                (None, Some(account)) => accepted == account || accepted == user,
                // What a slash parts is an account.
                (None, None) => accepted == user && !GROUPS.contains(&&*user) && !accepted.contains('/'),
            })
        }
        SubjectKey::Group(group) => {
            let group = evaluator.text(group);
            // A group is what a certificate or a claim says: one with the name of a user or an account is neither.
            let is_reserved = USERS.contains(&&*group)
                || ["system:node:", "system:serviceaccount:"].iter().any(|of| group.starts_with(of));
            is_named(&|accepted| match accepted.strip_prefix("group:") {
                Some(accepted) => accepted == group,
                None => accepted == group && !is_reserved && !accepted.contains('/'),
            })
        }
        SubjectKey::Nobody => false,
    }
}

/// Groups that are accepted unless somebody says otherwise: a user of that name is not in them.
const GROUPS: [&str; 2] = ["system:masters", "system:nodes"];

/// Users that are accepted unless somebody says otherwise: a group of that name is somebody else.
const USERS: [&str; 2] = ["system:kube-controller-manager", "system:kube-scheduler"];

fn situation(capabilities: &Capabilities<'_>, proof: &Proof, findings: &InventoryFindings<'_>) -> Situation {
    let evaluator = capabilities.evaluator();
    let privileged = findings.findings.list(&PRIVILEGED_NAMESPACES);
    let is_privileged = |namespace| privileged.iter().any(|known| known == evaluator.text(namespace));
    let namespace = proof.namespace;
    let danger = catalogue::ALL[proof.danger].id;
    Situation {
        base: findings.findings.severity,
        danger,
        aggregates: danger == "aggregate-into-default-roles" && namespace.is_none() && aggregates(evaluator, proof),
        everywhere: namespace.is_none(),
        in_system: namespace.is_some_and(is_privileged),
        leads_to_cluster: namespace.is_some_and(|namespace| capabilities.leads_to_cluster(namespace)),
        limited: proof.limited,
        worst_named: proof.limited.then(|| worst_named(capabilities, proof)).flatten(),
        worst_target: match danger {
            "read-secrets" => token(capabilities, proof).map(|target| target.severity),
            "bind-namespace-roles" => targets::worst_role(capabilities, proof),
            _ => None,
        },
        takes_any_pod: namespace.is_some_and(|namespace| takes_any_pod(evaluator.inventory(), namespace)),
    }
}

/// The worst account whose token can be read.
fn token(capabilities: &Capabilities<'_>, proof: &Proof) -> Option<Target> {
    Targets::shared(capabilities).token(capabilities, proof.grants[0], proof.namespace)
}

/// Whether what may be written are ClusterRoles that others take rules from: any, or those of a name that have the label.
fn aggregates(evaluator: &Evaluator<'_>, proof: &Proof) -> bool {
    const LABEL: &str = "rbac.authorization.k8s.io/aggregate-to-";
    let words = &evaluator.granted(proof.grants[0]).words;
    let is_about = |resource: &Symbol| ["clusterroles", "*"].contains(&&*evaluator.text(*resource));
    let has_label = |name: &Symbol| {
        let role = evaluator.role_named("", &evaluator.text(*name));
        let fact = role.and_then(|role| evaluator.role_fact(role));
        let is_labelled = |fact: &RoleFact| fact.labels.iter().any(|(key, _)| evaluator.text(*key).starts_with(LABEL));
        fact.map_or_else(|| evaluator.text(*name).starts_with("system:aggregate-to-"), is_labelled)
    };
    words.resources.iter().any(is_about) && (words.names.is_empty() || words.names.iter().any(has_label))
}

/// Whom a rule names as users, groups or accounts.
fn named_subjects(capabilities: &Capabilities<'_>, proof: &Proof) -> Vec<SubjectKey> {
    let evaluator = capabilities.evaluator();
    let grant = proof.grants[0];
    let words = &evaluator.rule(evaluator.role(grant.role).rules[grant.rule as usize]).words;
    let symbols = &evaluator.inventory().symbols;
    let is = |resource: &str| words.resources.iter().any(|known| [resource, "*"].contains(&&*evaluator.text(*known)));
    let mut subjects: Vec<SubjectKey> = Vec::new();
    for name in &words.names {
        if is("users") {
            subjects.push(SubjectKey::User(*name));
        }
        if is("groups") {
            subjects.push(SubjectKey::Group(*name));
        }
    }
    // Accounts of the namespace, or of every one if it is the whole cluster.
    let all = evaluator.subjects();
    let accounts = all.iter().filter(|subject| {
        let SubjectKey::User(user) = subject else { return false };
        let user = evaluator.text(*user);
        let account = rbac::split_service_account(&user);
        account.is_some_and(|(namespace, name)| {
            proof.namespace.is_none_or(|here| evaluator.text(here) == namespace)
                && words.names.contains(&symbols.intern(name))
        })
    });
    if is("serviceaccounts") || is("serviceaccounts/token") || is("*/token") {
        subjects.extend(accounts);
    }
    subjects
}

/// The worst that those can do in the whole cluster, or in their namespace.
fn worst_named(capabilities: &Capabilities<'_>, proof: &Proof) -> Option<Severity> {
    let worst = |subject: SubjectKey, namespace: Option<Symbol>| {
        let (dangers, limited) = capabilities.of(subject, namespace);
        let holding = Holding { subject, namespace, dangers, limited };
        dangers.iter().map(|danger| severity_of(capabilities, &holding, danger)).max()
    };
    let subjects = named_subjects(capabilities, proof);
    subjects.into_iter().filter_map(|subject| worst(subject, None).max(worst(subject, proof.namespace))).max()
}

/// Whether the namespace is in the input, and enforces neither `baseline` nor `restricted`.
fn takes_any_pod(inventory: &Inventory, namespace: Symbol) -> bool {
    let key = inventory.symbols.intern("pod-security.kubernetes.io/enforce");
    inventory.namespace_named(namespace).is_some_and(|fact| {
        let level = fact.labels.iter().rev().find(|(label, _)| *label == key);
        !level.is_some_and(|(_, level)| ["baseline", "restricted"].contains(&&*inventory.symbols.text(*level)))
    })
}

/// Where a grant is mended: at the rule, or at the binding if every cluster has the role. None if every cluster has both.
pub(crate) fn anchor(evaluator: &Evaluator<'_>, grant: Grant) -> Option<(ResourceId, Place)> {
    let rule = evaluator.role(grant.role).rules[grant.rule as usize];
    let own_rule = evaluator.place_of_rule(rule).filter(|_| !is_default_role(evaluator, rule.origin));
    own_rule.or_else(|| binding_anchor(evaluator, grant.binding))
}

/// The role reference of a binding that is in the input and is none that every cluster has.
pub(crate) fn binding_anchor(evaluator: &Evaluator<'_>, id: BindingId) -> Option<(ResourceId, Place)> {
    let fact = evaluator.binding_fact(id).filter(|_| !is_default_binding(evaluator, id))?;
    Some((fact.resource, fact.role_place))
}

/// Whether a role is one that every cluster has: because it is not in the input, or is what is shipped.
pub(crate) fn is_default_role(evaluator: &Evaluator<'_>, id: RoleId) -> bool {
    evaluator.is_shipped_role(id)
}

/// The same of a binding.
pub(crate) fn is_default_binding(evaluator: &Evaluator<'_>, id: BindingId) -> bool {
    evaluator.is_shipped_binding(id)
}

/// A role that it is expected to find bound to many.
pub(crate) struct Expected {
    /// Its namespace; empty for a ClusterRole.
    pub(crate) namespace: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// The ConfigMaps that it lets read; none if it is one that every cluster has.
    pub(crate) config_maps: &'static [&'static str],
}

/// A ClusterRole that every cluster has.
pub(crate) const fn shipped(name: &'static str) -> Expected {
    Expected { namespace: "", name, config_maps: &[] }
}

/// Whether a binding gives one of these, and that grants no more than it should.
pub(crate) fn is_expected(evaluator: &Evaluator<'_>, id: BindingId, expected: &[Expected]) -> bool {
    let binding = evaluator.binding(id);
    let name = evaluator.text(binding.role_name);
    let Some(expected) = expected.iter().find(|expected| expected.name == name) else { return false };
    if binding.cluster_role != expected.namespace.is_empty()
        || (!binding.cluster_role && evaluator.text(binding.namespace) != expected.namespace)
    {
        return false;
    }
    let RoleLink::Role(role) = binding.role else {
        // What kubeadm makes is not in every input.
        return !expected.config_maps.is_empty() && binding.role == RoleLink::NotSeen;
    };
    if expected.config_maps.is_empty() {
        return evaluator.has_shipped_rules(role);
    }
    evaluator.role(role).rules.iter().all(|rule| {
        let words = &evaluator.rule(*rule).words;
        let all = |list: &[Symbol], known: &[&str]| {
            !list.is_empty() && list.iter().all(|word| known.contains(&&*evaluator.text(*word)))
        };
        words.urls.is_empty()
            && all(&words.verbs, &["get"])
            && all(&words.groups, &[""])
            && all(&words.resources, &["configmaps"])
            && all(&words.names, expected.config_maps)
    })
}

/// A subject by kind and name.
pub(crate) fn named(evaluator: &Evaluator<'_>, subject: SubjectKey) -> String {
    let (kind, name) = evaluator.describe(subject);
    if name.is_empty() { kind.to_owned() } else { format!("{kind} {name}") }
}

/// Subjects that are named, before the rest are counted.
const MOST_NAMED: usize = 3;

/// Subjects, the first few by name.
pub(crate) fn named_all(evaluator: &Evaluator<'_>, subjects: &[SubjectKey]) -> String {
    let few = subjects.len() <= MOST_NAMED + 1;
    let mut told: Vec<String> = subjects
        .iter()
        .take(if few { subjects.len() } else { MOST_NAMED })
        .map(|subject| named(evaluator, *subject))
        .collect();
    let last = match few {
        true => told.pop().unwrap_or_default(),
        false => format!("{} others", subjects.len() - MOST_NAMED),
    };
    if told.is_empty() { last } else { format!("{} and {last}", told.join(", ")) }
}

/// The chain from a subject to a rule.
pub(crate) fn chain(evaluator: &Evaluator<'_>, grant: Grant) -> String {
    let rule = evaluator.role(grant.role).rules[grant.rule as usize];
    let from = match evaluator.aggregated_from(grant.role, rule) {
        Some(origin) => format!(" (aggregated from `{}`)", evaluator.text(evaluator.role(origin).name)),
        None if evaluator.collides(grant.role) => {
            format!(" of one of {} roles of this name, which differ", evaluator.namesakes(grant.role).len())
        }
        None => String::new(),
    };
    format!(
        "{}{} gives {}, rule {}{from}",
        binding_name(evaluator, grant.binding),
        through(evaluator, grant),
        role_name(evaluator, grant.role),
        rule.index
    )
}

/// Through which group a binding reaches its subject.
fn through(evaluator: &Evaluator<'_>, grant: Grant) -> String {
    match evaluator.binding(grant.binding).subjects.get(grant.subject as usize) {
        Some(SubjectKey::Group(group)) => format!(" through the group `{}`", evaluator.text(*group)),
        _ => String::new(),
    }
}

/// A binding by kind and name.
pub(crate) fn binding_name(evaluator: &Evaluator<'_>, id: BindingId) -> String {
    let binding = evaluator.binding(id);
    let kind = if binding.cluster { "ClusterRoleBinding" } else { "RoleBinding" };
    format!("{kind} `{}`", evaluator.text(binding.name))
}

/// A role by kind and name.
pub(crate) fn role_name(evaluator: &Evaluator<'_>, id: RoleId) -> String {
    let role = evaluator.role(id);
    format!("{} `{}`", if role.cluster { "ClusterRole" } else { "Role" }, evaluator.text(role.name))
}

/// Where a right holds.
pub(crate) fn scope(evaluator: &Evaluator<'_>, namespace: Option<Symbol>) -> String {
    match namespace {
        None => "in the whole cluster".to_owned(),
        Some(namespace) => format!("in namespace `{}`", evaluator.text(namespace)),
    }
}

fn message(capabilities: &Capabilities<'_>, found: &Found) -> String {
    let evaluator = capabilities.evaluator();
    let proof = &found.proof;
    let danger = &catalogue::ALL[proof.danger];
    let mut chains: Vec<String> = proof.grants.iter().map(|grant| chain(evaluator, *grant)).collect();
    chains.dedup();
    let limited = if proof.limited { ", of some names," } else { "" };
    format!(
        "`{{value}}` can {}{limited} {}: {}; {}{}. {}",
        danger.title,
        scope(evaluator, proof.namespace),
        chains.join(", and "),
        danger.why,
        leading(capabilities, proof).unwrap_or_default(),
        narrowest(evaluator, proof)
    )
}

/// To whom it leads, of those who can do something critical in the whole cluster.
fn leading(capabilities: &Capabilities<'_>, proof: &Proof) -> Option<String> {
    let evaluator = capabilities.evaluator();
    let (target, what) = match catalogue::ALL[proof.danger].id {
        "read-secrets" => {
            let token = token(capabilities, proof).filter(|target| target.severity == Severity::Critical);
            (token?, "a token of")
        }
        id if STEPS.contains(&id) && !proof.limited => {
            (Targets::shared(capabilities).account(proof.namespace?, proof.subject)?, "the account")
        }
        _ => return None,
    };
    let (_, name) = evaluator.describe(target.subject);
    Some(format!("; {what} `{name}` is there, which can {}", catalogue::ALL[target.danger].title))
}

/// The smallest change that takes a right away.
fn narrowest(evaluator: &Evaluator<'_>, proof: &Proof) -> String {
    let grant = proof.grants[0];
    let rule = evaluator.role(grant.role).rules[grant.rule as usize];
    if is_default_role(evaluator, rule.origin) {
        return format!("Bind a role that grants less than {}", role_name(evaluator, grant.role));
    }
    let compiled = evaluator.rule(rule);
    // Where it takes several rules it is said which one.
    let of = if proof.grants.len() > 1 { format!("rule {}", rule.index) } else { "the rule".to_owned() };
    match (compiled.has_every_verb(), compiled.has_every_resource()) {
        (true, true) => return "Write the verbs and resources that are used in the place of `*`".to_owned(),
        (true, false) => return "Write the verbs that are used in the place of `*`".to_owned(),
        (false, true) => return "Write the resources that are used in the place of `*`".to_owned(),
        (false, false) => {}
    }
    let ways = || catalogue::ALL[proof.danger].ways.iter().filter_map(|way| way.first()).copied().flatten();
    let quoted = |words: &[Symbol], is: &dyn Fn(&str) -> bool| {
        let mut told: Vec<String> = words.iter().map(|word| evaluator.text(*word)).filter(|word| is(word)).collect();
        told.dedup();
        told.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" and ")
    };
    let words = &compiled.words;
    let is_resource = |resource: &str| {
        ways().any(|need| {
            need.resources.contains(&resource)
                || need
                    .resources
                    .iter()
                    .any(|known| known.split_once('/').is_some_and(|(_, sub)| resource == format!("*/{sub}")))
        })
    };
    let is_verb = |verb: &str| ways().any(|need| need.verbs.contains(&verb));
    let (resources, verbs) = (quoted(&words.resources, &is_resource), quoted(&words.verbs, &is_verb));
    if resources.is_empty() || verbs.is_empty() {
        return format!("Take what is not used out of {of}");
    }
    let others = words.resources.iter().any(|resource| !is_resource(&evaluator.text(*resource)));
    let whole = match (others, words.verbs.iter().any(|verb| !is_verb(&evaluator.text(*verb)))) {
        (true, _) => format!("Take {resources} out of {of}"),
        (false, true) => format!("Take {verbs} out of {of}"),
        (false, false) => format!("Take {of} out"),
    };
    // What is created has no name when it is asked for, and a subresource has that of its object.
    let is_nameless = words.verbs.iter().all(|verb| ["create", "deletecollection"].contains(&&*evaluator.text(*verb)))
        && !words.resources.iter().any(|resource| evaluator.text(*resource).contains('/'));
    match words.names.is_empty() && !is_nameless {
        true => format!("{whole}, or name the objects that are needed in `resourceNames`"),
        false => whole,
    }
}

/// Roles that nobody is bound to grant nothing; they are one binding away from it.
fn report_unbound(capabilities: &Capabilities<'_>, findings: &mut InventoryFindings<'_>, wanted: &[usize]) {
    let evaluator = capabilities.evaluator();
    for id in unbound(evaluator) {
        let role = evaluator.role(id);
        let namespace = (!role.cluster).then_some(role.namespace);
        let (dangers, _) = capabilities.of_role(id, namespace);
        let Some(danger) = wanted.iter().copied().find(|danger| dangers.has(*danger)) else { continue };
        let everything = catalogue::index("cluster-admin-grant").unwrap_or_default();
        if dangers.has(everything) && danger != everything {
            continue;
        }
        let Some(rule) = capabilities.rule_of(id, namespace, danger) else { continue };
        let Some((resource, place)) = evaluator.place_of_rule(role.rules[rule as usize]) else { continue };
        let message = format!(
            "Nobody is bound to `{{value}}`; whoever is can {}: {}",
            catalogue::ALL[danger].title,
            catalogue::ALL[danger].why
        );
        let finding = Finding::at_place(place).value(evaluator.text(role.name)).severity(Severity::Info);
        findings.report(resource, finding.message(message));
    }
}

/// Who is bound to every role, directly or by aggregation, in the order of the bindings.
pub(crate) struct Holders(Vec<Vec<(BindingId, SubjectKey)>>);

impl Holders {
    /// The bindings of a role, and whom they name.
    pub(crate) fn of(&self, role: RoleId) -> &[(BindingId, SubjectKey)] {
        &self.0[role.0 as usize]
    }
}

/// More holders of one role than this are not told apart.
const MOST_HOLDERS: usize = 2000;

/// Who is bound to every role.
pub(crate) fn holders(evaluator: &Evaluator<'_>) -> Arc<Holders> {
    evaluator.inventory().indexes.derived_of_facts(|| {
        let mut origins: Vec<Vec<RoleId>> = Vec::with_capacity(evaluator.roles().len());
        for (id, role) in (0..).map(RoleId).zip(evaluator.roles()) {
            let mut of: Vec<RoleId> = role.rules.iter().map(|rule| rule.origin).chain([id]).collect();
            of.sort_unstable();
            of.dedup();
            origins.push(of);
        }
        let mut holders = vec![Vec::new(); origins.len()];
        for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
            let RoleLink::Role(role) = binding.role else { continue };
            for origin in &origins[role.0 as usize] {
                let of = &mut holders[origin.0 as usize];
                let room = MOST_HOLDERS.saturating_sub(of.len());
                of.extend(binding.subjects.iter().take(room).map(|subject| (id, *subject)));
            }
        }
        Holders(holders)
    })
}

/// The roles of the input that no binding gives to anybody, directly or by aggregation.
pub(crate) fn unbound(evaluator: &Evaluator<'_>) -> Vec<RoleId> {
    let holders = holders(evaluator);
    let roles = (0..).map(RoleId).zip(evaluator.roles());
    let own = roles.filter(|(id, role)| holders.of(*id).is_empty() && matches!(role.source, Source::Input(_)));
    own.map(|(id, _)| id).filter(|id| !is_default_role(evaluator, *id)).collect()
}

/// A subject of a binding of the input.
pub(crate) struct BoundSubject {
    /// The object.
    pub(crate) resource: ResourceId,
    /// Where the subject is named.
    pub(crate) place: Place,
    /// Who.
    pub(crate) key: SubjectKey,
    /// The binding.
    pub(crate) binding: BindingId,
    /// The name of the role.
    pub(crate) role: String,
}

/// The subjects of the bindings of the input, those that every cluster has left out.
pub(crate) fn subjects_of_input(evaluator: &Evaluator<'_>) -> Vec<BoundSubject> {
    let mut found = Vec::new();
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let Some(fact) = evaluator.binding_fact(id).filter(|_| !is_default_binding(evaluator, id)) else { continue };
        let subjects = fact.subjects.iter().zip(&binding.subjects);
        found.extend(subjects.map(|(written, key)| BoundSubject {
            resource: fact.resource,
            place: written.place,
            key: *key,
            binding: id,
            role: evaluator.text(binding.role_name),
        }));
    }
    found
}

/// Whether all that a subject is bound by is what every cluster has.
pub(crate) fn is_default_subject(evaluator: &Evaluator<'_>, subject: SubjectKey) -> bool {
    evaluator.bindings_naming(subject).iter().all(|(id, _)| is_default_binding(evaluator, *id))
}

/// The severity of the worst that a binding gives.
pub(crate) fn worst_of_binding(capabilities: &Capabilities<'_>, id: BindingId) -> Option<Severity> {
    let binding = capabilities.evaluator().binding(id);
    let RoleLink::Role(role) = binding.role else { return None };
    let namespace = (!binding.cluster).then_some(binding.namespace);
    let (dangers, limited) = capabilities.of_role(role, namespace);
    let holding = Holding { subject: SubjectKey::Nobody, namespace, dangers, limited };
    dangers.iter().map(|danger| severity_of(capabilities, &holding, danger)).max()
}

/// What leads to the accounts of other pods.
const STEPS: [&str; 7] = [
    "run-pods",
    "edit-workloads",
    "exec-pods",
    "debug-containers",
    "mint-service-account-tokens",
    "mint-token-secrets",
    "impersonate",
];

/// What a control of its own calls bad, whatever it is in a list of everything.
const BAD: [&str; 2] = ["create-volumes", "sign-certificates"];

/// How bad something is for who holds it, with where it leads: what reaches the account of another that can take over the
/// cluster takes it over.
pub(crate) fn severity_of(capabilities: &Capabilities<'_>, holding: &Holding, danger: usize) -> Severity {
    let own = capabilities.severity(holding, danger);
    let id = catalogue::ALL[danger].id;
    if id == "read-secrets" && own < Severity::Critical {
        let targets = Targets::shared(capabilities);
        let grants = capabilities.evidence(holding, danger);
        let tokens = grants.iter().filter_map(|grant| targets.token(capabilities, *grant, holding.namespace));
        return tokens.map(|target| target.severity).fold(own, Severity::max);
    }
    if !holding.limited.has(danger) {
        let leads = match holding.namespace {
            Some(namespace) => capabilities.leads_to_cluster(namespace),
            None => capabilities.has_powerful(),
        };
        return match (STEPS.contains(&id) && leads, BAD.contains(&id)) {
            (true, _) => Severity::Critical,
            (false, true) => own.max(Severity::High),
            (false, false) => own,
        };
    }
    // Of users and accounts by name, those are as bad as they are. Whom they lead to in turn is not asked.
    if !matches!(id, "mint-service-account-tokens" | "impersonate" | "impersonate-groups") {
        return own;
    }
    let grants = capabilities.evidence(holding, danger);
    let names_everything = |grant: &Grant| {
        let proof = Proof {
            subject: holding.subject,
            namespace: holding.namespace,
            danger,
            limited: true,
            grants: Box::new([*grant]),
        };
        named_subjects(capabilities, &proof).into_iter().any(|subject| {
            let everything = catalogue::index("cluster-admin-grant").unwrap_or_default();
            capabilities.of(subject, None).0.has(everything)
        })
    };
    if grants.first().is_some_and(names_everything) { Severity::Critical } else { own }
}
