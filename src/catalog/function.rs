//! Functions that lend rights, hide what they do, fire for a described relation, or reach another server.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Grantee, RelationName};

/// A function of the application's, or of an extension.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Function {
    /// Its schema.
    pub schema: String,
    /// Its name in the schema.
    pub name: String,
    /// Its arguments, as ALTER FUNCTION takes them.
    pub arguments: String,
    /// `f` for a function, `p` for a procedure, `a` for an aggregate, `w` for a window function.
    pub kind: String,
    /// Role that owns it.
    pub owner: String,
    /// Whether it runs with its owner's rights (A12).
    pub security_definer: bool,
    /// Whether it may run before a policy's condition (A26).
    pub leakproof: bool,
    /// Whether only triggers can call it.
    pub trigger: bool,
    /// Whether it carries a search path of its own (A28).
    pub fixed_path: bool,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// Whether its text sends notifications.
    pub notifies: bool,
    /// The relations of interest that its text names; what a text puts together at run time is not seen.
    pub mentions: Vec<RelationName>,
    /// Who may call it, the owner included.
    pub execute: Vec<Grantee>,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.schema, self.name, self.arguments)
    }
}
