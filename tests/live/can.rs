//! `crm_access.can` against what the commands really do.

use crate::language::Parts;
use crate::rows::{drop_foreign_keys, is_nobody};
use crate::support::{TARGETS, World, refused};

/// Entities of a preset: name, table, key.
type Entities = [(&'static str, &'static str)];

const ODOO: &Entities = &[
    ("partner", "sales.partners"),
    ("lead", "sales.leads"),
    ("opportunity", "sales.opportunities"),
    ("opportunity_owner", "sales.opportunity_owners"),
    ("sales_order", "sales.sales_orders"),
    ("sales_order_line", "sales.sales_order_lines"),
    ("ticket", "sales.tickets"),
    ("activity", "sales.activities"),
];

const TEAMLEADER: &Entities = &[
    ("company", "companies"),
    ("contact", "contacts"),
    ("contact_company", "contact_companies"),
    ("deal", "deals"),
    ("quotation", "quotations"),
    ("invoice", "invoices"),
    ("ticket", "tickets"),
    ("activity", "activities"),
];

/// Every answer for every record in a sample, and for no record in particular.
fn agrees(preset: &str, entities: &Entities, users: &[&str]) {
    for target in TARGETS {
        let mut world = World::new(preset, target);
        drop_foreign_keys(&mut world);
        for (entity, table) in entities {
            // What was written by hand, and every so many of the rest.
            let sample = format!(
                "SELECT id::text FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS total FROM {table}) AS r WHERE n <= 11 OR n % (total / 6) = 0"
            );
            let keys = world.really(&sample).join(",");
            let chosen = format!("id::text = ANY ('{{{keys}}}')");
            for user in users {
                if is_nobody(&mut world, user) {
                    continue;
                }
                for (action, command) in [
                    ("read", format!("SELECT id FROM {table} WHERE {chosen}")),
                    ("update", format!("UPDATE {table} SET id = id WHERE {chosen} RETURNING id")),
                    ("delete", format!("DELETE FROM {table} WHERE {chosen} RETURNING id")),
                ] {
                    let context = format!("{preset} {} user {user}: {action} {entity}", world.target.name());
                    let touched = world.sees(user, &command);
                    let asked = format!("SELECT k FROM unnest('{{{keys}}}'::text[]) AS k WHERE crm_access.can('{action}', '{entity}', k)");
                    assert_eq!(world.sees(user, &asked), touched, "{context}");
                    let any = world.sees(user, &format!("SELECT crm_access.can('{action}', '{entity}')"));
                    let everything = command.replace(&format!(" WHERE {chosen}"), "");
                    if any == ["f"] {
                        assert!(world.sees(user, &everything).is_empty(), "{context}: none of all");
                    } else {
                        assert_eq!(any, ["t"], "{context}");
                    }
                }
            }
        }
    }
}

#[test]
fn can_agrees_with_what_the_commands_do_in_odoo() {
    agrees("odoo-crm", ODOO, &["1", "2", "3", "4", "7", "8", "9", "12", "13", "14", "16"]);
}

#[test]
fn can_agrees_with_what_the_commands_do_in_teamleader() {
    agrees("teamleader", TEAMLEADER, &["1", "2", "3", "5", "6", "8", "10", "11", "999"]);
}

#[test]
fn can_refuses_unknown_actions_and_entities() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        for action in ["'reads'", "'READ'", "''", "NULL", "'assign'", "'read; '", "'every'"] {
            for key in ["", ", '1'", ", NULL::text"] {
                refused(world.try_sees("1", &format!("SELECT crm_access.can({action}, 'lead'{key})")), "22023");
            }
        }
        for entity in ["'leads'", "'Lead'", "''", "NULL", "'sales.leads'", "'*'", "'lead'' OR true --'"] {
            for user in ["1", "15"] {
                refused(world.try_sees(user, &format!("SELECT crm_access.can('read', {entity})")), "22023");
            }
        }
        let error = refused(world.try_sees("1", "SELECT crm_access.can('raed', 'lead')"), "22023");
        assert_eq!(error.message, "unknown action 'raed'");
        assert_eq!(error.hint, "The actions are read, create, update, delete, export and share.");
    }
}

#[test]
fn can_is_false_for_keys_that_no_record_has() {
    let long = "9".repeat(200);
    let garbage = [
        "",
        " ",
        "x",
        "0",
        "-1",
        "1.0",
        "1e3",
        " 1",
        "1 ",
        "+1",
        "0x1",
        "99999999999999999999",
        "9223372036854775808",
        "NaN",
        "null",
        "1; DROP TABLE sales.leads",
        "' OR true --",
        "00000000-0000-4000-8000-00000000000",
        "{00000000-0000-4000-8000-000000000001",
        "é",
        &long,
    ];
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        for key in garbage {
            let key = key.replace('\'', "''");
            for entity in ["lead", "opportunity", "opportunity_owner", "activity"] {
                for action in ["read", "create", "update", "delete"] {
                    let answer = world.sees("1", &format!("SELECT crm_access.can('{action}', '{entity}', '{key}')"));
                    assert_eq!(answer, ["f"], "{action} {entity} {key}");
                }
            }
        }
        // A key of each type, and null for no record in particular.
        let first = "00000000-0000-4000-8000-000000000001";
        for (question, answer) in [
            (format!("can('read', 'lead', '{first}'::uuid)"), "t"),
            (format!("can('read', 'lead', '{first}')"), "t"),
            (format!("can('read', 'lead', upper('{first}'))"), "t"),
            ("can('read', 'lead', 1)".to_owned(), "f"),
            ("can('read', 'opportunity', 1)".to_owned(), "t"),
            ("can('read', 'opportunity', 2)".to_owned(), "f"),
            ("can('read', 'opportunity', '1')".to_owned(), "t"),
            (format!("can('read', 'opportunity', '{first}'::uuid)"), "f"),
            ("can('read', 'opportunity', NULL::text)".to_owned(), "t"),
            ("can('delete', 'opportunity', NULL::bigint)".to_owned(), "f"),
            ("can('read', 'opportunity', NULL::uuid)".to_owned(), "t"),
            ("can('delete', 'lead')".to_owned(), "f"),
        ] {
            assert_eq!(world.sees("2", &format!("SELECT crm_access.{question}")), [answer], "{question}");
        }
    }
}

#[test]
fn b06_a_role_that_denies_everything_leaves_no_button_where_a_denial_wins() {
    let rest = "
conflict: deny_wins
roles: {all: {grants: {doc: all}}, none: {grants: {doc: {update: none, delete: {scopes: none, stages: {won: none}}, create: {scopes: all, stages: {won: none}}}}}}
assignments: {listed: [{role: all, everyone: true}, {role: none, user: 2}]}
";
    for target in TARGETS {
        let mut world = Parts { rest, ..Parts::default() }.world(target);
        let mut can = |user: &str, action: &str| world.sees(user, &format!("SELECT crm_access.can('{action}', 'doc')"));
        for (action, answer) in [("read", "t"), ("create", "t"), ("update", "f"), ("delete", "f")] {
            assert_eq!(can("2", action), [answer], "{} {action}", target.name());
            assert_eq!(can("1", action), ["t"], "{} {action}", target.name());
        }
    }
}
