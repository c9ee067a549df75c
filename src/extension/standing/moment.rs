//! What an answer depends on besides what it is about: who asks, what is seen, and when the client's statement began.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};

use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use crate::extension::ending::when_ended;

/// A user for whom somebody acts, as they say; the standing says whether they may.
static ON_BEHALF_OF: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
const ON_BEHALF_OF_NAME: &CStr = c"crm_access.on_behalf_of";

thread_local! {
    /// Counts what may change who asks, and what takes changes back without a new snapshot.
    static TURN: Cell<u64> = const { Cell::new(0) };
}

// Declared once more, since pgrx's own declarations catch errors, of which these raise none: they are called for each row.
unsafe extern "C-unwind" {
    fn ActiveSnapshotSet() -> bool;
    fn GetActiveSnapshot() -> pg_sys::Snapshot;
    fn GetSessionUserId() -> pg_sys::Oid;
    fn GetCurrentStatementStartTimestamp() -> pg_sys::TimestampTz;
}

/// Registers the setting that says for whom somebody acts, and what happens when transactions and subtransactions end.
pub fn register() {
    // SAFETY: the hook and the callbacks live as long as the process, need no argument and neither panic nor raise.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            ON_BEHALF_OF_NAME,
            c"The user on whose behalf this transaction acts.",
            c"Only a delegation that is there makes it count.",
            &ON_BEHALF_OF,
            GucContext::Userset,
            GucFlags::NO_SHOW_ALL | GucFlags::DISALLOW_IN_FILE,
            None,
            Some(at_assignment),
            None,
        );
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction_event), std::ptr::null_mut());
    }
    when_ended(next_turn);
}

/// The assign hook of each setting that says who asks: the server calls it for every change, also for those that it makes itself.
pub unsafe extern "C-unwind" fn at_assignment(_value: *const c_char, _extra: *mut c_void) {
    next_turn();
}

/// What a subtransaction wrote is gone when it is rolled back, and a snapshot that was taken before stays the same.
unsafe extern "C-unwind" fn at_subtransaction_event(
    event: pg_sys::SubXactEvent::Type,
    _subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        next_turn();
    }
}

/// Another one where somebody else may ask.
pub fn turn() -> u64 {
    TURN.get()
}

fn next_turn() {
    // Where it can't be reached the process is ending.
    let _ = TURN.try_with(|turn| turn.set(turn.get().wrapping_add(1)));
}

/// For whom the user acts, as they say; empty for nobody.
pub fn on_behalf_of() -> String {
    ON_BEHALF_OF.get().and_then(|value| value.into_string().ok()).unwrap_or_default()
}

/// Two that are equal, in one process, stand for the same user who sees the same rows in the same statement of the client.
///
/// That snapshots of one transaction are the same is told by their bounds and sizes: a transaction between equal bounds can only have ended
/// since, so that one list is a part of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    turn: u64,
    session_user: pg_sys::Oid,
    began: i64,
    first: u32,
    next: u32,
    running: u32,
    subtransactions: i32,
    command: u32,
}

impl Moment {
    /// The present one; `None` where no snapshot says which rows are seen.
    #[inline]
    pub fn now() -> Option<Moment> {
        // SAFETY: these read variables of the process; the snapshot stays active while this runs, and is not null then.
        unsafe {
            if !ActiveSnapshotSet() {
                return None;
            }
            let snapshot = GetActiveSnapshot();
            if (*snapshot).snapshot_type != pg_sys::SnapshotType::SNAPSHOT_MVCC {
                return None;
            }
            Some(Moment {
                turn: TURN.get(),
                session_user: GetSessionUserId(),
                began: GetCurrentStatementStartTimestamp(),
                first: (*snapshot).xmin.into_inner(),
                next: (*snapshot).xmax.into_inner(),
                running: (*snapshot).xcnt,
                subtransactions: (*snapshot).subxcnt,
                command: (*snapshot).curcid,
            })
        }
    }

    /// Whether it is still that one.
    #[inline]
    pub fn is_now(&self) -> bool {
        Moment::now().as_ref() == Some(self)
    }
}
