use super::*;
use crate::decide::{AsksFirst, Outcome, Reads, delete, insert, lock, merge_update, update, upsert};
use crate::model::Entity;

/// Reads own, creates anything, changes anything into anything, deletes nothing.
const ROLES: &str = "
roles: {base: {grants: {company: {read: own, create: all, update: all}}}}
assignments: {listed: {role: base, everyone: true}}
";

fn asked<T>(roles: &str, question: impl Fn(&Judge<'_>, &Entity) -> T) -> T {
    let case = case(roles, "company id=1 manager=1\ncompany id=2 manager=2\n");
    question(&Judge::new(&case.model, &case.world, Some("1")), case.model.entity(&name("company")).unwrap())
}

fn given_away(row: &Row) -> Option<Row> {
    let mut row = row.clone();
    row.insert("manager".to_owned(), Value::Int(2));
    Some(row)
}

#[test]
fn an_insert_that_returns_needs_to_read_the_new_row() {
    let new = [row("id=3 manager=2")];
    assert_eq!(asked(ROLES, |judge, company| insert(judge, company, &new, Reads(false))), Outcome::Rows(vec![0]));
    assert_eq!(asked(ROLES, |judge, company| insert(judge, company, &new, Reads(true))), Outcome::Refused);
}

#[test]
fn giving_a_record_away_is_refused_once_a_column_is_read() {
    assert_eq!(asked(ROLES, |judge, company| update(judge, company, &given_away, Reads(false))), Outcome::Rows(vec![0, 1]));
    assert_eq!(asked(ROLES, |judge, company| update(judge, company, &given_away, Reads(true))), Outcome::Refused);
    let same = |row: &Row| Some(row.clone());
    assert_eq!(asked(ROLES, |judge, company| update(judge, company, &same, Reads(true))), Outcome::Rows(vec![0]));
    assert_eq!(asked(ROLES, lock), [0]);
}

#[test]
fn a_delete_passes_over_what_may_not_be_removed() {
    assert_eq!(asked(ROLES, |judge, company| delete(judge, company, &|_| true, Reads(false))), Outcome::Rows(vec![]));
}

#[test]
fn merge_and_upsert_refuse_where_update_passes_over() {
    let roles = ROLES.replace("read: own", "read: all").replace("update: all", "update: own");
    let same = |row: &Row| Some(row.clone());
    assert_eq!(asked(&roles, |judge, company| update(judge, company, &same, Reads(true))), Outcome::Rows(vec![0]));
    assert_eq!(asked(&roles, |judge, company| merge_update(judge, company, &same)), Outcome::Refused);
    assert_eq!(asked(&roles, |judge, company| upsert(judge, company, &row("id=1"), &same, AsksFirst::Policy)), Outcome::Rows(vec![0]));
    assert_eq!(asked(&roles, |judge, company| upsert(judge, company, &row("id=2"), &same, AsksFirst::Policy)), Outcome::Refused);
    assert_eq!(asked(&roles, |judge, company| upsert(judge, company, &row("id=3"), &same, AsksFirst::Policy)), Outcome::Rows(vec![0]));
}
