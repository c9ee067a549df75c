//! Asking the generated `standing()`.

use std::cell::Cell;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::facts::{Held, Standing};
use super::memory;
use crate::extension::acting::ActingRole;
use crate::extension::generated::generated;

/// What was looked up, and what it depends on.
pub struct Found {
    pub standing: Standing,
    /// When some period begins or ends next; `None` where changes could be missed, so that it must not be remembered.
    pub until: Option<i64>,
    /// The tables that it was read from.
    pub sources: Vec<pg_sys::Oid>,
}

const QUESTION: &std::ffi::CStr =
    c"SELECT s.user_key, s.roles, s.ranks, s.restrictions, s.subjects, s.keys, s.until, s.sources FROM crm_access_rules.standing() AS s";

thread_local! {
    /// Whether a lookup is going on, which asks nothing that itself needs one.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

struct Asking;

impl Asking {
    fn begin() -> Option<Asking> {
        (!ASKING.replace(true)).then_some(Asking)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.set(false);
    }
}

/// Looks up the standing of whoever asks, as the active snapshot sees it.
///
/// SQLSTATE 55000 where no configuration is applied.
pub fn look_up() -> Result<Found, ErrorReport> {
    let Some(_asking) = Asking::begin() else {
        let report =
            ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "who asks can't be found out while it is being found out", "standing");
        return Err(report.set_hint("A table of people has policies for the role that the helper functions run as; take them away."));
    };
    let Some(reader) = generated(c"standing", &[]).map(|standing| standing.owner) else {
        return Err(ErrorReport::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "no configuration is applied", "standing")
            .set_hint("Apply one with crm_access.apply(), or with \"crm-access apply\"."));
    };
    // Whoever asks needs no right to the generated functions, and a superuser who does lends them none.
    let _role = ActingRole::switch(reader);
    Spi::connect(|_| ask())
}

/// Asks by SPI, read-only, so that it is answered from the active snapshot and not from a newer one.
fn ask() -> Result<Found, ErrorReport> {
    let defect =
        |what: &str| ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("crm_access_rules.standing(): {what}"), "standing");
    // SAFETY: SPI is connected; the text ends in NUL; the table is read before anything else is asked.
    unsafe {
        let code = pg_sys::SPI_execute(QUESTION.as_ptr(), true, 2);
        if code != pg_sys::SPI_OK_SELECT as i32 || pg_sys::SPI_processed != 1 || pg_sys::SPI_tuptable.is_null() {
            return Err(defect("not one row"));
        }
        let table = &*pg_sys::SPI_tuptable;
        let row = *table.vals;
        let user = column::<String>(row, table.tupdesc, 1);
        let texts = |at| column::<Vec<Option<String>>>(row, table.tupdesc, at).unwrap_or_default();
        let (roles, ranks) = (texts(2), column::<Vec<Option<i32>>>(row, table.tupdesc, 3).unwrap_or_default());
        let roles = roles.into_iter().zip(ranks).filter_map(|(role, rank)| Some(Held { role: role?, rank: rank? })).collect();
        let restrictions =
            texts(4).into_iter().map(|name| name.ok_or_else(|| defect("a restriction without a name"))).collect::<Result<_, _>>()?;
        let subjects = texts(5).into_iter().zip(texts(6)).filter_map(|(subject, key)| Some((subject?, key?))).collect();
        let until = column::<TimestampWithTimeZone>(row, table.tupdesc, 7).map(memory::of_timestamp);
        let sources = column::<Vec<pg_sys::Oid>>(row, table.tupdesc, 8).unwrap_or_default();
        Ok(Found { standing: Standing { user, roles, restrictions, subjects }, until, sources })
    }
}

/// A column of a row.
///
/// # Safety
/// The row is one of a table with that description, and the column has the type.
unsafe fn column<T: FromDatum>(row: pg_sys::HeapTuple, description: pg_sys::TupleDesc, at: i32) -> Option<T> {
    let mut is_null = false;
    // SAFETY: as the caller promises; what is taken out is copied by its type.
    unsafe {
        let datum = pg_sys::SPI_getbinval(row, description, at, &mut is_null);
        T::from_datum(datum, is_null)
    }
}
