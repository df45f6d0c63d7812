//! `volume-claim-access-mode-broad`

use model::control::{Check, Control, InventoryFindings, alias, fixture, fixture_with};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "volume-claim-access-mode-broad",
    title: "Claim is shared writable by many pods",
    severity: Severity::Info,
    severity_reason: "data exposure",
    rationale: "A claim that any number of pods may mount for writing lets a pod that was broken into change what the others read. One pod that is alone with its data needs no more than `ReadWriteOncePod`.",
    remediation: "Ask for `ReadWriteOncePod`, or `ReadWriteOnce` where the driver does not know it.",
    verify: "kubectl get pvc -A -o json | jq -r '.items[] | select(.spec.accessModes | index(\"ReadWriteMany\")) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubesec", "VolumeClaimAccessModeReadWriteOnce"), alias("kyverno", "readwriteonce-pod"), alias("kubewarden", "PersistentVolumeAccessModes")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[REQUIRE_RWOP],
    check: Check::ObjectAndInventory(check, check_uses),
    fixtures: &[fixture("apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes:
    - ReadWriteMany #~ info spec.accessModes[0]: One pod uses the claim
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
    - name: data
      persistentVolumeClaim:
        claimName: data
"), fixture("apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes:
    - ReadWriteOncePod
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
    - name: data
      persistentVolumeClaim:
        claimName: data
"), fixture("apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes:
    - ReadWriteMany
"), fixture("apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes:
    - ReadWriteMany
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: app
          image: app:1
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: data
"), fixture("apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  replicas: 3
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteMany] #~ info spec.volumeClaimTemplates[0].spec.accessModes[0]: Each pod has a claim of its own
"), fixture_with(&[("require_rwop", "true")], "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce] #~ info spec.accessModes: The claim is not for one pod alone
")],
};

const REQUIRE_RWOP: Parameter = parameter(
    "require_rwop",
    Default::Switch(false),
    "whether every claim must be for one pod alone (`ReadWriteOncePod`)",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let strict = findings.switch(&REQUIRE_RWOP);
    if object.is("", "PersistentVolumeClaim") {
        let modes = object.value.at(&["spec", "accessModes"]);
        if strict && !has(modes, "ReadWriteOncePod") {
            report_not_alone(modes.unwrap_or(object.value), findings);
        }
    } else if object.is("apps", "StatefulSet") {
        // Each pod has a claim of its own, so that nobody shares it.
        let templates = object.value.at(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Value::items);
        for modes in templates.filter_map(|template| template.at(&["spec", "accessModes"])) {
            if let Some(shared) = modes.items().find(|mode| mode.text() == "ReadWriteMany") {
                let message = "Each pod has a claim of its own, and any number of other pods may mount it for writing";
                findings.report(Finding::at(shared).message(message).replace("ReadWriteOnce"));
            } else if strict && !has(Some(modes), "ReadWriteOncePod") {
                report_not_alone(modes, findings);
            }
        }
    } else {
        findings.not_applicable();
    }
}

fn has(modes: Option<Value<'_>>, wanted: &str) -> bool {
    modes.into_iter().flat_map(Value::items).any(|mode| mode.text() == wanted)
}

fn report_not_alone(place: Value<'_>, findings: &mut Findings<'_>) {
    findings
        .report(Finding::at_key_of(place).message("The claim is not for one pod alone: others may mount it as well"));
}

/// Claims that many may mount and one pod does.
fn check_uses(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let shared = inventory.facts.claims.iter().filter_map(|claim| Some((claim, claim.shared?)));
    let mut shared = shared.peekable();
    if shared.peek().is_none() {
        return;
    }
    let mut pods: BTreeMap<(Symbol, Symbol), i64> = BTreeMap::new();
    for workload in &inventory.facts.workloads {
        let resource = inventory.resource(workload.resource);
        let kind = inventory.symbols.text(resource.kind);
        let is_one = matches!(&*kind, "Pod" | "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController");
        let number = if is_one { workload.replicas.unwrap_or(1) } else { 2 };
        for used in &workload.claims {
            *pods.entry((resource.namespace, used.claim)).or_default() += number;
        }
    }
    for (claim, place) in shared {
        let resource = inventory.resource(claim.resource);
        if pods.get(&(resource.namespace, resource.name)) == Some(&1) {
            let message = "One pod uses the claim, and any number of others may mount it for writing";
            findings.report(claim.resource, Finding::at_place(place).value("ReadWriteMany").message(message));
        }
    }
}
