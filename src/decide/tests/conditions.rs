use super::*;

fn holding(condition: &str, rows: &[&str]) -> Vec<i64> {
    let rest = format!(
        "roles: {{base: {{grants: {{company: {{read: {{where: \"{condition}\"}}}}}}}}}}\nassignments: {{listed: {{role: base, everyone: true}}}}\n"
    );
    let rows: String = rows.iter().enumerate().map(|(at, row)| format!("company id={at} {row}\n")).collect();
    case(&rest, &rows).sees("1", "company")
}

#[test]
fn what_is_unknown_does_not_hold_and_neither_does_its_opposite() {
    let rows = ["a=1", "a=2", "a=null"];
    assert_eq!(holding("a = 1", &rows), [0]);
    assert_eq!(holding("NOT a = 1", &rows), [1]);
    assert_eq!(holding("NOT (a = 1 AND b = 1)", &rows), [1]);
    assert_eq!(holding("a = 1 OR b = 1", &rows), [0]);
    assert_eq!(holding("a IN (1, b)", &rows), [0]);
    assert_eq!(holding("a NOT IN (1, 3)", &rows), [1]);
    assert_eq!(holding("a NOT IN (1, b)", &rows), [0; 0]);
    assert_eq!(holding("a NOT BETWEEN b AND 1", &rows), [1]);
    assert_eq!(holding("a IS NULL OR a BETWEEN 2 AND 2.5", &rows), [1, 2]);
    assert_eq!(holding("coalesce(a, 7) >= 2", &rows), [1, 2]);
}

#[test]
fn truth_values_texts_and_the_user_are_compared() {
    assert_eq!(holding("a IS NOT TRUE", &["a=true", "a=false", "a=null"]), [1, 2]);
    assert_eq!(holding("a IS FALSE", &["a=true", "a=false", "a=null"]), [1]);
    assert_eq!(holding("a", &["a=true", "a=false", "a=null"]), [0]);
    assert_eq!(holding("NOT a", &["a=true", "a=false", "a=null"]), [1]);
    assert_eq!(holding("region = user.region", &["region=north", "region=south", ""]), [0]);
    assert_eq!(holding("a < user.size", &["a=4", "a=5", "a=4.5"]), [0, 2]);
    assert_eq!(holding("starts_with(a, 'no')", &["a=north", "a=No", ""]), [0]);
    assert_eq!(holding("lower(a) = 'north' AND length(a) = 5", &["a=NORTH", "a=nort"]), [0]);
    // Today is 2024-10-04.
    assert_eq!(holding("a <= current_date AND user.since IS NULL", &["a=2024-10-04", "a=2024-10-05", ""]), [0]);
    assert_eq!(holding("a < now()", &["a=2024-10-03", "a=2024-10-05"]), [0]);
}
