//! Admission policies that choose their objects, parameters and words at random, and those of `examples/`: what the API
//! server answers, and what the program says.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::policies::{self, BINDINGS, Dice, PATH, test, text_of};
use crate::server::{Server, until};

/// What one answer of the server and one entry of the report come to.
struct Verdict {
    refused: bool,
    /// The words of refusals; the server gives the first it comes to.
    refusals: Vec<String>,
    reasons: Vec<String>,
    warnings: Vec<String>,
    unknown: bool,
}

fn of_server(answer: &Value) -> Verdict {
    let refused = answer["status"].as_u64().unwrap() >= 300;
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    let mut warnings: Vec<String> = warnings
        .map(|one| text_of(one.as_str().unwrap()))
        .filter(|text| text.starts_with("Validation failed"))
        .collect();
    warnings.sort();
    let of = |name: &str| vec![answer["body"][name].as_str().unwrap_or_default().to_owned()];
    Verdict { refused, refusals: of("message"), reasons: of("reason"), warnings, unknown: false }
}

fn of_report(entry: &Value) -> Verdict {
    let text = |decision: &Value, name: &str| decision[name].as_str().unwrap().to_owned();
    let (mut refusals, mut reasons, mut warnings, mut unknown) = (Vec::new(), Vec::new(), Vec::new(), false);
    for decision in entry["decisions"].as_array().unwrap() {
        let (policy, binding, message) =
            (text(decision, "policy"), text(decision, "binding"), text(decision, "message"));
        let has = |action: &str| decision["actions"].as_array().unwrap().iter().any(|own| own == action);
        match &*text(decision, "outcome") {
            "unknown" => unknown = true,
            "refused" => {
                refusals.push(format!(
                    "ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {message}"
                ));
                reasons.push(text(decision, "reason"));
            }
            _ if has("Warn") => {
                let warning = format!(
                    "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': {message}"
                );
                // The server cannot send one of several lines, and sends none.
                if !warnings.contains(&warning) && !warning.contains('\n') {
                    warnings.push(warning);
                }
            }
            _ => {}
        }
    }
    warnings.sort();
    Verdict { refused: !refusals.is_empty(), refusals, reasons, warnings, unknown }
}

/// How the two differ, if they do.
fn difference(server: &Verdict, own: &Verdict) -> Option<String> {
    let told = |verdict: &Verdict| format!("{:?} {:?} {:?}", verdict.refusals, verdict.reasons, verdict.warnings);
    let is_same = match server.refused {
        true => {
            let at = own.refusals.iter().position(|refusal| server.refusals[0].ends_with(refusal.as_str()));
            at.is_some_and(|at| own.reasons[at] == server.reasons[0])
        }
        false => !own.refused,
    };
    (!is_same || server.warnings != own.warnings)
        .then(|| format!("server: {} {}\n  own: {} {}", server.refused, told(server), own.refused, told(own)))
}

fn path_of(object: &Value) -> String {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let place = match object["kind"].as_str().unwrap() {
        "Namespace" => "/api/v1/namespaces".to_owned(),
        "Pod" => format!("/api/v1/namespaces/{namespace}/pods"),
        "Service" => format!("/api/v1/namespaces/{namespace}/services"),
        "ConfigMap" => format!("/api/v1/namespaces/{namespace}/configmaps"),
        "Deployment" => format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        other => panic!("{other}"),
    };
    format!("{place}?dryRun=All")
}

/// Compares what is said of objects, and gives how many were compared, how many are not known, and which
/// differ.
fn compare(server: &Server, documents: &str, objects: &[Value]) -> (usize, usize, Vec<String>) {
    let requests: Vec<Value> =
        objects.iter().map(|object| json!({"method": "POST", "path": path_of(object), "body": object})).collect();
    let answers = server.requests(&requests);
    let mut all = documents.to_owned();
    objects.iter().for_each(|object| writeln!(all, "---\n{object}").unwrap());
    let report = test(&all);
    let entries = report["objects"].as_array().unwrap();
    let (mut unknown, mut differences) = (0, Vec::new());
    for (object, answer) in objects.iter().zip(&answers) {
        let is_it = |entry: &&Value| {
            entry["kind"] == object["kind"]
                && entry["name"] == object["metadata"]["name"]
                && entry["namespace"].as_str().unwrap_or_default()
                    == object["metadata"]["namespace"].as_str().unwrap_or_default()
        };
        let entry = entries.iter().find(is_it).unwrap_or_else(|| panic!("{object} is not in the report"));
        let own = of_report(entry);
        if own.unknown {
            unknown += 1;
            continue;
        }
        differences.extend(difference(&of_server(answer), &own).map(|told| format!("{object}\n  {told}")));
    }
    (objects.len() - unknown, unknown, differences)
}

/// Installs policies and bindings, and waits until the server has heard of them.
fn install(server: &Server, policies: &[Value], bindings: &[Value]) {
    policies.iter().for_each(|policy| drop(server.send("POST", PATH, policy)));
    bindings.iter().for_each(|binding| drop(server.send("POST", BINDINGS, binding)));
    let rules =
        json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}]);
    let constraints = json!({"resourceRules": rules, "objectSelector": {"matchLabels": {"sentinel": "yes"}}});
    let last = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "sentinel"},
        "spec": {"matchConstraints": constraints, "validations": [{"expression": "false", "message": "heard"}]}});
    let bound = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "sentinel"}, "spec": {"policyName": "sentinel", "validationActions": ["Warn"]}});
    server.send("POST", PATH, &last);
    server.send("POST", BINDINGS, &bound);
    let service = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "s", "namespace": "default", "labels": {"sentinel": "yes"}}, "spec": {"ports": [{"port": 1}]}});
    let ask = json!({"method": "POST", "path": path_of(&service), "body": service});
    until("policies are heard of", || {
        let answer = server.requests(std::slice::from_ref(&ask)).remove(0);
        let is_heard = of_server(&answer).warnings.iter().any(|warning| warning.contains("heard"));
        if is_heard { Ok(()) } else { Err(answer.to_string()) }
    });
}

/// Waits until pods may be made in these namespaces.
fn await_accounts(server: &Server, namespaces: &[String]) {
    until("namespaces have their account", || {
        let of = |namespace: &String| json!({"method": "GET", "path": format!("/api/v1/namespaces/{namespace}/serviceaccounts/default")});
        let answers = server.requests(&namespaces.iter().map(of).collect::<Vec<_>>());
        let is_there = |answer: &Value| answer["status"] == 200;
        if answers.iter().all(is_there) { Ok(()) } else { Err(format!("{answers:?}")) }
    });
}

impl Dice {
    fn words(&mut self, of: &[&[&str]]) -> Value {
        json!(of[self.below(of.len())])
    }

    fn selector(&mut self) -> Value {
        match self.below(5) {
            0 => json!({"matchLabels": {"tier": self.one(&["a", "b"])}}),
            1 => {
                json!({"matchExpressions": [{"key": "tier", "operator": self.one(&["In", "NotIn"]), "values": ["a", "c"]}]})
            }
            2 => {
                json!({"matchExpressions": [{"key": self.one(&["tier", "team"]), "operator": self.one(&["Exists", "DoesNotExist"])}]})
            }
            3 if self.chance(20) => self.odd_selector(),
            3 => json!({"matchLabels": {"team": "x"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}),
            _ => {
                json!({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["n1"]}]})
            }
        }
    }

    fn odd_selector(&mut self) -> Value {
        match self.below(6) {
            0 => json!({"matchLabels": {"a b": "x"}}),
            1 => json!({"matchLabels": {"tier": "-x"}}),
            2 => json!({"matchExpressions": [{"key": "tier", "operator": "In"}]}),
            3 => json!({"matchExpressions": [{"key": "tier", "operator": "Exists", "values": ["a"]}]}),
            4 => json!({"matchExpressions": [{"key": "tier", "operator": "Like", "values": ["a"]}]}),
            _ => json!({"matchExpressions": [{"key": "Example.com/a", "operator": "Exists"}]}),
        }
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({
            "apiGroups": self.words(&[&["apps"], &[""], &["", "apps"], &["*"], &["batch"]]),
            "apiVersions": self.words(&[&["v1"], &["v1"], &["v1", "*"], &["*"], &["v1beta1"], &["v1", "v2"]]),
            "operations": self.words(&[&["CREATE"], &["*"], &["CREATE", "UPDATE"], &["UPDATE"], &["CREATE", "DELETE"]]),
            "resources": self.words(&[
                &["pods"], &["deployments"], &["pods", "deployments", "services"], &["*"], &["*/*"], &["pods/*"],
                &["configmaps", "namespaces"], &["deployments/scale", "services"], &["*/status"], &["*", "pods"],
                &["*", "pods/status"], &["pods/*", "pods/status"], &["pods/status", "pods/*"], &["*/*", "pods"], &["*/status", "pods/status"],
            ]),
        });
        if self.chance(40) {
            rule["scope"] = json!(self.one(&["*", "Namespaced", "Cluster"]));
        }
        if self.chance(15) {
            rule["resourceNames"] = self.words(&[&["o1", "o2", "o3"], &["none"]]);
        }
        rule
    }

    fn resources(&mut self, needs_rules: bool) -> Value {
        let mut matching = json!({});
        if needs_rules || self.chance(25) {
            let count = 1 + self.below(2);
            matching["resourceRules"] = (0..count).map(|_| self.rule()).collect();
        }
        if self.chance(20) {
            matching["excludeResourceRules"] = json!([self.rule()]);
        }
        if self.chance(35) {
            matching["namespaceSelector"] = self.selector();
        }
        if self.chance(35) {
            matching["objectSelector"] = self.selector();
        }
        if self.chance(30) {
            matching["matchPolicy"] = json!(self.one(&["Exact", "Equivalent"]));
        }
        matching
    }

    fn condition(&mut self) -> &'static str {
        self.one(&[
            "object.metadata.name != 'o3'",
            "request.namespace == 'n1'",
            "has(object.spec)",
            "object.spec.replicas > 1",
            "request.kind.kind in ['Pod', 'Deployment']",
            "request.resource.resource.startsWith('p')",
            "oldObject == null",
            "object.metadata.labels['tier'] == 'a'",
            "namespaceObject == null || 'team' in namespaceObject.metadata.labels",
        ])
    }

    fn validation(&mut self, number: usize, has_parameter: bool) -> Value {
        let expression = match has_parameter && self.chance(60) {
            true => self.one(&[
                "params != null && 'max' in params.data",
                "int(params.data.max) > 3",
                "params.metadata.namespace == object.metadata.namespace",
                "params.data.names.split(',').exists(n, n == object.metadata.name)",
            ]),
            false => self.one(&[
                "variables.name.startsWith('o1')",
                "variables.labels.exists(k, k == 'team')",
                "variables.labels.exists(k,\n  k == 'team')",
                "object.metadata.name == 'none'",
                "has(object.metadata.namespace) && object.metadata.namespace != 'n2'",
                "namespaceObject != null && 'tier' in namespaceObject.metadata.labels",
                "object.spec.replicas < 3",
                "variables.broken > 1",
                "false",
                "true",
            ]),
        };
        let mut validation = json!({"expression": expression});
        if self.chance(70) {
            let plain = format!("m{number}");
            validation["message"] = json!(match self.below(12) {
                0 => "  ",
                1 => "two\nlines",
                2 => " in spaces ",
                _ => &plain,
            });
        }
        if self.chance(50) {
            validation["messageExpression"] = json!(self.one(&[
                "'name ' + object.metadata.name",
                "''",
                "'  '",
                "'two\\nlines'",
                "object.metadata.labels['none']",
                "string(size(variables.labels)) + ' labels'",
                "'n: ' + variables.name",
            ]));
        }
        if self.chance(50) {
            validation["reason"] = json!(self.one(&["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"]));
        }
        validation
    }

    fn policy(&mut self, name: &str, has_parameter: bool) -> Value {
        let count = 1 + self.below(3);
        let validations: Vec<Value> = (0..count).map(|number| self.validation(number, has_parameter)).collect();
        let mut spec = json!({
            "matchConstraints": self.resources(true),
            "variables": [
                {"name": "name", "expression": "object.metadata.name"},
                {"name": "labels", "expression": "object.metadata.?labels.orValue({})"},
                {"name": "broken", "expression": "int(object.metadata.labels['tier'])"},
            ],
            "validations": validations,
        });
        if self.chance(50) {
            spec["failurePolicy"] = json!(self.one(&["Fail", "Ignore"]));
        }
        if self.chance(40) {
            let count = 1 + self.below(2);
            let odd = self.one(&["", "", "", "", "c d", "a/b/c", "c0"]);
            let conditions = (0..count).map(|number| {
                let name = if number == 1 && !odd.is_empty() { odd.to_owned() } else { format!("c{number}") };
                json!({"name": name, "expression": self.condition()})
            });
            spec["matchConditions"] = conditions.collect();
        }
        if self.chance(10) {
            let name = self.one(&["name", "a-b", "if", "_", "own"]);
            let extra = json!({"name": name, "expression": "1"});
            spec["variables"].as_array_mut().unwrap().push(extra);
        }
        if self.chance(10) {
            let annotation = json!({"key": self.one(&["a", "a b", "A/b"]), "valueExpression": "'x'"});
            spec["auditAnnotations"] = json!([annotation]);
        }
        if has_parameter {
            spec["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
        }
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name}, "spec": spec})
    }

    fn binding(&mut self, policy: &str, name: &str, has_parameter: bool) -> Value {
        let actions = self.words(&[
            &["Warn"],
            &["Warn", "Audit"],
            &["Deny"],
            &["Deny", "Audit"],
            &["Audit"],
            &["Deny", "Warn"],
            &["Warn", "Warn"],
            &[],
        ]);
        let mut spec = json!({"policyName": policy, "validationActions": actions});
        if self.chance(40) {
            spec["matchResources"] = self.resources(false);
        }
        if has_parameter {
            let mut reference = json!({"parameterNotFoundAction": self.one(&["Allow", "Deny"])});
            match self.below(3) {
                0 => reference["selector"] = json!({"matchLabels": {"use": self.one(&["a", "b", "none"])}}),
                _ => reference["name"] = json!(self.one(&["few", "many", "none"])),
            }
            if self.chance(10) {
                reference["name"] = json!("few");
                reference["selector"] = self.selector();
            }
            if self.chance(10) {
                reference.as_object_mut().unwrap().remove("parameterNotFoundAction");
            }
            if self.chance(50) {
                reference["namespace"] = json!(self.one(&["n0", "n1"]));
            }
            spec["paramRef"] = reference;
        }
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name}, "spec": spec})
    }

    fn small_object(&mut self, number: usize) -> Value {
        let mut metadata = json!({"name": format!("o{number}"), "namespace": format!("n{}", self.below(4))});
        let mut labels = json!({});
        if self.chance(60) {
            labels["tier"] = json!(self.one(&["a", "b", "c", "7"]));
        }
        if self.chance(40) {
            labels["team"] = json!(self.one(&["x", "y"]));
        }
        if labels != json!({}) {
            metadata["labels"] = labels;
        }
        let pod = json!({"containers": [{"name": "c", "image": "i:1"}]});
        match self.below(6) {
            0 | 1 => json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}),
            2 | 3 => {
                let template = json!({"metadata": {"labels": {"a": "a"}}, "spec": pod});
                let mut spec = json!({"selector": {"matchLabels": {"a": "a"}}, "template": template});
                if self.chance(70) {
                    spec["replicas"] = json!(self.below(5));
                }
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
            }
            4 => json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}),
            _ => {
                metadata.as_object_mut().unwrap().remove("namespace");
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
            }
        }
    }
}

const POLICIES: usize = 20;
const ROUNDS: usize = 3;
const OBJECTS: usize = 120;

#[test]
fn policies_choose_objects_parameters_and_words_as_the_server_does() {
    let Some(server) = Server::start(&[]) else { return };
    let mut dice = Dice(7_261_128);
    let namespaces: Vec<String> = (0..4).map(|number| format!("n{number}")).collect();
    let labels = [json!({"tier": "a", "team": "x"}), json!({"tier": "b"}), json!({"team": "y"}), json!({})];
    let mut documents = String::new();
    for (name, labels) in namespaces.iter().zip(labels) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        writeln!(documents, "---\n{namespace}").unwrap();
    }
    for (namespace, name, used, max) in [
        ("n0", "few", "a", "3"),
        ("n0", "many", "b", "9"),
        ("n1", "few", "a", "none"),
        ("n1", "many", "a", "4"),
        ("n2", "few", "b", "5"),
    ] {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace, "labels": {"use": used}},
            "data": {"max": max, "names": "o1,o2,o5,o8"}});
        writeln!(documents, "---\n{map}").unwrap();
    }
    server.load(&documents);
    await_accounts(&server, &namespaces);
    let (mut compared, mut unknown, mut taken, mut differences) = (0, 0, [0, 0], Vec::new());
    for round in 0..ROUNDS {
        let (mut chosen, mut bindings) = (Vec::new(), Vec::new());
        while chosen.len() < POLICIES {
            let number = chosen.len();
            let name = format!("r{round}p{number}");
            let has_parameter = dice.chance(35);
            let policy = dice.policy(&name, has_parameter);
            let ask = json!({"method": "POST", "path": format!("{PATH}?dryRun=All"), "body": policy});
            let answer = server.requests(&[ask]).remove(0);
            let is_taken = answer["status"].as_u64().unwrap() < 300;
            if policies::is_taken(&format!("---\n{policy}\n")) != [is_taken] {
                differences.push(format!("{policy}: {}", answer["body"]["message"]));
                continue;
            }
            taken[usize::from(is_taken)] += 1;
            if !is_taken {
                continue;
            }
            chosen.push(policy);
            let (before, count) = (bindings.len(), 1 + dice.below(2));
            while bindings.len() < before + count {
                let binding = dice.binding(&name, &format!("{name}b{}", bindings.len() - before), has_parameter);
                let ask = json!({"method": "POST", "path": format!("{BINDINGS}?dryRun=All"), "body": binding});
                let answer = server.requests(&[ask]).remove(0);
                let is_taken = answer["status"].as_u64().unwrap() < 300;
                let report = test(&format!("---\n{binding}\n"));
                let said = report["coverage"]["skipped"].to_string();
                if said.contains("binds nothing") == is_taken {
                    differences.push(format!("{binding}: {}", answer["body"]["message"]));
                    continue;
                }
                taken[usize::from(is_taken)] += 1;
                if is_taken {
                    bindings.push(binding);
                }
            }
        }
        install(&server, &chosen, &bindings);
        let objects: Vec<Value> = (0..OBJECTS).map(|number| dice.small_object(number)).collect();
        let mut all = documents.clone();
        chosen.iter().chain(&bindings).for_each(|object| writeln!(all, "---\n{object}").unwrap());
        let (equal, open, different) = compare(&server, &all, &objects);
        differences.extend(different);
        compared += equal;
        unknown += open;
        for (path, all) in [(BINDINGS, &bindings), (PATH, &chosen)] {
            for name in all.iter().map(|object| object["metadata"]["name"].as_str().unwrap()).chain(["sentinel"]) {
                let answer =
                    server.requests(&[json!({"method": "DELETE", "path": format!("{path}/{name}")})]).remove(0);
                assert!(answer["status"].as_u64().unwrap() < 300, "{answer}");
            }
        }
    }
    println!(
        "{compared} answers of {} policies and bindings, all equal; {unknown} not known; {} refused",
        taken[1], taken[0]
    );
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > unknown);
}

#[test]
fn the_policies_of_the_examples_say_what_the_server_says() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies");
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("controls")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut documents = "apiVersion: v1\nkind: Namespace\nmetadata: {name: policies}\n".to_owned();
    let deploy = std::fs::read_to_string(folder.join("deploy/api.yaml")).unwrap();
    let is_namespace = |text: &&str| text.contains("kind: Namespace");
    let shop = deploy.split("---\n").find(is_namespace).unwrap();
    write!(documents, "---\n{shop}").unwrap();
    let mut policies = String::new();
    for file in files {
        write!(policies, "---\n{}", std::fs::read_to_string(file).unwrap()).unwrap();
    }
    // Nothing binds it there.
    policies += "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: memory-limit}\nspec: {policyName: memory-limit, validationActions: [Deny]}\n";
    server.load(&documents);
    await_accounts(&server, &["shop".to_owned(), "policies".to_owned()]);
    server.load(&policies);
    install(&server, &[], &[]);
    let mut dice = Dice(11);
    let mut objects: Vec<Value> = Vec::new();
    for number in 0..200 {
        let mut object = dice.object();
        object["metadata"]["name"] = json!(format!("o{number}"));
        object["metadata"]["namespace"] = json!("shop");
        if dice.chance(50) {
            object["metadata"]["annotations"]["example.com/owner"] =
                json!(dice.one(&["a@example.com", "A@example.com"]));
        }
        if dice.chance(50) {
            object["metadata"]["labels"]["app.kubernetes.io/name"] = json!("a");
        }
        if dice.chance(50) {
            object["metadata"]["labels"]["team"] = json!("a");
        }
        objects.push(object);
    }
    let (compared, unknown, differences) = compare(&server, &format!("{documents}\n{policies}"), &objects);
    println!("{compared} answers of the policies of the examples, all equal; {unknown} not known");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(unknown, 0);
}
