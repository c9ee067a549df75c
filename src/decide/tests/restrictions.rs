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
