//! Handing records over: the functions that change owners in the reader role's name, the trigger that checks an UPDATE which does, and what the
//! reader role is lent for it.

use serde_json::{Value, json};

use super::CompileError;
use super::access::record_condition;
use super::delegation;
use super::directory::user_values;
use super::functions::{Callers, Functions, Made, Need, body, optional, qualified, reading, value};
use super::key_type;
use super::policies::lent_policy;
use crate::model::{Action, Entity, Model, Owners, TableName};
use crate::program::{Body, Expr, Function, Returns, Sql, Statement, Step, Volatility};

/// Name of the trigger on the owner columns. Triggers of a row fire by name: this one should see what others made of it.
pub const OWNER_TRIGGER: &str = "zz_crm_access_owner";

/// The functions of every entity whose owners are changed by an action of its own, and `assign(entity, keys, to, from)` for all of them.
pub fn assign(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let mut entities = Vec::new();
    for entity in model.entities.iter().filter(|entity| entity.assigned) {
        let function = assign_one(functions, entity)?;
        entities.push(json!({"name": value(Sql::literal(&entity.name)), "function": value(qualified(&function))}));
        if let Owners::Columns(columns) = &entity.owners {
            let columns: Vec<Value> = columns.iter().map(|column| value(Sql::ident(column))).collect();
            check_owner(functions, entity, columns)?;
        }
    }
    if entities.is_empty() {
        return Ok(());
    }
    functions.require(Need::Fixed("assign"), |_, name| {
        Ok(Made {
            function: changing(&name, [&["text"], ARGUMENTS].concat(), body("assign", [("entities", entities.into())])),
            why: "the same for every entity; null for one whose owners are a part of the record".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}

/// Keys of the records, the new owner, and whose place it takes.
const ARGUMENTS: &[&str] = &["text[]", "text", "text"];

fn changing(name: &str, arguments: Vec<&str>, body: Body) -> Function {
    let arguments = arguments.into_iter().map(Sql::word).collect();
    Function { volatility: Volatility::Volatile, ..reading(name, arguments, Returns::One(Sql::word("bigint")), body) }
}

/// A condition that stands beside a new owner.
fn given(functions: &mut Functions, entity: &Entity) -> Result<Expr, CompileError> {
    functions.new_owner = true;
    let condition = record_condition(functions, entity, Action::Assign);
    functions.new_owner = false;
    condition
}

/// `active_user(key)` and `known_user(key)`.
pub(super) fn users(functions: &mut Functions) -> Result<(), CompileError> {
    let users = &functions.model.directory.users;
    let key = key_type(users.key_type);
    for (name, why) in [
        ("active_user", "the active user of a key that is a text; null where there is none"),
        ("known_user", "a user's key that is a text, whether there is such a user or not"),
    ] {
        let mut values = user_values(&functions.model.directory);
        values.insert("type", value(key.clone()));
        values.insert("active", optional(users.active.as_ref().map(Sql::ident)));
        functions.require(Need::Fixed(name), |_, name| {
            let template = if name == "active_user" { "active_user" } else { "known_user" };
            Ok(Made {
                function: reading(&name, vec![Sql::word("text")], Returns::One(key.clone()), Body { template, values }),
                why: why.to_owned(),
                callers: Callers::Application,
            })
        })?;
    }
    Ok(())
}

fn assign_one(functions: &mut Functions, entity: &Entity) -> Result<String, CompileError> {
    users(functions)?;
    functions.require(Need::Assign(entity.name.clone()), |functions, name| {
        let readable = record_condition(functions, entity, Action::Read)?;
        let assignable = record_condition(functions, entity, Action::Assign)?;
        let given = given(functions, entity)?;
        let mut made = body(
            "assign_table",
            [
                ("entity", value(Sql::literal(&entity.name))),
                ("table", value(Sql::table(&entity.table))),
                ("key", value(Sql::ident(&entity.key))),
                ("type", value(key_type(entity.key_type))),
                ("user_type", value(key_type(functions.model.directory.users.key_type))),
                ("readable", value(Sql::Expr(readable))),
                ("assignable", value(Sql::Expr(assignable))),
                ("given", value(Sql::Expr(given))),
                ("delegation", delegation::asked(functions)),
            ],
        );
        match &entity.owners {
            Owners::None => return Err(CompileError::Unresolved(entity.name.to_string())),
            Owners::Columns(columns) => {
                let all = columns.iter().enumerate().map(|(at, column)| {
                    let earlier: Vec<Value> = columns.iter().take(at).map(|column| value(Sql::ident(column))).collect();
                    json!({"name": value(Sql::ident(column)), "text": value(Sql::literal(column)), "earlier": earlier})
                });
                made.template = "assign_columns";
                made.values.insert("columns", all.collect());
                made.values.insert("first", optional(columns.first().map(Sql::ident)));
            }
            Owners::Table(join) => {
                made.values.insert("join", value(Sql::table(&join.table)));
                made.values.insert("left", value(Sql::ident(&join.left)));
                made.values.insert("right", value(Sql::ident(&join.right)));
            }
        }
        Ok(Made {
            function: changing(&name, ARGUMENTS.to_vec(), made),
            why: format!(
                "makes a user an owner of `{}` records that the one who asks may assign, all of them or none (J4, J5)",
                entity.name
            ),
            callers: Callers::Functions,
        })
    })
}

fn check_owner(functions: &mut Functions, entity: &Entity, columns: Vec<Value>) -> Result<(), CompileError> {
    functions.require(Need::CheckOwner(entity.name.clone()), |functions, name| {
        let assignable = record_condition(functions, entity, Action::Assign)?;
        let given = given(functions, entity)?;
        let kept = record_condition(functions, entity, Action::Update)?;
        let body = body(
            "check_owner",
            [
                ("entity", value(Sql::literal(&entity.name))),
                ("key", value(Sql::ident(&entity.key))),
                ("reader", value(Sql::literal(&functions.model.reader_role))),
                ("columns", columns.into()),
                ("assignable", value(Sql::Expr(assignable))),
                ("given", value(Sql::Expr(given))),
                ("kept", value(Sql::Expr(kept))),
            ],
        );
        // As whoever changes the record, so that it can tell who that is; stable, so that a statement's own changes decide nothing.
        let function = Function { security_definer: false, ..reading(&name, Vec::new(), Returns::Trigger, body) };
        Ok(Made { function, why: format!("checks a change of the owners of a `{}` record", entity.name), callers: Callers::Functions })
    })?;
    Ok(())
}

/// What the reader role is lent to change owners: exact privileges, and policies beside its own.
pub fn lending(model: &Model) -> Vec<Step> {
    let mut steps = Vec::new();
    for entity in model.entities.iter().filter(|entity| entity.assigned) {
        let (table, updates, inserts, why) = match &entity.owners {
            Owners::None => continue,
            Owners::Columns(columns) => (&entity.table, columns.clone(), Vec::new(), "the owner columns and no other"),
            Owners::Table(join) => (&join.table, Vec::new(), vec![join.left.clone(), join.right.clone()], "rows that say who owns what"),
        };
        let texts = |columns: Vec<crate::model::ColumnName>| Sql::Texts(columns.iter().map(ToString::to_string).collect());
        let arguments =
            vec![Sql::literal(&model.reader_role), Sql::literal(&table.schema), Sql::literal(&table.name), texts(updates), texts(inserts)];
        let why = vec![format!("{}: what `{}` records are assigned with, {why}", model.reader_role, entity.name)];
        steps.push(Step { why, statement: Statement::Call { function: Sql::state("lend"), arguments } });
    }
    steps
}

/// The policies that go with it, by table and name.
pub fn lent_policies(model: &Model) -> Vec<(TableName, String, Step)> {
    let mut all: Vec<(TableName, String, Step)> = Vec::new();
    for entity in model.entities.iter().filter(|entity| entity.assigned) {
        let (table, actions): (_, &[Action]) = match &entity.owners {
            Owners::None => continue,
            Owners::Columns(_) => (&entity.table, &[Action::Update]),
            Owners::Table(join) => (&join.table, &[Action::Create, Action::Delete]),
        };
        for action in actions {
            let why = format!("{}: crm_access.assign_record has checked what it does for `{}`", model.reader_role, entity.name);
            let (name, step) = lent_policy(model, table, *action, why);
            if !all.iter().any(|(there, known, _)| there == table && *known == name) {
                all.push((table.clone(), name, step));
            }
        }
    }
    all
}

/// The trigger on an entity's owner columns.
pub fn owner_trigger(entity: &Entity) -> Option<Step> {
    let Owners::Columns(columns) = &entity.owners else { return None };
    let statement = Statement::CreateChangeTrigger {
        name: Sql::ident(OWNER_TRIGGER),
        table: Sql::table(&entity.table),
        columns: columns.iter().map(Sql::ident).collect(),
        function: qualified(&Need::CheckOwner(entity.name.clone()).name()),
    };
    entity.assigned.then(|| Step { why: vec![format!("an UPDATE of the owners of `{}` takes the action assign", entity.name)], statement })
}
