//! `plimsoll rbac`: who may do what, why, and what is dangerous about it.

mod describe;
mod diff;
mod graph;
mod least_privilege;
mod matrix;
mod questions;
mod rights;
mod subjects;

use std::io::Write;
use std::path::PathBuf;

use cluster::features::Feature;
use model::inventory::Inventory;
use rbac::{Config, Evaluator};
use reports::json::{self, Tool};
use reports::rbac::RbacReport;

use super::{check_outputs, write_output};
use crate::arguments::Output;
use crate::arguments::rbac::{RbacArguments, RbacCommand, RbacInput, To};
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::inputs;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &RbacArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        RbacCommand::Can(arguments) => questions::can(arguments, arguments.explain),
        RbacCommand::Why(arguments) => questions::can(arguments, true),
        RbacCommand::WhoCan(arguments) => questions::who_can(arguments),
        RbacCommand::Subjects(arguments) => subjects::run(arguments),
        RbacCommand::Diff(arguments) => diff::run(arguments),
        RbacCommand::Matrix(arguments) => matrix::run(arguments),
        RbacCommand::Graph(arguments) => graph::run(arguments),
        RbacCommand::LeastPrivilege(arguments) => least_privilege::run(arguments),
    }
}

/// The objects of these files and folders, and of those that the options name.
fn read(paths: &[PathBuf], common: &RbacInput) -> anyhow::Result<Inventory> {
    let mut all: Vec<PathBuf> = paths.iter().chain(&common.filename).cloned().collect();
    if all.is_empty() {
        all.push(PathBuf::from("."));
    }
    inputs::inventory(&all, &common.input, &common.place, common.complete, Feature::Rbac)
}

/// How the input is evaluated.
fn config(common: &RbacInput, inventory: &Inventory) -> Config {
    let newest = Config::default();
    Config {
        kubernetes_minor: common.kubernetes_version.map_or(newest.kubernetes_minor, schemas::Version::minor),
        // Of a cluster whose roles and bindings were all read nothing is there besides.
        assume_built_in: !common.no_built_in && !rbac::sees_all_rights(inventory),
        default_namespace: common.default_namespace.clone(),
    }
}

/// Roles of which there are several of one name that are told.
const MOST_COLLISIONS: usize = 8;

/// A report that answers nothing yet.
fn report(evaluator: &Evaluator<'_>, common: &RbacInput) -> RbacReport {
    let inventory = evaluator.inventory();
    let version = format!("1.{}", evaluator.kubernetes_minor());
    let mut assumptions = Vec::new();
    if rbac::rights_unseen(inventory) {
        assumptions.push("nothing more is granted by the roles and bindings that were not looked at".to_owned());
    }
    if !common.no_built_in && !rbac::sees_all_rights(inventory) {
        assumptions
            .push(format!("the roles and bindings that every API server of Kubernetes {version} makes are there"));
    }
    if inventory
        .facts
        .bindings
        .iter()
        .any(|binding| !binding.cluster && inventory.namespace(binding.resource).is_empty())
    {
        assumptions.push(format!("objects without a namespace are in `{}`", common.default_namespace));
    }
    let colliding: Vec<_> = evaluator.colliding().collect();
    assumptions.extend(colliding.iter().take(MOST_COLLISIONS).map(|role| describe::collision(evaluator, *role)));
    if let Some(more @ 1..) = colliding.len().checked_sub(MOST_COLLISIONS) {
        assumptions.push(format!("{more} more roles are there several times, and grant what any of them says"));
    }
    RbacReport {
        schema_version: json::SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), controls: Vec::new() },
        coverage: json::coverage_of(&inventory.coverage, inventory.resources.len()),
        kubernetes_version: version,
        assumptions,
        answer: None,
        who_can: None,
        subjects: None,
        changes: None,
        graph: None,
        least_privilege: None,
    }
}

/// Writes a report as it was asked for.
fn write(report: &RbacReport, common: &RbacInput) -> anyhow::Result<()> {
    check_outputs(&common.output)?;
    if common.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("this command of rbac is written as text or json".to_owned()).into());
    }
    for output in &common.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out: &mut dyn Write| match output.format {
            Format::Json => reports::rbac::write_json(report, out),
            _ => reports::rbac::write_text(report, screen::terminal(&destination), out),
        })?;
    }
    Ok(())
}

/// Writes in formats that one command has alone.
fn write_with<F: Copy>(
    outputs: &[To<F>],
    write: impl Fn(F, &mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    for To { format, file } in outputs {
        let output = Output { format: Format::Text, file: file.clone() };
        write_output(&output, |out: &mut dyn Write| write(*format, out))?;
    }
    Ok(())
}

/// How a command ends that has no yes and no.
fn answered(report: &RbacReport) -> Exit {
    if report.coverage.complete { Exit::Clean } else { Exit::Incomplete }
}
