//! Policies of one entity.

use super::CompileError;
use super::access::{granted, restriction_condition};
use super::functions::Functions;
use super::planned::granting;
use crate::model::{Action, Entity, Model, Restriction, TableName};
use crate::program::{Call, Check, Expr, Policy, PolicyKind, Sql, Statement, Step, Target, joined_name};

/// Name of the policy that lets the reader role see a table.
pub const READER_POLICY: &str = "crm_access_reader";

/// Policies of an entity: the reader's, what the roles grant, what each restriction leaves, what may be exported of it.
pub fn policies(functions: &mut Functions, entity: &Entity) -> Result<Vec<(String, Step)>, CompileError> {
    let model = functions.model;
    let table = Sql::table(&entity.table);
    let mut steps = Vec::new();
    let why = format!("{}: the helper functions see every `{}` record", model.reader_role, entity.name);
    steps.push((READER_POLICY.to_owned(), reader_policy(model, &entity.table, why)));
    for action in Action::COMMANDS {
        let granted = granted(functions, entity, action)?;
        if granted.condition == Expr::Bool(false) {
            continue; // No policy, no record: the server's own default.
        }
        let mut why = vec![format!("who may {} which `{}` records", action.name(), entity.name)];
        why.extend(granted.why.into_iter().map(|line| format!("  {line}")));
        steps.push(step(
            joined_name(&["crm_access", action.name()]),
            &table,
            PolicyKind::Permissive,
            action,
            Sql::ident(&model.application_role),
            granting(functions, granted.condition)?,
            why,
        ));
    }
    for restriction in &model.restrictions {
        for action in Action::COMMANDS {
            let Some(condition) = restriction_condition(functions, entity, action, restriction)? else {
                continue;
            };
            if condition == Expr::Bool(true) {
                continue; // It leaves all of them.
            }
            let remains: Vec<String> = restriction
                .level(&entity.name)
                .map(|level| level.scopes(action).iter().map(ToString::to_string).collect())
                .unwrap_or_default();
            let remains = if remains.is_empty() { "none".to_owned() } else { remains.join(", ") };
            steps.push(step(
                joined_name(&["crm_access", restriction.name.as_str(), action.name()]),
                &table,
                PolicyKind::Restrictive,
                action,
                Sql::ident(&model.application_role),
                condition,
                vec![format!("restriction {} leaves of `{}` to {}: {remains}", restriction.name, entity.name, action.name())],
            ));
        }
    }
    if functions.target == Target::Extension {
        steps.extend(export_policy(functions, entity, &table)?);
    }
    steps.extend(import_policy(functions, entity, &table)?);
    Ok(steps)
}

/// What COPY ... TO leaves of the records that may be read. Without it, where no role may export any, the extension refuses the command.
fn export_policy(functions: &mut Functions, entity: &Entity, table: &Sql) -> Result<Option<(String, Step)>, CompileError> {
    let action = Action::Export;
    let granted = granted(functions, entity, action)?;
    if granted.condition == Expr::Bool(false) {
        return Ok(None);
    }
    let not_exporting = Expr::Not(Box::new(Expr::Fact(Call::plain("exporting"))));
    let mut parts = vec![granted.condition];
    for restriction in &functions.model.restrictions {
        let left = restriction_condition(functions, entity, action, restriction)?;
        // What it takes from reading can't be copied anyway.
        if left != restriction_condition(functions, entity, Action::Read, restriction)? {
            parts.extend(left);
        }
    }
    let exported = Expr::all(parts);
    let mut why = vec![format!("who may export which `{}` records, with COPY", entity.name)];
    why.extend(granted.why.into_iter().map(|line| format!("  {line}")));
    Ok(Some(step(
        joined_name(&["crm_access", action.name()]),
        table,
        PolicyKind::Restrictive,
        action,
        Sql::ident(&functions.model.application_role),
        Expr::any([not_exporting, exported]),
        why,
    )))
}

/// What `crm_access.import` may add of the records that may be created; any other INSERT passes. There is none where nothing is left to ask: who
/// may import no record at all is refused by the function, and what the policies for INSERT ask is asked by them.
fn import_policy(functions: &mut Functions, entity: &Entity, table: &Sql) -> Result<Option<(String, Step)>, CompileError> {
    let action = Action::Import;
    let created = granted(functions, entity, Action::Create)?.condition;
    let granted = granted(functions, entity, action)?;
    if granted.condition == Expr::Bool(false) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    if granted.condition != granted.any && granted.condition != created {
        parts.push(granted.condition);
    }
    let leaves_some = |restriction: &&Restriction| restriction.level(&entity.name).is_some_and(|level| !level.scopes(action).is_empty());
    for restriction in functions.model.restrictions.iter().filter(leaves_some) {
        let left = restriction_condition(functions, entity, action, restriction)?;
        if left != restriction_condition(functions, entity, Action::Create, restriction)? {
            parts.extend(left);
        }
    }
    let imported = Expr::all(parts);
    if imported == Expr::Bool(true) {
        return Ok(None);
    }
    let here = Expr::equal(Expr::State("importing".to_owned()), Expr::Text(entity.name.to_string()));
    let not_importing = Expr::IsTruth(Box::new(here), true, true);
    let mut why = vec![format!("who may import which `{}` records, with crm_access.import", entity.name)];
    why.extend(granted.why.into_iter().map(|line| format!("  {line}")));
    Ok(Some(step(
        joined_name(&["crm_access", action.name()]),
        table,
        PolicyKind::Restrictive,
        action,
        Sql::ident(&functions.model.application_role),
        Expr::any([not_importing, imported]),
        why,
    )))
}

/// Policies that let the reader role do what a function of its own has checked.
pub fn lent_policy(model: &Model, table: &TableName, action: Action, why: String) -> (String, Step) {
    let name = joined_name(&[READER_POLICY, action.name()]);
    step(name, &Sql::table(table), PolicyKind::Permissive, action, Sql::ident(&model.reader_role), Expr::Bool(true), vec![why])
}

/// The policy that lets the reader role see a table.
pub fn reader_policy(model: &Model, table: &TableName, why: String) -> Step {
    let role = Sql::ident(&model.reader_role);
    let (_, step) =
        step(READER_POLICY.to_owned(), &Sql::table(table), PolicyKind::Permissive, Action::Read, role, Expr::Bool(true), vec![why]);
    step
}

fn step(name: String, table: &Sql, permissive: PolicyKind, action: Action, role: Sql, condition: Expr, why: Vec<String>) -> (String, Step) {
    let condition = Sql::Expr(condition);
    let check = match action {
        Action::Read | Action::Delete | Action::Export | Action::Share => Check { using: Some(condition), with_check: None },
        Action::Create | Action::Import => Check { using: None, with_check: Some(condition) },
        Action::Update | Action::Assign => Check { using: Some(condition.clone()), with_check: Some(condition) },
    };
    let policy =
        Policy { name: Sql::Ident(name.clone()), table: table.clone(), permissive, command: Sql::word(action.command()), role, check };
    (name, Step { why, statement: Statement::CreatePolicy(policy) })
}
