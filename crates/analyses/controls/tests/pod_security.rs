//! What the Pod Security Standards say of a pod, in the words of the admission plugin, at every border of versions.
//!
//! The texts are those of `k8s.io/pod-security-admission` v0.37.2. That the whole agrees with it on random pods is
//! the business of `pod_security_oracle.rs`.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

use controls::pod_security::{Evaluation, Level, NEWEST, Version, VersionError, evaluate, meets};
use model::object::Object;
use model::workload::{Workload, workloads};

/// What stands for a check that does not exist at a version.
const ABSENT: &str = "absent";
const ALLOWED: &str = "";

fn with_workload<T>(yaml: &str, ask: impl FnOnce(&Workload<'_>) -> T) -> T {
    let document = yaml::parse_document(yaml).unwrap();
    let object = Object::new(document.root()).unwrap();
    let found = workloads(&object);
    let [workload] = found.as_slice() else { panic!("{} workloads in {yaml}", found.len()) };
    ask(workload)
}

fn pod(rest: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\n{rest}\n")
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn evaluated(yaml: &str, level: Level, asked: &str) -> Evaluation {
    with_workload(yaml, |workload| evaluate(workload, level, version(asked)))
}

/// The answer of one check: `reason (detail)`, at whichever level has it.
fn answer(id: &str, yaml: &str, asked: &str) -> String {
    let levels = [Level::Baseline, Level::Restricted].map(|level| evaluated(yaml, level, asked));
    let found: Vec<_> = levels.iter().flat_map(|level| &level.checks).filter(|check| check.id == id).collect();
    match found.as_slice() {
        [] => ABSENT.to_owned(),
        [first, rest @ ..] => {
            assert!(rest.iter().all(|other| other == first), "{id} depends on the level");
            if first.allowed { ALLOWED.to_owned() } else { format!("{} ({})", first.reason, first.detail) }
        }
    }
}

/// Rows of versions, what follows `kind: Pod`, and the answer of the check `id` in each of these versions.
fn check(id: &str, rows: &[(&[&str], &str, &str)]) {
    for (versions, rest, expected) in rows {
        for asked in *versions {
            assert_eq!(answer(id, &pod(rest), asked), *expected, "{id} at {asked} of\n{rest}");
        }
    }
}

/// For checks that are the same in every version.
const ALWAYS: &[&str] = &["v1.0", "v1.24", "v1.37", "latest"];

#[test]
fn app_armor_profile() {
    check(
        "appArmorProfile",
        &[
            (ALWAYS, "spec: {containers: [{name: a}]}", ALLOWED),
            (
                ALWAYS,
                "metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: '',
                  container.apparmor.security.beta.kubernetes.io/b: runtime/default, other: unconfined,
                  container.apparmor.security.beta.kubernetes.io/c: localhost/}}
spec: {securityContext: {appArmorProfile: {type: RuntimeDefault}},
  containers: [{name: a, securityContext: {appArmorProfile: {type: Localhost}}}]}",
                ALLOWED,
            ),
            (
                ALWAYS,
                "spec: {securityContext: {appArmorProfile: {type: Unconfined}}}",
                r#"forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")"#,
            ),
            (
                ALWAYS,
                "spec: {containers: [{name: a, securityContext: {appArmorProfile: {}}}]}",
                r#"forbidden AppArmor profile (container "a" must not set AppArmor profile type to "")"#,
            ),
            (
                ALWAYS,
                "metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/z: unconfined}}\nspec: {}",
                r#"forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/z="unconfined"")"#,
            ),
            (
                ALWAYS,
                r#"metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/z: unconfined,
                  container.apparmor.security.beta.kubernetes.io/b: 'x"y'}}
spec:
  securityContext: {appArmorProfile: {type: Unconfined}}
  initContainers: [{name: b, securityContext: {appArmorProfile: {type: X}}}]
  containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]"#,
                r#"forbidden AppArmor profiles (pod and containers "b", "a" and annotations must not set AppArmor profile type to "Unconfined", "X", "container.apparmor.security.beta.kubernetes.io/b="x\"y"", "container.apparmor.security.beta.kubernetes.io/z="unconfined"")"#,
            ),
        ],
    );
}

#[test]
fn capabilities_baseline() {
    check(
        "capabilities_baseline",
        &[
            (
                ALWAYS,
                "spec: {containers: [{name: a, securityContext: {capabilities: {add: [AUDIT_WRITE, CHOWN, DAC_OVERRIDE,
                  FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID, SYS_CHROOT]}}}]}",
                ALLOWED,
            ),
            (
                ALWAYS,
                "spec: {containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}",
                r#"non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)"#,
            ),
            (
                ALWAYS,
                "spec:
  os: {name: windows}
  initContainers: [{name: z, securityContext: {capabilities: {add: [SYS_ADMIN, NET_RAW, CHOWN]}}}]
  containers: [{name: b}, {name: a, securityContext: {capabilities: {add: [CAP_CHOWN, ALL, SYS_ADMIN]}}}]",
                r#"non-default capabilities (containers "z", "a" must not include "ALL", "CAP_CHOWN", "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)"#,
            ),
        ],
    );
}

#[test]
fn host_namespaces() {
    check(
        "hostNamespaces",
        &[
            (ALWAYS, "spec: {hostNetwork: false, hostPID: null, hostUsers: false}", ALLOWED),
            (ALWAYS, "spec: {hostPID: true}", "host namespaces (hostPID=true)"),
            (ALWAYS, "spec: {hostPID: 'true'}", "host namespaces (hostPID=true)"),
            (
                ALWAYS,
                "spec: {hostIPC: true, hostPID: true, hostNetwork: true}",
                "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
            ),
        ],
    );
}

#[test]
fn host_path_volumes() {
    check(
        "hostPathVolumes",
        &[
            (ALWAYS, "spec: {volumes: [{name: z, emptyDir: {}}, {name: a, hostPath: null}]}", ALLOWED),
            (ALWAYS, "spec: {volumes: [{name: z, hostPath: {path: /}}]}", r#"hostPath volumes (volume "z")"#),
            (
                ALWAYS,
                "spec: {volumes: [{name: z, hostPath: {}}, {name: b, nfs: {}}, {emptyDir: {}, hostPath: {}, name: a}]}",
                r#"hostPath volumes (volumes "z", "a")"#,
            ),
        ],
    );
}

#[test]
fn host_ports() {
    check(
        "hostPorts",
        &[
            (ALWAYS, "spec: {containers: [{name: z, ports: [{containerPort: 1}, {hostPort: 0}]}]}", ALLOWED),
            (
                ALWAYS,
                "spec: {containers: [{name: z, ports: [{hostPort: 8080}, {hostPort: '8080'}]}]}",
                r#"hostPort (container "z" uses hostPort 8080)"#,
            ),
            (
                ALWAYS,
                "spec: {containers: [{name: z, ports: [{hostPort: 8080}, {hostPort: -1}]}]}",
                r#"hostPort (container "z" uses hostPorts -1, 8080)"#,
            ),
            (
                ALWAYS,
                "spec: {containers: [{name: z, ports: [{hostPort: 8080}]}, {name: z2, ports: [{hostPort: 8080}]}]}",
                r#"hostPort (containers "z", "z2" use hostPort 8080)"#,
            ),
            (
                ALWAYS,
                "spec: {initContainers: [{name: z, ports: [{hostPort: 9}, {hostPort: 80}]}],
  ephemeralContainers: [{name: a, ports: [{hostPort: 8080}]}]}",
                r#"hostPort (containers "z", "a" use hostPorts 80, 8080, 9)"#,
            ),
        ],
    );
}

#[test]
fn host_ports_that_the_api_server_fills_in() {
    let spec = "{hostNetwork: true, initContainers: [{name: i, ports: [{containerPort: 7, hostPort: 0}]}],
      containers: [{name: z, ports: [{containerPort: 8080}, {containerPort: 9, hostPort: 10}]}],
      ephemeralContainers: [{name: e, ports: [{containerPort: 11}]}]}";
    check(
        "hostPorts",
        &[(ALWAYS, &format!("spec: {spec}"), r#"hostPort (containers "i", "z" use hostPorts 10, 7, 8080)"#)],
    );
    let template = format!("apiVersion: apps/v1\nkind: Deployment\nspec: {{template: {{spec: {spec}}}}}");
    assert_eq!(answer("hostPorts", &template, "latest"), r#"hostPort (container "z" uses hostPort 10)"#);
}

#[test]
fn host_probes_and_host_lifecycle() {
    let wrong = "spec:
  initContainers:
    - {name: z, livenessProbe: {httpGet: {host: b}}, lifecycle: {preStop: {tcpSocket: {host: 127.0.0.1}}}}
  containers:
    - {name: a, readinessProbe: {httpGet: {host: c}, tcpSocket: {host: a}}}
    - {name: a, startupProbe: {tcpSocket: {host: a}}}";
    check(
        "hostProbesAndHostLifecycle",
        &[
            (&["v1.0", "v1.33"], wrong, ABSENT),
            (
                &["v1.34", "v1.37", "latest"],
                wrong,
                r#"probe or lifecycle host (containers "a", "z" use probe or lifecycle hosts "127.0.0.1", "a", "b", "c")"#,
            ),
            (
                &["latest"],
                "spec: {containers: [{name: z, lifecycle: {postStart: {httpGet: {host: b}}}}]}",
                r#"probe or lifecycle host (container "z" uses probe or lifecycle host "b")"#,
            ),
            (
                &["latest"],
                "spec: {containers: [{name: z, livenessProbe: {grpc: {host: b}, httpGet: {host: '', httpHeaders:
                  [{name: Host, value: b}]}}}]}",
                ALLOWED,
            ),
        ],
    );
}

#[test]
fn privileged() {
    check(
        "privileged",
        &[
            (ALWAYS, "spec: {containers: [{name: a, securityContext: {privileged: false}}]}", ALLOWED),
            (
                ALWAYS,
                "spec: {containers: [{name: a, securityContext: {privileged: true}}]}",
                r#"privileged (container "a" must not set securityContext.privileged=true)"#,
            ),
            (
                ALWAYS,
                "spec:
  containers: [{name: b, securityContext: {privileged: true}}, {securityContext: {privileged: true}}]
  initContainers: [{name: 'q\"x', securityContext: {privileged: true}}]
  ephemeralContainers: [{name: b, securityContext: {privileged: true}}]",
                r#"privileged (containers "q"x", "b", "", "b" must not set securityContext.privileged=true)"#,
            ),
        ],
    );
}

#[test]
fn proc_mount() {
    let one =
        "containers: [{name: b, securityContext: {procMount: Unmasked}}, {securityContext: {procMount: Default}}]";
    let unmasked = r#"procMount (container "b" must not set securityContext.procMount to "Unmasked")"#;
    let two = "spec: {containers: [{name: b, securityContext: {procMount: Unmasked}},
      {name: a, securityContext: {procMount: ''}}]}";
    let both = r#"procMount (containers "b", "a" must not set securityContext.procMount to "", "Unmasked")"#;
    let (host, own) = (format!("spec: {{{one}}}"), format!("spec: {{hostUsers: false, {one}}}"));
    check(
        "procMount",
        &[
            (ALWAYS, &host, unmasked),
            (ALWAYS, two, both),
            (&["v1.0", "v1.34"], &own, unmasked),
            (&["v1.35", "latest"], &own, ALLOWED),
        ],
    );
    check(
        "procMount_restricted",
        &[
            (&["v1.0", "v1.34"], &host, ABSENT),
            (&["v1.35", "latest"], &host, unmasked),
            (&["v1.35", "latest"], &own, unmasked),
            (&["v1.35", "latest"], two, both),
        ],
    );
}

#[test]
fn se_linux_options() {
    let engine = "spec: {containers: [{name: a, securityContext: {seLinuxOptions: {type: container_engine_t}}}]}";
    let engine_and_pod = "spec:
  securityContext: {seLinuxOptions: {type: spc_t, user: u, role: r}}
  containers: [{name: a, securityContext: {seLinuxOptions: {type: container_engine_t}}}]";
    let forbidden = |rest| format!("seLinuxOptions ({rest})");
    check(
        "seLinuxOptions",
        &[
            (
                ALWAYS,
                "spec: {securityContext: {seLinuxOptions: {type: '', user: '', role: null, level: 's0:c1'}}, containers: [
                  {securityContext: {seLinuxOptions: {type: container_t}}},
                  {securityContext: {seLinuxOptions: {type: container_init_t}}},
                  {securityContext: {seLinuxOptions: {type: container_kvm_t}}}]}",
                ALLOWED,
            ),
            (
                &["v1.0", "v1.30"],
                engine,
                &forbidden(
                    r#"container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t""#,
                ),
            ),
            (&["v1.31", "latest"], engine, ALLOWED),
            (
                &["v1.0", "v1.30"],
                engine_and_pod,
                &forbidden(
                    r#"pod and container "a" set forbidden securityContext.seLinuxOptions: types "container_engine_t", "spc_t"; user may not be set; role may not be set"#,
                ),
            ),
            (
                &["v1.31", "latest"],
                engine_and_pod,
                &forbidden(
                    r#"pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set"#,
                ),
            ),
            (
                ALWAYS,
                "spec: {containers: [{name: b, securityContext: {seLinuxOptions: {user: u}}},
                  {name: a, securityContext: {seLinuxOptions: {role: r}}}]}",
                &forbidden(
                    r#"containers "b", "a" set forbidden securityContext.seLinuxOptions: user may not be set; role may not be set"#,
                ),
            ),
        ],
    );
}

#[test]
fn seccomp_profile_baseline() {
    let field = "spec: {securityContext: {seccompProfile: {type: Unconfined}},
      containers: [{name: a, securityContext: {seccompProfile: {}}}]}";
    let annotations = "metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined,
  container.seccomp.security.alpha.kubernetes.io/a: x, container.seccomp.security.alpha.kubernetes.io/none: x}}
spec: {containers: [{name: a}]}";
    check(
        "seccompProfile_baseline",
        &[
            (&["v1.0", "v1.18"], field, ALLOWED),
            (
                &["v1.19", "latest"],
                field,
                r#"seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "", "Unconfined")"#,
            ),
            (
                &["v1.0", "v1.18"],
                annotations,
                r#"seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/a="x", seccomp.security.alpha.kubernetes.io/pod="unconfined")"#,
            ),
            (&["v1.19", "latest"], annotations, ALLOWED),
            (
                &["v1.0", "v1.18"],
                "metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: ''}}\nspec: {}",
                r#"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="")"#,
            ),
            (
                &["v1.0", "v1.18"],
                "metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: docker/default,
  container.seccomp.security.alpha.kubernetes.io/a: localhost/x,
  container.seccomp.security.alpha.kubernetes.io/b: runtime/default}}
spec: {containers: [{name: a}, {name: b}]}",
                ALLOWED,
            ),
        ],
    );
}

#[test]
fn of_an_annotation_that_stands_twice_the_last_one_counts() {
    let twice = |first: &str, second: &str| {
        let key = "seccomp.security.alpha.kubernetes.io/pod";
        pod(&format!("metadata:\n  annotations:\n    {key}: {first}\n    {key}: {second}\nspec: {{}}"))
    };
    let answer = |yaml: &str| answer("seccompProfile_baseline", yaml, "v1.0");
    assert_eq!(answer(&twice("unconfined", "runtime/default")), ALLOWED);
    assert_eq!(
        answer(&twice("runtime/default", "unconfined")),
        r#"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")"#
    );
}

#[test]
fn sysctls() {
    let from = [
        ("v1.0", "", "kernel.shm_rmid_forced"),
        ("v1.0", "", "net.ipv4.ip_local_port_range"),
        ("v1.0", "", "net.ipv4.tcp_syncookies"),
        ("v1.0", "", "net.ipv4.ping_group_range"),
        ("v1.0", "", "net.ipv4.ip_unprivileged_port_start"),
        ("v1.27", "v1.26", "net.ipv4.ip_local_reserved_ports"),
        ("v1.29", "v1.28", "net.ipv4.tcp_keepalive_time"),
        ("v1.29", "v1.28", "net.ipv4.tcp_fin_timeout"),
        ("v1.29", "v1.28", "net.ipv4.tcp_keepalive_intvl"),
        ("v1.29", "v1.28", "net.ipv4.tcp_keepalive_probes"),
        ("v1.32", "v1.31", "net.ipv4.tcp_rmem"),
        ("v1.32", "v1.31", "net.ipv4.tcp_wmem"),
        ("v1.37", "v1.36", "net.ipv4.tcp_slow_start_after_idle"),
        ("v1.37", "v1.36", "net.ipv4.tcp_notsent_lowat"),
    ];
    for (first, before, name) in from {
        let rest = format!("spec: {{securityContext: {{sysctls: [{{name: {name}, value: '1'}}]}}}}");
        check("sysctls", &[(&[first, "v1.37", "latest"], &rest, ALLOWED)]);
        if !before.is_empty() {
            check("sysctls", &[(&["v1.0", before], &rest, &format!("forbidden sysctls ({name})"))]);
        }
    }
    check(
        "sysctls",
        &[(
            ALWAYS,
            "spec: {securityContext: {sysctls: [{name: z}, {name: net/ipv4/tcp_syncookies}, {name: z}]}}",
            "forbidden sysctls (z, net/ipv4/tcp_syncookies, z)",
        )],
    );
    let nameless = evaluated(&pod("spec: {securityContext: {sysctls: [{}]}}"), Level::Baseline, "latest");
    assert_eq!(nameless.reason, "forbidden sysctls");
    assert!(!nameless.allowed);
}

#[test]
fn windows_host_process() {
    check(
        "windowsHostProcess",
        &[
            (ALWAYS, "spec: {securityContext: {windowsOptions: {hostProcess: false}}}", ALLOWED),
            (
                ALWAYS,
                "spec:
  securityContext: {windowsOptions: {hostProcess: true}}
  containers: [{name: b, securityContext: {windowsOptions: {hostProcess: true}}},
    {name: a, securityContext: {windowsOptions: {hostProcess: true}}}]",
                r#"hostProcess (pod and containers "b", "a" must not set securityContext.windowsOptions.hostProcess=true)"#,
            ),
        ],
    );
}

#[test]
fn allow_privilege_escalation() {
    let rest = "initContainers: [{name: c, securityContext: {allowPrivilegeEscalation: false}}],
  containers: [{name: b, securityContext: {}}, {name: a}, {name: d, securityContext: {allowPrivilegeEscalation: true}}]";
    let wrong = r#"allowPrivilegeEscalation != false (containers "b", "a", "d" must set securityContext.allowPrivilegeEscalation=false)"#;
    let (linux, windows) = (format!("spec: {{{rest}}}"), format!("spec: {{os: {{name: windows}}, {rest}}}"));
    check(
        "allowPrivilegeEscalation",
        &[
            (&["v1.0", "v1.7"], &linux, ABSENT),
            (&["v1.8", "latest"], &linux, wrong),
            (&["v1.8", "v1.24"], &windows, wrong),
            (&["v1.25", "latest"], &windows, ALLOWED),
            (&["v1.25", "latest"], &windows.replace("windows", "Windows"), wrong),
        ],
    );
}

#[test]
fn capabilities_restricted() {
    let rest = "containers: [{name: a, securityContext: {capabilities: {drop: [NET_RAW, ALL], add: [SYS_ADMIN]}}},
  {name: b, securityContext: {capabilities: {drop: [all, CAP_ALL]}}}, {name: c},
  {name: d, securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]";
    let wrong = r#"unrestricted capabilities (containers "b", "c" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)"#;
    let (linux, windows) = (format!("spec: {{{rest}}}"), format!("spec: {{os: {{name: windows}}, {rest}}}"));
    check(
        "capabilities_restricted",
        &[
            (&["v1.0", "v1.21"], &linux, ABSENT),
            (&["v1.22", "latest"], &linux, wrong),
            (&["v1.22", "v1.24"], &windows, wrong),
            (&["v1.25", "latest"], &windows, ALLOWED),
            (
                &["latest"],
                "spec: {containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}}]}",
                r#"unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)"#,
            ),
        ],
    );
}

#[test]
fn restricted_volumes() {
    for allowed in
        "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(' ')
    {
        let rest = format!("spec: {{volumes: [{{name: z, nfs: {{}}, {allowed}: {{}}}}]}}");
        check("restrictedVolumes", &[(ALWAYS, &rest, ALLOWED)]);
    }
    let restricted = "hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume \
                      cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk \
                      portworxVolume scaleIO storageos";
    let kinds: Vec<&str> = restricted.split(' ').collect();
    for (number, kind) in kinds.iter().enumerate() {
        // Of several types the one counts that comes first in the plugin, not in the manifest.
        let later = kinds.get(number + 1).map_or_else(String::new, |later| format!("{later}: {{}}, "));
        let rest = format!("spec: {{volumes: [{{name: z, {later}{kind}: {{}}}}]}}");
        let expected = format!(r#"restricted volume types (volume "z" uses restricted volume type "{kind}")"#);
        check("restrictedVolumes", &[(ALWAYS, &rest, &expected)]);
    }
    check(
        "restrictedVolumes",
        &[
            // The API server makes an `emptyDir` of what has no source that it knows.
            (ALWAYS, "spec: {volumes: [{name: a}, {name: b, nfs: null}, {name: c, futureVolume: {}}]}", ALLOWED),
            (
                ALWAYS,
                "spec: {volumes: [{name: z, nfs: {}, hostPath: {}}, {name: a, hostPath: {}}, {name: n, nfs: {}}]}",
                r#"restricted volume types (volumes "z", "a", "n" use restricted volume types "hostPath", "nfs")"#,
            ),
            (
                ALWAYS,
                "spec: {volumes: [{name: z, nfs: {}}, {name: z, nfs: {}}]}",
                r#"restricted volume types (volumes "z", "z" use restricted volume type "nfs")"#,
            ),
        ],
    );
}

#[test]
fn run_as_non_root() {
    let open = "containers: [{name: a, securityContext: {runAsNonRoot: true}}, {name: b}]";
    let must = r#"runAsNonRoot != true (pod or container "b" must set securityContext.runAsNonRoot=true)"#;
    let (host, own) = (format!("spec: {{{open}}}"), format!("spec: {{hostUsers: false, {open}}}"));
    check(
        "runAsNonRoot",
        &[
            (ALWAYS, "spec: {}", ALLOWED),
            (ALWAYS, "spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a}]}", ALLOWED),
            (ALWAYS, "spec: {containers: [{name: a, securityContext: {runAsNonRoot: true}}]}", ALLOWED),
            (ALWAYS, &host, must),
            (&["v1.0", "v1.34"], &own, must),
            (&["v1.35", "latest"], &own, ALLOWED),
            (ALWAYS, "spec: {os: {name: windows}, containers: [{name: b}]}", must),
            (
                ALWAYS,
                "spec: {securityContext: {runAsNonRoot: false}, containers: [
                  {name: b, securityContext: {runAsNonRoot: false}}, {name: c},
                  {name: a, securityContext: {runAsNonRoot: false}}]}",
                r#"runAsNonRoot != true (pod and containers "b", "a" must not set securityContext.runAsNonRoot=false)"#,
            ),
            (
                ALWAYS,
                "spec: {securityContext: {runAsNonRoot: false},
                  containers: [{name: b, securityContext: {runAsNonRoot: true}}]}",
                "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
            ),
        ],
    );
}

#[test]
fn run_as_user() {
    let rest =
        "securityContext: {runAsUser: 0, runAsGroup: 0}, containers: [{name: b, securityContext: {runAsUser: 0}},
      {name: c, securityContext: {runAsUser: 1}}, {name: a, securityContext: {runAsUser: '0'}}]";
    let wrong = r#"runAsUser=0 (pod and containers "b", "a" must not set runAsUser=0)"#;
    let (host, own) = (format!("spec: {{{rest}}}"), format!("spec: {{hostUsers: false, {rest}}}"));
    check(
        "runAsUser",
        &[
            (&["v1.0", "v1.22"], &host, ABSENT),
            (&["v1.23", "latest"], &host, wrong),
            (&["v1.23", "v1.34"], &own, wrong),
            (&["v1.35", "latest"], &own, ALLOWED),
            (&["latest"], "spec: {securityContext: {runAsGroup: 0, fsGroup: 0}, containers: [{}]}", ALLOWED),
        ],
    );
}

#[test]
fn seccomp_profile_restricted() {
    let open = "containers: [{name: a, securityContext: {seccompProfile: {type: Localhost}}}, {name: b}]";
    let must = r#"seccompProfile (pod or container "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#;
    let (linux, windows) = (format!("spec: {{{open}}}"), format!("spec: {{os: {{name: windows}}, {open}}}"));
    check(
        "seccompProfile_restricted",
        &[
            (&["v1.0", "v1.18"], &linux, ABSENT),
            (&["v1.19", "latest"], &linux, must),
            (&["v1.19", "v1.24"], &windows, must),
            (&["v1.25", "latest"], &windows, ALLOWED),
            (
                &["latest"],
                "spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: b}]}",
                ALLOWED,
            ),
            (
                &["v1.19", "latest"],
                "spec: {securityContext: {seccompProfile: {type: Unconfined}},
                  containers: [{name: b, securityContext: {seccompProfile: {type: Localhost}}}, {name: c}]}",
                r#"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#,
            ),
        ],
    );
}

fn ids(level: Level, asked: &str) -> Vec<&'static str> {
    let evaluation = evaluated(&pod("spec: {}"), level, asked);
    assert!(evaluation.allowed && evaluation.reason.is_empty());
    evaluation.checks.iter().map(|check| check.id).collect()
}

#[test]
fn checks_are_evaluated_in_the_order_of_the_plugin() {
    let baseline = "appArmorProfile capabilities_baseline hostNamespaces hostPathVolumes hostPorts \
                    hostProbesAndHostLifecycle privileged procMount seLinuxOptions seccompProfile_baseline sysctls \
                    windowsHostProcess";
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    assert_eq!(ids(Level::Privileged, "latest"), Vec::<&str>::new());
    assert_eq!(ids(Level::Baseline, "latest"), words(baseline));
    assert_eq!(
        ids(Level::Restricted, "latest"),
        words(
            "appArmorProfile hostNamespaces hostPorts hostProbesAndHostLifecycle privileged seLinuxOptions sysctls \
             windowsHostProcess allowPrivilegeEscalation capabilities_restricted procMount_restricted \
             restrictedVolumes runAsNonRoot runAsUser seccompProfile_restricted"
        )
    );
    assert_eq!(
        ids(Level::Restricted, "v1.0"),
        words(
            "appArmorProfile capabilities_baseline hostNamespaces hostPorts privileged procMount seLinuxOptions \
             seccompProfile_baseline sysctls windowsHostProcess restrictedVolumes runAsNonRoot"
        )
    );
}

#[test]
fn a_check_gives_way_from_the_version_on_that_has_what_stands_for_it() {
    for (id, last) in [("seccompProfile_baseline", 18), ("capabilities_baseline", 21), ("procMount", 34)] {
        for minor in 0..=37 {
            let is_there = ids(Level::Restricted, &format!("v1.{minor}")).contains(&id);
            assert_eq!(is_there, minor <= last, "{id} at v1.{minor}");
        }
    }
}

#[test]
fn the_reasons_of_all_checks_are_joined() {
    let yaml = pod("spec:
  hostPID: true
  volumes: [{name: v, hostPath: {path: /}}]
  containers: [{name: a, securityContext: {privileged: true}}]");
    let baseline = evaluated(&yaml, Level::Baseline, "latest");
    assert_eq!(
        baseline.reason,
        "host namespaces (hostPID=true), hostPath volumes (volume \"v\"), \
         privileged (container \"a\" must not set securityContext.privileged=true)"
    );
    assert!(evaluated(&yaml, Level::Privileged, "latest").allowed);
}

#[test]
fn a_pod_meets_the_strictest_level_that_allows_it() {
    let met = |spec: &str| with_workload(&pod(&format!("spec: {spec}")), |workload| meets(workload, Version::LATEST));
    let hardened = "{name: a, securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true,
      capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}}";
    assert_eq!(met("{containers: [{name: a}], hostPID: true}"), Level::Privileged);
    assert_eq!(met("{containers: [{name: a}]}"), Level::Baseline);
    assert_eq!(met(&format!("{{containers: [{hardened}]}}")), Level::Restricted);
    // Baseline forbids this pod, and restricted, where another check stands for that of baseline, does not.
    let windows = "{os: {name: windows}, containers: [{name: a, securityContext: {runAsNonRoot: true,
      capabilities: {add: [SYS_ADMIN]}}}]}";
    assert!(!evaluated(&pod(&format!("spec: {windows}")), Level::Baseline, "latest").allowed);
    assert_eq!(met(windows), Level::Restricted);
}

#[test]
fn versions_are_read_as_the_plugin_reads_them() {
    for text in ["latest", "v1.0", "v1.9", "v1.10", "v1.37", "v1.99", "v1.9223372036854775807"] {
        assert_eq!(version(text).to_string(), text);
    }
    for text in [
        "",
        "1.24",
        "v2.0",
        "v1.",
        "v1.05",
        "v1.00",
        "v1.+1",
        "v1.-1",
        "v1.1 ",
        "v1.1\n",
        "Latest",
        "v1.9223372036854775808",
    ] {
        assert_eq!(text.parse::<Version>(), Err(VersionError), "{text}");
    }
    assert_eq!(VersionError.to_string(), r#"must be "latest" or "v1.x""#);
    assert_eq!(version("v1.37"), NEWEST);
}

#[test]
fn what_is_newer_than_the_newest_version_is_evaluated_as_it() {
    let yaml = pod("spec: {hostUsers: false, containers: [{name: a}], volumes: [{name: v, nfs: {}}]}");
    for level in Level::ALL {
        let newest = evaluated(&yaml, level, "v1.37");
        assert_eq!(evaluated(&yaml, level, "latest"), newest);
        assert_eq!(evaluated(&yaml, level, "v1.38"), newest);
    }
}

#[test]
fn levels_have_the_names_that_labels_use() {
    for (level, name) in
        [(Level::Privileged, "privileged"), (Level::Baseline, "baseline"), (Level::Restricted, "restricted")]
    {
        assert_eq!(level.name(), name);
        assert_eq!(Level::from_name(name), Some(level));
    }
    assert_eq!(Level::from_name("Baseline"), None);
}
