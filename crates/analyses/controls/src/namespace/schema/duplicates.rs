//! Keys that stand twice in one mapping.

use model::document::NodeId;
use model::finding::{Finding, Findings};
use model::object::Object;
use model::severity::Severity;

use super::pods::is_security_field;

/// Fields outside pods that decide who may do what, and who reaches whom.
const SECURITY_FIELDS: &[&str] = &[
    "apiGroups",
    "egress",
    "image",
    "ingress",
    "podSelector",
    "policyTypes",
    "resources",
    "roleRef",
    "rules",
    "subjects",
    "verbs",
];

/// Reports every key of `object` that stood before in its mapping.
pub(crate) fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let document = object.value.document();
    // They are ordered by the later key, and the nodes of an object stand together.
    let first = document.duplicates.partition_point(|duplicate| duplicate.second < object.value.id());
    for duplicate in &document.duplicates[first..] {
        let key = document.value(duplicate.second);
        if !object.value.contains(key) {
            break;
        }
        if !key.is_scalar() {
            continue;
        }
        // A scalar key is one node, and its value is the next.
        let value = document.value(NodeId(duplicate.second.0 + 1));
        let name = key.text();
        let is_security = is_security_field(&name) || SECURITY_FIELDS.contains(&&*name);
        let severity = if is_security { Severity::High } else { Severity::Medium };
        let message = "`{value}` is set twice: kubectl takes the last one, and other tools may read the first";
        findings.report(Finding::at_key_of(value).value(name).severity(severity).message(message));
    }
}
