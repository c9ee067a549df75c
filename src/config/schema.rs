//! The JSON Schema of the configuration language.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::Config;

/// The JSON Schema of the configuration language (draft 2020-12), made from these types.
pub fn schema() -> Value {
    SCHEMA.clone()
}

/// The schema, made once.
pub(super) static SCHEMA: LazyLock<Value> = LazyLock::new(make);

fn make() -> Value {
    let mut generator = SchemaSettings::draft2020_12().with_transform(Plain).into_generator();
    let mut schema = Config::json_schema(&mut generator);
    let mut definitions = generator.take_definitions(true);
    Plain.transform(&mut schema);
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".to_owned(), json!("Configuration of crm_access"));
    if let Value::Object(object) = schema.to_value() {
        whole.extend(object);
    }
    definitions.sort_keys();
    whole.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(whole)
}

/// Makes a schema plainer: nested choices become one, and `null` is no value.
///
/// A key without a value is a mistake, not another way to leave the key out.
#[derive(Clone)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = &types[..] {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
        let mut flat: Vec<Value> = Vec::new();
        for choice in std::mem::take(choices) {
            let nested = choice.as_object().filter(|inner| inner.len() == 1).and_then(|inner| inner.get("anyOf"));
            match nested {
                Some(Value::Array(inner)) => flat.extend(inner.iter().cloned()),
                _ if choice == json!({ "type": "null" }) => {}
                _ => flat.push(choice),
            }
        }
        if let [Value::Object(only)] = &flat[..] {
            let only = only.clone();
            object.remove("anyOf");
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        } else {
            object.insert("anyOf".to_owned(), Value::Array(flat));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_may_be_null_and_choices_are_flat() {
        fn walk(value: &Value) {
            if let Some(choices) = value.get("anyOf").and_then(Value::as_array) {
                assert!(choices.len() > 1, "{value}");
                assert!(choices.iter().all(|choice| choice.get("anyOf").is_none()), "{value}");
            }
            match value {
                Value::Array(items) => items.iter().for_each(walk),
                Value::Object(object) => object.values().for_each(walk),
                Value::String(text) => assert_ne!(text, "null"),
                _ => {}
            }
        }
        walk(&schema());
    }

    #[test]
    fn every_key_is_described() {
        let schema = schema();
        let mut types: Vec<&Value> = schema["$defs"].as_object().unwrap().values().collect();
        types.push(&schema);
        for object in types.iter().filter_map(|t| t["properties"].as_object()) {
            for (key, property) in object {
                assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{key}");
            }
        }
    }

    #[test]
    fn the_schema_names_its_draft() {
        assert_eq!(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema()["required"][0], "version");
    }
}
