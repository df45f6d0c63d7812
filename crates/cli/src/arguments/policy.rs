//! The arguments of `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{InputArguments, Output, parse_text_or_json};

/// `policy`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct PolicyArguments {
    /// What to ask
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// The commands of `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Which objects the ValidatingAdmissionPolicies would refuse, warn about or note
    Test(PolicyTestArguments),
}

const EXAMPLES: &str = "\
Examples:
  plimsoll policy test deploy/                    the policies and bindings that are in it, over everything in it
  plimsoll policy test --policy policies/ charts/shop -f prod.yaml
  plimsoll policy test --policy policies/ --as jane --as-group developers deploy/
  plimsoll policy test --output json deploy/ | jq '.objects[] | select(.outcome == \"refused\")'

Exit codes: 0 nothing is refused · 1 something is · 2 not everything is known, or a policy is wrong · 3 wrong usage";

/// `policy test`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PolicyTestArguments {
    /// Files, folders, charts and kustomizations; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// More policies, bindings, parameters and namespaces; a policy that nothing binds refuses everywhere; may be given
    /// several times
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub policy: Vec<PathBuf>,
    /// Who makes the requests; not known if it is not said
    #[arg(long = "as", value_name = "NAME")]
    pub user: Option<String>,
    /// A group of who makes the requests; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", requires = "user")]
    pub groups: Vec<String>,
    /// Do not ask about the pods that workloads make
    #[arg(long)]
    pub no_pods: bool,
    /// Where objects go that do not say their namespace
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    pub default_namespace: String,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// A format, and a file to write it to: text or json; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = parse_text_or_json)]
    pub output: Vec<Output>,
}
