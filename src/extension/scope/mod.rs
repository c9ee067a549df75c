//! Sets of keys that policies compare columns with: the companies that the user may read, the colleagues of their team.
//!
//! A policy asks `crm_access.in_scope('company_readable', company_id)`. The planner may take the keys for an index instead ([`planning`], [`paths`], [`bitmap`]); where it
//! does not, the function asks for single rows at first and gathers all keys when that has become dearer ([`asked`]). Either way the keys
//! are those that the generated function gives under the statement's snapshot ([`source`]), and are asked for anew under any other.

mod asked;
mod bitmap;
mod call;
mod functions;
mod keys;
mod paths;
mod plan;
mod planning;
mod probe;
mod rows;
mod settings;
mod source;

pub use paths::finish;
pub use rows::count;

use super::ending::when_ended;

/// Defines the settings, and registers what is asked of a planning and what happens when a function is changed and when transactions end.
pub fn register() {
    asked::register();
    bitmap::register();
    paths::register();
    planning::register();
    probe::register();
    source::register();
    when_ended(asked::forget);
}
