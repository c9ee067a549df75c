//! The setting that carries the identity of a transaction.
//!
//! It is a setting so that the server itself takes the value back at COMMIT, ROLLBACK and ROLLBACK TO, and copies it to parallel
//! workers. Its check hook refuses every new value that does not come from [`set`] in this process: SET, SET LOCAL, set_config, startup
//! options, ALTER ROLE, ALTER DATABASE, ALTER SYSTEM, SET clauses of functions, and what was set before the library was loaded, from
//! superusers too. Taking the value away is always possible and leaves nobody.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use super::option::set_option;
use super::standing::at_assignment;

const NAME: &CStr = c"crm_access.identity_value";

static VALUE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

thread_local! {
    /// Whether the value that the hook is asked about comes from [`set`].
    static PERMITTED: Cell<bool> = const { Cell::new(false) };
}

/// Defines the setting.
pub fn register() {
    // SAFETY: the hooks neither panic nor raise.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            NAME,
            c"The user whom this transaction acts for.",
            c"Only crm_access.act_as() sets it.",
            &VALUE,
            GucContext::Suset,
            GucFlags::NO_SHOW_ALL | GucFlags::DISALLOW_IN_FILE | GucFlags::DISALLOW_IN_AUTO_FILE,
            Some(check),
            Some(at_assignment),
            None,
        );
    }
}

/// The value of this transaction; `None` where nobody was set.
pub fn get() -> Option<String> {
    let value = VALUE.get()?.into_string().ok()?;
    (!value.is_empty()).then_some(value)
}

/// Sets the value until the transaction or the savepoint that this runs in ends.
pub fn set(value: &str) -> Result<(), ErrorReport> {
    let refused = || ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "the identity could not be set", "set");
    let value = CString::new(value).map_err(|_| refused())?;
    let _permit = Permit::take();
    // An error of the server unwinds through `_permit`.
    let done = set_option(NAME, &value, pg_sys::GucContext::PGC_SUSET, pg_sys::GucAction::GUC_ACTION_LOCAL);
    if done { Ok(()) } else { Err(refused()) }
}

/// Lets the hook accept a value while it lives.
struct Permit;

impl Permit {
    fn take() -> Permit {
        PERMITTED.set(true);
        Permit
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        PERMITTED.set(false);
    }
}

/// Accepts no value except ours; the server puts back earlier values, and defaults, without asking.
unsafe extern "C-unwind" fn check(value: *mut *mut c_char, _extra: *mut *mut c_void, source: pg_sys::GucSource::Type) -> bool {
    // SAFETY: the server passes the address of a string, which may be null; the message lives for ever; the server reads it and
    // neither changes nor frees it. A parallel worker copies the leader's value, which the leader's hook has accepted: it came from `set`
    // with the source "session", which nothing has that a worker reads from the catalog at its start.
    unsafe {
        if value.is_null() || (*value).is_null() || **value == 0 || PERMITTED.get() {
            return true;
        }
        if pg_sys::InitializingParallelWorker && source == pg_sys::GucSource::PGC_S_SESSION {
            return true;
        }
        pg_sys::GUC_check_errcode(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE as i32);
        pg_sys::GUC_check_errmsg_string = c"parameter \"crm_access.identity_value\" cannot be set".as_ptr().cast_mut();
        pg_sys::GUC_check_errhint_string = c"Call crm_access.act_as(user).".as_ptr().cast_mut();
        false
    }
}
