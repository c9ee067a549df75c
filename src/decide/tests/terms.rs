use super::*;

/// Keys of the records that a user reads by one scope.
fn by(scope: &str, entity: &str, user: &str, rows: &str) -> Vec<i64> {
    by_links("any", scope, entity, user, rows)
}

fn by_links(links: &str, scope: &str, entity: &str, user: &str, rows: &str) -> Vec<i64> {
    let company = if entity == "company" { "" } else { "company: {read: [own, open], update: own}, " };
    let rest = format!(
        "roles: {{base: {{grants: {{{company}{entity}: {{read: {scope}}}}}}}}}\nassignments: {{listed: {{role: base, everyone: true}}}}\n"
    );
    case_with(links, &rest, rows).sees(user, entity)
}

const COMPANIES: &str = "company id=1 manager=1\ncompany id=2 second=1 creator=2\ncompany id=3 manager=2 second=3\ncompany id=4\n";

#[test]
fn own_counts_every_owner_and_null_owns_nothing() {
    assert_eq!(by("own", "company", "1", COMPANIES), [1, 2]);
    assert_eq!(by("unassigned", "company", "1", COMPANIES), [4]);
    assert_eq!(by("created", "company", "2", COMPANIES), [2]);
    assert_eq!(by("open", "company", "1", "company id=1 open=true\ncompany id=2 open=false\ncompany id=3\n"), [1]);
    assert_eq!(by("none", "company", "1", COMPANIES), [0; 0]);
    assert_eq!(by("all", "company", "1", COMPANIES), [1, 2, 3, 4]);
}

#[test]
fn a_join_table_gives_owners() {
    let rows = "contact id=1\ncontact id=2\ncontact id=3\ncontact_owners contact=1 user=1\ncontact_owners contact=2 user=2\n";
    assert_eq!(by("own", "contact", "1", rows), [1]);
    assert_eq!(by("unassigned", "contact", "1", rows), [3]);
    assert_eq!(by("[own, unassigned]", "contact", "2", rows), [2, 3]);
}

#[test]
fn teams_and_departments_are_those_of_the_record_or_of_its_owners() {
    let deals = "deal id=1 team=1 department=2\ndeal id=2 team=2 department=3\ndeal id=3 manager=4\n";
    assert_eq!(by("team", "deal", "3", deals), [1]);
    assert_eq!(by("team", "deal", "4", deals), [1]);
    assert_eq!(by("department", "deal", "4", deals), [1]);
    assert_eq!(by("department", "deal", "1", deals), [0; 0]);
    assert_eq!(by("department_tree", "deal", "1", deals), [1, 2]);
    assert_eq!(by("department_tree", "deal", "3", deals), [2]);
    let companies = "company id=1 manager=4\ncompany id=2 manager=3\ncompany id=3 manager=1\ncompany id=4\n";
    assert_eq!(by("team", "company", "3", companies), [1, 2]);
    assert_eq!(by("department", "company", "2", companies), [1]);
    assert_eq!(by("department_tree", "company", "2", companies), [1, 2]);
}

#[test]
fn departments_in_a_ring_end() {
    let ring = "departments id=10 parent=11\ndepartments id=11 parent=10\nusers id=10 active=true department=10\ndeal id=1 department=11\n";
    assert_eq!(by("department_tree", "deal", "10", ring), [1]);
}

/// Contact 1 is linked to a company of user 1, contact 2 to another's, contact 3 to both, contact 4 to none, contact 5 to one that is gone.
const CONTACTS: &str = "
company id=1 manager=1
company id=2 manager=2
contact id=1
contact id=2 creator=1
contact id=3
contact id=4 creator=1
contact id=5
links contact=1 company=1
links contact=2 company=2
links contact=3 company=1
links contact=3 company=2
links contact=5 company=9
";

#[test]
fn one_link_is_enough_or_all_must_qualify() {
    assert_eq!(by("parent(company)", "contact", "1", CONTACTS), [1, 3]);
    assert_eq!(by_links("all", "parent(company)", "contact", "1", CONTACTS), [1]);
    assert_eq!(by("own(company)", "contact", "1", CONTACTS), [1, 3]);
    assert_eq!(by_links("all", "own(company)", "contact", "1", CONTACTS), [1]);
    assert_eq!(by_links("all", "parent(company)", "contact", "1", &format!("{CONTACTS}links contact=1 company=9\n")), [0; 0]);
    assert_eq!(by_links("all", "parent(company)", "contact", "1", &format!("{CONTACTS}links contact=1\n")), [0; 0]);
}

#[test]
fn a_contact_without_company_is_its_creators() {
    assert_eq!(by("created and without(company)", "contact", "1", CONTACTS), [4]);
    assert_eq!(by("[parent(company), created and without(company)]", "contact", "1", CONTACTS), [1, 3, 4]);
}

#[test]
fn a_parent_that_may_be_changed_must_also_be_read() {
    let rows = "company id=1 manager=1\ncompany id=2 open=true\ndeal id=1 company=1\ndeal id=2 company=2\ndeal id=3\ndeal id=4 company=9\n";
    assert_eq!(by("parent(company)", "deal", "1", rows), [1, 2]);
    assert_eq!(by("'parent(company, update)'", "deal", "1", rows), [1]);
    assert_eq!(by("without(company)", "deal", "1", rows), [3]);
    assert_eq!(by("created(company)", "deal", "1", &rows.replace("open=true", "creator=1")), [2]);
}

#[test]
fn a_stage_has_scopes_of_its_own_and_a_null_stage_none() {
    let level = "{scopes: own, stages: {won: all, lost: none}}";
    let rows = "company id=1 stage=won\ncompany id=2 stage=lost manager=1\ncompany id=3 stage=new manager=1\ncompany id=4 manager=1\ncompany id=5 stage=new\n";
    assert_eq!(by(level, "company", "1", rows), [1, 3]);
}
