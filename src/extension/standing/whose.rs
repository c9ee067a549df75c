//! Whose standing is asked for.

use std::cell::RefCell;
use std::rc::Rc;

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

thread_local! {
    /// Who asked last, with the turn that it was.
    static LAST: RefCell<Option<(u64, Rc<Whose>)>> = const { RefCell::new(None) };
}

impl Whose {
    /// Who asks now.
    pub fn now() -> Rc<Whose> {
        // SAFETY: reads a variable of the process.
        let session_user = unsafe { pg_sys::GetSessionUserId() };
        let turn = moment::turn();
        let is_last = |(of, whose): &&(u64, Rc<Whose>)| *of == turn && whose.session_user == session_user;
        if let Some(last) = LAST.with_borrow(|last| last.as_ref().filter(is_last).map(|(_, whose)| whose.clone())) {
            return last;
        }
        let whose = Rc::new(Whose { identity: setting::get(), session_user, on_behalf_of: moment::on_behalf_of() });
        LAST.with_borrow_mut(|last| *last = Some((turn, whose.clone())));
        whose
    }
}
