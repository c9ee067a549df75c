//! Every scope, by columns and through tables, for reads and writes.

use crate::language::{ACTIVE_USERS, BOXES, BY_COLUMN, DOCS, NOTES, Parts, only};
use crate::rows::Rows;
use crate::support::{TARGETS, World};

/// Departments of `$u`: a member's or head's, by the column of users.
const DEPARTMENTS: &str = "(SELECT department FROM users WHERE id = $u UNION SELECT id FROM departments WHERE head = $u)";
const TREE: &str =
    "(WITH RECURSIVE below(id) AS (SELECT department FROM users WHERE id = $u UNION SELECT id FROM departments WHERE head = $u
    UNION SELECT d.id FROM departments AS d JOIN below AS b ON d.parent = b.id) SELECT id FROM below)";
const TEAMS: &str = "(SELECT team FROM team_members WHERE person = $u UNION SELECT id FROM teams WHERE leader = $u)";

/// Users of departments or teams.
fn people_of(departments: &str) -> String {
    format!("(SELECT id FROM users WHERE department IN {departments} UNION SELECT head FROM departments WHERE id IN {departments})")
}

fn team_mates() -> String {
    format!(
        "(SELECT person FROM team_members WHERE team IN {TEAMS} UNION SELECT leader FROM teams WHERE id IN {TEAMS} AND leader IS NOT NULL)"
    )
}

fn doc_of(people: &str) -> String {
    format!("coalesce(t.first_owner IN {people}, false) OR coalesce(t.second_owner IN {people}, false)")
}

fn box_of(people: &str) -> String {
    format!("EXISTS (SELECT FROM box_owners AS o WHERE o.box = t.id AND o.person IN {people})")
}

/// Checks roles of one scope each for one entity: name of the role, scope, condition with `$u` for the user.
fn check(rows: &Rows, entity: &str, parts: Parts, cases: &[(&str, String)], sets: &[&str], inserts: (&str, &[&str])) {
    let mut roles = "roles:\n".to_owned();
    for (number, (scope, _)) in cases.iter().enumerate() {
        roles += &format!("  s{number}: {{grants: {{{entity}: {scope}}}}}\n");
    }
    let rest = format!("{roles}{BY_COLUMN}");
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts { members: parts.members, doc: parts.doc, note: parts.note, rest: "" } }.world(target);
        for (number, (scope, condition)) in cases.iter().enumerate() {
            for (turn, user) in ACTIVE_USERS.iter().enumerate().filter(|(turn, _)| (turn + number) % 2 == 0) {
                only(&mut world, user, &format!("s{number}"));
                let holds = format!("({})", condition.replace("$u", user));
                rows.assert_every(&mut world, user, &holds);
                if turn % 4 != number % 4 {
                    continue; // Moves and inserts are slow; every scope gets some users.
                }
                println!("{scope} {user}");
                for id in ["1", "8", "12"] {
                    for set in sets {
                        rows.assert_move(&mut world, user, id, &set.replace("$u", user), &holds, &holds);
                    }
                }
                for values in inserts.1 {
                    rows.assert_insert(&mut world, user, inserts.0, &values.replace("$u", user), &holds, &holds);
                }
            }
            // Not active, without role, unknown.
            only(&mut world, "11", &format!("s{number}"));
            for user in ["11", "1", "99"] {
                rows.assert_nothing(&mut world, user);
            }
        }
    }
}

const DOC_SETS: [&str; 9] = [
    "first_owner = $u",
    "first_owner = NULL, second_owner = $u",
    "first_owner = NULL, second_owner = NULL",
    "first_owner = 1 + ($u + 4) % 12",
    "author = 1 + $u % 12, first_owner = NULL, second_owner = NULL",
    "department = 4, team = 1",
    "department = NULL, team = NULL",
    "shared = NULL",
    "shared = true, stage = 'won'",
];
const DOC_COLUMNS: &str = "id, first_owner, second_owner, author, department, team, shared";
const DOC_VALUES: [&str; 8] = [
    "900, NULL, NULL, NULL, NULL, NULL, NULL",
    "900, $u, NULL, 1, 5, 3, false",
    "900, NULL, $u, NULL, 4, 1, true",
    "900, 3, 5, $u, 2, 2, NULL",
    "900, 12, 10, 12, 3, 1, false",
    "900, 2, NULL, NULL, 1, 2, false",
    "900, NULL, NULL, $u, NULL, 3, false",
    "900, 7, 8, 1, NULL, NULL, true",
];

fn plain() -> Vec<(&'static str, String)> {
    vec![
        ("all", "true".to_owned()),
        ("none", "false".to_owned()),
        ("own", doc_of("($u)")),
        ("created", "t.author = $u".to_owned()),
        ("unassigned", "t.first_owner IS NULL AND t.second_owner IS NULL".to_owned()),
        ("open", "t.shared IS TRUE".to_owned()),
        ("[own, open]", format!("({}) OR t.shared IS TRUE", doc_of("($u)"))),
        ("created and unassigned", "t.author = $u AND t.first_owner IS NULL AND t.second_owner IS NULL".to_owned()),
        (
            "[own and open, created and unassigned]",
            format!("(({}) AND t.shared IS TRUE) OR (t.author = $u AND t.first_owner IS NULL AND t.second_owner IS NULL)", doc_of("($u)")),
        ),
    ]
}

#[test]
fn a_scope_over_the_records_own_columns_gives_exactly_its_records() {
    check(&DOCS, "doc", Parts::default(), &plain(), &DOC_SETS, (DOC_COLUMNS, &DOC_VALUES));
}

#[test]
fn a_scope_by_team_or_department_takes_the_records_column_where_it_has_one() {
    let cases = [
        ("team", format!("coalesce(t.team IN {TEAMS}, false)")),
        ("department", format!("coalesce(t.department IN {DEPARTMENTS}, false)")),
        ("department_tree", format!("coalesce(t.department IN {TREE}, false)")),
        (
            "[team, own and department]",
            format!("coalesce(t.team IN {TEAMS}, false) OR (({}) AND coalesce(t.department IN {DEPARTMENTS}, false))", doc_of("($u)")),
        ),
    ];
    let parts = Parts { doc: "department: department\n    team: team", ..Parts::default() };
    check(&DOCS, "doc", parts, &cases, &DOC_SETS, (DOC_COLUMNS, &DOC_VALUES));
}

#[test]
fn a_scope_by_team_or_department_takes_the_owners_where_the_record_has_no_column() {
    let cases =
        [("team", doc_of(&team_mates())), ("department", doc_of(&people_of(DEPARTMENTS))), ("department_tree", doc_of(&people_of(TREE)))];
    check(&DOCS, "doc", Parts::default(), &cases, &DOC_SETS, (DOC_COLUMNS, &DOC_VALUES));
}

#[test]
fn a_scope_by_department_takes_a_table_of_memberships() {
    let members = "{table: department_members, department: department, user: person}";
    let departments = "(SELECT department FROM department_members WHERE person = $u UNION SELECT id FROM departments WHERE head = $u)";
    let tree = format!(
        "(WITH RECURSIVE below(id) AS (SELECT id FROM departments WHERE id IN {departments} UNION SELECT d.id FROM departments AS d JOIN below AS b ON d.parent = b.id) SELECT id FROM below)"
    );
    let people = |departments: &str| {
        doc_of(&format!(
            "(SELECT person FROM department_members WHERE department IN {departments} UNION SELECT head FROM departments WHERE id IN {departments})"
        ))
    };
    let cases = [("department", people(departments)), ("department_tree", people(&tree))];
    check(&DOCS, "doc", Parts { members, ..Parts::default() }, &cases, &DOC_SETS, (DOC_COLUMNS, &DOC_VALUES));
}

#[test]
fn a_scope_over_owners_in_a_join_table_gives_exactly_its_records() {
    let cases = [
        ("own", box_of("($u)")),
        ("unassigned", "NOT EXISTS (SELECT FROM box_owners AS o WHERE o.box = t.id)".to_owned()),
        ("created and unassigned", "t.author = $u AND NOT EXISTS (SELECT FROM box_owners AS o WHERE o.box = t.id)".to_owned()),
        ("team", box_of(&team_mates())),
        ("department", box_of(&people_of(DEPARTMENTS))),
        ("department_tree", box_of(&people_of(TREE))),
    ];
    let sets = ["author = $u", "author = NULL"];
    check(&BOXES, "box", Parts::default(), &cases, &sets, ("id, author", &["900, $u", "900, NULL", "900, 3"]));
}

#[test]
fn a_join_table_moves_its_records_at_once_in_both_directions() {
    let rest = format!("roles:\n  r: {{grants: {{box: [own, unassigned]}}}}\n{BY_COLUMN}");
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        world.force("UPDATE users SET role = 'r'; DELETE FROM box_owners");
        let sees = |world: &mut World| (world.count("1", "boxes"), world.count("2", "boxes"));
        assert_eq!(sees(&mut world), (30, 30));
        world.force("INSERT INTO box_owners VALUES (1, 1), (2, 2), (3, 1), (3, 2), (4, 5)");
        assert_eq!(sees(&mut world), (28, 28));
        world.force("UPDATE box_owners SET person = 2 WHERE box = 1");
        assert_eq!(sees(&mut world), (27, 29));
        world.force("DELETE FROM box_owners WHERE box IN (1, 4)");
        assert_eq!(sees(&mut world), (29, 30));
        // A row without a person is an owner nobody knows: the record is not unassigned, and nobody's.
        world.force("INSERT INTO box_owners VALUES (1, NULL)");
        assert_eq!(sees(&mut world), (28, 29));
    }
}

#[test]
fn a_scope_through_a_parents_column_asks_of_the_parent_what_it_says() {
    let own = doc_of("($u)");
    let doc = |condition: &str| format!("coalesce(t.doc IN (SELECT t.id FROM docs AS t WHERE {condition}), false)");
    let boxes = |condition: &str| format!("coalesce(t.box IN (SELECT t.id FROM boxes AS t WHERE {condition}), false)");
    let cases = [
        ("own(doc)", doc(&own)),
        ("created(doc)", doc("t.author = $u")),
        ("own(box)", boxes(&box_of("($u)"))),
        ("created(box)", boxes("t.author = $u")),
        ("without(doc)", "t.doc IS NULL".to_owned()),
        ("[own(doc) and without(box), created(box)]", format!("({} AND t.box IS NULL) OR {}", doc(&own), boxes("t.author = $u"))),
    ];
    let sets = ["doc = NULL", "doc = 5", "doc = 12, box = NULL", "box = 7", "doc = 999"];
    let values = ["900, NULL, NULL", "900, 1, NULL", "900, 2, 3", "900, NULL, 5", "900, 999, 999", "900, 11, NULL"];
    check(&NOTES, "note", Parts::default(), &cases, &sets, ("id, doc, box", &values));
}

#[test]
fn a_scope_through_a_link_table_asks_for_any_or_for_all_links() {
    let own = doc_of("($u)");
    for (links, parts) in [
        ("any", "parents: {doc: {table: note_docs, child: note, parent: doc}}"),
        ("all", "parents: {doc: {table: note_docs, child: note, parent: doc, links: all}}"),
    ] {
        let linked = |condition: &str| {
            let some = format!("EXISTS (SELECT FROM note_docs AS l JOIN docs AS t ON t.id = l.doc WHERE l.note = n.id AND ({condition}))");
            let every = format!(
                "EXISTS (SELECT FROM note_docs AS l WHERE l.note = n.id) AND NOT EXISTS (SELECT FROM note_docs AS l WHERE l.note = n.id
                AND (l.doc IN (SELECT t.id FROM docs AS t WHERE {condition})) IS NOT TRUE)"
            );
            format!("t.id IN (SELECT n.id FROM notes AS n WHERE {})", if links == "any" { some } else { every })
        };
        let cases = [
            ("own(doc)", linked(&own)),
            ("created(doc)", linked("t.author = $u")),
            ("without(doc)", "NOT EXISTS (SELECT FROM note_docs AS l WHERE l.note = t.id)".to_owned()),
            ("[own(doc), without(doc)]", format!("{} OR NOT EXISTS (SELECT FROM note_docs AS l WHERE l.note = t.id)", linked(&own))),
        ];
        let parts = Parts { note: parts, ..Parts::default() };
        check(&NOTES, "note", parts, &cases, &["title = 'x'"], ("id", &["900", "901"]));
    }
}

#[test]
fn a_child_asks_for_reading_or_for_updating_its_parent() {
    let rest = format!(
        "roles:
  reader: {{grants: {{doc: {{read: created, update: own}}, note: {{read: parent(doc), create: \"parent(doc, update)\", update: \"parent(doc, update)\", delete: \"parent(doc, update)\"}}}}}}
  writer: {{grants: {{doc: {{read: open, update: all}}, note: \"parent(doc, update)\"}}}}
  blind: {{grants: {{doc: {{update: all}}, note: \"parent(doc, update)\"}}}}
{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        for user in ACTIVE_USERS {
            let parent = |condition: &str| format!("coalesce(t.doc IN (SELECT t.id FROM docs AS t WHERE {condition}), false)");
            only(&mut world, user, "reader");
            let read = parent(&format!("t.author = {user}"));
            let update = parent(&format!("t.author = {user} AND ({})", doc_of(&format!("({user})"))));
            NOTES.assert_rights(&mut world, user, &read, &update, &update);
            for id in ["1", "2", "3", "6"] {
                for doc in ["NULL", "5", "7", "18", "30"] {
                    NOTES.assert_move(&mut world, user, id, &format!("doc = {doc}"), &read, &update);
                    NOTES.assert_insert(&mut world, user, "id, doc", &format!("900, {doc}"), &update, &read);
                }
            }
            only(&mut world, user, "writer");
            NOTES.assert_every(&mut world, user, &parent("t.shared IS TRUE"));
            // Who can't read the parent can't find it to update it.
            only(&mut world, user, "blind");
            NOTES.assert_nothing(&mut world, user);
        }
    }
}

#[test]
fn a_parent_that_is_gone_has_no_owner_whatever_its_join_table_says() {
    let rest = "roles: {all: {grants: {note: own(box)}}}\nassignments: {listed: {role: all, everyone: true}}\n";
    for target in TARGETS {
        let mut world = Parts { rest, ..Parts::default() }.world(target);
        let owned = "SELECT n.id FROM notes AS n JOIN box_owners AS o ON o.box = n.box WHERE o.person = 4";
        world.force("UPDATE notes SET box = 30 WHERE id <= 3; INSERT INTO box_owners VALUES (30, 4)");
        let before = world.sees("4", "SELECT id FROM notes");
        assert_eq!(before, world.really(owned), "{}", target.name());
        world.force("DELETE FROM boxes WHERE id = 30");
        assert!(before.contains(&"1".to_owned()) && world.really(owned).contains(&"1".to_owned()));
        let after = world.sees("4", "SELECT id FROM notes");
        assert_eq!(after, world.really(&format!("{owned} AND n.box <> 30")), "{}", target.name());
    }
}
