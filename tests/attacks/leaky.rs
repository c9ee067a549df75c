//! A26, A28, A29: functions, operators, casts and tables of the attacker's own that a query meets before the policy, or instead of ours.

use crate::attacker::{COMPANIES, LENAS, after, assert_audited, listening, person};
use crate::support::{REFUSED, TARGETS, World, refused};

/// Text of company 3, which is not Lena's.
const HIDDEN: &str = "Nordwind";

/// What an attacker who may create objects in a schema makes: it costs next to nothing, so that the planner would like to ask it first.
const TOOLS: &str = "
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END $$;
CREATE FUNCTION leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END $$;
CREATE FUNCTION leak2(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked % %', $1, $2; RETURN true; END $$;
CREATE OPERATOR <<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = leak2, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION leak_int(int, int) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked % %', $1, $2; RETURN $1 = $2; END $$;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = leak_int, HASHES, MERGES, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE TYPE spy AS (v text);
CREATE FUNCTION to_spy(text) RETURNS spy LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN ROW($1); END $$;
CREATE CAST (text AS spy) WITH FUNCTION to_spy(text) AS IMPLICIT;
CREATE AGGREGATE gather(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
";

#[test]
fn a26_no_function_operator_cast_or_error_of_the_attacker_meets_a_hidden_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // As on a server where everybody may create in public.
        world.force("GRANT CREATE ON SCHEMA public TO PUBLIC");
        let login = after(&mut person(&mut world, "3"), &["SELECT session_user"]).unwrap().remove(0);
        let (mut lena, notices) = listening(&world.database, &login, "-c jit=off");
        lena.batch_execute(TOOLS).unwrap();
        for settings in [
            "RESET ALL",
            "SET enable_seqscan = off; SET enable_bitmapscan = off",
            "SET enable_hashjoin = off; SET enable_mergejoin = off",
            "SET force_parallel_mode = on",
        ] {
            lena.batch_execute(settings).unwrap();
            for query in [
                "SELECT count(*) FROM companies WHERE leak(name)",
                "SELECT count(*) FROM companies WHERE leak(companies)",
                "SELECT count(*) FROM companies WHERE name <<<< 'x'",
                "SELECT count(*) FROM companies WHERE id === 3 OR leak(name)",
                "SELECT count(*) FROM companies WHERE (name::spy).v IS NOT NULL",
                "SELECT count(*) FROM companies WHERE name LIKE 'N%' AND leak(name)",
                "SELECT count(*) FROM companies AS c JOIN activities AS a ON leak(c.name)",
                "SELECT count(*) FROM companies AS c JOIN users AS u ON c.account_manager_id === u.id WHERE leak(c.name)",
                "SELECT count(*) FROM users AS u LEFT JOIN companies AS c ON c.account_manager_id = u.id AND leak(c.name)",
                "SELECT count(*) FROM users AS u, LATERAL (SELECT * FROM companies AS c WHERE c.account_manager_id = u.id AND leak(c.name) OFFSET 0) AS x",
                "SELECT gather(name) FROM companies GROUP BY leak(name)",
                "SELECT name FROM companies ORDER BY leak(name) LIMIT 1",
                "SELECT count(*) FILTER (WHERE leak(name)) OVER (PARTITION BY leak(city)) FROM companies",
                "SELECT DISTINCT ON (leak(name)) id FROM companies",
                "WITH RECURSIVE r AS (SELECT id, name FROM companies WHERE leak(name) UNION SELECT c.id, c.name FROM companies AS c JOIN r ON leak(c.name) AND c.id = r.id) SELECT count(*) FROM r",
                "SELECT count(*) FROM companies TABLESAMPLE BERNOULLI (100) REPEATABLE (1) WHERE leak(name)",
                "UPDATE companies SET name = name WHERE leak(name)",
                "DELETE FROM companies WHERE leak(name) AND false",
                "SELECT name FROM companies WHERE leak(name) FOR UPDATE",
                "EXECUTE prepared('x')",
            ] {
                if query.starts_with("EXECUTE") {
                    lena.batch_execute("PREPARE prepared(text) AS SELECT count(*) FROM companies WHERE leak(name) AND name <> $1").unwrap();
                }
                after(&mut lena, &["BEGIN", query]).unwrap_or_else(|refused| panic!("{settings}: {query}: {refused:?}"));
                lena.batch_execute("DEALLOCATE ALL").unwrap();
            }
            // An error would be as telling: a division by zero, a number that is none, an index that is out of range.
            for query in [
                "SELECT count(*) FROM companies WHERE 1 / (CASE WHEN id = 3 THEN 0 ELSE 1 END) = 1",
                "SELECT count(*) FROM companies WHERE 1 / (id - 3) IS NOT NULL",
                "SELECT count(*) FROM companies WHERE CASE WHEN name LIKE 'Nordwind%' THEN name::int ELSE 1 END = 1",
                "SELECT count(*) FROM companies WHERE substr(vat_number, 3)::int % (id - 3) IS NOT NULL AND vat_number ~ '^DE'",
                "SELECT count(*) FROM companies WHERE sqrt(2.5 - id * (id = 3)::int) > 0",
            ] {
                after(&mut lena, &[query]).unwrap_or_else(|refused| panic!("{settings}: {query}: {refused:?}"));
            }
            lena.batch_execute("RESET ALL").unwrap();
        }
        let heard = notices.lock().unwrap();
        assert!(heard.iter().any(|notice| notice.contains("Bakery Dubois")), "the tools work");
        let leaked: Vec<&String> = heard.iter().filter(|notice| notice.contains(HIDDEN)).collect();
        assert!(leaked.is_empty(), "{leaked:?}");
    }
}

#[test]
fn a28_nothing_in_the_temporary_schema_or_the_search_path_takes_the_place_of_ours() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force("GRANT CREATE ON SCHEMA public TO PUBLIC");
        world.force(&format!("GRANT CREATE ON DATABASE {} TO crm_app", world.database));
        assert_audited(&world, "creatable-schema", "public");
        let mut lena = person(&mut world, "3");
        // Tables, types, functions and operators by every name that the generated functions use.
        lena.batch_execute(
            "CREATE TEMP TABLE users (id int, login text, is_active boolean, is_admin boolean, role text);
             INSERT INTO users VALUES (3, session_user, true, true, 'employee'), (1, session_user, true, true, 'employee');
             CREATE TEMP TABLE companies (id int, account_manager_id int, second_account_manager_id int);
             CREATE TEMP TABLE assignment (kind text, name text, subject text, subject_key text, subdepartments boolean, confirmed boolean);
             INSERT INTO assignment VALUES ('role', 'administrator', 'user', '3', false, false);
             CREATE TEMP TABLE teams (id int, leader_id int);
             CREATE DOMAIN pg_temp.text AS pg_catalog.text;
             CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT '1' $$;
             CREATE SCHEMA evil;
             CREATE FUNCTION evil.me() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION evil.granted(text[]) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE FUNCTION evil.restricted(text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
             CREATE FUNCTION evil.int4eq(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE OPERATOR evil.= (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.int4eq);
             CREATE FUNCTION evil.texteq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texteq);
             CREATE FUNCTION evil.coalesce(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
             CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1';
             CREATE TABLE evil.users (LIKE public.users); CREATE TABLE evil.companies (LIKE public.companies)",
        )
        .unwrap();
        for path in ["evil, pg_catalog, public", "pg_temp, evil, public, pg_catalog", "evil", "crm_access_rules, evil", ""] {
            let set = format!("SELECT set_config('search_path', '{path}', false)");
            let all = |query: &'static str| vec![set.clone(), query.to_owned()];
            let mut seen = |commands: Vec<String>| {
                let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
                after(&mut lena, &commands).unwrap_or_else(|refused| panic!("{path}: {refused:?}"))
            };
            assert_eq!(seen(all("SELECT pg_catalog.count(*) FROM public.companies")), [LENAS], "{path}");
            assert_eq!(seen(all("SELECT crm_access.current_user_key()")), ["3"], "{path}");
            assert_eq!(
                seen(all("SELECT crm_access.can('delete'::pg_catalog.text, 'company'::pg_catalog.text, '3'::pg_catalog.text)")),
                ["f"],
                "{path}"
            );
            assert_eq!(
                seen(all("SELECT pg_catalog.count(*) FROM public.contacts")),
                seen(all("SELECT pg_catalog.count(*) FROM public.contacts"))
            );
        }
        // Nothing can be put into the schemas that are ours or the server's.
        for schema in ["crm_access", "crm_access_rules", "pg_catalog"] {
            refused(after(&mut lena, &[&format!("CREATE FUNCTION {schema}.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'")]), REFUSED);
            refused(after(&mut lena, &[&format!("CREATE TABLE {schema}.planted (id int)")]), REFUSED);
        }
    }
}

#[test]
fn a29_what_a_plain_role_may_create_is_its_own_and_temporary() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        for command in [
            "CREATE TABLE public.t (id int)",
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
            "CREATE SCHEMA s",
            "CREATE EXTENSION pgcrypto",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE c AS 'crm_access', 'crm_access_guard_drop'",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'",
            "CREATE FUNCTION pg_temp.f(int) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
            "CREATE CAST (int AS boolean) WITHOUT FUNCTION",
            "CREATE ROLE r",
            "CREATE DATABASE d",
            "ALTER SYSTEM SET row_security = off",
        ] {
            refused(after(&mut lena, &[command]), REFUSED);
        }
        assert_audited(&world, "temporary-objects", "temporary tables");
        // A temporary function is asked only for rows that may be seen, whatever it claims to be.
        lena.batch_execute(
            "CREATE FUNCTION pg_temp.f(text) RETURNS boolean IMMUTABLE LANGUAGE sql COST 0.0000001 AS 'SELECT 1 / length($1) >= 0'",
        )
        .unwrap();
        world.force("UPDATE companies SET name = '' WHERE id = 3");
        assert_eq!(after(&mut lena, &["SELECT count(*) FROM companies WHERE pg_temp.f(name)"]).unwrap(), [LENAS]);
        refused(after(&mut world.admin, &["SELECT count(*) FROM companies WHERE 1 / length(name) >= 0"]), "22012");
        assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS]);
    }
}
