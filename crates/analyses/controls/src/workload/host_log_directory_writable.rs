//! `host-log-directory-writable`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{BindingFact, Inventory, RoleFact};
use model::severity::Severity;
use model::symbols::Symbol;
use model::workload::Workload;
use std::collections::BTreeMap;

use super::host_paths;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-log-directory-writable",
    title: "Pod can write /var/log of the node",
    severity: Severity::High,
    severity_reason: "a symlink in /var/log lets log readers fetch any node file",
    rationale: "The kubelet serves files of `/var/log` to whoever may read logs. A pod that can put a symbolic link there makes it serve any file of the node.",
    remediation: "Mount the directory with `readOnly: true`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .hostPath.path // \"\" | test(\"^/(var(/log)?)?/?$\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::WorkloadAndInventory(check, check_readers),
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
      volumeMounts:
        - name: v #~ medium spec.containers[0].volumeMounts[0].readOnly: Container `app` can write
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log
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
      volumeMounts:
        - name: v
          mountPath: /mnt
          readOnly: true
  volumes:
    - name: v
      hostPath:
        path: /var/log
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
      volumeMounts:
        - name: v
          mountPath: /mnt
          readOnly: false #~ can write
  volumes:
    - name: v
      hostPath:
        path: /var
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log/pods
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
    - name: v
      hostPath:
        path: /var/log
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
      volumeMounts:
        - name: v #~ high spec.containers[0].volumeMounts[0].readOnly
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: Group
    name: developers
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
      volumeMounts:
        - name: v #~ high spec.containers[0].volumeMounts[0].readOnly
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: logs
rules:
  - apiGroups: [\"\"]
    resources: [pods/log]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: logs
subjects:
  - kind: Group
    name: developers
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
      volumeMounts:
        - name: v #~ medium spec.containers[0].volumeMounts[0].readOnly
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: logs
rules:
  - apiGroups: [\"\"]
    resources: [pods/log]
    verbs: [get]
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
      volumeMounts:
        - name: v #~ medium spec.containers[0].volumeMounts[0].readOnly
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: logs
rules:
  - apiGroups: [\"\"]
    resources: [pods/*]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: logs
subjects:
  - kind: Group
    name: developers
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for host_path in host_paths::of(pod).filter(|host_path| host_paths::is_at_or_above(&host_path.path, "/var/log")) {
        for (container, mount) in
            pod.mounts_of(&host_path.volume.name).filter(|(_, mount)| host_paths::is_writable(*mount))
        {
            let finding = match mount.get("readOnly") {
                Some(value) => Finding::at(value).replace("true"),
                None => Finding::missing(mount, "readOnly").insert("readOnly: true"),
            };
            // Who may read logs is known when everything is.
            let finding = finding.value(host_path.path.clone()).container(container).severity(Severity::Medium);
            let message = "Container `{container}` can write to `{value}` of its node: a link in it makes the kubelet serve any file";
            findings.report(finding.message(message));
        }
    }
}

/// The roles of every cluster that read the logs of pods.
const READERS: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

/// With somebody who may read logs, any file of the node can be read.
fn check_readers(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts;
    let key = |role: &RoleFact| {
        let resource = inventory.resource(role.resource);
        (role.cluster, if role.cluster { Symbol::EMPTY } else { resource.namespace }, resource.name)
    };
    let roles: BTreeMap<(bool, Symbol, Symbol), &RoleFact> = facts.roles.iter().map(|role| (key(role), role)).collect();
    let reads = |binding: &BindingFact| {
        let namespace = if binding.cluster_role { Symbol::EMPTY } else { inventory.namespace(binding.resource) };
        let built_in = || binding.cluster_role && READERS.contains(&&*inventory.symbols.text(binding.role));
        // A binding without subjects grants nothing to anybody.
        !binding.subjects.is_empty()
            && match roles.get(&(binding.cluster_role, namespace, binding.role)) {
                Some(role) => role.reads_logs || (role.aggregated && built_in()),
                None => built_in(),
            }
    };
    if !facts.bindings.iter().any(reads) {
        return;
    }
    for workload in &facts.workloads {
        findings.raise(workload.resource, Severity::High);
    }
}
