//! The document as a whole.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Dependent, Relation, Role};

/// A database as it was when it was asked, as far as the checks and the plan need it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Catalog {
    /// Version of the server, as 150020 for 15.20.
    pub server_version_num: u32,
    /// Name of the database.
    pub database: String,
    /// Role that asked.
    pub current_user: String,
    /// Whether that role is a superuser.
    pub superuser: bool,
    /// Installed extensions, by name.
    pub extensions: Vec<Extension>,
    /// The roles asked for, the owners of what is described, and all that these are members of, by name.
    pub roles: Vec<Role>,
    /// The relations of interest that exist and all that inherits from them, by schema and name.
    pub relations: Vec<Relation>,
    /// What reads them by a rewrite rule, directly or through views, by schema and name.
    pub dependents: Vec<Dependent>,
}

/// An installed extension.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its installed version.
    pub version: String,
    /// The schema that holds its objects.
    pub schema: String,
}

/// A document that the query of this version can't have made.
#[derive(Debug)]
pub struct SnapshotError(serde_json::Error);

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the description of the database can't be read: {}", self.0)
    }
}

impl std::error::Error for SnapshotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Catalog {
    /// Takes the document as the server gave it.
    pub fn from_value(document: Value) -> Result<Self, SnapshotError> {
        serde_json::from_value(document).map_err(SnapshotError)
    }

    /// Takes the document as text.
    pub fn from_json(document: &str) -> Result<Self, SnapshotError> {
        serde_json::from_str(document).map_err(SnapshotError)
    }
}
