//! What the Node authorizer, which is asked beside RBAC, has to say to the kubelet of a node.
//!
//! Source: `plugin/pkg/auth/authorizer/node/node_authorizer.go`. Its static rules are those of the role `system:node`;
//! what depends on the pods of the node is not known from files.

use crate::answer::{Answer, Unknown};
use crate::evaluator::Evaluator;
use crate::request::Request;
use crate::rule::Asked;

const OWN: &str = "the Node authorizer allows a kubelet what its role `system:node` says";

/// Resources of which a node reads what its pods refer to.
const BY_REFERENCE: &[(&str, &str)] = &[
    ("", "secrets"),
    ("", "configmaps"),
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumes"),
    ("", "serviceaccounts"),
    ("storage.k8s.io", "volumeattachments"),
    ("resource.k8s.io", "resourceclaims"),
    ("certificates.k8s.io", "podcertificaterequests"),
];

/// Adds what the Node authorizer says to an answer that RBAC has no opinion on.
pub(crate) fn consider(evaluator: &Evaluator<'_>, node: &str, request: &Request, answer: &mut Answer) {
    let Some(role) = evaluator.role_named("", "system:node") else { return };
    let asked = evaluator.asked(request);
    if !evaluator.role(role).rules.iter().any(|rule| evaluator.rule(*rule).allows(&asked)) {
        return;
    }
    let Request::Resource(resource) = request else {
        answer.outside = Some(OWN);
        return;
    };
    let key = (&*resource.group, &*resource.resource);
    if BY_REFERENCE.contains(&key) {
        // Without a name it would be all of them, which no node may have.
        if !resource.name.is_empty() {
            answer.unknown.push(Unknown::NodeAuthorizer);
        }
        return;
    }
    let is_own = match key {
        ("coordination.k8s.io", "leases") => {
            resource.namespace == "kube-node-lease" && (resource.verb == "create" || resource.name == node)
        }
        ("storage.k8s.io", "csinodes") => resource.verb == "create" || resource.name == node,
        // From 1.32 on a node lists and reads its own pods alone, and only who knows the pods knows which those are.
        ("", "pods") if matches!(&*resource.verb, "list" | "watch") && evaluator.kubernetes_minor() >= 32 => false,
        ("", "pods") if resource.verb == "get" && evaluator.kubernetes_minor() >= 32 => {
            if !resource.name.is_empty() {
                answer.unknown.push(Unknown::NodeAuthorizer);
            }
            false
        }
        ("", "nodes") if matches!(&*resource.verb, "update" | "patch" | "get") => {
            resource.name == node || resource.verb == "get" && evaluator.kubernetes_minor() < 32
        }
        _ => true,
    };
    if is_own {
        answer.outside = Some(OWN);
    }
}

impl Evaluator<'_> {
    pub(crate) fn asked(&self, request: &Request) -> Asked {
        Asked::new(request, self.vocabulary(), &self.inventory().symbols)
    }
}
