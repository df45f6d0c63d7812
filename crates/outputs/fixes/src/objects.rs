//! Where the objects of a file stand in its text, in the order in which a scan counts them.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use manifests::load;
use model::inventory::{Inventory, Observed};

use crate::field::{self, Step};

/// An object of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPlace {
    /// The bytes of its document.
    pub document: Range<usize>,
    /// The steps from the root of the document to the object: none, or to an item of a list.
    pub steps: Vec<Step>,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// The objects of `text`, the file at `path`.
pub fn objects(path: &Path, text: &str) -> Vec<ObjectPlace> {
    let found = Mutex::new(Vec::new());
    let note = |observed: Observed<'_>, _: &_, _: &mut _| {
        let object = observed.object;
        let document = object.value.document().text;
        // The document is a part of the text, so that addresses say which.
        let start = (document.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if text.get(start..start.saturating_add(document.len())) != Some(document) {
            return;
        }
        let place = ObjectPlace {
            document: start..start + document.len(),
            steps: field::steps_to(object.value),
            kind: object.kind.clone().into_owned(),
            name: object.name().into_owned(),
        };
        found.lock().unwrap_or_else(PoisonError::into_inner).push(place);
    };
    load::load_bytes(path, text.as_bytes(), &mut Inventory::default(), &note);
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}
