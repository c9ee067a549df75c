//! The language of `where:` conditions.
//!
//! Takes the text of a condition and gives a tree of it, or one error with its place. The language is a small part of SQL's
//! expressions: comparisons of the record's own columns, the user's attributes and literals, joined by AND, OR and NOT.
//! Whatever is not in the listed set is refused, so that a tree holds nothing that could read another table, call a function
//! with effects or break out of the statement it is rendered into. Names and literals are kept as values: nothing of the
//! text itself is ever pasted.

mod error;
mod form;
mod number;
mod operand;
mod parser;
mod print;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod word;

pub use error::{PredicateError, PredicateErrorKind};
pub use form::{CONDITIONS, Form, VALUES};
pub use tree::{CompareOp, Function, Operand, Predicate};

/// The longest text of a condition, in bytes.
pub const MAX_LENGTH: usize = 4_000;
/// How deep parentheses, NOT and function calls may nest.
pub const MAX_DEPTH: usize = 32;
/// The longest list of IN.
pub const MAX_LIST: usize = 200;
/// The longest name, in bytes: PostgreSQL cuts longer ones off, which would name another column.
pub const MAX_NAME: usize = 63;

/// Parses a condition; places in the tree and in the error are bytes of `text`.
pub fn parse(text: &str) -> Result<Predicate, PredicateError> {
    parser::parse(text)
}
