//! Schemas, the database, and who may make what in them.

use serde::{Deserialize, Serialize};

use super::{Grantee, Holding};

/// A schema of the application's, or of ours.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Role that owns it.
    pub owner: String,
    /// Privileges on it, without the owner's.
    pub grants: Vec<Holding>,
}

/// A privilege that objects are born with (A34).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DefaultPrivilege {
    /// The role whose objects they are.
    pub owner: String,
    /// The schema they are in; `None` is any.
    pub schema: Option<String>,
    /// `r` for relations, `S` for sequences, `f` for functions, `T` for types, `n` for schemas, `L` for large objects.
    pub kind: String,
    /// Who holds it.
    pub grantee: Grantee,
    /// Its name in capitals.
    pub privilege: String,
}

/// A privilege on an object of the schema `crm_access`, without those of the object's owner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StateGrant {
    /// `TABLE`, `SEQUENCE` or `FUNCTION`.
    pub kind: String,
    /// The object as the server writes it.
    pub object: String,
    /// Who holds it.
    pub grantee: Grantee,
    /// Its name in capitals.
    pub privilege: String,
}

/// What someone other than their owners may do with some large objects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct LargeObjects {
    /// Who.
    pub grantee: Grantee,
    /// What, in capitals.
    pub privilege: String,
    /// With how many.
    pub count: u64,
}
