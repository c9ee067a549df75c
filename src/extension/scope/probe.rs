//! A query that is started once and asked for one key after another, as a subplan is: starting one takes longer than asking.
//!
//! It lives beside the statement that asks. What it holds (pages, open tables, its plan, a snapshot) belongs to a resource owner of its own, and is let go by
//! way of that owner and never by running the query's end: so that it can be ended wherever the server forgets the place that asked, be it after an error.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};
use std::rc::Rc;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{Datum, NodeTag, Oid, ParamExternData, PlanState, QueryDesc, SubPlanState};
use pgrx::prelude::*;

use super::plan::Pinned;
use crate::extension::ending::when_ended;
use crate::extension::guard::statement::pointers;
use crate::extension::standing;

/// How many may be open at a time; beyond that each key is asked for by itself.
const MOST: usize = 64;

// Declared once more: one guard against errors is enough for both calls of a question.
unsafe extern "C-unwind" {
    fn ExecReScan(state: *mut PlanState);
}

thread_local! {
    static OPEN: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// Registers what happens when transactions and subtransactions end.
pub fn register() {
    // SAFETY: the callback lives as long as the process and needs no argument.
    unsafe { pg_sys::RegisterSubXactCallback(Some(at_subtransaction_event), std::ptr::null_mut()) };
    when_ended(|| end(|_| true));
}

unsafe extern "C-unwind" fn at_subtransaction_event(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    use pg_sys::SubXactEvent::{SUBXACT_EVENT_ABORT_SUB, SUBXACT_EVENT_COMMIT_SUB};
    if matches!(event, SUBXACT_EVENT_ABORT_SUB | SUBXACT_EVENT_COMMIT_SUB) {
        end(|held| held.begun_in >= subtransaction);
    }
}

/// What an open query holds.
struct Held {
    is_open: Rc<Cell<bool>>,
    owner: pg_sys::ResourceOwner,
    context: pg_sys::MemoryContext,
    begun_in: pg_sys::SubTransactionId,
    /// What is executed, which stays as long as it is.
    _pinned: Rc<Pinned>,
}

/// Ends queries. It must not raise: transactions end by it.
fn end(which: impl Fn(&Held) -> bool) {
    // Where it can't be reached the process is ending.
    let ended = OPEN.try_with(|open| match open.try_borrow_mut() {
        Ok(mut open) if !open.is_empty() => {
            let (ended, left) = std::mem::take(&mut *open).into_iter().partition(|held| which(held));
            *open = left;
            ended
        }
        _ => Vec::new(),
    });
    for held in ended.unwrap_or_default() {
        held.is_open.set(false);
        // SAFETY: both were made by us, and nobody uses them from here on. What a transaction holds that fails is let go without a word, and so is this;
        // its locks stay until the transaction's end.
        unsafe {
            use pg_sys::ResourceReleasePhase::{RESOURCE_RELEASE_AFTER_LOCKS, RESOURCE_RELEASE_BEFORE_LOCKS, RESOURCE_RELEASE_LOCKS};
            pg_sys::ResourceOwnerRelease(held.owner, RESOURCE_RELEASE_BEFORE_LOCKS, false, false);
            pg_sys::ResourceOwnerRelease(held.owner, RESOURCE_RELEASE_LOCKS, true, false);
            pg_sys::ResourceOwnerRelease(held.owner, RESOURCE_RELEASE_AFTER_LOCKS, false, false);
            pg_sys::ResourceOwnerDelete(held.owner);
            pg_sys::MemoryContextDelete(held.context);
        }
    }
}

/// An open query whose last parameter is the key that is asked for.
pub struct Probe {
    is_open: Rc<Cell<bool>>,
    owner: pg_sys::ResourceOwner,
    query: *mut QueryDesc,
    key: *mut ParamExternData,
    /// Whether its answer may depend on settings.
    pub with_settings: bool,
}

impl Drop for Probe {
    fn drop(&mut self) {
        if self.is_open.get() {
            end(|held| Rc::ptr_eq(&held.is_open, &self.is_open));
        }
    }
}

/// The place where the server says who holds what, and in which memory; both are put back when it is dropped.
struct Place {
    owner: pg_sys::ResourceOwner,
    context: pg_sys::MemoryContext,
}

impl Place {
    /// # Safety
    /// Both are there until this is dropped.
    unsafe fn enter(owner: pg_sys::ResourceOwner, context: pg_sys::MemoryContext) -> Place {
        // SAFETY: these are variables of the process.
        unsafe {
            let before = Place { owner: pg_sys::CurrentResourceOwner, context: pg_sys::CurrentMemoryContext };
            pg_sys::CurrentResourceOwner = owner;
            pg_sys::CurrentMemoryContext = context;
            before
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // SAFETY: these are what the server had there.
        unsafe {
            pg_sys::CurrentResourceOwner = self.owner;
            pg_sys::CurrentMemoryContext = self.context;
        }
    }
}

impl Probe {
    /// Starts a query under the active snapshot; `None` where it can't be asked again and again, since a part of it would keep what it found for an earlier key.
    ///
    /// # Safety
    /// The plan is of one SELECT. The values with their types, which are made in the present memory context, are those of its parameters but the last, which is
    /// of the type `key`.
    pub unsafe fn open(
        pinned: Rc<Pinned>,
        values: impl FnOnce() -> Vec<(Oid, Datum)>,
        key: Oid,
        with_settings: bool,
    ) -> Result<Option<Probe>, ErrorReport> {
        if OPEN.with_borrow(|open| open.len() >= MOST) {
            return Ok(None);
        }
        // SAFETY: as the caller promises. What is made here goes with the subtransaction where an error comes before it is noted.
        unsafe {
            let owner = pg_sys::ResourceOwnerCreate(pg_sys::CurTransactionResourceOwner, c"crm_access probe".as_ptr());
            let context = pg_sys::AllocSetContextCreateInternal(
                pg_sys::TopTransactionContext,
                c"crm_access probe".as_ptr(),
                pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
                pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            let is_open = Rc::new(Cell::new(true));
            let begun_in = pg_sys::GetCurrentSubTransactionId();
            let planned = pinned.planned();
            OPEN.with_borrow_mut(|open| open.push(Held { is_open: is_open.clone(), owner, context, begun_in, _pinned: pinned }));
            let mut probe = Probe { is_open, owner, query: std::ptr::null_mut(), key: std::ptr::null_mut(), with_settings };
            let _place = Place::enter(owner, context);
            if planned.is_null() {
                return Ok(None);
            }
            let values = values();
            let parameters = pg_sys::makeParamList(values.len() as i32 + 1);
            let places = (*parameters).params.as_mut_ptr();
            for (at, (value_type, value)) in values.into_iter().chain([(key, Datum::from(0))]).enumerate() {
                probe.key = places.add(at);
                *probe.key = ParamExternData { value, isnull: false, pflags: 0, ptype: value_type };
            }
            probe.query = pg_sys::CreateQueryDesc(
                planned,
                NAME.as_ptr(),
                pg_sys::GetActiveSnapshot(),
                std::ptr::null_mut(),
                pg_sys::None_Receiver,
                parameters,
                std::ptr::null_mut(),
                0,
            );
            if standing::is_marked((*probe.query).plannedstmt) {
                standing::check(probe.query)?;
            }
            // Not by way of hooks: whoever counts beginnings would wait for an end.
            pg_sys::standard_ExecutorStart(probe.query, 0);
            if keeps_nothing((*probe.query).planstate) {
                return Ok(Some(probe));
            }
            // First the place is left, then what is dropped goes.
            Ok(None)
        }
    }

    /// Whether it may still be asked.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// Whether there is a row for a key.
    ///
    /// # Safety
    /// It is open, under the same snapshot as when it was opened, and the key is of its type.
    pub unsafe fn has(&mut self, key: Datum) -> bool {
        // SAFETY: as the caller promises; an error leaves it to be ended by whoever forgets it.
        unsafe {
            let _place = Place::enter(self.owner, (*(*self.query).estate).es_query_cxt);
            (*self.key).value = key;
            let row = pg_sys::ffi::pg_guard_ffi_boundary(|| {
                let state = (*self.query).planstate;
                ExecReScan(state);
                (*state).ExecProcNode.map_or(std::ptr::null_mut(), |next| next(state))
            });
            !row.is_null() && u32::from((*row).tts_flags) & pg_sys::TTS_FLAG_EMPTY == 0
        }
    }
}

/// What the server may say that it is executing.
const NAME: &CStr = c"crm_access: asking a scope for a key";

/// Whether each part of a started plan begins anew when it is told to, whatever changed; others look first whether a parameter of the plan's own has.
///
/// # Safety
/// It is a state of a query that is started, or null.
unsafe fn keeps_nothing(state: *mut PlanState) -> bool {
    // SAFETY: as the caller promises; the tag says what the state is.
    unsafe {
        let Some(of) = state.as_ref() else { return true };
        let subplans = || {
            pointers(of.subPlan)
                .map(|sub| &*sub.cast::<SubPlanState>())
                .all(|sub| !(*sub.subplan).useHashTable && keeps_nothing(sub.planstate))
        };
        of.initPlan.is_null()
            && match of.type_ {
                NodeTag::T_SubqueryScanState => keeps_nothing((*state.cast::<pg_sys::SubqueryScanState>()).subplan),
                NodeTag::T_LimitState
                | NodeTag::T_ResultState
                | NodeTag::T_NestLoopState
                | NodeTag::T_SeqScanState
                | NodeTag::T_IndexScanState
                | NodeTag::T_IndexOnlyScanState
                | NodeTag::T_BitmapHeapScanState
                | NodeTag::T_BitmapIndexScanState => keeps_nothing(of.lefttree) && keeps_nothing(of.righttree),
                _ => false,
            }
            && subplans()
    }
}
