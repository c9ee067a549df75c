//! Values: literals, columns, attributes and calls.

use super::number::canonical;
use super::parser::{Parsed, Parser};
use super::token::{Lexeme, Token};
use super::word::{CAST, FUNCTIONS, NAMES, is_reserved, refusal};
use super::{Function, MAX_LIST, Operand, PredicateError};
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        let span = self.span();
        let next = self.look(1).clone();
        let operand = match self.token().clone() {
            Token::Open => return self.deeper(Self::parenthesized),
            Token::Text(text) => Operand::Text(text),
            Token::Number(digits) => Operand::Number(canonical(&digits, false)),
            Token::Minus => match next.token {
                Token::Number(digits) => {
                    self.at += 1;
                    Operand::Number(canonical(&digits, true))
                }
                _ => return Err(self.unexpected("a value")),
            },
            Token::Quoted(name) => match next.token {
                Token::Open => return Err(call_refused(&name, span)),
                Token::Dot => return Err(self.dotted()),
                _ => Operand::Column { name, span },
            },
            Token::Word(word) => return self.word(&word, span, &next),
            _ => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        Ok(operand)
    }

    fn parenthesized(&mut self) -> Parsed<Operand> {
        self.at += 1;
        let operand = self.operand()?;
        self.expect(Token::Close, "`)`")?;
        Ok(operand)
    }

    /// An operand that begins with a bare word.
    fn word(&mut self, word: &str, span: Span, next: &Lexeme) -> Parsed<Operand> {
        match (word, &next.token) {
            ("user", Token::Dot) => return self.attribute(span),
            ("user", _) => {
                return Err(PredicateError::syntax(
                    span,
                    "`user` stands without an attribute",
                    "name an attribute of the user: `user.attribute`",
                ));
            }
            ("null", _) => {
                return Err(PredicateError::not_allowed(
                    span,
                    "`NULL` is not allowed as a value: a comparison with it is never true",
                    "write `column IS NULL` or `column IS NOT NULL`",
                ));
            }
            ("current_date", Token::Open) => {
                return Err(PredicateError::syntax(next.span, "`current_date` takes no parentheses", "write `current_date`"));
            }
            ("true" | "false", _) => {
                self.at += 1;
                return Ok(Operand::Bool(word == "true"));
            }
            ("current_date", _) => {
                self.at += 1;
                return Ok(Operand::Function { name: Function::CurrentDate, args: Vec::new() });
            }
            _ => {}
        }
        if let Some(error) = refusal(word, span) {
            return Err(error);
        }
        if is_reserved(word) {
            let stands = self.unexpected("a value");
            return Err(PredicateError { help: format!("a column of that name is written `\"{word}\"`, in double quotes"), ..stands });
        }
        match &next.token {
            Token::Open => self.call(word, span),
            Token::Dot => Err(self.dotted()),
            Token::Text(_) => {
                let message = format!("a literal with the type `{word}` before it is not allowed in a condition");
                Err(PredicateError::not_allowed(Span::new(span.start, next.span.end), message, CAST))
            }
            _ => {
                self.at += 1;
                Ok(Operand::Column { name: word.to_owned(), span })
            }
        }
    }

    /// `user.name`, from the word `user`.
    fn attribute(&mut self, user: Span) -> Parsed<Operand> {
        self.at += 2;
        let name = match self.token() {
            Token::Word(name) | Token::Quoted(name) => name.clone(),
            _ => return Err(self.unexpected("the name of an attribute")),
        };
        let span = Span::new(user.start, self.span().end);
        match self.look(1).token {
            Token::Open => Err(call_refused(&name, span)),
            Token::Dot => Err(PredicateError::not_allowed(span, "an attribute of the user has one name after `user.`", NAMES)),
            _ => {
                self.at += 1;
                Ok(Operand::UserAttribute { name, span })
            }
        }
    }

    fn dotted(&self) -> PredicateError {
        let end = self.look(2).span.end;
        PredicateError::not_allowed(
            Span::new(self.span().start, end),
            "a name with a dot is not allowed in a condition, other than `user.attribute`",
            NAMES,
        )
    }

    fn call(&mut self, word: &str, span: Span) -> Parsed<Operand> {
        let (name, least, most) = match word {
            "lower" => (Function::Lower, 1, 1),
            "upper" => (Function::Upper, 1, 1),
            "length" => (Function::Length, 1, 1),
            "coalesce" => (Function::Coalesce, 2, MAX_LIST),
            "now" => (Function::Now, 0, 0),
            "hours_ago" => (Function::HoursAgo, 1, 1),
            "days_ago" => (Function::DaysAgo, 1, 1),
            "starts_with" => {
                return Err(PredicateError::not_allowed(
                    span,
                    "`starts_with` is a condition and gives no value",
                    "let it stand alone: `starts_with(column, 'text')`",
                ));
            }
            _ => return Err(call_refused(word, span)),
        };
        let start = self.at;
        self.at += 1;
        let args = if self.look(1).token == Token::Close {
            self.at += 2;
            Vec::new()
        } else {
            self.deeper(Self::list)?
        };
        if (least..=most).contains(&args.len()) {
            if matches!(name, Function::HoursAgo | Function::DaysAgo) && !args.iter().all(is_count) {
                let message = format!("`{word}` takes a whole number from 0 to {MAX_AGO}");
                return Err(PredicateError::syntax(self.since(start), message, "write the number in digits, as in `hours_ago(4)`"));
            }
            return Ok(Operand::Function { name, args });
        }
        let takes = match (least, most) {
            (0, _) => "no argument",
            (1, _) => "one argument",
            _ => "two or more arguments",
        };
        let message = format!("`{word}` takes {takes}, but has {}", args.len());
        Err(PredicateError::syntax(self.since(start), message, FUNCTIONS))
    }
}

/// The most hours or days that can be gone back: farther than any record, and well inside what a timestamp holds.
const MAX_AGO: u32 = 1_000_000;

fn is_count(operand: &Operand) -> bool {
    matches!(operand, Operand::Number(digits) if digits.parse::<u32>().is_ok_and(|count| count <= MAX_AGO))
}

fn call_refused(name: &str, span: Span) -> PredicateError {
    let message = format!("the function `{name}` is not allowed in a condition");
    PredicateError::not_allowed(span, message, FUNCTIONS)
}
