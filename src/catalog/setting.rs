//! Settings, and what runs by itself.

use serde::{Deserialize, Serialize};

/// A setting that sessions begin with, by ALTER ROLE or ALTER DATABASE.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RoleSetting {
    /// The role whose sessions they are; `None` is any.
    pub role: Option<String>,
    /// Whether it holds in this database only.
    pub in_database: bool,
    /// Name of the setting.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct EventTrigger {
    /// Its name.
    pub name: String,
    /// Role that owns it.
    pub owner: String,
    /// Whether it fires at all.
    pub enabled: bool,
}
