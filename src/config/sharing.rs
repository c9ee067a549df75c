//! Sharing rules: records opened to someone beyond what roles grant.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Key, ScopeItem, Short};
use crate::text::{At, Span};

/// Opens records to a subject, by criteria or by who owns them. It only adds, whatever the conflict strategy; restrictions still narrow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "sharing rule")]
pub struct SharingRule {
    /// The entity.
    pub entity: At<String>,
    /// Whom its records are opened to.
    pub to: NamedSubject,
    /// What they may do: `read`, or `update`, which is read and update. Default `read`.
    #[serde(default)]
    pub level: Option<At<SharingLevel>>,
    /// Which records, by criteria: a scope, a `where` or both. Default all.
    #[serde(default)]
    pub records: Option<Short<ScopeItem>>,
    /// Which records, by their owners: one of these owns the record.
    #[serde(default)]
    pub owned_by: Option<NamedSubject>,
    /// When it begins to count: a date (midnight in UTC) or a time with its offset.
    #[serde(default)]
    #[schemars(title = "time")]
    pub from: Option<At<String>>,
    /// When it counts no more, written likewise.
    #[serde(default)]
    #[schemars(title = "time")]
    pub until: Option<At<String>>,
}

/// One subject.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "subject")]
pub struct NamedSubject {
    /// A user, by key.
    #[serde(default)]
    pub user: Option<At<Key>>,
    /// The members of a group, by key.
    #[serde(default)]
    pub group: Option<At<Key>>,
    /// The members of a workgroup, by key.
    #[serde(default)]
    pub workgroup: Option<At<Key>>,
    /// The members of a team, by key.
    #[serde(default)]
    pub team: Option<At<Key>>,
    /// The members of a territory, by key.
    #[serde(default)]
    pub territory: Option<At<Key>>,
    /// A department, by key: its head and its members.
    #[serde(default)]
    pub department: Option<At<Key>>,
    /// With a department: whether the departments below it are reached as well. Default false.
    #[serde(default)]
    pub subdepartments: Option<At<bool>>,
    /// Everyone who has this role.
    #[serde(default)]
    pub having_role: Option<At<String>>,
    /// Every active user: `true`.
    #[serde(default)]
    pub everyone: Option<At<bool>>,
}

impl NamedSubject {
    /// The keys of sets of users, by the word for one of them.
    pub fn circles(&self) -> [(&'static str, Option<&At<Key>>); 4] {
        let NamedSubject { group, workgroup, team, territory, .. } = self;
        [("group", group.as_ref()), ("workgroup", workgroup.as_ref()), ("team", team.as_ref()), ("territory", territory.as_ref())]
    }

    /// Where it is written: the first key that is there.
    pub fn span(&self) -> Option<Span> {
        let keyed = self.circles().into_iter().filter_map(|(_, key)| key).chain(&self.user).chain(&self.department).map(|key| key.span);
        let flagged = [&self.everyone, &self.subdepartments].into_iter().flatten().map(|flag| flag.span);
        keyed.chain(self.having_role.iter().map(|role| role.span)).chain(flagged).next()
    }
}

/// What a sharing rule allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SharingLevel {
    /// Reading.
    #[default]
    Read,
    /// Reading and updating.
    Update,
}

/// What every active user may do with the records of an entity, whatever their roles; restrictions still narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationDefault {
    /// Nothing: roles, sharing rules and shares say.
    #[default]
    Private,
    /// Read all of them.
    PublicRead,
    /// Read and update all of them.
    PublicReadWrite,
}
