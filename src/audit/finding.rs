//! What a lint finds.

use super::Lint;
use crate::text::{Severity, Span, message};

/// One thing that is open.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What found it.
    pub lint: &'static Lint,
    /// How grave it is.
    pub severity: Severity,
    /// The object, as `public.deals` or `public.deals.deals_company_id_fkey`; what `accept` names.
    pub object: String,
    /// Why it is a problem: one lower-case sentence with names in backticks.
    pub message: String,
    /// How to mend it.
    pub fix: Fix,
    /// The place in the configuration that it is about.
    pub span: Option<Span>,
}

impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank() && self.fix == other.fix
    }
}

impl Finding {
    /// Order in reports: the gravest first, then by code and object.
    pub(super) fn rank(&self) -> (Severity, &str, &str, &str) {
        (self.severity, self.lint.code, &self.object, &self.message)
    }
}

/// How to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Statements that do it, without semicolons.
    Sql(Vec<String>),
    /// What to consider, where no statement can decide it.
    Words(String),
}

impl Fix {
    /// One statement.
    pub fn sql(statement: impl Into<String>) -> Fix {
        Fix::Sql(vec![statement.into()])
    }

    /// Advice.
    pub fn words(text: impl Into<String>) -> Fix {
        Fix::Words(text.into())
    }

    /// As one line.
    pub fn text(&self) -> String {
        match self {
            Fix::Sql(statements) => statements.iter().map(|statement| format!("{statement};")).collect::<Vec<_>>().join(" "),
            Fix::Words(text) => text.clone(),
        }
    }

    /// The statements, if there are any.
    pub fn statements(&self) -> &[String] {
        match self {
            Fix::Sql(statements) => statements,
            Fix::Words(_) => &[],
        }
    }
}

/// What one lint finds.
#[derive(Debug)]
pub struct Findings {
    lint: &'static Lint,
    all: Vec<Finding>,
}

impl Findings {
    pub(super) fn new(lint: &'static Lint) -> Findings {
        Findings { lint, all: Vec::new() }
    }

    /// Adds a finding with the lint's own severity.
    pub fn add(&mut self, object: impl AsRef<str>, text: impl AsRef<str>, fix: Fix, span: impl Into<Option<Span>>) {
        self.add_as(self.lint.severity, object, text, fix, span);
    }

    /// Adds a finding with a severity of its own.
    pub fn add_as(&mut self, severity: Severity, object: impl AsRef<str>, text: impl AsRef<str>, fix: Fix, span: impl Into<Option<Span>>) {
        self.all.push(Finding {
            lint: self.lint,
            severity,
            object: message(object.as_ref()),
            message: message(text.as_ref()),
            fix,
            span: span.into(),
        });
    }

    pub(super) fn into_all(self) -> Vec<Finding> {
        self.all
    }
}
