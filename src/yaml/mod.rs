//! YAML as a tree of values with their places.
//!
//! Takes a [`Source`](crate::text::Source), gives a [`Node`] that is no deeper and no larger than the limits allow, whatever the
//! text. The YAML is version 1.2 with the core types, so JSON is read as well; tags, merge keys and several documents are refused.

mod deserialize;
mod node;
mod parse;
mod scalar;
mod tree;

pub use deserialize::{Unreadable, deserialize};
pub use node::{Kind, Node};
pub use parse::parse;
