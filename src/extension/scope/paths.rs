//! What is said of the ways to read a table that the planner has found, where scopes are asked.
//!
//! *Indexes for a table that is joined.* The server asks once for a condition whether an index can answer it, and uses the answer for the table by itself as
//! for each row of another table, where going through many keys takes too long. So many keys are refused at first, and offered when it looks at the
//! table once more without its joins.
//!
//! *Workers.* Each has to find out who asks, to plan the queries of the scopes and to gather keys of its own, which the server doesn't know of.

use std::cell::{Cell, RefCell};

use pgrx::pg_sys::{
    BitmapAndPath, BitmapHeapPath, BitmapOrPath, Cost, IndexClause, IndexOptInfo, IndexPath, Node, NodeTag, Path, PlannerInfo, RelOptInfo,
    RelOptKind, Selectivity, amcostestimate_function,
};
use pgrx::prelude::*;

use super::call::{SUPPOSED, calls, gathering, keys};
use crate::extension::ending::when_ended;
use crate::extension::guard::statement::pointers;

/// What a worker needs to find out who asks and to plan the queries of scopes, in the planner's unit.
const WORKER: f64 = 2_000.0;

thread_local! {
    /// Tables that are being planned for which keys were refused; those of plannings that failed are left until the transaction ends.
    static REFUSED: RefCell<Vec<*mut RelOptInfo>> = const { RefCell::new(Vec::new()) };
    /// The server's own estimate of what a use of a B-tree takes.
    static SERVERS: Cell<amcostestimate_function> = const { Cell::new(None) };
}

/// Registers what happens when transactions end.
pub fn register() {
    when_ended(|| {
        let _ = REFUSED.try_with(|refused| refused.try_borrow_mut().map(|mut refused| refused.clear()));
    });
}

/// Whether the planner also looks at the table for each row of another one.
///
/// # Safety
/// It is of a planning that is going on.
pub unsafe fn is_joined(relation: *mut RelOptInfo) -> bool {
    // SAFETY: as the caller promises.
    unsafe { (*relation).has_eclass_joins || !(*relation).joininfo.is_null() }
}

/// Notes that keys were refused for a table that is joined, so that it is looked at once more without its joins.
pub fn refuse(relation: *mut RelOptInfo) {
    REFUSED.with_borrow_mut(|refused| {
        if !refused.contains(&relation) {
            refused.push(relation);
        }
    });
}

/// Offers indexes that were refused, and says what workers take.
///
/// # Safety
/// The table is of a planning that is going on, and its ways to be read were found.
pub unsafe fn finish(root: *mut PlannerInfo, relation: *mut RelOptInfo) {
    // SAFETY: as the caller promises.
    unsafe {
        if was_refused(relation) {
            offer(root, relation);
        }
        // Of a table with parts the whole is charged, and once.
        if !(*relation).partial_pathlist.is_null() && (*relation).reloptkind == RelOptKind::RELOPT_BASEREL {
            charge(relation);
        }
    }
}

fn was_refused(relation: *mut RelOptInfo) -> bool {
    REFUSED.with_borrow_mut(|refused| {
        let at = refused.iter().position(|one| *one == relation);
        at.map(|at| refused.swap_remove(at)).is_some()
    })
}

/// Has the planner look for indexes once more, as if the table were not joined.
///
/// # Safety
/// As for [`finish`].
unsafe fn offer(root: *mut PlannerInfo, relation: *mut RelOptInfo) {
    // SAFETY: as the caller promises. An error ends the planning, and with it what is put back here.
    unsafe {
        // By itself a table is worth an index wherever the keys are few for it; within a join, what that takes decides what is joined first.
        for index in pointers((*relation).indexlist).map(|index| index.cast::<IndexOptInfo>()) {
            if (*index).relam == pg_sys::BTREE_AM_OID {
                let ours = std::mem::transmute::<amcostestimate_function, Untyped>(Some(estimate));
                let servers = std::mem::replace(&mut (*index).amcostestimate, ours);
                // The same for every B-tree.
                SERVERS.set(std::mem::transmute::<Untyped, amcostestimate_function>(servers));
            }
        }
        let joins = ((*relation).has_eclass_joins, (*relation).joininfo);
        ((*relation).has_eclass_joins, (*relation).joininfo) = (false, std::ptr::null_mut());
        pg_sys::create_index_paths(root, relation);
        ((*relation).has_eclass_joins, (*relation).joininfo) = joins;
    }
}

/// Adds to each way to read a part of a table in a worker what scopes take there.
///
/// # Safety
/// As for [`finish`].
unsafe fn charge(relation: *mut RelOptInfo) {
    // SAFETY: as the caller promises; ways to read a part of a table are of this kind.
    unsafe {
        let scopes = pointers((*relation).baserestrictinfo).filter_map(|condition| gathering(condition));
        let Some(gathering) = scopes.reduce(|one, other| one + other) else { return };
        let paths = pointers((*relation).partial_pathlist).map(|path| path.cast::<Path>());
        for path in
            paths.filter(|path| (**path).type_ != NodeTag::T_BitmapHeapPath || !has_keys((*path.cast::<BitmapHeapPath>()).bitmapqual))
        {
            (*path).startup_cost += WORKER + gathering;
            (*path).total_cost += WORKER + gathering;
        }
    }
}

/// Whether an index is asked for the keys of a scope, so that the rows are not ([`super::bitmap`]): one process does that for all workers.
///
/// # Safety
/// It is what a bitmap is made by, in a planning that is going on.
unsafe fn has_keys(bitmap: *mut Path) -> bool {
    // SAFETY: as the caller promises; the tag says what it is.
    unsafe {
        match (*bitmap).type_ {
            NodeTag::T_IndexPath => conditions(bitmap.cast()).any(|condition| !calls(condition).is_empty()),
            NodeTag::T_BitmapOrPath => pointers((*bitmap.cast::<BitmapOrPath>()).bitmapquals).any(|part| has_keys(part.cast())),
            NodeTag::T_BitmapAndPath => pointers((*bitmap.cast::<BitmapAndPath>()).bitmapquals).any(|part| has_keys(part.cast())),
            _ => false,
        }
    }
}

/// The conditions that an index is used for.
///
/// # Safety
/// It is of a planning that is going on, and outlives the iterator.
unsafe fn conditions(path: *mut IndexPath) -> impl Iterator<Item = *mut Node> {
    // SAFETY: as the caller promises.
    unsafe { pointers((*path).indexclauses).map(|clause| (*(*clause.cast::<IndexClause>()).rinfo).clause.cast()) }
}

/// How the server declares an estimate for an index that it has read.
type Untyped = Option<unsafe extern "C-unwind" fn()>;

/// What the server's own estimate is for as many keys as there are.
// The server says what it takes.
#[allow(clippy::too_many_arguments)]
#[pg_guard]
unsafe extern "C-unwind" fn estimate(
    root: *mut PlannerInfo,
    path: *mut IndexPath,
    loops: f64,
    startup: *mut Cost,
    total: *mut Cost,
    selectivity: *mut Selectivity,
    correlation: *mut f64,
    pages: *mut f64,
) {
    // SAFETY: the server passes a use of a B-tree, and the places for what is answered.
    unsafe {
        let Some(servers) = SERVERS.get() else { return };
        pg_sys::ffi::pg_guard_ffi_boundary(|| servers(root, path, loops, startup, total, selectivity, correlation, pages));
        let keys = conditions(path).filter_map(|condition| keys(condition));
        let Some(keys) = keys.reduce(f64::max).filter(|keys| *keys > SUPPOSED) else { return };
        let index = (*path).indexinfo;
        let mut page = 0.0;
        pg_sys::get_tablespace_page_costs((*index).reltablespace, &mut page, std::ptr::null_mut());
        // Pages are read once, however many keys lie on them; all else is done for each key.
        let reading =
            |keys: f64| page * pg_sys::index_pages_fetched(*pages * keys * loops, (*index).pages, f64::from((*index).pages), root) / loops;
        let times = keys / SUPPOSED;
        *total = (*total - reading(SUPPOSED)).max(0.0) * times + reading(keys);
        *selectivity = (*selectivity * times).min(1.0);
    }
}
