//! The libraries that Kubernetes adds to the language.

pub(super) mod cidr;
pub(super) mod decimal;
pub(super) mod format;
pub(super) mod ip;
pub(super) mod quantity;
pub(super) mod semver;
pub(super) mod url;
