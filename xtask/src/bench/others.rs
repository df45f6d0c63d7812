//! Other scanners on the same tree, where they are installed: one run each, with a limit of time.
//! They check different things, so that this is an order of magnitude and no race.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::Bench;
use super::child::{self, Series};
use super::figures::Figure;
use super::reference;
use crate::arguments::say;

const SECTION: &str = "other scanners, the same tree, one run";
const LIMIT_SECONDS: u32 = 600;
/// What `timeout` says when the time is over.
const TIMED_OUT: i32 = 124;

/// A program and its arguments, in which `TREE` and `POLICY` stand for directories.
const OTHERS: &[(&str, &[&str])] = &[
    ("checkov", &["--directory", "TREE", "--framework", "kubernetes", "--compact", "--quiet", "--output", "json"]),
    ("conftest", &["test", "--policy", "POLICY", "--output", "json", "TREE"]),
    ("kube-linter", &["lint", "--format", "json", "TREE"]),
    ("kube-score", &["score", "--output-format", "json", "FILES"]),
    ("kubescape", &["scan", "--keep-local", "--format", "json", "--output", "/dev/null", "TREE"]),
    ("kubesec", &["scan", "FILES"]),
    ("polaris", &["audit", "--audit-path", "TREE", "--format", "json"]),
    ("trivy", &["config", "--quiet", "--skip-check-update", "--format", "json", "--output", "/dev/null", "TREE"]),
];

/// `conftest` brings no checks of its own.
const POLICY: &str = "\
package main

import rego.v1

deny contains message if {
	some container in input.spec.template.spec.containers
	container.securityContext.privileged
	message := sprintf(\"container %s is privileged\", [container.name])
}
";

pub(crate) fn figures(bench: &Bench, before: &[Figure]) -> Vec<Figure> {
    let plain = before.iter().find(|figure| figure.section == reference::SECTION && figure.name == reference::TREE);
    let paths = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = env::split_paths(&paths).collect();
    OTHERS
        .iter()
        .map(|(name, arguments)| {
            if find(name, &directories).is_none() {
                return Figure::noted(SECTION, name, "not found on the PATH".to_owned());
            }
            say(&format!("bench: {name}"));
            // Another program's failure is worth a note, and no failure of the benchmark.
            measure(bench, name, arguments, &directories, plain)
                .unwrap_or_else(|error| Figure::noted(SECTION, name, format!("{error:#}")))
        })
        .collect()
}

fn measure(
    bench: &Bench,
    name: &str,
    arguments: &[&str],
    directories: &[PathBuf],
    plain: Option<&Figure>,
) -> Result<Figure> {
    let policy = bench.scratch.join("policy");
    fs::create_dir_all(&policy).context("cannot create the directory of the policy")?;
    fs::write(policy.join("policy.rego"), POLICY).context("cannot write the policy")?;
    let tree = bench.corpus.tree();
    let mut words: Vec<String> = vec![name.to_owned()];
    words.extend(arguments.iter().filter(|word| **word != "FILES").map(|word| match *word {
        "TREE" => tree.display().to_string(),
        "POLICY" => policy.display().to_string(),
        word => word.to_owned(),
    }));
    if arguments.contains(&"FILES") {
        words = over_files(&words, &tree);
    }
    if find("timeout", directories).is_some() {
        words.splice(0..0, ["timeout".to_owned(), LIMIT_SECONDS.to_string()]);
    }
    let usage = child::measure(Command::new(&words[0]).args(&words[1..]).stderr(Stdio::null()))?;
    let note = match usage.code {
        Some(TIMED_OUT) => format!("stopped after {LIMIT_SECONDS} s"),
        Some(code) => format!("exit code {code}"),
        None => "ended by a signal".to_owned(),
    };
    let plain_read = plain.and_then(|plain| plain.series.as_ref());
    let finished = usage.code.is_some_and(|code| code != TIMED_OUT);
    Ok(Figure {
        section: SECTION,
        name: name.to_owned(),
        series: Some(Series::new(&[usage])),
        // A scan that did not come to its end has no speed.
        input: plain.filter(|_| finished).and_then(|plain| plain.input),
        times_plain_read: plain_read.filter(|_| finished).map(|plain| usage.wall / plain.median),
        note: format!("{note}: {}", arguments.join(" ")),
        ..Figure::default()
    })
}

/// For programs that take files and no directories. Few at a time, since some give up on all of them
/// when they cannot read one.
fn over_files(words: &[String], tree: &Path) -> Vec<String> {
    let script = "tree=$1; shift; find \"$tree\" -name '*.yaml' -print0 | xargs -0 -n 20 \"$@\"";
    let mut all =
        vec!["sh".to_owned(), "-c".to_owned(), script.to_owned(), "sh".to_owned(), tree.display().to_string()];
    all.extend_from_slice(words);
    all
}

fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories.iter().map(|directory| directory.join(name)).find(|path| path.is_file())
}
