//! Names that have been checked: none of them can be empty, hold a control character or be longer than the server takes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest identifier, in bytes: PostgreSQL's NAMEDATALEN less the terminator.
pub const IDENTIFIER_BYTES: usize = 63;

/// Why a text can't be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// The text is longer than [`IDENTIFIER_BYTES`].
    TooLong,
    /// The text holds a NUL or another control character.
    Control,
}

fn checked(text: &str) -> Result<String, NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.len() > IDENTIFIER_BYTES {
        Err(NameError::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(NameError::Control)
    } else {
        Ok(text.to_owned())
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $type(String);

        impl $type {
            /// Checks a text and makes it a name.
            pub fn new(text: &str) -> Result<Self, NameError> {
                checked(text).map($type)
            }

            /// The name as a text, not quoted.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A schema of the database.
    SchemaName
}
name! {
    /// A column of a table.
    ColumnName
}
name! {
    /// A role of the database server, as opposed to a role of the configuration.
    DbRoleName
}
name! {
    /// A protected entity, as the configuration calls it.
    EntityName
}
name! {
    /// A role of the configuration.
    RoleName
}
name! {
    /// A restriction of the configuration.
    RestrictionName
}

/// A table, with its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// Schema of the table.
    pub schema: SchemaName,
    /// Name within the schema.
    pub name: String,
}

impl TableName {
    /// Checks a table's name and joins it to its schema.
    pub fn new(schema: SchemaName, name: &str) -> Result<Self, NameError> {
        checked(name).map(|name| TableName { schema, name })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}
