//! Charts as their users see them: found, rendered, and judged at their sources.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::program::Folder;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
const VALUES: &str = "\
image:
  name: app
  tag: \"1\"
hostNetwork: false
securityContext:
  runAsUser: 1000
  # why not
  privileged: true
";
const TEMPLATE: &str = "\
{{- /* The pod. */ -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-app
  namespace: {{ .Release.Namespace }}
spec:
  hostNetwork: {{ .Values.hostNetwork }}
  containers:
    - name: app
      image: {{ .Values.image.name }}:{{ .Values.image.tag }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      ports:
        - containerPort: 80
          hostPort: 80
";

fn chart(more: &[(&str, &str)]) -> Folder {
    let own = [
        ("shop/Chart.yaml", CHART),
        ("shop/values.yaml", VALUES),
        ("shop/templates/pod.yaml", TEMPLATE),
        ("shop/templates/NOTES.txt", "Have fun with {{ .Release.Name }}"),
    ];
    Folder::new(&[&own[..], more].concat())
}

/// `control place [value place]… (variants)` of every failure of these controls.
fn found(json: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for result in list(&json["results"]) {
        for occurrence in list(&result["occurrences"]) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mut line = format!("{} {}:{}", text(&result["control"]), text(&occurrence["path"]), occurrence["line"]);
            for reason in list(&occurrence["origin"]["reasons"]) {
                let variants: Vec<String> =
                    list(&reason["renderings"]).iter().map(|rendering| text(&rendering["variant"])).collect();
                line.push_str(&format!(" ({})", variants.join(", ")));
                if let Some(value) = list(&reason["values"]).first() {
                    let place = &value["place"];
                    line.push_str(&format!(" {} {}:{}", text(&value["name"]), text(&place["path"]), place["line"]));
                }
            }
            lines.push(line);
        }
    }
    lines
}

const ONLY: [&str; 2] = ["--only", "privileged-container,host-network-namespace,host-port"];

fn scan(folder: &Folder, arguments: &[&str]) -> (i32, Vec<String>) {
    let (code, json) = folder.scan(&[&ONLY[..], arguments].concat());
    (code, found(&json))
}

#[test]
fn findings_are_at_the_template_and_at_the_value() {
    let folder = chart(&[]);
    let (code, lines) = scan(&folder, &["."]);
    let expected = [
        "host-port shop/templates/pod.yaml:16 (values.yaml)",
        "privileged-container shop/templates/pod.yaml:13 (values.yaml) securityContext.privileged shop/values.yaml:8",
    ];
    assert_eq!((code, lines), (1, expected.map(str::to_owned).to_vec()));
    let said = folder.run(&[&["scan", "--details"], &ONLY[..]].concat());
    for part in [
        "shop/templates/pod.yaml:13:9",
        "{{- toYaml .Values.securityContext | nindent 8 }}",
        "shop/values.yaml:8:3",
        "because of `securityContext.privileged`",
        "rendered: privileged: true",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}

#[test]
fn the_chart_is_found_from_inside_and_by_a_template() {
    let folder = chart(&[]);
    let inside = Folder::at(&folder.path().join("shop"));
    assert_eq!(scan(&inside, &["."]).1[0], "host-port templates/pod.yaml:16 (values.yaml)");
    let (code, lines) = scan(&folder, &["shop/templates/pod.yaml"]);
    assert_eq!((code, lines.len()), (1, 2));
    let more = chart(&[("shop/templates/other.yaml", &TEMPLATE.replace("-app", "-other"))]);
    assert_eq!(scan(&more, &["."]).1.len(), 4);
    assert_eq!(scan(&more, &["shop/templates/other.yaml"]).1.len(), 2);
    assert_eq!(scan(&more, &["--show-only", "templates/other.yaml", "shop"]).1.len(), 2);
}

#[test]
fn values_of_flags_are_those_of_helm() {
    let folder = chart(&[("prod.yaml", "hostNetwork: true\nsecurityContext:\n  privileged: false\n")]);
    let of_file = scan(&folder, &["-f", "prod.yaml", "shop"]).1;
    assert_eq!(
        of_file[0],
        "host-network-namespace shop/templates/pod.yaml:8 (the given values) hostNetwork prod.yaml:1"
    );
    assert!(!of_file.iter().any(|line| line.starts_with("privileged")), "{of_file:?}");
    let of_set = scan(&folder, &["-f", "prod.yaml", "--set", "hostNetwork=false", "shop"]).1;
    assert_eq!(of_set.len(), 1, "{of_set:?}");
    let said = folder.run(&["scan", "-f", "pord.yaml", "shop"]);
    assert!(said.code == 3 && said.err.contains("did you mean `prod.yaml`?"), "{}", said.err);
    let (_, json) = folder.scan(&["--release-name", "web", "--release-namespace", "front", "shop"]);
    let said = folder.run(&["scan", "--namespace", "front", "shop"]);
    assert_eq!(said.code, 3, "{}", said.out);
    assert!(said.err.contains("`--release-namespace`"), "{}", said.err);
    let plain = |flag| folder.run(&["render", "--plain", flag, "front", "shop"]).out;
    assert_eq!(plain("--namespace"), plain("--release-namespace"));
    assert_eq!(json["resources"][0]["id"], "Pod/front/web-app");
}

#[test]
fn sets_of_values_are_rendered_and_a_finding_says_in_which_it_is() {
    let open = "hostNetwork: true\n";
    let folder = chart(&[("shop/ci/open-values.yaml", open)]);
    let (_, lines) = scan(&folder, &["."]);
    assert_eq!(
        lines[..2],
        [
            "host-network-namespace shop/templates/pod.yaml:8 (ci/open-values.yaml) hostNetwork shop/ci/open-values.yaml:1",
            "host-port shop/templates/pod.yaml:16 (values.yaml, ci/open-values.yaml)",
        ]
    );
    let said = folder.run(&["scan", "--only", "host-network-namespace", "--details"]);
    assert!(said.out.contains("only in: ci/open-values.yaml"), "{}", said.out);
    let project = "charts:\n  shop:\n    namespace: shop\n    environments:\n      staging: []\n      production:\n        \
                   values: [prod.yaml]\n";
    folder.write("prod.yaml", open.as_bytes());
    folder.write("plimsoll.yaml", project.as_bytes());
    let (_, lines) = scan(&folder, &["."]);
    assert_eq!(lines[0], "host-network-namespace shop/templates/pod.yaml:8 (production) hostNetwork prod.yaml:1");
    assert_eq!(lines[1], "host-port shop/templates/pod.yaml:16 (staging, production)");
    folder.write("plimsoll.yaml", project.replace("prod.yaml", "pord.yaml").as_bytes());
    let said = folder.run(&["scan"]);
    assert!(said.code == 3 && said.err.contains("plimsoll.yaml:7"), "{}", said.err);
}

#[test]
fn exceptions_stand_in_templates_and_values_and_are_for_their_environment() {
    let folder = chart(&[]);
    let template = TEMPLATE.replace("hostPort: 80", "hostPort: 80 # plimsoll: ignore host-port — the way in");
    folder.write("shop/templates/pod.yaml", template.as_bytes());
    let values = VALUES.replace("# why not", "# plimsoll: ignore privileged-container — until the driver is gone");
    folder.write("shop/values.yaml", values.as_bytes());
    let (code, json) = folder.scan(&[&ONLY[..], &["."]].concat());
    let standings: Vec<&str> =
        json["results"].as_array().unwrap().iter().map(|result| result["standing"].as_str().unwrap()).collect();
    assert_eq!((code, standings), (0, vec!["excepted", "excepted"]));
    assert_eq!(json["exceptionProblems"].as_array().map(Vec::len), Some(0), "{}", json["exceptionProblems"]);
    // Where another set of values says the same elsewhere, nobody has accepted that.
    folder.write("shop/ci/x-values.yaml", b"securityContext:\n  privileged: true\n");
    assert_eq!(scan(&folder, &["."]).0, 1);
    // A comment between braces, above the line.
    let hidden = TEMPLATE
        .replace("  hostNetwork:", "  {{- /* plimsoll: ignore host-network-namespace — a router */}}\n  hostNetwork:");
    let folder = chart(&[("shop/templates/pod.yaml", &hidden), ("shop/values.yaml", &VALUES.replace("false", "true"))]);
    assert_eq!(folder.scan(&["--only", "host-network-namespace", "."]).0, 0);
}

#[test]
fn annotations_are_for_the_object_that_has_them() {
    let annotated = TEMPLATE.replace(
        "metadata:\n",
        "metadata:\n  annotations:\n    plimsoll/ignore: privileged-container,host-port — a driver\n",
    );
    let folder = chart(&[("shop/templates/pod.yaml", &annotated)]);
    assert_eq!(scan(&folder, &["."]).0, 0);
}

#[test]
fn what_cannot_be_rendered_is_said_with_its_place_and_the_rest_is_judged() {
    let broken = [("bad/Chart.yaml", CHART), ("bad/templates/x.yaml", "a: 1\nb: {{ .Values.x.y }}\n")];
    let folder = chart(&broken);
    let (code, json) = folder.scan(&[&ONLY[..], &["."]].concat());
    let skipped = &json["coverage"]["skipped"][0];
    assert_eq!((code, &skipped["path"], &skipped["line"]), (2, &"bad/templates/x.yaml".into(), &2.into()), "{skipped}");
    assert!(skipped["reason"].as_str().unwrap().contains("nil pointer"), "{skipped}");
    assert_eq!(found(&json).len(), 2);
    let missing = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - name: db\n    version: 1.0.0\n    repository: https://charts.example.org\n";
    let folder = chart(&[("shop/Chart.yaml", missing)]);
    let (code, json) = folder.scan(&[&ONLY[..], &["."]].concat());
    let reason = json["coverage"]["skipped"][0]["reason"].as_str().unwrap();
    assert!(code == 2 && reason.contains("helm dependency"), "{reason}");
    assert_eq!(found(&json).len(), 2);
}

#[cfg(unix)]
#[test]
fn archives_are_charts_and_those_that_climb_are_said() {
    let folder = chart(&[("data/notes.txt", "hello"), ("up.yaml", "a: b")]);
    let tar = |arguments: &[&str]| {
        let mut command = std::process::Command::new("tar");
        let output = command.current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    tar(&["-czf", "good.tgz", "shop"]);
    tar(&["-czf", "data.tgz", "data"]);
    std::fs::create_dir(folder.path().join("packed")).unwrap();
    for name in ["good.tgz", "data.tgz"] {
        std::fs::rename(folder.path().join(name), folder.path().join("packed").join(name)).unwrap();
    }
    let (code, lines) = scan(&folder, &["packed"]);
    assert_eq!((code, lines.len()), (1, 2), "{lines:?}");
    assert_eq!(lines[0], "host-port packed/good.tgz!/shop/templates/pod.yaml:16 (values.yaml)");
    tar(&["-czPf", "packed/climbs.tgz", "--transform=s,^up,../../up,", "shop", "up.yaml"]);
    let (code, json) = folder.scan(&["packed"]);
    let skipped = &json["coverage"]["skipped"];
    assert_eq!((code, skipped.as_array().map(Vec::len)), (2, Some(1)), "{skipped}");
    assert_eq!(skipped[0]["path"], "packed/climbs.tgz");
    // What the user names is to be a chart.
    assert_eq!(scan(&folder, &["packed/data.tgz"]).0, 2);
}

#[test]
fn values_of_secrets_are_never_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  password: {{ .Values.password }}\n  \
                  literal: harbour-1866\n";
    let pod = TEMPLATE.replace(
        "      ports:",
        "      env:\n        - name: DATABASE_PASSWORD\n          value: {{ .Values.password }}\n      ports:",
    );
    let values = format!("{VALUES}password: sunrise-1867\n");
    let folder = chart(&[
        ("shop/templates/secret.yaml", secret),
        ("shop/templates/pod.yaml", &pod),
        ("shop/values.yaml", &values),
    ]);
    for arguments in [
        &["scan", "--details", "."][..],
        &["scan", "--output", "json", "."],
        &["scan", "--output", "sarif", "."],
        &["scan", "--output", "html", "."],
        &["scan", "--output", "csv", "."],
        &["render", "."],
    ] {
        let said = folder.run(arguments);
        assert!(
            !said.out.contains("sunrise-1867") && !said.out.contains("harbour-1866"),
            "{arguments:?}: {}",
            said.out
        );
    }
    let said = folder.run(&["scan", "--only", "secret-literal-in-environment", "--details", "."]);
    assert!(said.out.contains("because of `password`") && said.out.contains("••••"), "{}", said.out);
}

#[test]
fn references_of_flux_and_argo_are_rendered_with_their_values() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\n  namespace: flux\nspec:\n  \
                   targetNamespace: front\n  chart:\n    spec:\n      chart: ./shop\n      sourceRef:\n        kind: GitRepository\n        \
                   name: here\n  values:\n    hostNetwork: true\n";
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: store\nspec:\n  destination:\n    \
                       namespace: back\n  source:\n    repoURL: https://example.org/shop\n    path: shop\n    helm:\n      \
                       parameters:\n        - name: securityContext.privileged\n          value: \"false\"\n";
    let folder = chart(&[("clusters/a.yaml", release), ("clusters/b.yaml", application)]);
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let (_, json) = folder.scan(&[&ONLY[..], &["."]].concat());
    let ids: BTreeSet<&str> =
        json["resources"].as_array().unwrap().iter().map(|resource| resource["id"].as_str().unwrap()).collect();
    for id in ["Pod/default/release-name-app", "Pod/front/front-shop-app", "Pod/back/store-app"] {
        assert!(ids.contains(id), "{ids:?}");
    }
    let lines = found(&json);
    assert!(
        lines.iter().any(|line| line.starts_with("host-network") && line.contains("(HelmRelease shop) hostNetwork")),
        "{lines:?}"
    );
    let privileged = lines.iter().filter(|line| line.starts_with("privileged")).count();
    assert_eq!(privileged, 2, "{lines:?}");
}

#[test]
fn values_in_objects_have_their_lines_and_those_elsewhere_are_said() {
    let releases = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  chart:
    spec:
      chart: shop
      sourceRef: {kind: GitRepository, name: here}
  valuesFrom:
    - kind: Secret
      name: more
  values:
    # Why not.
    hostNetwork: true
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: store}
spec:
  source:
    path: shop
    helm:
      values: |
        # Why not.
        hostNetwork: true
";
    let folder = chart(&[("releases.yaml", releases)]);
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let (code, json) = folder.scan(&["--only", "host-network-namespace", "."]);
    assert_eq!(code, 2);
    let lines = found(&json);
    for line in ["(HelmRelease shop) hostNetwork releases.yaml:18", "(Application store) hostNetwork releases.yaml:29"]
    {
        assert!(lines.iter().any(|found| found.ends_with(line)), "{lines:?}");
    }
    let skipped = &json["coverage"]["skipped"][0];
    assert_eq!((&skipped["path"], &skipped["line"]), (&"releases.yaml".into(), &14.into()));
    assert!(skipped["reason"].as_str().unwrap().contains("values of the Secret `more`"), "{skipped}");
}

#[test]
fn render_prints_what_is_judged_and_where_it_comes_from() {
    let folder = chart(&[]);
    let said = folder.run(&["render", "shop"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for part in [
        "# helm shop, values.yaml\n",
        "  hostNetwork: false  # shop/templates/pod.yaml:8, `hostNetwork` shop/values.yaml:4\n",
        "          hostPort: 80  # shop/templates/pod.yaml:16\n",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let plain = folder.run(&["render", "--plain", "shop"]);
    assert!(plain.out.starts_with("---\n# Source: shop/templates/pod.yaml\n"), "{}", plain.out);
    let nothing = Folder::new(&[("a.yaml", "a: b\n")]).run(&["render"]);
    assert!(nothing.code == 3 && nothing.err.contains("neither a chart nor a kustomization"), "{}", nothing.err);
}

#[test]
fn a_change_of_values_touches_the_whole_chart() {
    let folder = chart(&[(
        "other.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: o}\nspec: {hostNetwork: true, containers: [{name: a, image: b}]}\n",
    )]);
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(folder.path()).args(["-c", "user.name=T", "-c", "user.email=t@example.org"]);
        assert!(command.args(arguments).output().unwrap().status.success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=first"]);
    assert_eq!(scan(&folder, &["--since", "HEAD"]).1.len(), 0);
    folder.write("shop/values.yaml", format!("{VALUES}more: 1\n").as_bytes());
    assert_eq!(scan(&folder, &["--since", "HEAD"]).1.len(), 2);
}

#[test]
fn what_a_condition_left_out_is_at_the_value_of_the_condition() {
    let template = "\
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: registry.example.com/app:1
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if and .Values.secure .Values.strict }}
      imagePullPolicy: Always
      {{- end }}
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
";
    let values = "resources: {}\nsecure: true\nstrict: false\npodSecurityContext: {}\n";
    let folder = Folder::new(&[("Chart.yaml", CHART), ("values.yaml", values), ("templates/pod.yaml", template)]);
    let only = ["--only", "seccomp-profile-missing,memory-limit-missing,image-pull-policy-not-always"];
    let (_, json) = folder.scan(&only);
    let mut lines = found(&json);
    lines.sort();
    assert_eq!(
        lines,
        [
            "image-pull-policy-not-always templates/pod.yaml:6 (values.yaml) strict values.yaml:3",
            "memory-limit-missing templates/pod.yaml:6 (values.yaml) resources values.yaml:1",
            "seccomp-profile-missing templates/pod.yaml:6 (values.yaml) podSecurityContext values.yaml:4",
        ]
    );
}

#[test]
fn what_may_be_otherwise_in_a_cluster_is_noted_and_no_gap() {
    let template = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data:
  known: {{ lookup \"v1\" \"Secret\" \"a\" \"b\" | toJson | quote }}
  chance: {{ randAlphaNum 8 | quote }}
";
    let folder = Folder::new(&[("Chart.yaml", CHART), ("templates/a.yaml", template)]);
    let (code, json) = folder.scan(&["--severity-threshold", "critical"]);
    assert_eq!(code, 0, "{json}");
    let notes: Vec<&str> =
        json["coverage"]["notes"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap()).collect();
    assert!(notes[0].starts_with("`lookup` asks the cluster"), "{notes:?}");
    assert!(notes[1].starts_with("`randAlphaNum` gives something else each time"), "{notes:?}");
    let said = folder.run(&["scan"]);
    assert!(said.out.contains("note: .: `lookup` asks the cluster"), "{}", said.out);
}

#[test]
fn hooks_are_judged_and_marked() {
    let hook = "\
apiVersion: v1
kind: Pod
metadata:
  name: migrate
  annotations: {helm.sh/hook: 'pre-install,pre-upgrade'}
spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}
";
    let folder = chart(&[("shop/templates/hook.yaml", hook)]);
    let (_, json) = folder.scan(&["--only", "privileged-container", "shop"]);
    let hooks: Vec<(&str, &Value)> = json["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| (resource["name"].as_str().unwrap(), &resource["hook"]))
        .collect();
    assert!(hooks.contains(&("migrate", &"pre-install,pre-upgrade".into())), "{hooks:?}");
    assert!(hooks.contains(&("release-name-app", &Value::Null)), "{hooks:?}");
    let said = folder.run(&["scan", "--only", "privileged-container", "--details", "shop"]);
    assert_eq!(said.out.matches("Helm runs it at pre-install,pre-upgrade").count(), 1, "{}", said.out);
}

#[test]
fn plain_text_is_that_of_one_set_of_values() {
    let folder = chart(&[("shop/ci/big-values.yaml", "image: {tag: '2'}\n")]);
    let said = folder.run(&["render", "--plain", "shop"]);
    assert_eq!((said.code, said.out.matches("kind: Pod").count()), (0, 1), "{}", said.out);
    assert!(said.out.contains("image: app:1"), "{}", said.out);
    assert_eq!(said.err, "shop: with `values.yaml`; `--value-set` prints it with `ci/big-values.yaml`\n");
    for plain in [&["--plain"][..], &[]] {
        let asked = ["render", "shop", "--value-set", "ci/big-values.yaml"];
        let said = folder.run(&[&asked[..], plain].concat());
        assert_eq!((said.code, said.out.matches("kind: Pod").count(), &*said.err), (0, 1, ""), "{}", said.out);
        assert!(said.out.contains("image: app:2"), "{}", said.out);
        let said = folder.run(&[&["render", "shop", "--value-set", "ci/bug-values.yaml"], plain].concat());
        assert_eq!((said.code, &*said.out), (3, ""));
        assert!(said.err.contains("did you mean `ci/big-values.yaml`?"), "{}", said.err);
    }
}

#[test]
fn flags_that_set_nothing_are_wrong_usage() {
    let folder = chart(&[]);
    for (flag, value, message) in [
        ("--set", "a", "failed parsing --set data: key \"a\" has no value"),
        ("--set-string", "a=1,b", "failed parsing --set-string data: key \"b\" has no value"),
        ("--set-json", "a={", "failed parsing --set-json data"),
        ("--set-file", "a=missing.txt", "there is no such file"),
    ] {
        for command in ["scan", "render", "fix"] {
            let said = folder.run(&[command, flag, value, "shop"]);
            assert_eq!((said.code, &*said.out), (3, ""), "{command} {flag}: {}", said.err);
            assert!(said.err.contains(message), "{}", said.err);
        }
    }
}

#[test]
fn what_could_not_be_rendered_is_one_sentence() {
    let needs = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: 'https://example.com'}]\n";
    let folder = chart(&[("shop/Chart.yaml", needs)]);
    let (code, json) = folder.scan(&["shop"]);
    let reason = json["coverage"]["skipped"][0]["reason"].as_str().unwrap();
    assert_eq!(code, 2);
    assert_eq!(
        reason,
        "chart `shop` needs `db`, which is not in its `charts/` folder: what it would bring was not looked at: \
         run `helm dependency build shop`"
    );
    assert!(!found(&json).is_empty(), "the rest is judged");
    let folder = chart(&[("shop/templates/bad.yaml", "a: {{ nil }}\n")]);
    let (_, json) = folder.scan(&["shop"]);
    assert_eq!(
        json["coverage"]["skipped"][0]["reason"],
        "it cannot be rendered: shop/templates/bad.yaml:1:6: executing \"shop/templates/bad.yaml\" at <nil>: nil is \
         not a command"
    );
}

#[test]
fn files_of_values_that_are_not_there_are_told() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    repoURL: https://example.com/r\n    path: shop\n    helm: {valueFiles: [missing.yaml]}\n";
    let folder = chart(&[("app.yaml", application)]);
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let (code, json) = folder.scan(&["."]);
    assert_eq!(code, 2);
    let reasons = json["coverage"]["skipped"].to_string();
    assert!(reasons.contains("there is no such file") && !reasons.contains("it is gone"), "{reasons}");
}
