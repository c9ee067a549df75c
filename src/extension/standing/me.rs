//! `crm_access.me_int8` and its like, which policies compare columns with for each row (sql/scope.sql).

use std::ffi::CString;

use pgrx::pg_sys::{Datum, FunctionCallInfo, Pg_finfo_record};
use pgrx::prelude::*;
use pgrx::{PgMemoryContexts, pg_return_null};

use super::memory::present;
use super::moment::Moment;
use crate::extension::kept::{VERSION_1, keep, kept, raised};

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_crm_access_me() -> &'static Pg_finfo_record {
    &VERSION_1
}

/// The user who asks, as long as it is still that moment.
struct Me {
    moment: Moment,
    key: Option<Datum>,
}

/// `crm_access.me_*()`: the user who asks; null for nobody.
///
/// # Safety
/// The server calls it as it is declared.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn crm_access_me(call: FunctionCallInfo) -> Datum {
    // SAFETY: what is kept there is ours, with a key in the function's own memory.
    unsafe {
        let mut me = kept::<Me>(call);
        if me.is_null() || !(*me).moment.is_now() {
            let standing = raised(present());
            let Some(moment) = Moment::now() else { return pg_return_null(call) };
            let function = (*call).flinfo;
            let key = standing.user.as_deref().and_then(|key| {
                PgMemoryContexts::For((*function).fn_mcxt).switch_to(|_| key_of(key, pg_sys::get_func_rettype((*function).fn_oid)))
            });
            me = keep(call, Me { moment, key });
        }
        (*me).key.unwrap_or_else(|| pg_return_null(call))
    }
}

/// A key as a value of a type, in the present memory context.
///
/// # Safety
/// The type exists.
unsafe fn key_of(key: &str, key_type: pg_sys::Oid) -> Option<Datum> {
    let key = CString::new(key).ok()?;
    let (mut input, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
    // SAFETY: as the caller promises; the text ends in NUL and outlives the call.
    unsafe {
        pg_sys::getTypeInputInfo(key_type, &mut input, &mut parameter);
        Some(pg_sys::OidInputFunctionCall(input, key.as_ptr().cast_mut(), parameter, -1))
    }
}
