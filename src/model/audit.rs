//! Findings of the audit that are accepted.

use jiff::civil::Date;

/// A finding that has been looked at and is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Name of the lint; whether there is such a one, the audit knows.
    pub lint: String,
    /// The objects; a final `*` stands for anything.
    pub objects: Vec<String>,
    /// Why this is no problem.
    pub reason: String,
    /// The last day on which this holds.
    pub until: Option<Date>,
}
