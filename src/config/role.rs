//! Roles, their grants, and the scopes of a grant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Entries, Many, Short, Shorthand};
use crate::text::At;

/// A named set of grants.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "role")]
pub struct Role {
    /// What the role is for; shown in the generated SQL.
    #[serde(default)]
    pub description: Option<At<String>>,
    /// Roles whose grants this one has too.
    #[serde(default)]
    #[schemars(title = "role")]
    pub includes: Many<At<String>>,
    /// What the role may do, by entity; `"*"` stands for every entity that is not listed beside it. An entity that is neither gives nothing.
    #[serde(default)]
    pub grants: Entries<Short<EntityGrants>>,
    /// What the role may change about others' rights (B12), apart from what it may do with records. Without it, nothing.
    #[serde(default)]
    pub administers: Option<Administers>,
}

/// What a role may change about others' rights: each operation with the names of what it may be done with, or `all`. What is not listed may not
/// be done. A role can't give a role that may change more than it may itself; nobody takes a restriction from themselves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Administers {
    /// Roles that may be given with `crm_access.assign`, or `all`.
    #[serde(default)]
    #[schemars(title = "role")]
    pub assign: Many<At<String>>,
    /// Roles that may be taken with `crm_access.revoke`, or `all`.
    #[serde(default)]
    #[schemars(title = "role")]
    pub revoke: Many<At<String>>,
    /// Restrictions that may be given with `crm_access.restrict`, or `all`.
    #[serde(default)]
    #[schemars(title = "restriction")]
    pub restrict: Many<At<String>>,
    /// Restrictions that may be taken with `crm_access.unrestrict`, or `all`.
    #[serde(default)]
    #[schemars(title = "restriction")]
    pub unrestrict: Many<At<String>>,
    /// Whether `crm_access.roles()` and `crm_access.assignments()` answer. Default false.
    #[serde(default)]
    pub list: bool,
}

/// What may be done with the records of one entity, each action apart (O8, B8). An action that is not listed is not granted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityGrants {
    /// Every action that is not listed beside it.
    #[serde(default)]
    pub every: Option<Short<Level>>,
    /// SELECT (J2).
    #[serde(default)]
    pub read: Option<Short<Level>>,
    /// INSERT.
    #[serde(default)]
    pub create: Option<Short<Level>>,
    /// UPDATE, and SELECT ... FOR UPDATE with it (J3): holds for the record as it was and as it becomes.
    #[serde(default)]
    pub update: Option<Short<Level>>,
    /// DELETE (O10). Delete window: `{scope: created and unassigned, where: created_at > hours_ago(24)}`.
    #[serde(default)]
    pub delete: Option<Short<Level>>,
    /// COPY ... TO of records that may be read too (B8). The extension refuses it where it is not granted; the portable target can't.
    #[serde(default)]
    pub export: Option<Short<Level>>,
    /// Opening a record that may be read to others with `crm_access.share` (record share), never for more than one may do oneself.
    #[serde(default)]
    pub share: Option<Short<Level>>,
    /// Changing an owner, with `crm_access.assign_record` or UPDATE (J4, J5): holds for the record as it was. As soon as a role or restriction
    /// names this action for an entity, changing its owners takes it; before that, it is a part of `update`.
    #[serde(default)]
    pub assign: Option<Short<AssignLevel>>,
    /// Adding many records at once with `crm_access.import` (B8): holds for each new record, beside `create`.
    #[serde(default)]
    pub import: Option<Short<Level>>,
}

impl Shorthand for EntityGrants {
    type First = Short<Level>;
}

/// The records that an action is granted for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Scopes; a record in any of them is granted. Default `all` where `where` is given.
    #[serde(default)]
    pub scopes: Many<Short<ScopeItem>>,
    /// A predicate that narrows all of these scopes.
    #[serde(default, rename = "where")]
    #[schemars(title = "predicate")]
    pub predicate: Option<At<String>>,
    /// Scopes by stage; a stage that is not listed takes `scopes` (B9). A record whose stage is null is in none once a stage is listed.
    #[serde(default)]
    pub stages: Entries<Many<Short<ScopeItem>>>,
}

impl Shorthand for Level {
    type First = Many<Short<ScopeItem>>;
}

/// The records whose owner may be changed, and who may become it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignLevel {
    /// Scopes; a record in any of them is granted. `unassigned` is for records without owner (J6). Default `all` where `where` is given.
    #[serde(default)]
    pub scopes: Many<Short<ScopeItem>>,
    /// A predicate that narrows all of these scopes.
    #[serde(default, rename = "where")]
    #[schemars(title = "predicate")]
    pub predicate: Option<At<String>>,
    /// Scopes by stage; a stage that is not listed takes `scopes` (B9).
    #[serde(default)]
    pub stages: Entries<Many<Short<ScopeItem>>>,
    /// Who may become the owner (assignment limit): `me`, `team` (the user, or someone in one of the user's teams), `department` (likewise), or `anyone`
    /// who is active. Only with `anyone` may a record be left without owner. Default `anyone`.
    #[serde(default)]
    pub to: Option<At<NewOwner>>,
}

impl AssignLevel {
    /// The records, without who may become their owner.
    pub fn level(&self) -> Level {
        Level { scopes: self.scopes.clone(), predicate: self.predicate.clone(), stages: self.stages.clone() }
    }
}

impl Shorthand for AssignLevel {
    type First = Many<Short<ScopeItem>>;
}

/// Who may become the owner of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewOwner {
    /// The user alone.
    Me,
    /// The user, or someone in one of the user's teams.
    Team,
    /// The user, or someone in one of the user's departments.
    Department,
    /// Any active user.
    #[default]
    Anyone,
}

impl NewOwner {
    /// The limit's name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            NewOwner::Me => "me",
            NewOwner::Team => "team",
            NewOwner::Department => "department",
            NewOwner::Anyone => "anyone",
        }
    }
}

/// A scope: `none`, `own`, `created`, `observed`, `unassigned`, `reports`, `reports(depth)`, `team`, `territory`, `department`, `department_tree`,
/// `open`, `shared`, `shared(update)`, `shared(full)`,
/// `parent(entity)`, `parent(entity, update)`, `child(entity)`, `own(entity)`, `without(entity)`, `all`, or several joined by `and`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeItem {
    /// The scope's text. Default `all` where `where` is given.
    #[serde(default)]
    #[schemars(with = "ScopeText")]
    pub scope: Option<At<String>>,
    /// A predicate over the record's own columns and `user.<attribute>` that narrows the scope.
    #[serde(default, rename = "where")]
    #[schemars(title = "predicate")]
    pub predicate: Option<At<String>>,
}

impl Shorthand for ScopeItem {
    type First = String;

    fn first(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<ScopeText>()
    }
}

/// Pattern of a scope's text: names, some with entities in parentheses, joined by `and`. Whether a scope exists is for
/// `resolve` to say.
const SCOPE: &str = r"^\s*[a-z_]+\s*(\([^()]*\))?(\s+and\s+[a-z_]+\s*(\([^()]*\))?)*\s*$";

/// The text of a scope, as the schema describes it.
struct ScopeText;

impl JsonSchema for ScopeText {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "scope", "pattern": SCOPE })
    }
}
