//! The network: who may connect to whom, and why.
//!
//! Policies of every kind become rules between sets of endpoints that no policy tells apart; ports and addresses are cut
//! where rules cut them. What holds for two endpoints is then a few words of bits.

mod addresses;
mod bits;
mod blast;
mod census;
mod check;
mod choose;
mod closure;
mod compile;
mod config;
mod detect;
mod diff;
mod evaluate;
mod exempt;
mod explain;
mod exposure;
mod find;
mod generate;
mod halves;
mod network;
mod pairs;
mod ports;
mod sanity;
mod sets;
mod targets;
mod worlds;

pub use addresses::{Range, besides, merge};
pub use blast::{Blast, Cut, Target, TargetKind};
pub use census::Workload;
pub use check::{Doubt, Outcome, Unfounded, Verdict, Witness, check, labels};
pub use closure::{Closure, Step};
pub use compile::Direction;
pub use config::*;
pub use detect::{Enforces, PLUGIN_IMAGES, PluginImage, detect};
pub use diff::{Change, Difference, Door, Opened, Turn, Width, diff};
pub use exempt::{Exempt, OwnNodePorts, Placed};
pub use explain::{Explanation, Half, Reason, Word};
pub use exposure::{Answer, Arrival, Entry, Reach, Sources, Tls, Way, sensitive};
pub use find::{FindError, INTERNET};
pub use generate::{
    Assumed, Certificate, Confidence, End, Evidence, Extra, Generated, GeneratedPolicy, GeneratedRule, Missing, Need,
    Peer, Purpose, Unresolved, Wish, certify, confidence, generate,
};
pub use network::{Endpoint, EndpointId, Identity, Isolation, Network, Row};
pub use pairs::{Adjacency, Pairs};
pub use ports::{Cuts, PROTOCOLS, Ports, protocol_name, protocol_of};
pub use sanity::{Oddity, Question, Sanity};
pub use targets::{FamilyKnown, KUBELET_PORTS, METADATA_PORT, METADATA_SERVICES, MetadataService, Reached};
pub use worlds::{Dependence, Worlds};
