//! The order of the statements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::functions::{Callers, Functions, Made, Need, body, qualified, reading, value};
use super::policies::{READER_POLICY, policies, reader_policy};
use super::scope::me_function;
use super::{
    CompileError, administration, assign, checks, columns, conflicts, delegation, directory, identity, key_type, permissions, shares,
    standing,
};
use crate::model::{DbRoleName, Entity, Link, Members, Model, Owners, Plans, TableName};
use crate::program::{Function, Program, RULES_SCHEMA, Record, RecordKind, Returns, STATE_SCHEMA, Sql, Statement, Step, Target, View};

/// Turns a model into statements for a target.
pub fn compile(model: &Model, target: Target) -> Result<Program, CompileError> {
    let mut functions = Functions::new(model, target);
    identity::identity(&mut functions)?;
    directory::subjects(&mut functions)?;
    checks::assignments(&mut functions)?;
    if target == Target::Extension {
        standing::standing(&mut functions)?;
    }
    checks::consistency(&mut functions)?;
    let mut protection = Vec::new();
    let mut records = Records::default();
    for entity in &model.entities {
        protection.extend(protect(model, entity));
        for (name, step) in policies(&mut functions, entity)? {
            if let Statement::CreatePolicy(policy) = &step.statement {
                records.add(RecordKind::Policy, entity.table.schema.as_str(), &entity.table.name, &name);
                let comment = Statement::CommentPolicy {
                    policy: policy.name.clone(),
                    table: policy.table.clone(),
                    comment: Sql::Literal(step.why.join("\n")),
                };
                protection.push(step);
                protection.push(Step { why: Vec::new(), statement: comment });
            }
        }
        permissions::can(&mut functions, entity)?;
        if let Some(step) = assign::owner_trigger(entity) {
            records.add(RecordKind::Trigger, entity.table.schema.as_str(), &entity.table.name, assign::OWNER_TRIGGER);
            protection.push(step);
        }
        let (steps, triggers) = columns::columns(&mut functions, entity)?;
        protection.extend(steps);
        for name in triggers {
            records.add(RecordKind::Trigger, entity.table.schema.as_str(), &entity.table.name, name);
        }
    }
    permissions::can_dispatch(&mut functions)?;
    permissions::permissions(&mut functions)?;
    columns::listing(&mut functions)?;
    administration::administration(&mut functions)?;
    conflicts::conflicts(&mut functions)?;
    entity_table(&mut functions)?;
    assign::assign(&mut functions)?;
    shares::sharing(&mut functions)?;
    delegation::delegation(&mut functions)?;
    for table in read_tables(model).iter().filter(|table| !model.entities.iter().any(|entity| entity.table == **table)) {
        records.add(RecordKind::Policy, table.schema.as_str(), &table.name, READER_POLICY);
        protection.push(reader_policy(
            model,
            table,
            format!("{}: should {table} ever have row security of its own, it hides no person or link from the rules", model.reader_role),
        ));
    }

    for (table, name, step) in assign::lent_policies(model) {
        records.add(RecordKind::Policy, table.schema.as_str(), &table.name, &name);
        protection.push(step);
    }

    let mut steps = Vec::new();
    if target == Target::Portable {
        steps.push(Step {
            why: vec!["tables and functions that are the same for every configuration".to_owned()],
            statement: Statement::State,
        });
        if model.identity.setting.as_ref().is_some_and(|setting| setting.signed) {
            steps.push(Step { why: vec!["signed identities".to_owned()], statement: Statement::Signing });
        }
        if plans_for_user(model, target) {
            steps.push(Step { why: vec!["plans for who asks".to_owned()], statement: Statement::Planning });
        }
    }
    let triggers = checks::triggers(model);
    let watched = if target == Target::Extension { standing::sources(model) } else { BTreeMap::new() };
    steps.push(lock(model, triggers.iter().map(|(table, _)| table).chain(watched.keys())));
    steps.push(call(Sql::state("ensure_reader"), vec![Sql::literal(&model.reader_role)], "the role that the helper functions run as"));
    steps.push(call(Sql::state("clear"), Vec::new(), "nothing of an earlier configuration stays"));
    let reader = || Sql::literal(&model.reader_role);
    steps.push(plain(Statement::Call { function: Sql::state("note_held"), arguments: vec![reader()] }));
    let check = vec![reader(), Sql::literal(&model.application_role)];
    steps.push(call(Sql::state("check_reader"), check, "nobody who asks is, or can become, the reader role"));
    steps.extend(columns::role(model));
    let asking = Sql::Texts(askers(model).into_iter().map(ToString::to_string).collect());
    let closed = vec![Sql::literal(STATE_SCHEMA), asking];
    steps.push(call(Sql::state("close"), closed, "what they may call and see of crm_access itself is only what is granted below"));
    steps.push(Step { why: vec!["helper functions".to_owned()], statement: Statement::CreateSchema { schema: Sql::ident(RULES_SCHEMA) } });
    steps.extend(reader_rights(model, target, &mut records));
    steps.extend(assign::lending(model));
    let mut rights = vec![call(
        Sql::state("close"),
        vec![Sql::literal(RULES_SCHEMA)],
        "default privileges of the database give nobody a helper function; what follows does",
    )];
    for (privilege, role) in [("USAGE", &model.reader_role), ("CREATE", &model.reader_role), ("USAGE", &model.application_role)] {
        rights.push(grant_schema(privilege, RULES_SCHEMA, role));
    }
    let (made, views) = functions.into_made();
    for made in made {
        function_steps(model, made, &mut steps, &mut rights);
    }
    for view in views {
        view_steps(model, view, &mut steps, &mut rights);
    }
    steps.extend(rights);
    steps.extend(api_rights(model, target, &mut records));
    steps.extend(protection);
    for (table, trigger) in triggers {
        if let Sql::Ident(name) = &trigger.name {
            records.add(RecordKind::Trigger, table.schema.as_str(), &table.name, name);
        }
        steps.push(Step {
            why: vec![format!("{table}: no forbidden combination of roles and restrictions")],
            statement: Statement::CreateTrigger(trigger),
        });
    }
    for (table, columns) in watched {
        let arguments = vec![Sql::literal(&table.schema), Sql::literal(&table.name), Sql::Texts(columns.into_iter().collect())];
        steps.push(call(Sql::state("watch"), arguments, &format!("{table}: what is remembered of who asks ends when it changes")));
    }
    if target == Target::Extension {
        steps.push(call(
            Sql::state("note_standing_change"),
            Vec::new(),
            "what is remembered was read by another configuration's functions",
        ));
    }
    steps.push(call(qualified("note_restricted"), Vec::new(), "the assignments there are must be allowed"));
    steps.push(plain(Statement::Call { function: qualified("assert_consistent"), arguments: Vec::new() }));
    describe(model, &mut records);
    steps.push(Step { why: vec!["what remove() takes back".to_owned()], statement: Statement::Record { records: records.0 } });
    Ok(Program { target, preamble: identity::ways(model, target), steps })
}

/// The database roles that ask, or say for whom others ask.
fn askers(model: &Model) -> BTreeSet<&DbRoleName> {
    let issuers = model.identity.setting.iter().flat_map(|setting| &setting.issuers);
    [&model.application_role].into_iter().chain(&model.identity.act_as).chain(issuers).collect()
}

/// Locks every table that gets a policy, a privilege or a trigger, before anything else changes. A privilege alone would be given without a lock,
/// and an ANALYZE that the server has begun by itself then waits for it, and the policy for the ANALYZE.
fn lock<'m>(model: &Model, with_triggers: impl Iterator<Item = &'m TableName>) -> Step {
    let mut changed = read_tables(model);
    changed.extend(with_triggers.cloned());
    let statement = Statement::LockTables { tables: changed.iter().map(Sql::table).collect() };
    Step { why: vec!["the tables that change; nobody reads them half protected".to_owned()], statement }
}

fn call(function: Sql, arguments: Vec<Sql>, why: &str) -> Step {
    Step { why: vec![why.to_owned()], statement: Statement::Call { function, arguments } }
}

fn plain(statement: Statement) -> Step {
    Step { why: Vec::new(), statement }
}

#[derive(Default)]
struct Records(Vec<Record>);

impl Records {
    fn add(&mut self, kind: RecordKind, schema: &str, relation: &str, name: &str) {
        self.0.push(Record {
            kind: Sql::literal(kind.name()),
            schema: Sql::literal(schema),
            relation: Sql::literal(relation),
            name: Sql::literal(name),
            before: None,
        });
    }

    fn add_execute(&mut self, signature: &str, role: &str) {
        self.0.push(Record {
            kind: Sql::literal(RecordKind::Grant.name()),
            schema: Sql::literal(STATE_SCHEMA),
            relation: Sql::literal(signature),
            name: Sql::literal(role),
            before: Some(Sql::literal(json!({ "function": signature }))),
        });
    }
}

/// Switches row security on, for the owner too.
fn protect(model: &Model, entity: &Entity) -> Vec<Step> {
    let table = Sql::table(&entity.table);
    vec![
        call(
            Sql::state("take_over"),
            vec![Sql::literal(&entity.table.schema), Sql::literal(&entity.table.name), Sql::literal(&model.application_role)],
            &format!("entity `{}`: what it was before, its partitions, and privileges that go round row security", entity.name),
        ),
        plain(Statement::EnableRowSecurity { table: table.clone() }),
        plain(Statement::ForceRowSecurity { table }),
    ]
}

/// Every table that the helper functions read.
fn read_tables(model: &Model) -> BTreeSet<TableName> {
    let mut tables = BTreeSet::new();
    let people = &model.directory;
    tables.insert(people.users.table.clone());
    if let Some(departments) = &people.departments {
        tables.insert(departments.table.clone());
        if let Members::Table(membership) = &departments.members {
            tables.insert(membership.table.clone());
        }
    }
    for circle in &people.circles {
        tables.insert(circle.table.clone());
        tables.insert(circle.members.table.clone());
    }
    for source in model.assignments.role_tables.iter().chain(&model.assignments.restriction_tables) {
        tables.insert(source.table.clone());
    }
    for entity in &model.entities {
        tables.insert(entity.table.clone());
        for people in [&entity.owners, &entity.observers] {
            if let Owners::Table(join) = people {
                tables.insert(join.table.clone());
            }
        }
        for parent in &entity.parents {
            if let Link::Table(join, _) = &parent.link {
                tables.insert(join.table.clone());
            }
        }
    }
    tables
}

fn reader_rights(model: &Model, target: Target, records: &mut Records) -> Vec<Step> {
    let reader = &model.reader_role;
    let mut steps = Vec::new();
    let tables = read_tables(model);
    let mut schemas: BTreeSet<&str> = tables.iter().map(|table| table.schema.as_str()).collect();
    schemas.insert(STATE_SCHEMA);
    for schema in schemas {
        steps.push(grant_schema("USAGE", schema, reader));
        records.add(RecordKind::Grant, schema, "", reader.as_str());
    }
    let mut grant = |privileges: &str, schema: &str, name: &str, table: Sql| {
        records.add(RecordKind::Grant, schema, name, reader.as_str());
        steps.push(plain(Statement::GrantTable { privileges: Sql::word(privileges), table, role: Sql::ident(reader) }));
    };
    for table in &tables {
        grant("SELECT", table.schema.as_str(), &table.name, Sql::table(table));
    }
    let handed_over = model.entities.iter().any(|entity| entity.assigned);
    if model.is_administered() || handed_over || model.delegation.is_some() {
        grant("INSERT", STATE_SCHEMA, "log", Sql::state("log"));
    }
    if model.is_administered() {
        grant("SELECT, INSERT, UPDATE, DELETE", STATE_SCHEMA, "assignment", Sql::state("assignment"));
        grant("SELECT", STATE_SCHEMA, "object", Sql::state("object"));
    } else if model.assignments.stored || target == Target::Extension {
        grant("SELECT", STATE_SCHEMA, "assignment", Sql::state("assignment"));
    }
    if model.delegation.is_some() {
        grant("SELECT, INSERT, DELETE", STATE_SCHEMA, "delegation", Sql::state("delegation"));
    } else if target == Target::Extension {
        grant("SELECT", STATE_SCHEMA, "delegation", Sql::state("delegation"));
    }
    if shares::used(model) {
        grant("SELECT, INSERT, UPDATE, DELETE", STATE_SCHEMA, "share", Sql::state("share"));
    }
    grant("SELECT, UPDATE", STATE_SCHEMA, "consistency", Sql::state("consistency"));
    grant("SELECT, INSERT, DELETE", STATE_SCHEMA, "restricted_user", Sql::state("restricted_user"));
    let signed = target == Target::Portable && model.identity.setting.as_ref().is_some_and(|setting| setting.signed);
    if signed {
        grant("SELECT", STATE_SCHEMA, "identity_key", Sql::state("identity_key"));
        steps.extend(grant_execute("keyed_hash", &["bytea", "bytea"], reader, records));
    }
    if plans_for_user(model, target) {
        // Its functions read views, which call it as whoever reads them.
        steps.extend(grant_execute("plans_for_user", &[], reader, records));
    }
    if target == Target::Extension {
        steps.extend(grant_execute("identity", &[], reader, records));
        steps.extend(grant_execute("user_key", &[], reader, records));
        steps.extend(grant_execute("is_watched", &["regclass"], reader, records));
        for (function, arguments) in asked(model) {
            steps.extend(grant_execute(function, arguments, reader, records));
        }
    }
    if model.is_administered() {
        for (function, arguments) in STORING {
            steps.extend(grant_execute(function, arguments, reader, records));
        }
    }
    steps
}

/// What policies of the extension ask about who asks, and what their plans do.
const FACTS: [(&str, &[&str]); 6] = [
    ("granted", &["text[]"]),
    ("granted_most_specific", &["text[]", "text[]"]),
    ("restricted", &["text"]),
    ("is_in", &["text", "text[]", "text", "text"]),
    ("in_scope", &["text", "anyelement", "text[]"]),
    ("scope_keys", &["text", "text[]", "anyelement"]),
];

fn asked(model: &Model) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    FACTS.into_iter().chain([(me_function(model), &[][..])])
}

/// What the reader role calls to store what a user of the application gives and takes.
const STORING: [(&str, &[&str]); 5] = [
    ("check_assignment", &["text", "text", "text", "text"]),
    ("subject_key", &["text", "text"]),
    ("assignment_detail", &["crm_access.assignment"]),
    ("store_assignment", &["text", "text", "text", "text", "text", "boolean", "boolean", "timestamptz", "timestamptz"]),
    ("drop_assignment", &["text", "text", "text", "text", "text"]),
];

/// What users of the application call to give and take roles and restrictions.
const ADMINISTERING: [(&str, &[&str]); 5] = [
    ("change_assignment", &["text", "text", "text", "text", "boolean", "boolean", "timestamptz", "timestamptz"]),
    ("assign", &["text", "text", "text", "boolean", "timestamptz", "timestamptz"]),
    ("revoke", &["text", "text", "text"]),
    ("restrict", &["text", "text", "text", "boolean", "boolean", "timestamptz", "timestamptz"]),
    ("unrestrict", &["text", "text", "text"]),
];

fn grant_schema(privilege: &str, schema: &str, role: &DbRoleName) -> Step {
    plain(Statement::GrantSchema { privilege: Sql::word(privilege), schema: Sql::ident(schema), role: Sql::ident(role) })
}

fn grant_execute(function: &str, arguments: &[&'static str], role: &DbRoleName, records: &mut Records) -> Vec<Step> {
    records.add_execute(&format!("{STATE_SCHEMA}.{function}({})", arguments.join(",")), role.as_str());
    vec![plain(Statement::GrantExecute {
        function: Sql::state(function),
        arguments: arguments.iter().map(|word| Sql::word(word)).collect(),
        role: Sql::ident(role),
    })]
}

/// What policies and views call where plans are made for who asks, and the application with each new user.
const PLANNING: [(&str, &[&str]); 3] = [("plans_for_user", &[]), ("as_planned", &["boolean"]), ("forget_plans", &[])];

fn plans_for_user(model: &Model, target: Target) -> bool {
    target == Target::Portable && model.plans == Plans::User
}

/// What the application and the backend may call in the schema crm_access.
fn api_rights(model: &Model, target: Target, records: &mut Records) -> Vec<Step> {
    let application = &model.application_role;
    let mut steps = vec![grant_schema("USAGE", STATE_SCHEMA, application)];
    records.add(RecordKind::Grant, STATE_SCHEMA, "", application.as_str());
    for key in ["text", "bigint", "integer", "uuid", "text[]", "bigint[]", "integer[]", "uuid[]"] {
        steps.extend(grant_execute("can", &["text", "text", key], application, records));
    }
    steps.extend(grant_execute("permissions", &[], application, records));
    steps.extend(grant_execute("columns", &[], application, records));
    steps.extend(grant_execute("current_user_key", &[], application, records));
    for key in ["text", "anynonarray", "anyarray"] {
        let arguments = ["text", key, "anycompatiblenonarray", "anycompatiblenonarray"];
        steps.extend(grant_execute("assign_record", &arguments, application, records));
    }
    steps.extend(grant_execute("import", &["text", "jsonb"], application, records));
    steps.extend(grant_execute("submit", &["text", "jsonb"], application, records));
    steps.extend(grant_execute("insert_records", &["regclass", "jsonb"], application, records));
    steps.extend(grant_execute("entity_table", &["text"], application, records));
    steps.extend(grant_execute("importing", &[], application, records));
    if model.is_administered() {
        for (function, arguments) in ADMINISTERING {
            steps.extend(grant_execute(function, arguments, application, records));
        }
    }
    if model.is_listed() {
        steps.extend(grant_execute("roles", &[], application, records));
        steps.extend(grant_execute("assignments", &["text"], application, records));
    }
    if shares::used(model) {
        for key in ["text", "anynonarray"] {
            let share = ["text", key, "text", "anycompatiblenonarray", "text", "timestamptz", "timestamptz", "text", "boolean"];
            steps.extend(grant_execute("share", &share, application, records));
            steps.extend(grant_execute("unshare", &["text", key, "text", "anycompatiblenonarray"], application, records));
        }
    }
    if model.delegation.is_some() {
        let key = "anycompatiblenonarray";
        steps.extend(grant_execute("delegate", &[key, "timestamptz", "timestamptz", "text", key], application, records));
        steps.extend(grant_execute("end_delegation", &["bigint"], application, records));
        steps.extend(grant_execute("delegations", &[], application, records));
        steps.extend(grant_execute("act_on_behalf_of", &[key], application, records));
        steps.extend(grant_execute("check_delegation", &[], application, records));
    }
    if model.entities.iter().any(Entity::is_guarded) {
        steps.extend(grant_execute("column_default", &["regclass", "text"], application, records));
    }
    if plans_for_user(model, target) {
        for (function, arguments) in PLANNING {
            steps.extend(grant_execute(function, arguments, application, records));
        }
    }
    if target == Target::Extension {
        steps.extend(grant_execute("exporting", &[], application, records));
        for (function, arguments) in asked(model) {
            steps.extend(grant_execute(function, arguments, application, records));
        }
    }
    let (callers, function, arguments): (&[DbRoleName], &str, Vec<&[&'static str]>) = match (target, &model.identity.setting) {
        (Target::Extension, _) => (&model.identity.act_as, "act_as", vec![&["text"], &["bigint"], &["integer"], &["uuid"]]),
        (Target::Portable, Some(setting)) if setting.signed => (&setting.issuers, "issue", vec![&["text", "integer"]]),
        (Target::Portable, _) => (&[], "issue", Vec::new()),
    };
    for role in callers {
        if role != application {
            steps.push(grant_schema("USAGE", STATE_SCHEMA, role));
            records.add(RecordKind::Grant, STATE_SCHEMA, "", role.as_str());
        }
        for arguments in &arguments {
            steps.extend(grant_execute(function, arguments, role, records));
        }
    }
    if let Some(first) = steps.first_mut() {
        first.why = vec!["what the application may call".to_owned()];
    }
    steps
}

/// A function, and apart from it its rights; the owner changes last, when it is complete.
fn function_steps(model: &Model, made: Made, steps: &mut Vec<Step>, rights: &mut Vec<Step>) {
    let Function { name, arguments, .. } = made.function.clone();
    steps.push(Step { why: vec![made.why], statement: Statement::CreateFunction(made.function) });
    steps.push(plain(Statement::RevokeExecute { function: name.clone(), arguments: arguments.clone() }));
    if made.callers == Callers::Application {
        let role = Sql::ident(&model.application_role);
        rights.push(plain(Statement::GrantExecute { function: name.clone(), arguments: arguments.clone(), role }));
    }
    let owner = Sql::ident(&model.reader_role);
    rights.push(plain(Statement::FunctionOwner { function: name.clone(), arguments: arguments.clone(), role: owner }));
    if made.callers == Callers::Applier {
        rights.push(plain(Statement::GrantExecute { function: name, arguments, role: Sql::word("CURRENT_USER") }));
    }
}

/// A view reads tables as the reader role, like the function of its name, and calls functions as whoever asks.
fn view_steps(model: &Model, view: View, steps: &mut Vec<Step>, rights: &mut Vec<Step>) {
    let name = view.name.clone();
    let role = Sql::ident(&model.application_role);
    rights.push(plain(Statement::GrantTable { privileges: Sql::word("SELECT"), table: name.clone(), role }));
    rights.push(plain(Statement::ViewOwner { view: name, role: Sql::ident(&model.reader_role) }));
    let why = "the same keys, planned with the statement that asks: for policies that grant".to_owned();
    steps.push(Step { why: vec![why], statement: Statement::CreateView(view) });
}

/// `entity_table(entity)`: where its records are.
fn entity_table(functions: &mut Functions) -> Result<(), CompileError> {
    let entities = functions.model.entities.iter().map(|entity| {
        json!({
            "name": value(Sql::literal(&entity.name)),
            "schema": value(Sql::literal(&entity.table.schema)),
            "table": value(Sql::literal(&entity.table.name)),
        })
    });
    let entities = entities.collect();
    functions.require(Need::Fixed("entity_table"), |_, name| {
        Ok(Made {
            function: reading(
                &name,
                vec![Sql::word("text")],
                Returns::One(Sql::word("regclass")),
                body("entity_table", [("entities", entities)]),
            ),
            why: "the table of an entity; null for an unknown one".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}

/// What `assign` and `restrict` accept.
fn describe(model: &Model, records: &mut Records) {
    for role in &model.roles {
        records.add(RecordKind::Role, "", "", role.name.as_str());
    }
    for restriction in &model.restrictions {
        records.add(RecordKind::Restriction, "", "", restriction.name.as_str());
    }
    records.add(RecordKind::Option, "reader_role", "", model.reader_role.as_str());
    if columns::shown(model) {
        records.add(RecordKind::Option, "columns_role", "", &columns::columns_role(model));
    }
    if model.assignments.stored {
        records.add(RecordKind::Option, "stored_assignments", "", "true");
    }
    for channel in &model.directory.channels {
        records.add(RecordKind::Option, "channel", "", &channel.name);
    }
    let channels = (!model.directory.channels.is_empty()).then_some(("channel", Sql::word("text")));
    // A subject with the type of its keys.
    let departments = model.directory.departments.iter().map(|departments| ("department", key_type(departments.key_type)));
    let circles = model.directory.circles.iter().map(|circle| (circle.kind.name(), key_type(circle.key_type)));
    let user = ("user", key_type(model.directory.users.key_type));
    for (subject, kind) in [user, ("everyone", Sql::word(""))].into_iter().chain(departments).chain(circles).chain(channels) {
        if let Sql::Word(kind) = kind {
            records.add(RecordKind::Option, "subject", &kind, subject);
        }
    }
}
