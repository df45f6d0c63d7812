//! The command line of `plimsoll paths`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use schemas::Version;

use super::{InputArguments, WhereArguments, parse_kubernetes_version};

const EXAMPLES: &str = "\
Examples:
  plimsoll paths list deploy/                     from the internet, and from every workload, to what matters
  plimsoll paths plan deploy/                     what to do first, and how much of the risk each change takes away
  plimsoll paths what-if deploy/ --apply change/  which ways a change opens and closes
  plimsoll paths workload payments/api deploy/    how far a break-in there gets, and what leads to it

Exit codes: 0 nothing · 1 a way was found, or a new one with `--fail-on-new-paths` · 2 not everything could be looked at \
· 3 wrong usage";

/// `paths`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct PathsArguments {
    /// What to ask
    #[command(subcommand)]
    pub command: PathsCommand,
}

/// The commands of `paths`.
#[derive(Debug, Subcommand)]
pub enum PathsCommand {
    /// List the ways of an attacker, the easiest first
    List(PathsListArguments),
    /// Say what to do first: the changes that cut most at the least cost
    Plan(PathsPlanArguments),
    /// Say which ways a change opens and closes
    WhatIf(PathsWhatIfArguments),
    /// Say how far a break-in into a workload gets, and what leads to it
    Workload(PathsAboutArguments),
    /// Say what a user, group or ServiceAccount comes to, and what leads to it
    Subject(PathsAboutArguments),
    /// Say what root on a node comes to, and what leads to it
    Node(PathsNodeArguments),
    /// Say which techniques of the Microsoft threat matrix and of ATT&CK the edges stand for
    Coverage(PathsCoverageArguments),
    /// List the questions that have a name, for `--track`
    Tracks,
}

/// What is read, and what is asked of it.
#[derive(Clone, Debug, Args)]
pub struct PathsInput {
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// What is read in place of files
    #[command(flatten)]
    pub place: WhereArguments,
    /// Only ways that hang on nothing that is not known
    #[arg(long)]
    pub certain: bool,
    /// A question that has a name, such as `exposed-host`: from, to and without; `paths tracks` lists them
    #[arg(long, value_name = "NAME")]
    pub track: Option<String>,
    /// No way that passes this: the name of something, or the id of an edge; may be given several times
    #[arg(long, value_name = "NAME|EDGE")]
    pub without: Vec<String>,
    /// The input is all there is: what is not in it does not exist
    #[arg(long)]
    pub complete: bool,
    /// The version of Kubernetes, as `1.34`; the newest if it is not given
    #[arg(long, value_name = "VERSION", value_parser = parse_kubernetes_version)]
    pub kubernetes_version: Option<Version>,
    /// A format, and a file to write it to: text, json, csv, dot, sarif, html, opengraph, patch; may be given several
    /// times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<PathsOutput>,
}

/// From where to where.
#[derive(Clone, Debug, Args)]
pub struct PathsQuestion {
    /// Where attackers begin: internet, anonymous, authenticated, workloads, node, or the name of something such as
    /// `payments/api`, `sa:payments/api`, `user:jane`; may be given several times. Without it: all of the first four
    #[arg(long, value_name = "NAME")]
    pub from: Vec<String>,
    /// What they must not get: cluster-admin, control-plane, node, secrets, cloud, or the name of something such as
    /// `secret:payments/db`, `namespace:payments`; may be given several times. Without it: the first four
    #[arg(long, value_name = "NAME")]
    pub to: Vec<String>,
}

const LIST_EXAMPLES: &str = "\
Examples:
  plimsoll paths list                             the folder you are in
  plimsoll paths list deploy/ --from internet     from outside alone
  plimsoll paths list deploy/ --from payments/api --to secrets:payments --details
  plimsoll paths list deploy/ --without move-by-network --certain
  plimsoll paths list deploy/ --track exposed-host
  plimsoll paths list --cluster --output json
  plimsoll paths list deploy/ --output dot | dot -Tsvg > paths.svg
  plimsoll paths list deploy/ --all --output sarif=paths.sarif
  plimsoll paths list deploy/ --output html=paths.html        an explorer: follow a way, click a change away
  plimsoll paths list --cluster --output opengraph=graph.json     for BloodHound

Exit codes: 0 no way · 1 at least one · 2 not everything could be looked at · 3 wrong usage";

/// `paths list`
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub struct PathsListArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// From where to where
    #[command(flatten)]
    pub question: PathsQuestion,
    /// List all ways, and not only the first
    #[arg(long)]
    pub all: bool,
    /// Say of every step how to check it by hand, and all that cuts it
    #[arg(long)]
    pub details: bool,
    /// What is read and asked
    #[command(flatten)]
    pub input: PathsInput,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  plimsoll paths plan deploy/                     what to do, until nothing is left
  plimsoll paths plan deploy/ --budget 10 --from internet
  plimsoll paths plan deploy/ --pin Ingress/storefront/shop   what must not change
  plimsoll paths plan deploy/ --cost 'ClusterRoleBinding/*=5'
  plimsoll paths plan deploy/ --output html=plan.html         the explorer, opened on the plan
  plimsoll paths plan deploy/ --output patch=plan.patch       the changes in your files, proven; `fix --plan` writes them

Exit codes: 0 nothing is left · 1 something is · 2 not everything could be looked at · 3 wrong usage";

/// `paths plan`
#[derive(Debug, Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub struct PathsPlanArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// From where to where
    #[command(flatten)]
    pub question: PathsQuestion,
    /// At most so many changes
    #[arg(long, value_name = "N", default_value_t = 100, hide_default_value = true)]
    pub budget: usize,
    /// An object that must not be changed, as `Kind/namespace/name`, with `*` for any letters; may be given several times
    #[arg(long, value_name = "OBJECT")]
    pub pin: Vec<String>,
    /// What a change of an object costs, as `Kind/namespace/name=COST`, with `*` for any letters; may be given several
    /// times
    #[arg(long, value_name = "OBJECT=COST")]
    pub cost: Vec<String>,
    /// What is read and asked
    #[command(flatten)]
    pub input: PathsInput,
}

const WHAT_IF_EXAMPLES: &str = "\
Examples:
  plimsoll paths what-if deploy/ --apply change/
  plimsoll paths what-if deploy/ --apply plan.patch
  plimsoll paths what-if deploy/ --delete ClusterRoleBinding/node-agent
  plimsoll paths what-if --snapshot prod.snapshot --apply new.yaml --fail-on-new-paths

Exit codes: 0 said · 1 a way is new, with `--fail-on-new-paths` · 2 not everything could be looked at · 3 wrong usage";

/// `paths what-if`
#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_EXAMPLES)]
pub struct PathsWhatIfArguments {
    /// Files and folders with what there is
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// From where to where
    #[command(flatten)]
    pub question: PathsQuestion,
    /// A file or folder with objects that would be added, or take the place of those of the same kind and name, or a
    /// patch of the files (`.patch`, `.diff`); may be given several times
    #[arg(long, value_name = "PATH")]
    pub apply: Vec<PathBuf>,
    /// An object that would be deleted: `Kind/namespace/name` or `Kind/name`; may be given several times
    #[arg(long, value_name = "OBJECT")]
    pub delete: Vec<String>,
    /// Exit with 1 where a way is new
    #[arg(long)]
    pub fail_on_new_paths: bool,
    /// What is read and asked
    #[command(flatten)]
    pub input: PathsInput,
}

const ABOUT_EXAMPLES: &str = "\
Examples:
  plimsoll paths workload payments/api deploy/
  plimsoll paths subject sa:monitoring/node-agent deploy/
  plimsoll paths subject group:developers --cluster

Exit codes: 0 nothing · 1 a way was found · 2 not everything could be looked at · 3 wrong usage";

/// `paths workload`, `paths subject`
#[derive(Debug, Args)]
#[command(after_help = ABOUT_EXAMPLES)]
pub struct PathsAboutArguments {
    /// Its name: `namespace/name`, `Kind/namespace/name`, `sa:namespace/name`, `user:name`, `group:name`
    pub name: String,
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Say of every step how to check it by hand, and all that cuts it
    #[arg(long)]
    pub details: bool,
    /// What is read and asked
    #[command(flatten)]
    pub input: PathsInput,
}

const NODE_EXAMPLES: &str = "\
Examples:
  plimsoll paths node worker-1 estate.yaml    that node, where the Nodes or pods of the input name it
  plimsoll paths node deploy/                 any node

Exit codes: 0 nothing · 1 a way was found · 2 not everything could be looked at · 3 wrong usage";

/// `paths node`
#[derive(Debug, Args)]
#[command(after_help = NODE_EXAMPLES)]
pub struct PathsNodeArguments {
    /// The name of a node, and then files and folders; `-` is standard input. Without a name, any node
    #[arg(value_name = "NODE|PATH")]
    pub words: Vec<PathBuf>,
    /// Say of every step how to check it by hand, and all that cuts it
    #[arg(long)]
    pub details: bool,
    /// What is read and asked
    #[command(flatten)]
    pub input: PathsInput,
}

/// `paths coverage`
#[derive(Debug, Args)]
pub struct PathsCoverageArguments {
    /// The format
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    pub output: CoverageFormat,
}

/// The formats of `paths coverage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// A format of the commands of `paths`, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathsOutput {
    /// The format.
    pub format: PathsFormat,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

/// The formats of the commands of `paths`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathsFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For Graphviz
    Dot,
    /// For code hosts and editors: SARIF 2.1.0, the steps as code flows
    Sarif,
    /// For looking around: a page that needs nothing else, where ways are followed and changes tried
    Html,
    /// For BloodHound: the whole graph as OpenGraph reads it
    #[value(name = "opengraph")]
    OpenGraph,
    /// For `git apply` and `patch -p1`: the changes of a plan
    Patch,
}

impl FromStr for PathsOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file after `=`")),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        match PathsFormat::from_str(format, false) {
            Ok(format) => Ok(Self { format, file }),
            Err(_) => {
                let known = PathsFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
                Err(format!("there is no format `{format}`; there are {}", names.join(", ")))
            }
        }
    }
}
