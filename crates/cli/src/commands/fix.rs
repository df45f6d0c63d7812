//! `plimsoll fix`: mends what can be mended in the user's files, and proves it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anstream::eprintln;
use anyhow::Context as _;
use controls::engine::Passed;
use fixes::plan::{Fix, Scanned};
use fixes::{Outcome, Scan, ScanError, Session, patch, store};
use model::finding::ControlId;
use model::fix::FixClass;
use model::severity::Severity;
use reports::baseline::{Baseline, Reach};
use reports::report::Report;

use super::baseline;
use crate::arguments::{ClusterArguments, FixArguments, FixFormat, FixOutput, Order, SelectionArguments};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::judging::{self, Request};

mod planned;
mod summary;

/// Runs the command.
pub(super) fn run(arguments: &FixArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    check(arguments)?;
    if arguments.plan {
        return planned::run(arguments, project);
    }
    let known = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let files_only = ClusterArguments::default();
    let request = Request {
        paths: &arguments.paths,
        input: &arguments.input,
        cluster: &files_only,
        selection: &arguments.selection,
        passed: Passed::Drop,
        order: Order::Severity,
        project,
    };
    let asked: BTreeSet<ControlId> = judging::selected(&request)?.into_iter().collect();
    // All controls look: what mends a finding of one must not bring one of another.
    let everything =
        SelectionArguments { only: Vec::new(), skip: Vec::new(), framework: Vec::new(), ..arguments.selection.clone() };
    let again = Again { request: Request { selection: &everything, ..request }, known };
    let found = again.scan(&BTreeMap::new()).map_err(|error| UsageError(error.0))?;
    let answers = RefCell::new(Answers::default());
    let mut wanted = |fix: &Fix| {
        let is_asked = asked.contains(&fix.control.id) && fix.severity >= arguments.severity_threshold;
        is_asked
            && match fix.class {
                FixClass::Safe => true,
                FixClass::Unsafe if arguments.risky => arguments.yes || answers.borrow_mut().ask(fix),
                FixClass::Unsafe | FixClass::NeedsValue | FixClass::Manual => false,
            }
    };
    let mut outcome = Session::new(found, &again).run(&mut wanted).map_err(|error| anyhow::anyhow!(error.0))?;
    outcome.left.retain(|fix| asked.contains(&fix.control.id) && fix.severity >= arguments.severity_threshold);
    if arguments.write {
        store::store(&outcome.changes).map_err(anyhow::Error::from)?;
    }
    for output in &arguments.output {
        write(output, &outcome, arguments)?;
    }
    Ok(exit(&outcome, arguments))
}

fn exit(outcome: &Outcome, arguments: &FixArguments) -> Exit {
    if !outcome.after.results.coverage.skipped.is_empty() {
        Exit::Incomplete
    } else if !outcome.withdrawn.is_empty() || (!arguments.write && !outcome.changes.is_empty()) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

fn check(arguments: &FixArguments) -> Result<(), UsageError> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(UsageError("standard input cannot be mended: name files or folders".to_owned()));
    }
    if arguments.risky && !arguments.yes && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let text = "`--unsafe` asks about every change, and there is no terminal to ask on: `--yes` takes all of them, \
                    and `--only` says which";
        return Err(UsageError(text.to_owned()));
    }
    let mut places: Vec<&Option<PathBuf>> = arguments.output.iter().map(|output| &output.file).collect();
    places.sort();
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        let text = "two outputs go to one place: write one to a file, as `--output patch=FILE`";
        return Err(UsageError(text.to_owned()));
    }
    Ok(())
}

/// Scans the same once more.
struct Again<'a> {
    request: Request<'a>,
    known: Option<Baseline>,
}

impl Scan for Again<'_> {
    fn scan(&self, texts: &BTreeMap<PathBuf, String>) -> Result<Scanned, ScanError> {
        let judged = judging::judge_with(&self.request, Arc::new(texts.clone()));
        let judging::Judged { mut results, controls, .. } = judged.map_err(|error| ScanError(format!("{error:#}")))?;
        if let Some(known) = &self.known {
            let report = Report::new(&results, &controls, Severity::Info, env!("CARGO_PKG_VERSION"));
            let (standings, _) = known.compare(&report, Reach::Part);
            reports::baseline::apply(&mut results, &standings);
        }
        Ok(Scanned { results, controls })
    }
}

/// What the user has said about unsafe changes.
#[derive(Default)]
struct Answers {
    given: BTreeMap<(Vec<fixes::plan::Key>, String), bool>,
    rest: Option<bool>,
}

impl Answers {
    fn ask(&mut self, fix: &Fix) -> bool {
        let key = (fix.findings(), fix.field.clone());
        if let Some(known) = self.given.get(&key).copied().or(self.rest) {
            return known;
        }
        let control = fix.control.control;
        eprintln!("\n{}:{}: {} ({}, {})", fix.shown_path(), fix.line, fix.message, control.id, fix.severity);
        eprintln!("  {}", summary::change(fix));
        eprintln!("  {}", control.remediation);
        let answer = loop {
            eprintln!("mend it? [y]es, [n]o, [a]ll of them, [q]uit asking");
            let mut line = String::new();
            match io::stdin().read_line(&mut line) {
                Ok(0) | Err(_) => {
                    self.rest = Some(false);
                    break false;
                }
                Ok(_) => {}
            }
            match line.trim() {
                "y" | "yes" => break true,
                "n" | "no" => break false,
                "a" | "all" => {
                    self.rest = Some(true);
                    break true;
                }
                "q" | "quit" => {
                    self.rest = Some(false);
                    break false;
                }
                _ => {}
            }
        };
        self.given.insert(key, answer);
        answer
    }
}

fn write(output: &FixOutput, outcome: &Outcome, arguments: &FixArguments) -> anyhow::Result<()> {
    let Some(path) = &output.file else {
        let mut out = BufWriter::new(io::stdout().lock());
        write_to(output, outcome, arguments, &mut out)?;
        return Ok(out.flush()?);
    };
    let context = || format!("cannot write `{}`", path.display());
    let mut out = BufWriter::new(File::create(path).with_context(context)?);
    write_to(output, outcome, arguments, &mut out).and_then(|()| out.flush()).with_context(context)
}

fn write_to(output: &FixOutput, outcome: &Outcome, arguments: &FixArguments, out: &mut dyn Write) -> io::Result<()> {
    match output.format {
        FixFormat::Text => summary::write(outcome, arguments, output.file.is_some(), out),
        FixFormat::Json => fixes::json::write(outcome, arguments.write, out),
        FixFormat::Sarif => fixes::sarif::write(outcome, env!("CARGO_PKG_VERSION"), out),
        FixFormat::GithubSuggestions => fixes::suggestions::write(outcome, out),
        FixFormat::Kubectl => fixes::kubectl::write(outcome, out),
        FixFormat::Patch => write_patch(&outcome.changes, out),
    }
}

/// Writes changes as a patch, and says what has to be known of it.
pub(super) fn write_patch(changes: &[fixes::session::Change], out: &mut dyn Write) -> io::Result<()> {
    if let Some(folder) = patch::folder(changes) {
        eprintln!("files are named in the patch as they are in `{}`: apply it there", folder.display());
    }
    for path in patch::write_patch(changes, out)? {
        eprintln!("left out of the patch: `{path}`, where a line with a secret changes");
    }
    Ok(())
}
