//! What is said about a text: collected, in a fixed order, never endless.

use super::print;
use super::{Code, Span};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is generated until it is corrected.
    Error,
    /// It is probably not meant.
    Warning,
    /// It is worth knowing.
    Note,
}

impl Severity {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One thing that is wrong or worth knowing, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// Where it is; `None` for what has no place in the text.
    pub span: Option<Span>,
    /// One lower-case sentence with names in backticks.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Makes a diagnostic; its texts are shortened and their control characters escaped.
    pub fn new(code: Code, severity: Severity, span: impl Into<Option<Span>>, message: impl AsRef<str>, help: impl Into<Help>) -> Self {
        Diagnostic {
            code,
            severity,
            span: span.into(),
            message: print::message(message.as_ref()),
            help: help.into().0.as_deref().map(print::message),
        }
    }

    /// Order in reports: by place, then by code; what has no place comes last.
    fn rank(&self) -> (bool, Option<Span>, Code, Severity, &str, Option<&str>) {
        (self.span.is_none(), self.span, self.code, self.severity, &self.message, self.help.as_deref())
    }
}

/// A help line or none, from a text, an optional text, or `None`.
#[derive(Clone, Debug, Default)]
pub struct Help(Option<String>);

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        Help(Some(text.to_owned()))
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Help(Some(text))
    }
}

impl<T: Into<String>> From<Option<T>> for Help {
    fn from(text: Option<T>) -> Self {
        Help(text.map(Into::into))
    }
}

/// Diagnostics in the order of their places, each once.
///
/// At most [`Diagnostics::LIMIT`] are kept; the others are counted, and an error is never given up for something less grave.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    omitted: usize,
    errors: usize,
    warnings: usize,
}

impl Diagnostics {
    /// Most diagnostics that are kept.
    pub const LIMIT: usize = 200;

    /// No diagnostics.
    pub fn new() -> Self {
        Diagnostics::default()
    }

    /// Adds an error.
    pub fn error(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl AsRef<str>, help: impl Into<Help>) {
        self.push(Diagnostic::new(code, Severity::Error, span, message, help));
    }

    /// Adds a warning.
    pub fn warning(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl AsRef<str>, help: impl Into<Help>) {
        self.push(Diagnostic::new(code, Severity::Warning, span, message, help));
    }

    /// Adds a note.
    pub fn note(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl AsRef<str>, help: impl Into<Help>) {
        self.push(Diagnostic::new(code, Severity::Note, span, message, help));
    }

    /// Adds a diagnostic, unless the same one is there.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let Err(at) = self.kept.binary_search_by(|kept| kept.rank().cmp(&diagnostic.rank())) else {
            return;
        };
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => {}
        }
        if self.kept.len() < Self::LIMIT {
            self.kept.insert(at, diagnostic);
            return;
        }
        self.omitted += 1;
        // Full: the last of the least grave gives way, if it is less grave than the new one.
        let weakest = self.kept.iter().enumerate().max_by_key(|(index, kept)| (kept.severity, *index));
        if let Some((index, kept)) = weakest
            && kept.severity > diagnostic.severity
        {
            self.kept.remove(index);
            let at = self.kept.partition_point(|kept| kept.rank() < diagnostic.rank());
            self.kept.insert(at, diagnostic);
        }
    }

    /// Adds everything from another collection.
    pub fn extend(&mut self, other: Diagnostics) {
        // What the other left out stays counted.
        let (errors, warnings) = (other.errors - other.count(Severity::Error), other.warnings - other.count(Severity::Warning));
        self.omitted += other.omitted;
        self.errors += errors;
        self.warnings += warnings;
        for diagnostic in other.kept {
            self.push(diagnostic);
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.kept.iter().filter(|kept| kept.severity == severity).count()
    }

    /// Whether there is an error, kept or not.
    pub const fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors there are, kept or not.
    pub const fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings there are, kept or not.
    pub const fn warnings(&self) -> usize {
        self.warnings
    }

    /// Whether there is nothing to say.
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The kept diagnostics, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.kept.iter()
    }

    /// A last note that says how many were left out, if any were.
    pub fn omission(&self) -> Option<Diagnostic> {
        (self.omitted > 0).then(|| {
            let message = format!("{} more are not shown", self.omitted);
            let help = "correct the ones above first";
            Diagnostic::new(Code::TooManyDiagnostics, Severity::Note, None, message, help)
        })
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_ordered_by_place_then_code_and_stand_once() {
        let mut all = Diagnostics::new();
        all.error(Code::Useless, None, "no place", None::<&str>);
        all.warning(Code::UnknownRole, Span::new(5, 6), "later", "help");
        all.error(Code::UnknownRole, Span::new(1, 2), "b", None::<&str>);
        all.error(Code::UnknownEntity, Span::new(1, 2), "a", String::from("help"));
        all.error(Code::UnknownEntity, Span::new(1, 2), "a", String::from("help"));
        let order: Vec<&str> = all.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(order, ["a", "b", "later", "no place"]);
        assert_eq!((all.errors(), all.warnings()), (3, 1));
        assert!(all.omission().is_none());
    }

    #[test]
    fn no_more_than_the_limit_is_kept_and_errors_come_first() {
        let mut all = Diagnostics::new();
        for n in 0..Diagnostics::LIMIT {
            all.warning(Code::Useless, Span::new(n, n), "w", None::<&str>);
        }
        assert!(!all.has_errors());
        for n in 0..10_000 {
            all.error(Code::BadName, Span::new(n, n), "e", None::<&str>);
        }
        assert_eq!(all.iter().count(), Diagnostics::LIMIT);
        assert!(all.iter().all(|d| d.severity == Severity::Error));
        assert_eq!((all.errors(), all.warnings()), (10_000, 200));
        let omission = all.omission().unwrap();
        assert_eq!(omission.code, Code::TooManyDiagnostics);
        assert_eq!(omission.message, "10000 more are not shown");
    }

    #[test]
    fn texts_are_shortened_and_control_characters_escaped() {
        let long = Diagnostic::new(Code::BadName, Severity::Error, None, "x".repeat(1_000_000), "a\u{1b}[2J\nb");
        assert!(long.message.len() < 1100);
        assert_eq!(long.help.as_deref(), Some("a\\u{1b}[2J\\nb"));
    }
}
