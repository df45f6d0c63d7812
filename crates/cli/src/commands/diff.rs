//! `plimsoll diff`: what changed between two reports, folders or revisions.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use controls::engine::Passed;
use model::inventory::Results;
use model::severity::Severity;
use reports::comparison::{self, Change, Comparison};
use reports::json::{self, JsonReport};
use reports::report::Report;
use reports::text::Terminal;
use reports::text::terminal::{sanitize, style, wrap};
use tempfile::TempDir;

use super::{check_outputs, write_output};
use crate::arguments::{ClusterArguments, DiffArguments, Order};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::judging::{self, Request};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &DiffArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    if arguments.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("a difference is written as text or json".to_owned()).into());
    }
    let base = side(&arguments.base, arguments, project)?;
    let head = side(&arguments.head, arguments, project)?;
    let comparison = comparison::compare(&base, &head);
    for output in &arguments.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out| match output.format {
            Format::Json => comparison.write_json(out),
            _ => write_text(&comparison, arguments, screen::terminal(&destination), out),
        })?;
    }
    Ok(exit(&comparison, &head, arguments.severity_threshold))
}

fn exit(comparison: &Comparison, head: &JsonReport, threshold: Severity) -> Exit {
    if !comparison.not_comparable.is_empty() || !head.coverage.complete {
        Exit::Incomplete
    } else if comparison.new_at_or_above(threshold) > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// The report on one side.
fn side(name: &str, arguments: &DiffArguments, project: &ProjectSettings) -> anyhow::Result<JsonReport> {
    let path = Path::new(name);
    if path.is_file()
        && let Some(report) = read_report(path)?
    {
        return Ok(report);
    }
    if path.exists() || name == "-" {
        return judge(path, path, arguments, project);
    }
    let Some(tree) = check_out(name)? else {
        return Err(UsageError(format!("`{name}` is no report, file, folder or revision of Git")).into());
    };
    judge(&tree.folder, &tree.folder, arguments, project)
}

/// The report in a file, if that is one.
fn read_report(path: &Path) -> anyhow::Result<Option<JsonReport>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let head = &bytes[..bytes.len().min(64)];
    if !head.starts_with(b"{\"schemaVersion\"") {
        return Ok(None);
    }
    match serde_json::from_slice(&bytes) {
        Ok(report) => Ok(Some(report)),
        Err(error) => {
            let text = format!("`{}` is no report of `plimsoll scan --output json`: {error}", path.display());
            Err(UsageError(text).into())
        }
    }
}

/// Judges what is at `path`; paths in the report are those below `root`.
fn judge(path: &Path, root: &Path, arguments: &DiffArguments, project: &ProjectSettings) -> anyhow::Result<JsonReport> {
    let paths = [path.to_path_buf()];
    let request = Request {
        paths: &paths,
        input: &arguments.input,
        cluster: &ClusterArguments::default(),
        selection: &arguments.selection,
        passed: Passed::Drop,
        order: Order::Severity,
        project,
    };
    let mut judged = judging::judge(&request)?;
    if root.is_dir() {
        strip(&mut judged.results, root);
    }
    let version = env!("CARGO_PKG_VERSION");
    let report = Report::new(&judged.results, &judged.controls, arguments.severity_threshold, version);
    Ok(json::report(&report.with_exceptions(&judged.exceptions)))
}

/// Takes the folder that was scanned from the paths, so that the same file has the same path on both sides.
fn strip(results: &mut Results, root: &Path) {
    let short = |path: &Path| path.strip_prefix(root).map_or_else(|_| path.to_path_buf(), Path::to_path_buf);
    results.files.iter_mut().for_each(|path| *path = short(path));
    results.coverage.skipped.iter_mut().for_each(|skipped| skipped.path = short(&skipped.path));
}

/// The files of a revision.
struct Tree {
    /// Where the folder that the user is in lies in it.
    folder: PathBuf,
    /// Takes the files away when it is dropped.
    _own: TempDir,
}

/// Writes the files of a revision into a folder of its own. The repository is not changed. `None` if there is no
/// such revision, or no repository.
fn check_out(revision: &str) -> anyhow::Result<Option<Tree>> {
    let Some(commit) =
        git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])?
    else {
        return Ok(None);
    };
    let prefix = git(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
    let own = TempDir::with_prefix("plimsoll-")?;
    let tree = own.path().join("tree");
    fs::create_dir(&tree)?;
    let run = |arguments: &[&str]| -> anyhow::Result<()> {
        let status = Command::new("git")
            .env("GIT_INDEX_FILE", own.path().join("index"))
            .env("GIT_WORK_TREE", &tree)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            bail!("git could not write the files of `{revision}`");
        }
        Ok(())
    };
    run(&["read-tree", &commit])?;
    run(&["checkout-index", "--all", "--force"])?;
    Ok(Some(Tree { folder: tree.join(prefix), _own: own }))
}

/// What git says; `None` if it fails.
fn git(arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let output = match Command::new("git").args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("cannot run git"),
    };
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok(output.status.success().then_some(text))
}

fn write_text(
    comparison: &Comparison,
    arguments: &DiffArguments,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_changes("new", &comparison.new, terminal, out)?;
    write_changes("resolved", &comparison.resolved, terminal, out)?;
    write_changes("not comparable", &comparison.not_comparable, terminal, out)?;
    let reports::comparison::Summary { new, resolved, unchanged, not_comparable } = &comparison.summary;
    let line = format!("{new} new, {resolved} resolved, {unchanged} unchanged, {not_comparable} not comparable");
    writeln!(out, "{} {}", terminal.bold(terminal.logo()), terminal.bold(&line))?;
    let threshold = arguments.severity_threshold;
    let found = comparison.new_at_or_above(threshold);
    let findings = if found == 1 { "finding" } else { "findings" };
    writeln!(out, "  {found} new {findings} at or above `{threshold}`")
}

fn write_changes(heading: &str, changes: &[Change], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold(heading))?;
    for change in changes {
        let severity = change.severity.severity();
        let mark = terminal.paint(style(severity), terminal.mark(severity));
        let padding = " ".repeat(3 - terminal.mark(severity).chars().count().min(3));
        let place = format!("{}:{}", sanitize(&change.path), change.line);
        for (at, line) in wrap(&sanitize(&change.message), terminal.width.saturating_sub(5)).iter().enumerate() {
            let before = if at == 0 { format!("  {mark}{padding}") } else { " ".repeat(5) };
            writeln!(out, "{before}{line}")?;
        }
        let detail = [change.control.clone(), sanitize(&change.resource), place].join(" · ");
        let reason = change.reason.as_ref().map(|reason| sanitize(reason)).unwrap_or_default();
        let below = [detail, reason].map(|text| wrap(&text, terminal.width.saturating_sub(5)));
        for line in below.iter().flatten() {
            writeln!(out, "     {}", terminal.dim(line))?;
        }
    }
    writeln!(out)
}
