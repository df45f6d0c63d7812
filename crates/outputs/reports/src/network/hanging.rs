//! Lines that are no longer than the screen is wide: what goes on below is indented.

use std::io::{self, Write};

use crate::text::Terminal;
use crate::text::terminal::hang;

/// Writes a text, what does not fit below it; each line as `paint` paints it.
pub(super) fn write_hanging(
    text: &str,
    indent: usize,
    terminal: Terminal,
    paint: &dyn Fn(&str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in hang(text, indent, terminal.width) {
        let words = line.trim_start();
        writeln!(out, "{}{}", &line[..line.len() - words.len()], paint(words))?;
    }
    Ok(())
}

/// The same without paint.
pub(super) fn write_plain(text: &str, indent: usize, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    write_hanging(text, indent, terminal, &str::to_owned, out)
}

/// The same behind a mark, which has a column and a space.
pub(super) fn write_marked(
    mark: &str,
    text: &str,
    indent: usize,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, line) in hang(text, indent + 2, terminal.width).iter().enumerate() {
        match number {
            0 => writeln!(out, "{}{mark} {}", " ".repeat(indent), line.trim_start())?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
