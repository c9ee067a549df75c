//! Which EXPLAIN and COPY TO statements are running, nested ones included.
//!
//! Each kind is a setting that is on while one runs: so the server itself puts it back when an error ends the statement, with the savepoint or the whole
//! transaction, and copies it to parallel workers.
//!
//! A library that is loaded in the middle of a statement has not seen that statement begin. Until the next message of the client, the
//! statement that the server itself says is running counts as well.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use super::statement;
use crate::extension::option::set_option;
use crate::extension::standing;

/// A statement whose running matters to a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// EXPLAIN of anything.
    Explain,
    /// COPY TO of a table or a query.
    CopyTo,
}

impl Running {
    fn setting(self) -> &'static CStr {
        match self {
            Running::Explain => c"crm_access.explaining",
            Running::CopyTo => c"crm_access.exporting",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Running::Explain => 1,
            Running::CopyTo => 2,
        }
    }
}

static EXPLAINING: GucSetting<bool> = GucSetting::<bool>::new(false);
static EXPORTING: GucSetting<bool> = GucSetting::<bool>::new(false);

/// What may be running: the settings, and [`LOADED`]. Nothing is what ordinary statements are let pass by.
static WATCHING: AtomicU8 = AtomicU8::new(0);
const LOADED: u8 = 4;
/// When the message arrived in whose middle the library was loaded.
static LOADED_DURING: AtomicI64 = AtomicI64::new(0);

/// Defines the settings, and looks whether a statement is running already.
pub fn register() {
    let hidden = GucFlags::NO_SHOW_ALL | GucFlags::NO_RESET_ALL | GucFlags::DISALLOW_IN_FILE | GucFlags::DISALLOW_IN_AUTO_FILE;
    for (statement, short, setting, at_assignment) in [
        (Running::Explain, c"Whether EXPLAIN is running.", &EXPLAINING, at_explain as unsafe extern "C-unwind" fn(bool, *mut c_void)),
        (Running::CopyTo, c"Whether COPY TO is running.", &EXPORTING, at_copy),
    ] {
        // SAFETY: the hook neither panics nor raises.
        unsafe {
            GucRegistry::define_bool_guc_with_hooks(
                statement.setting(),
                short,
                c"The library sets it while such a statement runs.",
                setting,
                GucContext::Suset,
                hidden,
                None,
                Some(at_assignment),
                None,
            );
        }
    }
    if in_a_statement() {
        // SAFETY: reads a variable of the process.
        LOADED_DURING.store(unsafe { pg_sys::GetCurrentStatementStartTimestamp() }, Ordering::Relaxed);
        WATCHING.fetch_or(LOADED, Ordering::Relaxed);
    }
}

unsafe extern "C-unwind" fn at_explain(is_running: bool, _extra: *mut c_void) {
    note(Running::Explain, is_running);
}

/// The server calls it too when it puts the setting back.
unsafe extern "C-unwind" fn at_copy(is_running: bool, _extra: *mut c_void) {
    note(Running::CopyTo, is_running);
    standing::at_export(is_running);
}

fn note(statement: Running, is_running: bool) {
    if is_running {
        WATCHING.fetch_or(statement.bit(), Ordering::Relaxed);
    } else {
        WATCHING.fetch_and(!statement.bit(), Ordering::Relaxed);
    }
}

/// Whether somebody's statement is being worked on: false while the server or a session starts, and in a parallel worker, whose leader
/// has looked already.
pub fn in_a_statement() -> bool {
    // SAFETY: these read variables of the process.
    unsafe {
        !pg_sys::process_shared_preload_libraries_in_progress
            && pg_sys::Mode == pg_sys::ProcessingMode::NormalProcessing
            && pg_sys::ParallelWorkerNumber < 0
            && pg_sys::IsTransactionState()
    }
}

/// Notes that a statement begins; false where one of its kind runs already, whose end is the one that counts.
pub fn begin(statement: Running) -> bool {
    let begins = WATCHING.load(Ordering::Relaxed) & statement.bit() == 0;
    if begins {
        set(statement, c"on");
    }
    begins
}

/// Notes that a statement ends.
pub fn end(statement: Running) {
    set(statement, c"off");
}

/// Until the transaction or the savepoint ends. The action is that of SET clauses of functions, which the server allows in parallel queries as well.
fn set(statement: Running, value: &CStr) {
    set_option(statement.setting(), value, pg_sys::GucContext::PGC_SUSET, pg_sys::GucAction::GUC_ACTION_SAVE);
}

/// Whether a guard may have to look at what is executed; false nearly always.
#[inline]
pub fn watching() -> bool {
    WATCHING.load(Ordering::Relaxed) != 0
}

/// Whether such a statement is running.
pub fn is_running(statement: Running) -> bool {
    let watching = WATCHING.load(Ordering::Relaxed);
    watching & statement.bit() != 0 || (watching & LOADED != 0 && loaded_during_this_message() && statement::active() == Some(statement))
}

/// Whether the message is still worked on in whose middle the library was loaded, so that hooks may have missed something.
pub fn loaded_during_this_message() -> bool {
    if WATCHING.load(Ordering::Relaxed) & LOADED == 0 {
        return false;
    }
    // SAFETY: reads a variable of the process.
    if unsafe { pg_sys::GetCurrentStatementStartTimestamp() } == LOADED_DURING.load(Ordering::Relaxed) {
        return true;
    }
    WATCHING.fetch_and(!LOADED, Ordering::Relaxed);
    false
}
