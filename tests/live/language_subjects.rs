//! To whom a role or restriction is given, and what becomes of it when people move.

use crate::language::{DOCS, Parts};
use crate::rows::is_nobody;
use crate::support::{REFUSED, TARGETS, World, refused};

const EVERYBODY: [&str; 13] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "99"];

/// A listed subject, and a query for the users whom it reaches, active or not.
const SUBJECTS: [(&str, &str); 12] = [
    ("user: 4", "SELECT 4"),
    ("user: 11", "SELECT 11"),
    ("group: 1", "SELECT person FROM group_members WHERE grp = 1 UNION SELECT leader FROM groups WHERE id = 1"),
    ("group: 2", "SELECT person FROM group_members WHERE grp = 2"),
    ("workgroup: 1", "SELECT person FROM workgroup_members WHERE workgroup = 1"),
    ("team: 1", "SELECT person FROM team_members WHERE team = 1 UNION SELECT leader FROM teams WHERE id = 1"),
    ("team: 9", "SELECT 0"),
    ("department: 2", "SELECT id FROM users WHERE department = 2 UNION SELECT head FROM departments WHERE id = 2"),
    ("department: 1", "SELECT id FROM users WHERE department = 1 UNION SELECT head FROM departments WHERE id = 1"),
    (
        "department: 1, subdepartments: true",
        "SELECT id FROM users WHERE department IN (1, 2, 3, 4) UNION SELECT head FROM departments WHERE id IN (1, 2, 3, 4)",
    ),
    (
        "department: 2, subdepartments: true",
        "SELECT id FROM users WHERE department IN (2, 4) UNION SELECT head FROM departments WHERE id IN (2, 4)",
    ),
    ("everyone: true", "SELECT id FROM users"),
];

/// Who is reached sees all docs and does everything with them; nobody else does anything.
fn assert_reached(world: &mut World, subject: &str, reached: &str) {
    for user in EVERYBODY {
        let has = world.really(&format!("SELECT id FROM users WHERE active AND id = {user} AND id IN ({reached})")).len() == 1;
        println!("{subject} {user} {has}");
        let condition = if has { "true" } else { "false" };
        DOCS.assert_every(world, user, condition);
        DOCS.assert_insert(world, user, "id, first_owner", "900, 1", condition, condition);
    }
}

#[test]
fn b01_b03_a_role_reaches_its_subject_and_nobody_else() {
    for (subject, reached) in SUBJECTS {
        let rest = format!("roles: {{r: {{grants: {{doc: all}}}}}}\nassignments: {{listed: {{role: r, {subject}}}}}\n");
        for target in TARGETS {
            let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
            assert_reached(&mut world, subject, reached);
        }
    }
}

#[test]
fn b01_a_stored_role_reaches_its_subject_and_nobody_else() {
    let rest = "roles: {r: {grants: {doc: all}}}\nassignments: {stored: true}\n";
    for target in TARGETS {
        let mut world = Parts { rest, ..Parts::default() }.world(target);
        assert_reached(&mut world, "nobody", "SELECT 0");
        for (subject, reached) in SUBJECTS {
            let (kind, key) = subject.split_once(": ").unwrap();
            let (key, tree) = key.split_once(',').map_or((key, false), |(key, _)| (key, true));
            let key = if kind == "everyone" { "" } else { key };
            world.force(&format!("SELECT crm_access.assign('r', '{kind}', '{key}', {tree})"));
            assert_reached(&mut world, subject, reached);
            assert_eq!(world.really(&format!("SELECT crm_access.revoke('r', '{kind}', '{key}')")), ["t"]);
        }
        for call in [
            "assign('x', 'everyone')",
            "assign('r', 'planet', '1')",
            "assign('r', 'user')",
            "assign('r', 'everyone', '1')",
            "assign(NULL, 'user', '1')",
            "assign('r', NULL, '1')",
        ] {
            let error = world.admin.batch_execute(&format!("SELECT crm_access.{call}")).unwrap_err();
            assert!(matches!(error.code().unwrap().code(), "42704" | "22023"), "{call}: {error:?}");
        }
        refused(world.tries("1", "SELECT crm_access.assign('r', 'everyone')"), REFUSED);
        refused(world.tries("1", "INSERT INTO crm_access.assignment (kind, name, subject) VALUES ('role', 'r', 'everyone')"), REFUSED);
    }
}

#[test]
fn a_restriction_reaches_its_subject_and_those_who_have_a_role() {
    let having = "SELECT person FROM group_members WHERE grp = 1 UNION SELECT leader FROM groups WHERE id = 1 UNION SELECT 6";
    for (subject, reached) in SUBJECTS.into_iter().chain([("having_role: special", having), ("having_role: included", having)]) {
        let rest = format!(
            "roles:
  r: {{grants: {{doc: all, box: {{read: all}}, note: {{read: all}}}}}}
  special: {{includes: included}}
  included: {{grants: {{}}}}
restrictions: {{narrow: {{entities: {{doc: {{read: [own, open], delete: none, update: own}}, box: none}}, others: as_granted}}}}
assignments:
  listed:
    - {{role: r, everyone: true}}
    - {{role: special, group: 1}}
    - {{role: special, user: 6}}
    - {{restriction: narrow, {subject}}}
"
        );
        for target in TARGETS {
            let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
            for user in EVERYBODY {
                let active = user != "11" && user != "99";
                let has = world.really(&format!("SELECT 1 WHERE {user} IN ({reached})")).len() == 1;
                let own = format!("(coalesce({user} = t.first_owner, false) OR coalesce({user} = t.second_owner, false))");
                match (active, has) {
                    (false, _) => DOCS.assert_nothing(&mut world, user),
                    (true, false) => DOCS.assert_every(&mut world, user, "true"),
                    (true, true) => DOCS.assert_rights(&mut world, user, &format!("({own} OR t.shared IS TRUE)"), &own, "false"),
                }
                if is_nobody(&mut world, user) {
                    continue;
                }
                assert_eq!(world.count(user, "boxes"), if active && !has { 30 } else { 0 }, "{subject} {user}");
                assert_eq!(world.count(user, "notes"), if active { 90 } else { 0 }, "{subject} {user}");
            }
        }
    }
}

#[test]
fn a_restriction_hides_what_it_does_not_list_where_it_says_so() {
    let rest = "roles: {r: {grants: {\"*\": all}}}
restrictions: {narrow: {entities: {doc: own}, others: hidden}}
assignments: {listed: [{role: r, everyone: true}, {restriction: narrow, user: 3}]}
";
    for target in TARGETS {
        let mut world = Parts { rest, ..Parts::default() }.world(target);
        assert_eq!((world.count("3", "boxes"), world.count("3", "notes"), world.count("4", "boxes")), (0, 0, 30));
        assert_eq!(world.tries("3", "DELETE FROM notes"), Ok(0));
        refused(world.tries("3", "INSERT INTO notes (id) VALUES (900)"), REFUSED);
    }
}

#[test]
fn b04_who_joins_has_the_roles_at_once_and_who_leaves_has_them_no_more() {
    // Subject, what makes user 10 a member, what ends it.
    let cases = [
        ("group: 1", "INSERT INTO group_members VALUES (1, 10)", "DELETE FROM group_members WHERE person = 10"),
        ("group: 2", "UPDATE groups SET leader = 10 WHERE id = 2", "UPDATE groups SET leader = NULL WHERE id = 2"),
        ("workgroup: 1", "INSERT INTO workgroup_members VALUES (1, 10)", "UPDATE workgroup_members SET workgroup = 2 WHERE person = 10"),
        ("team: 2", "INSERT INTO team_members VALUES (2, 10)", "DELETE FROM team_members WHERE team = 2"),
        ("department: 3", "UPDATE users SET department = 3 WHERE id = 10", "UPDATE users SET department = NULL WHERE id = 10"),
        ("department: 3", "UPDATE departments SET head = 10 WHERE id = 3", "UPDATE departments SET head = 1 WHERE id = 3"),
        (
            "department: 5, subdepartments: true",
            "UPDATE departments SET parent = 5 WHERE id = 2; UPDATE users SET department = 4 WHERE id = 10",
            "UPDATE departments SET parent = 1 WHERE id = 2",
        ),
        ("user: 10", "UPDATE users SET active = true WHERE id = 10", "UPDATE users SET active = NULL WHERE id = 10"),
    ];
    for (subject, join, leave) in cases {
        let rest = format!("roles: {{r: {{grants: {{doc: all}}}}}}\nassignments: {{listed: {{role: r, {subject}}}}}\n");
        for target in TARGETS {
            let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
            if subject.starts_with("user") {
                world.own(leave).unwrap();
            }
            for _ in 0..2 {
                println!("{subject}");
                world.own("UPDATE users SET department = 5 WHERE id = 10 AND department = 3 OR department IS NULL AND id = 10").unwrap();
                if !subject.starts_with("department: 5") {
                    DOCS.assert_nothing(&mut world, "10");
                }
                world.own(join).unwrap();
                DOCS.assert_every(&mut world, "10", "true");
                world.own(leave).unwrap();
                if subject.starts_with("department: 5") {
                    DOCS.assert_nothing(&mut world, "10");
                }
            }
            DOCS.assert_nothing(&mut world, "10");
        }
    }
}

#[test]
fn a_tree_of_departments_that_runs_in_a_circle_ends() {
    let rest = "roles: {r: {grants: {doc: department_tree}}}\nassignments: {listed: {role: r, department: 1, subdepartments: true}}\n";
    for target in TARGETS {
        let mut world = Parts { rest, doc: "department: department", ..Parts::default() }.world(target);
        world.own("UPDATE departments SET parent = 4 WHERE id = 1").unwrap();
        DOCS.assert_every(&mut world, "4", "t.department IN (1, 2, 3, 4)");
        DOCS.assert_nothing(&mut world, "5");
    }
}

#[test]
fn t09_a_membership_without_a_user_does_not_stand_in_the_way_of_a_restriction_that_is_lifted() {
    let rest = "
roles: {all: {grants: {doc: {read: all}}}, chief: {}}
restrictions: {limited: {entities: {doc: none}, others: as_granted, not_for: chief, promotion: lift}}
assignments: {listed: [{role: all, everyone: true}, {restriction: limited, department: 1}]}
";
    let members = "{table: department_members, department: department, user: person}";
    for target in TARGETS {
        // Department 1 has user 1, and a row that names nobody.
        let mut world = Parts { members, rest, ..Parts::default() }.world(target);
        assert_eq!(world.count("1", "docs"), 0, "{}", target.name());
        assert_ne!(world.count("2", "docs"), 0, "{}", target.name());
        world.own("INSERT INTO department_members VALUES (1, 2), (1, NULL)").expect("a change of members");
        assert_eq!(world.count("2", "docs"), 0, "{}", target.name());
    }
}
