//! `crypto-miner-indicator`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "crypto-miner-indicator",
    title: "Manifest carries crypto-mining indicators",
    severity: Severity::Critical,
    severity_reason: "resource hijack in progress",
    rationale: "The manifest names a miner, a mining pool or its protocol: somebody has the cluster work for them, and can have it do other things too.",
    remediation: "Delete the workload and find out how it came in: who created it, from where, with which rights.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select([.. | strings] | any(test(\"xmrig|stratum[+](tcp|ssl)://|minerd|donate-level|nicehash|c3pool|moneroocean\"; \"i\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("mitre", "T1610"), maps("owasp-k8s-top10", "K10"), maps("nist-800-53", "SI-4")],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      args:
        - -o
        - stratum+tcp://pool.example.com:3333 #~ critical spec.containers[0].args[1]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      args:
        - -o
        - tcp://pool.example.com:3333
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: example.com/XMRig/xmrig:6 #~ names a miner
      command: [sh]
      env:
        - name: POOL
          value: gulf.MoneroOcean.stream:10128 #~ names a miner
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: app
      image: app:1
      command:
        - --donate-level=1 #~ names a miner
",
        ),
    ],
};

/// In lower case, with the letters of what they are looked for in lowered too.
const PATTERNS: &[&str] =
    &["xmrig", "stratum+tcp://", "stratum+ssl://", "minerd", "--donate-level", "nicehash", "c3pool", "moneroocean"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let lists = [container.command, container.args].into_iter().flatten().flat_map(Value::items);
        let env = container.env.into_iter().flat_map(Value::items);
        let env = env.flat_map(|entry| [entry.get("name"), entry.get("value")].into_iter().flatten());
        for value in container.image.into_iter().chain(lists).chain(env) {
            if !names_a_miner(&value.text()) {
                continue;
            }
            // The value may hold more than the indicator: it is pointed at, not repeated.
            let message = "Container `{container}` names a miner, a mining pool or its protocol";
            findings.report(Finding::at(value).value("").container(container).message(message));
        }
    }
}

fn names_a_miner(text: &str) -> bool {
    let text = text.as_bytes();
    // The first two letters of a pattern are rare together; most text is passed over here.
    text.windows(2).enumerate().any(|(at, pair)| {
        matches!(
            (pair[0] | 0x20, pair[1] | 0x20),
            (b'x', b'm') | (b's', b't') | (b'm', b'i' | b'o') | (b'-', b'-') | (b'n', b'i') | (b'c', b'3')
        ) && begins_with_pattern(&text[at..])
    })
}

fn begins_with_pattern(text: &[u8]) -> bool {
    PATTERNS
        .iter()
        .any(|pattern| text.get(..pattern.len()).is_some_and(|found| found.eq_ignore_ascii_case(pattern.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_found_in_any_case() {
        for pattern in PATTERNS {
            assert!(names_a_miner(&format!("--pool={pattern}x")), "{pattern}");
            assert!(names_a_miner(&pattern.to_uppercase()), "{pattern}");
        }
        assert!(!names_a_miner("--strategy=minimal --donate"));
    }
}
