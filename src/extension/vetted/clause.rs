//! Whether a condition tells nothing but what vetted operators tell.

use pgrx::FromDatum;
use pgrx::pg_sys::{
    ArrayExpr, BoolExpr, Const, FuncExpr, List, Node, NodeTag, NullTest, Oid, OpExpr, RelabelType, RestrictInfo, ScalarArrayOpExpr,
};
use pgrx::prelude::*;

use super::family;
use crate::extension::function::{is_servers, name_of};
use crate::extension::guard::statement::pointers;

/// Whether each function that a condition calls with a column is leakproof or vetted. What it does not know is neither.
///
/// # Safety
/// It is an expression of a planning that is going on.
pub unsafe fn is_vetted(node: *mut Node, vetted: u32) -> bool {
    // SAFETY: as the caller promises; the tag says what the node is.
    unsafe {
        let all = |list: *mut List| pointers(list).all(|node| is_vetted(node, vetted));
        match (*node).type_ {
            NodeTag::T_Var | NodeTag::T_Const | NodeTag::T_Param => true,
            NodeTag::T_RestrictInfo => is_vetted((*node.cast::<RestrictInfo>()).clause.cast(), vetted),
            NodeTag::T_RelabelType => is_vetted((*node.cast::<RelabelType>()).arg.cast(), vetted),
            NodeTag::T_NullTest => is_vetted((*node.cast::<NullTest>()).arg.cast(), vetted),
            NodeTag::T_BoolExpr => all((*node.cast::<BoolExpr>()).args),
            NodeTag::T_ArrayExpr => all((*node.cast::<ArrayExpr>()).elements),
            NodeTag::T_OpExpr => {
                let call = node.cast::<OpExpr>();
                may_be_called(pg_sys::get_opcode((*call).opno), (*call).args, vetted) && all((*call).args)
            }
            NodeTag::T_ScalarArrayOpExpr => {
                let call = node.cast::<ScalarArrayOpExpr>();
                may_be_called(pg_sys::get_opcode((*call).opno), (*call).args, vetted) && all((*call).args)
            }
            NodeTag::T_FuncExpr => {
                let call = node.cast::<FuncExpr>();
                may_be_called((*call).funcid, (*call).args, vetted) && all((*call).args)
            }
            // What is told no column can tell nothing of a row.
            _ => !pg_sys::contain_var_clause(node),
        }
    }
}

/// # Safety
/// The list has the function's arguments.
unsafe fn may_be_called(function: Oid, arguments: *mut List, vetted: u32) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        if pg_sys::get_func_leakproof(function) || !pg_sys::contain_var_clause(arguments.cast()) {
            return true;
        }
        // Only those of the server itself can be vetted.
        let Some(name) = is_servers(function).then(|| name_of(function)).flatten() else { return false };
        family::of_function(&name, vetted).is_some_and(|family| !family.has_pattern || is_sound(arguments))
    }
}

/// Whether the second argument is a constant pattern that fails with no text.
///
/// # Safety
/// The list has the arguments of a function that matches a pattern.
unsafe fn is_sound(arguments: *mut List) -> bool {
    // SAFETY: as the caller promises; a constant of type text has a text.
    unsafe {
        let Some(pattern) = pointers(arguments).nth(1).filter(|node| (**node).type_ == NodeTag::T_Const) else { return false };
        let pattern = &*pattern.cast::<Const>();
        pattern.consttype == pg_sys::TEXTOID
            && String::from_datum(pattern.constvalue, pattern.constisnull).is_some_and(|pattern| family::is_sound(&pattern))
    }
}
