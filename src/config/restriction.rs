//! Restrictions: what narrows the grants of those they are given to.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entries, Many, ScopeItem, Short, Shorthand};
use crate::text::At;

/// A named restriction. It never adds a record (T1), and no further role defeats it (O11).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "restriction")]
pub struct Restriction {
    /// What the restriction is for; shown in the generated SQL.
    #[serde(default)]
    pub description: Option<At<String>>,
    /// The records that remain, by entity (T2 to T7; multi-company).
    pub entities: Entries<Short<RestrictionLevels>>,
    /// What becomes of the entities that are not listed (T8): `as_granted` or `hidden`.
    pub others: At<OtherEntities>,
    /// Roles whose holders can't be restricted (T9).
    #[serde(default)]
    #[schemars(title = "role")]
    pub not_for: Many<At<String>>,
    /// What happens when someone restricted receives such a role (T9): `refuse` or `lift`. Default `refuse`.
    #[serde(default)]
    pub promotion: Option<At<Promotion>>,
    /// Restrictions that can't be combined with this one on one user (T12).
    #[serde(default)]
    #[schemars(title = "restriction")]
    pub conflicts_with: Many<At<String>>,
    /// Whether heads of departments and leaders of teams can be restricted (T10): `forbid`, or `confirm` with `confirmed: true`. Without it they can.
    #[serde(default)]
    pub leaders: Option<At<LeaderRule>>,
}

/// The records of an entity that remain, by action. An action that is not listed takes the scopes of `read`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionLevels {
    /// Records that may be read.
    #[serde(default)]
    pub read: Many<Short<ScopeItem>>,
    /// Records that may be created.
    #[serde(default)]
    pub create: Option<Many<Short<ScopeItem>>>,
    /// Records that may be updated, as they were and as they become.
    #[serde(default)]
    pub update: Option<Many<Short<ScopeItem>>>,
    /// Records that may be deleted.
    #[serde(default)]
    pub delete: Option<Many<Short<ScopeItem>>>,
    /// Records that may be exported.
    #[serde(default)]
    pub export: Option<Many<Short<ScopeItem>>>,
    /// Records that may be shared.
    #[serde(default)]
    pub share: Option<Many<Short<ScopeItem>>>,
    /// Records whose owner may be changed.
    #[serde(default)]
    pub assign: Option<Many<Short<ScopeItem>>>,
    /// Records that may be imported.
    #[serde(default)]
    pub import: Option<Many<Short<ScopeItem>>>,
}

impl Shorthand for RestrictionLevels {
    type First = Many<Short<ScopeItem>>;
}

/// What a restriction does with the entities that it does not list (T8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherEntities {
    /// Nothing: the grants count.
    AsGranted,
    /// It hides them.
    Hidden,
}

/// What happens when someone restricted receives a role that can't be restricted (T9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Promotion {
    /// The promotion fails.
    #[default]
    Refuse,
    /// The restriction does not count as long as the role lasts.
    Lift,
}

/// Whether leaders can be restricted (T10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeaderRule {
    /// No; neither can someone restricted become a leader.
    Forbid,
    /// Only where the assignment says `confirmed`.
    Confirm,
}
