//! What can go wrong with a server.

use std::fmt;

use crate::catalog::SnapshotError;
use crate::render::RenderError;

/// Why something could not be done on a server. Nothing of it has been done then.
#[derive(Debug)]
pub enum LiveError {
    /// The server, or the way to it, refused.
    Server(postgres::Error),
    /// Encryption could not be set up.
    Encryption(String),
    /// The catalog could not be read.
    Catalog(SnapshotError),
    /// A template failed.
    Render(RenderError),
}

impl LiveError {
    /// Whether the server refused since something of that name is there (SQLSTATE 42P07).
    pub fn is_duplicate(&self) -> bool {
        matches!(self, LiveError::Server(error) if error.code() == Some(&postgres::error::SqlState::DUPLICATE_TABLE))
    }
}

impl From<postgres::Error> for LiveError {
    fn from(error: postgres::Error) -> Self {
        LiveError::Server(error)
    }
}

impl From<RenderError> for LiveError {
    fn from(error: RenderError) -> Self {
        LiveError::Render(error)
    }
}

impl From<SnapshotError> for LiveError {
    fn from(error: SnapshotError) -> Self {
        LiveError::Catalog(error)
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveError::Server(error) => match error.as_db_error() {
                Some(error) => {
                    write!(f, "{} (SQLSTATE {})", error.message(), error.code().code())?;
                    for (label, text) in [("detail", error.detail()), ("hint", error.hint()), ("where", error.where_())] {
                        if let Some(text) = text {
                            write!(f, "\n  {label}: {text}")?;
                        }
                    }
                    Ok(())
                }
                None => {
                    error.fmt(f)?;
                    match std::error::Error::source(error) {
                        Some(cause) => write!(f, ": {cause}"),
                        None => Ok(()),
                    }
                }
            },
            LiveError::Encryption(text) => write!(f, "encryption can't be set up: {text}"),
            LiveError::Catalog(error) => write!(f, "the catalog can't be read: {error}"),
            LiveError::Render(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LiveError {}
