//! The words and signs of a condition.
//!
//! Follows PostgreSQL's own rules for names, literals and operators, so that a text means here what it would mean there.

use super::word::{CAST, OPERATORS};
use super::{CompareOp, MAX_NAME, PredicateError};
use crate::text::Span;

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A bare word, folded as PostgreSQL folds names.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    Text(String),
    /// Digits with at most one point.
    Number(String),
    Op(CompareOp),
    Minus,
    Open,
    Close,
    Comma,
    Dot,
    End,
    /// What can't be a token: reading stops here, and the parser reports it when it comes to it.
    Bad(PredicateError),
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// Cuts a text into tokens; the last one is `End` or `Bad`.
pub(super) fn tokens(text: &str) -> Vec<Lexeme> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    loop {
        reader.skip_space();
        let start = reader.at;
        let token = reader.next().unwrap_or_else(Token::Bad);
        let last = matches!(token, Token::End | Token::Bad(_));
        found.push(Lexeme { token, span: Span::new(start, reader.at) });
        if last {
            return found;
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Moves on while `wanted` holds, and gives what was passed.
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'));
    }

    fn next(&mut self) -> Result<Token, PredicateError> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        let second = self.rest().chars().nth(1);
        match first {
            '\'' => self.quoted('\'').map(Token::Text),
            '"' => {
                let name = self.quoted('"')?;
                self.name(name, start).map(Token::Quoted)
            }
            '(' => Ok(self.sign(first, Token::Open)),
            ')' => Ok(self.sign(first, Token::Close)),
            ',' => Ok(self.sign(first, Token::Comma)),
            '.' if !second.is_some_and(|c| c.is_ascii_digit()) => Ok(self.sign(first, Token::Dot)),
            '.' | '0'..='9' => self.number(),
            c if starts_name(c) => self.word(),
            c if is_operator(c) => self.operator(),
            _ => {
                self.at += first.len_utf8();
                Err(self.stray(start, first))
            }
        }
    }

    fn sign(&mut self, sign: char, token: Token) -> Token {
        self.at += sign.len_utf8();
        token
    }

    /// Reads what stands between quotes; a doubled quote is one inside.
    fn quoted(&mut self, quote: char) -> Result<String, PredicateError> {
        let start = self.at;
        let mut value = String::new();
        self.at += quote.len_utf8();
        loop {
            value.push_str(self.take_while(|c| c != quote && c != '\0'));
            match self.peek() {
                Some(c) if c == quote => {
                    self.at += quote.len_utf8();
                    if self.peek() != Some(quote) {
                        return Ok(value);
                    }
                    self.at += quote.len_utf8();
                    value.push(quote);
                }
                Some(_) => {
                    let at = Span::new(self.at, self.at + 1);
                    return Err(PredicateError::not_allowed(
                        at,
                        "a NUL character is not allowed in a condition",
                        "remove it: PostgreSQL stores none",
                    ));
                }
                None => {
                    let (what, sign) = if quote == '"' { ("name", "\"") } else { ("text", "'") };
                    return Err(PredicateError::syntax(
                        Span::new(start, self.at),
                        format!("the {what} that starts here has no closing quote"),
                        format!("close it with `{sign}`, and write a quote inside as `{sign}{sign}`"),
                    ));
                }
            }
        }
    }

    fn word(&mut self) -> Result<Token, PredicateError> {
        let start = self.at;
        let word = self.take_while(continues_name);
        if self.peek() == Some('\'') && matches!(word, "e" | "E" | "b" | "B" | "x" | "X" | "n" | "N") {
            return Err(PredicateError::not_allowed(
                Span::new(start, self.at + 1),
                format!("a text with the prefix `{word}` is not allowed in a condition"),
                "write the text between plain single quotes: 'text'",
            ));
        }
        // PostgreSQL folds only ASCII letters in UTF-8 databases.
        self.name(word.to_ascii_lowercase(), start).map(Token::Word)
    }

    fn name(&self, name: String, start: usize) -> Result<String, PredicateError> {
        let span = Span::new(start, self.at);
        if name.is_empty() {
            return Err(PredicateError::syntax(span, "a name is empty", "write the column's name between the double quotes"));
        }
        if name.len() > MAX_NAME {
            return Err(PredicateError::not_allowed(
                span,
                format!("a name is {} bytes long", name.len()),
                format!("names in PostgreSQL have at most {MAX_NAME} bytes"),
            ));
        }
        Ok(name)
    }

    fn number(&mut self) -> Result<Token, PredicateError> {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if self.take_while(|c| continues_name(c) || c == '.').is_empty() {
            return Ok(Token::Number(digits.to_owned()));
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        Err(PredicateError::syntax(
            Span::new(start, self.at),
            format!("`{}` is not a number", shortened(written)),
            "write digits with at most one decimal point, without exponent or separators",
        ))
    }

    fn operator(&mut self) -> Result<Token, PredicateError> {
        let start = self.at;
        let run = self.take_while(is_operator);
        let comment = [run.find("--"), run.find("/*")].into_iter().flatten().min();
        if comment == Some(0) {
            self.at = start + 2;
            return Err(PredicateError::not_allowed(
                Span::new(start, self.at),
                "a comment is not allowed in a condition",
                "put the comment into the configuration, after `#`",
            ));
        }
        let mut sign = run.get(..comment.unwrap_or(run.len())).unwrap_or_default();
        // An operator ends in `+` or `-` only if it holds one of these; else the sign belongs to what follows.
        if !sign.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
            while sign.len() > 1 && sign.ends_with(['+', '-']) {
                sign = sign.get(..sign.len() - 1).unwrap_or_default();
            }
        }
        self.at = start + sign.len();
        let op = match sign {
            "=" => CompareOp::Equal,
            "<>" | "!=" => CompareOp::NotEqual,
            "<" => CompareOp::Less,
            "<=" => CompareOp::LessOrEqual,
            ">" => CompareOp::Greater,
            ">=" => CompareOp::GreaterOrEqual,
            "-" => return Ok(Token::Minus),
            _ => {
                let help = match sign {
                    "==" => "write `=`",
                    "&&" => "write `AND`",
                    "||" => "write `OR` between conditions; texts can't be joined",
                    "!" => "write `NOT`",
                    "^@" => "write `starts_with(column, 'text')`",
                    "~" | "~*" | "!~" | "!~*" | "~~" | "~~*" | "!~~" | "!~~*" => {
                        "use `starts_with(column, 'text')`: pattern matching is not leakproof, so it would keep PostgreSQL from using an index"
                    }
                    _ => OPERATORS,
                };
                let message = format!("the operator `{}` is not allowed in a condition", shortened(sign));
                return Err(PredicateError::not_allowed(Span::new(start, self.at), message, help));
            }
        };
        Ok(Token::Op(op))
    }

    fn stray(&mut self, start: usize, first: char) -> PredicateError {
        let refused = |end: usize, message: &str, help: &str| PredicateError::not_allowed(Span::new(start, end), message, help);
        match first {
            ':' if self.peek() == Some(':') => {
                self.at += 1;
                refused(self.at, "a cast is not allowed in a condition", CAST)
            }
            ';' => refused(self.at, "a condition is no statement: `;` is not allowed", "remove it and what follows"),
            '$' | ':' => refused(
                self.at,
                &format!("`{first}` is not allowed in a condition: there are no parameters"),
                "write literals between single quotes, and attributes of the user as `user.attribute`",
            ),
            '[' | ']' => refused(self.at, "an array is not allowed in a condition", "list the values: `column IN ('a', 'b')`"),
            '\0' => refused(self.at, "a NUL character is not allowed in a condition", "remove it: PostgreSQL stores none"),
            other => PredicateError::syntax(
                Span::new(start, self.at),
                format!("the character `{}` has no meaning in a condition", other.escape_debug()),
                "put names with unusual characters between double quotes, and text between single quotes",
            ),
        }
    }
}

fn starts_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic())
}

fn continues_name(c: char) -> bool {
    c == '_' || c == '$' || c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric())
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// At most the beginning of a long word, for a message of one line.
fn shortened(word: &str) -> String {
    word.chars().take(24).collect()
}
