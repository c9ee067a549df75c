//! The hooks: each calls whoever was there before, or what the server would do without it.
//!
//! A hook's own frame holds nothing that has to be dropped, and what it calls next is called directly. So an error of the server passes by
//! as it is: by way of pgrx's bindings, which turn it into a panic and back, it would lose its context, its position and the names of
//! constraint, table and column. What a guard itself does runs behind `#[pg_guard]`, where a panic becomes an error of the server.

use std::ffi::{c_char, c_int};

use pgrx::pg_sys::{
    DestReceiver, ErrorData, ExecutorRun_hook_type, ExecutorStart_hook_type, ParamListInfo, PlannedStmt, ProcessUtility_hook_type,
    ProcessUtilityContext, QueryCompletion, QueryDesc, QueryEnvironment, emit_log_hook_type,
};
use pgrx::prelude::*;

use super::running::{self, Running};
use super::statement::{Statement, relations};
use super::{copy, explain, listen, truncate};
use crate::extension::setting_guards as setting;
use crate::extension::standing;

static mut NEXT_UTILITY: ProcessUtility_hook_type = None;
static mut NEXT_START: ExecutorStart_hook_type = None;
static mut NEXT_RUN: ExecutorRun_hook_type = None;
static mut NEXT_LOG: emit_log_hook_type = None;

// Declared once more, since pgrx's own declarations catch errors.
unsafe extern "C-unwind" {
    #[cfg(feature = "pg13")]
    fn standard_ProcessUtility(
        planned: *mut PlannedStmt,
        text: *const c_char,
        context: ProcessUtilityContext::Type,
        params: ParamListInfo,
        environment: *mut QueryEnvironment,
        dest: *mut DestReceiver,
        completion: *mut QueryCompletion,
    );
    #[cfg(not(feature = "pg13"))]
    fn standard_ProcessUtility(
        planned: *mut PlannedStmt,
        text: *const c_char,
        read_only_tree: bool,
        context: ProcessUtilityContext::Type,
        params: ParamListInfo,
        environment: *mut QueryEnvironment,
        dest: *mut DestReceiver,
        completion: *mut QueryCompletion,
    );
    fn standard_ExecutorStart(query: *mut QueryDesc, flags: c_int);
    #[cfg(not(feature = "pg18"))]
    fn standard_ExecutorRun(query: *mut QueryDesc, direction: pg_sys::ScanDirection::Type, count: u64, once: bool);
    #[cfg(feature = "pg18")]
    fn standard_ExecutorRun(query: *mut QueryDesc, direction: pg_sys::ScanDirection::Type, count: u64);
    fn GetSessionUserIsSuperuser() -> bool;
}

/// Puts the hooks in front of those that are there.
pub fn register() {
    // SAFETY: a backend has one thread, and a library is loaded once.
    unsafe {
        NEXT_UTILITY = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(process_utility);
        NEXT_START = pg_sys::ExecutorStart_hook;
        pg_sys::ExecutorStart_hook = Some(executor_start);
        NEXT_RUN = pg_sys::ExecutorRun_hook;
        pg_sys::ExecutorRun_hook = Some(executor_run);
        NEXT_LOG = pg_sys::emit_log_hook;
        pg_sys::emit_log_hook = Some(emit_log);
    }
}

#[cfg(feature = "pg13")]
unsafe extern "C-unwind" fn process_utility(
    planned: *mut PlannedStmt,
    text: *const c_char,
    context: ProcessUtilityContext::Type,
    params: ParamListInfo,
    environment: *mut QueryEnvironment,
    dest: *mut DestReceiver,
    completion: *mut QueryCompletion,
) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        let began = Statement::of(planned).is_some() && before_utility(planned);
        match NEXT_UTILITY {
            Some(next) => next(planned, text, context, params, environment, dest, completion),
            None => standard_ProcessUtility(planned, text, context, params, environment, dest, completion),
        }
        if began {
            after_utility(planned);
        }
    }
}

#[cfg(not(feature = "pg13"))]
unsafe extern "C-unwind" fn process_utility(
    planned: *mut PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: ProcessUtilityContext::Type,
    params: ParamListInfo,
    environment: *mut QueryEnvironment,
    dest: *mut DestReceiver,
    completion: *mut QueryCompletion,
) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        let began = Statement::of(planned).is_some() && before_utility(planned);
        match NEXT_UTILITY {
            Some(next) => next(planned, text, read_only_tree, context, params, environment, dest, completion),
            None => standard_ProcessUtility(planned, text, read_only_tree, context, params, environment, dest, completion),
        }
        if began {
            after_utility(planned);
        }
    }
}

/// Refuses what can be refused by looking at the statement; true where one begins that has to be watched.
#[pg_guard]
unsafe extern "C-unwind" fn before_utility(planned: *mut PlannedStmt) -> bool {
    // SAFETY: the server passes a planned statement.
    match unsafe { Statement::of(planned) } {
        Some(Statement::Watched(statement)) => return watched(statement) && running::begin(statement),
        // SAFETY: the list is that of the statement.
        Some(Statement::Truncate(relations)) if setting::TRUNCATE.get() => unsafe { truncate::check(relations) },
        Some(Statement::Listen) if setting::LISTEN.get() => listen::check(),
        _ => {}
    }
    false
}

/// After one that has been watched; what raises instead is ended by the server, which puts settings back.
#[pg_guard]
unsafe extern "C-unwind" fn after_utility(planned: *mut PlannedStmt) {
    // SAFETY: the server keeps the statement until the hook returns.
    if let Some(Statement::Watched(statement)) = unsafe { Statement::of(planned) } {
        running::end(statement);
    }
}

fn watched(statement: Running) -> bool {
    match statement {
        Running::Explain => setting::EXPLAIN.get(),
        Running::CopyTo => setting::COPY.get(),
    }
}

unsafe extern "C-unwind" fn executor_start(query: *mut QueryDesc, flags: c_int) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        if running::watching() || explains_only(flags) {
            before_execution(query, flags);
        }
        if standing::is_marked((*query).plannedstmt) {
            before_start(query);
        }
        match NEXT_START {
            Some(next) => next(query, flags),
            None => standard_ExecutorStart(query, flags),
        }
    }
}

/// Refuses a plan that was made for somebody else.
#[pg_guard]
unsafe extern "C-unwind" fn before_start(query: *mut QueryDesc) {
    if let Err(report) = standing::check(query) {
        report.report(PgLogLevel::ERROR);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn before_run(query: *mut QueryDesc) {
    if let Err(report) = standing::recheck(query) {
        report.report(PgLogLevel::ERROR);
    }
}

#[cfg(not(feature = "pg18"))]
unsafe extern "C-unwind" fn executor_run(query: *mut QueryDesc, direction: pg_sys::ScanDirection::Type, count: u64, once: bool) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        if standing::is_marked((*query).plannedstmt) {
            before_run(query);
        }
        match NEXT_RUN {
            Some(next) => next(query, direction, count, once),
            None => standard_ExecutorRun(query, direction, count, once),
        }
    }
}

#[cfg(feature = "pg18")]
unsafe extern "C-unwind" fn executor_run(query: *mut QueryDesc, direction: pg_sys::ScanDirection::Type, count: u64) {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        if standing::is_marked((*query).plannedstmt) {
            before_run(query);
        }
        match NEXT_RUN {
            Some(next) => next(query, direction, count),
            None => standard_ExecutorRun(query, direction, count),
        }
    }
}

/// Whether a plan is started to be shown and not run, which only EXPLAIN does.
fn explains_only(flags: c_int) -> bool {
    flags & pg_sys::EXEC_FLAG_EXPLAIN_ONLY as c_int != 0
}

/// Looks at the very plan that is shown or copied, which no function that ran during planning can change any more, and at what functions
/// run meanwhile.
#[pg_guard]
unsafe extern "C-unwind" fn before_execution(query: *mut QueryDesc, flags: c_int) {
    // SAFETY: the server passes a query that it is about to start.
    let (planned, measured) = unsafe { ((*query).plannedstmt, (*query).instrument_options != 0) };
    let explaining = running::is_running(Running::Explain) || explains_only(flags) || (measured && running::loaded_during_this_message());
    if explaining && setting::EXPLAIN.get() {
        // SAFETY: the plan belongs to the query.
        explain::check(unsafe { relations(planned) });
    }
    if running::is_running(Running::CopyTo) && setting::COPY.get() {
        // SAFETY: as before.
        copy::check(unsafe { relations(planned) });
    }
}

/// Keeps plans that the server logs from the client, who could have asked for them by `debug_print_plan`. It neither allocates nor raises.
unsafe extern "C-unwind" fn emit_log(error: *mut ErrorData) {
    // SAFETY: the server passes the message that it is about to write; the others read variables of the process.
    unsafe {
        if (*error).output_to_client
            && (*error).elevel < PgLogLevel::ERROR as c_int
            && explain::is_plan((*error).funcname)
            && setting::EXPLAIN.get()
            && !GetSessionUserIsSuperuser()
        {
            (*error).output_to_client = false;
        }
        if let Some(next) = NEXT_LOG {
            next(error);
        }
    }
}
