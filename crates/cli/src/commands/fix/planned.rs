//! `plimsoll fix --plan`: the changes that cut most ways of attackers, in the user's files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use fixes::planned_json::{self, JsonPlannedStep, JsonValues, Planned};
use fixes::store;
use reports::paths::percent;
use reports::report::display_path;
use reports::text::Terminal;
use reports::text::terminal::{sanitize, wrap};

use super::summary;
use crate::arguments::{
    FixArguments, FixFormat, FixOutput, PathsInput, PathsPlanArguments, PathsQuestion, WhereArguments,
};
use crate::commands::paths::proven::{self, Judging, OtherSet, Proven, Step};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::screen::{self, Destination};

/// So many changes a plan has, if nobody says.
const BUDGET: usize = 100;

/// Runs the command.
pub(super) fn run(arguments: &FixArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    let known = |output: &FixOutput| matches!(output.format, FixFormat::Text | FixFormat::Patch | FixFormat::Json);
    if !arguments.output.iter().all(known) {
        let text = "with `--plan` changes are shown as text, patch or json";
        return Err(UsageError(text.to_owned()).into());
    }
    let input = PathsInput {
        input: arguments.input.clone(),
        place: WhereArguments::default(),
        certain: false,
        track: None,
        without: Vec::new(),
        complete: arguments.selection.complete,
        kubernetes_version: arguments.selection.kubernetes_version,
        output: Vec::new(),
    };
    let plan = PathsPlanArguments {
        paths: arguments.paths.clone(),
        question: PathsQuestion { from: arguments.from.clone(), to: arguments.to.clone() },
        budget: arguments.budget.unwrap_or(BUDGET),
        pin: arguments.pin.clone(),
        cost: Vec::new(),
        input,
    };
    let proven = proven::prove(&plan, &Judging { selection: &arguments.selection, project })?;
    if arguments.write {
        store::store(&proven.changes).map_err(anyhow::Error::from)?;
    }
    for output in &arguments.output {
        write(output, &proven, arguments)?;
    }
    Ok(exit(&proven, arguments))
}

fn exit(proven: &Proven, arguments: &FixArguments) -> Exit {
    let is_left = proven.steps.iter().any(|step| step.made.is_err());
    if !proven.skipped.is_empty() {
        Exit::Incomplete
    } else if is_left || (!arguments.write && !proven.changes.is_empty()) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

fn write(output: &FixOutput, proven: &Proven, arguments: &FixArguments) -> anyhow::Result<()> {
    let Some(path) = &output.file else {
        let mut out = BufWriter::new(io::stdout().lock());
        write_to(output, proven, arguments, &mut out)?;
        return Ok(out.flush()?);
    };
    let context = || format!("cannot write `{}`", path.display());
    let mut out = BufWriter::new(File::create(path).with_context(context)?);
    write_to(output, proven, arguments, &mut out).and_then(|()| out.flush()).with_context(context)
}

fn write_to(output: &FixOutput, proven: &Proven, arguments: &FixArguments, out: &mut dyn Write) -> io::Result<()> {
    if output.format == FixFormat::Patch {
        return super::write_patch(&proven.changes, out);
    }
    if output.format == FixFormat::Json {
        return planned_json::write(planned(proven, arguments), out);
    }
    let terminal = screen::terminal(if output.file.is_some() { &Destination::File } else { &Destination::Stdout });
    summary::differences(&proven.changes, terminal, out)?;
    let (made, refused): (Vec<_>, Vec<_>) = proven.steps.iter().partition(|step| step.made.is_ok());
    let heading = match (made.is_empty(), arguments.write) {
        (true, _) => "Nothing to change",
        (false, true) => "Changed, as the plan says",
        (false, false) => "The plan changes",
    };
    writeln!(out, "{}", terminal.bold(heading))?;
    for (number, step) in (1..).zip(&made) {
        told(number, step, terminal, out)?;
    }
    if !refused.is_empty() {
        writeln!(out, "{}", terminal.bold("Not written, to be done by hand"))?;
        for (number, step) in (made.len() + 1..).zip(&refused) {
            told(number, step, terminal, out)?;
        }
    }
    if !made.is_empty() {
        let left = percent(proven.left, proven.before);
        writeln!(out, "{} read and asked again with these changes, {left} of the risk is left", terminal.logo())?;
        for OtherSet { name, risk } in &proven.others {
            let name = sanitize(name);
            match risk {
                Some((before, left)) => {
                    writeln!(out, "  with the values `{name}`, {} of it is left", percent(*left, *before))?;
                }
                None => writeln!(out, "  with the values `{name}` what was asked about is not there")?,
            }
        }
    }
    if !arguments.write && !proven.changes.is_empty() {
        writeln!(out, "{}", terminal.dim("Nothing was written: `--write` writes it"))?;
    }
    Ok(())
}

/// The same for programs.
fn planned<'a>(proven: &'a Proven, arguments: &FixArguments) -> Planned<'a> {
    let values = |OtherSet { name, risk }: &OtherSet| JsonValues {
        name: name.clone(),
        before: risk.map(|(before, _)| before),
        left: risk.map(|(_, left)| left),
    };
    let step = |Step { fix, made }: &Step| {
        let files = |files: &Vec<PathBuf>| files.iter().map(|file| display_path(file)).collect();
        JsonPlannedStep::new(fix, made.as_ref().map(files).map_err(String::clone))
    };
    Planned {
        written: arguments.write,
        risk: (proven.before, proven.left),
        values: proven.others.iter().map(values).collect(),
        changes: &proven.changes,
        steps: proven.steps.iter().map(step).collect(),
    }
}

fn told(number: usize, step: &Step, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let text = format!("{} in {}", sanitize(&step.fix.title), sanitize(&step.fix.object));
    for (at, line) in wrap(&text, terminal.width.saturating_sub(6)).iter().enumerate() {
        let number = if at == 0 { number.to_string() } else { String::new() };
        writeln!(out, "{number:>4}  {line}")?;
    }
    let rest = match &step.made {
        Ok(files) => files.iter().map(|file: &PathBuf| display_path(file)).collect::<Vec<_>>().join(", "),
        Err(reason) => reason.clone(),
    };
    for line in wrap(&sanitize(&rest), terminal.width.saturating_sub(6)) {
        writeln!(out, "      {}", terminal.dim(&line))?;
    }
    Ok(())
}
