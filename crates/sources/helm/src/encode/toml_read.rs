//! Reading TOML 1.0 into values: whole numbers are `int64`, times are times.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::value::{Entries, Object, Value};

/// Tables and lists are nested no deeper.
const DEEPEST: usize = 200;

/// A table under construction.
#[derive(Default)]
struct Table(BTreeMap<String, Item>);

enum Item {
    Value(Value),
    Table(Table),
    Tables(Vec<Table>),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// The value that a text spells; the error is in the words of the library.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut root = Table::default();
    let mut current: Vec<String> = Vec::new();
    loop {
        reader.skip_lines();
        let Some(c) = reader.peek() else { return Ok(finish(root)) };
        if c == '[' {
            current = reader.header(&mut root)?;
        } else {
            let path = reader.key_path()?;
            reader.expect('=')?;
            reader.skip_space();
            let value = reader.value()?;
            let full: Vec<String> = current.iter().cloned().chain(path).collect();
            let table = descend(&mut root, &full[..full.len() - 1]).ok_or_else(|| reader.defined(&full))?;
            if table.0.insert(full[full.len() - 1].clone(), Item::Value(value)).is_some() {
                return Err(reader.defined(&full));
            }
        }
        reader.end_of_line()?;
    }
}

fn finish(table: Table) -> Value {
    let convert = |item| match item {
        Item::Value(value) => value,
        Item::Table(table) => finish(table),
        Item::Tables(tables) => Value::list(tables.into_iter().map(finish).collect()),
    };
    Value::map(table.0.into_iter().map(|(key, item)| (Rc::from(key), convert(item))).collect())
}

/// The table at a path, made where it is not there; `None` where something else is.
fn descend<'t>(root: &'t mut Table, path: &[String]) -> Option<&'t mut Table> {
    let mut table = root;
    for key in path {
        table = match table.0.entry(key.clone()).or_insert_with(|| Item::Table(Table::default())) {
            Item::Table(table) => table,
            Item::Tables(tables) => tables.last_mut()?,
            Item::Value(_) => return None,
        };
    }
    Some(table)
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn line(&self) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.text.as_bytes()[..self.at.min(self.text.len())]).count()
    }

    fn error(&self, message: impl std::fmt::Display) -> String {
        format!("toml: line {}: {message}", self.line())
    }

    fn defined(&self, path: &[String]) -> String {
        self.error(format!("Key '{}' has already been defined.", path.join(".")))
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn skip_comment(&mut self) {
        if self.peek() == Some('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn skip_lines(&mut self) {
        loop {
            let before = self.at;
            self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
            self.skip_comment();
            if self.at == before {
                return;
            }
        }
    }

    fn end_of_line(&mut self) -> Result<(), String> {
        self.skip_space();
        self.skip_comment();
        match self.peek() {
            None | Some('\n') => Ok(()),
            Some('\r') if self.rest().starts_with("\r\n") => Ok(()),
            Some(c) => Err(self.error(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {c:?} instead"
            ))),
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        self.skip_space();
        match self.peek() {
            Some(c) if c == wanted => {
                self.at += c.len_utf8();
                Ok(())
            }
            Some(c) => Err(self.error(format!("expected '{wanted}' but found {c:?}"))),
            None => Err(self.error("unexpected EOF")),
        }
    }

    fn header(&mut self, root: &mut Table) -> Result<Vec<String>, String> {
        self.expect('[')?;
        let is_list = self.peek() == Some('[');
        if is_list {
            self.expect('[')?;
        }
        let path = self.key_path()?;
        self.expect(']')?;
        if is_list {
            self.expect(']')?;
        }
        let (last, before) = path.split_last().ok_or_else(|| self.error("unexpected EOF"))?;
        let parent = descend(root, before).ok_or_else(|| self.defined(&path))?;
        let entry = parent.0.entry(last.clone());
        match (
            entry.or_insert_with(|| if is_list { Item::Tables(Vec::new()) } else { Item::Table(Table::default()) }),
            is_list,
        ) {
            (Item::Tables(tables), true) => tables.push(Table::default()),
            (Item::Table(_), false) => {}
            _ => return Err(self.defined(&path)),
        }
        Ok(path)
    }

    fn key_path(&mut self) -> Result<Vec<String>, String> {
        let mut path = Vec::new();
        loop {
            self.skip_space();
            path.push(self.key()?);
            if path.len() > DEEPEST {
                return Err(self.error("keys are nested too deep"));
            }
            self.skip_space();
            if self.peek() != Some('.') {
                return Ok(path);
            }
            self.at += 1;
        }
    }

    fn key(&mut self) -> Result<String, String> {
        match self.peek() {
            Some('"') => self.basic(),
            Some('\'') => self.literal(),
            _ => {
                let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                let length = self.rest().find(|c| !is_bare(c)).unwrap_or(self.rest().len());
                if length == 0 {
                    let found = self.peek().map_or("EOF".to_owned(), |c| format!("{c:?}"));
                    return Err(self.error(format!("expected a key but found {found}")));
                }
                let key = self.rest()[..length].to_owned();
                self.at += length;
                Ok(key)
            }
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("values are nested too deep"));
        }
        let value = match self.peek() {
            Some('"') => Value::text(self.basic()?),
            Some('\'') => Value::text(self.literal()?),
            Some('[') => self.list()?,
            Some('{') => self.inline_table()?,
            Some(_) => self.plain()?,
            None => return Err(self.error("unexpected EOF; expected value")),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, String> {
        self.expect('[')?;
        let mut items = Vec::new();
        loop {
            self.skip_lines();
            if self.peek() == Some(']') {
                break;
            }
            items.push(self.value()?);
            self.skip_lines();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => break,
                _ => return Err(self.error("expected a comma (',') or array terminator (']')")),
            }
        }
        self.at += 1;
        Ok(Value::list(items))
    }

    fn inline_table(&mut self) -> Result<Value, String> {
        self.expect('{')?;
        let mut table = Table::default();
        self.skip_space();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(Value::map(Entries::new()));
        }
        loop {
            let path = self.key_path()?;
            self.expect('=')?;
            self.skip_space();
            let value = self.value()?;
            let parent = descend(&mut table, &path[..path.len() - 1]).ok_or_else(|| self.defined(&path))?;
            parent.0.insert(path[path.len() - 1].clone(), Item::Value(value));
            self.skip_space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => break,
                _ => return Err(self.error("expected a comma or an inline table terminator '}'")),
            }
        }
        self.at += 1;
        Ok(finish(table))
    }

    fn literal(&mut self) -> Result<String, String> {
        self.string("'''", '\'').map(|(text, _)| text)
    }

    fn basic(&mut self) -> Result<String, String> {
        let (text, is_long) = self.string("\"\"\"", '"')?;
        self.unescape(&text, is_long)
    }

    /// What stands between quotes, and whether there are three.
    fn string(&mut self, long: &str, quote: char) -> Result<(String, bool), String> {
        let rest = self.rest();
        let escapes = quote == '"';
        let is_long = rest.starts_with(long);
        let start = if is_long { 3 } else { 1 };
        let inner = &rest[start..];
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' if escapes => {
                    chars.next();
                }
                '\n' if !is_long => return Err(self.error("strings cannot contain newlines")),
                _ if c == quote && !is_long => {
                    self.at += start + at + 1;
                    return Ok((inner[..at].to_owned(), false));
                }
                _ if c == quote && inner[at..].starts_with(long) => {
                    // Up to two quotes may stand before the end.
                    let extra = inner[at + 3..].chars().take(2).take_while(|c| *c == quote).count();
                    self.at += start + at + 3 + extra;
                    let text = &inner[..at + extra];
                    let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
                    return Ok((text.to_owned(), true));
                }
                _ => {}
            }
        }
        Err(self.error(format!("unexpected EOF; expected '{quote}'")))
    }

    fn unescape(&self, text: &str, is_long: bool) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let c = after.chars().next().unwrap_or(' ');
            let simple = match c {
                'b' => '\x08',
                't' => '\t',
                'n' => '\n',
                'f' => '\x0C',
                'r' => '\r',
                'e' => '\x1B',
                '"' => '"',
                '\\' => '\\',
                'u' | 'U' => {
                    let length = if c == 'u' { 4 } else { 8 };
                    let code = after.get(1..=length).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                    let c = code.and_then(char::from_u32).ok_or_else(|| self.error("invalid unicode escape"))?;
                    out.push(c);
                    rest = &after[1 + length..];
                    continue;
                }
                _ if is_long && after.trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                    rest = after.trim_start();
                    continue;
                }
                _ => return Err(self.error(format!("invalid escape character {c:?}"))),
            };
            out.push(simple);
            rest = &after[c.len_utf8()..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Numbers, booleans and times.
    fn plain(&mut self) -> Result<Value, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '.' | ':');
        let mut length = self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let date = &self.rest()[..length];
        let is_date = date.len() == 10 && date.as_bytes().get(4) == Some(&b'-');
        let after = &self.rest()[length..];
        if is_date && after.starts_with(' ') && after[1..].starts_with(|c: char| c.is_ascii_digit()) {
            length += 1 + after[1..].find(|c| !is_part(c)).unwrap_or(after.len() - 1);
        }
        let text = &self.rest()[..length];
        let value = scalar(text).ok_or_else(|| self.error(format!("expected value but found {text:?} instead")))?;
        self.at += length;
        Ok(value)
    }
}

fn scalar(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::bool(true)),
        "false" => return Some(Value::bool(false)),
        "inf" | "+inf" => return Some(Value::float(f64::INFINITY)),
        "-inf" => return Some(Value::float(f64::NEG_INFINITY)),
        "nan" | "+nan" | "-nan" => return Some(Value::float(f64::NAN)),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        return None;
    }
    let digits = text.trim_start_matches(['+', '-']);
    let is_padded = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if !is_padded || digits.as_bytes().get(4) == Some(&b'-') || digits.as_bytes().get(2) == Some(&b':') {
        if let Some(number) = crate::template::constants::parse_int(text) {
            return Some(Value::int64(number));
        }
        if let Some(time) = crate::functions::dates::parse_toml(text) {
            return Some(Value::object(Object::Time(time)));
        }
        let number = crate::template::constants::parse_float(text)?;
        return Some(Value::float(number));
    }
    None
}
