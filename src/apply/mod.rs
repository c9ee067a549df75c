//! From a text to a database that enforces it.
//!
//! [`prepare`] runs every pass that needs no server; [`apply`] runs what it gives over a [`Session`]. The command line and the extension
//! each bring a session of their own, so both do the same.

mod audit;
mod indexes;
mod prepare;
mod session;

pub use audit::{Audited, audit};
pub use indexes::{Making, create_index, drop_index, is_left};
pub use prepare::{Prepared, prepare};
pub use session::{Outcome, Session, apply, catalog, compare, end_statement};
