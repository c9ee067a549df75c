//! Columns with rights of their own, in a random configuration.

use serde_json::{Map, Value as Json, json};

use super::ROLES;
use crate::random::Random;

/// Columns that no statement of a case reads in the table.
const READ: [&str; 6] = ["a", "b", "c", "n", "t", "u"];
/// Columns that are no owners' and no keys.
const CHANGED: [&str; 9] = ["note", "a", "b", "d", "n", "stage", "open", "team", "p1"];

/// What an entity says about its columns, under `columns` and `view`.
pub fn protect(random: &mut Random, name: &str, made: &mut Map<String, Json>) {
    let roles = |random: &mut Random| -> Json {
        let some: Vec<&str> = ROLES.into_iter().filter(|_| random.chance(35)).collect();
        json!(some)
    };
    let mut columns: Map<String, Json> = Map::new();
    if random.chance(70) {
        for column in READ {
            if !random.chance(40) {
                continue;
            }
            columns.insert(column.to_owned(), json!({"read": roles(random)}));
            made.insert("view".to_owned(), json!(view(name)));
        }
    }
    for column in CHANGED {
        if !random.chance(20) {
            continue;
        }
        let entry = columns.entry(column.to_owned()).or_insert_with(|| json!({}));
        entry["change"] = roles(random);
    }
    if !columns.is_empty() {
        made.insert("columns".to_owned(), Json::Object(columns));
    }
}

fn view(entity: &str) -> String {
    format!("{entity} 'shown'")
}
