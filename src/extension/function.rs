//! Functions that a query calls, as the catalog has them now.

use std::ffi::CStr;

use pgrx::prelude::*;

/// Whether it is one of the server itself: nobody else's have such numbers.
pub fn is_servers(function: pg_sys::Oid) -> bool {
    function.to_u32() < pg_sys::FirstGenbkiObjectId
}

/// Whether it is the extension's of that name.
pub fn is_ours(function: pg_sys::Oid, name: &str) -> bool {
    name_of_ours(function).as_deref() == Some(name)
}

/// Its name where it is the extension's.
pub fn name_of_ours(function: pg_sys::Oid) -> Option<String> {
    // SAFETY: both read the catalog; the name ends in NUL.
    let is_in_schema =
        !is_servers(function) && unsafe { pg_sys::get_func_namespace(function) == pg_sys::get_namespace_oid(c"crm_access".as_ptr(), true) };
    if is_in_schema { name_of(function) } else { None }
}

/// Its name; `None` where there is no such function any more.
pub fn name_of(function: pg_sys::Oid) -> Option<String> {
    // SAFETY: it reads the catalog, and gives a copy of a name, or null.
    unsafe {
        let name = pg_sys::get_func_name(function);
        let copy = name.as_ref().map(|name| CStr::from_ptr(name).to_string_lossy().into_owned());
        if !name.is_null() {
            pg_sys::pfree(name.cast());
        }
        copy
    }
}
