//! TRUNCATE of protected tables: refused to roles that row security binds, the owner among them.
//!
//! It removes every row, whatever the policies say about deleting. What counts is each table that the statement would empty, partitions,
//! children and tables that refer to it included, and each table that one of these is a part of.

use pgrx::pg_sys::{List, Oid};
use pgrx::prelude::*;

use super::refusal::refuse;
use super::statement::truncated;
use crate::extension::session::{PinnedPath, unexpected};

const QUESTION: &str = "
WITH RECURSIVE emptied(oid) AS (
    SELECT unnest($1)
  UNION
    SELECT n.oid FROM emptied e CROSS JOIN LATERAL (
        SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = e.oid
        UNION ALL
        SELECT c.conrelid FROM pg_constraint c WHERE c.confrelid = e.oid AND c.contype = 'f') n(oid)
), touched(oid) AS (
    SELECT oid FROM emptied
  UNION
    SELECT i.inhparent FROM touched t JOIN pg_inherits i ON i.inhrelid = t.oid
)
SELECT c.relname::text FROM touched t JOIN pg_class c ON c.oid = t.oid
WHERE c.relrowsecurity AND row_security_active(c.oid)
  AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND starts_with(p.polname::text, 'crm_access_'))
ORDER BY c.oid = ANY ($1) DESC, 1 LIMIT 1";

/// Refuses a TRUNCATE that reaches a protected table.
///
/// # Safety
///
/// `relations` must be the list of a TRUNCATE.
pub unsafe fn check(relations: *mut List) {
    // SAFETY: as promised.
    let named = unsafe { truncated(relations) };
    match protected(named) {
        Ok(None) => {}
        Ok(Some(table)) => refuse(
            format!("permission denied to truncate the protected table \"{table}\""),
            "TRUNCATE would remove rows that row security hides.",
            "Use DELETE, which removes what its author may delete.",
            "crm_access.guard_truncate",
        ),
        Err(error) => unexpected(error).report(PgLogLevel::ERROR),
    }
}

fn protected(named: Vec<Oid>) -> pgrx::spi::Result<Option<String>> {
    let _path = PinnedPath::pin();
    Spi::connect(|client| {
        let found = client.select(QUESTION, Some(1), &[named.into()])?;
        if found.is_empty() { Ok(None) } else { found.first().get_one() }
    })
}
