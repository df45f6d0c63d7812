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
fn every_field_of_the_report_is_described() {
    let schema: serde_json::Value = serde_json::from_str(&reports::json::schema()).unwrap();
    let page = &cli::pages::pages()["report-fields.md"];
    let objects = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let fields = objects.filter_map(|object| object["properties"].as_object()).flatten();
    let mut count = 0;
    for (field, property) in fields {
        count += 1;
        let row = page.lines().find(|line| line.starts_with(&format!("| `{field}` | ")));
        let described = property["description"].as_str().is_some_and(|text| !text.is_empty());
        assert!(described && row.is_some_and(|row| !row.ends_with("|  |")), "`{field}` is not described");
    }
    assert!(count > 100, "{count} fields");
    for object in schema["$defs"].as_object().unwrap().values() {
        assert!(object["description"].as_str().is_some_and(|text| !text.is_empty()), "{object}");
    }
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
