//! Covering for a colleague.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Many;
use crate::text::At;

/// A user's rights to another for a time (delegation), as when somebody covers for a colleague on vacation. Whoever covers acts as the colleague, with
/// what that colleague has then and never more, as long as it lasts; they can't pass it on. Without this key nobody can.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Roles whose holders may have others act for them, with `crm_access.delegate`, or `all`.
    #[serde(default)]
    #[schemars(title = "role")]
    pub roles: Many<At<String>>,
    /// Roles whose holders may have somebody else act for any user, as when that user is ill. That is as much as the rights of every user.
    #[serde(default)]
    #[schemars(title = "role")]
    pub for_others: Many<At<String>>,
    /// How long a delegation may last, in days. Default as long as one likes; its end must always be given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3650))]
    pub days: Option<At<u32>>,
}
