//! `service-account-tokens-creatable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "service-account-tokens-creatable",
    title: "Subject can issue ServiceAccount tokens",
    severity: Severity::High,
    severity_reason: "becomes that ServiceAccount",
    rationale: "`create` on `serviceaccounts/token` is a login as that ServiceAccount, with any audience and for as long as the server allows.",
    remediation: "Name the accounts in `resourceNames`, or leave tokens to the kubelet, which gets them for pods.",
    verify: "plimsoll rbac who-can create serviceaccounts/token",
    aliases: &[
        alias("kubescape", "C-0282"),
        alias("rbac-police", "token_request"),
        alias("kubesplaining", "KUBE-PRIVESC-014"),
        alias("prowler", "rbac_minimize_service_account_token_creation"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.13"),
        maps("mitre", "T1528"),
        maps("mitre", "T1550.001"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "IA-5"),
        maps("cis-aks", "4.1.12"),
        maps("cis-eks", "4.1.12"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.5.18"),
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
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]} #~ critical rules[0]
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
  - {apiGroups: [''], resources: [serviceaccounts], verbs: [create]}
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
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]} #~ high rules[0]
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
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [serviceaccounts/token], verbs: [create]}
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
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create], resourceNames: [ci]} #~ low
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
  - {apiGroups: [''], resources: ['*/token'], verbs: [create]} #~ critical
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: kube-system
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
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]} #~ critical rules[0]: `User eve` can issue tokens of ServiceAccounts in namespace `x`: RoleBinding `b` gives Role `r`, rule 0; a login as any ServiceAccount of the scope; the account `x/adm` is there, which can do everything
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["mint-service-account-tokens"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        // As bad as the accounts that it names.
        Situation { limited: true, worst_named, .. } => worst_named.unwrap_or(Severity::Low).max(Severity::Low),
        Situation { everywhere: true, .. }
        | Situation { in_system: true, .. }
        | Situation { leads_to_cluster: true, .. } => Severity::Critical,
        _ => situation.base,
    }
}
