//! HelmReleases and Applications: what they deploy is looked at, or said to be elsewhere, and no path in them leads out of
//! the repository.

use std::fs;

use serde_json::Value;

use crate::fix_rendered::check;
use crate::program::Folder;

const ONLY: [&str; 2] = ["--only", "host-network-namespace,image-pull-policy-not-always"];

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: {{ .Values.host }}\n  containers: [{name: a, image: 'a:1', imagePullPolicy: {{ .Values.pull }}}]\n";

/// A folder of a repository beside one that it has nothing to do with.
fn folder(more: &[(&str, &str)]) -> Folder {
    let own = [
        ("repository/chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        ("repository/chart/values.yaml", "host: false\npull: Always\n"),
        ("repository/chart/templates/pod.yaml", POD),
        ("repository/envs/prod.yaml", "host: true\n"),
        ("outside/values.yaml", "pull: IfNotPresent # hunter2\n"),
    ];
    Folder::new(&[&own[..], more].concat())
}

fn release(chart: &str, more: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: r, namespace: f}}\nspec:\n  chart:\n    spec:\n      {chart}\n{more}"
    )
}

fn application(source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a}}\nspec:\n  destination: {{namespace: d}}\n{source}"
    )
}

/// Scans with `object` in the repository: the exit code, the findings, and what was not looked at.
fn scan(object: &str) -> (i32, Vec<String>, Vec<String>) {
    let folder = folder(&[("repository/apps/app.yaml", object)]);
    fs::create_dir(folder.path().join("repository/.git")).unwrap();
    let (code, json) = folder.scan(&[&ONLY[..], &["repository"]].concat());
    (code, failed(&json), skipped(&json))
}

fn failed(json: &Value) -> Vec<String> {
    let results = json["results"].as_array().unwrap().iter().filter(|result| result["status"] == "fail");
    results.map(|result| result["control"].as_str().unwrap().to_owned()).collect()
}

fn skipped(json: &Value) -> Vec<String> {
    let all = json["coverage"]["skipped"].as_array().unwrap().iter();
    all.map(|one| format!("{}: {}", one["line"], one["reason"].as_str().unwrap())).collect()
}

#[test]
fn charts_that_are_not_here_are_gaps() {
    for (object, expected) in [
        (
            release("{chart: podinfo, sourceRef: {kind: HelmRepository, name: g}}", ""),
            "the chart `podinfo` of the HelmRepository `g` is not here",
        ),
        (
            release("{chart: ./charts/other, sourceRef: {kind: GitRepository, name: g}}", ""),
            "its folder `./charts/other` is not here",
        ),
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec: {chartRef: {kind: OCIRepository, name: o}}\n".to_owned(),
            "the chart of the OCIRepository `o` is not here",
        ),
        (
            application("  source: {repoURL: 'https://charts.example.com', chart: redis, targetRevision: 1.0.0}\n"),
            "the chart `redis` of `https://charts.example.com` is not here",
        ),
        (application("  source: {repoURL: 'https://x', path: apps/other}\n"), "its folder `apps/other` is not here"),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  template: {spec: {source: {path: '{{path}}', helm: {values: 'host: true'}}}}\n".to_owned(),
            "what its generators make is not here",
        ),
        (
            release("{chart: chart, sourceRef: {kind: GitRepository, name: g}}", "  postRenderers: [{kustomize: {}}]\n"),
            "what `postRenderers` change is not applied",
        ),
        (
            application("  source: {repoURL: 'https://x', path: envs, kustomize: {namePrefix: a-}}\n"),
            "what `kustomize` changes is not applied",
        ),
    ] {
        let (code, _, skipped) = scan(&object);
        assert_eq!(code, 2, "{object}");
        assert!(skipped.iter().any(|reason| reason.contains(expected)), "{skipped:?}");
    }
}

#[test]
fn files_of_values_begin_where_flux_and_argo_say() {
    let flux =
        "{chart: chart, sourceRef: {kind: GitRepository, name: g}, valuesFiles: [chart/values.yaml, envs/prod.yaml]}";
    for object in [
        release(flux, ""),
        release("{chart: chart, sourceRef: {kind: GitRepository, name: g}, valuesFile: envs/prod.yaml}", ""),
        application("  source: {repoURL: 'https://x', path: chart, helm: {valueFiles: [/envs/prod.yaml]}}\n"),
        application("  source: {repoURL: 'https://x', path: chart, helm: {valueFiles: [../envs/prod.yaml]}}\n"),
        application(
            "  sources:\n  - {repoURL: 'https://x', path: chart, helm: {valueFiles: [$here/envs/prod.yaml]}}\n  - {repoURL: 'https://x', ref: here}\n",
        ),
        application(
            "  source: {repoURL: 'https://x', path: chart, helm: {ignoreMissingValueFiles: true, valueFiles: [none.yaml, /envs/prod.yaml]}}\n",
        ),
    ] {
        assert_eq!(scan(&object), (1, vec!["host-network-namespace".to_owned()], Vec::new()), "{object}");
    }
}

#[test]
fn the_folder_that_is_scanned_is_the_repository_where_there_is_none() {
    let object = release("{chart: chart, sourceRef: {kind: GitRepository, name: g}}", "  values: {host: true}\n");
    let folder = folder(&[("repository/apps/app.yaml", &object)]);
    let (code, json) = folder.scan(&[&ONLY[..], &["repository"]].concat());
    assert_eq!((code, failed(&json), skipped(&json)), (1, vec!["host-network-namespace".to_owned()], Vec::new()));
}

#[test]
fn no_path_of_an_object_leads_out_of_the_repository() {
    let outside = Folder::new(&[("values.yaml", "pull: IfNotPresent # hunter2\n")]);
    let absolute = outside.path().join("values.yaml").display().to_string();
    let (absolute, climbing) = (absolute.as_str(), "../../outside/values.yaml");
    for path in [absolute, climbing, "link/values.yaml"] {
        let kustomization = format!(
            "helmGlobals: {{chartHome: ..}}\nhelmCharts: [{{name: chart, releaseName: r, valuesFile: {path}}}]\n"
        );
        for (name, object) in [
            (
                "apps/app.yaml",
                release(
                    &format!("{{chart: chart, sourceRef: {{kind: GitRepository, name: g}}, valuesFiles: [{path}]}}"),
                    "",
                ),
            ),
            (
                "apps/app.yaml",
                application(&format!(
                    "  source: {{repoURL: 'https://x', path: chart, helm: {{valueFiles: [{path}]}}}}\n"
                )),
            ),
            ("apps/app.yaml", application("  source: {repoURL: 'https://x', path: ../outside}\n")),
            ("apps/kustomization.yaml", kustomization),
        ] {
            let folder = folder(&[(&format!("repository/{name}"), &object)]);
            fs::create_dir(folder.path().join("repository/.git")).unwrap();
            for link in ["repository/link", "repository/chart/link", "repository/apps/link"] {
                std::os::unix::fs::symlink(folder.path().join("outside"), folder.path().join(link)).unwrap();
            }
            let said = folder.run(&["scan", "--details", "repository"]);
            assert_eq!(said.code, 2, "{object}");
            assert!(!said.out.contains("hunter2"), "{object}: {}", said.out);
            folder.run(&["fix", "--write", "--unsafe", "--yes", "repository"]);
            for file in [folder.path().join("outside/values.yaml"), outside.path().join("values.yaml")] {
                assert_eq!(fs::read_to_string(file).unwrap(), "pull: IfNotPresent # hunter2\n", "{object}");
            }
        }
    }
}

#[test]
fn charts_that_others_write_are_set_in_the_values_of_the_chart_that_has_them() {
    let template = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: {{ .Values.hostPID }}\n  containers:\n  - name: a\n    image: a:1\n    {{- with .Values.context }}\n    securityContext:\n      {{- toYaml . | nindent 6 }}\n    {{- end }}\n";
    let chart = |repository: &str| {
        format!(
            "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: [{{name: s, alias: db, version: 1.0.0, repository: '{repository}'}}]\n"
        )
    };
    let values = "# Ours.\ndb:\n  tag: '2' # fixed\n";
    let of = |repository: &str| {
        Folder::new(&[
            ("app/Chart.yaml", &chart(repository)),
            ("app/values.yaml", values),
            ("app/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
            ("app/charts/s/values.yaml", "hostPID: true\ncontext: {}\n"),
            ("app/charts/s/templates/pod.yaml", template),
        ])
    };
    let only = ["--only", "host-pid-namespace,privilege-escalation-allowed", "--unsafe", "--yes"];
    let mended = format!("{values}  hostPID: false\n  context:\n    allowPrivilegeEscalation: false\n");
    check(&of("https://charts.example.com"), &only, &[("app/values.yaml", &mended)]);
    // What lies in the repository is the user's own.
    let own = "hostPID: false\ncontext:\n  allowPrivilegeEscalation: false\n";
    check(&of("file://charts/s"), &only, &[("app/charts/s/values.yaml", own)]);
}
