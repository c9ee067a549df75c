//! The guards of what a configuration made, against commands that change tables, policies, views and publications.
//!
//! Event triggers, so that they act in every session, loaded or not. What the command did is looked at when it is done, by
//! `sql/guards.sql`, as the owner of the extension; here it is decided whether there is anything to look at. `apply` and `remove` pass,
//! because whoever may call them may do all of this.

use std::ffi::CStr;

use pgrx::pg_catalog::pg_proc::PgProc;
use pgrx::pg_sys::{AlterTableCmd, AlterTableStmt, CreateStmt, EventTriggerData, Node, NodeTag};
use pgrx::prelude::*;
use pgrx::{is_a, spi};

use super::statement::pointers;
use crate::extension::acting::ActingRole;
use crate::extension::session::unexpected;
use crate::extension::setting_guards as setting;

extension_sql_file!("../../../sql/guards.sql", name = "guards", requires = ["state"]);

/// The calling convention of [`crm_access_guard_ddl`].
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_crm_access_guard_ddl() -> &'static pg_sys::Pg_finfo_record {
    const VERSION_1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &VERSION_1
}

/// Looks at what a command did to tables, policies, views and publications.
///
/// # Safety
///
/// Only the server may call it.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn crm_access_guard_ddl(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the server passes a valid call; what is read of it lives as long as the call.
    let (command, function, asking) = unsafe { (Command::of(fcinfo), (*(*fcinfo).flinfo).fn_oid, pg_sys::GetUserId()) };
    let question = match command {
        Command::Drops if setting::POLICIES.get() => "SELECT crm_access.guard_drops($1)",
        Command::Changes { loosens: true, .. } if setting::POLICIES.get() => "SELECT crm_access.guard_changes($1)",
        Command::Changes { attaches: true, .. } if setting::CHILDREN.get() => "SELECT crm_access.guard_children($1)",
        Command::Shows if setting::VIEWS.get() => "SELECT crm_access.guard_views($1)",
        _ => return pg_sys::Datum::from(0_usize),
    };
    if let Err(error) = ask_as_owner(function, question, asking) {
        unexpected(error).report(PgLogLevel::ERROR);
    }
    // One command can both attach and loosen.
    if matches!(command, Command::Changes { loosens: true, attaches: true })
        && setting::POLICIES.get()
        && setting::CHILDREN.get()
        && let Err(error) = ask_as_owner(function, "SELECT crm_access.guard_children($1)", asking)
    {
        unexpected(error).report(PgLogLevel::ERROR);
    }
    pg_sys::Datum::from(0_usize)
}

/// Calls a function of ours as the owner of the event trigger's function, who owns the extension.
fn ask_as_owner(function: pg_sys::Oid, question: &str, asking: pg_sys::Oid) -> spi::Result<()> {
    let Some(owner) = PgProc::new(function).map(|function| function.proowner()) else { return Ok(()) };
    let _role = ActingRole::switch(owner);
    Spi::connect_mut(|client| client.update(question, None, &[asking.into()]).map(|_| ()))
}

/// What a command may have done that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// Nothing.
    Other,
    /// It dropped policies or triggers.
    Drops,
    /// It changed a table or a policy.
    Changes { loosens: bool, attaches: bool },
    /// It made or changed a view, a materialized view or a publication.
    Shows,
}

impl Command {
    /// What the command that fired the trigger may have done.
    ///
    /// # Safety
    ///
    /// `fcinfo` must be a call that the server made.
    unsafe fn of(fcinfo: pg_sys::FunctionCallInfo) -> Command {
        // SAFETY: a call's context is null or a node; that of an event trigger carries the event and the parsed command.
        unsafe {
            let Some(context) = fcinfo.as_ref().map(|call| call.context) else { return Command::Other };
            if context.is_null() || !is_a(context, NodeTag::T_EventTriggerData) {
                return Command::Other;
            }
            let trigger = context.cast::<EventTriggerData>();
            if CStr::from_ptr((*trigger).event) == c"sql_drop" {
                return Command::Drops;
            }
            let node = (*trigger).parsetree;
            match node.as_ref().map(|node| node.type_) {
                Some(NodeTag::T_AlterTableStmt) => {
                    let (loosens, attaches) = alters(node.cast());
                    if loosens || attaches { Command::Changes { loosens, attaches } } else { Command::Shows.if_a_view(node) }
                }
                Some(NodeTag::T_CreateStmt) if !(*node.cast::<CreateStmt>()).inhRelations.is_null() => {
                    Command::Changes { loosens: false, attaches: true }
                }
                Some(NodeTag::T_CreateStmt) => Command::Other,
                Some(NodeTag::T_CreatePolicyStmt | NodeTag::T_AlterPolicyStmt) => Command::Changes { loosens: true, attaches: false },
                // ALTER POLICY ... RENAME; the trigger's tags leave out most others.
                Some(NodeTag::T_RenameStmt) if (*node.cast::<pg_sys::RenameStmt>()).renameType == pg_sys::ObjectType::OBJECT_POLICY => {
                    Command::Changes { loosens: true, attaches: false }
                }
                Some(NodeTag::T_RenameStmt) => Command::Other,
                _ => Command::Shows,
            }
        }
    }

    /// ALTER VIEW and ALTER MATERIALIZED VIEW arrive as a kind of ALTER TABLE.
    ///
    /// # Safety
    ///
    /// `node` must be an ALTER TABLE.
    unsafe fn if_a_view(self, node: *mut Node) -> Command {
        #[cfg(feature = "pg13")]
        // SAFETY: as promised.
        let kind = unsafe { (*node.cast::<AlterTableStmt>()).relkind };
        #[cfg(not(feature = "pg13"))]
        // SAFETY: as promised.
        let kind = unsafe { (*node.cast::<AlterTableStmt>()).objtype };
        if matches!(kind, pg_sys::ObjectType::OBJECT_VIEW | pg_sys::ObjectType::OBJECT_MATVIEW) { self } else { Command::Other }
    }
}

/// Whether an ALTER TABLE switches row security off, and whether it attaches something.
///
/// # Safety
///
/// `statement` must be an ALTER TABLE.
unsafe fn alters(statement: *mut AlterTableStmt) -> (bool, bool) {
    use pg_sys::AlterTableType as Kind;
    // SAFETY: the commands are a list of nodes of this type.
    unsafe {
        pointers((*statement).cmds).fold((false, false), |(loosens, attaches), command| {
            let kind = (*command.cast::<AlterTableCmd>()).subtype;
            (
                loosens || [Kind::AT_DisableRowSecurity, Kind::AT_NoForceRowSecurity].contains(&kind),
                attaches || [Kind::AT_AttachPartition, Kind::AT_AddInherit].contains(&kind),
            )
        })
    }
}
