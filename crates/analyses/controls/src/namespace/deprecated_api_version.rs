//! `deprecated-api-version`

use std::borrow::Cow;

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use schemas::{Kind, Version, kubernetes};

/// The version of Kubernetes that objects have to work with.
const TARGET_VERSION: Parameter = parameter(
    "target_version",
    Default::Version,
    "the version of Kubernetes that objects have to work with, as `1.38`; if it is not set, the one after \
     that of `--kubernetes-version`, or else after the newest that is known",
);

/// The control.
pub static CONTROL: Control = Control {
    id: "deprecated-api-version",
    title: "Object uses a deprecated or removed API version",
    severity: Severity::Medium,
    severity_reason: "apply fails after upgrade",
    rationale: "An API server that no longer serves a version refuses the object: what it was to protect is not there \
                after the next rollout, and an upgrade that is put off leaves the cluster without patches.",
    remediation: "Write the object for the API version that the message names. Fields may have other names there: the \
                  deprecation guide lists them.",
    verify: "kubectl convert -f FILE --output-version VERSION, and kubectl api-resources",
    aliases: &[
        alias("trivy", "KSV-0107"),
        alias("kube-linter", "no-extensions-v1beta"),
        alias("kube-score", "stable-version"),
        alias("kubeaudit", "deprecatedapis"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.16"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.17"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.19"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.21"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.22"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.23"),
        alias("datree", "K8S_DEPRECATED_APIVERSION_1.24"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.22"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.23"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.24"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.25"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.26"),
        alias("datree", "K8S_REMOVED_APIVERSION_1.27"),
        alias("gatekeeper", "VerifyDeprecatedAPI"),
        alias("kyverno", "check-deprecated-apis"),
        alias("kyverno", "disallow-deprecated-apis"),
        alias("kubewarden", "deprecated-api-versions-policy"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-53", "SI-2")],
    references: &["https://kubernetes.io/docs/reference/using-api/deprecation-guide/"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[TARGET_VERSION],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: policy/v1beta1 #~ high apiVersion: `PodDisruptionBudget` of `policy/v1beta1` is gone since Kubernetes 1.25, use `policy/v1`: the API refuses the object
kind: PodDisruptionBudget
metadata:
  name: app
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
",
        ),
        fixture(
            "apiVersion: extensions/v1beta1 #~ high apiVersion: `Deployment` of `extensions/v1beta1` is gone since Kubernetes 1.16, use `apps/v1`
kind: Deployment
metadata: {name: app}
---
apiVersion: extensions/v1beta1 #~ high apiVersion: `Ingress` of `extensions/v1beta1` is gone since Kubernetes 1.22, use `networking.k8s.io/v1`
kind: Ingress
metadata: {name: app}
---
apiVersion: policy/v1beta1 #~ high apiVersion: `PodSecurityPolicy` of `policy/v1beta1` is gone since Kubernetes 1.25, and nothing took its place
kind: PodSecurityPolicy
metadata: {name: app}
---
apiVersion: batch/v1beta1 #~ high apiVersion: `CronJob` of `batch/v1beta1` is gone since Kubernetes 1.25, use `batch/v1`
kind: CronJob
metadata: {name: app}
---
apiVersion: autoscaling/v2beta2 #~ high apiVersion: `HorizontalPodAutoscaler` of `autoscaling/v2beta2` is gone since Kubernetes 1.26, use `autoscaling/v2`
kind: HorizontalPodAutoscaler
metadata: {name: app}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1beta1 #~ high apiVersion: `FlowSchema` of `flowcontrol.apiserver.k8s.io/v1beta1` is gone since Kubernetes 1.26, use `flowcontrol.apiserver.k8s.io/v1`
kind: FlowSchema
metadata: {name: app}
---
apiVersion: v1 #~ low apiVersion: `Endpoints` of `v1` is deprecated since Kubernetes 1.33, use `EndpointSlice` of `discovery.k8s.io/v1`
kind: Endpoints
metadata: {name: app}
---
apiVersion: example.com/v1beta1
kind: CronJob
metadata: {name: app}
",
        ),
        fixture_with(
            &[("target_version", "1.31")],
            "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3 #~ low apiVersion: `FlowSchema` of `flowcontrol.apiserver.k8s.io/v1beta3` is deprecated since Kubernetes 1.29 and goes with 1.32, use `flowcontrol.apiserver.k8s.io/v1`: an upgrade makes the API refuse the object
kind: FlowSchema
metadata: {name: app}
---
apiVersion: v1
kind: Endpoints
metadata: {name: app}
---
apiVersion: batch/v1beta1 #~ high apiVersion: `CronJob` of `batch/v1beta1` is gone since Kubernetes 1.25, use `batch/v1`
kind: CronJob
metadata: {name: app}
",
        ),
        fixture_with(
            &[("target_version", "1.20")],
            "apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: app}
---
apiVersion: extensions/v1beta1 #~ low apiVersion: `Ingress` of `extensions/v1beta1` is deprecated since Kubernetes 1.14 and goes with 1.22
kind: Ingress
metadata: {name: app}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: | #~ high metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]: It was last applied as `extensions/v1beta1`, which is gone since Kubernetes 1.16, use `apps/v1`
      {\"apiVersion\":\"extensions/v1beta1\",\"kind\":\"Deployment\",\"metadata\":{}}
  managedFields:
    - apiVersion: apps/v1
      manager: kubectl
    - apiVersion: apps/v1beta1 #~ high metadata.managedFields[1].apiVersion: A manager of its fields writes it as `apps/v1beta1`, which is gone since Kubernetes 1.16
      manager: old
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let since = since(findings);
    let stated = object.value.get("apiVersion");
    if let Some(end) = end(&object.api_version, &object.kind, since) {
        let subject = format!("`{}` of `{}`", end.kind.kind, end.kind.api_version);
        let finding = match stated {
            Some(stated) => Finding::at(stated),
            None => Finding::at_key_of(object.value),
        };
        let finding = finding.severity(end.severity()).message(format!("{subject} {}", end.told()));
        findings.report(match end.lossless() {
            Some(version) if stated.is_some() => finding.replace(version),
            _ => finding,
        });
        return;
    }
    // What a cluster answers with is the version it was asked for, not the one that is written in some repository.
    let applied = object.annotation("kubectl.kubernetes.io/last-applied-configuration");
    if let Some(applied) = applied {
        let text = applied.text();
        let version = text.trim_start().strip_prefix("{\"apiVersion\":\"").and_then(|rest| rest.split('"').next());
        report_earlier(version.map(Cow::Borrowed), applied, "It was last applied", object, since, findings);
    }
    let managed = object.metadata.and_then(|metadata| metadata.get("managedFields"));
    for version in managed.into_iter().flat_map(Value::items).filter_map(|entry| entry.get("apiVersion")) {
        report_earlier(version.as_str(), version, "A manager of its fields writes it", object, since, findings);
    }
}

fn report_earlier(
    version: Option<Cow<'_, str>>,
    place: Value<'_>,
    subject: &str,
    object: &Object<'_>,
    since: Since,
    findings: &mut Findings<'_>,
) {
    let Some(end) = version.and_then(|version| end(&version, &object.kind, since)) else { return };
    let message = format!("{subject} as `{}`, which {}", end.kind.api_version, end.told());
    findings.report(Finding::at_key_of(place).severity(end.severity()).message(message));
}

/// Since when objects are judged: what the server is, and the version that they have to work with.
#[derive(Clone, Copy)]
struct Since {
    server: Version,
    target: Version,
}

/// Without a version of their own objects have to outlive the next upgrade.
fn since(findings: &Findings<'_>) -> Since {
    if let Ok(target) = findings.text(&TARGET_VERSION).parse() {
        return Since { server: target, target };
    }
    let asked = findings.settings.kubernetes_minor.map(Version::new);
    let server = asked.unwrap_or_else(|| kubernetes().newest());
    Since { server, target: Version::new(server.minor().saturating_add(1)) }
}

/// A kind that has ended or is about to, as seen from a version of Kubernetes.
struct End {
    kind: &'static Kind,
    /// The version that did not serve it any more.
    removed: Option<Version>,
    /// Whether the server does not serve it.
    is_gone: bool,
    /// Whether the version that objects have to work with does not serve it.
    ends: bool,
}

/// What is known of the end of a kind, if it is behind the target or before it.
fn end(api_version: &str, kind: &str, since: Since) -> Option<End> {
    let kind = kubernetes().kind(api_version, kind)?;
    // What is experimental goes without notice: the last version that had it says when.
    let last = kind.versions.newest().filter(|last| *last < kubernetes().newest());
    let removed = kind.removed.or_else(|| last.map(|last| Version::new(last.minor() + 1)));
    let is_behind = |version: Version| removed.is_some_and(|removed| removed <= version);
    let (is_gone, ends) = (is_behind(since.server), is_behind(since.target));
    let is_deprecated = kind.deprecated.is_some_and(|deprecated| deprecated <= since.target);
    (ends || is_deprecated).then_some(End { kind, removed, is_gone, ends })
}

impl End {
    fn severity(&self) -> Severity {
        if self.ends { Severity::High } else { Severity::Low }
    }

    /// State, way out, consequence.
    fn told(&self) -> String {
        let instead = match self.kind.replacement {
            Some((version, kind)) if kind == self.kind.kind => format!(", use `{version}`"),
            Some((version, kind)) => format!(", use `{kind}` of `{version}`"),
            None if self.ends => ", and nothing took its place".to_owned(),
            None => String::new(),
        };
        match (self.removed, self.kind.deprecated) {
            (Some(removed), _) if self.is_gone => {
                format!("is gone since Kubernetes {removed}{instead}: the API refuses the object")
            }
            (removed, Some(deprecated)) => {
                let (goes, consequence) = match removed {
                    Some(removed) => {
                        (format!(" and goes with {removed}"), "an upgrade makes the API refuse the object")
                    }
                    None => (String::new(), "the API warns whoever writes it"),
                };
                format!("is deprecated since Kubernetes {deprecated}{goes}{instead}: {consequence}")
            }
            (Some(removed), None) => {
                format!("goes with Kubernetes {removed}{instead}: an upgrade makes the API refuse the object")
            }
            (None, None) => String::new(),
        }
    }

    /// The API version to write in place of this one, where that is all there is to do.
    fn lossless(&self) -> Option<&'static str> {
        const LOSSLESS: &[(&str, &str)] = &[
            ("batch/v1beta1", "CronJob"),
            ("coordination.k8s.io/v1beta1", "Lease"),
            ("node.k8s.io/v1beta1", "RuntimeClass"),
            ("rbac.authorization.k8s.io/v1beta1", "ClusterRole"),
            ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"),
            ("rbac.authorization.k8s.io/v1beta1", "Role"),
            ("rbac.authorization.k8s.io/v1beta1", "RoleBinding"),
            ("scheduling.k8s.io/v1beta1", "PriorityClass"),
            ("storage.k8s.io/v1beta1", "StorageClass"),
            ("storage.k8s.io/v1beta1", "VolumeAttributesClass"),
        ];
        let is_lossless = LOSSLESS.contains(&(self.kind.api_version, self.kind.kind));
        self.kind.replacement.filter(|_| is_lossless).map(|(version, _)| version)
    }
}
