//! What is wrong with a condition.

use std::fmt;

use crate::text::Span;

/// Whether a condition can't be read or may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredicateErrorKind {
    /// The text is no condition in any reading.
    Syntax,
    /// The text is SQL that conditions leave out, or exceeds a limit.
    NotAllowed,
}

/// The first mistake of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateError {
    /// Whether it can't be read or may not be used.
    pub kind: PredicateErrorKind,
    /// Its place in the condition's text.
    pub span: Span,
    /// What is wrong, in one lower-case sentence.
    pub message: String,
    /// What would be right, in one line.
    pub help: String,
}

impl PredicateError {
    pub(super) fn syntax(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        PredicateError { kind: PredicateErrorKind::Syntax, span, message: message.into(), help: help.into() }
    }

    pub(super) fn not_allowed(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        PredicateError { kind: PredicateErrorKind::NotAllowed, span, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for PredicateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PredicateError {}
