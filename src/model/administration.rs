//! What a role may change about others' rights.

use super::{Model, RestrictionName, RoleName};

/// What a role may change about others' rights, apart from what it may do with records (B12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Administers {
    /// Roles that it may give.
    pub assign: Vec<RoleName>,
    /// Roles that it may take.
    pub revoke: Vec<RoleName>,
    /// Restrictions that it may give.
    pub restrict: Vec<RestrictionName>,
    /// Restrictions that it may take.
    pub unrestrict: Vec<RestrictionName>,
    /// Whether it may see who has what.
    pub list: bool,
}

impl Administers {
    /// Whether it may give or take anything.
    pub fn changes(&self) -> bool {
        self.operations().iter().any(|(_, names)| !names.is_empty())
    }

    /// The operations, each with the names of what it may be done with.
    pub fn operations(&self) -> [(&'static str, Vec<&str>); 4] {
        [
            ("assign", self.assign.iter().map(RoleName::as_str).collect()),
            ("revoke", self.revoke.iter().map(RoleName::as_str).collect()),
            ("restrict", self.restrict.iter().map(RestrictionName::as_str).collect()),
            ("unrestrict", self.unrestrict.iter().map(RestrictionName::as_str).collect()),
        ]
    }
}

impl Model {
    /// Whether some role may give or take anything.
    pub fn is_administered(&self) -> bool {
        self.assignments.stored && self.roles.iter().any(|role| role.administers.changes())
    }

    /// Whether some role may see who has what.
    pub fn is_listed(&self) -> bool {
        self.roles.iter().any(|role| role.administers.list)
    }
}
