//! Roles at run time (B12): who may give and take what, and lists of roles and assignments.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::CompileError;
use super::access::texts;
use super::delegation;
use super::directory::user_values;
use super::functions::{Callers, Functions, Made, Need, optional, reading, value};
use crate::model::{Assigned, Conflict, Model, NameTable, Subject};
use crate::program::{Body, Function, Returns, Sql, Volatility};

/// Lists of roles and assignments, and what users of the application need to change and see them.
pub fn administration(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let text = || Sql::word("text");
    let boolean = || Sql::word("boolean");
    if model.is_administered() || model.is_listed() {
        functions.require(Need::Fixed("administers"), |_, name| {
            let body = Body { template: "administers", values: [("rights", rights(model))].into_iter().collect() };
            Ok(Made {
                function: reading(&name, vec![text(), text()], Returns::One(boolean()), body),
                why: "whether the user may change a role or restriction of others in that way (B12)".to_owned(),
                callers: Callers::Functions,
            })
        })?;
    }
    if model.is_administered() {
        functions.require(Need::Fixed("administer"), |functions, name| {
            let mut values = user_values(&model.directory);
            let channels = model.directory.channels.iter().flat_map(|channel| &channel.roles);
            let logins: BTreeSet<String> = channels.map(ToString::to_string).chain([String::new()]).collect();
            values.insert("logins", value(Sql::Texts(logins.into_iter().collect())));
            values.insert("delegation", delegation::asked(functions));
            values.insert("union", (model.conflict == Conflict::Union).into());
            let time = || Sql::word("timestamptz");
            let arguments = vec![text(), text(), text(), text(), boolean(), boolean(), time(), time()];
            let body = Body { template: "administer", values };
            let function = Function { volatility: Volatility::Volatile, ..reading(&name, arguments, Returns::One(boolean()), body) };
            let why = "gives or takes a role or restriction as the user, within what the user's roles administer (B12)".to_owned();
            Ok(Made { function, why, callers: Callers::Application })
        })?;
    }
    if model.is_listed() {
        functions.require(Need::Fixed("may_list"), |_, name| {
            let body = Body { template: "may_list", values: Default::default() };
            Ok(Made {
                function: reading(&name, Vec::new(), Returns::One(boolean()), body),
                why: "raises where the user may not see who has what".to_owned(),
                callers: Callers::Functions,
            })
        })?;
    }
    for guarded in [false, true] {
        if guarded && !model.is_listed() {
            continue;
        }
        let callers = if guarded { Callers::Application } else { Callers::Applier };
        functions.require(Need::Fixed(if guarded { "listed_roles" } else { "all_roles" }), |_, name| {
            let columns = vec![
                (Sql::ident("role"), text()),
                (Sql::ident("description"), text()),
                (Sql::ident("may_assign"), boolean()),
                (Sql::ident("may_revoke"), boolean()),
            ];
            let roles = model.roles.iter().enumerate().map(|(place, role)| {
                json!({
                    "place": value(Sql::word(&place.to_string())),
                    "name": value(Sql::literal(&role.name)),
                    "description": optional(role.description.as_ref().map(Sql::literal)),
                })
            });
            let values = [("roles", roles.collect()), ("guarded", Value::Bool(guarded))].into_iter().collect();
            let body = Body { template: "role_list", values };
            let why = "the roles and what they are for".to_owned();
            Ok(Made { function: reading(&name, Vec::new(), Returns::Table(columns), body), why, callers })
        })?;
        functions.require(Need::Fixed(if guarded { "listed_assignments" } else { "all_assignments" }), |_, name| {
            let mut values = given_values(model, model.assignments.stored);
            values.insert("guarded", Value::Bool(guarded));
            let types = [
                ("kind", "text"),
                ("name", "text"),
                ("subject", "text"),
                ("subject_key", "text"),
                ("subdepartments", "boolean"),
                ("source", "text"),
                ("starts_at", "timestamptz"),
                ("ends_at", "timestamptz"),
                ("in_force", "boolean"),
            ];
            let columns = types.map(|(name, kind)| (Sql::ident(name), Sql::word(kind))).to_vec();
            let body = Body { template: "assignment_list", values };
            let why = "who has which role or restriction, from which source, from when until when".to_owned();
            Ok(Made { function: reading(&name, vec![text()], Returns::Table(columns), body), why, callers })
        })?;
    }
    Ok(())
}

/// Each operation with the names that it may be done with and the roles whose holders may.
fn rights(model: &Model) -> Value {
    let mut all = Vec::new();
    let mut add = |operation: &str, names: Vec<String>, roles: &[crate::model::RoleName]| {
        all.push(json!({
            "operation": value(Sql::literal(operation)),
            "names": value(Sql::Texts(names)),
            "roles": value(Sql::Texts(texts(roles))),
        }));
    };
    for role in &model.roles {
        let holders = model.roles_including(std::slice::from_ref(&role.name));
        for (operation, names) in role.administers.operations() {
            if !names.is_empty() {
                add(operation, names.into_iter().map(str::to_owned).collect(), &holders);
            }
        }
        if role.administers.list {
            add("list", vec![String::new()], &holders);
        }
    }
    all.into()
}

/// Values of the template that lists every assignment of every source.
pub fn given_values(model: &Model, stored: bool) -> std::collections::BTreeMap<&'static str, Value> {
    let given = &model.assignments;
    let mut values = user_values(&model.directory);
    values.insert("stored", Value::Bool(stored));
    let everything = given.roles.iter().map(|assigned| listed("role", assigned));
    values.insert("everything", everything.chain(given.restrictions.iter().map(|assigned| listed("restriction", assigned))).collect());
    let flag = |kind: &str, column: &crate::model::ColumnName, what: String| {
        json!({
            "kind": value(Sql::literal(kind)),
            "name": value(Sql::literal(what)),
            "column": value(Sql::ident(column)),
            "source": value(Sql::literal(format!("column {column}"))),
            "narrows": kind == "restriction",
        })
    };
    let of_roles = given.role_flags.iter().map(|found| flag("role", &found.column, found.what.to_string()));
    let of_restrictions = given.restriction_flags.iter().map(|found| flag("restriction", &found.column, found.what.to_string()));
    values.insert("every_flag", of_roles.chain(of_restrictions).collect());
    let table = |kind: &str, source: &NameTable| {
        json!({
            "kind": value(Sql::literal(kind)),
            "table": value(Sql::table(&source.table)),
            "user": value(Sql::ident(&source.user)),
            "name": value(Sql::ident(&source.name)),
            "from": optional(source.from.as_ref().map(Sql::ident)),
            "until": optional(source.until.as_ref().map(Sql::ident)),
            "source": value(Sql::literal(format!("table {}", source.table))),
            "narrows": kind == "restriction",
        })
    };
    let of_roles = given.role_tables.iter().map(|source| table("role", source));
    let of_restrictions = given.restriction_tables.iter().map(|source| table("restriction", source));
    values.insert("every_table", of_roles.chain(of_restrictions).collect());
    values
}

fn listed<R: ToString>(kind: &str, assigned: &Assigned<R>) -> Value {
    let (subject, key, subdepartments) = match &assigned.to {
        Subject::User(key) => ("user", key.as_str(), false),
        Subject::Circle(kind, key) => (kind.name(), key.as_str(), false),
        Subject::Department { key, subdepartments } => ("department", key.as_str(), *subdepartments),
        Subject::HavingRole(role) => ("role", role.as_str(), false),
        Subject::Everyone => ("everyone", "", false),
    };
    json!({
        "kind": value(Sql::literal(kind)),
        "name": value(Sql::literal(assigned.what.to_string())),
        "source": value(Sql::literal(match &assigned.channel {
            Some(channel) => format!("configuration, over channel {channel}"),
            None => "configuration".to_owned(),
        })),
        "subject": value(Sql::literal(subject)),
        "key": value(Sql::literal(key)),
        "subdepartments": subdepartments,
        "from": optional(assigned.period.from.map(Sql::literal)),
        "until": optional(assigned.period.until.map(Sql::literal)),
        "channel": optional(assigned.channel.as_ref().map(Sql::literal)),
    })
}
