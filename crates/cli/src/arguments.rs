//! The command line.

mod cluster;
mod doctor;
mod fix;
mod network;
mod paths;

pub(crate) use self::cluster::*;
pub(crate) use doctor::*;
pub(crate) use fix::*;
pub(crate) use network::*;
pub(crate) use paths::*;
pub(crate) mod policy;
pub(crate) mod rbac;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use model::severity::Severity;
use schemas::{UnknownVersion, Version};

use crate::formats::{self, Format};

const AFTER: &str = "Exit codes: 0 clean · 1 findings at or above the threshold · 2 not everything could be looked \
                     at · 3 wrong usage";

/// The load line of Kubernetes: finds what is unsafe, says what to do first, keeps the proof
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, arg_required_else_help = true, after_help = AFTER, max_term_width = 100)]
pub struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes the choice hold for all output.
    pub(crate) fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge manifests in files, folders or standard input, or a running cluster
    Scan(ScanArguments),
    /// Mend findings in your files, and prove it
    Fix(FixArguments),
    /// Say what changed between two reports, folders or revisions
    Diff(DiffArguments),
    /// List what is accepted, until when, and what is wrong with that
    Exceptions(ExceptionsArguments),
    /// Accept today's findings as old debt
    Baseline(BaselineArguments),
    /// Write a first configuration, with what CI and pre-commit need
    Init(InitArguments),
    /// Say what this machine and your rights in a cluster allow to be told, and which role would allow the rest
    Doctor(DoctorArguments),
    /// Write a running cluster to a file, to be judged elsewhere and later
    Snapshot(SnapshotArguments),
    /// Say which Pod Security level workloads meet, and what the admission plugin would answer
    PodSecurity(PodSecurityArguments),
    /// Say which objects admission policies written in CEL would refuse
    Policy(policy::PolicyArguments),
    /// Say who may connect to whom, why, from where, and how far a break-in gets
    Network(NetworkArguments),
    /// List the ways of an attacker over everything at once, and the changes that cut most
    Paths(PathsArguments),
    /// Print what charts and kustomizations become, and where it comes from
    Render(RenderArguments),
    /// Ask who may do what, why, and what is dangerous about it
    Rbac(rbac::RbacArguments),
    /// Explain a control, by its id or by another tool's
    Explain(ExplainArguments),
    /// List all controls
    Controls(ControlsArguments),
    /// List frameworks, what they ask for, and which controls serve that
    Frameworks(FrameworksArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Print a man page
    Man(ManArguments),
}

const SCAN_EXAMPLES: &str = "\
Examples:
  plimsoll scan                                   the folder you are in
  plimsoll scan deploy/ base/app.yaml             folders and files
  kubectl get all -A -o yaml | plimsoll scan -    what somebody else gives you of a cluster
  plimsoll scan charts/shop -f prod.yaml --set replicas=3
  plimsoll scan --since main                      what this branch changes
  plimsoll scan git+https://example.org/shop.git@v1.4
  plimsoll scan --cluster                         the cluster that kubectl talks to
  plimsoll scan --context prod-eu -n payments     a namespace of another
  plimsoll scan --all-contexts --output html=fleet.html
  plimsoll scan --cluster --watch                 stays, and says what changes
  plimsoll scan --snapshot prod.snapshot          what `plimsoll snapshot` wrote
  plimsoll scan --only secret,critical            one group, and all critical controls
  plimsoll scan --framework nsa-cisa              what a framework asks for, requirement by requirement
  plimsoll scan --output text --output sarif=plimsoll.sarif
  plimsoll scan --severity-threshold high         fail only on high and critical

Exit codes: 0 clean · 1 findings at or above the threshold · 2 not everything could be looked at · 3 wrong usage";

/// What findings are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// What they contribute to ways of attackers, and then by severity; what to do first opens the report
    Contribution,
    /// Severity alone; ways of attackers are not looked for
    Severity,
}

/// `scan`
#[derive(Debug, Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub struct ScanArguments {
    /// Files, folders, chart archives and `git+https://…[//folder][@ref]`; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", conflicts_with_all = INSTEAD_OF_PATHS)]
    pub paths: Vec<PathBuf>,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// The cluster to read
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// Stay, and say what changes: of one running cluster, as text or as lines of JSON
    #[arg(long, conflicts_with_all = ["snapshot", "all_contexts", "since", "baseline", "framework", "show_passed"], help_heading = "Cluster")]
    pub watch: bool,
    /// A format, and a file to write it to; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", help = output_help(), long_help = output_long_help())]
    pub output: Vec<Output>,
    /// Findings below this severity do not change the exit code
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = parse_severity)]
    pub severity_threshold: Severity,
    /// What is judged
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Fail only on what this file does not have; `plimsoll baseline write` writes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Report only what changed since this revision of Git: the files, and the charts and kustomizations that they are in
    #[arg(long, value_name = "REVISION")]
    pub since: Option<String>,
    /// What findings are ordered by
    #[arg(long, value_enum, value_name = "ORDER", default_value = "contribution")]
    pub order: Order,
    /// Frame every finding, however many there are
    #[arg(long, conflicts_with_all = ["summary", "quiet"])]
    pub details: bool,
    /// Show a table of controls and the closing lines
    #[arg(long, conflicts_with = "quiet")]
    pub summary: bool,
    /// Show the closing lines alone
    #[arg(long, short)]
    pub quiet: bool,
    /// Also list what is accepted, by whom and why
    #[arg(long)]
    pub show_excepted: bool,
    /// Also report what passed (JSON, SARIF, JUnit, CSV)
    #[arg(long)]
    pub show_passed: bool,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

/// Which controls run, and how.
#[derive(Clone, Debug, Args)]
pub struct SelectionArguments {
    /// Run only these controls, groups or severities
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Do not run these controls, groups or severities
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Run only the controls of this framework, and say what holds of each requirement; may be given several times.
    /// The id of a framework, or a YAML file with one of your own
    #[arg(long, value_name = "ID|FILE.yaml", value_hint = ValueHint::AnyPath)]
    pub framework: Vec<String>,
    /// Set a parameter of a control, as `image-registry-not-allowed.allowed=ghcr.io/acme,quay.io/acme`
    #[arg(long, value_name = "CONTROL.PARAMETER=VALUE")]
    pub parameter: Vec<String>,
    /// The version of Kubernetes that objects are for, as `1.31`; if it is not given, the newest, and what any known
    /// version accepts is accepted
    #[arg(long, value_name = "VERSION", value_parser = parse_kubernetes_version)]
    pub kubernetes_version: Option<Version>,
    /// A folder or file of CustomResourceDefinitions, whose schemas hold for custom resources in the input as those in
    /// the input do; may be given several times
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub crd_schemas: Vec<PathBuf>,
    /// Accept what these files accept, beside those that are found: our own, or another tool's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub exceptions: Vec<PathBuf>,
    /// Accept nothing, whatever files, annotations and comments say
    #[arg(long)]
    pub no_exceptions: bool,
    /// The input is all there is: what is not in it does not exist
    #[arg(long)]
    pub complete: bool,
}

/// Where the configuration of the project is.
#[derive(Clone, Debug, Args)]
pub struct ConfigurationArguments {
    /// The configuration; without this, the first `plimsoll.yaml` from the scanned path upwards
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
}

const BASELINE_EXAMPLES: &str = "\
Examples:
  plimsoll baseline write                         today's findings of the folder you are in
  plimsoll baseline write deploy/ --file debt.json
  plimsoll scan deploy/ --baseline debt.json      fails on what is new";

/// `baseline`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct BaselineArguments {
    /// What to do
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// The commands of `baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Write the findings that there are today, so that only new ones fail a scan
    Write(BaselineWriteArguments),
}

/// `baseline write`
#[derive(Debug, Args)]
#[command(after_help = BASELINE_EXAMPLES)]
pub struct BaselineWriteArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", conflicts_with_all = INSTEAD_OF_PATHS)]
    pub paths: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "plimsoll-baseline.json", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// The cluster to read
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// What is judged
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  plimsoll diff main                              what this branch changes, against the folder you are in
  plimsoll diff v1.4.0 HEAD                       two revisions of Git
  plimsoll diff old/ new/                         two folders
  plimsoll diff last-week.json today.json         two reports of `scan --output json`

Exit codes: 0 nothing new · 1 new findings at or above the threshold · 2 not everything could be looked at ·
3 wrong usage";

/// `diff`
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArguments {
    /// What was: a report in JSON, a file or folder, or a revision of Git
    pub base: String,
    /// What is
    #[arg(default_value = ".")]
    pub head: String,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Vec<Output>,
    /// New findings below this severity do not change the exit code
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = parse_severity)]
    pub severity_threshold: Severity,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// What is judged
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

const EXCEPTIONS_EXAMPLES: &str = "\
Examples:
  plimsoll exceptions                             all that hold for the folder you are in
  plimsoll exceptions --exceptions old.json deploy/

Exit codes: 0 all is well · 1 some are expired, too broad or not understood · 2 not everything could be looked at ·
3 wrong usage";

/// `exceptions`
#[derive(Debug, Args)]
#[command(after_help = EXCEPTIONS_EXAMPLES)]
pub struct ExceptionsArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", conflicts_with_all = INSTEAD_OF_PATHS)]
    pub paths: Vec<PathBuf>,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Vec<Output>,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// The cluster to read
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// What is judged
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

const INIT_EXAMPLES: &str = "\
Examples:
  plimsoll init                                   looks at the folder, and writes what is missing
  plimsoll init --dry-run                         shows what would be written";

/// `init`
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub struct InitArguments {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is read, for every command that reads manifests.
#[derive(Clone, Debug, Args)]
pub struct InputArguments {
    /// Leave out paths that match this glob; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Also read what `.gitignore` and `.ignore` leave out
    #[arg(long)]
    pub no_ignore: bool,
    /// Also read hidden files and folders
    #[arg(long)]
    pub hidden: bool,
    /// A path without a Kubernetes object is no gap, as when a hook names whatever was changed
    #[arg(long)]
    pub allow_empty: bool,
    /// The number of threads; as many as there are processors if it is not given
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// How charts and kustomizations are rendered
    #[command(flatten)]
    pub rendering: RenderingArguments,
}

/// How charts and kustomizations are rendered, for every command that reads manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Charts and kustomizations")]
pub struct RenderingArguments {
    /// Render charts with these values; may be given several times, the last wins
    #[arg(long, short = 'f', value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub values: Vec<PathBuf>,
    /// Set a value, as `image.tag=1.2,replicas=3`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Set a value that is text, whatever it looks like
    #[arg(long, value_name = "PATH=VALUE")]
    pub set_string: Vec<String>,
    /// Set a value that is written as JSON
    #[arg(long, value_name = "PATH=JSON")]
    pub set_json: Vec<String>,
    /// Set a value to what a file says
    #[arg(long, value_name = "PATH=FILE")]
    pub set_file: Vec<String>,
    /// The name of the release; `release-name` if it is not given
    #[arg(long, value_name = "NAME")]
    pub release_name: Option<String>,
    /// The namespace of the release; `default` if it is not given
    #[arg(long, value_name = "NAME")]
    pub release_namespace: Option<String>,
    /// The version of Kubernetes that templates see; `--kubernetes-version` if that is given
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// API versions that templates see beside the usual ones
    #[arg(long, value_name = "GROUP/VERSION", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Judge only what these templates make, as `templates/deployment.yaml`
    #[arg(long, value_name = "TEMPLATE")]
    pub show_only: Vec<String>,
    /// Also judge bases of overlays and subcharts alone
    #[arg(long)]
    pub include_bases: bool,
}

const SNAPSHOT_EXAMPLES: &str = "\
Examples:
  plimsoll snapshot                               the cluster that kubectl talks to, as cluster.snapshot
  plimsoll snapshot --context prod-eu -o prod-eu.snapshot
  plimsoll snapshot --redact-names                names of people's choosing are replaced
  plimsoll scan --snapshot cluster.snapshot       the same result as on the cluster
  zcat cluster.snapshot | head -1 | jq            what it is a snapshot of

Exit codes: 0 everything could be read · 2 not everything could be read: the file says what · 3 wrong usage";

/// `snapshot`
#[derive(Debug, Args)]
#[command(after_help = SNAPSHOT_EXAMPLES)]
pub struct SnapshotArguments {
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "cluster.snapshot", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace names of objects, namespaces, accounts and hosts, each by the same other name everywhere
    #[arg(long)]
    pub redact_names: bool,
    /// The cluster to read
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

const POD_SECURITY_EXAMPLES: &str = "\
Examples:
  plimsoll pod-security deploy/                   what every workload would get at level restricted
  plimsoll pod-security --level baseline --version v1.31 deploy/
  plimsoll pod-security --output json deploy/ | jq '.workloads[] | select(.asked.allowed | not)'

Exit codes: 0 all workloads are allowed · 1 some are not · 2 not everything could be looked at · 3 wrong usage";

/// `pod-security`
#[derive(Debug, Args)]
#[command(after_help = POD_SECURITY_EXAMPLES)]
pub struct PodSecurityArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", conflicts_with_all = INSTEAD_OF_PATHS)]
    pub paths: Vec<PathBuf>,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// The cluster to read
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// The level to ask for: privileged, baseline or restricted
    #[arg(long, value_name = "LEVEL", default_value = "restricted")]
    pub level: String,
    /// The version of the standards: `v1.N` or `latest`
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub version: String,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Vec<Output>,
}

const RENDER_EXAMPLES: &str = "\
Examples:
  plimsoll render charts/shop                     every line with its template and its values
  plimsoll render charts/shop -f prod.yaml --plain | kubectl apply --dry-run=server -f -
  plimsoll render overlays/prod --plain           what `kustomize build` prints

Exit codes: 0 everything was rendered · 2 not everything could be rendered · 3 wrong usage";

/// `render`
#[derive(Debug, Args)]
#[command(after_help = RENDER_EXAMPLES)]
pub struct RenderArguments {
    /// Charts, chart archives, kustomizations, and folders with them
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// The same as `--release-namespace`, as `helm template` calls it
    #[arg(long, short, value_name = "NAME", conflicts_with = "release_namespace")]
    pub namespace: Option<String>,
    /// Print what Helm and Kustomize print, byte for byte: also the values of secrets. Charts with their own values, if
    /// `--value-set` names no others
    #[arg(long)]
    pub plain: bool,
    /// Render charts with this set of values alone: `values.yaml`, `ci/NAME-values.yaml`, or an environment of the
    /// configuration
    #[arg(long, value_name = "NAME")]
    pub value_set: Option<String>,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  plimsoll explain privileged-container
  plimsoll explain C-0057                         what Kubescape calls it
  plimsoll explain KSV017                         Trivy; capitals, dashes and zeros do not matter
  plimsoll explain checkov:CKV_K8S_16             with the tool, where several use the name
  plimsoll explain CIS-5.2.2                      a requirement of a framework, or all that are called so
  plimsoll explain cis-kubernetes:5.2.2           exactly that one
  plimsoll explain 2                              an exit code";

/// `explain`
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArguments {
    /// The id of a control, the id that another tool has for it, an exit code, or a requirement
    pub id: String,
}

/// `controls`
#[derive(Debug, Args)]
pub struct ControlsArguments {
    /// Only these controls, groups or severities
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// text or json
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Output,
}

const FRAMEWORKS_EXAMPLES: &str = "\
Examples:
  plimsoll frameworks                             all of them, and how much of each is served
  plimsoll frameworks nsa-cisa                    its requirements, their controls, and what each needs
  plimsoll frameworks cis-kubernetes --output json";

/// `frameworks`
#[derive(Debug, Args)]
#[command(after_help = FRAMEWORKS_EXAMPLES)]
pub struct FrameworksArguments {
    /// The id of a framework
    pub id: Option<String>,
    /// text or json
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Output,
}

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command to describe; the program itself if it is not given
    pub command: Option<String>,
}

/// A format and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file after `=`")),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        match Format::from_name(format) {
            Some(format) => Ok(Self { format, file }),
            None => Err(format!("there is no format `{format}`; there are {}", formats::names())),
        }
    }
}

/// An output of a command that writes text and JSON alone.
fn parse_text_or_json(text: &str) -> Result<Output, String> {
    let format = text.split('=').next().unwrap_or_default();
    match Format::from_name(format) {
        None => Err(format!("there is no format `{format}` here; there are text, json")),
        Some(_) => text.parse(),
    }
}

const OUTPUT: &str = "A format, and a file to write it to";

fn output_help() -> String {
    format!("{OUTPUT}: {}; may be given several times", formats::names())
}

fn output_long_help() -> String {
    format!("{OUTPUT}; may be given several times:\n{}\n", formats::table())
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    Severity::from_name(text).ok_or_else(|| {
        let names = Severity::ALL.map(Severity::name).join(", ");
        format!("there is no severity `{text}`; there are {names}")
    })
}

fn parse_kubernetes_version(text: &str) -> Result<Version, String> {
    let known = schemas::kubernetes().versions();
    Version::asked(text, known).map_err(|UnknownVersion(text)| {
        let names: Vec<String> = known.iter().map(Version::to_string).collect();
        format!("the API of Kubernetes `{text}` is not known; known are {}", names.join(", "))
    })
}

/// Whether standard error is a terminal on which progress may be shown.
pub(crate) fn shows_progress() -> bool {
    std::io::stderr().is_terminal()
}
