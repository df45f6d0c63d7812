//! Values before rendering: plain trees that threads may share, each node with the place where it is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::document::Span;
use model::provenance::SourceFile;

/// Where a node is written.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes in it.
    pub span: Span,
}

/// A value and its place. What the command line sets has none.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is.
    pub tree: Tree,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A mapping by its keys.
pub type Table = BTreeMap<Arc<str>, Node>;

/// What a value is, with the types that Helm gives to values.
#[derive(Clone, Debug, Default)]
pub enum Tree {
    /// `null`.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number, as `--set` makes it.
    Int(i64),
    /// A number, as files make it: through JSON all are floats.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Table),
}

impl Node {
    /// A value that no file holds.
    pub fn new(tree: Tree) -> Self {
        Self { tree, place: None }
    }

    /// The mapping that this is.
    pub fn as_map(&self) -> Option<&Table> {
        match &self.tree {
            Tree::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Text that no file holds.
    pub fn text(text: &str) -> Self {
        Self::new(Tree::Text(Arc::from(text)))
    }

    /// The text that this is.
    pub fn as_text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.tree, Tree::Null)
    }
}
