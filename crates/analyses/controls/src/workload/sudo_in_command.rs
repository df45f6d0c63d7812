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
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      command: [sh, -c, 'echo no sudo here # sudo']
      args:
        - 'echo \"as root\" && sudo run' #~ low
        - 'echo $(sudo run)' #~ low
        - 'run # with sudo'
        - 'run \"# \" && sudo run' #~ low
        - |
          # sudo run
          printf sudo | run
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

/// Whether one of the words is `sudo`, with or without the folder that it is in. What is only printed, and what is
/// a comment, calls nothing.
fn calls_sudo(text: &str) -> bool {
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let calls = |command: &str| {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '$');
        let mut words = command.split(is_end).filter(|word| !word.is_empty()).peekable();
        let prints = words.peek().is_some_and(|first| matches!(&*name(first), "echo" | "printf"));
        !prints && words.any(|word| name(word) == "sudo")
    };
    text.lines().any(|line| without_comment(line).split([';', '&', '|', '(', ')', '`']).any(calls))
}

/// The line without the comment at its end.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| {
        let before = &line[..*at];
        let is_quoted = ['"', '\''].iter().any(|quote| !before.matches(*quote).count().is_multiple_of(2));
        (before.is_empty() || before.ends_with([' ', '\t'])) && !is_quoted
    };
    line.match_indices('#').map(|(at, _)| at).find(is_comment).map_or(line, |at| &line[..at])
}
