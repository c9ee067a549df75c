//! Where the application keeps its people and their groups.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::text;
use super::{Entries, KeyType, Many, Short, Shorthand};
use crate::text::At;

/// The application's own tables of people; memberships are read live (B4).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// The users.
    pub users: Users,
    /// A tree of departments with heads (B3, B8).
    #[serde(default)]
    pub departments: Option<Departments>,
    /// User groups (B1).
    #[serde(default)]
    pub groups: Option<Circles>,
    /// Workgroups or projects (B1).
    #[serde(default)]
    pub workgroups: Option<Circles>,
    /// Teams (J8).
    #[serde(default)]
    pub teams: Option<Circles>,
    /// Sales territories.
    #[serde(default)]
    pub territories: Option<Circles>,
    /// Applications (T19): for each, the database role or roles that it logs in with. Nothing that a session can set changes by which role it
    /// logged in.
    #[serde(default)]
    #[schemars(title = "database role")]
    pub channels: Entries<Many<At<String>>>,
}

impl Directory {
    /// The sets of users, by the word for one of them.
    pub fn circles(&self) -> [(&'static str, Option<&Circles>); 4] {
        let Directory { groups, workgroups, teams, territories, .. } = self;
        [("group", groups.as_ref()), ("workgroup", workgroups.as_ref()), ("team", teams.as_ref()), ("territory", territories.as_ref())]
    }
}

/// The table of users.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table.
    pub table: At<String>,
    /// Key column. Default `id`.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Type of the key.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// Column with the key of the user whom this one reports to (role hierarchy, with the scopes `reports`).
    #[serde(default)]
    pub manager: Option<At<String>>,
    /// Boolean column that is true for users who may act. A user for whom it is false or null sees nothing.
    #[serde(default)]
    pub active: Option<At<String>>,
    /// Columns that `where` predicates may use as `user.<column>`, each with its type
    /// (text, int4, int8, numeric, boolean, date, timestamptz, uuid).
    #[serde(default)]
    #[schemars(title = "type")]
    pub attributes: Entries<At<String>>,
}

/// The tree of departments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Departments {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table.
    pub table: At<String>,
    /// Key column. Default `id`.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Type of the key.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// Column with the key of the department above.
    #[serde(default)]
    pub parent: Option<At<String>>,
    /// Column with the key of the user who heads the department, and so belongs to it (B3, T10).
    #[serde(default)]
    pub head: Option<At<String>>,
    /// Column of the users table with the user's department, or a table of memberships.
    pub members: Short<DepartmentMembers>,
}

/// Who belongs to a department.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartmentMembers {
    /// Column of the users table with the key of the user's department.
    #[serde(default)]
    pub column: Option<At<String>>,
    /// Schema of the table of memberships.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Table of memberships.
    #[serde(default)]
    pub table: Option<At<String>>,
    /// Its column with the department's key.
    #[serde(default)]
    pub department: Option<At<String>>,
    /// Its column with the user's key.
    #[serde(default)]
    pub user: Option<At<String>>,
}

impl Shorthand for DepartmentMembers {
    type First = String;

    fn first(_: &mut SchemaGenerator) -> Schema {
        text("column")
    }
}

/// Groups, workgroups, teams or territories: sets of users.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Circles {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table.
    pub table: At<String>,
    /// Key column. Default `id`.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Type of the key.
    #[serde(default)]
    pub key_type: Option<At<KeyType>>,
    /// Column with the key of the user who leads it; a leader is a member (T10).
    #[serde(default)]
    pub leader: Option<At<String>>,
    /// Table of memberships.
    pub members: CircleMembers,
}

/// Table of memberships of groups, workgroups, teams or territories.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircleMembers {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table.
    pub table: At<String>,
    /// Column with the key of the group, workgroup, team or territory.
    pub of: At<String>,
    /// Column with the user's key.
    pub user: At<String>,
}
