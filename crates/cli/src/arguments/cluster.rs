//! The part of the command line that names running clusters and snapshots.

use std::path::PathBuf;

use ::cluster::features::Feature;
use clap::{Args, ValueHint};

/// What is read instead of files and folders.
pub(super) const INSTEAD_OF_PATHS: [&str; 5] = ["cluster", "kubeconfig", "context", "all_contexts", "snapshot"];

/// A running cluster to read instead of files, or a snapshot of one.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArguments {
    /// Read the cluster that the kubeconfig names, or the one that this pod runs in
    #[arg(long)]
    pub cluster: bool,
    /// The kubeconfig; without this, what `KUBECONFIG` lists, or `~/.kube/config`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Every context of the kubeconfig, in one report
    #[arg(long, conflicts_with = "context")]
    pub all_contexts: bool,
    /// Of a cluster, only this namespace; may be given several times. That of a release is `--release-namespace`
    #[arg(long, short, value_name = "NAME", value_delimiter = ',')]
    pub namespace: Vec<String>,
    /// Only objects that this label selector selects, as `app=shop,tier!=cache`
    #[arg(long, short = 'l', value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// The most requests that are made in a second
    #[arg(long, value_name = "N", default_value_t = 50.0, value_parser = a_rate)]
    pub qps: f64,
    /// Seconds that an answer may take to begin, and then to come, unless much of it does
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub timeout: u16,
    /// The most lists that are read at a time
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub parallel: u8,
    /// Read what `plimsoll snapshot` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["cluster", "kubeconfig", "context", "all_contexts", "namespace", "selector"])]
    pub snapshot: Option<PathBuf>,
    /// What it is read for.
    #[arg(skip)]
    pub feature: Feature,
}

/// What is read in place of files.
#[derive(Clone, Debug, Default, Args)]
pub struct WhereArguments {
    /// Ask the cluster that the kubeconfig names, or the one that this pod runs in
    #[arg(long)]
    pub cluster: bool,
    /// The kubeconfig; without this, what `KUBECONFIG` lists, or `~/.kube/config`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Ask what `plimsoll snapshot` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["cluster", "kubeconfig", "context"])]
    pub snapshot: Option<PathBuf>,
}

impl WhereArguments {
    /// The same among all that can be said of clusters.
    pub fn as_cluster(&self) -> ClusterArguments {
        let Self { cluster, kubeconfig, context, snapshot } = self.clone();
        ClusterArguments { cluster, kubeconfig, context, snapshot, ..ClusterArguments::default() }
    }
}

/// A rate: a number above 0.
fn a_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "a number above 0 is expected".to_owned())
}

impl Default for ClusterArguments {
    fn default() -> Self {
        Self {
            cluster: false,
            kubeconfig: None,
            context: None,
            all_contexts: false,
            namespace: Vec::new(),
            selector: None,
            qps: 50.0,
            timeout: 60,
            parallel: 8,
            snapshot: None,
            feature: Feature::Scan,
        }
    }
}
