//! The files around the manifests: kustomizations, values, charts, and what is no manifest at all.

use std::fmt::Write;

use super::app::App;
use super::draft::Draft;

pub(crate) fn kustomization(draft: &mut Draft, app: &App, resources: &[&str], patches: &[&str]) {
    draft.object(|draft| {
        draft.text("apiVersion", "kustomize.config.k8s.io/v1beta1");
        draft.text("kind", "Kustomization");
        draft.text("namespace", &app.namespace);
        draft.comment("one file for each resource");
        draft.strings("resources", resources);
        if !patches.is_empty() {
            draft.list("patches", |draft| {
                for patch in patches {
                    draft.item(|draft| draft.text("path", patch));
                }
            });
        }
        draft.list("labels", |draft| {
            draft.item(|draft| draft.pairs("pairs", &[("example.com/team", app.team)]));
        });
        draft.list("images", |draft| {
            draft.item(|draft| {
                draft.text("name", app.image.split([':', '@']).next().unwrap_or(&app.name));
                draft.text("newTag", &app.version);
            });
        });
        let literals = draft.random.between(2, 20);
        draft.list("configMapGenerator", |draft| {
            draft.item(|draft| {
                draft.text("name", &format!("{}-environment", app.name));
                draft.list("literals", |draft| {
                    for number in 0..literals {
                        draft.text_item(&format!("{}_SETTING_{number}=value-{number}", app.component.to_uppercase()));
                    }
                });
            });
        });
        draft.map("generatorOptions", |draft| draft.flag("disableNameSuffixHash", true));
    });
}

/// Values of somebody's chart: YAML that looks like a manifest here and there, and is none.
pub(crate) fn values(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        draft.comment("Default values. This is a YAML-formatted file.");
        draft.number("replicaCount", 2);
        let (repository, tag) = (format!("registry.example.com/{}", app.name), app.version.clone());
        draft.map("image", |draft| {
            draft.text("repository", &repository);
            draft.text("pullPolicy", "IfNotPresent");
            draft.text("tag", &tag);
        });
        for name in ["imagePullSecrets", "tolerations", "extraVolumes"] {
            draft.list(name, |_| {});
        }
        draft.map("securityContext", |draft| {
            if app.is_hardened() {
                draft.flag("runAsNonRoot", true);
            }
        });
        draft.map("service", |draft| {
            draft.text("type", "ClusterIP");
            draft.number("port", app.port);
        });
        draft.map("resources", |draft| draft.pairs("limits", &[("cpu", "100m"), ("memory", "128Mi")]));
        let count = draft.random.between(5, 40);
        draft.map("settings", |draft| {
            for number in 0..count {
                let limit = draft.random.below(5000);
                draft.map(&format!("{}{number}", app.component), |draft| {
                    draft.flag("enabled", limit % 2 == 0);
                    draft.number("limit", limit);
                    draft.text("schedule", "0 4 * * *");
                });
            }
        });
    });
}

pub(crate) fn chart(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        draft.text("apiVersion", "v2");
        draft.text("name", &app.name);
        draft.text("description", "A chart that its team maintains");
        draft.text("type", "application");
        draft.text("version", &app.version);
        draft.text("appVersion", &app.version);
    });
}

/// A template of a chart. Not YAML before it is rendered; `.Values` are those of `values`.
pub(crate) fn chart_template(draft: &mut Draft, app: &App) {
    draft.raw(&format!(
        "{{{{- if gt (int .Values.replicaCount) 0 }}}}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .Release.Name \
         }}}}-{name}\n  labels:\n    app.kubernetes.io/name: {name}\n    helm.sh/chart: {{{{ .Chart.Name }}}}-{{{{ \
         .Chart.Version | replace \"+\" \"_\" }}}}\nspec:\n  replicas: {{{{ .Values.replicaCount }}}}\n  selector:\n    \
         matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        \
         app.kubernetes.io/name: {name}\n    spec:\n      {{{{- with .Values.imagePullSecrets }}}}\n      imagePullSecrets:\n        \
         {{{{- toYaml . | nindent 8 }}}}\n      {{{{- end }}}}\n      containers:\n        - name: {name}\n          image: \
         \"{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag | default .Chart.AppVersion }}}}\"\n          \
         securityContext:\n            {{{{- toYaml .Values.securityContext | nindent 12 }}}}\n          ports:\n            \
         - name: http\n              containerPort: {{{{ .Values.service.port }}}}\n          resources:\n            \
         {{{{- toYaml .Values.resources | nindent 12 }}}}\n          env:\n            {{{{- range $key, $value := \
         .Values.settings }}}}\n            - name: {{{{ $key | upper }}}}\n              value: {{{{ $value.limit | quote \
         }}}}\n            {{{{- end }}}}\n{{{{- end }}}}\n",
        name = app.name,
    ));
}

pub(crate) fn readme(draft: &mut Draft, app: &App) {
    let mut text = format!(
        "# {name}\n\nRuns in `{namespace}`, owned by {team}.\n\n```yaml\napiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n```\n\n",
        name = app.name,
        namespace = app.namespace,
        team = app.team
    );
    for number in 1..draft.random.between(3, 40) {
        writeln!(
            text,
            "{number}. When `{}` reports `error {number}`, look at the queue first, then at the database, and tell #{}.",
            app.name, app.team
        )
        .expect("writing to a string cannot fail");
    }
    draft.raw(&text);
}

/// JSON that is no manifest. Needs a draft whose style is JSON.
pub(crate) fn package(draft: &mut Draft, app: &App) {
    let count = draft.random.between(10, 60);
    draft.object(|draft| {
        draft.text("name", &format!("@example/{}", app.name));
        draft.text("version", &app.version);
        draft.flag("private", true);
        draft.map("scripts", |draft| {
            draft.text("build", "tsc --build");
            draft.text("test", "node --test");
        });
        draft.map("dependencies", |draft| {
            for number in 0..count {
                draft.text(&format!("@example/library-{number}"), "^1.4.2");
            }
        });
    });
}
