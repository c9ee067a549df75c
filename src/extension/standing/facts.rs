//! What policies ask about who asks, whatever the record.
//!
//! Each fact is a SQL function of the schema crm_access. Its support function lets the planner put the answer into the plan; where it can't,
//! the function is called for each row and answers the same.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::memory::{self, present};
use crate::extension::guard::is_exporting;

/// A role with how personally it was given: 1 to the user alone, 4 to everyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub role: String,
    pub rank: i32,
}

/// The user who asks and what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Key of the user; `None` for nobody.
    pub user: Option<String>,
    pub roles: Vec<Held>,
    /// Names of restrictions; one that the configuration does not know is `*`, and counts as each of them.
    pub restrictions: Vec<String>,
    /// Kinds and keys of what they are, or are in.
    pub subjects: Vec<(String, String)>,
}

/// Stands for a restriction that nobody knows.
pub const UNKNOWN: &str = "*";

/// A question that is answered by a standing, a moment and what the session is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Whether the user has one of the roles.
    Granted(Vec<String>),
    /// Whether they have one of the first, and none of the second more personally.
    GrantedMostSpecific(Vec<String>, Vec<String>),
    /// Whether they have the restriction.
    Restricted(String),
    /// Whether they are in one of the subjects of a kind, from a moment until another.
    IsIn { kind: String, keys: Vec<String>, from: i64, until: i64 },
    /// Whether a COPY TO is running.
    Exporting,
    /// Always holds: noted where a plan gathers what is for the user who asks and for nobody else.
    Asked,
}

/// What the session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doing {
    /// When the client's statement began, in microseconds since 2000.
    began: i64,
    /// Whether a COPY TO is running.
    exporting: bool,
}

impl Doing {
    pub fn now() -> Doing {
        Doing { began: memory::now(), exporting: is_exporting() }
    }
}

impl Fact {
    /// The answer.
    pub fn holds(&self, standing: &Standing, doing: Doing) -> bool {
        let has = |names: &[String]| standing.roles.iter().any(|held| names.contains(&held.role));
        match self {
            Fact::Granted(roles) => has(roles),
            Fact::GrantedMostSpecific(roles, mentioned) => {
                let ranks = |names: &[String]| standing.roles.iter().filter(|held| names.contains(&held.role)).map(|held| held.rank).min();
                ranks(roles).is_some() && ranks(roles) == ranks(mentioned)
            }
            Fact::Restricted(name) => standing.restrictions.iter().any(|given| given == name || given == UNKNOWN),
            Fact::IsIn { kind, keys, from, until } => {
                let among = if kind == "role" {
                    has(keys)
                } else {
                    standing.subjects.iter().any(|(subject, key)| subject == kind && keys.contains(key))
                };
                *from <= doing.began && doing.began < *until && among
            }
            Fact::Exporting => doing.exporting,
            Fact::Asked => true,
        }
    }
}

fn answer(fact: &Fact) -> Result<bool, ErrorReport> {
    Ok(fact.holds(&*present()?, Doing::now()))
}

/// The names that are there; a null names nothing.
fn names(names: Vec<Option<String>>) -> Vec<String> {
    names.into_iter().flatten().collect()
}

/// Whether the user who asks has one of the roles.
#[pg_extern(stable, strict, parallel_safe, support = fold_fact, requires = [fold_fact])]
fn granted(roles: Vec<Option<String>>) -> Result<bool, ErrorReport> {
    answer(&Fact::Granted(names(roles)))
}

/// Whether the user who asks has one of the first roles, and none of the second more personally.
#[pg_extern(stable, strict, parallel_safe, support = fold_fact, requires = [fold_fact])]
fn granted_most_specific(roles: Vec<Option<String>>, mentioned: Vec<Option<String>>) -> Result<bool, ErrorReport> {
    answer(&Fact::GrantedMostSpecific(names(roles), names(mentioned)))
}

/// Whether the user who asks has the restriction.
#[pg_extern(stable, strict, parallel_safe, support = fold_fact, requires = [fold_fact])]
fn restricted(name: String) -> Result<bool, ErrorReport> {
    answer(&Fact::Restricted(name))
}

/// Whether the user who asks is in one of the subjects of a kind, or has one of some roles, from a moment until another.
#[pg_extern(stable, strict, parallel_safe, support = fold_fact, requires = [fold_fact])]
fn is_in(kind: String, keys: Vec<Option<String>>, from: &str, until: &str) -> Result<bool, ErrorReport> {
    let (from, until) = (memory::moment(from), memory::moment(until));
    answer(&Fact::IsIn { kind, keys: names(keys), from, until })
}

/// Whether a COPY TO is running in this session.
#[pg_extern(stable, parallel_safe, support = fold_fact, requires = [fold_fact])]
fn exporting() -> bool {
    is_exporting()
}

/// Key of the user who asks; null where nobody does, or where the user is unknown or not active.
#[pg_extern(stable, parallel_safe)]
fn user_key() -> Result<Option<String>, ErrorReport> {
    Ok(present()?.user.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(began: i64) -> Doing {
        Doing { began, exporting: false }
    }

    fn standing() -> Standing {
        let held = |role: &str, rank| Held { role: role.to_owned(), rank };
        Standing {
            user: Some("7".to_owned()),
            roles: vec![held("employee", 4), held("manager", 1)],
            restrictions: vec!["own_only".to_owned()],
            subjects: vec![("team".to_owned(), "3".to_owned())],
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_more_personal_goes_before_what_is_less() {
        let fact = |roles: &[&str]| Fact::GrantedMostSpecific(texts(roles), texts(&["employee", "manager"])).holds(&standing(), at(0));
        assert!(fact(&["manager"]) && !fact(&["employee"]) && !fact(&["nobody"]));
        assert!(!Fact::GrantedMostSpecific(texts(&["manager"]), texts(&["manager"])).holds(&Standing::default(), at(0)));
    }

    #[test]
    fn a_restriction_that_nobody_knows_is_every_restriction() {
        let mut standing = standing();
        let restricted = |standing: &Standing, name: &str| Fact::Restricted(name.to_owned()).holds(standing, at(0));
        assert!(restricted(&standing, "own_only") && !restricted(&standing, "other"));
        standing.restrictions.push(UNKNOWN.to_owned());
        assert!(restricted(&standing, "other"));
    }

    #[test]
    fn what_is_exported_is_told_by_what_runs() {
        let fact = |exporting| Fact::Exporting.holds(&standing(), Doing { began: 0, exporting });
        assert!(fact(true) && !fact(false));
    }

    #[test]
    fn a_period_begins_with_its_first_moment_and_ends_before_its_last() {
        let fact = |kind: &str, key: &str| Fact::IsIn { kind: kind.to_owned(), keys: texts(&[key]), from: 10, until: 20 };
        let holds = |now| fact("team", "3").holds(&standing(), at(now));
        assert!(!holds(9) && holds(10) && holds(19) && !holds(20));
        assert!(fact("role", "manager").holds(&standing(), at(15)) && !fact("team", "4").holds(&standing(), at(15)));
    }
}
