//! What a utility statement asks for, as far as a guard cares.

use pgrx::pg_sys::{CopyStmt, List, Node, NodeTag, PlannedStmt, RangeVar, TruncateStmt};
use pgrx::prelude::*;

use super::running::Running;

/// A statement that a guard looks at.
#[derive(Clone, Copy)]
pub enum Statement {
    /// One that a guard has to know of while it runs.
    Watched(Running),
    /// TRUNCATE, with its list of tables.
    Truncate(*mut List),
    /// LISTEN.
    Listen,
}

impl Statement {
    /// What a planned utility statement is; `None` for all that no guard looks at.
    ///
    /// # Safety
    ///
    /// `planned` must be null or a planned statement.
    #[inline]
    pub unsafe fn of(planned: *const PlannedStmt) -> Option<Statement> {
        // SAFETY: the tag says what the node is.
        unsafe {
            let node = planned.as_ref()?.utilityStmt;
            match node.as_ref()?.type_ {
                NodeTag::T_ExplainStmt => Some(Statement::Watched(Running::Explain)),
                NodeTag::T_CopyStmt if !(*node.cast::<CopyStmt>()).is_from => Some(Statement::Watched(Running::CopyTo)),
                NodeTag::T_TruncateStmt => Some(Statement::Truncate((*node.cast::<TruncateStmt>()).relations)),
                NodeTag::T_ListenStmt => Some(Statement::Listen),
                _ => None,
            }
        }
    }
}

/// The watched statement that the client's present portal is for, whether or not a hook saw it begin.
pub fn active() -> Option<Running> {
    // SAFETY: the server keeps the portal that it runs, and its list of planned statements, while it runs.
    unsafe {
        let statements = pg_sys::ActivePortal.as_ref()?.stmts;
        pointers(statements).find_map(|planned| match Statement::of(planned.cast()) {
            Some(Statement::Watched(running)) => Some(running),
            _ => None,
        })
    }
}

/// The relations that a TRUNCATE names and that exist.
///
/// # Safety
///
/// `relations` must be the list of a TRUNCATE.
pub unsafe fn truncated(relations: *mut List) -> Vec<pg_sys::Oid> {
    let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
    // SAFETY: the list holds names of relations. No lock: the statement itself takes the strongest one right after, and whoever could
    // rename tables meanwhile owns them.
    unsafe {
        pointers(relations)
            .map(|name| pg_sys::RangeVarGetRelidExtended(name.cast::<RangeVar>(), 0, missing_ok, None, std::ptr::null_mut()))
            .filter(|relation| *relation != pg_sys::InvalidOid)
            .collect()
    }
}

/// The nodes of a list.
///
/// # Safety
///
/// `list` must be null or a list of nodes that outlives the iterator.
pub unsafe fn pointers(list: *mut List) -> impl Iterator<Item = *mut Node> {
    // SAFETY: a list has as many elements as it says.
    unsafe {
        let length = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or_default());
        (0..length).map(move |index| (*(*list).elements.add(index)).ptr_value.cast::<Node>())
    }
}

/// The relations of a plan: all that were planned, those of functions that were inlined included.
///
/// # Safety
///
/// `planned` must be null or a planned statement that outlives the iterator.
pub unsafe fn relations(planned: *const PlannedStmt) -> impl Iterator<Item = pg_sys::Oid> {
    // SAFETY: a list has as many elements as it says.
    unsafe {
        let list = planned.as_ref().map_or(std::ptr::null_mut(), |planned| planned.relationOids);
        let length = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or_default());
        (0..length).map(move |index| (*(*list).elements.add(index)).oid_value)
    }
}
