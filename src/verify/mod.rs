//! The last look at a statement before anything runs it or writes it down.
//!
//! Takes a rendered statement, gives its text back only if it is exactly the statement that was meant. The measure is its twin, the same
//! statement rendered with placeholders for every name and text of the configuration:
//!
//! 1. sqlparser reads the twin as one statement, and printing that and reading it again gives the same syntax tree. It is asked of the
//!    twin since sqlparser misprints some names, such as one with two double quotes in a row;
//! 2. sqlparser reads the text as one statement;
//! 3. token by token, blanks and comments included, the text is the twin with each name and text in its place: read as what is meant,
//!    and written as it is always written. A name that broke out of its quotes would shift or change the tokens around it.
//!
//! The query in the body of a function is a statement itself and goes through the same. What sqlparser 0.63 can't read is listed in
//! [`ONLY_TOKENS`]; those statements pass the third check alone, and the server reads them in the end.

mod array;
mod splice;

use std::fmt;
use std::sync::Arc;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, Tokenizer, Word};

use crate::program::{Body, Program, Statement};
use crate::render::{ARRAY_TYPE, Neutral, ONE, Plain, Quoting, ROWS, RenderError, Renderer, Script, dollar_tag, script};

use array::elements;
pub use splice::with_calls_replaced;

/// Kinds of statements that sqlparser can't read, with the reason.
pub const ONLY_TOKENS: [(&str, &str); 6] = [
    ("state", "our own fixed text with PL/pgSQL bodies; nothing of a configuration is in it"),
    ("signing", "our own fixed text with a DO block; nothing of a configuration is in it"),
    ("comment_policy", "COMMENT ON POLICY"),
    ("drop_index", "DROP INDEX CONCURRENTLY"),
    ("create_trigger", "CREATE TRIGGER whose function takes arguments"),
    ("plpgsql", "BEGIN ... END around the query of a function, and the bodies of assert_consistent and check_consistent"),
];

/// Why a statement was refused: a mistake in this program or an attack that quoting did not hold, never a wish of the configuration.
#[derive(Debug)]
pub enum VerifyError {
    /// A template failed.
    Render(RenderError),
    /// The text is not the statement that was meant.
    Different {
        /// The text.
        text: String,
        /// What differs.
        reason: String,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Render(error) => error.fmt(f),
            VerifyError::Different { text, reason } => write!(f, "a generated statement is not what was meant ({reason}): {text}"),
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<RenderError> for VerifyError {
    fn from(error: RenderError) -> Self {
        VerifyError::Render(error)
    }
}

/// Renders a program and verifies each of its statements.
pub fn verified(program: &Program) -> Result<Script, VerifyError> {
    let script = script(program)?;
    let neutral = Arc::new(Neutral::default());
    let renderer = Renderer::new(neutral.clone())?;
    for statement in &script.statements {
        let twin = renderer.statement(&statement.statement)?;
        verify(&statement.statement, &statement.text, &twin, &neutral)
            .map_err(|reason| VerifyError::Different { text: statement.text.clone(), reason })?;
    }
    Ok(script)
}

/// Renders a query that is asked by itself and verifies it like a statement.
pub fn verified_query(body: &Body) -> Result<String, VerifyError> {
    let text = Renderer::new(Arc::new(Plain))?.query(body)?;
    let neutral = Arc::new(Neutral::default());
    let twin = Renderer::new(neutral.clone())?.query(body)?;
    match round_trip(&text).and_then(|()| same_tokens(&text, &twin, &neutral)) {
        Ok(()) => Ok(text),
        Err(reason) => Err(VerifyError::Different { text, reason }),
    }
}

/// Checks one text against the statement that it was rendered from; says what differs.
pub fn verify(statement: &Statement, text: &str, twin: &str, neutral: &Neutral) -> Result<(), String> {
    match statement {
        Statement::State | Statement::Signing | Statement::Planning => {
            return if text == twin { Ok(()) } else { Err("a fixed text changed".to_owned()) };
        }
        Statement::CommentPolicy { .. } | Statement::DropIndex { .. } => {}
        Statement::CreateTrigger(trigger) if !trigger.columns.is_empty() => {}
        _ => {
            round_trip(twin)?;
            read(text)?;
        }
    }
    same_tokens(text, twin, neutral)
}

/// Reads one statement.
fn read(text: &str) -> Result<sqlparser::ast::Statement, String> {
    let mut all = Parser::parse_sql(&PostgreSqlDialect {}, text).map_err(|error| error.to_string())?;
    match (all.pop(), all.len()) {
        (Some(statement), 0) => Ok(statement),
        (_, more) => Err(format!("{} statements where one was meant", more + 1)),
    }
}

/// Reads one statement, prints it, reads it again and compares the trees.
fn round_trip(text: &str) -> Result<(), String> {
    let first = read(text)?;
    let printed = first.to_string();
    let second = read(&printed).map_err(|error| format!("printed as `{printed}`: {error}"))?;
    if first == second { Ok(()) } else { Err(format!("its syntax tree changes when printed as `{printed}`")) }
}

/// A token and what it was read from.
struct Piece<'t> {
    token: Token,
    written: &'t str,
}

/// A text cut into tokens, so that what they were read from joins to the text again.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize_with_location().map_err(|error| error.to_string())?;
    let mut characters = text.char_indices();
    let (mut line, mut column, mut start) = (1, 1, 0);
    let mut pieces = Vec::with_capacity(tokens.len());
    for token in tokens {
        // The tokenizer counts lines and characters, and the texts are cut by bytes.
        while Location::new(line, column) != token.span.end {
            match characters.next() {
                Some((_, '\n')) => (line, column) = (line + 1, 1),
                Some(_) => column += 1,
                None => return Err(format!("`{}` ends behind the text", token.token)),
            }
        }
        let end = characters.offset();
        pieces.push(Piece { token: token.token, written: text.get(start..end).unwrap_or_default() });
        start = end;
    }
    if start == text.len() { Ok(pieces) } else { Err("a part of it is no token".to_owned()) }
}

fn same_tokens(text: &str, twin: &str, neutral: &Neutral) -> Result<(), String> {
    let (ours, theirs) = (pieces(text)?, pieces(twin)?);
    if ours.len() != theirs.len() {
        return Err(format!("{} tokens where {} were meant", ours.len(), theirs.len()));
    }
    for (our, their) in ours.iter().zip(&theirs) {
        if !same_token(our, their, neutral)? {
            return Err(format!("`{}` where `{}` was meant", our.written, their.written));
        }
    }
    Ok(())
}

/// The query that a body was made from, if it was made from one.
fn query(body: &str) -> Option<&str> {
    let body = body.trim_matches('\n');
    [ONE, ROWS].into_iter().find_map(|(before, after)| body.strip_prefix(before)?.strip_suffix(after))
}

/// Whether a token is the one that was meant, or has inside it what was meant.
fn same_token(our: &Piece<'_>, their: &Piece<'_>, neutral: &Neutral) -> Result<bool, String> {
    match &their.token {
        Token::Word(Word { value: placeholder, quote_style: Some('"'), .. }) => {
            if let Some(meant) = neutral.name(placeholder) {
                let read = matches!(&our.token, Token::Word(Word { value, .. }) if *value == meant);
                return Ok(read && our.written == Plain.identifier(&meant));
            }
        }
        Token::SingleQuotedString(placeholder) => {
            if let Some(meant) = neutral.text(placeholder) {
                let read = matches!(&our.token, Token::SingleQuotedString(value) | Token::EscapedStringLiteral(value) if *value == meant);
                return Ok(read && our.written == Plain.literal(&meant));
            }
            if let Some(meant) = neutral.elements(placeholder) {
                let (Token::SingleQuotedString(value) | Token::EscapedStringLiteral(value)) = &our.token else { return Ok(false) };
                let is_read = elements(value).is_some_and(|read| read == meant);
                return Ok(is_read && Plain.array(&meant).strip_prefix(our.written) == Some(ARRAY_TYPE));
            }
        }
        Token::DollarQuotedString(theirs) => {
            let Token::DollarQuotedString(ours) = &our.token else { return Ok(false) };
            let tag = dollar_tag(&ours.value);
            if our.written != format!("{tag}{}{tag}", ours.value) {
                return Ok(false);
            }
            if let (Some(query), Some(twin)) = (query(&ours.value), query(&theirs.value)) {
                round_trip(twin)?;
                read(query)?;
            }
            same_tokens(&ours.value, &theirs.value, neutral)?;
            return Ok(true);
        }
        _ => {}
    }
    Ok(our.token == their.token && our.written == their.written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Sql;

    fn both(statement: &Statement) -> (String, String, Arc<Neutral>) {
        let neutral = Arc::new(Neutral::default());
        let text = Renderer::new(Arc::new(crate::render::Plain)).unwrap().statement(statement).unwrap();
        let twin = Renderer::new(neutral.clone()).unwrap().statement(statement).unwrap();
        (text, twin, neutral)
    }

    const HOSTILE: &[&str] = &[
        "x'; DROP TABLE users; --",
        "a\"b",
        "a\"\"b",
        "a\\\"b",
        "it''s",
        "\"; DROP SCHEMA public CASCADE; --",
        "select",
        "user",
        "größe 表 🦀",
        "back\\slash\\' OR true --",
        "$function$; DROP TABLE users; $function$",
        "/* open comment",
        "text 0",
        "name_0",
        "array 0",
        "a,manager",
        "{\"a\", NULL}",
        "null",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk",
    ];

    #[test]
    fn hostile_names_and_texts_stay_inside_their_quotes() {
        for hostile in HOSTILE {
            let statement = Statement::EnableRowSecurity { table: Sql::Qualified((*hostile).to_owned(), (*hostile).to_owned()) };
            let (text, twin, neutral) = both(&statement);
            verify(&statement, &text, &twin, &neutral).unwrap_or_else(|reason| panic!("{hostile}: {reason}: {text}"));
            let array = Sql::Texts(vec![(*hostile).to_owned(), "b".to_owned()]);
            let statement = Statement::Call { function: Sql::Ident("f".to_owned()), arguments: vec![Sql::literal(hostile), array] };
            let (text, twin, neutral) = both(&statement);
            verify(&statement, &text, &twin, &neutral).unwrap_or_else(|reason| panic!("{hostile}: {reason}: {text}"));
        }
    }

    #[test]
    fn an_array_of_other_elements_is_refused() {
        let array = Sql::Texts(["a,manager", "b"].map(str::to_owned).to_vec());
        let statement = Statement::Call { function: Sql::Ident("f".to_owned()), arguments: vec![array] };
        let (text, twin, neutral) = both(&statement);
        assert_eq!(verify(&statement, &text, &twin, &neutral), Ok(()));
        for wrong in [
            r"{a,manager,b}",
            r#"{"a,manager"}"#,
            r#"{"a,manager",b,c}"#,
            r#"{b,"a,manager"}"#,
            r#"{"a,manager","b"}"#,
            r#"{"a,manager", b}"#,
        ] {
            let wrong = text.replace(r#"{"a,manager",b}"#, wrong);
            assert_ne!(wrong, text);
            assert!(verify(&statement, &wrong, &twin, &neutral).is_err(), "{wrong}");
        }
        assert!(verify(&statement, &text.replace("::text[]", "::int[]"), &twin, &neutral).is_err());
    }

    #[test]
    fn a_name_that_is_read_in_another_case_without_quotes_is_refused() {
        for (name, bare) in [("Companies", "Companies"), ("user", "user"), ("größe", "größe")] {
            let statement = Statement::EnableRowSecurity { table: Sql::Qualified("public".to_owned(), name.to_owned()) };
            let (text, twin, neutral) = both(&statement);
            assert_eq!(verify(&statement, &text, &twin, &neutral), Ok(()));
            let wrong = text.replace(&format!("\"{name}\""), bare);
            assert_ne!(wrong, text);
            assert!(verify(&statement, &wrong, &twin, &neutral).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_that_is_not_the_statement_is_refused() {
        let statement = Statement::EnableRowSecurity { table: Sql::Qualified("public".to_owned(), "companies".to_owned()) };
        let (_, twin, neutral) = both(&statement);
        for wrong in [
            "ALTER TABLE public.companies DISABLE ROW LEVEL SECURITY;",
            "ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY;",
            "ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY; DROP TABLE users;",
            "ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY; --",
            "ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE public.companies ENABLE  ROW LEVEL SECURITY;",
            "ALTER TABLE public.companies ENABLE\u{a0}ROW LEVEL SECURITY;",
            "ALTER TABLE public.companies /* */ENABLE ROW LEVEL SECURITY;",
            "ALTER TABLE public.\"companies\" ENABLE ROW LEVEL SECURITY;",
            "SELECT 1;",
        ] {
            assert!(verify(&statement, wrong, &twin, &neutral).is_err(), "{wrong}");
        }
    }
}
