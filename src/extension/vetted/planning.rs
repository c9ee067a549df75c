//! The planner's hook: offers indexes for vetted conditions. The order in which conditions are asked of a row stays: policies first.

use pgrx::pg_sys::{
    Index, List, Node, NodeTag, PlannerInfo, RangeTblEntry, RelOptInfo, RelOptKind, RestrictInfo, set_rel_pathlist_hook_type,
};
use pgrx::prelude::*;

use super::clause::is_vetted;
use super::setting::vetted;
use crate::extension::guard::protected;
use crate::extension::guard::statement::pointers;

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
        // What is the sum of its parts has no indexes of its own to scan.
        if vetted() != 0 && !(*relation).indexlist.is_null() && !(*entry).inh {
            offer(root, relation, entry);
        }
        if let Some(next) = NEXT {
            next(root, relation, index, entry);
        }
    }
}

/// Has the planner look once more which indexes serve, as if vetted conditions were leakproof.
#[pg_guard]
unsafe extern "C-unwind" fn offer(root: *mut PlannerInfo, relation: *mut RelOptInfo, entry: *mut RangeTblEntry) {
    // SAFETY: the server passes a table whose conditions have their notes. An error ends the planning, and with it the notes.
    unsafe {
        let mut notes = Vec::new();
        for note in pointers((*relation).baserestrictinfo).map(|note| note.cast::<RestrictInfo>()) {
            if (*note).security_level > (*relation).baserestrict_min_security
                && !(*note).leakproof
                && is_vetted((*note).clause.cast(), vetted())
            {
                with_parts(note, &mut notes);
            }
        }
        if notes.is_empty() || !is_protected(root, relation, entry) {
            return;
        }
        notes.iter().for_each(|note| (**note).leakproof = true);
        pg_sys::create_index_paths(root, relation);
        notes.iter().for_each(|note| (**note).leakproof = false);
    }
}

/// The notes of a condition and of the arms that it is put together of, as far as they say that something may leak.
///
/// # Safety
/// It is a note of a planning that is going on.
unsafe fn with_parts(note: *mut RestrictInfo, all: &mut Vec<*mut RestrictInfo>) {
    // SAFETY: as the caller promises; the tag says what a node is.
    unsafe fn below(node: *mut Node, all: &mut Vec<*mut RestrictInfo>) {
        unsafe {
            let each = |list: *mut List, all: &mut Vec<*mut RestrictInfo>| pointers(list).for_each(|node| below(node, all));
            match node.as_ref().map(|node| node.type_) {
                Some(NodeTag::T_RestrictInfo) => with_parts(node.cast(), all),
                Some(NodeTag::T_BoolExpr) => each((*node.cast::<pg_sys::BoolExpr>()).args, all),
                _ => {}
            }
        }
    }
    // SAFETY: as before.
    unsafe {
        if !(*note).leakproof {
            all.push(note);
        }
        below((*note).orclause.cast(), all);
    }
}

/// Whether a configuration protects the table, or the partitioned table that it is a part of, from the present user.
///
/// # Safety
/// They are of a planning that is going on.
unsafe fn is_protected(root: *mut PlannerInfo, relation: *mut RelOptInfo, entry: *mut RangeTblEntry) -> bool {
    // SAFETY: as the caller promises; what is a member of something has a note about it.
    unsafe {
        let (mut entry, mut at) = (entry, (*relation).relid);
        if (*relation).reloptkind == RelOptKind::RELOPT_OTHER_MEMBER_REL {
            while let Some(above) = (*root).append_rel_array.as_ref().and_then(|_| (*(*root).append_rel_array.add(at as usize)).as_ref()) {
                at = above.parent_relid;
                entry = *(*root).simple_rte_array.add(at as usize);
            }
        }
        (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION && protected::binding((*entry).relid).is_some()
    }
}
