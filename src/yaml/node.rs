//! A value and its place.

use crate::text::{At, Span, quoted};

/// A value with the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it was written; empty where nothing was.
    pub span: Span,
    /// What was written.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Something that was refused; the reason was reported.
    Refused,
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text; a key stands once.
    Map(Vec<(At<String>, Node)>),
}

impl Node {
    /// Joins a value and its place.
    pub const fn new(kind: Kind, span: Span) -> Self {
        Node { span, kind }
    }

    /// What the value is, in words: `a list`, `the number `5``.
    pub fn in_words(&self) -> String {
        match &self.kind {
            Kind::Refused | Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Int(value) => format!("the number `{value}`"),
            Kind::Float(value) => format!("the number `{value}`"),
            Kind::Text(value) => format!("the text {}", quoted(value)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }
}
