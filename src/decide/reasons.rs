//! Why something is allowed or not.

use std::fmt;

use crate::model::{Action, EntityName, RestrictionName, RoleName, Term};

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// No one asks.
    Nobody,
    /// The user is not in the table of users.
    UnknownUser,
    /// The user's active column is not true.
    Inactive,
    /// The user does not act for the user of that key now.
    NoDelegation(String),
    /// No such entity.
    UnknownEntity,
    /// No role of the user says anything of that action on that entity.
    NoGrant(EntityName, Action),
    /// A role holds, and where it comes from.
    Holds(RoleName, Given),
    /// A scope of a role's grant holds; its place in the list.
    Granted(RoleName, Action, usize),
    /// A scope of a role's grant does not hold, and what of it does not.
    Failed(RoleName, Action, usize, Leaf),
    /// A role says `none` for that record.
    SaysNone(RoleName, Action),
    /// A role lists stages, and the record has none.
    NoStage(RoleName, Action),
    /// A role does not count, because one given more closely says something too.
    Outranked(RoleName, Action),
    /// A sharing rule opens the record; its place in the list, organization defaults first.
    Shared(usize, Action),
    /// A restriction leaves the record.
    Leaves(RestrictionName, Action),
    /// A restriction refuses the record: where it comes from, and what failed in each scope that it leaves.
    Refused(RestrictionName, Action, Given, Vec<Leaf>),
    /// A restriction rests, because its bearer has that role.
    Lifted(RestrictionName, RoleName),
}

/// Where a role or restriction comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    /// How closely: 1 the user, 2 a group, workgroup or team, 3 a department, 4 everyone.
    pub rank: u8,
    /// Which source says so.
    pub source: Source,
    /// Whether its giver knows the user to be a leader (restrictions, T10).
    pub confirmed: bool,
}

/// Sources of assignments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The configuration.
    Listed,
    /// A table of the application.
    Table(String),
    /// A column of the users table.
    Flag(String),
    /// The database's own store.
    Stored,
    /// A role that includes it.
    Included(RoleName),
    /// A restriction whose name nobody knows, which counts as every one.
    Unknown(String),
}

/// What of a scope did not hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// A term.
    Term(Term),
    /// A predicate, or that part of its conjunction.
    Predicate(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Nobody => f.write_str("nobody asks"),
            Reason::UnknownUser => f.write_str("the user is not known"),
            Reason::NoDelegation(user) => write!(f, "the user does not act for user {user} now"),
            Reason::Inactive => f.write_str("the user is not active"),
            Reason::UnknownEntity => f.write_str("the entity is not known"),
            Reason::NoGrant(entity, action) => write!(f, "no role of the user lets them {} any `{entity}`", action.name()),
            Reason::Holds(role, given) => write!(f, "role `{role}` is held ({given})"),
            Reason::Granted(role, action, at) => write!(f, "role `{role}` grants {} by scope {}", action.name(), at + 1),
            Reason::Failed(role, action, at, leaf) => {
                write!(f, "role `{role}` does not grant {} by scope {}: {leaf} does not hold", action.name(), at + 1)
            }
            Reason::SaysNone(role, action) => write!(f, "role `{role}` says `none` for {}", action.name()),
            Reason::NoStage(role, action) => write!(f, "role `{role}` grants {} by stage, and the record has none", action.name()),
            Reason::Outranked(role, action) => {
                write!(f, "role `{role}` does not count for {}: another is given more closely", action.name())
            }
            Reason::Shared(at, action) => write!(f, "sharing rule {} grants {}", at + 1, action.name()),
            Reason::Leaves(restriction, action) => write!(f, "restriction `{restriction}` leaves the record for {}", action.name()),
            Reason::Refused(restriction, action, given, leaves) => {
                write!(f, "restriction `{restriction}` refuses {} ({given})", action.name())?;
                leaves.iter().try_for_each(|leaf| write!(f, ", {leaf} does not hold"))
            }
            Reason::Lifted(restriction, role) => write!(f, "restriction `{restriction}` rests because of role `{role}`"),
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = match self.rank {
            1 => "to the user",
            2 => "to a group",
            3 => "to a department",
            _ => "to everyone",
        };
        write!(f, "{}, {to}", self.source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Listed => f.write_str("listed"),
            Source::Table(table) => write!(f, "table `{table}`"),
            Source::Flag(column) => write!(f, "column `{column}`"),
            Source::Stored => f.write_str("stored"),
            Source::Included(role) => write!(f, "included in `{role}`"),
            Source::Unknown(source) => write!(f, "an unknown name, which counts as every restriction, {source}"),
        }
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leaf::Term(term) => write!(f, "`{term}`"),
            Leaf::Predicate(text) => write!(f, "`{text}`"),
        }
    }
}
