//! `crm_access.apply(config)`.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::diagnostics::{Examined, line};
use super::session::CallersTransaction;
use crate::apply::{Outcome, apply as apply_over};
use crate::text::Severity;

/// Makes a configuration the one that the database enforces: `applied`, or `unchanged` where it stands already.
#[pg_extern(volatile, strict, parallel_unsafe)]
fn apply(config: &str) -> Result<&'static str, ErrorReport> {
    let (source, prepared, diagnostics) = Examined::here(config)?.sound()?;
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning) {
        let report = ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, line(Some(&source), diagnostic), "apply");
        match &diagnostic.help {
            Some(help) => report.set_hint(help.clone()),
            None => report,
        }
        .report(PgLogLevel::WARNING);
    }
    match apply_over(&mut CallersTransaction, &source, &prepared)? {
        Outcome::Applied => Ok("applied"),
        Outcome::Unchanged => Ok("unchanged"),
    }
}

// The core opens with SET LOCAL of just these; as settings of the function too, the caller's own values come back when it returns.
extension_sql!(
    r#"
ALTER FUNCTION crm_access.apply(text)
    SET search_path = pg_catalog, pg_temp
    SET standard_conforming_strings = on
    SET check_function_bodies = on
    SET datestyle = 'ISO, YMD'
    SET intervalstyle = 'postgres'
    SET timezone = 'UTC'
    SET lock_timeout = '30s';
"#,
    name = "apply_settings",
    requires = [apply]
);
