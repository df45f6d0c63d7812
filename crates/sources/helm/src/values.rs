//! Values: what a chart says by default, and what files and the command line say instead.

mod coalesce;
mod read;
mod strvals;
mod tree;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use model::document::Span;
use model::provenance::SourceFile;

pub(crate) use coalesce::{GLOBAL, Nulls, coalesce, tables};
pub use read::ReadError;
pub(crate) use read::value as read_value;
pub use tree::{Node, Place, Table, Tree};

use strvals::{Style, parse_into};

/// Why values were refused.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// A values file is no mapping in YAML.
    #[error("failed to parse {}", path.display())]
    File {
        /// The file, as it is shown.
        path: std::path::PathBuf,
        /// Where and why.
        source: ReadError,
    },
    /// An assignment is not understood.
    #[error("failed parsing {flag} data: {message}")]
    Assignment {
        /// Such as `--set`.
        flag: &'static str,
        /// As Helm says it.
        message: String,
    },
}

/// What a user sets, in the order in which Helm applies it: files, then `--set-json`, `--set`, `--set-string`,
/// `--set-file`, `--set-literal`.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The tree so far.
    pub table: Table,
}

impl Values {
    /// Adds a values file (`-f`); later ones win.
    ///
    /// # Errors
    /// It is no YAML, or no mapping.
    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ValuesError> {
        let file = Arc::new(SourceFile { path: path.to_path_buf(), text: Arc::from(text), editable: true });
        self.add_source(&file)
    }

    /// As `add_file`, for a file that somebody else holds, or that is not to be edited.
    ///
    /// # Errors
    /// It is no YAML, or no mapping.
    pub fn add_source(&mut self, file: &Arc<SourceFile>) -> Result<(), ValuesError> {
        self.add_part(file, 0..file.text.len())
    }

    /// As `add_source`, for values that are a part of a file, such as those in a HelmRelease.
    ///
    /// # Errors
    /// It is no YAML, or no mapping.
    pub fn add_part(&mut self, file: &Arc<SourceFile>, part: Range<usize>) -> Result<(), ValuesError> {
        let table = read::table(&file.text, part, Some(file))
            .map_err(|source| ValuesError::File { path: file.path.clone(), source })?;
        read::merge(&mut self.table, table);
        Ok(())
    }

    /// Adds a tree that no file holds, such as the values in a HelmRelease; it wins over what is there.
    pub fn add_table(&mut self, table: Table) {
        read::merge(&mut self.table, table);
    }

    /// `--set`.
    ///
    /// # Errors
    /// It is not `name=value,…`.
    pub fn set(&mut self, text: &str) -> Result<(), ValuesError> {
        self.assign("--set", text, Style::Typed)
    }

    /// `--set-string`.
    ///
    /// # Errors
    /// It is not `name=value,…`.
    pub fn set_string(&mut self, text: &str) -> Result<(), ValuesError> {
        self.assign("--set-string", text, Style::Text)
    }

    /// A parameter that a file gives, as `--set` and `--set-string` do; the value is written at these bytes of it.
    ///
    /// # Errors
    /// It is not `name=value,…`.
    pub fn set_from(
        &mut self,
        text: &str,
        is_text: bool,
        file: &Arc<SourceFile>,
        part: Range<usize>,
    ) -> Result<(), ValuesError> {
        let span = Span { start: part.start as u32, end: part.end as u32 };
        let place = Some(Place { file: Arc::clone(file), span });
        let (flag, style) = if is_text { ("--set-string", Style::Text) } else { ("--set", Style::Typed) };
        let failed = |message| ValuesError::Assignment { flag, message };
        parse_into(text, style, place, &mut self.table).map_err(failed)
    }

    /// Merges others over these as Kustomize does: null takes away what is there, and says nothing itself.
    ///
    /// # Errors
    /// A value is a mapping or list here and something else there.
    pub fn merge_over(&mut self, over: Self) -> Result<(), String> {
        let message = |path| format!("`{path}` is a mapping or list in one place and something else in another");
        read::merge_over(&mut self.table, over.table).map_err(message)
    }

    /// Gives values that are written in `file` other places: those that it was made from.
    pub fn place_again(&mut self, file: &Arc<SourceFile>, place: &dyn Fn(Span) -> Option<Place>) {
        place_again(&mut self.table, file, place);
    }

    /// `--set-json`: `name=JSON,…` or a JSON object.
    ///
    /// # Errors
    /// It is neither.
    pub fn set_json(&mut self, text: &str) -> Result<(), ValuesError> {
        let failed = || ValuesError::Assignment { flag: "--set-json", message: text.to_owned() };
        let trimmed = text.trim();
        if !trimmed.starts_with('{') {
            return parse_into(text, Style::Json, None, &mut self.table).map_err(|_| failed());
        }
        let value: serde_json::Value = serde_json::from_str(trimmed).map_err(|_| failed())?;
        if let Tree::Map(map) = read::from_json(&value) {
            read::merge(&mut self.table, map);
        }
        Ok(())
    }

    /// `--set-file`: `name=path,…`; `read` gives the content of a file.
    ///
    /// # Errors
    /// It is not `name=path,…`, or `read` fails.
    pub fn set_file(&mut self, text: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<(), ValuesError> {
        self.assign("--set-file", text, Style::File(read))
    }

    /// `--set-literal`.
    ///
    /// # Errors
    /// It is not `name=value`.
    pub fn set_literal(&mut self, text: &str) -> Result<(), ValuesError> {
        self.assign("--set-literal", text, Style::Literal)
    }

    fn assign(&mut self, flag: &'static str, text: &str, style: Style<'_>) -> Result<(), ValuesError> {
        parse_into(text, style, None, &mut self.table).map_err(|message| ValuesError::Assignment { flag, message })
    }
}

fn place_again(table: &mut Table, file: &Arc<SourceFile>, place: &dyn Fn(Span) -> Option<Place>) {
    let mut open: Vec<&mut Node> = table.values_mut().collect();
    while let Some(node) = open.pop() {
        if node.place.as_ref().is_some_and(|known| Arc::ptr_eq(&known.file, file)) {
            node.place = node.place.as_ref().and_then(|known| place(known.span));
        }
        match &mut node.tree {
            Tree::List(items) => open.extend(items),
            Tree::Map(map) => open.extend(map.values_mut()),
            _ => {}
        }
    }
}

/// Reads a values file into a table, with places in `file` if there is one.
///
/// # Errors
/// It is no YAML, or no mapping.
pub fn read_table(text: &str, file: Option<&Arc<SourceFile>>) -> Result<Table, ReadError> {
    read::table(text, 0..text.len(), file)
}

/// A value of a document that is read already, such as `spec.values` of a HelmRelease, without places.
///
/// # Errors
/// A key in it cannot be the name of a field.
pub fn of_document(value: model::document::Value<'_>) -> Result<Node, String> {
    read::of_document(value)
}

/// The mapping at a path with dots.
pub(crate) fn lookup_table<'t>(values: &'t Table, path: &str) -> Option<&'t Table> {
    path.split('.').try_fold(values, |table, key| table.get(key)?.as_map())
}

/// The value at a path with dots, if it is no mapping.
pub(crate) fn lookup_value<'t>(values: &'t Table, path: &str) -> Option<&'t Node> {
    let (table, key) = match path.rsplit_once('.') {
        Some((table, key)) => (lookup_table(values, table)?, key),
        None => (values, path),
    };
    table.get(key).filter(|node| node.as_map().is_none())
}

/// The name of the type that Go gives to a value.
pub(crate) fn go_type(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "<nil>",
        Tree::Bool(_) => "bool",
        Tree::Int(_) => "int64",
        Tree::Float(_) => "float64",
        Tree::Text(_) => "string",
        Tree::List(_) => "[]interface {}",
        Tree::Map(_) => "map[string]interface {}",
    }
}

/// A value as Go prints it with `%v`.
pub(crate) fn go_text(tree: &Tree) -> String {
    let mut out = String::new();
    write_go(tree, &mut out);
    out
}

fn write_go(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Null => out.push_str("<nil>"),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Tree::Int(value) => out.push_str(&value.to_string()),
        Tree::Float(value) => out.push_str(&crate::format::float_g(*value)),
        Tree::Text(text) => out.push_str(text),
        Tree::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_go(&item.tree, out);
            }
            out.push(']');
        }
        Tree::Map(map) => {
            out.push_str("map[");
            for (index, (key, node)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write_go(&node.tree, out);
            }
            out.push(']');
        }
    }
}
