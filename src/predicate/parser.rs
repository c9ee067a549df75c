//! From tokens to conditions, by recursive descent.

use super::token::{Lexeme, Token, tokens};
use super::word::{OPERATORS, refusal};
use super::{Function, MAX_DEPTH, MAX_LENGTH, MAX_LIST, Operand, Predicate, PredicateError};
use crate::text::Span;

pub(super) type Parsed<T> = Result<T, PredicateError>;

pub(super) fn parse(text: &str) -> Parsed<Predicate> {
    if text.len() > MAX_LENGTH {
        return Err(PredicateError::not_allowed(
            Span::new(0, text.len()),
            format!("the condition is {} bytes long", text.len()),
            format!("at most {MAX_LENGTH} bytes are allowed; a long list of values belongs in a table"),
        ));
    }
    let end = Lexeme { token: Token::End, span: Span::new(text.len(), text.len()) };
    let mut parser = Parser { text, tokens: tokens(text), end, at: 0, depth: 0 };
    let predicate = parser.or()?;
    match parser.token() {
        Token::End => Ok(predicate),
        _ => Err(parser.unexpected("`AND`, `OR` or the end")),
    }
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Lexeme>,
    end: Lexeme,
    pub(super) at: usize,
    depth: usize,
}

impl Parser<'_> {
    pub(super) fn look(&self, ahead: usize) -> &Lexeme {
        self.tokens.get(self.at + ahead).unwrap_or(&self.end)
    }

    pub(super) fn token(&self) -> &Token {
        &self.look(0).token
    }

    pub(super) fn span(&self) -> Span {
        self.look(0).span
    }

    fn is_word(&self, ahead: usize, wanted: &str) -> bool {
        matches!(&self.look(ahead).token, Token::Word(word) if word == wanted)
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(0, wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, wanted: Token, shown: &str) -> Parsed<()> {
        if *self.token() == wanted {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(shown))
    }

    /// The error for a token that can't stand here: the reason of its own if it has one.
    pub(super) fn unexpected(&self, wanted: &str) -> PredicateError {
        let span = self.span();
        match self.token() {
            Token::Bad(error) => return error.clone(),
            Token::End => {
                return PredicateError::syntax(span, format!("the condition ends where {wanted} should be"), "complete the condition");
            }
            Token::Minus => {
                return PredicateError::not_allowed(span, "the operator `-` is not allowed in a condition", OPERATORS);
            }
            Token::Word(word) => {
                if let Some(error) = refusal(word, span) {
                    return error;
                }
            }
            _ => {}
        }
        let written: String = self.text.get(span.start..span.end).unwrap_or_default().chars().take(24).collect();
        PredicateError::syntax(span, format!("`{written}` stands where {wanted} should be"), OPERATORS)
    }

    /// Runs `inner` one level deeper; the limit keeps a hostile text from exhausting the stack.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(PredicateError::not_allowed(
                self.span(),
                format!("the condition nests deeper than {MAX_DEPTH} levels"),
                "take out needless parentheses, or split the condition into several grants",
            ));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn or(&mut self) -> Parsed<Predicate> {
        self.chain("or", Self::and, Predicate::Or)
    }

    fn and(&mut self) -> Parsed<Predicate> {
        self.chain("and", Self::not, Predicate::And)
    }

    fn chain(&mut self, word: &str, part: fn(&mut Self) -> Parsed<Predicate>, join: fn(Vec<Predicate>) -> Predicate) -> Parsed<Predicate> {
        let first = part(self)?;
        if !self.is_word(0, word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn not(&mut self) -> Parsed<Predicate> {
        if self.take_word("not") {
            let inner = self.deeper(Self::not)?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        self.condition()
    }

    fn condition(&mut self) -> Parsed<Predicate> {
        let start = self.at;
        if *self.token() == Token::Open {
            // A parenthesis holds a value if a comparison follows, else a condition.
            if let Ok(operand) = self.operand()
                && self.compares()
            {
                return self.comparison(operand, start);
            }
            self.at = start;
            return self.deeper(Self::group);
        }
        if self.is_word(0, "starts_with") && self.look(1).token == Token::Open {
            return self.deeper(Self::starts_with);
        }
        let operand = self.operand()?;
        self.comparison(operand, start)
    }

    fn group(&mut self) -> Parsed<Predicate> {
        self.at += 1;
        let inner = self.or()?;
        if *self.token() == Token::Comma {
            return Err(PredicateError::not_allowed(
                self.span(),
                "a row of values is not allowed in a condition",
                "compare each column on its own, joined with `AND`",
            ));
        }
        self.expect(Token::Close, "`)`")?;
        self.ends_condition()?;
        Ok(inner)
    }

    /// Refuses a comparison of what is a condition already.
    fn ends_condition(&self) -> Parsed<()> {
        if !self.compares() {
            return Ok(());
        }
        Err(PredicateError::not_allowed(
            self.span(),
            "the result of a condition can't be compared",
            "join conditions with `AND`, `OR` and `NOT`",
        ))
    }

    /// Whether what follows compares the operand before it.
    fn compares(&self) -> bool {
        match self.token() {
            Token::Op(_) => true,
            Token::Word(word) => matches!(word.as_str(), "in" | "between" | "is" | "not" | "like" | "ilike" | "similar"),
            _ => false,
        }
    }

    fn starts_with(&mut self) -> Parsed<Predicate> {
        self.at += 2;
        let first = self.at;
        let operand = self.operand()?;
        self.reads_something(first, &[&operand])?;
        self.expect(Token::Comma, "`,`")?;
        let Token::Text(prefix) = self.token() else {
            if let Token::Bad(error) = self.token() {
                return Err(error.clone());
            }
            return Err(PredicateError::not_allowed(
                self.span(),
                "the second argument of `starts_with` is not a text",
                "write the text between single quotes: `starts_with(column, 'text')`",
            ));
        };
        let prefix = prefix.clone();
        self.at += 1;
        self.expect(Token::Close, "`)`")?;
        self.ends_condition()?;
        Ok(Predicate::StartsWith { operand, prefix })
    }

    /// What is said of an operand that began with the token `start`.
    fn comparison(&mut self, operand: Operand, start: usize) -> Parsed<Predicate> {
        if let Token::Op(op) = self.token() {
            let op = *op;
            self.at += 1;
            let right = self.operand()?;
            self.reads_something(start, &[&operand, &right])?;
            self.ends_condition()?;
            return Ok(Predicate::Compare { left: operand, op, right });
        }
        if self.take_word("is") {
            return self.test(operand, start);
        }
        let negated = self.take_word("not");
        if self.take_word("in") {
            let list = self.list()?;
            let read: Vec<&Operand> = std::iter::once(&operand).chain(&list).collect();
            self.reads_something(start, &read)?;
            return Ok(Predicate::In { operand, list, negated });
        }
        if self.take_word("between") {
            let low = self.operand()?;
            if !self.take_word("and") {
                return Err(self.unexpected("`AND`"));
            }
            let high = self.operand()?;
            self.reads_something(start, &[&operand, &low, &high])?;
            return Ok(Predicate::Between { operand, low, high, negated });
        }
        if negated {
            return Err(self.unexpected("`IN` or `BETWEEN`"));
        }
        self.alone(operand, start)
    }

    /// The rest of `operand IS`.
    fn test(&mut self, operand: Operand, start: usize) -> Parsed<Predicate> {
        let negated = self.take_word("not");
        let truth = if self.take_word("null") {
            None
        } else if self.take_word("true") {
            Some(true)
        } else if self.take_word("false") {
            Some(false)
        } else {
            return Err(self.unexpected("`NULL`, `TRUE` or `FALSE`"));
        };
        self.reads_something(start, &[&operand])?;
        self.ends_condition()?;
        Ok(match truth {
            None => Predicate::IsNull { operand, negated },
            Some(truth) => Predicate::IsTruth { operand, truth, negated },
        })
    }

    pub(super) fn list(&mut self) -> Parsed<Vec<Operand>> {
        self.expect(Token::Open, "`(`")?;
        let mut list = vec![self.operand()?];
        while *self.token() == Token::Comma {
            self.at += 1;
            if list.len() >= MAX_LIST {
                return Err(PredicateError::not_allowed(
                    self.span(),
                    format!("the list has more than {MAX_LIST} values"),
                    "a long list of values belongs in a table",
                ));
            }
            list.push(self.operand()?);
        }
        self.expect(Token::Close, "`,` or `)`")?;
        Ok(list)
    }

    /// An operand that nothing is said of.
    fn alone(&self, operand: Operand, start: usize) -> Parsed<Predicate> {
        match self.token() {
            Token::End | Token::Close | Token::Comma => {}
            Token::Word(word) if word == "and" || word == "or" => {}
            _ => return Err(self.unexpected("an operator")),
        }
        match &operand {
            Operand::Column { .. } | Operand::UserAttribute { .. } | Operand::Function { name: Function::Coalesce, .. } => {
                self.reads_something(start, &[&operand])?;
                Ok(Predicate::Truth(operand))
            }
            _ => Err(PredicateError::syntax(
                self.since(start),
                "a value standing alone is no condition",
                "compare it with a column, as in `column = value`; the scopes `all` and `none` need no condition",
            )),
        }
    }

    /// Refuses a comparison that has the same result for every record and user: it would be a scope in disguise.
    fn reads_something(&self, start: usize, operands: &[&Operand]) -> Parsed<()> {
        if !operands.iter().all(|operand| operand.is_constant()) {
            return Ok(());
        }
        Err(PredicateError::not_allowed(
            self.since(start),
            "this reads neither a column nor an attribute of the user",
            "the scopes `all` and `none` need no condition, and `from` and `until` of an assignment limit its time",
        ))
    }

    /// The place from the token `start` to the one before the present.
    pub(super) fn since(&self, start: usize) -> Span {
        let first = self.tokens.get(start).map_or(self.end.span, |lexeme| lexeme.span);
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(first, |lexeme| lexeme.span);
        Span::new(first.start, last.end.max(first.start))
    }
}
