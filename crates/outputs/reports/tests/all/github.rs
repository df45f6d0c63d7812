//! Workflow commands, read by the rules of GitHub's runner: a line that begins with `::` is a command up to the next
//! `::`; a blank ends its name; properties stand between commas; five sequences are read back as what they stand for.

use std::collections::BTreeMap;

use proptest::prelude::*;
use reports::repository::Repository;
use reports::text::terminal::sanitize;

use crate::sample::{self, FOUND, Found, Sample, hostile, many, report, texts, written};

struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

fn github(sample: Sample) -> String {
    let results = sample.results();
    written(|out| reports::github::write(&report(&results), &Repository::default(), out))
}

fn parse(line: &str) -> Option<Command> {
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let property = |text: &str| {
        let (key, value) = text.split_once('=').unwrap();
        let value = unescape(value).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        (key.to_owned(), value)
    };
    let properties = properties.split(',').map(property).collect();
    Some(Command { name: name.to_owned(), properties, message: unescape(message).replace("%25", "%") })
}

#[test]
fn ten_of_each_are_shown_the_worst_first_and_the_rest_is_counted() {
    let mut sample = many(7);
    sample.skipped("broken.yaml", Some(3), "not valid YAML");
    let text = github(sample);
    let titles: Vec<String> = text
        .lines()
        .filter_map(parse)
        .map(|command| format!("{} {}", command.name, command.properties["title"]))
        .collect();
    let of = |level: &str, severity: &str, count| vec![format!("{level} privileged-container ({severity})"); count];
    let expected = [
        of("error", "critical", 7),
        vec!["error not looked at".to_owned()],
        of("error", "high", 2),
        of("warning", "medium", 7),
        of("notice", "low", 7),
    ];
    assert_eq!(titles, expected.concat());
    let last = text.lines().last().unwrap();
    assert_eq!(last, "Plimsoll: 5 errors more: GitHub shows 10 of each in a step, these are the worst");
}

#[test]
fn places_and_texts_come_out_as_they_went_in() {
    let mut sample = Sample::default();
    sample.pod("a,b:c%0A/d.yaml", "p");
    sample.found(&Found { value: "50%", ..FOUND });
    let command = parse(github(sample).trim_end()).unwrap();
    let properties: Vec<(&str, &str)> =
        command.properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("col", "3"),
        ("endColumn", "7"),
        ("endLine", "7"),
        ("file", "a,b:c%0A/d.yaml"),
        ("line", "7"),
        ("title", "privileged-container (high)"),
    ];
    assert_eq!(properties, expected);
    assert_eq!(command.message, "Container `api` sets `50%` (Pod/p)\nTake `privileged` out.");
}

#[test]
fn nothing_found_is_nothing_said() {
    assert_eq!(github(Sample::default()), "");
}

proptest! {
    #![proptest_config(sample::config())]
    #[test]
    fn whatever_the_texts_are_there_is_one_command_a_line(texts in texts()) {
        let text = github(hostile(&texts));
        // One counted result, and two inputs that were not looked at.
        prop_assert_eq!(text.split('\n').count(), 4, "{}", text);
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        for line in text.lines() {
            let command = parse(line).unwrap();
            prop_assert_eq!(command.name, "error");
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            prop_assert!(command.properties.keys().all(|key| known.contains(&key.as_str())), "{line}");
            prop_assert_eq!(&command.properties["file"], &sanitize(&texts[0]));
        }
    }
}
