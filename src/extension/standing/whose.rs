//! Whose standing is asked for.

use pgrx::prelude::*;

use super::moment;
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
        // SAFETY: reads a variable of the process.
        let session_user = unsafe { pg_sys::GetSessionUserId() };
        Whose { identity: setting::get(), session_user, on_behalf_of: moment::on_behalf_of() }
    }
}
