//! Writes the generated pages into `docs/`; with `--check` compares them and fails if one is stale.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut stale = 0;
    let pages = cli::pages::pages();
    for (name, text) in &pages {
        let path = docs.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        stale += 1;
        if !check {
            fs::create_dir_all(path.parent().expect("a page is in a folder")).expect("docs can be written");
            fs::write(&path, text).expect("docs can be written");
        }
    }
    // Pages of controls that are no more.
    for entry in fs::read_dir(docs.join("controls")).into_iter().flatten().filter_map(Result::ok) {
        let name = format!("controls/{}", entry.file_name().to_string_lossy());
        if !pages.contains_key(&name) {
            stale += 1;
            if !check {
                fs::remove_file(entry.path()).expect("docs can be written");
            }
        }
    }
    if check && stale > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
