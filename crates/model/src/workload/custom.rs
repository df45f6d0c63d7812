//! Custom resources that build their pods from parts: Argo Workflows, Tekton, Spark, KubeVirt.

use super::Workload;
use crate::object::Object;

/// Reads the pods of an object of a kind that is known here. False if the kind is not.
pub(super) fn read<'d>(_object: &'d Object<'d>, _found: &mut Vec<Workload<'d>>) -> bool {
    false
}
