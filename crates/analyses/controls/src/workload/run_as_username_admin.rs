//! `run-as-username-admin`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::SecurityContext;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "run-as-username-admin",
    title: "Windows container runs as an administrator account",
    severity: Severity::High,
    severity_reason: "ContainerAdministrator or SYSTEM inside the container",
    rationale: "ContainerAdministrator and SYSTEM may change everything in a Windows container, and have what escapes from it begin with.",
    remediation: "Set `windowsOptions.runAsUserName: ContainerUser`, or another account without rights.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.windowsOptions.runAsUserName // \"\" | test(\"(?i)^(containeradministrator|nt authority.system)$\")) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "require-run-as-containeruser")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3")],
    references: &[],
    umbrella: false,
    fix: FixClass::Safe,
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
      securityContext:
        windowsOptions:
          runAsUserName: ContainerAdministrator #~ high
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
      securityContext:
        windowsOptions:
          runAsUserName: ContainerUser
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    windowsOptions: {runAsUserName: 'nt authority\\system'} #~ Container `app`
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os: {name: windows}
  containers:
    - name: app #~ low spec.containers[0]
      image: app:1
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
",
        ),
    ],
};

const ADMINISTRATORS: [&str; 2] = ["ContainerAdministrator", r"NT AUTHORITY\SYSTEM"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for container in &pod.containers {
        let options = |context: &SecurityContext<'_>| context.windows_options.is_some();
        let name = |context: &Option<SecurityContext<'_>>| context.as_ref().is_some_and(options);
        let of_pod = pod.security_context.as_ref().and_then(user_name);
        let effective = container.security_context.as_ref().and_then(user_name).or(of_pod);
        match effective {
            Some(user) if ADMINISTRATORS.iter().any(|admin| user.text().eq_ignore_ascii_case(admin)) => findings
                .report(
                    Finding::at(user)
                        .container(container)
                        .message("Container `{container}` runs as `{value}`, an administrator")
                        .replace("ContainerUser"),
                ),
            None if pod.is_windows() => findings.report(
                Finding::missing(container.value, "securityContext.windowsOptions.runAsUserName")
                    .container(container)
                    .severity(Severity::Low)
                    .message("Container `{container}` names no user: on Windows it may run as an administrator"),
            ),
            None if !name(&pod.security_context) && !name(&container.security_context) => findings.not_applicable(),
            _ => {}
        }
    }
}

fn user_name<'d>(context: &SecurityContext<'d>) -> Option<Value<'d>> {
    context.windows_options?.get("runAsUserName")
}
