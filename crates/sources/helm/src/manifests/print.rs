//! The whole as `helm template` prints it.

use std::fmt::Write as _;

use super::{PrintError, is_space, sort, split};
use crate::chart_pattern;
use crate::render::Output;

/// What is printed.
#[derive(Clone, Debug, Default)]
pub struct Print {
    /// `--include-crds`.
    pub crds: Crds,
    /// `--no-hooks`.
    pub hooks: Hooks,
    /// `--skip-tests`.
    pub tests: Tests,
    /// `--show-only`: patterns of templates, without the name of the chart.
    pub show_only: Vec<String>,
}

/// Whether definitions of `crds/` are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Crds {
    /// As Helm does without a flag.
    #[default]
    Omit,
    /// `--include-crds`.
    Include,
}

/// Whether hooks are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hooks {
    /// As Helm does without a flag.
    #[default]
    Include,
    /// `--no-hooks`.
    Omit,
}

/// Whether hooks that are tests are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tests {
    /// As Helm does without a flag.
    #[default]
    Include,
    /// `--skip-tests`.
    Omit,
}

/// Prints as Helm does.
pub(crate) fn print(output: &Output, options: &Print) -> Result<String, PrintError> {
    let sorted = sort(output)?;
    let mut body = String::new();
    if options.crds == Crds::Include {
        for crd in &output.crds {
            let _ = writeln!(body, "---\n# Source: {}\n{}", crd.name, crd.rendered.text);
        }
    }
    for manifest in &sorted.manifests {
        let _ = writeln!(body, "---\n# Source: {}\n{}", manifest.file.name, manifest.text());
    }
    let mut out = body.trim_matches(is_space).to_owned();
    out.push('\n');
    if options.hooks == Hooks::Include {
        for hook in &sorted.hooks {
            if options.tests == Tests::Include || !hook.is_test() {
                let _ = writeln!(out, "---\n# Source: {}\n{}", hook.file.name, hook.text());
            }
        }
    }
    if options.show_only.is_empty() { Ok(out) } else { only(&out, &options.show_only) }
}

/// The documents of the files that are asked for, in the order in which they are asked for.
fn only(all: &str, patterns: &[String]) -> Result<String, PrintError> {
    let documents = split(all);
    let mut out = String::new();
    for pattern in patterns {
        let mut is_missing = true;
        for range in &documents {
            let document = &all[range.clone()];
            let Some(name) = source(document) else { continue };
            if chart_pattern(pattern, name) {
                let _ = writeln!(out, "---\n{document}");
                is_missing = false;
            }
        }
        if is_missing {
            return Err(PrintError::NotFound(pattern.clone()));
        }
    }
    Ok(out)
}

/// What follows the name of the chart in the first `# Source:` line.
fn source(document: &str) -> Option<&str> {
    const MARK: &str = "# Source: ";
    document.match_indices(MARK).find_map(|(at, _)| {
        let line = document[at + MARK.len()..].split('\n').next()?;
        let (chart, name) = line.split_once('/')?;
        (!chart.is_empty() && !name.is_empty()).then_some(name)
    })
}
