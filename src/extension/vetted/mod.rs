//! Operators that are not leakproof, and that an administrator lets indexes be used for below our policies all the same
//! (docs/performance.md, "Conditions that are not leakproof").
//!
//! By themselves the policies are asked first wherever a condition could tell something of a row, so that no index finds the rows for it.
//! Nothing is vetted unless `crm_access.vetted_operators` says so, and no function's catalog entry is changed.

mod clause;
mod family;
mod planning;
mod setting;

pub use planning::offer;
pub use setting::register;
