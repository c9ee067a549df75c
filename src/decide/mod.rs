//! What is correct: a reference evaluator of a [`Model`](crate::model::Model) over records in memory.
//!
//! It says who may do what, and why. It is written from the meaning of the language alone, shares nothing with what writes SQL, and is plain
//! rather than fast, so that it can be read in one sitting. The SQL is tested against it.

mod ask;
mod assign;
mod columns;
mod commands;
mod condition;
mod forbidden;
mod judge;
mod people;
mod reasons;
mod relation;
#[cfg(test)]
mod tests;
mod value;
mod world;

pub use ask::{Ask, Decision, decide};
pub use assign::assign;
pub use commands::{
    AsksFirst, Change, Outcome, Reads, delete, export, import, insert, lock, merge_delete, merge_update, select, update, upsert,
};
pub use forbidden::{Forbidden, forbidden};
pub use judge::Judge;
pub use reasons::{Given, Leaf, Reason, Source};
pub use value::Value;
pub use world::{Delegated, Row, Share, World};
