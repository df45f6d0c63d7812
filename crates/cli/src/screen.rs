//! The terminal: its width and abilities, and a line of progress.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reports::text::Terminal;

/// What text is written to: standard output, or a file if `to_file`.
pub(crate) enum Destination {
    /// Standard output.
    Stdout,
    /// A file.
    File,
}

/// The terminal behind a destination.
pub(crate) fn terminal(destination: &Destination) -> Terminal {
    let stdout = io::stdout();
    let colour = match destination {
        Destination::Stdout => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
        Destination::File => false,
    };
    let width = match terminal_size::terminal_size() {
        Some((terminal_size::Width(columns), _)) if stdout.is_terminal() => usize::from(columns),
        // Who writes to a file or a log may say how wide it is read.
        _ => std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100),
    };
    let width = width.clamp(40, 160);
    Terminal { width, colour, unicode: has_unicode() }
}

/// Whether the locale is one of UTF-8; a file or a pipe without a locale is taken to be.
fn has_unicode() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        !io::stdout().is_terminal() || locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Runs `work`, and shows on standard error how far it has come if that is a terminal and it takes long.
pub(crate) fn with_progress<T>(describe: &(dyn Fn() -> String + Sync), work: impl FnOnce() -> T) -> T {
    if !crate::arguments::shows_progress() {
        return work();
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| show(describe, &done));
        let result = work();
        done.store(true, Ordering::Release);
        result
    })
}

/// Says something in between, on a line of its own.
pub(crate) fn notice(text: &str) {
    if crate::arguments::shows_progress() {
        write!(io::stderr(), "\r\x1b[K").ok();
    }
    anstream::eprintln!("{text}");
}

/// How far the reading of files has come.
pub(crate) fn files(progress: &manifests::load::Progress) -> String {
    let read = progress.bytes.load(Ordering::Relaxed) >> 20;
    let files = progress.files.load(Ordering::Relaxed);
    let all = progress.all_files.load(Ordering::Relaxed);
    format!("reading: {files} of {all} files, {read} MiB")
}

/// How far the reading of a cluster has come.
pub(crate) fn objects(progress: &cluster::load::Progress) -> String {
    format!("reading: {} objects", progress.objects.load(Ordering::Relaxed))
}

fn show(describe: &(dyn Fn() -> String + Sync), done: &AtomicBool) {
    const PATIENCE: Duration = Duration::from_millis(500);
    const STEP: Duration = Duration::from_millis(50);
    let start = Instant::now();
    let mut shown = false;
    while !done.load(Ordering::Acquire) {
        thread::sleep(STEP);
        if start.elapsed() < PATIENCE {
            continue;
        }
        write!(io::stderr(), "\r\x1b[K{}", describe()).ok();
        shown = true;
    }
    if shown {
        write!(io::stderr(), "\r\x1b[K").ok();
    }
}
