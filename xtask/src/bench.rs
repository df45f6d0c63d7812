//! `cargo xtask bench`: how fast `plimsoll` is and how much memory it takes, beside a plain read of the same bytes
//! in the same run. It prints figures and the budgets they should keep; only `--enforce` makes a missed budget an error.

mod charts;
mod child;
mod estate;
mod figures;
mod follow;
mod graph;
mod others;
mod outputs;
mod overlays;
mod profile;
mod reference;
mod rights;
mod scans;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::arguments::{Arguments, cargo, say};
use crate::corpus::{self, Corpus, Parameters};
use child::Tool;
use figures::Figure;

const USAGE: &str = "\
usage: cargo xtask bench [profile] [OPTION]…

  --quick          a tenth of the corpus, and fewer runs
  --dir DIR        where the corpus is, or is written (default: target/bench/corpus)
  --binary PATH    measure this program, and build nothing
  --runs N         how often each figure is measured
  --section NAME   one section alone: scans, startup, outputs, charts, overlays, rights, graph,
                   follow, others
  --json           print the figures for machines
  --enforce        fail if a budget is missed";

/// What is measured, on what, how often.
pub(crate) struct Bench {
    tool: Tool,
    corpus: Corpus,
    /// For files that are written while measuring.
    scratch: PathBuf,
    runs: usize,
    small_runs: usize,
    cores: usize,
}

/// Measures one group of figures; those measured before are there to compare with.
type Section = fn(&Bench, &[Figure]) -> Vec<Figure>;

struct Options {
    quick: bool,
    json: bool,
    enforce: bool,
    directory: Option<PathBuf>,
    binary: Option<PathBuf>,
    runs: Option<usize>,
    section: Option<String>,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if let Some(code) = arguments.run_optimized()? {
        return Ok(code);
    }
    let options = Options {
        quick: arguments.flag("--quick"),
        json: arguments.flag("--json"),
        enforce: arguments.flag("--enforce"),
        directory: arguments.option("--dir")?,
        binary: arguments.option("--binary")?,
        runs: arguments.option("--runs")?,
        section: arguments.option("--section")?,
    };
    let subcommand = arguments.positional();
    arguments.finish().map_err(|unknown| anyhow!("{unknown}\n\n{USAGE}"))?;
    match subcommand.as_deref() {
        None => figures(&options),
        Some("profile") => profile::run(options.directory, options.binary, &target()?),
        Some(other) => bail!("there is no benchmark `{other}`\n\n{USAGE}"),
    }
}

fn figures(options: &Options) -> Result<ExitCode> {
    let bench = prepare(options)?;
    let mut figures = reference::figures(&bench)?;
    let sections: [(&str, Section); 9] = [
        ("scans", scans::figures),
        ("startup", scans::startup),
        ("outputs", outputs::figures),
        ("charts", charts::figures),
        ("overlays", overlays::figures),
        ("rights", rights::figures),
        ("graph", graph::figures),
        ("follow", follow::figures),
        ("others", others::figures),
    ];
    let is_asked = |name: &str| options.section.as_deref().is_none_or(|asked| asked == name);
    if !sections.iter().any(|(name, _)| is_asked(name)) {
        bail!("there is no section of that name\n\n{USAGE}");
    }
    for (_, section) in sections.into_iter().filter(|(name, _)| is_asked(name)) {
        let more = section(&bench, &figures);
        figures.extend(more);
    }
    let text = if options.json { figures::json(&figures, bench.cores) } else { figures::table(&figures, bench.cores) };
    io::stdout().write_all(text.as_bytes()).context("cannot print the figures")?;
    let failed = figures.iter().any(|figure| figure.failure.is_some());
    let missed = figures.iter().flat_map(|figure| &figure.budgets).any(|budget| !budget.is_met());
    Ok(if failed || options.enforce && missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn prepare(options: &Options) -> Result<Bench> {
    let home = target()?.join("bench");
    let name = if options.quick { "quick" } else { "corpus" };
    let directory = options.directory.clone().unwrap_or_else(|| home.join(name));
    let size = if options.quick { Parameters::QUICK } else { Parameters::FULL };
    let corpus = corpus::ensure(&directory, &Parameters { json_dump: true, ..size })?;
    let scratch = home.join("scratch");
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create `{}`", scratch.display()))?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build(&target()?)?,
    };
    Ok(Bench {
        tool: Tool { binary, complaints: scratch.join("stderr.txt") },
        corpus,
        scratch,
        runs: options.runs.unwrap_or(if options.quick { 3 } else { 5 }).max(1),
        small_runs: if options.quick { 20 } else { 50 },
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    })
}

fn build(target: &Path) -> Result<PathBuf> {
    say("bench: building `plimsoll`");
    let status = cargo().args(["build", "--quiet", "--release", "--package", "cli"]).status();
    if !status.context("cannot run `cargo`")?.success() {
        bail!("`plimsoll` does not build");
    }
    let binary = target.join("release").join("plimsoll");
    if !binary.exists() {
        bail!("the build made no `{}`; give the program with `--binary`", binary.display());
    }
    Ok(binary)
}

/// The target directory: this program is in one of its profiles.
fn target() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot find this program")?;
    program.ancestors().nth(2).map(Path::to_owned).context("this program is not in a target directory")
}
