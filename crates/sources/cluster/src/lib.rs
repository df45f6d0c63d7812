//! A running cluster, or a snapshot of one, into an inventory.
//!
//! Who may ask and where is in `kubeconfig`; how is in `client`; what there is to ask for in `discovery` and `lists`.
//! Pages are made slim as they come (`slim`), judged by whoever calls, and let go. Nothing is ever written to a
//! cluster.

mod base64;
pub mod client;
pub mod credentials;
pub mod discovery;
pub mod features;
pub mod fetch;
pub mod identity;
pub mod kubeconfig;
pub mod lists;
pub mod load;
mod namespaces;
pub mod owners;
mod ownership;
mod patience;
mod plugin;
pub mod resident;
pub mod rights;
pub mod selector;
pub mod slim;
pub mod snapshot;
pub mod store;
pub mod watch;
