//! Real packets: network namespaces stand for pods and for hosts outside, what the evaluator answers becomes rules of the
//! kernel's own filter between them, and the connections that then succeed are compared with the matrix, and with what
//! the specification says of the scenario.
//!
//! `PLIMSOLL_PACKETS=1` asks for it; it needs root, and `ip`, `nft` and `unshare`. Without that the test says that it is left
//! out. Everything happens in namespaces of its own for the network, mounts and processes, which end with it.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "processes tell each other, and people, what they did")]
#![expect(clippy::disallowed_types, reason = "the reference is the kernel, and its tools")]
#![expect(clippy::disallowed_methods, reason = "the environment says what this process is")]

mod arena;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "endpoints are found by their family as well")]
mod support;

use std::process::Command;

use arena::Connection;
use network::{Config, Network};

const SCENARIO: &str = include_str!("scenario.yaml");

/// What the specification says of the scenario: from whom, to whom, on which port, and whether the connection is made; each
/// over IPv4 and IPv6 unless it says over which.
const EXPECTED: &[(&str, &str, &str, &str, bool)] = &[
    // Nothing restricts `b/job`, in either direction.
    ("b/job", "b/free", "tcp/443 udp/53 tcp/9091", "", true),
    ("far", "b/free", "tcp/443 udp/54", "", true),
    // `http` is another number at each destination, and a number that only another pod calls so is closed.
    ("a/client", "a/web", "tcp/8080", "", true),
    ("a/client", "a/api", "tcp/9090", "", true),
    ("a/client", "a/web", "tcp/9090 udp/8080", "", false),
    ("a/client", "a/api", "tcp/8080", "", false),
    // One item is AND: pods of `b` with the label, and not those without.
    ("b/free", "a/web", "tcp/8080", "", true),
    ("b/job", "a/web", "tcp/8080", "", false),
    // The range has both of its ends, and nothing after.
    ("b/job", "a/api", "tcp/9000 tcp/9001", "", true),
    ("b/job", "a/api", "tcp/9091 udp/9000", "", false),
    // A port with a protocol and no number is all of that protocol.
    ("a/web", "a/db", "udp/53 udp/54 udp/9000", "", true),
    ("a/web", "a/db", "tcp/53 tcp/5432", "", false),
    ("a/api", "a/db", "tcp/5432", "", true),
    ("a/client", "a/db", "tcp/5432 udp/53", "", false),
    // What leaves: to the block, not to what it leaves out, and nowhere over IPv6 but to that one address.
    ("a/client", "far", "tcp/443", "4", true),
    ("a/client", "near", "tcp/443", "4", true),
    ("a/client", "shunned", "tcp/443", "4", false),
    ("a/client", "far", "tcp/80 udp/443", "4", false),
    ("a/client", "far", "tcp/443", "6", false),
    ("a/client", "near", "tcp/443", "6", true),
    // Who comes from outside is admitted by address, family by family.
    ("far", "a/web", "tcp/80", "4", true),
    ("far", "a/web", "tcp/80", "6", false),
    ("near", "a/web", "tcp/80", "4", false),
    ("near", "a/web", "tcp/80", "6", true),
    // Pods come with the addresses of pods: the block that admits `far` is none of theirs.
    ("b/job", "a/web", "tcp/80", "", false),
    // An administrator denies before policies admit, and passes what comes later on.
    ("b/job", "a/db", "tcp/5432", "", false),
    ("b/free", "a/api", "tcp/80", "", false),
    ("b/free", "a/api", "tcp/9000", "", true),
];

#[test]
fn connections_that_succeed_are_those_of_the_matrix() {
    if std::env::var_os("PLIMSOLL_PACKETS").is_none() {
        eprintln!("left out: real packets; `PLIMSOLL_PACKETS=1` asks for them, and root, `ip`, `nft` and `unshare`");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let status = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(own)
        .args(["--exact", "role", "--nocapture"])
        .env(arena::ROLE, "arena")
        .status()
        .unwrap();
    assert!(status.success(), "what the packets did is above");
}

/// What this program does when it is started by itself.
#[test]
fn role() {
    match std::env::var(arena::ROLE).as_deref() {
        Ok("arena") => compare(),
        Ok("serve") => arena::serve(),
        Ok("probe") => arena::probe(),
        _ => {}
    }
}

fn compare() {
    let inventory = support::inventory(SCENARIO);
    assert!(inventory.facts.traffic.refused.is_empty(), "the scenario has policies that the API refuses");
    let network = Network::new(&inventory, &Config::default());
    let mut arena = arena::Arena::build(&network);
    arena.admit(&network);
    let connections = arena.connect();
    let mut wrong: Vec<String> = Vec::new();
    for connection in &connections {
        let (from, to) = (
            arena.endpoint(&network, connection.from, connection.v6),
            arena.endpoint(&network, connection.to, connection.v6),
        );
        let expected = network.connections(from, to).contains(connection.protocol, connection.port);
        if expected != connection.made {
            wrong.push(format!("{}: {}, the matrix says {expected}", arena.name(connection), connection.made));
        }
    }
    let mut said = 0;
    for &(from, to, ports, family, expected) in EXPECTED {
        for port in ports.split(' ') {
            let is_meant = |connection: &&Connection| {
                let name = arena.name(connection);
                let family_fits = family.is_empty() || (family == "6") == connection.v6;
                family_fits && name.starts_with(&format!("{from} -> {to} {port} "))
            };
            let meant: Vec<&Connection> = connections.iter().filter(is_meant).collect();
            assert_eq!(meant.len(), if family.is_empty() { 2 } else { 1 }, "{from} -> {to} {port}");
            said += meant.len();
            let others = meant.iter().filter(|connection| connection.made != expected);
            wrong.extend(others.map(|connection| format!("{}: {}", arena.name(connection), connection.made)));
        }
    }
    let made = connections.iter().filter(|connection| connection.made).count();
    eprintln!(
        "packets: {} connections tried, {made} made; {said} of them are said by the specification; {} are wrong",
        connections.len(),
        wrong.len()
    );
    assert!(made > 0 && made < connections.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
