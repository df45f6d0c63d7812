//! What an edge is: one way in which an attacker who holds one thing comes to hold another.
//!
//! One edge, one file in `edges/`: its texts, the exact conditions under which it is there, and manifests that have it
//! and that do not.

use model::control::Alias;

use crate::graph::Drafts;
use crate::world::World;

/// One kind of edge, as its file writes it down.
#[derive(Debug)]
pub struct EdgeKind {
    /// Kebab-case, stable for ever.
    pub id: &'static str,
    /// What the attacker does, as a verb phrase: `loads a module into the kernel of the node`.
    pub title: &'static str,
    /// What the attacker gains and how. Sentences.
    pub rationale: &'static str,
    /// The exact conditions. Sentences.
    pub conditions: &'static str,
    /// What takes the edge away. Sentences.
    pub remediation: &'static str,
    /// How to check by hand.
    pub verify: &'static str,
    /// Techniques: ids of ATT&CK, and of the Microsoft threat matrix for Kubernetes.
    pub techniques: &'static [&'static str],
    /// The names that other tools have for it.
    pub aliases: &'static [Alias],
    /// The controls that find what it rests on, at the objects that show it or at those where it is cut.
    pub found_by: &'static [&'static str],
    /// How hard it is for an attacker, from 1 (a command) to 100 (luck).
    pub difficulty: u8,
    /// The function that finds the edges.
    pub find: fn(&World<'_>, &mut Drafts<'_>),
    /// Manifests that have it, and that do not.
    pub fixtures: &'static [EdgeFixture],
}

/// Manifests, and the edges of one kind that are in them.
#[derive(Clone, Copy, Debug)]
pub struct EdgeFixture {
    /// YAML, one or more documents.
    pub yaml: &'static str,
    /// All edges of the kind: `from -> to`, and `if assumption` behind it for what is not known.
    pub edges: &'static [&'static str],
}

/// Something that is not known and on which an edge depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// Its name.
    pub id: &'static str,
    /// What is assumed, as a clause: `the kernel takes unsigned modules`.
    pub text: &'static str,
    /// How much harder it makes a step, from 1 (it nearly always holds) to 60 (it seldom does).
    pub hardness: u8,
    /// Its bit.
    bit: u8,
}

/// A set of assumptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assumptions(u64);

impl Assumptions {
    /// Nothing is assumed.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    pub const fn and(self, assumption: &Assumption) -> Self {
        Self(self.0 | 1 << assumption.bit)
    }

    /// Whether nothing is assumed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the other set has all of it.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The assumptions, in the order of `ASSUMPTIONS`.
    pub fn iter(self) -> impl Iterator<Item = &'static Assumption> {
        ASSUMPTIONS.iter().copied().filter(move |assumption| self.0 & 1 << assumption.bit != 0)
    }
}

macro_rules! assumptions {
    ($($bit:literal $hardness:literal $name:ident $id:literal $text:literal;)+) => {
        $(
            #[doc = concat!("Assumed: ", $text, ".")]
            pub static $name: Assumption = Assumption { id: $id, text: $text, hardness: $hardness, bit: $bit };
        )+
        /// All assumptions that edges name.
        pub static ASSUMPTIONS: &[&Assumption] = &[$(&$name),+];
    };
}

assumptions! {
    0 20 KERNEL_TAKES_MODULES "kernel-takes-modules" "the kernel of the node takes modules that nobody signed";
    1 40 CGROUP_V1 "cgroup-v1" "the node has cgroups of version 1, and no profile of seccomp or AppArmor forbids mounts";
    2 20 PROFILES_ALLOW_BPF "profiles-allow-bpf" "no profile of seccomp or AppArmor forbids what is needed";
    3 60 SANDBOX_LEAKS "sandbox-leaks" "the runtime class is no sandbox";
    4 60 USER_NAMESPACE_LEAKS "user-namespace-leaks" "root of a user namespace of its own can do it all the same";
    5 10 IMAGE_RUNS_AS_ROOT "image-runs-as-root" "the image runs as root";
    6 30 APP_ARMOR_OFF "app-armor-off" "the node confines containers with no profile of AppArmor";
    7 40 CREDENTIALS_LIE_THERE "credentials-lie-there" "keys, tokens or kubeconfigs lie there";
    8 20 SAME_NODE "same-node" "both run on one node";
    9 40 CONTROL_PLANE_SCHEDULABLE "control-plane-schedulable" "the pod comes to a node that runs the control plane";
    10 40 SERVICE_EXPLOITABLE "service-exploitable" "what listens there can be broken into";
    11 20 CLOUD_METADATA_OPEN "cloud-metadata-open" "the metadata service of the cloud answers pods";
    12 20 LOGS_SERVED "logs-served" "the kubelet follows links in its directory of logs";
    13 10 NOTHING_ENFORCED "nothing-enforced" "no Pod Security level is enforced there";
    14 5 ACCOUNT_MOUNTS "account-mounts" "the ServiceAccount, which is not in the input, does not forbid its token to be mounted";
    15 40 NODE_PORTS_OPEN "node-ports-open" "the ports of the nodes are open to the outside";
    16 40 LISTED_SOURCES "listed-sources" "the attacker comes from an address that is let in";
    17 5 CONTROLLER_OPEN "controller-open" "the controller that serves it is open to the outside";
    18 5 CONTROLLER_ADMITTED "controller-admitted" "policies admit the controller, which is not in the input";
    19 40 LISTENS "listens" "something listens on a port that the pod does not declare";
    20 60 INIT_TAKEN_OVER "init-taken-over" "the init container is taken over while it runs";
    21 30 BOOTSTRAP_TOKENS_TAKEN "bootstrap-tokens-taken" "the API server takes bootstrap tokens, and signs certificates for nodes that come with them";
    22 20 AWS_AUTH_READ "aws-auth-read" "the cluster is one of EKS that reads `aws-auth`";
    23 40 IDENTITY_TRUSTS_OTHERS "identity-trusts-others" "the cloud trusts other ServiceAccounts with the identity too";
    24 20 SECRETS_WRITTEN_AGAIN "secrets-written-again" "the Secrets are written while the attacker listens";
    25 20 CONTROL_PLANE_HAS_NODES "control-plane-has-nodes" "the control plane runs on nodes of the cluster";
    26 20 NODE_HELD "node-held" "the attacker holds a node";
    27 10 OPERATOR_OBEYS "operator-obeys" "the operator acts with its own rights for whoever asks";
    28 10 ACCOUNT_EXISTS "account-exists" "the ServiceAccount, which is not in the input, is there";
    29 40 KUBECONFIG_OF_ADMIN "kubeconfig-of-admin" "the kubeconfig is that of an administrator of this cluster";
    30 5 OBJECT_EXISTS "object-exists" "an object of that kind, which is not in the input, is there";
    31 20 CLOUD_NODES "cloud-nodes" "the nodes are machines of a cloud that gives them an identity";
    40 20 THAT_NODE "that-node" "the node is the one of that name";
    52 40 SECRET_EXISTS "secret-exists" "the Secret, which is not in the input, is there";
    41 30 FILES_ADMIT_USER "files-admit-user" "the files there admit the user that the container runs as";
    42 40 BECOMES_ROOT "becomes-root" "something in the image makes its user root";
    43 60 DEVICES_OPEN "devices-open" "the runtime lets the container open the devices that it mounts";
    44 40 LEADS_THERE "leads-there" "the `subPathExpr` of the mount leads there";
    45 20 ADMISSION_PERMITS "admission-permits" "the policies and webhooks that are asked about pods there take this one";
    46 10 CONTROLLER_RUNS "controller-runs" "the controller of that kind, which is not in the input, runs here";
    47 30 OBJECT_CHOSEN "object-chosen" "the objects that it is asked about are among those that matter";
    48 20 OBJECTS_WRITTEN "objects-written" "somebody with more rights writes such an object while the attacker listens";
    49 10 SCALED_UP "scaled-up" "it is scaled up again";
    50 20 CLAIM_BOUND "claim-bound" "the claim is bound to that volume, which fits it";
    51 30 CERTIFICATE_HELD "certificate-held" "the attacker has the key of the certificate that the API server expects there";
}
