//! The command line of `plimsoll doctor`.

use clap::{Args, ValueEnum};
use cluster::features::Feature;

use super::{ClusterArguments, Output};

const EXAMPLES: &str = "\
Examples:
  plimsoll doctor                                 what this machine offers, and which clusters are named
  plimsoll doctor --cluster                       what your rights allow to be told, feature by feature
  plimsoll doctor --context prod-eu -n payments   the same of one namespace
  plimsoll doctor --cluster --role rbac           the smallest role for a feature, for `kubectl apply -f -`
  plimsoll doctor --cluster --output json | jq '.clusters[].missing[]'

Exit codes: 0 everything can be told · 2 not everything: the report says what, and what it costs · 3 wrong usage";

/// `doctor`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArguments {
    /// The cluster to ask
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// Print the smallest role for a feature, as YAML, from what the cluster has
    #[arg(long, value_enum, value_name = "FEATURE", conflicts_with = "output")]
    pub role: Option<FeatureName>,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<Output>,
}

/// The name of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FeatureName {
    /// `plimsoll scan --cluster`
    Scan,
    /// `plimsoll scan --cluster --watch`
    Watch,
    /// `plimsoll snapshot`
    Snapshot,
    /// `plimsoll rbac`
    Rbac,
    /// `plimsoll network`
    Network,
    /// `plimsoll paths`
    Paths,
}

impl From<FeatureName> for Feature {
    fn from(name: FeatureName) -> Self {
        match name {
            FeatureName::Scan => Self::Scan,
            FeatureName::Watch => Self::Watch,
            FeatureName::Snapshot => Self::Snapshot,
            FeatureName::Rbac => Self::Rbac,
            FeatureName::Network => Self::Network,
            FeatureName::Paths => Self::Paths,
        }
    }
}
