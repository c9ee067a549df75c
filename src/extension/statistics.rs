//! Statistics of columns for conditions that are not leakproof, where these can tell nothing of a hidden row.
//!
//! Below policies the planner hands what it knows of a column's values only to leakproof operators, since an operator could pass them on. Where the policies
//! left nothing out for whoever asks there is no row to hide; and what an administrator has vetted tells as much by the indexes that it uses.

use std::cell::Cell;

use pgrx::pg_sys::{
    AttrNumber, HeapTuple, Index, Oid, PlannerInfo, RangeTblEntry, SysCacheIdentifier, VariableStatData, get_index_stats_hook_type,
    get_relation_stats_hook_type,
};
use pgrx::prelude::*;

use super::guard::statement::pointers;

static mut NEXT_OF_TABLE: get_relation_stats_hook_type = None;
static mut NEXT_OF_INDEX: get_index_stats_hook_type = None;

// Declared once more: the server calls it, and pgrx's own declaration is for calls from here.
unsafe extern "C-unwind" {
    fn ReleaseSysCache(tuple: HeapTuple);
}

thread_local! {
    /// Whether the condition that is estimated is vetted.
    static VETTED: Cell<bool> = const { Cell::new(false) };
}

/// Puts the hooks in front of those that are there.
pub fn register() {
    // SAFETY: a backend has one thread, and a library is loaded once.
    unsafe {
        NEXT_OF_TABLE = pg_sys::get_relation_stats_hook;
        pg_sys::get_relation_stats_hook = Some(of_table);
        NEXT_OF_INDEX = pg_sys::get_index_stats_hook;
        pg_sys::get_index_stats_hook = Some(of_index);
    }
}

/// Has conditions estimated that are vetted.
pub fn for_vetted<T>(estimate: impl FnOnce() -> T) -> T {
    struct Until;
    impl Drop for Until {
        fn drop(&mut self) {
            VETTED.set(false);
        }
    }
    VETTED.set(true);
    let _until_the_end = Until;
    estimate()
}

unsafe extern "C-unwind" fn of_table(
    root: *mut PlannerInfo,
    entry: *mut RangeTblEntry,
    column: AttrNumber,
    data: *mut VariableStatData,
) -> bool {
    // SAFETY: the server's arguments go on unchanged.
    unsafe {
        if NEXT_OF_TABLE.is_some_and(|next| next(root, entry, column, data)) {
            return true;
        }
        (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION && hides_nothing(entry) && table(root, entry, column, data)
    }
}

unsafe extern "C-unwind" fn of_index(root: *mut PlannerInfo, index: Oid, column: AttrNumber, data: *mut VariableStatData) -> bool {
    // SAFETY: the server's arguments go on unchanged. An expression is matched with the indexes of the table that it belongs to.
    unsafe {
        if NEXT_OF_INDEX.is_some_and(|next| next(root, index, column, data)) {
            return true;
        }
        let Some(relation) = (*data).rel.as_ref().filter(|relation| relation.relid > 0) else { return false };
        hides_nothing(*(*root).simple_rte_array.add(relation.relid as usize)) && expression(root, relation.relid, index, column, data)
    }
}

/// Whether policies stand before a table, of which the planner left nothing, or the condition is vetted. What has no policies the server decides itself.
///
/// # Safety
/// It is of a planning that is going on.
unsafe fn hides_nothing(entry: *const RangeTblEntry) -> bool {
    // SAFETY: as the caller promises; a condition of a policy that holds for each row is an empty list.
    unsafe { VETTED.get() || (!(*entry).securityQuals.is_null() && pointers((*entry).securityQuals).all(|condition| condition.is_null())) }
}

/// As the server finds statistics of a column.
#[pg_guard]
unsafe extern "C-unwind" fn table(
    root: *mut PlannerInfo,
    entry: *mut RangeTblEntry,
    column: AttrNumber,
    data: *mut VariableStatData,
) -> bool {
    // SAFETY: the server passes what it fills in then; it frees the tuple by the function that is named.
    unsafe {
        let may_read = match (*data).rel.as_ref() {
            Some(relation) => may_read(root, relation.relid, entry, column),
            None => false,
        };
        found((*entry).relid, column, (*entry).inh, may_read, data);
    }
    true
}

/// As the server finds statistics of an expression that is indexed: for who may read the whole table.
#[pg_guard]
unsafe extern "C-unwind" fn expression(
    root: *mut PlannerInfo,
    at: Index,
    index: Oid,
    column: AttrNumber,
    data: *mut VariableStatData,
) -> bool {
    // SAFETY: as before.
    unsafe { found(index, column, false, may_read(root, at, *(*root).simple_rte_array.add(at as usize), 0), data) };
    true
}

/// # Safety
/// The server passes what it fills in then.
unsafe fn found(relation: Oid, column: AttrNumber, of_children: bool, may_read: bool, data: *mut VariableStatData) {
    // SAFETY: as the caller promises.
    unsafe {
        (*data).statsTuple = pg_sys::SearchSysCache3(
            SysCacheIdentifier::STATRELATTINH as i32,
            pg_sys::Datum::from(relation),
            pg_sys::Datum::from(column),
            pg_sys::Datum::from(of_children),
        );
        (*data).freefunc = Some(ReleaseSysCache);
        (*data).acl_ok = may_read;
    }
}

/// Whether who asks may read a table, or the column of it that is named; of a part of a table, whether they may read the table that the query names.
///
/// # Safety
/// They are of a planning that is going on.
unsafe fn may_read(root: *mut PlannerInfo, at: Index, entry: *const RangeTblEntry, column: AttrNumber) -> bool {
    // SAFETY: as the caller promises; these read the catalog.
    unsafe {
        let (named, named_entry) = named(root, at, entry.cast_mut());
        let reader = reader(root, named, named_entry);
        let mode = pg_sys::ACL_SELECT as pg_sys::AclMode;
        let is_ok = |answer| answer == pg_sys::AclResult::ACLCHECK_OK;
        is_ok(pg_sys::pg_class_aclcheck((*named_entry).relid, reader, mode))
            || (named == at && column != 0 && is_ok(pg_sys::pg_attribute_aclcheck((*named_entry).relid, column, reader, mode)))
    }
}

/// The table that a query names, of which another is a part or which it is itself; an arm of UNION ALL is named itself.
///
/// # Safety
/// They are of a planning that is going on.
pub unsafe fn named(root: *mut PlannerInfo, at: Index, entry: *mut RangeTblEntry) -> (Index, *mut RangeTblEntry) {
    // SAFETY: as the caller promises; what is a part of something has a note about it.
    unsafe {
        let (mut at, mut entry) = (at, entry);
        while let Some(above) = (*root).append_rel_array.as_ref().and_then(|_| (*(*root).append_rel_array.add(at as usize)).as_ref()) {
            let whole = *(*root).simple_rte_array.add(above.parent_relid as usize);
            if (*whole).rtekind != pg_sys::RTEKind::RTE_RELATION {
                break;
            }
            (at, entry) = (above.parent_relid, whole);
        }
        (at, entry)
    }
}

/// Whose rights a table of the query is read with: those of a view's owner, or of who asks.
///
/// # Safety
/// They are of a planning that is going on.
unsafe fn reader(root: *mut PlannerInfo, at: Index, entry: *const RangeTblEntry) -> Oid {
    // SAFETY: as the caller promises.
    unsafe {
        #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
        let reader = {
            let _ = (root, at);
            (*entry).checkAsUser
        };
        #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
        let reader = {
            let _ = entry;
            (**(*root).simple_rel_array.add(at as usize)).userid
        };
        if reader == pg_sys::InvalidOid { pg_sys::GetUserId() } else { reader }
    }
}
