//! What a part of the schema says, in the few forms that the configuration's types produce.

use serde_json::{Map, Value};

/// Keywords that shapes are read from, and those that only describe.
#[cfg(test)]
pub(super) const KEYWORDS: &[&str] = &[
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maximum",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
];

/// A form that a value may take.
pub(super) enum Shape<'s> {
    /// A text; called by its title.
    Text(Option<&'s str>),
    /// A whole number within bounds.
    Whole { least: Option<i128>, most: Option<i128> },
    /// `true` or `false`.
    Truth,
    /// One of some texts.
    Choice(Vec<&'s str>),
    /// A list of values.
    List { element: &'s Value, title: Option<&'s str> },
    /// A mapping with known keys.
    Struct(Struct<'s>),
    /// A mapping from names to values.
    Entries { entry: &'s Value, title: Option<&'s str> },
}

/// A mapping with known keys.
#[derive(Clone, Copy)]
pub(super) struct Struct<'s> {
    /// Name of its type.
    pub(super) name: &'s str,
    /// What messages call it by.
    pub(super) title: Option<&'s str>,
    properties: Option<&'s Map<String, Value>>,
    required: Option<&'s Vec<Value>>,
}

impl<'s> Struct<'s> {
    /// The keys, in their order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'s str> + Clone + use<'s> {
        self.properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// The schema of a key.
    pub(super) fn property(&self, key: &str) -> Option<&'s Value> {
        self.properties?.get(key)
    }

    /// The first key and its schema.
    pub(super) fn first(&self) -> Option<(&'s str, &'s Value)> {
        self.properties?.iter().next().map(|(key, schema)| (key.as_str(), schema))
    }

    /// The keys that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = &'s str> + Clone + use<'s> {
        self.required.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// The forms that a schema allows, from the innermost short form to the full one.
pub(super) fn shapes<'s>(root: &'s Value, schema: &'s Value) -> Vec<Shape<'s>> {
    let mut all = Vec::new();
    collect(root, schema, "", None, &mut all);
    all
}

fn collect<'s>(root: &'s Value, schema: &'s Value, name: &'s str, title: Option<&'s str>, all: &mut Vec<Shape<'s>>) {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    // A title counts for all forms below it that have none of their own.
    let title = text("title").or(title);
    if let Some(path) = text("$ref") {
        // Definitions never refer to themselves except through the keys of a mapping, so this ends.
        let name = path.strip_prefix("#/$defs/").unwrap_or(path);
        if let Some(definition) = root.get("$defs").and_then(|definitions| definitions.get(name)) {
            collect(root, definition, name, title, all);
        }
        return;
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        for choice in choices {
            collect(root, choice, name, title, all);
        }
        return;
    }
    if let Some(Value::Array(choices)) = schema.get("oneOf") {
        let values = choices.iter().flat_map(|choice| {
            let several = choice.get("enum").and_then(Value::as_array).into_iter().flatten();
            several.chain(choice.get("const")).filter_map(Value::as_str)
        });
        all.push(Shape::Choice(values.collect()));
        return;
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        all.push(Shape::Choice(values.iter().filter_map(Value::as_str).collect()));
        return;
    }
    let types = match schema.get("type") {
        Some(Value::String(only)) => vec![only.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for one in types {
        match one {
            "string" => all.push(Shape::Text(title)),
            "boolean" => all.push(Shape::Truth),
            "integer" => {
                let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_i64).map(i128::from);
                all.push(Shape::Whole { least: bound("minimum"), most: bound("maximum") });
            }
            "array" => all.extend(schema.get("items").map(|element| Shape::List { element, title })),
            "object" => match schema.get("additionalProperties") {
                Some(entry @ Value::Object(_)) => all.push(Shape::Entries { entry, title }),
                _ => all.push(Shape::Struct(Struct {
                    name,
                    title,
                    properties: schema.get("properties").and_then(Value::as_object),
                    required: schema.get("required").and_then(Value::as_array),
                })),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks schemas only, not the names of properties and definitions.
    fn walk(root: &Value, schema: &Value, place: &str) {
        let object = schema.as_object().unwrap_or_else(|| panic!("{place} is no object"));
        for (keyword, value) in object {
            let place = format!("{place}/{keyword}");
            assert!(KEYWORDS.contains(&keyword.as_str()), "{place}");
            match keyword.as_str() {
                "properties" | "$defs" => {
                    for (name, inner) in value.as_object().unwrap() {
                        walk(root, inner, &format!("{place}/{name}"));
                    }
                }
                "anyOf" | "oneOf" => {
                    for inner in value.as_array().unwrap() {
                        walk(root, inner, &place);
                    }
                }
                "additionalProperties" if value == &Value::Bool(false) => assert!(object.contains_key("properties"), "{place}"),
                "additionalProperties" | "items" => walk(root, value, &place),
                _ => {}
            }
        }
        if !place.contains("/oneOf") {
            assert!(!shapes(root, schema).is_empty(), "{place} has no shape");
        }
    }

    #[test]
    fn the_schema_uses_only_what_shapes_are_read_from() {
        let schema = super::super::schema();
        walk(&schema, &schema, "");
    }
}
