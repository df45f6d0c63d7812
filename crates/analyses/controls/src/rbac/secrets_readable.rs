//! `secrets-readable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, PRIVILEGED_NAMESPACES, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "secrets-readable",
    title: "Subject can read Secrets",
    severity: Severity::High,
    severity_reason: "list and watch return the values too",
    rationale: "Whoever may `get`, `list` or `watch` Secrets has their values: `list` and `watch` return whole objects. With them come credentials of databases and clouds, keys of certificates, and tokens that are kept as Secrets.",
    remediation: "Grant `get` on the Secrets that are needed, by `resourceNames`, in their namespace.",
    verify: "plimsoll rbac who-can get secrets",
    aliases: &[
        alias("kubescape", "C-0015"),
        alias("kubescape", "C-0186"),
        alias("trivy", "KSV-0041"),
        alias("trivy", "KSV-0113"),
        alias("kube-linter", "access-to-secrets"),
        alias("checkov", "CKV2_K8S_5"),
        alias("datree", "CIS_INVALID_VERB_SECRETS"),
        alias("kyverno", "restrict-secret-role-verbs"),
        alias("kubewarden", "RBACProhibitListOnSecrets"),
        alias("kubewarden", "RBACProhibitWatchOnSecrets"),
        alias("kubewarden", "RBACProhibitWildcardOnSecrets"),
        alias("rbac-police", "list_secrets"),
        alias("rbac-police", "retrieve_token_secrets"),
        alias("rbac-police", "obtain_token_weak_ns"),
        alias("kubesplaining", "KUBE-PRIVESC-005"),
        alias("kubesplaining", "KUBE-PRIVESC-006"),
        alias("prowler", "rbac_minimize_secret_access"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.2"),
        maps("nsa-cisa", "rbac"),
        maps("mitre", "T1552.007"),
        maps("owasp-k8s-top10", "K02"),
        maps("owasp-k8s-top10", "K03"),
        maps("nist-800-190", "4.3.1"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "IA-5"),
        maps("cis-gke", "4.1.2"),
        maps("cis-aks", "4.1.2"),
        maps("cis-eks", "4.1.2"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.5.18"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS, PRIVILEGED_NAMESPACES],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [list]} #~ high rules[0]
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
  - {apiGroups: [''], resources: [configmaps], verbs: [get]}
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
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [tls]} #~ low
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
  - {apiGroups: [''], resources: [secrets], verbs: [list]} #~ medium rules[0]
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
  - {apiGroups: [''], resources: [secrets], verbs: [list]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [secrets], verbs: [list]}
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
kind: Role
metadata:
  name: r
  namespace: x
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [t]} #~ a token of `x/adm` is there
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: v1
kind: Secret
metadata:
  name: t
  namespace: x
  annotations:
    kubernetes.io/service-account.name: adm
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: adm
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: adm, namespace: x}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
  namespace: x
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [other]} #~ low
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: v1
kind: Secret
metadata:
  name: t
  namespace: x
  annotations:
    kubernetes.io/service-account.name: adm
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: adm
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: adm, namespace: x}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
  namespace: x
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #~ critical
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: v1
kind: Secret
metadata:
  name: t
  namespace: x
  annotations:
    kubernetes.io/service-account.name: adm
type: kubernetes.io/service-account-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: adm
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: adm, namespace: x}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #~ of one of 2 roles of this name
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: a
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: a
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: a
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: a
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: a
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: a
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #~ high
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["read-secrets"], grade);
}

fn grade(situation: &Situation) -> Severity {
    let by_scope = match situation {
        Situation { limited: true, .. } => Severity::Low,
        Situation { everywhere: true, .. } | Situation { in_system: true, .. } => Severity::High,
        _ => Severity::Medium,
    };
    // A token that is there is worth its account.
    situation.worst_target.map_or(by_scope, |worst| worst.max(by_scope))
}
