//! How long answers take in a large cluster, in memory, beside a plain loop over the same bindings. `cargo xtask
//! bench` runs it; it prints a line for each figure: what, milliseconds, and how many answers.

#![expect(clippy::disallowed_types, reason = "it measures, and is no analysis")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use model::inventory::Inventory;
use rbac::capability::Capabilities;
use rbac::{Config, Evaluator, Request};

const NAMESPACES: usize = 1_000;
const ROLES: usize = 2_000;
const SUBJECTS: usize = 20_000;

/// So often each answer is asked for; the median counts.
const TIMES: usize = 7;

/// A role, written out.
struct PlainRole {
    verbs: Vec<&'static str>,
    resources: Vec<&'static str>,
}

/// A binding, written out.
struct PlainBinding {
    /// None for one of the whole cluster.
    namespace: Option<String>,
    role: String,
    subject: String,
}

/// What everybody would write first.
struct Plain {
    roles: HashMap<String, PlainRole>,
    bindings: Vec<PlainBinding>,
}

impl Plain {
    fn new(bindings: usize) -> Self {
        let verbs =
            [vec!["get", "list", "watch"], vec!["get"], vec!["create", "delete"], vec!["*"], vec!["patch", "update"]];
        let resources = [
            vec!["pods", "services"],
            vec!["secrets"],
            vec!["deployments"],
            vec!["configmaps", "pods/log"],
            vec!["pods/exec"],
            vec!["*"],
        ];
        let role = |at: usize| PlainRole {
            verbs: verbs[at % verbs.len()].clone(),
            // What may everything is rare.
            resources: resources[if at.is_multiple_of(97) { 5 } else { at % 5 }].clone(),
        };
        let roles = (0..ROLES).map(|at| (format!("role-{at}"), role(at))).collect();
        let binding = |at: usize| PlainBinding {
            namespace: at.is_multiple_of(2).then(|| format!("ns-{}", at / 2 % NAMESPACES)),
            role: format!("role-{}", at * 13 % ROLES),
            subject: format!("user-{}", at * 31 % SUBJECTS),
        };
        Self { roles, bindings: (0..bindings).map(binding).collect() }
    }

    fn yaml(&self) -> String {
        let api = "apiVersion: rbac.authorization.k8s.io/v1";
        let mut out = String::new();
        for at in 0..ROLES {
            let name = format!("role-{at}");
            let PlainRole { verbs, resources } = &self.roles[&name];
            let _ = write!(
                out,
                "---\n{api}\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n- {{apiGroups: ['*'], verbs: ['{}'], resources: ['{}']}}\n",
                verbs.join("', '"),
                resources.join("', '")
            );
        }
        for (at, PlainBinding { namespace, role, subject }) in self.bindings.iter().enumerate() {
            let (kind, within) = match namespace {
                Some(namespace) => ("RoleBinding", format!(", namespace: {namespace}")),
                None => ("ClusterRoleBinding", String::new()),
            };
            let _ = write!(
                out,
                "---\n{api}\nkind: {kind}\nmetadata: {{name: b-{at}{within}}}\n\
                 roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
                 subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {subject}}}]\n"
            );
        }
        out
    }

    fn grants(&self, binding: &PlainBinding, verb: &str, resource: &str) -> bool {
        let Some(role) = self.roles.get(&binding.role) else { return false };
        let has = |all: &[&str], one: &str| all.iter().any(|word| *word == "*" || *word == one);
        has(&role.verbs, verb) && has(&role.resources, resource)
    }

    /// Whose binding of the whole cluster, or of a namespace, grants it.
    fn who_can(&self, verb: &str, resource: &str, namespace: Option<&str>) -> BTreeSet<&str> {
        let inside =
            self.bindings.iter().filter(|binding| binding.namespace.as_deref().is_none_or(|of| Some(of) == namespace));
        inside.filter(|binding| self.grants(binding, verb, resource)).map(|binding| &*binding.subject).collect()
    }
}

fn median<T>(mut ask: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::with_capacity(TIMES);
    loop {
        let start = Instant::now();
        let answer = ask();
        times.push(start.elapsed());
        if times.len() == TIMES {
            times.sort_unstable();
            return (times[TIMES / 2], answer);
        }
    }
}

fn say(what: &str, time: Duration, answers: usize) {
    println!("{what}\t{:.3}\t{answers}", time.as_secs_f64() * 1e3);
}

fn main() {
    let bindings = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let plain = Plain::new(bindings);
    let text = plain.yaml();
    let start = Instant::now();
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    manifests::load::load_bytes(Path::new("cluster"), text.as_bytes(), &mut inventory, &|_, _, _| {});
    say("load", start.elapsed(), inventory.resources.len());
    let start = Instant::now();
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    say("compile", start.elapsed(), evaluator.bindings().len());

    let questions = [("get", "secrets", Some("ns-7")), ("create", "pods/exec", Some("ns-7")), ("get", "secrets", None)];
    for (verb, resource, namespace) in questions {
        let ours = || -> BTreeSet<String> {
            let request = Request::resource(verb, "", resource).in_namespace(namespace.unwrap_or_default());
            let found = evaluator.who_can(&request).into_iter();
            // Masters may do everything, without a binding.
            let bound = found.filter(|(_, grants)| !grants.is_empty());
            bound.map(|(subject, _)| evaluator.describe(subject).1).collect()
        };
        let (time, answer) = median(ours);
        let (reference, expected) = median(|| plain.who_can(verb, resource, namespace));
        let same = answer.iter().map(String::as_str).eq(expected.iter().copied());
        assert!(same, "{verb} {resource}: {} subjects, and {} in a plain loop", answer.len(), expected.len());
        let place = if namespace.is_some() { "in a namespace" } else { "in the whole cluster" };
        say(&format!("who-can {verb} {resource} {place}"), time, answer.len());
        say("  a plain loop over the bindings", reference, expected.len());
    }
    let (time, holdings) = median(|| Capabilities::new(&evaluator).holdings().len());
    say("all dangerous capabilities of all subjects", time, holdings);
}
