//! Answers on rights in a large cluster, in memory: the example `rights` of `rbac` asks and compares with a plain loop.

use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::Bench;
use super::figures::{Budget, Figure, Limit};
use crate::arguments::{cargo, say};

const SECTION: &str = "rights";

/// Milliseconds that these answers may take, by the beginning of their names.
const BUDGETS: [(&str, f64); 2] = [("who-can", 50.0), ("all dangerous capabilities", 1_000.0)];

pub(crate) fn figures(_bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: rights");
    match measure() {
        Ok(figures) => figures,
        Err(error) => vec![Figure::failed(SECTION, "100,000 bindings", &error)],
    }
}

fn measure() -> Result<Vec<Figure>> {
    let run = ["run", "--quiet", "--release", "--package", "rbac", "--example", "rights"];
    let output = cargo().args(run).stderr(Stdio::inherit()).output().context("cannot run `cargo`")?;
    if !output.status.success() {
        bail!("the example `rights` of `rbac` failed: an answer is not that of a plain loop, or it does not build");
    }
    let text = String::from_utf8(output.stdout).context("the example `rights` did not print text")?;
    text.lines().map(figure).collect()
}

/// A line is what was asked, milliseconds, and how many answers there are.
fn figure(line: &str) -> Result<Figure> {
    let mut cells = line.split('\t');
    let (Some(name), Some(time), Some(answers)) = (cells.next(), cells.next(), cells.next()) else {
        bail!("the example `rights` printed `{line}`");
    };
    let value: f64 = time.parse().with_context(|| format!("the example `rights` printed `{line}`"))?;
    let budget = BUDGETS.iter().find(|(start, _)| name.starts_with(start));
    let budgets = budget.map(|(_, most)| Budget { what: "time", unit: "ms", value, limit: Limit::AtMost(*most) });
    let note = format!("{value:.2} ms, {answers} answers");
    Ok(Figure {
        section: SECTION,
        name: name.to_owned(),
        budgets: budgets.into_iter().collect(),
        note,
        ..Figure::default()
    })
}
