//! Generated functions, as the catalog has them now.

use std::ffi::CStr;

use pgrx::prelude::*;

/// A function of the schema of generated functions that runs with its owner's rights.
pub struct Generated {
    pub function: pg_sys::Oid,
    pub owner: pg_sys::Oid,
    /// The type that it gives, or gives a set of.
    pub returns: pg_sys::Oid,
    pub gives_set: bool,
    /// Its body.
    pub source: String,
    /// The settings that it runs with, as `name=value`.
    pub settings: Vec<String>,
}

/// The function with that name and those types of arguments; `None` where there is none, or where it would run with its caller's rights.
pub fn generated(name: &CStr, arguments: &[pg_sys::Oid]) -> Option<Generated> {
    // SAFETY: the names end in NUL and the list lives as long as the call; what is taken from the tuple is copied before it is released.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"crm_access_rules".as_ptr(), true);
        if schema == pg_sys::InvalidOid {
            return None;
        }
        let types = pg_sys::buildoidvector(arguments.as_ptr(), i32::try_from(arguments.len()).ok()?);
        let tuple = pg_sys::SearchSysCache3(
            pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32,
            pg_sys::Datum::from(name.as_ptr()),
            pg_sys::Datum::from(types),
            pg_sys::Datum::from(schema),
        );
        if tuple.is_null() {
            return None;
        }
        let form = pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>();
        let attribute = |attribute: u32| {
            let mut is_null = false;
            let cache = pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32;
            (pg_sys::SysCacheGetAttr(cache, tuple, attribute as pg_sys::AttrNumber, &mut is_null), is_null)
        };
        let (source, is_null) = attribute(pg_sys::Anum_pg_proc_prosrc);
        let source = String::from_datum(source, is_null);
        let (settings, is_null) = attribute(pg_sys::Anum_pg_proc_proconfig);
        let settings = Vec::<Option<String>>::from_datum(settings, is_null);
        let found = (*form).prosecdef.then(|| Generated {
            function: (*form).oid,
            owner: (*form).proowner,
            returns: (*form).prorettype,
            gives_set: (*form).proretset,
            source: source.unwrap_or_default(),
            settings: settings.unwrap_or_default().into_iter().flatten().collect(),
        });
        pg_sys::ReleaseSysCache(tuple);
        found
    }
}
