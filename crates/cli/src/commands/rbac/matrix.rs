//! `rbac matrix`: subjects and what is dangerous about them, as a table.

use rbac::Evaluator;
use rbac::capability::Capabilities;

use super::{answered, config, read, report, subjects, write_with};
use crate::arguments::rbac::{MatrixArguments, MatrixFormat};
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &MatrixArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let inventory = read(&arguments.paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let mut report = report(&evaluator, common);
    let capabilities = Capabilities::new(&evaluator);
    report.subjects = Some(subjects::all(&capabilities, &capabilities.holdings_with_groups(), arguments.all));
    write_with(&arguments.format, |format, out| match format {
        MatrixFormat::Html => reports::rbac::matrix::write_html(&report, out),
        MatrixFormat::Csv => reports::rbac::matrix::write_csv(&report, out),
        MatrixFormat::Json => reports::rbac::write_json(&report, out),
    })?;
    Ok(answered(&report))
}
