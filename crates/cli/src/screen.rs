//! The terminal: its width and abilities, and a line of progress.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use manifests::load::Progress;
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
        Some((terminal_size::Width(columns), _)) if stdout.is_terminal() => usize::from(columns).clamp(40, 160),
        _ => 100,
    };
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
pub(crate) fn with_progress<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !crate::arguments::shows_progress() {
        return work();
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| show(progress, &done));
        let result = work();
        done.store(true, Ordering::Release);
        result
    })
}

fn show(progress: &Progress, done: &AtomicBool) {
    const PATIENCE: Duration = Duration::from_millis(500);
    const STEP: Duration = Duration::from_millis(50);
    let start = Instant::now();
    let mut shown = false;
    while !done.load(Ordering::Acquire) {
        thread::sleep(STEP);
        if start.elapsed() < PATIENCE {
            continue;
        }
        let read = progress.bytes.load(Ordering::Relaxed) >> 20;
        let files = progress.files.load(Ordering::Relaxed);
        let all = progress.all_files.load(Ordering::Relaxed);
        write!(io::stderr(), "\r\x1b[Kreading: {files} of {all} files, {read} MiB").ok();
        shown = true;
    }
    if shown {
        write!(io::stderr(), "\r\x1b[K").ok();
    }
}
