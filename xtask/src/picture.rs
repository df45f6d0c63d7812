//! `cargo xtask picture`: the pictures of the README, made from real runs on the example.

use std::path::Path;
use std::process::{Command, ExitCode};

use anstyle_svg::Term;
use anyhow::{Context as _, Result, bail};

use crate::arguments::{Arguments, cargo};

/// So many lines of the run are in the picture: the first, and the closing ones.
const FIRST: usize = 44;
const LAST: usize = 8;

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository");
    let built = cargo()
        .current_dir(root)
        .args(["build", "--quiet", "--package", "cli"])
        .status()
        .context("cannot run `cargo`")?;
    if !built.success() {
        bail!("the program does not build");
    }
    draw(root, "scan examples/shop", "scan.svg")?;
    draw(root, "paths list examples/shop --from internet", "paths.svg")?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the program and writes what it prints as a picture.
fn draw(root: &Path, command: &str, name: &str) -> Result<()> {
    let output = Command::new(root.join("target/debug/plimsoll"))
        .current_dir(root)
        .args(command.split(' '))
        .args(["--color", "always"])
        .env("LC_ALL", "C.UTF-8")
        .output()
        .context("cannot run the program")?;
    let text = String::from_utf8(output.stdout).context("the program did not print text")?;
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let shown = if lines.len() > FIRST + LAST {
        let last = &lines[lines.len() - LAST..];
        format!("{}\n\u{1b}[2m…\u{1b}[0m\n\n{}", lines[..FIRST].join("\n"), last.join("\n"))
    } else {
        lines.join("\n")
    };
    let picture =
        Term::new().min_width_px(900).render_svg(&format!("\u{1b}[2m$\u{1b}[0m plimsoll {command}\n{shown}\n"));
    let path = root.join("docs/images").join(name);
    std::fs::create_dir_all(path.parent().expect("a picture is in a folder"))?;
    std::fs::write(&path, picture).with_context(|| format!("cannot write `{}`", path.display()))
}
