//! The cluster that a chart is rendered for: its version, its APIs, and the Helm that this engine stands for.

use super::Options;
use crate::functions::semver;

/// The version of Helm whose behaviour this engine has.
pub(crate) const HELM_VERSION: &str = "v4.3";
/// The Go that this Helm is built with.
pub(crate) const GO_VERSION: &str = "go1.26.8";
/// The newest Kubernetes that this Helm knows.
const KUBERNETES: (u64, u64) = (1, 37);

/// A version of Kubernetes.
#[derive(Clone, Debug)]
pub struct KubeVersion {
    /// As it was given, with `v`.
    pub version: String,
    /// Without what follows the numbers.
    pub normalized: String,
    /// The first number.
    pub major: String,
    /// The second.
    pub minor: String,
}

/// What `.Capabilities` says.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// The API versions, and what else `--api-versions` names.
    pub api_versions: Vec<String>,
}

impl Capabilities {
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        let kube_version = match &options.kube_version {
            Some(version) => parse(version)?,
            None => default_version(),
        };
        let known = API_VERSIONS.split_whitespace().map(str::to_owned);
        let api_versions = known.chain(options.api_versions.iter().cloned()).collect();
        Ok(Self { kube_version, api_versions })
    }

    /// Whether the version is one of those that the constraint names.
    pub(super) fn fits(&self, constraint: &str) -> bool {
        semver::is_compatible(constraint, &self.kube_version.normalized)
    }

    /// The client library's version, as Helm shows it.
    pub(crate) fn client_version() -> String {
        format!("v{}.{}", KUBERNETES.0, KUBERNETES.1)
    }
}

fn default_version() -> KubeVersion {
    let (major, minor) = KUBERNETES;
    let version = format!("v{major}.{minor}.0");
    KubeVersion { normalized: version.clone(), version, major: major.to_string(), minor: minor.to_string() }
}

/// Two numbers or more, separated by dots, and anything behind them. Source: Kubernetes, `version.ParseGeneric`.
fn parse(text: &str) -> Result<KubeVersion, String> {
    let bad = || {
        let quoted = crate::format::quoted(text);
        format!("invalid kube version '{text}': could not parse {quoted} as version")
    };
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix('v').unwrap_or(trimmed);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let numbers: Vec<&str> = digits[..end].split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && (part.len() == 1 || !part.starts_with('0'));
    if numbers.len() < 2 || !numbers.iter().all(is_number) {
        return Err(bad());
    }
    let parsed: Vec<u64> = numbers.iter().map(|part| part.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
    let mut normalized = parsed.iter().map(u64::to_string).collect::<Vec<_>>();
    if normalized.len() == 2 {
        normalized.push("0".to_owned());
    }
    let version = if text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
    Ok(KubeVersion {
        version,
        normalized: format!("v{}", normalized.join(".")),
        major: parsed[0].to_string(),
        minor: parsed[1].to_string(),
    })
}

/// The API versions that Helm knows without a cluster: those of its client library, in its order.
const API_VERSIONS: &str = "v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 \
    admissionregistration.k8s.io/v1beta1 internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 \
    authentication.k8s.io/v1 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 \
    authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 \
    certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 \
    coordination.k8s.io/v1beta1 coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 \
    events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 \
    flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 \
    lifecycle.k8s.io/v1alpha1 networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 \
    node.k8s.io/v1beta1 policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 \
    rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 \
    resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 \
    storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1 \
    storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1";
