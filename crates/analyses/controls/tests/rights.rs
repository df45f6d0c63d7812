//! What controls say of rights that are put together: of several roles, groups, scopes, names, and of objects that only
//! look like those that every cluster has.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::panic, reason = "an input that is none of a test")]

use std::fmt::Write as _;

use controls::engine::{Engine, Passed};
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;
use model::workload::workloads;

/// Objects, a line each: `ClusterRole r: group|resources|verbs|names; …`, `RoleBinding shop/b: ClusterRole r > User eve, …`,
/// `Pod shop/p: account`, `Namespace shop`. `-` is the core group; `+` after a name is the label of what every cluster has, `@view` adds it to
/// that role.
fn objects(lines: &str) -> String {
    let mut text = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, rest) = line.split_once(": ").unwrap_or((line, ""));
        let (kind, name) = head.split_once(' ').unwrap();
        let (name, aggregated) = name.split_once('@').unwrap_or((name, ""));
        let (name, is_shipped) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        let api = match kind {
            "Pod" | "Namespace" | "ServiceAccount" => "v1",
            _ => "rbac.authorization.k8s.io/v1",
        };
        writeln!(text, "---\napiVersion: {api}\nkind: {kind}\nmetadata:\n  name: '{name}'").unwrap();
        if !namespace.is_empty() {
            writeln!(text, "  namespace: {namespace}").unwrap();
        }
        if is_shipped {
            writeln!(text, "  labels: {{kubernetes.io/bootstrapping: rbac-defaults}}").unwrap();
        }
        if !aggregated.is_empty() {
            writeln!(text, "  labels: {{rbac.authorization.k8s.io/aggregate-to-{aggregated}: 'true'}}").unwrap();
        }
        match kind {
            "ClusterRole" | "Role" => rules(rest, &mut text),
            "ClusterRoleBinding" | "RoleBinding" => binding(rest, &mut text),
            "Pod" => {
                writeln!(text, "spec: {{serviceAccountName: {rest}, containers: [{{name: c, image: i}}]}}").unwrap();
            }
            "Namespace" | "ServiceAccount" => {}
            other => panic!("{other}"),
        }
    }
    text
}

fn rules(rest: &str, text: &mut String) {
    writeln!(text, "rules:").unwrap();
    for rule in rest.split("; ") {
        let mut parts = rule.split('|');
        let mut list = || parts.next().unwrap_or_default().replace("'", "");
        let (group, resources, verbs, names) = (list(), list(), list(), list());
        let quoted = |list: &str| list.split(',').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
        let group = if group == "-" { String::new() } else { group };
        write!(text, "- {{apiGroups: ['{group}'], resources: [{}], verbs: [{}]", quoted(&resources), quoted(&verbs))
            .unwrap();
        if !names.is_empty() {
            write!(text, ", resourceNames: [{}]", quoted(&names)).unwrap();
        }
        writeln!(text, "}}").unwrap();
    }
}

fn binding(rest: &str, text: &mut String) {
    let (role, subjects) = rest.split_once(" > ").unwrap();
    let (kind, name) = role.split_once(' ').unwrap();
    writeln!(text, "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: '{name}'}}\nsubjects:")
        .unwrap();
    for subject in subjects.split(", ") {
        let (kind, name) = subject.split_once(' ').unwrap();
        match (kind, name.split_once('/')) {
            ("ServiceAccount", Some((namespace, name))) => {
                writeln!(text, "- {{kind: {kind}, name: {name}, namespace: {namespace}}}").unwrap();
            }
            _ => writeln!(text, "- {{kind: {kind}, name: '{name}', apiGroup: rbac.authorization.k8s.io}}").unwrap(),
        }
    }
}

/// What a control says: of which objects, how bad, and in which words.
fn said(control: &str, lines: &str) -> Vec<(String, String, String)> {
    said_with(Status::Fail, control, lines)
}

/// The same of what is not known, or of whatever else.
fn said_with(status: Status, control: &str, lines: &str) -> Vec<(String, String, String)> {
    let control = controls::all().find(|registered| registered.control.id == control).unwrap();
    let engine = Engine::new(vec![control], Passed::Drop, Settings::default());
    let mut inventory = Inventory::default();
    let (text, mut part) = (objects(lines), Part::default());
    for range in yaml::separate::documents(&text) {
        let document = yaml::parse_document(&text[range]).unwrap();
        let lines = LineIndex::new(1);
        let Some(object) = Object::new(document.root()) else { continue };
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &workloads(&object), 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let found = inventory.occurrences.iter().filter(|found| found.status == status);
    let mut told: Vec<(String, String, String)> = found
        .map(|found| {
            let name = inventory.symbols.text(inventory.resource(found.resource).name);
            let value = inventory.symbols.text(found.value);
            let message = inventory.symbols.text(found.message).replace("{value}", &value);
            (name, found.severity.name().to_owned(), message)
        })
        .collect();
    told.sort();
    told
}

/// Expects these objects, each as bad as said.
#[track_caller]
fn expect(control: &str, lines: &str, expected: &[(&str, &str)]) {
    let said = said(control, lines);
    let short: Vec<(&str, &str)> = said.iter().map(|(name, severity, _)| (&**name, &**severity)).collect();
    assert_eq!(short, expected, "{control}\n{lines}\n{said:#?}");
}

#[test]
fn a_label_and_a_name_do_not_make_what_every_cluster_has() {
    let all = "ClusterRoleBinding system:basic-user+: ClusterRole cluster-admin > User eve, Group system:unauthenticated, \
               ServiceAccount shop/default";
    expect("cluster-admin-bound", all, &[("system:basic-user", "critical")]);
    expect("anonymous-access-granted", all, &[("system:basic-user", "critical")]);
    expect("default-service-account-bound", all, &[("system:basic-user", "high")]);
    let grown = "ClusterRoleBinding cluster-admin+: ClusterRole cluster-admin > Group system:masters, User eve";
    expect("cluster-admin-bound", grown, &[("cluster-admin", "critical")]);
    let own = "ClusterRoleBinding cluster-admin+: ClusterRole cluster-admin > Group system:masters";
    expect("cluster-admin-bound", own, &[]);
    let role = "ClusterRole system:discovery+: -|secrets|get,list
                ClusterRoleBinding system:discovery+: ClusterRole system:discovery > Group system:authenticated";
    expect("secrets-readable", role, &[("system:discovery", "high")]);
    let cleaner = "Role kube-system/system:controller:token-cleaner+: -|secrets|get,list,watch,delete
                   RoleBinding kube-system/system:controller:token-cleaner+: Role system:controller:token-cleaner > User eve";
    expect("secrets-readable", cleaner, &[("system:controller:token-cleaner", "high")]);
}

#[test]
fn what_is_expected_is_so_with_its_kind_its_namespace_and_its_rules() {
    let read = "-|secrets|get,list";
    let anonymous = |role: &str, bound: &str| format!("{role}\n{bound} > User system:anonymous");
    let cases = [
        (
            format!("Role kube-system/kubeadm:bootstrap-signer-clusterinfo: {read}"),
            "RoleBinding kube-system/b: Role kubeadm:bootstrap-signer-clusterinfo",
            1,
        ),
        (
            format!("Role kube-public/kubeadm:bootstrap-signer-clusterinfo: {read}"),
            "RoleBinding kube-public/b: Role kubeadm:bootstrap-signer-clusterinfo",
            1,
        ),
        (
            "Role kube-public/kubeadm:bootstrap-signer-clusterinfo: -|configmaps|get|cluster-info".to_owned(),
            "RoleBinding kube-public/b: Role kubeadm:bootstrap-signer-clusterinfo",
            0,
        ),
        (
            format!("Role shop/system:public-info-viewer: {read}"),
            "RoleBinding shop/b: Role system:public-info-viewer",
            1,
        ),
        (
            format!("ClusterRole system:public-info-viewer: {read}"),
            "ClusterRoleBinding b: ClusterRole system:public-info-viewer",
            1,
        ),
        ("Namespace shop".to_owned(), "ClusterRoleBinding b: ClusterRole system:public-info-viewer", 0),
    ];
    for (role, bound, times) in cases {
        let lines = anonymous(&role, bound);
        assert_eq!(said("anonymous-access-granted", &lines).len(), times, "{lines}");
    }
    let nodes = format!(
        "Role shop/kubeadm:kubelet-config: {read}\nRoleBinding shop/b: Role kubeadm:kubelet-config > Group system:nodes"
    );
    expect("system-nodes-group-bound", &nodes, &[("b", "high")]);
}

#[test]
fn every_role_that_gives_it_is_said() {
    let two = "ClusterRole r1: -|secrets|get
               ClusterRole r2: -|secrets|list
               ClusterRoleBinding a: ClusterRole r1 > ServiceAccount shop/robot
               ClusterRoleBinding b: ClusterRole r2 > ServiceAccount shop/robot";
    expect("secrets-readable", two, &[("r1", "high"), ("r2", "high")]);
    let local = "ClusterRole r1: -|secrets|get
                 Role kube-system/r2: -|secrets|list
                 ClusterRoleBinding a: ClusterRole r1 > User eve
                 RoleBinding kube-system/b: Role r2 > User eve";
    expect("secrets-readable", local, &[("r1", "high"), ("r2", "high")]);
    let group = "ClusterRole r1: -|secrets|get
                 ClusterRole r2: -|secrets|list
                 ClusterRoleBinding a: ClusterRole r1 > Group system:serviceaccounts
                 ClusterRoleBinding b: ClusterRole r2 > ServiceAccount shop/robot";
    expect("secrets-readable", group, &[("r1", "high"), ("r2", "high")]);
    let edit = "Role shop/r: -|secrets|get,list
                RoleBinding shop/a: ClusterRole edit > ServiceAccount shop/robot
                RoleBinding shop/b: Role r > ServiceAccount shop/robot";
    expect("secrets-readable", edit, &[("r", "medium")]);
    let admin = "ClusterRole r: -|secrets|get,list
                 ClusterRoleBinding a: ClusterRole cluster-admin > User eve
                 ClusterRoleBinding b: ClusterRole r > User eve";
    expect("secrets-readable", admin, &[("r", "high")]);
    expect("cluster-admin-bound", admin, &[("a", "critical")]);
}

#[test]
fn names_of_objects_make_harmless_only_what_they_do() {
    let named = |rule: &str| {
        format!(
            "ClusterRole r: {rule}\nClusterRoleBinding b: ClusterRole r > User eve\nServiceAccount shop/root\nServiceAccount shop/small"
        )
    };
    let with_admin = |rule: &str| {
        format!(
            "{}\nClusterRoleBinding all: ClusterRole cluster-admin > ServiceAccount shop/root, User admin",
            named(rule)
        )
    };
    let of = |control: &str, lines: &str| {
        said(control, lines)
            .into_iter()
            .filter(|(name, ..)| name == "r")
            .map(|(_, severity, _)| severity)
            .collect::<Vec<_>>()
    };
    let cases = [
        ("service-account-tokens-creatable", with_admin("-|serviceaccounts/token|create|root"), "critical"),
        ("service-account-tokens-creatable", with_admin("-|serviceaccounts/token|create|small"), "low"),
        ("impersonation-allowed", with_admin("-|users|impersonate|admin"), "critical"),
        ("impersonation-allowed", with_admin("-|users|impersonate|jane"), "low"),
        ("nodes-proxy-allowed", named("-|nodes/proxy|get|master-0"), "critical"),
        ("role-escalate-allowed", named("rbac.authorization.k8s.io|clusterroles|escalate,update|mine"), "critical"),
        (
            "csr-signing-allowed",
            named(
                "certificates.k8s.io|signers|sign|kubernetes.io/kube-apiserver-client; certificates.k8s.io|certificatesigningrequests/status|update",
            ),
            "high",
        ),
        ("namespaces-patchable", named("-|namespaces|update|kube-system"), "high"),
        (
            "webhook-configuration-writable",
            named("admissionregistration.k8s.io|mutatingwebhookconfigurations|patch|istio"),
            "critical",
        ),
        ("secrets-readable", named("-|secrets|get|tls"), "low"),
    ];
    for (control, lines, severity) in cases {
        assert_eq!(of(control, &lines), [severity], "{control}\n{lines}");
    }
    let exec = "Role kube-system/r: -|pods/exec|create|etcd-master\nRoleBinding kube-system/b: Role r > User eve";
    expect("pod-exec-allowed", exec, &[("r", "high")]);
}

#[test]
fn a_right_of_the_cluster_and_one_of_a_namespace_are_put_together() {
    let lines = "ClusterRole nodes: -|nodes|patch
                 Role kube-system/pods: -|pods|delete
                 ClusterRoleBinding a: ClusterRole nodes > User eve
                 RoleBinding kube-system/b: Role pods > User eve";
    let said = said("pods-stealable", lines);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].2.contains("in namespace `kube-system`"), "{said:#?}");
    let mut shared =
        "Role shop/run: -|pods|create\nRoleBinding shop/r: Role run > ServiceAccount shop/robot\n".to_owned();
    for number in 0..70 {
        writeln!(
            shared,
            "Role n{number}/make: -|secrets|create\nRoleBinding n{number}/m: Role make > Group system:authenticated"
        )
        .unwrap();
    }
    shared.push_str("Role shop/make: -|secrets|create\nRoleBinding shop/m: Role make > Group system:authenticated");
    let minted = self::said("secrets-mintable", &shared);
    assert!(minted.iter().any(|(_, _, message)| message.starts_with("`ServiceAccount shop/robot`")), "{minted:#?}");
    assert!(minted.iter().all(|(_, _, message)| !message.contains("controller")), "{minted:#?}");
    assert!(minted.iter().any(|(_, _, message)| message.contains("through the group `system:authenticated`")));
}

#[test]
fn known_subjects_are_known_by_their_kind() {
    let masters = "ClusterRoleBinding b: ClusterRole cluster-admin > User system:masters";
    expect("cluster-admin-bound", masters, &[("b", "critical")]);
    let group = "ClusterRoleBinding b: ClusterRole cluster-admin > Group system:masters";
    expect("cluster-admin-bound", group, &[]);
}

#[test]
fn the_narrowest_change_fits_the_rule() {
    let change = |rule: &str| {
        let lines = format!("ClusterRole r: {rule}\nClusterRoleBinding b: ClusterRole r > User eve");
        said("secrets-readable", &lines).remove(0).2
    };
    assert!(
        change("-|pods,secrets|get")
            .ends_with("Take `secrets` out of the rule, or name the objects that are needed in `resourceNames`")
    );
    assert!(change("-|secrets|get,delete").contains("Take `get` out of the rule"));
    assert!(change("-|*|get").ends_with("Write the resources that are used in the place of `*`"));
    let lines = "Role shop/r: -|pods|create\nRoleBinding shop/b: Role r > User eve";
    assert!(said("pods-creatable", lines)[0].2.ends_with("Take the rule out"), "{:?}", said("pods-creatable", lines));
}

#[test]
fn what_the_catalogue_names_is_found() {
    let of = |control: &str, rules: &str, expected: &[(&str, &str)]| {
        expect(control, &format!("ClusterRole r: {rules}\nClusterRoleBinding b: ClusterRole r > User eve"), expected);
    };
    of("impersonation-allowed", "-|groups|impersonate", &[("r", "medium")]);
    of("impersonation-allowed", "authentication.k8s.io|uids|impersonate", &[("r", "medium")]);
    of("impersonation-allowed", "authentication.k8s.io|userextras/scopes|impersonate", &[("r", "medium")]);
    of("impersonation-allowed", "-|users,groups|impersonate", &[("r", "critical")]);
    of("role-escalate-allowed", "rbac.authorization.k8s.io|clusterroles|escalate,create", &[("r", "critical")]);
    of("role-escalate-allowed", "rbac.authorization.k8s.io|clusterroles|escalate,create|mine", &[]);
    of("pods-creatable", "-|podtemplates|create", &[("r", "critical")]);
    of("secrets-mintable", "-|secrets|create; apps|deployments|patch", &[("r", "high")]);
    of("admission-policy-writable", "admissionregistration.k8s.io|mutatingadmissionpolicies|delete", &[("r", "high")]);
    of("admission-policy-writable", "policies.kyverno.io|imagevalidatingpolicies|delete", &[("r", "high")]);
    of("admission-policy-writable", "mutations.gatekeeper.sh|assign|create", &[("r", "high")]);
    of("networking-writable", "networking.k8s.io|ingresses|delete", &[("r", "medium")]);
    of("workload-deletable", "-|namespaces|delete", &[("r", "high")]);
    of(
        "csr-approval-allowed",
        "certificates.k8s.io|certificatesigningrequests/approval|update; certificates.k8s.io|signers|approve",
        &[("r", "high")],
    );
}

#[test]
fn steps_from_a_pod_to_a_powerful_account_are_followed() {
    let with = |lines: &str| {
        format!(
            "Pod shop/web: robot\nServiceAccount shop/admin\nPod shop/op: admin\n{lines}\n\
             ClusterRoleBinding all: ClusterRole cluster-admin > ServiceAccount shop/admin"
        )
    };
    let found = |lines: &str| {
        said("workload-service-account-can-take-over", &with(lines)).iter().filter(|(name, ..)| name == "web").count()
    };
    let bound = |rule: &str| format!("Role shop/r: {rule}\nRoleBinding shop/b: Role r > ServiceAccount shop/robot");
    assert_eq!(found(&bound("apps|deployments|patch")), 1);
    assert_eq!(found(&bound("-|pods/exec|create")), 1);
    assert_eq!(found(&bound("-|serviceaccounts/token|create|admin")), 1);
    assert_eq!(found(&bound("-|serviceaccounts/token|create|web")), 0);
    assert_eq!(found(&bound("-|configmaps|get")), 0);
    let elsewhere = "Role other/r: -|pods/exec|create\nRoleBinding other/b: Role r > ServiceAccount shop/robot";
    assert_eq!(found(elsewhere), 0);
}

#[test]
fn edit_is_as_bad_as_the_worst_account_of_its_namespace() {
    let mints = "ClusterRole m: -|serviceaccounts/token|create\nClusterRoleBinding m: ClusterRole m > ServiceAccount ops/robot\n";
    let reads = "ClusterRole m: -|secrets|get\nRoleBinding other/m: ClusterRole m > ServiceAccount ops/robot\n";
    let edit = "RoleBinding ops/e: ClusterRole edit > User eve\n";
    let own = "RoleBinding ops/e: ClusterRole edit > ServiceAccount ops/robot\n";
    expect("built-in-edit-underestimated", &format!("{mints}{edit}"), &[("e", "critical")]);
    expect("built-in-edit-underestimated", &format!("{reads}{edit}"), &[("e", "high")]);
    // What it can do itself is no step.
    expect("built-in-edit-underestimated", &format!("{mints}{own}"), &[("e", "info")]);
    expect("built-in-edit-underestimated", edit, &[("e", "info")]);
    // What is written under that name is put back by the API server.
    expect("built-in-edit-underestimated", &format!("ClusterRole edit: -|pods|get\n{edit}"), &[("e", "info")]);
}

#[test]
fn rules_of_an_aggregated_role_are_judged_together() {
    // Deleting pods and changing nodes moves pods; neither does alone.
    expect("aggregated-role-surprise", "ClusterRole a@view: -|pods|delete; -|nodes|patch", &[("a", "medium")]);
    expect("aggregated-role-surprise", "ClusterRole a@view: -|pods|delete", &[]);
    expect("aggregated-role-surprise", "ClusterRole a@view: -|nodes|patch", &[]);
}

#[test]
fn who_may_bind_or_escalate_is_told_once() {
    let escalates = "ClusterRole r: rbac.authorization.k8s.io|clusterroles|update,escalate\nClusterRoleBinding b: ClusterRole r > User eve\n";
    expect("role-escalate-allowed", escalates, &[("r", "critical")]);
    expect("roles-writable", escalates, &[]);
    let binds = "ClusterRole r: rbac.authorization.k8s.io|clusterrolebindings|create; rbac.authorization.k8s.io|clusterroles|bind\nClusterRoleBinding b: ClusterRole r > User eve\n";
    expect("role-bind-allowed", binds, &[("r", "critical")]);
    expect("role-bindings-writable", binds, &[]);
}

#[test]
fn rules_that_grant_everything_have_wildcards() {
    let lines = "ClusterRole r: *|*|*\nClusterRoleBinding b: ClusterRole r > User eve, Group team\n";
    expect("wildcard-verbs", lines, &[("r", "high")]);
    expect("wildcard-resources", lines, &[("r", "high")]);
    expect("cluster-admin-bound", lines, &[("r", "critical")]);
}

#[test]
fn an_account_may_be_written_as_the_user_that_it_is() {
    let lines = "ClusterRole r: -|pods|get\nRoleBinding shop/b: ClusterRole r > User system:serviceaccount:shop:gone";
    let unknown = said_with(Status::Skip, "role-binding-dangling-subject", lines);
    assert_eq!(unknown.len(), 1, "{unknown:#?}");
    assert!(unknown[0].2.contains("`shop/gone` is not in the input"), "{unknown:#?}");
    let there = format!("{lines}\nServiceAccount shop/gone");
    assert_eq!(said_with(Status::Skip, "role-binding-dangling-subject", &there), []);
}

#[test]
fn nodes_change_nodes() {
    let lines = "ClusterRole r: -|nodes/status|patch\nClusterRoleBinding b: ClusterRole r > User";
    expect("node-writable", &format!("{lines} system:node:worker"), &[]);
    expect("node-writable", &format!("{lines} eve"), &[("r", "medium")]);
}

#[test]
fn a_few_subjects_are_named_and_the_rest_are_counted() {
    let lines =
        "ClusterRole r: -|secrets|get\nClusterRoleBinding b: ClusterRole r > User a, User b, User c, User d, User e";
    let said = said("secrets-readable", lines);
    assert!(said[0].2.starts_with("`User a, User b, User c and 2 others` can read Secrets"), "{said:#?}");
}

#[test]
fn rules_that_say_less_than_they_seem_to() {
    let bound = "\nClusterRoleBinding b: ClusterRole r > User eve";
    let defect = |rule: &str| {
        let said = said("ineffective-rule", &format!("ClusterRole r: {rule}{bound}"));
        said.into_iter().map(|(_, _, message)| message).collect::<Vec<_>>().join("; ")
    };
    assert!(defect("-|deployments|get").contains("it is of `apps`"), "{}", defect("-|deployments|get"));
    assert!(defect("apps|pods|get").contains("the core group"));
    assert_eq!(defect("*|deployments|get"), "");
    assert_eq!(defect("example.com|deployments|get"), "");
    assert!(defect("-|secrets|get,create|mine").starts_with("`create` is asked without a name"));
    assert!(defect("-|secrets|get,list|mine").starts_with("`list` with `resourceNames`"));
    assert_eq!(defect("-|secrets|get|mine"), "");
    assert!(defect("example.com|things|GET").contains("is no verb"));
    assert_eq!(defect("-|pods/exec|create|mine"), "");
}
