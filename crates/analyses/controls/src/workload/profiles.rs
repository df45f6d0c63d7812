//! Profiles of seccomp and AppArmor: both have a `type`, and the same two types confine.

use model::document::Value;
use model::finding::{Finding, Findings};
use model::pod::{Container, Pod};

/// Whether a profile is one that confines. A profile without a type is invalid and confines nothing.
pub(crate) fn is_confined(profile: Value<'_>) -> bool {
    profile.get("type").is_some_and(|kind| matches!(&*kind.text(), "RuntimeDefault" | "Localhost"))
}

/// Reports a profile that does not confine, at its type if it has one.
pub(crate) fn report<'d>(
    profile: Value<'d>,
    container: Option<&Container<'d>>,
    message: &'static str,
    findings: &mut Findings<'_>,
) {
    let finding = match profile.get("type") {
        Some(kind) => Finding::at(kind).replace("RuntimeDefault"),
        None => Finding::at_key_of(profile).set(profile, "type: RuntimeDefault"),
    };
    let finding = finding.message(message);
    findings.report(match container {
        Some(container) => finding.container(container),
        None => finding,
    });
}

/// Adds the mend of a missing profile: `RuntimeDefault` for the whole pod.
pub(crate) fn of_pod<'d>(finding: Finding<'d>, pod: &Pod<'d>, field: &'static str) -> Finding<'d> {
    let lines = format!("securityContext:\n  {field}:\n    type: RuntimeDefault");
    // Pods that are built from parts have no place for it that is known here.
    if pod.spec.get("containers").is_some() { finding.set(pod.spec, lines) } else { finding }
}
