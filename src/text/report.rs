//! Diagnostics as text for people and as JSON for programs.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use super::print::{deceives, message, shortened};
use super::source::floor;
use super::{Diagnostic, Diagnostics, Severity, Source, Span};

/// Longest line that is shown, in bytes; of a longer one only the place is named.
const LONGEST_LINE: usize = 1000;
/// Longest marked text in JSON, in characters.
const LONGEST_TEXT: usize = 200;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With the line and the marked text, for people.
    #[default]
    Human,
    /// One JSON object, for programs.
    Json,
}

/// Writes diagnostics about a source, in their order; empty for people when there are none.
pub fn report(source: &Source, diagnostics: &Diagnostics, format: Format, color: bool) -> String {
    match format {
        Format::Human => human(source, diagnostics, color),
        Format::Json => machine(source, diagnostics),
    }
}

fn human(source: &Source, diagnostics: &Diagnostics, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().chain(diagnostics.omission().as_ref()) {
        out.push_str(&renderer.render(&[group(source, diagnostic)]));
        out.push_str("\n\n");
    }
    let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
    if errors + warnings > 0 {
        let errors = counted(errors, "error");
        let warnings = counted(warnings, "warning");
        out.push_str(&format!("{}: {errors}, {warnings}\n", message(source.name())));
    }
    out
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn group<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let name = message(source.name());
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.as_str());
    let group = match diagnostic.span {
        None => title.element(Origin::path(name)),
        Some(span) => {
            let (line, start) = source.line_at(span.start);
            let text = line_from(source.text(), start);
            if text.len() > LONGEST_LINE {
                let (line, column) = source.position(span.start);
                title.element(Origin::path(name).line(line).char_column(column))
            } else {
                // Only the first line is shown and marked, however much the span covers.
                let from = floor(text, span.start.saturating_sub(start));
                let to = floor(text, span.end.saturating_sub(start)).max(from);
                let marked = AnnotationKind::Primary.span(from..to);
                title.element(Snippet::source(harmless(text)).path(name).line_start(line).annotation(marked))
            }
        }
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// The line that begins at an offset, without its end.
fn line_from(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    line.strip_suffix('\r').unwrap_or(line)
}

/// A line in which nothing moves the cursor, hides or reorders; every place in it stays where it is. What is ASCII, the renderer replaces.
fn harmless(line: &str) -> String {
    line.chars()
        .map(|c| match c.len_utf8() {
            2 if deceives(c) => "\u{bf}".to_owned(),
            3 if deceives(c) => "\u{fffd}".to_owned(),
            4 if deceives(c) => "\u{fffd}?".to_owned(),
            _ => c.to_string(),
        })
        .collect()
}

fn machine(source: &Source, diagnostics: &Diagnostics) -> String {
    let all = diagnostics.iter().chain(diagnostics.omission().as_ref()).map(|d| object(source, d)).collect::<Vec<_>>();
    let whole = json!({
        "file": message(source.name()),
        "diagnostics": all,
        "errors": diagnostics.errors(),
        "warnings": diagnostics.warnings(),
    });
    format!("{whole:#}\n")
}

fn object(source: &Source, diagnostic: &Diagnostic) -> Value {
    let place = diagnostic.span.map(|Span { start, end }| (source.position(start), source.position(end)));
    let text = diagnostic.span.map(|span| shortened(source.slice(span), LONGEST_TEXT));
    json!({
        "code": diagnostic.code.as_str(),
        "severity": diagnostic.severity.as_str(),
        "file": message(source.name()),
        "line": place.map(|(start, _)| start.0),
        "column": place.map(|(start, _)| start.1),
        "end_line": place.map(|(_, end)| end.0),
        "end_column": place.map(|(_, end)| end.1),
        "text": text,
        "message": diagnostic.message,
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Code;

    fn example() -> (Source, Diagnostics) {
        let source = Source::new("crm.yaml", "version: 1\ndirectory:\n  users: {tabel: people}\n");
        let mut all = Diagnostics::new();
        all.error(Code::UnknownKey, Span::new(32, 37), "unknown key `tabel`", "did you mean `table`?");
        all.warning(Code::Useless, None, "nothing is granted", None::<&str>);
        (source, all)
    }

    #[test]
    fn people_see_the_place_and_the_marked_text() {
        let (source, all) = example();
        let expected = "\
error[unknown-key]: unknown key `tabel`
 --> crm.yaml:3:11
  |
3 |   users: {tabel: people}
  |           ^^^^^
  |
  = help: did you mean `table`?

warning[useless]: nothing is granted
--> crm.yaml

crm.yaml: 1 error, 1 warning
";
        assert_eq!(report(&source, &all, Format::Human, false), expected);
        assert!(report(&source, &all, Format::Human, true).contains("\u{1b}["));
    }

    #[test]
    fn programs_get_one_json_object() {
        let (source, all) = example();
        let value: Value = serde_json::from_str(&report(&source, &all, Format::Json, true)).unwrap();
        assert_eq!(value["errors"], 1);
        assert_eq!(value["warnings"], 1);
        assert_eq!(
            value["diagnostics"][0],
            json!({
                "code": "unknown-key", "severity": "error", "file": "crm.yaml", "line": 3, "column": 11,
                "end_line": 3, "end_column": 16, "text": "tabel", "message": "unknown key `tabel`",
                "help": "did you mean `table`?",
            })
        );
        assert_eq!(value["diagnostics"][1]["line"], Value::Null);
    }

    #[test]
    fn no_line_that_is_shown_commands_the_terminal() {
        let line = "a: \u{9b}2J\u{85}\u{ad}\u{200b}\u{202e}\u{feff}\u{e0041}\u{1b}[2J\u{7f} \u{e9}";
        let source = Source::new("a.yaml", line);
        let mut all = Diagnostics::new();
        all.error(Code::BadName, Span::new(line.len() - 2, line.len()), "here", "help");
        let text = report(&source, &all, Format::Human, false);
        assert!(!text.chars().any(|c| deceives(c) && c != '\n'), "{text:?}");
        assert!(text.contains('\u{e9}'), "{text}");
    }

    #[test]
    fn hostile_text_is_neither_long_nor_live_in_a_report() {
        let text = format!("a: \u{1b}[2J\u{202e}x\n{}", "y".repeat(3_000_000));
        let source = Source::new("a\u{1b}[31m.yaml", text);
        let mut all = Diagnostics::new();
        for n in 0..200 {
            all.error(Code::BadName, Span::new(n, 3_000_000), format!("m{n}"), None::<&str>);
        }
        all.error(Code::BadName, Span::new(7_000_000, 9_000_000), "outside", None::<&str>);
        for format in [Format::Human, Format::Json] {
            let text = report(&source, &all, format, false);
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{format:?}");
            assert!(text.len() < 200_000, "{format:?}: {}", text.len());
        }
    }
}
