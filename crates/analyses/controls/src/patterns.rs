//! What users write to say which labels and annotations they want: `key`, or `key=regular expression`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use model::document::Value;
use regex::{Regex, RegexBuilder};

/// What was found of what is wanted.
pub(crate) enum Wanted<'d> {
    /// It is there.
    Found(Value<'d>),
    /// The key is there with another value.
    Differs(Value<'d>),
    /// The key is not there.
    Missing,
}

/// The key of a word.
pub(crate) fn key(word: &str) -> &str {
    word.split_once('=').map_or(word, |(key, _)| key)
}

/// Looks for `word` in a mapping of labels or annotations.
pub(crate) fn find<'d>(mapping: Option<Value<'d>>, word: &str) -> Wanted<'d> {
    let Some(value) = mapping.and_then(|mapping| mapping.get(key(word))) else { return Wanted::Missing };
    let fits = word.split_once('=').is_none_or(|(_, pattern)| is_whole_match(pattern, &value.text()));
    if fits { Wanted::Found(value) } else { Wanted::Differs(value) }
}

/// Whether all of `text` is what `pattern` says. A pattern that is none is taken as it is written.
pub(crate) fn is_whole_match(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<BTreeMap<String, Option<Regex>>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        if !compiled.contains_key(pattern) {
            // Larger ones than anybody writes by hand are refused.
            let whole = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build().ok();
            compiled.insert(pattern.to_owned(), whole);
        }
        compiled[pattern].as_ref().map_or(pattern == text, |whole| whole.is_match(text))
    })
}
