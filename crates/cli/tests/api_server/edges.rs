//! What the graph says is possible is done on the server by whom it says, and what it says is not is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::server::{Server, until};

/// An edge that the API server alone decides about. `{n}` is the namespace, `{w}` who acts: `may` or `lacking`.
struct Case {
    edge: &'static str,
    /// Where the rules hold: in a namespace of the case, in `kube-system`, or in the cluster.
    scope: Scope,
    /// The level of Pod Security that the namespace enforces; none if it is empty.
    enforces: &'static str,
    /// Rules that give it: groups, resources and verbs.
    rules: &'static [Rule],
    /// The same without what it takes.
    lacking: &'static [Rule],
    /// What is done, one after the other.
    deeds: &'static [Deed],
}

type Rule = (&'static str, &'static str, &'static str);

/// Method, path, body.
type Deed = (&'static str, &'static str, &'static str);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Namespace,
    KubeSystem,
    Cluster,
}

const fn case(
    edge: &'static str,
    scope: Scope,
    rules: &'static [Rule],
    lacking: &'static [Rule],
    deeds: &'static [Deed],
) -> Case {
    Case { edge, scope, enforces: "", rules, lacking, deeds }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";

const CASES: &[Case] = &[
    case(
        "mint-token",
        Scope::Namespace,
        &[("", "serviceaccounts/token", "create")],
        &[("", "serviceaccounts", "create")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/serviceaccounts/victim/token",
            r#"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}"#,
        )],
    ),
    case(
        "read-secrets",
        Scope::Namespace,
        &[("", "secrets", "list")],
        &[("", "configmaps", "list")],
        &[("GET", "/api/v1/namespaces/{n}/secrets", "")],
    ),
    case(
        "create-token-secret",
        Scope::Namespace,
        &[("", "secrets", "create, get")],
        &[("", "secrets", "get")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/secrets",
            r#"{"metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "victim"}}, "type": "kubernetes.io/service-account-token"}"#,
        )],
    ),
    case(
        "bind",
        Scope::Namespace,
        &[(RBAC, "rolebindings", "create"), (RBAC, "clusterroles", "bind")],
        &[(RBAC, "rolebindings", "create")],
        &[(
            "POST",
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{n}/rolebindings",
            r#"{"metadata": {"name": "gained"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "{w}", "namespace": "{n}"}]}"#,
        )],
    ),
    case(
        "escalate",
        Scope::Namespace,
        &[(RBAC, "roles", "patch, escalate")],
        &[(RBAC, "roles", "patch")],
        &[(
            "PATCH",
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{n}/roles/{w}",
            r#"{"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}"#,
        )],
    ),
    case(
        "exec",
        Scope::Namespace,
        &[("", "pods/exec", "create")],
        // From 1.35 on it is not enough, whichever way the connection is made.
        &[("", "pods/exec", "get")],
        &[("POST", "/api/v1/namespaces/{n}/pods/victim/exec?command=id&stdout=true", "")],
    ),
    case(
        "tunnel",
        Scope::Namespace,
        &[("", "pods/portforward", "create")],
        &[("", "pods/portforward", "get")],
        &[("POST", "/api/v1/namespaces/{n}/pods/victim/portforward?ports=80", "")],
    ),
    case(
        "debug",
        Scope::Namespace,
        &[("", "pods/ephemeralcontainers", "patch")],
        &[("", "pods/status", "patch")],
        &[(
            "PATCH",
            "/api/v1/namespaces/{n}/pods/victim/ephemeralcontainers",
            r#"{"spec": {"ephemeralContainers": [{"name": "d", "image": "i", "terminationMessagePolicy": "File", "imagePullPolicy": "Always"}]}}"#,
        )],
    ),
    case(
        "replace-image",
        Scope::Namespace,
        &[("", "pods", "patch")],
        &[("", "pods", "get")],
        &[(
            "PATCH",
            "/api/v1/namespaces/{n}/pods/victim",
            r#"{"spec": {"containers": [{"name": "c", "image": "other", "resources": {}}]}}"#,
        )],
    ),
    case(
        "run-as-account",
        Scope::Namespace,
        &[("", "pods", "create")],
        &[("", "pods/eviction", "create")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/pods",
            r#"{"metadata": {"name": "own"}, "spec": {"serviceAccountName": "victim", "containers": [{"name": "c", "image": "i"}]}}"#,
        )],
    ),
    case(
        "mount-secrets",
        Scope::Namespace,
        &[("", "pods", "create")],
        &[("", "pods", "get")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/pods",
            r#"{"metadata": {"name": "own"}, "spec": {"serviceAccountName": "victim", "containers": [{"name": "c", "image": "i", "envFrom": [{"secretRef": {"name": "s"}}]}]}}"#,
        )],
    ),
    case(
        "run-privileged",
        Scope::Namespace,
        &[("", "pods", "create")],
        &[("", "pods", "get")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/pods",
            r#"{"metadata": {"name": "own"}, "spec": {"serviceAccountName": "victim", "hostPID": true, "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}]}}"#,
        )],
    ),
    case(
        "place-pod",
        Scope::Namespace,
        &[("", "pods", "create")],
        &[("", "pods", "get")],
        &[(
            "POST",
            "/api/v1/namespaces/{n}/pods",
            r#"{"metadata": {"name": "own"}, "spec": {"nodeName": "control-plane", "serviceAccountName": "victim", "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}]}}"#,
        )],
    ),
    Case {
        edge: "unlock-namespace",
        scope: Scope::Namespace,
        enforces: "restricted",
        rules: &[("", "namespaces", "patch"), ("", "pods", "create")],
        lacking: &[("", "pods", "create")],
        deeds: &[
            (
                "PATCH",
                "/api/v1/namespaces/{n}",
                r#"{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}"#,
            ),
            (
                "POST",
                "/api/v1/namespaces/{n}/pods",
                r#"{"metadata": {"name": "own"}, "spec": {"serviceAccountName": "victim", "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}]}}"#,
            ),
        ],
    },
    case(
        "activate-dangling",
        Scope::Namespace,
        &[("", "serviceaccounts", "create"), ("", "pods", "create")],
        &[("", "pods", "create")],
        &[("POST", "/api/v1/namespaces/{n}/serviceaccounts", r#"{"metadata": {"name": "ghost"}}"#)],
    ),
    case(
        "annotate-account",
        Scope::Namespace,
        &[("", "serviceaccounts", "patch"), ("", "pods", "create")],
        &[("", "pods", "create")],
        &[(
            "PATCH",
            "/api/v1/namespaces/{n}/serviceaccounts/victim",
            r#"{"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "arn:other"}}}"#,
        )],
    ),
    case(
        "redirect-traffic",
        Scope::Namespace,
        &[("discovery.k8s.io", "endpointslices", "create")],
        &[("discovery.k8s.io", "endpointslices", "get")],
        &[(
            "POST",
            "/apis/discovery.k8s.io/v1/namespaces/{n}/endpointslices",
            r#"{"metadata": {"name": "own"}, "addressType": "IPv4", "endpoints": [], "ports": []}"#,
        )],
    ),
    case(
        "destroy",
        Scope::Namespace,
        &[("", "secrets", "delete")],
        &[("", "secrets", "get")],
        &[("DELETE", "/api/v1/namespaces/{n}/secrets/s", "")],
    ),
    case(
        "rewrite-dns",
        Scope::KubeSystem,
        &[("", "configmaps", "patch")],
        &[("", "configmaps", "get")],
        &[("PATCH", "/api/v1/namespaces/kube-system/configmaps/coredns", r#"{"data": {"Corefile": ""}}"#)],
    ),
    case(
        "bootstrap-token",
        Scope::KubeSystem,
        &[("", "secrets", "create")],
        &[("", "secrets", "get")],
        &[(
            "POST",
            "/api/v1/namespaces/kube-system/secrets",
            r#"{"metadata": {"name": "bootstrap-token-abcdef"}, "type": "bootstrap.kubernetes.io/token", "stringData": {"token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true"}}"#,
        )],
    ),
    case(
        "mutate-everything",
        Scope::Cluster,
        &[(ADMISSION, "mutatingwebhookconfigurations", "create")],
        &[(ADMISSION, "mutatingwebhookconfigurations", "get")],
        &[(
            "POST",
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            r#"{"metadata": {"name": "own"}, "webhooks": []}"#,
        )],
    ),
    case(
        "read-admission",
        Scope::Cluster,
        &[(ADMISSION, "validatingwebhookconfigurations", "create")],
        &[(ADMISSION, "validatingwebhookconfigurations", "get")],
        &[(
            "POST",
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            r#"{"metadata": {"name": "own"}, "webhooks": []}"#,
        )],
    ),
    case(
        "client-certificate",
        Scope::Cluster,
        &[
            (CERTIFICATES, "certificatesigningrequests", "create"),
            (CERTIFICATES, "certificatesigningrequests/approval", "patch"),
            (CERTIFICATES, "signers", "approve"),
        ],
        &[
            (CERTIFICATES, "certificatesigningrequests", "create"),
            (CERTIFICATES, "certificatesigningrequests/approval", "patch"),
        ],
        &[
            ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", SIGNING_REQUEST),
            (
                "PATCH",
                "/apis/certificates.k8s.io/v1/certificatesigningrequests/own-{w}/approval",
                r#"{"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "own"}]}}"#,
            ),
        ],
    ),
    case(
        "exec-through-kubelet",
        Scope::Cluster,
        &[("", "nodes/proxy", "get")],
        &[("", "nodes", "get")],
        &[("GET", "/api/v1/nodes/none/proxy/pods", "")],
    ),
    case(
        "steal-pods",
        Scope::Cluster,
        &[("", "pods/eviction", "create"), ("", "nodes", "patch")],
        &[("", "pods/eviction", "create")],
        &[
            (
                "POST",
                "/api/v1/namespaces/{n}/pods/victim/eviction",
                r#"{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "victim"}}"#,
            ),
            ("PATCH", "/api/v1/nodes/none", r#"{"spec": {"unschedulable": true}}"#),
        ],
    ),
];

/// For a client certificate of somebody.
const SIGNING_REQUEST: &str = r#"{"metadata": {"name": "own-{w}"}, "spec": {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"], "request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITE1IUUNBUUF3RWpFUU1BNEdBMVVFQXd3SGMyOXRaVzl1WlRCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OQpBd0VIQTBJQUJNVERQS1MvS1A2cXVIbGNXeXF5cjY3RTc3dk1wQVNXZWFuRHI2dnBOUmdaWm9XWEg2SS91QnZ4ClFRcE1rTndCelhEOGdrUDNtcmk1ZG5peW5QRTQ4ZVNnQURBS0JnZ3Foa2pPUFFRREFnTkhBREJFQWlCMmc2WDgKMmJubnQ2bXBqbzJVUDMzYnhvcHVKZm1LRUt4L1loQ1hGTHNQSndJZ0pwcGVsYmJnZm94ZkM5WjdRK2EyNTJ6TwpSLzF3ZFlLVlBIaGh2c2QydEZNPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K"}}"#;

fn rules(rules: &[Rule]) -> String {
    let line = |(group, resource, verbs): &Rule| {
        format!("  - {{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [{verbs}]}}\n")
    };
    rules.iter().map(line).collect()
}

/// The namespace of a case.
fn home(number: usize) -> String {
    format!("case-{number}")
}

/// The victims of a case, and who acts there with which rights.
fn objects(number: usize, case: &Case) -> [String; 2] {
    let home = home(number);
    let label = match case.enforces {
        "" => String::new(),
        level => format!(", labels: {{pod-security.kubernetes.io/enforce: {level}}}"),
    };
    let mut first = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {home}{label}}}\n---\napiVersion: v1\nkind: ServiceAccount\n\
         metadata: {{name: victim, namespace: {home}, annotations: {{eks.amazonaws.com/role-arn: 'arn:a'}}}}\n"
    );
    for (who, own) in [("may", case.rules), ("lacking", case.lacking)] {
        let kind = if case.scope == Scope::Cluster { "ClusterRole" } else { "Role" };
        let namespace = match case.scope {
            Scope::Namespace => format!(", namespace: {home}"),
            Scope::KubeSystem => ", namespace: kube-system".to_owned(),
            Scope::Cluster => String::new(),
        };
        // Names of the cluster and of `kube-system` are shared by the cases.
        let name = if case.scope == Scope::Namespace { who.to_owned() } else { format!("{home}-{who}") };
        let _ = write!(
            first,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {who}, namespace: {home}}}\n---\n\
             apiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nrules:\n{}---\n\
             apiVersion: {RBAC}/v1\nkind: {kind}Binding\nmetadata: {{name: {name}{namespace}}}\n\
             roleRef: {{apiGroup: {RBAC}, kind: {kind}, name: {name}}}\n\
             subjects: [{{kind: ServiceAccount, name: {who}, namespace: {home}}}]\n",
            rules(own)
        );
    }
    if case.edge == "activate-dangling" {
        let _ = write!(
            first,
            "---\napiVersion: {RBAC}/v1\nkind: RoleBinding\nmetadata: {{name: ghost, namespace: {home}}}\n\
             roleRef: {{apiGroup: {RBAC}, kind: ClusterRole, name: admin}}\n\
             subjects: [{{kind: ServiceAccount, name: ghost, namespace: {home}}}]\n"
        );
    }
    let restricted = "securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, \
                      seccompProfile: {type: RuntimeDefault}}";
    let second = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {home}}}\n---\napiVersion: v1\nkind: Pod\n\
         metadata: {{name: victim, namespace: {home}}}\nspec: {{serviceAccountName: victim, containers: [{{name: c, image: i, \
         {restricted}}}]}}\n"
    );
    [first, second]
}

/// The kinds of edges that leave what each subject holds, by its name.
fn edges(graph: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut leaving: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for edge in graph["graph"]["edges"].as_array().unwrap() {
        let told = (text(&edge["properties"]["edge"]), text(&edge["end"]["value"]));
        leaving.entry(text(&edge["start"]["value"])).or_default().push(told);
    }
    let mut found = BTreeMap::new();
    for node in graph["graph"]["nodes"].as_array().unwrap() {
        let mut open = vec![text(&node["id"])];
        let mut seen: BTreeSet<String> = open.iter().cloned().collect();
        let mut kinds = BTreeSet::new();
        while let Some(at) = open.pop() {
            for (kind, to) in leaving.get(&at).into_iter().flatten() {
                if kind == "holds" && seen.insert(to.clone()) {
                    open.push(to.clone());
                }
                kinds.insert(kind.clone());
            }
        }
        found.insert(text(&node["properties"]["name"]), kinds);
    }
    found
}

/// The status of the answer to a deed.
fn status(server: &Server, (method, path, body): &Deed, namespace: &str, who: &str) -> (u64, Value) {
    let filled = |text: &str| text.replace("{n}", namespace).replace("{w}", who);
    let account = format!("system:serviceaccount:{namespace}:{who}");
    let groups = ["system:serviceaccounts", "system:authenticated"];
    let mut request = json!({"method": method, "path": filled(path), "as": account, "groups": groups});
    if !body.is_empty() {
        request["body"] = serde_json::from_str(&filled(body)).unwrap();
    }
    if *method == "PATCH" {
        let is_pod = path.contains("/pods/");
        let kind = if is_pod { "application/strategic-merge-patch+json" } else { "application/merge-patch+json" };
        request["header"] = json!({"Content-Type": [kind]});
    }
    let answer = server.requests(&[request]).remove(0);
    (answer["status"].as_u64().unwrap(), answer)
}

#[test]
fn what_the_graph_calls_possible_is_done_and_the_rest_is_refused() {
    let Some(server) = Server::start(&[]) else { return };
    // Without it there is no node of the control plane to come to.
    server.load("apiVersion: v1\nkind: Node\nmetadata: {name: control-plane, labels: {node-role.kubernetes.io/control-plane: ''}}\n");
    for step in 0..2 {
        let documents = CASES.iter().enumerate().map(|(number, case)| objects(number, case)[step].clone());
        server.load(&documents.collect::<Vec<_>>().join("---\n"));
    }
    let graph = until("the graph has all cases", || {
        let said = server.run("admin", &["paths", "list", "--output", "opengraph"]);
        let edges = edges(&said.json());
        let last = format!("ServiceAccount {}/may", home(CASES.len() - 1));
        if edges.contains_key(&last) { Ok(edges) } else { Err(said.err) }
    });
    let mut done = 0;
    for (number, case) in CASES.iter().enumerate() {
        let namespace = home(number);
        let of = |who: &str| graph.get(&format!("ServiceAccount {namespace}/{who}")).cloned().unwrap_or_default();
        assert!(of("may").contains(case.edge), "{}: {:?}", case.edge, of("may"));
        assert!(!of("lacking").contains(case.edge), "{}: {:?}", case.edge, of("lacking"));
        let (last, before) = case.deeds.split_last().unwrap();
        for deed in before {
            status(&server, deed, &namespace, "lacking");
        }
        let (refused, answer) = status(&server, last, &namespace, "lacking");
        assert_eq!(refused, 403, "{}: {answer}", case.edge);
        for deed in case.deeds {
            let (said, answer) = status(&server, deed, &namespace, "may");
            // What is not there, and kubelets that do not answer, come after the right.
            assert!(said != 401 && said != 403 && said != 422 && said != 0, "{}: {said} {answer}", case.edge);
        }
        done += 1;
    }
    println!("{done} edges done by whom the graph names, and refused to whom it does not");
}

#[test]
fn admission_decides_about_privileged_pods_as_the_graph_says() {
    let Some(server) = Server::start(&[]) else { return };
    let levels = ["privileged", "baseline", "restricted"];
    let create: &[Rule] = &[("apps", "deployments", "create"), ("", "pods", "create")];
    for step in 0..2 {
        let of_level = |(number, level): (usize, &&'static str)| {
            let case = Case {
                edge: "run-privileged",
                scope: Scope::Namespace,
                enforces: level,
                rules: create,
                lacking: &[],
                deeds: &[],
            };
            objects(number, &case)[step].clone()
        };
        server.load(&levels.iter().enumerate().map(of_level).collect::<Vec<_>>().join("---\n"));
    }
    let said = server.run("admin", &["paths", "list", "--output", "opengraph"]);
    let graph = edges(&said.json());
    let pod = CASES.iter().find(|case| case.edge == "run-privileged").unwrap().deeds[0];
    for (number, level) in levels.iter().enumerate() {
        let namespace = home(number);
        let kinds = graph.get(&format!("ServiceAccount {namespace}/may")).cloned().unwrap_or_default();
        let (said, answer) = status(&server, &pod, &namespace, "may");
        assert_eq!(kinds.contains("run-privileged"), said == 201, "{level}: {answer}");
        assert_eq!(said == 201, *level == "privileged", "{level}: {answer}");
    }
}

#[test]
fn somebody_else_is_acted_as_only_with_the_right_to() {
    let Some(server) = Server::start(&["mallory", "trudy"]) else { return };
    server.load(&format!(
        "apiVersion: {RBAC}/v1\nkind: ClusterRole\nmetadata: {{name: act}}\nrules:\n{}---\napiVersion: {RBAC}/v1\n\
         kind: ClusterRoleBinding\nmetadata: {{name: act}}\nroleRef: {{apiGroup: {RBAC}, kind: ClusterRole, name: act}}\n\
         subjects: [{{apiGroup: {RBAC}, kind: User, name: mallory}}]\n---\napiVersion: {RBAC}/v1\nkind: ClusterRoleBinding\n\
         metadata: {{name: view}}\nroleRef: {{apiGroup: {RBAC}, kind: ClusterRole, name: view}}\n\
         subjects: [{{apiGroup: {RBAC}, kind: User, name: trudy}}]\n",
        rules(&[("", "users", "impersonate")])
    ));
    let graph = edges(&server.run("admin", &["paths", "list", "--output", "opengraph"]).json());
    let request = json!({"method": "GET", "path": "/api/v1/pods", "as": "kubernetes-admin", "groups": []});
    for (user, may) in [("mallory", true), ("trudy", false)] {
        let answer = server.requests_of(user, std::slice::from_ref(&request)).remove(0);
        let is_refused_to_act = answer["body"]["message"].as_str().unwrap_or_default().contains("cannot impersonate");
        assert_eq!(!is_refused_to_act, may, "{user}: {answer}");
        assert_eq!(graph[&format!("User {user}")].contains("impersonate"), may, "{user}");
    }
}

#[test]
fn a_node_is_given_the_tokens_that_its_pods_have_and_no_others() {
    let Some(server) = Server::start(&[]) else { return };
    let account =
        |name: &str| format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: a}}\n---\n");
    let accounts: String = ["mounted", "not-mounted", "without-pod"].map(account).concat();
    server.load(&format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: a}}\n---\n{accounts}apiVersion: v1\nkind: Node\nmetadata: {{name: held}}\n"
    ));
    let pod = |name: &str, automount: bool| {
        let containers = json!([{"name": "c", "image": "i"}]);
        let spec = json!({"nodeName": "held", "serviceAccountName": name, "automountServiceAccountToken": automount, "containers": containers});
        server.send("POST", "/api/v1/namespaces/a/pods", &json!({"metadata": {"name": name}, "spec": spec}))
    };
    let (mounted, not_mounted) = (pod("mounted", true), pod("not-mounted", false));
    let ask = |account: &str, pod: &Value| {
        let bound =
            json!({"kind": "Pod", "apiVersion": "v1", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]});
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"boundObjectRef": bound}});
        let path = format!("/api/v1/namespaces/a/serviceaccounts/{account}/token");
        let groups = ["system:nodes", "system:authenticated"];
        let request = json!({"method": "POST", "path": path, "body": body, "as": "system:node:held", "groups": groups});
        server.requests(&[request]).remove(0)
    };
    until("the authorizer knows the pod", || {
        let answer = ask("mounted", &mounted);
        if answer["status"] == 201 { Ok(()) } else { Err(answer.to_string()) }
    });
    assert_eq!(ask("not-mounted", &not_mounted)["status"], 403);
    assert_eq!(ask("without-pod", &mounted)["status"], 403);
    // So does the graph: from a node to its pods, and from these to the accounts whose tokens they have.
    let graph = edges(&server.run("admin", &["paths", "list", "--output", "opengraph"]).json());
    assert!(graph["Node held"].contains("node-hosts"), "{:?}", graph.keys());
    assert!(graph["Pod a/mounted"].contains("use-service-account"));
    assert!(!graph["Pod a/not-mounted"].contains("use-service-account"));
}
