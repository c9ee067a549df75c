//! Row-level security for a CRM from one role configuration.
//!
//! Text becomes a configuration, that a model, that a program of typed statements, that SQL which is verified before anything runs it.
//! Lower layers never import higher ones (`tests/layers.rs`). The extension and the command line stand beside each other on the same core.

pub mod apply;
pub mod catalog;
pub mod compile;
pub mod config;
pub mod inspect;
pub mod model;
pub mod predicate;
pub mod program;
pub mod render;
pub mod resolve;
pub mod text;
pub mod verify;
pub mod yaml;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod live;

#[cfg(feature = "extension")]
mod extension;
