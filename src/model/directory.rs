//! Tables of people and of their groups.

use super::{ColumnName, KeyType, TableName};

/// Where the application keeps its people.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The users.
    pub users: Users,
    /// The tree of departments.
    pub departments: Option<Departments>,
    /// Groups, workgroups and teams, those that the application has.
    pub circles: Vec<Circle>,
}

impl Directory {
    /// The circle of that kind, where the application has it.
    pub fn circle(&self, kind: CircleKind) -> Option<&Circle> {
        self.circles.iter().find(|circle| circle.kind == kind)
    }
}

/// The table of users.
#[derive(Clone, Debug)]
pub struct Users {
    /// The table.
    pub table: TableName,
    /// Key column.
    pub key: ColumnName,
    /// Type of the key.
    pub key_type: KeyType,
    /// Column with the user whom this one reports to.
    pub manager: Option<ColumnName>,
    /// Boolean column that is true for those who may act.
    pub active: Option<ColumnName>,
    /// Columns that predicates may use.
    pub attributes: Vec<(ColumnName, AttributeType)>,
}

/// Type of a user's attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// text
    Text,
    /// integer
    Int4,
    /// bigint
    Int8,
    /// numeric
    Numeric,
    /// boolean
    Boolean,
    /// date
    Date,
    /// timestamp with time zone
    Timestamptz,
    /// uuid
    Uuid,
}

impl AttributeType {
    /// Every type, in the order of the documentation.
    pub const ALL: [AttributeType; 8] = [
        AttributeType::Text,
        AttributeType::Int4,
        AttributeType::Int8,
        AttributeType::Numeric,
        AttributeType::Boolean,
        AttributeType::Date,
        AttributeType::Timestamptz,
        AttributeType::Uuid,
    ];

    /// The type's name, in the configuration and in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            AttributeType::Text => "text",
            AttributeType::Int4 => "int4",
            AttributeType::Int8 => "int8",
            AttributeType::Numeric => "numeric",
            AttributeType::Boolean => "boolean",
            AttributeType::Date => "date",
            AttributeType::Timestamptz => "timestamptz",
            AttributeType::Uuid => "uuid",
        }
    }
}

/// The tree of departments.
#[derive(Clone, Debug)]
pub struct Departments {
    /// The table.
    pub table: TableName,
    /// Key column.
    pub key: ColumnName,
    /// Type of the key.
    pub key_type: KeyType,
    /// Column with the department above.
    pub parent: Option<ColumnName>,
    /// Column with the user who heads it.
    pub head: Option<ColumnName>,
    /// Who belongs to it.
    pub members: Members,
}

/// Who belongs to a department.
#[derive(Clone, Debug)]
pub enum Members {
    /// A column of the users table names the department.
    Column(ColumnName),
    /// A table of memberships.
    Table(Membership),
}

/// A table of memberships.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The table.
    pub table: TableName,
    /// Column with the key of what one is a member of.
    pub of: ColumnName,
    /// Column with the user's key.
    pub user: ColumnName,
}

/// Kinds of sets of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CircleKind {
    /// A user group.
    Group,
    /// A workgroup or project.
    Workgroup,
    /// A team.
    Team,
    /// A sales territory.
    Territory,
}

impl CircleKind {
    /// Every kind.
    pub const ALL: [CircleKind; 4] = [CircleKind::Group, CircleKind::Workgroup, CircleKind::Team, CircleKind::Territory];

    /// The kind that the configuration calls so.
    pub fn named(name: &str) -> Option<CircleKind> {
        CircleKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The word for several of them.
    pub const fn plural(self) -> &'static str {
        match self {
            CircleKind::Group => "groups",
            CircleKind::Workgroup => "workgroups",
            CircleKind::Team => "teams",
            CircleKind::Territory => "territories",
        }
    }

    /// The word for one of them.
    pub const fn name(self) -> &'static str {
        match self {
            CircleKind::Group => "group",
            CircleKind::Workgroup => "workgroup",
            CircleKind::Team => "team",
            CircleKind::Territory => "territory",
        }
    }
}

/// Sets of users of one kind.
#[derive(Clone, Debug)]
pub struct Circle {
    /// Their kind.
    pub kind: CircleKind,
    /// The table.
    pub table: TableName,
    /// Key column.
    pub key: ColumnName,
    /// Type of the key.
    pub key_type: KeyType,
    /// Column with the user who leads it.
    pub leader: Option<ColumnName>,
    /// Who belongs to it.
    pub members: Membership,
}
