//! `built-in-edit-underestimated`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::BindingId;

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "built-in-edit-underestimated",
    title: "Subject holds edit or admin of a namespace",
    severity: Severity::Info,
    severity_reason: "edit includes Secrets, exec, SA tokens and impersonation of SAs",
    rationale: "`edit` reads and writes Secrets, runs pods and commands in them, and issues tokens of every ServiceAccount of the namespace; `admin` also binds roles. Whoever holds one is every account of the namespace.",
    remediation: "Bind a role that grants what is needed, or keep powerful accounts out of the namespace.",
    verify: "plimsoll rbac subjects SUBJECT",
    aliases: &[],
    mappings: &[
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("cis-aks", "4.1.12"),
        maps("cis-aks", "4.1.2"),
        maps("cis-aks", "4.1.4"),
        maps("cis-eks", "4.1.12"),
        maps("cis-eks", "4.1.2"),
        maps("cis-eks", "4.1.4"),
        maps("cis-eks", "4.1.8"),
        maps("cis-gke", "4.1.2"),
        maps("cis-gke", "4.1.7"),
        maps("cis-kubernetes", "5.1.13"),
        maps("cis-kubernetes", "5.1.2"),
        maps("cis-kubernetes", "5.1.4"),
        maps("cis-kubernetes", "5.1.8"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.5.18"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
        maps("mitre", "T1053.007"),
        maps("mitre", "T1059.013"),
        maps("mitre", "T1078"),
        maps("mitre", "T1098.006"),
        maps("mitre", "T1485"),
        maps("mitre", "T1528"),
        maps("mitre", "T1550.001"),
        maps("mitre", "T1552.007"),
        maps("mitre", "T1609"),
        maps("mitre", "T1610"),
        maps("nist-800-190", "4.3.1"),
        maps("nist-800-53", "IA-5"),
        maps("nist-800-53", "SC-7"),
        maps("nsa-cisa", "rbac"),
        maps("owasp-k8s-top10", "K03"),
        maps("owasp-k8s-top10", "K05"),
        maps("stig", "V-242396"),
        maps("mitre", "T1070"),
        maps("nist-800-53", "AU-9"),
        maps("owasp-k8s-top10", "K10"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit #~ info roleRef.name
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: admin #~ high
subjects:
  - {kind: User, name: 'jane', apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: c
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit #~ high
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let name = evaluator.text(binding.role_name);
        if !binding.cluster_role || !matches!(&*name, "edit" | "admin") || binding.subjects.is_empty() {
            continue;
        }
        let Some((resource, place)) = grants::binding_anchor(evaluator, id) else { continue };
        let (severity, whose) = match binding.cluster {
            true => (Severity::High, "every ServiceAccount of the cluster"),
            false if capabilities.leads_to_cluster(binding.namespace) => {
                (Severity::High, "every ServiceAccount of the namespace, and one of them can take over the cluster")
            }
            false => (Severity::Info, "every ServiceAccount of the namespace"),
        };
        let whom = grants::named(evaluator, binding.subjects[0], binding.subjects.len() - 1);
        let message =
            format!("`{{value}}` makes {whom} {whose}: it reads Secrets, runs commands in pods and issues tokens");
        let finding = Finding::at_place(place).value(name).severity(severity);
        findings.report(resource, finding.message(message));
    }
}
