//! Prometheus Operator: the `spec` of its servers has fields of the pod that they run in. Source: the monitoring.coreos.com
//! API, `CommonPrometheusFields`, `AlertmanagerSpec` and `ThanosRulerSpec`.
//!
//! **Invariant:** the containers of the operator are not here. An entry of `containers` without an image is a patch of one
//! of them: what it does not set is set by the operator, so that it is here for the rights that it gives alone.

use super::Add;
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Container, Gap, GapKind, Pod};

/// Reads the pod of a server.
pub(super) fn read<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    let Some(spec) = object.value.get("spec").filter(|spec| spec.is_mapping()) else { return };
    let mut pod = Pod::new(spec, spec.get("podMetadata"));
    // Those of the operator's own container.
    pod.resources = None;
    pod.containers.retain(|container| container.image.is_some() || gives_rights(container));
    pod.gap = pod.gap.or(Some(Gap { at: spec, kind: GapKind::Elsewhere }));
    add(pod);
}

/// Whether a container is privileged or has capabilities added.
fn gives_rights(container: &Container<'_>) -> bool {
    container.security_context.as_ref().is_some_and(|context| {
        let added = context.capabilities.and_then(|capabilities| capabilities.get("add"));
        context.privileged.and_then(Value::as_bool) == Some(true)
            || added.is_some_and(|added| added.items().next().is_some())
    })
}
