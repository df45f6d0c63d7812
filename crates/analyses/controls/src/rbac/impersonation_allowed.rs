//! `impersonation-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "impersonation-allowed",
    title: "Subject can impersonate others",
    severity: Severity::Critical,
    severity_reason: "becomes any user, group or ServiceAccount",
    rationale: "Requests in the name of another have the rights of the other. Users and groups are of the whole cluster, so that only a ClusterRoleBinding grants it; ServiceAccounts can be impersonated within a namespace.",
    remediation: "Name who may be impersonated in `resourceNames`, or take the verb out.",
    verify: "plimsoll rbac who-can impersonate users",
    aliases: &[
        alias("kubescape", "C-0065"),
        alias("kubescape", "C-0191"),
        alias("trivy", "KSV-0043"),
        alias("checkov", "CKV2_K8S_3"),
        alias("datree", "CIS_INVALID_VALUE_BIND_IMPERSONATE_ESCALATE"),
        alias("kyverno", "restrict-escalation-verbs-roles"),
        alias("rbac-police", "impersonate"),
        alias("kubesplaining", "KUBE-PRIVESC-008"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.8"),
        maps("mitre", "T1078"),
        maps("mitre", "T1098.006"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("cis-gke", "4.1.7"),
        maps("cis-eks", "4.1.8"),
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
  - {apiGroups: [''], resources: [users], verbs: [impersonate]} #~ critical rules[0]
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
  - {apiGroups: [''], resources: [serviceaccounts], verbs: [get]}
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
  - {apiGroups: [''], resources: [users], verbs: [impersonate]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [users], verbs: [impersonate]}
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
  - {apiGroups: [''], resources: [users], verbs: [impersonate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
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
  - {apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]} #~ high
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
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
  - {apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [bob]} #~ low
  - {apiGroups: [''], resources: [groups], verbs: [impersonate], resourceNames: ['system:masters']} #~ critical rules[1]: `User eve` can act as a member of `system:masters` in the whole cluster
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
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate], resourceNames: [web]} #~ low
  - {apiGroups: [''], resources: [groups], verbs: [impersonate]} #~ critical
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
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: ['system:serviceaccount:n:web']} #~ low
  - {apiGroups: [''], resources: [groups], verbs: [impersonate], resourceNames: ['system:masters']} #~ medium
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
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [bob]} #~ low
  - {apiGroups: [''], resources: [groups], verbs: [impersonate], resourceNames: [ops]} #~ critical rules[1]: `User eve` can act as a member of other groups, of some names
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
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: ops
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(
        inventory,
        findings,
        &["impersonate", "impersonate-masters", "impersonate-groups", "impersonate-details"],
        grade,
    );
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { danger: "impersonate-details", .. } => Severity::Medium,
        Situation { danger: "impersonate-masters", .. } => situation.base,
        // As bad as those whom it names.
        Situation { limited: true, worst_named, .. } => worst_named.unwrap_or(Severity::Low).max(Severity::Low),
        // Groups are of the whole cluster.
        Situation { danger: "impersonate-groups", .. } => situation.base,
        _ => grants::by_scope(situation),
    }
}
