//! Whose standing is asked for.

use std::ffi::CStr;

use pgrx::prelude::*;

use crate::extension::setting;

/// What the generated functions tell the user by. Two that are equal stand for the same user at the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Whose {
    /// The key that `act_as` was given.
    identity: Option<String>,
    /// The role that logged in, which may stand for a user or for a channel.
    session_user: pg_sys::Oid,
    /// For whom they act, as they say; the standing says whether they may.
    on_behalf_of: String,
}

impl Whose {
    /// Who asks now.
    pub fn now() -> Whose {
        // SAFETY: the name ends in NUL; the server gives a string of its own, or null, which is copied at once.
        let (session_user, on_behalf_of) = unsafe {
            let value = pg_sys::GetConfigOption(c"crm_access.on_behalf_of".as_ptr(), true, false);
            let value = if value.is_null() { String::new() } else { CStr::from_ptr(value).to_string_lossy().into_owned() };
            (pg_sys::GetSessionUserId(), value)
        };
        Whose { identity: setting::get(), session_user, on_behalf_of }
    }
}
