//! What is forgotten when a transaction ends.

use std::cell::RefCell;
use std::ffi::c_void;

use pgrx::prelude::*;

thread_local! {
    static FORGETTING: RefCell<Vec<fn()>> = const { RefCell::new(Vec::new()) };
}

/// Has something called whenever a transaction has ended; it must not raise.
pub fn when_ended(forget: fn()) {
    let is_first = FORGETTING.with_borrow_mut(|forgetting| {
        forgetting.push(forget);
        forgetting.len() == 1
    });
    if is_first {
        // SAFETY: the callback lives as long as the process and needs no argument.
        unsafe { pg_sys::RegisterXactCallback(Some(at_transaction_event), std::ptr::null_mut()) };
    }
}

unsafe extern "C-unwind" fn at_transaction_event(event: pg_sys::XactEvent::Type, _argument: *mut c_void) {
    use pg_sys::XactEvent::*;
    if matches!(event, XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE | XACT_EVENT_PARALLEL_COMMIT | XACT_EVENT_PARALLEL_ABORT) {
        // Where it can't be reached the process is ending.
        let _ = FORGETTING.try_with(|forgetting| forgetting.try_borrow().map(|forgetting| forgetting.iter().for_each(|forget| forget())));
    }
}
