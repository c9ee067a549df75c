//! Which transactions changed who has which role or restriction, as a snapshot sees it.

use std::cell::Cell;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::extension::acting::ActingRole;
use crate::extension::ending::when_ended;

thread_local! {
    /// Whether this transaction has written a table that a standing is read from. Within such a statement rows may have changed that were
    /// not noted yet.
    static WRITTEN: Cell<bool> = const { Cell::new(false) };
    /// The subtransaction that has noted its change.
    static NOTED_IN: Cell<pg_sys::SubTransactionId> = const { Cell::new(0) };
}

/// Registers what happens when transactions end.
pub fn register() {
    when_ended(|| {
        WRITTEN.set(false);
        NOTED_IN.set(0);
    });
}

/// Whether this transaction may itself have changed what a standing is read from.
pub fn written_here() -> bool {
    WRITTEN.get()
}

/// Keys of the transactions from `first` on whose changes a snapshot sees, in their order; `None` where that can't be said.
pub fn seen_by(snapshot: pg_sys::Snapshot, first: u64) -> Option<Vec<u64>> {
    let mut seen = Vec::new();
    // SAFETY: the names end in NUL. The relations are opened and closed here; an error of the server closes them too. The column is the first of
    // the table, eight bytes long and never null.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"crm_access".as_ptr(), true);
        let table = pg_sys::get_relname_relid(c"standing_change".as_ptr(), schema);
        let index = pg_sys::get_relname_relid(c"standing_change_pkey".as_ptr(), schema);
        if table == pg_sys::InvalidOid || index == pg_sys::InvalidOid {
            return None;
        }
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let relation = pg_sys::table_open(table, lock);
        let mut key = pg_sys::ScanKeyData::default();
        let (strategy, operator) = (pg_sys::BTGreaterEqualStrategyNumber as u16, pg_sys::Oid::from(pg_sys::F_XID8GE));
        pg_sys::ScanKeyInit(&mut key, 1, strategy, operator, pg_sys::Datum::from(first));
        let scan = pg_sys::systable_beginscan(relation, index, true, snapshot, 1, &mut key);
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let mut is_null = false;
            seen.push(pg_sys::heap_getattr(tuple, 1, (*relation).rd_att, &mut is_null).value() as u64);
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, lock);
    }
    seen.sort_unstable();
    Some(seen)
}

/// Notes that this transaction changes who has which role or restriction: the trigger of every table that a standing is read from.
#[pg_trigger]
fn note_standing<'a>(trigger: &'a pgrx::PgTrigger<'a>) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, ErrorReport> {
    WRITTEN.set(true);
    let event = trigger.event();
    // Which rows an UPDATE changes in a column that matters is told by the trigger for each row.
    let told_by_rows = event.fired_by_update() && event.fired_for_statement();
    // SAFETY: reads a variable of the process.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    if !told_by_rows && NOTED_IN.get() != subtransaction {
        note();
        NOTED_IN.set(subtransaction);
    }
    Ok(None::<PgHeapTuple<'a, AllocatedByRust>>)
}

fn note() {
    // SAFETY: the names end in NUL; the role exists as long as its table does.
    let owner = unsafe {
        let schema = pg_sys::get_namespace_oid(c"crm_access".as_ptr(), false);
        let relation = pg_sys::RelationIdGetRelation(pg_sys::get_relname_relid(c"standing_change".as_ptr(), schema));
        if relation.is_null() {
            return;
        }
        let owner = (*(*relation).rd_rel).relowner;
        pg_sys::RelationClose(relation);
        owner
    };
    // Whoever writes the table needs no right to this one.
    let _role = ActingRole::switch(owner);
    let noted = Spi::run("SELECT crm_access.note_standing_change()");
    if let Err(error) = noted {
        crate::extension::session::unexpected(error).report(PgLogLevel::ERROR);
    }
}
