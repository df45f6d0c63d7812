//! Writes what `plimsoll paths` answers, in the forms that were asked for.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use ::paths::algorithms::ranking::Plan;
use ::paths::analysis::Analysis;
use anyhow::Context as _;
use reports::paths::{Explorer, Opening, PathsReport, Teller, Telling};

use crate::arguments::{PathsFormat, PathsOutput};
use crate::exit::UsageError;
use crate::screen::{self, Destination};

/// What is written.
pub(super) struct Answer<'a> {
    /// What is said.
    pub(super) report: &'a PathsReport,
    /// How much of it, to people.
    pub(super) telling: Telling,
    /// What was asked, for forms that hold the graph; `None` if there were several graphs.
    pub(super) asked: Option<Asked<'a>>,
}

/// A graph, and a question to it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Names what is in the graph.
    pub(super) teller: &'a Teller<'a>,
    /// The question.
    pub(super) analysis: &'a Analysis<'a>,
    /// The changes that are best made, if they are known already.
    pub(super) plan: Option<&'a Plan>,
}

/// So many changes there may be in the plan of the explorer, where nobody says how many.
const BUDGET: usize = 200;

/// The explorer is one question and its ways.
pub(super) fn refuse_explorer(outputs: &[PathsOutput]) -> Result<(), UsageError> {
    if outputs.iter().all(|output| output.format != PathsFormat::Html) {
        return Ok(());
    }
    let text = "`html` is written by `paths list` and `paths plan`: `--from NAME` and `--to NAME` say where ways begin \
                and end, and a change is tried in the page";
    Err(UsageError(text.to_owned()))
}

/// Two outputs go to two places.
pub(super) fn places(outputs: &[PathsOutput]) -> Result<(), UsageError> {
    for (at, output) in outputs.iter().enumerate() {
        if outputs[..at].iter().any(|before| before.file == output.file) {
            let text = "two outputs go to one place: write one to a file, as `--output json=FILE`";
            return Err(UsageError(text.to_owned()));
        }
    }
    Ok(())
}

/// Writes it everywhere.
pub(super) fn write(answer: &Answer<'_>, outputs: &[PathsOutput]) -> anyhow::Result<()> {
    places(outputs)?;
    for output in outputs {
        if output.format == PathsFormat::Patch {
            let text = "a patch is written by `paths plan`: it has the changes of a plan";
            return Err(UsageError(text.to_owned()).into());
        }
        if output.format == PathsFormat::OpenGraph && answer.asked.is_none() {
            let text = "`opengraph` holds one graph, and a change has two: ask `paths list` before and after it";
            return Err(UsageError(text.to_owned()).into());
        }
    }
    for output in outputs {
        match &output.file {
            None => {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                write_one(answer, output, &mut out)?;
                out.flush()?;
            }
            Some(path) => {
                let context = || format!("cannot write `{}`", path.display());
                let mut out = BufWriter::with_capacity(1 << 16, File::create(path).with_context(context)?);
                write_one(answer, output, &mut out).and_then(|()| out.flush()).with_context(context)?;
            }
        }
    }
    Ok(())
}

fn write_one(answer: &Answer<'_>, output: &PathsOutput, out: &mut dyn Write) -> io::Result<()> {
    let Answer { report, telling, asked } = answer;
    match (output.format, asked) {
        (PathsFormat::Text, _) => {
            let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
            reports::paths::write_text(report, *telling, screen::terminal(&destination), out)
        }
        (PathsFormat::Json, _) => reports::paths::write_json(report, out),
        (PathsFormat::Csv, _) => reports::paths::write_csv(report, out),
        (PathsFormat::Dot, _) => reports::paths::write_dot(report, out),
        (PathsFormat::Sarif, _) => reports::paths::write_sarif(report, out),
        (PathsFormat::OpenGraph, Some(Asked { teller, analysis, plan: _ })) => {
            reports::paths::write_open_graph(teller, analysis, &report.subject, out)
        }
        (PathsFormat::Html, Some(Asked { teller, analysis, plan })) => {
            let opening = if plan.is_some() { Opening::Plan } else { Opening::Ways };
            let found = plan.is_none().then(|| analysis.plan(BUDGET));
            let Some(plan) = plan.or(found.as_ref()) else { return Ok(()) };
            reports::paths::write_html(&Explorer { report, teller, analysis, plan, opening }, out)
        }
        // Both were refused before anything was asked.
        (PathsFormat::OpenGraph | PathsFormat::Html, None) | (PathsFormat::Patch, _) => Ok(()),
    }
}
