//! The arguments of `plimsoll fix`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueHint};
use model::severity::Severity;

use super::{ConfigurationArguments, InputArguments, OUTPUT, SelectionArguments, parse_severity};

const FIX_EXAMPLES: &str = "\
Examples:
  plimsoll fix                                    shows the safe changes for the folder you are in
  plimsoll fix --write deploy/ base/app.yaml      writes them
  plimsoll fix --unsafe deploy/                   also what may break what works: asks one by one
  plimsoll fix --unsafe --yes --only host-port .  one control, without asking
  plimsoll fix --output patch=plimsoll.patch      for `git apply`, or to send to somebody
  plimsoll fix --output text --output json=fixes.json
  plimsoll fix --plan --budget 5 deploy/          what cuts most ways of attackers: shows the changes of `paths plan`
  plimsoll fix --plan --write --from internet     writes them, for ways from outside

A change is written only if a scan with it finds what it mends no more, and nothing else that is wrong.

Exit codes: 0 nothing to change, or everything was written · 1 changes that are not written, or were withdrawn ·
2 not everything could be looked at or written · 3 wrong usage";

/// `fix`
#[derive(Debug, Args)]
#[command(after_help = FIX_EXAMPLES)]
pub struct FixArguments {
    /// Files and folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Write the changes: all files, or none
    #[arg(long, short)]
    pub write: bool,
    /// Also what may break what works; asks about each
    #[arg(long = "unsafe")]
    pub risky: bool,
    /// Ask nothing
    #[arg(long, requires = "risky")]
    pub yes: bool,
    /// Make the changes that `paths plan` names instead: those that cut most ways of attackers
    #[arg(long, conflicts_with_all = ["risky", "severity_threshold", "baseline"])]
    pub plan: bool,
    /// At most so many changes of the plan
    #[arg(long, value_name = "N", requires = "plan")]
    pub budget: Option<usize>,
    /// Where attackers begin, as `paths plan` takes it; may be given several times
    #[arg(long, value_name = "NAME", requires = "plan")]
    pub from: Vec<String>,
    /// What they must not get, as `paths plan` takes it; may be given several times
    #[arg(long, value_name = "NAME", requires = "plan")]
    pub to: Vec<String>,
    /// An object that must not be changed, as `Kind/namespace/name`, with `*` for any letters; may be given several times
    #[arg(long, value_name = "OBJECT", requires = "plan")]
    pub pin: Vec<String>,
    /// A format, and a file to write it to; may be given several times
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "text", help = fix_output_help())]
    pub output: Vec<FixOutput>,
    /// Findings below this severity are left alone
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = parse_severity)]
    pub severity_threshold: Severity,
    /// What to read
    #[command(flatten)]
    pub input: InputArguments,
    /// What is judged
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Leave alone what this file has; `plimsoll baseline write` writes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// The configuration
    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

/// The forms in which changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixFormat {
    /// For people.
    Text,
    /// For `git apply` and `patch`.
    Patch,
    /// For editors and code hosts.
    Sarif,
    /// For a review on GitHub.
    GithubSuggestions,
    /// For what runs already.
    Kubectl,
    /// For programs.
    Json,
}

impl FixFormat {
    /// Their names, and what they are.
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Text, "text", "the difference and what it mends, for people"),
        (Self::Patch, "patch", "for `git apply` and `patch -p1`"),
        (
            Self::Json,
            "json",
            "everything, for programs; docs/fixes.schema.json, with `--plan` docs/fix-plan.schema.json",
        ),
        (Self::Sarif, "sarif", "SARIF 2.1.0 with fixes, for editors"),
        (Self::GithubSuggestions, "github-suggestions", "a review of a pull request on GitHub, to be posted"),
        (Self::Kubectl, "kubectl", "`kubectl patch` commands for objects that run already"),
    ];
}

/// A form of changes and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixOutput {
    /// The form.
    pub format: FixFormat,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

impl FromStr for FixOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file after `=`")),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        match FixFormat::ALL.iter().find(|(_, known, _)| *known == name) {
            Some((format, _, _)) => Ok(Self { format: *format, file }),
            None => {
                let names = FixFormat::ALL.map(|(_, name, _)| name).join(", ");
                Err(format!("there is no form `{name}` for changes; there are {names}"))
            }
        }
    }
}

fn fix_output_help() -> String {
    let forms = FixFormat::ALL.map(|(_, name, about)| format!("\n- {name}: {about}")).concat();
    format!("{OUTPUT}; may be given several times:\n{forms}\n")
}
