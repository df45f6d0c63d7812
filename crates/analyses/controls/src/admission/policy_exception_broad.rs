//! `policy-exception-broad`

use super::pod_security_not_enforced::{CONTROL as ENFORCED, SYSTEM};
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "policy-exception-broad",
    title: "Policy exception covers too much",
    severity: Severity::Medium,
    severity_reason: "silent bypass",
    rationale: "An exception without limits is the end of the policy: it still stands in the list, and whoever wants something else names it in the exception that is already there.",
    remediation: "Name the namespaces and objects that an exception is for. Set policies that are meant to refuse to do so.",
    verify: "kubectl get policyexceptions -A -o json | jq -r '.items[] | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.match)\"'",
    aliases: &[alias("kyverno", "policy-for-exceptions")],
    mappings: &[maps("owasp-k8s-top10", "K04")],
    references: &[
        "https://kyverno.io/docs/exceptions/",
        "https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces/",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ENFORCING],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: e}
spec:
  exceptions: [{policyName: p, ruleNames: [r]}]
  match:
    any:
      - resources: #~ medium spec.match.any[0].resources: The exception names neither namespaces nor objects
          kinds: [Pod]
",
        ),
        fixture(
            "apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: e}
spec:
  exceptions: [{policyName: p, ruleNames: [r]}]
  match:
    any:
      - resources:
          kinds: [Pod]
          namespaces: [tools]
",
        ),
        fixture(
            "apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: e}
spec:
  match:
    any:
      - resources: {kinds: [Pod], names: [agent-1]}
      - resources: {kinds: [Pod], namespaces: [\"*\"]} #~ spec.match.any[1].resources
      - resources: {kinds: [Pod], selector: {matchLabels: {a: b}}}
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: all}
spec:
  match:
    all:
      - resources: {kinds: [Pod]}
      - resources: {namespaces: [tools]}
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: none}
spec: #~ The exception is for every object
  exceptions: [{policyName: p, ruleNames: [r]}]
",
        ),
        fixture(
            "apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config}
spec:
  match:
    - processes: [\"*\"]
      excludedNamespaces: [kube-system, gatekeeper-system, shop] #~ spec.match[0].excludedNamespaces[2]
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredLabels
metadata: {name: a}
spec:
  enforcementAction: dryrun #~ spec.enforcementAction: The constraint does not refuse anything
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredLabels
metadata: {name: b}
spec:
  enforcementAction: scoped
  scopedEnforcementActions: #~ spec.scopedEnforcementActions
    - action: warn
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredLabels
metadata: {name: c}
spec: {enforcementAction: deny}
",
        ),
        fixture_with(
            &[("enforcing", "p")],
            "apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec:
  validationFailureAction: Audit #~ spec.validationFailureAction: The policy is meant to refuse
  rules:
    - validate: {failureAction: Audit} #~ spec.rules[0].validate.failureAction
    - validate: {failureAction: Enforce}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: other}
spec: {validationFailureAction: Audit}
",
        ),
    ],
};

const ENFORCING: Parameter =
    parameter("enforcing", Default::List(&[]), "names of Kyverno policies that are meant to refuse, or `*` for all");

/// The namespace of Gatekeeper itself, which has to start without being asked.
const GATEKEEPER: &str = "gatekeeper-system";

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    match (object.group(), &*object.kind) {
        ("kyverno.io" | "policies.kyverno.io", "PolicyException") => check_exception(object, findings),
        ("config.gatekeeper.sh", "Config") => check_config(object, findings),
        ("constraints.gatekeeper.sh", _) => check_constraint(object, findings),
        ("kyverno.io", "ClusterPolicy" | "Policy") => check_policy(object, findings),
        _ => findings.not_applicable(),
    }
}

fn check_exception(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(block) = object.value.at(&["spec", "match"]) else {
        let conditions = object.value.at(&["spec", "matchConditions"]);
        let limits = conditions.is_some_and(|conditions| conditions.items().next().is_some());
        if !limits {
            findings.report(
                Finding::missing(object.value, "spec.match")
                    .message("The exception is for every object of every namespace"),
            );
        }
        return;
    };
    let listed: Vec<Value<'_>> =
        ["any", "all"].iter().filter_map(|key| block.get(key)).flat_map(Value::items).collect();
    // Of `all` every filter has to fit, so that one with limits is enough.
    let all: Vec<Value<'_>> = block.get("all").into_iter().flat_map(Value::items).collect();
    if all.iter().any(|filter| has_limits(*filter)) {
        return;
    }
    for filter in listed.into_iter().filter(|filter| !has_limits(*filter)) {
        let message = "The exception names neither namespaces nor objects: it is for all of them";
        findings.report(Finding::missing(filter, "resources").message(message));
    }
}

fn has_limits(filter: Value<'_>) -> bool {
    let Some(resources) = filter.get("resources") else { return false };
    let names = ["namespaces", "names"].iter().any(|key| {
        let mut items = resources.get(key).into_iter().flat_map(Value::items).peekable();
        items.peek().is_some() && items.all(|item| item.text() != "*")
    });
    let name = resources.get("name").is_some_and(|name| !matches!(&*name.text(), "" | "*"));
    let selectors = ["selector", "namespaceSelector"].iter().any(|key| {
        resources.get(key).is_some_and(|selector| {
            let has_labels = selector.get("matchLabels").is_some_and(|labels| labels.entries().next().is_some());
            has_labels || selector.get("matchExpressions").is_some_and(|list| list.items().next().is_some())
        })
    });
    names || name || selectors
}

fn check_config(object: &Object<'_>, findings: &mut Findings<'_>) {
    let system = findings.settings.list(ENFORCED.id, &SYSTEM);
    for entry in object.value.at(&["spec", "match"]).into_iter().flat_map(Value::items) {
        for namespace in entry.get("excludedNamespaces").into_iter().flat_map(Value::items) {
            let name = namespace.text();
            // `kube-*` is for the namespaces of the cluster.
            let is_system = system.contains(&name) || name == GATEKEEPER || name == "kube-*";
            if !is_system {
                let message =
                    "Gatekeeper does not look at namespace `{value}`: what happens there is past all of its policies";
                findings.report(Finding::at(namespace).message(message));
            }
        }
    }
}

fn check_constraint(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(action) = object.value.at(&["spec", "enforcementAction"]) else { return };
    if matches!(&*action.text(), "dryrun" | "warn") {
        let message = "The constraint does not refuse anything: its action is `{value}`";
        return findings.report(Finding::at(action).message(message).replace("deny"));
    }
    let scoped = object.value.at(&["spec", "scopedEnforcementActions"]).filter(|_| action.text() == "scoped");
    let denies =
        |list: Value<'_>| list.items().any(|scope| scope.get("action").is_some_and(|action| action.text() == "deny"));
    if let Some(scoped) = scoped.filter(|scoped| !denies(*scoped)) {
        findings.report(
            Finding::at_key_of(scoped)
                .message("The constraint does not refuse anything: no scope has the action `deny`"),
        );
    }
}

fn check_policy(object: &Object<'_>, findings: &mut Findings<'_>) {
    let enforcing = findings.list(&ENFORCING);
    if !enforcing.contains("*") && !enforcing.contains(&object.name()) {
        return findings.not_applicable();
    }
    let rules = object.value.at(&["spec", "rules"]).into_iter().flat_map(Value::items);
    let of_rules = rules.filter_map(|rule| rule.at(&["validate", "failureAction"]));
    let of_policy = object.value.at(&["spec", "validationFailureAction"]);
    for action in of_policy.into_iter().chain(of_rules).filter(|action| action.text().eq_ignore_ascii_case("audit")) {
        let message = "The policy is meant to refuse and only reports: its action is `{value}`";
        findings.report(Finding::at(action).message(message).replace("Enforce"));
    }
}
