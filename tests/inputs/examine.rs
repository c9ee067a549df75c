//! What must hold of any input whatever.

use crm_access::apply::{end_statement, prepare};
use crm_access::program::Target;
use crm_access::text::{Diagnostic, Diagnostics, Format, Severity, Source, Span, report};
use crm_access::verify::verified;
use crm_access::yaml::{self, Kind, Node};
use serde_json::Value;

pub const TARGETS: [Target; 2] = [Target::Extension, Target::Portable];

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was refused, with reasons.
    Refused,
    /// At least one target takes it.
    Accepted,
}

/// Runs every pass over some bytes, as the command line and the extension do, and checks whatever they say.
pub fn examine(bytes: Vec<u8>) -> Outcome {
    let source = match Source::from_bytes("input.yaml", bytes) {
        Ok(source) => source,
        Err(error) => {
            let mut found = Diagnostics::new();
            found.push(error.diagnostic());
            diagnostics(&Source::new("input.yaml", ""), &found);
            return Outcome::Refused;
        }
    };
    tree(&source);
    let taken = TARGETS.into_iter().filter(|target| prepared(&source, *target)).count();
    if taken > 0 { Outcome::Accepted } else { Outcome::Refused }
}

/// The YAML reader alone.
fn tree(source: &Source) {
    let mut found = Diagnostics::new();
    if let Some(root) = yaml::parse(source, &mut found) {
        let mut values = 0;
        within(&root, source, 0, &mut values);
        assert!(values <= 200_000, "{values} values");
    } else {
        // Blanks, comments and marks of documents are no content, which the next pass reports.
        let text = source.text().trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        assert!(found.has_errors() || text.is_empty() || text.starts_with(['#', '%', '-', '.']), "nothing was read and nothing said");
    }
    diagnostics(source, &found);
}

/// Every value stands in the text, no deeper and no more of them than the limits allow.
fn within(node: &Node, source: &Source, depth: usize, values: &mut usize) {
    assert!(depth <= 64);
    *values += 1;
    place(node.span, source);
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| within(item, source, depth + 1, values)),
        Kind::Map(pairs) => {
            for (index, (key, value)) in pairs.iter().enumerate() {
                place(key.span, source);
                // Only counted where it costs nothing: large mappings come from the reader's own check of its keys.
                assert!(index > 64 || pairs.iter().take(index).all(|(other, _)| other.value != key.value), "a key stands twice");
                within(value, source, depth + 1, values);
            }
        }
        _ => {}
    }
}

fn place(span: Span, source: &Source) {
    let text = source.text();
    assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
    assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?} cuts a character");
}

/// Whether a target takes it; if so, everything that follows works as well.
fn prepared(source: &Source, target: Target) -> bool {
    let mut found = Diagnostics::new();
    let prepared = prepare(source, target, &mut found);
    diagnostics(source, &found);
    let Some(prepared) = prepared else {
        assert!(found.has_errors(), "refused without a reason");
        return false;
    };
    assert!(!found.has_errors(), "accepted with errors: {found:#?}");
    let script = prepared.script.text(&end_statement(source, &prepared).unwrap());
    assert!(!script.contains('\0'), "PostgreSQL takes no NUL");
    for statement in &prepared.script.statements {
        for line in &statement.why {
            // What is written above a statement must stay a comment.
            let written: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            assert!(script.contains(&format!("-- {written}\n")), "{line:?}");
        }
    }
    let again = crm_access::compile::compile(&prepared.model, target).unwrap();
    assert_eq!(verified(&again).unwrap().hash(), prepared.script.hash(), "the same model gives other SQL");
    true
}

/// Each diagnostic can be acted upon, and each report can be written.
pub fn diagnostics(source: &Source, found: &Diagnostics) {
    assert!(found.iter().count() <= Diagnostics::LIMIT);
    for diagnostic in found {
        sound(diagnostic, source);
    }
    for color in [false, true] {
        let text = report(source, found, Format::Human, color);
        assert_eq!(text.is_empty(), found.is_empty());
        let bare = if color { String::new() } else { text };
        assert!(!bare.chars().any(|c| deceives(c) && c != '\n'), "a report commands the terminal: {bare:?}");
    }
    let text = report(source, found, Format::Json, false);
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["errors"], found.errors());
    for (written, diagnostic) in whole["diagnostics"].as_array().unwrap().iter().zip(found) {
        positions(written, diagnostic, source);
    }
}

/// Whether a character moves the cursor, hides, or reorders what is around it.
fn deceives(c: char) -> bool {
    let hidden = ['\u{ad}', '\u{61c}', '\u{200b}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{2060}', '\u{feff}'];
    c.is_control() || hidden.contains(&c) || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

fn sound(diagnostic: &Diagnostic, source: &Source) {
    let Diagnostic { code, severity, span, message, help } = diagnostic;
    assert!(!message.is_empty() && message.chars().count() < 1100, "{message}");
    assert!(!message.chars().any(char::is_control), "{message:?}");
    if *severity == Severity::Error {
        assert!(help.as_ref().is_some_and(|help| !help.is_empty()), "{}: {message}: no help", code.as_str());
        assert!(!help.as_ref().unwrap().contains("defect"), "{message}");
    }
    if let Some(span) = span {
        place(*span, source);
    }
}

/// Line and column are those of the span, counted here in another way.
fn positions(written: &Value, diagnostic: &Diagnostic, source: &Source) {
    let count = |offset: usize| {
        let before = &source.text()[..offset];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    };
    match diagnostic.span {
        None => assert!(written["line"].is_null() && written["column"].is_null()),
        Some(Span { start, end }) => {
            assert_eq!((written["line"].clone(), written["column"].clone()), (count(start).0.into(), count(start).1.into()));
            assert_eq!((written["end_line"].clone(), written["end_column"].clone()), (count(end).0.into(), count(end).1.into()));
        }
    }
}
