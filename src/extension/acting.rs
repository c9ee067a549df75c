//! Acting as another role.

use pgrx::prelude::*;

/// Runs as another role while it lives; an error of the server ends it too.
pub struct ActingRole {
    user: pg_sys::Oid,
    context: i32,
}

impl ActingRole {
    /// Becomes that role, for as long as what this gives lives.
    pub fn switch(role: pg_sys::Oid) -> ActingRole {
        let mut before = ActingRole { user: pg_sys::InvalidOid, context: 0 };
        // SAFETY: both are plain process variables; the previous values are put back when this is dropped.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&mut before.user, &mut before.context);
            let local = i32::try_from(pg_sys::SECURITY_LOCAL_USERID_CHANGE).unwrap_or_default();
            pg_sys::SetUserIdAndSecContext(role, before.context | local);
        }
        before
    }
}

impl Drop for ActingRole {
    fn drop(&mut self) {
        // SAFETY: these are the values that the server gave.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}
