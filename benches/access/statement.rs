//! A query with its values: as text for the simple protocol, and with parameters for a prepared statement.

use std::cell::Cell;

use crate::user::User;

/// The values of a user's queries.
pub struct Values {
    pub user: User,
    /// A deal that the user sees, and one that the user does not see, or that is not there.
    pub visible: i64,
    pub hidden: i64,
    /// A company that the user sees.
    pub company: i64,
    pub inserted: i64,
    /// Keys that no insert has used yet, dead rows of the same key would be looked at again by the next one.
    next: Cell<i64>,
}

impl Values {
    pub fn new(user: User, visible: i64, hidden: i64, company: i64, inserted: i64) -> Values {
        Values { user, visible, hidden, company, inserted, next: Cell::new(1_000_000_000 * user.key()) }
    }

    fn value(&self, name: &str) -> Option<i64> {
        Some(match name {
            "me" => self.user.key(),
            "visible" => self.visible,
            "hidden" => self.hidden,
            "mine" => self.company,
            "inserted" => self.inserted,
            "base" => self.next.replace(self.next.get() + self.inserted),
            _ => return None,
        })
    }

    /// The text with every value in its place.
    pub fn text(&self, sql: &str) -> String {
        pieces(sql)
            .into_iter()
            .map(|(text, name)| {
                text.to_owned() + &name.and_then(|name| self.value(name)).map(|value| value.to_string()).unwrap_or_default()
            })
            .collect()
    }

    /// The parameters of the prepared text, for one execution.
    pub fn parameters(&self, sql: &str) -> Vec<i64> {
        names(sql).into_iter().filter_map(|name| self.value(name)).collect()
    }
}

/// The text with `$1`, `$2` and so on for the values.
pub fn prepared(sql: &str) -> String {
    let names = names(sql);
    let number = |name: &str| names.iter().position(|other| *other == name).map_or(0, |at| at + 1);
    pieces(sql).into_iter().map(|(text, name)| name.map_or(text.to_owned(), |name| format!("{text}${}::bigint", number(name)))).collect()
}

/// The values that a text asks for, each once.
fn names(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for name in pieces(sql).into_iter().filter_map(|(_, name)| name) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The text cut at its `{name}`s, with the name that follows each piece.
fn pieces(sql: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        found.push((before, Some(name)));
        rest = tail;
    }
    found.push((rest, None));
    found
}
