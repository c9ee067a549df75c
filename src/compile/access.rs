//! Grants and restrictions as conditions on a record.

use jiff::Timestamp;

use super::CompileError;
use super::directory::is_in;
use super::functions::Functions;
use super::scope::{any_scope, one_scope, owned_by_members};
use crate::model::{Action, Conflict, Entity, Model, Promotion, Restriction, RoleName, Scope, SharingRule, Subject};
use crate::program::{Argument, Call, Expr};

/// A condition that the roles give records by: who, at which stages, which records.
struct Arm<'m> {
    roles: Vec<RoleName>,
    stage: StageTest<'m>,
    scope: &'m Scope,
}

#[derive(Clone, PartialEq)]
enum StageTest<'m> {
    Any,
    Is(&'m str),
    /// None of these. A null stage is in no stage and fails.
    Other(Vec<&'m str>),
}

/// What the roles grant for one action on one entity.
pub struct Granted {
    /// Records that are granted; false where no role grants any.
    pub condition: Expr,
    /// Whether some record may be granted, whatever the record.
    pub any: Expr,
    /// For each arm, who and what, in words.
    pub why: Vec<String>,
}

/// What the roles grant (permissive side).
pub fn granted(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Granted, CompileError> {
    let model = functions.model;
    let mut arms: Vec<Arm> = Vec::new();
    let mut denied: Vec<(StageTest, Vec<RoleName>)> = Vec::new();
    let mut mentioned: Vec<RoleName> = Vec::new();
    // Whose holders are left no record at all where a denial wins.
    let mut denied_all: Vec<RoleName> = Vec::new();
    for role in &model.roles {
        for grant in role.grants.iter().filter(|grant| grant.entity == entity.name && grant.action == action) {
            let holders = model.roles_including(std::slice::from_ref(&role.name));
            extend(&mut mentioned, &holders);
            if grant.level.scopes.is_empty() && grant.level.stages.iter().all(|stage| stage.scopes.is_empty()) {
                extend(&mut denied_all, &holders);
            }
            let listed: Vec<&str> = grant.level.stages.iter().map(|stage| stage.stage.as_str()).collect();
            let rest = if listed.is_empty() { StageTest::Any } else { StageTest::Other(listed) };
            let by_stage = grant.level.stages.iter().map(|stage| (StageTest::Is(&stage.stage), &stage.scopes));
            for (stage, scopes) in by_stage.chain([(rest, &grant.level.scopes)]) {
                if scopes.is_empty() {
                    match denied.iter_mut().find(|(test, _)| *test == stage) {
                        Some((_, roles)) => extend(roles, &holders),
                        None => denied.push((stage.clone(), holders.clone())),
                    }
                }
                for scope in scopes {
                    match arms.iter_mut().find(|arm| arm.stage == stage && arm.scope == scope) {
                        Some(arm) => extend(&mut arm.roles, &holders),
                        None => arms.push(Arm { roles: holders.clone(), stage: stage.clone(), scope }),
                    }
                }
            }
        }
    }

    // Conditions that hold for every record go first: they are the cheapest and often decide.
    arms.sort_by_key(|arm| !(arm.stage == StageTest::Any && arm.scope.terms.is_empty() && arm.scope.predicate.is_none()));
    let mentioned = in_order(model, &mentioned);
    let mut conditions = Vec::new();
    let mut any = Vec::new();
    let mut why = Vec::new();
    for arm in &arms {
        let roles = in_order(model, &arm.roles);
        let holds = match model.conflict {
            Conflict::MostSpecific => Expr::Once(Call {
                function: "granted_most_specific".to_owned(),
                arguments: vec![Argument::Texts(texts(&roles)), Argument::Texts(texts(&mentioned))],
            }),
            Conflict::Union | Conflict::DenyWins => holds_role(&roles),
        };
        any.push(holds.clone());
        conditions.push(Expr::all([holds, stage_condition(entity, &arm.stage)?, one_scope(functions, entity, arm.scope)?]));
        why.push(format!("{}: {}{}", texts(&roles).join(", "), describe(arm.scope), describe_stage(&arm.stage)));
    }
    let mut condition = Expr::any(conditions);
    let mut any = Expr::any(any);
    if model.conflict == Conflict::DenyWins {
        if !denied_all.is_empty() {
            any = Expr::all([any, holds_role(&in_order(model, &denied_all)).negated()]);
        }
        let mut denials = Vec::new();
        for (stage, roles) in &denied {
            let roles = in_order(model, roles);
            denials.push(Expr::all([holds_role(&roles), stage_condition(entity, stage)?]).negated());
            why.push(format!("never {}{}", texts(&roles).join(", "), describe_stage(stage)));
        }
        condition = Expr::all([condition].into_iter().chain(denials));
    }
    // What is shared adds, whatever the roles say of each other.
    let mut opened = vec![condition];
    for rule in model.sharing.iter().filter(|rule| rule.opens(&entity.name, action)) {
        let (holds, records) = shared(functions, entity, rule)?;
        any = Expr::any([any, holds.clone()]);
        opened.push(Expr::all([holds, records]));
        let (kind, keys) = subject_keys(model, &rule.to);
        why.push(format!("shared with {kind} {}: {}", keys.join(", "), describe(&rule.scope)));
    }
    Ok(Granted { condition: Expr::any(opened), any, why })
}

/// Whether a sharing rule is for the user, and whether it is about the record.
fn shared(functions: &mut Functions, entity: &Entity, rule: &SharingRule) -> Result<(Expr, Expr), CompileError> {
    let side = |moment: Option<Timestamp>, open: &str| Argument::Text(moment.map_or(open.to_owned(), |moment| moment.to_string()));
    let (kind, keys) = subject_keys(functions.model, &rule.to);
    let during = [side(rule.period.from, "-infinity"), side(rule.period.until, "infinity")];
    let arguments = [Argument::Text(kind), Argument::Texts(keys)].into_iter().chain(during).collect();
    let holds = Expr::Once(Call { function: is_in(functions)?, arguments });
    let mut records = vec![one_scope(functions, entity, &rule.scope)?];
    if let Some(owner) = &rule.owned_by {
        records.push(owned_by_members(functions, entity, owner)?);
    }
    Ok((holds, Expr::all(records)))
}

/// A subject's kind, and the keys that stand for it there.
pub fn subject_keys(model: &Model, subject: &Subject) -> (String, Vec<String>) {
    let (kind, keys) = match subject {
        Subject::User(key) => ("user", vec![key.clone()]),
        Subject::Circle(kind, key) => (kind.name(), vec![key.clone()]),
        Subject::Department { key, subdepartments: true } => ("department_tree", vec![key.clone()]),
        Subject::Department { key, subdepartments: false } => ("department", vec![key.clone()]),
        Subject::HavingRole(role) => ("role", texts(&in_order(model, &model.roles_including(std::slice::from_ref(role))))),
        Subject::Everyone => ("everyone", vec![String::new()]),
    };
    (kind.to_owned(), keys)
}

/// What one restriction leaves of an entity for an action, or `None` where it leaves it as granted.
pub fn restriction_condition(
    functions: &mut Functions,
    entity: &Entity,
    action: Action,
    restriction: &Restriction,
) -> Result<Option<Expr>, CompileError> {
    let Some(level) = restriction.level(&entity.name) else {
        return Ok(None);
    };
    let remains = any_scope(functions, entity, level.scopes(action))?;
    Ok(Some(Expr::any([applies(functions.model, restriction).negated(), remains])))
}

/// Whether the restriction applies to the user who asks.
fn applies(model: &Model, restriction: &Restriction) -> Expr {
    let given = Expr::Once(Call::with("restricted", Argument::Text(restriction.name.to_string())));
    if restriction.promotion == Promotion::Lift && !restriction.not_for.is_empty() {
        let exempt = in_order(model, &model.roles_including(&restriction.not_for));
        Expr::all([given, holds_role(&exempt).negated()])
    } else {
        given
    }
}

/// Everything that must hold for a record and an action: granted and left by every restriction, and read where the action needs it.
pub fn record_condition(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Expr, CompileError> {
    let mut parts = Vec::new();
    if action.needs_read() {
        parts.push(record_condition(functions, entity, Action::Read)?);
    }
    parts.push(granted(functions, entity, action)?.condition);
    parts.push(restricted_condition(functions, entity, action)?);
    Ok(Expr::all(parts))
}

/// What all restrictions together leave of an entity for an action.
pub fn restricted_condition(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Expr, CompileError> {
    let model = functions.model;
    let mut parts = Vec::new();
    for restriction in &model.restrictions {
        parts.extend(restriction_condition(functions, entity, action, restriction)?);
    }
    Ok(Expr::all(parts))
}

/// Whether the user may do an action with some record, whatever the record.
pub fn any_condition(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Expr, CompileError> {
    let model = functions.model;
    let mut parts = Vec::new();
    if action.needs_read() {
        parts.push(any_condition(functions, entity, Action::Read)?);
    }
    parts.push(granted(functions, entity, action)?.any);
    for restriction in &model.restrictions {
        if restriction.level(&entity.name).is_some_and(|level| level.scopes(action).is_empty()) {
            parts.push(applies(model, restriction).negated());
        }
    }
    Ok(Expr::all(parts))
}

fn holds_role(roles: &[RoleName]) -> Expr {
    Expr::Once(Call::with("granted", Argument::Texts(texts(roles))))
}

fn stage_condition(entity: &Entity, stage: &StageTest) -> Result<Expr, CompileError> {
    if *stage == StageTest::Any {
        return Ok(Expr::Bool(true));
    }
    let column = entity.stage.as_ref().ok_or_else(|| CompileError::Unresolved(entity.name.to_string()))?;
    let column = Expr::Column(column.to_string());
    Ok(match stage {
        StageTest::Any => Expr::Bool(true),
        StageTest::Is(stage) => Expr::equal(column, Expr::Text((*stage).to_owned())),
        StageTest::Other(stages) => {
            Expr::InList(Box::new(column), stages.iter().map(|stage| Expr::Text((*stage).to_owned())).collect(), true)
        }
    })
}

/// A scope in the words of the configuration.
pub fn describe(scope: &Scope) -> String {
    let mut words: Vec<String> = scope.terms.iter().map(ToString::to_string).collect();
    if scope.predicate.is_some() {
        words.push("where ...".to_owned());
    }
    if words.is_empty() { "all".to_owned() } else { words.join(" and ") }
}

fn describe_stage(stage: &StageTest) -> String {
    match stage {
        StageTest::Any => String::new(),
        StageTest::Is(stage) => format!(" at stage {stage}"),
        StageTest::Other(stages) => format!(" at stages other than {}", stages.join(", ")),
    }
}

fn extend(roles: &mut Vec<RoleName>, more: &[RoleName]) {
    for role in more {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
}

/// The roles in the order of the file.
fn in_order(model: &Model, roles: &[RoleName]) -> Vec<RoleName> {
    model.roles.iter().map(|role| &role.name).filter(|name| roles.contains(name)).cloned().collect()
}

fn texts(roles: &[RoleName]) -> Vec<String> {
    roles.iter().map(ToString::to_string).collect()
}
