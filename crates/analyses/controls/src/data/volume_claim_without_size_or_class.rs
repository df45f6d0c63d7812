//! `volume-claim-without-size-or-class`

use model::control::{Check, Control, alias, fixture, fixture_with};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "volume-claim-without-size-or-class",
    title: "Claim lacks a storage request or class",
    severity: Severity::Info,
    severity_reason: "unbounded or wrong storage",
    rationale: "A claim without a size is refused, or gets whatever the provisioner gives. A claim without a class gets the default of the cluster, which is another one in every cluster: encryption, speed and reclaim policy are left to chance.",
    remediation: "Set `resources.requests.storage`, and `storageClassName` where the class matters.",
    verify: "kubectl get pvc -A -o json | jq -r '.items[] | select(.spec.resources.requests.storage == null or .spec.storageClassName == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubesec", "VolumeClaimRequestsStorage"),
        alias("gatekeeper", "K8sStorageClass"),
        alias("kyverno", "require-storageclass"),
        alias("kubewarden", "persistentvolumeclaim-storageclass-policy"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[REQUIRE_CLASS],
    check: Check::ObjectAndWorkload(check, check_volumes),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources: {} #~ info spec.resources.requests.storage: The claim does not say how much
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
",
        ),
        fixture_with(
            &[("require_class", "true")],
            "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec: #~ info spec.storageClassName: The claim takes whatever class
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  volumeClaimTemplates:
    - metadata:
        name: data
      spec: #~ spec.volumeClaimTemplates[0].spec.resources.requests.storage
        accessModes: [ReadWriteOnce]
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
  volumes:
    - name: scratch
      ephemeral:
        volumeClaimTemplate:
          spec: #~ spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests.storage
            accessModes: [ReadWriteOnce]
",
        ),
    ],
};

const REQUIRE_CLASS: Parameter =
    parameter("require_class", Default::Switch(false), "whether every claim must name its StorageClass");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.is("", "PersistentVolumeClaim") {
        return judge(object.value, findings);
    }
    let templates = object.value.at(&["spec", "volumeClaimTemplates"]).filter(|_| object.is("apps", "StatefulSet"));
    match templates {
        Some(templates) => templates.items().for_each(|template| judge(template, findings)),
        None => findings.not_applicable(),
    }
}

fn check_volumes(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let ephemeral = workload.pod.volumes.iter().filter_map(|volume| volume.source_of("ephemeral"));
    for template in ephemeral.filter_map(|ephemeral| ephemeral.get("volumeClaimTemplate")) {
        judge(template, findings);
    }
}

fn judge(claim: Value<'_>, findings: &mut Findings<'_>) {
    if claim.at(&["spec", "resources", "requests", "storage"]).is_none() {
        let message = "The claim does not say how much storage it asks for: the API server refuses it";
        findings.report(Finding::missing(claim, "spec.resources.requests.storage").message(message));
    }
    if findings.switch(&REQUIRE_CLASS) && claim.at(&["spec", "storageClassName"]).is_none() {
        let message = "The claim takes whatever class is the default of the cluster";
        findings.report(Finding::missing(claim, "spec.storageClassName").message(message));
    }
}
