//! `crm_access.act_as(user)` and `crm_access.identity()`: for whom a transaction acts.
//!
//! A transaction acts for one user. Which one is remembered outside of the setting until the transaction ends, so that no RESET and no
//! ROLLBACK TO makes room for another.

use std::cell::RefCell;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::ending::when_ended;
use super::{setting, standing};

thread_local! {
    /// For whom this transaction has acted.
    static ACTS_FOR: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Registers what happens at the end of each transaction.
pub fn register() {
    when_ended(forget);
}

/// Forgets for whom the transaction acted; it must not raise.
fn forget() {
    // Where it can't be reached the process is ending.
    let _ = ACTS_FOR.try_with(|acts_for| acts_for.try_borrow_mut().map(|mut acts_for| *acts_for = None));
}

/// Acts for a user until the transaction ends. Outside of a transaction block that is the end of the statement.
///
/// Whoever may call this can become every user, once in each transaction; `identity: act_as` of the configuration says who may.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn act_as(user_key: Option<&str>) -> Result<(), ErrorReport> {
    let key = match user_key {
        None => return Err(fault(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, "the user to act for is null")),
        Some("") => return Err(fault(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "the user to act for is empty")),
        Some(key) => key,
    };
    let other = ACTS_FOR.with_borrow(|acts_for| acts_for.as_deref().is_some_and(|first| first != key));
    if other {
        return Err(fault(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, "this transaction acts for another user already")
            .set_hint("Act for each user in a transaction of its own."));
    }
    setting::set(key)?;
    if standing::present()?.user.is_none() {
        return Err(fault(PgSqlErrorCode::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, format!("user \"{key}\" is not an active user")));
    }
    ACTS_FOR.with_borrow_mut(|acts_for| *acts_for = Some(key.to_owned()));
    Ok(())
}

/// Acts for the user with a number as key.
#[pg_extern(name = "act_as", volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn act_as_number(user_key: Option<i64>) -> Result<(), ErrorReport> {
    act_as(user_key.map(|key| key.to_string()).as_deref())
}

/// Acts for the user with a number as key; an exact match for a plain number, so that nobody's own function can be a better one.
#[pg_extern(name = "act_as", volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn act_as_small_number(user_key: Option<i32>) -> Result<(), ErrorReport> {
    act_as(user_key.map(|key| key.to_string()).as_deref())
}

/// Acts for the user with a uuid as key.
#[pg_extern(name = "act_as", volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn act_as_uuid(user_key: Option<pgrx::Uuid>) -> Result<(), ErrorReport> {
    act_as(user_key.map(|key| key.to_string()).as_deref())
}

/// The key that `act_as` was given in this transaction, or null.
#[pg_extern(stable, parallel_safe)]
fn identity() -> Option<String> {
    setting::get()
}

fn fault(code: PgSqlErrorCode, message: impl Into<std::borrow::Cow<'static, str>>) -> ErrorReport {
    ErrorReport::new(code, message, "act_as")
}
