//! The certificate of generated policies: what they were made from, what of it they admit, and what else.

use std::io::{self, Write};

use ::network::{
    Assumed as AssumedPods, Certificate, Confidence, End, Evidence, Generated, Identity, Need, Network, Ports,
    Unresolved, confidence, protocol_name,
};
use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;

use super::generate::reason;
use super::hanging::write_plain;
use super::wire::{Assumed, Connection, PolicyNote, SCHEMA_VERSION, object_name, place_of};
use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, wrap};

/// The certificate of `plimsoll network generate`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// SHA-256 over the files that were read, and the flows; null for a running cluster.
    pub input_hash: Option<String>,
    /// What was assumed of the cluster.
    pub assumed: Assumed,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// Policies that have no effect, or are not evaluated.
    pub not_judged: Vec<PolicyNote>,
    /// The flows that were given; null if none were.
    pub flows: Option<CertifiedFlows>,
    /// How many policies there are.
    pub policies: usize,
    /// Whether every need is admitted.
    pub holds: bool,
    /// What is needed, and why.
    pub needs: Vec<CertifiedNeed>,
    /// What is needed and refused.
    pub missing: Vec<CertifiedMissing>,
    /// Pairs that may connect on ports that nobody needs: the first of them.
    pub extras: Vec<CertifiedExtra>,
    /// How many such pairs there are.
    pub extra_pairs: u64,
    /// How many ports they have together.
    pub extra_ports: u64,
    /// Pairs that may connect without the policies, of those of which one is a workload that the policies are for.
    pub before: CertifiedPairs,
    /// Pairs that may connect with them.
    pub after: CertifiedPairs,
    /// What may be needed and could not be written.
    pub unresolved: Vec<CertifiedUnresolved>,
    /// Workloads of which nothing was seen.
    pub unseen: Vec<String>,
    /// Pods that are not in the input and are taken to be there.
    pub assumed_pods: Vec<String>,
}

/// The flows that were given.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedFlows {
    /// Different connections.
    pub connections: u64,
    /// Lines of connections that were refused, or never answered.
    pub refused: u64,
    /// Lines that are answers of connections that others tell.
    pub replies: u64,
    /// Lines of other protocols, and of what is no connection.
    pub others: u64,
    /// Lines that are not understood.
    pub not_understood: u64,
}

/// A connection that is needed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedNeed {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The port of the pod.
    pub port: u16,
    /// `observed`, `platform` or `guessed`.
    pub confidence: String,
    /// Why.
    pub evidence: Vec<String>,
}

/// A connection that is needed and refused.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedMissing {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The protocol and port.
    pub port: String,
    /// The policies that refuse it.
    pub refused_by: Vec<String>,
}

/// A pair that may connect on ports that nobody needs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedExtra {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The ports.
    pub ports: Connection,
    /// The rules that admit it; empty where no policy restricts it.
    pub because: Vec<String>,
}

/// How many pairs may connect.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedPairs {
    /// On some port.
    pub some: u64,
    /// On all ports.
    pub all: u64,
}

/// Something that may be needed and could not be written as a rule.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedUnresolved {
    /// What, and why not.
    pub what: String,
    /// What to do about it.
    pub advice: String,
    /// How many connections that were seen it stands for.
    pub observed: u64,
    /// Where it is declared: file and line.
    pub place: Option<String>,
}

/// The JSON Schema of the certificate.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(CertificateReport)).expect("a schema is JSON") + "\n"
}

/// What a certificate is made of.
pub struct CertificateInput<'a> {
    /// The network with the policies.
    pub after: &'a Network<'a>,
    /// The policies, and what they were made from.
    pub generated: &'a Generated,
    /// What holds of them.
    pub certificate: &'a Certificate,
    /// What was assumed.
    pub assumed: Assumed,
    /// What was looked at.
    pub coverage: JsonCoverage,
    /// Policies that have no effect, or are not evaluated.
    pub not_judged: Vec<PolicyNote>,
    /// The flows that were given.
    pub flows: Option<CertifiedFlows>,
    /// The hash of what was read.
    pub input_hash: Option<String>,
    /// The version of the program.
    pub version: &'a str,
}

/// The certificate, for machines.
pub fn report(input: CertificateInput<'_>) -> CertificateReport {
    let CertificateInput { after, generated, certificate, assumed, coverage, not_judged, flows, input_hash, version } =
        input;
    let inventory = after.inventory();
    let need = |(need, evidence): (&Need, &Vec<Evidence>)| CertifiedNeed {
        from: end_name(generated, need.from),
        to: end_name(generated, need.to),
        protocol: protocol_name(need.protocol).to_owned(),
        port: need.port,
        confidence: confidence_name(confidence(evidence)).to_owned(),
        evidence: evidence.iter().map(|evidence| reason(after, evidence)).collect(),
    };
    let extras = certificate.extras.iter().map(|extra| CertifiedExtra {
        from: endpoint_name(after, extra.from),
        to: endpoint_name(after, extra.to),
        ports: Connection(extra.ports.clone()),
        because: extra
            .because
            .iter()
            .map(|(policy, rule)| format!("{} rule {}", object_name(inventory, *policy), rule + 1))
            .collect(),
    });
    CertificateReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: version.to_owned(), controls: Vec::new() },
        input_hash,
        assumed,
        coverage,
        not_judged,
        flows,
        policies: generated.policies.len(),
        holds: certificate.missing.is_empty(),
        needs: generated.needs.iter().map(need).collect(),
        missing: certificate
            .missing
            .iter()
            .map(|missing| CertifiedMissing {
                from: end_name(generated, missing.need.from),
                to: end_name(generated, missing.need.to),
                port: Ports::one(missing.need.protocol, missing.need.port).to_string(),
                refused_by: missing.refused_by.iter().map(|policy| object_name(inventory, *policy)).collect(),
            })
            .collect(),
        extras: extras.collect(),
        extra_pairs: certificate.extra_pairs,
        extra_ports: certificate.extra_ports,
        before: CertifiedPairs { some: certificate.before.some, all: certificate.before.all },
        after: CertifiedPairs { some: certificate.after.some, all: certificate.after.all },
        unresolved: generated.unresolved.iter().map(|unresolved| unresolved_of(after, unresolved)).collect(),
        unseen: generated.unseen.iter().map(|workload| workload_name(generated, *workload)).collect(),
        assumed_pods: generated.assumed.iter().map(assumed_text).collect(),
    }
}

fn unresolved_of(network: &Network<'_>, unresolved: &Unresolved) -> CertifiedUnresolved {
    CertifiedUnresolved {
        what: unresolved.what.clone(),
        advice: unresolved.advice.clone(),
        observed: unresolved.observed,
        place: unresolved.at.map(|(resource, place)| {
            let (path, line) = place_of(network.inventory(), resource, place.line);
            format!("{path}:{line}")
        }),
    }
}

fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Observed => "observed",
        Confidence::Platform => "platform",
        Confidence::Guessed => "guessed",
    }
}

fn workload_name(generated: &Generated, workload: u32) -> String {
    generated.names.get(workload as usize).cloned().unwrap_or_default()
}

fn assumed_text(assumed: &AssumedPods) -> String {
    let labels: Vec<String> = assumed.labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let labels = if labels.is_empty() { "all its pods".to_owned() } else { labels.join(", ") };
    format!("{}, in `{}` ({labels})", assumed.what, assumed.namespace)
}

fn end_name(generated: &Generated, end: End) -> String {
    match end {
        End::Workload(workload) => workload_name(generated, workload),
        End::Assumed(number) => generated
            .assumed
            .get(number as usize)
            .map(|assumed| format!("{} of `{}`", assumed.what, assumed.namespace))
            .unwrap_or_default(),
        End::Addresses(range) => range.text(),
    }
}

fn endpoint_name(network: &Network<'_>, endpoint: ::network::EndpointId) -> String {
    match &network.get(endpoint).identity {
        Identity::Outside(ranges) if ranges.len() > 3 => {
            let first: Vec<String> = ranges.iter().take(3).map(::network::Range::text).collect();
            format!("outside ({} and {} more)", first.join(", "), ranges.len() - 3)
        }
        Identity::Outside(_) => format!("outside ({})", network.get(endpoint).name),
        Identity::Workload { .. } | Identity::Nodes(_) => network.get(endpoint).name.clone(),
    }
}

/// Writes the certificate as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &CertificateReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// How many lines of one kind are shown.
const MOST: usize = 8;

/// Writes what holds of the policies for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &CertificateReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let arrow = if terminal.unicode { "→" } else { "->" };
    let count = |name: &str| report.needs.iter().filter(|need| need.confidence == name).count();
    let (observed, platform, guessed) = (count("observed"), count("platform"), count("guessed"));
    let head = format!(
        "{} {} policies from {} connections: {observed} observed, {platform} needed by the platform, {guessed} guessed",
        terminal.logo(),
        report.policies,
        report.needs.len()
    );
    writeln!(out, "{}", terminal.bold(&head))?;
    write_flows(report, terminal, out)?;
    match report.holds {
        true => {
            let mark = terminal.paint(AnsiColor::Green.on_default().bold(), terminal.passed());
            writeln!(out, "  {mark} evaluated again: every one of them is admitted")?;
        }
        false => {
            let mark = terminal.paint(AnsiColor::Red.on_default().bold(), "x");
            let (is, count) = if report.missing.len() == 1 {
                ("is", "one".to_owned())
            } else {
                ("are", report.missing.len().to_string())
            };
            writeln!(out, "  {mark} evaluated again: {count} of them {is} refused, so nothing was written:")?;
        }
    }
    let missing = report.missing.iter().map(|missing| {
        let by = if missing.refused_by.is_empty() {
            String::new()
        } else {
            format!(", refused by {}", missing.refused_by.join(", "))
        };
        format!("{} {arrow} {} {}{by}", missing.from, missing.to, missing.port)
    });
    write_some(missing.collect(), terminal, out)?;
    writeln!(
        out,
        "  pairs that may connect: {} without the policies, {} with them",
        report.before.some, report.after.some
    )?;
    if report.extra_pairs > 0 {
        writeln!(out, "  of these {} may connect on ports that nobody is known to need:", report.extra_pairs)?;
        let extras = report.extras.iter().map(|extra| {
            let because = match extra.because.is_empty() {
                true => "no policy restricts it".to_owned(),
                false => extra.because.join(" and "),
            };
            format!("{} {arrow} {}  {}: {because}", extra.from, extra.to, extra.ports.0)
        });
        write_some(extras.collect(), terminal, out)?;
    }
    if guessed > 0 {
        writeln!(out, "  guessed, and in policies of their own: read them before you apply them")?;
        let lines = report.needs.iter().filter(|need| need.confidence == "guessed").map(|need| {
            let why = need.evidence.join("; ");
            format!("{} {arrow} {} {} {}  {why}", need.from, need.to, need.protocol, need.port)
        });
        write_some(lines.collect(), terminal, out)?;
    }
    if !report.assumed_pods.is_empty() {
        writeln!(out, "  not in the input, and taken to be there:")?;
        write_some(report.assumed_pods.clone(), terminal, out)?;
    }
    if !report.unresolved.is_empty() {
        writeln!(out, "  {} may be needed and are not in the policies:", terminal.unseen())?;
        let lines = report.unresolved.iter().map(|unresolved| {
            let place = unresolved.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
            format!("{}{place}: {}", unresolved.what, unresolved.advice)
        });
        write_some(lines.collect(), terminal, out)?;
    }
    if !report.unseen.is_empty() {
        writeln!(out, "  nothing was seen of these, which may connect at other times:")?;
        write_some(report.unseen.clone(), terminal, out)?;
    }
    let given = report.flows.is_some_and(|flows| flows.connections + flows.refused + flows.replies + flows.others > 0);
    let advice = match observed {
        0 if given => {
            "the flows show no connection of workloads that are here: what is not declared is refused; take flows of all \
             of them before you apply it"
        }
        0 => {
            "no connection was observed: what is not declared is refused; give flows with `--flows` before you apply it"
        }
        _ => "what was not observed in that time is refused: jobs, failovers and releases may need more",
    };
    writeln!(out, "  {advice}")
}

/// What became of the flows that were given.
fn write_flows(report: &CertificateReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let Some(CertifiedFlows { connections, refused, replies, others, not_understood }) = report.flows else {
        return Ok(());
    };
    let kinds = [
        (refused, "refused", "refused"),
        (replies, "answer", "answers"),
        (others, "of another kind", "of other kinds"),
        (not_understood, "not understood", "not understood"),
    ];
    let passed: Vec<String> = kinds
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    let passed = match passed.is_empty() {
        true => String::new(),
        false => format!("; lines passed over: {}", passed.join(", ")),
    };
    let connections = format!("{connections} {}", if connections == 1 { "connection" } else { "connections" });
    write_plain(&format!("flows: {connections}{passed}"), 2, terminal, out)
}

fn write_some(lines: Vec<String>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let more = lines.len().saturating_sub(MOST);
    for line in lines.iter().take(MOST) {
        let width = terminal.width.saturating_sub(6).max(40);
        for (at, part) in wrap(&sanitize(line), width).iter().enumerate() {
            writeln!(out, "    {}{part}", if at > 0 { "  " } else { "" })?;
        }
    }
    if more > 0 {
        writeln!(out, "    and {more} more, in the certificate (`--certificate FILE`)")?;
    }
    Ok(())
}
