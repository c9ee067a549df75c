//! `crm_access.vetted_operators`: families of operators, separated by commas; empty unless a superuser sets it.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};

use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use super::family::{FAMILIES, parse};

static VALUE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

thread_local! {
    /// What the setting's value names.
    static VETTED: Cell<u32> = const { Cell::new(0) };
}

/// The vetted families, each as a bit.
pub fn vetted() -> u32 {
    VETTED.get()
}

/// Defines the setting.
pub fn register() {
    // SAFETY: the hooks neither panic nor raise.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"crm_access.vetted_operators",
            c"Operators that are not leakproof and may use indexes of protected tables all the same.",
            c"Any of like, ilike, full_text, jsonb, numeric, enum, array, separated by commas. How long a query takes then tells something of hidden rows.",
            &VALUE,
            GucContext::Suset,
            GucFlags::default(),
            Some(check),
            Some(assign),
            None,
        );
    }
}

/// What a value names; an error is a name that is none.
///
/// # Safety
/// It is null or a string that ends in NUL.
unsafe fn read(value: *const c_char) -> Result<u32, String> {
    // SAFETY: as the caller promises.
    if value.is_null() { Ok(0) } else { parse(&unsafe { CStr::from_ptr(value) }.to_string_lossy()) }
}

unsafe extern "C-unwind" fn check(value: *mut *mut c_char, _extra: *mut *mut c_void, _source: pg_sys::GucSource::Type) -> bool {
    // SAFETY: the server passes the address of a string, which may be null. What it reads of the refusal it copies to its own memory only when it
    // reports, so that the text has to stay.
    unsafe {
        let Err(wrong) = read(*value) else { return true };
        let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
        let detail = format!("\"{wrong}\" is none of {}.", names.join(", "));
        pg_sys::GUC_check_errdetail_string = pg_sys::pstrdup(CString::new(detail).unwrap_or_default().as_ptr());
        false
    }
}

unsafe extern "C-unwind" fn assign(value: *const c_char, _extra: *mut c_void) {
    // SAFETY: the server passes a string that was checked.
    VETTED.set(unsafe { read(value) }.unwrap_or(0));
}
