//! Compares a tree with the schema, reports every mistake of form, and leaves out what is wrong.
//!
//! What remains can be read into the configuration's types. A value that is wrong is left out; where a mapping lacks a
//! key that it must have, the mapping is left out in its turn, and so on up to an entry, an element or a key that may be missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expected::expected;
use super::shape::{Shape, Struct, shapes};
use crate::text::{At, Code, Diagnostics, Span, did_you_mean, listed, quoted};
use crate::yaml::{Kind, Node};

/// Most names in one mapping: later passes compare them with each other.
const MOST_NAMES: usize = 1000;

/// What remains of a tree.
pub(super) struct Conforming {
    /// The sound part; `None` where the root itself can't be read.
    pub(super) node: Option<Node>,
    /// Keys and names whose values were left out.
    pub(super) left_out: BTreeSet<String>,
}

/// Compares a tree with a schema.
pub(super) fn conform(root: &Node, schema: &Value, diagnostics: &mut Diagnostics) -> Conforming {
    let mut walker = Walker { schema, diagnostics, left_out: BTreeSet::new() };
    let node = walker.value(root, schema, &Place { span: root.span, name: None });
    Conforming { node, left_out: walker.left_out }
}

/// Where a value stands: its key, or what else to point at when the value itself is nothing.
struct Place<'n> {
    span: Span,
    name: Option<&'n str>,
}

impl<'n> Place<'n> {
    fn of(key: &'n At<String>) -> Self {
        Place { span: key.span, name: Some(&key.value) }
    }
}

struct Walker<'s, 'd> {
    schema: &'s Value,
    diagnostics: &'d mut Diagnostics,
    left_out: BTreeSet<String>,
}

impl<'s> Walker<'s, '_> {
    /// What remains of a value; `None`, with a report, where nothing does.
    fn value(&mut self, node: &Node, schema: &'s Value, place: &Place<'_>) -> Option<Node> {
        let all = shapes(self.schema, schema);
        match &node.kind {
            Kind::Refused => None,
            Kind::Map(pairs) => self.map(node, pairs, schema, &all, place),
            Kind::List(items) => {
                let Some(element) = all.iter().find_map(|shape| match shape {
                    Shape::List { element, .. } => Some(*element),
                    _ => None,
                }) else {
                    return self.wrong_type(node, schema, &all, place);
                };
                let kept = items.iter().filter_map(|item| {
                    let place = Place { span: if item.kind == Kind::Null { node.span } else { item.span }, name: place.name };
                    self.value(item, element, &place)
                });
                Some(Node::new(Kind::List(kept.collect()), node.span))
            }
            Kind::Text(text) => self.text(node, text, schema, &all, place),
            Kind::Int(value) => self.whole(node, *value, schema, &all, place),
            Kind::Bool(_) if all.iter().any(|shape| matches!(shape, Shape::Truth)) => Some(node.clone()),
            Kind::Null | Kind::Bool(_) | Kind::Float(_) => self.wrong_type(node, schema, &all, place),
        }
    }

    fn text(&mut self, node: &Node, text: &str, schema: &'s Value, all: &[Shape<'s>], place: &Place<'_>) -> Option<Node> {
        for shape in all {
            match shape {
                Shape::Text(_) => return Some(node.clone()),
                Shape::Choice(values) if values.contains(&text) => return Some(node.clone()),
                Shape::Choice(values) => {
                    let help = choose(text, values.iter().copied());
                    self.diagnostics.error(Code::BadValue, node.span, format!("unknown value {}", quoted(text)), help);
                    return None;
                }
                _ => {}
            }
        }
        self.wrong_type(node, schema, all, place)
    }

    fn whole(&mut self, node: &Node, value: i128, schema: &'s Value, all: &[Shape<'s>], place: &Place<'_>) -> Option<Node> {
        let Some((least, most)) = all.iter().find_map(|shape| match shape {
            Shape::Whole { least, most } => Some((*least, *most)),
            _ => None,
        }) else {
            return self.wrong_type(node, schema, all, place);
        };
        if least.is_none_or(|least| least <= value) && most.is_none_or(|most| value <= most) {
            return Some(node.clone());
        }
        let message = format!("the number `{value}` is out of range");
        let help = match (least, most) {
            (Some(least), Some(most)) if least == most => format!("it must be `{least}`"),
            (Some(least), Some(most)) => format!("it must be from `{least}` to `{most}`"),
            (Some(least), None) => format!("it must be at least `{least}`"),
            (None, Some(most)) => format!("it must be at most `{most}`"),
            (None, None) => return Some(node.clone()),
        };
        self.diagnostics.error(Code::OutOfRange, node.span, message, help);
        // The nearest number stands in, so that what depends on it can be checked as well.
        let nearest = least.map_or(value, |least| value.max(least));
        let nearest = most.map_or(nearest, |most| nearest.min(most));
        Some(Node { kind: Kind::Int(nearest), ..node.clone() })
    }

    fn map(&mut self, node: &Node, pairs: &[(At<String>, Node)], schema: &'s Value, all: &[Shape<'s>], place: &Place<'_>) -> Option<Node> {
        let entry = all.iter().find_map(|shape| match shape {
            Shape::Entries { entry, .. } => Some(*entry),
            _ => None,
        });
        if let Some(entry) = entry {
            return Some(self.entries(node, pairs, entry));
        }
        let structs = || {
            all.iter().filter_map(|shape| match shape {
                Shape::Struct(object) => Some(object),
                _ => None,
            })
        };
        let known = |object: &Struct<'_>| pairs.iter().filter(|(key, _)| object.property(key).is_some()).count();
        let Some(full) = structs().next_back() else {
            return self.wrong_type(node, schema, all, place);
        };
        // A mapping may itself be the short form of the full one: `{scope: own}` for `{scopes: [{scope: own}]}`. The
        // form with the most keys in common was meant; the full one, when in doubt.
        let best = structs().map(known).max().unwrap_or_default();
        if known(full) < best
            && let Some((first, inner)) = full.first()
        {
            let value = self.value(node, inner, place)?;
            let key = At::new(first.to_owned(), place.span);
            return Some(Node::new(Kind::Map(vec![(key, value)]), node.span));
        }
        self.keys(node, pairs, *full, place)
    }

    fn entries(&mut self, node: &Node, pairs: &[(At<String>, Node)], entry: &'s Value) -> Node {
        let mut kept = Vec::new();
        if let Some((first, _)) = pairs.get(MOST_NAMES) {
            let message = format!("{} names stand in one mapping, of which there can be {MOST_NAMES}", pairs.len());
            self.diagnostics.error(
                Code::FileTooLarge,
                first.span,
                message,
                "a configuration is far smaller; check that this is the right file",
            );
            pairs.iter().skip(MOST_NAMES).for_each(|(key, _)| self.leave_out(key));
        }
        for (key, value) in pairs.iter().take(MOST_NAMES) {
            match self.value(value, entry, &Place::of(key)) {
                Some(value) => kept.push((key.clone(), value)),
                None => self.leave_out(key),
            }
        }
        Node::new(Kind::Map(kept), node.span)
    }

    fn keys(&mut self, node: &Node, pairs: &[(At<String>, Node)], object: Struct<'s>, place: &Place<'_>) -> Option<Node> {
        let mut kept: Vec<(At<String>, Node)> = Vec::new();
        for (key, value) in pairs {
            let Some(schema) = object.property(key) else {
                self.unknown_key(key, &object);
                continue;
            };
            match self.value(value, schema, &Place::of(key)) {
                Some(value) => kept.push((key.clone(), value)),
                None => self.leave_out(key),
            }
        }
        for required in object.required() {
            if !pairs.iter().any(|(key, _)| key.value == required) {
                self.missing_key(required, &object, pairs, place);
            }
        }
        let complete = object.required().all(|required| kept.iter().any(|(key, _)| key.value == required));
        complete.then(|| Node::new(Kind::Map(kept), node.span))
    }

    fn leave_out(&mut self, key: &At<String>) {
        self.left_out.insert(key.value.clone());
    }

    fn unknown_key(&mut self, key: &At<String>, object: &Struct<'s>) {
        // The keys of these are the actions, so it is an action that is not known.
        let (code, noun) = match object.name {
            "EntityGrants" | "RestrictionLevels" => (Code::UnknownAction, "action"),
            _ => (Code::UnknownKey, "key"),
        };
        let help = choose(key, object.keys());
        self.diagnostics.error(code, key.span, format!("unknown {noun} {}", quoted(key)), help);
    }

    fn missing_key(&mut self, required: &str, object: &Struct<'s>, pairs: &[(At<String>, Node)], place: &Place<'_>) {
        let message = match place.name {
            Some(name) => format!("`{required}` is missing in {}", quoted(name)),
            None => format!("`{required}` is missing"),
        };
        let about = object.property(required).and_then(|schema| schema.get("description")).and_then(Value::as_str);
        let help = match about {
            Some(about) => format!("add `{required}`: {}", sentence(about)),
            None => format!("add `{required}`"),
        };
        // The mapping as a whole may be long: its name, or its first key, is enough to find it by.
        let span = match (place.name, pairs.first()) {
            (None, Some((first, _))) => first.span,
            _ => place.span,
        };
        self.diagnostics.error(Code::MissingKey, span, message, help);
    }

    fn wrong_type(&mut self, node: &Node, schema: &'s Value, all: &[Shape<'s>], place: &Place<'_>) -> Option<Node> {
        let message = format!("expected {}, found {}", expected(self.schema, schema), node.in_words());
        let span = if node.kind == Kind::Null { place.span } else { node.span };
        self.diagnostics.error(Code::WrongType, span, message, advice(node, all));
        None
    }
}

/// "did you mean ...? possible are ...".
fn choose<'a>(word: &str, possible: impl Iterator<Item = &'a str> + Clone) -> String {
    let all = listed(possible.clone());
    match did_you_mean(word, possible) {
        Some(near) => format!("{near} possible are {all}"),
        None => format!("possible are {all}"),
    }
}

/// What to do about a value of a wrong type.
fn advice(node: &Node, all: &[Shape<'_>]) -> String {
    let takes = |wanted: fn(&Shape<'_>) -> bool| all.iter().any(wanted);
    let found = match &node.kind {
        Kind::Null => Some("write a value, or leave the key out".to_owned()),
        Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) if takes(|shape| matches!(shape, Shape::Text(_))) => {
            Some("a text that looks like a number or `true` takes quotes".to_owned())
        }
        Kind::Text(text) => {
            let number = takes(|shape| matches!(shape, Shape::Whole { .. })) && text.parse::<i128>().is_ok();
            let truth = takes(|shape| matches!(shape, Shape::Truth)) && matches!(text.as_str(), "true" | "false");
            (number || truth).then(|| "leave out the quotes".to_owned())
        }
        Kind::List(_) if !takes(|shape| matches!(shape, Shape::Struct(_) | Shape::Entries { .. })) => {
            Some("write one value, without a list".to_owned())
        }
        Kind::Map(_) => Some("write the value alone, without keys".to_owned()),
        _ => None,
    };
    found.unwrap_or_else(|| match all.iter().all(|shape| matches!(shape, Shape::Struct(_) | Shape::Entries { .. })) {
        true => "write each key on a line of its own below, indented, as in `key: value`".to_owned(),
        false => "`crm-access schema` says what can stand here".to_owned(),
    })
}

/// A description's first sentence, as the end of another.
fn sentence(description: &str) -> String {
    let first = description.split(". ").next().unwrap_or_default().trim_end_matches('.').replace('\n', " ");
    let mut characters = first.chars();
    match characters.next() {
        // A word in capitals keeps them.
        Some(head) if !characters.clone().next().is_some_and(char::is_uppercase) => head.to_lowercase().chain(characters).collect(),
        _ => first,
    }
}
