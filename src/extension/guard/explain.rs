//! EXPLAIN of protected tables: refused to roles that row security binds.
//!
//! The estimates of a plan come from statistics over all rows, and EXPLAIN ANALYZE counts the rows that policies removed, so that EXPLAIN
//! answers questions about rows that nobody may ask of the table. What functions read while it runs counts as well: it shows in buffers.

use std::ffi::{CStr, c_char};

use pgrx::pg_sys::Oid;
use pgrx::prelude::*;

use super::protected::binding;
use super::refusal::refuse;
use crate::extension::setting_guards as setting;

/// Refuses a plan over a protected table to whom it binds, unless members of a role may see plans and this is one.
pub fn check(relations: impl Iterator<Item = Oid>) {
    for relation in relations {
        let Some(table) = binding(relation) else { continue };
        if may_explain() {
            return;
        }
        let hint = match setting::explain_role() {
            Some(role) => format!("Members of role \"{}\" (crm_access.explain_role) and superusers may.", role.to_string_lossy()),
            None => "Superusers may, and members of the role that crm_access.explain_role names.".to_owned(),
        };
        refuse(
            format!("permission denied to explain a statement on the protected table \"{}\"", table.name),
            "The estimates and counts of a plan tell of rows that row security hides.",
            &hint,
            "crm_access.guard_explain",
        );
    }
}

fn may_explain() -> bool {
    let Some(role) = setting::explain_role() else { return false };
    // SAFETY: the name ends in NUL; both only read the catalog.
    unsafe {
        let role = pg_sys::get_role_oid(role.as_ptr(), true);
        role != pg_sys::InvalidOid && pg_sys::has_privs_of_role(pg_sys::GetUserId(), role)
    }
}

/// Whether a message of the server shows a plan, by the function that writes it: `debug_print_plan` and the module auto_explain.
///
/// # Safety
///
/// `function` must be null or end in NUL.
pub unsafe fn is_plan(function: *const c_char) -> bool {
    // SAFETY: as promised.
    !function.is_null() && matches!(unsafe { CStr::from_ptr(function) }.to_bytes(), b"elog_node_display" | b"explain_ExecutorEnd")
}
