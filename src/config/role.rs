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
}

/// What may be done with the records of one entity. An action that is not listed is not granted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityGrants {
    /// Every action that is not listed beside it.
    #[serde(default)]
    pub every: Option<Short<Level>>,
    /// SELECT.
    #[serde(default)]
    pub read: Option<Short<Level>>,
    /// INSERT.
    #[serde(default)]
    pub create: Option<Short<Level>>,
    /// UPDATE: holds for the record as it was and as it becomes.
    #[serde(default)]
    pub update: Option<Short<Level>>,
    /// DELETE.
    #[serde(default)]
    pub delete: Option<Short<Level>>,
    /// COPY ... TO of records that may be read too (B8). The extension refuses it where it is not granted; the portable target can't.
    #[serde(default)]
    pub export: Option<Short<Level>>,
    /// Opening a record that may be read to others with `crm_access.share`, never for more than one may do oneself.
    #[serde(default)]
    pub share: Option<Short<Level>>,
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

/// A scope: `none`, `own`, `created`, `unassigned`, `reports`, `reports(depth)`, `team`, `territory`, `department`, `department_tree`, `open`,
/// `shared`, `shared(update)`, `shared(full)`,
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
