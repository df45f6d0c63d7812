//! `plimsoll scan` of a repository, of a whole cluster in one file, and of one small file.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::Bench;
use super::child::{self, Series, Usage};
use super::figures::{Budget, Figure, Limit};
use super::reference;

const SECTION: &str = "plimsoll scan";
const STARTUP: &str = "one small file, with the start of the process";

/// Megabytes for each second of CPU time.
const SPEED: f64 = 150.0;
/// Megabytes of memory, and the share of the input on top.
const MEMORY: (f64, f64) = (60.0, 0.25);
const STARTUP_SECONDS: f64 = 0.010;

/// Says that nothing but the summary is printed: the scan itself.
pub(crate) const SUMMARY: &str = "--summary";

pub(crate) fn figures(bench: &Bench, before: &[Figure]) -> Vec<Figure> {
    let tree = bench.corpus.tree();
    let (yaml, json) = (bench.corpus.dump("yaml"), bench.corpus.dump("json"));
    [
        ("tree, --output json", &tree, "--output=json=/dev/null", reference::TREE),
        ("tree, --summary", &tree, SUMMARY, reference::TREE),
        ("dump.yaml, --summary", &yaml, SUMMARY, "dump.yaml"),
        ("dump.json, --summary", &json, SUMMARY, "dump.json"),
    ]
    .into_iter()
    .map(|(name, path, option, plain)| {
        crate::arguments::say(&format!("bench: {name}"));
        let plain = before.iter().find(|figure| figure.section == reference::SECTION && figure.name == plain);
        match bench.tool.measure(&scan(path, option), bench.runs) {
            Ok(series) => figure(name, series, plain),
            Err(error) => Figure::failed(SECTION, name, &error),
        }
    })
    .collect()
}

pub(crate) fn startup(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    crate::arguments::say("bench: small.yaml");
    let empty: anyhow::Result<Vec<Usage>> =
        (0..bench.small_runs).map(|_| child::measure(&mut Command::new("true"))).collect();
    let empty = match empty {
        Ok(usages) => Figure {
            section: STARTUP,
            name: "a program that does nothing".to_owned(),
            series: Some(Series::new(&usages)),
            ..Figure::default()
        },
        Err(error) => Figure::noted(STARTUP, "a program that does nothing", format!("{error:#}")),
    };
    let small = match bench.tool.measure(&scan(&bench.corpus.small(), "--output=text"), bench.small_runs) {
        Ok(series) => Figure {
            section: STARTUP,
            name: "small.yaml".to_owned(),
            budgets: vec![Budget {
                what: "median",
                unit: "ms",
                value: series.median * 1e3,
                limit: Limit::AtMost(STARTUP_SECONDS * 1e3),
            }],
            series: Some(series),
            note: format!("{} runs", bench.small_runs),
            ..Figure::default()
        },
        Err(error) => Figure::failed(STARTUP, "small.yaml", &error),
    };
    vec![empty, small]
}

/// The arguments of a scan with one option.
pub(crate) fn scan(path: &Path, option: &str) -> Vec<OsString> {
    vec!["scan".into(), path.into(), option.into()]
}

fn figure(name: &str, series: Series, plain: Option<&Figure>) -> Figure {
    let input = plain.and_then(|plain| plain.input);
    let plain_read = plain.and_then(|plain| plain.series.as_ref());
    let times_plain_read = plain_read.map(|plain| series.median / plain.median);
    let unread = times_plain_read.is_some_and(|times| times < 0.5);
    let note = if unread { "cannot have read everything: no reader is twice as fast as the plain read" } else { "" };
    let megabytes = input.unwrap_or(0) as f64 / 1e6;
    let speed = series.cpu.map_or(0.0, |cpu| megabytes / cpu);
    let budgets = vec![
        Budget { what: "speed", unit: "MB/s/core", value: speed, limit: Limit::AtLeast(SPEED) },
        Budget {
            what: "peak",
            unit: "MB",
            value: series.peak as f64 / 1e6,
            limit: Limit::AtMost(MEMORY.0 + MEMORY.1 * megabytes),
        },
    ];
    Figure {
        section: SECTION,
        name: name.to_owned(),
        series: Some(series),
        input,
        times_plain_read,
        budgets,
        note: note.to_owned(),
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_follow_the_input() {
        let plain = Figure {
            series: Some(Series { best: 0.1, median: 0.1, cpu: None, peak: 0 }),
            input: Some(200_000_000),
            ..Figure::default()
        };
        let series = Series { best: 0.5, median: 0.7, cpu: Some(1.0), peak: 110_000_000 };
        let figure = figure("tree", series, Some(&plain));
        let met: Vec<bool> = figure.budgets.iter().map(Budget::is_met).collect();
        assert_eq!(met, [true, true], "200 MB/s, and 110 MB of 60 MB + 200 MB / 4");
        assert!((figure.times_plain_read.unwrap() - 7.0).abs() < 1e-9);
        assert_eq!(figure.note, "");
    }

    #[test]
    fn doubts_a_scan_that_is_faster_than_reading() {
        let plain = Figure {
            series: Some(Series { best: 0.1, median: 0.1, cpu: None, peak: 0 }),
            input: Some(200_000_000),
            ..Figure::default()
        };
        let series = Series { best: 0.01, median: 0.01, cpu: Some(0.01), peak: 0 };
        assert!(figure("tree", series, Some(&plain)).note.starts_with("cannot have read everything"));
    }
}
