//! `crm_access.guards()`: which guards there are, which of them act, and since when in this session.

use std::sync::atomic::{AtomicU8, Ordering};

use pgrx::prelude::*;

use super::running::in_a_statement;
use crate::extension::setting_guards as setting;

const AT_SERVER_START: u8 = 1;
const AT_SESSION_START: u8 = 2;
const ON_FIRST_USE: u8 = 3;

/// When the library was loaded.
static LOADED: AtomicU8 = AtomicU8::new(0);

/// Remembers when the library is loaded: now.
pub fn register() {
    // SAFETY: reads a variable of the process.
    let when = if unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        AT_SERVER_START
    } else if in_a_statement() {
        ON_FIRST_USE
    } else {
        AT_SESSION_START
    };
    LOADED.store(when, Ordering::Relaxed);
}

/// The guards: the setting of each, whether it is on, and from when on it acts in a session like this one.
#[pg_extern(stable, parallel_restricted)]
#[allow(clippy::type_complexity)]
fn guards() -> TableIterator<
    'static,
    (
        name!(guard, &'static str),
        name!(setting, &'static str),
        name!(active, bool),
        name!(since, &'static str),
        name!(against, &'static str),
    ),
> {
    let hook = match LOADED.load(Ordering::Relaxed) {
        AT_SERVER_START => "server start",
        AT_SESSION_START => "session start",
        _ => "first use in the session; call crm_access.preload() to have it from the start",
    };
    let trigger = "always";
    TableIterator::new([
        ("explain", "crm_access.guard_explain", setting::EXPLAIN.get(), hook, "EXPLAIN of protected tables, and logged plans"),
        ("copy", "crm_access.guard_copy", setting::COPY.get(), hook, "COPY TO of what may not be exported"),
        ("truncate", "crm_access.guard_truncate", setting::TRUNCATE.get(), hook, "TRUNCATE of protected tables"),
        ("listen", "crm_access.guard_listen", setting::LISTEN.get(), hook, "LISTEN by roles of the application"),
        ("policies", "crm_access.guard_policies", setting::POLICIES.get(), trigger, "policies and row security changed by hand"),
        ("children", "crm_access.guard_children", setting::CHILDREN.get(), trigger, "partitions and children without row security"),
        ("views", "crm_access.guard_views", setting::VIEWS.get(), trigger, "views and publications that show protected rows (a warning)"),
    ])
}
