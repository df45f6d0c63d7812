//! `system-masters-bound`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::Finding;
use model::finding::Findings;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::object::Object;
use model::severity::Severity;
use rbac::SubjectKey;

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "system-masters-bound",
    title: "Group system:masters is used",
    severity: Severity::Critical,
    severity_reason: "bypasses RBAC and cannot be revoked",
    rationale: "Members of `system:masters` are allowed everything before roles are asked, pass every check against escalation, and keep it for as long as their certificate lasts: taking the binding away does not take it away.",
    remediation: "Bind `cluster-admin` to a group of your own, which can be taken away again.",
    verify: "kubectl get clusterrolebindings,rolebindings -A -o json | jq -r '.items[] | select(any(.subjects[]?; .name == \"system:masters\")) | .metadata.name'",
    aliases: &[
        alias("kubescape", "C-0246"),
        alias("trivy", "KSV-0123"),
        alias("datree", "CIS_INVALID_VALUE_SYSTEM_MASTERS"),
        alias("kyverno", "restrict-binding-system-groups"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.7"),
        maps("owasp-k8s-top10", "K02"),
        maps("owasp-k8s-top10", "K09"),
        maps("mitre", "T1078"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "IA-2"),
        maps("cis-gke", "4.1.6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:masters', apiGroup: rbac.authorization.k8s.io} #~ critical subjects[0].name
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'team', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: | #~ critical data.mapRoles
    - rolearn: arn:aws:iam::111122223333:role/admin
      groups: [system:masters]
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111122223333:role/admin
      groups: [team]
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: cluster-admin
  labels:
    kubernetes.io/bootstrapping: rbac-defaults
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: Group, name: 'system:masters', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111122223333:role/x # not system:masters
      groups: [team]
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - {rolearn: 'arn:aws:iam::111122223333:role/x', groups: [system:masters-readers]}
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: | #~ critical
    - rolearn: arn:aws:iam::111122223333:role/x
      groups:
        - team
        - 'system:masters'
",
        ),
    ],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.kind != "ConfigMap" || object.name() != "aws-auth" {
        return findings.not_applicable();
    }
    for key in ["mapRoles", "mapUsers", "mapAccounts"] {
        let Some(map) = object.value.at(&["data", key]).filter(|map| names_masters(&map.text())) else { continue };
        let message = "The identity map gives `system:masters` to identities of the cloud: they are allowed everything, past all roles";
        findings.report(Finding::at(map).value("system:masters").message(message));
    }
}

/// Whether a list of mappings, which is YAML inside a text, gives an identity the group. Of a list that cannot be read
/// the word is enough.
fn names_masters(map: &str) -> bool {
    if !map.contains(MASTERS) {
        return false;
    }
    let Ok(document) = yaml::parse_document(map) else { return true };
    let groups = document.root().items().filter_map(|mapping| mapping.get("groups"));
    groups.flat_map(Value::items).any(|group| group.text() == MASTERS)
}

const MASTERS: &str = "system:masters";

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
    for subject in grants::subjects_of_input(evaluator) {
        let SubjectKey::Group(name) = subject.key else { continue };
        if evaluator.text(name) != "system:masters" {
            continue;
        }
        let message = "`{value}` is allowed everything before roles are asked: a binding adds nothing, and shows that the group is used";
        findings.report(subject.resource, Finding::at_place(subject.place).value("system:masters").message(message));
    }
}
