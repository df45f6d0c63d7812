//! What was looked at, and what was not and why. Nothing counts what it did not look at.

use std::path::PathBuf;

/// Why an input, or a part of one, was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipKind {
    /// The text is not valid YAML or JSON.
    Syntax,
    /// The file or folder could not be read.
    Unreadable,
    /// A path that was asked for is not there.
    Missing,
    /// A template that becomes manifests only when it is rendered.
    NeedsRendering,
    /// An object that lacks what every object has, or an item of a list that is no object.
    InvalidObject,
    /// Larger or deeper than what is read.
    TooLarge,
    /// Neither a file nor a folder, or a link that leads out of the tree.
    NotAFile,
    /// The input has nothing that can be judged.
    NothingToJudge,
    /// A list of a running cluster that the user may not read.
    Forbidden,
    /// A list of a running cluster that could not be read, or not to its end.
    Unavailable,
}

impl SkipKind {
    /// The name that stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::NeedsRendering => "needsRendering",
            Self::InvalidObject => "invalidObject",
            Self::TooLarge => "tooLarge",
            Self::NotAFile => "notAFile",
            Self::NothingToJudge => "nothingToJudge",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
        }
    }
}

/// An input, or a part of one, that was not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file, as the user named it or relative to what the user named.
    pub path: PathBuf,
    /// The line where the trouble is, from 1; `None` if it is the whole file.
    pub line: Option<u32>,
    /// The class of the reason.
    pub kind: SkipKind,
    /// The reason, and what to do, as a sentence without full stop.
    pub reason: String,
}

/// What a scan looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files that were opened, whatever they held.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Documents that were found, of any kind.
    pub documents: u64,
    /// Documents that are no Kubernetes objects.
    pub not_kubernetes: u64,
    /// Everything that was not judged, ordered by path and line.
    pub skipped: Vec<Skipped>,
    /// What was judged as it is here, and may be otherwise in a cluster; ordered.
    pub notes: Vec<Note>,
}

/// Something that was looked at and may be otherwise elsewhere, such as what a chart asks of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file or folder.
    pub path: PathBuf,
    /// What, as a sentence without full stop.
    pub text: String,
}

impl Coverage {
    /// Adds what another part of the input was.
    pub fn append(&mut self, other: Self) {
        let Self { files, bytes, documents, not_kubernetes, skipped, notes } = other;
        self.files += files;
        self.bytes += bytes;
        self.documents += documents;
        self.not_kubernetes += not_kubernetes;
        self.skipped.extend(skipped);
        self.notes.extend(notes);
    }
}
