//! Kustomizations as their users see them: built once for each overlay, and judged at bases and patches.

use serde_json::Value;

use crate::program::Folder;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\n  namespace: shop\nspec:\n  hostPID: true\n  containers:\n    - \
                   name: app\n      image: app:1\n";
const PATCH: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\n  namespace: shop\nspec:\n  hostNetwork: true\n";

fn overlays(more: &[(&str, &str)]) -> Folder {
    let own = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
        ("prod/kustomization.yaml", "resources: [../base]\npatches:\n  - path: network.yaml\n"),
        ("prod/network.yaml", PATCH),
    ];
    Folder::new(&[&own[..], more].concat())
}

const ONLY: [&str; 2] = ["--only", "host-network-namespace,host-pid-namespace"];

/// `control place (overlays)` of every failure.
fn scan(folder: &Folder, arguments: &[&str]) -> (i32, Vec<String>) {
    let (code, json) = folder.scan(&[&ONLY[..], arguments].concat());
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for result in list(&json["results"]) {
        for occurrence in list(&result["occurrences"]) {
            let reasons = list(&occurrence["origin"]["reasons"]);
            let renderings = reasons.iter().flat_map(|reason| list(&reason["renderings"]));
            let variants: Vec<String> = renderings.map(|rendering| text(&rendering["variant"])).collect();
            let place = format!("{}:{}", text(&occurrence["path"]), occurrence["line"]);
            lines.push(format!("{} {place} ({})", text(&result["control"]), variants.join(", ")));
        }
    }
    (code, lines)
}

/// As pre-commit names what was changed: a patch is a part of an object, and no object.
#[test]
fn a_patch_that_is_named_is_not_judged_alone() {
    let folder = overlays(&[]);
    let (code, json) = folder.scan(&["--allow-empty", "prod/network.yaml"]);
    assert_eq!((code, json["results"].as_array().unwrap().len()), (0, 0), "{json}");
    let note = &json["coverage"]["notes"][0];
    assert_eq!(note["path"], "prod/network.yaml");
    assert!(note["text"].as_str().unwrap().contains("a patch of the kustomization beside it"), "{note}");
    // Asked for alone, it is a gap, and what else is named is judged.
    let (code, json) = folder.scan(&["prod/network.yaml", "base/pod.yaml"]);
    assert_eq!((code, json["coverage"]["skipped"][0]["path"].as_str()), (2, Some("prod/network.yaml")), "{json}");
    assert!(json["results"].as_array().unwrap().iter().all(|result| result["control"] != "host-network-namespace"));
    assert!(!json["results"].as_array().unwrap().is_empty());
}

#[test]
fn findings_are_at_the_base_and_at_the_patch() {
    let folder = overlays(&[]);
    let (code, lines) = scan(&folder, &["."]);
    let expected =
        ["host-network-namespace prod/network.yaml:7 (prod)", "host-pid-namespace base/pod.yaml:7 (dev, prod)"];
    assert_eq!((code, lines), (1, expected.map(str::to_owned).to_vec()));
    let said = folder.run(&["scan", "--only", "host-network-namespace", "--details"]);
    assert!(said.out.contains("only in: prod") && said.out.contains("prod/network.yaml:7:16"), "{}", said.out);
}

#[test]
fn an_overlay_by_itself_shows_its_base_from_where_one_is() {
    let folder = overlays(&[]);
    assert_eq!(scan(&folder, &["dev"]).1, ["host-pid-namespace base/pod.yaml:7 (dev)"]);
    let inside = Folder::at(&folder.path().join("dev"));
    assert_eq!(scan(&inside, &["."]).1, ["host-pid-namespace ../base/pod.yaml:7 (.)"]);
}

#[test]
fn an_overlay_is_a_world_of_its_own() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny\n  namespace: shop\nspec:\n  \
                  podSelector: {}\n  policyTypes: [Ingress, Egress]\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
    let folder = overlays(&[
        ("base/kustomization.yaml", "resources: [pod.yaml, namespace.yaml]\n"),
        ("base/namespace.yaml", namespace),
        ("prod/kustomization.yaml", "resources: [../base, policy.yaml]\n"),
        ("prod/policy.yaml", policy),
    ]);
    let (_, json) = folder.scan(&["--only", "default-deny-missing", "."]);
    let reasons = &json["results"][0]["occurrences"][0]["origin"]["reasons"];
    assert_eq!(reasons[0]["renderings"][0]["variant"], "dev", "{json}");
    assert_eq!(reasons[0]["renderings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn exceptions_stand_in_bases_and_patches() {
    let pod = POD.replace("hostPID: true", "hostPID: true # plimsoll: ignore host-pid-namespace — an agent");
    let patch = PATCH.replace("  hostNetwork", "  # plimsoll: ignore host-network-namespace — a router\n  hostNetwork");
    let folder = overlays(&[("base/pod.yaml", &pod), ("prod/network.yaml", &patch)]);
    assert_eq!(scan(&folder, &["."]).0, 0);
}

#[test]
fn what_is_elsewhere_is_said_and_the_rest_is_judged() {
    let folder =
        overlays(&[("prod/kustomization.yaml", "resources:\n  - ../base\n  - https://example.org/more?ref=v1\n")]);
    let (code, json) = folder.scan(&[&ONLY[..], &["prod"]].concat());
    let skipped = &json["coverage"]["skipped"][0];
    assert_eq!(
        (code, &skipped["path"], &skipped["line"]),
        (2, &"prod/kustomization.yaml".into(), &3.into()),
        "{skipped}"
    );
    // The file that is no longer a patch is an object of its own now.
    let results = json["results"].as_array().unwrap().iter();
    assert_eq!(results.filter(|result| result["status"] == "fail").count(), 2);
    let broken = overlays(&[("dev/kustomization.yaml", "resources: [../nowhere]\n")]);
    let (code, lines) = scan(&broken, &["."]);
    assert_eq!((code, lines.len()), (2, 2));
}

#[test]
fn contents_of_generated_secrets_are_never_shown() {
    let folder = overlays(&[
        (
            "dev/kustomization.yaml",
            "resources: [../base]\nsecretGenerator:\n  - name: s\n    literals: [password=sunrise-1867]\n    files: [token.txt]\n",
        ),
        ("dev/token.txt", "harbour-1866\n"),
    ]);
    for arguments in [
        &["scan", "--details", "."][..],
        &["scan", "--output", "json", "."],
        &["scan", "--output", "html", "."],
        &["render", "dev"],
    ] {
        let said = folder.run(arguments);
        for secret in ["sunrise-1867", "harbour-1866", "c3VucmlzZS0xODY3", "aGFyYm91ci0xODY2"] {
            assert!(!said.out.contains(secret), "{arguments:?} {secret}: {}", said.out);
        }
    }
}

#[test]
fn charts_of_a_kustomization_are_rendered_with_it() {
    let folder = overlays(&[
        (
            "dev/kustomization.yaml",
            "helmCharts:\n  - name: web\n    releaseName: front\n    valuesInline:\n      pid: true\n",
        ),
        ("dev/charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("dev/charts/web/values.yaml", "pid: false\n"),
        (
            "dev/charts/web/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostPID: {{ .Values.pid }}\n  containers: [{name: a, image: a}]\n",
        ),
    ]);
    let (_, lines) = scan(&folder, &["dev"]);
    assert_eq!(lines, ["host-pid-namespace dev/charts/web/templates/pod.yaml:6 (dev)"]);
    // The value that decides is shown where it stands, although an anchor elsewhere would not be understood there.
    let said = folder.run(&["scan", "--only", "host-pid-namespace", "--details", "dev"]).out;
    assert!(said.contains("dev/kustomization.yaml:5:7") && said.contains("because of `pid`"), "{said}");
    folder.write(
        "dev/kustomization.yaml",
        b"openapi: {}\nhelmGlobals: {configHome: &yes 'true'}\nhelmCharts:\n- {name: web, releaseName: front, valuesInline: {pid: true, text: *yes}}\n",
    );
    let (_, lines) = scan(&folder, &["dev"]);
    assert_eq!(lines, ["host-pid-namespace dev/charts/web/templates/pod.yaml:6 (dev)"]);
}

#[test]
fn what_a_chart_of_a_kustomization_lacks_is_said() {
    let folder = overlays(&[
        ("dev/kustomization.yaml", "helmCharts: [{name: web, releaseName: front}]\n"),
        (
            "dev/charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: cache, version: 1.0.0, repository: 'https://charts.example.com'}]\n",
        ),
        (
            "dev/charts/web/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ .Release.Name }}'}\nspec:\n  containers: [{name: a, image: a}]\n",
        ),
    ]);
    let said = folder.run(&["scan", "--output", "json", "dev"]);
    assert_eq!(said.code, 2);
    assert!(said.out.contains("cache"), "{}", said.out);
}

#[test]
fn render_prints_what_is_built() {
    let folder = overlays(&[]);
    let said = folder.run(&["render", "prod"]);
    assert!(said.out.contains("  hostNetwork: true  # prod/network.yaml:7\n"), "{}", said.out);
    let plain = folder.run(&["render", "--plain", "prod"]);
    assert!(plain.out.starts_with("apiVersion: v1\nkind: Pod\n") && !plain.out.contains('#'), "{}", plain.out);
}

/// A kustomization with a chart that says what values it has, and has a hook, a test and a definition.
fn with_chart(home: &str, settings: &str) -> Folder {
    let chart = |file: &str| format!("{home}/web/{file}");
    let kustomization = format!("helmCharts:\n- name: web\n  releaseName: front\n{settings}");
    let pod = |name: &str, hook: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, annotations: {{helm.sh/hook: {hook}}}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n"
        )
    };
    overlays(&[
        ("dev/kustomization.yaml", &kustomization),
        ("dev/file.yaml", "kept: null\nseen: {deep: null, own: 1}\n"),
        (&chart("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        (&chart("values.yaml"), "seen: {deep: 1, other: 2}\n"),
        (
            &chart("templates/values.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata: {all: {{ .Values | toJson | quote }}}\n",
        ),
        (&chart("templates/hook.yaml"), &pod("hook", "pre-install")),
        (&chart("templates/test.yaml"), &pod("test", "test")),
        (
            &chart("crds/crd.yaml"),
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: foos.example.com}\nspec: {group: example.com}\n",
        ),
    ])
}

#[test]
fn charts_of_a_kustomization_print_what_it_asks_for() {
    let kinds = |settings: &str| -> Vec<String> {
        let folder = with_chart("dev/charts", settings);
        let said = folder.run(&["render", "--plain", "dev"]);
        let lines = said.out.lines().filter_map(|line| line.strip_prefix("  name: "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(kinds(""), ["values", "hook", "test"]);
    assert_eq!(kinds("  includeCRDs: true\n"), ["foos.example.com", "values", "hook", "test"]);
    assert_eq!(kinds("  skipTests: true\n"), ["values", "hook"]);
    assert_eq!(kinds("  skipHooks: true\n"), ["values"]);
}

/// The values are what kustomize 5.8 with helm 4.3 gives the same chart.
#[test]
fn values_of_a_chart_in_a_kustomization_are_merged_by_kustomize() {
    let values = |settings: &str| {
        let said = with_chart("dev/charts", settings).run(&["render", "--plain", "dev"]);
        let line = said.out.lines().find_map(|line| line.strip_prefix("  all: "));
        line.unwrap_or(&said.err).to_owned()
    };
    // Null takes away what the other source says, and not the chart's default.
    assert_eq!(
        values("  valuesInline: {seen: {deep: null, more: 3}}\n"),
        r#"'{"seen":{"deep":1,"more":3,"other":2}}'"#
    );
    // What is null in the file, and said nowhere else, goes on to Helm.
    let file = "  valuesFile: file.yaml\n  valuesInline: {seen: {more: {none: null}}}\n";
    assert_eq!(values(file), r#"'{"kept":null,"seen":{"more":{},"other":2,"own":1}}'"#);
    let merge = "  valuesFile: file.yaml\n  valuesMerge: merge\n  valuesInline: {seen: {deep: 7, own: 7}}\n";
    assert_eq!(values(merge), r#"'{"seen":{"deep":1,"other":2,"own":1}}'"#);
    let replace = "  valuesFile: file.yaml\n  valuesMerge: replace\n  valuesInline: {seen: {deep: null}}\n";
    assert_eq!(values(replace), r#"'{"seen":{"other":2}}'"#);
    let differs = values("  valuesFile: file.yaml\n  valuesInline: {seen: 1}\n");
    assert!(differs.contains("`seen` is a mapping or list in one place"), "{differs}");
    assert!(values("  valuesMerge: best\n").contains("`valuesMerge` of the chart `web` is `best`"));
}

#[test]
fn charts_that_kustomize_fetched_lie_apart_by_version() {
    let fetched = "  version: 1.2.3\n  repo: https://charts.example.com\n";
    let here = with_chart("dev/charts/web-1.2.3", fetched).run(&["render", "--plain", "dev"]);
    assert_eq!((here.code, here.out.matches("name: values\n").count()), (0, 1), "{}", here.err);
    // A chart of another version is not what is deployed.
    let other = with_chart("dev/charts", fetched).run(&["scan", "dev"]);
    assert_eq!(other.code, 2);
    let command =
        "helm pull web --repo https://charts.example.com --version 1.2.3 --untar --untardir dev/charts/web-1.2.3";
    assert!(other.out.replace("\n    ", " ").contains(command), "{}", other.out);
}
