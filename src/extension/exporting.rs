//! Whether the running statement copies records out.

use pgrx::prelude::*;

/// Whether this statement is a COPY ... TO; false until the guard of that command says otherwise.
#[pg_extern(stable, parallel_restricted)]
fn exporting() -> bool {
    false
}
