//! The transaction of the caller as a session to apply in.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi;

use crate::apply::Session;

/// The transaction that the calling statement runs in. An error of the server leaves it as itself, with its own SQLSTATE.
pub struct CallersTransaction;

impl Session for CallersTransaction {
    type Error = ErrorReport;

    fn execute(&mut self, sql: &str) -> Result<(), ErrorReport> {
        Spi::run(sql).map_err(|error| unexpected(&error))
    }

    fn ask(&mut self, sql: &str) -> Result<bool, ErrorReport> {
        Ok(Spi::get_one(sql).map_err(|error| unexpected(&error))?.unwrap_or(false))
    }
}

fn unexpected(error: &spi::Error) -> ErrorReport {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, error.to_string(), "session")
}
