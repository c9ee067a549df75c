//! Bitmap scans ask no row once more what an index has answered for it.
//!
//! After the scan of an index the server drops the condition that it was made of. After a bitmap scan it keeps it, because it doesn't know that
//! `key = ANY (crm_access.scope_keys(...))` leaves exactly what `crm_access.in_scope(...)` does. So each worker of a parallel scan would gather the keys again. Where that is
//! certain the condition goes to those that are asked only where the bitmap has no room for single rows and where a row was changed meanwhile.

use std::ffi::{c_char, c_int};

use pgrx::pg_sys::{
    Append, BitmapAnd, BitmapHeapScan, BitmapIndexScan, BitmapOr, BoolExpr, BoolExprType, FuncExpr, List, MergeAppend, Node, NodeTag,
    ParamListInfo, Plan, PlannedStmt, Query, ScalarArrayOpExpr, SubqueryScan, planner_hook_type,
};
use pgrx::prelude::*;

use super::call::{calls, is_scope_keys};
use crate::extension::guard::statement::pointers;
use crate::extension::standing::is_marked;

static mut NEXT: planner_hook_type = None;

// Declared once more, since pgrx's own declaration catches errors, which pass by here as they are.
unsafe extern "C-unwind" {
    fn standard_planner(query: *mut Query, text: *const c_char, options: c_int, parameters: ParamListInfo) -> *mut PlannedStmt;
}

/// Puts the hook in front of those that are there.
pub fn register() {
    // SAFETY: a backend has one thread, and a library is loaded once.
    unsafe {
        NEXT = pg_sys::planner_hook;
        pg_sys::planner_hook = Some(plan);
    }
}

/// Calls whoever was there before, as the hooks of the guards do.
unsafe extern "C-unwind" fn plan(query: *mut Query, text: *const c_char, options: c_int, parameters: ParamListInfo) -> *mut PlannedStmt {
    // SAFETY: the server's arguments go on unchanged. Where keys were offered to an index, the plan is marked.
    unsafe {
        let planned = match NEXT {
            Some(next) => next(query, text, options, parameters),
            None => standard_planner(query, text, options, parameters),
        };
        if is_marked(planned) {
            without_repetition(planned);
        }
        planned
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn without_repetition(planned: *mut PlannedStmt) {
    // SAFETY: the plan was just made, and nobody has it yet.
    unsafe {
        each((*planned).planTree);
        pointers((*planned).subplans).for_each(|plan| each(plan.cast()));
    }
}

/// # Safety
/// It is a part of a plan that nobody has yet, or null.
unsafe fn each(plan: *mut Plan) {
    // SAFETY: as the caller promises; the tag says what it is.
    unsafe {
        let Some(of) = plan.as_ref() else { return };
        pg_sys::check_stack_depth();
        let all = |plans: *mut List| pointers(plans).for_each(|plan| each(plan.cast()));
        match of.type_ {
            NodeTag::T_BitmapHeapScan => drop_repeated(plan.cast()),
            NodeTag::T_Append => all((*plan.cast::<Append>()).appendplans),
            NodeTag::T_MergeAppend => all((*plan.cast::<MergeAppend>()).mergeplans),
            NodeTag::T_SubqueryScan => each((*plan.cast::<SubqueryScan>()).subplan),
            _ => {}
        }
        each(of.lefttree);
        each(of.righttree);
    }
}

/// # Safety
/// It is a scan of a plan that nobody has yet.
unsafe fn drop_repeated(scan: *mut BitmapHeapScan) {
    // SAFETY: as the caller promises.
    unsafe {
        let bitmap = (*scan).scan.plan.lefttree;
        let mut left: *mut List = std::ptr::null_mut();
        for condition in pointers((*scan).scan.plan.qual) {
            if calls(condition).is_empty() || !leaves_only(bitmap, &arms(condition)) {
                left = pg_sys::lappend(left, condition.cast());
            } else if !pg_sys::list_member((*scan).bitmapqualorig, condition.cast()) {
                (*scan).bitmapqualorig = pg_sys::lappend((*scan).bitmapqualorig, condition.cast());
            }
        }
        (*scan).scan.plan.qual = left;
    }
}

/// The conditions of which one has to hold.
///
/// # Safety
/// It is a condition of a plan.
unsafe fn arms(condition: *mut Node) -> Vec<*mut Node> {
    // SAFETY: as the caller promises; the tag says what it is.
    unsafe {
        let is_or = (*condition).type_ == NodeTag::T_BoolExpr && (*condition.cast::<BoolExpr>()).boolop == BoolExprType::OR_EXPR;
        if is_or { pointers((*condition.cast::<BoolExpr>()).args).collect() } else { vec![condition] }
    }
}

/// Whether one of the arms holds for each row that a bitmap leaves; where an index says less than its condition, the server asks the row itself.
///
/// # Safety
/// It is the part of a plan that makes a bitmap; the arms are conditions of the same scan.
unsafe fn leaves_only(bitmap: *mut Plan, arms: &[*mut Node]) -> bool {
    // SAFETY: as the caller promises; the tag says what it is.
    unsafe {
        match (*bitmap).type_ {
            NodeTag::T_BitmapIndexScan => {
                let asked = (*bitmap.cast::<BitmapIndexScan>()).indexqualorig;
                pointers(asked).any(|asked| arms.iter().any(|arm| is_answer(asked, *arm)))
            }
            NodeTag::T_BitmapOr => pointers((*bitmap.cast::<BitmapOr>()).bitmapplans).all(|part| leaves_only(part.cast(), arms)),
            NodeTag::T_BitmapAnd => pointers((*bitmap.cast::<BitmapAnd>()).bitmapplans).any(|part| leaves_only(part.cast(), arms)),
            _ => false,
        }
    }
}

/// Whether an arm holds where what an index was asked does: they are the same, or `key = ANY (scope_keys(scope, arguments, ...))` and
/// `in_scope(scope, key, arguments)`. Whoever wrote the first: anybody may.
///
/// # Safety
/// They are conditions of a plan.
unsafe fn is_answer(asked: *mut Node, arm: *mut Node) -> bool {
    // SAFETY: as the caller promises; the tags say what they are.
    unsafe {
        let is_same = |one: *mut Node, other: *mut Node| pg_sys::equal(one.cast(), other.cast());
        if is_same(asked, arm) {
            return true;
        }
        let ([call], NodeTag::T_FuncExpr, NodeTag::T_ScalarArrayOpExpr) = (&calls(arm)[..], (*arm).type_, (*asked).type_) else {
            return false;
        };
        let asked = &*asked.cast::<ScalarArrayOpExpr>();
        let [key, keys] = pointers(asked.args).collect::<Vec<_>>()[..] else { return false };
        if !is_scope_keys(keys) {
            return false;
        }
        let (gathered, given) =
            (pointers((*keys.cast::<FuncExpr>()).args).collect::<Vec<_>>(), pointers((**call).args).collect::<Vec<_>>());
        let ([of_scope, of_arguments, _], [scope, of_key, arguments]) = (&gathered[..], &given[..]) else { return false };
        asked.useOr
            // Only equality can be merged by.
            && !pg_sys::get_mergejoin_opfamilies(asked.opno).is_null()
            && (asked.inputcollid == pg_sys::InvalidOid || pg_sys::get_collation_isdeterministic(asked.inputcollid))
            && is_same(key, *of_key)
            && is_same(*of_scope, *scope)
            && is_same(*of_arguments, *arguments)
    }
}
