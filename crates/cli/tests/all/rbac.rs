//! `plimsoll rbac`, as a user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const YAML: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: [''], resources: [secrets, pods/exec], verbs: [get, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
  - {kind: ServiceAccount, name: robot}
  - {kind: Group, name: \"dev\\e[31mops\", apiGroup: rbac.authorization.k8s.io}
";

/// A folder with this file, which is gone when it is dropped.
fn folder(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rbac.yaml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn rbac(arguments: &[&str], file: &PathBuf) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("rbac").args(arguments).arg("--path").arg(file).env("NO_COLOR", "1").output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn can_answers_with_its_exit_code_and_says_why() {
    let (_folder, file) = folder(YAML);
    let yes = rbac(&["can", "sa:shop/robot", "get", "secrets", "-n", "shop"], &file);
    assert_eq!(yes.status.code(), Some(0));
    let said = text(&yes);
    assert!(said.starts_with("yes: ServiceAccount shop/robot may get secrets in namespace `shop`"), "{said}");
    assert!(said.contains("RoleBinding shop/b → ClusterRole reader, rule 0"), "{said}");
    assert!(said.contains("rbac.yaml:5"), "{said}");
    let no = rbac(&["can", "sa:shop/robot", "get", "secrets", "-n", "other"], &file);
    assert_eq!(no.status.code(), Some(1));
    let masters = rbac(&["can", "group:system:masters", "delete", "nodes"], &file);
    assert_eq!(masters.status.code(), Some(0));
    let built_in = rbac(&["can", "system:anonymous", "get", "/healthz"], &file);
    assert_eq!(built_in.status.code(), Some(0));
    assert_eq!(rbac(&["can", "system:anonymous", "get", "/healthz", "--no-built-in"], &file).status.code(), Some(1));
}

/// What the program prints it takes, and what names nobody or nothing is no question.
#[test]
fn questions_are_understood_as_they_are_printed() {
    let (_folder, file) =
        folder(&YAML.replace("[secrets, pods/exec]", "[secrets, deployments/scale]").replace("['']", "['', apps]"));
    for asked in ["deployments/scale.apps", "deployments.apps/scale"] {
        let said = rbac(&["can", "sa:shop/robot", "get", asked, "-n", "shop"], &file);
        assert_eq!(said.status.code(), Some(0), "{asked}: {}", text(&said));
    }
    for asked in [["", "get", "pods"], ["sa:shop", "get", "pods"], ["jane", "get", ""], ["jane", " ", "pods"]] {
        let said = rbac(&[&["can"][..], &asked].concat(), &file);
        assert_eq!(said.status.code(), Some(3), "{asked:?}: {}", text(&said));
    }
}

/// Without a role or binding in the input nothing is known of who may do what.
#[test]
fn an_input_without_rights_answers_nothing() {
    let (_folder, file) =
        folder("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n");
    let said = rbac(&["can", "jane", "get", "pods", "-n", "shop"], &file);
    assert!(said.status.code() == Some(2) && text(&said).contains("were not looked at"), "{}", text(&said));
    let said = rbac(&["who-can", "create", "pods/exec", "-n", "shop"], &file);
    assert!(said.status.code() == Some(2) && text(&said).contains("were not looked at"), "{}", text(&said));
}

#[test]
fn a_role_that_was_not_seen_is_not_known() {
    let (_folder, file) = folder(&YAML.replace("name: reader}\nsubjects", "name: elsewhere}\nsubjects"));
    let ask = ["can", "sa:shop/robot", "get", "secrets", "-n", "shop"];
    assert_eq!(rbac(&ask, &file).status.code(), Some(2));
    assert_eq!(rbac(&[&ask[..], &["--complete"]].concat(), &file).status.code(), Some(1));
}

#[test]
fn who_can_names_everybody_and_no_terminal_escape_gets_through() {
    let (_folder, file) = folder(YAML);
    let said = text(&rbac(&["who-can", "create", "pods/exec", "-n", "shop"], &file));
    assert!(said.contains("ServiceAccount shop/robot") && said.contains("Group system:masters"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
    for arguments in [&["subjects"][..], &["matrix"], &["graph"], &["graph", "--format", "dot"]] {
        assert!(!text(&rbac(arguments, &file)).contains('\x1b'), "{arguments:?}");
    }
}

#[test]
fn subjects_are_told_with_what_is_dangerous() {
    let (_folder, file) = folder(YAML);
    let said = text(&rbac(&["subjects"], &file));
    assert!(said.contains("can read Secrets in namespace `shop`"), "{said}");
    let one = text(&rbac(&["subjects", "sa:shop/robot", "--no-built-in"], &file));
    assert!(one.contains("Everything in namespace `shop`") && one.contains("pods/exec"), "{one}");
}

#[test]
fn diff_says_who_gains() {
    let (_one, before) = folder(YAML);
    let (_two, after) = folder(&YAML.replace("verbs: [get, create]", "verbs: [get, create, delete]"));
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    let run = |a: &PathBuf, b: &PathBuf| Command::new(binary).args(["rbac", "diff"]).args([a, b]).output().unwrap();
    let gains = run(&before, &after);
    assert_eq!(gains.status.code(), Some(1));
    assert!(text(&gains).contains("delete on secrets"), "{}", text(&gains));
    assert_eq!(run(&after, &before).status.code(), Some(0));
    assert!(text(&run(&before, &before)).contains("nobody gains or loses"));
}

#[test]
fn least_privilege_is_proven_from_a_log() {
    let (folder, file) = folder(YAML);
    let event = |id: u32, verb: &str, resource: &str, code: u32| {
        format!(
            "{{\"kind\":\"Event\",\"auditID\":\"{id}\",\"stage\":\"ResponseComplete\",\"verb\":\"{verb}\",\"user\":{{\"username\":\
             \"system:serviceaccount:shop:robot\",\"groups\":[\"system:serviceaccounts\",\"system:serviceaccounts:shop\",\
             \"system:authenticated\"]}},\"objectRef\":{{\"resource\":\"{resource}\",\"namespace\":\"shop\",\"name\":\"x\"}},\
             \"responseStatus\":{{\"code\":{code}}}}}\n"
        )
    };
    let log = folder.path().join("audit.log");
    let events = event(1, "get", "secrets", 200) + &event(1, "get", "secrets", 200) + &event(2, "delete", "pods", 403);
    fs::write(&log, events + "no event\n").unwrap();
    let found = rbac(&["least-privilege", "--audit", log.to_str().unwrap()], &file);
    let said = text(&found);
    assert!(said.contains("resources: [secrets]") && said.contains("verbs: [get]"), "{said}");
    let (roles, _) = said.split_once("granted and not used").unwrap();
    assert!(!roles.contains("delete") && !roles.contains("exec"), "{said}");
    assert!(said.contains("allow 1 of 1 distinct requests"), "{said}");
    // One line is no event, which is said.
    assert_eq!(found.status.code(), Some(2));
}

#[test]
fn what_nobody_needs_is_told() {
    let twice = YAML.replace("name: b, namespace", "name: c, namespace");
    let twice = twice.split_once("---\n").unwrap().1.to_owned();
    let (_folder, file) = folder(&format!("{YAML}---\n{twice}"));
    let found = rbac(&["least-privilege"], &file);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found).contains("RoleBinding shop/c: all that it gives"), "{}", text(&found));
}

/// The lines of `rbac diff` about rights.
fn changes(before: &str, after: &str) -> Vec<String> {
    let (_one, before) = folder(before);
    let (_two, after) = folder(after);
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    let run = Command::new(binary).args(["rbac", "diff"]).args([before, after]).env("NO_COLOR", "1").output().unwrap();
    let lines = text(&run);
    lines.lines().filter(|line| line.starts_with("  +") || line.starts_with("  -")).map(str::to_owned).collect()
}

fn cluster_role(rules: &[&str]) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\n\
         subjects: [{{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}}]\n",
        rules.join(", ")
    )
}

/// Of what discovery does not know nothing is lost, and `*` is `*`.
#[test]
fn diff_compares_rules_as_they_are_written() {
    let rule = |verbs: &str, group: &str, resources: &str| {
        format!("{{verbs: [{verbs}], apiGroups: ['{group}'], resources: [{resources}]}}")
    };
    let role = |rules: &[String]| cluster_role(&rules.iter().map(|rule| &**rule).collect::<Vec<_>>());
    let none = role(&[]);
    let scopes = role(&[rule("impersonate", "authentication.k8s.io", "userextras/scopes")]);
    assert_eq!(
        changes(&none, &scopes),
        ["  + impersonate on userextras/scopes.authentication.k8s.io in the whole cluster"]
    );
    let all = role(&[rule("'*'", "*", "'*'")]);
    assert_eq!(changes(&none, &all), ["  + * on *.* in the whole cluster"]);
    // What a wildcard has already is no gain; the rest of the wildcard is a loss.
    let some = role(&[rule("get, list", "", "pods, pods/log")]);
    assert_eq!(changes(&all, &some), ["  - * on *.* in the whole cluster"]);
    assert_eq!(
        changes(&some, &role(&[rule("get, list", "", "pods"), rule("get, list", "*", "'*/log'")])),
        ["  + get, list on */log.* in the whole cluster"]
    );
    let verbs = role(&[rule("'*'", "", "pods")]);
    assert_eq!(changes(&role(&[rule("get", "", "pods")]), &verbs), ["  + * on pods in the whole cluster"]);
    let twice = role(&[rule("get", "", "pods"), rule("'*'", "", "'*'")]);
    assert_eq!(changes(&none, &twice), ["  + * on * in the whole cluster"]);
}

#[test]
fn diff_compares_names_and_urls_one_by_one() {
    let named = |names: &str| {
        cluster_role(&[&format!("{{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [{names}]}}")])
    };
    assert_eq!(
        changes(&named("a, b"), &named("b, c")),
        ["  + get on secrets (only c) in the whole cluster", "  - get on secrets (only a) in the whole cluster"]
    );
    let any = cluster_role(&["{verbs: [get], apiGroups: [''], resources: [secrets]}"]);
    assert_eq!(changes(&any, &named("a, b")), ["  - get on secrets in the whole cluster"]);
    let urls = |urls: &str| cluster_role(&[&format!("{{verbs: [get], nonResourceURLs: [{urls}]}}")]);
    assert_eq!(changes(&urls("'/metrics', '/logs/*'"), &urls("'*'")), ["  + get on /* in the whole cluster"]);
    assert_eq!(changes(&urls("'/logs/*'"), &urls("'/logs/a'")), ["  - get on /logs/* in the whole cluster"]);
    // All URLs are not all resources.
    let resources = cluster_role(&["{verbs: [get], apiGroups: ['*'], resources: ['*']}"]);
    assert_eq!(
        changes(&resources, &urls("'*'")),
        ["  + get on /* in the whole cluster", "  - get on *.* in the whole cluster"]
    );
}

#[test]
fn subjects_have_subresources_that_discovery_does_not_know() {
    let (_folder, file) = folder(&cluster_role(&[
        "{verbs: [impersonate], apiGroups: [authentication.k8s.io], resources: [userextras/scopes]}",
        "{verbs: [get], apiGroups: ['*'], resources: [pods/unheard-of]}",
    ]));
    let said = text(&rbac(&["subjects", "user:jane"], &file));
    for line in [
        "  userextras/scopes.authentication.k8s.io          impersonate",
        "  pods/unheard-of.*                                get",
    ] {
        assert!(said.lines().any(|found| found == line), "{line}: {said}");
    }
}

/// A row says what its subject can do, through groups that it is certainly in as well.
#[test]
fn a_row_of_the_matrix_has_what_comes_through_groups() {
    let binding = |name: &str, namespace: &str, role: &str, group: &str| {
        let (kind, namespace) = match namespace {
            "" => ("ClusterRoleBinding", String::new()),
            namespace => ("RoleBinding", format!(", namespace: {namespace}")),
        };
        format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
             subjects: [{{kind: Group, name: '{group}', apiGroup: rbac.authorization.k8s.io}}]\n"
        )
    };
    let executes = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: executes}\n\
                    rules: [{verbs: [create], apiGroups: [''], resources: [pods/exec]}]\n";
    let nodes = executes.replace("executes", "proxies").replace("pods/exec", "nodes/proxy");
    let text_of = YAML.to_owned()
        + executes
        + &nodes
        + &binding("one", "other", "executes", "system:serviceaccounts:shop")
        + &binding("two", "", "proxies", "system:authenticated");
    let (_folder, file) = folder(&text_of);
    let csv = text(&rbac(&["matrix", "--format", "csv"], &file));
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let cell = |row: &str, column: &str| {
        let column = rows[0].iter().position(|id| *id == column).unwrap();
        rows.iter().find(|found| found[1].contains(row)).unwrap()[column].to_owned()
    };
    assert_eq!(cell("shop/robot", "node-proxy"), "critical cluster through system:authenticated");
    assert_eq!(cell("shop/robot", "read-secrets"), "high shop");
    assert_eq!(cell("shop/robot", "exec-pods"), "medium 2 namespaces");
    assert_eq!(cell("system:serviceaccounts:shop", "exec-pods"), "medium other");
    assert_eq!(cell("system:authenticated", "node-proxy"), "critical cluster");
    // What everybody may is said once where subjects are listed.
    let listed = text(&rbac(&["subjects"], &file));
    assert_eq!(listed.matches("can call the kubelet").count(), 1, "{listed}");
}

#[test]
fn roles_of_one_name_are_told_and_none_hides_another() {
    let role = |verb: &str, resource: &str| {
        format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: a}}\nrules:\n  \
             - {{apiGroups: [''], resources: [{resource}], verbs: [{verb}]}}\n"
        )
    };
    let bound = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\n\
                 roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: a}\n\
                 subjects: [{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}]\n";
    let (_folder, file) = folder(&(role("get", "secrets") + bound + &role("get", "pods")));
    for resource in ["secrets", "pods"] {
        let answer = rbac(&["can", "user:u", "get", resource], &file);
        assert_eq!(answer.status.code(), Some(0), "{resource}");
        let said = text(&answer);
        assert!(said.contains("ClusterRole `a` is there 2 times and is not the same"), "{said}");
    }
    let (_folder, file) = folder(&(role("get", "secrets") + bound));
    assert!(!text(&rbac(&["can", "user:u", "get", "secrets"], &file)).contains("is not the same"));
}
