//! What holds for the texts of all controls.

use std::collections::BTreeSet;

#[test]
fn ids_are_those_of_their_files_and_unique() {
    let ids: Vec<&str> = controls::all().map(|registered| registered.control.id).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    assert!(ids.is_sorted(), "the registry is ordered by file name, so an id differs from its file: {ids:?}");
}

#[test]
fn titles_state_and_sentences_end() {
    for registered in controls::all() {
        let control = registered.control;
        assert!(!control.title.ends_with('.'), "{}: a title has no full stop", control.id);
        let first = control.title.split(' ').next().unwrap_or_default();
        // A field or the name of a project is written as it is.
        let is_name = first.contains(['-', '.']) || first.chars().skip(1).any(char::is_uppercase);
        let begins = control.title.starts_with(char::is_uppercase) || is_name;
        assert!(begins, "{}: a title begins with a capital", control.id);
        for word in ["Ensure", "should", "must ", "Please"] {
            assert!(!control.title.contains(word), "{}: a title says what is, not what ought to be", control.id);
        }
        for text in [control.rationale, control.remediation] {
            assert!(text.len() > 40, "{}: too short to help: {text}", control.id);
            assert!(text.trim_end().ends_with('.'), "{}: sentences end: {text}", control.id);
            assert!(!text.contains("  "), "{}: two spaces in a row: {text}", control.id);
            for word in ["!", "please", "Ensure that", "may potentially"] {
                assert!(!text.contains(word), "{}: `{word}` in {text}", control.id);
            }
        }
        assert!(!control.verify.is_empty(), "{}: says how to check by hand", control.id);
        assert!(!control.severity_reason.is_empty(), "{}: says why it is that severe", control.id);
    }
}

#[test]
fn aliases_and_mappings_are_not_repeated() {
    for registered in controls::all() {
        let control = registered.control;
        let aliases: BTreeSet<_> = control.aliases.iter().collect();
        assert_eq!(aliases.len(), control.aliases.len(), "{}: an alias twice", control.id);
        let mappings: BTreeSet<_> = control.mappings.iter().collect();
        assert_eq!(mappings.len(), control.mappings.len(), "{}: a mapping twice", control.id);
    }
}
