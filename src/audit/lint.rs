//! What a lint is.

use super::{Accepting, Case, Findings};
use crate::text::Severity;

/// One thing that can be open.
#[derive(Debug)]
pub struct Lint {
    /// Its name: on the command line, in the configuration, and (with underscores) of its file and its test.
    pub name: &'static str,
    /// Its stable code.
    pub code: &'static str,
    /// How grave it is, where the finding does not say otherwise.
    pub severity: Severity,
    /// Whether it says only that something is not as the last apply left it.
    pub drift: bool,
    /// Its file, whose head is its page.
    pub text: &'static str,
    /// What finds it.
    pub check: Check,
}

/// What finds something.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// From the configuration and the database.
    Database(fn(&Case<'_>, &mut Findings)),
    /// From what is accepted and what the other lints found.
    Acceptance(fn(&Case<'_>, &Accepting<'_>, &mut Findings)),
}
