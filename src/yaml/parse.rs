//! From text to a tree.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::tree::{DEPTH, Stop, Tree};
use super::{Kind, Node, scalar};
use crate::text::{Code, Diagnostics, Source, Span, quoted};

/// Reads a text as YAML.
///
/// Gives `None` where the text can't be read to its end, which is reported, and where it has no content, which is not.
/// A tree that is given may come with errors: a key written twice has its first value, a key that is refused is left out.
pub fn parse(source: &Source, diagnostics: &mut Diagnostics) -> Option<Node> {
    let text = source.text();
    if text.len() > Source::LIMIT {
        let message = format!("the configuration is larger than {} bytes", Source::LIMIT);
        diagnostics.error(Code::FileTooLarge, None, message, "a configuration is far smaller; check that this is the right one");
        return None;
    }
    if let Some(at) = text.find('\0') {
        diagnostics.error(Code::YamlSyntax, Span::new(at, at + 1), "the text has a NUL byte", "save the file as plain UTF-8 text");
        return None;
    }
    // The parser's own limits are a second line: they stop it before it has looked ahead too far for the tree to stop it.
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: 2 * DEPTH,
        block_nesting_limit: 2 * DEPTH,
    };
    let mut tree = Tree::new(source, diagnostics);
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, place) = match event {
            Ok(event) => event,
            Err(error) => {
                refuse(source, diagnostics, &error);
                return None;
            }
        };
        let span = bytes(&place);
        if let Event::DocumentStart(..) = event {
            documents += 1;
            if documents > 1 {
                tree.second_document(span);
                break;
            }
        }
        if let Some(tag) = place.tag_span() {
            tree.tag(bytes(&tag));
        }
        if let Err(Stop) = take(&mut tree, event, span) {
            return None;
        }
    }
    tree.finish()
}

fn take(tree: &mut Tree<'_>, event: Event<'_>, span: Span) -> Result<(), Stop> {
    match event {
        Event::Scalar(text, style, anchor, _) => {
            let merge = style == ScalarStyle::Plain && text == "<<";
            let kind = match style {
                ScalarStyle::Plain => scalar::plain(&text),
                _ => Kind::Text(text.into_owned()),
            };
            tree.scalar(kind, span, merge, anchor)
        }
        Event::SequenceStart(style, anchor, _) => tree.open(false, style == StructureStyle::Flow, span.start, anchor),
        Event::MappingStart(style, anchor, _) => tree.open(true, style == StructureStyle::Flow, span.start, anchor),
        Event::SequenceEnd | Event::MappingEnd => tree.close(span.end),
        Event::Alias(anchor) => tree.alias(anchor, span),
        Event::UnresolvedAlias(name) => {
            tree.unknown_alias(&name, span);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn bytes(place: &granit_parser::Span) -> Span {
    // A parser over a text always knows its bytes.
    let start = place.start.byte_offset().unwrap_or_default();
    let end = place.end.byte_offset().unwrap_or(start);
    Span::new(start, end.max(start))
}

/// Reports what the parser stopped at.
fn refuse(source: &Source, diagnostics: &mut Diagnostics, error: &ScanError) {
    let start = error.marker().byte_offset().unwrap_or_default();
    let length = source.text().get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(start, start + length);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        let message = format!("values are nested more than {DEPTH} deep");
        diagnostics.error(Code::TooDeep, span, message, "check the brackets and the indentation");
        return;
    }
    let message = format!("the text is not YAML here: {}", error.info());
    diagnostics.error(Code::YamlSyntax, span, message, advice(error.kind()));
}

/// What is usually wrong where the parser stops.
fn advice(kind: &ErrorKind) -> String {
    let text = match kind {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabInPlainScalar => {
            "indent with spaces, not with tabs"
        }
        ErrorKind::UnclosedFlowCollection { open } => return format!("close the bracket {}", quoted(&open.to_string())),
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::ExpectedFlowSequenceSeparator => {
            "close the list with `]`, and put `,` between its values"
        }
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::ExpectedFlowMappingSeparator => {
            "close the mapping with `}`, and put `,` between its keys"
        }
        ErrorKind::UnclosedQuotedScalar => "close the text with the same quote",
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "check the indentation; a text with `: ` in it takes quotes"
        }
        ErrorKind::UnexpectedCharacter { .. } => "a text that begins with this character takes quotes",
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => "put the whole text in quotes",
        ErrorKind::UnknownQuotedScalarEscape => "write a backslash as `\\\\`, or use single quotes",
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::SimpleKeyExpected => "check the indentation, and that each key ends with `:`",
        _ => "put a text with special characters in quotes, and check the indentation and the brackets around this place",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests;
