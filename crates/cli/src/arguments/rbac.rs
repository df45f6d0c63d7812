//! The arguments of `rbac`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use schemas::Version;

use super::{InputArguments, Output, WhereArguments, parse_kubernetes_version};

const EXAMPLES: &str = "\
Examples:
  plimsoll rbac can sa:payments/api get secrets -n payments
  plimsoll rbac who-can create pods/exec -n payments deploy/
  plimsoll rbac why group:developers delete deployments -n shop
  plimsoll rbac subjects                          everybody, and what is dangerous about them

A subject is `sa:NAMESPACE/NAME`, `user:NAME`, `group:NAME`, or a name as the API server has it
(`system:serviceaccount:NAMESPACE:NAME`).";

/// `rbac`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct RbacArguments {
    /// What to ask
    #[command(subcommand)]
    pub command: RbacCommand,
}

/// The commands of `rbac`.
#[derive(Debug, Subcommand)]
pub enum RbacCommand {
    /// Whether somebody may do something
    Can(CanArguments),
    /// Everybody who may do something
    WhoCan(WhoCanArguments),
    /// Every way in which somebody may do something: binding, role, rule, file and line
    Why(CanArguments),
    /// What subjects may do, the dangerous first
    Subjects(SubjectsArguments),
    /// What changes between two inputs in terms of what subjects may do
    Diff(DiffArguments),
    /// Subjects and what is dangerous about them, as a page or a table
    Matrix(MatrixArguments),
    /// Subjects, bindings, roles and what they can reach, as a picture
    Graph(GraphArguments),
    /// Roles that cover what was used, proven by asking again; and what nobody needs
    LeastPrivilege(LeastPrivilegeArguments),
}

/// What is read, and how it is written.
#[derive(Clone, Debug, Args)]
pub struct RbacInput {
    /// Files and folders, as PATH; may be given several times
    #[arg(long = "path", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub filename: Vec<PathBuf>,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// What is read in place of files
    #[command(flatten)]
    pub place: WhereArguments,
    /// The version of Kubernetes that is asked, as `1.34`; the newest if it is not given
    #[arg(long, value_name = "VERSION", value_parser = parse_kubernetes_version)]
    pub kubernetes_version: Option<Version>,
    /// The input is all there is: a role that is not in it does not exist
    #[arg(long)]
    pub complete: bool,
    /// Only what is in the input: without the roles and bindings that every API server makes
    #[arg(long)]
    pub no_built_in: bool,
    /// The namespace of objects that are written without one
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    pub default_namespace: String,
    /// text or json, and a file to write it to; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub output: Vec<Output>,
}

const CAN_EXAMPLES: &str = "\
Examples:
  plimsoll rbac can sa:payments/api get secrets -n payments
  plimsoll rbac can user:jane create pods/exec -n shop --name api-0 deploy/
  plimsoll rbac can jane patch deployments.apps --group developers
  plimsoll rbac can system:anonymous get /metrics

Exit codes: 0 yes · 1 no · 2 not known, or not everything could be looked at · 3 wrong usage";

/// `rbac can`, `rbac why`
#[derive(Debug, Args)]
#[command(after_help = CAN_EXAMPLES)]
pub struct CanArguments {
    /// Who: `sa:NAMESPACE/NAME`, `user:NAME`, `group:NAME`, or a user name
    pub subject: String,
    /// The verb: get, list, watch, create, update, patch, delete, deletecollection, or a special one
    pub verb: String,
    /// The resource, as `pods`, `pods/exec`, `deployments.apps`, or a path such as `/metrics`
    #[arg(value_name = "RESOURCE[/SUBRESOURCE]")]
    pub resource: String,
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The namespace; without it, all of them
    #[arg(long, short, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The name of the object; without it, any
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A group that the user is in; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// Show every way, not only the first
    #[arg(long)]
    pub explain: bool,
    /// What is read, and how it is written
    #[command(flatten)]
    pub common: RbacInput,
}

const WHO_CAN_EXAMPLES: &str = "\
Examples:
  plimsoll rbac who-can get secrets -n payments
  plimsoll rbac who-can create pods/exec,pods/attach deploy/
  plimsoll rbac who-can '*' '*'                   who may do everything

Exit codes: 0 answered · 2 not everything could be looked at · 3 wrong usage";

/// `rbac who-can`
#[derive(Debug, Args)]
#[command(after_help = WHO_CAN_EXAMPLES)]
pub struct WhoCanArguments {
    /// The verb
    pub verb: String,
    /// The resource, or several with commas in between
    #[arg(value_name = "RESOURCE[/SUBRESOURCE]")]
    pub resource: String,
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The namespace; without it, all of them
    #[arg(long, short, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The name of the object; without it, any
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What is read, and how it is written
    #[command(flatten)]
    pub common: RbacInput,
}

const SUBJECTS_EXAMPLES: &str = "\
Examples:
  plimsoll rbac subjects                          everybody that a binding names, the most dangerous first
  plimsoll rbac subjects sa:payments/api deploy/  everything that one subject may do
  plimsoll rbac subjects deploy/ --all            also those that every cluster has

Exit codes: 0 answered · 2 not everything could be looked at · 3 wrong usage";

/// `rbac subjects`
#[derive(Debug, Args)]
#[command(after_help = SUBJECTS_EXAMPLES)]
pub struct SubjectsArguments {
    /// A subject, and files and folders; without a subject, everybody. What exists as a file or folder is one
    #[arg(value_name = "SUBJECT|PATH")]
    pub words: Vec<String>,
    /// Also those that every cluster has
    #[arg(long)]
    pub all: bool,
    /// What is read, and how it is written
    #[command(flatten)]
    pub common: RbacInput,
}

/// A format that one command has, and where it goes.
#[derive(Clone, Debug)]
pub struct To<F> {
    /// The format.
    pub format: F,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

/// A format that has a name.
pub trait Named: Sized + Copy + 'static {
    /// All of them with their names.
    const ALL: &'static [(&'static str, Self)];
}

impl<F: Named> std::str::FromStr for To<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file after `=`")),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let known = F::ALL.iter().find(|(known, _)| *known == name);
        let names = || F::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let (_, format) = known.ok_or_else(|| format!("there is no format `{name}` here; there are {}", names()))?;
        Ok(Self { format: *format, file })
    }
}

const DIFF_EXAMPLES: &str = "\
Examples:
  plimsoll rbac diff before/ after/               who gains and who loses what
  plimsoll rbac diff main.yaml new.yaml --output json
  plimsoll rbac diff monday.snapshot today.snapshot

Exit codes: 0 nobody gains a right · 1 somebody does · 2 not everything could be looked at · 3 wrong usage";

/// `rbac diff`
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArguments {
    /// What was: a file, a folder, or a snapshot of a cluster
    #[arg(value_hint = ValueHint::AnyPath)]
    pub base: PathBuf,
    /// What is
    #[arg(value_hint = ValueHint::AnyPath)]
    pub head: PathBuf,
    /// What is read, and how it is written
    #[command(flatten)]
    pub common: RbacInput,
}

/// The formats of `rbac matrix`.
#[derive(Clone, Copy, Debug)]
pub enum MatrixFormat {
    /// A page.
    Html,
    /// A table for spreadsheets.
    Csv,
    /// Everything, for programs.
    Json,
}

impl Named for MatrixFormat {
    const ALL: &'static [(&'static str, Self)] = &[("html", Self::Html), ("csv", Self::Csv), ("json", Self::Json)];
}

const MATRIX_EXAMPLES: &str = "\
Examples:
  plimsoll rbac matrix --format html=matrix.html deploy/
  plimsoll rbac matrix --format csv | column -s, -t

Exit codes: 0 written · 2 not everything could be looked at · 3 wrong usage";

/// `rbac matrix`
#[derive(Debug, Args)]
#[command(after_help = MATRIX_EXAMPLES)]
pub struct MatrixArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// html, csv or json, and a file to write it to; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "html")]
    pub format: Vec<To<MatrixFormat>>,
    /// Also subjects that every cluster has
    #[arg(long)]
    pub all: bool,
    /// What is read
    #[command(flatten)]
    pub common: RbacInput,
}

/// The formats of `rbac graph`.
#[derive(Clone, Copy, Debug)]
pub enum GraphFormat {
    /// A picture.
    Svg,
    /// A page with the picture, and the same in words.
    Html,
    /// For Graphviz.
    Dot,
    /// Everything, for programs.
    Json,
}

impl Named for GraphFormat {
    const ALL: &'static [(&'static str, Self)] =
        &[("svg", Self::Svg), ("html", Self::Html), ("dot", Self::Dot), ("json", Self::Json)];
}

const GRAPH_EXAMPLES: &str = "\
Examples:
  plimsoll rbac graph --format html=rbac.html deploy/
  plimsoll rbac graph --format svg > rbac.svg
  plimsoll rbac graph --format dot | dot -Tpdf > rbac.pdf

Exit codes: 0 written · 2 not everything could be looked at · 3 wrong usage";

/// `rbac graph`
#[derive(Debug, Args)]
#[command(after_help = GRAPH_EXAMPLES)]
pub struct GraphArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// html, svg, dot or json, and a file to write it to; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "html")]
    pub format: Vec<To<GraphFormat>>,
    /// What is read
    #[command(flatten)]
    pub common: RbacInput,
}

const LEAST_PRIVILEGE_EXAMPLES: &str = "\
Examples:
  plimsoll rbac least-privilege deploy/           roles, bindings and rules that nobody needs
  plimsoll rbac least-privilege --audit audit.log deploy/ --write least.yaml
  plimsoll rbac least-privilege --audit audit.log --names --exact

Exit codes: 0 nothing is superfluous · 1 something is, or was not used · 2 not everything could be looked at, the log
has no event that can be read, or not all that was allowed is allowed by the new roles · 3 wrong usage";

/// `rbac least-privilege`
#[derive(Debug, Args)]
#[command(after_help = LEAST_PRIVILEGE_EXAMPLES)]
pub struct LeastPrivilegeArguments {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// An audit log of the API server (audit.k8s.io, one event a line); its requests become roles. May be given several
    /// times: each server writes its own
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub audit: Vec<PathBuf>,
    /// Write the roles into this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "audit")]
    pub write: Option<PathBuf>,
    /// Limit rules to the names that were used, where names look as if they stay
    #[arg(long, requires = "audit")]
    pub names: bool,
    /// Grant nothing that was not used: no `watch` with `list`
    #[arg(long, requires = "audit")]
    pub exact: bool,
    /// What is read, and how it is written
    #[command(flatten)]
    pub common: RbacInput,
}
