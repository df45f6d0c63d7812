//! The network: who may connect to whom, and why.
//!
//! Policies of every kind become rules between sets of endpoints that no policy tells apart; ports and addresses are cut
//! where rules cut them. What holds for two endpoints is then a few words of bits.

mod addresses;
mod bits;
mod census;
mod closure;
mod compile;
mod config;
mod evaluate;
mod explain;
mod network;
mod ports;
mod sets;
mod worlds;

pub use addresses::{Range, merge};
pub use census::Workload;
pub use closure::{Closure, Step};
pub use compile::Direction;
pub use config::*;
pub use explain::{Explanation, Half, Reason, Word};
pub use network::{Endpoint, EndpointId, Identity, Isolation, Network, Pairs, Row};
pub use ports::{Cuts, PROTOCOLS, Ports, protocol_name, protocol_of};
pub use worlds::{Dependence, Worlds};
