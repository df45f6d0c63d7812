//! `workload-mounts-secret`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::inventory::{ResourceId, SecretUse};
use model::parameter::{Default, Parameter, parameter};
use model::place::Place;
use model::severity::Severity;
use model::symbols::Symbol;
use model::workload::Workload;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-mounts-secret",
    title: "Workload mounts Secrets",
    severity: Severity::Info,
    severity_reason: "inventory: which code can read which secret",
    rationale: "This is an inventory: code that runs in the workload can read these Secrets, and so can whoever breaks into it. A Secret that many workloads share is lost with the weakest of them.",
    remediation: "Give each workload Secrets of its own, and mount only the keys that it reads with `items`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.volumes[]?.secret.secretName | select(.) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.)\"'",
    aliases: &[alias("kubescape", "C-0255"), alias("kyverno", "no-secrets")],
    mappings: &[maps("owasp-k8s-top10", "K03")],
    references: &["https://kubernetes.io/docs/concepts/configuration/secret/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[MAX_WORKLOADS],
    check: Check::WorkloadAndInventory(check, check_sharing),
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
  volumes:
    - name: db
      secret:
        secretName: db #~ info spec.volumes[0].secret.secretName: Pod reads the Secret `db` as files
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
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  imagePullSecrets:
    - name: registry #~ info spec.imagePullSecrets[0].name
  containers:
    - name: app
      image: app:1
  volumes:
    - name: a
      projected:
        sources:
          - secret:
              name: db #~ info spec.volumes[0].projected.sources[0].secret.name
    - name: b
      csi:
        driver: secrets-store.csi.k8s.io
        volumeAttributes:
          secretProviderClass: vault #~ SecretProviderClass `vault`
",
        ),
    ],
};

const MAX_WORKLOADS: Parameter = parameter(
    "max_workloads",
    Default::Number(Some(5)),
    "how many workloads may share a Secret before it is more than a remark",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let mounts = "Pod reads the Secret `{value}` as files";
    for volume in &workload.pod.volumes {
        if let Some(name) = volume.source_of("secret").and_then(|source| source.get("secretName")) {
            findings.report(Finding::at(name).message(mounts));
        }
        let projected = volume.source_of("projected").and_then(|projected| projected.get("sources"));
        for name in projected.into_iter().flat_map(Value::items).filter_map(|source| source.at(&["secret", "name"])) {
            findings.report(Finding::at(name).message(mounts));
        }
        let class = volume.source_of("csi").and_then(|csi| csi.at(&["volumeAttributes", "secretProviderClass"]));
        if let Some(class) = class {
            findings.report(
                Finding::at(class).message("Pod reads the secrets of the SecretProviderClass `{value}` as files"),
            );
        }
    }
    for secret in workload.pod.image_pull_secrets.into_iter().flat_map(Value::items) {
        if let Some(name) = secret.get("name") {
            findings.report(Finding::at(name).message("The images of the pod are pulled with the Secret `{value}`"));
        }
    }
}

fn check_sharing(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let most = findings.findings.number(&MAX_WORKLOADS).unwrap_or(i64::MAX);
    let mut users: BTreeMap<(Symbol, Symbol), (i64, ResourceId)> = BTreeMap::new();
    for workload in &inventory.facts.workloads {
        let namespace = inventory.namespace(workload.resource);
        // Credentials for pulling are for the kubelet, not for the workload.
        for &(secret, _) in workload.secrets.iter().filter(|(_, how)| *how == SecretUse::Volume) {
            users.entry((namespace, secret)).or_insert((0, workload.resource)).0 += 1;
        }
    }
    users.retain(|_, (number, _)| *number > most);
    if users.is_empty() {
        return;
    }
    let name = |resource: ResourceId| (inventory.namespace(resource), inventory.resource(resource).name);
    let known: BTreeMap<(Symbol, Symbol), ResourceId> =
        inventory.facts.secrets.iter().map(|secret| (name(secret.resource), secret.resource)).collect();
    for (secret, (number, first)) in users {
        // Where the Secret itself was not seen, the first of its users stands for it.
        let resource = known.get(&secret).copied().unwrap_or(first);
        let message = format!("{number} workloads read the Secret `{{value}}`: it is lost with the weakest of them");
        let finding = Finding::at_place(Place::default()).value(inventory.symbols.text(secret.1)).message(message);
        findings.report(resource, finding.severity(Severity::Medium));
    }
}
