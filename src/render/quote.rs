//! Quoting of identifiers and literals.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// How names and texts are written.
pub trait Quoting: Send + Sync {
    /// An identifier.
    fn identifier(&self, name: &str) -> String;
    /// A text.
    fn literal(&self, text: &str) -> String;
    /// An array of texts. The server reads it once, where the policy is created, and evaluates `ARRAY['a', 'b']` anew in each planning.
    fn array(&self, texts: &[String]) -> String {
        let elements: Vec<String> = texts.iter().map(|text| element(text)).collect();
        format!("{}{ARRAY_TYPE}", self.literal(&format!("{{{}}}", elements.join(","))))
    }
    /// A number that has been checked to be one.
    fn number(&self, number: &str) -> String {
        number.to_owned()
    }
}

/// What stands behind an array.
pub const ARRAY_TYPE: &str = "::text[]";

/// An element of an array as the server reads it, in double quotes wherever it could be read otherwise.
fn element(text: &str) -> String {
    let is_bare = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !text.is_empty() && !text.eq_ignore_ascii_case("null");
    if is_bare { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// As the server reads them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Quoting for Plain {
    fn identifier(&self, name: &str) -> String {
        let bare = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && KEYWORDS.binary_search(&name).is_err();
        if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    }

    /// With a backslash it takes the E form, which means the same whatever standard_conforming_strings is.
    fn literal(&self, text: &str) -> String {
        let doubled = text.replace('\'', "''");
        if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
    }
}

/// As numbered placeholders, the same one for the same name: what a statement would be if no name were hostile.
#[derive(Debug, Default)]
pub struct Neutral {
    names: Mutex<Numbered<String>>,
    texts: Mutex<Numbered<String>>,
    arrays: Mutex<Numbered<Vec<String>>>,
}

/// Items in the order in which they were first seen.
#[derive(Debug, Default)]
struct Numbered<T> {
    items: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl Neutral {
    fn number_of<T: Clone + Eq + Hash>(list: &Mutex<Numbered<T>>, item: T) -> usize {
        // A poisoned lock still holds a list that only ever grows.
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = list.numbers.get(&item) {
            return *number;
        }
        let number = list.items.len();
        list.items.push(item.clone());
        list.numbers.insert(item, number);
        number
    }

    fn item<T: Clone>(list: &Mutex<Numbered<T>>, placeholder: &str, prefix: &str) -> Option<T> {
        let number: usize = placeholder.strip_prefix(prefix)?.parse().ok()?;
        list.lock().unwrap_or_else(PoisonError::into_inner).items.get(number).cloned()
    }

    /// The name that a placeholder stands for.
    pub fn name(&self, placeholder: &str) -> Option<String> {
        Self::item(&self.names, placeholder, "name_")
    }

    /// The text that a placeholder stands for.
    pub fn text(&self, placeholder: &str) -> Option<String> {
        Self::item(&self.texts, placeholder, "text ")
    }

    /// The elements of the array that a placeholder stands for.
    pub fn elements(&self, placeholder: &str) -> Option<Vec<String>> {
        Self::item(&self.arrays, placeholder, "array ")
    }
}

impl Quoting for Neutral {
    fn identifier(&self, name: &str) -> String {
        format!("\"name_{}\"", Self::number_of(&self.names, name.to_owned()))
    }

    fn literal(&self, text: &str) -> String {
        format!("'text {}'", Self::number_of(&self.texts, text.to_owned()))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("'array {}'{ARRAY_TYPE}", Self::number_of(&self.arrays, texts.to_vec()))
    }
}

/// Keywords that PostgreSQL 13 to 18 or the verifying parser do not take bare everywhere, sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint", "binary", "bit",
    "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "date", "dec", "decimal", "default", "deferrable", "delete", "desc", "distinct", "do", "else", "end",
    "except", "exists", "explain", "extract", "false", "fetch", "filter", "float", "for", "foreign", "freeze", "from", "full", "global",
    "grant", "greatest", "group", "grouping", "having", "ilike", "in", "index", "initially", "inner", "inout", "insert", "int", "integer",
    "intersect", "interval", "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists", "json_object",
    "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "key", "lateral", "leading", "least",
    "left", "like", "limit", "local", "localtime", "localtimestamp", "merge_action", "national", "natural", "nchar", "none", "normalize",
    "not", "notnull", "null", "nullif", "numeric", "offset", "on", "only", "open", "or", "order", "out", "outer", "over", "overlaps",
    "overlay", "placing", "position", "precision", "primary", "qualify", "real", "references", "returning", "right", "row", "rows",
    "sample", "select", "session", "session_user", "set", "setof", "similar", "smallint", "some", "sort", "struct", "substring",
    "symmetric", "system_user", "table", "tablesample", "text", "then", "time", "timestamp", "to", "top", "trailing", "treat", "trim",
    "true", "union", "unique", "unnest", "update", "user", "using", "values", "varchar", "variadic", "verbose", "view", "when", "where",
    "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
    "xmlroot", "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        for (name, written) in [
            ("companies", "companies"),
            ("user", "\"user\""),
            ("Camel", "\"Camel\""),
            ("x'; DROP TABLE y; --", "\"x'; DROP TABLE y; --\""),
            ("a\"b", "\"a\"\"b\""),
            ("1st", "\"1st\""),
            ("größe", "\"größe\""),
        ] {
            assert_eq!(Plain.identifier(name), written);
        }
    }

    #[test]
    fn elements_of_arrays_are_quoted_where_they_must_be() {
        for (texts, written) in [
            (&[][..], "'{}'::text[]"),
            (&["manager", "head_2"], "'{manager,head_2}'::text[]"),
            (&["", "NULL", "a,b", "{}", " "], r#"'{"","NULL","a,b","{}"," "}'::text[]"#),
            (&["it's", "größe"], r#"'{"it''s","größe"}'::text[]"#),
            (&[r#"a"b"#, r"a\b"], r#"E'{"a\\"b","a\\\\b"}'::text[]"#),
        ] {
            assert_eq!(Plain.array(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()), written);
        }
    }

    #[test]
    fn texts_are_quoted_whatever_standard_conforming_strings_is() {
        assert_eq!(Plain.literal("it's"), "'it''s'");
        assert_eq!(Plain.literal("a\\' b"), "E'a\\\\'' b'");
    }
}
