//! The command line of `plimsoll network`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use model::severity::Severity;

use super::{InputArguments, WhereArguments, parse_severity};

const NETWORK_EXAMPLES: &str = "\
Examples:
  plimsoll network list deploy/                         who may connect to whom
  plimsoll network list deploy/ --output html=map.html  the map
  plimsoll network explain web api 8080 deploy/         why, with file and line
  plimsoll network exposure deploy/                     every way in from outside
  plimsoll network blast-radius internet deploy/        how far a break-in gets
  plimsoll network check deploy/ --rules rules.yaml     whether rules that people write are kept, and policies make sense

Exit codes: 0 clean · 1 something is new, or a rule is broken · 2 not everything could be looked at · 3 wrong usage";

/// `network`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = NETWORK_EXAMPLES)]
pub struct NetworkArguments {
    /// What to do
    #[command(subcommand)]
    pub command: NetworkCommand,
}

/// The commands of `network`.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// List who may connect to whom
    List(NetworkListArguments),
    /// Explain why two endpoints may connect or not, rule by rule
    Explain(NetworkExplainArguments),
    /// List every way in from outside, the most open first
    Exposure(NetworkExposureArguments),
    /// Say how far a break-in gets
    BlastRadius(NetworkBlastArguments),
    /// Hold the network against rules that people write, and ask whether policies do what they were meant to
    Check(NetworkCheckArguments),
    /// Write policies that admit what is needed and refuse the rest, with a certificate
    Generate(NetworkGenerateArguments),
    /// Say what changes between two folders or files
    Diff(NetworkDiffArguments),
    /// Say what would change if objects were added, replaced or deleted
    WhatIf(NetworkWhatIfArguments),
}

/// What is read, and what is assumed of the cluster.
#[derive(Clone, Debug, Args)]
pub struct NetworkInput {
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// What is read in place of files
    #[command(flatten)]
    pub place: WhereArguments,
    /// The network plugin, which decides what specifications leave open: antrea, calico, cilium, flannel,
    /// kube-network-policies, kube-ovn, kube-router, kubenet, none, ovn-k, vpc-cni or weave
    #[arg(long, value_name = "NAME")]
    pub cni: Option<String>,
    /// One option of the plugin's reading, as `ip-block=outside`; may be given several times. Options: ip-block
    /// (anything, no-pods, outside), host-network (node, pod), port-ranges (enforced, first-only), admin (all, alpha1,
    /// alpha2, ignored), enforcement (present, absent), own-node (exempt, from-node, judged), own-pod (exempt,
    /// judged), own-pairs (listed, left-out)
    #[arg(long, value_name = "OPTION=VALUE")]
    pub dialect: Vec<String>,
    /// A block that pods have their addresses from, as `10.244.0.0/16`; may be given several times
    #[arg(long, value_name = "CIDR")]
    pub pod_cidr: Vec<String>,
}

const LIST_EXAMPLES: &str = "\
Examples:
  plimsoll network list                           the folder you are in
  plimsoll network list deploy/ --focus payments/api
  plimsoll network list deploy/ --from internet
  plimsoll network list deploy/ --namespace payments --output csv=payments.csv
  plimsoll network list deploy/ --output json | jq '.connections'
  plimsoll network list deploy/ --output svg=map.svg
  plimsoll network list deploy/ --output dot | dot -Tsvg > graph.svg

Exit codes: 0 listed · 2 not everything could be looked at · 3 wrong usage";

/// `network list`
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub struct NetworkListArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only connections that begin or end at this workload; may be given several times
    #[arg(long, value_name = "NAME")]
    pub focus: Vec<String>,
    /// Only connections that begin here: a workload, an address, `internet` or `nodes`
    #[arg(long, value_name = "NAME")]
    pub from: Vec<String>,
    /// Only connections that end here
    #[arg(long, value_name = "NAME")]
    pub to: Vec<String>,
    /// Only connections that begin or end in this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Vec<String>,
    /// A format, and a file to write it to: text, json, csv, dot, html; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  plimsoll network explain storefront/web payments/api 8080
  plimsoll network explain internet web 443 deploy/
  plimsoll network explain api 169.254.169.254 80 deploy/
  plimsoll network explain 'web[Deployment]' postgres udp/53 deploy/

Exit codes: 0 explained · 2 not everything could be looked at · 3 wrong usage";

/// `network explain`
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct NetworkExplainArguments {
    /// Who connects: `namespace/name`, a name that one workload has, an address, a block of them, `internet` or `nodes`
    pub from: String,
    /// Who is connected to
    pub to: String,
    /// Ports, as `8080`, `8000-8100`, `udp/53`, `tcp` or `http`, which the pods connected to call so; then files and
    /// folders; all ports if there are none
    #[arg(value_name = "PORT|PATH")]
    pub rest: Vec<String>,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const EXPOSURE_EXAMPLES: &str = "\
Examples:
  plimsoll network exposure deploy/
  plimsoll network exposure deploy/ --output json | jq '.entries[] | select(.reach == \"internet\")'

Exit codes: 0 listed · 2 not everything could be looked at · 3 wrong usage";

/// `network exposure`
#[derive(Debug, Args)]
#[command(after_help = EXPOSURE_EXAMPLES)]
pub struct NetworkExposureArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const BLAST_EXAMPLES: &str = "\
Examples:
  plimsoll network blast-radius storefront/web deploy/
  plimsoll network blast-radius nodes deploy/
  plimsoll network blast-radius internet deploy/

Exit codes: 0 said · 2 not everything could be looked at · 3 wrong usage";

/// `network blast-radius`
#[derive(Debug, Args)]
#[command(after_help = BLAST_EXAMPLES)]
pub struct NetworkBlastArguments {
    /// What is taken over: a workload, `nodes`, or `internet` for whatever comes in from there
    pub start: String,
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  plimsoll network check deploy/                              what may not be as it was meant
  plimsoll network check network-rules.yaml deploy/           and whether rules are kept
  plimsoll network check --cluster --rules network-rules.yaml
  plimsoll network check network-rules.yaml deploy/ --output json | jq '.rules[] | select(.verdict != \"kept\")'

A file of rules:
  zones:
    database: {namespace: data, labels: {app: postgres}}
    payments: {namespace: payments}
    office: {cidrs: [203.0.113.0/24]}
  rules:
    - name: nobody outside reaches the database
      forbid: {from: internet, to: database}
    - require: {from: payments/api, to: database, ports: 5432}
    - allow only: {into: database, from: [{zone: payments, ports: 5432}, office]}

Exit codes: 0 all rules are kept, and policies are as they should be · 1 a rule is broken, or a policy is odd · 2 a rule cannot be decided or selects nothing, or not everything
could be looked at · 3 wrong usage";

/// `network check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct NetworkCheckArguments {
    /// A file of rules first, if there is one; then files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A file of rules: what is forbidden, required, and alone allowed
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// What is odd about policies changes the exit code from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = parse_severity)]
    pub severity_threshold: Severity,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const GENERATE_EXAMPLES: &str = "\
Examples:
  hubble observe --last 100000 --output jsonpb > flows.jsonl
  plimsoll network generate deploy/ --flows flows.jsonl --output-dir policies/ --certificate certificate.json
  plimsoll network generate deploy/ > guessed.yaml                  from what manifests declare alone
  plimsoll network generate --cluster --namespace payments --flows flows.jsonl --output-dir policies/
  plimsoll network what-if deploy/ --apply policies/                what they would change

Files of flows: what `hubble observe` prints as JSON, Calico's flow logs, OVN's `acl_log`, `conntrack -L`, or a connection
a line as {\"from\": \"shop/web\", \"to\": \"shop/api\", \"port\": 8080, \"count\": 12}.

Exit codes: 0 all that is needed is admitted · 1 something is refused, and nothing was written · 2 something may be needed
that could not be written, or not everything could be looked at · 3 wrong usage";

/// `network generate`
#[derive(Debug, Args)]
#[command(after_help = GENERATE_EXAMPLES)]
pub struct NetworkGenerateArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A file of connections that were seen; may be given several times
    #[arg(long, value_name = "FILE")]
    pub flows: Vec<PathBuf>,
    /// A folder for the policies, one a file; standard output if there is none
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    /// A file for the certificate, as JSON
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// What everything else is refused by: a NetworkPolicy in each namespace, or one ClusterNetworkPolicy
    #[arg(long, value_enum, value_name = "KIND", default_value = "network-policy")]
    pub format: GeneratedFormat,
    /// Only policies of this namespace; may be given several times. Without it all but those of the platform
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Vec<String>,
    /// Where the API server answers, as `192.0.2.1:6443`; may be given several times
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub api_server: Vec<String>,
    /// A block that nodes have their addresses from; may be given several times
    #[arg(long, value_name = "CIDR")]
    pub node_cidr: Vec<String>,
    /// The namespace of the controller of Ingresses and Gateways, where that is not in the input
    #[arg(long, value_name = "NAMESPACE")]
    pub ingress_namespace: Option<String>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

/// What everything that is not needed is refused by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratedFormat {
    /// A NetworkPolicy in each namespace.
    NetworkPolicy,
    /// One ClusterNetworkPolicy of the tier `Baseline`.
    ClusterNetworkPolicy,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  plimsoll network diff old/ new/
  plimsoll network diff monday.snapshot today.snapshot
  plimsoll network diff old/ new/ --fail-on-new    fails where a connection or a way in is new

Exit codes: 0 said · 1 something is new, with `--fail-on-new` · 2 not everything could be looked at · 3 wrong usage";

/// `network diff`
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct NetworkDiffArguments {
    /// What was: a file, a folder, or a snapshot of a cluster
    pub base: PathBuf,
    /// What is
    #[arg(default_value = ".")]
    pub head: PathBuf,
    /// Exit with 1 where a connection or a way in from outside is new
    #[arg(long)]
    pub fail_on_new: bool,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

const WHAT_IF_EXAMPLES: &str = "\
Examples:
  plimsoll network what-if deploy/ --apply deny-all.yaml
  plimsoll network what-if deploy/ --delete NetworkPolicy/payments/api
  plimsoll network what-if deploy/ --apply labels.yaml --fail-on-new

Exit codes: 0 said · 1 something is new, with `--fail-on-new` · 2 not everything could be looked at · 3 wrong usage";

/// `network what-if`
#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_EXAMPLES)]
pub struct NetworkWhatIfArguments {
    /// Files and folders with what there is
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A file or folder with objects that would be added, or take the place of those of the same kind and name; may be
    /// given several times
    #[arg(long, value_name = "PATH")]
    pub apply: Vec<PathBuf>,
    /// An object that would be deleted: `Kind/namespace/name` or `Kind/name`; may be given several times
    #[arg(long, value_name = "OBJECT")]
    pub delete: Vec<String>,
    /// Exit with 1 where a connection or a way in from outside is new
    #[arg(long)]
    pub fail_on_new: bool,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<NetworkOutput>,
    /// What is read and assumed
    #[command(flatten)]
    pub input: NetworkInput,
}

/// A format of the network commands, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkOutput {
    /// The format.
    pub format: NetworkFormat,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

/// The formats of the network commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NetworkFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For Graphviz
    Dot,
    /// A map to look at, that needs nothing else
    Html,
    /// A map as a picture that stands still
    Svg,
}

impl FromStr for NetworkOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file after `=`")),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        match NetworkFormat::from_str(format, false) {
            Ok(format) => Ok(Self { format, file }),
            Err(_) => {
                let known = NetworkFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
                Err(format!("there is no format `{format}`; there are {}", names.join(", ")))
            }
        }
    }
}
