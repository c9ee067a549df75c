//! Grants and restrictions as conditions on a record.

use jiff::Timestamp;

use super::CompileError;
use super::directory::is_in;
use super::functions::Functions;
use super::scope::{any_scope, one_scope, owned_by_members};
use crate::model::{Action, Conflict, Entity, Level, Model, Owners, Promotion, Restriction, RoleName, Scope, SharingRule, Subject};
use crate::program::{Argument, Call, Expr, Target};

/// A condition that the roles give records by: who, at which stages, which records.
pub struct Arm<'m> {
    /// The roles that give it, and those that include them.
    pub roles: Vec<RoleName>,
    /// At which stages.
    pub stage: StageTest<'m>,
    /// Which records.
    pub scope: &'m Scope,
}

/// What an arm asks of the stage.
#[derive(Clone, PartialEq)]
pub enum StageTest<'m> {
    /// Nothing.
    Any,
    /// That it is this one.
    Is(&'m str),
    /// That it is none of these. A null stage is in no stage and fails.
    Other(Vec<&'m str>),
}

/// All that the roles say about one action on one entity.
pub struct Arms<'m> {
    /// What they give.
    pub arms: Vec<Arm<'m>>,
    /// Explicit `none`: at which stages, by which roles.
    pub denied: Vec<(StageTest<'m>, Vec<RoleName>)>,
    /// Those whose holders are left no record at all where a denial wins.
    pub denied_all: Vec<RoleName>,
    /// Every role that says something.
    pub mentioned: Vec<RoleName>,
}

/// What the roles say about one action on one entity.
pub fn arms<'m>(model: &'m Model, entity: &Entity, action: Action) -> Arms<'m> {
    let mut arms: Vec<Arm> = Vec::new();
    let mut denied: Vec<(StageTest, Vec<RoleName>)> = Vec::new();
    let mut mentioned: Vec<RoleName> = Vec::new();
    let mut denied_all: Vec<RoleName> = Vec::new();
    for role in &model.roles {
        for grant in role.grants.iter().filter(|grant| grant.entity == entity.name && grant.action == action) {
            let holders = model.roles_including(std::slice::from_ref(&role.name));
            extend(&mut mentioned, &holders);
            if by_stage(&grant.level).all(|(_, scopes)| scopes.is_empty()) {
                extend(&mut denied_all, &holders);
            }
            for (stage, scopes) in by_stage(&grant.level) {
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
    for roles in arms.iter_mut().map(|arm| &mut arm.roles).chain(denied.iter_mut().map(|(_, roles)| roles)) {
        *roles = in_order(model, roles);
    }
    Arms { arms, denied, denied_all: in_order(model, &denied_all), mentioned: in_order(model, &mentioned) }
}

/// The scopes of a level with the stages they are for, those of all other stages last.
pub fn by_stage(level: &Level) -> impl Iterator<Item = (StageTest<'_>, &[Scope])> {
    let listed: Vec<&str> = level.stages.iter().map(|stage| stage.stage.as_str()).collect();
    let rest = if listed.is_empty() { StageTest::Any } else { StageTest::Other(listed) };
    let by_stage = level.stages.iter().map(|stage| (StageTest::Is(&stage.stage), stage.scopes.as_slice()));
    by_stage.chain([(rest, level.scopes.as_slice())])
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
    let said = arms(model, entity, action);
    let mentioned = texts(&said.mentioned);
    let mut conditions = Vec::new();
    let mut any = Vec::new();
    let mut why = Vec::new();
    for arm in &said.arms {
        let roles = &arm.roles;
        let holds = match model.conflict {
            Conflict::MostSpecific => {
                let arguments = vec![Argument::Texts(texts(roles)), Argument::Texts(mentioned.clone())];
                fact(functions, Call { function: "granted_most_specific".to_owned(), arguments })
            }
            Conflict::Union | Conflict::DenyWins => holds_role(functions, roles),
        };
        any.push(holds.clone());
        conditions.push(Expr::all([holds, stage_condition(entity, &arm.stage)?, one_scope(functions, entity, arm.scope)?]));
        why.push(format!("{}: {}{}", texts(roles).join(", "), arm.scope, describe_stage(&arm.stage)));
    }
    let mut condition = Expr::any(conditions);
    let mut any = Expr::any(any);
    if model.conflict == Conflict::DenyWins {
        if !said.denied_all.is_empty() {
            any = Expr::all([any, holds_role(functions, &said.denied_all).negated()]);
        }
        let mut denials = Vec::new();
        for (stage, roles) in &said.denied {
            denials.push(Expr::all([holds_role(functions, roles), stage_condition(entity, stage)?]).negated());
            why.push(format!("never {}{}", texts(roles).join(", "), describe_stage(stage)));
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
        why.push(format!("shared with {kind} {}: {}", keys.join(", "), rule.scope));
    }
    Ok(Granted { condition: Expr::any(opened), any, why })
}

/// Whether a sharing rule is for the user, and whether it is about the record.
pub fn shared(functions: &mut Functions, entity: &Entity, rule: &SharingRule) -> Result<(Expr, Expr), CompileError> {
    let side = |moment: Option<Timestamp>, open: &str| Argument::Text(moment.map_or(open.to_owned(), |moment| moment.to_string()));
    let (kind, keys) = subject_keys(functions.model, &rule.to);
    let during = [side(rule.period.from, "-infinity"), side(rule.period.until, "infinity")];
    let arguments = [Argument::Text(kind), Argument::Texts(keys)].into_iter().chain(during).collect();
    let function = match functions.target {
        Target::Extension => "is_in".to_owned(),
        Target::Portable => is_in(functions)?,
    };
    let holds = fact(functions, Call { function, arguments });
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
    Ok(Some(Expr::any([applies(functions, restriction).negated(), remains])))
}

/// Whether the restriction applies to the user who asks.
fn applies(functions: &Functions, restriction: &Restriction) -> Expr {
    let given = fact(functions, Call::with("restricted", Argument::Text(restriction.name.to_string())));
    let lifting = lifting_roles(functions.model, restriction);
    if lifting.is_empty() { given } else { Expr::all([given, holds_role(functions, &lifting).negated()]) }
}

/// Roles under which the restriction rests.
pub fn lifting_roles(model: &Model, restriction: &Restriction) -> Vec<RoleName> {
    match restriction.promotion {
        Promotion::Lift => in_order(model, &model.roles_including(&restriction.not_for)),
        Promotion::Refuse => Vec::new(),
    }
}

/// Everything that must hold for a record and an action: granted and left by every restriction, and so for what the action presupposes.
pub fn record_condition(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Expr, CompileError> {
    let Some(action) = in_effect(entity, action) else { return Ok(Expr::Bool(false)) };
    let mut parts = Vec::new();
    if let Some(first) = action.presupposes() {
        parts.push(record_condition(functions, entity, first)?);
    }
    parts.push(granted(functions, entity, action)?.condition);
    parts.push(restricted_condition(functions, entity, action)?);
    Ok(Expr::all(parts))
}

/// What all restrictions together leave of an entity for an action.
fn restricted_condition(functions: &mut Functions, entity: &Entity, action: Action) -> Result<Expr, CompileError> {
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
    let Some(action) = in_effect(entity, action) else { return Ok(Expr::Bool(false)) };
    let mut parts = Vec::new();
    if let Some(first) = action.presupposes() {
        parts.push(any_condition(functions, entity, first)?);
    }
    parts.push(granted(functions, entity, action)?.any);
    for restriction in &model.restrictions {
        if restriction.level(&entity.name).is_some_and(|level| level.scopes(action).is_empty()) {
            parts.push(applies(functions, restriction).negated());
        }
    }
    Ok(Expr::all(parts))
}

/// The action whose grants decide: changing an owner is a part of updating where nothing names it, and nothing where there are no owners.
pub fn in_effect(entity: &Entity, action: Action) -> Option<Action> {
    match (&entity.owners, action) {
        (Owners::None, Action::Assign) => None,
        (_, Action::Assign) if !entity.assigned => Some(Action::Update),
        _ => Some(action),
    }
}

/// Whether the user has one of the roles.
pub fn holds_role(functions: &Functions, roles: &[RoleName]) -> Expr {
    fact(functions, Call::with("granted", Argument::Texts(texts(roles))))
}

/// A fact about who asks: the extension's planner knows it, elsewhere it is asked once a statement.
fn fact(functions: &Functions, call: Call) -> Expr {
    match functions.target {
        Target::Extension => Expr::Fact(call),
        Target::Portable => Expr::Once(call),
    }
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

/// The stages of an arm in words, to follow its scope.
pub fn describe_stage(stage: &StageTest) -> String {
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
pub fn in_order(model: &Model, roles: &[RoleName]) -> Vec<RoleName> {
    model.roles.iter().map(|role| &role.name).filter(|name| roles.contains(name)).cloned().collect()
}

pub fn texts(roles: &[RoleName]) -> Vec<String> {
    roles.iter().map(ToString::to_string).collect()
}
