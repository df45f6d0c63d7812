//! `pipeline-run-unsafe`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pipeline-run-unsafe",
    title: "CI run uses unpinned bundles or default identity",
    severity: Severity::Low,
    severity_reason: "pipeline takeover",
    rationale: "A pipeline builds and deploys everything else. A step that is fetched by a name that can move, or a run with the rights of whoever shares the default account, is a way into all of it.",
    remediation: "Pin bundles and other remote tasks to a digest or commit, and give runs a ServiceAccount of their own.",
    verify: "kubectl get pipelineruns,taskruns,workflows -A -o yaml | grep -nE 'bundle:|resolver:|serviceAccountName:'",
    aliases: &[alias("kyverno", "require-tekton-bundle"), alias("kyverno", "block-tekton-task-runs"), alias("kyverno", "require-tekton-namespace-pipelinerun"), alias("kyverno", "disallow-jenkins-pipeline-strategy"), alias("datree", "ARGO_WORKFLOW_INCORRECT_SERVICE_ACCOUNT_NAME_VALUE_DEFAULT")],
    mappings: &[maps("owasp-k8s-top10", "K07")],
    references: &["https://tekton.dev/docs/pipelines/resolution/", "https://argo-workflows.readthedocs.io/en/latest/service-accounts/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[fixture("apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: build
spec:
  pipelineRef:
    resolver: bundles
    params:
      - name: bundle
        value: registry.example.com/tasks:1 #~ low spec.pipelineRef.params[0].value: The run takes its steps from the bundle
"), fixture("apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: build
spec:
  pipelineRef:
    resolver: bundles
    params:
      - name: bundle
        value: registry.example.com/tasks:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"), fixture("apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  name: build
spec:
  taskRef:
    resolver: git
    params:
      - name: revision
        value: main #~ which can move
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  name: build
spec:
  taskRef:
    resolver: git
    params:
      - name: revision
        value: 0123456789abcdef0123456789abcdef01234567
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: build
spec:
  pipelineSpec:
    tasks:
      - name: a
        taskRef:
          bundle: registry.example.com/tasks #~ low
      - name: b
        taskRef:
          name: local
"), fixture("apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: build
spec: #~ low spec.serviceAccountName: The workflow names no account
  volumes:
    - name: docker
      hostPath:
        path: /var/lib/docker #~ low spec.volumes[0].hostPath.path
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: build
spec:
  workflowSpec:
    serviceAccountName: default #~ low spec.workflowSpec.serviceAccountName
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: build
spec:
  workflowTemplateRef:
    name: build
")],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let spec = object.value.get("spec");
    match (object.group(), &*object.kind) {
        ("tekton.dev", "TaskRun" | "PipelineRun") => {
            let Some(spec) = spec else { return };
            for key in ["taskRef", "pipelineRef"] {
                spec.get(key).into_iter().for_each(|reference| check_reference(reference, findings));
            }
            let tasks = ["tasks", "finally"].into_iter().filter_map(|key| spec.at(&["pipelineSpec", key]));
            for task in tasks.flat_map(Value::items) {
                task.get("taskRef").into_iter().for_each(|reference| check_reference(reference, findings));
            }
        }
        ("argoproj.io", "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate") => {
            check_workflow(object, spec, "spec.serviceAccountName", findings)
        }
        ("argoproj.io", "CronWorkflow") => {
            let spec = spec.and_then(|spec| spec.get("workflowSpec"));
            check_workflow(object, spec, "spec.workflowSpec.serviceAccountName", findings);
        }
        _ => findings.not_applicable(),
    }
}

fn check_reference(reference: Value<'_>, findings: &mut Findings<'_>) {
    if let Some(bundle) = reference.get("bundle") {
        check_bundle(bundle, findings);
    }
    let resolver = reference.get("resolver").map(Value::text).unwrap_or_default();
    let parameter = |wanted: &str| {
        let mut parameters = reference.get("params").into_iter().flat_map(Value::items);
        parameters.find(|parameter| parameter.get("name").is_some_and(|name| name.text() == wanted))?.get("value")
    };
    match &*resolver {
        "bundles" => parameter("bundle").into_iter().for_each(|bundle| check_bundle(bundle, findings)),
        "git" => match parameter("revision") {
            Some(revision) if is_commit(&revision.text()) => {}
            Some(revision) => {
                let message = "The run takes its steps from the revision `{value}`, which can move";
                findings.report(Finding::at(revision).message(message));
            }
            None => {
                let message = "The run takes its steps from whatever the repository has at the moment";
                findings.report(Finding::at_key_of(reference).message(message));
            }
        },
        _ => {}
    }
}

fn check_bundle(bundle: Value<'_>, findings: &mut Findings<'_>) {
    let text = bundle.text();
    if !text.contains("$(") && !ImageReference::parse(&text).is_pinned() {
        let message = "The run takes its steps from the bundle `{value}`, which can be pushed again with others";
        findings.report(Finding::at(bundle).message(message));
    }
}

/// A whole commit of Git: 40 digits, or 64 with SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_workflow(object: &Object<'_>, spec: Option<Value<'_>>, field: &'static str, findings: &mut Findings<'_>) {
    let Some(spec) = spec else { return };
    // A workflow that refers to a template takes the account from there.
    if spec.get("workflowTemplateRef").is_none() {
        match spec.get("serviceAccountName") {
            Some(name) if name.text() == "default" => {
                let message = "The workflow runs with the account `default`, which it shares with whatever names none";
                findings.report(Finding::at(name).message(message));
            }
            Some(_) => {}
            None => {
                let message =
                    "The workflow names no account: it runs with `default`, which it shares with whatever names none";
                findings.report(Finding::missing(object.value, field).message(message));
            }
        }
    }
    for volume in spec.get("volumes").into_iter().flat_map(Value::items) {
        if let Some(path) = volume.get("hostPath") {
            let message = "The workflow has `{value}` of the node it runs on";
            findings.report(Finding::at(path.get("path").unwrap_or(path)).message(message));
        }
    }
}
