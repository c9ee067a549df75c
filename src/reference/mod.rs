//! The reference page of the configuration language: every type, key, scope and condition, each with an example from a preset.
//!
//! Descriptions are the documentation of the types; examples are found by walking the presets along the schema. Nothing is
//! written for the page alone, so that it can't say what is not so.

mod example;
mod page;

pub use example::{Example, examples_of_keys, examples_of_scopes};
pub use page::document;

/// The presets that are quoted, the first one wherever it can be.
pub const PRESETS: &[(&str, &str)] = &[
    ("full.yaml", include_str!("../../examples/full.yaml")),
    ("teamleader.yaml", include_str!("../../examples/teamleader.yaml")),
    ("odoo-crm.yaml", include_str!("../../examples/odoo-crm.yaml")),
    ("jetpack.yaml", include_str!("../../examples/jetpack.yaml")),
    ("bitrix24.yaml", include_str!("../../examples/bitrix24.yaml")),
];
