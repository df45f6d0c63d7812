//! `privileged-port`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "privileged-port",
    title: "Container listens on a port below 1024",
    severity: Severity::Info,
    severity_reason: "usually needs root or NET_BIND_SERVICE",
    rationale: "To listen below 1024 a process usually runs as root or with a capability: more than a server needs, and the first thing that somebody who breaks in builds on.",
    remediation: "Listen above 1023 and let the Service keep the well-known port. Where that cannot be, set the sysctl `net.ipv4.ip_unprivileged_port_start`, or add `NET_BIND_SERVICE` and nothing else.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.containers[] | select(any(.ports[]?; .containerPort < 1024)) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[alias("trivy", "KSV-0117"), alias("kube-linter", "privileged-ports")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"],
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
      ports:
        - containerPort: 80 #~ info spec.containers[0].ports[0].containerPort: Container `app` takes port `80`
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
      ports:
        - containerPort: 8080
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: binds
      securityContext:
        capabilities: {add: [NET_BIND_SERVICE]}
      ports:
        - containerPort: 80
    - name: more
      securityContext:
        capabilities: {add: [CAP_NET_BIND_SERVICE, NET_ADMIN]}
      ports:
        - containerPort: 443 #~ spec.containers[1].ports[0].containerPort
    - name: edges
      ports:
        - containerPort: 1023 #~ spec.containers[2].ports[0].containerPort
        - containerPort: 1024
        - containerPort: 8080
          hostPort: 80 #~ spec.containers[2].ports[2].hostPort
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    sysctls:
      - name: net.ipv4.ip_unprivileged_port_start
        value: \"80\"
  containers:
    - name: app
      ports:
        - containerPort: 80
        - containerPort: 79 #~ spec.containers[0].ports[1].containerPort
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os:
    name: windows
  containers:
    - name: app
      image: app:1
      ports:
        - containerPort: 80
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // Windows has no ports that need a privilege.
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    let unprivileged_from = unprivileged_from(workload);
    for container in workload.pod.containers.iter().filter(|container| !binds_and_nothing_else(container)) {
        for port in container.ports.into_iter().flat_map(Value::items) {
            for field in ["containerPort", "hostPort"] {
                let Some(value) = port.get(field) else { continue };
                let is_privileged =
                    value.as_int().is_some_and(|number| (1..1024).contains(&number) && number < unprivileged_from);
                if is_privileged {
                    let message =
                        "Container `{container}` takes port `{value}`, which usually needs root or a capability";
                    findings.report(Finding::at(value).container(container).message(message));
                }
            }
        }
    }
}

/// The first port that needs no privilege.
fn unprivileged_from(workload: &Workload<'_>) -> i64 {
    let sysctls = workload.pod.security_context.as_ref().and_then(|context| context.sysctls);
    let mut sysctls = sysctls.into_iter().flat_map(Value::items);
    let set = sysctls
        .find(|sysctl| sysctl.get("name").is_some_and(|name| name.text() == "net.ipv4.ip_unprivileged_port_start"));
    set.and_then(|sysctl| sysctl.get("value")?.as_int()).unwrap_or(1024)
}

fn binds_and_nothing_else(container: &Container<'_>) -> bool {
    let mut added = container.added_capabilities().map(|capability| capability.text().to_ascii_uppercase());
    let first = added.next();
    let is_bind = |name: &str| name.strip_prefix("CAP_").unwrap_or(name) == "NET_BIND_SERVICE";
    first.is_some_and(|name| is_bind(&name)) && added.all(|name| is_bind(&name))
}
