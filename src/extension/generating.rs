//! `crm_access.generate(config [, target])`.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::diagnostics::Examined;
use crate::apply::end_statement;
use crate::program::Target;

/// The script that applies a configuration, for this extension or for a server without it (`portable`).
#[pg_extern(stable, strict, parallel_safe)]
fn generate(config: &str, target: default!(&str, "'extension'")) -> Result<String, ErrorReport> {
    let Some(target) = Target::from_name(target) else {
        let message = format!("unknown target \"{target}\"");
        return Err(ErrorReport::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message, "generate")
            .set_hint("The targets are extension and portable."));
    };
    let (source, prepared, _) = Examined::new(config, target).sound()?;
    Ok(prepared.script.text(&end_statement(&source, &prepared)?))
}
