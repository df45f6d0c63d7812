//! `sudo-in-command`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "sudo-in-command",
    title: "Container command uses sudo",
    severity: Severity::Low,
    severity_reason: "implies setuid binaries and broad in-container rights",
    rationale: "A command that calls `sudo` needs programs that change their user and rules that let it: what it may do, whoever breaks into the container may do.",
    remediation: "Run the container as the user that the program needs, and take `sudo` out of the image.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; [.command[]?, .args[]?] | join(\" \") | test(\"(^|[ /;&|])sudo( |$)\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0062")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      command: [\"sh\", \"-c\", \"sudo chown app /data && run\"] #~ low spec.containers[0].command[2]: Container `app` calls `sudo`
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      command: [\"sh\", \"-c\", \"run\"]
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      command: [/usr/bin/sudo, run] #~ low spec.containers[0].command[0]
      args: [pseudo, sudoers, --sudo=no]
      lifecycle:
        postStart:
          exec:
            command: [sudo, x] #~ low spec.containers[0].lifecycle.postStart.exec.command[0]
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let own = [container.command, container.args].into_iter().flatten();
        let hooks = container.handlers().filter_map(|handler| handler.at(&["exec", "command"]));
        own.chain(hooks).for_each(|command| judge(container, command, findings));
    }
}

fn judge(container: &Container<'_>, command: Value<'_>, findings: &mut Findings<'_>) {
    for word in command.items() {
        let text = word.text();
        if text.contains("sudo") && calls_sudo(&text) {
            let message = "Container `{container}` calls `sudo`, which needs programs that change their user";
            findings.report(Finding::at(word).value("sudo").container(container).message(message));
        }
    }
}

/// Whether one of the words is `sudo`, with or without the folder that it is in.
fn calls_sudo(text: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '`' | '"' | '\'' | '$');
    text.split(is_end).any(|word| word.rsplit('/').next() == Some("sudo"))
}
