//! What is wrong with a text, in words that say what to do.

use granit_parser::{ErrorKind, ScanError};

use crate::parse::{LibraryError, Stage, SyntaxError};

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
    SyntaxError { library: library(error.kind(), text, offset), ..SyntaxError::new(offset, message) }
}

/// What go-yaml says of it. Source: `scannerc.go`, `parserc.go` and `decode.go` of go.yaml.in/yaml/v2.
fn library(kind: &ErrorKind, text: &str, offset: usize) -> Option<LibraryError> {
    use ErrorKind as K;
    let scanner = |problem: &str| Some((problem.to_owned(), Stage::Scanner));
    let parser = |problem: &str| Some((problem.to_owned(), Stage::Parser));
    // After these, what is missing is a value.
    let wants_value = text.trim_end().ends_with(['[', '{', ',', ':']);
    let unclosed = |list: bool| match (wants_value, list) {
        (true, _) => parser("did not find expected node content"),
        (false, true) => parser("did not find expected ',' or ']'"),
        (false, false) => parser("did not find expected ',' or '}'"),
    };
    let (problem, stage) = match kind {
        K::UnexpectedEofFlowSequence | K::UnclosedFlowCollection { open: '[' } => unclosed(true),
        K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping | K::UnclosedFlowCollection { .. } => {
            unclosed(false)
        }
        K::ExpectedFlowSequenceSeparator | K::InvalidColonPlacement => parser("did not find expected ',' or ']'"),
        K::ExpectedFlowMappingSeparator => parser("did not find expected ',' or '}'"),
        K::ExpectedBlockMappingKey => parser("did not find expected key"),
        K::ExpectedBlockSequenceEntry => parser("did not find expected '-' indicator"),
        K::ExpectedNodeContent | K::MisplacedFlowCollectionEnd => parser("did not find expected node content"),
        K::ExpectedDocumentStart => parser("did not find expected <document start>"),
        K::UndeclaredTagHandle => parser("found undefined tag handle"),
        K::MappingValueNotAllowed => scanner("mapping values are not allowed in this context"),
        K::MappingKeyNotAllowed => scanner("mapping keys are not allowed in this context"),
        K::BlockSequenceEntryNotAllowed => scanner("block sequence entries are not allowed in this context"),
        K::SimpleKeyExpected | K::InvalidSimpleKey => scanner("could not find expected ':'"),
        K::UnclosedQuotedScalar => scanner("found unexpected end of stream"),
        K::DocumentIndicatorInQuotedScalar => scanner("found unexpected document indicator"),
        K::UnknownQuotedScalarEscape => scanner("found unknown escape character"),
        K::UnexpectedCharacter { character: '@' | '`' | '%' }
        | K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation => scanner("found character that cannot start any token"),
        K::UnknownAnchor => {
            let rest = text.get(offset..)?.trim_start_matches('*');
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
            Some((format!("unknown anchor '{name}' referenced"), Stage::Composer))
        }
        _ => None,
    }?;
    let offset = (offset..=text.len()).find(|at| text.is_char_boundary(*at))?;
    let lines = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
    // At the end it begins a new line, but for what it does not find the end of.
    let new_line = usize::from(!text.ends_with('\n'));
    let line = match kind {
        K::UnclosedQuotedScalar => lines(text),
        K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping
        | K::UnclosedFlowCollection { .. } => lines(text) + new_line,
        _ if text[offset..].trim_end().is_empty() || is_last_word(&text[offset..], kind) => lines(text) + new_line,
        _ => lines(&text[..offset]),
    };
    Some(LibraryError { problem, stage, line })
}

/// Whether what is missing a `:` is the end of the text.
fn is_last_word(rest: &str, kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey) && !rest.trim_end().contains('\n')
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
