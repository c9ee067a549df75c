//! What a function in the server's own convention keeps from one call to the next.

use pgrx::PgMemoryContexts;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{FunctionCallInfo, Pg_finfo_record};
use pgrx::prelude::*;

/// Says that a function has that convention.
pub static VERSION_1: Pg_finfo_record = Pg_finfo_record { api_version: 1 };

/// What was kept at this place in a query; null at its first call.
///
/// # Safety
/// The server makes the call, and what was kept, if anything, is of that type.
#[inline]
pub unsafe fn kept<T>(call: FunctionCallInfo) -> *mut T {
    // SAFETY: as the caller promises.
    unsafe { (*(*call).flinfo).fn_extra.cast() }
}

/// Keeps something for the next call from the same place, instead of what was kept.
///
/// # Safety
/// As for [`kept`].
pub unsafe fn keep<T>(call: FunctionCallInfo, value: T) -> *mut T {
    // SAFETY: as the caller promises; the server drops it with the function's memory.
    unsafe {
        let function = (*call).flinfo;
        let before = kept::<T>(call);
        if before.is_null() {
            (*function).fn_extra = PgMemoryContexts::For((*function).fn_mcxt).leak_and_drop_on_delete(value).cast();
        } else {
            *before = value;
        }
        kept(call)
    }
}

/// What was found, or the server's error.
pub fn raised<T>(found: Result<T, ErrorReport>) -> T {
    match found {
        Ok(found) => found,
        Err(report) => {
            report.report(PgLogLevel::ERROR);
            unreachable!("an error was raised")
        }
    }
}
