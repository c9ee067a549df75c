//! Stages of a record (B9), and users with several roles (B6).

use crate::language::{BY_COLUMN, DOCS, Parts, only};
use crate::rows::Rows;
use crate::support::TARGETS;

const OWN: &str = "(coalesce(t.first_owner = $u, false) OR coalesce(t.second_owner = $u, false))";

#[test]
fn b09_a_stage_without_a_level_of_its_own_takes_the_entitys() {
    let cases = [
        ("{scopes: all, stages: {won: own}}", format!("((t.stage <> 'won') OR (t.stage = 'won' AND {OWN}))")),
        (
            "{scopes: own, stages: {won: all, lost: [own, open]}}",
            format!(
                "((t.stage NOT IN ('won', 'lost') AND {OWN}) OR t.stage = 'won' OR (t.stage = 'lost' AND ({OWN} OR t.shared IS TRUE)))"
            ),
        ),
        ("{stages: {won: all}}", "t.stage = 'won'".to_owned()),
        ("{scopes: none, stages: {new: all}}", "t.stage = 'new'".to_owned()),
        ("{scopes: all, stages: {won: none}}", "t.stage <> 'won'".to_owned()),
        (
            "{scopes: all, stages: {none: none, \"odd's\": own}}",
            format!("(t.stage NOT IN ('none', 'odd''s') OR (t.stage = 'odd''s' AND {OWN}))"),
        ),
        ("{scopes: all, stages: {none: all, won: all, new: all, lost: all, \"odd's\": all}}", "t.stage IS NOT NULL".to_owned()),
        (
            "{scopes: own, where: level > 2, stages: {won: all}}",
            format!("(t.level > 2 AND ((t.stage <> 'won' AND {OWN}) OR t.stage = 'won'))"),
        ),
        ("{scopes: own}", OWN.to_owned()),
    ];
    let mut roles = "roles:\n".to_owned();
    for (number, (level, _)) in cases.iter().enumerate() {
        roles += &format!("  s{number}: {{grants: {{doc: {{every: {level}}}}}}}\n");
    }
    let rest = format!("{roles}{BY_COLUMN}");
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        world.force("UPDATE docs SET stage = 'none' WHERE id IN (7, 8)");
        for (number, (level, condition)) in cases.iter().enumerate() {
            for user in ["1", "4"] {
                println!("{level} {user}");
                only(&mut world, user, &format!("s{number}"));
                let holds = format!("coalesce({}, false)", condition.replace("$u", user));
                DOCS.assert_every(&mut world, user, &holds);
                for id in ["1", "2", "3", "4", "5", "7"] {
                    for stage in ["'won'", "'lost'", "'new'", "'none'", "NULL", "'elsewhere'", "'odd''s'"] {
                        DOCS.assert_move(&mut world, user, id, &format!("stage = {stage}"), &holds, &holds);
                    }
                }
                for stage in ["'won'", "'lost'", "'none'", "NULL", "'elsewhere'"] {
                    for owner in [user, "2"] {
                        DOCS.assert_insert(
                            &mut world,
                            user,
                            "id, first_owner, level, stage",
                            &format!("900, {owner}, 3, {stage}"),
                            &holds,
                            &holds,
                        );
                    }
                }
            }
        }
    }
}

const ROLES: &str = "roles:
  personal: {grants: {doc: own}}
  of_group: {grants: {doc: open}}
  of_department: {grants: {doc: {read: all, update: all}}}
  of_everyone: {grants: {doc: {read: {where: level = 1}}, box: {read: all}}}
  denied: {grants: {doc: {read: none, delete: none, update: {scopes: all, stages: {won: none}}}}}
assignments:
  listed:
    - {role: personal, user: 1}
    - {role: personal, user: 5}
    - {role: of_group, group: 1}
    - {role: of_department, department: 1}
    - {role: of_department, department: 2}
    - {role: of_everyone, everyone: true}
    - {role: denied, team: 3}
    - {role: denied, user: 9}
    - {role: denied, user: 3}
";

/// What each role gives, and to whom with how personal a reason: users 1 and 7 are in department 1 with 12, who heads it.
fn roles_of(user: u32) -> Vec<(&'static str, u32)> {
    let mut roles = vec![("of_everyone", 4)];
    if [1, 5].contains(&user) {
        roles.push(("personal", 1));
    }
    if [1, 2, 9].contains(&user) {
        roles.push(("of_group", 2));
    }
    // Users n with n % 6 in 1, 2, and the heads 12 and 3.
    if [1, 7, 12, 2, 8, 3].contains(&user) {
        roles.push(("of_department", 3));
    }
    if [1, 10].contains(&user) {
        roles.push(("denied", 2)); // Team 3: its leader is 1.
    }
    if [9, 3].contains(&user) {
        roles.push(("denied", 1));
    }
    roles
}

/// The records of one role for an action; `None` where it says nothing of the action.
fn given(role: &str, action: &str, user: u32) -> Option<String> {
    let own = OWN.replace("$u", &user.to_string());
    match (role, action) {
        ("personal", _) => Some(own),
        ("of_group", _) => Some("t.shared IS TRUE".to_owned()),
        ("of_department", "read" | "update") => Some("true".to_owned()),
        ("of_everyone", "read") => Some("coalesce(t.level = 1, false)".to_owned()),
        ("denied", "read" | "delete") => Some("false".to_owned()),
        ("denied", "update") => Some("coalesce(t.stage <> 'won', false)".to_owned()),
        _ => None,
    }
}

fn check(conflict: &str, condition: fn(u32, &str) -> String) {
    let rest = format!("{ROLES}conflict: {conflict}\n");
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        for user in (1..=12).filter(|user| *user != 11) {
            println!("{conflict} {user}");
            let [read, update, delete] = ["read", "update", "delete"].map(|action| condition(user, action));
            let name = user.to_string();
            DOCS.assert_rights(&mut world, &name, &read, &update, &delete);
            for id in ["2", "3", "6", "11", "21"] {
                for set in ["stage = 'won'", "stage = NULL", "shared = false", "first_owner = 2, second_owner = NULL", "level = 1"] {
                    DOCS.assert_move(&mut world, &name, id, set, &read, &update);
                }
            }
        }
        Rows { table: "docs", key: "id", touch: "title = 'touched'" }.assert_nothing(&mut world, "11");
    }
}

fn any_of<'a>(roles: impl Iterator<Item = &'a str>, action: &str, user: u32) -> String {
    let parts: Vec<String> = roles.filter_map(|role| given(role, action, user)).map(|part| format!("({part})")).collect();
    if parts.is_empty() { "false".to_owned() } else { format!("({})", parts.join(" OR ")) }
}

#[test]
fn b06_union_lets_the_strongest_win() {
    check("union", |user, action| any_of(roles_of(user).into_iter().map(|(role, _)| role), action, user));
}

#[test]
fn b06_most_specific_counts_the_most_personal_role_that_says_something() {
    check("most_specific", |user, action| {
        let speaking: Vec<(&str, u32)> = roles_of(user).into_iter().filter(|(role, _)| given(role, action, user).is_some()).collect();
        let first = speaking.iter().map(|(_, rank)| *rank).min();
        any_of(speaking.iter().filter(|(_, rank)| Some(*rank) == first).map(|(role, _)| *role), action, user)
    });
}

#[test]
fn b06_deny_wins_takes_away_what_one_role_denies() {
    check("deny_wins", |user, action| {
        let roles = roles_of(user);
        let all = any_of(roles.iter().map(|(role, _)| *role), action, user);
        if roles.iter().all(|(role, _)| *role != "denied") {
            return all;
        }
        match action {
            // A null stage might be the one that is denied: what is unknown is no row.
            "update" => format!("({all} AND coalesce(t.stage <> 'won', false))"),
            _ => "false".to_owned(),
        }
    });
}
