//! `host-path-volume`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-path-volume",
    title: "Pod mounts a directory of the node",
    severity: Severity::High,
    severity_reason: "node files bypass container isolation; even read-only paths leak credentials and logs",
    rationale: "Files of the node lie outside every isolation of the container. Even read-only they give away credentials, logs and the data of other pods; writable they give the node.",
    remediation: "Use an emptyDir, a PersistentVolumeClaim, a projected or a CSI volume instead.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .hostPath != null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0048"),
        alias("trivy", "KSV-0023"),
        alias("polaris", "hostPathSet"),
        alias("datree", "CONTAINERS_INCORRECT_KEY_HOSTPATH"),
        alias("kubeaudit", "mounts"),
        alias("gatekeeper", "K8sPSPHostFilesystem"),
        alias("kyverno", "disallow-host-path"),
        alias("kyverno", "limit-hostpath-vols"),
        alias("kubewarden", "hostpaths-psp-policy"),
        alias("pss", "hostPathVolumes"),
        alias("prowler", "core_minimize_hostpath_volume_mounts"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.11"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "CM-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      hostPath:
        path: /srv/data #~ high spec.volumes[0].hostPath.path: Volume `data` is the directory `/srv/data`
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      emptyDir: {}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      hostPath: {} #~ Volume `data` is a path of the node
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      hostPath: null
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers:
            - name: setup
              volumeMounts:
                - {name: socket, mountPath: /socket, readOnly: true}
          containers:
            - name: app
          volumes:
            - name: socket
              hostPath:
                path: /x #~ high spec.jobTemplate.spec.template.spec.volumes[0].hostPath.path: Volume `socket`
                type: Socket
            - name: disk
              hostPath: {path: /y, type: BlockDevice} #~ volumes[1].hostPath.path: Volume `disk`
            - name: claim
              persistentVolumeClaim: {claimName: claim}
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for volume in &workload.pod.volumes {
        let Some(host_path) = volume.host_path() else { continue };
        let name = &volume.name;
        findings.report(match host_path.get("path") {
            Some(path) => {
                Finding::at(path).message(format!("Volume `{name}` is the directory `{{value}}` of the node"))
            }
            None => Finding::at_key_of(host_path).message(format!("Volume `{name}` is a path of the node")),
        });
    }
}
