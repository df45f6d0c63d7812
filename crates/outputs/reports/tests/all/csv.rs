//! CSV, read by a strict reader: every record has the columns of the first, and no cell runs in a spreadsheet.

use csv::{ReaderBuilder, StringRecord};
use model::finding::{Standing, Status};
use proptest::prelude::*;

use crate::sample::{self, FOUND, Found, Sample, hostile, report, texts, written};

fn records(sample: Sample) -> (StringRecord, Vec<StringRecord>) {
    let results = sample.results();
    let text = written(|out| reports::csv::write(&report(&results), out));
    assert!(text.ends_with("\r\n"), "{text:?}");
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let records: Vec<StringRecord> =
        reader.records().map(|record| record.unwrap_or_else(|error| panic!("{error}\n{text}"))).collect();
    assert_eq!(text.matches('\n').count(), records.len() + 1, "a record is one line\n{text}");
    (header, records)
}

fn column<'a>(header: &StringRecord, record: &'a StringRecord, name: &str) -> &'a str {
    &record[header.iter().position(|known| known == name).unwrap()]
}

#[test]
fn there_is_a_line_for_each_occurrence_and_each_input_that_was_not_looked_at() {
    let mut sample = Sample::default();
    sample.pod("a.yaml", "bad");
    sample.found(&FOUND);
    sample.found(&Found { container: "log", line: 9, ..FOUND });
    sample.found(&Found { control: 1, standing: Standing::Known, ..FOUND });
    sample.found(&Found { control: 2, ..FOUND });
    sample.pod("b.yaml", "unknown");
    sample.found(&Found { status: Status::Skip, ..FOUND });
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let (header, records) = records(sample);
    let lines: Vec<String> = records
        .iter()
        .map(|record| {
            ["status", "standing", "control", "path", "line", "container"]
                .map(|name| column(&header, record, name))
                .join(" ")
        })
        .collect();
    let expected = [
        "fail open privileged-container a.yaml 7 api",
        "fail open privileged-container a.yaml 9 log",
        "fail known run-as-root-user a.yaml 7 api",
        "skip open privileged-container b.yaml 7 api",
        "error   broken.yaml 3 ",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn formulas_are_defused() {
    for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "=HYPERLINK(\"x\",\"y\")"] {
        let mut sample = Sample::default();
        sample.pod(text, text);
        sample.found(&Found { value: text, container: text, ..FOUND });
        let (header, records) = records(sample);
        for name in ["path", "name", "value", "container"] {
            let cell = column(&header, &records[0], name);
            assert!(cell.starts_with('\''), "{name}: {cell:?}");
        }
    }
}

#[test]
fn quotes_and_commas_come_out_as_they_went_in() {
    let mut sample = Sample::default();
    sample.pod("a, \"b\"; c.yaml", "p");
    sample.found(&FOUND);
    let (header, records) = records(sample);
    assert_eq!(column(&header, &records[0], "path"), "a, \"b\"; c.yaml");
    assert_eq!(column(&header, &records[0], "message"), "Container `api` sets `true`");
}

proptest! {
    #![proptest_config(sample::config())]
    #[test]
    fn whatever_the_texts_are_it_is_csv_and_does_nothing(texts in texts()) {
        let (_, records) = records(hostile(&texts));
        // Two occurrences that count, one without an answer, two inputs that were not looked at.
        prop_assert_eq!(records.len(), 5);
        for cell in records.iter().flatten() {
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
            prop_assert!(!cell.chars().any(char::is_control), "{cell:?}");
        }
    }
}
