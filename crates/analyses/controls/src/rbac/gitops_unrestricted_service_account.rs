//! `gitops-unrestricted-service-account`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "gitops-unrestricted-service-account",
    title: "GitOps controller applies with its own rights",
    severity: Severity::High,
    severity_reason: "any repository author is cluster-admin",
    rationale: "Without an account of its own, what is in the repository is applied with the rights of the controller, which are usually all: whoever may write to the repository is `cluster-admin`.",
    remediation: "Name a ServiceAccount of the team in `spec.serviceAccountName`, and start the controller with `--default-service-account`; in Argo CD set `destinationServiceAccounts` in the project.",
    verify: "kubectl get kustomizations,helmreleases -A -o yaml | grep -n serviceAccountName",
    aliases: &[
        alias("kubewarden", "FluxHelmReleaseServiceAccountName"),
        alias("kubewarden", "FluxHelmReleaseTargetNameSpace"),
        alias("kubewarden", "FluxHelmReleaseStorageNamespace"),
        alias("kubewarden", "FluxHelmReleaseNameSpaceMatch"),
        alias("kubewarden", "FluxKustomizationTargetNamespace"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6")],
    references: &["https://fluxcd.io/flux/installation/configuration/multitenancy/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: app
  namespace: team
spec: #~ high spec.serviceAccountName
  path: ./app
  sourceRef:
    kind: GitRepository
    name: app
",
        ),
        fixture(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: app
  namespace: team
spec:
  serviceAccountName: deployer
  path: ./app
  sourceRef:
    kind: GitRepository
    name: app
",
        ),
        fixture(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: app
  namespace: team
spec:
  serviceAccountName: deployer
  targetNamespace: other #~ high spec.targetNamespace
  path: ./app
  sourceRef:
    kind: GitRepository
    name: app
",
        ),
        fixture(
            "apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: team
spec: #~ high spec.destinationServiceAccounts
  sourceRepos: ['*']
  destinations:
    - {namespace: '*', server: '*'}
",
        ),
        fixture(
            "apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: team
spec:
  sourceRepos: ['*']
  destinations:
    - {namespace: team, server: '*'}
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.value.get("spec") else { return findings.not_applicable() };
    match (object.group(), &*object.kind) {
        ("kustomize.toolkit.fluxcd.io", "Kustomization") | ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            check_flux(object, spec, findings);
        }
        ("argoproj.io", "AppProject") => check_project(object, spec, findings),
        _ => findings.not_applicable(),
    }
}

fn check_flux(object: &Object<'_>, spec: Value<'_>, findings: &mut Findings<'_>) {
    // What a kubeconfig leads to is another cluster, with the rights of its user.
    let is_elsewhere = spec.get("kubeConfig").is_some();
    if !is_elsewhere && spec.get("serviceAccountName").is_none_or(|name| name.text().is_empty()) {
        let message = "It is applied with the rights of the controller: whoever may write to the source may do what the controller may";
        return findings.report(Finding::missing(object.value, "spec.serviceAccountName").message(message));
    }
    let own = object.namespace();
    if let Some(target) = spec.get("targetNamespace").filter(|target| !own.is_empty() && target.text() != own) {
        let message = "It is applied in the namespace `{value}`, which is not its own";
        findings.report(Finding::at(target).message(message));
    }
}

/// A project that reaches namespaces by a pattern, and says of none as whom it is applied.
fn check_project(object: &Object<'_>, spec: Value<'_>, findings: &mut Findings<'_>) {
    let mut destinations = spec.get("destinations").into_iter().flat_map(Value::items);
    // A pattern with `!` takes away.
    let wide = destinations
        .any(|to| to.get("namespace").is_some_and(|name| name.text().contains('*') && !name.text().starts_with('!')));
    if wide && spec.get("destinationServiceAccounts").is_none() {
        let message = "The project reaches namespaces by a pattern, with the rights of the controller";
        findings.report(Finding::missing(object.value, "spec.destinationServiceAccounts").message(message));
    }
}
