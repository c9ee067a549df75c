//! The planner's hook for the ways to read a table: what is known of its conditions by then comes in, in this order.

use pgrx::pg_sys::{Index, PlannerInfo, RangeTblEntry, RelOptInfo, set_rel_pathlist_hook_type};
use pgrx::prelude::*;

use super::{paths, scope, vetted};

static mut NEXT: set_rel_pathlist_hook_type = None;

/// Puts the hook in front of those that are there.
pub fn register() {
    // SAFETY: a backend has one thread, and a library is loaded once.
    unsafe {
        NEXT = pg_sys::set_rel_pathlist_hook;
        pg_sys::set_rel_pathlist_hook = Some(at_paths);
    }
}

/// Calls whoever was there before, as the hooks of the guards do.
unsafe extern "C-unwind" fn at_paths(root: *mut PlannerInfo, relation: *mut RelOptInfo, index: Index, entry: *mut RangeTblEntry) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        look(root, relation, entry);
        if let Some(next) = NEXT {
            next(root, relation, index, entry);
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn look(root: *mut PlannerInfo, relation: *mut RelOptInfo, entry: *mut RangeTblEntry) {
    // SAFETY: the server passes a table that is being planned, and whose ways to be read it has found.
    unsafe {
        // What is the sum of its parts is not read itself, and of a sample other ways are found than of a table.
        if !(*entry).inh && (*entry).tablesample.is_null() && scope::count(root, relation) {
            paths::find(root, relation);
        }
        vetted::offer(root, relation, entry);
        scope::finish(root, relation);
    }
}
