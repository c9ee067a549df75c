//! Guards: what PostgreSQL leaves open beside row security, closed by hooks of the server and by event triggers.
//!
//! Each file is one guard with one setting (`setting_guards.rs`). The hooks ([`hook`]) act on utility statements; an ordinary statement
//! passes them by comparing one number. Of the tables only protected ones concern a guard ([`protected`]), and only for roles that row
//! security binds. A guard refuses with SQLSTATE 42501 and a hint that names its setting.

mod copy;
mod ddl;
mod explain;
mod hook;
mod listen;
mod preload;
pub mod protected;
mod refusal;
mod report;
mod running;
pub mod statement;
mod truncate;

pub use copy::is_exporting;

/// Puts the hooks in place.
pub fn register() {
    report::register();
    running::register();
    hook::register();
}
