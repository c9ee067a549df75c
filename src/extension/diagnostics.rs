//! A configuration given as an argument, and what is wrong with it as an error of the server.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::session::CallersTransaction;
use crate::apply::{Prepared, compare, prepare};
use crate::program::Target;
use crate::text::{Diagnostic, Diagnostics, Severity, Source};

/// A configuration's text, and what was found in it.
pub struct Examined {
    /// The text; `None` where it could not be taken.
    pub source: Option<Source>,
    /// The configuration; `None` where its text has errors.
    pub prepared: Option<Prepared>,
    /// Everything that was found.
    pub diagnostics: Diagnostics,
}

impl Examined {
    /// Runs all passes that look at the text alone.
    pub fn new(config: &str, target: Target) -> Examined {
        let mut diagnostics = Diagnostics::new();
        // Not `Source::new`: the limits of a file are the limits of an argument. One byte more shows that it is too large; a copy of a whole
        // gigabyte could end the server's process.
        let bytes = config.as_bytes();
        let examined = match Source::from_bytes("configuration", bytes.get(..=Source::LIMIT).unwrap_or(bytes).to_vec()) {
            Ok(source) => {
                let prepared = prepare(&source, target, &mut diagnostics);
                Examined { source: Some(source), prepared, diagnostics }
            }
            Err(error) => {
                diagnostics.push(error.diagnostic());
                Examined { source: None, prepared: None, diagnostics }
            }
        };
        // The passes take a while for a large configuration and can't be interrupted.
        pgrx::check_for_interrupts!();
        examined
    }

    /// Compares with this database as well.
    pub fn here(config: &str) -> Result<Examined, ErrorReport> {
        let mut examined = Examined::new(config, Target::Extension);
        if let (Some(source), Some(prepared)) = (&examined.source, &examined.prepared) {
            compare(&mut CallersTransaction, source, prepared, &mut examined.diagnostics)?;
        }
        Ok(examined)
    }

    /// The configuration, or all its mistakes as one error.
    pub fn sound(self) -> Result<(Source, Prepared, Diagnostics), ErrorReport> {
        match (self.source, self.prepared) {
            (Some(source), Some(prepared)) if !self.diagnostics.has_errors() => Ok((source, prepared, self.diagnostics)),
            (source, _) => Err(refusal(source.as_ref(), &self.diagnostics)),
        }
    }
}

/// Line and column, counted from one.
pub fn place(source: Option<&Source>, diagnostic: &Diagnostic) -> Option<(usize, usize)> {
    Some(source?.position(diagnostic.span?.start))
}

/// One diagnostic as one line.
pub fn line(source: Option<&Source>, diagnostic: &Diagnostic) -> String {
    let (code, message) = (diagnostic.code.as_str(), &diagnostic.message);
    match place(source, diagnostic) {
        Some((line, column)) => format!("{line}:{column}: {code}: {message}"),
        None => format!("{code}: {message}"),
    }
}

fn refusal(source: Option<&Source>, diagnostics: &Diagnostics) -> ErrorReport {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let message = match errors.first() {
        Some(first) => first.message.clone(),
        None => "the configuration has errors".to_owned(),
    };
    let lines: Vec<String> =
        errors.iter().copied().chain(diagnostics.omission().as_ref()).map(|diagnostic| line(source, diagnostic)).collect();
    let report = ErrorReport::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message, "refusal").set_detail(lines.join("\n"));
    match errors.first().and_then(|first| first.help.clone()) {
        Some(help) => report.set_hint(help),
        None => report,
    }
}
