//! Plans that were made with answers, and what keeps them from being used where these are no longer right.
//!
//! Each answer that a plan was made with is noted in it twice, as things whose change makes a plan invalid. The first note is for the server's
//! plan cache: [`settle`] tells it by that note, when another standing is found, which plans to make anew. The second is for us: [`check`] finds it when the plan is executed,
//! and asks again. So a cached plan is normally made anew before it could be wrong, and where nothing came to tell, it is refused.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_int;
use std::rc::Rc;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{PlanInvalItem, PlannedStmt, PlannerInfo, QueryDesc};
use pgrx::prelude::*;

use super::facts::{Doing, Fact, Standing};
use super::memory::{now, present, unimpressed};
use super::whose::Whose;
use crate::extension::ending::when_ended;
use crate::extension::guard::statement::pointers;

/// The kind of our notes among those of the server, which numbers its own from zero.
const OURS: c_int = -0x0043_524d;
/// The server's kind of notes about functions, among which it looks for those that we tell it of.
const SERVERS: c_int = pg_sys::SysCacheIdentifier::PROCOID as c_int;
/// By what the server's plan cache knows the plans that suit one user. No answer has such a number.
const SUITING: u32 = u32::MAX;
/// How many answers one backend notes; what is asked beyond is not folded.
const MOST: usize = 20_000;

/// A fact with the answer that plans were made with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Answer {
    fact: Fact,
    holds: bool,
}

#[derive(Default)]
struct Answers {
    all: Vec<Answer>,
    numbers: HashMap<Answer, u32>,
    /// Whether a cached plan may stand that was made with it.
    used: Vec<bool>,
}

thread_local! {
    static ANSWERS: RefCell<Answers> = RefCell::new(Answers::default());
    /// For whom each query that is being executed was started, and for a statement that began when.
    static STARTED: RefCell<HashMap<usize, (Rc<Whose>, i64)>> = RefCell::new(HashMap::new());
    /// For whom plans were last made that suit one user.
    static SUITED: RefCell<Option<Rc<Whose>>> = const { RefCell::new(None) };
    /// Whether there may be one.
    static STARTED_ANY: Cell<bool> = const { Cell::new(false) };
}

/// Registers what happens when transactions end.
pub fn register() {
    when_ended(forget);
}

fn forget() {
    if STARTED_ANY.replace(false) {
        let _ = STARTED.try_with(|started| started.try_borrow_mut().map(|mut started| started.clear()));
    }
}

/// Notes in the plan that is being made that it was made with an answer; false where that can't be done.
///
/// # Safety
/// `root` is that of a planning that is going on.
pub unsafe fn note(root: *mut PlannerInfo, fact: Fact, holds: bool) -> bool {
    let answer = Answer { fact, holds };
    let number = ANSWERS.with_borrow_mut(|answers| {
        if let Some(number) = answers.numbers.get(&answer).copied() {
            answers.used[number as usize] = true;
            return Some(number);
        }
        let number = u32::try_from(answers.all.len()).ok().filter(|_| answers.all.len() < MOST)?;
        answers.all.push(answer.clone());
        answers.numbers.insert(answer, number);
        answers.used.push(true);
        Some(number)
    });
    let Some(number) = number else { return false };
    // SAFETY: as the caller promises.
    unsafe {
        add(root, SERVERS, mark(number));
        add(root, OURS, number);
    }
    true
}

/// Notes in the plan that is being made that it suits whoever asks now: it is made anew for another user, for whom it would be right as well, and slow.
///
/// # Safety
/// `root` is that of a planning that is going on.
pub unsafe fn suit(root: *mut PlannerInfo) {
    let whose = Whose::now();
    let before = SUITED.with_borrow_mut(|suited| suited.replace(whose.clone()));
    if before.is_some_and(|before| before != whose) {
        make_anew(&[SUITING]);
    }
    // SAFETY: as the caller promises.
    unsafe { add(root, SERVERS, mark(SUITING)) };
}

/// Adds something to the plan that is being made whose change makes it invalid.
///
/// # Safety
/// `root` is that of a planning that is going on.
unsafe fn add(root: *mut PlannerInfo, cache: c_int, hash: u32) {
    // SAFETY: the planner's memory lives as long as the plan that is made; the list belongs to the planning, and has items of that type only.
    unsafe {
        let glob = (*root).glob;
        // The planner asks about the same condition for each index.
        let is_same = |item: *mut PlanInvalItem| (*item).cacheId == cache && (*item).hashValue == hash;
        if pointers((*glob).invalItems).any(|item| is_same(item.cast())) {
            return;
        }
        let context = pg_sys::MemoryContextSwitchTo((*root).planner_cxt);
        let item = pg_sys::palloc0(std::mem::size_of::<PlanInvalItem>()).cast::<PlanInvalItem>();
        (*item).type_ = pg_sys::NodeTag::T_PlanInvalItem;
        (*item).cacheId = cache;
        (*item).hashValue = hash;
        (*glob).invalItems = pg_sys::lappend((*glob).invalItems, item.cast());
        pg_sys::MemoryContextSwitchTo(context);
    }
}

/// By what the server's plan cache knows an answer: never zero, which would stand for all plans. That some function has the same mark does no
/// harm but that plans with it are made anew too.
fn mark(number: u32) -> u32 {
    0x4352_4d00_u32.wrapping_add(number.wrapping_mul(0x9e37_79b1)).max(1)
}

/// Numbers of the answers that a plan was made with.
///
/// # Safety
/// It is a planned statement, or null, and outlives the iterator.
unsafe fn noted(planned: *const PlannedStmt) -> impl Iterator<Item = u32> {
    // SAFETY: as the caller promises; the list has items of that type only.
    unsafe {
        let items = planned.as_ref().map_or(std::ptr::null_mut(), |planned| planned.invalItems);
        pointers(items).map(|item| *item.cast::<PlanInvalItem>()).filter(|item| item.cacheId == OURS).map(|item| item.hashValue)
    }
}

/// Whether a plan was made with any answer that has to be asked for again here; for a worker its leader has done so.
///
/// # Safety
/// It is a planned statement, or null.
#[inline]
pub unsafe fn is_marked(planned: *const PlannedStmt) -> bool {
    // SAFETY: as the caller promises; the other reads a variable of the process.
    unsafe { noted(planned).next().is_some() && pg_sys::ParallelWorkerNumber < 0 }
}

/// Refuses to start a plan that was made with answers which are not right any more.
///
/// SQLSTATE 40001: the plan is made anew when the statement is sent once more.
pub fn check(query: *mut QueryDesc) -> Result<(), ErrorReport> {
    let standing = present()?;
    let doing = Doing::now();
    let wrong: Vec<u32> = ANSWERS.with_borrow(|answers| {
        let is_right =
            |number: &u32| answers.all.get(*number as usize).is_some_and(|answer| answer.fact.holds(&standing, doing) == answer.holds);
        // SAFETY: the server passes a query that it is about to execute.
        unsafe { noted((*query).plannedstmt) }.filter(|number| !is_right(number)).collect()
    });
    if !wrong.is_empty() {
        make_anew(&wrong);
        return Err(refused("the plan of this statement was made for another user, or before rights changed"));
    }
    STARTED_ANY.set(true);
    STARTED.with_borrow_mut(|started| started.insert(query as usize, (Whose::now(), now())));
    Ok(())
}

/// The same before a started plan gives rows, which must be for whom it was started. A query keeps its snapshot, so that within the client's statement that
/// started it nothing else can have changed.
pub fn recheck(query: *mut QueryDesc) -> Result<(), ErrorReport> {
    let whose = Whose::now();
    match STARTED.with_borrow(|started| started.get(&(query as usize)).map(|(other, began)| (*other == whose, *began == now()))) {
        Some((false, _)) => Err(refused("this statement was started for another user")),
        Some((true, true)) => Ok(()),
        Some((true, false)) | None => check(query),
    }
}

fn refused(message: &'static str) -> ErrorReport {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE, message, "plans")
        .set_hint("Act for a user with crm_access.act_as() and send it again: it is planned anew.")
}

/// Has the plans made anew that were made with other answers than those of a standing, and those that suit another user than its own.
pub fn settle(standing: &Standing) {
    let whose = Whose::now();
    if SUITED.with_borrow_mut(|suited| suited.take_if(|other| *other != whose)).is_some() {
        make_anew(&[SUITING]);
    }
    let doing = Doing::now();
    let wrong: Vec<u32> = ANSWERS.with_borrow_mut(|answers| {
        let Answers { all, used, .. } = answers;
        let mut wrong = Vec::new();
        for (number, (answer, used)) in (0..).zip(all.iter().zip(used.iter_mut())) {
            if *used && answer.fact.holds(standing, doing) != answer.holds {
                *used = false;
                wrong.push(number);
            }
        }
        wrong
    });
    make_anew(&wrong);
}

/// Has the plans made anew that were made with another answer to whether a COPY TO is running. It must not raise.
pub fn at_export(is_running: bool) {
    let other = Answer { fact: Fact::Exporting, holds: !is_running };
    // Where it can't be reached the process is ending, and where it is borrowed no plan is being looked for.
    let wrong = ANSWERS.try_with(|answers| {
        let mut answers = answers.try_borrow_mut().ok()?;
        let number = answers.numbers.get(&other).copied()?;
        answers.used.get_mut(number as usize).is_some_and(|used| std::mem::replace(used, false)).then_some(number)
    });
    if let Ok(Some(number)) = wrong {
        make_anew(&[number]);
    }
}

fn make_anew(numbers: &[u32]) {
    for number in numbers {
        // SAFETY: the callbacks only note what has become invalid.
        unimpressed(|| unsafe { pg_sys::CallSyscacheCallbacks(SERVERS, mark(*number)) });
    }
}
