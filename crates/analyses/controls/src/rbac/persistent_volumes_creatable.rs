//! `persistent-volumes-creatable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "persistent-volumes-creatable",
    title: "Subject can create PersistentVolumes",
    severity: Severity::High,
    severity_reason: "hostPath PV = node file system without a hostPath pod",
    rationale: "A PersistentVolume of a path of the host gives whoever claims it the disk of a node; Pod Security does not look through the claim.",
    remediation: "Leave volumes to the provisioners of storage classes.",
    verify: "plimsoll rbac who-can create persistentvolumes",
    aliases: &[alias("kubescape", "C-0278"), alias("prowler", "rbac_minimize_pv_creation_access")],
    mappings: &[
        maps("cis-kubernetes", "5.1.9"),
        maps("cis-eks", "4.1.9"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [persistentvolumes], verbs: [create]} #~ high rules[0]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [persistentvolumeclaims], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [persistentvolumes], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [persistentvolumes], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['storage.k8s.io'], resources: [storageclasses], verbs: [create]} #~ medium
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["create-host-volumes", "create-volumes", "storage-drivers"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { danger: "storage-drivers", .. } => Severity::Medium,
        _ => situation.base,
    }
}
