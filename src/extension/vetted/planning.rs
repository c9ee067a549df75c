//! Offers indexes for vetted conditions. The order in which conditions are asked of a row stays: policies first.

use pgrx::pg_sys::{List, Node, NodeTag, PlannerInfo, RangeTblEntry, RelOptInfo, RelOptKind, RestrictInfo};
use pgrx::prelude::*;

use super::clause::is_vetted;
use super::setting::vetted;
use crate::extension::guard::protected;
use crate::extension::guard::statement::pointers;
use crate::extension::paths;
use crate::extension::statistics::{for_vetted, named};

/// Has the planner look once more how to read a table, as if vetted conditions were leakproof.
///
/// # Safety
/// They are of a planning that is going on, in which the table is looked at.
pub unsafe fn offer(root: *mut PlannerInfo, relation: *mut RelOptInfo, entry: *mut RangeTblEntry) {
    // SAFETY: as the caller promises, so that conditions have their notes. An error ends the planning, and with it the notes.
    unsafe {
        // What is the sum of its parts has no indexes of its own to scan.
        if vetted() == 0 || (*relation).indexlist.is_null() || (*entry).inh || pg_sys::is_dummy_rel(relation) {
            return;
        }
        let vetted: Vec<*mut RestrictInfo> = pointers((*relation).baserestrictinfo)
            .map(|note| note.cast::<RestrictInfo>())
            .filter(|note| {
                (**note).security_level > (*relation).baserestrict_min_security
                    && !(**note).leakproof
                    && is_vetted((**note).clause.cast(), vetted())
            })
            .collect();
        if vetted.is_empty() || !is_protected(root, relation, entry) {
            return;
        }
        let mut notes = Vec::new();
        vetted.iter().for_each(|note| with_parts(*note, &mut notes));
        notes.iter().for_each(|note| (**note).leakproof = true);
        for_vetted(|| estimate(root, relation, &vetted));
        if (*entry).tablesample.is_null() {
            paths::find(root, relation);
        } else {
            pg_sys::create_index_paths(root, relation);
        }
        notes.iter().for_each(|note| (**note).leakproof = false);
    }
}

/// Has the planner estimate conditions anew, and how many rows they leave.
///
/// # Safety
/// They are of a planning that is going on.
unsafe fn estimate(root: *mut PlannerInfo, relation: *mut RelOptInfo, conditions: &[*mut RestrictInfo]) {
    // SAFETY: as the caller promises; a condition remembers its estimate, which is negative where there is none.
    unsafe {
        for condition in conditions {
            (**condition).norm_selec = -1.0;
            pg_sys::clause_selectivity(root, condition.cast(), 0, pg_sys::JoinType::JOIN_INNER, std::ptr::null_mut());
        }
        pg_sys::set_baserel_size_estimates(root, relation);
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
    // SAFETY: as the caller promises.
    unsafe {
        let entry = match (*relation).reloptkind {
            RelOptKind::RELOPT_OTHER_MEMBER_REL => named(root, (*relation).relid, entry).1,
            _ => entry,
        };
        (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION && protected::binding((*entry).relid).is_some()
    }
}
