//! LISTEN: refused, where the setting says so, to roles that policies of a configuration are for.
//!
//! Any role that may connect receives what triggers send about rows that it can't read.

use pgrx::prelude::*;

use super::refusal::refuse;
use crate::extension::session::{PinnedPath, unexpected};

const QUESTION: &str = "
SELECT EXISTS (
    SELECT 1 FROM pg_policy p CROSS JOIN LATERAL unnest(p.polroles) r(oid)
    WHERE starts_with(p.polname::text, 'crm_access_') AND p.polname <> 'crm_access_reader'
      AND r.oid <> 0 AND pg_has_role(r.oid, 'MEMBER'))";

/// Refuses to listen.
pub fn check() {
    // SAFETY: reads the catalog.
    if unsafe { pg_sys::superuser() } {
        return;
    }
    match concerned() {
        Ok(Some(false)) => {}
        Ok(_) => refuse(
            "permission denied to listen for notifications".to_owned(),
            "Notifications may tell of rows that row security hides.",
            "Let a role of its own listen, which is no member of the application's.",
            "crm_access.guard_listen",
        ),
        Err(error) => unexpected(error).report(PgLogLevel::ERROR),
    }
}

fn concerned() -> pgrx::spi::Result<Option<bool>> {
    let _path = PinnedPath::pin();
    let _snapshot = FreshSnapshot::push();
    Spi::connect(|client| client.select(QUESTION, Some(1), &[])?.first().get_one())
}

/// A snapshot to read the catalog with, which a LISTEN has not; an error of the server takes it away with the transaction.
struct FreshSnapshot;

impl FreshSnapshot {
    fn push() -> FreshSnapshot {
        // SAFETY: taken away when this is dropped.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
        FreshSnapshot
    }
}

impl Drop for FreshSnapshot {
    fn drop(&mut self) {
        // SAFETY: the topmost snapshot is the one that was pushed.
        if !std::thread::panicking() {
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}
