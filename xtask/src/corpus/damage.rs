//! What editors, merges and old tools do to finished files: other line ends, and mistakes that no parser accepts.

/// Line ends of another system.
pub(crate) fn carriage_returns(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Makes a file that is not YAML any more, in one of several ways.
pub(crate) fn broken(text: &str, variant: usize) -> String {
    match variant % 5 {
        0 => format!("metadata:\n\tname: tabs\n{text}"),
        1 => format!("{text}\nspec: [\"unclosed\", {{a: b\n"),
        2 => format!("{text}\ncommand: \"the quote never ends\n"),
        3 => format!("<<<<<<< HEAD\nkind: A\n=======\n  kind: B\n>>>>>>> theirs\n{text}"),
        _ => format!("kind: Pod\n  spec: deeper than its parent\n{text}"),
    }
}
