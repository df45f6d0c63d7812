//! `validating-policy-gap`

use super::pod_security_not_enforced::{CONTROL as ENFORCED, SYSTEM};
use super::scopes;
use model::admission_rule::{covers, has_operation};
use model::control::{Check, Control, InventoryFindings, complete_fixture, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, ScopeKind};
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "validating-policy-gap",
    title: "ValidatingAdmissionPolicy is not enforced",
    severity: Severity::Medium,
    severity_reason: "a policy without Deny binding only documents",
    rationale: "A policy that nobody bound, or whose binding only warns, reads well and refuses nothing. What its rules leave out is the way past it.",
    remediation: "Bind the policy with `validationActions: [Deny]`, leave `failurePolicy` at `Fail`, and match `UPDATE` and `pods/ephemeralcontainers` too.",
    verify: "kubectl get validatingadmissionpolicybindings -o custom-columns=NAME:.metadata.name,POLICY:.spec.policyName,ACTIONS:.spec.validationActions",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-5")],
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_inventory),
    fixtures: &[
        fixture(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: p
  validationActions: [Warn, Audit] #~ medium spec.validationActions: The binding does not refuse
",
        ),
        fixture(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: p
  validationActions: [Deny, Audit]
",
        ),
        fixture(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: p #? No binding of the input is for policy `p`
spec:
  failurePolicy: Ignore #~ medium spec.failurePolicy: The policy lets everything through
  matchConstraints:
    resourceRules:
      - apiGroups: [\"\"]
        apiVersions: [v1]
        operations: [CREATE] #~ spec.matchConstraints.resourceRules[0].operations
        resources: [pods] #~ spec.matchConstraints.resourceRules[0].resources
status:
  typeChecking:
    expressionWarnings:
      - fieldRef: spec.validations[0].expression #~ does not fit the types
        warning: undefined field
",
        ),
        complete_fixture(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: unbound #~ Nothing binds policy `unbound`
spec: {}
---
apiVersion: admissionregistration.k8s.io/v1alpha1
kind: MutatingAdmissionPolicy
metadata:
  name: m
spec: {failurePolicy: Fail}
---
apiVersion: admissionregistration.k8s.io/v1alpha1
kind: MutatingAdmissionPolicyBinding
metadata:
  name: m
spec: {policyName: m}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    namespaceSelector:
      matchLabels: {policy: \"on\"} #~ Namespace `shop` is left out
    resourceRules: [{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [\"*\"], resources: [\"*/*\"]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: p
  paramRef:
    name: limits
    parameterNotFoundAction: Allow #~ There are no parameters `limits`
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: c}
spec:
  policyName: p
  paramRef: {name: there, parameterNotFoundAction: Allow}
  validationActions: [Deny]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: there}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: pay, labels: {policy: \"on\"}}
",
        ),
    ],
};

const GROUP: &str = "admissionregistration.k8s.io";

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    match (object.group(), &*object.kind) {
        (GROUP, "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => check_policy(object, findings),
        (GROUP, "ValidatingAdmissionPolicyBinding") => check_binding(object, findings),
        (GROUP, "MutatingAdmissionPolicyBinding") => {}
        _ => findings.not_applicable(),
    }
}

fn check_policy(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.value.get("spec") else { return };
    if let Some(policy) = spec.get("failurePolicy").filter(|policy| policy.text() == "Ignore") {
        let message = "The policy lets everything through that it cannot evaluate";
        findings.report(Finding::at(policy).message(message).replace("Fail"));
    }
    let warnings = object.value.at(&["status", "typeChecking", "expressionWarnings"]);
    for warning in warnings.into_iter().flat_map(Value::items) {
        let message = "An expression of the policy does not fit the types that it is for: it may never hold";
        let field = warning.get("fieldRef");
        findings.report(field.map_or_else(|| Finding::at(warning), Finding::at).message(message));
    }
    let rules = || spec.at(&["matchConstraints", "resourceRules"]).into_iter().flat_map(Value::items);
    let Some(rule) = rules().find(|rule| covers(*rule, "", "pods")) else { return };
    if !rules().any(|rule| covers(rule, "", "pods/ephemeralcontainers")) {
        let message = "The policy is for pods and not for `pods/ephemeralcontainers`: they are added past it";
        findings.report(Finding::missing(rule, "resources").message(message));
    }
    if !rules().any(|rule| covers(rule, "", "pods") && has_operation(rule, "UPDATE")) {
        let message = "The policy is not for `UPDATE`: an object is made well and changed afterwards";
        findings.report(Finding::missing(rule, "operations").message(message));
    }
}

fn check_binding(object: &Object<'_>, findings: &mut Findings<'_>) {
    let actions = object.value.at(&["spec", "validationActions"]);
    if !actions.into_iter().flat_map(Value::items).any(|action| action.text() == "Deny") {
        let message = "The binding does not refuse what breaks the policy: `Deny` is not among its actions";
        let finding =
            actions.map_or_else(|| Finding::missing(object.value, "spec.validationActions"), Finding::at_key_of);
        findings.report(finding.message(message));
    }
}

fn check_inventory(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    check_bound(inventory, findings);
    check_parameters(inventory, findings);
    let system = findings.findings.settings.list(ENFORCED.id, &SYSTEM);
    let scopes = inventory.facts.admission.scopes.iter().filter(|scope| scope.kind == ScopeKind::Policy);
    for scope in scopes {
        if let Some(left_out) = scopes::left_out(inventory, scope, system) {
            let message = "Namespace `{value}` is left out: what happens there is past the policy";
            findings.report(scope.resource, Finding::at_place(scope.place).value(left_out).message(message));
        }
    }
}

fn check_bound(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.admission;
    let bound: BTreeSet<(bool, Symbol)> =
        facts.bindings.iter().map(|binding| (binding.mutating, binding.policy)).collect();
    for policy in &facts.policies {
        findings.looked_at(policy.resource);
        let name = inventory.resource(policy.resource).name;
        if bound.contains(&(policy.mutating, name)) {
            continue;
        }
        let finding = Finding::at_place(policy.place).value(inventory.symbols.text(name));
        findings.report(
            policy.resource,
            match inventory.complete {
                true => finding.message("Nothing binds policy `{value}`: it is never asked"),
                false => finding
                    .severity(Severity::Info)
                    .message("No binding of the input is for policy `{value}`: whether there is one is not known")
                    .skip(),
            },
        );
    }
}

/// Where the parameters are not found, the policy is not asked if the binding says so.
fn check_parameters(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.admission;
    if facts.bindings.iter().all(|binding| binding.optional_parameter.is_none()) {
        return;
    }
    let kinds = facts
        .policies
        .iter()
        .map(|policy| ((policy.mutating, inventory.resource(policy.resource).name), policy.parameter_kind));
    let kinds: std::collections::BTreeMap<(bool, Symbol), Symbol> = kinds.collect();
    let wanted: BTreeSet<Symbol> = kinds.values().copied().collect();
    let objects = inventory.resources.iter().filter(|resource| wanted.contains(&resource.kind));
    let known: BTreeSet<(Symbol, Symbol)> = objects.map(|resource| (resource.kind, resource.name)).collect();
    for binding in &facts.bindings {
        let Some(parameter) = binding.optional_parameter else { continue };
        let kind = kinds.get(&(binding.mutating, binding.policy));
        if kind.is_some_and(|kind| known.contains(&(*kind, parameter.name))) {
            continue;
        }
        let finding = Finding::at_place(parameter.place).value(inventory.symbols.text(parameter.name));
        findings.report(
            binding.resource,
            match inventory.complete {
                true => {
                    finding.message("There are no parameters `{value}`, and without them everything is let through")
                }
                false => finding
                    .severity(Severity::Info)
                    .message(
                        "Without the parameters `{value}` everything is let through: whether they exist is not known",
                    )
                    .skip(),
            },
        );
    }
}
