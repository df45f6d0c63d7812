//! What the text is written to: its width, its characters, its colours.

use anstyle::{AnsiColor, Effects, Style};
use model::severity::Severity;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What the text is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether colours are written.
    pub colour: bool,
    /// Whether characters beyond ASCII are written.
    pub unicode: bool,
}

impl Terminal {
    /// `text` in a style, if there are colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// `text` as something of little weight.
    pub fn dim(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::DIMMED), text)
    }

    /// `text` as something of weight.
    pub fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// The mark of Plimsoll.
    pub fn logo(&self) -> &'static str {
        if self.unicode { "⦵" } else { "(-)" }
    }

    /// The mark of what was not seen.
    pub fn unseen(&self) -> &'static str {
        if self.unicode { "◌" } else { "?" }
    }

    /// The mark of what is as it should be.
    pub fn passed(&self) -> &'static str {
        if self.unicode { "✓" } else { "-" }
    }

    /// The mark of a severity, without colour.
    pub fn mark(&self, severity: Severity) -> &'static str {
        if !self.unicode {
            return match severity {
                Severity::Critical => "C",
                Severity::High => "H",
                Severity::Medium => "M",
                Severity::Low => "L",
                Severity::Info => "I",
            };
        }
        match severity {
            Severity::Critical => "▲▲",
            Severity::High => "▲",
            Severity::Medium => "◆",
            Severity::Low => "▽",
            Severity::Info => "·",
        }
    }

    /// What stands for what was cut away.
    pub fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// `text` cut to `width` columns, its beginning kept.
    pub fn cut(&self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let mut room = width.saturating_sub(self.ellipsis().width());
        let mut out = String::new();
        for c in text.chars() {
            let columns = c.width().unwrap_or(0);
            if columns > room {
                break;
            }
            room -= columns;
            out.push(c);
        }
        out + self.ellipsis()
    }

    /// A path cut to `width` columns, its end kept: what is cut away ends at a folder where a whole name fits.
    pub fn cut_path(&self, path: &str, width: usize) -> String {
        if path.width() <= width {
            return path.to_owned();
        }
        let ends = path.match_indices('/').map(|(at, _)| &path[at..]);
        let kept = ends.into_iter().find(|end| self.ellipsis().width() + end.width() <= width);
        kept.map_or_else(|| self.cut_front(path, width), |end| format!("{}{end}", self.ellipsis()))
    }

    /// `text` cut to `width` columns, its end kept.
    pub fn cut_front(&self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let mut room = width.saturating_sub(self.ellipsis().width());
        let mut kept = Vec::new();
        for c in text.chars().rev() {
            let columns = c.width().unwrap_or(0);
            if columns > room {
                break;
            }
            room -= columns;
            kept.push(c);
        }
        kept.push('…');
        let out: String = kept.into_iter().rev().collect();
        if self.unicode { out } else { out.replace('…', "...") }
    }
}

/// The style of a severity, in the 16 colours of the user's theme.
pub fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Magenta.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low => AnsiColor::Blue.on_default().bold(),
        Severity::Info => Style::new().effects(Effects::DIMMED),
    }
}

/// `text` without anything that a terminal would act upon: control characters become visible ones, and so do
/// the marks that turn the direction of writing.
pub fn sanitize(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\u{7f}' => '␡',
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => '�',
            _ => c,
        })
        .collect()
}

/// Words in lines of at most `width` columns. Words are never broken, and neither are short commands in backticks.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    fill(words(text, width), " ", width)
}

/// What is never broken, with `gap` between, in lines of at most `width` columns.
pub fn fill(items: impl IntoIterator<Item = String>, gap: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.width() + gap.width() + item.width() <= width => {
                line.push_str(gap);
                line.push_str(&item);
            }
            _ => lines.push(item),
        }
    }
    lines
}

/// The line indented by `indent`; what goes beyond `width` goes on below, indented by two more.
pub fn hang(text: &str, indent: usize, width: usize) -> Vec<String> {
    let lines = wrap(text, width.saturating_sub(indent + 2));
    // The first line has the room that the others need for their indentation.
    let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let longer = rest.first().map(|next| format!("{first} {next}")).filter(|line| line.width() + indent <= width);
    let (first, rest) = longer.map_or((first.to_owned(), rest), |line| (line, &rest[1..]));
    let rest = rest.iter().map(|line| " ".repeat(indent + 2) + line);
    std::iter::once(" ".repeat(indent) + &first).chain(rest).collect()
}

/// What stands together in a line: words, and what is in backticks, if it is no longer than half of one.
fn words(text: &str, width: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in text.split_whitespace() {
        let has_end = word.matches('`').count() % 2 == 1;
        match words.last_mut() {
            Some(last) if is_open && last.width() + 1 + word.width() <= width / 2 => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        is_open ^= has_end;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Terminal = Terminal { width: 80, colour: false, unicode: true };

    #[test]
    fn nothing_that_a_terminal_acts_upon_is_left() {
        let text = sanitize("a\u{1b}[31mred\n\u{9b}x\u{202e}y\u{7f}");
        assert_eq!(text, "a␛[31mred␊�x�y␡");
    }

    #[test]
    fn cut_texts_say_so_and_fit() {
        assert_eq!(TERMINAL.cut("payments", 5), "paym…");
        assert_eq!(TERMINAL.cut_front("a/b/payments.yaml", 8), "…ts.yaml");
        assert_eq!(TERMINAL.cut("支払い", 5), "支払…");
        assert_eq!(TERMINAL.cut_path("base/payments/api.yaml:12", 15), "…/api.yaml:12");
        assert_eq!(TERMINAL.cut_path("base/payments-of-all.yaml:12", 12), "…all.yaml:12");
    }

    #[test]
    fn lines_end_between_words_and_commands_stay_whole() {
        assert_eq!(wrap("Run `plimsoll fix` now", 14), ["Run `plimsoll", "fix` now"]);
        assert_eq!(wrap("So run `rm -r x` at once", 20), ["So run `rm -r x` at", "once"]);
        assert_eq!(wrap("So say run `rm -r x` at once", 20), ["So say run `rm -r x`", "at once"]);
        assert_eq!(wrap("So say it: `rm -r x` at", 18), ["So say it:", "`rm -r x` at"]);
    }

    #[test]
    fn what_goes_beyond_the_width_hangs() {
        assert_eq!(hang("one two three four", 2, 11), ["  one two", "    three", "    four"]);
        assert_eq!(hang("one two", 2, 9), ["  one two"]);
        assert_eq!(hang("a/long/path.yaml:1 is not read", 2, 12), ["  a/long/path.yaml:1", "    is not", "    read"]);
    }
}
