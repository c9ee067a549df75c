//! A04 to A08: keys, conflicts and references that run into hidden rows, and A33: what errors quote.
//!
//! PostgreSQL checks keys and references for the whole table, whoever asks. That a hidden row exists can be learnt so; what it holds can't.

use crate::attacker::{acting, assert_audited, keeps};
use crate::servers::asks_policy_first;
use crate::support::{REFUSED, TARGETS, World, refused};

/// Company 3 is not Lena's: its VAT number and its name are hidden from her.
const HIDDEN_VAT: &str = "DE0000000003";
const HIDDEN_NAME: &str = "Nordwind";

fn untouched(world: &mut World) {
    assert_eq!(world.really("SELECT name || ' ' || vat_number FROM companies WHERE id = 3"), ["Nordwind Energy DE0000000003"]);
}

#[test]
fn a04_a_unique_key_tells_that_a_hidden_row_exists_and_nothing_else() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for command in [
            format!("INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', '{HIDDEN_VAT}', 3)"),
            format!("UPDATE companies SET vat_number = '{HIDDEN_VAT}' WHERE id = 1"),
            "INSERT INTO companies (id, name, account_manager_id) VALUES (3, 'x', 3)".to_owned(),
            "UPDATE companies SET id = 3 WHERE id = 1".to_owned(),
        ] {
            let said = refused(world.tries("3", &command), "23505");
            keeps(&said, HIDDEN_NAME);
            // The server keeps the key itself to itself where row security is on.
            assert_eq!(said.detail, "", "{command}");
        }
        let free = "INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', 'XX', 3)";
        assert_eq!(world.tries("3", free), Ok(1));
        // DO NOTHING is as telling: no row against one.
        for (vat, rows) in [(HIDDEN_VAT, 0), ("XX", 1)] {
            let insert =
                format!("INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', '{vat}', 3) ON CONFLICT DO NOTHING");
            assert_eq!(world.tries("3", &insert), Ok(rows), "{vat}");
        }
        // An author who may not create the row learns nothing: the policy is asked first.
        for vat in [HIDDEN_VAT, "XX"] {
            let insert = format!("INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', '{vat}', 2)");
            refused(world.tries("3", &insert), REFUSED);
        }
        untouched(&mut world);
        // The preset accepts the finding about its own key; a further one is reported.
        world.force("CREATE UNIQUE INDEX telling ON companies (vat_number, name)");
        assert_audited(&world, "unique-key", "telling");
    }
}

#[test]
fn a05_on_conflict_do_update_cannot_touch_a_hidden_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // The audit names servers that do not, and nothing is changed on them either.
        let policy_first = asks_policy_first(&world.database);
        if !policy_first {
            assert_audited(&world, "vulnerable-server", "ON CONFLICT");
        }
        for (conflict, set) in [
            ("(vat_number)", "account_manager_id = 3"),
            ("(vat_number)", "name = excluded.name"),
            ("ON CONSTRAINT companies_vat_number_key", "name = companies.name || 'x'"),
        ] {
            let command = format!(
                "INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', '{HIDDEN_VAT}', 3) ON CONFLICT {conflict} DO UPDATE SET {set}"
            );
            for suffix in ["", " WHERE companies.account_manager_id = 4", " WHERE false", " RETURNING name"] {
                let said = acting(&mut world, "3", &[&format!("{command}{suffix}")]);
                if suffix.starts_with(" WHERE") && !policy_first && said == Ok(Vec::new()) {
                    continue;
                }
                keeps(&refused(said, REFUSED), HIDDEN_NAME);
            }
        }
        let own = "INSERT INTO companies (name, vat_number, account_manager_id) VALUES ('x', 'BE0000000001', 3)
            ON CONFLICT (vat_number) DO UPDATE SET name = excluded.name RETURNING id";
        assert_eq!(acting(&mut world, "3", &[own]).unwrap(), ["1"], "one's own row is updated");
        // Nor can one's own row be given away by it.
        refused(acting(&mut world, "3", &[&own.replace("name = excluded.name", "account_manager_id = 2")]), REFUSED);
        untouched(&mut world);
    }
}

#[test]
fn a06_merge_does_not_match_a_hidden_row_and_runs_into_its_key() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let merge = |vat: &str, matched: &str| {
            format!(
                "MERGE INTO companies AS c USING (VALUES ('{vat}')) AS s(vat) ON c.vat_number = s.vat
                 WHEN MATCHED THEN {matched}
                 WHEN NOT MATCHED THEN INSERT (name, vat_number, account_manager_id) VALUES ('x', s.vat, 3)"
            )
        };
        for matched in ["UPDATE SET account_manager_id = 3", "UPDATE SET name = 'x'", "DELETE"] {
            let said = refused(world.tries("3", &merge(HIDDEN_VAT, matched)), "23505");
            keeps(&said, HIDDEN_NAME);
        }
        let quiet = "MERGE INTO companies AS c USING (VALUES (3)) AS s(id) ON c.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING";
        assert_eq!(world.tries("3", quiet), Ok(0));
        // One's own row by a condition of one's own, and a target that would leave one's view.
        assert_eq!(world.tries("3", &merge("BE0000000001", "UPDATE SET name = 'x'")), Ok(1));
        refused(world.tries("3", &merge("BE0000000001", "UPDATE SET account_manager_id = 2")), REFUSED);
        // A row that may be seen and not deleted: MERGE raises instead of passing over it, where DELETE passes over.
        world.force("UPDATE companies SET account_manager_id = NULL WHERE id = 4");
        assert_eq!(world.tries("2", "DELETE FROM companies WHERE id = 4"), Ok(0));
        let delete = "MERGE INTO companies AS c USING (VALUES (4)) AS s(id) ON c.id = s.id WHEN MATCHED THEN DELETE";
        refused(world.tries("2", delete), REFUSED);
        untouched(&mut world);
    }
}

#[test]
fn a07_a_foreign_key_tells_whether_a_hidden_parent_exists() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Activities are not restricted, so whoever may write one may name any company: the server accepts a hidden one ...
        assert_eq!(world.tries("3", "INSERT INTO activities (kind, subject, company_id) VALUES ('call', 'x', 3)"), Ok(1));
        // ... and rejects one that does not exist.
        let missing = world.tries("3", "INSERT INTO activities (kind, subject, company_id) VALUES ('call', 'x', 99999)");
        let said = refused(missing, "23503");
        assert_eq!(said.detail, "Key is not present in table \"companies\".");
        assert_audited(&world, "foreign-key", "activities");
        // Where the child's rule goes through the parent, both are refused alike and nothing is told.
        let mut both = Vec::new();
        for company in ["3", "99999"] {
            both.push(refused(world.tries("3", &format!("INSERT INTO deals (title, company_id) VALUES ('x', {company})")), REFUSED));
        }
        assert_eq!(both[0], both[1]);
        // The row that hangs on a hidden parent shows nothing of it.
        let joined = "SELECT a.id FROM activities AS a JOIN companies AS c ON c.id = a.company_id WHERE a.company_id = 3";
        assert_eq!(world.sees("3", joined), Vec::<String>::new());
    }
}

#[test]
fn a08_what_a_foreign_key_does_to_hidden_children_is_done_whoever_asks() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Contact 7 is hidden from Lena, and so is its link to a company of hers that she gives up.
        world.force(
            "INSERT INTO companies (id, name, account_manager_id) VALUES (5000, 'Lone', 3);
             INSERT INTO contact_companies (id, contact_id, company_id) VALUES (5000, 3, 5000);
             CREATE TABLE secrets (id int PRIMARY KEY, company_id int REFERENCES companies ON DELETE SET NULL, owner_id int);
             INSERT INTO secrets VALUES (1, 5000, 2)",
        );
        // Nobody sees the link except through the contact, which is now hers by this company; the note is not hers at all.
        assert_eq!(world.run("3", "DELETE FROM companies WHERE id = 5000"), Ok(1));
        assert_eq!(world.really("SELECT count(*) FROM contact_companies WHERE id = 5000"), ["0"]);
        assert_eq!(world.really("SELECT coalesce(company_id::text, 'none') FROM secrets"), ["none"]);
        // Without such an action the reference is refused, which tells that something hidden hangs on it: the table, not the row.
        world.force("INSERT INTO companies (id, name, account_manager_id) VALUES (5001, 'Lone', 3); INSERT INTO activities (kind, subject, company_id) VALUES ('call', 'Secret', 5001)");
        let said = refused(world.tries("3", "DELETE FROM companies WHERE id = 5001"), "23503");
        keeps(&said, "Secret");
        assert!(said.message.contains("activities"), "{said:?}");
        // Truncation would take everything: it is refused for the application and whoever is in it.
        refused(world.tries("3", "TRUNCATE companies CASCADE"), REFUSED);
        refused(world.tries("1", "TRUNCATE companies CASCADE"), REFUSED);
        // The preset accepts the findings about its own links; a further one is reported.
        world.force("ALTER TABLE quotations ADD CONSTRAINT sweeping FOREIGN KEY (deal_id) REFERENCES deals ON DELETE CASCADE");
        assert_audited(&world, "cascading-foreign-key", "sweeping");
    }
}

#[test]
fn a33_no_error_quotes_a_value_of_a_hidden_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force(
            "ALTER TABLE companies ADD COLUMN code text, ADD COLUMN slot int4range, ADD COLUMN size int GENERATED ALWAYS AS (length(code)) STORED;
             UPDATE companies SET code = 'top-secret', slot = '[5,9)' WHERE id = 3;
             UPDATE companies SET code = '17' WHERE id <> 3;
             CREATE EXTENSION IF NOT EXISTS btree_gist;
             ALTER TABLE companies ADD EXCLUDE USING gist (slot WITH &&);
             ALTER TABLE companies ADD CONSTRAINT short CHECK (length(code) < 20);
             CREATE UNIQUE INDEX ON companies (lower(code)) WHERE code <> '17'",
        );
        for (command, state) in [
            ("UPDATE companies SET slot = '[1,6)' WHERE id = 1", "23P01"),
            ("UPDATE companies SET code = 'TOP-secret' WHERE id = 1", "23505"),
            ("UPDATE companies SET code = repeat('z', 30) WHERE id = 1", "23514"),
            ("UPDATE companies SET name = NULL WHERE id = 1", "23502"),
            ("INSERT INTO companies (name, account_manager_id, code) VALUES ('x', 2, 'mine')", REFUSED),
        ] {
            let said = refused(world.tries("3", command), state);
            for secret in ["top-secret", "[5,9)", "5,9", HIDDEN_NAME, "zzz"] {
                keeps(&said, secret);
            }
            assert!(["", "Key conflicts with existing key."].contains(&said.detail.as_str()), "{command}: {}", said.detail);
        }
        // A conversion in the query reaches only rows that may be seen: the hidden text never gets to the cast.
        assert_eq!(world.sees("3", "SELECT count(*) FROM companies WHERE code::int = 17"), ["38"]);
        let all = refused(acting(&mut world, "2", &["SELECT count(*) FROM companies WHERE code::int = 17"]), "22P02");
        assert!(all.message.contains("top-secret"), "who may see it is told: {all:?}");
    }
}
