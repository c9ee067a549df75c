//! Changing owners: `crm_access.assign_record`, an UPDATE that does it, and what is logged (J4, J5, J6).

use crate::language::{ACTIVE_USERS, BY_COLUMN, DOCS, Parts, TABLES, only};
use crate::support::{REFUSED, Refused, TARGETS, World, refused};
use crm_access::program::Target;

fn world(target: Target, grants: &str) -> World {
    Parts { rest: &format!("roles:\n  s: {{grants: {grants}}}\n{BY_COLUMN}"), ..Parts::default() }.world(target)
}

fn keys(world: &mut World) -> Vec<String> {
    world.really("SELECT id FROM docs")
}

fn owners(world: &mut World, doc: &str) -> Vec<String> {
    world.really(&format!(
        "SELECT concat_ws(' ', coalesce(first_owner::text, '-'), coalesce(second_owner::text, '-')) FROM docs WHERE id = {doc}"
    ))
}

#[test]
fn j5_once_a_role_names_assign_an_owner_is_changed_by_whom_it_is_granted_to_and_by_nobody_else() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, update: all, assign: own}}");
        let keys = keys(&mut world);
        for user in ["1", "4", "7"] {
            only(&mut world, user, "s");
            let own = format!("coalesce({user} IN (t.first_owner, t.second_owner), false)");
            let given = DOCS.really(&mut world, &own);
            assert!(!given.is_empty() && given.len() < keys.len());
            assert_eq!(world.accepted(user, &keys, "SELECT crm_access.assign_record('doc', $key, 5)"), sorted_like(&keys, &given));
            let changed = format!("{own} OR t.first_owner IS NOT DISTINCT FROM 5");
            let changed = DOCS.really(&mut world, &changed);
            assert_eq!(world.accepted(user, &keys, "UPDATE docs SET first_owner = 5 WHERE id = $key"), sorted_like(&keys, &changed));
            // What is no owner may be changed as before.
            assert_eq!(world.tries(user, "UPDATE docs SET title = 'x', first_owner = first_owner"), Ok(60));
            let asked = format!("SELECT k FROM unnest('{{{}}}'::text[]) AS k WHERE crm_access.can('assign', 'doc', k)", keys.join(","));
            assert_eq!(world.sees(user, &asked), given);
        }
        only(&mut world, "1", "nothing");
        assert_eq!(world.accepted("1", &keys, "SELECT crm_access.assign_record('doc', $key, 5)"), Vec::<String>::new());
    }
}

/// The same keys in the order of the first.
fn sorted_like(all: &[String], some: &[String]) -> Vec<String> {
    all.iter().filter(|key| some.contains(key)).cloned().collect()
}

#[test]
fn an_owner_is_a_part_of_the_record_where_nothing_names_assign() {
    for target in TARGETS {
        let mut world = world(target, "{doc: all, box: {read: all, update: all}}");
        only(&mut world, "1", "s");
        assert_eq!(world.tries("1", "UPDATE docs SET first_owner = 11, second_owner = NULL"), Ok(60));
        assert_eq!(world.sees("1", "SELECT crm_access.can('assign', 'doc', '1'), crm_access.can('assign', 'doc')"), ["t"]);
        assert_eq!(world.sees("1", "SELECT crm_access.can('assign', 'note')"), ["f"]);
        for entity in ["doc", "box"] {
            let error = refused(world.try_sees("1", &format!("SELECT crm_access.assign_record('{entity}', 1, 2)")), "55000");
            assert!(error.hint.contains("\"assign\""), "{error:?}");
        }
        refused(world.try_sees("1", "SELECT crm_access.assign_record('docs', 1, 2)"), "22023");
        refused(world.try_sees("1", "SELECT crm_access.assign_record(NULL, 1, 2)"), "22023");
    }
}

#[test]
fn j4_giving_away_ones_own_record_works_although_the_giver_no_longer_sees_it() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: own, update: own, assign: own}}");
        only(&mut world, "2", "s");
        let doc = world.really("SELECT min(id) FROM docs WHERE first_owner = 2 AND second_owner IS NULL").remove(0);
        let update = format!("UPDATE docs SET first_owner = 3 WHERE id = {doc}");
        let error = refused(world.tries("2", &update), REFUSED);
        assert!(error.hint.contains("crm_access.assign_record("), "{error:?}");
        assert!(error.message.contains(&format!("\"doc\" record with the key \"{doc}\" would leave")), "{error:?}");
        // An UPDATE that reads nothing is no way round it.
        assert!(refused(world.tries("2", "UPDATE docs SET first_owner = 3"), REFUSED).hint.contains("assign_record"));
        assert_eq!(world.run("2", &format!("SELECT crm_access.assign_record('doc', {doc}, 3)")), Ok(1));
        assert_eq!(owners(&mut world, &doc), ["3 -"]);
        assert_eq!(world.sees("2", &format!("SELECT id FROM docs WHERE id = {doc}")), Vec::<String>::new());
        // And the right has moved at once.
        let again = refused(world.run("2", &format!("SELECT crm_access.assign_record('doc', {doc}, 2)")), REFUSED);
        assert_eq!(again.message, format!("there is no \"doc\" record with the key \"{doc}\""));
        only(&mut world, "3", "s");
        assert_eq!(world.sees("3", &format!("SELECT id FROM docs WHERE id = {doc}")), std::slice::from_ref(&doc));
        let logged = "SELECT concat_ws(' ', actor, database_role, action, entity, record_key, detail) FROM crm_access.log";
        let detail = "{\"to\": 3, \"from\": 2, \"column\": \"first_owner\"}";
        assert_eq!(world.really(logged), [format!("2 crm_backend assign doc {doc} {detail}")]);
        // Nobody who asks reads the log.
        refused(world.try_sees("3", "SELECT * FROM crm_access.log"), REFUSED);
    }
}

#[test]
fn nothing_tells_a_hidden_record_from_one_that_is_not_there() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: own, update: all, assign: all}, box: {read: own, assign: all}}");
        only(&mut world, "2", "s");
        let hidden = world.really("SELECT id FROM docs WHERE 2 IN (first_owner, second_owner) IS NOT TRUE");
        let mine = world.really("SELECT min(id) FROM docs WHERE first_owner = 2").remove(0);
        let said =
            |world: &mut World, call: &str| -> Refused { refused(world.try_sees("2", &format!("SELECT crm_access.{call}")), REFUSED) };
        let missing = said(&mut world, "assign_record('doc', 999, 3)");
        for call in [
            "assign_record('doc', $, 3)",
            "assign_record('doc', ARRAY[MINE, $], 3)",
            "assign_record('doc', '$', NULL)",
            "assign_record('doc', $, 3, 4)",
        ] {
            let call = call.replace("MINE", &mine);
            let hidden = said(&mut world, &call.replace('$', &hidden[0]));
            assert_eq!(hidden.message.replace(&format!("\"{}\"", self::number(&hidden)), "\"999\""), missing.message, "{call}");
            assert_eq!((hidden.detail, hidden.hint), (String::new(), String::new()));
            assert_eq!(said(&mut world, &call.replace('$', "999")), missing, "{call}");
        }
        for garbage in ["x", "", "1.0", "99999999999999999999", "1; DROP TABLE docs", "é"] {
            assert_eq!(said(&mut world, &format!("assign_record('doc', '{garbage}', 3)")).message, missing.message.replace("999", garbage));
        }
        let boxed = world.really("SELECT min(id) FROM boxes WHERE id NOT IN (SELECT box FROM box_owners WHERE person = 2)").remove(0);
        let hidden = said(&mut world, &format!("assign_record('box', {boxed}, 3, 4)"));
        assert_eq!(hidden.message, missing.message.replace("doc", "box").replace("999", &boxed));
        assert_eq!(world.really("SELECT * FROM crm_access.log"), Vec::<String>::new(), "what was refused is not logged as done");
    }
}

/// The number at the end of a message.
fn number(refused: &Refused) -> String {
    refused.message.rsplit('"').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn the_new_owner_is_within_the_limit_of_a_grant_that_gives_the_record() {
    for target in TARGETS {
        for (to, near) in [
            ("me", "SELECT 3"),
            (
                "team",
                "SELECT 3 UNION SELECT person FROM team_members WHERE team IN (1, 2) UNION SELECT leader FROM teams WHERE id IN (1, 2)",
            ),
            (
                "department",
                "SELECT 3 UNION SELECT id FROM users WHERE department IN (2, 3) UNION SELECT head FROM departments WHERE id IN (2, 3)",
            ),
            ("anyone", "SELECT id FROM users"),
        ] {
            let mut world = world(target, &format!("{{doc: {{read: all, update: all, assign: {{scopes: own, to: {to}}}}}}}"));
            only(&mut world, "3", "s");
            let doc = world.really("SELECT min(id) FROM docs WHERE first_owner = 3").remove(0);
            let near = world.really(&format!("SELECT id FROM users WHERE active AND id IN ({near}) ORDER BY id"));
            let people = world.really("SELECT id FROM users");
            let people: Vec<String> = people.into_iter().chain(["99".to_owned(), "-1".to_owned()]).collect();
            let taken = world.accepted("3", &people, &format!("SELECT crm_access.assign_record('doc', {doc}, $key)"));
            assert_eq!(taken, sorted_like(&people, &near), "{to}");
            let taken = world.accepted("3", &people, &format!("UPDATE docs SET first_owner = $key WHERE id = {doc}"));
            let unchanged: Vec<String> = near.iter().cloned().chain(["3".to_owned()]).collect();
            assert_eq!(taken, sorted_like(&people, &unchanged), "{to}: UPDATE");
            // Leaving a record to nobody takes the widest limit.
            for command in [
                format!("SELECT crm_access.assign_record('doc', {doc}, NULL)"),
                format!("UPDATE docs SET first_owner = NULL WHERE id = {doc}"),
            ] {
                match world.tries("3", &command) {
                    Ok(1) => assert_eq!(to, "anyone"),
                    other => {
                        assert!(refused(other, REFUSED).message.contains("left without owner"));
                        assert_ne!(to, "anyone");
                    }
                }
            }
        }
    }
}

#[test]
fn the_grants_of_several_roles_are_a_union_of_records_with_their_own_limits() {
    let rest = format!(
        "roles:
  a: {{grants: {{doc: {{read: all, update: all, assign: {{scopes: own, to: me}}}}}}}}
  b: {{includes: a, grants: {{doc: {{assign: {{scopes: created, to: team}}}}}}}}
restrictions:
  r: {{entities: {{doc: {{read: all, update: all, assign: open}}}}, others: as_granted}}
{BY_COLUMN}"
    );
    for target in TARGETS {
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        only(&mut world, "3", "b");
        let keys = keys(&mut world);
        let own = "coalesce(3 IN (t.first_owner, t.second_owner), false)";
        let made = "t.author IS NOT DISTINCT FROM 3";
        for (owner, holds) in [("3", format!("{own} OR {made}")), ("2", made.to_owned()), ("5", "false".to_owned())] {
            let expected = DOCS.really(&mut world, &holds);
            let command = format!("SELECT crm_access.assign_record('doc', $key, {owner})");
            assert_eq!(world.accepted("3", &keys, &command), sorted_like(&keys, &expected), "to {owner}");
        }
        world.force("SELECT crm_access.restrict('r', 'user', '3')");
        let expected = DOCS.really(&mut world, &format!("({own} OR {made}) AND t.shared IS TRUE"));
        let command = "SELECT crm_access.assign_record('doc', $key, 3)";
        assert_eq!(world.accepted("3", &keys, command), sorted_like(&keys, &expected), "restricted");
    }
}

#[test]
fn j6_whether_a_record_without_owner_may_be_taken_is_a_scope_of_assign() {
    for target in TARGETS {
        for (scopes, free) in [("own", false), ("[own, unassigned]", true)] {
            let mut world = world(target, &format!("{{doc: {{read: all, update: all, assign: {{scopes: {scopes}, to: me}}}}}}"));
            only(&mut world, "6", "s");
            let unowned = world.really("SELECT id FROM docs WHERE first_owner IS NULL AND second_owner IS NULL");
            assert!(unowned.len() > 3);
            let expected = if free { unowned.clone() } else { Vec::new() };
            assert_eq!(world.accepted("6", &unowned, "SELECT crm_access.assign_record('doc', $key, 6)"), expected);
            assert_eq!(world.accepted("6", &unowned, "UPDATE docs SET second_owner = 6 WHERE id = $key"), expected);
        }
    }
}

#[test]
fn whose_place_is_taken_can_be_said() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, assign: all}}");
        only(&mut world, "1", "s");
        world.force("UPDATE docs SET first_owner = 4, second_owner = 5 WHERE id = 1; UPDATE docs SET first_owner = NULL, second_owner = 5 WHERE id = 2; UPDATE docs SET first_owner = 5, second_owner = 5 WHERE id = 3");
        let mut assign = |call: &str| world.run("1", &format!("SELECT crm_access.assign_record('doc', {call})"));
        assert_eq!(assign("1, 6, 5"), Ok(1));
        assert_eq!(assign("2, 6, 5"), Ok(1));
        assert_eq!(assign("3, 6, 5"), Ok(1));
        assert_eq!(refused(assign("1, 6, 9"), "22023").message, "user \"9\" is no owner of the \"doc\" record with the key \"1\"");
        assert_eq!(
            refused(assign("1, '6'::text, '?'::text"), "22023").message,
            "user \"?\" is no owner of the \"doc\" record with the key \"1\""
        );
        assert_eq!(assign("ARRAY[1, 2], NULL, 6"), Ok(1));
        assert_eq!(["1", "2", "3"].map(|doc| owners(&mut world, doc).remove(0)), ["4 -", "- -", "6 5"]);
    }
}

#[test]
fn owners_in_a_join_table_are_added_replaced_and_removed() {
    let key = "ALTER TABLE box_owners ADD id serial PRIMARY KEY";
    let rest = format!(
        "  box_owner: {{table: box_owners, parents: {{box: box}}}}\nroles:\n  s: {{grants: {{box: {{read: own, assign: own}}, box_owner: {{read: parent(box)}}}}}}\n{BY_COLUMN}"
    );
    let text = Parts { rest: &rest, ..Parts::default() }.text();
    for target in TARGETS {
        let mut world = World::made(&format!("{TABLES}{key}"), target, &text);
        world.force("DELETE FROM box_owners WHERE box IN (1, 2); INSERT INTO box_owners (box, person) VALUES (1, 2), (1, 4), (2, 2)");
        only(&mut world, "2", "s");
        let people = |world: &mut World, number: u8| world.really(&format!("SELECT person FROM box_owners WHERE box = {number}"));
        assert_eq!(world.run("2", "SELECT crm_access.assign_record('box', ARRAY[1, 2], 7)"), Ok(1), "added");
        assert_eq!(
            (people(&mut world, 1), people(&mut world, 2)),
            (vec!["2".into(), "4".into(), "7".into()], vec!["2".into(), "7".to_owned()])
        );
        assert_eq!(world.run("2", "SELECT crm_access.assign_record('box', 1, 7, 4)"), Ok(1), "there already");
        assert_eq!(people(&mut world, 1), ["2", "7"]);
        assert_eq!(world.run("2", "SELECT crm_access.assign_record('box', 1, 9, 2)"), Ok(1), "given away");
        assert_eq!(people(&mut world, 1), ["7", "9"]);
        assert!(world.sees("2", "SELECT id FROM boxes WHERE id = 1").is_empty());
        refused(world.run("2", "SELECT crm_access.assign_record('box', 1, 2)"), REFUSED);
        assert_eq!(
            refused(world.run("2", "SELECT crm_access.assign_record('box', 2, 9, 5)"), "22023").message,
            "user \"5\" is no owner of the \"box\" record with the key \"2\""
        );
        refused(world.run("2", "SELECT crm_access.assign_record('box', 2, NULL)"), "22004");
        assert_eq!(world.run("2", "SELECT crm_access.assign_record('box', 2, NULL, 7)"), Ok(1), "removed");
        assert_eq!(people(&mut world, 2), ["2"]);
        // The table itself stays closed.
        refused(world.run("2", "INSERT INTO box_owners (box, person) VALUES (1, 2)"), REFUSED);
        assert_eq!(world.run("2", "DELETE FROM box_owners"), Ok(0));
        assert_eq!(world.really("SELECT count(*) FROM crm_access.log"), ["5"]);
    }
}

#[test]
fn many_records_are_handed_over_at_once_all_or_none() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: own, assign: {scopes: own, to: team}}}");
        world.force("INSERT INTO docs (id, first_owner) SELECT n, 2 FROM generate_series(1001, 11000) AS n");
        only(&mut world, "2", "s");
        let all = "ARRAY(SELECT generate_series(1001, 11000))";
        assert_eq!(world.sees("2", &format!("SELECT crm_access.assign_record('doc', {all}, 3)")), ["10000"]);
        let refused_one = format!("SELECT crm_access.assign_record('doc', {all} || 11001, 3)");
        assert_eq!(refused(world.run("2", &refused_one), REFUSED).message, "there is no \"doc\" record with the key \"11001\"");
        refused(world.run("2", &format!("SELECT crm_access.assign_record('doc', {all}, 5)")), REFUSED);
        refused(world.run("2", &format!("SELECT crm_access.assign_record('doc', {all} || NULL::int, 3)")), "22004");
        refused(world.run("2", "SELECT crm_access.assign_record('doc', NULL::int[], 3)"), "22004");
        assert_eq!(world.really("SELECT count(*) FROM docs WHERE id > 1000 AND first_owner = 2"), ["10000"]);
        assert_eq!(world.really("SELECT count(*) FROM crm_access.log"), ["0"]);
        assert_eq!(world.sees("2", "SELECT crm_access.assign_record('doc', '{}'::text[], 3)"), ["0"]);
        assert_eq!(world.sees("2", "SELECT crm_access.assign_record('doc', ARRAY['1001', '01001', '1001'], 3)"), ["1"]);
        assert_eq!(world.run("2", &format!("SELECT crm_access.assign_record('doc', {all}, 3)")), Ok(1));
        assert_eq!(world.really("SELECT count(*) FROM docs WHERE id > 1000 AND first_owner = 3"), ["10000"]);
        assert_eq!(world.really("SELECT count(DISTINCT record_key) FROM crm_access.log WHERE actor = '2'"), ["10000"]);
        assert!(world.sees("2", "SELECT id FROM docs WHERE id > 1000").is_empty());
    }
}

#[test]
fn who_goes_past_row_security_and_foreign_keys_change_owners_unasked() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, update: all, assign: none}}");
        only(&mut world, "1", "s");
        world.force("ALTER TABLE docs ADD FOREIGN KEY (first_owner) REFERENCES users ON DELETE SET NULL");
        let theirs = "SELECT id FROM docs WHERE first_owner = 8";
        assert!(!world.really(theirs).is_empty());
        world.own("DELETE FROM users WHERE id = 8").unwrap();
        assert!(world.really(theirs).is_empty());
        assert_eq!(owners(&mut world, "1")[0].split(' ').next(), Some("2"));
        world.force("UPDATE docs SET first_owner = 4 WHERE id = 1");
        assert_eq!(
            refused(world.run("1", "UPDATE docs SET first_owner = 3 WHERE id = 1"), REFUSED).message,
            "this user may not assign the \"doc\" record with the key \"1\""
        );
        for command in [
            "INSERT INTO docs (id, first_owner) VALUES (1, 3) ON CONFLICT (id) DO UPDATE SET first_owner = 3",
            "MERGE INTO docs AS d USING (SELECT 1 AS k) AS s ON d.id = s.k WHEN MATCHED THEN UPDATE SET first_owner = 3",
        ] {
            refused(world.run("1", command), REFUSED);
        }
        // What a trigger of the application makes of a row counts as well.
        world.force(
            "CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.first_owner := length(NEW.title); RETURN NEW; END $$;
             CREATE TRIGGER followed BEFORE UPDATE ON docs FOR EACH ROW EXECUTE FUNCTION follow()",
        );
        refused(world.run("1", "UPDATE docs SET title = 'abc' WHERE id = 1"), REFUSED);
        assert_eq!(owners(&mut world, "1")[0].split(' ').next(), Some("4"));
    }
}

#[test]
fn owners_of_partitions_are_guarded_and_those_of_inheritance_children_refused() {
    let text = Parts {
        rest: &format!("roles:\n  s: {{grants: {{doc: {{read: all, update: all, assign: own}}}}}}\n{BY_COLUMN}"),
        ..Parts::default()
    }
    .text();
    let partitions = "
ALTER TABLE docs RENAME TO old_docs;
CREATE TABLE docs (LIKE old_docs) PARTITION BY RANGE (id);
CREATE TABLE docs_low PARTITION OF docs FOR VALUES FROM (0) TO (30);
INSERT INTO docs SELECT * FROM old_docs WHERE id < 30;
GRANT SELECT, INSERT, UPDATE, DELETE ON docs, docs_low TO crm_app;";
    for target in TARGETS {
        let mut world = World::made(&format!("{TABLES}{partitions}"), target, &text);
        // This one comes later and has no row security of its own.
        world.force("CREATE TABLE docs_high PARTITION OF docs FOR VALUES FROM (30) TO (100); INSERT INTO docs SELECT * FROM old_docs WHERE id >= 30");
        only(&mut world, "4", "s");
        let keys = keys(&mut world);
        let given = DOCS.really(&mut world, "coalesce(4 IN (t.first_owner, t.second_owner), false)");
        let changed =
            DOCS.really(&mut world, "coalesce(4 IN (t.first_owner, t.second_owner), false) OR t.first_owner IS NOT DISTINCT FROM 5");
        assert_eq!(world.accepted("4", &keys, "UPDATE docs SET first_owner = 5 WHERE id = $key"), sorted_like(&keys, &changed));
        assert_eq!(world.accepted("4", &keys, "SELECT crm_access.assign_record('doc', $key, 5)"), sorted_like(&keys, &given));
        let database = crate::support::tables_from(&format!("{TABLES}CREATE TABLE more_docs () INHERITS (docs);"), target);
        let error = refused(crate::support::apply_as(&database, crate::support::applier(target), target, &text), "0A000");
        assert!(error.message.contains("children by inheritance"), "{error:?}");
    }
}

#[test]
fn the_reader_role_has_no_more_than_the_owner_columns_to_change() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, update: all, assign: own}, box: {assign: all}}");
        let lent = "SELECT format('%s.%s %s', c.relname, a.attname, x.privilege_type) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid,
            aclexplode(a.attacl) AS x WHERE x.grantee = 'crm_access_reader'::regrole";
        assert_eq!(
            world.really(lent),
            ["box_owners.box INSERT", "box_owners.person INSERT", "docs.first_owner UPDATE", "docs.second_owner UPDATE"]
        );
        let tables = "SELECT DISTINCT format('%s %s', c.relname, x.privilege_type) FROM pg_class AS c, aclexplode(c.relacl) AS x
            WHERE x.grantee = 'crm_access_reader'::regrole AND x.privilege_type <> 'SELECT' AND c.relnamespace = 'public'::regnamespace";
        assert_eq!(world.really(tables), ["box_owners DELETE"]);
        // And nobody who asks may do it in its name.
        refused(world.run("1", "SET ROLE crm_access_reader"), REFUSED);
        refused(world.try_sees("1", "SELECT crm_access_rules.assign_doc('{1}', '1', NULL)"), REFUSED);
        only(&mut world, "3", "s");
        assert_eq!(world.accepted("3", &["1".to_owned()], "SELECT crm_access_rules.assign('doc', '{1}', '3', NULL)"), Vec::<String>::new());
        for column in ["id", "title", "author"] {
            let command = format!("SET ROLE crm_access_reader; UPDATE docs SET {column} = NULL");
            let error = world.admin.batch_execute(&command).unwrap_err();
            assert_eq!(Refused::from(error).state, REFUSED, "{column}");
            world.force("RESET ROLE");
        }
    }
}

#[test]
fn an_inactive_user_and_nobody_hand_nothing_over() {
    for target in TARGETS {
        let mut world = world(target, "{doc: {read: all, update: all, assign: all}}");
        let call = "SELECT crm_access.assign_record('doc', 1, 2)";
        let nobody = world.backend.batch_execute(call).map_err(Refused::from);
        assert_eq!(refused(nobody, REFUSED).message, "nobody is asking");
        for user in ACTIVE_USERS {
            only(&mut world, user, "s");
            world.tries(user, call).unwrap();
            refused(world.tries(user, "SELECT crm_access.assign_record('doc', 1, 11)"), REFUSED);
            refused(world.tries(user, "UPDATE docs SET first_owner = 11 WHERE id = 1"), REFUSED);
        }
        only(&mut world, "11", "s");
        assert!(world.tries("11", call).is_err());
    }
}
