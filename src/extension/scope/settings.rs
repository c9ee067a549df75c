//! The settings that a generated function has, for what it asks.

use std::ffi::{CStr, CString, c_int, c_void};

use pgrx::pg_sys::{CachedPlanSource, Node, NodeTag, Oid, Query, SPIPlanPtr};
use pgrx::prelude::*;

use crate::extension::function::is_servers;
use crate::extension::guard::statement::pointers;
use crate::extension::option::set_option;

/// Settings that hold while it lives.
pub struct OwnSettings {
    /// The level that they were set at; `None` where all of them held already.
    level: Option<c_int>,
}

impl OwnSettings {
    pub fn enter(settings: &[(CString, CString)]) -> OwnSettings {
        let mut level = None;
        for (name, value) in settings {
            // SAFETY: the name ends in NUL; what the server gives is read at once. What is set here is put back at the level's end, or with the transaction.
            unsafe {
                let present = pg_sys::GetConfigOption(name.as_ptr(), true, false);
                if !present.is_null() && CStr::from_ptr(present) == value.as_c_str() {
                    continue;
                }
                level.get_or_insert_with(|| pg_sys::NewGUCNestLevel());
            }
            set_option(name, value, pg_sys::GucContext::PGC_USERSET, pg_sys::GucAction::GUC_ACTION_SAVE);
        }
        OwnSettings { level }
    }
}

impl Drop for OwnSettings {
    fn drop(&mut self) {
        if let Some(level) = self.level.filter(|_| !std::thread::panicking()) {
            // SAFETY: the level was begun here.
            unsafe { pg_sys::AtEOXact_GUC(true, level) };
        }
    }
}

type Walker = unsafe extern "C-unwind" fn(*mut Node, *mut c_void) -> bool;

// Declared here, since pgrx's declarations for versions before 16 have none.
unsafe extern "C-unwind" {
    #[cfg_attr(not(any(feature = "pg13", feature = "pg14", feature = "pg15")), link_name = "expression_tree_walker_impl")]
    fn expression_tree_walker(node: *mut Node, walker: Walker, context: *mut c_void) -> bool;
    #[cfg_attr(not(any(feature = "pg13", feature = "pg14", feature = "pg15")), link_name = "query_tree_walker_impl")]
    fn query_tree_walker(query: *mut Query, walker: Walker, context: *mut c_void, flags: c_int) -> bool;
}

/// Whether the answer of a query may depend on settings: where it calls anything besides immutable functions of the server and functions of ours.
///
/// # Safety
/// SPI is connected and the plan is one of its own.
pub unsafe fn depends_on_settings(plan: SPIPlanPtr) -> bool {
    // SAFETY: as the caller promises; the lists have what their names say. The walkers raise nothing but that the stack is too deep.
    unsafe {
        let mut ours = pg_sys::get_namespace_oid(c"crm_access".as_ptr(), true);
        pg_sys::ffi::pg_guard_ffi_boundary(|| {
            pointers(pg_sys::SPI_plan_get_plan_sources(plan)).any(|source| {
                pointers((*source.cast::<CachedPlanSource>()).query_list).any(|query| depends(query, std::ptr::addr_of_mut!(ours).cast()))
            })
        })
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn depends(node: *mut Node, ours: *mut c_void) -> bool {
    // SAFETY: the server passes what a tree has, and what we gave; the tag says what a node is.
    unsafe {
        match node.as_ref().map(|node| node.type_) {
            None => false,
            Some(NodeTag::T_Query) => query_tree_walker(node.cast(), depends, ours, 0),
            Some(NodeTag::T_SQLValueFunction) => true,
            Some(_) => pg_sys::check_functions_in_node(node, Some(is_foreign), ours) || expression_tree_walker(node, depends, ours),
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn is_foreign(function: Oid, ours: *mut c_void) -> bool {
    // SAFETY: as before; these read the catalog.
    unsafe {
        let is_immutable = is_servers(function) && pg_sys::func_volatile(function) == pg_sys::PROVOLATILE_IMMUTABLE as std::ffi::c_char;
        !is_immutable && pg_sys::get_func_namespace(function) != *ours.cast::<Oid>()
    }
}
