//! COPY TO of protected tables: what the configuration lets people export, and nothing of a table that nobody may export.
//!
//! A table that somebody may export has the restrictive policy `crm_access_export`, which asks `crm_access.exporting()`; its rows are decided one by
//! one. Any other is refused as a whole, also when a function that the statement calls reads it. COPY FROM a client into a table with row
//! security is refused by the server itself.

use pgrx::pg_sys::Oid;

use super::protected::binding;
use super::refusal::refuse;
use super::running::{Running, is_running};

/// Whether a COPY TO is running in this session.
pub fn is_exporting() -> bool {
    is_running(Running::CopyTo)
}

/// Refuses to copy from a protected table that nobody may export.
pub fn check(relations: impl Iterator<Item = Oid>) {
    for table in relations.filter_map(binding).filter(|table| !table.exportable) {
        refuse(
            format!("permission denied to copy from the protected table \"{}\"", table.name),
            "The configuration of crm_access lets nobody export its records.",
            "Grant a role the action export on them, or read them with SELECT.",
            "crm_access.guard_copy",
        );
    }
}
