//! `printf`, `print` and `println`. Source: Go, package `fmt`.

use super::numbers::float_format;
use super::quote::{push_quoted, quoted, quoted_ascii};
use super::values::{DEEPEST, display, display_into, go_syntax, kube_version_struct, object_text};
use crate::text::{Builder, NOWHERE, Text, bytes};
use crate::value::{Kind, Object, Value, Width};

/// Widths and precisions that Go takes.
const LARGEST: i64 = 1_000_000;

#[derive(Clone, Copy, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printf<'a> {
    format: &'a str,
    text: &'a Text,
    taint: u32,
    arguments: &'a [Value],
    next: usize,
    reordered: bool,
    good_index: bool,
    out: &'a mut Builder,
}

/// Formats `arguments` by `format`, a string of a value with `taint`.
pub(crate) fn printf(format: &Text, taint: u32, arguments: &[Value], out: &mut Builder) {
    let mut state = Printf { format, text: format, taint, arguments, next: 0, reordered: false, good_index: true, out };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'%', &format.as_bytes()[at..]) {
        state.out.push_range(format, at..at + found, taint, NOWHERE);
        at = state.verb(at + found + 1);
    }
    state.out.push_range(format, at..format.len(), taint, NOWHERE);
    state.extra();
}

impl Printf<'_> {
    fn plain(&mut self, text: &str) {
        self.out.push(text, NOWHERE, self.taint);
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.format.as_bytes().get(at).copied()
    }

    /// One verb, from behind the `%`; returns where the text goes on.
    fn verb(&mut self, mut at: usize) -> usize {
        let mut flags = Flags::default();
        self.good_index = true;
        let mut after_index = false;
        while let Some(c) = self.byte(at) {
            match c {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            at += 1;
        }
        self.index(&mut at, &mut after_index);
        if self.byte(at) == Some(b'*') {
            at += 1;
            match self.star() {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.plain("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            flags.width = self.number(&mut at);
            if after_index && flags.width.is_some() {
                self.good_index = false;
            }
        }
        if self.byte(at) == Some(b'.') {
            at += 1;
            if after_index {
                self.good_index = false;
            }
            self.index(&mut at, &mut after_index);
            if self.byte(at) == Some(b'*') {
                at += 1;
                match self.star() {
                    Some(precision) if precision >= 0 => flags.precision = Some(precision as usize),
                    Some(_) => {}
                    None => self.plain("%!(BADPREC)"),
                }
                after_index = false;
            } else {
                flags.precision = Some(self.number(&mut at).unwrap_or(0));
            }
        }
        if !after_index {
            self.index(&mut at, &mut after_index);
        }
        let Some(verb) = self.format[at..].chars().next() else {
            self.plain("%!(NOVERB)");
            return at;
        };
        at += verb.len_utf8();
        match self.arguments.get(self.next) {
            _ if verb == '%' => self.plain("%"),
            _ if !self.good_index => self.plain(&format!("%!{verb}(BADINDEX)")),
            None => self.plain(&format!("%!{verb}(MISSING)")),
            Some(value) => {
                self.next += 1;
                self.argument(value, verb, flags);
            }
        }
        at
    }

    fn number(&self, at: &mut usize) -> Option<usize> {
        let start = *at;
        while self.byte(*at).is_some_and(|b| b.is_ascii_digit()) {
            *at += 1;
        }
        let number: i64 = self.format[start..*at].parse().ok()?;
        (number <= LARGEST).then_some(number as usize)
    }

    fn star(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.next)?;
        self.next += 1;
        match value.kind {
            Kind::Int(number, _) if number.abs() <= LARGEST => Some(number),
            _ => None,
        }
    }

    /// `[n]`: which argument is next.
    fn index(&mut self, at: &mut usize, found: &mut bool) {
        if self.byte(*at) != Some(b'[') {
            return;
        }
        self.reordered = true;
        *found = true;
        let Some(length) = self.format[*at..].find(']') else {
            self.good_index = false;
            *at += 1;
            return;
        };
        let number = self.format[*at + 1..*at + length].parse::<usize>().ok();
        *at += length + 1;
        match number {
            Some(number) if (1..=self.arguments.len()).contains(&number) => self.next = number - 1,
            _ => self.good_index = false,
        }
    }

    fn argument(&mut self, value: &Value, verb: char, flags: Flags) {
        let is_plain = flags.width.is_none() && flags.precision.is_none();
        match (&value.kind, verb) {
            (Kind::Text(text), 's' | 'v') if is_plain && !flags.sharp => {
                self.out.push_text(text, value.taint, NOWHERE);
            }
            (Kind::List(_) | Kind::Map(_), 'v') if is_plain && !flags.sharp => {
                display_into(value, self.out, NOWHERE);
            }
            // Go prints nothing as nothing even in its own syntax, unless it is in something.
            (Kind::Nil, 'v') => self.out.push(&pad("<nil>".to_owned(), flags), NOWHERE, value.taint),
            _ => {
                let text = format_value(value, verb, flags, 0);
                self.out.push(&text, NOWHERE, value.taint);
            }
        }
    }

    /// Arguments that no verb asked for.
    fn extra(&mut self) {
        if self.reordered || self.next >= self.arguments.len() {
            return;
        }
        self.plain("%!(EXTRA ");
        for (index, value) in self.arguments[self.next..].iter().enumerate() {
            if index > 0 {
                self.plain(", ");
            }
            if value.is_nil() {
                self.plain("<nil>");
            } else {
                self.plain(value.type_name());
                self.plain("=");
                display_into(value, self.out, NOWHERE);
            }
        }
        self.plain(")");
        let _ = self.text;
    }
}

fn pad(text: String, flags: Flags) -> String {
    let Some(width) = flags.width else { return text };
    let length = text.chars().count();
    if length >= width {
        return text;
    }
    let missing = width - length;
    if flags.minus {
        return text + &" ".repeat(missing);
    }
    let fill = if flags.zero { "0" } else { " " };
    fill.repeat(missing) + &text
}

fn bad_verb(value: &Value, verb: char) -> String {
    if value.is_nil() {
        return format!("%!{verb}(<nil>)");
    }
    format!("%!{verb}({}={})", value.type_name(), display(value))
}

fn format_value(value: &Value, verb: char, flags: Flags, depth: usize) -> String {
    if verb == 'T' {
        return pad(value.type_name().to_owned(), flags);
    }
    if verb == 'v' && flags.sharp {
        return pad(go_syntax(value, 0), flags);
    }
    if depth == DEEPEST {
        return "…".to_owned();
    }
    match &value.kind {
        Kind::Nil if verb == 'v' => pad("<nil>".to_owned(), flags),
        Kind::Nil => bad_verb(value, verb),
        Kind::Bool(truth) => match verb {
            't' | 'v' => pad(truth.to_string(), flags),
            _ => bad_verb(value, verb),
        },
        Kind::Int(number, width) => integer(*number, *width, verb, flags).unwrap_or_else(|| bad_verb(value, verb)),
        Kind::Float(number) => float(*number, verb, flags).unwrap_or_else(|| bad_verb(value, verb)),
        Kind::Text(text) => string(text, verb, flags).unwrap_or_else(|| bad_verb(value, verb)),
        Kind::Bytes(bytes) => byte_list(bytes, verb, flags),
        Kind::List(list) => {
            let items = list.items.iter().map(|item| format_value(item, verb, flags, depth + 1));
            format!("[{}]", items.collect::<Vec<_>>().join(" "))
        }
        Kind::Map(map) => {
            let entries = map.entries.borrow();
            let show = |(key, item): (&std::rc::Rc<str>, &Value)| {
                let key = format_value(&Value::text(&**key), verb, flags, depth + 1);
                format!("{key}:{}", format_value(item, verb, flags, depth + 1))
            };
            format!("map[{}]", entries.iter().map(show).collect::<Vec<_>>().join(" "))
        }
        Kind::Object(object) => object_value(value, object, verb, flags),
    }
}

fn object_value(value: &Value, object: &Object, verb: char, flags: Flags) -> String {
    let text = match object {
        Object::KubeVersion(capabilities) => kube_version_struct(capabilities),
        Object::Capabilities(_) => format!("&{}", object_text(object)),
        Object::Duration(nanoseconds) if matches!(verb, 'd' | 'x' | 'X' | 'b' | 'o' | 'c' | 'U') => {
            return integer(*nanoseconds, Width::Int64, verb, flags).unwrap_or_else(|| bad_verb(value, verb));
        }
        _ => object_text(object),
    };
    string(&text, verb, flags).unwrap_or_else(|| bad_verb(value, verb))
}

fn byte_list(data: &[u8], verb: char, flags: Flags) -> String {
    match verb {
        's' | 'x' | 'X' | 'q' => string(&crate::text::from_bytes(data), verb, flags).unwrap_or_default(),
        _ => {
            let item = |byte: &u8| integer(i64::from(*byte), Width::Uint8, verb, flags).unwrap_or_default();
            format!("[{}]", data.iter().map(item).collect::<Vec<_>>().join(" "))
        }
    }
}

fn string(text: &str, verb: char, flags: Flags) -> Option<String> {
    let cut = |text: &str| match flags.precision {
        Some(count) => text.chars().take(count).collect(),
        None => text.to_owned(),
    };
    Some(match verb {
        's' | 'v' => pad(cut(text), flags),
        'q' => {
            let text = cut(text);
            let can_backquote =
                !text.contains('`') && text.chars().all(|c| c == '\t' || (c >= ' ' && c != '\x7F' && c != '\u{FEFF}'));
            let shown = match () {
                () if flags.sharp && can_backquote => format!("`{text}`"),
                () if flags.plus => quoted_ascii(&text),
                () => quoted(&text),
            };
            pad(shown, flags)
        }
        'x' | 'X' => pad(hexadecimal(&bytes(text), verb, flags), Flags { zero: flags.zero, ..flags }),
        _ => return None,
    })
}

fn hexadecimal(data: &[u8], verb: char, flags: Flags) -> String {
    let data = &data[..flags.precision.unwrap_or(data.len()).min(data.len())];
    let prefix = if !flags.sharp {
        ""
    } else if verb == 'x' {
        "0x"
    } else {
        "0X"
    };
    let digits = |byte: &u8| if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") };
    if flags.space {
        let parts: Vec<String> = data.iter().map(|byte| format!("{prefix}{}", digits(byte))).collect();
        return parts.join(" ");
    }
    let all: String = data.iter().map(digits).collect();
    if all.is_empty() { all } else { format!("{prefix}{all}") }
}

fn integer(number: i64, width: Width, verb: char, flags: Flags) -> Option<String> {
    let is_unsigned = matches!(width, Width::Uint64 | Width::Uint8);
    let magnitude = if is_unsigned { number as u64 } else { number.unsigned_abs() };
    let negative = !is_unsigned && number < 0;
    let digits = match verb {
        'd' | 'v' => magnitude.to_string(),
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'c' => return Some(pad(character(number).to_string(), flags)),
        'q' => {
            let mut out = String::from("'");
            push_quoted(character(number), '\'', &mut out);
            out.push('\'');
            return Some(pad(out, flags));
        }
        'U' => {
            let places = flags.precision.unwrap_or(4).max(4);
            let mut out = format!("U+{magnitude:0places$X}");
            if flags.sharp && super::quote::is_printable(character(number)) {
                out.push_str(&format!(" '{}'", character(number)));
            }
            return Some(pad(out, Flags { zero: false, ..flags }));
        }
        _ => return None,
    };
    Some(signed(digits, negative, verb, flags))
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}')
}

fn signed(mut digits: String, negative: bool, verb: char, flags: Flags) -> String {
    let sign = match () {
        () if negative => "-",
        () if flags.plus => "+",
        () if flags.space => " ",
        () => "",
    };
    let mut places = flags.precision.unwrap_or(0);
    if flags.precision == Some(0) && digits == "0" {
        return pad(String::new(), Flags { zero: false, ..flags });
    }
    if flags.precision.is_none() && flags.zero && !flags.minus {
        places = flags.width.unwrap_or(0).saturating_sub(sign.len());
    }
    if digits.len() < places {
        digits = "0".repeat(places - digits.len()) + &digits;
    }
    let prefix = match verb {
        'O' => "0o",
        'b' if flags.sharp => "0b",
        'o' if flags.sharp && !digits.starts_with('0') => "0",
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        _ => "",
    };
    pad(format!("{sign}{prefix}{digits}"), Flags { zero: false, ..flags })
}

fn float(number: f64, verb: char, flags: Flags) -> Option<String> {
    let (format, precision) = match verb {
        'v' => ('g', flags.precision),
        'g' | 'G' | 'x' | 'X' => (verb, flags.precision),
        'e' | 'E' | 'f' | 'F' => (verb, Some(flags.precision.unwrap_or(6))),
        'b' => ('b', None),
        _ => return None,
    };
    let mut text = float_format(number, format, precision);
    let mut flags = flags;
    if number.is_nan() || number.is_infinite() {
        flags.zero = false;
        if number.is_infinite() && number > 0.0 && !flags.plus {
            text.remove(0);
        }
    } else if flags.plus && !text.starts_with('-') {
        text.insert(0, '+');
    }
    if flags.space && !flags.plus && !text.starts_with(['-', '+']) {
        text.insert(0, ' ');
    }
    let is_infinite = number.is_infinite();
    if is_infinite && !text.starts_with(['-', '+', ' ']) {
        text.insert(0, '+');
    }
    let signed = text.starts_with(['-', '+', ' ']);
    if flags.zero && !flags.minus && signed && flags.width.is_some_and(|width| width > text.chars().count()) {
        let (sign, rest) = text.split_at(1);
        let inner = Flags { width: flags.width.map(|width| width - 1), ..flags };
        return Some(format!("{sign}{}", pad(rest.to_owned(), inner)));
    }
    Some(pad(text, flags))
}

/// `print`: values one after another, with spaces between those of which neither is text.
pub(crate) fn sprint(values: &[Value], out: &mut Builder) {
    let is_text = |value: &Value| matches!(value.kind, Kind::Text(_));
    for (index, value) in values.iter().enumerate() {
        if index > 0 && !is_text(value) && !is_text(&values[index - 1]) {
            out.push(" ", NOWHERE, 0);
        }
        print_one(value, out);
    }
}

/// `println`: values with spaces between them, and the end of a line.
pub(crate) fn sprintln(values: &[Value], out: &mut Builder) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(" ", NOWHERE, 0);
        }
        print_one(value, out);
    }
    out.push("\n", NOWHERE, 0);
}

fn print_one(value: &Value, out: &mut Builder) {
    match &value.kind {
        Kind::Object(object) => {
            let text = object_value(value, object, 'v', Flags::default());
            out.push(&text, NOWHERE, value.taint);
        }
        _ => display_into(value, out, NOWHERE),
    }
}
