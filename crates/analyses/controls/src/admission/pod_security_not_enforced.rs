//! `pod-security-not-enforced`

use super::enforcement::{Demands, PluginLevel};
use model::control::{Check, Control, InventoryFindings, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{EnforcedLevel, Inventory, NamespaceFact};
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-security-not-enforced",
    title: "Namespace enforces no Pod Security level",
    severity: Severity::High,
    severity_reason: "any pod spec is admitted",
    rationale: "Nothing looks at the pods of this namespace: whoever may create one, by hand or through a pipeline, creates a privileged one and owns the node.",
    remediation: "Label the namespace `pod-security.kubernetes.io/enforce: baseline`. Before that, run the same label with `--dry-run=server`: it lists the pods that would be refused.",
    verify: "kubectl get namespaces -L pod-security.kubernetes.io/enforce",
    aliases: &[alias("kubescape", "C-0192"), alias("kubescape", "C-0193"), alias("kubescape", "C-0194"), alias("kubescape", "C-0195"), alias("kubescape", "C-0196"), alias("kubescape", "C-0201"), alias("kubescape", "C-0202"), alias("kubescape", "C-0203"), alias("kubescape", "C-0204"), alias("kyverno", "add-psa-namespace-reporting"), alias("kyverno", "deny-privileged-profile"), alias("kyverno", "podsecurity-subrule-baseline"), alias("kubewarden", "psa-label-enforcer-policy")],
    mappings: &[maps("cis-kubernetes", "5.2.1"), maps("cis-kubernetes", "5.2.2"), maps("cis-kubernetes", "5.2.3"), maps("cis-kubernetes", "5.2.4"), maps("cis-kubernetes", "5.2.5"), maps("cis-kubernetes", "5.2.10"), maps("cis-kubernetes", "5.2.11"), maps("cis-kubernetes", "5.2.12"), maps("nsa-cisa", "pod-security"), maps("owasp-k8s-top10", "K04"), maps("nist-800-190", "4.4.3"), maps("nist-800-53", "AC-6"), maps("nist-800-53", "CM-6"), maps("nist-800-53", "CM-7"), maps("cis-gke", "4.2.1"), maps("cis-eks", "4.2.1"), maps("cis-eks", "4.2.2"), maps("cis-eks", "4.2.3"), maps("cis-eks", "4.2.4"), maps("cis-aks", "4.2.8")],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-admission/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[SYSTEM],
    check: Check::ObjectAndInventory(check_exemptions, check),
    fixtures: &[fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: privileged #~ high metadata.labels[\"pod-security.kubernetes.io/enforce\"]: The namespace enforces the level `privileged`
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ high metadata.name: Namespace `shop` enforces no level: any pod is taken, unless
---
apiVersion: v1
kind: Namespace
metadata:
  name: wrong
  labels:
    pod-security.kubernetes.io/enforce: Baseline #~ low metadata.labels[\"pod-security.kubernetes.io/enforce\"]: Level `Baseline` does not exist
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
"),
fixture_with(&[("system_namespaces", "infra")],
"apiVersion: v1
kind: Namespace
metadata: {name: infra}
---
apiVersion: v1
kind: Namespace
metadata:
  name: kube-system #~ high
"),
fixture(
"apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      defaults: {enforce: baseline}
      exemptions:
        usernames: [system:serviceaccount:ci:deployer] #~ info plugins[0].configuration.exemptions.usernames[0]
        namespaces: [kube-system, legacy] #~ info plugins[0].configuration.exemptions.namespaces[1]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata:
  name: legacy #~ Namespace `legacy` is exempt
  labels: {pod-security.kubernetes.io/enforce: restricted}
"),
fixture(
"apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {audit: restricted}
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ enforces no level, nor does the default
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata:
  name: left-out #~ enforces no level
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: psa}
spec:
  validationFailureAction: Enforce
  rules:
    - name: baseline
      match: {any: [{resources: {kinds: [Pod]}}]}
      exclude: {any: [{resources: {namespaces: [left-out]}}]}
      validate: {podSecurity: {level: baseline, version: latest}}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ enforces no level
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: audits}
spec:
  validationFailureAction: Audit
  rules:
    - match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {podSecurity: {level: baseline}}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: narrow}
spec:
  rules:
    - match: {any: [{resources: {kinds: [Pod], namespaces: [other]}}]}
      validate: {failureAction: Enforce, podSecurity: {level: baseline}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPPrivilegedContainer
metadata: {name: a-part-is-no-pack}
spec: {enforcementAction: deny}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata:
  name: left-out #~ enforces no level
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPPrivilegedContainer
metadata: {name: a}
spec: {}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPHostNamespace
metadata: {name: b}
spec: {enforcementAction: deny}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPHostFilesystem
metadata: {name: c}
spec: {match: {excludedNamespaces: [left-out]}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPHostNetworkingPorts
metadata: {name: d}
spec: {}
---
apiVersion: policies.kubewarden.io/v1
kind: ClusterAdmissionPolicy
metadata: {name: e}
spec: {module: 'registry://ghcr.io/kubewarden/policies/capabilities-psp:v1', mode: protect}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #? high metadata.name: Namespace `shop` enforces no level; whether a ValidatingAdmissionPolicy refuses
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: pods}
spec:
  validations: [{expression: \"'owner' in object.metadata.labels\"}]
  matchConstraints:
    resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: pods}
spec: {policyName: pods, validationActions: [Deny]}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ high
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: pods}
spec:
  failurePolicy: Ignore
  matchConstraints:
    resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: pods}
spec: {policyName: pods, validationActions: [Deny]}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: restricted-v2}
"),],
};

/// Namespaces whose pods may be privileged.
pub(crate) const SYSTEM: Parameter = parameter(
    "system_namespaces",
    Default::List(&["kube-system", "kube-public", "kube-node-lease"]),
    "namespaces of the cluster itself, whose pods need more",
);

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let system = findings.findings.list(&SYSTEM);
    let demands = Demands::new(inventory);
    for namespace in &inventory.facts.namespaces {
        let symbol = inventory.resource(namespace.resource).name;
        let name = inventory.symbols.text(symbol);
        if name.is_empty() || system.contains(&name) {
            continue;
        }
        findings.looked_at(namespace.resource);
        if let Some(finding) = judge(inventory, namespace, symbol, &demands) {
            findings.report(namespace.resource, finding);
        }
    }
}

fn judge(
    inventory: &Inventory,
    namespace: &NamespaceFact,
    name: Symbol,
    demands: &Demands,
) -> Option<Finding<'static>> {
    let at_name = Finding::at_place(namespace.place).value(inventory.symbols.text(name));
    let (finding, is_privileged) = match demands.plugin_level(inventory, namespace, name) {
        PluginLevel::Label(EnforcedLevel::Baseline | EnforcedLevel::Restricted, _)
        | PluginLevel::Default(EnforcedLevel::Baseline | EnforcedLevel::Restricted) => return None,
        PluginLevel::Invalid(text, place) => {
            let message =
                "Level `{value}` does not exist: pods are held to `restricted`, and who wrote it meant something else";
            (
                Finding::at_place(place).value(inventory.symbols.text(text)).severity(Severity::Low).message(message),
                false,
            )
        }
        PluginLevel::Label(EnforcedLevel::Privileged, place) => {
            let message = "The namespace enforces the level `{value}`: any pod is taken, privileged ones too";
            (Finding::at_place(place).value("privileged").message(message), true)
        }
        PluginLevel::Default(EnforcedLevel::Privileged) => {
            (at_name.message("Namespace `{value}` enforces no level, nor does the default: any pod is taken"), true)
        }
        PluginLevel::Exempt => {
            (at_name.message("Namespace `{value}` is exempt from Pod Security: any pod is taken"), true)
        }
        PluginLevel::Unknown => {
            let message = "Namespace `{value}` enforces no level: any pod is taken, unless the API server has a default that is not in the input";
            (at_name.message(message), true)
        }
    };
    if !is_privileged || !demands.a_policy_may_refuse() {
        return (!is_privileged || !demands.something_else_enforces(name)).then_some(finding);
    }
    // A policy that asks for a label lets every privileged pod in that has it.
    let message = "Namespace `{value}` enforces no level; whether a ValidatingAdmissionPolicy refuses privileged pods is not known";
    let unknown = Finding::at_place(namespace.place).value(inventory.symbols.text(name)).message(message).skip();
    (!demands.something_else_enforces(name)).then_some(unknown)
}

/// Who is exempt is asked nothing.
fn check_exemptions(object: &Object<'_>, findings: &mut Findings<'_>) {
    let system = findings.list(&SYSTEM);
    let configurations: Vec<Value<'_>> = match (object.group(), &*object.kind) {
        ("pod-security.admission.config.k8s.io", "PodSecurityConfiguration") => vec![object.value],
        ("apiserver.config.k8s.io", "AdmissionConfiguration") => {
            let plugins = object.value.get("plugins").into_iter().flat_map(Value::items);
            plugins.filter_map(|plugin| plugin.get("configuration")).collect()
        }
        _ => return findings.not_applicable(),
    };
    for exemptions in configurations.into_iter().filter_map(|configuration| configuration.get("exemptions")) {
        for (key, list) in exemptions.entries() {
            let is_namespaces = key.is_key("namespaces");
            for item in list.items().filter(|item| !(is_namespaces && system.contains(&item.text()))) {
                let message = "`{value}` is exempt from Pod Security: what it creates is not looked at";
                findings.report(Finding::at(item).severity(Severity::Info).message(message));
            }
        }
    }
}
