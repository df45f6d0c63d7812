//! What is wrong with a text, in words that say what to do.

use granit_parser::{ErrorKind, ScanError};

use crate::parse::SyntaxError;

const LONGEST_KEY: usize = 1_024;

/// The parser's error for the reader.
pub(super) fn of(error: &ScanError, text: &str) -> SyntaxError {
    let offset = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return SyntaxError::too_deep(offset);
    }
    let line = memchr::memrchr(b'\n', &text.as_bytes()[..offset]).map_or(0, |at| at + 1);
    if *error.kind() == ErrorKind::MappingValueNotAllowed && offset - line > LONGEST_KEY {
        return SyntaxError::new(line, "a key of more than 1,024 characters: kubectl takes none");
    }
    let message = known(error.kind()).map_or_else(|| clean(&error.kind().to_string()), str::to_owned);
    SyntaxError::new(offset, message)
}

fn known(kind: &ErrorKind) -> Option<&'static str> {
    use ErrorKind as K;
    Some(match kind {
        K::UnexpectedEofFlowSequence => "a list that begins with `[` is not closed: `]` is missing",
        K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => {
            "a mapping that begins with `{` is not closed: `}` is missing"
        }
        K::UnclosedFlowCollection { open: '[' } => "a list that begins with `[` is not closed: `]` is missing",
        K::UnclosedFlowCollection { .. } => "a mapping that begins with `{` is not closed: `}` is missing",
        K::MisplacedFlowCollectionEnd => "a closing bracket without an opening one",
        K::ExpectedFlowMappingSeparator => "`,` or `}` is missing",
        K::ExpectedFlowSequenceSeparator => "`,` or `]` is missing",
        K::ExpectedBlockMappingKey => "a key is missing here: is this line indented as the ones before it?",
        K::ExpectedBlockSequenceEntry => "an item is missing here: is this line indented as the ones before it?",
        K::SimpleKeyExpected => "`:` is missing after the key, or the line before is not indented as it should be",
        K::InvalidSimpleKey => "`:` is missing, or the key is longer than 1,024 characters",
        K::UnknownAnchor => "an alias of an anchor that is not there: `*` begins an alias; put text in quotes",
        K::ExpectedNodeContent => "a value is missing here",
        K::InvalidIndentation => "this line is not indented as the ones before it",
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation => {
            "a tab where YAML wants spaces: indent with spaces"
        }
        K::TabAtBlockScalarStart => "a tab before the text of a block: indent with spaces",
        K::MappingValueNotAllowed => {
            "`:` is not allowed here: is this line indented too far? Put text with `: ` in it in quotes"
        }
        K::MappingKeyNotAllowed => "a key is not allowed here",
        K::BlockSequenceEntryNotAllowed => "`- ` is not allowed here: begin the list on a line of its own",
        K::UnclosedQuotedScalar => "a quote is not closed",
        K::UnknownQuotedScalarEscape => {
            "an escape that YAML does not know: write `\\\\` for a backslash, or use single quotes"
        }
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
            "text after a closing quote: put all of it in quotes"
        }
        K::DocumentIndicatorInQuotedScalar => "a document ends inside of quotes: a quote is not closed",
        K::UndeclaredTagHandle => "a tag with a prefix that is not declared: put text that begins with `!` in quotes",
        K::UnexpectedCharacter { character: '@' | '`' } => {
            "text cannot begin with `@` or a backquote: put it in quotes"
        }
        K::UnexpectedCharacter { character: '%' } => "text cannot begin with `%`: put it in quotes",
        K::ExpectedDocumentStart => "the text goes on after its end: is this line indented as the ones before it?",
        K::InvalidBlockScalarIndent => "the text of the block is indented less than its first line",
        K::CommentNotSeparated => "a space is missing before `#`",
        K::CommentInterceptedScalar => "a comment between the lines of one text: put the text in quotes",
        _ => return None,
    })
}

/// Other words of the parser: without control characters, and beginning small.
fn clean(message: &str) -> String {
    let mut message: String = message.chars().filter(|c| !c.is_control()).collect();
    let is_word = message.chars().nth(1).is_some_and(char::is_lowercase);
    if is_word && let Some(first) = message.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    message
}
