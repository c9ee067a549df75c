//! Restricted leaders (T10).

use super::super::{leader_question, leaders};
use super::*;

fn listed(lines: &str) -> String {
    assert_eq!(TEAMLEADER.matches("assignments:\n  listed:\n").count(), 1);
    TEAMLEADER.replace("assignments:\n  listed:\n", &format!("assignments:\n  listed:\n{lines}"))
}

#[test]
fn nobody_is_asked_about_where_no_restriction_of_a_single_user_is_in_doubt() {
    assert!(leader_question(&sound(TEAMLEADER).2).is_none());
    assert!(leader_question(&sound(ODOO).2).is_none());
    let text =
        listed("    - {restriction: limited_crm_access, user: 7, confirmed: true}\n    - {restriction: limited_deal_access, user: 8}\n");
    assert!(leader_question(&sound(&text).2).is_none());
}

#[test]
fn the_question_names_every_table_of_leaders_and_quotes_what_it_looks_for() {
    let text = listed("    - {restriction: limited_crm_access, user: 12}\n    - {restriction: limited_crm_access, user: 7}\n");
    let question = leader_question(&sound(&text).2).unwrap();
    assert_eq!(
        question,
        "SELECT l.head_id::pg_catalog.text AS user_key, 'department'::pg_catalog.text AS leads FROM public.departments AS l \
         WHERE l.head_id::pg_catalog.text = ANY (ARRAY['12', '7']::pg_catalog.text[])\n\
         UNION\n\
         SELECT l.leader_id::pg_catalog.text AS user_key, 'team'::pg_catalog.text AS leads FROM public.teams AS l \
         WHERE l.leader_id::pg_catalog.text = ANY (ARRAY['12', '7']::pg_catalog.text[])\n\
         ORDER BY 1, 2"
    );
    let hostile = listed("    - {restriction: limited_crm_access, user: \"a'b\"}\n").replace("key_type: int4", "key_type: text");
    assert!(leader_question(&sound(&hostile).2).unwrap().contains("ARRAY['a''b']"));
}

#[test]
fn a_leader_is_reported_where_the_restriction_is_given() {
    let text = listed(
        "    - {role: employee, user: 12}\n    - {restriction: limited_deal_access, user: 9}\n    - {restriction: limited_crm_access, user: 12}\n",
    );
    let (source, config, model) = sound(&text);
    let mut diagnostics = Diagnostics::new();
    leaders(&config, &model, [("12", "team"), ("9", "team")], &mut diagnostics);
    let found: Vec<(Finding, usize)> =
        diagnostics.iter().map(|found| (finding(&source, found), found.span.map_or(0, |span| span.start))).collect();
    let [((code, severity, message, help, underlined), start)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*code, *severity, underlined.as_str()), (Code::UnconfirmedLeader, Severity::Error, "12"));
    assert_eq!(message, "restriction `limited_crm_access` is given to user `12`, who leads a team");
    assert_eq!(help, "write `confirmed: true` if that is meant (T10)");
    assert!(text[..*start].ends_with("restriction: limited_crm_access, user: "));
}
