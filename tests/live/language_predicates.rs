//! Every operator of the language of conditions, and every type of attribute.

use crate::language::{BY_COLUMN, DOCS, Parts, only};
use crate::support::TARGETS;

/// A condition and the same in SQL, with `$a` for an attribute of the user.
const CASES: [(&str, &str); 46] = [
    ("region = 'north'", "t.region = 'north'"),
    ("region <> 'north'", "t.region <> 'north'"),
    ("region = user.region", "t.region = $region"),
    ("region <> user.region", "t.region <> $region"),
    ("user.region = region", "$region = t.region"),
    ("level = user.level", "t.level = $level"),
    ("level < user.level", "t.level < $level"),
    ("level <= user.level", "t.level <= $level"),
    ("level > user.level", "t.level > $level"),
    ("level >= user.level", "t.level >= $level"),
    ("quota = user.quota", "t.quota = $quota"),
    ("quota > 4000000000", "t.quota > 4000000000"),
    ("budget < user.budget", "t.budget < $budget"),
    ("budget = 22.5", "t.budget = 22.5"),
    ("budget > -1 AND budget < 10.0", "t.budget > -1 AND t.budget < 10"),
    ("flag = user.vip", "t.flag = $vip"),
    ("due > user.joined", "t.due > $joined"),
    ("due = '2024-01-05'", "t.due = date '2024-01-05'"),
    ("due < current_date", "t.due < CURRENT_DATE"),
    ("seen >= user.seen", "t.seen >= $seen"),
    ("seen > now()", "t.seen > now()"),
    ("badge = user.badge", "t.badge = $badge"),
    ("badge = '00000000-0000-4000-8000-000000000003'", "t.badge::text LIKE '%003'"),
    ("region IN ('north', 'south', 'o''west')", "t.region IN ('north', 'south', 'o''west')"),
    ("region NOT IN ('north', 'south')", "t.region NOT IN ('north', 'south')"),
    ("level IN (1, user.level, 6)", "t.level IN (1, $level, 6)"),
    ("level NOT IN (1, user.level)", "t.level NOT IN (1, $level)"),
    ("level BETWEEN 1 AND 3", "t.level BETWEEN 1 AND 3"),
    ("level NOT BETWEEN 1 AND user.level", "t.level NOT BETWEEN 1 AND $level"),
    ("region IS NULL", "t.region IS NULL"),
    ("region IS NOT NULL", "t.region IS NOT NULL"),
    ("user.region IS NULL", "$region IS NULL"),
    ("flag IS TRUE", "t.flag IS TRUE"),
    ("flag IS NOT TRUE", "t.flag IS NOT TRUE"),
    ("flag IS FALSE", "t.flag IS FALSE"),
    ("user.vip IS NOT FALSE", "$vip IS NOT FALSE"),
    ("flag", "t.flag"),
    ("NOT flag", "NOT t.flag"),
    ("user.vip", "$vip"),
    ("starts_with(region, 'no')", "t.region LIKE 'no%'"),
    ("starts_with(lower(region), 'no')", "lower(t.region) LIKE 'no%'"),
    ("upper(region) = 'NORTH' OR length(region) = 6", "upper(t.region) = 'NORTH' OR length(t.region) = 6"),
    ("coalesce(region, 'none') = coalesce(user.region, 'none')", "coalesce(t.region, 'none') = coalesce($region, 'none')"),
    ("coalesce(flag, user.vip, true)", "coalesce(t.flag, $vip, true)"),
    (
        "NOT (region = 'north' OR level > 2) AND (budget >= 10 OR NOT flag)",
        "NOT (t.region = 'north' OR t.level > 2) AND (t.budget >= 10 OR NOT t.flag)",
    ),
    ("\"region\" = 'o''west' AND (level = 1 OR level = 2 AND flag)", "t.region = 'o''west' AND (t.level = 1 OR (t.level = 2 AND t.flag))"),
];

fn truth(condition: &str, user: &str) -> String {
    let mut text = condition.to_owned();
    for attribute in ["region", "level", "quota", "budget", "vip", "joined", "seen", "badge"] {
        text = text.replace(&format!("${attribute}"), &format!("(SELECT {attribute} FROM users WHERE id = {user})"));
    }
    // What is unknown is no row.
    format!("coalesce(({text}), false)")
}

const SETS: [&str; 6] = [
    "region = 'north', level = 1",
    "region = NULL",
    "level = NULL, flag = NULL",
    "flag = true, budget = 22.5",
    "due = NULL, seen = NULL, badge = NULL",
    "level = 3, quota = 5000000000",
];
const COLUMNS: &str = "id, region, level, quota, budget, flag, due, seen, badge";
const VALUES: [&str; 4] = [
    "900, 'north', 1, 5000000000, 22.5, true, '2024-01-05', '2024-01-01 03:00 UTC', '00000000-0000-4000-8000-000000000003'",
    "900, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "900, 'o''west', 2, 0, -5, false, '2030-01-01', '2099-01-01 UTC', '00000000-0000-4000-8000-000000000001'",
    "900, 'south', 6, 1000000000, 9, NULL, '2024-01-02', '2024-01-01 00:00 UTC', NULL",
];

#[test]
fn a_condition_means_what_the_same_condition_means_in_sql() {
    let mut roles = "roles:\n".to_owned();
    for (number, (condition, _)) in CASES.iter().enumerate() {
        let text = serde_json::to_string(condition).unwrap();
        roles += &format!("  s{number}: {{grants: {{doc: {{every: {{where: {text}}}}}}}}}\n");
    }
    let rest = format!("{roles}{BY_COLUMN}");
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        for (number, (condition, sql)) in CASES.iter().enumerate() {
            for user in ["1", "2", "3"] {
                println!("{condition} {user}");
                only(&mut world, user, &format!("s{number}"));
                let holds = truth(sql, user);
                DOCS.assert_every(&mut world, user, &holds);
            }
            let user = ["1", "2", "8"][number % 3];
            only(&mut world, user, &format!("s{number}"));
            let holds = truth(sql, user);
            for id in ["3", "10"] {
                for set in SETS {
                    DOCS.assert_move(&mut world, user, id, set, &holds, &holds);
                }
            }
            for values in VALUES {
                DOCS.assert_insert(&mut world, user, COLUMNS, values, &holds, &holds);
            }
        }
    }
}

#[test]
fn a_condition_narrows_one_scope_or_all_of_them() {
    let own = |user: &str| format!("(coalesce(t.first_owner = {user}, false) OR coalesce(t.second_owner = {user}, false))");
    let rest = format!(
        "roles:
  one: {{grants: {{doc: {{every: {{scopes: [own, {{scope: all, where: level = 3}}]}}}}}}}}
  both: {{grants: {{doc: {{every: {{scopes: [own, open], where: level > 2}}}}}}}}
  twice: {{grants: {{doc: {{every: {{scopes: {{scope: own, where: flag}}, where: level > 2}}}}}}}}
  actions: {{grants: {{doc: {{read: all, update: {{where: level = user.level}}, delete: {{scope: own, where: flag IS FALSE}}}}}}}}
{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        for user in ["1", "2", "3", "5", "12"] {
            let own = own(user);
            for (role, holds) in [
                ("one", format!("({own} OR coalesce(t.level = 3, false))")),
                ("both", format!("(({own} OR t.shared IS TRUE) AND coalesce(t.level > 2, false))")),
                ("twice", format!("({own} AND t.flag IS TRUE AND coalesce(t.level > 2, false))")),
            ] {
                only(&mut world, user, role);
                DOCS.assert_every(&mut world, user, &holds);
            }
            only(&mut world, user, "actions");
            let update = truth("t.level = $level", user);
            DOCS.assert_rights(&mut world, user, "true", &update, &format!("({own} AND t.flag IS FALSE)"));
            for id in ["1", "2", "3", "4", "5"] {
                for level in ["1", "2", "NULL"] {
                    DOCS.assert_move(&mut world, user, id, &format!("level = {level}"), "true", &update);
                }
            }
        }
        // A changed attribute counts at once.
        only(&mut world, "1", "actions");
        world.own("UPDATE users SET level = NULL WHERE id = 1").unwrap();
        DOCS.assert_rights(&mut world, "1", "true", "false", &format!("({} AND t.flag IS FALSE)", own("1")));
    }
}
