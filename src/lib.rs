//! Row-level security for a CRM from one role configuration.
//!
//! Text becomes a configuration, that a model, that a program of typed statements, that SQL which is verified before anything runs it.
//! Lower layers never import higher ones (`tests/layers.rs`). The extension and the command line stand beside each other on the same core.

pub mod apply;
pub mod audit;
pub mod catalog;
pub mod compile;
pub mod config;
pub mod decide;
pub mod inspect;
pub mod model;
pub mod predicate;
pub mod program;
pub mod reference;
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

/// What `cargo pgrx test` asks for.
#[cfg(all(test, feature = "extension"))]
pub mod pg_test {
    /// Runs once before all tests.
    pub fn setup(_options: Vec<&str>) {}

    /// Lines of the test server's postgresql.conf.
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        Vec::new()
    }
}
