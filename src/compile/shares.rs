//! Functions over shares: single records that were opened to someone.

use serde_json::{Value, json};

use super::delegation;
use super::functions::{Callers, Functions, Made, Need, body, reading, value};
use super::{CompileError, key_type};
use crate::model::{Action, Entity, Model, Owners, Term};
use crate::program::{Function, Returns, Sql, Volatility};

/// Whether the configuration knows shares: some scope asks for them, or some role may make them.
pub fn used(model: &Model) -> bool {
    let levels = model.roles.iter().flat_map(|role| &role.grants);
    let makes = levels.clone().any(|grant| grant.action == Action::Share);
    let granted = levels.flat_map(|grant| grant.level.scopes.iter().chain(grant.level.stages.iter().flat_map(|stage| &stage.scopes)));
    let left = model.restrictions.iter().flat_map(|restriction| &restriction.levels).flat_map(|level| level.scopes.iter().flatten());
    let rules = model.sharing.iter().map(|rule| &rule.scope);
    makes || granted.chain(left).chain(rules).any(|scope| scope.terms.iter().any(|term| matches!(term, Term::Shared(_))))
}

/// Records of the entity that were shared with the user at one of some levels, and whose share still counts.
pub fn shared(functions: &mut Functions, entity: &Entity) -> Result<String, CompileError> {
    functions.require(Need::Shared(entity.name.clone()), |_, name| {
        let body = body(
            "shared",
            [("entity", value(Sql::literal(&entity.name))), ("type", value(key_type(entity.key_type))), ("record", record(entity))],
        );
        Ok(Made {
            function: reading(&name, vec![Sql::word("text[]")], Returns::Set(key_type(entity.key_type)), body),
            why: format!("keys of the `{}` records that were shared with the user at one of some levels", entity.name),
            callers: Callers::Application,
        })
    })
}

/// `share`, `unshare` and `shares`: what `crm_access` offers under these names.
pub fn sharing(functions: &mut Functions) -> Result<(), CompileError> {
    if !used(functions.model) {
        return Ok(());
    }
    let entities: Vec<Value> = functions
        .model
        .entities
        .iter()
        .map(
            |entity| json!({"name": value(Sql::literal(&entity.name)), "type": value(key_type(entity.key_type)), "record": record(entity)}),
        )
        .collect();
    let text = |count: usize| vec![Sql::word("text"); count];
    let mut share = text(5);
    share.extend([Sql::word("timestamptz"), Sql::word("timestamptz"), Sql::word("text"), Sql::word("boolean")]);
    for (name, arguments, returns, why) in [
        ("share", share, Returns::Void, "opens a record to a subject, for no more than the user may do"),
        ("unshare", text(4), Returns::One(Sql::word("boolean")), "takes a share back: its maker may, and who may share the record"),
    ] {
        functions.require(Need::Fixed(name), |functions, name| {
            let template = if name == "share" { "share" } else { "unshare" };
            let body = body(template, [("entities", entities.clone().into()), ("delegation", delegation::asked(functions))]);
            let function = Function { volatility: Volatility::Volatile, ..reading(&name, arguments, returns, body) };
            Ok(Made { function, why: why.to_owned(), callers: Callers::Application })
        })?;
    }
    Ok(())
}

/// A record's table and key, and who owns it: a share ends with a change of owner unless it says otherwise.
fn record(entity: &Entity) -> Value {
    let columns: Value = match &entity.owners {
        Owners::Columns(columns) => columns.iter().map(|column| value(Sql::ident(column))).collect(),
        _ => Value::Bool(false),
    };
    let join = match &entity.owners {
        Owners::Table(join) => json!({
            "table": value(Sql::table(&join.table)),
            "left": value(Sql::ident(&join.left)),
            "right": value(Sql::ident(&join.right)),
        }),
        _ => Value::Bool(false),
    };
    json!({"table": value(Sql::table(&entity.table)), "key": value(Sql::ident(&entity.key)), "columns": columns, "join": join})
}
