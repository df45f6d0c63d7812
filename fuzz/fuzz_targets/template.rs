//! Charts of one template: whatever the template says, rendering ends soon, with a text or an error, and the pieces of
//! the provenance cover the text.

#![no_main]

use std::fs;

use helm::{Bounds, Chart, Options, Values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let folder = std::env::temp_dir().join(format!("plimsoll-fuzz-{}", std::process::id()));
    let templates = folder.join("templates");
    fs::create_dir_all(&templates).expect("the folder for temporary files can be written to");
    fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: fuzz\nversion: 0.1.0\n").expect("so can files");
    fs::write(folder.join("values.yaml"), "a: {b: [1, x, null]}\nc: text\n").expect("so can files");
    fs::write(templates.join("fuzz.yaml"), text).expect("so can files");
    let chart = Chart::load_folder(&folder).expect("the chart is a chart");
    let bounds = Bounds { steps: 200_000, bytes: 1 << 20, depth: 200 };
    let Ok(output) = helm::render(&chart, &Values::default(), &Options { bounds, ..Options::default() }) else { return };
    for file in &output.files {
        let (text, pieces) = (&file.rendered.text, &file.rendered.provenance.pieces);
        assert_eq!(text.is_empty(), pieces.is_empty());
        assert!(pieces.windows(2).all(|pair| pair[0].start < pair[1].start));
    }
    let _ = output.print(&helm::Print::default());
});
