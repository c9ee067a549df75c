//! What the planner asks about a fact: whether it can be simplified.

use pgrx::Internal;
use pgrx::pg_sys::{Const, FuncExpr, Node, NodeTag, PlannerInfo, RangeTblEntry, SupportRequestSimplify};
use pgrx::prelude::*;

use super::facts::{Doing, Fact};
use super::memory::{self, present};
use super::{changes, plans};
use crate::extension::function::name_of;
use crate::extension::guard::statement::pointers;

/// The support function of every fact: gives the answer for whoever asks now, and notes in the plan that it did.
///
/// No answer for a request of another kind, outside of a planning, and for arguments that are not constant.
#[pg_extern(stable, strict, parallel_safe)]
fn fold_fact(request: Internal) -> Internal {
    let request = request.unwrap().map_or(std::ptr::null_mut(), |datum| datum.cast_mut_ptr::<Node>());
    // SAFETY: only the server can pass an `internal`; it passes a node, whose tag tells its type.
    let folded = unsafe {
        if !request.is_null() && (*request).type_ == NodeTag::T_SupportRequestSimplify {
            fold(request.cast())
        } else {
            std::ptr::null_mut()
        }
    };
    // A null would be an error.
    Internal::from(Some(pg_sys::Datum::from(folded)))
}

/// # Safety
/// It is a request of the planner.
unsafe fn fold(request: *mut SupportRequestSimplify) -> *mut Node {
    // SAFETY: as the caller promises; the call is one of a function that has this support function.
    unsafe {
        let root = (*request).root;
        // A function that has changed its own rights has its statements planned by an older snapshot than they are executed with.
        if changes::written_here() {
            return std::ptr::null_mut();
        }
        if root.is_null() || (*root).glob.is_null() || !pg_sys::ActiveSnapshotSet() || !reads_a_table(root) {
            return std::ptr::null_mut();
        }
        let Some(fact) = fact_of((*request).fcall) else { return std::ptr::null_mut() };
        let standing = match present() {
            Ok(standing) => standing,
            // Without a configuration it is no more than a function.
            Err(_) if fact == Fact::Exporting => return std::ptr::null_mut(),
            Err(report) => {
                report.report(PgLogLevel::ERROR);
                return std::ptr::null_mut();
            }
        };
        let holds = fact.holds(&standing, Doing::now());
        if plans::note(root, fact, holds) { pg_sys::makeBoolConst(holds, false) } else { std::ptr::null_mut() }
    }
}

/// Whether the query that is planned reads a table. What reads none may be evaluated without being started as a query, as PL/pgSQL does with
/// expressions, and nobody would look at the notes in its plan.
///
/// # Safety
/// It is the root of a planning that is going on.
unsafe fn reads_a_table(root: *mut PlannerInfo) -> bool {
    // SAFETY: as the caller promises; the list has range table entries only.
    unsafe { pointers((*(*root).parse).rtable).any(|entry| (*entry.cast::<RangeTblEntry>()).rtekind == pg_sys::RTEKind::RTE_RELATION) }
}

/// The fact that a call asks for; `None` where an argument is null or not constant.
///
/// # Safety
/// It is a call of a function of `facts.rs`.
unsafe fn fact_of(call: *mut FuncExpr) -> Option<Fact> {
    // SAFETY: as the caller promises, so that the arguments have these types.
    unsafe {
        let mut arguments = Vec::new();
        for argument in pointers((*call).args) {
            if (*argument).type_ != NodeTag::T_Const || (*argument.cast::<Const>()).constisnull {
                return None;
            }
            arguments.push((*argument.cast::<Const>()).constvalue);
        }
        let texts = |at: usize| {
            let texts = Vec::<Option<String>>::from_datum(*arguments.get(at)?, false)?;
            Some(texts.into_iter().flatten().collect::<Vec<String>>())
        };
        let text = |at: usize| String::from_datum(*arguments.get(at)?, false);
        Some(match &*name_of((*call).funcid)? {
            "granted" => Fact::Granted(texts(0)?),
            "granted_most_specific" => Fact::GrantedMostSpecific(texts(0)?, texts(1)?),
            "restricted" => Fact::Restricted(text(0)?),
            "exporting" => Fact::Exporting,
            "is_in" => Fact::IsIn { kind: text(0)?, keys: texts(1)?, from: memory::moment(&text(2)?), until: memory::moment(&text(3)?) },
            _ => return None,
        })
    }
}
