//! `gatekeeper-repo-prefix-open`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "gatekeeper-repo-prefix-open",
    title: "Allowed-repository prefix is ambiguous",
    severity: Severity::Medium,
    severity_reason: "prefix without trailing slash also allows look-alike registries",
    rationale: "The entry is a prefix: `registry.example.com/team` also allows `registry.example.com/team-of-somebody-else`, and `docker.io/org` every organisation whose name begins so.",
    remediation: "End every entry with `/`, or name an image with its tag or digest.",
    verify: "kubectl get k8sallowedrepos -o json | jq -r '.items[] | .spec.parameters.repos[] | select(endswith(\"/\") | not)'",
    aliases: &[alias("trivy", "KSV-0124")],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("owasp-k8s-top10", "K07")],
    references: &["https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos/"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repos}
spec:
  parameters:
    repos:
      - registry.example.com/team #~ medium spec.parameters.repos[0]: `registry.example.com/team` is a prefix
",
        ),
        fixture(
            "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repos}
spec:
  parameters:
    repos:
      - registry.example.com/team/
",
        ),
        fixture(
            "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repos}
spec:
  parameters:
    repos:
      - registry.example.com/team/app:1
      - registry.example.com/team/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      - registry.example.com:5000 #~ `registry.example.com:5000`
      - registry.example.com:5000/
      - nginx #~ `nginx`
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sOther
metadata: {name: repos}
spec: {parameters: {repos: [a]}}
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("constraints.gatekeeper.sh", "K8sAllowedRepos") {
        return findings.not_applicable();
    }
    let repositories = object.value.at(&["spec", "parameters", "repos"]).into_iter().flat_map(Value::items);
    for repository in repositories {
        let text = repository.text();
        // A colon after the last slash begins a tag; in a mere host it begins a port.
        let has_tag = text.rsplit_once('/').is_some_and(|(_, name)| name.contains(':'));
        if text.ends_with('/') || has_tag || text.contains('@') {
            continue;
        }
        let message = "`{value}` is a prefix: images of every name that begins so are allowed";
        findings.report(Finding::at(repository).message(message).replace(format!("\"{text}/\"")));
    }
}
