//! `plimsoll.yaml`: every flag as a key, parameters, severities and overrides; and what is said of mistakes.

use crate::program::Folder;

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  hostNetwork: true
  containers:
    - name: app
      image: quay.io/acme/app:1
";

fn controls(json: &serde_json::Value) -> Vec<(String, String)> {
    let results = json["results"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    results.map(|result| (text(&result["control"]), text(&result["severity"]))).collect()
}

#[test]
fn keys_are_flags_and_what_is_typed_wins() {
    let folder = Folder::new(&[
        ("deploy/app.yaml", POD),
        ("plimsoll.yaml", "paths: [deploy]\nonly: [host-network-namespace, host-port]\nseverity-threshold: critical\n"),
    ]);
    let (code, json) = folder.scan(&[]);
    assert_eq!((code, json["summary"]["threshold"].as_str()), (0, Some("critical")));
    assert_eq!(controls(&json), [("host-network-namespace".to_owned(), "high".to_owned())]);
    let (code, json) = folder.scan(&["--severity-threshold", "high"]);
    assert_eq!((code, json["summary"]["threshold"].as_str()), (1, Some("high")));
    let (_, json) = folder.scan(&["--only", "image-tag-mutable"]);
    assert_eq!(controls(&json), []);
    let (_, json) = folder.scan(&["--no-config"]);
    assert!(controls(&json).len() > 5);
}

#[test]
fn the_file_is_found_from_the_path_upwards_to_the_root_of_the_repository() {
    let folder = Folder::new(&[
        ("plimsoll.yaml", "only: [host-port]\n"),
        ("a/b/app.yaml", POD),
        ("other/.git/HEAD", ""),
        ("other/app.yaml", POD),
    ]);
    assert_eq!(controls(&folder.scan(&["a/b"]).1), []);
    assert_eq!(controls(&folder.scan(&["a/b/app.yaml"]).1), []);
    assert!(controls(&folder.scan(&["other"]).1).len() > 5, "another repository has its own configuration");
}

#[test]
fn controls_have_parameters_and_severities() {
    let folder = Folder::new(&[
        ("app.yaml", POD),
        (
            "plimsoll.yaml",
            "only: [image, supply-chain, host-network-namespace]\ncontrols:\n  image-registry-not-allowed:\n    severity: critical\n    \
             parameters:\n      allowed: [ghcr.io/acme]\n  image-pull-policy-not-always: false\n  \
             image-not-pinned-to-digest:\n    enabled: false\n",
        ),
    ]);
    let expected = [("host-network-namespace", "high"), ("image-registry-not-allowed", "critical")];
    let found = controls(&folder.scan(&["app.yaml"]).1);
    assert_eq!(found.iter().map(|(id, severity)| (&**id, &**severity)).collect::<Vec<_>>(), expected);
}

#[test]
fn overrides_hold_for_their_paths_alone() {
    let folder = Folder::new(&[
        ("app.yaml", POD),
        ("legacy/app.yaml", POD),
        ("vendor/app.yaml", POD),
        (
            "plimsoll.yaml",
            "only: [host-network-namespace, image-registry-not-allowed]\ncontrols:\n  image-registry-not-allowed:\n    \
             parameters: {allowed: [quay.io]}\noverrides:\n  - paths: [legacy/]\n    controls:\n      \
             host-network-namespace: {severity: low}\n  - paths: [\"vendor/**\"]\n    skip: [high]\n    controls:\n      \
             image-registry-not-allowed:\n        parameters: {allowed: [ghcr.io]}\n",
        ),
    ]);
    let (_, json) = folder.scan(&["."]);
    let found: Vec<(String, &str, &str)> = json["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let path = result["occurrences"][0]["path"].as_str().unwrap().to_owned();
            (path, result["control"].as_str().unwrap(), result["severity"].as_str().unwrap())
        })
        .collect();
    let found: Vec<(&str, &str, &str)> = found.iter().map(|(path, id, severity)| (&**path, *id, *severity)).collect();
    assert_eq!(
        found,
        [
            ("app.yaml", "host-network-namespace", "high"),
            ("legacy/app.yaml", "host-network-namespace", "low"),
            ("vendor/app.yaml", "image-registry-not-allowed", "medium"),
        ]
    );
}

#[test]
fn mistakes_are_said_with_their_place() {
    for (text, expected) in [
        (
            "severity-treshold: high\n",
            "plimsoll.yaml:1:1: the configuration has no key `severity-treshold`: did you mean `severity-threshold`?",
        ),
        ("a: &a [1\n", "plimsoll.yaml:1"),
        ("\nseverity-threshold: hihg\n", "plimsoll.yaml:2:21: `severity-threshold`: there is no severity `hihg`"),
        ("quiet: perhaps\n", "plimsoll.yaml:1:8: `quiet` is true or false"),
        ("controls:\n  priviledged-container: false\n", "did you mean `privileged-container`?"),
        (
            "controls:\n  host-port:\n    severty: low\n",
            "plimsoll.yaml:3:5: control `host-port` has no key `severty`: did you mean `severity`?",
        ),
        ("controls:\n  host-port:\n    severity: worst\n", "there is no severity `worst`"),
        (
            "controls:\n  image-registry-not-allowed:\n    parameters:\n      alowed: [x]\n",
            "plimsoll.yaml:4:15: control `image-registry-not-allowed` has no parameter `alowed`",
        ),
        ("controls:\n  low-user: x\n", "there is no control `low-user`"),
        ("overrides:\n  - skip: [low]\n", "plimsoll.yaml:2:5: an override names the `paths`"),
        ("only: [nothing-like-this]\n", "there is no control, group or severity `nothing-like-this`"),
        ("- a\n", "plimsoll.yaml:1:1: the configuration is a mapping"),
    ] {
        let folder = Folder::new(&[("app.yaml", POD), ("plimsoll.yaml", text)]);
        let said = folder.run(&["scan", "app.yaml"]);
        assert!(said.code == 3 && said.err.contains(expected), "{text}: {} {}", said.code, said.err);
    }
    let folder = Folder::new(&[("app.yaml", POD)]);
    let said = folder.run(&["scan", "--config", "none.yaml"]);
    assert!(said.code == 3 && said.err.contains("there is no configuration `none.yaml`"), "{}", said.err);
}

/// What a reader of these messages does next is in them.
#[test]
fn what_is_nearly_right_is_told_how_it_is_right() {
    let exceptions = |text: &str| [("app.yaml", POD.to_owned()), ("plimsoll-exceptions.yaml", text.to_owned())];
    let project = |text: &str| [("app.yaml", POD.to_owned()), ("plimsoll.yaml", text.to_owned())];
    let own = |name: &'static str| [("app.yaml", POD.to_owned()), (name, String::new())];
    for (files, expected) in [
        (project("paths: [.]\n---\npaths: [.]\n"), "`plimsoll.yaml` has several documents"),
        (
            project("nothing-like-this-at-all: 1\n"),
            "`overrides`, `charts`, and the flags that `plimsoll scan --help` lists",
        ),
        (own("plimsoll.yml"), "is not read: the configuration is called `plimsoll.yaml`"),
        (own("plimsoll-exceptions.yml"), "is not read: the file is called `plimsoll-exceptions.yaml`"),
        (exceptions("exceptions: []\n---\nexceptions: []\n"), "has several documents"),
        (
            exceptions("exceptions:\n  - kinds: [deployment]\n    reason: x\n"),
            "`deployment` is no kind: write it as in the object",
        ),
    ] {
        let folder = Folder::new(&[]);
        files.iter().for_each(|(name, text)| folder.write(name, text.as_bytes()));
        let said = folder.run(&["scan", "app.yaml"]);
        assert!(said.code == 3 && said.err.contains(expected), "{expected}: {} {}", said.code, said.err);
    }
    // Other tools' names of a control are names of it here as well.
    let files = project("controls:\n  C-0057: false\n");
    let folder = Folder::new(&[]);
    files.iter().for_each(|(name, text)| folder.write(name, text.as_bytes()));
    let said = folder.run(&["scan", "app.yaml"]);
    assert!(said.code < 3, "{}", said.err);
    let folder = Folder::new(&[("app.yaml", POD)]);
    for (arguments, expected) in [
        (["frameworks", "NSA"], "did you mean `nsa-cisa`?"),
        (["frameworks", "cis"], "did you mean one of `cis-"),
        (["frameworks", "CIS"], "did you mean one of `cis-"),
        (["explain", "critical"], "`critical` is a severity: `plimsoll controls --only critical` lists"),
        (["explain", "workload"], "`workload` is a group"),
    ] {
        let said = folder.run(&arguments);
        assert!(said.code == 3 && said.err.contains(expected), "{arguments:?}: {}", said.err);
    }
    for (id, expected) in [
        ("C-0213", "PodSecurityPolicy"),
        ("CKV_K8S_1", "privileged-container"),
        ("KSV-0032", "image-registry-not-allowed"),
    ] {
        let said = folder.run(&["explain", id]);
        assert!(said.code == 0 && said.out.contains(expected), "{id}: {} {}", said.out, said.err);
    }
    folder.write("compose.yaml", b"services: {}\n");
    let said = folder.run(&["scan", "--allow-empty", "compose.yaml"]);
    assert!(said.code == 0 && said.out.contains("exit 0: there was nothing to look at"), "{}", said.out);
    let clean = "exceptions:\n  - reason: everything\n";
    let folder = Folder::new(&[("app.yaml", POD), ("plimsoll-exceptions.yaml", clean)]);
    let said = folder.run(&["scan", "."]);
    let expected = "exit 1: 1 exception has something wrong at or above `medium`";
    assert!(said.code == 1 && said.out.contains(expected), "{} {}", said.code, said.out);
}

#[test]
fn a_first_configuration_is_written_once_and_is_good() {
    let names = ["deploy", "my deploy: x", "123", "null", "true", "charts/[a"];
    let folder = Folder::new(&[("root.yaml", POD), (".github/CODEOWNERS", "")]);
    names.iter().for_each(|name| folder.write(&format!("{name}/app.yaml"), POD.as_bytes()));
    folder.write("charts/[a/Chart.yaml", b"apiVersion: v2\nname: a\nversion: 1.0.0\n");
    let said = folder.run(&["init", "--dry-run"]);
    assert!(said.code == 0 && said.out.contains("#   \"charts/[a\":"), "{}", said.out);
    assert!(!folder.path().join("plimsoll.yaml").exists());
    assert_eq!(folder.run(&["init"]).code, 0);
    assert!(folder.path().join(".github/workflows/plimsoll.yaml").exists());
    // What lies beside the configuration is judged, and so is what comes later.
    folder.write("later/app.yaml", POD.as_bytes());
    let (code, json) = folder.scan(&["--severity-threshold", "medium"]);
    let resources = json["coverage"]["resources"].as_u64().unwrap();
    assert!((1..=2).contains(&code) && resources >= 7, "{code} {json}");
    let said = folder.run(&["init"]);
    assert!(said.out.contains("kept     ./plimsoll.yaml"), "{}", said.out);
}

/// CI belongs to the repository, wherever below its root the project is.
#[test]
fn servers_are_looked_for_at_the_root_of_the_repository() {
    let folder = Folder::new(&[
        (".git/HEAD", ""),
        (".github/CODEOWNERS", ""),
        (".gitlab-ci.yml", ""),
        (".pre-commit-config.yaml", ""),
        ("Jenkinsfile", ""),
        ("bitbucket-pipelines.yml", ""),
        (".circleci/config.yml", ""),
        ("team one/app.v1/app.yaml", POD),
    ]);
    let said = folder.run(&["init", "team one/app.v1"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let read =
        |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|_| panic!("{}", said.out));
    assert!(read("team one/app.v1/plimsoll.yaml").contains("severity-threshold: medium"));
    let path = "PLIMSOLL_PATH: \"team one/app.v1\"\n";
    assert!(read(".github/workflows/plimsoll.yaml").contains(path));
    assert!(read(".gitlab/plimsoll.gitlab-ci.yml").contains(path));
    assert!(read(".pre-commit-config.plimsoll.yaml").contains(r#"files: "^team one/app\\.v1/""#));
    for server in ["Jenkins", "Bitbucket Pipelines", "CircleCI"] {
        let command =
            format!("let {server} run `plimsoll scan --output text --output junit=plimsoll.xml 'team one/app.v1'`");
        assert!(said.out.contains(&command), "{}", said.out);
    }
    assert!(!said.out.contains("Azure"), "{}", said.out);
}

#[test]
fn the_schema_of_the_file_says_what_the_program_says() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/plimsoll.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = serde_json::json!({"paths": ["deploy"], "severity-threshold": "high", "only": "image", "quiet": true,
        "controls": {"host-port": false, "image-registry-not-allowed": {"severity": "low", "parameters": {"allowed": ["x"]}}},
        "overrides": [{"paths": "vendor", "skip": ["low"]}]});
    assert!(
        validator.is_valid(&good),
        "{:?}",
        validator.iter_errors(&good).map(|error| error.to_string()).collect::<Vec<_>>()
    );
    for bad in [
        serde_json::json!({"severity-treshold": "high"}),
        serde_json::json!({"severity-threshold": "hihg"}),
        serde_json::json!({"controls": {"no-such-control": false}}),
        serde_json::json!({"controls": {"host-port": {"parameters": {"nothing": 1}}}}),
        serde_json::json!({"overrides": [{"skip": ["low"]}]}),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}
