//! `crm_access.version()`.

use pgrx::prelude::*;

/// The version of the library that answers.
#[pg_extern(stable, strict, parallel_safe)]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
