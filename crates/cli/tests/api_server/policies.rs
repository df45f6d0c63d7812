//! Admission policies with random expressions, over random objects: what the API server says, and what the program says.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::server::{Server, until};

/// Numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            let path = self.path();
            return match self.below(5) {
                0 => format!("has({path})"),
                1 => format!("{path} == {}", self.string(0)),
                2 => format!("{} > {}", self.int(0), self.int(0)),
                3 => self.one(&["true", "false"]).to_owned(),
                _ => format!(
                    "{} in {}",
                    self.string(0),
                    self.one(&["object.metadata.labels", "['a', 'api']", "{'a': 1}"])
                ),
            };
        }
        let depth = depth - 1;
        let comparison = self.one(&["==", "!=", "<", "<=", ">", ">="]);
        match self.below(16) {
            0 | 1 => format!("{} && {}", self.boolean(depth), self.boolean(depth)),
            2 | 3 => format!("({} || {})", self.boolean(depth), self.boolean(depth)),
            4 => format!("!({})", self.boolean(depth)),
            5 => format!("{} {comparison} {}", self.int(depth), self.int(depth)),
            6 => format!("{} {comparison} {}", self.string(depth), self.string(depth)),
            7 => {
                let call = self.one(&["startsWith", "endsWith", "contains"]);
                format!("{}.{call}({})", self.string(depth), self.string(depth))
            }
            8 => format!("{}.matches({})", self.string(depth), self.one(&["'^a'", "'[a-c]+$'", "'.*:[0-9]+'", "'^$'"])),
            9 | 10 => {
                let call = self.one(&["all", "exists", "exists_one"]);
                format!("{}.{call}(c, {})", self.list(), self.of_item())
            }
            11 => format!("({} ? {} : {})", self.boolean(depth), self.boolean(depth), self.boolean(depth)),
            12 => {
                let call = self.one(&["isLessThan", "isGreaterThan"]);
                format!("quantity({}).{call}(quantity({}))", self.quantity(), self.quantity())
            }
            13 => format!("object.?metadata.?labels[?{}].orValue('none') == {}", self.string(0), self.string(0)),
            14 => format!("{}.exists(k, k == {})", self.map(), self.string(0)),
            _ => format!(
                "sets.contains({}, ['a'])",
                self.one(&["['a', 'b']", "['c']", "object.metadata.labels.map(k, k)"])
            ),
        }
    }

    fn of_item(&mut self) -> String {
        let field = self.one(&["c.name", "c.image", "c.port", "c.imagePullPolicy", "c.protocol"]);
        match self.below(6) {
            0 => format!("{field} == {}", self.string(0)),
            1 => format!("{field}.startsWith({})", self.string(0)),
            2 => format!("has({field})"),
            3 => "c.?securityContext.?privileged.orValue(false)".to_owned(),
            4 => format!("!has({field}) || size({field}) > {}", self.below(12)),
            _ => format!(
                "has(c.resources.limits) && quantity(c.resources.limits.memory).isGreaterThan(quantity({}))",
                self.quantity()
            ),
        }
    }

    fn list(&mut self) -> &'static str {
        self.one(&[
            "object.spec.containers",
            "object.spec.template.spec.containers",
            "object.spec.ports",
            "object.spec.?containers.orValue([])",
            "object.spec.?ports.orValue([])",
            "object.spec.tolerations",
        ])
    }

    fn map(&mut self) -> &'static str {
        self.one(&["object.metadata.labels", "object.metadata.annotations", "object.spec.selector", "object.spec"])
    }

    fn path(&mut self) -> &'static str {
        self.one(&[
            "object.metadata.name",
            "object.metadata.namespace",
            "object.metadata.annotations",
            "object.metadata.generation",
            "object.spec.replicas",
            "object.spec.type",
            "object.spec.hostNetwork",
            "object.spec.restartPolicy",
            "object.spec.priority",
            "object.spec.serviceAccountName",
            "object.spec.strategy.type",
            "object.spec.template.spec.dnsPolicy",
            "object.spec.sessionAffinity",
            "object.spec.nothing",
            "object.status.phase",
            "object.status.qosClass",
            "object.status",
            "request.kind.kind",
            "request.namespace",
            "request.operation",
            "request.subResource",
        ])
    }

    fn string(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(3) {
                0 => self.path().to_owned(),
                _ => self.one(&["'a'", "'api'", "''", "'x:1'", "'Always'", "'TCP'", "'b,c'", "'7'"]).to_owned(),
            };
        }
        let depth = depth - 1;
        match self.below(9) {
            0 => format!("({} + {})", self.string(depth), self.string(depth)),
            1 => format!("{}.{}()", self.string(depth), self.one(&["lowerAscii", "upperAscii", "trim"])),
            2 => format!("{}.replace('a', {})", self.string(depth), self.string(0)),
            3 => format!("{}.substring({})", self.string(depth), self.below(4)),
            4 => format!("string({})", self.int(depth)),
            5 => format!("{}.map(c, c.name).join(',')", self.list()),
            6 => format!("{}.split(',')[{}]", self.string(depth), self.below(3)),
            7 => format!("{}.charAt({})", self.string(depth), self.below(4)),
            _ => self.string(0),
        }
    }

    fn int(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(3) {
                0 => "object.spec.replicas".to_owned(),
                1 => format!("size({})", self.map()),
                _ => self.one(&["0", "1", "3", "-1", "9223372036854775807"]).to_owned(),
            };
        }
        let depth = depth - 1;
        match self.below(7) {
            0 => format!("({} {} {})", self.int(depth), self.one(&["+", "-", "*", "/", "%"]), self.int(depth)),
            1 => format!("size({})", self.string(depth)),
            2 => format!("{}.size()", self.list()),
            3 => format!("int({})", self.string(0)),
            4 => format!("{}.indexOf({})", self.string(depth), self.string(0)),
            5 => format!("{}.map(c, size(c.name)).sum()", self.list()),
            _ => self.int(0),
        }
    }

    fn quantity(&mut self) -> &'static str {
        self.one(&[
            "'1Gi'",
            "'100m'",
            "'64Mi'",
            "'none'",
            "object.spec.containers[0].resources.limits.memory",
            "object.spec.containers[0].resources.requests.cpu",
        ])
    }

    fn containers(&mut self) -> Vec<Value> {
        let count = 1 + self.below(3);
        (0..count)
            .map(|at| {
                let mut container = json!({"name": (["a", "b", "api"][at]), "image": self.one(&["a", "x:1", "r.io/a:latest", "r.io/b:2"])});
                if self.chance(40) {
                    container["securityContext"] = json!({"privileged": self.chance(50)});
                }
                if self.chance(50) {
                    let memory = self.one(&["1024Mi", "64Mi", "2Gi", "1500M", "1.5Gi"]);
                    container["resources"] = json!({"limits": {"memory": memory, "cpu": self.one(&["1000m", "0.5", "2"])}});
                }
                if self.chance(30) {
                    container["ports"] = json!([{"containerPort": 80}]);
                }
                if self.chance(20) {
                    container["readinessProbe"] = json!({"httpGet": {"port": 80}});
                }
                container
            })
            .collect()
    }

    pub(crate) fn object(&mut self) -> Value {
        let mut metadata = json!({});
        if self.chance(80) {
            metadata["labels"] = json!({"a": self.one(&["a", "api"])});
        }
        if self.chance(40) {
            metadata["annotations"] = if self.chance(50) { json!({}) } else { json!({"a": "b,c"}) };
        }
        let containers = self.containers();
        let mut spec = json!({"containers": containers});
        if self.chance(20) {
            spec["hostNetwork"] = json!(self.chance(50));
        }
        match self.below(3) {
            0 => json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}),
            1 => {
                let template = json!({"metadata": {"labels": {"a": "a"}}, "spec": spec});
                let mut spec = json!({"selector": {"matchLabels": {"a": "a"}}, "template": template});
                if self.chance(60) {
                    spec["replicas"] = json!(self.below(5));
                }
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
            }
            _ => {
                let kind = self.one(&["ClusterIP", "NodePort"]);
                let ports = json!([{"name": "a", "port": 80}, {"name": "b", "port": 81, "targetPort": "x"}]);
                json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
                       "spec": {"type": kind, "selector": {"a": "a"}, "ports": ports}})
            }
        }
    }
}

const POLICIES: usize = 60;
const EXPRESSIONS: usize = 12;
const OBJECTS: usize = 40;

fn name(policy: usize) -> String {
    format!("p{policy}")
}

fn policy(at: usize, validations: &[Value]) -> Value {
    let rules = json!([{"apiGroups": ["", "apps"], "apiVersions": ["v1"], "operations": ["CREATE"],
        "resources": ["pods", "deployments", "services"]}]);
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name(at)},
        "spec": {"validations": validations,
            "matchConstraints": {"resourceRules": rules, "objectSelector": {"matchLabels": {"policy": name(at)}}}}})
}

fn binding(at: usize) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name(at)}, "spec": {"policyName": name(at), "validationActions": ["Warn"]}})
}

pub(crate) const PATH: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
pub(crate) const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

fn path_of(object: &Value) -> String {
    let place = match object["kind"].as_str().unwrap() {
        "Pod" => "/api/v1/namespaces/default/pods",
        "Deployment" => "/apis/apps/v1/namespaces/default/deployments",
        _ => "/api/v1/namespaces/default/services",
    };
    format!("{place}?dryRun=All")
}

/// `299 - "text"`.
pub(crate) fn text_of(warning: &str) -> String {
    let text = warning.split_once('"').map_or(warning, |(_, text)| text.trim_end_matches('"'));
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}

fn warnings_of(answer: &Value) -> Vec<String> {
    let all = answer["warnings"].as_array().into_iter().flatten();
    all.map(|one| text_of(one.as_str().unwrap())).filter(|text| text.starts_with("Validation failed")).collect()
}

#[test]
fn random_policies_say_what_the_server_says() {
    let Some(server) = Server::start(&[]) else { return };
    let mut dice = Dice(20_261_128);
    let mut documents = String::new();
    let mut asked = (0, 0, 0);
    let mut expressions: Vec<(String, String)> = Vec::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for at in 0..POLICIES {
        let mut validations = Vec::new();
        while validations.len() < EXPRESSIONS {
            let depth = 1 + dice.below(3);
            let expression = dice.boolean(depth);
            // The server shortens long warnings.
            if expression.len() <= 90 {
                validations.push(json!({"expression": expression, "message": format!("m{}", validations.len())}));
            }
        }
        // Each expression alone: whether the server takes it.
        let requests: Vec<Value> = validations
            .iter()
            .map(|one| json!({"method": "POST", "path": format!("{PATH}?dryRun=All"), "body": policy(at, std::slice::from_ref(one))}))
            .collect();
        let taken: Vec<bool> =
            server.requests(&requests).iter().map(|answer| answer["status"].as_u64().unwrap() < 300).collect();
        let all: String =
            validations.iter().map(|one| format!("---\n{}\n", policy(at, std::slice::from_ref(one)))).collect();
        let ours = is_taken(&all);
        assert_eq!(taken.len(), ours.len());
        for ((validation, server), own) in validations.iter().zip(&taken).zip(&ours) {
            assert_eq!(server, own, "whether it is taken: {validation}");
            asked.0 += 1;
        }
        let mut kept = validations.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(one, _)| one.clone());
        let kept: Vec<Value> = kept.by_ref().collect();
        expressions.extend(
            kept.iter().map(|one| (format!("{}': {}", name(at), text(&one["message"])), text(&one["expression"]))),
        );
        let body = policy(at, &kept);
        server.send("POST", PATH, &body);
        server.send("POST", BINDINGS, &binding(at));
        write!(documents, "---\n{body}\n---\n{}\n", binding(at)).unwrap();
    }
    // The last policy is heard of last.
    let sentinel = json!({"method": "POST", "path": "/api/v1/namespaces/default/services?dryRun=All", "body":
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "labels": {"sentinel": "yes"}}, "spec": {"ports": [{"port": 1}]}}});
    let mut last = policy(POLICIES, &[json!({"expression": "false", "message": "heard"})]);
    last["spec"]["matchConstraints"]["objectSelector"] = json!({"matchLabels": {"sentinel": "yes"}});
    server.send("POST", PATH, &last);
    server.send("POST", BINDINGS, &binding(POLICIES));
    until("policies are heard of", || {
        let answer = server.requests(std::slice::from_ref(&sentinel)).remove(0);
        if warnings_of(&answer).is_empty() { Err(answer.to_string()) } else { Ok(()) }
    });
    let mut objects = Vec::new();
    for number in 0..OBJECTS {
        let object = dice.object();
        for at in 0..POLICIES {
            let mut own = object.clone();
            own["metadata"]["name"] = json!(format!("o{number}-{at}"));
            own["metadata"]["namespace"] = json!("default");
            own["metadata"]["labels"]["policy"] = json!(name(at));
            writeln!(documents, "---\n{own}").unwrap();
            objects.push(own);
        }
    }
    let requests: Vec<Value> =
        objects.iter().map(|object| json!({"method": "POST", "path": path_of(object), "body": object})).collect();
    let answers = server.requests(&requests);
    let report = test(&documents);
    let entries: Vec<&Value> = report["objects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["name"].as_str().unwrap().starts_with('o'))
        .collect();
    assert_eq!(entries.len(), answers.len());
    let mut differences = Vec::new();
    for ((object, answer), entry) in objects.iter().zip(&answers).zip(entries) {
        assert!(answer["status"].as_u64().unwrap() < 300, "{object}: {answer}");
        let theirs = warnings_of(answer);
        let mut ours: Vec<String> = Vec::new();
        for decision in entry["decisions"].as_array().unwrap() {
            let (policy, message) = (decision["policy"].as_str().unwrap(), decision["message"].as_str().unwrap());
            if decision["outcome"] == "unknown" {
                asked.2 += 1;
                continue;
            }
            let text = format!(
                "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{policy}': {message}"
            );
            if !ours.contains(&text) {
                ours.push(text);
            }
        }
        let kept = entry["name"].as_str().unwrap().rsplit_once('-').map(|(_, policy)| format!("p{policy}': ")).unwrap();
        asked.1 += expressions.iter().filter(|(name, _)| name.starts_with(&kept)).count();
        if theirs != ours {
            let of = |own: &[String], other: &[String]| {
                let alone = own.iter().filter(|one| !other.contains(one));
                let told = alone.map(|one| {
                    let expression = expressions.iter().find(|(name, _)| one.ends_with(name.as_str()));
                    format!("\n    {one} ({})", expression.map_or("", |(_, expression)| expression))
                });
                told.collect::<String>()
            };
            let (ours, theirs) = (of(&ours, &theirs), of(&theirs, &ours));
            differences.push(format!("{object}\n  ours alone: {ours}\n  theirs alone: {theirs}"));
        }
    }
    println!("{} expressions: taken or not, all equal", asked.0);
    println!(
        "{} answers of {} objects, {} objects differ, {} not known",
        asked.1,
        answers.len(),
        differences.len(),
        asked.2
    );
    assert!(differences.is_empty(), "{}", differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
}

pub(crate) fn test(documents: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), documents).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    program.args(["policy", "test", "--no-pods", "--output", "json", "all.yaml"]).current_dir(folder.path());
    let output = program.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Whether the program would take each of these policies.
pub(crate) fn is_taken(documents: &str) -> Vec<bool> {
    let mut number = 0;
    let named: Vec<String> = documents
        .split("---\n")
        .filter(|text| !text.is_empty())
        .map(|text| {
            number += 1;
            let mut policy: Value = serde_json::from_str(text).unwrap();
            policy["metadata"]["name"] = json!(format!("q{number}"));
            policy.to_string()
        })
        .collect();
    let report = test(&named.join("\n---\n"));
    report["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["mistakes"].as_array().unwrap().is_empty())
        .collect()
}
