//! `cargo xtask picture`: the pictures of the README, made from real runs on the example.

use std::path::{Path, PathBuf};
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
    let Some(browser) = browser() else {
        bail!("the pictures of pages need a browser: put Chromium on the PATH, or name it in PLIMSOLL_BROWSER");
    };
    draw_page(root, &browser, "network list examples/shop", ("map", "map.svg"))?;
    draw_page(root, &browser, "paths list examples/shop --from internet", ("graph", "explorer.svg"))?;
    Ok(ExitCode::SUCCESS)
}

/// A browser, if there is one.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PLIMSOLL_BROWSER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let known = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|folder| known.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// Lets a browser draw a page that the program writes, and keeps the picture with that id, with the colours of the page.
fn draw_page(root: &Path, browser: &Path, command: &str, (id, name): (&str, &str)) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("plimsoll-picture-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let page = folder.join("page.html");
    Command::new(root.join("target/debug/plimsoll"))
        .current_dir(root)
        .args(command.split(' '))
        .args(["--output", &format!("html={}", page.display())])
        .output()
        .context("cannot run the program")?;
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--window-size=1440,1000",
            "--virtual-time-budget=10000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .context("cannot run the browser")?;
    let text = String::from_utf8(output.stdout).context("the browser did not print text")?;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    let part = |before: &str, after: &str| {
        let rest = &text[text.find(before)?..];
        Some(&rest[..rest.find(after)?])
    };
    let style = part("<style>", "</style>").context("the page has no style")?;
    let picture = part(&format!("<svg id=\"{id}\""), "</svg>").with_context(|| format!("the page has no `{id}`"))?;
    let (open, inside) = picture.split_once('>').context("the picture is not closed")?;
    let open =
        open.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" style=\"background: var(--ground)\"", 1);
    let inside = inside.replace("&nbsp;", "&#160;");
    // What a style says of the page itself says nothing here.
    let rules: Vec<&str> =
        style.trim_start_matches("<style>").lines().filter(|line| !line.starts_with("body")).collect();
    let text = format!("{open}><style>{}</style>{inside}</svg>\n", rules.join("\n"));
    let path = root.join("docs/images").join(name);
    std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
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
