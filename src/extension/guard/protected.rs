//! Which tables a configuration protects, and whether row security binds the present user there.
//!
//! A protected table has row security and a policy whose name begins as ours do. For a table without row security that is known from one
//! look into the server's cache.

use std::ffi::CStr;

use pgrx::FromDatum;
use pgrx::pg_sys::{Oid, RowSecurityPolicy};
use pgrx::prelude::*;

use super::statement::pointers;

const PREFIX: &[u8] = b"crm_access_";
/// The policy by which the owner of the generated functions sees every row.
const READER: &CStr = c"crm_access_reader";
/// The policy that says which rows may be exported.
const EXPORT: &CStr = c"crm_access_export";

/// A protected table whose policies bind the present user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    /// Its name.
    pub name: String,
    /// Whether a policy says which of its rows this user may export.
    pub exportable: bool,
}

/// What binds the present user at a relation; `None` where nothing of ours does.
pub fn binding(relation: Oid) -> Option<Protected> {
    // SAFETY: the relation is of a plan that is about to run, so it is locked; the cache keeps its policies while it is open. An error in
    // between closes it with the transaction.
    unsafe {
        let active = pg_sys::check_enable_rls(relation, pg_sys::InvalidOid, true);
        if u32::try_from(active) != Ok(pg_sys::CheckEnableRlsResult::RLS_ENABLED) {
            return None;
        }
        let open = pg_sys::RelationIdGetRelation(relation);
        let description = open.as_ref()?.rd_rsdesc;
        let policies = description.as_ref().map_or(std::ptr::null_mut(), |description| description.policies);
        let (mut ours, mut exportable, mut reads_all) = (false, false, false);
        for policy in pointers(policies).filter_map(|policy| policy.cast::<RowSecurityPolicy>().as_ref()) {
            let name = CStr::from_ptr(policy.policy_name);
            ours |= name.to_bytes().starts_with(PREFIX);
            exportable |= name == EXPORT && !policy.permissive && concerns_me(policy);
            reads_all |= name == READER && concerns_me(policy);
        }
        let name = CStr::from_ptr((*(*open).rd_rel).relname.data.as_ptr()).to_string_lossy().into_owned();
        pg_sys::RelationClose(open);
        (ours && !reads_all).then_some(Protected { name, exportable })
    }
}

/// Whether a policy is for the present user.
///
/// # Safety
///
/// The policy must be one of the server's.
unsafe fn concerns_me(policy: &RowSecurityPolicy) -> bool {
    // SAFETY: a policy's roles are an array of object identifiers.
    unsafe {
        let roles = Vec::<Oid>::from_datum(pg_sys::Datum::from(policy.roles), false).unwrap_or_default();
        let me = pg_sys::GetUserId();
        roles.into_iter().any(|role| pg_sys::has_privs_of_role(me, role))
    }
}
