//! What the Pod Security Standards forbid today, the controls of the same subject report too.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

use std::collections::{BTreeMap, BTreeSet};

use controls::engine::{Engine, Passed};
use controls::pod_security::{CheckResult, Level, Version, evaluate};
use model::control::Registered;
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;
use model::workload::workloads;
use serde_json::{Value, json};

/// A check, what its detail contains, and controls of which one must fail then.
struct Expected {
    check: &'static str,
    detail: &'static str,
    controls: &'static [&'static str],
}

const fn expects(check: &'static str, controls: &'static [&'static str]) -> Expected {
    Expected { check, detail: "", controls }
}

const fn names(check: &'static str, detail: &'static str, controls: &'static [&'static str]) -> Expected {
    Expected { check, detail, controls }
}

const TABLE: &[Expected] = &[
    expects("allowPrivilegeEscalation", &["privilege-escalation-allowed"]),
    expects("appArmorProfile", &["apparmor-disabled"]),
    expects("capabilities_baseline", &["capability-beyond-default"]),
    expects("capabilities_restricted", &["capabilities-not-dropped"]),
    names("hostNamespaces", "hostIPC=true", &["host-ipc-namespace"]),
    names("hostNamespaces", "hostNetwork=true", &["host-network-namespace"]),
    names("hostNamespaces", "hostPID=true", &["host-pid-namespace"]),
    expects("hostPathVolumes", &["host-path-volume"]),
    // A host port that only the API server fills in is the host's network, and reported as that.
    expects("hostPorts", &["host-port", "host-network-namespace"]),
    expects("hostProbesAndHostLifecycle", &["host-probe-target"]),
    expects("privileged", &["privileged-container"]),
    expects("procMount", &["proc-mount-unmasked"]),
    expects("procMount_restricted", &["proc-mount-unmasked"]),
    expects("restrictedVolumes", &["volume-type-restricted"]),
    expects("runAsNonRoot", &["run-as-non-root-not-required"]),
    expects("runAsUser", &["run-as-root-user"]),
    expects("seLinuxOptions", &["selinux-options-custom"]),
    expects("seccompProfile_baseline", &["seccomp-unconfined"]),
    expects("seccompProfile_restricted", &["seccomp-profile-missing"]),
    expects("sysctls", &["sysctl-unsafe"]),
    expects("windowsHostProcess", &["windows-host-process"]),
];

fn engine() -> Engine {
    let wanted: BTreeSet<&str> = TABLE.iter().flat_map(|expected| expected.controls).copied().collect();
    let found: Vec<Registered> = controls::all().filter(|registered| wanted.contains(registered.control.id)).collect();
    assert_eq!(found.len(), wanted.len(), "a control of the table does not exist");
    Engine::new(found, Passed::Drop, Settings::default())
}

/// What the checks forbid at the newest version, at any level, and the controls that fail.
fn judge(pod: &Value, engine: &Engine) -> (Vec<CheckResult>, BTreeSet<&'static str>) {
    let text = pod.to_string();
    let document = yaml::parse_document(&text).unwrap();
    let lines = LineIndex::new(1);
    let object = Object::new(document.root()).unwrap();
    let origin = Origin { root: object.value, lines: &lines };
    let workloads = workloads(&object);
    let [workload] = workloads.as_slice() else { panic!("{} workloads in {text}", workloads.len()) };
    let mut inventory = Inventory::default();
    let mut part = Part::default();
    let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
    let observed =
        Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
    engine.judge(observed, &inventory.symbols, &mut part.verdicts);
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    let failed = inventory.occurrences.iter().filter(|found| found.status == Status::Fail);
    let levels = Level::ALL.into_iter().flat_map(|level| evaluate(workload, level, Version::LATEST).checks);
    (
        levels.filter(|check| !check.allowed).collect(),
        failed.map(|found| controls::by_id(found.control).control.id).collect(),
    )
}

/// Changes to a pod: a JSON pointer below `/spec`, or below a container if it does not begin with `/`, and a value.
fn changes() -> Vec<(&'static str, Value)> {
    let annotation = |key: &str, value: Value| ("/../metadata/annotations", json!({key: value}));
    let app_armor = "container.apparmor.security.beta.kubernetes.io/a";
    let seccomp = "container.seccomp.security.alpha.kubernetes.io/c";
    let mut all = vec![
        annotation(app_armor, json!("unconfined")),
        annotation("container.apparmor.security.beta.kubernetes.io/gone", json!("localhost")),
        annotation(app_armor, json!("localhost/")),
        annotation(app_armor, json!(null)),
        annotation(seccomp, json!("unconfined")),
    ];
    let both_levels = [
        ("appArmorProfile", json!({})),
        ("appArmorProfile", json!({"type": "Unconfined"})),
        ("runAsNonRoot", json!(false)),
        ("runAsNonRoot", json!(null)),
        ("runAsUser", json!(0)),
        ("runAsUser", json!("0")),
        ("runAsUser", json!(1000)),
        ("seLinuxOptions", json!({"type": "spc_t"})),
        ("seLinuxOptions", json!({"type": "container_engine_t", "user": "u"})),
        ("seLinuxOptions", json!({"type": null, "role": "r"})),
        ("seccompProfile", json!(null)),
        ("seccompProfile", json!({})),
        ("seccompProfile", json!({"type": "Unconfined"})),
        ("windowsOptions", json!({"hostProcess": true})),
        ("windowsOptions", json!({"hostProcess": "true"})),
    ];
    for (field, value) in both_levels {
        all.push((format!("/securityContext/{field}").leak(), value.clone()));
        all.push((format!("securityContext/{field}").leak(), value));
    }
    all.extend(changes_of_pods());
    all.extend(changes_of_containers());
    all
}

fn changes_of_pods() -> Vec<(&'static str, Value)> {
    let volume = |source: Value| ("/volumes", json!([source]));
    vec![
        ("/hostNetwork", json!(true)),
        ("/hostPID", json!(true)),
        ("/hostPID", json!("true")),
        ("/hostIPC", json!(true)),
        ("/hostUsers", json!(false)),
        ("/os", json!({"name": "windows"})),
        ("/os", json!({"name": "Windows"})),
        ("/securityContext", json!(null)),
        ("/securityContext", json!({})),
        ("/securityContext/sysctls", json!([{"name": "kernel.msgmax"}])),
        ("/securityContext/sysctls", json!([{"name": "net.ipv4.tcp_rmem"}, {"value": "1"}])),
        volume(json!({"name": "v"})),
        volume(json!({"name": "v", "hostPath": {}})),
        volume(json!({"name": "v", "hostPath": {"path": "/"}, "emptyDir": {}})),
        volume(json!({"name": "v", "emptyDir": null, "nfs": {}})),
        volume(json!({"future": {}, "iscsi": {}, "name": "v"})),
    ]
}

fn changes_of_containers() -> Vec<(&'static str, Value)> {
    vec![
        ("name", json!(null)),
        ("securityContext", json!(null)),
        ("securityContext", json!({})),
        ("securityContext/allowPrivilegeEscalation", json!(null)),
        ("securityContext/allowPrivilegeEscalation", json!(true)),
        ("securityContext/capabilities", json!({})),
        ("securityContext/capabilities/add", json!(["CHOWN"])),
        ("securityContext/capabilities/add", json!(["CAP_CHOWN"])),
        ("securityContext/capabilities/add", json!(["ALL"])),
        ("securityContext/capabilities/add", json!([null])),
        ("securityContext/capabilities/drop", json!(["all"])),
        ("securityContext/capabilities/drop", json!(["NET_RAW"])),
        ("securityContext/privileged", json!(true)),
        ("securityContext/privileged", json!("true")),
        ("securityContext/procMount", json!("Unmasked")),
        ("securityContext/procMount", json!("")),
        ("ports", json!([{"containerPort": 1}])),
        ("ports", json!([{"containerPort": 1, "hostPort": 80}])),
        ("ports", json!([{"containerPort": 1, "hostPort": "80"}])),
        ("ports", json!([{"containerPort": 1, "hostPort": -1}])),
        ("livenessProbe", json!({"httpGet": {"host": "127.0.0.1"}})),
        ("startupProbe", json!({"httpGet": {"host": ""}, "tcpSocket": {"host": "b"}})),
        ("lifecycle", json!({"preStop": {"httpGet": {"host": "b"}}})),
    ]
}

const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// A pod that satisfies every check, from which one change decides.
fn hardened() -> Value {
    let container = |name: &str| {
        json!([{
            "name": name,
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        }])
    };
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": container("a"),
            "containers": container("b"),
            "ephemeralContainers": container("c"),
        },
    })
}

/// Sets what `path` leads to; objects on the way are made where there are none.
fn apply(pod: &mut Value, path: &str, list: &str, value: &Value) {
    let path = match path.strip_prefix('/') {
        Some(path) => path.strip_prefix("../").map_or_else(|| format!("spec/{path}"), str::to_owned),
        None => format!("spec/{list}/0/{path}"),
    };
    let mut at = pod;
    for key in path.split('/') {
        if at.is_null() {
            *at = json!({});
        }
        at = match at {
            Value::Array(items) => &mut items[0],
            _ => &mut at[key],
        };
    }
    *at = value.clone();
}

/// What is forbidden, and not reported by a control.
fn unreported(pod: &Value, engine: &Engine, seen: &mut BTreeMap<String, usize>) -> Option<String> {
    let (forbidden, failed) = judge(pod, engine);
    for check in &forbidden {
        let mut rows = TABLE.iter().filter(|row| row.check == check.id && check.detail.contains(row.detail)).peekable();
        assert!(rows.peek().is_some(), "{} has no control in the table", check.id);
        *seen.entry(check.id.to_owned()).or_default() += 1;
        if let Some(row) = rows.find(|row| !row.controls.iter().any(|id| failed.contains(id))) {
            return Some(format!("{} ({}), not {:?}: {pod}", check.id, check.detail, row.controls));
        }
    }
    None
}

#[test]
fn what_a_check_forbids_a_control_reports() {
    let engine = engine();
    let changes = changes();
    let mut seen = BTreeMap::new();
    let mut missed = Vec::new();
    for (number, (path, value)) in changes.iter().enumerate() {
        for list in LISTS {
            let mut pod = hardened();
            apply(&mut pod, path, list, value);
            missed.extend(unreported(&pod, &engine, &mut seen));
        }
        for (second, (second_path, second_value)) in changes.iter().enumerate() {
            let mut pod = hardened();
            apply(&mut pod, path, LISTS[number % 3], value);
            apply(&mut pod, second_path, LISTS[(number + second) % 3], second_value);
            missed.extend(unreported(&pod, &engine, &mut seen));
        }
    }
    let some = missed.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(missed.is_empty(), "{} are forbidden and not reported:\n{some}", missed.len());
    let checks: BTreeSet<&str> = TABLE.iter().map(|row| row.check).collect();
    let seen: BTreeSet<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(seen, checks, "a check that nothing violates is not tested");
}

#[test]
fn nothing_is_said_of_a_pod_that_satisfies_every_check() {
    let (forbidden, failed) = judge(&hardened(), &engine());
    assert_eq!(forbidden, []);
    assert_eq!(failed, BTreeSet::new());
}

#[test]
fn controls_of_a_check_are_mapped_to_the_standards() {
    for registered in engine().selected() {
        let control = registered.control;
        let is_mapped = control.mappings.iter().any(|mapping| mapping.framework == "pss");
        assert!(is_mapped, "{} is a requirement of the Pod Security Standards and not mapped to them", control.id);
    }
}
