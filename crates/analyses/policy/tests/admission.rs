//! What policies decide, by the API server's rules.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

use policy::admission::{Answer, Binding, Policies, Policy, Request, Resource, Resources, Subject, Tree, User};

fn tree(text: &str) -> Tree {
    Tree::of(yaml::parse_document(text).unwrap().root())
}

fn resources() -> Resources {
    let resource = |group: &str, kind: &str, plural: &str, is_namespaced| Resource {
        group: group.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        is_namespaced,
    };
    let all = vec![
        resource("", "Pod", "pods", true),
        resource("", "Namespace", "namespaces", false),
        resource("", "ConfigMap", "configmaps", true),
        resource("", "Service", "services", true),
        resource("apps", "Deployment", "deployments", true),
        resource("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
        resource("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
    ];
    Resources { all }
}

/// A policy named `p` for everything, with this specification besides.
fn policy(spec: &str) -> String {
    let rules = "{resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]}";
    let rules =
        if spec.contains("matchConstraints") { String::new() } else { format!("  matchConstraints: {rules}\n") };
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n{rules}{spec}"
    )
}

const BINDING: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]}
";

const POD: &str =
    "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: ns}, spec: {containers: [{name: a, image: i}]}}";

struct Setting<'a> {
    policy: String,
    binding: &'a str,
    parameters: &'a [&'a str],
    namespace: Option<&'a str>,
    user: Option<&'a str>,
}

impl Setting<'_> {
    fn of(spec: &str) -> Setting<'static> {
        Setting { policy: policy(spec), binding: BINDING, parameters: &[], namespace: None, user: None }
    }

    fn says(&self, object: &str) -> Vec<String> {
        let policy = Policy::of(&tree(&self.policy)).unwrap();
        assert!(policy.mistakes.is_empty(), "{:?}", policy.mistakes);
        let parameters = self.parameters.iter().map(|text| {
            let tree = tree(text);
            (tree.text_at(&["metadata", "namespace"]).to_owned(), tree)
        });
        let policies = Policies {
            policies: vec![policy],
            bindings: vec![Binding::of(&tree(self.binding)).unwrap()],
            parameters: parameters.collect(),
            resources: resources(),
        };
        let user = self.user.map(|name| User { name: name.to_owned(), groups: Vec::new() });
        let object = tree(object);
        let request = Request::create(&object, &policies.resources, "default", user);
        let namespace = self.namespace.map(tree);
        let decided = policies.decide(&Subject::new(&object, request), namespace.as_ref());
        let text = |answer: &Answer| match answer {
            Answer::Refused(message) => message.clone(),
            Answer::Unknown(on) => format!("unknown: {on}"),
        };
        decided.decisions.iter().map(|decision| text(&decision.answer)).collect()
    }
}

fn says(spec: &str, object: &str) -> Vec<String> {
    Setting::of(spec).says(object)
}

#[test]
fn a_refusal_has_the_message_or_the_expression() {
    assert_eq!(says("  validations: [{expression: 'true'}]", POD), [""; 0]);
    assert_eq!(says("  validations: [{expression: ' false '}]", POD), ["failed expression: false"]);
    assert_eq!(says("  validations: [{expression: 'false', message: ' no '}]", POD), ["no"]);
    let with = |expression: &str| {
        says(&format!("  validations: [{{expression: 'false', message: m, messageExpression: \"{expression}\"}}]"), POD)
    };
    assert_eq!(with("'name ' + object.metadata.name"), ["name x"]);
    assert_eq!(with("'  '"), ["m"], "an empty one falls back");
    assert_eq!(with("'a' + '\\\\n' + 'b'"), ["m"], "one of several lines falls back");
    assert_eq!(with("string(object.nothing)"), ["m"], "an error falls back");
}

#[test]
fn all_validations_are_told_and_errors_refuse_unless_they_are_ignored() {
    let spec = "  validations: [{expression: 'false', message: a}, {expression: object.nothing == 1}, {expression: 'false', message: c}]";
    let error = "expression 'object.nothing == 1' resulted in error: no such key: nothing";
    assert_eq!(says(spec, POD), ["a", error, "c"]);
    assert_eq!(says(&format!("  failurePolicy: Ignore\n{spec}"), POD), ["a", "c"]);
}

#[test]
fn a_condition_that_does_not_hold_wins_over_errors() {
    let validations = "  validations: [{expression: 'false', message: m}]\n";
    let with = |conditions: &str| says(&format!("{validations}  matchConditions: {conditions}"), POD);
    assert_eq!(with("[{name: a, expression: 'true'}]"), ["m"]);
    assert_eq!(with("[{name: a, expression: object.nothing == 1}, {name: b, expression: 'false'}]"), [""; 0]);
    let error = "expression 'object.nothing == 1' resulted in error: no such key: nothing";
    assert_eq!(with("[{name: a, expression: object.nothing == 1}, {name: b, expression: 'true'}]"), [error]);
    let ignored = format!(
        "  failurePolicy: Ignore\n{validations}  matchConditions: [{{name: a, expression: object.nothing == 1}}]"
    );
    assert_eq!(says(&ignored, POD), [""; 0]);
}

#[test]
fn variables_are_lazy_and_keep_their_errors() {
    let spec = |expression: &str| {
        format!(
            "  variables: [{{name: bad, expression: object.nothing}}, {{name: two, expression: '2'}}]\n  validations: [{{expression: \"{expression}\"}}]"
        )
    };
    assert_eq!(says(&spec("variables.two == 2"), POD), [""; 0]);
    let error = "expression 'variables.bad == 1' resulted in error: composited variable \"bad\" fails to evaluate: no such key: nothing";
    assert_eq!(says(&spec("variables.bad == 1"), POD), [error]);
    assert_eq!(says(&spec("variables.two == 2 || variables.bad == 1"), POD), [""; 0]);
}

#[test]
fn what_is_not_known_is_not_decided() {
    let admin = "  validations: [{expression: request.userInfo.username == 'admin', message: m}]";
    assert_eq!(says(admin, POD), ["unknown: who makes the request"]);
    assert_eq!(Setting { user: Some("admin"), ..Setting::of(admin) }.says(POD), [""; 0]);
    assert_eq!(Setting { user: Some("jane"), ..Setting::of(admin) }.says(POD), ["m"]);
    let team = "  validations: [{expression: \"namespaceObject.metadata.labels['team'] == 'a'\", message: m}]";
    assert_eq!(says(team, POD), ["unknown: the Namespace `ns`, which is not in the input"]);
    let known = "{apiVersion: v1, kind: Namespace, metadata: {name: ns, labels: {team: b}}}";
    assert_eq!(Setting { namespace: Some(known), ..Setting::of(team) }.says(POD), ["m"]);
    let own = "  validations: [{expression: namespaceObject.metadata.name == 'm', message: m}]";
    assert_eq!(says(own, POD), ["m"], "the name is known");
    let other = "  validations: [{expression: request.userInfo.username == 'admin' || has(object.spec)}]";
    assert_eq!(says(other, POD), [""; 0], "what is true anyway is known");
}

#[test]
fn rules_are_for_resources_scopes_names_and_versions() {
    let with = |rule: &str, object: &str| {
        let spec = format!("  validations: [{{expression: 'false', message: m}}]\n  matchConstraints: {rule}");
        !says(&spec, object).is_empty()
    };
    let rule = |groups: &str, resources: &str, more: &str| {
        format!(
            "{{resourceRules: [{{apiGroups: [{groups}], apiVersions: [v1], operations: [CREATE], resources: [{resources}]{more}}}]}}"
        )
    };
    assert!(with(&rule("''", "pods", ""), POD));
    assert!(with(&rule("''", "'*/*'", ""), POD));
    assert!(!with(&rule("''", "pods/status", ""), POD));
    assert!(!with(&rule("apps", "pods", ""), POD));
    assert!(!with(&rule("''", "services", ""), POD));
    assert!(with(&rule("''", "pods", ", resourceNames: [x]"), POD));
    assert!(!with(&rule("''", "pods", ", resourceNames: [yy]"), POD));
    assert!(with(&rule("''", "pods", ", scope: Namespaced"), POD));
    assert!(!with(&rule("''", "pods", ", scope: Cluster"), POD));
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: x}}";
    assert!(with(&rule("''", "namespaces", ", scope: Cluster"), namespace));
    assert!(!with(&rule("''", "namespaces", ", scope: Namespaced"), namespace));
    let excluded = "{resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}], excludeResourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods]}]}";
    assert!(!with(excluded, POD));
    assert!(!with(
        "{resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [UPDATE], resources: ['*']}]}",
        POD
    ));
    // Another version of the same resource is the same resource, unless it is to be exact.
    let scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: x, namespace: ns}}";
    assert!(with(&rule("autoscaling", "horizontalpodautoscalers", ""), scaler));
    let exact = rule("autoscaling", "horizontalpodautoscalers", "").replacen('{', "{matchPolicy: Exact, ", 1);
    assert!(!with(&exact, scaler));
    let itself = policy("  validations: [{expression: 'true'}]");
    assert_eq!(says("  validations: [{expression: 'false'}]", &itself), [""; 0], "policies do not judge policies");
}

#[test]
fn selectors_look_at_labels_of_objects_and_namespaces() {
    let with = |selector: &str, object: &str| {
        let rules = "resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]";
        says(
            &format!(
                "  validations: [{{expression: 'false', message: m}}]\n  matchConstraints: {{{rules}, {selector}}}"
            ),
            object,
        )
    };
    let labelled = POD.replace("name: x,", "name: x, labels: {a: b},");
    assert_eq!(with("objectSelector: {matchLabels: {a: b}}", &labelled), ["m"]);
    assert_eq!(with("objectSelector: {matchLabels: {a: b}}", POD), [""; 0]);
    let absent = "objectSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}";
    assert_eq!((with(absent, POD), with(absent, &labelled)), (vec!["m".to_owned()], vec![]));
    let named =
        "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [ns]}]}";
    assert_eq!(with(named, POD), [""; 0]);
    assert_eq!(with(named, &POD.replace("namespace: ns", "namespace: o")), ["m"]);
    let other = with("namespaceSelector: {matchLabels: {team: a}}", POD);
    assert_eq!(other, ["unknown: the Namespace `ns`, which is not in the input"]);
}

#[test]
fn parameters_come_from_the_binding() {
    let spec = "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations: [{expression: object.metadata.name == params.data.name, messageExpression: \"'not ' + params.data.name\"}]";
    let bound = |reference: &str| {
        BINDING.replace("validationActions: [Deny]", &format!("validationActions: [Deny], paramRef: {reference}"))
    };
    let map = |name: &str, value: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: ns, labels: {{of: p}}}}, data: {{name: {value}}}}}"
        )
    };
    let (good, bad, other) = (map("good", "x"), map("bad", "w"), map("other", "z"));
    let parameters = [good.as_str(), bad.as_str(), other.as_str()];
    let ask = |reference: &str| {
        let binding = bound(reference);
        Setting { binding: &binding, parameters: &parameters, ..Setting::of(spec) }.says(POD)
    };
    assert_eq!(ask("{name: good, parameterNotFoundAction: Deny}"), [""; 0], "in the namespace of the object");
    assert_eq!(ask("{name: bad, namespace: ns, parameterNotFoundAction: Deny}"), ["not w"]);
    let several = ask("{selector: {matchLabels: {of: p}}, parameterNotFoundAction: Allow}");
    assert_eq!(several, ["not w", "not z"], "each of several is asked");
    assert_eq!(ask("{name: bad, namespace: ns}"), [""; 0], "the API server does not take it without an action");
    let absent = ask("{name: absent, namespace: ns, parameterNotFoundAction: Deny}");
    assert_eq!(absent, ["unknown: the ConfigMap `absent` in namespace `ns`, which is not in the input"]);
    let without = Setting::of(spec).says(POD);
    assert_eq!(without, ["expression 'object.metadata.name == params.data.name' resulted in error: no such key: data"]);
}

#[test]
fn objects_are_as_the_server_sees_them() {
    let holds = |object: &str, expression: &str| {
        let said = says(&format!("  validations: [{{expression: \"{expression}\"}}]"), object);
        assert_eq!(said, [""; 0], "{expression}");
    };
    holds(POD, "object.spec.containers[0].imagePullPolicy == 'Always'");
    holds(POD, "object.spec.serviceAccountName == 'default' && object.spec.restartPolicy == 'Always'");
    holds(POD, "object.spec.tolerations.size() == 2 && object.spec.priority == 0");
    holds(POD, "object.spec.volumes.size() == 1 && has(object.spec.volumes[0].projected)");
    holds(POD, "object.status.phase == 'Pending' && object.status.qosClass == 'BestEffort'");
    let limits = POD.replace("image: i", "image: 'i:1', resources: {limits: {memory: 1024Mi, cpu: 1000m}}");
    holds(&limits, "object.spec.containers[0].resources.requests.memory == '1Gi'");
    holds(&limits, "object.spec.containers[0].resources.limits.cpu == '1'");
    holds(
        &limits,
        "object.spec.containers[0].imagePullPolicy == 'IfNotPresent' && object.status.qosClass == 'Guaranteed'",
    );
    let host = POD.replace("spec: {", "spec: {hostNetwork: false, ");
    holds(&host, "!has(object.spec.hostNetwork)");
    let deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: i}]}}}}";
    holds(deployment, "object.spec.replicas == 1 && object.spec.strategy.rollingUpdate.maxSurge == '25%'");
    holds(deployment, "object.metadata.namespace == 'default' && !has(object.metadata.labels)");
    holds(deployment, "!has(object.spec.template.spec.serviceAccountName)");
    let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}";
    holds(
        service,
        "object.spec.type == 'ClusterIP' && object.spec.ports[0].targetPort == 80 && object.spec.ports[0].protocol == 'TCP'",
    );
}

#[test]
fn what_the_server_would_not_take_is_told_where_it_stands() {
    let mistakes = |spec: &str| {
        let policy = Policy::of(&tree(&policy(spec))).unwrap();
        policy.mistakes.iter().map(|one| (one.error.column, one.error.message.clone())).collect::<Vec<_>>()
    };
    let said = mistakes("  validations: [{expression: 'true && nothing'}]");
    assert_eq!(said.len(), 1);
    assert!(said[0].0 == 9 && said[0].1.contains("undeclared reference to 'nothing'"), "{said:?}");
    assert!(mistakes("  validations: [{expression: '1'}]")[0].1.contains("must evaluate to bool"));
    assert!(mistakes("  validations: [{expression: params.a == 1}]")[0].1.contains("undeclared reference to 'params'"));
    assert!(mistakes("  failurePolicy: Fail")[0].1.contains("validations"));
}

#[test]
fn an_expression_that_costs_too_much_ends() {
    let list = format!("[{}]", vec!["1"; 100].join(","));
    let spec = format!(
        "  variables: [{{name: l, expression: '{list}'}}]\n  validations: [{{expression: 'variables.l.all(a, variables.l.all(b, variables.l.all(c, variables.l.all(d, a + b + c + d == 4))))'}}]"
    );
    let said = says(&spec, POD);
    assert!(said.len() == 1 && said[0].contains("cost"), "{said:?}");
}
