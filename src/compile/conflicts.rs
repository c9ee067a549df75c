//! Who has roles of different strength (B6): as a function of the database, and as a question that can be asked before anything is applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::CompileError;
use super::access::{by_stage, describe_stage};
use super::administration::given_values;
use super::directory::subject_values;
use super::functions::{Callers, Functions, Made, Need, optional, reading, value};
use crate::model::{Action, Conflict, Entity, Level, Model, Role};
use crate::program::{Body, Returns, Sql};

/// `conflicts()`.
pub fn conflicts(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    functions.require(Need::Fixed("conflicts"), |_, name| {
        let types = [
            ("user_key", "text"),
            ("entity", "text"),
            ("action", "text"),
            ("role", "text"),
            ("level", "text"),
            ("given_by", "text[]"),
            ("wins", "boolean"),
            ("channel", "text"),
        ];
        let columns = types.map(|(name, kind)| (Sql::ident(name), Sql::word(kind))).to_vec();
        let body = Body { template: "conflicts", values: conflict_values(model, model.assignments.stored, false) };
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Table(columns), body),
            why: "users whose roles differ in strength, and which of them wins (B6)".to_owned(),
            callers: Callers::Applier,
        })
    })?;
    Ok(())
}

/// The same as a query of its own, for a database in which the configuration may not have been applied; `stored` where there are stored
/// assignments to look at.
pub fn conflict_query(model: &Model, stored: bool) -> Body {
    Body { template: "conflicts", values: conflict_values(model, stored && model.assignments.stored, true) }
}

/// A query for every active user's roles: the user's key and the role's name.
pub fn holder_query(model: &Model, stored: bool) -> Body {
    // Over whichever channel.
    let channels = model.directory.channels.iter().map(|channel| channel.name.as_str());
    let contexts = [context(0, channels.collect())].into();
    Body { template: "holders", values: held_values(model, stored && model.assignments.stored, true, contexts) }
}

/// Channels whose roles are held at once, as the role that logs in has it: none, and those of each role.
fn contexts(model: &Model) -> Value {
    let channels = &model.directory.channels;
    let at_once = |login| -> Vec<&str> {
        channels.iter().filter(|channel| channel.roles.contains(login)).map(|channel| channel.name.as_str()).collect()
    };
    let over: BTreeSet<Vec<&str>> = channels.iter().flat_map(|channel| &channel.roles).map(at_once).collect();
    [Vec::new()].into_iter().chain(over).enumerate().map(|(place, channels)| context(place, channels)).collect()
}

fn context(place: usize, channels: Vec<&str>) -> Value {
    json!({
        "place": number(place),
        "name": if channels.is_empty() { value(Sql::word("NULL::text")) } else { value(Sql::literal(channels.join(", "))) },
        "channels": value(Sql::Texts(channels.into_iter().map(str::to_owned).collect())),
    })
}

fn held_values(model: &Model, stored: bool, inline: bool, contexts: Value) -> BTreeMap<&'static str, Value> {
    let mut values = given_values(model, stored);
    values.extend(subject_values(&model.directory, false));
    values.insert("inline", Value::Bool(inline));
    values.insert("contexts", contexts);
    values.insert("active", optional(model.directory.users.active.as_ref().map(Sql::ident)));
    values
}

fn conflict_values(model: &Model, stored: bool, inline: bool) -> BTreeMap<&'static str, Value> {
    let mut values = held_values(model, stored, inline, contexts(model));
    let strategy = match model.conflict {
        Conflict::Union => "union",
        Conflict::MostSpecific => "most_specific",
        Conflict::DenyWins => "deny_wins",
    };
    values.insert("strategy", value(Sql::literal(strategy)));
    let mut levels = Vec::new();
    let mut place = 0;
    for entity in &model.entities {
        for action in Action::ALL {
            place += 1;
            let mut variants: Vec<Vec<&Level>> = Vec::new();
            for role in &model.roles {
                let said = said_by(model, role, entity, action);
                if said.is_empty() {
                    continue; // Silence is no level.
                }
                let variant = variants.iter().position(|there| same(there, &said)).unwrap_or_else(|| {
                    variants.push(said.clone());
                    variants.len() - 1
                });
                levels.push(json!({
                    "place": number(place),
                    "role": value(Sql::literal(&role.name)),
                    "entity": value(Sql::literal(&entity.name)),
                    "action": value(Sql::literal(action.name())),
                    "words": value(Sql::literal(words(&said))),
                    "variant": number(variant),
                    "width": number(said.iter().map(|level| width(level)).max().unwrap_or(0).into()),
                    "denies": said.iter().any(|level| by_stage(level).any(|(_, scopes)| scopes.is_empty())),
                }));
            }
        }
    }
    values.insert("role_levels", levels.into());
    values
}

fn number(number: usize) -> Value {
    value(Sql::word(&number.to_string()))
}

/// What a role, with those that it includes, says about an action.
fn said_by<'m>(model: &'m Model, role: &Role, entity: &Entity, action: Action) -> Vec<&'m Level> {
    let mut said: Vec<&Level> = Vec::new();
    for included in model.roles.iter().filter(|candidate| role.all_includes.contains(&candidate.name)) {
        for grant in included.grants.iter().filter(|grant| grant.entity == entity.name && grant.action == action) {
            if !said.contains(&&grant.level) {
                said.push(&grant.level);
            }
        }
    }
    said
}

fn same(one: &[&Level], other: &[&Level]) -> bool {
    one.len() == other.len() && one.iter().all(|level| other.contains(level))
}

fn width(level: &Level) -> u16 {
    by_stage(level).flat_map(|(_, scopes)| scopes).map(|scope| scope.width()).max().unwrap_or(0)
}

fn words(said: &[&Level]) -> String {
    let mut all: Vec<String> = Vec::new();
    for (stage, scopes) in said.iter().flat_map(|level| by_stage(level)) {
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        let scopes = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
        let text = format!("{scopes}{}", describe_stage(&stage));
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all.join("; ")
}
