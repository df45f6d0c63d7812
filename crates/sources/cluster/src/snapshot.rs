//! A cluster as one file (`docs/snapshot.md`): lines of JSON, compressed page by page, so that `zcat` shows them and
//! neither who writes nor who reads ever has more than a few pages in memory.

mod read;
mod redact;
mod write;

use serde::{Deserialize, Serialize};

pub use read::{ReadError, SnapshotPage, Taker, is_one, read};
pub use redact::{Names, Redaction};
pub use write::{Writer, create};

use crate::discovery::Discovery;
use crate::lists::{Scope, Wanted};

/// The version of the form. Readers refuse a greater one.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of the form.
    pub plimsoll_snapshot: u32,
    /// The program that wrote it.
    pub tool: String,
    /// What the cluster is called: the context.
    pub cluster: String,
    /// Only these namespaces were asked for, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Only objects that this selects were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Whether names were replaced.
    #[serde(default)]
    pub redacted: bool,
    /// What the server says of itself.
    pub discovery: Discovery,
}

/// The line before the objects of a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageLine {
    /// The number of the list, in the order of `lists::wanted`.
    pub(crate) list: usize,
    /// The number of the page in the list.
    pub(crate) page: u32,
    /// What is done with each object, a letter for each: `j` judged, `e` evidence of its owner, `d` drifted.
    pub(crate) decisions: String,
    /// What those that drifted differ in, in their order: kind and name of the owner, and the difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) drifts: Vec<(String, String, String)>,
}

/// Why a list is not whole, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTrouble {
    /// The number of the list.
    pub list: usize,
    /// Whether the user may not read it.
    pub forbidden: bool,
    /// What happened, without the name of the list.
    pub reason: String,
}

/// A line that is no object.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Line {
    /// Objects follow.
    Page(PageLine),
    /// What came of the list so far is void.
    Restart(usize),
    /// Everything was written.
    End(EndLine),
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EndLine {
    /// How many objects there are.
    pub(crate) objects: u64,
    /// Lists that are not whole.
    pub(crate) troubles: Vec<ListTrouble>,
}

impl Header {
    /// The lists that the snapshot has pages of.
    pub fn lists(&self) -> Vec<Wanted> {
        crate::lists::wanted(&self.discovery, &self.scope())
    }

    /// What was asked for.
    pub fn scope(&self) -> Scope {
        Scope { namespaces: self.namespaces.clone(), selector: self.selector.clone(), ..Scope::default() }
    }
}
