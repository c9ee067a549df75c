//! The document as a whole.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    DefaultPrivilege, Dependent, EventTrigger, ForeignServer, ForeignTable, Function, Holding, LargeObjects, Publication, Referrer,
    Relation, Role, RoleSetting, Schema, Sequence, StateGrant,
};

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
    /// The roles asked for with their members, the owners of what is described, and all that these are members of, by name.
    pub roles: Vec<Role>,
    /// The relations of interest that exist and all that inherits from them, by schema and name.
    pub relations: Vec<Relation>,
    /// What reads them by a rewrite rule, directly or through views, by schema and name.
    pub dependents: Vec<Dependent>,
    /// References to relations of interest from relations that are none, by schema and name.
    pub referrers: Vec<Referrer>,
    /// The sequences that fill their columns.
    pub sequences: Vec<Sequence>,
    /// Functions that lend rights, hide what they do, fire for a relation of interest, or reach another server; none of the server's
    /// own and none of ours.
    pub functions: Vec<Function>,
    /// The schemas of the application and ours, by name.
    pub schemas: Vec<Schema>,
    /// Role that owns the database.
    pub database_owner: String,
    /// Privileges on the database, without its owner's.
    pub database_grants: Vec<Holding>,
    /// Privileges that new objects are born with, without their owners'.
    pub default_privileges: Vec<DefaultPrivilege>,
    /// Privileges on what is in the schema `crm_access`.
    pub state_grants: Vec<StateGrant>,
    /// Publications of relations of interest, by name.
    pub publications: Vec<Publication>,
    /// Other servers, by name.
    pub foreign_servers: Vec<ForeignServer>,
    /// Tables of other servers, by schema and name.
    pub foreign_tables: Vec<ForeignTable>,
    /// Event triggers, by name.
    pub event_triggers: Vec<EventTrigger>,
    /// What sessions of the described roles begin with.
    pub role_settings: Vec<RoleSetting>,
    /// Settings of the asking session, as far as it may see them: libraries that are loaded, and ours.
    pub settings: BTreeMap<String, String>,
    /// What may be done with large objects by others than their owners.
    pub large_objects: Vec<LargeObjects>,
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
