use super::*;

/// What user 2 sees of companies 1 (own), 2 (own, won) and 3 with roles given to the user, to a group and to everyone.
fn sees(conflict: &str, user: &str, group: &str, everyone: &str) -> Vec<i64> {
    let role = |name: &str, level: &str| {
        if level.is_empty() { format!("  {name}: {{}}\n") } else { format!("  {name}: {{grants: {{company: {{read: {level}}}}}}}\n") }
    };
    let rest = format!(
        "conflict: {conflict}\nroles:\n{}{}{}assignments: {{listed: [{{role: a, user: 2}}, {{role: b, group: 1}}, {{role: c, everyone: true}}]}}\n",
        role("a", user),
        role("b", group),
        role("c", everyone)
    );
    case(&rest, "company id=1 manager=2 stage=new\ncompany id=2 manager=2 stage=won\ncompany id=3 stage=new\n").sees("2", "company")
}

#[test]
fn the_strongest_role_wins_unless_told_otherwise() {
    assert_eq!(sees("union", "none", "own", "all"), [1, 2, 3]);
    assert_eq!(sees("union", "none", "own", ""), [1, 2]);
    assert_eq!(sees("union", "", "", ""), [0; 0]);
}

#[test]
fn a_role_given_more_closely_counts_alone_where_it_says_something() {
    assert_eq!(sees("most_specific", "own", "all", "all"), [1, 2]);
    assert_eq!(sees("most_specific", "none", "all", "all"), [0; 0]);
    assert_eq!(sees("most_specific", "", "own", "all"), [1, 2]);
    assert_eq!(sees("most_specific", "", "", "all"), [1, 2, 3]);
}

#[test]
fn none_takes_away_what_others_give() {
    assert_eq!(sees("deny_wins", "none", "all", "all"), [0; 0]);
    assert_eq!(sees("deny_wins", "", "own", "all"), [1, 2, 3]);
    assert_eq!(sees("deny_wins", "{scopes: own, stages: {won: none}}", "all", ""), [1, 3]);
}

#[test]
fn a_null_stage_may_be_the_one_that_is_taken_away() {
    let rest = |won: &str| {
        format!(
            "conflict: deny_wins\nroles: {{a: {{grants: {{company: {{read: {{scopes: own, stages: {{won: {won}}}}}}}}}}}, b: {{grants: {{company: all}}}}}}\nassignments: {{listed: [{{role: a, user: 2}}, {{role: b, user: 2}}]}}\n"
        )
    };
    assert_eq!(case(&rest("none"), "company id=1\ncompany id=2 stage=won\ncompany id=3 stage=new\n").sees("2", "company"), [3]);
    assert_eq!(case(&rest("own"), "company id=1\n").sees("2", "company"), [1]);
}
