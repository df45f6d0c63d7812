//! Paths of the node in pods: cleaned, compared, and followed through claims to the volumes that they are bound to.

use std::collections::BTreeMap;

use model::document::Value;
use model::host_path::clean;
use model::inventory::{ClaimUse, Inventory, ResourceId, VolumeFact};
use model::pod::{Pod, Volume};
use model::symbols::Symbol;

/// A path of the node that a pod names as a volume.
pub(crate) struct HostPath<'p, 'd> {
    /// The volume.
    pub(crate) volume: &'p Volume<'d>,
    /// Where the path is written, or else the source of the volume.
    pub(crate) place: Value<'d>,
    /// The path without `.`, `..`, `//` and a slash at its end.
    pub(crate) path: String,
}

/// The host paths of a pod. One without a path is the root for whoever reads it so: it is taken as written, empty.
pub(crate) fn of<'p, 'd>(pod: &'p Pod<'d>) -> impl Iterator<Item = HostPath<'p, 'd>> {
    pod.volumes.iter().filter_map(|volume| {
        // A disk of a virtual machine may be a file of the node as well.
        let source = volume.host_path().or_else(|| volume.source_of("hostDisk"))?;
        let path = source.get("path");
        let text = path.map(Value::text).unwrap_or_default();
        Some(HostPath { volume, place: path.unwrap_or(source), path: clean(&text) })
    })
}

/// A path of the node that a pod reaches through a claim.
pub(crate) struct ClaimedPath<'i> {
    /// The workload.
    pub(crate) resource: ResourceId,
    /// The use of the claim.
    pub(crate) claim: &'i ClaimUse,
    /// The cleaned path of the volume that the claim is bound to.
    pub(crate) path: String,
    /// Whether the volume is a block device.
    pub(crate) block: bool,
}

/// What pods reach through claims that are bound to volumes of the node, as far as claims and volumes are known.
pub(crate) fn claimed(inventory: &Inventory) -> Vec<ClaimedPath<'_>> {
    let facts = &inventory.facts;
    let name = |resource: ResourceId| inventory.resource(resource).name;
    let on_node = facts.volumes.iter().filter(|volume| volume.host_path.is_some());
    let by_name: BTreeMap<Symbol, &VolumeFact> =
        on_node.clone().map(|volume| (name(volume.resource), volume)).collect();
    if by_name.is_empty() {
        return Vec::new();
    }
    let by_reference = on_node.filter(|volume| !volume.claim.1.is_empty()).map(|volume| (volume.claim, volume));
    let mut bound: BTreeMap<(Symbol, Symbol), &VolumeFact> = by_reference.collect();
    for claim in &facts.claims {
        if let Some(volume) = by_name.get(&claim.volume) {
            bound.insert((inventory.namespace(claim.resource), name(claim.resource)), volume);
        }
    }
    let mut paths = Vec::new();
    for workload in &facts.workloads {
        let namespace = inventory.namespace(workload.resource);
        for claim in &workload.claims {
            let Some(volume) = bound.get(&(namespace, claim.claim)) else { continue };
            let path = volume.host_path.map(|path| clean(&inventory.symbols.text(path))).unwrap_or_default();
            paths.push(ClaimedPath { resource: workload.resource, claim, path, block: volume.block });
        }
    }
    paths
}

/// Whether a mount can be written to.
pub(crate) fn is_writable(mount: Value<'_>) -> bool {
    mount.get("readOnly").and_then(Value::as_bool) != Some(true)
}

/// Whether `path` is `of` or a directory that it is in. Both are clean.
pub(crate) fn is_at_or_above(path: &str, of: &str) -> bool {
    path == "/" || path == of || of.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_above_what_is_in_it() {
        assert!(is_at_or_above("/var", "/var/log"));
        assert!(is_at_or_above("/", "/var/log"));
        assert!(!is_at_or_above("/var/lo", "/var/log"));
        assert!(!is_at_or_above("/var/log/pods", "/var/log"));
    }
}
