//! What ways rest on that is in several objects at once: pods that count for their owners, where they run, how they are
//! chosen.

use serde_json::Value;

use crate::program::Folder;

/// Which ways there are, and whether one of them is certain.
fn ways(yaml: &str, arguments: &[&str]) -> (i32, bool) {
    let folder = Folder::new(&[("a.yaml", yaml)]);
    let said = folder.run(&[&["paths", "list", ".", "--output", "json"], arguments].concat());
    let found: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
    let certain = found["paths"].as_array().is_some_and(|paths| paths.iter().any(|path| path["certain"] == true));
    (said.code, certain)
}

const NODES: &str = "\
apiVersion: v1
kind: Node
metadata: {name: n1}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, namespace: a, name: s}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: a}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: v1
kind: Pod
metadata: {name: adm, namespace: a}
spec: {nodeName: n1, serviceAccountName: s, containers: [{name: c, image: x}]}
---
";

/// A StatefulSet as a cluster has it, and its pod on a node.
const STATEFUL: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: d, namespace: a, uid: d1}
spec: {selector: {matchLabels: {x: y}}, template: {metadata: {labels: {x: y}}, spec: {automountServiceAccountToken: false, containers: [{name: c, image: x, securityContext: {privileged: true}}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: d-0, namespace: a, labels: {x: y, open: '1'}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: d, uid: d1, controller: true}]}
spec: {nodeName: n1, automountServiceAccountToken: false, containers: [{name: c, image: x, securityContext: {privileged: true}}]}
---
";

#[test]
fn a_node_leads_to_the_pods_that_are_on_one_of_the_nodes() {
    assert_eq!(ways(NODES, &["--from", "node", "--to", "cluster-admin"]), (1, true));
    assert_eq!(ways(NODES, &["--from", "node:n1", "--to", "cluster-admin"]), (1, true));
    assert_eq!(ways(NODES, &["--from", "node:n2", "--to", "cluster-admin"]), (0, false));
    // Both nodes take it: whether it is beside the other is not known.
    let somewhere = format!(
        "{NODES}apiVersion: apps/v1
kind: Deployment
metadata: {{name: d, namespace: a}}
spec: {{selector: {{matchLabels: {{x: y}}}}, template: {{metadata: {{labels: {{x: y}}}}, spec: {{automountServiceAccountToken: false, containers: [{{name: c, image: x, securityContext: {{privileged: true}}}}]}}}}}}
"
    );
    assert_eq!(ways(&somewhere, &["--from", "a/d", "--to", "cluster-admin"]), (1, false));
}

#[test]
fn what_no_node_takes_is_on_none_of_them() {
    let elsewhere = "\
apiVersion: v1
kind: Node
metadata: {name: n1}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ds, namespace: a}
spec: {selector: {matchLabels: {x: y}}, template: {metadata: {labels: {x: y}}, spec: {nodeSelector: {no: where}, serviceAccountName: s, containers: [{name: c, image: x}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, namespace: a, name: s}]
";
    assert_eq!(ways(elsewhere, &["--from", "node:n1", "--to", "cluster-admin"]), (0, false));
}

#[test]
fn pods_that_count_for_their_owner_say_where_it_runs() {
    let text = format!("{NODES}{STATEFUL}");
    assert_eq!(ways(&text, &["--from", "a/d", "--to", "cluster-admin"]), (1, true));
}

#[test]
fn labels_that_only_pods_have_lead_to_them() {
    let with = |selector: &str| {
        format!(
            "{STATEFUL}apiVersion: v1
kind: Service
metadata: {{name: s, namespace: a}}
spec: {{type: LoadBalancer, selector: {{{selector}}}, ports: [{{port: 80}}]}}
"
        )
    };
    let open = |selector: &str| ways(&with(selector), &["--from", "internet", "--to", "a/d"]).0;
    assert_eq!(open("statefulset.kubernetes.io/pod-name: d-0"), 1);
    assert_eq!(open("apps.kubernetes.io/pod-index: '0'"), 1);
    assert_eq!(open("statefulset.kubernetes.io/pod-name: d-3"), 0);
    assert_eq!(open("open: '1'"), 1);
    assert_eq!(open("open: '2'"), 0);
}

#[test]
fn pods_that_are_alike_and_not_what_their_owner_says_are_each_on_their_node() {
    let pod = |name: &str, node: &str| {
        format!(
            "apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: a, ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: d, uid: d1, controller: true}}]}}
spec: {{nodeName: {node}, volumes: [{{name: v, secret: {{secretName: db}}}}], containers: [{{name: c, image: other, volumeMounts: [{{name: v, mountPath: /v}}]}}]}}
---
"
        )
    };
    let text = format!(
        "{STATEFUL}{}{}apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: a}}\n",
        pod("d-1", "n3"),
        pod("d-2", "n4")
    );
    assert_eq!(ways(&text, &["--from", "node:n3", "--to", "secret:a/db"]), (1, true));
    assert_eq!(ways(&text, &["--from", "node:n4", "--to", "secret:a/db"]), (1, true));
    assert!(!ways(&text, &["--from", "node:n1", "--to", "secret:a/db"]).1);
}

#[test]
fn who_may_only_resolve_names_reaches_nothing_else() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: w, namespace: b}
spec: {selector: {matchLabels: {x: w}}, template: {metadata: {labels: {x: w}}, spec: {automountServiceAccountToken: false, containers: [{name: c, image: x}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: a}
spec: {selector: {matchLabels: {x: y}}, template: {metadata: {labels: {x: y}}, spec: {automountServiceAccountToken: false, containers: [{name: c, image: x, ports: [{containerPort: 80}], securityContext: {privileged: true}}]}}}
---
";
    let egress = |ports: &str| {
        format!(
            "{text}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: e, namespace: b}}
spec: {{podSelector: {{}}, policyTypes: [Egress], egress: [{{ports: [{ports}]}}]}}
"
        )
    };
    let reached = |ports: &str| ways(&egress(ports), &["--from", "b/w", "--to", "node"]).0;
    assert_eq!(reached("{port: 53, protocol: UDP}"), 0);
    assert_eq!(reached("{port: 443}"), 0);
    assert_eq!(reached("{port: 80}"), 1);
}

#[test]
fn more_rights_do_not_lead_to_less() {
    let with = |rules: &str| {
        format!(
            "apiVersion: v1
kind: Namespace
metadata: {{name: a, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: r, namespace: a}}
rules: [{rules}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: r, namespace: a}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}}
subjects: [{{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}}]
"
        )
    };
    let core = with("{apiGroups: [''], resources: ['*'], verbs: ['*']}");
    let all = with("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}");
    let binds = with(
        "{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}, {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}",
    );
    let escalates = with("{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [patch, escalate]}");
    for goal in ["node", "data", "traffic"] {
        for rights in [&core, &all, &binds, &escalates] {
            assert_eq!(ways(rights, &["--from", "user:jane", "--to", goal]), (1, true), "{goal}: {rights}");
        }
    }
}

#[test]
fn what_is_not_in_the_input_is_assumed_unless_it_is_complete() {
    let optional = "\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a}
spec: {containers: [{name: c, image: x, envFrom: [{secretRef: {name: db, optional: true}}]}]}
";
    assert_eq!(ways(optional, &["--from", "a/p", "--to", "secret:a/db"]), (1, false));
    let patches = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: a}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}]
";
    assert_eq!(ways(patches, &["--from", "user:jane", "--to", "node"]), (1, false));
    assert_eq!(ways(patches, &["--from", "user:jane", "--to", "node", "--complete"]), (0, false));
}

#[test]
fn a_node_mints_tokens_for_accounts_of_its_pods_before_1_33() {
    let text = NODES.replace("serviceAccountName: s,", "serviceAccountName: s, automountServiceAccountToken: false,");
    let reaches =
        |version: &str| ways(&text, &["--from", "node:n1", "--to", "sa:a/s", "--kubernetes-version", version]);
    assert_eq!(reaches("1.31"), (1, true));
    assert_eq!(reaches("1.34"), (0, false));
}
