//! Organization defaults, sharing rules, and records that are read because of what belongs to them.

use crate::language::{ACTIVE_USERS, BOXES, BY_COLUMN, DOCS, Parts, only};
use crate::rows::Rows;
use crate::support::{TARGETS, World, applier, apply_as};
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};

fn world(target: Target, doc: &str, note: &str, rest: &str) -> World {
    Parts { doc, note, rest, ..Parts::default() }.world(target)
}

const GROUP: &str = "(SELECT person FROM group_members WHERE grp = 1 UNION SELECT leader FROM groups WHERE id = 1)";
const TEAM: &str = "(SELECT person FROM team_members WHERE team = 1 UNION SELECT leader FROM teams WHERE id = 1)";

#[test]
fn the_organization_default_opens_records_to_every_active_user() {
    for (default, update) in [("public_read", "false"), ("public_read_write", "true")] {
        for target in TARGETS {
            let rest = "roles:\n  s: {grants: {doc: {delete: own}}}\nrestrictions:\n  r: {entities: {doc: own}, others: as_granted}\n\
                assignments: {listed: [{restriction: r, user: 3}, {role: s, user: 3}, {role: s, user: 4}], stored: true}\n";
            let mut world = world(target, &format!("default: {default}"), "parents: {doc: doc, box: box}", rest);
            DOCS.assert_rights(&mut world, "1", "true", update, "false");
            let own = |user: &str| format!("coalesce(t.first_owner = {user}, false) OR coalesce(t.second_owner = {user}, false)");
            DOCS.assert_rights(&mut world, "4", "true", update, &own("4"));
            // A restriction narrows it, and who is not active or unknown is not anyone.
            DOCS.assert_rights(&mut world, "3", &own("3"), &format!("{update} AND ({})", own("3")), &own("3"));
            DOCS.assert_nothing(&mut world, "11");
            DOCS.assert_nothing(&mut world, "99");
            BOXES.assert_nothing(&mut world, "1");
        }
    }
}

#[test]
fn a_default_that_is_private_gives_nothing() {
    for target in TARGETS {
        let rest = format!("roles:\n  s: {{grants: {{doc: own}}}}\n{BY_COLUMN}");
        let mut world = world(target, "default: private", "parents: {doc: doc, box: box}", &rest);
        DOCS.assert_nothing(&mut world, "1");
    }
}

#[test]
fn a_sharing_rule_opens_records_by_criteria_and_by_their_owners() {
    let rest = format!(
        "roles:
  s: {{grants: {{doc: {{read: own}}, box: {{read: created}}}}}}
  other: {{includes: s}}
sharing:
  - {{entity: doc, to: {{group: 1}}, records: {{where: region = 'south'}}}}
  - {{entity: doc, to: {{department: 2, subdepartments: true}}, level: update, owned_by: {{team: 1}}}}
  - {{entity: doc, to: {{having_role: other}}, records: open}}
  - {{entity: box, to: {{user: 5}}, level: update, owned_by: {{group: 1}}}}
  - {{entity: doc, to: {{everyone: true}}, records: {{where: stage = 'won'}}, until: 2020-01-01}}
  - {{entity: doc, to: {{everyone: true}}, records: {{where: stage = 'lost'}}, from: 2999-01-01}}
  - {{entity: doc, to: {{everyone: true}}, records: {{where: stage = 'new'}}, from: 2020-01-01, until: 2999-01-01}}
{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = world(target, "", "parents: {doc: doc, box: box}", &rest);
        for user in ACTIVE_USERS {
            for role in ["s", "other"] {
                only(&mut world, user, role);
                let in_tree = format!(
                    "{user} IN (SELECT id FROM users WHERE department IN (2, 4) UNION SELECT head FROM departments WHERE id IN (2, 4))"
                );
                let of_team = format!("(coalesce(t.first_owner IN {TEAM}, false) OR coalesce(t.second_owner IN {TEAM}, false))");
                let team = format!("({in_tree} AND {of_team})");
                let read = format!(
                    "coalesce({user} IN (t.first_owner, t.second_owner), false) OR ({user} IN {GROUP} AND coalesce(t.region = 'south', false)) OR {team}
                    OR ('{role}' = 'other' AND t.shared IS TRUE) OR coalesce(t.stage = 'new', false)"
                );
                DOCS.assert_rights(&mut world, user, &read, &team, "false");
                let of_group = format!("({user} = 5 AND EXISTS (SELECT FROM box_owners AS o WHERE o.box = t.id AND o.person IN {GROUP}))");
                BOXES.assert_rights(&mut world, user, &format!("coalesce(t.author = {user}, false) OR {of_group}"), &of_group, "false");
            }
        }
        // Live: who leaves the group has it no more.
        only(&mut world, "1", "s");
        let before = world.count("1", "docs");
        world.force("DELETE FROM group_members WHERE person = 1");
        assert!(world.count("1", "docs") < before);
    }
}

#[test]
fn sharing_adds_whatever_the_conflict_strategy() {
    for strategy in ["most_specific", "deny_wins"] {
        let rest = format!(
            "roles:\n  strong: {{grants: {{doc: all}}}}\n  weak: {{grants: {{doc: none}}}}\n\
            sharing: {{entity: doc, to: {{user: 2}}, records: {{where: level = 3}}}}\nconflict: {strategy}\n\
            assignments: {{listed: [{{role: strong, everyone: true}}, {{role: weak, user: 2}}]}}\n"
        );
        for target in TARGETS {
            let mut world = world(target, "", "parents: {doc: doc, box: box}", &rest);
            DOCS.assert_rights(&mut world, "2", "coalesce(t.level = 3, false)", "false", "false");
            DOCS.assert_every(&mut world, "3", "true");
        }
    }
}

#[test]
fn a_parent_is_read_because_of_a_child_and_no_longer_when_the_last_child_is_gone() {
    const NOTES: Rows = Rows { table: "notes", key: "id", touch: "title = 'touched'" };
    let rest = format!("roles:\n  s: {{grants: {{doc: {{read: child(note)}}, note: {{read: {{where: title = 'Note 7'}}}}}}}}\n{BY_COLUMN}");
    for target in TARGETS {
        for (note, docs) in [
            ("parents: {doc: doc, box: box}", "(SELECT doc FROM notes WHERE title = 'Note 7')"),
            ("parents: {doc: {table: note_docs, child: note, parent: doc}}", "(SELECT doc FROM note_docs WHERE note = 7)"),
        ] {
            let mut world = world(target, "", note, &rest);
            only(&mut world, "1", "s");
            NOTES.assert_rights(&mut world, "1", "t.title = 'Note 7'", "false", "false");
            let holds = format!("t.id IN {docs}");
            assert!(!DOCS.really(&mut world, &holds).is_empty());
            DOCS.assert_rights(&mut world, "1", &holds, "false", "false");
            DOCS.assert_nothing(&mut world, "2");
            world.force("DELETE FROM notes WHERE id = 7");
            DOCS.assert_nothing(&mut world, "1");
        }
    }
}

#[test]
fn a_child_that_is_read_through_its_parent_can_t_open_the_parent() {
    let rest = format!("roles:\n  s: {{grants: {{doc: {{read: child(note)}}, note: {{read: parent(doc)}}}}}}\n{BY_COLUMN}");
    let text = Parts { rest: &rest, ..Parts::default() }.text();
    let mut diagnostics = Diagnostics::new();
    let source = Source::new("test.yaml", text.as_str());
    assert!(crm_access::apply::prepare(&source, Target::Portable, &mut diagnostics).is_none());
    let found: Vec<String> = diagnostics.iter().map(|found| found.message.clone()).collect();
    assert!(found.contains(&"reading `doc` depends on `note`, and that on `doc` again".to_owned()), "{found:?}");
}

#[test]
fn what_a_sharing_rule_opened_ends_with_the_rule() {
    for target in TARGETS {
        let rest = format!("roles:\n  s: {{grants: {{doc: own}}}}\nsharing: {{entity: doc, to: {{user: 2}}}}\n{BY_COLUMN}");
        let mut world = world(target, "", "parents: {doc: doc, box: box}", &rest);
        DOCS.assert_rights(&mut world, "2", "true", "false", "false");
        let text = Parts { rest: &rest.replace("sharing: {entity: doc, to: {user: 2}}\n", ""), ..Parts::default() }.text();
        apply_as(&world.database, applier(target), target, &text).unwrap();
        DOCS.assert_nothing(&mut world, "2");
    }
}
