//! What is kept of admission control.

use super::Observer;
use crate::admission_rule::{covers, has_operation};
use crate::document::Value;
use crate::inventory::{
    AdmissionFacts, AdmissionPolicyFact, AskedAbout, BaselinePart, Demand, EnforcedLevel, EnforcementFact,
    ParameterReference, ParametersFact, PolicyBindingFact, PolicyScopeFact, ScopeKind, WebhookPurpose,
    WebhookServiceFact, WideConstraintsFact,
};
use crate::labels::Selector;
use crate::object::Object;
use crate::symbols::Symbol;

const REGISTRATION: &str = "admissionregistration.k8s.io";

/// Fields of SecurityContextConstraints that let a pod have its node.
const WIDE: [&str; 5] =
    ["allowPrivilegedContainer", "allowHostNetwork", "allowHostPID", "allowHostIPC", "allowHostDirVolumePlugin"];

/// What of SecurityContextConstraints lets a pod have its node, or be any user.
pub fn widest<'d>(object: &Object<'d>) -> Option<Value<'d>> {
    let is_true = |key: &&str| object.value.get(key).filter(|value| value.as_bool() == Some(true));
    let mut capabilities = object.value.get("allowedCapabilities").into_iter().flat_map(Value::items);
    let any_user = || object.value.at(&["runAsUser", "type"]).filter(|kind| kind.text() == "RunAsAny");
    WIDE.iter().find_map(is_true).or_else(|| capabilities.find(|name| name.text() == "*")).or_else(any_user)
}

/// What a webhook is asked about when it is made or changed.
fn written(webhook: Value<'_>) -> AskedAbout {
    let is_about = |group: &str, resources: &[&str]| {
        let mut rules = webhook.get("rules").into_iter().flat_map(Value::items);
        rules.any(|rule| {
            let writes = has_operation(rule, "CREATE") || has_operation(rule, "UPDATE");
            writes && resources.iter().any(|resource| covers(rule, group, resource))
        })
    };
    AskedAbout {
        pods: is_about("", &["pods"]),
        secrets: is_about("", &["secrets"]),
        templates: is_about("apps", &["deployments", "statefulsets", "daemonsets", "replicasets"])
            || is_about("batch", &["jobs", "cronjobs"])
            || is_about("", &["replicationcontrollers"]),
        rights: is_about("rbac.authorization.k8s.io", &["clusterroles", "clusterrolebindings"]),
    }
}

impl Observer<'_> {
    pub(super) fn admission(&self, object: &Object<'_>, facts: &mut AdmissionFacts) {
        match (object.group(), &*object.kind) {
            (REGISTRATION, "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
                self.webhooks(object, facts);
            }
            (REGISTRATION, "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => {
                facts.policies.push(self.admission_policy(object));
                self.scope(object, &["spec", "matchConstraints", "namespaceSelector"], facts);
            }
            (REGISTRATION, "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding") => {
                facts.bindings.push(self.policy_binding(object));
                self.scope(object, &["spec", "matchResources", "namespaceSelector"], facts);
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => facts.webhooks.extend(self.conversion(object)),
            ("apiregistration.k8s.io", "APIService") => {
                let service = object.value.at(&["spec", "service"]);
                let served =
                    |service| self.webhook_service(service, WebhookPurpose::AggregatedApi, AskedAbout::default());
                facts.webhooks.extend(service.and_then(served));
            }
            ("security.openshift.io", "SecurityContextConstraints") => {
                let wide = widest(object).map(|value| WideConstraintsFact {
                    resource: self.resource,
                    name: self.symbols.intern(&object.name()),
                    place: self.place(value),
                });
                facts.wide_constraints.extend(wide);
                facts.enforcements.extend(self.enforcements(object));
            }
            _ => facts.enforcements.extend(self.enforcements(object)),
        }
    }

    fn webhooks(&self, object: &Object<'_>, facts: &mut AdmissionFacts) {
        for webhook in object.value.get("webhooks").into_iter().flat_map(Value::items) {
            let purpose = match fails_open(object, webhook) {
                true => WebhookPurpose::AdmissionOptional,
                false => WebhookPurpose::AdmissionRequired,
            };
            let service = webhook.at(&["clientConfig", "service"]);
            let is_about = |resource| {
                let mut rules = webhook.get("rules").into_iter().flat_map(Value::items);
                rules.any(|rule| covers(rule, "", resource))
            };
            let asked = AskedAbout { pods: is_about("pods"), secrets: is_about("secrets"), ..AskedAbout::default() };
            let has = |key: &str| webhook.get(key).is_some_and(|value| !is_empty(value));
            let fact = service.and_then(|service| self.webhook_service(service, purpose, asked));
            facts.webhooks.extend(fact.map(|fact| WebhookServiceFact {
                writes: written(webhook),
                hook: self.symbol(webhook.get("name")),
                narrowed: has("objectSelector") || has("matchConditions"),
                ..fact
            }));
            let Some(selector) = webhook.get("namespaceSelector") else { continue };
            facts.scopes.push(PolicyScopeFact {
                resource: self.resource,
                kind: ScopeKind::Webhook,
                name: self.symbol(webhook.get("name")),
                guards: asked.pods || asked.secrets,
                namespaces: Selector::new(selector, self.symbols),
                place: self.place(selector),
            });
        }
    }

    fn webhook_service(
        &self,
        service: Value<'_>,
        purpose: WebhookPurpose,
        asked: AskedAbout,
    ) -> Option<WebhookServiceFact> {
        let name = service.get("name")?;
        Some(WebhookServiceFact {
            resource: self.resource,
            namespace: self.symbol(service.get("namespace")),
            name: self.symbol(Some(name)),
            place: self.place(name),
            purpose,
            asked,
            writes: AskedAbout::default(),
            hook: Symbol::EMPTY,
            narrowed: false,
        })
    }

    fn conversion(&self, object: &Object<'_>) -> Option<WebhookServiceFact> {
        let conversion = object.value.at(&["spec", "conversion"])?;
        conversion.get("strategy").filter(|strategy| strategy.text() == "Webhook")?;
        let client = conversion.at(&["webhook", "clientConfig"]).or_else(|| conversion.get("webhookClientConfig"))?;
        self.webhook_service(client.get("service")?, WebhookPurpose::Conversion, AskedAbout::default())
    }

    fn scope(&self, object: &Object<'_>, path: &[&str], facts: &mut AdmissionFacts) {
        let Some(selector) = object.value.at(path) else { return };
        facts.scopes.push(PolicyScopeFact {
            resource: self.resource,
            kind: ScopeKind::Policy,
            name: self.symbols.intern(&object.name()),
            guards: true,
            namespaces: Selector::new(selector, self.symbols),
            place: self.place(selector),
        });
    }

    fn admission_policy(&self, object: &Object<'_>) -> AdmissionPolicyFact {
        let spec = |keys: &[&str]| object.value.get("spec").and_then(|spec| spec.at(keys));
        let mut rules = spec(&["matchConstraints", "resourceRules"]).into_iter().flat_map(Value::items);
        let covers_pods = rules.any(|rule| {
            covers(rule, "", "pods") && has_operation(rule, "CREATE") && rule.get("resourceNames").is_none()
        });
        let is_narrowed = ["namespaceSelector", "objectSelector", "excludeResourceRules"]
            .iter()
            .any(|key| spec(&["matchConstraints", key]).is_some_and(|narrow| !is_empty(narrow)))
            || spec(&["matchConditions"]).is_some_and(|conditions| !is_empty(conditions));
        let fails_open = spec(&["failurePolicy"]).is_some_and(|policy| policy.text() == "Ignore");
        AdmissionPolicyFact {
            resource: self.resource,
            mutating: object.kind == "MutatingAdmissionPolicy",
            place: self.name_place(object),
            parameter_kind: self.symbol(spec(&["paramKind", "kind"])),
            parameter_version: self.symbol(spec(&["paramKind", "apiVersion"])),
            about_pods: covers_pods,
            covers_pods: covers_pods && !is_narrowed && !fails_open,
        }
    }

    fn policy_binding(&self, object: &Object<'_>) -> PolicyBindingFact {
        let spec = |keys: &[&str]| object.value.get("spec").and_then(|spec| spec.at(keys));
        let mut actions = spec(&["validationActions"]).into_iter().flat_map(Value::items);
        let action = spec(&["paramRef", "parameterNotFoundAction"]).filter(|action| action.text() == "Allow");
        let optional = action.zip(spec(&["paramRef", "name"]));
        PolicyBindingFact {
            resource: self.resource,
            mutating: object.kind == "MutatingAdmissionPolicyBinding",
            policy: self.symbol(spec(&["policyName"])),
            denies: actions.any(|action| action.text() == "Deny"),
            everywhere: spec(&["matchResources"]).is_none_or(is_empty),
            parameters: spec(&["paramRef"]).map(|reference| ParametersFact {
                namespace: self.symbol(reference.get("namespace")),
                name: self.symbol(reference.get("name")),
            }),
            optional_parameter: optional.map(|(action, name)| ParameterReference {
                namespace: self.symbol(spec(&["paramRef", "namespace"])),
                name: self.symbol(Some(name)),
                place: self.place(action),
            }),
        }
    }

    fn enforcements(&self, object: &Object<'_>) -> Vec<EnforcementFact> {
        match (object.group(), &*object.kind) {
            ("security.openshift.io", "SecurityContextConstraints") => {
                vec![self.enforcement(Demand::SecurityContextConstraints, Symbol::EMPTY, Box::default())]
            }
            ("apiserver.config.k8s.io", "AdmissionConfiguration") => {
                let plugins = object.value.get("plugins").into_iter().flat_map(Value::items);
                let configurations = plugins.filter_map(|plugin| plugin.get("configuration"));
                configurations.filter_map(|configuration| self.plugin_default(configuration)).collect()
            }
            ("pod-security.admission.config.k8s.io", "PodSecurityConfiguration") => {
                self.plugin_default(object.value).into_iter().collect()
            }
            ("kyverno.io", "ClusterPolicy" | "Policy") => self.kyverno(object),
            ("constraints.gatekeeper.sh", _) => self.gatekeeper(object).into_iter().collect(),
            ("policies.kubewarden.io", "ClusterAdmissionPolicy" | "AdmissionPolicy") => {
                self.kubewarden(object).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn enforcement(&self, demand: Demand, namespace: Symbol, except: Box<[Symbol]>) -> EnforcementFact {
        EnforcementFact { resource: self.resource, demand, namespace, except }
    }

    fn names(&self, list: Option<Value<'_>>) -> Box<[Symbol]> {
        list.into_iter().flat_map(Value::items).map(|name| self.symbol(Some(name))).collect()
    }

    fn plugin_default(&self, configuration: Value<'_>) -> Option<EnforcementFact> {
        let defaults = configuration.get("kind").filter(|kind| kind.text() == "PodSecurityConfiguration");
        defaults?;
        let level = configuration.at(&["defaults", "enforce"]).map(Value::text);
        let level = level.map_or(Some(EnforcedLevel::Privileged), |name| EnforcedLevel::from_name(&name))?;
        let except = self.names(configuration.at(&["exemptions", "namespaces"]));
        Some(self.enforcement(Demand::DefaultLevel(level), Symbol::EMPTY, except))
    }

    /// Rules of Kyverno that every pod is held to, unless its namespace is left out by name.
    fn kyverno(&self, object: &Object<'_>) -> Vec<EnforcementFact> {
        let spec = |key| object.value.at(&["spec", key]);
        let enforces =
            |value: Option<Value<'_>>| value.is_some_and(|action| action.text().eq_ignore_ascii_case("enforce"));
        let fails_open = spec("failurePolicy").is_some_and(|policy| policy.text() == "Ignore");
        let namespace = match object.kind == "Policy" {
            true => self.symbols.intern(&object.namespace()),
            false => Symbol::EMPTY,
        };
        if fails_open || spec("validationFailureActionOverrides").is_some() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for rule in spec("rules").into_iter().flat_map(Value::items) {
            let Some(validate) = rule.get("validate").filter(|_| rule.get("preconditions").is_none()) else { continue };
            let own = validate.get("failureAction");
            if !enforces(own.or_else(|| spec("validationFailureAction"))) || !matches_every_pod(rule) {
                continue;
            }
            let level =
                validate.at(&["podSecurity", "level"]).filter(|_| validate.at(&["podSecurity", "exclude"]).is_none());
            let demand = match level {
                Some(level) => EnforcedLevel::from_name(&level.text()).map(Demand::Level),
                None => part(&object.name(), PARTS_OF_KYVERNO).map(Demand::Part),
            };
            let Some((demand, except)) = demand.zip(self.excluded_namespaces(rule)) else { continue };
            found.push(self.enforcement(demand, namespace, except));
        }
        found
    }

    /// The namespaces that a rule of Kyverno leaves out; `None` if it leaves out something else.
    fn excluded_namespaces(&self, rule: Value<'_>) -> Option<Box<[Symbol]>> {
        let Some(exclude) = rule.get("exclude") else { return Some(Box::default()) };
        let mut names = Vec::new();
        for filter in filters(exclude) {
            let resources = filter.get("resources").filter(|_| filter.entries().count() == 1)?;
            for (key, value) in resources.entries() {
                match &*key.text() {
                    "kinds" => {}
                    "namespaces" => names.extend(self.names(Some(value))),
                    _ => return None,
                }
            }
        }
        Some(names.into())
    }

    fn gatekeeper(&self, object: &Object<'_>) -> Option<EnforcementFact> {
        let part = part(&object.kind, PARTS_OF_GATEKEEPER)?;
        let action = object.value.at(&["spec", "enforcementAction"]);
        let matching = object.value.at(&["spec", "match"]);
        let has = |key| matching.is_some_and(|matching| matching.get(key).is_some());
        let is_narrowed =
            ["namespaces", "labelSelector", "namespaceSelector", "name", "scope"].iter().any(|key| has(key));
        if is_narrowed || action.is_some_and(|action| action.text() != "deny") {
            return None;
        }
        let except = self.names(matching.and_then(|matching| matching.get("excludedNamespaces")));
        Some(self.enforcement(Demand::Part(part), Symbol::EMPTY, except))
    }

    fn kubewarden(&self, object: &Object<'_>) -> Option<EnforcementFact> {
        let spec = |key| object.value.at(&["spec", key]);
        let module = spec("module").map(Value::text)?;
        let (_, part) = PARTS_OF_KUBEWARDEN.iter().find(|(name, _)| module.contains(name))?;
        let monitors = spec("mode").is_some_and(|mode| mode.text() == "monitor");
        let fails_open = spec("failurePolicy").is_some_and(|policy| policy.text() == "Ignore");
        let narrowed = ["namespaceSelector", "objectSelector", "matchConditions"];
        if monitors || fails_open || narrowed.iter().any(|key| spec(key).is_some_and(|value| !is_empty(value))) {
            return None;
        }
        let namespace = match object.kind == "AdmissionPolicy" {
            true => self.symbols.intern(&object.namespace()),
            false => Symbol::EMPTY,
        };
        Some(self.enforcement(Demand::Part(*part), namespace, Box::default()))
    }
}

impl EnforcedLevel {
    /// The level of that name.
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "privileged" => Self::Privileged,
            "baseline" => Self::Baseline,
            "restricted" => Self::Restricted,
            _ => return None,
        })
    }
}

/// What the policies of each engine are called that stand for parts of the level `baseline`.
const PARTS_OF_KYVERNO: &[(&str, BaselinePart)] = &[
    ("disallow-privileged-containers", BaselinePart::Privileged),
    ("disallow-host-namespaces", BaselinePart::HostNamespaces),
    ("disallow-host-path", BaselinePart::HostPath),
    ("disallow-host-ports", BaselinePart::HostPorts),
    ("disallow-capabilities", BaselinePart::Capabilities),
];

const PARTS_OF_GATEKEEPER: &[(&str, BaselinePart)] = &[
    ("K8sPSPPrivilegedContainer", BaselinePart::Privileged),
    ("K8sPSPHostNamespace", BaselinePart::HostNamespaces),
    ("K8sPSPHostFilesystem", BaselinePart::HostPath),
    ("K8sPSPVolumeTypes", BaselinePart::HostPath),
    ("K8sPSPHostNetworkingPorts", BaselinePart::HostPorts),
    ("K8sPSPCapabilities", BaselinePart::Capabilities),
];

const PARTS_OF_KUBEWARDEN: &[(&str, BaselinePart)] = &[
    ("pod-privileged", BaselinePart::Privileged),
    ("host-namespaces-psp", BaselinePart::HostNamespaces),
    ("hostpaths-psp", BaselinePart::HostPath),
    ("host-ports-psp", BaselinePart::HostPorts),
    ("capabilities-psp", BaselinePart::Capabilities),
];

fn part(name: &str, parts: &[(&str, BaselinePart)]) -> Option<BaselinePart> {
    parts.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}

/// The filters of `match` or `exclude` of Kyverno, in the older form and the newer one.
fn filters(block: Value<'_>) -> Vec<Value<'_>> {
    let listed: Vec<_> = ["any", "all"].iter().filter_map(|key| block.get(key)).flat_map(Value::items).collect();
    if listed.is_empty() && block.get("resources").is_some() { vec![block] } else { listed }
}

fn matches_every_pod(rule: Value<'_>) -> bool {
    let Some(block) = rule.get("match") else { return false };
    filters(block).iter().any(|filter| {
        let Some(resources) = filter.get("resources").filter(|_| filter.entries().count() == 1) else { return false };
        let mut kinds = resources.get("kinds").into_iter().flat_map(Value::items);
        kinds.any(|kind| matches!(&*kind.text(), "Pod" | "*/Pod" | "v1/Pod" | "*"))
            && resources.entries().all(|(key, _)| matches!(&*key.text(), "kinds" | "operations"))
    })
}

/// Whether a webhook that gives no answer lets the object through. The older version has that as its default.
fn fails_open(object: &Object<'_>, webhook: Value<'_>) -> bool {
    match webhook.get("failurePolicy") {
        Some(policy) => policy.text() == "Ignore",
        None => object.api_version.ends_with("/v1beta1"),
    }
}

/// Whether nothing is demanded: `{}`, or lists and mappings of nothing.
fn is_empty(value: Value<'_>) -> bool {
    value.entries().all(|(_, child)| is_empty_leaf(child)) && value.items().next().is_none()
}

fn is_empty_leaf(value: Value<'_>) -> bool {
    value.is_null() || (!value.is_scalar() && value.entries().next().is_none() && value.items().next().is_none())
}
