//! Rules of admission: which requests a webhook or an admission policy is asked about.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules`.

use crate::document::Value;

/// Whether a rule is for this resource, written `pods` or `pods/ephemeralcontainers`.
pub fn covers(rule: Value<'_>, group: &str, resource: &str) -> bool {
    let items = |key| rule.get(key).into_iter().flat_map(Value::items);
    let in_group =
        items("apiGroups").any(|written| matches!(&*written.text(), written if written == "*" || written == group));
    in_group && items("resources").any(|written| is_resource(&written.text(), resource))
}

/// Whether a rule is for this operation, such as `UPDATE`.
pub fn has_operation(rule: Value<'_>, operation: &str) -> bool {
    let mut operations = rule.get("operations").into_iter().flat_map(Value::items);
    operations.any(|written| matches!(&*written.text(), written if written == "*" || written == operation))
}

/// A star stands for a whole part: `*` for all resources without subresources, `pods/*` for pods and all that is below.
fn is_resource(written: &str, resource: &str) -> bool {
    let (written, written_below) = written.split_once('/').unwrap_or((written, ""));
    let (resource, below) = resource.split_once('/').unwrap_or((resource, ""));
    (written == "*" || written == resource) && (written_below == "*" || written_below == below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_a_whole_part() {
        for (written, resource, expected) in [
            ("pods", "pods", true),
            ("pods", "pods/ephemeralcontainers", false),
            ("*", "pods", true),
            ("*", "pods/ephemeralcontainers", false),
            ("*/*", "pods/ephemeralcontainers", true),
            ("*/*", "pods", true),
            ("pods/*", "pods", true),
            ("pods/*", "pods/ephemeralcontainers", true),
            ("*/ephemeralcontainers", "pods/ephemeralcontainers", true),
            ("*/ephemeralcontainers", "pods", false),
            ("deployments", "pods", false),
        ] {
            assert_eq!(is_resource(written, resource), expected, "{written} for {resource}");
        }
    }
}
