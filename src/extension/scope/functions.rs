//! `crm_access.in_scope` and `crm_access.scope_keys`, called for each row and for each scan (sql/scope.sql).
//!
//! They are functions in the server's own convention, since what a wrapper does at each call is dear for millions of rows.

use std::ffi::CString;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{Datum, FunctionCallInfo, Pg_finfo_record};
use pgrx::prelude::*;
use pgrx::{PgMemoryContexts, pg_getarg_datum, pg_return_null};

use super::asked::Asked;
use super::keys::KeyType;
use super::source::out_of_memory;
use crate::extension::kept::{VERSION_1, keep, kept, raised};
use crate::extension::standing::Moment;

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_crm_access_in_scope() -> &'static Pg_finfo_record {
    &VERSION_1
}

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_crm_access_scope_keys() -> &'static Pg_finfo_record {
    &VERSION_1
}

/// What one place in a query that asks keeps from row to row.
struct Asking {
    asked: Asked,
    key_type: KeyType,
}

/// What one scan keeps: the array, as long as it is still that moment's.
struct Gathered {
    moment: Moment,
    array: Datum,
}

/// `crm_access.in_scope(scope text, key anyelement, arguments text[]) RETURNS boolean`; null where the key or the scope is.
///
/// # Safety
/// The server calls it as it is declared.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn crm_access_in_scope(call: FunctionCallInfo) -> Datum {
    // SAFETY: the call has three arguments, of which the key has the type that the server says. What is kept there is ours, and lives as long as
    // the server keeps the function's memory.
    unsafe {
        let Some(key) = pg_getarg_datum(call, 1) else { return pg_return_null(call) };
        let asking = kept::<Asking>(call);
        if !asking.is_null() && (*asking).asked.is_present() {
            return raised((*asking).asked.has(key, (*asking).key_type)).into();
        }
        let Some(asked) = begin(call, 2) else { return pg_return_null(call) };
        let mut asking = Asking { key_type: raised(comparable(call, &asked)), asked };
        if !is_same_each_time(call, 2) {
            return raised(asking.asked.has(key, asking.key_type)).into();
        }
        let asking = keep(call, asking);
        raised((*asking).asked.has(key, (*asking).key_type)).into()
    }
}

/// `crm_access.scope_keys(scope text, arguments text[], kind anyelement) RETURNS anyarray`; null where the scope is.
///
/// # Safety
/// The server calls it as it is declared.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn crm_access_scope_keys(call: FunctionCallInfo) -> Datum {
    // SAFETY: the call has three arguments. What is kept there is ours, with an array in the function's own memory.
    unsafe {
        let gathered = kept::<Gathered>(call);
        if !gathered.is_null() && (*gathered).moment.is_now() {
            return (*gathered).array;
        }
        let Some(mut asked) = begin(call, 1) else { return pg_return_null(call) };
        let key_type = asked.key_type();
        let wanted = pg_sys::get_fn_expr_argtype((*call).flinfo, 2);
        if KeyType::of(wanted) != Some(key_type) {
            return raised(Err(other_type(wanted)));
        }
        let (moment, keys) = (asked.moment(), raised(asked.keys()));
        let array = || keys.array(key_type).map_err(|_| out_of_memory());
        if !is_same_each_time(call, 1) {
            return raised(array());
        }
        let array = raised(PgMemoryContexts::For((*(*call).flinfo).fn_mcxt).switch_to(|_| array()));
        (*keep(call, Gathered { moment, array })).array
    }
}

/// Begins to ask for the scope that the first argument names; `None` where it is null.
///
/// # Safety
/// It is a call of one of these functions, whose arguments for the scope are at `at`.
unsafe fn begin(call: FunctionCallInfo, at: usize) -> Option<Asked> {
    // SAFETY: as the caller promises, so that the arguments have these types.
    unsafe {
        let scope = String::from_datum(pg_getarg_datum(call, 0)?, false)?;
        let arguments = pg_getarg_datum(call, at).and_then(|datum| Vec::<Option<String>>::from_datum(datum, false));
        let arguments = arguments.map(|arguments| arguments.into_iter().flatten().collect());
        Some(raised(Asked::begin(&CString::new(scope).unwrap_or_default(), arguments)))
    }
}

/// The type of the key, which has to be comparable with those of the scope.
///
/// # Safety
/// It is a call of `in_scope`.
unsafe fn comparable(call: FunctionCallInfo, asked: &Asked) -> Result<KeyType, ErrorReport> {
    // SAFETY: as the caller promises.
    let given = unsafe { pg_sys::get_fn_expr_argtype((*call).flinfo, 1) };
    KeyType::of(given).filter(|key_type| key_type.kind() == asked.key_type().kind()).ok_or_else(|| other_type(given))
}

fn other_type(given: pg_sys::Oid) -> ErrorReport {
    // SAFETY: the server gives a string of its own, which is copied.
    let given = unsafe { std::ffi::CStr::from_ptr(pg_sys::format_type_be(given)).to_string_lossy().into_owned() };
    ErrorReport::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, format!("the keys of the scope are not of type {given}"), "in_scope")
}

/// Whether the scope and its arguments are the same at each call from one place.
///
/// # Safety
/// It is a call of one of these functions, whose arguments for the scope are at `at`.
unsafe fn is_same_each_time(call: FunctionCallInfo, at: i32) -> bool {
    // SAFETY: as the caller promises.
    unsafe { [0, at].into_iter().all(|argument| pg_sys::get_fn_expr_arg_stable((*call).flinfo, argument)) }
}
