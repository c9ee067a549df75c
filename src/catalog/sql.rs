//! The query that describes a database, and its parameters.

use serde_json::{Value, json};

/// The query: two jsonb parameters in, one row with one jsonb column out.
pub const CATALOG_SQL: &str = include_str!("../../sql/catalog.sql");

/// The search path to run it under, so that the server writes every other schema's names with their schema.
pub const CATALOG_SEARCH_PATH: &str = "pg_catalog, pg_temp";

/// The first parameter: the relations of interest, as pairs of schema and name.
pub fn relations_parameter<'a>(relations: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    relations.into_iter().map(|(schema, name)| json!({ "schema": schema, "name": name })).collect()
}

/// The second parameter: the names of the roles of interest.
pub fn roles_parameter<'a>(roles: impl IntoIterator<Item = &'a str>) -> Value {
    roles.into_iter().map(Value::from).collect()
}
