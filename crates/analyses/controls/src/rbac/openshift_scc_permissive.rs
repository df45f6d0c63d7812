//! `openshift-scc-permissive`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "openshift-scc-permissive",
    title: "SecurityContextConstraints allow privileged or any UID",
    severity: Severity::High,
    severity_reason: "SCC is the admission of OpenShift",
    rationale: "SecurityContextConstraints are the admission of OpenShift: whoever may use a wide one runs privileged pods, and owns the node.",
    remediation: "Let people use `restricted-v2`; give wide constraints to the ServiceAccounts that need them, by a RoleBinding in their namespace.",
    verify: "oc adm policy who-can use scc privileged",
    aliases: &[
        alias("kube-linter", "scc-deny-privileged-container"),
        alias("kyverno", "disallow-security-context-constraint-anyuid"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "AC-6")],
    references: &[
        "https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: true #~ high allowPrivilegedContainer
runAsUser:
  type: MustRunAsRange
groups:
  - developers
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: false
runAsUser:
  type: MustRunAsRange
groups:
  - developers
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: true
runAsUser:
  type: MustRunAsRange
groups:
  - system:cluster-admins
",
        ),
        fixture(
            "apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: wide
allowPrivilegedContainer: false
runAsUser:
  type: RunAsAny #~ high runAsUser.type
groups:
  - developers
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.kind != "SecurityContextConstraints" || object.group() != "security.openshift.io" {
        return findings.not_applicable();
    }
    let lists = ["users", "groups"].iter().filter_map(|key| object.value.get(key)).flat_map(Value::items);
    let Some(user) = lists.map(|name| name.text().into_owned()).find(|name| !is_of_system(name)) else { return };
    let is_true = |key: &str| object.value.get(key).filter(|value| value.as_bool() == Some(true));
    let wide = WIDE.iter().find_map(|key| is_true(key));
    let capabilities = object.value.get("allowedCapabilities").into_iter().flat_map(Value::items);
    let every = || capabilities.into_iter().find(|name| name.text() == "*");
    let any_user = || object.value.at(&["runAsUser", "type"]).filter(|kind| kind.text() == "RunAsAny");
    let Some(value) = wide.or_else(every).or_else(any_user) else { return };
    let message = format!("`{user}` may use these constraints, which allow `{{value}}`: pods of theirs own the node");
    findings.report(Finding::at(value).message(message));
}

const WIDE: [&str; 5] =
    ["allowPrivilegedContainer", "allowHostNetwork", "allowHostPID", "allowHostIPC", "allowHostDirVolumePlugin"];

/// Users and groups of the platform itself.
fn is_of_system(name: &str) -> bool {
    ["system:cluster-admins", "system:nodes", "system:masters", "system:admin"].contains(&name)
        || name.starts_with("system:serviceaccount:openshift-")
        || name.starts_with("system:serviceaccount:kube-")
}
