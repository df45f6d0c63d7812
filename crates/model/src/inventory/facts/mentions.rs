//! Names of hosts that objects mention: who may want to connect to whom.

use crate::inventory::ResourceId;
use crate::inventory::list::{List, pairs};
use crate::place::Place;
use crate::symbols::Symbol;

/// What objects say of connections that they want.
#[derive(Debug, Default)]
pub struct MentionFacts {
    /// Hosts that pods and ConfigMaps name.
    pub hosts: List<HostMention>,
    /// Pods that ask to be scraped.
    pub scrapes: List<ScrapeFact>,
}

/// A host that an object names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostMention {
    /// The workload or ConfigMap.
    pub resource: ResourceId,
    /// The name of the host, in small letters. Whoever and whatever stands around it is not kept.
    pub host: Symbol,
    /// The port beside it.
    pub port: Option<u16>,
    /// The port that its scheme has, where none is beside it.
    pub usual_port: Option<u16>,
    /// Whether it is the host of a URL.
    pub is_url: bool,
    /// How it is named.
    pub form: MentionForm,
    /// Where.
    pub place: Place,
}

/// How a host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MentionForm {
    /// In an environment variable.
    Environment,
    /// In an argument.
    Argument,
    /// In a ConfigMap.
    ConfigMap,
}

/// A pod that asks to be scraped for metrics: `prometheus.io/scrape`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScrapeFact {
    /// The workload.
    pub resource: ResourceId,
    /// `prometheus.io/port`.
    pub port: Option<u16>,
    /// Where that is asked for.
    pub place: Place,
}

pairs!(MentionFacts: hosts, scrapes);
