//! `built-in-edit-underestimated`

use std::collections::BTreeMap;

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::Capabilities;
use rbac::{BindingId, Evaluator, RoleId, RoleLink, SubjectKey, catalogue};

use super::grants::{self, ALLOW_SUBJECTS};

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
    parameters: &[ALLOW_SUBJECTS],
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
  name: admin #~ critical
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
  name: edit #~ critical
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: edit
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit #~ info
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
    let mut accounts: Option<Accounts> = None;
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let name = evaluator.text(binding.role_name);
        let RoleLink::Role(role) = binding.role else { continue };
        if !binding.cluster_role || !matches!(&*name, "edit" | "admin") || !is_built_in(evaluator, role) {
            continue;
        }
        let subjects = binding.subjects.iter().copied();
        let subjects: Vec<SubjectKey> =
            subjects.filter(|subject| !grants::is_accepted(evaluator, *subject, findings)).collect();
        let Some((resource, place)) = grants::binding_anchor(evaluator, id).filter(|_| !subjects.is_empty()) else {
            continue;
        };
        let (severity, whose) = if binding.cluster {
            // `kube-system` has accounts of controllers that may do everything.
            (Severity::Critical, "every ServiceAccount of the cluster".to_owned())
        } else {
            let accounts = accounts.get_or_insert_with(|| Accounts::new(&capabilities));
            match accounts.worst(binding.namespace, &subjects) {
                Some(worst) if worst.severity > Severity::Info => {
                    let (_, account) = evaluator.describe(worst.subject);
                    let can = catalogue::ALL[worst.danger].title;
                    let scope = grants::scope(evaluator, worst.namespace);
                    let whose =
                        format!("every ServiceAccount of the namespace, of which `{account}` can {can} {scope}");
                    (worst.severity, whose)
                }
                _ => (Severity::Info, "every ServiceAccount of the namespace".to_owned()),
            }
        };
        let whom = grants::named_all(evaluator, &subjects);
        let message =
            format!("`{{value}}` makes {whom} {whose}: it reads Secrets, runs commands in pods and issues tokens");
        let finding = Finding::at_place(place).value(name).severity(severity);
        findings.report(resource, finding.message(message));
    }
}

/// What the accounts of every namespace can do outside of it.
struct Accounts(BTreeMap<Symbol, Vec<Power>>);

/// The worst that an account can do somewhere.
#[derive(Clone, Copy)]
struct Power {
    subject: SubjectKey,
    namespace: Option<Symbol>,
    danger: usize,
    severity: Severity,
}

impl Accounts {
    fn new(capabilities: &Capabilities<'_>) -> Self {
        let evaluator = capabilities.evaluator();
        let mut accounts: BTreeMap<Symbol, Vec<Power>> = BTreeMap::new();
        for holding in capabilities.holdings() {
            let SubjectKey::User(user) = holding.subject else { continue };
            let user = evaluator.text(user);
            let account = rbac::split_service_account(&user);
            let Some((own, _)) = account else { continue };
            let own = evaluator.inventory().symbols.intern(own);
            // What it can do here, `edit` can anyway.
            if holding.namespace == Some(own) {
                continue;
            }
            let powers = holding.dangers.iter().map(|danger| Power {
                subject: holding.subject,
                namespace: holding.namespace,
                danger,
                severity: grants::severity_of(capabilities, holding, danger),
            });
            accounts.entry(own).or_default().extend(powers.reduce(worse));
        }
        Self(accounts)
    }

    /// The worst of a namespace, of accounts that are not these.
    fn worst(&self, namespace: Symbol, without: &[SubjectKey]) -> Option<Power> {
        let powers = self.0.get(&namespace)?.iter().filter(|power| !without.contains(&power.subject));
        powers.copied().reduce(worse)
    }
}

/// Whether a role is what every cluster has, or has that among it.
fn is_built_in(evaluator: &Evaluator<'_>, role: RoleId) -> bool {
    let namesakes = evaluator.namesakes(role);
    grants::is_default_role(evaluator, role) || namesakes.iter().any(|role| grants::is_default_role(evaluator, *role))
}

/// Of equals the first.
fn worse(known: Power, power: Power) -> Power {
    if power.severity > known.severity { power } else { known }
}
