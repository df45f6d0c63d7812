//! `gitops-source-untrusted`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "gitops-source-untrusted",
    title: "GitOps source is not allowed or not verified",
    severity: Severity::Medium,
    severity_reason: "whoever controls the source controls the cluster",
    rationale: "The controller applies what the source says, with rights that are wide by design. Whoever controls the repository, its host or the way there controls what runs. Before `allowed` says which sources are wanted, a source that nothing verifies and the project `default` of Argo CD are low.",
    remediation: "List the hosts and organisations in `allowed`, verify signatures (`spec.verify`), and let projects of Argo CD name their sources and destinations.",
    verify: "kubectl get gitrepositories,ocirepositories,helmrepositories,buckets,applications,appprojects -A",
    aliases: &[
        alias("kyverno", "verify-flux-sources"),
        alias("kyverno", "verify-git-repositories"),
        alias("kyverno", "application-prevent-default-project"),
        alias("kyverno", "application-prevent-updates-project"),
        alias("kyverno", "applicationset-name-matches-project"),
        alias("kyverno", "appproject-clusterresourceblacklist"),
        alias("kyverno", "application-field-validation"),
        alias("kyverno", "restrict-annotations"),
        alias("kubewarden", "FluxBucketApprovedRegion"),
        alias("kubewarden", "FluxBucketEndpointDomain"),
        alias("kubewarden", "FluxBucketInsecure"),
        alias("kubewarden", "FluxGitRepositoryOrganizationDomains"),
        alias("kubewarden", "FluxGitRepositorySpecificBranch"),
        alias("kubewarden", "FluxGitRepositoryUntrustedDomains"),
        alias("kubewarden", "FluxHelmChartCosignVerification"),
        alias("kubewarden", "FluxHelmRepositoryType"),
        alias("kubewarden", "FluxHelmRepositoryURL"),
        alias("kubewarden", "FluxOCIRepositoryCosignVerification"),
        alias("kubewarden", "FluxOCIRepositoryNotLatest"),
        alias("kubewarden", "FluxOCIRepositoryOrganizationDomains"),
        alias("kubewarden", "FluxOCIRepositoryLayerSelector"),
        alias("kubewarden", "FluxKustomizationDecryptionProvider"),
        alias("datree", "ARGO_APP_PROJECT_INCORRECT_NAMESPACE_VALUE"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-53", "CM-5"), maps("nist-800-53", "SI-7")],
    references: &[
        "https://fluxcd.io/flux/components/source/",
        "https://argo-cd.readthedocs.io/en/stable/user-guide/projects/",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ALLOWED],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: app
spec: #~ low spec.verify: Nothing verifies
  url: https://github.com/acme/app
",
        ),
        fixture(
            "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: app
spec:
  url: https://github.com/acme/app
  verify:
    mode: HEAD
    secretRef:
      name: keys
",
        ),
        fixture_with(
            &[("allowed", "github.com/acme")],
            "apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: app
spec:
  url: https://github.com/acme-evil/charts #~ medium spec.url: The source is at
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: app
spec:
  url: ssh://git@github.com/acme/charts
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app
spec:
  project: shop
  source:
    repoURL: git@github.com:acme/app.git
",
        ),
        fixture_with(
            &[("allowed", "github.com/acme")],
            "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: app
spec: #~ medium spec.verify: Nothing verifies
  url: https://github.com/acme/app
",
        ),
        fixture(
            "apiVersion: source.toolkit.fluxcd.io/v1
kind: Bucket
metadata:
  name: app
spec:
  endpoint: minio.example.com
  insecure: true #~ medium spec.insecure
",
        ),
        fixture(
            "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app
spec:
  project: default #~ low spec.project
  source:
    repoURL: http://git.example.com/app #~ medium spec.source.repoURL: The source is fetched without TLS
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: shop
spec:
  sourceRepos:
    - '*' #~ medium spec.sourceRepos[0]
  destinations:
    - namespace: '*' #~ medium spec.destinations[0].namespace
      server: '*'
    - namespace: shop
      server: '*'
  clusterResourceWhitelist:
    - group: '*'
      kind: '*' #~ medium spec.clusterResourceWhitelist[0].kind
",
        ),
        fixture_with(
            &[("allowed", "github.com/acme")],
            "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: apps
spec:
  generators: [{list: {elements: [{name: a}]}}]
  template:
    metadata: {name: '{{name}}'}
    spec:
      project: default #~ medium spec.template.spec.project
      source:
        repoURL: https://github.com/evil/app #~ medium spec.template.spec.source.repoURL: The source is at
      sources:
        - repoURL: http://github.com/acme/app #~ medium spec.template.spec.sources[0].repoURL: The source is fetched without TLS
        - repoURL: 'https://github.com/acme/{{name}}'
        - repoURL: '{{url}}' #? medium spec.template.spec.sources[2].repoURL: Where the source is comes from a generator
",
        ),
    ],
};

const ALLOWED: Parameter = parameter(
    "allowed",
    Default::List(&[]),
    "hosts and organisations that sources may be at, such as `github.com/acme`",
);

const FLUX: &str = "source.toolkit.fluxcd.io";

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let spec = object.value.get("spec").unwrap_or(object.value);
    match (object.group(), &*object.kind) {
        (FLUX, "GitRepository" | "OCIRepository") => {
            check_url(spec.get("url"), findings);
            check_insecure(spec, findings);
            if spec.get("verify").is_none() {
                let message = "Nothing verifies who made what the source delivers: `spec.verify` is not set";
                let severity = wish(findings);
                findings.report(Finding::missing(object.value, "spec.verify").severity(severity).message(message));
            }
        }
        (FLUX, "HelmRepository") => {
            check_url(spec.get("url"), findings);
            check_insecure(spec, findings);
        }
        (FLUX, "Bucket") => {
            check_url(spec.get("endpoint"), findings);
            check_insecure(spec, findings);
        }
        ("argoproj.io", "Application") => check_application(object, spec, "spec.project", findings),
        ("argoproj.io", "ApplicationSet") => match spec.at(&["template", "spec"]) {
            Some(spec) => check_application(object, spec, "spec.template.spec.project", findings),
            None => findings.not_applicable(),
        },
        ("argoproj.io", "AppProject") => check_project(spec, findings),
        _ => findings.not_applicable(),
    }
}

/// How bad it is to do without what few do: who has said which sources are allowed wants the rest of it, too.
fn wish(findings: &Findings<'_>) -> Severity {
    if findings.list(&ALLOWED).is_empty() { Severity::Low } else { Severity::Medium }
}

fn check_application(object: &Object<'_>, spec: Value<'_>, project_field: &'static str, findings: &mut Findings<'_>) {
    let sources = spec.get("source").into_iter().chain(spec.get("sources").into_iter().flat_map(Value::items));
    sources.for_each(|source| check_url(source.get("repoURL"), findings));
    match spec.get("project") {
        Some(project) if project.text() == "default" => {
            let message = "The application is in the project `default`, which allows every source and destination";
            let severity = wish(findings);
            findings.report(Finding::at(project).severity(severity).message(message));
        }
        Some(_) => {}
        None => {
            let message =
                "The application names no project: it is in `default`, which allows every source and destination";
            let severity = wish(findings);
            findings.report(Finding::missing(object.value, project_field).severity(severity).message(message));
        }
    }
}

fn check_project(spec: Value<'_>, findings: &mut Findings<'_>) {
    let items = |key| spec.get(key).into_iter().flat_map(Value::items);
    for source in items("sourceRepos").filter(|source| source.text() == "*") {
        findings.report(Finding::at(source).message("Applications of the project may come from any repository"));
    }
    for destination in items("destinations") {
        let field = |key| destination.get(key).filter(|value| value.text() == "*");
        let anywhere = field("server").or_else(|| field("name"));
        if let (Some(namespace), Some(_)) = (field("namespace"), anywhere) {
            let message = "Applications of the project may go to every namespace of every cluster";
            findings.report(Finding::at(namespace).message(message));
        }
    }
    for resource in items("clusterResourceWhitelist") {
        let is_any = |key| resource.get(key).is_some_and(|value| value.text() == "*");
        if is_any("group") && is_any("kind") {
            let message =
                "Applications of the project may create every object of the cluster, roles and webhooks among them";
            findings.report(Finding::at(resource.get("kind").unwrap_or(resource)).message(message));
        }
    }
}

fn check_insecure(spec: Value<'_>, findings: &mut Findings<'_>) {
    if let Some(insecure) = spec.get("insecure").filter(|insecure| insecure.as_bool() == Some(true)) {
        let message = "The source is fetched without TLS: whoever is on the way decides what it delivers";
        findings.report(Finding::at(insecure).message(message).replace("false"));
    }
}

fn check_url(url: Option<Value<'_>>, findings: &mut Findings<'_>) {
    let Some(url) = url else { return };
    let text = url.text();
    if text.starts_with("http://") || text.starts_with("git://") {
        let message = "The source is fetched without TLS: whoever is on the way decides what it delivers";
        findings.report(Finding::at(url).message(message));
    }
    let allowed = findings.list(&ALLOWED);
    if !allowed.is_empty() && !allowed.iter().any(|place| is_at(&text, place)) {
        if text.contains("{{") {
            let message = "Where the source is comes from a generator: whether it is allowed is not known";
            return findings.report(Finding::at(url).value("").message(message).skip());
        }
        findings.report(Finding::at(url).message("The source is at `{value}`, which is not allowed"));
    }
}

/// Whether an address is at a host, or at a host and the beginning of a path that ends between its parts.
fn is_at(url: &str, place: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    // `git@github.com:acme/app` is how Git writes an address without a scheme.
    let rest = if url.contains("://") { rest.to_owned() } else { rest.replacen(':', "/", 1) };
    let rest = rest.to_ascii_lowercase();
    let place = place.trim_end_matches('/').to_ascii_lowercase();
    rest.strip_prefix(&*place).is_some_and(|after| after.is_empty() || after.starts_with(['/', ':']))
}
