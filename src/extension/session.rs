//! The transaction of the caller as a session to apply in.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi;
use serde_json::Value;

use crate::apply::Session;
use crate::catalog::SnapshotError;
use crate::render::RenderError;

/// The transaction that the calling statement runs in. An error of the server leaves it as itself, with its own SQLSTATE.
pub struct CallersTransaction;

impl Session for CallersTransaction {
    type Error = ErrorReport;

    fn execute(&mut self, sql: &str) -> Result<(), ErrorReport> {
        Spi::run(sql).map_err(unexpected)
    }

    fn ask(&mut self, sql: &str) -> Result<bool, ErrorReport> {
        Ok(Spi::get_one(sql).map_err(unexpected)?.unwrap_or(false))
    }

    fn pairs(&mut self, sql: &str) -> Result<Vec<(String, String)>, ErrorReport> {
        Spi::connect_mut(|client| {
            client
                .update(sql, None, &[])?
                .map(|row| Ok((row.get::<String>(1)?.unwrap_or_default(), row.get::<String>(2)?.unwrap_or_default())))
                .collect::<spi::Result<Vec<_>>>()
        })
        .map_err(unexpected)
    }

    fn document(&mut self, sql: &str, parameters: [&Value; 2]) -> Result<Value, ErrorReport> {
        let parameters = parameters.map(|parameter| JsonB(parameter.clone()).into());
        let document = Spi::get_one_with_args::<JsonB>(sql, &parameters).map_err(unexpected)?;
        Ok(document.map_or(Value::Null, |JsonB(document)| document))
    }
}

/// The search path of catalog questions while it lives, so that nobody's own operators and functions take part in the answer.
pub struct PinnedPath(i32);

impl PinnedPath {
    /// Pins it.
    pub fn pin() -> PinnedPath {
        // SAFETY: both strings end in NUL and outlive the call, which copies them.
        unsafe {
            let level = pg_sys::NewGUCNestLevel();
            pg_sys::set_config_option(
                c"search_path".as_ptr(),
                c"pg_catalog, pg_temp".as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
            PinnedPath(level)
        }
    }
}

impl Drop for PinnedPath {
    fn drop(&mut self) {
        // After an error the end of the transaction puts the caller's path back.
        if !std::thread::panicking() {
            // SAFETY: the level is the one that was opened.
            unsafe { pg_sys::AtEOXact_GUC(true, self.0) };
        }
    }
}

/// An error without a reason that a user could remove.
pub fn unexpected(error: spi::Error) -> ErrorReport {
    defect(&error.to_string())
}

impl From<RenderError> for ErrorReport {
    fn from(error: RenderError) -> Self {
        defect(&error.to_string())
    }
}

impl From<SnapshotError> for ErrorReport {
    fn from(error: SnapshotError) -> Self {
        defect(&error.to_string())
    }
}

fn defect(message: &str) -> ErrorReport {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, message.to_owned(), "session")
        .set_hint("Please report this as a defect of crm_access.")
}
