//! What a schema expects, in words.

use serde_json::Value;

use super::shape::{Shape, shapes};
use crate::text::listed;

/// What a value should be: `a list of scopes or one scope`.
pub(super) fn expected(root: &Value, schema: &Value) -> String {
    let all = shapes(root, schema);
    let mut parts: Vec<String> = Vec::new();
    let list = all.iter().find_map(|shape| match shape {
        Shape::List { element, title } => Some(noun(root, element, *title)),
        _ => None,
    });
    if let Some(noun) = list {
        parts.push(format!("a list of {}", plural(noun)));
    }
    let mut mapping = false;
    for shape in &all {
        match shape {
            Shape::Text(title) => {
                let noun = title.unwrap_or("text");
                parts.push(if list.is_some() { format!("one {noun}") } else { with_article(noun) });
            }
            Shape::Whole { .. } => parts.push("a whole number".to_owned()),
            Shape::Truth => parts.push("`true` or `false`".to_owned()),
            Shape::Choice(values) => parts.push(format!("one of {}", listed(values.iter().copied()))),
            Shape::List { .. } => {}
            Shape::Struct(object) if list.is_some() && object.title.is_some() && object.title == list => {
                parts.push(format!("one {}", object.title.unwrap_or("mapping")));
            }
            Shape::Struct(object) if all.len() == 1 => parts.push(format!("a mapping with {}", listed(object.keys()))),
            Shape::Struct(_) => mapping = true,
            Shape::Entries { entry, title } => parts.push(format!("a mapping from names to {}", plural(noun(root, entry, *title)))),
        }
    }
    if mapping {
        parts.push("a mapping".to_owned());
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => "something else".to_owned(),
    }
}

/// What one value of a schema is called: by its own title, else by that of what it is part of.
fn noun<'s>(root: &'s Value, schema: &'s Value, title: Option<&'s str>) -> &'s str {
    let all = shapes(root, schema);
    let titles = all.iter().find_map(|shape| match shape {
        Shape::Text(title) => *title,
        Shape::Struct(object) => object.title,
        _ => None,
    });
    titles.or(title).unwrap_or(match all.last() {
        Some(Shape::Text(_)) => "text",
        Some(Shape::Whole { .. }) => "number",
        _ => "value",
    })
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::schema;

    fn words(definition: &str, key: &str) -> String {
        let schema = schema();
        let place = if definition.is_empty() { &schema } else { &schema["$defs"][definition] };
        expected(&schema, &place["properties"][key])
    }

    #[test]
    fn expectations_are_in_words() {
        assert_eq!(words("Level", "scopes"), "a list of scopes, one scope or a mapping");
        assert_eq!(words("EntityGrants", "read"), "a list of scopes, one scope or a mapping");
        assert_eq!(words("Level", "where"), "a predicate");
        assert_eq!(words("Owners", "columns"), "a list of columns or one column");
        assert_eq!(words("Identity", "act_as"), "a list of database roles or one database role");
        assert_eq!(words("Assignments", "listed"), "a list of assignments or one assignment");
        assert_eq!(words("Setting", "signed"), "`true` or `false`");
        assert_eq!(words("", "version"), "a whole number");
        assert_eq!(words("", "entities"), "a mapping from names to entities");
        assert_eq!(words("", "conflict"), "one of `union`, `most_specific`, `deny_wins`");
        assert_eq!(words("Users", "attributes"), "a mapping from names to types");
        assert_eq!(words("Circles", "members"), "a mapping with `schema`, `table`, `of`, `user`");
        assert_eq!(words("Listed", "user"), "a text or a whole number");
        assert_eq!(words("Entity", "stage"), "a column or a mapping");
        assert_eq!(expected(&json!({}), &json!({})), "something else");
    }
}
