//! What the application asks to know what to show (O7): `permissions()`, `can(...)` and `can(...)` for many keys.

use serde_json::{Value, json};

use super::access::{StageTest, any_condition, arms, describe_stage, in_effect, lifting_roles, record_condition, shared, texts};
use super::functions::{Callers, Functions, Made, Need, body, qualified, reading, value};
use super::{CompileError, checks, key_type};
use crate::model::{Action, Conflict, Entity, Model, RoleName};
use crate::program::{Body, Expr, Returns, Sql};

/// `permissions()` and what it stands on: entity, action and widest scope of the user.
pub fn permissions(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let text = || Sql::word("text");
    if model.is_administered() {
        functions.require(Need::Fixed("my_restrictions"), |_, name| {
            Ok(Made {
                function: reading(
                    &name,
                    vec![text()],
                    Returns::Set(text()),
                    body("my_restrictions", asking(model, checks::asks_over_channels(model))),
                ),
                why: "names of the restrictions that narrow what the user may do, over the channel of a database role".to_owned(),
                callers: Callers::Functions,
            })
        })?;
    }
    functions.require(Need::Fixed("permissions"), |functions, name| {
        let columns = vec![
            (Sql::ident("entity"), text()),
            (Sql::ident("action"), text()),
            (Sql::ident("scope"), text()),
            (Sql::ident("scopes"), Sql::word("text[]")),
            (Sql::ident("restricted_by"), Sql::word("text[]")),
        ];
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Table(columns), permission_body(functions)?),
            why: "what the user may do with some record of each entity, and how far it reaches (O7)".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}

/// Values of the part that says which roles the user has, and which restrictions apply.
fn asking(model: &Model, over: bool) -> [(&'static str, Value); 3] {
    let names = model.restrictions.iter().map(|restriction| restriction.name.to_string()).collect();
    let restrictions = model.restrictions.iter().map(
        |restriction| json!({"name": value(Sql::literal(&restriction.name)), "lifted_by": names_of(&lifting_roles(model, restriction))}),
    );
    [("restrictions", restrictions.collect()), ("known", value(Sql::Texts(names))), ("over", over.into())]
}

fn names_of(roles: &[RoleName]) -> Value {
    value(Sql::Texts(texts(roles)))
}

fn number(number: usize) -> Value {
    value(Sql::word(&number.to_string()))
}

fn permission_body(functions: &mut Functions) -> Result<Body, CompileError> {
    let model = functions.model;
    let mut opened = Vec::new();
    let mut all = Vec::new();
    let mut levels = Vec::new();
    let mut places = Vec::new();
    for entity in &model.entities {
        for action in Action::ALL {
            let place = places.len() + 1;
            places.push(json!({
                "place": number(place),
                "needs": value(Sql::literal(action.presupposes().unwrap_or(action).name())),
                "entity": value(Sql::literal(&entity.name)),
                "action": value(Sql::literal(action.name())),
            }));
            let Some(action) = in_effect(entity, action) else { continue };
            let said = arms(model, entity, action);
            let taken_by = if model.conflict == Conflict::DenyWins { said.denied_all.as_slice() } else { &[] };
            let about = |width: usize, scope: String, roles: &[RoleName], taken_by: &[RoleName]| {
                json!({
                    "place": number(place),
                    "width": number(width),
                    "scope": value(Sql::literal(scope)),
                    "roles": names_of(roles),
                    "taken_by": names_of(taken_by),
                    "mentioned": names_of(&said.mentioned),
                })
            };
            for arm in &said.arms {
                let scope = format!("{}{}", arm.scope, describe_stage(&arm.stage));
                // What holds at one stage alone says little of the whole.
                let width = if matches!(arm.stage, StageTest::Is(_)) { 1 + arm.scope.width() / 300 } else { arm.scope.width() };
                all.push(about(width.into(), scope, &arm.roles, taken_by));
            }
            if model.conflict == Conflict::DenyWins {
                let denials = said.denied.iter().map(|(stage, roles)| about(0, format!("none{}", describe_stage(stage)), roles, &[]));
                all.extend(denials);
            }
            for rule in model.sharing.iter().filter(|rule| rule.opens(&entity.name, action)) {
                let (holds, _) = shared(functions, entity, rule)?;
                opened.push(json!({
                    "place": number(place),
                    "width": number(rule.width().into()),
                    "scope": value(Sql::literal(rule)),
                    "holds": value(Sql::Expr(holds)),
                }));
            }
            for restriction in &model.restrictions {
                let Some(level) = restriction.level(&entity.name) else { continue };
                let widest = level.scopes(action).iter().max_by_key(|scope| scope.width());
                if widest.is_some_and(|scope| scope.terms.is_empty() && scope.predicate.is_none()) {
                    continue; // It leaves all.
                }
                levels.push(json!({
                    "place": number(place),
                    "restriction": value(Sql::literal(&restriction.name)),
                    "width": number(widest.map_or(0, |scope| scope.width().into())),
                    "scope": value(Sql::literal(widest.map_or_else(|| "none".to_owned(), ToString::to_string))),
                }));
            }
        }
    }
    let own = [
        ("places", Value::from(places)),
        ("arms", all.into()),
        ("opened", opened.into()),
        ("levels", levels.into()),
        ("most_specific", (model.conflict == Conflict::MostSpecific).into()),
    ];
    Ok(Body { template: "permissions", values: own.into_iter().chain(asking(model, false)).collect() })
}

/// `can_<entity>(action, key)` and `can_each_<entity>(action, keys)`.
pub fn can(functions: &mut Functions, entity: &Entity) -> Result<(), CompileError> {
    let mut actions = Vec::new();
    for action in Action::ALL {
        let any = any_condition(functions, entity, action)?;
        let mut record = record_condition(functions, entity, action)?;
        if matches!(action, Action::Create | Action::Import) {
            // Asked about a record that is there, the answer must not tell of one that can't be read.
            record = Expr::all([record_condition(functions, entity, Action::Read)?, record]);
        }
        actions.push(json!({
            "name": value(Sql::literal(action.name())),
            "any": value(Sql::Expr(any)),
            "record": value(Sql::Expr(record)),
        }));
    }
    let values = |actions: &[Value]| {
        [
            ("actions", Value::from(actions)),
            ("table", value(Sql::table(&entity.table))),
            ("key", value(Sql::ident(&entity.key))),
            ("type", value(key_type(entity.key_type))),
        ]
    };
    functions.require(Need::Can(entity.name.clone()), |_, name| {
        let body = body("can_entity", values(&actions));
        Ok(Made {
            function: reading(&name, vec![Sql::word("text"), Sql::word("text")], Returns::One(Sql::word("boolean")), body),
            why: format!("whether the user may do an action with some `{}` record, or with the one of a key", entity.name),
            callers: Callers::Functions,
        })
    })?;
    functions.require(Need::CanEach(entity.name.clone()), |_, name| {
        let body = body("can_each_entity", values(&actions));
        Ok(Made {
            function: reading(&name, vec![Sql::word("text"), Sql::word("text[]")], Returns::Set(Sql::word("text")), body),
            why: format!("those of the keys whose `{}` records the user may do an action with", entity.name),
            callers: Callers::Functions,
        })
    })?;
    Ok(())
}

/// `can(action, entity, key)` and `can_each(action, entity, keys)`, after those of every entity.
pub fn can_dispatch(functions: &mut Functions) -> Result<(), CompileError> {
    let (mut one, mut each) = (Vec::new(), Vec::new());
    for entity in &functions.model.entities {
        // Made before, so this only looks their names up.
        for (need, found) in [(Need::Can(entity.name.clone()), &mut one), (Need::CanEach(entity.name.clone()), &mut each)] {
            let function = functions.require(need, |_, name| Err(CompileError::Unresolved(name)))?;
            found.push(json!({"name": value(Sql::literal(&entity.name)), "function": value(qualified(&function))}));
        }
    }
    let text = || Sql::word("text");
    functions.require(Need::Fixed("can"), |_, name| {
        let body = body("can", [("entities", one.into())]);
        Ok(Made {
            function: reading(&name, vec![text(), text(), text()], Returns::One(Sql::word("boolean")), body),
            why: "the same for every entity; null for an unknown one".to_owned(),
            callers: Callers::Application,
        })
    })?;
    functions.require(Need::Fixed("can_each"), |_, name| {
        let body = body("can_each", [("entities", each.into())]);
        Ok(Made {
            function: reading(&name, vec![text(), text(), Sql::word("text[]")], Returns::Set(text()), body),
            why: "the same for many keys".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}
