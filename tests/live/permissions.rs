//! Rule O7: what the application asks to know which modules, menus and buttons to show.

use crate::language::{DOCS, Parts, only};
use crate::rows::is_nobody;
use crate::support::{REFUSED, TARGETS, World, refused};
use crm_access::model::Action;

const ALL: &str = "SELECT concat_ws('|', entity, action, scope, array_to_string(scopes, ';'), array_to_string(restricted_by, ',')) FROM crm_access.permissions()";

/// There is a row just where `can` says that something may be done.
fn agrees(world: &mut World, entities: &[&str], user: &str) {
    for action in Action::ALL.map(Action::name) {
        let permitted = world.sees(user, &format!("SELECT entity FROM crm_access.permissions() WHERE action = '{action}'"));
        let list = entities.iter().map(|entity| format!("'{entity}'")).collect::<Vec<_>>().join(", ");
        let able = world.sees(user, &format!("SELECT e FROM unnest(ARRAY[{list}]) AS e WHERE crm_access.can('{action}', e)"));
        assert_eq!(permitted, able, "{} user {user}: {action}", world.target.name());
    }
}

#[test]
fn o7_permissions_names_each_entity_and_action_with_the_widest_scope_in_one_query() {
    for target in TARGETS {
        let mut world = World::new("odoo-crm", target);
        assert_eq!(
            world.sees("9", ALL),
            [
                "activity|create|parent(ticket, update)|parent(ticket, update)|",
                "activity|read|parent(ticket)|parent(ticket)|",
                "activity|update|parent(ticket, update)|parent(ticket, update)|",
                "lead|read|open|open|",
                "partner_contact|read|all|all|",
                "partner|read|all|all|",
                "ticket|assign|own|own;unassigned|",
                "ticket|create|all|all|",
                "ticket|read|all|all|",
                "ticket|update|own|own;unassigned|",
            ]
        );
        // O11: Rita has four roles and a restriction, which leaves her own leads.
        let rita = world.sees("14", &format!("{ALL} WHERE entity = 'lead'"));
        assert_eq!(
            rita,
            ["assign", "create", "delete", "export", "import", "read", "share", "update"].map(|action| {
                let scopes = match action {
                    "read" => "all;where ...;own;unassigned",
                    "assign" | "create" | "update" => "where ...;own;unassigned",
                    _ => "where ...",
                };
                format!("lead|{action}|own|{scopes}|own_records_only")
            })
        );
        // In the order of the file, so that a menu needs no order of its own.
        let order = world.sees("1", "SELECT string_agg(entity, ',' ORDER BY n) FROM (SELECT entity, min(n) AS n FROM crm_access.permissions() WITH ORDINALITY AS p(entity, action, scope, scopes, restricted_by, n) GROUP BY entity) AS p");
        assert_eq!(order, ["partner,partner_contact,lead,opportunity,opportunity_owner,sales_order,sales_order_line,ticket,activity"]);
        // Nils has no role but everybody's; 16 is not active; nobody is nobody.
        assert_eq!(world.sees("15", "SELECT entity || action FROM crm_access.permissions()"), ["partner_contactread", "partnerread"]);
        for user in ["16", "999"] {
            if !is_nobody(&mut world, user) {
                assert!(world.sees(user, ALL).is_empty());
            }
        }
        let rows = world.backend.query("SELECT 1 FROM crm_access.permissions()", &[]).unwrap();
        assert!(rows.is_empty(), "without a user");
    }
}

#[test]
fn o7_permissions_agree_with_can_for_every_preset() {
    let odoo =
        ["partner", "partner_contact", "lead", "opportunity", "opportunity_owner", "sales_order", "sales_order_line", "ticket", "activity"];
    let teamleader = ["company", "contact", "contact_company", "deal", "quotation", "invoice", "ticket", "activity", "email"];
    let jetpack = ["company", "contact", "transaction", "quote", "invoice", "task"];
    let full = [
        "company",
        "contact",
        "contact_company",
        "lead",
        "lead_watcher",
        "deal",
        "quotation",
        "invoice",
        "order",
        "product",
        "ticket",
        "ticket_agent",
        "document",
        "document_company",
        "activity",
    ];
    let bitrix = ["company", "contact", "lead", "deal", "lead_observer", "deal_observer", "activity"];
    for target in TARGETS {
        for (preset, entities) in [
            ("odoo-crm", &odoo[..]),
            ("teamleader", &teamleader[..]),
            ("bitrix24", &bitrix[..]),
            ("jetpack", &jetpack[..]),
            ("full", &full[..]),
        ] {
            let mut world = World::new(preset, target);
            for user in (1..=16).map(|user| user.to_string()).chain(["999".to_owned()]) {
                if !is_nobody(&mut world, &user) {
                    agrees(&mut world, entities, &user);
                }
            }
        }
    }
}

const STRATEGIES: &str = "
roles:
  weak: {grants: {doc: {read: own, update: own, delete: created}, box: all}}
  strong: {grants: {doc: {read: all, update: {scopes: all, stages: {won: own}}}, box: {read: own}}}
  denying: {grants: {doc: {update: none, delete: {scopes: all, stages: {won: none}}}, box: {delete: none}}}
restrictions:
  narrow: {entities: {doc: {read: [own, created], update: all, delete: none}}, others: as_granted}
  lifted: {entities: {box: own}, others: hidden, not_for: strong, promotion: lift}
assignments: {stored: true}
";

#[test]
fn o7_permissions_follow_the_conflict_strategy_and_the_restrictions() {
    let short = "SELECT concat_ws(' ', entity, action, scope, restricted_by) FROM crm_access.permissions() WHERE entity IN ('doc', 'box')";
    for target in TARGETS {
        for (conflict, expected) in [
            (
                "union",
                &[
                    "box assign all {}",
                    "box create all {}",
                    "box delete all {}",
                    "box export all {}",
                    "box import all {}",
                    "box read all {}",
                    "box share all {}",
                    "box update all {}",
                    "doc assign all at stages other than won {}",
                    "doc delete all at stages other than won {}",
                    "doc read all {}",
                    "doc update all at stages other than won {}",
                ][..],
            ),
            (
                "most_specific",
                &[
                    "box assign all {}",
                    "box create all {}",
                    "box export all {}",
                    "box import all {}",
                    "box read own {}",
                    "box share all {}",
                    "box update all {}",
                    "doc assign all at stages other than won {}",
                    "doc delete all at stages other than won {}",
                    "doc read all {}",
                    "doc update all at stages other than won {}",
                ][..],
            ),
            (
                "deny_wins",
                &[
                    "box assign all {}",
                    "box create all {}",
                    "box export all {}",
                    "box import all {}",
                    "box read all {}",
                    "box share all {}",
                    "box update all {}",
                    "doc delete all at stages other than won {}",
                    "doc read all {}",
                ][..],
            ),
        ] {
            let rest = format!("{STRATEGIES}conflict: {conflict}\n");
            let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
            world.force("SELECT crm_access.assign('weak', 'everyone'), crm_access.assign('strong', 'user', '1'), crm_access.assign('denying', 'user', '1')");
            let found = world.sees("1", short);
            assert_eq!(found, expected, "{} {conflict}", target.name());
            agrees(&mut world, &["doc", "box", "note"], "1");
            // An exempt role lifts a restriction from whoever had it before (T9).
            world.force("SELECT crm_access.revoke('strong', 'user', '1')");
            world.force("SELECT crm_access.restrict('narrow', 'user', '1'), crm_access.restrict('lifted', 'everyone')");
            world.force("SELECT crm_access.assign('strong', 'user', '1')");
            let narrowed: Vec<String> = expected
                .iter()
                .filter(|line| !line.starts_with("doc delete"))
                .map(|line| line.replace("doc read all {}", "doc read own {narrow}"))
                .collect();
            assert_eq!(world.sees("1", short), narrowed, "{} {conflict}", target.name());
            agrees(&mut world, &["doc", "box", "note"], "1");
            // Under no exempt role, the other restriction hides the docs and leaves own boxes.
            assert_eq!(
                world.sees("2", short),
                ["assign", "create", "delete", "export", "import", "read", "share", "update"]
                    .map(|action| format!("box {action} own {{lifted}}"))
            );
            agrees(&mut world, &["doc", "box", "note"], "2");
        }
    }
}

#[test]
fn o7_nothing_is_updated_deleted_or_exported_that_can_not_be_read() {
    let rest = format!(
        "roles:\n  blind: {{grants: {{doc: {{create: all, update: all, delete: all, export: all}}}}}}\n{}",
        crate::language::BY_COLUMN
    );
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        only(&mut world, "1", "blind");
        assert_eq!(world.sees("1", "SELECT action FROM crm_access.permissions()"), ["create"]);
        DOCS.assert_insert(&mut world, "1", "id", "900", "true", "false");
    }
}

#[test]
fn o7_permissions_follow_people_and_time_in_the_same_transaction() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let identity = world.identity("14");
        let mut transaction = world.backend.transaction().unwrap();
        transaction.batch_execute(&identity).unwrap();
        let mut entities = || transaction.query("SELECT DISTINCT entity FROM crm_access.permissions()", &[]).unwrap().len();
        assert_eq!(entities(), 0);
        world.owner.batch_execute("INSERT INTO user_group_members VALUES (1, 14)").unwrap();
        assert_eq!(entities(), 7);
        world.owner.batch_execute("DELETE FROM user_group_members WHERE user_id = 14").unwrap();
        assert_eq!(entities(), 0);
    }
}

#[test]
fn o7_can_tells_of_many_keys_at_once_just_what_it_tells_of_each() {
    for target in TARGETS {
        for (preset, entity, table, users) in [
            ("odoo-crm", "lead", "sales.leads", ["2", "4", "14"]),
            ("odoo-crm", "opportunity", "sales.opportunities", ["2", "9", "14"]),
            ("odoo-crm", "activity", "sales.activities", ["9", "2", "15"]),
            ("teamleader", "contact", "contacts", ["1", "2", "5"]),
            ("bitrix24", "deal", "deals", ["2", "10", "12"]),
        ] {
            let mut world = World::new(preset, target);
            for user in users {
                for action in ["read", "create", "update", "delete", "assign", "import"] {
                    let keys = format!(
                        "ARRAY(SELECT id::text FROM unnest('{{{}}}'::text[]) AS k(id))",
                        world.really(&format!("SELECT id FROM {table} ORDER BY md5(id::text) LIMIT 40")).join(",")
                    );
                    let each =
                        world.sees(user, &format!("SELECT k FROM unnest({keys}) AS k WHERE crm_access.can('{action}', '{entity}', k)"));
                    let all = world.sees(user, &format!("SELECT crm_access.can('{action}', '{entity}', {keys})"));
                    assert_eq!(all, each, "{} {preset} user {user}: {action} {entity}", target.name());
                }
            }
        }
    }
}

#[test]
fn o7_can_for_many_keys_takes_each_type_of_key_and_refuses_what_it_does_not_know() {
    for target in TARGETS {
        let mut world = World::new("bitrix24", target);
        let mine = world.really("SELECT id FROM leads WHERE assigned_by_id = 10");
        for keys in [
            "ARRAY(SELECT id FROM generate_series(1, 400) AS id)",
            "ARRAY(SELECT id::bigint FROM generate_series(-1, 400) AS id)",
            "ARRAY(SELECT id::text FROM generate_series(1, 400) AS id) || ARRAY['x', '', '1.0', NULL, '99999999999999999999', '1; DROP TABLE leads']",
            "ARRAY(SELECT id FROM generate_series(1, 400) AS id) || ARRAY(SELECT id FROM generate_series(1, 400) AS id)",
        ] {
            assert_eq!(world.sees("10", &format!("SELECT crm_access.can('update', 'lead', {keys})")), mine, "{keys}");
        }
        for keys in ["'{}'::bigint[]", "NULL::bigint[]", "ARRAY[NULL]::text[]", "ARRAY['00000000-0000-4000-8000-000000000001']::uuid[]"] {
            assert!(world.sees("10", &format!("SELECT crm_access.can('update', 'lead', {keys})")).is_empty(), "{keys}");
        }
        for (action, entity) in [("reed", "lead"), ("read", "leads"), ("", ""), ("assigned", "lead")] {
            refused(world.try_sees("10", &format!("SELECT crm_access.can('{action}', '{entity}', ARRAY[1, 2])")), "22023");
        }
        // It is what an ORM filters with.
        let listed =
            world.sees("10", "SELECT id FROM leads WHERE id IN (SELECT crm_access.can('update', 'lead', ARRAY(SELECT id FROM leads)))");
        assert_eq!(listed, mine);
        let mut transaction = world.backend.transaction().unwrap();
        let none = transaction.query("SELECT crm_access.can('read', 'lead', ARRAY[1, 2, 3])", &[]).unwrap();
        assert!(none.is_empty(), "without a user");
        refused(
            transaction.query("SELECT crm_access_rules.can_each_of_lead('read', ARRAY['1'])", &[]).map_err(crate::support::Refused::from),
            REFUSED,
        );
    }
}
