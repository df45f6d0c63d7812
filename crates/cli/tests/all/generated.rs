//! The generated pages are those of this program.

use std::fs;
use std::path::Path;

#[test]
fn generated_pages_are_current() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let pages = cli::pages::pages();
    let stale: Vec<&String> = pages
        .iter()
        .filter(|(name, text)| fs::read_to_string(docs.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name)
        .collect();
    assert!(stale.is_empty(), "run `cargo xtask codegen`; stale: {stale:?}");
}

#[test]
fn no_page_is_left_over() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let pages = cli::pages::pages();
    for folder in ["controls", "frameworks"] {
        for entry in fs::read_dir(docs.join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(pages.contains_key(&name), "run `cargo xtask codegen`; left over: {name}");
        }
    }
}
