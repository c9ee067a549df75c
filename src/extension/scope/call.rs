//! Calls of `crm_access.in_scope` in a query that is being planned, and what is known of the scopes that they ask.

use std::ffi::CString;
use std::rc::Rc;

use pgrx::pg_sys::{BoolExpr, Const, FuncExpr, List, Node, NodeTag, PlannerInfo, RestrictInfo, VariableStatData};
use pgrx::prelude::*;

use super::asked::{expected, gathered};
use super::keys::Keys;
use super::source::Source;
use crate::extension::function::is_ours;
use crate::extension::guard::statement::pointers;

/// The server expects an array that it does not know to have so many elements.
pub const SUPPOSED: f64 = 10.0;
/// What gathering takes for each key at least, in the planner's unit.
const KEY: f64 = 0.25;

/// A scope that a query asks with constants.
pub struct Scope {
    pub source: Rc<Source>,
    arguments: Vec<String>,
    /// The arguments of the call: the scope, the key and the scope's own arguments.
    pub nodes: [*mut Node; 3],
}

impl Scope {
    /// `None` where the scope is not constant, or not there.
    ///
    /// # Safety
    /// They are the arguments of `in_scope`.
    pub unsafe fn of(arguments: *mut List) -> Option<Scope> {
        // SAFETY: as the caller promises, so that the arguments have these types.
        unsafe {
            if !pg_sys::ActiveSnapshotSet() {
                return None;
            }
            let nodes: [*mut Node; 3] = pointers(arguments).map(|node| node.cast()).collect::<Vec<_>>().try_into().ok()?;
            let constant = |node: *mut Node| ((*node).type_ == NodeTag::T_Const).then(|| &*node.cast::<Const>());
            let (scope, given) = (constant(nodes[0])?, constant(nodes[2])?);
            let scope = CString::new(String::from_datum(scope.constvalue, scope.constisnull)?).ok()?;
            let given = Vec::<Option<String>>::from_datum(given.constvalue, given.constisnull);
            let source = Source::of(&scope, given.is_some()).ok()?;
            Some(Scope { source, arguments: given.unwrap_or_default().into_iter().flatten().collect(), nodes })
        }
    }

    /// How many keys there are for whoever asks, as far as can be said before.
    pub fn expected(&self) -> Option<f64> {
        expected(&self.source, &self.arguments).ok()
    }

    /// The keys, where there are no more than so many and so few are expected.
    pub fn gathered(&self, most: usize) -> Option<Rc<Keys>> {
        gathered(&self.source, &self.arguments, most).ok()?
    }

    /// How many different values the column has.
    ///
    /// # Safety
    /// It is asked in the planning that `root` is of.
    pub unsafe fn values(&self, root: *mut PlannerInfo, relation: i32) -> f64 {
        // SAFETY: as the caller promises; what the statistics were read from is released.
        unsafe {
            let mut variable = VariableStatData::default();
            pg_sys::examine_variable(root, self.nodes[1], relation, &mut variable);
            let mut is_default = false;
            let values = pg_sys::get_variable_numdistinct(&mut variable, &mut is_default);
            if !variable.statsTuple.is_null()
                && let Some(release) = variable.freefunc
            {
                release(variable.statsTuple);
            }
            values.max(1.0)
        }
    }
}

/// The calls of `in_scope` that a condition is put together of.
///
/// # Safety
/// It is a condition of a planning that is going on.
pub unsafe fn calls(condition: *mut Node) -> Vec<*mut FuncExpr> {
    // SAFETY: as the caller promises; the tag says what the node is.
    unsafe {
        match (*condition).type_ {
            NodeTag::T_RestrictInfo => calls((*condition.cast::<RestrictInfo>()).clause.cast()),
            NodeTag::T_BoolExpr => pointers((*condition.cast::<BoolExpr>()).args).flat_map(|arm| calls(arm)).collect(),
            NodeTag::T_FuncExpr if is_ours((*condition.cast::<FuncExpr>()).funcid, "in_scope") => vec![condition.cast()],
            _ => Vec::new(),
        }
    }
}

/// Whether it is a call of `scope_keys`.
///
/// # Safety
/// It is a node.
pub unsafe fn is_scope_keys(node: *mut Node) -> bool {
    // SAFETY: as the caller promises; the tag says what it is.
    unsafe { (*node).type_ == NodeTag::T_FuncExpr && is_ours((*node.cast::<FuncExpr>()).funcid, "scope_keys") }
}

/// How many keys a condition asks for, at most.
///
/// # Safety
/// It is a condition of a planning that is going on.
pub unsafe fn keys(condition: *mut Node) -> Option<f64> {
    // SAFETY: as the caller promises.
    unsafe { calls(condition).into_iter().filter_map(|call| Scope::of((*call).args)?.expected()).reduce(f64::max) }
}

/// What gathering takes for the scopes that a condition asks, in the planner's unit; `None` where it asks for none. The planner knows too little of the
/// query where that asks for other scopes itself, but how many keys there are is known.
///
/// # Safety
/// It is a condition of a planning that is going on.
pub unsafe fn gathering(condition: *mut Node) -> Option<f64> {
    // SAFETY: as the caller promises.
    unsafe {
        let scopes = calls(condition).into_iter().filter_map(|call| Scope::of((*call).args));
        let each = scopes.filter_map(|scope| Some(scope.source.estimate_of_all().ok()?.cost.max(scope.expected()? * KEY)));
        each.reduce(|one, other| one + other)
    }
}
