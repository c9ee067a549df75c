//! Column protection: what somebody who may read the record, and not the column, could try. Deals 1 to 20 have margins and secrets that a guest,
//! who reads every deal, may not read.

use crate::attacker::{acting, after, assert_audited, keeps, listening, program};
use crate::margins::{COLUMNS, text, world};
use crate::support::{REFUSED, Refused, TARGETS, applier, apply_as, refused};
use crm_access::program::Target;

/// A user who reads all deals, changes none, and none of the columns.
const GUEST: &str = "4";
/// One who reads, adds and changes their own, and notes.
const CLERK: &str = "2";
/// What deal 7 of the clerk holds.
const MARGIN: &str = "7003.50";
const SECRET: &str = "secret 7";

#[test]
fn column_protection_leaves_no_way_to_read_a_column_of_the_table() {
    for target in TARGETS {
        let mut world = world(target);
        for query in [
            "SELECT * FROM deals",
            "TABLE deals",
            "SELECT deals FROM deals",
            "SELECT deals::text FROM deals",
            "SELECT row_to_json(d) FROM deals AS d",
            "SELECT d.* FROM deals AS d",
            "SELECT (d).margin FROM deals AS d",
            "SELECT count(d) FROM deals AS d",
            "SELECT max(margin) FROM deals",
            "SELECT count(*) FROM deals WHERE margin > 5000",
            "SELECT id FROM deals ORDER BY margin",
            "SELECT id FROM deals GROUP BY id, margin",
            "SELECT count(*) FROM deals AS a JOIN deals AS b USING (margin)",
            "SELECT count(*) FROM deals AS a NATURAL JOIN (VALUES (7003.50)) AS v(margin)",
            "SELECT (SELECT margin FROM deals WHERE id = 7)",
            "SELECT x FROM deals AS d, LATERAL (SELECT d.margin) AS x(x)",
            "SELECT lag(id) OVER (ORDER BY margin) FROM deals",
            "SELECT id FROM deals TABLESAMPLE SYSTEM (100) WHERE secret IS NOT NULL",
            "SELECT id FROM deals WHERE secret = 'x' FOR UPDATE",
            "SELECT xmin, margin FROM deals",
            "COPY deals TO STDOUT",
            "COPY deals (margin) TO STDOUT",
            "COPY (SELECT margin FROM deals) TO STDOUT",
            "SELECT query_to_xml('SELECT margin FROM public.deals', true, true, '')",
            "SELECT table_to_xml('deals', true, true, '')",
            "DO $$ DECLARE r deals; BEGIN SELECT * INTO r FROM deals LIMIT 1; RAISE '%', r; END $$",
            "CREATE TEMP TABLE mine AS SELECT margin FROM deals",
            "CREATE TEMP VIEW mine AS SELECT margin FROM deals; SELECT * FROM mine",
            "DECLARE c CURSOR FOR SELECT margin FROM deals",
            "DEALLOCATE ALL; PREPARE p AS SELECT margin FROM deals; EXECUTE p",
            "UPDATE deals SET title = margin::text",
            "UPDATE deals SET title = secret RETURNING title",
            "UPDATE deals SET margin = margin",
            "UPDATE deals SET note = 'x' RETURNING note, secret",
            "UPDATE deals SET title = 'x' RETURNING *",
            "UPDATE deals SET title = 'x' WHERE secret LIKE 's%'",
            "DELETE FROM deals WHERE margin > 1",
            "DELETE FROM deals RETURNING deals",
            "INSERT INTO deals (id, title) SELECT 99, secret FROM deals",
            "INSERT INTO deals (id, title) VALUES (99, 'x') RETURNING secret",
            "INSERT INTO deals (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET title = deals.secret",
            "INSERT INTO deals (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET title = 'x' WHERE deals.margin > 1",
            "MERGE INTO deals AS d USING (VALUES (7)) AS s(k) ON d.id = s.k WHEN MATCHED AND d.margin > 1 THEN UPDATE SET title = 'x'",
            "MERGE INTO deals AS d USING (VALUES (7)) AS s(k) ON d.id = s.k AND d.secret <> '' WHEN MATCHED THEN UPDATE SET title = d.secret",
            "ALTER TABLE deals ADD x int",
            "CREATE TRIGGER t BEFORE UPDATE ON deals FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "SET ROLE crm_access_reader_columns",
            "SET ROLE crm_owner",
            "GRANT SELECT ON deals TO crm_app",
            "CREATE STATISTICS s ON margin, id FROM deals",
            "SELECT * FROM pg_statistic",
        ] {
            for user in [GUEST, CLERK] {
                let result = acting(&mut world, user, &[query]);
                if query.starts_with("GRANT") && result.is_ok() {
                    continue; // The server warns and grants nothing.
                }
                let error = refused(result, REFUSED);
                keeps(&error, MARGIN);
                keeps(&error, SECRET);
            }
        }
    }
}

#[test]
fn column_protection_lets_no_statistics_error_or_plan_tell_of_a_column() {
    for target in TARGETS {
        let mut world = world(target);
        world.force("ANALYZE deals; CREATE UNIQUE INDEX ON deals (margin)");
        let count = "SELECT count(*) FROM pg_stats WHERE tablename IN ('deals', 'deals_shown')";
        assert_eq!(acting(&mut world, GUEST, &[count]).unwrap(), ["0"]);
        for (command, state) in [
            ("UPDATE deals SET id = NULL WHERE id = 7", "23502"),
            ("UPDATE deals SET code = 'code1' WHERE id = 7", "23505"),
            ("INSERT INTO deals (id, code) VALUES (7, 'x')", "23505"),
        ] {
            let error = refused(acting(&mut world, CLERK, &[command]), state);
            keeps(&error, MARGIN);
            keeps(&error, SECRET);
            assert_eq!(error.detail, "", "{command}");
        }
        // Of another's value a writer learns nothing: whether the user may change it is looked at first.
        for margin in ["8004.00", "8004.01"] {
            let error = refused(acting(&mut world, CLERK, &[&format!("UPDATE deals SET margin = {margin} WHERE id = 7")]), REFUSED);
            assert!(error.message.contains("may not change the column"), "{error:?}");
        }
        // Accepted: who writes the very value that is there is not refused, and so can try values of records that they may change.
        assert!(acting(&mut world, CLERK, &[&format!("UPDATE deals SET margin = {MARGIN} WHERE id = 7")]).is_ok());
    }
}

#[test]
fn column_protection_shows_a_leaky_function_nothing_through_the_view() {
    for target in TARGETS {
        let mut world = world(target);
        world.force("GRANT CREATE ON SCHEMA public TO PUBLIC");
        let login = format!("guest_{}", world.database);
        world.force(&format!("CREATE ROLE {login} LOGIN IN ROLE crm_app; UPDATE users SET login = '{login}' WHERE id = 2"));
        let (mut clerk, notices) = listening(&world.database, &login, "-c jit=off");
        clerk
            .batch_execute(
                "CREATE FUNCTION leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END $$;
                 CREATE FUNCTION leak2(numeric, numeric) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END $$;
                 CREATE OPERATOR <<<< (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = leak2)",
            )
            .unwrap();
        for settings in ["RESET ALL", "SET enable_seqscan = off", "SET force_parallel_mode = on"] {
            clerk.batch_execute(settings).unwrap();
            for query in [
                "SELECT count(*) FROM deals_shown WHERE leak(margin)",
                "SELECT count(*) FROM deals_shown WHERE leak(secret)",
                "SELECT count(*) FROM deals_shown WHERE margin <<<< 1",
                "SELECT count(*) FROM deals_shown AS d WHERE leak(d)",
                "SELECT d FROM deals_shown AS d ORDER BY leak(d.margin)",
                "SELECT count(*) FROM deals AS t JOIN deals_shown AS v USING (id) WHERE leak(v.margin) AND leak(t.title)",
                "SELECT count(*) FROM deals_shown WHERE margin IS NOT NULL AND 1 / (id - id) = 1",
                "SELECT (SELECT max(margin) FROM deals_shown) WHERE leak(1)",
            ] {
                after(&mut clerk, &[query]).unwrap_or_else(|refused| panic!("{settings}: {query}: {refused:?}"));
            }
        }
        let heard = notices.lock().unwrap();
        assert!(heard.iter().any(|notice| notice.contains("Deal 7")), "the tools work");
        let leaked: Vec<&String> =
            heard.iter().filter(|notice| notice.contains(MARGIN) || notice.contains(SECRET) || notice.contains("Deal 8")).collect();
        assert!(leaked.is_empty(), "{leaked:?}");
    }
}

#[test]
fn column_protection_makes_a_view_that_nobody_writes_or_locks_rows_by() {
    for target in TARGETS {
        let mut world = world(target);
        for command in [
            "UPDATE deals_shown SET title = 'x'",
            "UPDATE deals_shown SET margin = 1",
            "DELETE FROM deals_shown",
            "INSERT INTO deals_shown (id) VALUES (99)",
            "MERGE INTO deals_shown AS d USING (VALUES (7)) AS s(k) ON d.id = s.k WHEN MATCHED THEN DELETE",
            "SELECT id FROM deals_shown FOR UPDATE",
            "TRUNCATE deals_shown",
            "ALTER VIEW deals_shown OWNER TO crm_app",
            "CREATE OR REPLACE VIEW deals_shown AS SELECT * FROM deals",
            "DROP VIEW deals_shown",
        ] {
            for user in ["1", CLERK] {
                match acting(&mut world, user, &[command]) {
                    Err(error) if ["MERGE", "TRUNCATE", "UPDATE deals_shown SET margin"].iter().any(|word| command.starts_with(word)) => {
                        assert!(["42501", "42809", "0A000"].contains(&error.state.as_str()), "{error:?}");
                    }
                    result => drop(refused(result, REFUSED)),
                }
            }
        }
    }
}

#[test]
fn column_protection_outlives_default_privileges_and_reports_what_is_granted_later() {
    for target in TARGETS {
        let mut world = world(target);
        world.force("ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner, postgres GRANT ALL ON TABLES TO crm_app, PUBLIC");
        world.force("ALTER TABLE deals ADD later int");
        let text = text(COLUMNS);
        apply_as(&world.database, applier(target), target, &text).unwrap();
        let privileges =
            "SELECT string_agg(DISTINCT a.grantee::regrole || ' ' || a.privilege_type, ',') FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = 'deals_shown'::regclass AND a.grantee <> c.relowner";
        assert_eq!(world.really(privileges), ["crm_app SELECT"]);
        world.force("ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner, postgres REVOKE ALL ON TABLES FROM crm_app, PUBLIC");
        world.force("GRANT SELECT (margin) ON deals TO PUBLIC");
        assert_audited(&world, "readable-column", "margin");
    }
}

#[test]
fn column_protection_exports_no_more_than_the_view_shows() {
    for target in TARGETS {
        let mut world = world(target);
        let identity = world.identity(GUEST);
        let mut copied = |query: &str| {
            let mut transaction = world.backend.transaction().unwrap();
            transaction.batch_execute(&identity).unwrap();
            let mut text = String::new();
            let read = transaction.copy_out(query).map_err(Refused::from);
            read.map(|mut out| std::io::Read::read_to_string(&mut out, &mut text).unwrap()).map(|_| text)
        };
        let copy = "COPY (SELECT id, margin FROM deals_shown) TO STDOUT";
        // In the extension the guard asks for the action export, which the guest has not: no row is left of those that may be read.
        match target {
            Target::Extension => assert_eq!(copied(copy).unwrap(), ""),
            Target::Portable => {
                let text = copied(copy).unwrap();
                assert_eq!(text.lines().count(), 20);
                assert!(text.lines().all(|line| line.ends_with("\\N")), "{text}");
            }
        }
        refused(copied("COPY deals_shown TO STDOUT"), "42809");
        let dump = program("pg_dump", &world.database, "crm_backend", &["--data-only", "--table=deals"]);
        assert!(!dump.status.success());
        assert!(!String::from_utf8_lossy(&dump.stdout).contains(SECRET));
        // The schema of the view comes along in a dump by its administrator.
        let dump = program("pg_dump", &world.database, "postgres", &["--schema-only"]);
        let schema = String::from_utf8_lossy(&dump.stdout).into_owned();
        assert!(schema.contains("VIEW public.deals_shown AS"));
        assert!(schema.contains("GRANT SELECT(title) ON TABLE public.deals TO crm_app"), "the columns' privileges as well");
    }
}
