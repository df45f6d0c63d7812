//! `secret-in-command`

use std::ops::Range;

use model::control::{Check, Control, fixture, maps};
use model::document::{NodeId, Value};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

use super::spans::Locator;
use super::{detector, flags};

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-in-command",
    title: "Secret value appears in command or arguments",
    severity: Severity::High,
    severity_reason: "visible in ps, events and audit",
    rationale: "The arguments of a process are readable by every other process of the pod and of the node, in \
                `/proc` and in `ps`. They also stand in the object, in its repository, in events and in audit logs, so \
                that the secret reaches people and systems that were never meant to have it.",
    remediation: "Mount the secret as a file and give the program the path of it. Where the program only takes a flag, \
                  take the value from a Secret into a variable and write `$(NAME)` in its place. Issue a new value.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers \
             + (.spec.ephemeralContainers // []) | .[] | .name as $c | ((.command // []) + (.args // []))[] | \
             select(test(\"(password|token|secret|api-key)[= ]\")) | \
             \"\\($p.metadata.namespace)/\\($p.metadata.name) \\($c)\"'",
    aliases: &[],
    mappings: &[maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K03"), maps("nist-800-190", "4.1.4"), maps("nist-800-53", "IA-5")],
    references: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
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
      args:
        - --password=s3cr3t #~ high spec.containers[0].args[0]: Container `app` is given a literal value with `--password`
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
      args:
        - --password=$(PASSWORD)
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
      command: [\"app\", \"--token\", \"s3cr3t\"] #~ high spec.containers[0].command[2]: Container `app` is given a literal value with `--token`
      args:
        - --api-key=s3cr3t #~ with `--api-key`
        - --secret=s3cr3t #~ with `--secret`
        - --db-password=s3cr3t #~ with `--db-password`
        - AKIAIOSFODNN7FIXTURE #~ high spec.containers[0].args[3]: Container `app` is given a secret as an argument (AWS access key id)
        - --token=https://app:s3cr3t@host #~ high spec.containers[0].args[4]: Container `app` is given a secret as an argument
        - --url=https://app:s3cr3t@host #~ high spec.containers[0].args[5]: Container `app` is given a secret as an argument (password in a URL)
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      command: [sh, -c, \"mysql -uroot -ps3cr3t\"] #~ high spec.initContainers[0].command[2]: Container `init` is given a literal value with `-p`
    - name: sidecar
      restartPolicy: Always
      args: [--token=s3cr3t] #~ high spec.initContainers[1].args[0]
  containers:
    - name: app
      livenessProbe:
        exec:
          command: [mysqladmin, ping, -ps3cr3t] #~ high spec.containers[0].livenessProbe.exec.command[2]
      readinessProbe:
        exec:
          command: [check, --token=s3cr3t] #~ readinessProbe
      startupProbe:
        exec:
          command: [check, --token=s3cr3t] #~ startupProbe
      lifecycle:
        postStart:
          exec:
            command: [login, --password, s3cr3t] #~ high spec.containers[0].lifecycle.postStart.exec.command[2]
        preStop:
          exec:
            command:
              - sh
              - -c
              - |
                logout \\
                  --password s3cr3t #~ high spec.containers[0].lifecycle.preStop.exec.command[2]
  ephemeralContainers:
    - name: debug
      args: [--token=s3cr3t] #~ high spec.ephemeralContainers[0].args[0]
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
      command:
        - app
        - -p
        - \"8080\"
        - --password
        - $(PASSWORD)
        - --token
        - --verbose
      args:
        - --password=
        - --password=changeme
        - --password-file=/run/secrets/password
        - --token=/run/secrets/token
        - --secret=app-login
        - --token=true
        - mkdir -p data
        - run --token \"$TOKEN\" --password=$(cat /run/secrets/password)
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let program = container.command.or(container.args).and_then(|arguments| arguments.items().next());
        for arguments in [container.command, container.args].into_iter().flatten() {
            check_arguments(container, arguments, program, findings);
        }
        for handler in container.handlers() {
            let Some(command) = handler.at(&["exec", "command"]) else { continue };
            check_arguments(container, command, command.items().next(), findings);
        }
    }
}

fn check_arguments(
    container: &Container<'_>,
    arguments: Value<'_>,
    program: Option<Value<'_>>,
    findings: &mut Findings<'_>,
) {
    // Where each hit ends, in order, so that a flag with a known token is one finding.
    let mut known: Vec<(NodeId, Range<usize>)> = Vec::new();
    for argument in arguments.items() {
        let text = argument.text();
        let locator = Locator::new(argument, &text);
        for hit in detector::find(&text) {
            known.push((argument.id(), hit.start..hit.end));
            findings.report(
                Finding::at_part(argument, locator.first_line(hit.start..hit.end))
                    .container(container)
                    .message(format!(
                        "Container `{{container}}` is given a secret as an argument ({}): arguments show in `ps`, events \
                         and audit logs",
                        hit.name
                    ))
                    .secret(),
            );
        }
    }
    let program = program.map(Value::text).unwrap_or_default();
    flags::each_literal(arguments, &program, &mut |literal| {
        let id = literal.argument.id();
        let next = known.partition_point(|(argument, hit)| (*argument, hit.end) <= (id, literal.range.start));
        if known.get(next).is_some_and(|(argument, hit)| *argument == id && hit.start < literal.range.end) {
            return;
        }
        findings.report(
            Finding::at_part(literal.argument, literal.locator.first_line(literal.range))
                .container(container)
                .message(format!(
                    "Container `{{container}}` is given a literal value with `{}`: arguments show in `ps`, events and \
                     audit logs",
                    literal.flag
                ))
                .secret(),
        );
    });
}
