//! When kinds are deprecated and removed, and what takes their place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// By API version and kind.
pub(crate) type Lifecycles = BTreeMap<(String, String), Lifecycle>;

/// What is known of the end of a kind.
#[derive(Clone, Default)]
pub(crate) struct Lifecycle {
    /// The minor version in which it was deprecated.
    pub(crate) deprecated: Option<u32>,
    /// The minor version that does not serve it any more.
    pub(crate) removed: Option<u32>,
    /// The API version and kind to use.
    pub(crate) replacement: Option<(String, String)>,
}

/// The API version and kind to use, if there are.
type Instead = Option<(&'static str, &'static str)>;

/// What Go's types know nothing of any more, or never did: API version, kind, deprecated, removed, replacement.
/// Source: the deprecated API migration guide and the release notes of Kubernetes.
#[rustfmt::skip]
const GONE: &[(&str, &str, u32, u32, Instead)] = &[
    ("batch/v2alpha1", "CronJob", 8, 21, Some(("batch/v1", "CronJob"))),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25, Some(("autoscaling/v2", "HorizontalPodAutoscaler"))),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, Some(("autoscaling/v2", "HorizontalPodAutoscaler"))),
    ("extensions/v1beta1", "PodSecurityPolicy", 11, 16, None),
    ("policy/v1beta1", "PodSecurityPolicy", 21, 25, None),
    ("settings.k8s.io/v1alpha1", "PodPreset", 20, 20, None),
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRole", 17, 23, Some(("rbac.authorization.k8s.io/v1", "ClusterRole"))),
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding", 17, 23, Some(("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"))),
    ("rbac.authorization.k8s.io/v1alpha1", "Role", 17, 23, Some(("rbac.authorization.k8s.io/v1", "Role"))),
    ("rbac.authorization.k8s.io/v1alpha1", "RoleBinding", 17, 23, Some(("rbac.authorization.k8s.io/v1", "RoleBinding"))),
    ("scheduling.k8s.io/v1alpha1", "PriorityClass", 14, 23, Some(("scheduling.k8s.io/v1", "PriorityClass"))),
];

/// Kinds that are deprecated and that nobody plans to remove.
#[rustfmt::skip]
const DEPRECATED: &[(&str, &str, u32, Instead)] = &[
    ("v1", "ComponentStatus", 19, None),
    ("v1", "Endpoints", 33, Some(("discovery.k8s.io/v1", "EndpointSlice"))),
];

/// Adds what the files of a module say, and what is written down here.
pub(crate) fn read_all(folder: &Path, lifecycles: &mut Lifecycles) -> Result<()> {
    read_folder(folder, lifecycles)?;
    let owned = |pair: Instead| pair.map(|(version, kind)| (version.to_owned(), kind.to_owned()));
    for (version, kind, deprecated, removed, replacement) in GONE {
        let lifecycle =
            Lifecycle { deprecated: Some(*deprecated), removed: Some(*removed), replacement: owned(*replacement) };
        lifecycles.insert(((*version).to_owned(), (*kind).to_owned()), lifecycle);
    }
    for (version, kind, deprecated, replacement) in DEPRECATED {
        let lifecycle = Lifecycle { deprecated: Some(*deprecated), removed: None, replacement: owned(*replacement) };
        lifecycles.insert(((*version).to_owned(), (*kind).to_owned()), lifecycle);
    }
    Ok(())
}

fn read_folder(folder: &Path, lifecycles: &mut Lifecycles) -> Result<()> {
    let file = folder.join("zz_generated.prerelease-lifecycle.go");
    if file.is_file() {
        let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()));
        let register = read(&folder.join("register.go"))?;
        let group = register.lines().find(|line| line.contains("GroupName") && line.contains('"'));
        let group = group.and_then(|line| line.split('"').nth(1)).unwrap_or_default();
        let version = folder.file_name().unwrap_or_default().to_string_lossy();
        parse(&read(&file)?, &api_version(group, &version), lifecycles);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(&path, lifecycles)?;
        }
    }
    Ok(())
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn parse(source: &str, api_version: &str, lifecycles: &mut Lifecycles) {
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some((kind, rest)) = line.strip_prefix("func (in *").and_then(|rest| rest.split_once(") APILifecycle"))
        else {
            continue;
        };
        let Some(answer) = lines.next().and_then(|line| line.trim().strip_prefix("return ")) else { continue };
        if kind.ends_with("List") || rest.starts_with("Introduced") {
            continue;
        }
        let lifecycle = lifecycles.entry((api_version.to_owned(), kind.to_owned())).or_default();
        let minor = || answer.split(", ").nth(1).and_then(|minor| minor.parse().ok());
        if rest.starts_with("Deprecated") {
            lifecycle.deprecated = minor();
        } else if rest.starts_with("Removed") {
            lifecycle.removed = minor();
        } else if rest.starts_with("Replacement") {
            let texts: Vec<&str> = answer.split('"').skip(1).step_by(2).collect();
            if let [group, version, kind] = texts.as_slice() {
                // One of them names the list of its kind.
                let kind = kind.strip_suffix("List").unwrap_or(kind);
                lifecycle.replacement = Some((self::api_version(group, version), kind.to_owned()));
            }
        }
    }
}
