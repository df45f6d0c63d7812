//! The text of block scalars, `|` and `>`.

use std::borrow::Cow;

/// The text of a block scalar, from its indicator on. The indentation is that of the first line that is not
/// empty; parsers work out a scalar with an indentation indicator (`|2`) themselves, for it counts from the parent.
///
/// Line breaks are line feeds. The last line ends with one even if the source does not: kubectl adds it before
/// it parses, and YAML 1.2 has it so.
pub fn block_text(source: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', source.as_bytes()).is_some() {
        return Cow::Owned(block_text(&source.replace("\r\n", "\n").replace('\r', "\n")).into_owned());
    }
    let Some((header, content)) = source.split_once('\n') else { return Cow::Borrowed("") };
    let folded = header.starts_with('>');
    let chomping =
        header.bytes().skip(1).take_while(|b| matches!(b, b'+' | b'-' | b'0'..=b'9')).find(|b| !b.is_ascii_digit());
    let indent = indentation(content);
    let (body, breaks) = split_trailing(content, indent);
    let mut text = String::with_capacity(content.len());
    if folded {
        fold(body, indent, &mut text);
    } else {
        join(body, indent, &mut text);
    }
    // The first break ends the last line; there is none to keep if there is no line.
    let least = usize::from(!body.is_empty());
    let kept = match chomping {
        Some(b'-') => 0,
        Some(_) => breaks.max(least),
        None => least,
    };
    (0..kept).for_each(|_| text.push('\n'));
    Cow::Owned(text)
}

/// The spaces before the first line that has something else.
fn indentation(content: &str) -> usize {
    let mut start = 0;
    let bytes = content.as_bytes();
    loop {
        let spaces = bytes[start..].iter().take_while(|&&b| b == b' ').count();
        match bytes.get(start + spaces) {
            Some(b'\n') => start += spaces + 1,
            Some(_) => return spaces,
            // Nothing but empty lines: the longest sets the indentation, and all are empty.
            None => return content.split('\n').map(str::len).max().unwrap_or(0),
        }
    }
}

/// The lines up to the last that is not empty, without its line break, and the number of breaks from there on.
fn split_trailing(content: &str, indent: usize) -> (&str, usize) {
    let mut body = content;
    let mut breaks = 0;
    loop {
        let start = memchr::memrchr(b'\n', body.as_bytes()).map_or(0, |at| at + 1);
        let line = &body[start..];
        if line.len() > indent || line.bytes().any(|b| b != b' ') {
            return (body, breaks);
        }
        if start == 0 {
            return ("", breaks);
        }
        body = &body[..start - 1];
        breaks += 1;
    }
}

fn line_text(line: &str, indent: usize) -> &str {
    // A shorter line is empty.
    line.get(indent..).unwrap_or("")
}

fn join(body: &str, indent: usize, text: &mut String) {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body.as_bytes()) {
        text.push_str(line_text(&body[start..end], indent));
        text.push('\n');
        start = end + 1;
    }
    text.push_str(line_text(&body[start..], indent));
}

/// One line break between lines becomes a space, each further one stays. All stay around lines that begin
/// with white space.
fn fold(body: &str, indent: usize, text: &mut String) {
    let mut breaks = 0;
    let mut started = false;
    let mut was_spaced = false;
    for line in body.split('\n') {
        let line = line_text(line, indent);
        if line.is_empty() {
            breaks += 1;
            continue;
        }
        let is_spaced = line.starts_with([' ', '\t']);
        let folds = started && !was_spaced && !is_spaced;
        match breaks {
            0 if folds => text.push(' '),
            _ if folds || !started => (0..breaks).for_each(|_| text.push('\n')),
            _ => (0..=breaks).for_each(|_| text.push('\n')),
        }
        text.push_str(line);
        (breaks, started, was_spaced) = (0, true, is_spaced);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, text: &str) {
        assert_eq!(block_text(source), text, "{source:?}");
    }

    #[test]
    fn reads_literal_scalars() {
        check("|\n  a\n  b\n", "a\nb\n");
        check("|-\n  a\n", "a");
        check("|+\n  a\n\n\n", "a\n\n\n");
        check("| # why\n  a\n   b\n", "a\n b\n");
        check("|\n\n  a\n\n  b\n\n", "\na\n\nb\n");
        check("|\n  a", "a\n");
        check("|+\n  a", "a\n");
        check("|", "");
        check("|\n", "");
        check("|+\n\n\n", "\n\n");
        check("|\n  a\n    \n", "a\n  \n");
        check("|\n  a\n \n", "a\n");
        check("|\n  \n  a\n", "\na\n");
        check("|\n \ta\n", "\ta\n");
        check("|\r\n a\r\n\r\n b\r\n", "a\n\nb\n");
    }

    /// Examples 8.10 to 8.12 of YAML 1.2.2 among others.
    #[test]
    fn folds_lines() {
        check(">\n  a\n  b\n", "a b\n");
        check(">-\n  a\n\n  b\n", "a\nb");
        check(
            ">\n\n  folded\n  line\n\n  next\n  line\n    * bullet\n\n    * list\n    * lines\n\n  last\n  line\n\n",
            "\nfolded line\nnext line\n  * bullet\n\n  * list\n  * lines\n\nlast line\n",
        );
        check(">+\n a\n\n b\n\n", "a\nb\n\n");
        check(">\n a\n  b\n c\n", "a\n b\nc\n");
        check(">\n a\n \tb\n c\n", "a\n\tb\nc\n");
    }
}
