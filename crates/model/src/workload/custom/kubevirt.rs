//! KubeVirt: a virtual machine runs in a pod that its controller makes. Source: the kubevirt.io/v1 API,
//! `VirtualMachineInstanceSpec`.
//!
//! **Invariant:** the pod has no containers here. Those that it gets are the controller's, with its own security
//! context, and nothing in the object changes them. What the object decides are the volumes, `hostDisk` and
//! `containerDisk` among them, and the nodes.

use super::{Add, items};
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Gap, GapKind, Pod, Volume};

/// Reads the pod of a running machine.
pub(super) fn read_instance<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    read(Some(object.value), add);
}

/// Reads the pod of a machine, or of a set of machines, by its template.
pub(super) fn read_template<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    read(object.value.at(&["spec", "template"]), add);
}

/// Reads the pod of the machines of a pool.
pub(super) fn read_pool<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    read(object.value.at(&["spec", "virtualMachineTemplate", "spec", "template"]), add);
}

fn read<'d>(template: Option<Value<'d>>, add: Add<'_, 'd>) {
    let Some(template) = template else { return };
    let Some(spec) = template.get("spec").filter(|spec| spec.is_mapping()) else { return };
    let mut pod = Pod::empty(spec, template.get("metadata"));
    pod.volumes = items(spec, "volumes").filter(|volume| volume.is_mapping()).map(Volume::new).collect();
    pod.node_selector = spec.get("nodeSelector");
    pod.affinity = spec.get("affinity");
    pod.tolerations = spec.get("tolerations");
    pod.dns_policy = spec.get("dnsPolicy");
    pod.gap = Some(Gap { at: spec, kind: GapKind::Elsewhere });
    add(pod);
}
