//! Users who are restricted in the file and lead something in the data (T10).

use crate::config::{Config, LeaderRule};
use crate::model::{Assigned, Directory, Model, RestrictionName, Subject, TableName};
use crate::render::{Plain, Quoting};
use crate::text::{Code, Diagnostics, Span, quoted};

use super::sql_name;

/// A query that tells which of the users, restricted by the file alone, lead something: a row of the user's key and of what it leads,
/// both text. `None` where nobody has to be asked about.
pub fn leader_question(model: &Model) -> Option<String> {
    let mut keys: Vec<&str> = doubtful(model).map(|(_, _, key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    let leading = leading(&model.directory);
    if keys.is_empty() || leading.is_empty() {
        return None;
    }
    let keys: Vec<String> = keys.into_iter().map(|key| Plain.literal(key)).collect();
    let parts = leading.into_iter().map(|(what, table, column)| {
        let (table, column) = (sql_name(table.schema.as_str(), &table.name), Plain.identifier(column));
        let what = Plain.literal(what);
        format!(
            "SELECT l.{column}::pg_catalog.text AS user_key, {what}::pg_catalog.text AS leads FROM {table} AS l \
             WHERE l.{column}::pg_catalog.text = ANY (ARRAY[{}]::pg_catalog.text[])",
            keys.join(", ")
        )
    });
    Some(format!("{}\nORDER BY 1, 2", parts.collect::<Vec<_>>().join("\nUNION\n")))
}

/// Reports what the question's rows say, at the places of the assignments.
pub fn leaders<'r>(config: &Config, model: &Model, rows: impl IntoIterator<Item = (&'r str, &'r str)>, diagnostics: &mut Diagnostics) {
    // The model keeps the restrictions of the list in the order of the file.
    let written: Vec<Option<Span>> = config
        .assignments
        .listed
        .iter()
        .filter(|listed| listed.restriction.is_some())
        .map(|listed| listed.user.as_ref().map(|key| key.span))
        .collect();
    for (key, leads) in rows {
        for (at, name, _, rule) in doubtful(model).filter(|(_, _, restricted, _)| *restricted == key) {
            let help = match rule {
                LeaderRule::Confirm => "write `confirmed: true` if that is meant (T10)",
                LeaderRule::Forbid => "give it to users who lead nothing (T10)",
            };
            diagnostics.error(
                Code::UnconfirmedLeader,
                written.get(at).copied().flatten(),
                format!("restriction {} is given to user {}, who leads a {leads}", quoted(name.as_str()), quoted(key)),
                help,
            );
        }
    }
}

/// Restrictions of single users that a leader may not have as they stand, with their place among all listed ones.
fn doubtful(model: &Model) -> impl Iterator<Item = (usize, &RestrictionName, &str, LeaderRule)> {
    model.assignments.restrictions.iter().enumerate().filter_map(|(at, Assigned { what, to, confirmed, .. })| {
        let rule = model.restrictions.iter().find(|restriction| restriction.name == *what)?.leaders?;
        match to {
            Subject::User(key) if rule == LeaderRule::Forbid || !confirmed => Some((at, what, key.as_str(), rule)),
            _ => None,
        }
    })
}

/// What can be led, with its table and the column that names the leader.
fn leading(directory: &Directory) -> Vec<(&'static str, &TableName, &str)> {
    let heads = directory.departments.iter().filter_map(|departments| Some(("department", &departments.table, departments.head.as_ref()?)));
    let leaders = directory.circles.iter().filter_map(|circle| Some((circle.kind.name(), &circle.table, circle.leader.as_ref()?)));
    heads.chain(leaders).map(|(what, table, column)| (what, table, column.as_str())).collect()
}
