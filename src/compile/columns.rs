//! Columns with rights of their own: what takes the reading of them away and shows them in a view, and the triggers that look at changes.
//!
//! Row security knows no columns. Reading is a matter of privileges, which know no user: so the application's role loses the privilege for
//! those columns, and a view, owned by a role that has it and that the same policies bind, shows them by the user's roles. A change is seen in
//! a row's old and new value, where an UPDATE that names the column and leaves it as it was is none.

use serde_json::{Map, Value, json};

use super::CompileError;
use super::access::{holds_role, in_order, texts};
use super::functions::{Callers, Functions, Made, Need, body, optional, qualified, reading, value};
use crate::model::{Entity, Model, ProtectedColumn, RoleName};
use crate::program::{Expr, Function, Returns, Sql, Statement, Step, joined_name};

/// Names of the triggers, each with whether it is for UPDATE. They fire after those of the application, and see what these made of a row.
pub const COLUMN_TRIGGERS: [(&str, bool); 2] = [("zz_crm_access_columns_insert", false), ("zz_crm_access_columns_update", true)];

/// The role that owns the views.
pub fn columns_role(model: &Model) -> String {
    joined_name(&[model.reader_role.as_str(), "columns"])
}

/// Whether some view is made.
pub fn shown(model: &Model) -> bool {
    model.entities.iter().any(|entity| entity.view.is_some())
}

/// The roles that may, and those that include one of them.
fn holders(model: &Model, roles: &[RoleName]) -> Vec<RoleName> {
    in_order(model, &model.roles_including(roles))
}

/// The role that owns the views, before anything else is made.
pub fn role(model: &Model) -> Option<Step> {
    let arguments = vec![Sql::literal(columns_role(model)), Sql::literal(&model.application_role)];
    let why = vec!["the role whose views show the columns that only some may read".to_owned()];
    shown(model).then(|| Step { why, statement: Statement::Call { function: Sql::state("ensure_columns_role"), arguments } })
}

/// What protects the columns of an entity, and the triggers among it.
pub fn columns(functions: &mut Functions, entity: &Entity) -> Result<(Vec<Step>, Vec<&'static str>), CompileError> {
    let model = functions.model;
    let mut steps = Vec::new();
    let mut triggers = Vec::new();
    let table = || vec![Sql::literal(&entity.table.schema), Sql::literal(&entity.table.name)];
    let hidden: Map<String, Value> = entity
        .columns
        .iter()
        .filter_map(|column| Some((column.name.to_string(), texts(&holders(model, column.read.as_ref()?)).into())))
        .collect();
    if !hidden.is_empty() {
        let mut arguments = table();
        arguments.extend([Sql::literal(&model.application_role), Sql::literal(columns_role(model)), Sql::literal(Value::Object(hidden))]);
        if let Some(view) = &entity.view {
            arguments.extend([Sql::literal(&view.schema), Sql::literal(&view.name)]);
        }
        let why = entity.columns.iter().filter_map(|column| Some(describe("read", column, column.read.as_ref()?)));
        let why = [format!("columns of `{}` that not everybody may read", entity.name)].into_iter().chain(why).collect();
        steps.push(Step { why, statement: Statement::Call { function: Sql::state("protect_columns"), arguments } });
    }
    let changed: Vec<&ProtectedColumn> = entity.columns.iter().filter(|column| column.change.is_some()).collect();
    if !changed.is_empty() {
        let function = check_columns(functions, entity, &changed)?;
        let mut arguments = table();
        arguments.push(Sql::Texts(changed.iter().map(|column| column.name.to_string()).collect()));
        let why = changed.iter().filter_map(|column| Some(describe("change", column, column.change.as_ref()?)));
        let why = [format!("columns of `{}` that not everybody may change", entity.name)].into_iter().chain(why).collect();
        steps.push(Step { why, statement: Statement::Call { function: Sql::state("check_changeable"), arguments } });
        for (name, update) in COLUMN_TRIGGERS {
            triggers.push(name);
            let statement = Statement::CreateColumnTrigger {
                name: Sql::ident(name),
                table: Sql::table(&entity.table),
                update,
                columns: changed.iter().map(|column| Sql::ident(&column.name)).collect(),
                function: qualified(&function),
            };
            steps.push(Step { why: Vec::new(), statement });
        }
    }
    Ok((steps, triggers))
}

fn describe(verb: &str, column: &ProtectedColumn, roles: &[RoleName]) -> String {
    let roles = if roles.is_empty() { "nobody".to_owned() } else { texts(roles).join(", ") };
    format!("  {} {verb}: {roles}", column.name)
}

fn check_columns(functions: &mut Functions, entity: &Entity, changed: &[&ProtectedColumn]) -> Result<String, CompileError> {
    functions.require(Need::CheckColumns(entity.name.clone()), |functions, name| {
        let model = functions.model;
        let columns = changed.iter().map(|column| {
            let roles = holders(model, column.change.as_deref().unwrap_or_default());
            let (holds, hint) = if roles.is_empty() {
                (Expr::Bool(false), "No role may.".to_owned())
            } else {
                let hint = format!("Roles that may: {}.", texts(&roles).join(", "));
                (holds_role(functions, &roles), hint)
            };
            json!({
                "name": value(Sql::ident(&column.name)),
                "text": value(Sql::literal(&column.name)),
                "holds": value(Sql::Expr(holds)),
                "hint": value(Sql::literal(hint)),
            })
        });
        let body = body(
            "check_columns",
            [
                ("entity", value(Sql::literal(&entity.name))),
                ("reader", value(Sql::literal(&model.reader_role))),
                ("columns", columns.collect()),
            ],
        );
        // As whoever changes the record, so that it can tell who that is; stable, so that a statement's own changes decide nothing.
        let function = Function { security_definer: false, ..reading(&name, Vec::new(), Returns::Trigger, body) };
        Ok(Made {
            function,
            why: format!("checks a change of protected columns of a `{}` record", entity.name),
            callers: Callers::Functions,
        })
    })
}

/// `columns()`: what the user may read and change of the columns with rights of their own.
pub fn listing(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let mut listed: Vec<Value> = Vec::new();
    for entity in &model.entities {
        for column in &entity.columns {
            let roles = |roles: &Option<Vec<RoleName>>| optional(roles.as_ref().map(|roles| Sql::Texts(texts(&holders(model, roles)))));
            listed.push(json!({
                "place": value(Sql::word(&(listed.len() + 1).to_string())),
                "entity": value(Sql::literal(&entity.name)),
                "name": value(Sql::literal(&column.name)),
                "read": roles(&column.read),
                "change": roles(&column.change),
                "view": optional(entity.view.as_ref().filter(|_| column.read.is_some()).map(Sql::literal)),
            }));
        }
    }
    if listed.is_empty() {
        return Ok(());
    }
    functions.require(Need::Fixed("columns"), |_, name| {
        let text = || Sql::word("text");
        let truth = || Sql::word("boolean");
        let returned = [("entity", text()), ("column_name", text()), ("can_read", truth()), ("can_change", truth()), ("shown_in", text())];
        let returned = returned.map(|(name, kind)| (Sql::ident(name), kind)).into();
        Ok(Made {
            function: reading(&name, Vec::new(), Returns::Table(returned), body("columns", [("columns", listed.into())])),
            why: "which columns with rights of their own the user may read and change".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}
