//! What it costs to print 100,000 findings, beside the scan that finds them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::figures::{Budget, Figure, Limit};
use super::scans::{SUMMARY, scan};
use crate::arguments::say;
use crate::corpus;

const SECTION: &str = "output of 100,000 findings";
const FINDINGS: usize = 100_000;
const FORMATS: &[&str] = &[
    "text",
    "json",
    "sarif",
    "junit",
    "github",
    "github-summary",
    "gitlab-code-quality",
    "gitlab-sast",
    "markdown",
    "csv",
];
/// Objects that are scanned to learn how many findings an object has.
const PROBE: usize = 500;
const MOST_OBJECTS: usize = 50_000;

pub(crate) fn figures(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: outputs");
    match measure(bench) {
        Ok(figures) => figures,
        Err(error) => vec![Figure::failed(SECTION, "all formats", &error)],
    }
}

fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let (directory, findings) = prepare(bench)?;
    let series = bench.tool.measure(&scan(&directory, SUMMARY), bench.runs)?;
    let scan_seconds = series.median;
    let note = format!("{findings} findings, counted and not printed");
    let name = "the scan itself".to_owned();
    let mut figures = vec![Figure { section: SECTION, name, series: Some(series), note, ..Figure::default() }];
    for format in FORMATS {
        let measured = bench.tool.measure(&scan(&directory, &format!("--output={format}=/dev/null")), bench.runs);
        figures.push(match measured {
            Ok(series) => {
                let value = (series.median - scan_seconds).max(0.0) * 1e3;
                let limit = Limit::AtMost(scan_seconds * 1e3);
                let budgets = vec![Budget { what: "output alone", unit: "ms", value, limit }];
                let note = format!("{value:.0} ms more than the scan");
                let name = (*format).to_owned();
                Figure { section: SECTION, name, series: Some(series), budgets, note, ..Figure::default() }
            }
            Err(error) => Figure::failed(SECTION, format, &error),
        });
    }
    Ok(figures)
}

/// Manifests with about as many findings as wanted, and how many they have.
fn prepare(bench: &Bench) -> Result<(PathBuf, usize)> {
    let probe = bench.scratch.join("careless-probe");
    let found = count(bench, &probe, PROBE)?;
    if found == 0 {
        bail!("no finding in {PROBE} careless Deployments");
    }
    let objects = (FINDINGS * PROBE).div_ceil(found).min(MOST_OBJECTS);
    let directory = bench.scratch.join(format!("careless-{objects}"));
    let findings = count(bench, &directory, objects)?;
    Ok((directory, findings))
}

/// Writes objects and counts their findings: every result of a SARIF log names its rule once.
fn count(bench: &Bench, directory: &Path, objects: usize) -> Result<usize> {
    corpus::write_careless(directory, objects)?;
    let log = bench.scratch.join("findings.sarif");
    bench.tool.run(&scan(directory, &format!("--output=sarif={}", log.display())))?;
    let file = File::open(&log).with_context(|| format!("`--output sarif=FILE` made no `{}`", log.display()))?;
    let findings = occurrences(BufReader::with_capacity(64 * 1024, file), b"\"ruleId\"")?;
    fs::remove_file(&log).with_context(|| format!("cannot remove `{}`", log.display()))?;
    Ok(findings)
}

/// In constant memory, even if everything is one line: what this program holds counts for the programs it starts.
/// **Invariant:** the needle has quotes at its ends and nowhere else.
fn occurrences(mut text: impl BufRead, needle: &[u8]) -> Result<usize> {
    let name = needle.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(needle);
    let mut count = 0;
    let mut tail = Vec::new();
    loop {
        let buffer = text.fill_buf().context("cannot read the findings")?;
        if buffer.is_empty() {
            return Ok(count);
        }
        let length = buffer.len();
        for &byte in buffer {
            if byte == b'"' {
                count += usize::from(tail == name);
                tail.clear();
            } else if tail.len() <= name.len() {
                tail.push(byte);
            }
        }
        text.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_word_in_quotes_across_buffers() {
        let text = br#"{"results":[{"ruleId":"a"},{"ruleId" : "b"},{"ruleIdx":"ruleI"}],"xruleId":1}"#;
        for capacity in [1, 3, 64] {
            let reader = BufReader::with_capacity(capacity, &text[..]);
            assert_eq!(occurrences(reader, b"\"ruleId\"").unwrap(), 2, "capacity {capacity}");
        }
    }
}
