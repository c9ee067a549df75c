//! What the planner asks about `crm_access.in_scope`: whether an index can answer it, and how many rows it leaves.

use pgrx::Internal;
use pgrx::pg_sys::{
    Datum, FuncExpr, List, Node, NodeTag, Oid, PlannerInfo, RelOptInfo, ScalarArrayOpExpr, SupportRequestCost,
    SupportRequestIndexCondition, SupportRequestSelectivity,
};
use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use super::call::{SUPPOSED, Scope, calls};
use super::paths;
use crate::extension::guard::statement::pointers;
use crate::extension::standing::{Fact, note};

/// The largest part of a column's values for which an index is worth asking.
static INDEX_PART: GucSetting<f64> = GucSetting::<f64>::new(0.25);

/// Defines the setting.
pub fn register() {
    GucRegistry::define_float_guc(
        c"crm_access.index_part",
        c"The largest part of a column's values for whose keys an index is asked.",
        c"It changes what a statement takes and never its rows.",
        &INDEX_PART,
        0.0,
        1.0,
        GucContext::Userset,
        GucFlags::default(),
    );
}

/// The support function of `crm_access.in_scope`.
#[pg_extern(stable, strict, parallel_safe)]
fn scope_support(request: Internal) -> Internal {
    let request = request.unwrap().map_or(std::ptr::null_mut(), |datum| datum.cast_mut_ptr::<Node>());
    // SAFETY: only the server can pass an `internal`; it passes a node, whose tag tells its type.
    let answer: *mut Node = unsafe {
        match request.as_ref().map(|request| request.type_) {
            Some(NodeTag::T_SupportRequestIndexCondition) => index_condition(request.cast()).unwrap_or(std::ptr::null_mut()).cast(),
            Some(NodeTag::T_SupportRequestSelectivity) => selectivity(request.cast()).map_or(std::ptr::null_mut(), |()| request),
            Some(NodeTag::T_SupportRequestCost) => {
                cost(request.cast());
                request
            }
            _ => std::ptr::null_mut(),
        }
    };
    // A null would be an error.
    Internal::from(Some(Datum::from(answer)))
}

/// # Safety
/// It is a request of the planner.
unsafe fn selectivity(request: *mut SupportRequestSelectivity) -> Option<()> {
    // SAFETY: as the caller promises.
    unsafe {
        let scope = Scope::of((*request).args)?;
        let values = scope.values((*request).root, (*request).varRelid);
        (*request).selectivity = (scope.expected()? / values).clamp(0.0, 1.0);
        Some(())
    }
}

/// # Safety
/// It is a request of the planner.
unsafe fn cost(request: *mut SupportRequestCost) {
    // SAFETY: as the caller promises.
    unsafe {
        // What asking for the keys takes is the same wherever they are asked for; for each row it is a look into a set.
        (*request).startup = 0.0;
        (*request).per_tuple = pg_sys::cpu_operator_cost / 2.0;
    }
}

/// `column = ANY (crm_access.scope_keys(...))`, where an index on the column is worth asking.
///
/// # Safety
/// It is a request of the planner.
unsafe fn index_condition(request: *mut SupportRequestIndexCondition) -> Option<*mut List> {
    // SAFETY: as the caller promises; the node is a call of `in_scope`.
    unsafe {
        let (root, index) = ((*request).root, (*request).index);
        if (*request).indexarg != 1 || (*request).node.is_null() || (*(*request).node).type_ != NodeTag::T_FuncExpr {
            return None;
        }
        let call = (*request).node.cast::<FuncExpr>();
        let scope = Scope::of((*call).args)?;
        let (element, array) = scope.source.key_type.types();
        let column_type = *(*index).opcintype.add((*request).indexcol as usize);
        let strategy = pg_sys::BTEqualStrategyNumber as i16;
        if (*index).relam != pg_sys::BTREE_AM_OID {
            return None;
        }
        let operator = pg_sys::get_opfamily_member((*request).opfamily, column_type, element, strategy);
        let collation = (*request).indexcollation;
        if operator == pg_sys::InvalidOid
            // Where different texts are the same to the index, it would find more than the set.
            || (collation != pg_sys::InvalidOid && !pg_sys::get_collation_isdeterministic(collation))
            || !is_worth_it(root, (*index).rel, &scope)
        {
            return None;
        }
        // Many keys for each row of another table would take too long.
        if paths::is_joined((*index).rel) && scope.expected()? > SUPPOSED {
            paths::refuse((*index).rel);
            return None;
        }
        let keys = scope_keys((*request).funcid)?;
        // A cursor over keys of one user must not be read by another.
        if !note(root, Fact::Asked, true) {
            return None;
        }
        let kind = pg_sys::makeNullConst(element, -1, pg_sys::get_typcollation(element));
        let mut arguments: *mut List = std::ptr::null_mut();
        for argument in [scope.nodes[0], scope.nodes[2], kind.cast()] {
            arguments = pg_sys::lappend(arguments, pg_sys::copyObjectImpl(argument.cast()));
        }
        let none = pg_sys::InvalidOid;
        let keys = pg_sys::makeFuncExpr(keys, array, arguments, none, none, pg_sys::CoercionForm::COERCE_EXPLICIT_CALL);
        let condition = pg_sys::palloc0(std::mem::size_of::<ScalarArrayOpExpr>()).cast::<ScalarArrayOpExpr>();
        (*condition).xpr.type_ = NodeTag::T_ScalarArrayOpExpr;
        (*condition).opno = operator;
        (*condition).opfuncid = pg_sys::get_opcode(operator);
        (*condition).useOr = true;
        (*condition).inputcollid = collation;
        (*condition).args = pg_sys::lappend(pg_sys::lappend(std::ptr::null_mut(), scope.nodes[1].cast()), keys.cast());
        (*condition).location = -1;
        (*request).lossy = false;
        Some(pg_sys::lappend(std::ptr::null_mut(), condition.cast()))
    }
}

/// The function that gives the keys, which lies in the schema of the one that is asked.
unsafe fn scope_keys(beside: Oid) -> Option<Oid> {
    // SAFETY: the name ends in NUL; the list lives as long as the call.
    unsafe {
        let schema = pg_sys::get_func_namespace(beside);
        let types = [pg_sys::TEXTOID, pg_sys::TEXTARRAYOID, pg_sys::ANYELEMENTOID];
        let found = pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32,
            pg_sys::Anum_pg_proc_oid as pg_sys::AttrNumber,
            Datum::from(c"scope_keys".as_ptr()),
            Datum::from(pg_sys::buildoidvector(types.as_ptr(), 3)),
            Datum::from(schema),
            Datum::from(0),
        );
        (found != pg_sys::InvalidOid).then_some(found)
    }
}

/// Whether to offer the index. The server expects ten keys whatever we know, so that what is much dearer than that must not be offered: a large part of the
/// table, or more keys than other conditions leave rows.
unsafe fn is_worth_it(root: *mut PlannerInfo, relation: *mut RelOptInfo, scope: &Scope) -> bool {
    // SAFETY: they are of a request of the planner.
    unsafe {
        let Some(keys) = scope.expected() else { return false };
        let part = keys / scope.values(root, (*relation).relid as i32);
        part <= INDEX_PART.get() && keys <= rows_of_others(root, relation).max(1.0)
    }
}

/// How many rows conditions leave that ask for no scope, and that an index may be asked for before the policies are.
unsafe fn rows_of_others(root: *mut PlannerInfo, relation: *mut RelOptInfo) -> f64 {
    // SAFETY: the list has clauses with their notes, whose selectivity the planner has looked up before.
    unsafe {
        let others = pointers((*relation).baserestrictinfo)
            .filter(|note| calls(*note).is_empty() && pg_sys::restriction_is_securely_promotable(note.cast(), relation));
        others.fold((*relation).tuples, |rows, note| {
            rows * pg_sys::clause_selectivity(root, note, 0, pg_sys::JoinType::JOIN_INNER, std::ptr::null_mut())
        })
    }
}
