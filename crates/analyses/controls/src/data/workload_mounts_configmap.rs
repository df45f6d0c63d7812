//! `workload-mounts-configmap`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-mounts-configmap",
    title: "Workload mounts ConfigMaps",
    severity: Severity::Info,
    severity_reason: "inventory",
    rationale: "This is an inventory, not a fault: who may change a ConfigMap decides what the workloads that read it do.",
    remediation: "Nothing has to change. Know who may write the ConfigMap, and make it `immutable` where it never changes.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.volumes[]?.configMap.name | select(.) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.)\"'",
    aliases: &[alias("kubescape", "C-0258")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/configmap/"],
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
      image: app:1
      envFrom:
        - configMapRef:
            name: settings #~ info spec.containers[0].envFrom[0].configMapRef.name: Container `app` reads
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
    - name: a
      configMap:
        name: settings #~ info spec.volumes[0].configMap.name: Pod reads
    - name: b
      projected:
        sources:
          - configMap:
              name: other #~ spec.volumes[1].projected.sources[0].configMap.name
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for volume in &workload.pod.volumes {
        if let Some(name) = volume.source_of("configMap").and_then(|source| source.get("name")) {
            findings.report(Finding::at(name).message("Pod reads the ConfigMap `{value}` as files"));
        }
        let projected = volume.source_of("projected").and_then(|projected| projected.get("sources"));
        for name in projected.into_iter().flat_map(Value::items).filter_map(|source| source.at(&["configMap", "name"]))
        {
            findings.report(Finding::at(name).message("Pod reads the ConfigMap `{value}` as files"));
        }
    }
    for container in &workload.pod.containers {
        for entry in container.env_from.into_iter().flat_map(Value::items) {
            if let Some(name) = entry.at(&["configMapRef", "name"]) {
                let message = "Container `{container}` reads the ConfigMap `{value}` as environment variables";
                findings.report(Finding::at(name).container(container).message(message));
            }
        }
    }
}
