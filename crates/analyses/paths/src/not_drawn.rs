//! Ways of attackers that have a name and are no edges of their own: another edge tells them, or they are not available yet.

/// A way that is no edge of its own.
#[derive(Debug)]
pub struct NotDrawn {
    /// Its name.
    pub id: &'static str,
    /// What the attacker does, as a verb phrase.
    pub title: &'static str,
    /// The edges that tell it; none if it is not available yet.
    pub told_by: &'static [&'static str],
    /// How they do, or why it is not there. A sentence.
    pub why: &'static str,
}

const fn told(id: &'static str, title: &'static str, told_by: &'static [&'static str], why: &'static str) -> NotDrawn {
    NotDrawn { id, title, told_by, why }
}

const fn not_yet(id: &'static str, title: &'static str, why: &'static str) -> NotDrawn {
    NotDrawn { id, title, told_by: &[], why }
}

/// All of them, ordered by id.
pub static NOT_DRAWN: &[NotDrawn] = &[
    not_yet(
        "azure-exception",
        "takes the identity of the node at Azure",
        "AzurePodIdentityException belongs to a component that is no longer maintained, and its objects are not read.",
    ),
    not_yet(
        "disable-guard",
        "takes a guard away",
        "Of all admission only the labels of Pod Security remove edges (`unlock-namespace` takes these away); policies and webhooks remove none, so that there is nothing to gain by writing them.",
    ),
    not_yet(
        "escape-host-ipc",
        "reads the shared memory of others on the node",
        "What lies in the shared memory of other processes is not in the objects; it is not the node.",
    ),
    told(
        "external-ip",
        "takes the traffic for an address",
        &["redirect-traffic"],
        "A Service with `externalIPs` is one of the ways to redirect what pods send.",
    ),
    not_yet(
        "guard-gap",
        "goes where a guard does not look",
        "Policies and webhooks remove no edges yet, so that their gaps add none.",
    ),
    told(
        "node-mints-tokens",
        "mints tokens for the accounts of the pods of the node",
        &["node-hosts"],
        "A node mints tokens for the accounts of its own pods only, and it has these pods already.",
    ),
    told(
        "pass-on",
        "hands on what it holds",
        &["bind"],
        "Who writes bindings without `bind` hands on what it holds: that keeps access and gains nothing, so that it is no step.",
    ),
    not_yet(
        "reach-api",
        "comes to the API server over the network",
        "Which addresses the API server has is not in the objects; a token is taken to be of use wherever it was found.",
    ),
    not_yet(
        "reach-kubelet",
        "comes to the kubelet of a node over the network",
        "What a kubelet lets in without a name is in its configuration, which is not read; with a right it is `exec-through-kubelet`.",
    ),
    told("redirect", "redirects what pods send", &["redirect-traffic"], "It has that name here."),
    not_yet(
        "relabel",
        "gives a pod other labels",
        "Who may patch pods is in them already (`replace-image`); what their labels would let in is not followed.",
    ),
    not_yet(
        "runtime-or-kernel-cve",
        "breaks out through a fault of the runtime or the kernel",
        "Versions of runtimes and kernels, and what is wrong with them, are not read.",
    ),
    told(
        "static-pod",
        "writes a static pod",
        &["host-write"],
        "The directories of static pods are among the paths that lead to execution.",
    ),
    told(
        "take-token-secret",
        "takes the token that a Secret holds",
        &["secret-yields"],
        "A Secret of type `kubernetes.io/service-account-token` gives its own account and no other.",
    ),
];
