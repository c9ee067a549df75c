//! Types of columns, in the families within which values compare.

use crate::model::{AttributeType, KeyType};

/// Types whose values compare with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// smallint, integer, bigint
    Integer,
    /// numeric, real, double precision
    Fraction,
    /// uuid
    Uuid,
    /// text, varchar
    Text,
    /// citext, char(n), name: compared as text once they meet one, without their own rules
    LikeText,
    /// boolean
    Boolean,
    /// date
    Date,
    /// timestamp with time zone
    Instant,
    /// Any other.
    Other,
}

impl Family {
    /// The family of a type, as the server writes its name without length.
    pub(super) fn of(base_type: &str) -> Family {
        match base_type {
            "smallint" | "integer" | "bigint" => Family::Integer,
            "numeric" | "real" | "double precision" => Family::Fraction,
            "uuid" => Family::Uuid,
            "text" | "character varying" => Family::Text,
            "character" | "name" => Family::LikeText,
            "boolean" => Family::Boolean,
            "date" => Family::Date,
            "timestamp with time zone" => Family::Instant,
            // It is an extension's, in whatever schema.
            other if other.rsplit('.').next() == Some("citext") => Family::LikeText,
            _ => Family::Other,
        }
    }

    /// The family of a key.
    pub(super) const fn of_key(key_type: KeyType) -> Family {
        match key_type {
            KeyType::Int4 | KeyType::Int8 => Family::Integer,
            KeyType::Uuid => Family::Uuid,
            KeyType::Text => Family::Text,
        }
    }

    /// Whether a column of this family can be compared with keys of the other.
    pub(super) fn compares_with(self, keys: Family) -> bool {
        let text = |family| matches!(family, Family::Text | Family::LikeText);
        self != Family::Other && (self == keys || (text(self) && text(keys)))
    }

    /// Whether a column of this family can be read as an attribute.
    pub(super) fn reads_as(self, attribute: AttributeType) -> bool {
        match attribute {
            // Every type has a text.
            AttributeType::Text => true,
            AttributeType::Int4 | AttributeType::Int8 => self == Family::Integer,
            AttributeType::Numeric => matches!(self, Family::Integer | Family::Fraction),
            AttributeType::Boolean => self == Family::Boolean,
            AttributeType::Date => self == Family::Date,
            AttributeType::Timestamptz => self == Family::Instant,
            AttributeType::Uuid => self == Family::Uuid,
        }
    }

    /// Whether a column of this family may hold names; an enumeration, which the catalog does not tell from other types, may.
    pub(super) fn may_name(self) -> bool {
        matches!(self, Family::Text | Family::LikeText | Family::Other)
    }
}

/// A key's type in the words of the configuration.
pub(super) const fn key_type_name(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Int4 => "int4",
        KeyType::Int8 => "int8",
        KeyType::Uuid => "uuid",
        KeyType::Text => "text",
    }
}

/// The `key_type` that fits a column, if one does.
pub(super) fn fitting_key_type(base_type: &str) -> Option<&'static str> {
    match base_type {
        "smallint" | "integer" => Some("int4"),
        "bigint" => Some("int8"),
        _ => match Family::of(base_type) {
            Family::Uuid => Some("uuid"),
            Family::Text | Family::LikeText => Some("text"),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citext_is_known_in_any_schema() {
        for name in ["citext", "public.citext", "extensions.citext"] {
            assert_eq!(Family::of(name), Family::LikeText);
        }
        assert_eq!(Family::of("public.my_citext"), Family::Other);
    }

    #[test]
    fn numbers_of_any_width_compare_and_texts_of_any_kind_do() {
        for base_type in ["smallint", "integer", "bigint"] {
            assert!(Family::of(base_type).compares_with(Family::of_key(KeyType::Int4)));
            assert!(!Family::of(base_type).compares_with(Family::of_key(KeyType::Text)));
        }
        for base_type in ["text", "character varying", "character", "name", "citext"] {
            assert!(Family::of(base_type).compares_with(Family::of_key(KeyType::Text)));
        }
        assert!(!Family::of("numeric").compares_with(Family::Integer));
        assert!(!Family::of("public.kind").compares_with(Family::of("public.kind")));
    }
}
