//! What the audit of a database finds and need not report again.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Many;
use crate::text::At;

/// How the findings of `audit` are judged.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Findings that have been looked at and are accepted.
    #[serde(default)]
    pub accept: Many<Accept>,
}

/// A finding that has been looked at and is accepted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "accepted finding")]
pub struct Accept {
    /// Name of the lint, as `unique-key`; `crm-access audit --list` shows them all.
    pub lint: At<String>,
    /// The objects, as the findings name them; a final `*` stands for anything.
    #[schemars(title = "object")]
    pub object: Many<At<String>>,
    /// Why this is no problem here. Whoever reads it next year must be able to tell whether it still holds.
    pub reason: At<String>,
    /// Last day on which this holds, as `2027-01-31`; afterwards the finding is reported again. Without it, it holds for ever.
    #[serde(default)]
    pub until: Option<At<String>>,
}
