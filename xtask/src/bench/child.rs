//! One run of a program: wall time, CPU time and peak memory of that process alone, from `wait4(2)`.
//! The caller judges the exit code.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use wait4::Wait4;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: f64,
    /// Absent where nobody counted it.
    pub(crate) cpu: Option<f64>,
    pub(crate) peak: u64,
    /// Absent if a signal ended it.
    pub(crate) code: Option<i32>,
}

/// Several runs of the same.
pub(crate) struct Series {
    pub(crate) best: f64,
    pub(crate) median: f64,
    /// The median of user and system time.
    pub(crate) cpu: Option<f64>,
    /// The highest of all runs.
    pub(crate) peak: u64,
}

/// `plimsoll`, or a program that behaves like it.
pub(crate) struct Tool {
    pub(crate) binary: PathBuf,
    /// Where its stderr goes, to be shown if it fails.
    pub(crate) complaints: PathBuf,
}

impl Tool {
    /// Runs it once to fill the caches, and then as often as asked.
    pub(crate) fn measure<S: AsRef<OsStr>>(&self, arguments: &[S], runs: usize) -> Result<Series> {
        self.run(arguments)?;
        let usages: Result<Vec<Usage>> = (0..runs).map(|_| self.run(arguments)).collect();
        Ok(Series::new(&usages?))
    }

    /// Exit codes up to 2 are answers: clean, findings, not everything could be looked at.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Usage> {
        let complaints = File::create(&self.complaints).context("cannot write the file for stderr")?;
        let mut command = Command::new(&self.binary);
        let usage = measure(command.args(arguments).stderr(complaints))?;
        match usage.code {
            Some(0..=2) => Ok(usage),
            code => {
                let complaints = fs::read_to_string(&self.complaints).unwrap_or_default();
                let last = complaints.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing on stderr");
                let code = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
                bail!("{code}: {}", last.trim())
            }
        }
    }
}

impl Series {
    /// **Invariant:** there is at least one run.
    pub(crate) fn new(usages: &[Usage]) -> Series {
        let walls: Vec<f64> = usages.iter().map(|usage| usage.wall).collect();
        let cpus: Option<Vec<f64>> = usages.iter().map(|usage| usage.cpu).collect();
        Series {
            best: walls.iter().copied().fold(f64::INFINITY, f64::min),
            median: median(&walls),
            cpu: cpus.map(|cpus| median(&cpus)),
            peak: usages.iter().map(|usage| usage.peak).max().unwrap_or(0),
        }
    }
}

/// Runs a command with nothing to read and nowhere to write.
///
/// The peak counts from before the program replaces this one in the new process,
/// so it is never below this program's own: keep that small.
pub(crate) fn measure(command: &mut Command) -> Result<Usage> {
    let program = command.get_program().to_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run `{}`", program.display()))?;
    let used = child.wait4().with_context(|| format!("cannot wait for `{}`", program.display()))?;
    let wall = start.elapsed().as_secs_f64();
    let cpu = Some((used.rusage.utime + used.rusage.stime).as_secs_f64());
    Ok(Usage { wall, cpu, peak: used.rusage.maxrss, code: used.status.code() })
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Usage> {
        // Each test has its own file, since tests run at the same time.
        let name = format!("xtask-child-{}-{}", std::process::id(), script.len());
        let tool = Tool { binary: "/bin/sh".into(), complaints: std::env::temp_dir().join(name) };
        let usage = tool.run(&["-c", script]);
        fs::remove_file(&tool.complaints).unwrap();
        usage
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_series_keeps_the_best_time_and_the_highest_peak() {
        let usage = |wall, peak| Usage { wall, cpu: Some(wall * 2.0), peak, code: Some(0) };
        let series = Series::new(&[usage(2.0, 10), usage(1.0, 30), usage(4.0, 20)]);
        assert_eq!((series.best, series.median, series.cpu, series.peak), (1.0, 2.0, Some(4.0), 30));
    }

    #[test]
    fn answers_are_no_failures() {
        for code in 0..=2 {
            assert_eq!(shell(&format!("exit {code}{}", " ".repeat(code as usize))).unwrap().code, Some(code));
        }
    }

    #[test]
    fn failures_say_why() {
        assert_eq!(shell("echo wrong option >&2; exit 3").unwrap_err().to_string(), "exit code 3: wrong option");
        assert_eq!(shell("kill -9 $$").unwrap_err().to_string(), "a signal: nothing on stderr");
    }

    #[test]
    fn the_work_of_the_child_is_counted() {
        let usage = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done").unwrap();
        assert!(usage.cpu.is_some_and(|cpu| cpu > 0.0) && usage.peak > 100_000, "{usage:?}");
    }
}
