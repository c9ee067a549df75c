use super::*;

const ROLES: &str = "
roles:
  admin: {grants: {'*': all}}
  employee: {grants: {company: {every: all}, contact: all, deal: {read: [parent(company), parent(contact)], update: all}}}
restrictions:
  limited:
    not_for: admin
    promotion: lift
    entities: {company: own, contact: [parent(company), created and without(company)], deal: [parent(company), parent(contact) and without(company)]}
    others: as_granted
  narrow: {entities: {company: {read: all, update: own, delete: none}}, others: hidden}
assignments:
  listed: {role: employee, everyone: true}
  flags: [{column: is_admin, role: admin}, {column: limited, restriction: limited}, {column: narrow, restriction: narrow}]
";

const ROWS: &str = "
users id=20 active=true limited=true narrow=false
users id=21 active=true limited=false narrow=false
users id=22 active=true narrow=false
users id=23 active=true is_admin=true limited=true narrow=false
users id=24 active=true limited=false narrow=true
users id=25 active=true limited=true narrow=true
company id=1 manager=20
company id=2 second=20
company id=3 manager=21
company id=4
contact id=1
contact id=2 creator=20
contact id=3 creator=20
links contact=1 company=1
links contact=2 company=3
deal id=1 manager=20 company=3
deal id=2 company=2
deal id=3 contact=3
deal id=4 contact=1
deal id=5 contact=3 company=3
";

#[test]
fn a_restricted_user_keeps_what_their_companies_hold() {
    let case = case(ROLES, ROWS);
    assert_eq!(case.sees("21", "company"), [1, 2, 3, 4]);
    assert_eq!(case.sees("20", "company"), [1, 2]);
    assert_eq!(case.sees("20", "contact"), [1, 3]);
    assert_eq!(case.sees("20", "deal"), [2, 3, 4]);
    let (allowed, why) = case.why(Some("20"), "company", Ask::Read(&row("id=4")));
    assert!(!allowed);
    assert!(why.contains("role `employee` grants read by scope 1") && why.contains("restriction `limited` refuses read"), "{why}");
}

#[test]
fn an_unknown_flag_restricts() {
    assert_eq!(case(ROLES, ROWS).sees("22", "company"), [0; 0]);
}

#[test]
fn a_promotion_lifts_where_the_restriction_says_so() {
    let lifted = case(ROLES, ROWS);
    assert_eq!(lifted.sees("23", "company"), [1, 2, 3, 4]);
    assert!(lifted.why(Some("23"), "company", Ask::Read(&row("id=4"))).1.contains("rests because of role `admin`"));
    assert_eq!(case(&ROLES.replace("lift", "refuse"), ROWS).sees("23", "company"), [0; 0]);
}

#[test]
fn restrictions_add_up_and_hide_what_they_do_not_list() {
    let case = case(ROLES, ROWS);
    assert_eq!(case.sees("24", "company"), [1, 2, 3, 4]);
    assert_eq!(case.sees("24", "contact"), [0; 0]);
    assert_eq!(case.may("24", Action::Delete, "company"), [0; 0]);
    assert_eq!(case.sees("25", "company"), [0; 0]);
}

#[test]
fn having_a_role_restricts_at_any_depth_of_inclusion() {
    let rest = "
roles: {intern: {grants: {company: {read: all}}}, trainee: {includes: intern}}
restrictions: {limited: {entities: {company: own}, others: as_granted}}
assignments: {listed: [{role: trainee, user: 1}, {restriction: limited, having_role: intern}]}
";
    assert_eq!(case(rest, "company id=1 manager=1\ncompany id=2\n").sees("1", "company"), [1]);
}

#[test]
fn an_update_is_judged_as_it_was_and_as_it_becomes() {
    let case = case(ROLES, ROWS);
    let (mine, theirs) = (row("id=1 manager=20"), row("id=1 manager=21"));
    assert!(case.why(Some("20"), "company", Ask::Update { before: &mine, after: &mine }).0);
    assert!(!case.why(Some("20"), "company", Ask::Update { before: &mine, after: &theirs }).0);
    assert!(!case.why(Some("20"), "company", Ask::Update { before: &theirs, after: &mine }).0);
    assert!(case.why(Some("20"), "company", Ask::Create(&mine)).0);
}

#[test]
fn a_restriction_that_nobody_knows_counts_as_every_one() {
    let roles =
        ROLES.replace("assignments:\n", "assignments:\n  tables: {table: user_restrictions, user: user, restriction: restriction}\n");
    for row in ["user=21 restriction=nothing", "user=21"] {
        let case = case(&roles, &format!("{ROWS}user_restrictions {row}\n"));
        assert_eq!(case.sees("21", "company"), [3], "{row}");
        assert_eq!(case.sees("21", "contact"), [0; 0], "{row}");
        let why = case.why(Some("21"), "contact", Ask::Read(&super::row("id=2"))).1;
        assert!(why.contains("restriction `narrow` refuses read (an unknown name, which counts as every restriction, table"), "{why}");
    }
    let case = case(&roles, &format!("{ROWS}user_restrictions user=21 restriction=limited\n"));
    assert_eq!(case.sees("21", "company"), [3]);
    assert_eq!(case.sees("21", "contact"), [2]);
}

#[test]
fn a_refusal_names_what_failed_in_every_scope_that_is_left() {
    let (_, why) = case(ROLES, ROWS).why(Some("20"), "contact", Ask::Read(&row("id=2")));
    assert!(
        why.contains(
            "restriction `limited` refuses read (column `limited`, to the user), `parent(company)` does not hold, `created` does not hold"
        ),
        "{why}"
    );
}

/// Users 20 to 23 with these flags; 22 leads a team. Restrictions a and b.
fn forbidden_in(rules: &str, rows: &str, noted: bool) -> Vec<String> {
    let rest = format!(
        "roles: {{admin: {{}}}}\nrestrictions:\n  a: {{entities: {{}}, others: hidden, {rules}}}\n  b: {{entities: {{}}, others: hidden}}\nassignments: {{flags: [{{column: boss, role: admin}}, {{column: has_a, restriction: a, confirmed: sure}}, {{column: has_b, restriction: b}}]}}\n"
    );
    let mut case = case(&rest, rows);
    let users = case.model.directory.users.table.clone();
    for row in case.world.tables.get_mut(&users).into_iter().flatten() {
        row.entry("has_a".to_owned()).or_insert(Value::Bool(false));
        row.entry("has_b".to_owned()).or_insert(Value::Bool(false));
    }
    if noted {
        case.world.noted.insert((crate::model::RestrictionName::new("a").unwrap(), "20".to_owned()));
    }
    crate::decide::forbidden(&case.model, &case.world).into_iter().map(|one| format!("{one:?}").replace("RestrictionName", "")).collect()
}

#[test]
fn t09_who_can_not_be_restricted_is_told_from_who_was_promoted() {
    let both = "users id=20 active=true boss=true has_a=true\nusers id=21 active=true has_a=true\n";
    assert_eq!(forbidden_in("not_for: admin", both, true), ["Exempt(\"20\", (\"a\"))"]);
    assert_eq!(forbidden_in("not_for: admin, promotion: lift", both, false), ["Exempt(\"20\", (\"a\"))"]);
    assert_eq!(forbidden_in("not_for: admin, promotion: lift", both, true), [""; 0]);
}

#[test]
fn t10_a_leader_is_restricted_only_as_the_rule_says() {
    let rows = |sure: &str| format!("users id=22 active=true has_a=true sure={sure}\nteams id=9 leader=22\n");
    assert_eq!(forbidden_in("leaders: forbid", &rows("true"), false), ["Leader(\"22\", (\"a\"))"]);
    assert_eq!(forbidden_in("leaders: confirm", &rows("null"), false), ["Leader(\"22\", (\"a\"))"]);
    assert_eq!(forbidden_in("leaders: confirm", &rows("true"), false), [""; 0]);
    assert_eq!(forbidden_in("description: free", &rows("null"), false), [""; 0]);
}

#[test]
fn t12_two_restrictions_that_exclude_each_other_are_named() {
    let rows = "users id=23 active=true has_a=true has_b=true\nusers id=24 active=true has_b=true\n";
    assert_eq!(forbidden_in("conflicts_with: b", rows, false), ["Both(\"23\", (\"a\"), (\"b\"))"]);
    assert_eq!(forbidden_in("description: free", rows, false), [""; 0]);
}

#[test]
fn can_asks_for_reading_first_and_without_a_record_for_roles_alone() {
    let rest = "
conflict: deny_wins
roles: {a: {grants: {company: {read: own, create: all, update: all, delete: {scopes: none, stages: {won: none}}}}}, b: {grants: {company: {delete: all}}}}
assignments: {listed: [{role: a, user: 1}, {role: b, user: 1}]}
";
    let case = case(rest, "company id=1 manager=1\ncompany id=2\n");
    let judge = Judge::new(&case.model, &case.world, Some("1"));
    let company = case.model.entity(&name("company")).unwrap();
    for action in [Action::Create, Action::Update] {
        assert!(judge.can(company, action, &row("id=1 manager=1")) && !judge.can(company, action, &row("id=2")));
        assert!(judge.can_some(company, action));
    }
    assert!(!judge.can_some(company, Action::Delete));
}
