//! Which EXPLAIN and COPY TO statements are running in this backend, nested ones included.
//!
//! A statement is noted with the subtransaction that it runs in and forgotten when it ends. An error needs no handler on its way: nothing
//! goes on before the subtransaction, or the whole transaction, is rolled back, and with it goes what was noted in it.
//!
//! A library that is loaded in the middle of a statement has not seen that statement begin. Until the next message of the client, the
//! statement that the server itself says is running counts as well.

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use pgrx::prelude::*;

use super::statement;
use crate::extension::ending::when_ended;

/// A statement whose running matters to a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// EXPLAIN of anything.
    Explain,
    /// COPY TO of a table or a query.
    CopyTo,
}

/// Whether anything may be running: what ordinary statements are let pass by.
static WATCHING: AtomicBool = AtomicBool::new(false);
/// When the message arrived in whose middle the library was loaded; zero where there was none, or when it is over.
static LOADED_DURING: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static RUNNING: RefCell<Vec<(Running, pg_sys::SubTransactionId)>> = const { RefCell::new(Vec::new()) };
}

/// Registers what happens when transactions end, and looks whether a statement is running already.
pub fn register() {
    // SAFETY: the callbacks live as long as the process and need no argument; the others read variables of the process.
    unsafe {
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction_event), std::ptr::null_mut());
        if in_a_statement() {
            LOADED_DURING.store(pg_sys::GetCurrentStatementStartTimestamp(), Ordering::Relaxed);
            WATCHING.store(true, Ordering::Relaxed);
        }
    }
    when_ended(|| {
        if watching() {
            forget(Vec::clear);
        }
    });
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

/// Notes that a statement begins; gives how many ran before, for [`end`].
pub fn begin(statement: Running) -> usize {
    // SAFETY: reads a variable of the process.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    let before = RUNNING.with_borrow_mut(|running| {
        running.push((statement, subtransaction));
        running.len() - 1
    });
    WATCHING.store(true, Ordering::Relaxed);
    before
}

/// Goes back to what ran before a statement began.
pub fn end(before: usize) {
    forget(|running| running.truncate(before));
}

/// Whether a guard may have to look at what is executed; false nearly always.
#[inline]
pub fn watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// Whether such a statement is running.
pub fn is_running(statement: Running) -> bool {
    watching()
        && (RUNNING.with_borrow(|running| running.iter().any(|(other, _)| *other == statement))
            || (loaded_during_this_message() && statement::active() == Some(statement)))
}

/// Whether the message is still worked on in whose middle the library was loaded, so that hooks may have missed something.
pub fn loaded_during_this_message() -> bool {
    let during = LOADED_DURING.load(Ordering::Relaxed);
    if during == 0 {
        return false;
    }
    // SAFETY: reads a variable of the process.
    if unsafe { pg_sys::GetCurrentStatementStartTimestamp() } == during {
        return true;
    }
    LOADED_DURING.store(0, Ordering::Relaxed);
    forget(|_| ());
    false
}

/// Forgets statements, and stops watching when none is left. It must not raise: transactions end by it.
fn forget(change: impl FnOnce(&mut Vec<(Running, pg_sys::SubTransactionId)>)) {
    // Where it can't be reached the process is ending.
    let _ = RUNNING.try_with(|running| {
        if let Ok(mut running) = running.try_borrow_mut() {
            change(&mut running);
            WATCHING.store(!running.is_empty() || LOADED_DURING.load(Ordering::Relaxed) != 0, Ordering::Relaxed);
        }
    });
}

/// What ran in a subtransaction that is rolled back, or in one below it, is over; those have higher numbers.
unsafe extern "C-unwind" fn at_subtransaction_event(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    if watching() && event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        forget(|running| running.retain(|(_, began_in)| *began_in < subtransaction));
    }
}
