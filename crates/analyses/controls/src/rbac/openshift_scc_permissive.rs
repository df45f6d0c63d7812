//! `openshift-scc-permissive`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::inventory::observe::widest;
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::Capabilities;
use rbac::proof::Proof;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "openshift-scc-permissive",
    title: "SecurityContextConstraints allow privileged or any UID",
    severity: Severity::High,
    severity_reason: "SCC is the admission of OpenShift",
    rationale: "SecurityContextConstraints are the admission of OpenShift: whoever may use a wide one runs privileged pods, and owns the node.",
    remediation: "Let people use `restricted-v2`; give wide constraints to the ServiceAccounts that need them, by a RoleBinding in their namespace.",
    verify: "oc adm policy who-can use scc privileged",
    aliases: &[
        alias("kube-linter", "scc-deny-privileged-container"),
        alias("kyverno", "disallow-security-context-constraint-anyuid"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "AC-6")],
    references: &[
        "https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::ObjectAndInventory(check_object, check),
    fixtures: &[
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: true #~ high allowPrivilegedContainer
runAsUser:
  type: MustRunAsRange
groups:
  - developers
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: false
runAsUser:
  type: MustRunAsRange
groups:
  - developers
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: true
runAsUser:
  type: MustRunAsRange
groups:
  - system:cluster-admins
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: false
runAsUser:
  type: RunAsAny #~ high runAsUser.type
groups:
  - developers
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use], resourceNames: [privileged]} #~ high rules[0]
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
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use], resourceNames: [restricted-v2]}
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
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use]} #~ high
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
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use], resourceNames: [own]} #~ high
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
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: own
allowPrivilegedContainer: true
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [use], resourceNames: [own]}
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
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: own
allowPrivilegedContainer: false
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], verbs: [get], resourceNames: [privileged]}
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
    ],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.kind != "SecurityContextConstraints" || object.group() != "security.openshift.io" {
        return findings.not_applicable();
    }
    let lists = ["users", "groups"].iter().filter_map(|key| object.value.get(key)).flat_map(Value::items);
    let accepted = findings.list(&ALLOW_SUBJECTS);
    let is_known = |name: &str| is_of_system(name) || accepted.iter().any(|known| known == name);
    let Some(user) = lists.map(|name| name.text().into_owned()).find(|name| !is_known(name)) else { return };
    let Some(value) = widest(object) else { return };
    let message = format!("`{user}` may use these constraints, which allow `{{value}}`: pods of theirs own the node");
    findings.report(Finding::at(value).message(message));
}

/// Roles that give the verb `use` on wide constraints. Source: OpenShift, SCC admission: `use` on
/// `securitycontextconstraints`, by name.
fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let filter = |capabilities: &Capabilities<'_>, proof: &Proof| {
        let evaluator = capabilities.evaluator();
        let (_, user) = evaluator.describe(proof.subject);
        let names = &evaluator.granted(proof.grants[0]).words.names;
        !is_of_system(&user) && (names.is_empty() || names.iter().any(|name| is_wide(inventory, *name)))
    };
    grants::report_where(inventory, findings, &["use-wide-constraints"], grants::always, &filter);
}

/// Whether constraints of that name are wide: those of the input, else those of every OpenShift.
fn is_wide(inventory: &Inventory, name: Symbol) -> bool {
    let (kind, group) = ("SecurityContextConstraints", "security.openshift.io/");
    let is_here = inventory.resources.iter().any(|resource| {
        resource.name == name
            && &*inventory.symbols.text(resource.kind) == kind
            && inventory.symbols.text(resource.api_version).starts_with(group)
    });
    match is_here {
        true => inventory.facts.admission.wide_constraints.iter().any(|wide| wide.name == name),
        false => SHIPPED.contains(&&*inventory.symbols.text(name)),
    }
}

/// Wide constraints that every OpenShift has. Source: OpenShift, managing security context constraints, default SCCs.
const SHIPPED: [&str; 8] = [
    "privileged",
    "anyuid",
    "hostaccess",
    "hostmount-anyuid",
    "hostmount-anyuid-v2",
    "hostnetwork",
    "hostnetwork-v2",
    "node-exporter",
];

/// Users and groups of the platform itself.
fn is_of_system(name: &str) -> bool {
    ["system:cluster-admins", "system:nodes", "system:masters", "system:admin"].contains(&name)
        || name.starts_with("system:serviceaccount:openshift-")
        || name.starts_with("system:serviceaccount:kube-")
}
