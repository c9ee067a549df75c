//! The whole file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Assignments, Directory, Entity, Entries, Identity, KeyType, Many, Restriction, Role};
use crate::text::{At, Diagnostics, Source};

/// Who may see and change which record of a CRM.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of the configuration language; always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: At<u32>,
    /// Database role that the application's connections belong to. Every policy is for this role; a role outside it sees nothing.
    pub application_role: At<String>,
    /// NOLOGIN database role that owns the helper functions. It is created when missing. Default `crm_access_reader`.
    #[serde(default)]
    pub reader_role: Option<At<String>>,
    /// Schema of the tables that do not name one. Default `public`.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Type of the keys that do not name one: int4, int8, uuid or text. Default `int8`.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// How the database learns who is asking.
    pub identity: At<Identity>,
    /// Where the application keeps its users, departments, groups, workgroups and teams.
    pub directory: Directory,
    /// The protected tables, by the name that the rest of the file uses.
    pub entities: Entries<Entity>,
    /// Named sets of grants.
    pub roles: Entries<Role>,
    /// What narrows the grants, for those it is given to.
    #[serde(default)]
    pub restrictions: Entries<Restriction>,
    /// Who has which role or restriction.
    #[serde(default)]
    pub assignments: Assignments,
    /// What counts for a user whose roles differ in strength. Default `union`.
    #[serde(default)]
    pub conflict: Option<At<Conflict>>,
}

/// What counts for a user whose roles differ in strength (B6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Each role adds to the others: the strongest wins.
    #[default]
    Union,
    /// A role given to the user counts before one given to a group, that before a department's, that before everyone's.
    MostSpecific,
    /// A scope `none` in one role takes away what the other roles give.
    DenyWins,
}

/// Reads a configuration and reports every mistake of form at once.
///
/// Gives the configuration whenever enough of it is sound to go on checking: what is wrong is left out of it and
/// reported in `diagnostics`. `None` only where nothing can be read (no YAML, not a mapping).
pub fn read(source: &Source, diagnostics: &mut Diagnostics) -> Option<Config> {
    let _ = (source, diagnostics);
    let _unused: Option<Many<u8>> = None;
    todo!("helper")
}

/// The JSON Schema of the configuration language (draft 2020-12), made from these types.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}
