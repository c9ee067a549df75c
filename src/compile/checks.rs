//! Functions that answer who has which role and restriction, and that refuse combinations which may not be (T9, T10, T12).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::CompileError;
use super::access::subject_keys;
use super::directory::{leader_columns, user_values};
use super::functions::{Callers, Functions, Made, Need, body, optional, qualified, reading, value};
use super::key_type;
use crate::model::{Assigned, Channel, LeaderRule, Members, Model, NameTable, Promotion, Restriction, Subject, TableName};
use crate::program::{Body, Function, Returns, Sql, Target, Trigger, Volatility};

/// Whose roles or restrictions a function gives.
#[derive(Clone, Copy, PartialEq)]
enum Whose {
    /// Every user's, over no channel.
    Everybody,
    /// A user's, over the channel in use.
    User,
    /// A user's, over the channel of a database role.
    UserOver,
}

/// Whether someone may change rights and has some over a channel alone, so that what a change does over other channels must be told as well.
pub fn asks_over_channels(model: &Model) -> bool {
    model.is_administered() && !model.directory.channels.is_empty()
}

/// `roles()`, `roles_of(user)`, `granted(...)`, `restrictions()`, `restrictions_of(user)`, `restricted(...)`.
pub fn assignments(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let key = key_type(model.directory.users.key_type);
    let text = || Sql::word("text");
    let over = asks_over_channels(model).then_some(Whose::UserOver);
    for whose in [Whose::Everybody, Whose::User].into_iter().chain(over) {
        let callers = Callers::Functions;
        let (arguments, roles, restrictions, why) = match whose {
            Whose::Everybody => (Vec::new(), "roles", "restrictions", "of every user"),
            Whose::User => (vec![key.clone()], "roles_of", "restrictions_of", "of a user"),
            Whose::UserOver => {
                (vec![key.clone(), text()], "roles_over", "restrictions_over", "of a user over the channel of a database role")
            }
        };
        let mut columns = vec![(Sql::ident("role"), text()), (Sql::ident("rank"), Sql::word("integer"))];
        let mut narrowing = vec![(Sql::ident("restriction"), text())];
        if whose == Whose::Everybody {
            columns.insert(0, (Sql::ident("user_key"), key.clone()));
            narrowing.insert(0, (Sql::ident("user_key"), key.clone()));
            narrowing.push((Sql::ident("confirmed"), Sql::word("boolean")));
        }
        functions.require(Need::Fixed(roles), |_, name| {
            Ok(Made {
                function: reading(
                    &name,
                    arguments.clone(),
                    Returns::Table(columns),
                    Body { template: "roles", values: role_values(model, whose) },
                ),
                why: format!("roles {why}; rank 1 where given to the user alone, 4 to everyone"),
                callers,
            })
        })?;
        functions.require(Need::Fixed(restrictions), |_, name| {
            let values = restriction_values(model, whose);
            // One column in TABLE (...) would be a set of that type; the template names it either way.
            Ok(Made {
                function: reading(&name, arguments, Returns::Table(narrowing), Body { template: "restrictions", values }),
                why: format!("restrictions {why}"),
                callers,
            })
        })?;
    }
    let texts = || Sql::word("text[]");
    let boolean = || Returns::One(Sql::word("boolean"));
    // The extension answers from what it knows of who asks.
    let extension = functions.target == Target::Extension;
    let native = || ("native", Value::Bool(extension));
    functions.require(Need::Fixed("granted"), |_, name| {
        Ok(Made {
            function: reading(&name, vec![texts()], boolean(), body("granted", [native()])),
            why: "whether the user has one of the roles".to_owned(),
            callers: Callers::Application,
        })
    })?;
    if !extension && model.conflict == crate::model::Conflict::MostSpecific {
        functions.require(Need::Fixed("granted_most_specific"), |_, name| {
            Ok(Made {
                function: reading(&name, vec![texts(), texts()], boolean(), body("granted_most_specific", [])),
                why: "whether the user has one of the first roles, and none of the second more personally".to_owned(),
                callers: Callers::Application,
            })
        })?;
    }
    // A restriction that nobody knows was meant to narrow something: it counts as all of them.
    let known = value(Sql::Texts(model.restrictions.iter().map(|restriction| restriction.name.to_string()).collect()));
    functions.require(Need::Fixed("restricted"), |_, name| {
        Ok(Made {
            function: reading(&name, vec![text()], boolean(), body("restricted", [("known", known), native()])),
            why: "whether the user has the restriction".to_owned(),
            callers: Callers::Application,
        })
    })?;
    Ok(())
}

fn subject_values<R: ToString>(model: &Model, assigned: &Assigned<R>) -> Value {
    let (subject, keys) = subject_keys(model, &assigned.to);
    json!({
        "name": value(Sql::literal(assigned.what.to_string())),
        "subject": value(Sql::literal(subject)),
        "key": value(Sql::literal(keys.concat())),
        "roles": value(Sql::Texts(keys)),
        "confirmed": assigned.confirmed,
        "from": optional(assigned.period.from.map(Sql::literal)),
        "until": optional(assigned.period.until.map(Sql::literal)),
        "channel": optional(assigned.channel.as_ref().and_then(|name| model.directory.channel(name)).map(logins)),
    })
}

/// The database roles of a channel.
fn logins(channel: &Channel) -> Sql {
    Sql::Texts(channel.roles.iter().map(ToString::to_string).collect())
}

fn channel_values(model: &Model) -> Value {
    let channels = &model.directory.channels;
    channels.iter().map(|channel| json!({"name": value(Sql::literal(&channel.name)), "roles": value(logins(channel))})).collect()
}

fn table_values(source: &NameTable) -> Value {
    json!({
        "table": value(Sql::table(&source.table)),
        "user": value(Sql::ident(&source.user)),
        "name": value(Sql::ident(&source.name)),
        "confirmed": optional(source.confirmed.as_ref().map(Sql::ident)),
        "from": optional(source.from.as_ref().map(Sql::ident)),
        "until": optional(source.until.as_ref().map(Sql::ident)),
    })
}

fn role_values(model: &Model, whose: Whose) -> std::collections::BTreeMap<&'static str, Value> {
    let given = &model.assignments;
    let mut values = user_values(&model.directory);
    values.insert("mine", Value::Bool(whose != Whose::Everybody));
    values.insert("over", Value::Bool(whose == Whose::UserOver));
    values.insert("stored", Value::Bool(given.stored));
    values.insert("channels", channel_values(model));
    values.insert("listed", given.roles.iter().map(|assigned| subject_values(model, assigned)).collect());
    values.insert("tables", given.role_tables.iter().map(table_values).collect());
    let flags =
        given.role_flags.iter().map(|flag| json!({"column": value(Sql::ident(&flag.column)), "name": value(Sql::literal(&flag.what))}));
    values.insert("flags", flags.collect());
    values
}

fn restriction_values(model: &Model, whose: Whose) -> std::collections::BTreeMap<&'static str, Value> {
    let given = &model.assignments;
    let mut values = user_values(&model.directory);
    values.insert("mine", Value::Bool(whose != Whose::Everybody));
    values.insert("over", Value::Bool(whose == Whose::UserOver));
    values.insert("stored", Value::Bool(given.stored));
    values.insert("channels", channel_values(model));
    let (holders, listed): (Vec<_>, Vec<_>) = given.restrictions.iter().partition(|assigned| matches!(assigned.to, Subject::HavingRole(_)));
    let all = |assigned: Vec<&Assigned<_>>| assigned.into_iter().map(|assigned| subject_values(model, assigned)).collect();
    values.insert("listed", all(listed));
    values.insert("holders", all(holders));
    values.insert("tables", given.restriction_tables.iter().map(table_values).collect());
    let flags = given.restriction_flags.iter().map(|flag| {
        json!({
            "column": value(Sql::ident(&flag.column)),
            "name": value(Sql::literal(&flag.what)),
            "confirmed": optional(flag.confirmed.as_ref().map(Sql::ident)),
        })
    });
    values.insert("flags", flags.collect());
    values
}

/// `violations()`, `assert_consistent()` and `check_consistent()`.
pub fn consistency(functions: &mut Functions) -> Result<(), CompileError> {
    let model = functions.model;
    let mut administrators = Vec::new();
    let mut leaders = Vec::new();
    let mut conflicts = Vec::new();
    for restriction in &model.restrictions {
        let name = value(Sql::literal(&restriction.name));
        if !restriction.not_for.is_empty() {
            let roles = model.roles_including(&restriction.not_for).iter().map(ToString::to_string).collect();
            let lift = restriction.promotion == Promotion::Lift;
            administrators.push(json!({"restriction": name, "roles": value(Sql::Texts(roles)), "lift": lift}));
        }
        if let Some(rule) = restriction.leaders {
            leaders.push(json!({"restriction": name, "confirm": rule == LeaderRule::Confirm}));
        }
        for other in restriction.conflicts_with.iter().filter(|other| restriction.name < **other) {
            conflicts.push(json!({"first": name, "second": value(Sql::literal(other))}));
        }
    }
    let leading = leader_columns(&model.directory);
    if leading.is_empty() {
        leaders.clear();
    }
    let values = [
        ("administrators", Value::from(administrators)),
        ("leaders", Value::from(leaders)),
        ("leading", Value::from(leading)),
        ("conflicts", Value::from(conflicts)),
        ("unknown", model.assignments.restriction_tables.iter().map(table_values).collect()),
        ("restrictions", value(Sql::Texts(model.restrictions.iter().map(|restriction| restriction.name.to_string()).collect()))),
    ];
    functions.require(Need::Fixed("violations"), |_, name| {
        let columns = ["user_key", "message", "hint"].map(|column| (Sql::ident(column), Sql::word("text"))).to_vec();
        let mut function = reading(&name, Vec::new(), Returns::Table(columns), body("violations", values));
        // It must see what the statement before it wrote.
        function.volatility = Volatility::Volatile;
        Ok(Made {
            function,
            why: "users with a combination of roles and restrictions that may not be (T9, T10, T12)".to_owned(),
            callers: Callers::Functions,
        })
    })?;
    let lifted: Vec<String> = liftable(model).map(|restriction| restriction.name.to_string()).collect();
    let lifted = optional((!lifted.is_empty()).then_some(Sql::Texts(lifted)));
    for (name, returns, values, why) in [
        ("note_restricted", Returns::Void, vec![("lifted", lifted)], "notes who has a restriction that a promotion lifts"),
        ("assert_consistent", Returns::Void, Vec::new(), "raises where there is a combination that may not be"),
        ("check_consistent", Returns::Trigger, Vec::new(), "the same, as a trigger"),
    ] {
        let body = Body { template: name, values: values.into_iter().collect() };
        functions.require(Need::Fixed(name), |_, name| {
            let function = Function { volatility: Volatility::Volatile, ..reading(&name, Vec::new(), returns, body) };
            Ok(Made { function, why: why.to_owned(), callers: Callers::Functions })
        })?;
    }
    Ok(())
}

/// Restrictions that a promotion lifts.
fn liftable(model: &Model) -> impl Iterator<Item = &Restriction> {
    model.restrictions.iter().filter(|restriction| restriction.promotion == Promotion::Lift && !restriction.not_for.is_empty())
}

/// Triggers on every table that a forbidden combination could come from; none where no combination is forbidden.
pub fn triggers(model: &Model) -> Vec<(TableName, Trigger)> {
    let ruled = model
        .restrictions
        .iter()
        .any(|restriction| !restriction.not_for.is_empty() || restriction.leaders.is_some() || !restriction.conflicts_with.is_empty());
    // A table with names of restrictions may hold one that nobody knows.
    let names = model.assignments.restriction_tables.iter().map(|source| (source.table.clone(), vec![source.name.to_string()]));
    let mut sources: BTreeMap<TableName, BTreeSet<String>> = BTreeMap::new();
    for (table, columns) in if ruled { combined(model) } else { names.collect() } {
        sources.entry(table).or_default().extend(columns);
    }
    // Who is no longer restricted matters only where restricting an administrator must be told from promoting someone restricted.
    let other = if liftable(model).next().is_some() { "INSERT OR DELETE" } else { "INSERT" };
    let mut triggers = Vec::new();
    for (table, columns) in sources {
        let trigger = |name: &str, event: &str, transition: bool, columns: BTreeSet<String>| Trigger {
            name: Sql::ident(name),
            event: Sql::word(event),
            table: Sql::table(&table),
            transition,
            columns: columns.into_iter().map(Sql::Literal).collect(),
            function: qualified("check_consistent"),
        };
        triggers.push((table.clone(), trigger("crm_access_consistent", other, false, BTreeSet::new())));
        triggers.push((table.clone(), trigger("crm_access_consistent_update", "UPDATE", !columns.is_empty(), columns)));
    }
    triggers
}

/// Tables that say who has which role and restriction and who leads, each with the columns that do; none for the whole row.
pub fn combined(model: &Model) -> Vec<(TableName, Vec<String>)> {
    let directory = &model.directory;
    let given = &model.assignments;
    let mut sources: Vec<(TableName, Vec<String>)> = Vec::new();
    let mut add = |table: &TableName, columns: Vec<String>| sources.push((table.clone(), columns));
    let mut of_users: Vec<String> = vec![directory.users.key.to_string()];
    of_users.extend(given.role_flags.iter().map(|flag| flag.column.to_string()));
    of_users.extend(
        given.restriction_flags.iter().flat_map(|flag| [Some(&flag.column), flag.confirmed.as_ref()]).flatten().map(ToString::to_string),
    );
    if let Some(departments) = &directory.departments {
        let mut columns = vec![departments.key.to_string()];
        columns.extend([&departments.head, &departments.parent].into_iter().flatten().map(ToString::to_string));
        add(&departments.table, columns);
        match &departments.members {
            Members::Column(column) => of_users.push(column.to_string()),
            Members::Table(membership) => add(&membership.table, vec![membership.of.to_string(), membership.user.to_string()]),
        }
    }
    for circle in &directory.circles {
        add(&circle.table, circle.leader.iter().chain([&circle.key]).map(ToString::to_string).collect());
        add(&circle.members.table, vec![circle.members.of.to_string(), circle.members.user.to_string()]);
    }
    for source in given.role_tables.iter().chain(&given.restriction_tables) {
        let mut columns = vec![source.user.to_string(), source.name.to_string()];
        // What begins later counts already; what has ended doesn't, until its end is put off.
        columns.extend(source.confirmed.iter().chain(&source.until).map(ToString::to_string));
        add(&source.table, columns);
    }
    add(&directory.users.table, of_users);
    if given.stored
        && let (Ok(schema), name) = (crate::model::SchemaName::new(crate::program::STATE_SCHEMA), "assignment")
        && let Ok(table) = TableName::new(schema, name)
    {
        add(&table, Vec::new());
    }
    sources
}
