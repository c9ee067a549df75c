//! Who has which role or restriction: listed here, read from the application's tables, or stored in the database.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Key, Many, NamedSubject};
use crate::text::At;

/// Sources of assignments; all of them count.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignments {
    /// Assignments written here (B1).
    #[serde(default)]
    pub listed: Many<Listed>,
    /// Tables of the application with a user and the name of a role or restriction in each row.
    #[serde(default)]
    pub tables: Many<AssignmentTable>,
    /// Boolean columns of the users table that give a role or restriction.
    #[serde(default)]
    pub flags: Many<Flag>,
    /// Whether `crm_access.assign`, `revoke`, `restrict` and `unrestrict` may store further ones while the application runs (B12). Default false.
    #[serde(default)]
    pub stored: bool,
}

/// One assignment: `role` or `restriction`, to exactly one of the subjects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "assignment")]
pub struct Listed {
    /// The role that is given.
    #[serde(default)]
    pub role: Option<At<String>>,
    /// The restriction that is given.
    #[serde(default)]
    pub restriction: Option<At<String>>,
    /// To a user, by key.
    #[serde(default)]
    pub user: Option<At<Key>>,
    /// To a group, by key.
    #[serde(default)]
    pub group: Option<At<Key>>,
    /// To a workgroup, by key.
    #[serde(default)]
    pub workgroup: Option<At<Key>>,
    /// To a team, by key.
    #[serde(default)]
    pub team: Option<At<Key>>,
    /// To a territory, by key.
    #[serde(default)]
    pub territory: Option<At<Key>>,
    /// To a department, by key: its head and its members (B3).
    #[serde(default)]
    pub department: Option<At<Key>>,
    /// With a department: whether the departments below it are reached as well (B3). Default false.
    #[serde(default)]
    pub subdepartments: Option<At<bool>>,
    /// A restriction only: to everyone who has this role (portal user).
    #[serde(default)]
    pub having_role: Option<At<String>>,
    /// To every active user (B7): `true`.
    #[serde(default)]
    pub everyone: Option<At<bool>>,
    /// Only over this channel, one of `directory: channels`; where no other subject is named, to every active user who comes over it (T19).
    /// What is given so does not count for the rules about whom a restriction or role may be given to (T9, T10, T12).
    #[serde(default)]
    #[schemars(title = "channel")]
    pub channel: Option<At<String>>,
    /// A restriction only: that its giver knows the user to be a leader (T10). Default false.
    #[serde(default)]
    pub confirmed: Option<At<bool>>,
    /// When it begins to count (expiry): a date (midnight in UTC) or a time with its offset, such as `2027-01-31T08:00:00+01:00`.
    #[serde(default)]
    #[schemars(title = "time")]
    pub from: Option<At<String>>,
    /// When it counts no more, written likewise.
    #[serde(default)]
    #[schemars(title = "time")]
    pub until: Option<At<String>>,
}

impl From<&Listed> for NamedSubject {
    /// Whom an assignment is for.
    fn from(listed: &Listed) -> NamedSubject {
        let Listed { user, group, workgroup, team, territory, department, subdepartments, having_role, everyone, .. } = listed.clone();
        NamedSubject { user, group, workgroup, team, territory, department, subdepartments, having_role, everyone }
    }
}

/// A table of the application with one assignment per row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "table")]
pub struct AssignmentTable {
    /// Schema of the table.
    #[serde(default)]
    pub schema: Option<At<String>>,
    /// Name of the table.
    pub table: At<String>,
    /// Column with the user's key.
    pub user: At<String>,
    /// Column with the name of a role; another name gives nothing.
    #[serde(default)]
    pub role: Option<At<String>>,
    /// Column with the name of a restriction, in place of `role`.
    #[serde(default)]
    pub restriction: Option<At<String>>,
    /// Boolean column that is true where the restriction of a leader is confirmed.
    #[serde(default)]
    pub confirmed: Option<At<String>>,
    /// Column of type timestamptz: when the row begins to count; null is always.
    #[serde(default)]
    pub from: Option<At<String>>,
    /// Column of type timestamptz: when the row counts no more; null is never.
    #[serde(default)]
    pub until: Option<At<String>>,
}

/// A boolean column of the users table; null counts as false for a role and as true for a restriction.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "flag")]
pub struct Flag {
    /// The column.
    pub column: At<String>,
    /// The role that it gives.
    #[serde(default)]
    pub role: Option<At<String>>,
    /// The restriction that it gives, in place of `role`.
    #[serde(default)]
    pub restriction: Option<At<String>>,
    /// Boolean column that is true where the restriction of a leader is confirmed.
    #[serde(default)]
    pub confirmed: Option<At<String>>,
}
