//! The standings that this backend remembers, and the proof that they still hold.
//!
//! A standing is what `crm_access_rules.standing()` answered under some snapshot. Under another it answers the same as long as both see the
//! same changes (`changes.rs`), no period begins or ends between them, and the catalog has not changed what is read. Each of these is looked at
//! before something remembered is used: nothing outlives a statement by hope.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CString, c_int};
use std::rc::Rc;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::changes::{seen_by, written_here};
use super::facts::Standing;
use super::lookup::look_up;
use super::moment::Moment;
use super::plans;
use super::whose::Whose;

/// Users whose standing is remembered at a time.
const REMEMBERED: usize = 1_000;

/// Under which circumstances what is remembered holds.
struct Proof {
    /// The first transaction that had not ended when the first of them was looked up.
    first: u64,
    /// Those from there on whose changes were seen.
    seen: Vec<u64>,
    /// The moments between which no period begins or ends, in microseconds since 2000.
    from: i64,
    until: i64,
    /// The transactions that were seen when this was last looked at.
    looked: Option<Seen>,
}

/// Which transactions a snapshot sees. Two that are equal see the same ones: a transaction between equal bounds can only have ended since, so that
/// one list of those that run is a part of the other, and both are as long.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    first_running: u64,
    next: u32,
    running: u32,
    subtransactions: i32,
    overflowed: bool,
}

impl Seen {
    /// `None` on a standby, which lists them otherwise.
    fn by(snapshot: pg_sys::Snapshot) -> Option<Seen> {
        let first_running = first_running(snapshot);
        // SAFETY: the snapshot is active.
        let snapshot = unsafe { &*snapshot };
        (!snapshot.takenDuringRecovery).then_some(Seen {
            first_running,
            next: snapshot.xmax.into_inner(),
            running: snapshot.xcnt,
            subtransactions: snapshot.subxcnt,
            overflowed: snapshot.suboverflowed,
        })
    }
}

struct Memory {
    proof: Proof,
    standings: HashMap<Rc<Whose>, Rc<Standing>>,
}

thread_local! {
    static MEMORY: RefCell<Option<Memory>> = const { RefCell::new(None) };
    /// What was last found, and when.
    static LAST: RefCell<Option<(Moment, Rc<Standing>)>> = const { RefCell::new(None) };
    /// For whom the plans of this session were last looked through.
    static SETTLED: RefCell<Option<Rc<Standing>>> = const { RefCell::new(None) };
    /// The tables that standings are read from.
    static SOURCES: RefCell<Vec<pg_sys::Oid>> = const { RefCell::new(Vec::new()) };
    /// Whether the catalog has changed something that may matter.
    static STALE: Cell<bool> = const { Cell::new(false) };
    /// Whether what the server says of the catalog comes from us, and is not so.
    static UNIMPRESSED: Cell<bool> = const { Cell::new(false) };
}

/// Registers what happens when the server says that something in the catalog has changed.
pub fn register() {
    // SAFETY: the callbacks live as long as the process, need no argument and neither raise nor read the catalog.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(at_relation_change), pg_sys::Datum::from(0));
        for cache in [pg_sys::SysCacheIdentifier::AUTHOID, pg_sys::SysCacheIdentifier::PROCOID] {
            pg_sys::CacheRegisterSyscacheCallback(cache as c_int, Some(at_catalog_change), pg_sys::Datum::from(0));
        }
    }
}

unsafe extern "C-unwind" fn at_relation_change(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    // Where it can't be read it is being written, by a lookup that begins anew.
    let matters = SOURCES.try_with(|sources| sources.try_borrow().is_ok_and(|sources| sources.contains(&relation)));
    if relation == pg_sys::InvalidOid || matters.unwrap_or(false) {
        STALE.set(true);
    }
}

unsafe extern "C-unwind" fn at_catalog_change(_argument: pg_sys::Datum, _cache: c_int, _hash: u32) {
    if is_impressed() {
        STALE.set(true);
    }
}

/// Does something that says of itself, and wrongly, that the catalog has changed.
pub fn unimpressed(act: impl FnOnce()) {
    struct Unimpressed;
    impl Drop for Unimpressed {
        fn drop(&mut self) {
            UNIMPRESSED.set(false);
        }
    }
    UNIMPRESSED.set(true);
    let _until_the_end = Unimpressed;
    act();
}

/// Whether what the server says of the catalog has to be believed.
pub fn is_impressed() -> bool {
    !UNIMPRESSED.get()
}

/// When the client's statement began, in microseconds since 2000.
pub fn now() -> i64 {
    // SAFETY: reads a variable of the process.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// A moment of the configuration, in microseconds since 2000; the server raises where it is none.
pub fn moment(text: &str) -> i64 {
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: the text ends in NUL and outlives the call; the function takes a string, a type and a precision.
    unsafe {
        let datum = pg_sys::OidFunctionCall3Coll(
            pg_sys::Oid::from(pg_sys::F_TIMESTAMPTZ_IN),
            pg_sys::InvalidOid,
            pg_sys::Datum::from(text.as_ptr()),
            pg_sys::Datum::from(0),
            pg_sys::Datum::from(-1),
        );
        datum.value() as i64
    }
}

/// Microseconds since 2000.
pub fn of_timestamp(timestamp: TimestampWithTimeZone) -> i64 {
    timestamp.into()
}

/// The standing of whoever asks now, as the active snapshot sees it; plans that were made for another one are made anew from here on.
pub fn present() -> Result<Rc<Standing>, ErrorReport> {
    let standing = found()?;
    if !SETTLED.with_borrow(|settled| settled.as_ref().is_some_and(|settled| Rc::ptr_eq(settled, &standing))) {
        SETTLED.with_borrow_mut(|settled| *settled = Some(standing.clone()));
        plans::settle(&standing);
    }
    Ok(standing)
}

fn found() -> Result<Rc<Standing>, ErrorReport> {
    let Some(moment) = Moment::now() else {
        let report = ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "who asks can't be found out without a snapshot", "standing");
        return Err(report);
    };
    // Within a statement that writes these tables the snapshot stays the same, and so does what it sees.
    let last = LAST.with_borrow(|last| last.as_ref().filter(|(other, _)| *other == moment).map(|(_, standing)| standing.clone()));
    if let Some(standing) = last.filter(|_| !STALE.get()) {
        return Ok(standing);
    }
    let standing = remembered_or_looked_up()?;
    LAST.with_borrow_mut(|last| *last = Some((moment, standing.clone())));
    Ok(standing)
}

fn remembered_or_looked_up() -> Result<Rc<Standing>, ErrorReport> {
    let (whose, now) = (Whose::now(), now());
    // SAFETY: a snapshot is active, and stays so while this runs.
    let snapshot = unsafe { pg_sys::GetActiveSnapshot() };
    let holds = !written_here() && proven(snapshot, now);
    if holds && let Some(standing) = MEMORY.with_borrow(|memory| memory.as_ref().and_then(|memory| memory.standings.get(&whose).cloned())) {
        return Ok(standing);
    }
    if !holds {
        MEMORY.with_borrow_mut(|memory| *memory = None);
    }
    // A change of the catalog that comes while it is looked up makes it stale again.
    STALE.set(false);
    let found = look_up()?;
    let known = SOURCES.with_borrow(|sources| *sources == found.sources);
    if !known {
        SOURCES.with_borrow_mut(|sources| *sources = found.sources);
    }
    let standing = Rc::new(found.standing);
    // Changes of these tables that came before they were known to matter would have been missed.
    if let Some(until) = found.until.filter(|_| known && !written_here()) {
        remember(whose, snapshot, now, until, &standing);
    }
    Ok(standing)
}

/// Whether what is remembered holds for the snapshot and the moment.
fn proven(snapshot: pg_sys::Snapshot, now: i64) -> bool {
    let known =
        MEMORY.with_borrow(|memory| memory.as_ref().map(|Memory { proof, .. }| (proof.first, proof.from, proof.until, proof.looked)));
    let Some((first, from, until, looked)) = known else { return false };
    let seen = Seen::by(snapshot);
    let same = if seen.is_some() && seen == looked {
        // SAFETY: takes in what the server says about the catalog, as each lock of a table does.
        unsafe { pg_sys::AcceptInvalidationMessages() };
        true
    } else {
        // Looking at the changes takes a lock, with which comes what the server says about the catalog.
        let changes = seen_by(snapshot, first);
        MEMORY.with_borrow_mut(|memory| {
            memory.as_mut().is_some_and(|Memory { proof, .. }| {
                let same = changes.is_some_and(|changes| changes == proof.seen);
                if same {
                    proof.looked = seen;
                }
                same
            })
        })
    };
    same && first <= first_running(snapshot) && from <= now && now < until && !STALE.get()
}

fn remember(whose: Rc<Whose>, snapshot: pg_sys::Snapshot, now: i64, until: i64, standing: &Rc<Standing>) {
    let first = first_running(snapshot);
    let Some(changes) = seen_by(snapshot, first) else { return };
    MEMORY.with_borrow_mut(|memory| {
        let memory = memory.get_or_insert_with(|| Memory {
            proof: Proof { first, seen: changes, from: now, until, looked: Seen::by(snapshot) },
            standings: HashMap::new(),
        });
        if memory.standings.len() >= REMEMBERED {
            memory.standings.clear();
        }
        memory.standings.insert(whose, standing.clone());
    });
}

/// The first transaction that had not ended when the snapshot was taken, in 64 bits.
fn first_running(snapshot: pg_sys::Snapshot) -> u64 {
    // SAFETY: the snapshot is active; the other reads shared memory.
    let (xmin, next) = unsafe { (u64::from((*snapshot).xmin.into_inner()), pg_sys::ReadNextFullTransactionId().value) };
    let epoch = next & !0xffff_ffff;
    if xmin <= next & 0xffff_ffff { epoch | xmin } else { epoch.wrapping_sub(1 << 32) | xmin }
}
