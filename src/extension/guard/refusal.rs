//! How a guard refuses.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Raises the refusal of a guard: SQLSTATE 42501, why, and the way out, which ends with the guard's setting.
pub fn refuse(message: String, detail: &str, hint: &str, setting: &str) {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message, "guard")
        .set_detail(detail)
        .set_hint(format!("{hint} An administrator may switch this off: {setting}."))
        .report(PgLogLevel::ERROR);
}
