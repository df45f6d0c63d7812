//! `secret-volume-world-readable`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-volume-world-readable",
    title: "Secret files are readable by every user of the container",
    severity: Severity::Info,
    severity_reason: "any process reads keys",
    rationale: "Every user in the container reads the key: a helper that runs as another user, and whatever breaks into it, needs no rights to take it.",
    remediation: "Set `defaultMode: 0440`: the group of the pod, its `fsGroup`, reads the files, and nobody else.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.volumes[]?.secret | select(.defaultMode == 420) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.secretName)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K03")],
    references: &["https://kubernetes.io/docs/concepts/configuration/secret/#secret-files-permissions"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[TYPES],
    check: Check::Inventory(check),
    fixtures: &[fixture("apiVersion: v1
kind: Secret
metadata:
  name: tls
type: kubernetes.io/tls
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
    fsGroup: 2000
  containers:
    - name: app
      image: app:1
  volumes:
    - name: tls
      secret:
        secretName: tls
        defaultMode: 0644 #~ info spec.volumes[0].secret.defaultMode: Every user in the container can read the files of the Secret `tls`
"), fixture("apiVersion: v1
kind: Secret
metadata:
  name: tls
type: kubernetes.io/tls
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
    fsGroup: 2000
  containers:
    - name: app
      image: app:1
  volumes:
    - name: tls
      secret:
        secretName: tls
        defaultMode: 0440
"), fixture("apiVersion: v1
kind: Secret
metadata:
  name: tls
type: kubernetes.io/tls
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
    fsGroup: 2000
  containers:
    - name: app
      image: app:1
  volumes:
    - name: tls
      secret: #~ info spec.volumes[0].secret.defaultMode
        secretName: tls
    - name: item
      secret:
        secretName: tls
        items:
          - key: tls.key
            path: key
            mode: 0400
"), fixture("apiVersion: v1
kind: Secret
metadata:
  name: tls
type: kubernetes.io/tls
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: tls
      secret:
        secretName: tls
"), fixture("apiVersion: v1
kind: Secret
metadata:
  name: tls
type: Opaque
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
    fsGroup: 2000
  containers:
    - name: app
      image: app:1
  volumes:
    - name: tls
      secret:
        secretName: tls
    - name: unseen
      secret: #? was not seen
        secretName: other
")],
};

const TYPES: Parameter = parameter(
    "types",
    Default::List(&["kubernetes.io/tls", "kubernetes.io/ssh-auth"]),
    "types of Secrets whose files are for their program alone",
);

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let types = findings.findings.list(&TYPES);
    let kinds: BTreeMap<(Symbol, Symbol), Symbol> = inventory
        .facts
        .secrets
        .iter()
        .map(|secret| ((inventory.namespace(secret.resource), inventory.resource(secret.resource).name), secret.kind))
        .collect();
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        let namespace = inventory.namespace(workload.resource);
        for &(secret, place) in &workload.readable_secrets {
            let finding = Finding::at_place(place).value(inventory.symbols.text(secret));
            match kinds.get(&(namespace, secret)) {
                Some(&kind) if types.contains(&inventory.symbols.text(kind)) => {
                    let message = "Every user in the container can read the files of the Secret `{value}`";
                    findings.report(workload.resource, finding.message(message));
                }
                Some(_) => {}
                None if inventory.complete => {}
                None => {
                    let message = "Whether the Secret `{value}`, which every user in the container can read, is a key was not seen";
                    findings.report(workload.resource, finding.message(message).skip());
                }
            }
        }
    }
}
