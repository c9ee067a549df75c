//! Who has which role or restriction.

use jiff::Timestamp;

use super::{CircleKind, ColumnName, RestrictionName, RoleName, TableName};

/// Sources of assignments; `R` in each is a role or a restriction.
#[derive(Clone, Debug)]
pub struct Assignments {
    /// Roles given in the configuration.
    pub roles: Vec<Assigned<RoleName>>,
    /// Restrictions given in the configuration.
    pub restrictions: Vec<Assigned<RestrictionName>>,
    /// Tables with names of roles.
    pub role_tables: Vec<NameTable>,
    /// Tables with names of restrictions.
    pub restriction_tables: Vec<NameTable>,
    /// Columns of the users table that give a role.
    pub role_flags: Vec<FlagColumn<RoleName>>,
    /// Columns of the users table that give a restriction.
    pub restriction_flags: Vec<FlagColumn<RestrictionName>>,
    /// Whether further ones may be stored in the database.
    pub stored: bool,
}

/// One assignment.
#[derive(Clone, Debug)]
pub struct Assigned<R> {
    /// What is given.
    pub what: R,
    /// Whom it is given to.
    pub to: Subject,
    /// Whether its giver knows the user to be a leader (restrictions).
    pub confirmed: bool,
    /// When it counts.
    pub period: Period,
}

/// A span of time, without its end; open where a side is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a moment is in it.
    pub fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// Whom a role or restriction is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user, by key.
    User(String),
    /// The members of a group, workgroup or team, by key.
    Circle(CircleKind, String),
    /// A department, by key: its head and members.
    Department {
        /// The department's key.
        key: String,
        /// Whether the departments below are reached.
        subdepartments: bool,
    },
    /// Everyone who has the role (restrictions).
    HavingRole(RoleName),
    /// Every user.
    Everyone,
}

/// A table of the application with one assignment per row.
#[derive(Clone, Debug)]
pub struct NameTable {
    /// The table.
    pub table: TableName,
    /// Column with the user's key.
    pub user: ColumnName,
    /// Column with the name.
    pub name: ColumnName,
    /// Column that confirms the restriction of a leader.
    pub confirmed: Option<ColumnName>,
    /// Column with the first moment at which the row counts; null: always.
    pub from: Option<ColumnName>,
    /// Column with the first moment at which it counts no more; null: never.
    pub until: Option<ColumnName>,
}

/// A boolean column of the users table.
#[derive(Clone, Debug)]
pub struct FlagColumn<R> {
    /// The column.
    pub column: ColumnName,
    /// What it gives.
    pub what: R,
    /// Column that confirms the restriction of a leader.
    pub confirmed: Option<ColumnName>,
}
