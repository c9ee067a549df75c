//! An event trigger that keeps the extension while a configuration stands.
//!
//! The policies call functions whose bodies name the extension's, which the server doesn't record as a dependency. Without this, DROP
//! EXTENSION would leave tables that nobody can read any more, and lose what remove() needs to undo that.

use std::ffi::CStr;

use pgrx::is_a;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{DropStmt, EventTriggerData, List, Node, NodeTag, ObjectType};
use pgrx::prelude::*;

use super::session::unexpected;

extension_sql!(
    r#"
CREATE FUNCTION crm_access.guard_drop() RETURNS event_trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'crm_access_guard_drop';
CREATE EVENT TRIGGER crm_access_guard_drop ON ddl_command_start
    WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA') EXECUTE FUNCTION crm_access.guard_drop();
ALTER EVENT TRIGGER crm_access_guard_drop ENABLE ALWAYS;
"#,
    name = "drop_guard",
    requires = ["state"]
);

/// The calling convention of [`crm_access_guard_drop`].
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_crm_access_guard_drop() -> &'static pg_sys::Pg_finfo_record {
    const VERSION_1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &VERSION_1
}

/// Refuses a command that would drop the extension, its schema or the generated functions while a configuration stands.
///
/// # Safety
///
/// Only the server may call it.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn crm_access_guard_drop(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the server passes a valid call.
    let dropped = unsafe { dropped_by(fcinfo) };
    if dropped {
        let stands = Spi::connect(|client| {
            client.select("SELECT EXISTS (SELECT 1 FROM crm_access.object)", Some(1), &[])?.first().get_one::<bool>()
        });
        match stands {
            Ok(Some(false)) => {}
            Ok(_) => refusal().report(PgLogLevel::ERROR),
            Err(error) => unexpected(error).report(PgLogLevel::ERROR),
        }
    }
    pg_sys::Datum::from(0_usize)
}

fn refusal() -> ErrorReport {
    ErrorReport::new(
        PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
        "cannot drop what the applied configuration of crm_access needs",
        "guard_drop",
    )
    .set_detail("Its policies would stay on the application's tables and could no longer be answered.")
    .set_hint("SELECT crm_access.remove() first.")
}

/// Whether the command that fired the trigger drops something of ours.
///
/// # Safety
///
/// `fcinfo` must be a call that the server made.
unsafe fn dropped_by(fcinfo: pg_sys::FunctionCallInfo) -> bool {
    // SAFETY: a call's context is null or a node; that of an event trigger carries the parsed command.
    unsafe {
        let Some(context) = fcinfo.as_ref().map(|call| call.context) else { return false };
        if context.is_null() || !is_a(context, NodeTag::T_EventTriggerData) {
            return false;
        }
        let command = (*context.cast::<EventTriggerData>()).parsetree;
        if command.is_null() || !is_a(command, NodeTag::T_DropStmt) {
            return false;
        }
        let command = command.cast::<DropStmt>();
        match (*command).removeType {
            ObjectType::OBJECT_EXTENSION => names_one_of((*command).objects, &[c"crm_access"]),
            ObjectType::OBJECT_SCHEMA => names_one_of((*command).objects, &[c"crm_access", c"crm_access_rules"]),
            _ => false,
        }
    }
}

/// Whether one of a list of names is ours.
///
/// # Safety
///
/// `objects` must be a list of nodes.
unsafe fn names_one_of(objects: *mut List, ours: &[&CStr]) -> bool {
    // SAFETY: the list belongs to the command, which outlives this call; each name ends in NUL.
    unsafe {
        let Some(objects) = objects.as_ref() else { return false };
        let length = usize::try_from(objects.length).unwrap_or_default();
        (0..length).any(|index| {
            let name = text_of((*objects.elements.add(index)).ptr_value.cast::<Node>());
            !name.is_null() && ours.contains(&CStr::from_ptr(name))
        })
    }
}

/// The text of a name in a parsed command; null for anything else.
///
/// # Safety
///
/// `node` must be a node.
unsafe fn text_of(node: *mut Node) -> *const std::ffi::c_char {
    // SAFETY: the tag says what the node is.
    unsafe {
        if node.is_null() || !is_a(node, NodeTag::T_String) {
            return std::ptr::null();
        }
        #[cfg(any(feature = "pg13", feature = "pg14"))]
        return (*node.cast::<pg_sys::Value>()).val.str_;
        #[cfg(not(any(feature = "pg13", feature = "pg14")))]
        return (*node.cast::<pg_sys::String>()).sval;
    }
}
