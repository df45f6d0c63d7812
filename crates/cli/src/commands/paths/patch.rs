//! `plimsoll paths plan --output patch`: the changes of a plan, as a patch of the user's files.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anstream::eprintln;
use anyhow::Context as _;

use super::super::fix::write_patch;
use super::proven::{self, Judging};
use crate::arguments::{PathsOutput, PathsPlanArguments, SelectionArguments};
use crate::configuration::ProjectSettings;
use crate::exit::Exit;

/// Writes the patch everywhere, and says what is not in it.
pub(super) fn write(
    arguments: &PathsPlanArguments,
    outputs: &[&PathsOutput],
    project: &ProjectSettings,
) -> anyhow::Result<Exit> {
    let selection = SelectionArguments {
        only: Vec::new(),
        skip: Vec::new(),
        framework: Vec::new(),
        parameter: Vec::new(),
        kubernetes_version: arguments.input.kubernetes_version,
        crd_schemas: Vec::new(),
        exceptions: Vec::new(),
        no_exceptions: false,
        complete: arguments.input.complete,
    };
    let proven = proven::prove(arguments, &Judging { selection: &selection, project })?;
    for output in outputs {
        match &output.file {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                write_patch(&proven.changes, &mut out)?;
                out.flush()?;
            }
            Some(path) => {
                let context = || format!("cannot write `{}`", path.display());
                let mut out = BufWriter::new(File::create(path).with_context(context)?);
                write_patch(&proven.changes, &mut out).and_then(|()| out.flush()).with_context(context)?;
            }
        }
    }
    for step in &proven.steps {
        if let Err(reason) = &step.made {
            eprintln!("not in the patch: {} in {}: {reason}", step.fix.title, step.fix.object);
        }
    }
    Ok(proven.exit())
}
