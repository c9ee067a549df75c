//! Roles, grants, scopes and restrictions.

use std::fmt;

use super::{Administers, EntityName, LeaderRule, NewOwner, Promotion, RestrictionName, RoleName};
use crate::predicate::Predicate;

/// What can be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// SELECT
    Read,
    /// INSERT
    Create,
    /// UPDATE
    Update,
    /// DELETE
    Delete,
    /// COPY ... TO; whoever may read may still copy by hand (DESIGN section 8).
    Export,
    /// Opening a record to someone else: `crm_access.share`.
    Share,
    /// Changing an owner, by UPDATE or `crm_access.assign_record`.
    Assign,
    /// INSERT through `crm_access.import`.
    Import,
}

impl Action {
    /// Every action, in the order in which policies are written.
    pub const ALL: [Action; 8] =
        [Action::Read, Action::Create, Action::Update, Action::Delete, Action::Export, Action::Share, Action::Assign, Action::Import];

    /// Those that are a command with a policy of its own; the others narrow one of these.
    pub const COMMANDS: [Action; 4] = [Action::Read, Action::Create, Action::Update, Action::Delete];

    /// What must be allowed too: reading, which the server demands of any command that finds its record by a column; of importing, creating.
    pub const fn presupposes(self) -> Option<Action> {
        match self {
            Action::Read | Action::Create => None,
            Action::Update | Action::Delete | Action::Export | Action::Share | Action::Assign => Some(Action::Read),
            Action::Import => Some(Action::Create),
        }
    }

    /// The action's name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Export => "export",
            Action::Share => "share",
            Action::Assign => "assign",
            Action::Import => "import",
        }
    }

    /// The SQL command that the action is, or that it presupposes.
    pub const fn command(self) -> &'static str {
        match self {
            Action::Read | Action::Export | Action::Share => "SELECT",
            Action::Create | Action::Import => "INSERT",
            Action::Update | Action::Assign => "UPDATE",
            Action::Delete => "DELETE",
        }
    }
}

/// A named set of grants.
#[derive(Clone, Debug)]
pub struct Role {
    /// The role's name.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<String>,
    /// The role itself and every role that it includes, at any depth.
    pub all_includes: Vec<RoleName>,
    /// Its own grants, without those of the roles that it includes; one per entity and action.
    pub grants: Vec<Grant>,
    /// What it may change about others' rights, without what the roles that it includes may.
    pub administers: Administers,
}

/// What a role gives for one action on one entity.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The entity.
    pub entity: EntityName,
    /// The action.
    pub action: Action,
    /// The records.
    pub level: Level,
}

/// Records, possibly by stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Scopes of the stages that are not in `stages`. Empty: an explicit `none`.
    pub scopes: Vec<Scope>,
    /// Scopes of single stages.
    pub stages: Vec<StageScopes>,
}

/// Scopes of one stage. Empty scopes: an explicit `none`.
#[derive(Clone, Debug, PartialEq)]
pub struct StageScopes {
    /// The stage.
    pub stage: String,
    /// Its scopes.
    pub scopes: Vec<Scope>,
}

/// Records for which every term and the predicate hold. No term and no predicate: all records.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Terms, each of which must hold.
    pub terms: Vec<Term>,
    /// A predicate that must hold.
    pub predicate: Option<Predicate>,
}

/// How a record relates to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// The user is an owner.
    Own,
    /// The user created it.
    Created,
    /// The user observes it.
    Observed,
    /// It has no owner.
    Unassigned,
    /// An owner reports to the user, directly or through that many others; without a number through any. The user counts as an owner too.
    Reports(Option<u8>),
    /// It is of one of the user's teams.
    Team,
    /// It is of one of the user's territories.
    Territory,
    /// It is of one of the user's departments.
    Department,
    /// It is of one of the user's departments, or of one below.
    DepartmentTree,
    /// It was shared with the user, at that level or above.
    Shared(ShareLevel),
    /// It is marked as open.
    Open,
    /// A condition on a parent.
    Parent(EntityName, ParentTerm),
    /// It has no parent of that entity.
    Without(EntityName),
    /// Who is to become its owner is within the limit; true where nobody is to (assign only).
    GivenTo(NewOwner),
    /// The user may read a record of that entity that belongs to it.
    Child(EntityName),
}

impl fmt::Display for Term {
    /// The term as the configuration writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Own => f.write_str("own"),
            Term::Created => f.write_str("created"),
            Term::Observed => f.write_str("observed"),
            Term::Unassigned => f.write_str("unassigned"),
            Term::Reports(None) => f.write_str("reports"),
            Term::Reports(Some(depth)) => write!(f, "reports({depth})"),
            Term::Team => f.write_str("team"),
            Term::Territory => f.write_str("territory"),
            Term::Department => f.write_str("department"),
            Term::DepartmentTree => f.write_str("department_tree"),
            Term::Shared(ShareLevel::Read) => f.write_str("shared"),
            Term::Shared(level) => write!(f, "shared({})", level.name()),
            Term::Open => f.write_str("open"),
            Term::Parent(parent, ParentTerm::Readable) => write!(f, "parent({parent})"),
            Term::Parent(parent, ParentTerm::Updatable) => write!(f, "parent({parent}, update)"),
            Term::Parent(parent, ParentTerm::Owned) => write!(f, "own({parent})"),
            Term::Parent(parent, ParentTerm::Created) => write!(f, "created({parent})"),
            Term::Without(parent) => write!(f, "without({parent})"),
            Term::Child(child) => write!(f, "child({child})"),
            Term::GivenTo(to) => write!(f, "to {}", to.name()),
        }
    }
}

/// What a share of a record allows; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShareLevel {
    /// Reading it.
    Read,
    /// Updating it too.
    Update,
    /// Whatever grants give for `shared(full)`.
    Full,
}

impl ShareLevel {
    /// Every level, the weakest first.
    pub const ALL: [ShareLevel; 3] = [ShareLevel::Read, ShareLevel::Update, ShareLevel::Full];

    /// The level's name.
    pub const fn name(self) -> &'static str {
        match self {
            ShareLevel::Read => "read",
            ShareLevel::Update => "update",
            ShareLevel::Full => "full",
        }
    }
}

/// What must hold for a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParentTerm {
    /// The user may read it.
    Readable,
    /// The user may read and update it.
    Updatable,
    /// The user is an owner of it.
    Owned,
    /// The user created it.
    Created,
}

/// What narrows the grants of those it is given to.
#[derive(Clone, Debug)]
pub struct Restriction {
    /// The restriction's name.
    pub name: RestrictionName,
    /// What it is for.
    pub description: Option<String>,
    /// The records that remain, for every entity that it touches.
    pub levels: Vec<RestrictionLevel>,
    /// Roles whose holders can't be restricted.
    pub not_for: Vec<RoleName>,
    /// What happens when someone restricted receives one of those.
    pub promotion: Promotion,
    /// Restrictions that can't be combined with it; symmetric.
    pub conflicts_with: Vec<RestrictionName>,
    /// Whether leaders can be restricted; `None`: freely.
    pub leaders: Option<LeaderRule>,
}

impl Restriction {
    /// What remains of an entity, or `None` where the restriction leaves it as granted.
    pub fn level(&self, entity: &EntityName) -> Option<&RestrictionLevel> {
        self.levels.iter().find(|level| level.entity == *entity)
    }
}

/// What remains of one entity.
#[derive(Clone, Debug)]
pub struct RestrictionLevel {
    /// The entity.
    pub entity: EntityName,
    /// Scopes for each action, in the order of [`Action::ALL`]. Empty: no record.
    pub scopes: [Vec<Scope>; 8],
}

impl RestrictionLevel {
    /// The scopes of one action.
    pub fn scopes(&self, action: Action) -> &[Scope] {
        let [read, create, update, delete, export, share, assign, import] = &self.scopes;
        match action {
            Action::Read => read,
            Action::Create => create,
            Action::Update => update,
            Action::Delete => delete,
            Action::Export => export,
            Action::Share => share,
            Action::Assign => assign,
            Action::Import => import,
        }
    }
}
