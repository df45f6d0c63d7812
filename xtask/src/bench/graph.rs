//! A large cluster in files: everything judged, the graph of attack paths, and the network, beside a plain search over its pods.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::Bench;
use super::child::Series;
use super::estate::Estate;
use super::figures::{Budget, Figure, Limit};
use crate::arguments::{cargo, say};

const SECTION: &str = "attack paths and network of a cluster in one file";

/// Rules that look at every pair of pods.
const RULES: &str = "\
rules:
  - forbid: {from: internet, to: cluster, ports: 22}
  - forbid: {from: cluster, to: cluster, ports: 2379}
  - require: {from: cluster, to: cluster, ports: udp/53}
  - allow only: {into: cluster, from: [cluster, nodes]}
  - allow only: {out of: cluster, to: [cluster, {zone: outside, ports: 443}]}
";

pub(crate) fn figures(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: attack paths and network");
    match measure(bench) {
        Ok(figures) => figures,
        Err(error) => vec![Figure::failed(SECTION, "attack paths", &error)],
    }
}

fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let middle = Estate { pods: 25_000, workloads: 2_500, bindings: 5_000, policies: 1_000 };
    let large = Estate { pods: 100_000, workloads: 10_000, bindings: 20_000, policies: 4_000 };
    let many_policies = Estate { pods: 100_000, workloads: 5_000, bindings: 0, policies: 5_000 };
    let mut figures = vec![everything(bench)?];
    for (estate, most, memory) in [(middle, 1.0, Some(300.0)), (large, 5.0, None)] {
        let file = estate.write(&bench.scratch.join("estate"))?;
        let loading =
            run(bench, &["scan", "--summary", "--order", "severity", "--only", "privileged-container"], &file)?;
        let plan = run(bench, &["paths", "plan", "--output", "json=/dev/null"], &file)?;
        let what = format!("{} pods, {} bindings, {} policies", estate.pods, estate.bindings, estate.policies);
        let mut budgets = vec![Budget {
            what: "beyond loading",
            unit: "s",
            value: plan.median - loading.median,
            limit: Limit::AtMost(most),
        }];
        budgets.extend(memory.map(|most| Budget {
            what: "peak",
            unit: "MB",
            value: plan.peak as f64 / 1e6,
            limit: Limit::AtMost(most),
        }));
        figures.push(figure(&format!("{what}: read, one control"), loading, Vec::new()));
        figures.push(figure(&format!("{what}: `paths plan`"), plan, budgets));
        figures.extend(what_if(&what, &file)?);
    }
    let (seconds, note) = middle.plain_search();
    let series = Series { best: seconds, median: seconds, cpu: None, peak: 0 };
    let name = "a plain search over pairs of pods, network alone".to_owned();
    figures.push(Figure { section: SECTION, name, series: Some(series), note, ..Figure::default() });

    let file = many_policies.write(&bench.scratch.join("policies"))?;
    let loading = run(bench, &["scan", "--summary", "--order", "severity", "--only", "privileged-container"], &file)?;
    let exposure = run(bench, &["network", "exposure", "--output", "json=/dev/null"], &file)?;
    let blast = run(bench, &["network", "blast-radius", "internet", "--output", "json=/dev/null"], &file)?;
    let rules = bench.scratch.join("network-rules.yaml");
    std::fs::write(&rules, RULES).context("cannot write the rules of the network")?;
    let rules = rules.display().to_string();
    let check = ["network", "check", "--rules", &rules, "--output", "json=/dev/null"];
    let check = run(bench, &check, &file)?;
    let generate = bench.scratch.join("network-policies").display().to_string();
    let generate = ["network", "generate", "--output-dir", &generate, "--certificate", "/dev/null"];
    let generate = run(bench, &generate, &file)?;
    let what = format!(
        "{} pods of {} workloads, {} policies",
        many_policies.pods, many_policies.workloads, many_policies.policies
    );
    let beyond = |series: &Series, memory: f64| {
        vec![
            Budget {
                what: "beyond loading",
                unit: "s",
                value: series.median - loading.median,
                limit: Limit::AtMost(1.0),
            },
            Budget { what: "peak", unit: "MB", value: series.peak as f64 / 1e6, limit: Limit::AtMost(memory) },
        ]
    };
    let (of_exposure, of_blast) = (beyond(&exposure, 500.0), beyond(&blast, 500.0));
    figures.push(figure(&format!("{what}: read, one control"), loading, Vec::new()));
    figures.push(figure(&format!("{what}: `network exposure`"), exposure, of_exposure));
    figures.push(figure(&format!("{what}: `network blast-radius internet`"), blast, of_blast));
    figures.push(figure(&format!("{what}: `network check`, five rules"), check, Vec::new()));
    figures.push(figure(&format!("{what}: `network generate` with its certificate"), generate, Vec::new()));
    let (seconds, note) = many_policies.plain_search();
    let series = Series { best: seconds, median: seconds, cpu: None, peak: 0 };
    let name = "a plain search over pairs of its pods".to_owned();
    figures.push(Figure { section: SECTION, name, series: Some(series), note, ..Figure::default() });
    Ok(figures)
}

/// Questions about one change of what is in memory already: the example `what_if` of `paths` asks them. Its lines are what
/// was asked, milliseconds, and how many answers there are.
fn what_if(estate: &str, folder: &Path) -> Result<Vec<Figure>> {
    let run = ["run", "--quiet", "--release", "--package", "paths", "--example", "what_if", "--"];
    let output = cargo().args(run).arg(folder).stderr(Stdio::inherit()).output().context("cannot run `cargo`")?;
    if !output.status.success() {
        bail!("the example `what_if` of `paths` failed: a change opens a way, or it does not build");
    }
    let text = String::from_utf8(output.stdout).context("the example `what_if` did not print text")?;
    let figure = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, time, answers] = cells[..] else { bail!("the example `what_if` printed `{line}`") };
        let value: f64 = time.parse().with_context(|| format!("the example `what_if` printed `{line}`"))?;
        let budget = Budget { what: "time", unit: "ms", value, limit: Limit::AtMost(10.0) };
        Ok(Figure {
            section: SECTION,
            name: format!("{estate}, in memory: {name}"),
            budgets: name.starts_with("what if").then_some(budget).into_iter().collect(),
            note: format!("{value:.2} ms, {answers} answers"),
            ..Figure::default()
        })
    };
    text.lines().map(figure).collect()
}

/// One file of some sixty thousand objects, everything that `scan` judges.
fn everything(bench: &Bench) -> Result<Figure> {
    let mixed = Estate { pods: 20_000, workloads: 10_000, bindings: 5_000, policies: 1_000 };
    let file = mixed.write_whole(&bench.scratch.join("mixed"))?;
    let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
    let scan = run(bench, &["scan", "--summary"], &file)?;
    let budgets = vec![
        Budget { what: "time", unit: "s", value: scan.median, limit: Limit::AtMost(1.5) },
        Budget { what: "peak", unit: "MB", value: scan.peak as f64 / 1e6, limit: Limit::AtMost(400.0) },
    ];
    let name = format!("66,000 objects in one file of {megabytes:.0} MB, {} pods: `scan`, all controls", mixed.pods);
    Ok(figure(&name, scan, budgets))
}

fn run(bench: &Bench, words: &[&str], file: &Path) -> Result<Series> {
    let mut arguments: Vec<&Path> = words.iter().map(Path::new).collect();
    // Arguments of subcommands follow their names.
    arguments.push(file);
    bench.tool.measure(&arguments, bench.runs)
}

fn figure(name: &str, series: Series, budgets: Vec<Budget>) -> Figure {
    Figure { section: SECTION, name: name.to_owned(), series: Some(series), budgets, ..Figure::default() }
}
