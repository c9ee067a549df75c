//! Setting parameters of the server, as SET does.

use std::ffi::CStr;

use pgrx::prelude::*;

/// Sets a parameter for this session, as somebody with the rights of a context would; the action says until when. False where the value is not taken.
pub fn set_option(name: &CStr, value: &CStr, context: pg_sys::GucContext::Type, action: pg_sys::GucAction::Type) -> bool {
    // SAFETY: both strings end in NUL and outlive the call, which copies them; an error of the server unwinds.
    let done = unsafe {
        pg_sys::set_config_option(name.as_ptr(), value.as_ptr(), context, pg_sys::GucSource::PGC_S_SESSION, action, true, 0, false)
    };
    done == 1
}
