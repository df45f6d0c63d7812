//! `lifecycle-or-exec-downloads-code`

use super::downloads;
use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "lifecycle-or-exec-downloads-code",
    title: "Container downloads and runs code at start",
    severity: Severity::Medium,
    severity_reason: "image scanning and pinning do not see it",
    rationale: "What is fetched when the container starts is in no image: no scan has seen it, no digest pins it, and whoever controls the address or the way there decides what runs.",
    remediation: "Build what the container needs into its image, and start it from there.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec | (.initContainers // []) + .containers | .[] | select([.command[]?, .args[]?] | join(\" \") | test(\"curl|wget|pip install|apt(-get)? install|apk add\")) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("mitre", "T1204.003"), maps("nist-800-53", "CM-7"), maps("nist-800-53", "SI-7")],
    references: &["https://attack.mitre.org/techniques/T1105/"],
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
      command: [\"sh\", \"-c\", \"curl -sL https://example.com/install.sh | sh\"] #~ medium spec.containers[0].command[2]: Container `app` fetches a script and runs it
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      command: [\"/usr/bin/app\"]
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: pip
      image: python:3
      command: [\"pip\"] #~ spec.initContainers[0].command[0]: Container `pip` installs packages
      args: [\"install\", \"git+https://example.com/tool.git\"]
    - name: apt
      image: debian:12
      command: [\"bash\", \"-c\"]
      args:
        - | #~ spec.initContainers[1].args[0]
          apt-get update && apt-get install -y curl
  containers:
    - name: health
      image: app:1
      livenessProbe:
        exec:
          command: [\"sh\", \"-c\", \"curl -fsS http://localhost:8080/healthz || exit 1\"]
      lifecycle:
        postStart:
          exec:
            command: [\"sh\", \"-c\", \"wget -qO /tmp/x https://example.com/x && chmod +x /tmp/x && /tmp/x\"] #~ spec.containers[0].lifecycle.postStart.exec.command[2]
    - name: data
      image: app:1
      command: [\"sh\", \"-c\", \"curl -o /data/model.bin https://example.com/model.bin && exec serve\"]
    - name: git
      image: app:1
      command: [\"sh\", \"-c\", \"git clone https://example.com/tool.git && cd tool && make run\"] #~ spec.containers[2].command[2]
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let start = [container.command, container.args];
        let hooks = container.handlers().filter_map(|handler| handler.at(&["exec", "command"]));
        // A script may be spread over `command` and `args`: they are one command line.
        judge(container, &start.into_iter().flatten().collect::<Vec<_>>(), findings);
        hooks.for_each(|command| judge(container, &[command], findings));
    }
}

fn judge(container: &Container<'_>, lists: &[Value<'_>], findings: &mut Findings<'_>) {
    let words = || lists.iter().flat_map(|list| list.items());
    // Most commands are short and fetch nothing.
    if !words().any(|word| downloads::may_fetch(&word.text())) {
        return;
    }
    let line = words().map(|word| word.text()).collect::<Vec<_>>().join(" ");
    let Some(what) = downloads::find(&line) else { return };
    let place = words().find(|word| downloads::may_fetch(&word.text())).or(lists.first().copied());
    if let Some(place) = place {
        let message = format!("Container `{{container}}` {what} when it starts: no scan of the image has seen that");
        findings.report(Finding::at(place).value("").container(container).message(message));
    }
}
