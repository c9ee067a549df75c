use super::*;
use crate::decide::{Outcome, Reads, assign, import, update};

const ROWS: &str = "company id=1 manager=1\ncompany id=2 manager=2 creator=1\ncompany id=3\nteam_members team_id=1 user_id=1\n";

fn asked(grants: &str, key: i64, to: Value) -> bool {
    let case = case(
        &format!("roles: {{base: {{grants: {{company: {grants}}}}}}}\nassignments: {{listed: {{role: base, everyone: true}}}}\n"),
        ROWS,
    );
    let company = case.model.entity(&name("company")).unwrap();
    let judge = Judge::new(&case.model, &case.world, Some("1"));
    assign(&judge, company, &[Value::Int(key)], &to, &Value::Null) != Outcome::Refused
}

#[test]
fn an_owner_is_changed_within_the_scopes_and_the_limit_of_one_grant() {
    let grants = "{read: all, assign: {scopes: own, to: team}}";
    // 3 is in the user's team and 4 leads it; 2 is in none, 5 is not active, 99 is nobody.
    let given: Vec<i64> = [1, 2, 3, 4, 5, 99].into_iter().filter(|to| asked(grants, 1, Value::Int(*to))).collect();
    assert_eq!(given, [1, 3, 4]);
    assert!(!asked(grants, 1, Value::Null) && !asked(grants, 2, Value::Int(1)) && !asked(grants, 9, Value::Int(1)));
    assert!(asked("{read: all, assign: own}", 1, Value::Null), "to nobody takes the widest limit");
    assert!(asked("{read: all, assign: unassigned}", 3, Value::Int(2)) && !asked("{read: all, assign: own}", 3, Value::Int(1)));
    assert!(!asked("{read: unassigned, assign: all}", 1, Value::Int(1)), "what is not read is not assigned");
    assert!(!asked("{read: all, update: all}", 1, Value::Int(1)), "nothing names the action");
}

#[test]
fn an_update_of_an_owner_takes_assign_and_sight_of_the_new_row() {
    let give = |row: &Row| {
        let mut row = row.clone();
        row.insert("manager".to_owned(), Value::Int(2));
        Some(row)
    };
    let update = |grants: &str, reads| {
        let case = case(
            &format!("roles: {{base: {{grants: {{company: {grants}}}}}}}\nassignments: {{listed: {{role: base, everyone: true}}}}\n"),
            "company id=1 manager=1\n",
        );
        let judge = Judge::new(&case.model, &case.world, Some("1"));
        update(&judge, case.model.entity(&name("company")).unwrap(), &give, Reads(reads))
    };
    assert_eq!(update("{read: all, update: all}", true), Outcome::Rows(vec![0]), "a part of update");
    assert_eq!(update("{read: all, update: all, assign: own}", true), Outcome::Rows(vec![0]));
    assert_eq!(update("{read: all, update: all, assign: none}", true), Outcome::Refused);
    assert_eq!(update("{read: all, update: all, assign: {scopes: own, to: me}}", true), Outcome::Refused);
    assert_eq!(update("{read: own, update: all, assign: all}", false), Outcome::Refused, "also where nothing is read");
    assert_eq!(update("{read: own, update: all}", false), Outcome::Rows(vec![0]));
}

#[test]
fn an_import_takes_import_and_create_for_each_record() {
    let rest = "roles: {base: {grants: {company: {create: own, import: created}}}}\nassignments: {listed: {role: base, everyone: true}}\n";
    let case = case(rest, "");
    let judge = Judge::new(&case.model, &case.world, Some("1"));
    let company = case.model.entity(&name("company")).unwrap();
    let both = row("id=1 manager=1 creator=1");
    assert_eq!(import(&judge, company, &[both.clone(), both.clone()]), Outcome::Rows(vec![0, 1]));
    for other in ["id=2 manager=1", "id=2 creator=1", "id=2"] {
        assert_eq!(import(&judge, company, &[both.clone(), row(other)]), Outcome::Refused, "{other}");
    }
}

#[test]
fn what_is_given_over_a_channel_counts_over_that_channel_alone() {
    let rest = "roles: {base: {grants: {company: all}}}\nassignments: {listed: [{role: base, channel: tracker}, {role: base, user: 2, channel: addin}]}\n";
    let head = HEAD.replace("entities:\n", "  channels: {tracker: crm_tracker, addin: [crm_addin, crm_other]}\nentities:\n");
    let source = Source::new("test.yaml", format!("{head}{rest}").replace("ANY_OR_ALL", "any"));
    let mut found = Diagnostics::new();
    let model = config::read(&source, &mut found).and_then(|config| resolve(&source, &config, &mut found)).unwrap();
    let mut world = case(&rest.replace("channel: tracker", "user: 1").replace(", channel: addin", ""), ROWS).world;
    let mut seen = |login: Option<&str>| {
        world.login = login.map(str::to_owned);
        ["1", "2"].map(|user| Judge::new(&model, &world, Some(user)).may(&model.entities[0], Action::Read, &row("id=1")).allowed)
    };
    assert_eq!(seen(Some("crm_tracker")), [true, true]);
    assert_eq!((seen(Some("crm_addin")), seen(Some("crm_other"))), ([false, true], [false, true]));
    assert_eq!((seen(Some("crm_backend")), seen(None)), ([false, false], [false, false]));
}
