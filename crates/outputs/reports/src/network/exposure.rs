//! Who can come in from outside, for people and machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::network::{Answer, Arrival, EndpointId, Entry, FamilyKnown, Network, Range, Reach, Sources, Tls, Way, sensitive};
use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::hanging::{write_hanging, write_plain};
use super::wire::{Connection, PolicyNote, SCHEMA_VERSION, object_name, place_of};
use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// The answer of `plimsoll network exposure`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// Policies that have no effect, or are not evaluated.
    pub not_judged: Vec<PolicyNote>,
    /// The ways in, the most open first.
    pub entries: Vec<ExposureEntry>,
    /// Who may connect to pods through the API server; null if no rights were read.
    pub through_api_server: Option<Vec<ExposureProxy>>,
    /// What pods reach that ought to be out of their reach: metadata services of clouds, and kubelets.
    pub targets: Vec<ExposureTarget>,
    /// How many workloads there are.
    pub workloads: usize,
}

/// Somebody who may connect to pods through the API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureProxy {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// The name; of a ServiceAccount `namespace/name`.
    pub name: String,
    /// How: `pods/portforward`, `pods/exec`, `pods/attach`, `pods/ephemeralcontainers`, `pods/proxy`, `services/proxy` or
    /// `nodes/proxy`.
    pub ways: Vec<String>,
    /// The namespace in which; null means all, and of `nodes/proxy` all nodes.
    pub namespace: Option<String>,
    /// The one object that it is for, as `resourceNames` has it: a Service may be followed by its port; null means all.
    pub object: Option<String>,
    /// The bindings that say so.
    pub because: Vec<String>,
}

/// Something that ought to be out of reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureTarget {
    /// `metadata`, `kubelet`, or `ownKubelet` of the node that the pods run on alone.
    pub target: String,
    /// The address; null for the kubelets of nodes.
    pub address: Option<String>,
    /// What it gives.
    pub gives: String,
    /// The workloads that reach it.
    pub workloads: Vec<String>,
}

/// A way in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureEntry {
    /// The workload.
    pub workload: String,
    /// How: `loadBalancer`, `externalAddress`, `nodePort`, `ingress`, `gateway`, `openShiftRoute`, `hostPort` or
    /// `hostNetwork`.
    pub way: String,
    /// What is connected to.
    pub door: String,
    /// The object that opens it.
    pub opened_by: String,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// Who may use it: `internet`, `listed`, `nodeNetwork`, `providerNetwork`, `controller` where that, or what opens it,
    /// is not in the input, or `inside` for pods of the cluster alone.
    pub reach: String,
    /// The addresses that a list or policies leave of the internet.
    pub listed: Vec<String>,
    /// The addresses outside that may use it for certain, after policies.
    pub certain_sources: Vec<String>,
    /// Those that may, if what is not known is in their favour.
    pub possible_sources: Vec<String>,
    /// Who the pods see: `client`, `node`, `pods`, `unknownPods` or `nobodyAsks`.
    pub arrival: String,
    /// The pods of the controller.
    pub through: Vec<String>,
    /// Whether it speaks TLS: `yes`, `no` or `passedThrough`.
    pub tls: String,
    /// The ports at the pods.
    pub pod_ports: Connection,
    /// What policies leave of it: `admitted`, `refused`, `dependsOnController`, `dependsOnSource` where policies admit
    /// clients, and pods may see nodes in their place, or `dependsOnNodes` where the addresses of nodes, which are not known,
    /// may be among those that are admitted.
    pub answer: String,
    /// The ports that policies leave.
    pub admitted: Connection,
    /// Policies of equal priority that contradict each other, where the answer depends on which of them counts: it is what
    /// may be.
    pub undecidable: Vec<String>,
    /// What usually answers there, if that is a store or an interface for administration.
    pub sensitive: Option<String>,
    /// Who may use it, in words.
    pub who: String,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(ExposureReport)).expect("a schema is JSON") + "\n"
}

/// The report.
pub fn report(
    network: &Network<'_>,
    entries: &[Entry],
    through_api_server: Option<Vec<ExposureProxy>>,
    version: &str,
) -> ExposureReport {
    ExposureReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: version.to_owned(), controls: Vec::new() },
        coverage: super::map::coverage(network),
        not_judged: super::not_judged(network.inventory()),
        entries: entries.iter().map(|entry| wire(network, entry)).collect(),
        through_api_server,
        targets: targets(network),
        workloads: network.workloads().len(),
    }
}

/// What pods reach that ought to be out of their reach.
pub(super) fn targets(network: &Network<'_>) -> Vec<ExposureTarget> {
    let mut metadata: BTreeMap<&str, (&str, Vec<EndpointId>)> = BTreeMap::new();
    let here = network.metadata_services();
    for (endpoint, reached) in network.metadata_reached() {
        for one in reached {
            if here.contains(&one.service) && one.family == FamilyKnown::Yes {
                let known = metadata.entry(one.service.address).or_insert((one.service.gives, Vec::new()));
                known.1.push(endpoint);
            }
        }
    }
    let services = metadata.into_iter().map(|(address, (gives, workloads))| ExposureTarget {
        target: "metadata".to_owned(),
        address: Some(address.to_owned()),
        gives: gives.to_owned(),
        workloads: network.names_of(&workloads),
    });
    let reaching = network.kubelets_reached();
    let kubelets = (!reaching.is_empty()).then(|| ExposureTarget {
        target: "kubelet".to_owned(),
        address: None,
        gives: "commands in the pods of its node, for whoever it trusts".to_owned(),
        workloads: network.names_of(&reaching),
    });
    let mut own = network.own_kubelets_reached();
    own.retain(|endpoint| reaching.binary_search(endpoint).is_err());
    let own = network.names_of(&own);
    let own = (!own.is_empty()).then(|| ExposureTarget {
        target: "ownKubelet".to_owned(),
        address: None,
        gives: "commands in the pods of its node, for whoever it trusts".to_owned(),
        workloads: own,
    });
    services.chain(kubelets).chain(own).collect()
}

/// One line for each of them.
pub(super) fn write_targets(
    targets: &[ExposureTarget],
    all: usize,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    for target in targets {
        let what = match &target.address {
            Some(address) => format!("the cloud's metadata service at {address} ({})", target.gives),
            None if target.target == "ownKubelet" => {
                let whose = if target.workloads.len() == 1 { "its" } else { "their" };
                format!("the kubelet of {whose} own node alone, which the API exempts from policies")
            }
            None => "the kubelets of nodes (TCP 10250 or 10255)".to_owned(),
        };
        let who = match target.workloads.len() {
            count if count == all && all > 1 => format!("all {count} workloads reach"),
            1 => format!("1 of {all} workloads reaches"),
            count => format!("{count} of {all} workloads reach"),
        };
        write_plain(&format!("from inside: {who} {what}"), 2, terminal, out)?;
    }
    Ok(())
}

fn wire(network: &Network<'_>, entry: &Entry) -> ExposureEntry {
    let inventory = network.inventory();
    let (path, line) = place_of(inventory, entry.opened_by, entry.place.line);
    let (arrival, through) = match &entry.arrival {
        Arrival::Client => ("client", Vec::new()),
        Arrival::Node => ("node", Vec::new()),
        Arrival::Pods(pods) => ("pods", pods.iter().map(|pod| network.get(*pod).name.clone()).collect()),
        Arrival::UnknownPods => ("unknownPods", Vec::new()),
        Arrival::Unprotected => ("nobodyAsks", Vec::new()),
    };
    let (answer, admitted) = match &entry.answer {
        Answer::Admitted(ports) => ("admitted", ports.clone()),
        Answer::Refused => ("refused", ::network::Ports::none()),
        Answer::DependsOnController => ("dependsOnController", ::network::Ports::none()),
        Answer::DependsOnSource(ports) => ("dependsOnSource", ports.clone()),
        Answer::DependsOnNodes(ports) => ("dependsOnNodes", ports.clone()),
    };
    ExposureEntry {
        workload: entry.behind(network),
        way: way(entry.way).to_owned(),
        door: entry.door.clone(),
        opened_by: object_name(inventory, entry.opened_by),
        path,
        line,
        reach: match &entry.reach {
            Reach::Internet => "internet",
            Reach::Listed(_) => "listed",
            Reach::NodeNetwork => "nodeNetwork",
            Reach::ProviderNetwork => "providerNetwork",
            Reach::Controller => "controller",
            Reach::Inside => "inside",
        }
        .to_owned(),
        listed: match &entry.reach {
            Reach::Listed(ranges) => ranges.iter().map(Range::text).collect(),
            Reach::Internet | Reach::NodeNetwork | Reach::ProviderNetwork | Reach::Controller | Reach::Inside => {
                Vec::new()
            }
        },
        certain_sources: entry.sources.certain.iter().map(Range::text).collect(),
        possible_sources: entry.sources.possible.iter().map(Range::text).collect(),
        who: who(entry),
        arrival: arrival.to_owned(),
        through,
        tls: match entry.tls {
            Tls::Yes => "yes",
            Tls::No => "no",
            Tls::PassedThrough => "passedThrough",
        }
        .to_owned(),
        pod_ports: Connection(entry.pod_ports.clone()),
        answer: answer.to_owned(),
        admitted: Connection(admitted),
        undecidable: super::wire::rivals(inventory, &entry.rivals),
        sensitive: sensitive(&entry.pod_ports).map(str::to_owned),
    }
}

/// A way in, for machines.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::LoadBalancer => "loadBalancer",
        Way::ExternalAddress => "externalAddress",
        Way::NodePort => "nodePort",
        Way::Ingress => "ingress",
        Way::Gateway => "gateway",
        Way::OpenShiftRoute => "openShiftRoute",
        Way::HostPort => "hostPort",
        Way::HostNetwork => "hostNetwork",
    }
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &ExposureReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the ways in for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &ExposureReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for entry in &report.entries {
        write_entry(entry, terminal, out)?;
    }
    write_proxies(report, terminal, out)?;
    if !report.entries.is_empty() {
        writeln!(out)?;
    }
    let head = format!("{} from outside: {}", terminal.logo(), counts(&report.entries));
    write_hanging(&head, 0, terminal, &|line| terminal.bold(line), out)?;
    let all = report.workloads;
    write_targets(&report.targets, all, terminal, out)?;
    if report.through_api_server.is_none() {
        let note = "rights are not in the input: who may connect through the API server is not known";
        write_hanging(note, 2, terminal, &|line| terminal.dim(line), out)?;
    }
    let note = "what listens is not looked at: a way in leads to a port, whether a process answers there or not";
    write_hanging(note, 2, terminal, &|line| terminal.dim(line), out)
}

/// How many entries there are of each kind; what there is none of is left out, but for those that are open.
fn counts(entries: &[ExposureEntry]) -> String {
    let of = |is: &dyn Fn(&ExposureEntry) -> bool| entries.iter().filter(|entry| is(entry)).count();
    let is = |entry: &ExposureEntry, answer: &str| {
        entry.answer == answer && entry.reach != "inside" && entry.undecidable.is_empty()
    };
    let assumed = |entry: &ExposureEntry| entry.reach == "controller" && is(entry, "admitted");
    let counted = [
        (of(&|entry| is(entry, "admitted") && !assumed(entry)), "open", "open"),
        (of(&assumed), "open if its controller is", "open if their controllers are"),
        (of(&|entry| is(entry, "dependsOnController")), "depends on a controller", "depend on a controller"),
        (of(&|entry| is(entry, "dependsOnSource")), "depends on what pods see", "depend on what pods see"),
        (of(&|entry| is(entry, "dependsOnNodes")), "depends on addresses of nodes", "depend on addresses of nodes"),
        (of(&|entry| !entry.undecidable.is_empty()), "undecidable", "undecidable"),
        (of(&|entry| entry.reach == "inside" && entry.answer != "refused"), "inside alone", "inside alone"),
        (of(&|entry| entry.answer == "refused"), "refused by policies", "refused by policies"),
    ];
    let counted = counted.into_iter().enumerate().filter(|(at, (count, ..))| *at == 0 || *count > 0);
    let texts = counted.map(|(_, (count, one, many))| format!("{count} {}", if count == 1 { one } else { many }));
    texts.collect::<Vec<_>>().join(", ")
}

/// Who comes through the API server, where policies see somebody else, or nobody.
fn write_proxies(report: &ExposureReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let proxies = report.through_api_server.as_deref().unwrap_or_default();
    if proxies.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold("through the API server"))?;
    for proxy in proxies {
        let place = match (&proxy.namespace, &*proxy.ways) {
            (Some(namespace), _) => format!("in {namespace}"),
            (None, [only]) if only == "nodes/proxy" => "on every node".to_owned(),
            (None, _) => "in every namespace".to_owned(),
        };
        let place = match &proxy.object {
            Some(object) => format!("of `{}` alone, {place}", sanitize(object)),
            None => place,
        };
        let who = format!("{} {}", proxy.kind, proxy.name);
        let mark = if terminal.unicode { "▲" } else { "!" };
        let mark = terminal.paint(AnsiColor::Red.on_default().bold(), mark);
        writeln!(out, "{mark} {}", terminal.bold(&sanitize(&who)))?;
        write_plain(&format!("{} {place}; {}", proxy.ways.join(", "), seen(&proxy.ways)), 4, terminal, out)?;
        let because = sanitize(&proxy.because.join(", "));
        write_hanging(&because, 4, terminal, &|line| terminal.dim(line), out)?;
    }
    Ok(())
}

/// What policies see of it.
fn seen(ways: &[String]) -> &'static str {
    let has = |way: &str| ways.iter().any(|own| own == way);
    let runs = has("pods/exec") || has("pods/attach") || has("pods/ephemeralcontainers");
    match () {
        () if has("nodes/proxy") => "the kubelet runs commands in pods for it: no policy stands between",
        () if runs => "it runs commands inside the pod: no policy stands between",
        () if has("pods/portforward") => "it begins inside the pod: no policy stands between",
        () => "policies see the API server, which is a node or outside",
    }
}

fn write_entry(entry: &ExposureEntry, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let (mark, style) = mark(entry, terminal);
    let tls = match entry.tls.as_str() {
        "yes" => "TLS",
        "passedThrough" => "TLS passed through",
        _ => "no TLS",
    };
    let what = entry.sensitive.as_deref().map(|what| format!(" · looks like {what}")).unwrap_or_default();
    let (workload, way) = (sanitize(&entry.workload), format!("{} {}", kind_of_way(&entry.way), sanitize(&entry.door)));
    let mark = terminal.paint(style, mark);
    if workload.width() + way.width() + 4 <= terminal.width {
        writeln!(out, "{mark} {}  {way}", terminal.bold(&workload))?;
    } else {
        writeln!(out, "{mark} {}", terminal.bold(&workload))?;
        write_plain(&way, 4, terminal, out)?;
    }
    let ports =
        if entry.pod_ports.0.is_empty() { String::new() } else { format!("{} at the pod · ", entry.pod_ports.0) };
    write_plain(&format!("{ports}{}; {}; {tls}{what}", entry.who, answer(entry)), 4, terminal, out)?;
    if !entry.undecidable.is_empty() {
        let policies = entry.undecidable.join(" and ");
        let text = format!("undecidable: {policies} have one priority and contradict each other; this is what may be");
        write_plain(&sanitize(&text), 4, terminal, out)?;
    }
    let place = format!("{} {}:{}", sanitize(&entry.opened_by), sanitize(&entry.path), entry.line);
    write_hanging(&place, 4, terminal, &|line| terminal.dim(line), out)
}

fn mark(entry: &ExposureEntry, terminal: Terminal) -> (&'static str, Style) {
    match (entry.answer.as_str(), terminal.unicode) {
        _ if !entry.undecidable.is_empty() => (terminal.unseen(), AnsiColor::Yellow.on_default().bold()),
        _ if entry.reach == "inside" => ("-", AnsiColor::Green.on_default()),
        ("admitted", _) if entry.reach == "controller" => (terminal.unseen(), AnsiColor::Yellow.on_default().bold()),
        ("admitted", true) => ("▲", AnsiColor::Red.on_default().bold()),
        ("admitted", false) => ("!", AnsiColor::Red.on_default().bold()),
        ("refused", true) => ("✓", AnsiColor::Green.on_default()),
        ("refused", false) => ("-", AnsiColor::Green.on_default()),
        _ => (terminal.unseen(), AnsiColor::Yellow.on_default().bold()),
    }
}

/// A way in, for people.
pub(super) fn way_text(way_in: Way) -> &'static str {
    kind_of_way(way(way_in))
}

fn kind_of_way(way: &str) -> &'static str {
    match way {
        "loadBalancer" => "load balancer",
        "externalAddress" => "external address",
        "nodePort" => "node port",
        "ingress" => "Ingress",
        "gateway" => "Gateway",
        "openShiftRoute" => "Route",
        "hostPort" => "host port",
        _ => "host network",
    }
}

/// Who may use an entry, in words.
pub(super) fn who(entry: &Entry) -> String {
    let Sources { certain, possible } = &entry.sources;
    let is_limited = !possible.is_empty() && some(possible) != "everybody";
    let is_believed = matches!(entry.reach, Reach::Listed(_)) && entry.arrival == Arrival::UnknownPods;
    let who = match (&entry.reach, is_limited) {
        (Reach::Listed(ranges), _) if is_believed => {
            return format!(
                "{} may use it, if its controller, which is not in the input, holds to that list",
                some(ranges)
            );
        }
        (Reach::Inside, _) => {
            return "pods of the cluster alone may: nothing opens its controller to the outside".to_owned();
        }
        (Reach::Controller, _) if matches!(entry.arrival, Arrival::Pods(_)) => {
            return "whoever reaches its controller; what opens that is not in the input, and taken to".to_owned();
        }
        (Reach::Controller, _) => {
            return "whoever reaches its controller, which is not in the input and taken to be open".to_owned();
        }
        (Reach::Listed(ranges), false) => format!("{} may use it", some(ranges)),
        (Reach::Internet, false) => "everybody may use it".to_owned(),
        (Reach::NodeNetwork, false) => "whoever reaches a node may use it".to_owned(),
        (Reach::ProviderNetwork, false) => "the provider's network may use it".to_owned(),
        (Reach::Internet | Reach::Listed(_), true) => format!("{} may use it", some(possible)),
        (Reach::NodeNetwork, true) => format!("{} may use it, if they reach a node", some(possible)),
        (Reach::ProviderNetwork, true) => format!("{} may use it, in the provider's network", some(possible)),
    };
    match &entry.answer {
        Answer::Refused => who,
        Answer::DependsOnSource(_) => format!("{who}, if the pods see their address and not that of a node"),
        Answer::DependsOnNodes(_) => format!("{who}, if policies admit the addresses of nodes, which are not known"),
        _ if certain == possible || certain.is_empty() => who,
        _ => format!("{who}; {} whatever nodes do to addresses, the others if nodes hide theirs", some(certain)),
    }
}

/// Addresses outside, few as they are; many are counted.
fn some(ranges: &[Range]) -> String {
    const MOST: usize = 3;
    let whole = |v4: bool| ranges.iter().any(|range| range.is_everything() && range.first.is_ipv4() == v4);
    match (whole(true), whole(false)) {
        (true, true) => return "everybody".to_owned(),
        (true, false) if ranges.len() == 1 => return "everybody over IPv4".to_owned(),
        (false, true) if ranges.len() == 1 => return "everybody over IPv6".to_owned(),
        _ => {}
    }
    let besides = ::network::besides(ranges);
    let (but, few) = if besides.len() <= ranges.len() { ("everybody but ", &besides) } else { ("", &ranges.to_vec()) };
    let shown: Vec<String> = few.iter().take(MOST).map(Range::text).collect();
    let more = if few.len() > MOST { format!(" and {} ranges more", few.len() - MOST) } else { String::new() };
    format!("{but}{}{more}", shown.join(", "))
}

fn answer(entry: &ExposureEntry) -> String {
    let seen = match entry.arrival.as_str() {
        "client" => "the client's address",
        "node" => "the address of a node",
        "pods" => "the controller's pods",
        "unknownPods" => "the controller's pods",
        _ => return "no policy applies on the network of a node".to_owned(),
    };
    match entry.answer.as_str() {
        "admitted" => format!("policies admit {seen}"),
        "refused" if entry.arrival == "pods" => format!("policies do not admit {seen}, or nobody to those"),
        "refused" => format!("policies do not admit {seen}"),
        "dependsOnSource" => "policies admit clients, and not nodes".to_owned(),
        "dependsOnNodes" => "policies admit blocks in which nodes may be".to_owned(),
        _ => "whether policies admit the controller's pods depends on who they are".to_owned(),
    }
}
