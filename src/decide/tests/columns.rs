use super::*;
use crate::decide::{AsksFirst, Outcome, Reads, insert, update, upsert};
use crate::model::ColumnName;

const ROLES: &str = "
roles:
  base: {grants: {company: {read: all, create: all, update: all}}}
  chief: {includes: base, grants: {}}
assignments: {listed: [{role: base, user: 1}, {role: chief, user: 2}]}
";

fn protecting(columns: &str) -> Case {
    let head = HEAD.replace("company: {owners", &format!("company: {{columns: {{{columns}}}, view: shown, owners"));
    case_of(&head.replace("ANY_OR_ALL", "any"), ROLES, "company id=1 margin=5 note=a\n")
}

#[test]
fn a_column_is_shown_to_holders_of_its_roles_and_of_those_that_include_them() {
    let case = protecting("margin: {read: chief}, note: {read: base}, stage: {read: []}");
    for (user, read) in [("1", [false, true, false, true]), ("2", [true, true, false, true]), ("3", [false, false, false, true])] {
        let judge = Judge::new(&case.model, &case.world, Some(user));
        let company = case.model.entity(&name("company")).unwrap();
        let may = ["margin", "note", "stage", "id"].map(|column| judge.may_read_column(company, &ColumnName::new(column).unwrap()));
        assert_eq!(may, read, "{user}");
        let shown = judge.shown(company, &row("id=1 margin=5 note=a"));
        assert_eq!(shown["margin"] == Value::Int(5), read[0]);
        assert_eq!(shown["id"], Value::Int(1));
    }
    let nobody = Judge::new(&case.model, &case.world, None);
    assert!(!nobody.may_read_column(case.model.entity(&name("company")).unwrap(), &ColumnName::new("note").unwrap()));
}

#[test]
fn a_change_of_a_column_is_one_of_its_value_and_a_new_record_begins_with_nulls() {
    let case = protecting("margin: {read: chief, change: chief}");
    let company = case.model.entity(&name("company")).unwrap();
    let set = |value: i64| {
        move |row: &Row| {
            let mut row = row.clone();
            row.insert("margin".to_owned(), Value::Int(value));
            Some(row)
        }
    };
    for (user, chief) in [("1", false), ("2", true)] {
        let judge = Judge::new(&case.model, &case.world, Some(user));
        let given = |rows: Vec<usize>| if chief { Outcome::Rows(rows) } else { Outcome::Refused };
        assert_eq!(update(&judge, company, &set(6), Reads(true)), given(vec![0]));
        assert_eq!(update(&judge, company, &set(5), Reads(true)), Outcome::Rows(vec![0]));
        assert_eq!(insert(&judge, company, &[row("id=2")], Reads(false)), Outcome::Rows(vec![0]));
        assert_eq!(insert(&judge, company, &[row("id=2 margin=1")], Reads(false)), given(vec![0]));
        assert_eq!(upsert(&judge, company, &row("id=1"), &set(6), AsksFirst::Policy), given(vec![0]));
        assert_eq!(upsert(&judge, company, &row("id=1 margin=1"), &set(5), AsksFirst::Policy), given(vec![0]));
    }
}
