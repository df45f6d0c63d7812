//! Connections that were seen, from what networks write of them: our own form, Hubble, Calico's flow logs, the logs of
//! OVN's rules, and the table of the kernel's connection tracking.
//!
//! Each line is looked at alone, so that files of several kinds may be joined. What is not understood is counted, and said.

mod calico;
mod conntrack;
mod hubble;
mod ovn;
mod own;

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::net::IpAddr;

use model::flow::{Flow, FlowEnd};
use model::inventory::Protocol;
use serde_json::Value;

/// What was read.
#[derive(Debug, Default)]
pub struct Flows {
    /// Connections, each once, in the order in which they were first seen.
    pub flows: Vec<Flow>,
    /// How many lines were passed over that say nothing of a connection that was made, by what they say.
    pub passed_over: PassedOver,
    /// Lines that were not understood, and why: the first of them.
    pub problems: Vec<(u32, String)>,
    /// How many there are.
    pub not_understood: u64,
    /// Whether there were more different connections than are kept.
    pub cut_short: bool,
}

/// Lines that say nothing of a connection that was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Connections that were refused, or never answered.
    pub refused: u64,
    /// Answers, of connections that are told by other lines.
    pub replies: u64,
    /// Other protocols than TCP, UDP and SCTP, and what is no connection.
    pub others: u64,
}

impl PassedOver {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.refused + self.replies + self.others
    }

    /// Adds those of another file.
    pub fn add(&mut self, other: Self) {
        self.refused += other.refused;
        self.replies += other.replies;
        self.others += other.others;
    }
}

/// What a line says.
enum Line {
    Flow(Box<Flow>),
    Refused,
    Reply,
    Other,
}

impl Line {
    fn flow(flow: Flow) -> Self {
        Self::Flow(Box::new(flow))
    }
}

/// The most different connections that are kept, the longest line, and the most problems that are told.
const MOST: usize = 1_000_000;
const LONGEST: u64 = 1 << 20;
const MOST_PROBLEMS: usize = 10;

type Key = (FlowEnd, FlowEnd, Protocol, u16);

/// Reads connections, one a line.
///
/// # Errors
/// What reading returns.
pub fn read(input: &mut dyn BufRead) -> io::Result<Flows> {
    let mut flows = Flows::default();
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut line = Vec::new();
    let mut number: u32 = 0;
    loop {
        line.clear();
        let read = io::Read::take(&mut *input, LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(flows);
        }
        number = number.saturating_add(1);
        if read as u64 == LONGEST && line.last() != Some(&b'\n') {
            skip_line(input)?;
            problem(&mut flows, number, "the line is too long".to_owned());
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match read_line(text) {
            Ok(Line::Flow(flow)) => add(&mut flows, &mut known, Flow { line: number, ..*flow }),
            Ok(Line::Refused) => flows.passed_over.refused += 1,
            Ok(Line::Reply) => flows.passed_over.replies += 1,
            Ok(Line::Other) => flows.passed_over.others += 1,
            Err(reason) => problem(&mut flows, number, reason),
        }
    }
}

fn skip_line(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn problem(flows: &mut Flows, line: u32, reason: String) {
    flows.not_understood += 1;
    if flows.problems.len() < MOST_PROBLEMS {
        flows.problems.push((line, reason));
    }
}

fn add(flows: &mut Flows, known: &mut HashMap<Key, usize>, flow: Flow) {
    let key = (flow.from.clone(), flow.to.clone(), flow.protocol, flow.port);
    if let Some(&at) = known.get(&key) {
        let own = &mut flows.flows[at];
        own.count = own.count.saturating_add(flow.count);
        // Times of one file are written alike, so that they compare as texts do.
        if !flow.first.is_empty() && (own.first.is_empty() || flow.first < own.first) {
            own.first = flow.first;
        }
        if flow.last > own.last {
            own.last = flow.last;
        }
        return;
    }
    if flows.flows.len() == MOST {
        flows.cut_short = true;
        return;
    }
    known.insert(key, flows.flows.len());
    flows.flows.push(flow);
}

fn read_line(text: &str) -> Result<Line, String> {
    if !text.starts_with('{') {
        return if text.contains("acl_log") { ovn::read(text) } else { conntrack::read(text) };
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    if value.get("flow").is_some() || value.get("l4").is_some() || value.get("lost_events").is_some() {
        hubble::read(&value)
    } else if value.get("dest_port").is_some() || value.get("dest_type").is_some() {
        calico::read(&value)
    } else {
        own::read(&value)
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

fn protocol(name: &str) -> Option<Protocol> {
    match name.to_ascii_lowercase().as_str() {
        "tcp" | "6" => Some(Protocol::Tcp),
        "udp" | "17" => Some(Protocol::Udp),
        "sctp" | "132" => Some(Protocol::Sctp),
        _ => None,
    }
}

fn port(value: Option<&Value>) -> Option<u16> {
    let value = value?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let flows = read(&mut text.as_bytes()).unwrap();
        let end = |end: &FlowEnd| {
            let address = end.address.map(|address| address.to_string()).unwrap_or_default();
            [&end.namespace, &end.workload, &end.pod, &end.service, &address]
                .into_iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join("/")
        };
        let mut lines: Vec<String> = flows
            .flows
            .iter()
            .map(|flow| {
                let (from, to) = (end(&flow.from), end(&flow.to));
                format!("{from} > {to} {:?} {} x{} {} {}", flow.protocol, flow.port, flow.count, flow.first, flow.last)
            })
            .collect();
        lines.extend(flows.problems.iter().map(|(line, reason)| format!("{line}: {reason}")));
        let PassedOver { refused, replies, others } = flows.passed_over;
        for (count, what) in [(refused, "refused"), (replies, "reply"), (others, "other")] {
            if count > 0 {
                lines.push(format!("{count} {what}"));
            }
        }
        lines.join("\n")
    }

    #[test]
    fn every_kind_of_line_is_read() {
        for (text, expected) in [
            (
                r#"{"from": {"namespace": "a", "workload": "web"}, "to": {"address": "2001:db8::1"}, "port": 443, "count": 7, "first": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z"}"#,
                "a/web > 2001:db8::1 Tcp 443 x7 2026-01-01T00:00:00Z 2026-01-02T00:00:00Z",
            ),
            (
                r#"{"flow":{"time":"2026-01-01T00:00:00Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"UDP":{"source_port":40000,"destination_port":53}},"source":{"namespace":"a","pod_name":"web-1","workloads":[{"name":"web","kind":"Deployment"}]},"destination":{"namespace":"kube-system","pod_name":"coredns-x"},"is_reply":false}}"#,
                "a/web/web-1/10.0.0.1 > kube-system/coredns-x/10.0.0.2 Udp 53 x1 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z",
            ),
            (
                r#"{"flow":{"verdict":"FORWARDED","l4":{"TCP":{"source_port":80,"destination_port":40000}},"is_reply":true}}"#,
                "1 reply",
            ),
            (r#"{"flow":{"verdict":"DROPPED","l4":{"TCP":{"source_port":40000,"destination_port":80}}}}"#, "1 refused"),
            (r#"{"flow":{"verdict":"FORWARDED","l4":{"ICMPv4":{"type":8}}}}"#, "1 other"),
            (r#"{"dest_port":80,"dest_type":"wep","proto":"tcp","action":"deny"}"#, "1 refused"),
            (
                "2026-01-01T00:00:00.000Z|00004|acl_log(ovn_pinctrl0)|INFO|name=\"x\", verdict=drop: tcp,nw_src=10.0.0.1",
                "1 refused",
            ),
            (
                r#"{"start_time":1700000000,"end_time":1700000300,"source_ip":"10.0.0.1","source_name":"-","source_name_aggr":"web-7d9c-*","source_namespace":"a","source_type":"wep","dest_ip":"10.0.0.2","dest_name":"-","dest_name_aggr":"pg-*","dest_namespace":"b","dest_type":"wep","dest_port":5432,"proto":"tcp","action":"allow","reporter":"dst","num_flows":3}"#,
                "a/web-7d9c/10.0.0.1 > b/pg/10.0.0.2 Tcp 5432 x3 2023-11-14T22:13:20Z 2023-11-14T22:18:20Z",
            ),
            (
                "tcp 6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.9 sport=40000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=8080 dport=40000 [ASSURED] mark=0 use=1",
                "10.0.0.1 > 10.0.0.2 Tcp 8080 x1  ",
            ),
            (
                "ipv6 10 udp 17 20 src=fd00::1 dst=fd00::2 sport=1 dport=53 src=fd00::2 dst=fd00::1 sport=53 dport=1 mark=0 use=1",
                "fd00::1 > fd00::2 Udp 53 x1  ",
            ),
            (
                "tcp 6 100 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1",
                "1 refused",
            ),
            (
                r#"2026-01-01T00:00:00.000Z|00004|acl_log(ovn_pinctrl0)|INFO|name="NP:a:web", verdict=allow, severity=alert, direction=to-lport: tcp,vlan_tci=0x0000,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=40000,tp_dst=8080,tcp_flags=syn"#,
                "10.0.0.1 > 10.0.0.2 Tcp 8080 x1 2026-01-01T00:00:00.000Z 2026-01-01T00:00:00.000Z",
            ),
            ("{\"from\": 3}", "1: it says neither a `port` nor who connects"),
            ("nonsense", "1: it is none of the forms that are read"),
            ("{", "1: it is not JSON: EOF while parsing an object at line 1 column 1"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn one_connection_that_is_seen_twice_is_one() {
        let line = |count: u32, at: &str| {
            format!(
                "{{\"from\": \"a/web\", \"to\": \"b/db\", \"port\": 5432, \"count\": {count}, \"first\": \"{at}\", \"last\": \"{at}\"}}\n"
            )
        };
        let text = format!("{}# a note\n{}", line(2, "2026-02-01"), line(3, "2026-01-01"));
        assert_eq!(show(&text), "a/web > b/db Tcp 5432 x5 2026-01-01 2026-02-01");
    }
}
