//! `plimsoll fix` on values and patches that stand in an object or a kustomization as a text, and on overlays that need
//! operations.

use std::fs;

use crate::fix_rendered::check;
use crate::program::Folder;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostPID: {{ .Values.hostPID }}
  hostIPC: {{ .Values.hostIPC }}
  containers:
    - name: app
      image: registry.example.com/app:1
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
";

const VALUES: &str = "hostPID: false\nhostIPC: false\nsecurityContext:\n  allowPrivilegeEscalation: false\n";

fn repository(object: &str) -> Folder {
    let folder = Folder::new(&[
        ("charts/shop/Chart.yaml", CHART),
        ("charts/shop/values.yaml", VALUES),
        ("charts/shop/templates/pod.yaml", POD),
        ("apps/shop.yaml", object),
    ]);
    fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

const MENDED: [&str; 4] = [
    "--only",
    "host-pid-namespace,host-ipc-namespace,privilege-escalation-allowed,proc-mount-unmasked",
    "--unsafe",
    "--yes",
];

#[test]
fn values_in_a_helm_release_change_there() {
    let release = "\
# What the shop is.
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: shop
spec:
  chart:
    spec:
      chart: ./charts/shop
      sourceRef: {kind: GitRepository, name: shop}
  values:
    hostPID: true # to debug
    securityContext:
      # It was so in the old cluster.
      allowPrivilegeEscalation: true
      procMount: Unmasked
";
    let mended = release
        .replace("hostPID: true #", "hostPID: false #")
        .replace("Escalation: true\n      procMount: Unmasked\n", "Escalation: false\n");
    check(&repository(release), &MENDED, &[("apps/shop.yaml", &mended)]);
}

fn application(helm: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop}}
spec:
  source:
    path: charts/shop
    helm:
{helm}  destination: {{namespace: shop}}
"
    )
}

#[test]
fn values_of_an_application_change_there() {
    let block = application(
        "      values: |
        # As in the old cluster.
        hostPID: true

        securityContext:
          procMount: Unmasked
          allowPrivilegeEscalation: true # legacy
",
    );
    let mended = block
        .replace("hostPID: true", "hostPID: false")
        .replace("          procMount: Unmasked\n", "")
        .replace("true # legacy", "false # legacy");
    check(&repository(&block), &MENDED, &[("apps/shop.yaml", &mended)]);
    let object =
        application("      valuesObject:\n        securityContext: {procMount: Unmasked}\n        hostIPC: true\n");
    let mended = object
        .replace("hostIPC: true", "hostIPC: false")
        .replace("        securityContext: {procMount: Unmasked}\n", "");
    check(&repository(&object), &MENDED, &[("apps/shop.yaml", &mended)]);
    let parameters = application(
        "      parameters:
        - name: hostIPC
          value: 'true'
        - {name: securityContext.allowPrivilegeEscalation, value: \"true\"}
",
    );
    let mended = parameters.replace("'true'", "'false'").replace("\"true\"", "\"false\"");
    check(&repository(&parameters), &MENDED, &[("apps/shop.yaml", &mended)]);
}

const BASE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/app:1
";

#[test]
fn patches_in_a_kustomization_change_there() {
    let kustomization = "\
resources: [pod.yaml]
patches:
  # To look around.
  - patch: |-
      apiVersion: v1
      kind: Pod
      metadata: {name: app}
      spec:
        # Only for a day.
        hostIPC: true
        hostPID: true
        dnsPolicy: Default
  - target: {kind: Pod}
    patch: |
      - op: add
        path: /spec/containers/0/securityContext
        value: {allowPrivilegeEscalation: true}
      - op: add
        path: /spec/hostNetwork
        value: true
";
    let folder = Folder::new(&[("kustomization.yaml", kustomization), ("pod.yaml", BASE)]);
    let mended = kustomization
        .replace("        hostIPC: true\n        hostPID: true\n", "")
        .replace("      - op: add\n        path: /spec/hostNetwork\n        value: true\n", "")
        .replace("Escalation: true", "Escalation: false");
    let asked = [
        "--only",
        "host-pid-namespace,host-ipc-namespace,host-network-namespace,privilege-escalation-allowed",
        "--unsafe",
        "--yes",
    ];
    check(&folder, &asked, &[("kustomization.yaml", &mended)]);
}

#[test]
fn lists_without_names_get_operations() {
    // What stands in quotes cannot be edited where it stands.
    let kustomization = "\
resources: [../../base]
patches:
  - target: {kind: Pod}
    patch: '[{op: add, path: /spec/tolerations, value: [{key: a, operator: Exists}, {operator: Exists}]}]'
";
    let folder = Folder::new(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", BASE),
        ("overlays/one/kustomization.yaml", kustomization),
    ]);
    let mended = format!(
        "{kustomization}  - path: pod-app-json-patch.yaml\n    target:\n      version: v1\n      kind: Pod\n      name: app\n"
    );
    let asked = ["--only", "tolerates-every-taint", "--unsafe", "--yes"];
    check(&folder, &asked, &[("overlays/one/kustomization.yaml", &mended)]);
    assert_eq!(
        fs::read_to_string(folder.path().join("overlays/one/pod-app-json-patch.yaml")).unwrap(),
        "- op: remove\n  path: /spec/tolerations/1\n"
    );
}

#[test]
fn what_an_included_template_leaves_out_is_switched_on() {
    let helpers = "\
{{- define \"shop.pod\" }}
{{- if .Values.hardening.enabled }}
securityContext:
  seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- end }}
{{- define \"shop.container\" }}
{{- with .Values.containerSecurity }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
";
    let pod = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  {{- include \"shop.pod\" . | nindent 2 }}
  containers:
    - name: app
      image: registry.example.com/app:1
      {{- include \"shop.container\" . | nindent 6 }}
";
    let values = "hardening:\n  enabled: false # later\n";
    let folder = Folder::new(&[
        ("Chart.yaml", CHART),
        ("values.yaml", values),
        ("templates/_helpers.tpl", helpers),
        ("templates/pod.yaml", pod),
    ]);
    let mended = "hardening:\n  enabled: true # later\ncontainerSecurity:\n  allowPrivilegeEscalation: false\n";
    let asked = ["--only", "seccomp-profile-missing,privilege-escalation-allowed"];
    check(&folder, &asked, &[("values.yaml", mended)]);
}

#[test]
fn a_release_that_a_kustomization_patches_is_rendered_and_mended_there() {
    let release = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  chart: {spec: {chart: ./charts/shop, sourceRef: {kind: GitRepository, name: shop}}}
  values:
    hostIPC: true # of old
    securityContext: {allowPrivilegeEscalation: false}
";
    let patch = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  values:
    hostPID: true # to debug
";
    let folder = Folder::new(&[
        ("charts/shop/Chart.yaml", CHART),
        ("charts/shop/values.yaml", VALUES),
        ("charts/shop/templates/pod.yaml", POD),
        ("apps/base/kustomization.yaml", "namespace: shop\nresources: [release.yaml]\n"),
        ("apps/base/release.yaml", release),
        ("apps/debug/kustomization.yaml", "resources: [../base]\npatches: [{path: values.yaml}]\n"),
        ("apps/debug/values.yaml", &patch.replace("name: shop}", "name: shop, namespace: shop}")),
    ]);
    fs::create_dir(folder.path().join(".git")).unwrap();
    let said = folder.run(&["scan", "--only", "host-pid-namespace"]).out;
    assert!(said.contains("apps/debug/values.yaml:6") && said.contains("HelmRelease shop in apps/debug"), "{said}");
    let mended = patch.replace("name: shop}", "name: shop, namespace: shop}").replace("PID: true", "PID: false");
    let base = release.replace("IPC: true", "IPC: false");
    check(&folder, &MENDED, &[("apps/debug/values.yaml", &mended), ("apps/base/release.yaml", &base)]);
}

#[test]
fn values_of_a_chart_in_a_kustomization_change_there() {
    let kustomization = "\
# The shop, from its chart.
helmGlobals:
  chartHome: ../charts
helmCharts:
  - name: shop
    releaseName: shop
    valuesInline:
      hostPID: true   # for the debugger
      securityContext: {allowPrivilegeEscalation: true, procMount: Unmasked}
";
    let folder = repository("kind: none\n");
    folder.write("prod/kustomization.yaml", kustomization.as_bytes());
    check(
        &folder,
        &MENDED,
        &[(
            "prod/kustomization.yaml",
            &kustomization
                .replace("hostPID: true ", "hostPID: false ")
                .replace("{allowPrivilegeEscalation: true, procMount: Unmasked}", "{allowPrivilegeEscalation: false}"),
        )],
    );
}
