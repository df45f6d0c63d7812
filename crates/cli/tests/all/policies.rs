//! `plimsoll policy test` as its users see it.

use serde_json::Value;

use crate::program::Folder;

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations:
    - expression: object.spec.replicas <= 3
      message: three are enough
";

const BINDING: &str = "---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: replicas, validationActions: [Deny]}
";

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: 'api:1'}]}
";

const SCREEN: &str = "\
✗ Deployment.apps/shop/api  app.yaml:1
    ValidatingAdmissionPolicy 'replicas' with binding 'everywhere' denied request: three are enough
      `spec.replicas` at app.yaml:5, policy at policy.yaml:8

⦵ 1 policy, 3 objects: 1 refused
  exit 1: some objects or their pods would be refused
";

fn ask(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> = ["policy", "test", "--output", "json"].iter().chain(arguments).copied().collect();
    let said = folder.run(&arguments);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err)))
}

#[test]
fn what_is_refused_is_shown_with_both_places() {
    let folder = Folder::new(&[("policy.yaml", &format!("{POLICY}{BINDING}")), ("app.yaml", DEPLOYMENT)]);
    let said = folder.run(&["policy", "test", "."]);
    assert_eq!((said.out.as_str(), said.code), (SCREEN, 1), "{}", said.err);
}

#[test]
fn a_policy_that_nothing_binds_decides_nothing_unless_it_is_given() {
    let folder = Folder::new(&[("given/policy.yaml", POLICY), ("app.yaml", DEPLOYMENT)]);
    let (code, json) = ask(&folder, &["."]);
    assert_eq!((code, &json["policies"][0]["boundEverywhere"]), (0, &Value::from(false)));
    let text = folder.run(&["policy", "test", "."]).out;
    assert!(text.contains("policy replicas has no binding: it decides nothing"), "{text}");
    let (code, json) = ask(&folder, &["--policy", "given", "app.yaml"]);
    assert_eq!((code, &json["objects"][0]["outcome"]), (1, &Value::from("refused")));
    assert_eq!(json["objects"][0]["decisions"][0]["message"], "three are enough");
}

#[test]
fn warnings_do_not_fail_and_pods_are_told_of_their_workload() {
    let warns = format!("{POLICY}{}", BINDING.replace("[Deny]", "[Warn]"));
    let folder = Folder::new(&[("policy.yaml", &warns), ("app.yaml", DEPLOYMENT)]);
    assert_eq!(ask(&folder, &["."]).0, 0);
    let pods = POLICY.replace("[apps]", "['']").replace("deployments", "pods").replace(
        "object.spec.replicas <= 3",
        "request.userInfo.username != 'system:serviceaccount:kube-system:replicaset-controller'",
    );
    let folder = Folder::new(&[("policy.yaml", &format!("{pods}{BINDING}")), ("app.yaml", DEPLOYMENT)]);
    let (code, json) = ask(&folder, &["app.yaml", "policy.yaml"]);
    let deployment = &json["objects"][0];
    assert_eq!((code, &deployment["outcome"], &deployment["pods"]), (1, &"admitted".into(), &"refused".into()));
    assert_eq!(ask(&folder, &["--no-pods", "."]).0, 0);
}

#[test]
fn a_wrong_policy_is_told_where_it_is_wrong() {
    let wrong = POLICY.replace("object.spec.replicas <= 3", "object.spec.replicas <= most");
    let folder = Folder::new(&[("policy.yaml", &wrong)]);
    let (code, json) = ask(&folder, &["."]);
    let mistake = &json["policies"][0]["mistakes"][0];
    assert_eq!((code, &mistake["line"], &mistake["column"]), (2, &8.into(), &43.into()), "{mistake}");
    assert!(mistake["message"].as_str().unwrap().contains("undeclared reference to 'most'"), "{mistake}");
}

#[test]
fn who_asks_decides_only_where_it_is_said() {
    let users = POLICY.replace("object.spec.replicas <= 3", "request.userInfo.username == 'jane'");
    let folder = Folder::new(&[("policy.yaml", &format!("{users}{BINDING}")), ("app.yaml", DEPLOYMENT)]);
    let (code, json) = ask(&folder, &["app.yaml", "policy.yaml"]);
    assert_eq!((code, &json["objects"][0]["decisions"][0]["message"]), (2, &"who makes the request".into()));
    assert_eq!(ask(&folder, &["--as", "jane", "."]).0, 0);
    assert_eq!(ask(&folder, &["--as", "john", "."]).0, 1);
}

#[test]
fn what_the_server_would_not_take_binds_nothing_and_is_said() {
    let wrong = BINDING.replace("[Deny]", "[Deny, Warn]");
    let folder = Folder::new(&[("policy.yaml", &format!("{POLICY}{wrong}")), ("app.yaml", DEPLOYMENT)]);
    let (code, report) = ask(&folder, &["."]);
    assert_eq!(code, 2);
    let reason = report["coverage"]["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("`everywhere`, which binds nothing: Deny and Warn exclude each other"), "{reason}");
    assert_eq!(report["coverage"]["skipped"][0]["line"], 14);
    let wrong = POLICY.replace("message: three are enough", "message: three\n      reason: Unauthorized");
    let folder = Folder::new(&[("policy.yaml", &format!("{wrong}{BINDING}")), ("app.yaml", DEPLOYMENT)]);
    let (code, report) = ask(&folder, &["."]);
    assert_eq!(code, 2);
    assert_eq!(
        report["policies"][0]["mistakes"][0]["message"],
        "supported values: Forbidden, Invalid, RequestEntityTooLarge"
    );
}

#[test]
fn parameters_that_are_not_in_the_input_are_unknown_unless_their_absence_is_allowed() {
    let policy = POLICY.replace("spec:\n", "spec:\n  paramKind: {apiVersion: v1, kind: ConfigMap}\n");
    let bound = |action: &str| {
        let reference = format!("paramRef: {{name: none, parameterNotFoundAction: {action}}}, validationActions");
        BINDING.replace("validationActions", &reference)
    };
    let asks = |action: &str, replicas: &str| {
        let deployment = DEPLOYMENT.replace("replicas: 4", replicas);
        let folder = Folder::new(&[("policy.yaml", &format!("{policy}{}", bound(action))), ("app.yaml", &deployment)]);
        ask(&folder, &["--no-pods", "."]).0
    };
    // Whatever is in it, three are allowed; that it is not there refuses all.
    assert_eq!(asks("Allow", "replicas: 3"), 0);
    assert_eq!(asks("Deny", "replicas: 3"), 2);
    assert_eq!(asks("Allow", "replicas: 4"), 2);
}

/// A policy of everything of a kind, which refuses it unless the expression holds.
fn policy_for(group: &str, resource: &str, expression: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: ['{group}'], apiVersions: [v1], operations: [CREATE], resources: [{resource}]}}]
  validations: [{{expression: '{expression}', message: told}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: b}}
spec: {{policyName: p, validationActions: [Deny]}}
"
    )
}

const CRON_JOB: &str = "apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: '0 0 * * *'
  jobTemplate:
    metadata: {labels: {app: nightly}}
    spec:
      backoffLimit: 2
      template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a:1'}]}}
";

#[test]
fn what_stands_between_a_workload_and_its_pods_is_asked_about() {
    let code = |policy: &str, object: &str| {
        let folder = Folder::new(&[("a.yaml", policy), ("c.yaml", object)]);
        let (code, json) = ask(&folder, &["."]);
        (code, json["objects"].as_array().unwrap().last().unwrap()["pods"].clone())
    };
    let jobs = |expression: &str| code(&policy_for("batch", "jobs", expression), CRON_JOB);
    assert_eq!(jobs("false"), (1, Value::from("refused")));
    let known = "object.spec.backoffLimit == 2 && object.metadata.labels.app == \"nightly\" && \
                 object.metadata.ownerReferences[0].name == \"nightly\" && request.namespace == \"shop\"";
    assert_eq!(jobs(known), (0, Value::from("admitted")));
    assert_eq!(jobs("request.name == \"nightly\""), (2, Value::from("unknown")));
    let sets = |expression: &str| code(&policy_for("apps", "replicasets", expression), DEPLOYMENT);
    assert_eq!(sets("object.spec.replicas <= 3"), (1, Value::from("refused")));
    assert_eq!(
        sets("object.spec.replicas == 4 && object.spec.selector.matchLabels.app == \"api\""),
        (0, Value::from("admitted"))
    );
}

#[test]
fn a_name_that_is_generated_is_there_and_not_known() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-, namespace: shop}\n\
               spec: {containers: [{name: a, image: 'a:1'}]}\n";
    let code = |expression: &str| {
        let policy = policy_for("", "pods", expression);
        ask(&Folder::new(&[("policy.yaml", &policy), ("app.yaml", pod)]), &["."]).0
    };
    assert_eq!(code("request.name.startsWith(\"x-\")"), 2);
    assert_eq!(code("request.name == \"a\" || true"), 0);
    // It is there, so that this is true; of what is not known it is not told from what may be absent.
    assert_eq!(code("has(request.name)"), 2);
}

#[test]
fn policies_and_bindings_of_one_name_are_each_asked_and_told() {
    let (yes, no) = (policy_for("apps", "deployments", "true"), policy_for("apps", "deployments", "false"));
    for (first, last) in [(&yes, &no), (&no, &yes)] {
        let folder = Folder::new(&[("a.yaml", first), ("b.yaml", last), ("c.yaml", DEPLOYMENT)]);
        let (code, json) = ask(&folder, &["."]);
        assert_eq!((code, json["coverage"]["skipped"].as_array().unwrap().len()), (2, 1));
        assert_eq!(json["objects"].as_array().unwrap().last().unwrap()["outcome"], "refused");
    }
    // What is there twice and the same is one.
    let folder = Folder::new(&[("a.yaml", &yes), ("b.yaml", &yes), ("c.yaml", DEPLOYMENT)]);
    let (code, json) = ask(&folder, &["."]);
    assert_eq!((code, json["policies"].as_array().unwrap().len()), (0, 1));
}

#[test]
fn policies_that_are_not_evaluated_are_told() {
    let yes = policy_for("apps", "deployments", "true");
    let reason = |policy: &str| {
        let folder = Folder::new(&[("a.yaml", policy), ("c.yaml", DEPLOYMENT)]);
        let (code, json) = ask(&folder, &["."]);
        (code, json["coverage"]["skipped"][0]["reason"].as_str().unwrap_or_default().to_owned())
    };
    let (code, said) = reason(&yes.replace("policyName: p", "policyName: other"));
    assert!(code == 2 && said.contains("binds the policy `other`, which is not in the input"), "{code} {said}");
    let (code, said) = reason(&yes.replace(".io/v1", ".io/v1alpha1"));
    assert!(code == 2 && said.contains("of a version that is not evaluated"), "{code} {said}");
    let (code, said) = reason(&yes.replace("kind: Validating", "kind: Mutating"));
    assert!(code == 2 && said.contains("changes objects before other policies see them"), "{code} {said}");
    assert_eq!(reason(&yes).0, 0);
}

#[test]
fn an_account_that_asks_is_in_its_groups() {
    let policy = policy_for("apps", "deployments", "\"system:serviceaccounts:ci\" in request.userInfo.groups");
    let folder = Folder::new(&[("a.yaml", &policy), ("c.yaml", DEPLOYMENT)]);
    assert_eq!(ask(&folder, &["--as", "system:serviceaccount:ci:deploy", "."]).0, 0);
    assert_eq!(ask(&folder, &["--as", "system:serviceaccount:cd:deploy", "."]).0, 1);
}

#[test]
fn a_condition_that_does_not_hold_decides_whatever_the_namespace_is() {
    let condition = "  matchConditions: [{name: c, expression: '!object.metadata.namespace.startsWith(\"shop\")'}]\n";
    let policy =
        policy_for("apps", "deployments", "false").replacen("  validations:", &format!("{condition}  validations:"), 1);
    let selecting =
        policy.replacen("    resourceRules:", "    namespaceSelector: {matchLabels: {a: b}}\n    resourceRules:", 1);
    for policy in [policy, selecting] {
        let folder = Folder::new(&[("a.yaml", &policy), ("c.yaml", DEPLOYMENT)]);
        assert_eq!(ask(&folder, &["."]).0, 0, "{policy}");
    }
}
