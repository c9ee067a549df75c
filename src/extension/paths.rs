//! The ways to read a table, found once more when more is known of its conditions.

use pgrx::pg_sys::{PlannerInfo, RelOptInfo};
use pgrx::prelude::*;

/// Finds the ways to read a table anew, as the server does: those that it found are of other estimates.
///
/// # Safety
/// They are of a planning that is going on, and the table is read as a whole.
pub unsafe fn find(root: *mut PlannerInfo, relation: *mut RelOptInfo) {
    // SAFETY: as the caller promises.
    unsafe {
        (*relation).pathlist = std::ptr::null_mut();
        (*relation).partial_pathlist = std::ptr::null_mut();
        (*relation).ppilist = std::ptr::null_mut();
        let lateral = (*relation).lateral_relids;
        pg_sys::add_path(relation, pg_sys::create_seqscan_path(root, relation, lateral, 0));
        if (*relation).consider_parallel && lateral.is_null() {
            let workers =
                pg_sys::compute_parallel_worker(relation, f64::from((*relation).pages), -1.0, pg_sys::max_parallel_workers_per_gather);
            if workers > 0 {
                let path = pg_sys::create_seqscan_path(root, relation, std::ptr::null_mut(), workers);
                pg_sys::add_partial_path(relation, path);
            }
        }
        pg_sys::create_index_paths(root, relation);
        pg_sys::create_tidscan_paths(root, relation);
    }
}
