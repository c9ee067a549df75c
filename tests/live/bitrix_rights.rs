//! Bitrix24, rule B12: changing the access rights is itself a permission, and every change is logged.

use crm_access::program::Target;

use crate::language::{BY_COLUMN, DOCS, Parts};
use crate::support::{REFUSED, Refused, TARGETS, World, refused};

/// Calls a function as a user of the application, for good.
pub fn calls(world: &mut World, user: &str, call: &str) -> Result<Vec<String>, Refused> {
    let identity = world.identity(user);
    let mut transaction = world.backend.transaction()?;
    transaction.batch_execute(&identity)?;
    let rows = transaction.simple_query(&format!("SELECT {call}"))?;
    transaction.commit()?;
    Ok(crate::support::first_column(rows))
}

#[test]
fn b12_only_who_administers_may_change_roles_and_only_those_that_are_said() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        // Nora has no role, Sara is a manager: neither may give one.
        for user in ["14", "3", "9"] {
            for call in ["assign('employee', 'user', '14')", "revoke('employee', 'group', '1')"] {
                let error = refused(calls(&mut world, user, &format!("crm_access.{call}")), REFUSED);
                assert!(error.message.starts_with(&format!("user {user} may not ")), "{error:?}");
                assert!(error.hint.contains("\"administers\""), "{error:?}");
            }
            refused(calls(&mut world, user, "crm_access.roles()"), REFUSED);
            let error = refused(calls(&mut world, user, "crm_access.assignments()"), REFUSED);
            assert!(error.hint.contains("list: true"), "{error:?}");
        }
        assert_eq!(world.really("SELECT 1 FROM crm_access.assignment").len(), 0);
        // The administrator gives Nora a part of it.
        calls(&mut world, "1", "crm_access.assign('head_of_staff', 'user', '14')").unwrap();
        calls(&mut world, "14", "crm_access.assign('employee', 'user', '15')").unwrap();
        assert!(world.count("15", "leads") > 0);
        for role in ["administrator", "manager", "auditor", "head_of_staff", "nonsense"] {
            for subject in ["'user', '14'", "'user', '15'", "'everyone'"] {
                refused(calls(&mut world, "14", &format!("crm_access.assign('{role}', {subject})")), REFUSED);
            }
        }
        refused(calls(&mut world, "14", "crm_access.revoke('head_of_staff', 'user', '14')"), REFUSED);
        assert_eq!(calls(&mut world, "14", "crm_access.revoke('employee', 'user', '15')").unwrap(), ["t"]);
        assert_eq!(world.count("15", "leads"), 0);
        assert_eq!(calls(&mut world, "14", "crm_access.revoke('employee', 'user', '15')").unwrap(), ["f"]);
        // Taken away, it is gone at once.
        calls(&mut world, "1", "crm_access.revoke('head_of_staff', 'user', '14')").unwrap();
        refused(calls(&mut world, "14", "crm_access.assign('employee', 'user', '15')"), REFUSED);
        // Nobody, and somebody who is not active, may nothing.
        let mut transaction = world.backend.transaction().unwrap();
        let error =
            refused(transaction.batch_execute("SELECT crm_access.assign('employee', 'user', '15')").map_err(Refused::from), REFUSED);
        assert!(error.message.starts_with("nobody may not assign"), "{error:?}");
    }
}

#[test]
fn b12_mistakes_of_whoever_may_are_told_and_change_nothing() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        for (call, state) in [
            ("assign('employee', 'usr', '15')", "22023"),
            ("assign('employee', 'everyone', '15')", "22023"),
            ("assign('employee', 'user', '')", "22023"),
            ("assign('employee', 'user', 'x')", "22P02"),
            ("assign('employee', 'user', '15', starts_at => now(), ends_at => now())", "23514"),
            ("assign('employee', 'team', '15')", "22023"),
            ("assign(NULL, 'user', '15')", REFUSED),
        ] {
            refused(calls(&mut world, "1", &format!("crm_access.{call}")), state);
        }
        assert_eq!(world.really("SELECT 1 FROM crm_access.assignment UNION ALL SELECT 1 FROM crm_access.log").len(), 0);
    }
}

#[test]
fn b12_the_tables_behind_can_not_be_reached_past_the_functions() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        for command in [
            "INSERT INTO crm_access.assignment (kind, name, subject, subject_key) VALUES ('role', 'administrator', 'user', '14')",
            "SELECT 1 FROM crm_access.assignment",
            "SELECT 1 FROM crm_access.log",
            "DELETE FROM crm_access.log",
            "SELECT crm_access.store_assignment(NULL, 'role', 'administrator', 'user', '14', false, false, NULL, NULL)",
            "SELECT crm_access.drop_assignment(NULL, 'role', 'manager', 'user', '14')",
            "SELECT * FROM crm_access_rules.all_assignments(NULL)",
            "SELECT * FROM crm_access_rules.all_roles()",
            "SELECT * FROM crm_access_rules.conflicts()",
            "SELECT * FROM crm_access.conflicts()",
            "SELECT crm_access_rules.administers('assign', 'employee')",
        ] {
            refused(world.try_sees("1", command), REFUSED);
        }
        // What policies and lists call checks for itself.
        let generated = "crm_access_rules.administer('assign', 'administrator', 'user', '14', false, false, NULL, NULL)";
        refused(calls(&mut world, "14", generated), REFUSED);
        refused(world.try_sees("14", "SELECT * FROM crm_access_rules.listed_assignments(NULL)"), REFUSED);
        refused(world.try_sees("14", "SELECT * FROM crm_access_rules.listed_roles()"), REFUSED);
    }
}

#[test]
fn b12_roles_and_assignments_are_listed_with_their_source_and_time() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let roles = world.sees("1", "SELECT role FROM crm_access.roles() WHERE may_assign AND may_revoke");
        assert_eq!(roles.len(), 9, "{roles:?}");
        let described = world.sees("1", "SELECT description FROM crm_access.roles() WHERE role = 'auditor'");
        assert_eq!(described, ["reads and exports everything"]);
        calls(&mut world, "1", "crm_access.assign('head_of_staff', 'user', '14')").unwrap();
        let mine = world.sees("14", "SELECT role FROM crm_access.roles() WHERE may_assign");
        assert_eq!(mine, ["employee", "trainee"]);
        assert_eq!(world.sees("14", "SELECT role FROM crm_access.roles()").len(), 9);
        calls(&mut world, "14", "crm_access.assign('trainee', 'department', '3', true, ends_at => '2020-01-01')").unwrap();
        let listed =
            "SELECT concat_ws('|', kind, name, subject, subject_key, subdepartments, source, starts_at::date, ends_at::date, in_force)";
        assert_eq!(
            world.sees("14", &format!("{listed} FROM crm_access.assignments()")),
            [
                "role|administrator|user|1|f|configuration|t",
                "role|auditor|user|9|f|configuration|t",
                "role|employee|group|1|f|configuration|t",
                "role|head_of_staff|user|14|f|stored|t",
                "role|manager|department|2|f|configuration|t",
                "role|project_member|workgroup|1|f|configuration|t",
                "role|trainee|department|3|t|stored|2020-01-01|f",
                "role|trainee|group|2|f|configuration|t",
            ]
        );
        assert_eq!(world.sees("14", "SELECT name FROM crm_access.assignments('6')"), ["employee", "trainee"]);
        assert_eq!(world.sees("14", "SELECT name FROM crm_access.assignments('16')"), ["trainee"], "the head of a department below");
        // Whoever applied the configuration asks without being a user.
        let applier = if target == Target::Extension { &mut world.admin } else { &mut world.owner };
        let count = |client: &mut postgres::Client, what: &str| {
            client.query_one(&format!("SELECT count(*) FROM crm_access.{what}"), &[]).unwrap().get::<_, i64>(0)
        };
        assert_eq!((count(applier, "roles()"), count(applier, "assignments()"), count(applier, "conflicts()") > 0), (9, 8, true));
    }
}

#[test]
fn b12_every_change_is_logged_with_who_what_to_whom_and_when() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        calls(&mut world, "1", "crm_access.assign('employee', 'department', '5', true, ends_at => '2999-01-01')").unwrap();
        calls(&mut world, "1", "crm_access.assign('employee', 'department', '5')").unwrap();
        calls(&mut world, "1", "crm_access.revoke('employee', 'department', '5')").unwrap();
        let _ = calls(&mut world, "14", "crm_access.assign('employee', 'user', '14')");
        world.assigns("SELECT crm_access.assign('auditor', 'user', '14')").unwrap();
        let applier = crate::support::applier(target);
        let log = "SELECT concat_ws('|', row_number() OVER (ORDER BY at), actor, database_role, action, detail - 'before', detail -> 'before' ->> 'ends_at' IS NOT NULL) FROM crm_access.log";
        let employee = "\"key\": \"5\", \"role\": \"employee\"";
        assert_eq!(
            world.really(log),
            [
                format!(
                    "1|1|crm_backend|assign|{{{employee}, \"ends_at\": \"2999-01-01T00:00:00+00:00\", \"subject\": \"department\", \"subdepartments\": true}}|f"
                ),
                format!("2|1|crm_backend|assign|{{{employee}, \"subject\": \"department\"}}|t"),
                format!("3|1|crm_backend|revoke|{{{employee}, \"subject\": \"department\"}}|f"),
                format!("4|{applier}|assign|{{\"key\": \"14\", \"role\": \"auditor\", \"subject\": \"user\"}}|f"),
            ]
        );
        assert_eq!(world.really("SELECT 1 FROM crm_access.log WHERE at BETWEEN now() - interval '1 hour' AND now()").len(), 4);
        // The log stays when the protection goes.
        world.assigns("SELECT crm_access.remove()").unwrap();
        assert_eq!(world.really("SELECT 1 FROM crm_access.log").len(), 4);
    }
}

const STAFF: &str = "
roles:
  chief: {administers: {assign: all, revoke: all, restrict: all, unrestrict: all, list: true}}
  helper: {administers: {assign: reader, restrict: all}}
  reader: {grants: {doc: all}}
  denied: {grants: {doc: none}}
  boss: {grants: {doc: all}}
restrictions:
  limited: {entities: {doc: own}, others: as_granted}
  lifted: {entities: {doc: own}, others: as_granted, not_for: boss, promotion: lift}
";

fn staff(target: Target, conflict: &str) -> World {
    let mut world = Parts { rest: &format!("{STAFF}{BY_COLUMN}conflict: {conflict}\n"), ..Parts::default() }.world(target);
    world.force("UPDATE users SET role = CASE id WHEN 1 THEN 'chief' WHEN 2 THEN 'helper' WHEN 3 THEN 'reader' WHEN 4 THEN 'reader' END");
    world
}

#[test]
fn b12_nobody_takes_a_restriction_from_themselves_in_any_way() {
    for target in TARGETS {
        let mut world = staff(target, "union");
        world.force("UPDATE users SET department = 2 WHERE id IN (1, 3)");
        world.assigns("SELECT crm_access.assign('reader', 'user', '1')").unwrap();
        for subject in ["'user', '1'", "'department', '2'", "'everyone'"] {
            calls(&mut world, "1", &format!("crm_access.restrict('limited', {subject})")).unwrap();
            for call in [
                format!("unrestrict('limited', {subject})"),
                format!("restrict('limited', {subject}, ends_at => now() + interval '1 second')"),
                format!("restrict('limited', {subject}, starts_at => now() + interval '1 second')"),
            ] {
                let error = refused(calls(&mut world, "1", &format!("crm_access.{call}")), REFUSED);
                assert_eq!(error.hint, "Somebody else who may can do it.", "{call}");
            }
            // The same again is no change, and another one is no taking away.
            calls(&mut world, "1", &format!("crm_access.restrict('limited', {subject})")).unwrap();
            DOCS.assert_every(&mut world, "1", "coalesce(1 IN (t.first_owner, t.second_owner), false)");
            world.assigns(&format!("SELECT crm_access.unrestrict('limited', {subject})")).unwrap();
        }
        // Somebody else's goes.
        calls(&mut world, "1", "crm_access.restrict('limited', 'user', '3')").unwrap();
        assert_eq!(calls(&mut world, "1", "crm_access.unrestrict('limited', 'user', '3')").unwrap(), ["t"]);
        // By the way: a role under which a restriction rests.
        calls(&mut world, "1", "crm_access.restrict('lifted', 'user', '1')").unwrap();
        let error = refused(calls(&mut world, "1", "crm_access.assign('boss', 'user', '1')"), REFUSED);
        assert_eq!(error.message, "user 1 would lift the restriction 'lifted' from themselves");
        calls(&mut world, "1", "crm_access.assign('boss', 'user', '3')").unwrap();
    }
}

#[test]
fn b12_changing_what_is_stored_needs_the_right_to_take_it() {
    for target in TARGETS {
        let mut world = staff(target, "union");
        calls(&mut world, "2", "crm_access.assign('reader', 'user', '5')").unwrap();
        calls(&mut world, "2", "crm_access.assign('reader', 'user', '5')").unwrap();
        calls(&mut world, "2", "crm_access.restrict('limited', 'user', '3')").unwrap();
        for call in [
            "assign('reader', 'user', '5', ends_at => now() + interval '1 second')",
            "revoke('reader', 'user', '5')",
            "restrict('limited', 'user', '3', starts_at => '2999-01-01')",
            "unrestrict('limited', 'user', '3')",
        ] {
            let error = refused(calls(&mut world, "2", &format!("crm_access.{call}")), REFUSED);
            assert!(error.hint.contains("under \"revoke\"") || error.hint.contains("under \"unrestrict\""), "{error:?}");
        }
        assert_eq!(world.count("5", "docs"), 60);
        // What has ended can be given again.
        world.assigns("SELECT crm_access.assign('reader', 'user', '5', ends_at => '2020-01-01')").unwrap();
        calls(&mut world, "2", "crm_access.assign('reader', 'user', '5')").unwrap();
        assert_eq!(world.count("5", "docs"), 60);
    }
}

#[test]
fn b12_where_a_role_can_take_away_nobody_takes_a_role_from_themselves() {
    for target in TARGETS {
        for (conflict, free) in [("union", true), ("deny_wins", false), ("most_specific", false)] {
            let mut world = staff(target, conflict);
            world.assigns("SELECT crm_access.assign('denied', 'user', '1'); SELECT crm_access.assign('denied', 'user', '3')").unwrap();
            let done = calls(&mut world, "1", "crm_access.revoke('denied', 'user', '1')");
            if free {
                assert_eq!(done.unwrap(), ["t"])
            } else {
                drop(refused(done, REFUSED))
            }
            calls(&mut world, "1", "crm_access.revoke('denied', 'user', '3')").unwrap();
        }
    }
}

#[test]
fn b12_a_role_can_not_give_one_that_may_change_more() {
    let rest = |helper: &str| {
        format!(
            "\nroles:\n  chief: {{administers: {{assign: all, revoke: all, list: true}}}}\n  helper: {{administers: {helper}}}\n{BY_COLUMN}"
        )
    };
    for (helper, wrong) in [
        ("{assign: chief}", Some("role `helper` may give the role `chief`, who may assign `helper`, which `helper` may not")),
        ("{assign: [helper, chief], list: true}", Some("who may revoke `chief`")),
        ("{assign: all, revoke: all}", Some("who may list who has what")),
        ("{assign: helper}", None),
        ("{assign: all, revoke: all, list: true}", None),
    ] {
        let text = Parts { rest: &rest(helper), ..Parts::default() }.text();
        let made = crate::support::tables_from(crate::language::TABLES, Target::Portable);
        let applied = crate::support::apply_as(&made, crate::support::applier(Target::Portable), Target::Portable, &text);
        match wrong {
            None => drop(applied.unwrap()),
            Some(words) => {
                let message = applied.unwrap_err().message;
                assert!(message.contains("escalating-role: ") && message.contains(words), "{helper}: {message}");
            }
        }
    }
}
