//! `hostPathVolumes` and `restrictedVolumes`: where volumes come from.

use model::pod::Volume;
use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Set, plural, quoted, text_of};

/// A volume with one of these is allowed, whatever else it has.
pub(crate) const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// All the others that the API knows, in the order in which the plugin looks for them.
const RESTRICTED: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

pub(super) fn check_host_path(workload: &Workload<'_>) -> Option<Forbidden> {
    let wrong: Vec<_> = workload.pod.volumes.iter().filter(|volume| volume.host_path().is_some()).collect();
    (!wrong.is_empty()).then(|| Forbidden { reason: "hostPath volumes", detail: volumes(&wrong) })
}

pub(super) fn check_types(workload: &Workload<'_>) -> Option<Forbidden> {
    let mut types = Set::new();
    let is_wrong = |volume: &&Volume<'_>| match restricted_type(volume) {
        Some(kind) => {
            types.insert(kind.into());
            true
        }
        None => false,
    };
    let wrong: Vec<_> = workload.pod.volumes.iter().filter(is_wrong).collect();
    if wrong.is_empty() {
        return None;
    }
    let verb = plural(wrong.len(), "uses", "use");
    let noun = plural(types.len(), "restricted volume type", "restricted volume types");
    Some(Forbidden {
        reason: "restricted volume types",
        detail: format!("{} {verb} {noun} {}", volumes(&wrong), quoted(&types)),
    })
}

/// The type of a volume that is not allowed. One without a source that the API knows becomes an `emptyDir`: what
/// the plugin calls `unknown` does not reach it.
fn restricted_type(volume: &Volume<'_>) -> Option<&'static str> {
    let has = |kind: &&&str| volume.source_of(kind).is_some();
    if ALLOWED.iter().any(|kind| has(&kind)) {
        return None;
    }
    RESTRICTED.iter().find(has).copied()
}

fn volumes(volumes: &[&Volume<'_>]) -> String {
    let names = volumes.iter().map(|volume| text_of(volume.value.get("name")));
    format!("{} {}", plural(volumes.len(), "volume", "volumes"), quoted(names))
}
