//! What the database keeps about the last apply.

use crate::program::Target;
use jiff::civil::Date;

/// How the configuration stands in the database.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The target that was applied.
    pub target: Target,
    /// The day, as the server has it.
    pub today: Date,
    /// Whether the audited configuration is the one that is applied.
    pub is_applied: bool,
    /// What is no longer as the last apply left it.
    pub drift: Vec<Drift>,
}

/// A part that is no longer as the last apply left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Kind and name, as `policy public.deals crm_access_read`.
    pub part: String,
    /// `changed`, `missing` or `added`.
    pub change: String,
}

impl Drift {
    /// The name, where the part is of that kind.
    pub fn of(&self, kind: &str) -> Option<&str> {
        self.part.strip_prefix(kind)?.strip_prefix(' ')
    }
}
