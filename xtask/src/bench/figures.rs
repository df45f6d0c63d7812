//! What was measured, beside its budgets: a table for people, JSON for machines.

use std::fmt::Write;

use super::child::Series;

/// One line of the report.
#[derive(Default)]
pub(crate) struct Figure {
    pub(crate) section: &'static str,
    pub(crate) name: String,
    pub(crate) series: Option<Series>,
    /// Bytes read, if speed is a matter of bytes.
    pub(crate) input: Option<u64>,
    /// How many times as long as a plain read of the same bytes.
    pub(crate) times_plain_read: Option<f64>,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) note: String,
    /// Why there are no figures.
    pub(crate) failure: Option<String>,
}

/// A promise, and what became of it.
pub(crate) struct Budget {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) limit: Limit,
}

#[derive(Clone, Copy)]
pub(crate) enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub(crate) fn failed(section: &'static str, name: &str, failure: &anyhow::Error) -> Figure {
        let failure = Some(format!("{failure:#}"));
        Figure { section, name: name.to_owned(), failure, ..Figure::default() }
    }

    pub(crate) fn noted(section: &'static str, name: &str, note: String) -> Figure {
        Figure { section, name: name.to_owned(), note, ..Figure::default() }
    }

    pub(crate) fn megabytes_per_core_second(&self) -> Option<f64> {
        Some(self.input? as f64 / 1e6 / self.series.as_ref()?.cpu?)
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.name.clone()];
        let series = self.series.as_ref();
        let number =
            |value: Option<f64>, digits: usize| value.map_or(String::new(), |value| format!("{value:.digits$}"));
        cells.push(series.map_or(String::new(), |series| seconds(series.best)));
        cells.push(series.map_or(String::new(), |series| seconds(series.median)));
        cells.push(series.and_then(|series| series.cpu).map_or(String::new(), seconds));
        cells.push(number(series.and_then(|series| Some(series.cpu? / series.median)), 2));
        let speed = series.and_then(|series| Some(self.input? as f64 / 1e6 / series.median));
        cells.push(speed.map_or(String::new(), short));
        cells.push(self.megabytes_per_core_second().map_or(String::new(), short));
        cells.push(number(series.filter(|series| series.peak > 0).map(|series| series.peak as f64 / 1e6), 1));
        cells.push(number(self.times_plain_read, 1));
        let mut remarks: Vec<String> = self.budgets.iter().map(Budget::text).collect();
        remarks.extend(self.failure.as_ref().map(|failure| format!("FAILED: {failure}")));
        remarks.extend((!self.note.is_empty()).then(|| self.note.clone()));
        cells.push(remarks.join("; "));
        cells
    }
}

impl Budget {
    pub(crate) fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtLeast(limit) => self.value >= limit,
            Limit::AtMost(limit) => self.value <= limit,
        }
    }

    fn text(&self) -> String {
        let Budget { what, unit, value, limit } = self;
        let (relation, limit) = match limit {
            Limit::AtLeast(limit) => ("≥", limit),
            Limit::AtMost(limit) => ("≤", limit),
        };
        let (value, limit) = (short(*value), short(*limit));
        if self.is_met() {
            format!("{what} {relation} {limit} {unit}: met")
        } else {
            format!("{what} {relation} {limit} {unit}: MISSED, {value} {unit}")
        }
    }
}

/// Columns as wide as their widest cell, numbers to the right.
pub(crate) fn table(figures: &[Figure], cores: usize) -> String {
    const HEADER: [&str; 10] =
        ["", "best", "median", "CPU", "cores", "MB/s", "MB/s/core", "peak MB", "× read", "budgets and notes"];
    let header: Vec<String> = HEADER.iter().map(|&cell| cell.to_owned()).collect();
    let rows: Vec<Vec<String>> = figures.iter().map(Figure::cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADER.len() - 1).map(width).collect();
    let mut text = format!("{cores} cores; MB are 10⁶ bytes; times of warm caches; MB/s/core is bytes by CPU time\n");
    let mut section = "";
    for (figure, row) in figures.iter().zip(&rows) {
        if figure.section != section {
            section = figure.section;
            write!(text, "\n{section}\n").expect("writing to a string cannot fail");
            line(&mut text, &header, &widths);
        }
        line(&mut text, row, &widths);
    }
    text
}

fn line(text: &mut String, row: &[String], widths: &[usize]) {
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate() {
        match widths.get(column) {
            Some(&width) if column == 0 => write!(line, "  {cell:<width$}"),
            Some(&width) => write!(line, "  {cell:>width$}"),
            None => write!(line, "  {cell}"),
        }
        .expect("writing to a string cannot fail");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

pub(crate) fn json(figures: &[Figure], cores: usize) -> String {
    let figures: Vec<String> = figures.iter().map(figure_json).collect();
    format!("{{\n  \"version\": 1,\n  \"cores\": {cores},\n  \"figures\": [\n{}\n  ]\n}}\n", figures.join(",\n"))
}

fn figure_json(figure: &Figure) -> String {
    let mut members =
        vec![format!("\"section\": {}", quoted(figure.section)), format!("\"name\": {}", quoted(&figure.name))];
    if let Some(Series { best, median, cpu, peak }) = &figure.series {
        members.push(format!("\"best_seconds\": {best:.6}"));
        members.push(format!("\"median_seconds\": {median:.6}"));
        members.extend(cpu.map(|cpu| format!("\"cpu_seconds\": {cpu:.6}")));
        members.push(format!("\"peak_bytes\": {peak}"));
    }
    members.extend(figure.input.map(|bytes| format!("\"input_bytes\": {bytes}")));
    members
        .extend(figure.megabytes_per_core_second().map(|speed| format!("\"megabytes_per_core_second\": {speed:.1}")));
    members.extend(figure.times_plain_read.map(|times| format!("\"times_plain_read\": {times:.2}")));
    members.extend((!figure.note.is_empty()).then(|| format!("\"note\": {}", quoted(&figure.note))));
    members.extend(figure.failure.as_ref().map(|failure| format!("\"failure\": {}", quoted(failure))));
    let budgets: Vec<String> = figure.budgets.iter().map(budget_json).collect();
    members.push(format!("\"budgets\": [{}]", budgets.join(", ")));
    format!("    {{{}}}", members.join(", "))
}

fn budget_json(budget: &Budget) -> String {
    let (name, limit) = match budget.limit {
        Limit::AtLeast(limit) => ("at_least", limit),
        Limit::AtMost(limit) => ("at_most", limit),
    };
    format!(
        "{{\"what\": {}, \"unit\": {}, \"value\": {:.6}, \"{name}\": {limit:.6}, \"met\": {}}}",
        quoted(budget.what),
        quoted(budget.unit),
        budget.value,
        budget.is_met()
    )
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => write!(quoted, "\\u{:04x}", u32::from(letter)).expect("strings take all text"),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn short(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> Figure {
        Figure {
            section: "scan",
            name: "tree \"a\"".to_owned(),
            series: Some(Series { best: 0.5, median: 1.0, cpu: Some(2.0), peak: 100_000_000 }),
            input: Some(200_000_000),
            times_plain_read: Some(4.0),
            budgets: vec![
                Budget { what: "speed", unit: "MB/s", value: 100.0, limit: Limit::AtLeast(150.0) },
                Budget { what: "memory", unit: "MB", value: 100.0, limit: Limit::AtMost(110.0) },
            ],
            note: String::new(),
            failure: None,
        }
    }

    #[test]
    fn the_table_says_what_is_met_and_what_is_missed() {
        let text = table(&[figure(), Figure::noted("others", "kubescape", "not found".to_owned())], 2);
        let line = text.lines().find(|line| line.contains("tree")).unwrap();
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        let expected =
            "0.50 s 1.00 s 2.00 s 2.00 200 100 100.0 4.0 speed ≥ 150 MB/s: MISSED, 100 MB/s; memory ≤ 110 MB: met";
        assert_eq!(words.join(" "), expected);
        assert!(text.lines().any(|line| line.starts_with("  kubescape") && line.ends_with("not found")));
    }

    #[test]
    fn a_budget_may_be_used_up() {
        assert!(Budget { what: "", unit: "", value: 10.0, limit: Limit::AtMost(10.0) }.is_met());
        assert!(!Budget { what: "", unit: "", value: 9.9, limit: Limit::AtLeast(10.0) }.is_met());
    }

    #[test]
    fn machines_read_the_same_figures() {
        let text = json(&[figure(), Figure::failed("scan", "b", &anyhow::anyhow!("line\nbreak"))], 2);
        for part in [
            "\"name\": \"tree \\\"a\\\"\"",
            "\"megabytes_per_core_second\": 100.0",
            "\"at_least\": 150.000000, \"met\": false",
            "\"at_most\": 110.000000, \"met\": true",
            "\"failure\": \"line\\u000abreak\"",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
