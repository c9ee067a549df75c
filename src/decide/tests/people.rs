use super::*;

const RECORDS: &str = "company id=1\n";

fn who_sees(assignments: &str) -> Vec<i64> {
    let rest = format!("roles: {{base: {{grants: {{company: {{read: all}}}}}}, above: {{includes: base}}}}\nassignments: {assignments}\n");
    let case = case(&rest, &format!("{RECORDS}user_roles user=2 role=above\nuser_roles user=3 role=other\nuser_roles user=3\n"));
    (1..=7).filter(|user| !case.sees(&user.to_string(), "company").is_empty()).collect()
}

#[test]
fn a_role_reaches_its_subject_and_who_is_not_active_has_none() {
    assert_eq!(who_sees("{listed: {role: base, user: 1}}"), [1]);
    assert_eq!(who_sees("{listed: {role: base, user: 5}}"), [0; 0]);
    assert_eq!(who_sees("{listed: {role: base, user: 6}}"), [0; 0]);
    assert_eq!(who_sees("{listed: {role: base, everyone: true}}"), [1, 2, 3, 4]);
    assert_eq!(who_sees("{listed: {role: base, group: 1}}"), [2]);
    assert_eq!(who_sees("{listed: {role: base, group: 2}}"), [0; 0]);
    assert_eq!(who_sees("{}"), [0; 0]);
}

#[test]
fn a_team_has_its_leader_and_a_department_its_head() {
    assert_eq!(who_sees("{listed: {role: base, team: 1}}"), [3, 4]);
    assert_eq!(who_sees("{listed: {role: base, department: 2}}"), [2, 4]);
    assert_eq!(who_sees("{listed: {role: base, department: 1}}"), [1]);
    assert_eq!(who_sees("{listed: {role: base, department: 1, subdepartments: true}}"), [1, 2, 3, 4]);
}

#[test]
fn a_table_gives_roles_by_name_and_a_role_what_it_includes() {
    assert_eq!(who_sees("{tables: {table: user_roles, user: user, role: role}}"), [2]);
    assert_eq!(who_sees("{listed: {role: above, user: 1}}"), [1]);
}

#[test]
fn a_flag_gives_a_role_where_it_is_true() {
    let rest = "roles: {base: {grants: {company: {read: all}}}}\nassignments: {flags: {column: boss, role: base}}\n";
    let rows = "company id=1\nusers id=10 active=true boss=true\nusers id=11 active=true boss=false\nusers id=12 active=true boss=null\n";
    let case = case(rest, rows);
    assert_eq!([case.sees("10", "company"), case.sees("11", "company"), case.sees("12", "company")], [vec![1], vec![], vec![]]);
}

#[test]
fn nobody_and_the_unknown_are_told_apart_in_the_reasons() {
    let case = case("roles: {base: {grants: {company: {read: own}}}}\nassignments: {listed: {role: base, everyone: true}}\n", RECORDS);
    let record = row("id=1");
    assert_eq!(case.why(None, "company", Ask::Read(&record)), (false, "nobody asks".to_owned()));
    assert_eq!(case.why(Some("99"), "company", Ask::Read(&record)).1, "the user is not known");
    assert_eq!(case.why(Some("5"), "company", Ask::Read(&record)).1, "the user is not active");
    assert_eq!(case.why(Some("1"), "company", Ask::Delete(&record)).1, "no role of the user lets them delete any `company`");
    assert_eq!(
        case.why(Some("1"), "company", Ask::Read(&record)).1,
        "role `base` is held (listed, to everyone); role `base` does not grant read by scope 1: `own` does not hold"
    );
}
