//! Prints what `kustomize build FOLDER` prints; `cargo xtask bench` measures it beside the real one.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use kustomize::{Disk, Options, build};

fn main() -> ExitCode {
    let mut errors = std::io::stderr();
    let Some(entry) = std::env::args().nth(1) else {
        let _ = writeln!(errors, "usage: build FOLDER");
        return ExitCode::from(3);
    };
    let entry = Path::new(&entry);
    let built = Disk::new(Path::new("/"))
        .map_err(|error| error.to_string())
        .and_then(|files| build(entry, &files, &Options::default()).map_err(|error| error.to_string()));
    match built {
        Ok(build) => match std::io::stdout().write_all(build.rendered.text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(message) => {
            let _ = writeln!(errors, "{message}");
            ExitCode::FAILURE
        }
    }
}
