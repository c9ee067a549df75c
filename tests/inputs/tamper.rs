//! Statements that somebody changed after they were written: none of them passes.

use std::sync::{Arc, OnceLock};

use crm_access::apply::prepare;
use crm_access::program::Statement;
use crm_access::render::{Neutral, Renderer};
use crm_access::text::{Diagnostics, Source};
use crm_access::verify::verify;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cases::cases;
use crate::examine::TARGETS;
use crate::hostile::PIECES;
use crate::statements::{statement, written};

/// A statement with its text and its twin.
struct Written {
    statement: Statement,
    text: String,
    twin: String,
}

/// Every statement of the presets, for both targets.
fn all() -> &'static (Vec<Written>, Arc<Neutral>) {
    static ALL: OnceLock<(Vec<Written>, Arc<Neutral>)> = OnceLock::new();
    ALL.get_or_init(|| {
        let neutral = Arc::new(Neutral::default());
        let renderer = Renderer::new(neutral.clone()).unwrap();
        let mut all = Vec::new();
        for preset in ["teamleader", "odoo-crm"] {
            let file = format!("{}/examples/{preset}.yaml", env!("CARGO_MANIFEST_DIR"));
            let source = Source::new("preset", std::fs::read_to_string(file).unwrap());
            for target in TARGETS {
                let prepared = prepare(&source, target, &mut Diagnostics::new()).unwrap();
                for there in prepared.script.statements {
                    let twin = renderer.statement(&there.statement).unwrap();
                    assert_eq!(verify(&there.statement, &there.text, &twin, &neutral), Ok(()));
                    all.push(Written { statement: there.statement, text: there.text, twin });
                }
            }
        }
        (all, neutral)
    })
}

/// A change of a text.
#[derive(Clone, Debug)]
enum Tampering {
    Append(String),
    Prepend(String),
    /// A piece at any character.
    Insert(Index, String),
    /// A word taken out, doubled, exchanged with another, or replaced.
    Drop(Index),
    Double(Index),
    Exchange(Index, Index),
    Replace(Index, String),
    /// A character replaced.
    Character(Index, char),
    /// Quotes put around a word, or taken from it, or changed to others.
    Quote(Index, char),
    Unquote(Index),
    /// The case of a word.
    Upper(Index),
    /// Blanks that some readers take for blanks.
    Blank(Index, char),
}

const ADDED: &[&str] = &[
    "; DROP TABLE users",
    "; DROP TABLE users;",
    ";",
    " ;",
    "--",
    " -- x",
    "\n--",
    "/* x */",
    "/* /* */ */",
    " CASCADE",
    " OR true",
    " USING (true)",
    " WITH CHECK (true)",
    " TO PUBLIC",
    "\0",
    "\u{a0}",
    "\u{200b}",
    "$$",
    "'",
    "\"",
    "\\",
    " NULL",
    "not ",
    "public.",
    "()",
    "!",
    "U&",
];

const BLANKS: &[char] =
    &[' ', '\t', '\r', '\n', '\u{b}', '\u{c}', '\u{85}', '\u{a0}', '\u{1680}', '\u{2003}', '\u{2028}', '\u{3000}', '\u{feff}'];

fn tampering() -> impl Strategy<Value = Tampering> {
    let piece = || prop_oneof![prop::sample::select(ADDED).prop_map(str::to_owned), prop::sample::select(PIECES).prop_map(str::to_owned)];
    let at = any::<Index>;
    prop_oneof![
        piece().prop_map(Tampering::Append),
        piece().prop_map(Tampering::Prepend),
        (at(), piece()).prop_map(|(at, piece)| Tampering::Insert(at, piece)),
        at().prop_map(Tampering::Drop),
        at().prop_map(Tampering::Double),
        (at(), at()).prop_map(|(one, other)| Tampering::Exchange(one, other)),
        (at(), piece()).prop_map(|(at, piece)| Tampering::Replace(at, piece)),
        (at(), any::<char>()).prop_map(|(at, c)| Tampering::Character(at, c)),
        (at(), prop::sample::select(&['"', '\'', '`', '('][..])).prop_map(|(at, quote)| Tampering::Quote(at, quote)),
        at().prop_map(Tampering::Unquote),
        at().prop_map(Tampering::Upper),
        (at(), prop::sample::select(BLANKS)).prop_map(|(at, blank)| Tampering::Blank(at, blank)),
    ]
}

/// Words and what is between them, so that joining gives the text again.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if joins(c) && joins(before) => last.push(c),
            _ => words.push(c.to_string()),
        }
        before = c;
    }
    words
}

fn tampered(text: &str, tampering: &Tampering) -> String {
    let mut words = words(text);
    let count = words.len();
    match tampering {
        Tampering::Append(piece) => return format!("{text}{piece}"),
        Tampering::Prepend(piece) => return format!("{piece}{text}"),
        Tampering::Insert(at, piece) => {
            let mut characters: Vec<char> = text.chars().collect();
            let at = at.index(characters.len() + 1);
            characters.splice(at..at, piece.chars());
            return characters.into_iter().collect();
        }
        Tampering::Character(at, c) => {
            let mut characters: Vec<char> = text.chars().collect();
            let at = at.index(characters.len());
            characters[at] = *c;
            return characters.into_iter().collect();
        }
        Tampering::Drop(at) => drop(words.remove(at.index(count))),
        Tampering::Double(at) => {
            let at = at.index(count);
            words.insert(at, words[at].clone());
        }
        Tampering::Exchange(one, other) => words.swap(one.index(count), other.index(count)),
        Tampering::Replace(at, piece) => words[at.index(count)].clone_from(piece),
        Tampering::Quote(at, quote) => {
            let at = at.index(count);
            let close = if *quote == '(' { ')' } else { *quote };
            words[at] = format!("{quote}{}{close}", words[at]);
        }
        Tampering::Unquote(at) => {
            let quotes: Vec<usize> = (0..count).filter(|at| matches!(words[*at].as_str(), "\"" | "'")).collect();
            if let Some(first) = (!quotes.is_empty()).then(|| at.index(quotes.len())) {
                words[quotes[first]].clear();
                if let Some(second) = quotes.get(first + 1) {
                    words[*second].clear();
                }
            }
        }
        Tampering::Upper(at) => {
            let at = at.index(count);
            words[at] = words[at].to_uppercase();
        }
        Tampering::Blank(at, blank) => {
            let blanks: Vec<usize> = (0..count).filter(|at| words[*at] == " " || words[*at] == "\n").collect();
            if !blanks.is_empty() {
                words[blanks[at.index(blanks.len())]] = blank.to_string();
            }
        }
    }
    words.concat()
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn a_generated_statement_that_was_changed_is_refused(which in any::<Index>(), tamperings in prop::collection::vec(tampering(), 1..4)) {
        let (all, neutral) = all();
        let Written { statement, text, twin } = which.get(all);
        let changed = tamperings.iter().fold(text.clone(), |text, tampering| tampered(&text, tampering));
        prop_assume!(changed != *text);
        prop_assert!(verify(statement, &changed, twin, neutral).is_err(), "{}", changed);
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_statement_of_hostile_names_that_was_changed_is_refused(
        statement in statement(), tamperings in prop::collection::vec(tampering(), 1..4),
    ) {
        let (text, twin, neutral) = written(&statement);
        let changed = tamperings.iter().fold(text.clone(), |text, tampering| tampered(&text, tampering));
        prop_assume!(changed != text);
        prop_assert!(verify(&statement, &changed, &twin, &neutral).is_err(), "{}", changed);
    }

    #[test]
    fn a_statement_passes_for_no_other(one in any::<Index>(), other in any::<Index>()) {
        let (all, neutral) = all();
        let (one, other) = (one.get(all), other.get(all));
        prop_assume!(one.text != other.text);
        prop_assert!(verify(&one.statement, &other.text, &one.twin, neutral).is_err(), "{}", other.text);
    }
}

#[test]
fn words_join_to_the_text_again() {
    let text = "CREATE POLICY \"a b\" ON x.y USING (a = 'it''s');";
    assert_eq!(words(text).concat(), text);
    assert_eq!(words(text)[..3], ["CREATE", " ", "POLICY"]);
}
