//! Who reports to whom, territories, and assignments that begin and end.

use crate::language::{ACTIVE_USERS, BY_COLUMN, DOCS, Parts, TABLES, only};
use crate::support::{TARGETS, World, refused};
use crm_access::program::Target;

/// 2 and 5 report to 1, 3 to 2, 4 to 3, 11 (not active) to 5 and 12 to 11; 6 and 7 report to each other; the rest to nobody.
const PEOPLE: &str = "
ALTER TABLE users ADD boss int;
UPDATE users SET boss = CASE id WHEN 2 THEN 1 WHEN 5 THEN 1 WHEN 3 THEN 2 WHEN 4 THEN 3 WHEN 11 THEN 5 WHEN 12 THEN 11 WHEN 6 THEN 7 WHEN 7 THEN 6 END;
CREATE TABLE territories (id int PRIMARY KEY, lead int);
INSERT INTO territories VALUES (1, 9), (2, NULL), (3, 2);
CREATE TABLE territory_members (territory int, person int);
INSERT INTO territory_members VALUES (1, 1), (1, 2), (2, 2), (2, 11), (NULL, 3), (3, NULL);
ALTER TABLE docs ADD territory int;
UPDATE docs SET territory = CASE WHEN id % 4 <> 0 THEN id % 4 END;
CREATE TABLE given (person int, role text, begins timestamptz, ends timestamptz);
";

fn world(target: Target, rest: &str) -> World {
    let text = Parts { doc: "territory: territory", rest, ..Parts::default() }
        .text()
        .replace("    active: active\n", "    active: active\n    manager: boss\n")
        .replace("entities:\n", "  territories: {table: territories, leader: lead, members: {table: territory_members, of: territory, user: person}}\nentities:\n");
    World::made(&format!("{TABLES}{PEOPLE}"), target, &text)
}

#[test]
fn a_superior_reaches_the_records_of_those_who_report_to_them_to_the_depth_that_is_said() {
    let rest = format!(
        "roles:\n  s1: {{grants: {{doc: reports(1)}}}}\n  s2: {{grants: {{doc: reports(2)}}}}\n  s3: {{grants: {{doc: reports}}}}\n{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = world(target, &rest);
        for (role, depth) in [("s1", "1"), ("s2", "2"), ("s3", "12")] {
            for user in ACTIVE_USERS {
                only(&mut world, user, role);
                let near = format!(
                    "(WITH RECURSIVE below(id, depth) AS (SELECT {user}, 0 UNION SELECT u.id, depth + 1 FROM users AS u JOIN below AS b ON u.boss = b.id
                    WHERE depth < {depth}) SELECT id FROM below)"
                );
                let holds = format!("coalesce(t.first_owner IN {near}, false) OR coalesce(t.second_owner IN {near}, false)");
                DOCS.assert_every(&mut world, user, &holds);
            }
            only(&mut world, "11", role);
            DOCS.assert_nothing(&mut world, "11");
        }
    }
}

#[test]
fn direct_reports_can_be_read_and_written_and_indirect_ones_only_read() {
    let rest = format!("roles:\n  boss: {{grants: {{doc: {{read: reports, update: reports(1)}}}}}}\n{BY_COLUMN}");
    for target in TARGETS {
        let mut world = world(target, &rest);
        only(&mut world, "1", "boss");
        let of = |owners: &str| format!("coalesce(t.first_owner IN ({owners}), false) OR coalesce(t.second_owner IN ({owners}), false)");
        DOCS.assert_rights(&mut world, "1", &of("1, 2, 3, 4, 5, 11, 12"), &of("1, 2, 5"), "false");
        // Whoever no longer reports is out of reach at once.
        world.force("UPDATE users SET boss = NULL WHERE id = 2");
        DOCS.assert_rights(&mut world, "1", &of("1, 5, 11, 12"), &of("1, 5"), "false");
    }
}

#[test]
fn members_and_leaders_of_a_territory_reach_its_records() {
    let rest = format!("roles:\n  s: {{grants: {{doc: territory}}}}\n{BY_COLUMN}");
    for target in TARGETS {
        let mut world = world(target, &rest);
        for user in ACTIVE_USERS {
            only(&mut world, user, "s");
            let mine = format!(
                "(SELECT territory FROM territory_members WHERE person = {user} UNION SELECT id FROM territories WHERE lead = {user})"
            );
            let holds = format!("coalesce(t.territory IN {mine}, false)");
            DOCS.assert_every(&mut world, user, &holds);
            DOCS.assert_move(&mut world, user, "1", "territory = 3", &holds, &holds);
            DOCS.assert_move(&mut world, user, "2", "territory = NULL", &holds, &holds);
        }
    }
}

#[test]
fn a_role_can_be_given_to_a_territory() {
    let rest = "roles:\n  s: {grants: {doc: all}}\nassignments: {listed: {role: s, territory: 1}, stored: true}\n";
    for target in TARGETS {
        let mut world = world(target, rest);
        let count = |world: &mut World, user: &str| world.sees(user, "SELECT id FROM docs").len();
        assert_eq!(["1", "2", "9", "3"].map(|user| count(&mut world, user)), [60, 60, 60, 0], "members and the leader");
        world.force("SELECT crm_access.assign('s', 'territory', '3')");
        world.force("DELETE FROM territory_members WHERE territory = 1");
        assert_eq!(["1", "2", "9", "3"].map(|user| count(&mut world, user)), [0, 60, 60, 0]);
    }
}

#[test]
fn an_assignment_counts_from_its_beginning_until_its_end() {
    let rest = "
roles:
  s: {grants: {doc: all}}
restrictions:
  r: {entities: {doc: own}, others: as_granted}
assignments:
  listed:
    - {role: s, user: 1, from: 2020-01-01}
    - {role: s, user: 2, until: 2020-01-01}
    - {role: s, user: 3, from: '2020-01-01T00:00:00Z', until: '2999-12-31T23:59:59+02:00'}
    - {role: s, user: 4, from: 2999-01-01}
    - {role: s, user: 5}
    - {restriction: r, user: 5, until: 2999-01-01}
    - {role: s, user: 6}
    - {restriction: r, user: 6, from: 2020-01-01, until: 2021-01-01}
  tables: {table: given, user: person, role: role, from: begins, until: ends}
  stored: true
";
    for target in TARGETS {
        let mut world = world(target, rest);
        let own = world.really("SELECT id FROM docs WHERE 5 IN (first_owner, second_owner)").len();
        let count = |world: &mut World, user: &str| world.sees(user, "SELECT id FROM docs").len();
        assert_eq!(["1", "2", "3", "4", "5", "6"].map(|user| count(&mut world, user)), [60, 0, 60, 0, own, 60], "listed");
        world.force(
            "INSERT INTO given VALUES (7, 's', NULL, NULL), (8, 's', now() + interval '1 hour', NULL), (9, 's', NULL, now() - interval '1 second'),
                (10, 's', now() - interval '1 hour', now() + interval '1 hour'), (12, 's', '-infinity', 'infinity')",
        );
        assert_eq!(["7", "8", "9", "10", "12"].map(|user| count(&mut world, user)), [60, 0, 0, 60, 60], "from a table");
        world.force("SELECT crm_access.assign('s', 'user', '8', ends_at => now() + interval '1 hour')");
        world.force("SELECT crm_access.assign('s', 'user', '9', starts_at => now() + interval '1 hour')");
        world.force("SELECT crm_access.restrict('r', 'user', '10', ends_at => now() - interval '1 hour')");
        world.force("SELECT crm_access.restrict('r', 'user', '12', starts_at => now() - interval '1 hour')");
        let own = world.really("SELECT id FROM docs WHERE 12 IN (first_owner, second_owner)").len();
        assert_eq!(["8", "9", "10", "12"].map(|user| count(&mut world, user)), [60, 0, 60, own], "stored");
        // No job has to run, and no new transaction or connection is needed: the next statement sees the end.
        world.force("SELECT crm_access.assign('s', 'user', '8', ends_at => clock_timestamp() + interval '700 milliseconds')");
        let seen = world.sees("8", "SELECT id FROM docs WHERE (SELECT count(*) FROM docs) = 60");
        assert_eq!(seen.len(), 60);
        world.force("SELECT pg_sleep(0.8)");
        assert_eq!(count(&mut world, "8"), 0, "ended");
        refused(world.assigns("SELECT crm_access.assign('s', 'user', '8', starts_at => now(), ends_at => now())"), "23514");
    }
}

#[test]
fn the_creator_may_delete_within_hours_while_nobody_owns_the_record() {
    let rest = format!(
        "roles:\n  s: {{grants: {{doc: {{read: all, delete: {{scope: created and unassigned, where: seen > hours_ago(4)}}}}}}}}\n{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = world(target, &rest);
        world.force("UPDATE docs SET seen = now() - id % 8 * interval '1 hour' - interval '1 minute'");
        for user in ["5", "9", "1"] {
            only(&mut world, user, "s");
            let young = "t.seen > now() - interval '4 hours'";
            let condition = format!("coalesce(t.author = {user} AND t.first_owner IS NULL AND t.second_owner IS NULL AND {young}, false)");
            DOCS.assert_rights(&mut world, user, "true", "false", &condition);
        }
        assert!(!world.really("SELECT id FROM docs AS t WHERE author IN (5, 9) AND first_owner IS NULL AND second_owner IS NULL AND seen > now() - interval '4 hours'").is_empty());
    }
}
