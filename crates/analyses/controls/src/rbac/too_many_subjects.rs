//! `too-many-subjects`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::fix::FixClass;
use std::collections::{BTreeMap, BTreeSet};

use model::finding::Finding;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use rbac::{BindingId, Evaluator, RoleId, RoleLink, SubjectKey};

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "too-many-subjects",
    title: "Role or namespace has unusually many subjects",
    severity: Severity::Info,
    severity_reason: "hard to review",
    rationale: "What twenty people hold nobody reviews one by one.",
    remediation: "Bind a group of the identity provider in their place.",
    verify: "plimsoll rbac subjects",
    aliases: &[],
    mappings: &[maps("nist-800-53", "AC-2")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS, MAX_SUBJECTS, MAX_ROLES],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view #~ info roleRef.name
subjects:
  - {kind: User, name: 'u0', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u1', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u2', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u3', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u4', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u5', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u6', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u7', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u8', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u9', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u10', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u11', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u12', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u13', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u14', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u15', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u16', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u17', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u18', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u19', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u20', apiGroup: rbac.authorization.k8s.io}
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
  name: view
subjects:
  - {kind: User, name: 'u0', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u1', apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: 'u2', apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

const MAX_SUBJECTS: Parameter =
    parameter("max_subjects", Default::Number(Some(20)), "how many people and groups may be bound to one role");
const MAX_ROLES: Parameter =
    parameter("max_roles", Default::Number(Some(10)), "how many roles one person or group may be bound to");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    let limit = |parameter| findings.findings.number(parameter).and_then(|number| usize::try_from(number).ok());
    let (most_subjects, most_roles) = (limit(&MAX_SUBJECTS).unwrap_or(20), limit(&MAX_ROLES).unwrap_or(10));
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
    let mut of_role: BTreeMap<RoleId, (BTreeSet<SubjectKey>, BindingId)> = BTreeMap::new();
    let mut of_subject: BTreeMap<SubjectKey, (BTreeSet<RoleId>, BindingId)> = BTreeMap::new();
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let RoleLink::Role(role) = binding.role else { continue };
        if grants::binding_anchor(evaluator, id).is_none() {
            continue;
        }
        for subject in binding
            .subjects
            .iter()
            .filter(|subject| is_human(evaluator, **subject) && !grants::is_accepted(evaluator, **subject, findings))
        {
            of_role.entry(role).or_insert_with(|| (BTreeSet::new(), id)).0.insert(*subject);
            of_subject.entry(*subject).or_insert_with(|| (BTreeSet::new(), id)).0.insert(role);
        }
    }
    for (role, (subjects, id)) in of_role.iter().filter(|(_, (subjects, _))| subjects.len() > most_subjects) {
        let Some((resource, place)) = grants::binding_anchor(evaluator, *id) else { continue };
        let message =
            format!("{} people and groups are bound to `{{value}}`: nobody reviews them one by one", subjects.len());
        let finding = Finding::at_place(place).value(evaluator.text(evaluator.role(*role).name));
        findings.report(resource, finding.message(message));
    }
    for (subject, (roles, id)) in of_subject.iter().filter(|(_, (roles, _))| roles.len() > most_roles) {
        let Some((resource, place)) = grants::binding_anchor(evaluator, *id) else { continue };
        let message = format!("`{{value}}` is bound to {} roles: nobody knows what they come to together", roles.len());
        let finding = Finding::at_place(place).value(grants::named(evaluator, *subject));
        findings.report(resource, finding.message(message));
    }
}

fn is_human(evaluator: &Evaluator<'_>, subject: SubjectKey) -> bool {
    match subject {
        SubjectKey::User(name) | SubjectKey::Group(name) => !evaluator.text(name).starts_with("system:"),
        SubjectKey::Nobody => false,
    }
}
