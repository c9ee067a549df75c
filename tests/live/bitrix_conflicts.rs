//! Bitrix24, rules B6 and B13: roles of different strength, and a role for each.

use crm_access::apply::{compare, prepare};
use crm_access::live;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Severity, Source};

use crate::bitrix::{LEADS, department, department_tree, manager_reads, own};
use crate::language::{DOCS, Parts, TABLES};
use crate::support::{TARGETS, World, applier, project_file, tables_only, url};

fn preset(conflict: &str) -> String {
    let text = project_file("examples/bitrix24.yaml");
    assert_eq!(text.matches("conflict: union").count(), 1);
    text.replace("conflict: union", &format!("conflict: {conflict}"))
}

/// Who wins on a lead, by action: Tim is a trainee by a group and a manager by his department.
const ROWS: &str = "SELECT concat_ws('|', action, role, level, array_to_string(given_by, ','), wins) FROM crm_access_rules.conflicts() WHERE user_key = '11' AND entity = 'lead'";

#[test]
fn b6_the_strategy_says_which_role_counts_and_the_report_says_so_too() {
    for target in TARGETS {
        for (conflict, winner) in [("union", "manager"), ("most_specific", "trainee"), ("deny_wins", "trainee")] {
            let mut world = World::with("bitrix24", target, &preset(conflict));
            crate::rows::drop_foreign_keys(&mut world);
            let managed = manager_reads("leads", "11");
            let watched = format!("({} OR {} OR {})", own("11"), crate::bitrix::observed("leads", "11"), department("11"));
            let update = format!("({} OR {})", own("11"), department_tree("11"));
            match conflict {
                "union" => LEADS.assert_rights(&mut world, "11", &managed, &update, &own("11")),
                // A trainee's `none` takes the rest away; of reading a trainee takes nothing away.
                "deny_wins" => LEADS.assert_rights(&mut world, "11", &managed, "false", "false"),
                _ => LEADS.assert_rights(&mut world, "11", &watched, "false", "false"),
            }
            let reader = if conflict == "deny_wins" { "manager" } else { winner };
            let mark = |role: &str, winner: &str| if role == winner { "t" } else { "f" };
            let (department, group) = ("department 2 (configuration)", "group 2 (configuration)");
            let expected: Vec<String> = [
                ("assign", "own, department_tree"),
                ("create", "own, department_tree"),
                ("delete", "own"),
                ("export", "own, department"),
                ("import", "own"),
                ("read", "own, observed, department_tree, open"),
                ("update", "own, department_tree"),
            ]
            .iter()
            .flat_map(|(action, level)| {
                let winner = if *action == "read" { reader } else { winner };
                let watched = if *action == "read" { "own, observed, department" } else { "none" };
                [
                    format!("{action}|manager|{level}|{department}|{}", mark("manager", winner)),
                    format!("{action}|trainee|{watched}|{group}|{}", mark("trainee", winner)),
                ]
            })
            .collect();
            assert_eq!(world.really(ROWS), expected, "{conflict}");
            // Nobody else's roles differ: 3 is a manager alone, 9 an auditor alone, 13 is not active.
            assert_eq!(world.really("SELECT DISTINCT user_key FROM crm_access_rules.conflicts()"), ["11"]);
        }
    }
}

#[test]
fn b6_the_report_follows_people_and_time() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let people = "SELECT DISTINCT user_key FROM crm_access.conflicts()";
        world.own("DELETE FROM user_group_members WHERE user_id = 11").unwrap();
        assert!(world.really(people).is_empty());
        world.assigns("SELECT crm_access.assign('employee', 'user', '3', starts_at => '2999-01-01')").unwrap();
        assert!(world.really(people).is_empty(), "not yet");
        world.assigns("SELECT crm_access.assign('employee', 'department', '1', subdepartments => true)").unwrap();
        // Ada is the administrator; Hugo, Sara, Sam and Tim are managers; Max is an auditor; Mia and Pat read open deals; Sue and Fred are employees already.
        assert_eq!(world.really(people), ["1", "11", "12", "2", "3", "4", "8", "9"]);
        let sources = world.really(
            "SELECT DISTINCT array_to_string(given_by, ',') FROM crm_access.conflicts() WHERE user_key = '3' AND role = 'employee'",
        );
        assert_eq!(sources, ["department 1 (stored)"]);
        world.own("UPDATE users SET active = false WHERE id = 3").unwrap();
        assert_eq!(world.really(people), ["1", "11", "12", "2", "4", "8", "9"]);
    }
}

/// What `check --database` says besides errors.
fn said(database: &str, target: Target, text: &str) -> Vec<(Severity, &'static str, String)> {
    let source = Source::new("test.yaml", text);
    let mut diagnostics = Diagnostics::new();
    let prepared = prepare(&source, target, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:#?}"));
    let mut connection = live::connect(&url(database, applier(target))).expect("a connection");
    connection.in_transaction(|session| compare(session, &source, &prepared, &mut diagnostics)).unwrap();
    let all = diagnostics.iter().map(|diagnostic| (diagnostic.severity, diagnostic.code.as_str(), diagnostic.message.clone()));
    all.filter(|(_, code, _)| matches!(*code, "role-conflict" | "one-role-per-user")).collect()
}

#[test]
fn b6_check_names_every_conflict_before_anything_is_applied_and_after() {
    for target in TARGETS {
        for conflict in ["union", "most_specific"] {
            let text = preset(conflict);
            let fresh = tables_only("bitrix24", target);
            let before = said(&fresh, target, &text);
            let winner = |role: &str| if (role == "manager") == (conflict == "union") { ", which counts" } else { "" };
            let line = format!(
                "the roles of user `11` differ on `lead` (read): `manager` gives `own, observed, department_tree, open` by `department 2 (configuration)`{}; `trainee` gives `own, observed, department` by `group 2 (configuration)`{}",
                winner("manager"),
                winner("trainee")
            );
            let texts: Vec<&str> = before.iter().map(|(_, _, message)| message.as_str()).collect();
            assert!(texts.contains(&line.as_str()), "{line}\n{texts:#?}");
            assert!(before.iter().all(|(severity, code, _)| (*severity, *code) == (Severity::Note, "role-conflict")), "{before:?}");
            let world = World::with("bitrix24", target, &text);
            assert_eq!(said(&world.database, target, &text), before, "applied");
            // What is stored counts where it is looked at.
            let mut world = world;
            world.own("DELETE FROM user_group_members WHERE user_id = 11").unwrap();
            assert_eq!(said(&world.database, target, &text), []);
            world.assigns("SELECT crm_access.assign('auditor', 'user', '3')").unwrap();
            let stored = said(&world.database, target, &text);
            assert!(
                !stored.is_empty()
                    && stored.iter().all(|(_, _, message)| message.contains("user `3`") && message.contains("user (stored)")),
                "{stored:?}"
            );
        }
    }
}

#[test]
fn b6_every_source_of_a_role_is_named() {
    let rest = "
roles:
  one: {grants: {doc: own}}
  two: {grants: {doc: all}}
  silent: {grants: {box: all}}
assignments:
  listed: [{role: two, everyone: true}, {role: silent, user: 1}, {role: one, team: 1}]
  tables: {table: users, user: id, role: role}
  flags: {column: active, role: one}
  stored: true
";
    for target in TARGETS {
        let mut world = Parts { rest, ..Parts::default() }.world(target);
        world.force("UPDATE users SET role = 'one' WHERE id IN (2, 4)");
        world.assigns("SELECT crm_access.assign('one', 'group', '1')").unwrap();
        let sources =
            "SELECT array_to_string(given_by, ',') FROM crm_access.conflicts() WHERE user_key = '2' AND action = 'read' ORDER BY role";
        assert_eq!(
            world.really(sources),
            ["everyone (configuration)", "group 1 (stored),team 1 (configuration),user (column active),user (table public.users)"]
        );
        // Silence about an entity is no level.
        assert_eq!(world.really("SELECT 1 FROM crm_access.conflicts() WHERE role = 'silent'").len(), 0);
        DOCS.assert_every(&mut world, "2", "true");
    }
}

#[test]
fn b6_roles_of_different_channels_are_not_held_at_once() {
    let logins = ["crm_fax", "crm_mail", "crm_both"]
        .map(|role| format!("DO $$ BEGIN CREATE ROLE {role} LOGIN IN ROLE crm_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;\n"))
        .concat();
    let rest = "
roles: {a: {grants: {doc: {read: all}}}, b: {grants: {doc: {read: own}}}, c: {grants: {doc: {read: created}}}}
assignments:
  listed:
    - {role: a, user: 2, channel: fax}
    - {role: b, user: 2, channel: mail}
    - {role: a, user: 3}
    - {role: a, user: 4}
    - {role: b, user: 4}
  stored: true
";
    let (teams, channels) = ("  teams: {", "  channels: {fax: crm_fax, mail: [crm_mail, crm_both], web: crm_both}\n");
    let text = Parts { rest, ..Parts::default() }.text().replace(teams, &format!("{channels}{teams}"));
    let sides = "SELECT concat_ws('|', channel, user_key, role, array_to_string(given_by, ','), wins) FROM crm_access.conflicts() WHERE user_key IN ('2', '3', '4')";
    for target in TARGETS {
        let mut world = World::made(&format!("{TABLES}{logins}"), target, &text);
        let always = ["4|a|user (configuration)|t", "4|b|user (configuration)|f"];
        assert_eq!(world.really(sides), always);
        world.assigns("SELECT crm_access.assign('b', 'channel', 'mail')").unwrap();
        let over_mail = |channel: &str| [format!("{channel}|3|a|user (configuration)|t"), format!("{channel}|3|b|channel mail (stored)|f")];
        // What is told of 4 without a channel is told once.
        let expected: Vec<String> = always.iter().map(ToString::to_string).chain(over_mail("mail, web")).chain(over_mail("mail")).collect();
        assert_eq!(world.really(sides), expected);
        let line = |channel: &str| {
            let (a, b) = ("`a` gives `all` by `user (configuration)`, which counts", "`b` gives `own` by `channel mail (stored)`");
            (Severity::Note, "role-conflict", format!("the roles of user `3` differ on `doc` (read) over channel `{channel}`: {a}; {b}"))
        };
        let told = said(&world.database, target, &text);
        let of_three: Vec<_> = told.into_iter().filter(|(.., message)| message.contains("user `3`")).collect();
        assert_eq!(of_three, [line("mail, web"), line("mail")]);
        // One login, two channels.
        world.assigns("SELECT crm_access.assign('c', 'channel', 'web')").unwrap();
        let both = world.really(&format!("{sides} AND channel LIKE '%web' AND user_key <> '3'"));
        let mail = "channel mail (stored)";
        assert_eq!(
            both,
            [
                format!("mail, web|2|b|{mail},user (configuration, over channel mail)|t"),
                "mail, web|2|c|channel web (stored)|f".to_owned(),
                "mail, web|4|a|user (configuration)|t".to_owned(),
                format!("mail, web|4|b|{mail},user (configuration)|f"),
                "mail, web|4|c|channel web (stored)|f".to_owned(),
            ]
        );
        assert!(world.really("SELECT 1 FROM crm_access.conflicts() WHERE channel IN ('fax', 'web')").is_empty());
    }
}

#[test]
fn b13_a_role_for_each_is_discouraged_by_the_file_alone() {
    let rest = |users: [&str; 3]| {
        let listed = [("a", users[0]), ("b", users[1]), ("c", users[2])]
            .map(|(role, user)| format!("    - {{role: {role}, user: {user}}}\n"))
            .concat();
        format!(
            "roles: {{a: {{grants: {{doc: all}}}}, b: {{grants: {{doc: own}}}}, c: {{grants: {{doc: own}}}}}}\nassignments:\n  listed:\n{listed}"
        )
    };
    let warnings = |rest: &str| {
        let source = Source::new("test.yaml", Parts { rest, ..Parts::default() }.text());
        let mut diagnostics = Diagnostics::new();
        prepare(&source, Target::Extension, &mut diagnostics).unwrap();
        let of = diagnostics.iter().filter(|diagnostic| diagnostic.code.as_str() == "one-role-per-user");
        of.map(|diagnostic| (diagnostic.severity, diagnostic.message.clone())).collect::<Vec<_>>()
    };
    assert_eq!(
        warnings(&rest(["1", "2", "3"])),
        [(Severity::Warning, "each of the 3 users who have a role has one of their own".to_owned())]
    );
    assert_eq!(warnings(&rest(["1", "1", "2"])), [], "two people may well be different");
    assert_eq!(
        warnings(
            &rest(["1", "2", "3"])
                .replace("    - {role: c, user: 3}\n", "    - {role: b, user: 3}\n    - {role: c, user: 3}\n    - {role: c, user: 2}\n")
        ),
        []
    );
    assert_eq!(warnings(&rest(["1", "2", "3"]).replace("role: c, user: 3", "role: c, everyone: true")), []);
}

#[test]
fn b13_a_role_for_each_is_discouraged_when_the_directory_shows_it() {
    let roles = "roles: {a: {grants: {deal: own}}, b: {grants: {deal: own}}, c: {grants: {deal: own}}}\nassignments: {stored: true}\n";
    let (before, _) = project_file("examples/bitrix24.yaml")
        .split_once("\nroles:\n")
        .map(|(before, after)| (before.to_owned(), after.to_owned()))
        .unwrap();
    let text = format!("{before}\n{roles}");
    for target in TARGETS {
        let mut world = crate::bitrix::with_roles(target, roles);
        for (given, warned) in [
            ("('a', 'user', '1'), ('b', 'user', '2'), ('c', 'user', '3')", true),
            ("('a', 'user', '1'), ('b', 'user', '2'), ('c', 'user', '3'), ('c', 'user', '13')", true),
            ("('a', 'user', '1'), ('b', 'user', '2'), ('c', 'group', '2')", true),
            ("('a', 'user', '1'), ('b', 'user', '2')", false),
            ("('a', 'user', '1'), ('b', 'user', '2'), ('c', 'user', '3'), ('c', 'user', '4')", false),
            ("('a', 'user', '1'), ('b', 'user', '2'), ('c', 'group', '1')", false),
        ] {
            world.force("DELETE FROM crm_access.assignment");
            world.force(&format!("SELECT crm_access.assign(role, subject, key) FROM (VALUES {given}) AS given(role, subject, key)"));
            let found = said(&world.database, target, &text);
            let expected = (Severity::Warning, "one-role-per-user", "each of the 3 users who have a role has one of their own".to_owned());
            assert_eq!(found, if warned { vec![expected] } else { Vec::new() }, "{given}");
        }
    }
}
