//! A whole scan: every control over whatever can be read of the input, and every output of what is found.
//! Nothing panics, and what is written as JSON is JSON.

#![no_main]

use std::path::Path;

use controls::engine::{Engine, Passed};
use libfuzzer_sys::fuzz_target;
use model::inventory::{Inventory, Observed};
use model::parameter::Settings;
use model::severity::Severity;
use reports::report::Report;
use reports::text::{self, Detail, Options, Sources, Terminal};

struct Lines<'a>(Vec<&'a str>);

impl Sources for Lines<'_> {
    fn lines(&self, _: u32, first: u32, last: u32) -> Option<Vec<String>> {
        let first = (first as usize).checked_sub(1)?;
        let last = (last as usize).min(self.0.len());
        (first < last).then(|| self.0[first..last].iter().map(|line| (*line).to_owned()).collect())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let selected: Vec<_> = controls::all().collect();
    let engine = Engine::new(selected.clone(), Passed::Keep, Settings::default());
    let mut inventory = Inventory { complete: bytes.len() % 2 == 0, ..Inventory::default() };
    let judge = |observed: Observed<'_>, symbols: &_, verdicts: &mut _| engine.judge(observed, symbols, verdicts);
    manifests::load::load_bytes(Path::new("fuzz.yaml"), bytes, &mut inventory, &judge);
    engine.judge_inventory(&mut inventory);
    let results = inventory.into_results();
    let report = Report::new(&results, &selected, Severity::Medium, "0.0.0");
    let text = String::from_utf8_lossy(bytes);
    let sources = Lines(text.lines().collect());
    let terminal = Terminal { width: 100, colour: false, unicode: true };
    let options = Options { detail: Detail::Details, terminal, title: "fuzz".to_owned(), sources: &sources, excepted: true };
    let mut out = Vec::new();
    text::write(&report, &options, &mut out).expect("a vector can be written to");
    assert!(!out.contains(&0x1B), "an escape sequence of the input was printed");
    for write in [reports::json::write, reports::sarif::write] {
        let mut out = Vec::new();
        write(&report, &mut out).expect("a vector can be written to");
        serde_json::from_slice::<serde_json::Value>(&out).expect("what is written is JSON");
    }
});
