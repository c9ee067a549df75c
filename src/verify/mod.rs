//! The last look at a statement before anything runs it or writes it down.
//!
//! Takes a rendered statement, gives its text back only if it is exactly the statement that was meant:
//!
//! 1. sqlparser reads it as one statement, and printing that and reading it again gives the same syntax tree;
//! 2. token by token it equals the same statement rendered with placeholders for every name and text of the configuration, with each name and
//!    text in its place. A name that broke out of its quotes would shift or change the tokens around it.
//!
//! The query in the body of a function is a statement itself and goes through the same. What sqlparser 0.63 can't read is listed in
//! [`ONLY_TOKENS`]; those statements pass the second check alone, and the server reads them in the end.

use std::fmt;
use std::sync::Arc;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Word};

use crate::program::{Body, Program, Statement};
use crate::render::{Neutral, ONE, Plain, ROWS, RenderError, Renderer, Script, script};

/// Kinds of statements that sqlparser can't read, with the reason.
pub const ONLY_TOKENS: [(&str, &str); 5] = [
    ("state", "our own fixed text with PL/pgSQL bodies; nothing of a configuration is in it"),
    ("signing", "our own fixed text with a DO block; nothing of a configuration is in it"),
    ("comment_policy", "COMMENT ON POLICY"),
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
        Statement::State | Statement::Signing => return if text == twin { Ok(()) } else { Err("a fixed text changed".to_owned()) },
        Statement::CommentPolicy { .. } => {}
        Statement::CreateTrigger(trigger) if !trigger.columns.is_empty() => {}
        _ => round_trip(text)?,
    }
    same_tokens(text, twin, neutral)
}

/// Reads one statement, prints it, reads it again and compares the trees.
fn round_trip(text: &str) -> Result<(), String> {
    let dialect = PostgreSqlDialect {};
    let first = Parser::parse_sql(&dialect, text).map_err(|error| error.to_string())?;
    let [statement] = first.as_slice() else {
        return Err(format!("{} statements where one was meant", first.len()));
    };
    let printed = statement.to_string();
    let second = Parser::parse_sql(&dialect, &printed).map_err(|error| format!("printed as `{printed}`: {error}"))?;
    if first == second { Ok(()) } else { Err(format!("its syntax tree changes when printed as `{printed}`")) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let dialect = PostgreSqlDialect {};
    let all = Tokenizer::new(&dialect, text).tokenize().map_err(|error| error.to_string())?;
    Ok(all.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect())
}

fn same_tokens(text: &str, twin: &str, neutral: &Neutral) -> Result<(), String> {
    let (ours, theirs) = (tokens(text)?, tokens(twin)?);
    if ours.len() != theirs.len() {
        return Err(format!("{} tokens where {} were meant", ours.len(), theirs.len()));
    }
    for (our, their) in ours.iter().zip(&theirs) {
        same_token(our, their, neutral)?;
    }
    Ok(())
}

/// The query that a body was made from, if it was made from one.
fn query(body: &str) -> Option<&str> {
    let body = body.trim_matches('\n');
    [ONE, ROWS].into_iter().find_map(|(before, after)| body.strip_prefix(before)?.strip_suffix(after))
}

fn same_token(our: &Token, their: &Token, neutral: &Neutral) -> Result<(), String> {
    let same = match (our, their) {
        (Token::Word(Word { value, .. }), Token::Word(Word { value: placeholder, quote_style: Some('"'), .. })) => {
            match neutral.name(placeholder) {
                Some(meant) => *value == meant,
                None => our == their,
            }
        }
        (Token::SingleQuotedString(value) | Token::EscapedStringLiteral(value), Token::SingleQuotedString(placeholder)) => {
            match neutral.text(placeholder) {
                Some(meant) => *value == meant,
                None => our == their,
            }
        }
        (Token::DollarQuotedString(ours), Token::DollarQuotedString(theirs)) => {
            if let Some(query) = query(&ours.value) {
                round_trip(query)?;
            }
            same_tokens(&ours.value, &theirs.value, neutral)?;
            true
        }
        _ => our == their,
    };
    if same { Ok(()) } else { Err(format!("`{our}` where `{their}` was meant")) }
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
        "\"; DROP SCHEMA public CASCADE; --",
        "select",
        "user",
        "größe 表 🦀",
        "back\\slash\\' OR true --",
        "$function$; DROP TABLE users; $function$",
        "/* open comment",
        "text 0",
        "name_0",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk",
    ];

    #[test]
    fn hostile_names_and_texts_stay_inside_their_quotes() {
        for hostile in HOSTILE {
            let statement = Statement::EnableRowSecurity { table: Sql::Qualified((*hostile).to_owned(), (*hostile).to_owned()) };
            let (text, twin, neutral) = both(&statement);
            verify(&statement, &text, &twin, &neutral).unwrap_or_else(|reason| panic!("{hostile}: {reason}: {text}"));
            let statement = Statement::Call { function: Sql::Ident("f".to_owned()), arguments: vec![Sql::literal(hostile)] };
            let (text, twin, neutral) = both(&statement);
            verify(&statement, &text, &twin, &neutral).unwrap_or_else(|reason| panic!("{hostile}: {reason}: {text}"));
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
            "SELECT 1;",
        ] {
            let refused = verify(&statement, wrong, &twin, &neutral).is_err();
            assert!(refused != wrong.ends_with("--"), "{wrong}");
        }
    }
}
