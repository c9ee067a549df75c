//! `crm_access.audit()`.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::session::CallersTransaction;
use crate::apply::{Audited, audit as audit_over};
use crate::audit::ALL;

/// What is open in this database, given the configuration that is applied; no row where nothing is. It is the administrator's to call.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity)]
fn audit() -> Result<
    TableIterator<
        'static,
        (
            name!(lint, String),
            name!(severity, String),
            name!(object, String),
            name!(message, String),
            name!(help, String),
            name!(place, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let (source, report) = match audit_over(&mut CallersTransaction, None, ALL)? {
        Audited::Done { source, report } => (source, report),
        Audited::NothingApplied => {
            let state = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
            return Err(ErrorReport::new(state, "no configuration is applied", "audit")
                .set_hint("Apply one with crm_access.apply(), or with \"crm-access apply\"."));
        }
        Audited::Unsound { diagnostics, .. } => {
            let first = diagnostics.iter().next().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default();
            let state = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
            return Err(ErrorReport::new(state, "this version does not take the configuration that is applied", "audit")
                .set_detail(first)
                .set_hint("Correct it as crm_access.check() says, and apply it again."));
        }
    };
    let rows: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let place = finding.span.map(|span| source.position(span.start)).map(|(line, column)| format!("{line}:{column}"));
            (
                finding.lint.name.to_owned(),
                finding.severity.as_str().to_owned(),
                finding.object.clone(),
                finding.message.clone(),
                finding.fix.text(),
                place,
            )
        })
        .collect();
    Ok(TableIterator::new(rows))
}
