//! `workload-mounts-volume-claim`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-mounts-volume-claim",
    title: "Workload mounts persistent data",
    severity: Severity::Info,
    severity_reason: "inventory of data access",
    rationale: "This is an inventory, not a fault: whoever breaks into the workload reads and writes the data on its volumes.",
    remediation: "Nothing has to change. Mount what is only read with `readOnly: true`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.volumes[]?.persistentVolumeClaim.claimName | select(.) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.)\"'",
    aliases: &[alias("kubescape", "C-0257")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/storage/persistent-volumes/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndWorkload(check, check_volumes),
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
    - name: data
      persistentVolumeClaim:
        claimName: data #~ info spec.volumes[0].persistentVolumeClaim.claimName: Pod uses the data of the claim `data`
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
  containers:
    - name: app
      image: app:1
  volumes:
    - name: scratch
      ephemeral: #~ info spec.volumes[0].ephemeral: Pod has a volume
        volumeClaimTemplate: {}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  template:
    spec:
      containers:
        - name: db
          image: db:1
  volumeClaimTemplates:
    - metadata:
        name: data #~ info spec.volumeClaimTemplates[0].metadata.name: Each pod keeps data
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("apps", "StatefulSet") {
        return findings.not_applicable();
    }
    for template in object.value.at(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Value::items) {
        let name = template.at(&["metadata", "name"]).unwrap_or(template);
        findings.report(Finding::at(name).message("Each pod keeps data on a volume of its own, claimed as `{value}`"));
    }
}

fn check_volumes(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for volume in &workload.pod.volumes {
        if let Some(name) = volume.source_of("persistentVolumeClaim").and_then(|source| source.get("claimName")) {
            findings.report(Finding::at(name).message("Pod uses the data of the claim `{value}`"));
        }
        if let Some(source) = volume.source_of("ephemeral") {
            let message = "Pod has a volume that is claimed for it and goes with it";
            findings.report(Finding::at_key_of(source).message(message));
        }
    }
}
