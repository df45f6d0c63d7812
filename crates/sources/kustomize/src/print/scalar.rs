//! What a scalar's text allows: unquoted, in single quotes, in a block.
//! Source: `yaml_emitter_analyze_scalar` of `go.yaml.in/yaml/v2`.

/// What is allowed for a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowed {
    pub several_lines: bool,
    pub plain: bool,
    pub single: bool,
    pub block: bool,
}

/// What ends a line for the emitter.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_printable(c: char) -> bool {
    match c {
        '\n' | ' '..='~' => true,
        '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => false,
        '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' => true,
        // What needs four bytes is escaped.
        _ => false,
    }
}

/// Whether text may stand without quotes as a value.
pub(crate) fn is_plain_in_block(text: &str) -> bool {
    Allowed::of(text).plain
}

#[derive(Default)]
struct Seen {
    leading_space: bool,
    leading_break: bool,
    trailing_space: bool,
    trailing_break: bool,
    space_after_break: bool,
    break_after_space: bool,
    breaks: bool,
    special: bool,
    indicators: bool,
}

impl Allowed {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self { several_lines: false, plain: true, single: true, block: false };
        }
        let seen = Seen::of(text);
        let none = seen.break_after_space || seen.special;
        let at_ends = seen.leading_space || seen.leading_break || seen.trailing_space || seen.trailing_break;
        Self {
            several_lines: seen.breaks,
            plain: !(none || at_ends || seen.space_after_break || seen.breaks || seen.indicators),
            single: !(none || seen.space_after_break),
            block: !(none || seen.trailing_space),
        }
    }
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Self { indicators: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        let (mut after_blank, mut after_space, mut after_break) = (true, false, false);
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let before_blank = matches!(text.as_bytes().get(end), None | Some(b' ' | b'\t'));
            seen.indicators |= is_indicator(c, at == 0, before_blank, after_blank);
            seen.special |= !is_printable(c);
            let (is_first, is_last) = (at == 0, end == text.len());
            if c == ' ' {
                seen.leading_space |= is_first;
                seen.trailing_space |= is_last;
                seen.space_after_break |= after_break;
            } else if is_break(c) {
                seen.breaks = true;
                seen.leading_break |= is_first;
                seen.trailing_break |= is_last;
                seen.break_after_space |= after_space;
            }
            (after_space, after_break) = (c == ' ', is_break(c));
            after_blank = c == ' ' || c == '\t' || c == '\0' || is_break(c);
        }
        seen
    }
}

/// Whether the character means something to YAML in an unquoted scalar of a block.
fn is_indicator(c: char, is_first: bool, before_blank: bool, after_blank: bool) -> bool {
    match c {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' if is_first => {
            true
        }
        '?' | '-' if is_first => before_blank,
        ':' => before_blank,
        '#' => after_blank,
        _ => false,
    }
}
