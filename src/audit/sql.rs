//! Names as SQL writes them.

use crate::catalog::{Grantee, RelationName};
use crate::render::{Plain, Quoting};
use crate::text::quoted;

/// A name.
pub(super) fn ident(name: &str) -> String {
    Plain.identifier(name)
}

/// A relation's name.
pub(super) fn relation(name: &RelationName) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.name))
}

/// A grantee.
pub(super) fn grantee(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(name) => ident(name),
    }
}

/// Grantees, joined by commas.
pub(super) fn grantees<'a>(all: impl IntoIterator<Item = &'a Grantee>) -> String {
    all.into_iter().map(grantee).collect::<Vec<_>>().join(", ")
}

/// Who holds a privilege, in words.
pub(super) fn holder(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "everybody".to_owned(),
        Grantee::Role(name) => quoted(name),
    }
}

/// Who hold a privilege, in words.
pub(super) fn holders<'a>(all: impl IntoIterator<Item = &'a Grantee>) -> String {
    all.into_iter().map(holder).collect::<Vec<_>>().join(", ")
}
