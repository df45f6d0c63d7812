//! Generated policies as objects: files that stay as they are when nothing changes, each rule with what it was made from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::network::{Evidence, Generated, GeneratedPolicy, GeneratedRule, Network, Peer, Purpose, protocol_name};

use super::wire::place_of;

/// The kind that the refusal of everything else is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusalKind {
    /// A NetworkPolicy in every namespace.
    #[default]
    NetworkPolicy,
    /// One ClusterNetworkPolicy of the tier `Baseline`.
    ClusterNetworkPolicy,
}

/// The policies as files: a path below the folder, and the text.
pub fn files(network: &Network<'_>, generated: &Generated, refusal: RefusalKind) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for policy in &generated.policies {
        if policy.purpose == Purpose::Refusal && refusal == RefusalKind::ClusterNetworkPolicy {
            continue;
        }
        let (namespace, name) = (component(&policy.namespace), component(&policy.name));
        let path = match policy.purpose {
            Purpose::Guessed => format!("guessed/{namespace}/{name}.yaml"),
            // Applied last: names sort so.
            Purpose::Refusal => format!("zz-refusal/{namespace}.yaml"),
            Purpose::Needed | Purpose::Names => format!("{namespace}/{name}.yaml"),
        };
        files.insert(free(&files, path), object(network, policy));
    }
    let closed: Vec<&str> = generated
        .policies
        .iter()
        .filter(|policy| policy.purpose == Purpose::Refusal)
        .map(|policy| policy.namespace.as_str())
        .collect();
    if refusal == RefusalKind::ClusterNetworkPolicy && !closed.is_empty() {
        files.insert("zz-refusal/cluster.yaml".to_owned(), baseline(&closed));
    }
    files
}

/// A name as a part of a path: names come from objects, and may be anything.
fn component(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    if name.is_empty() || name.starts_with('.') { format!("_{name}") } else { name }
}

/// A path that no file has yet.
fn free(files: &BTreeMap<String, String>, path: String) -> String {
    if !files.contains_key(&path) {
        return path;
    }
    let stem = path.trim_end_matches(".yaml");
    (2_u32..).map(|number| format!("{stem}-{number}.yaml")).find(|path| !files.contains_key(path)).unwrap_or(path)
}

/// All of them as one stream, in the order in which they are applied.
pub fn stream(files: &BTreeMap<String, String>) -> String {
    files.values().map(|text| format!("---\n{text}")).collect()
}

/// The pods that are taken to be there, so that the policies can be evaluated.
pub fn assumed_pods(generated: &Generated) -> String {
    let mut text = String::new();
    for (name, assumed) in generated.assumed_pods() {
        let _ = write!(text, "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\n", quoted(&name));
        let _ = writeln!(text, "  namespace: {}", quoted(&assumed.namespace));
        if !assumed.labels.is_empty() {
            text.push_str("  labels:\n");
            write_labels(&mut text, 4, &assumed.labels);
        }
        text.push_str("spec:\n  containers: []\n");
    }
    text
}

fn object(network: &Network<'_>, policy: &GeneratedPolicy) -> String {
    let mut text = String::from("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n");
    let _ = writeln!(text, "  name: {}", quoted(&policy.name));
    let _ = writeln!(text, "  namespace: {}", quoted(&policy.namespace));
    let purpose = match policy.purpose {
        Purpose::Needed => "observed, or needed by the platform",
        Purpose::Guessed => "guessed: declared alone, or seen once",
        Purpose::Names => "names are looked up",
        Purpose::Refusal => "refuses what no other policy admits; apply it last",
    };
    let _ = writeln!(text, "  annotations:\n    plimsoll/confidence: {}", quoted(purpose));
    for (direction, rules) in [("egress", &policy.egress), ("ingress", &policy.ingress)] {
        for (number, rule) in rules.iter().enumerate() {
            let why: Vec<String> = rule.evidence.iter().map(|evidence| reason(network, evidence)).collect();
            let _ = writeln!(text, "    plimsoll/{direction}-{}: {}", number + 1, quoted(&why.join("; ")));
        }
    }
    text.push_str("spec:\n");
    match policy.selector.is_empty() {
        true => text.push_str("  podSelector: {}\n"),
        false => {
            text.push_str("  podSelector:\n    matchLabels:\n");
            write_labels(&mut text, 6, &policy.selector);
        }
    }
    // A policy for names must not close the other direction.
    let types = if policy.purpose == Purpose::Names { "[Egress]" } else { "[Ingress, Egress]" };
    let _ = writeln!(text, "  policyTypes: {types}");
    write_rules(&mut text, "ingress", "from", &policy.ingress);
    write_rules(&mut text, "egress", "to", &policy.egress);
    text
}

fn write_rules(text: &mut String, direction: &str, side: &str, rules: &[GeneratedRule]) {
    // A rule without peers or ports would admit everybody, or everything.
    let rules: Vec<&GeneratedRule> =
        rules.iter().filter(|rule| !rule.peers.is_empty() && !rule.ports.is_empty()).collect();
    if rules.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {direction}:");
    for rule in rules {
        let _ = writeln!(text, "    - {side}:");
        rule.peers.iter().for_each(|peer| write_peer(text, peer));
        text.push_str("      ports:\n");
        for (protocol, port) in &rule.ports {
            let _ = writeln!(text, "        - {{protocol: {}, port: {port}}}", protocol_name(*protocol));
        }
    }
}

fn write_peer(text: &mut String, peer: &Peer) {
    match peer {
        Peer::Block(block) => {
            let _ = writeln!(text, "        - ipBlock:\n            cidr: {}", quoted(block));
        }
        Peer::Pods { namespace, labels } => {
            let mut dash = "- ";
            if let Some(namespace) = namespace {
                let _ = writeln!(text, "        - namespaceSelector:\n            matchLabels:");
                let _ = writeln!(text, "              kubernetes.io/metadata.name: {}", quoted(namespace));
                dash = "  ";
            }
            match labels.is_empty() {
                true => {
                    let _ = writeln!(text, "        {dash}podSelector: {{}}");
                }
                false => {
                    let _ = writeln!(text, "        {dash}podSelector:\n            matchLabels:");
                    write_labels(text, 14, labels);
                }
            }
        }
    }
}

fn write_labels(text: &mut String, indent: usize, labels: &[(String, String)]) {
    for (key, value) in labels {
        let _ = writeln!(text, "{:indent$}{}: {}", "", quoted(key), quoted(value));
    }
}

/// The refusal of everything for some namespaces, where no NetworkPolicy decides.
fn baseline(namespaces: &[&str]) -> String {
    let mut text = String::from(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata:\n  name: default-deny\n",
    );
    text.push_str("  annotations:\n    plimsoll/confidence: \"refuses what no other policy admits; apply it last\"\n");
    text.push_str("spec:\n  tier: Baseline\n  priority: 1000\n  subject:\n    namespaces:\n      matchExpressions:\n");
    text.push_str("        - key: kubernetes.io/metadata.name\n          operator: In\n          values:\n");
    for namespace in namespaces {
        let _ = writeln!(text, "            - {}", quoted(namespace));
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        let _ = writeln!(
            text,
            "  {direction}:\n    - name: refuse-pods\n      action: Deny\n      {side}:\n        - namespaces: {{}}"
        );
        if direction == "egress" {
            text.push_str("    - name: refuse-addresses\n      action: Deny\n      to:\n        - networks: [\"0.0.0.0/0\", \"::/0\"]\n");
        }
    }
    text
}

/// Why a rule is there, in few words.
pub(super) fn reason(network: &Network<'_>, evidence: &Evidence) -> String {
    let place = |at: &(model::inventory::ResourceId, model::place::Place)| {
        let (path, line) = place_of(network.inventory(), at.0, at.1.line);
        format!(" ({path}:{line})")
    };
    match evidence {
        Evidence::Observed { count, first, last } => {
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            match (first.is_empty(), first == last) {
                (true, _) => format!("observed {times}"),
                (false, true) => format!("observed {times}, {first}"),
                (false, false) => format!("observed {times}, {first} to {last}"),
            }
        }
        Evidence::Platform { what, at } => format!("{what}{}", at.as_ref().map(place).unwrap_or_default()),
        Evidence::Declared { what, at } => format!("declared: {what}{}", place(at)),
    }
}

/// A text as YAML has it: plain where nothing else can be meant.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let reads_otherwise = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"];
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_plain)
        && !reads_otherwise.contains(&text.to_ascii_lowercase().as_str());
    if is_word {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
