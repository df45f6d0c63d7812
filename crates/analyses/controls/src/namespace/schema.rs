//! What the API expects of an object: the schemas of Kubernetes' own kinds, and those of custom resources.

pub(crate) mod containers;
pub(crate) mod custom;
pub(crate) mod duplicates;
pub(crate) mod kinds;
pub(crate) mod nearest;
pub(crate) mod pods;
pub(crate) mod scalars;
pub(crate) mod skeleton;
pub(crate) mod walk;
