//! `crm_access.check(config)`.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::diagnostics::{Examined, place};

/// Everything that is wrong with a configuration in this database, or worth knowing; no row where there is nothing to say.
#[pg_extern(volatile, strict, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity)]
fn check(
    config: &str,
) -> Result<
    TableIterator<
        'static,
        (
            name!(code, String),
            name!(severity, String),
            name!(line, Option<i32>),
            name!(column, Option<i32>),
            name!(message, String),
            name!(help, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let examined = Examined::here(config)?;
    let source = examined.source.as_ref();
    let rows: Vec<_> = examined
        .diagnostics
        .iter()
        .chain(examined.diagnostics.omission().as_ref())
        .map(|diagnostic| {
            let place = place(source, diagnostic);
            let number = |at: usize| i32::try_from(at).ok();
            (
                diagnostic.code.as_str().to_owned(),
                diagnostic.severity.as_str().to_owned(),
                place.and_then(|(line, _)| number(line)),
                place.and_then(|(_, column)| number(column)),
                diagnostic.message.clone(),
                diagnostic.help.clone(),
            )
        })
        .collect();
    Ok(TableIterator::new(rows))
}
