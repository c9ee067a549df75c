//! How the database learns who is asking.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::text;
use super::{Many, Short, Shorthand};
use crate::text::At;

/// The ways in; at least one, and one that the chosen target has (`act_as` only in the extension, `setting` only in the portable target).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Database roles that may call `crm_access.act_as(user)`: the application's backend, never a role that people log in with.
    #[serde(default)]
    #[schemars(title = "database role")]
    pub act_as: Many<At<String>>,
    /// Column of the users table with the name of the database role that the user logs in with (psql, BI tools).
    #[serde(default)]
    pub database_role: Option<At<String>>,
    /// A setting that the application fills in each transaction.
    #[serde(default)]
    pub setting: Option<Short<Setting>>,
}

/// A setting that carries the user's key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Name of the setting, with a prefix: `app.user_id`.
    pub name: At<String>,
    /// Whether the value must be `user:expiry:signature` (HMAC-SHA256 with a key that only the database and the backend know).
    /// Default true. Without it, whoever can run SQL can be anyone.
    #[serde(default = "signed_by_default")]
    pub signed: bool,
    /// Database roles that may call `crm_access.issue(user, seconds)` to obtain a signed value.
    #[serde(default)]
    #[schemars(title = "database role")]
    pub issuers: Many<At<String>>,
}

fn signed_by_default() -> bool {
    true
}

impl Shorthand for Setting {
    type First = String;

    fn first(_: &mut SchemaGenerator) -> Schema {
        text("setting")
    }
}
