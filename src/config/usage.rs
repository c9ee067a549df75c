//! The language as data: its types with their keys, and where a file uses which of them.
//!
//! Both come from the schema, and so from the types and their documentation. A file is walked along the schema as `conform` does it.

use serde_json::Value;

use super::expected::expected;
use super::schema::SCHEMA;
use super::shape::{Shape, Struct, shapes};
use crate::text::{Diagnostics, Source, Span};
use crate::yaml::{self, Kind, Node};

/// A type of the language.
#[derive(Clone, Debug)]
pub struct TypeDoc {
    /// Its name; that of the whole file is `Config`.
    pub name: String,
    /// Its documentation.
    pub description: String,
    /// The keys of a mapping, in the order of the type.
    pub keys: Vec<KeyDoc>,
    /// The values of a choice, each with its documentation.
    pub values: Vec<(String, String)>,
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub struct KeyDoc {
    /// The key.
    pub name: String,
    /// Its documentation.
    pub description: String,
    /// What its value is, in words.
    pub expected: String,
    /// Types that its value is of or contains.
    pub types: Vec<String>,
    /// Whether it must be there.
    pub required: bool,
    /// What it is when it is left out, where that is a scalar of the schema.
    pub default: Option<String>,
}

/// A place where a file uses a key.
#[derive(Clone, Debug)]
pub struct KeyUse {
    /// Name of the type that has the key.
    pub of: String,
    /// The key.
    pub key: String,
    /// The key and its value.
    pub span: Span,
    /// Keys, names and list places that lead to the mapping.
    pub path: Vec<String>,
    /// Whether the value stands alone, for the mapping that would have it as its first key.
    pub short: bool,
}

/// What a file uses of the language.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Its keys, in the order of the file.
    pub keys: Vec<KeyUse>,
    /// Texts of scopes, in the order of the file.
    pub scopes: Vec<(String, Span)>,
    /// Texts of conditions, in the order of the file.
    pub conditions: Vec<(String, Span)>,
}

/// Every type of the language, the whole file first, each before those that its keys lead to.
pub fn types() -> Vec<TypeDoc> {
    let mut found = Vec::new();
    describe("Config", &SCHEMA, &mut found);
    found
}

fn describe(name: &str, schema: &Value, found: &mut Vec<TypeDoc>) {
    if found.iter().any(|known| known.name == name) {
        return;
    }
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let keys: Vec<KeyDoc> = properties
        .into_iter()
        .flatten()
        .map(|(key, property)| KeyDoc {
            name: key.clone(),
            description: description(property),
            expected: expected(&SCHEMA, property),
            types: {
                let mut types = Vec::new();
                references(property, &mut types);
                types
            },
            required: required.contains(&key.as_str()),
            default: property.get("default").filter(|value| value.is_boolean()).map(Value::to_string),
        })
        .collect();
    let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let values: Vec<(String, String)> =
        choices.filter_map(|choice| Some((choice.get("const")?.as_str()?.to_owned(), description(choice)))).collect();
    let mut below: Vec<String> = keys.iter().flat_map(|key| key.types.clone()).collect();
    if !keys.is_empty() || !values.is_empty() {
        found.push(TypeDoc { name: name.to_owned(), description: description(schema), keys, values });
    } else {
        references(schema, &mut below);
    }
    for name in below {
        if let Some(definition) = SCHEMA.get("$defs").and_then(|definitions| definitions.get(&name)) {
            describe(&name, definition, found);
        }
    }
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names of the definitions that a schema refers to, without those that they refer to in their turn.
fn references(schema: &Value, into: &mut Vec<String>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"))
        && !into.iter().any(|known| known == name)
    {
        into.push(name.to_owned());
    }
    let choices = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    for inner in choices.chain(schema.get("items")).chain(schema.get("additionalProperties")) {
        references(inner, into);
    }
}

/// What a file uses; nothing where it is no YAML.
pub fn usage(source: &Source) -> Usage {
    let mut walker = Walker { usage: Usage::default(), path: Vec::new() };
    if let Some(root) = yaml::parse(source, &mut Diagnostics::new()) {
        walker.value(&root, &SCHEMA, root.span);
    }
    walker.usage
}

struct Walker {
    usage: Usage,
    path: Vec<String>,
}

impl Walker {
    fn value(&mut self, node: &Node, schema: &'static Value, place: Span) {
        let all = shapes(&SCHEMA, schema);
        let full = all.iter().rev().find_map(|shape| match shape {
            Shape::Struct(object) => Some(*object),
            _ => None,
        });
        match &node.kind {
            Kind::Map(pairs) => {
                let entry = all.iter().find_map(|shape| match shape {
                    Shape::Entries { entry, .. } => Some(*entry),
                    _ => None,
                });
                if let Some(entry) = entry {
                    for (name, value) in pairs {
                        self.below(name, value, entry, name.span);
                    }
                } else if let Some(full) = full {
                    let known = |object: &Struct<'_>| pairs.iter().filter(|(key, _)| object.property(key).is_some()).count();
                    let most = all.iter().map(|shape| if let Shape::Struct(object) = shape { known(object) } else { 0 }).max();
                    match full.first() {
                        Some((first, inner)) if Some(known(&full)) < most => {
                            self.used(full, first, Span::new(place.start, node.span.end), true);
                            self.value(node, inner, place);
                        }
                        _ => {
                            for (key, value) in pairs {
                                if let Some(inner) = full.property(key) {
                                    self.used(full, key, Span::new(key.span.start, value.span.end.max(key.span.end)), false);
                                    self.below(key, value, inner, key.span);
                                }
                            }
                        }
                    }
                }
            }
            Kind::List(items) => {
                self.alone(full, place, node.span);
                let element = all.iter().find_map(|shape| match shape {
                    Shape::List { element, .. } => Some(*element),
                    _ => None,
                });
                if let Some(element) = element {
                    items.iter().for_each(|item| self.value(item, element, item.span));
                }
            }
            Kind::Text(text) => {
                self.alone(full, place, node.span);
                let title = all.iter().find_map(|shape| match shape {
                    Shape::Text(title) => *title,
                    _ => None,
                });
                match title {
                    Some("scope") => self.usage.scopes.push((text.clone(), node.span)),
                    Some("predicate") => self.usage.conditions.push((text.clone(), node.span)),
                    _ => {}
                }
            }
            _ => self.alone(full, place, node.span),
        }
    }

    fn below(&mut self, name: &str, value: &Node, schema: &'static Value, place: Span) {
        self.path.push(name.to_owned());
        self.value(value, schema, place);
        self.path.pop();
    }

    /// A value that is no mapping stands for the first key of the mapping that could be there.
    fn alone(&mut self, full: Option<Struct<'static>>, place: Span, value: Span) {
        if let Some(full) = full
            && let Some((first, _)) = full.first()
        {
            self.used(full, first, Span::new(place.start, value.end.max(place.end)), true);
        }
    }

    fn used(&mut self, of: Struct<'static>, key: &str, span: Span, short: bool) {
        let of = if of.name.is_empty() { "Config" } else { of.name };
        self.usage.keys.push(KeyUse { of: of.to_owned(), key: key.to_owned(), span, path: self.path.clone(), short });
    }
}
