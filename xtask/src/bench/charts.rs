//! Charts, rendered and scanned, beside the real `helm template`, where that has been built for the tests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Bench;
use super::child::{Series, Tool, Usage};
use super::figures::{Budget, Figure, Limit};
use crate::arguments::say;

const SECTION: &str = "charts";
/// Templates of the large chart.
const TEMPLATES: usize = 30;
/// Charts of the repository.
const CHARTS: usize = 200;
/// How many times as fast as `helm template`, which does not scan.
const FASTER_ONE: f64 = 10.0;
const FASTER_MANY: f64 = 50.0;
/// Milliseconds for a small chart, with the start of the process.
const SMALL: f64 = 8.0;

pub(crate) fn figures(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: charts");
    match measure(bench) {
        Ok(figures) => figures,
        Err(error) => vec![Figure::failed(SECTION, "charts", &error)],
    }
}

fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let home = bench.scratch.join("charts");
    let small = write(&home.join("small"), &[("web", 1)])?;
    let large = write(&home.join("large"), &[("shop", TEMPLATES / 3)])?;
    let names: Vec<String> = (0..CHARTS).map(|at| format!("chart-{at}")).collect();
    let all: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let many = write(&home.join("many"), &all)?;

    let scan = |folder: &Path, runs| bench.tool.measure(&[Path::new("scan"), folder], runs);
    let of_small = scan(&small, bench.small_runs)?;
    let of_large = scan(&large, bench.small_runs)?;
    let of_many = scan(&many, bench.runs)?;
    let at_most =
        Budget { what: "with the start", unit: "ms", value: of_small.median * 1e3, limit: Limit::AtMost(SMALL) };
    let mut figures = vec![figure("a new chart, rendered and scanned", of_small, vec![at_most])];

    let helm = super::target()?.join("e2e").join("helm");
    if !helm.is_file() {
        figures.push(figure(&format!("a chart of {TEMPLATES} templates"), of_large, Vec::new()));
        figures.push(figure(&format!("{CHARTS} charts"), of_many, Vec::new()));
        figures.push(Figure::noted(SECTION, "`helm template`", "left out: `e2e/run` builds the real one".to_owned()));
        return Ok(figures);
    }
    let helm = Tool { binary: helm, complaints: bench.scratch.join("stderr.txt") };
    let template = |folder: PathBuf| [PathBuf::from("template"), PathBuf::from("release"), folder];
    let their_large = helm.measure(&template(large.join("shop")), bench.runs)?;
    let usages: Result<Vec<Usage>> = names.iter().map(|name| helm.run(&template(many.join(name)))).collect();
    let usages = usages?;
    let sum = |part: &dyn Fn(&Usage) -> f64| usages.iter().map(part).sum::<f64>();
    let their_many = Series {
        best: sum(&|usage| usage.wall),
        median: sum(&|usage| usage.wall),
        cpu: Some(sum(&|usage| usage.cpu.unwrap_or_default())),
        peak: usages.iter().map(|usage| usage.peak).max().unwrap_or(0),
    };
    let faster = |own: &Series, theirs: &Series, times: f64| Budget {
        what: "faster than `helm template`",
        unit: "times",
        value: theirs.median / own.median,
        limit: Limit::AtLeast(times),
    };
    let budget = faster(&of_large, &their_large, FASTER_ONE);
    figures.push(figure(&format!("a chart of {TEMPLATES} templates"), of_large, vec![budget]));
    figures.push(figure("the same by `helm template`, not scanned", their_large, Vec::new()));
    let budget = faster(&of_many, &their_many, FASTER_MANY);
    figures.push(figure(&format!("{CHARTS} charts in one run"), of_many, vec![budget]));
    figures.push(figure(&format!("the same by {CHARTS} of `helm template`"), their_many, Vec::new()));
    Ok(figures)
}

fn figure(name: &str, series: Series, budgets: Vec<Budget>) -> Figure {
    Figure { section: SECTION, name: name.to_owned(), series: Some(series), budgets, ..Figure::default() }
}

/// Writes charts with so many parts, each of three templates, and returns their folder.
fn write(folder: &Path, charts: &[(&str, usize)]) -> Result<PathBuf> {
    for (name, parts) in charts {
        let mut files = vec![
            (
                "Chart.yaml".to_owned(),
                format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: \"1.16.0\"\n"),
            ),
            ("templates/_helpers.tpl".to_owned(), HELPERS.to_owned()),
        ];
        let mut values = String::new();
        for part in 0..*parts {
            let named = |text: &str| text.replace("PART", &format!("part{part}"));
            let _ = write!(values, "{}", named(VALUES));
            files.push((format!("templates/deployment-{part}.yaml"), named(DEPLOYMENT)));
            files.push((format!("templates/service-{part}.yaml"), named(SERVICE)));
            files.push((format!("templates/rest-{part}.yaml"), named(REST)));
        }
        files.push(("values.yaml".to_owned(), values));
        for (path, text) in files {
            let path = folder.join(name).join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).with_context(|| format!("cannot create `{}`", parent.display()))?;
            }
            fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    }
    Ok(folder.to_path_buf())
}

const HELPERS: &str = r#"{{/* The name of the chart. */}}
{{- define "app.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "app.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- define "app.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "app.selectorLabels" . }}
{{- if .Chart.AppVersion }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "app.selectorLabels" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
"#;

const VALUES: &str = r#"PART:
  replicaCount: 1
  image:
    repository: registry.example.com/nginx
    pullPolicy: IfNotPresent
    tag: ""
  serviceAccount:
    create: true
    automount: true
    annotations: {}
  podAnnotations: {}
  podSecurityContext: {}
  securityContext: {}
  service:
    type: ClusterIP
    port: 80
  ingress:
    enabled: false
  resources: {}
  livenessProbe:
    httpGet:
      path: /
      port: http
  readinessProbe:
    httpGet:
      path: /
      port: http
  autoscaling:
    enabled: false
  volumes: []
  nodeSelector: {}
  tolerations: []
  affinity: {}
"#;

const DEPLOYMENT: &str = r#"{{- $own := .Values.PART -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}-PART
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  {{- if not $own.autoscaling.enabled }}
  replicas: {{ $own.replicaCount }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "app.selectorLabels" . | nindent 6 }}
      part: PART
  template:
    metadata:
      {{- with $own.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      labels:
        {{- include "app.labels" . | nindent 8 }}
        part: PART
    spec:
      serviceAccountName: {{ include "app.fullname" . }}-PART
      {{- with $own.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          {{- with $own.securityContext }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          image: "{{ $own.image.repository }}:{{ $own.image.tag | default .Chart.AppVersion }}"
          imagePullPolicy: {{ $own.image.pullPolicy }}
          ports:
            - name: http
              containerPort: {{ $own.service.port }}
              protocol: TCP
          livenessProbe:
            {{- toYaml $own.livenessProbe | nindent 12 }}
          readinessProbe:
            {{- toYaml $own.readinessProbe | nindent 12 }}
          {{- with $own.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- range $name := list "nodeSelector" "affinity" "tolerations" }}
      {{- with index $own $name }}
      {{ $name }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: {{ include "app.fullname" . }}-PART
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  type: {{ .Values.PART.service.type }}
  ports:
    - port: {{ .Values.PART.service.port }}
      targetPort: http
      protocol: TCP
      name: http
  selector:
    {{- include "app.selectorLabels" . | nindent 4 }}
    part: PART
"#;

const REST: &str = r#"{{- if .Values.PART.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "app.fullname" . }}-PART
  labels:
    {{- include "app.labels" . | nindent 4 }}
  {{- with .Values.PART.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ .Values.PART.serviceAccount.automount }}
{{- end }}
{{- if .Values.PART.ingress.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "app.fullname" . }}-PART
spec:
  rules:
    {{- range .Values.PART.ingress.hosts }}
    - host: {{ .host | quote }}
    {{- end }}
{{- end }}
"#;
