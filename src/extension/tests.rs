//! Tests inside the server, each in a transaction of its own that is rolled back, as superuser until a role is set.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    extension_sql!(
        r#"
GRANT USAGE ON SCHEMA tests TO PUBLIC;
CREATE FUNCTION tests.error_of(sql text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN EXECUTE sql; RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN ARRAY[SQLSTATE, SQLERRM]; END $$;
"#,
        name = "error_of",
        requires = [tests]
    );

    const CONFIG: &str = "
version: 1
application_role: note_app
key_type: int4
identity: {act_as: note_backend}
directory:
  users: {table: people, active: works_here}
entities:
  note: {table: notes, owners: author_id}
roles:
  writer:
    grants:
      note: {read: own, create: own, update: own, delete: own}
assignments:
  listed: {role: writer, everyone: true}
";

    fn run(sql: &str) {
        Spi::run(sql).unwrap();
    }

    fn text(sql: &str) -> Option<String> {
        Spi::get_one::<String>(sql).unwrap()
    }

    fn number(sql: &str) -> i64 {
        Spi::get_one::<i64>(sql).unwrap().unwrap()
    }

    /// Four people, of whom 4 has left, with a note each.
    fn application() {
        run("CREATE ROLE note_app NOLOGIN");
        run("CREATE ROLE note_backend NOLOGIN");
        run("GRANT note_app TO note_backend");
        run("CREATE TABLE public.people (id int PRIMARY KEY, works_here boolean NOT NULL)");
        run("CREATE TABLE public.notes (id int PRIMARY KEY, author_id int REFERENCES public.people)");
        run("CREATE INDEX ON public.notes (author_id)");
        run("INSERT INTO public.people SELECT n, n < 4 FROM generate_series(1, 4) n");
        run("INSERT INTO public.notes SELECT n, n FROM generate_series(1, 4) n");
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON public.notes TO note_app");
    }

    fn applied() {
        application();
        assert_eq!(apply(CONFIG), "applied");
    }

    fn apply(config: &str) -> String {
        Spi::get_one_with_args::<String>("SELECT crm_access.apply($1)", &[config.into()]).unwrap().unwrap()
    }

    /// Runs SQL in a savepoint; gives its error as SQLSTATE and message, after which everything it did is undone.
    fn error(sql: &str) -> Option<(String, String)> {
        let found = Spi::get_one_with_args::<Vec<String>>("SELECT tests.error_of($1)", &[sql.into()]).unwrap()?;
        Some((found[0].clone(), found[1].clone()))
    }

    fn state(sql: &str) -> String {
        error(sql).map_or_else(|| "no error".to_owned(), |(state, _)| state)
    }

    fn notes_of_the_application() -> Option<String> {
        run("SET LOCAL ROLE note_app");
        let seen = text("SELECT string_agg(id::text, ',' ORDER BY id) FROM public.notes");
        run("RESET ROLE");
        seen
    }

    #[pg_test]
    fn the_version_is_the_one_of_the_crate() {
        assert_eq!(text("SELECT crm_access.version()").as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(
            text("SELECT extversion::text FROM pg_extension WHERE extname = 'crm_access'").as_deref(),
            Some(env!("CARGO_PKG_VERSION"))
        );
    }

    #[pg_test]
    fn nothing_but_the_version_is_for_everybody() {
        let public = text(
            "SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             WHERE p.pronamespace = 'crm_access'::regnamespace AND a.grantee = 0",
        );
        assert_eq!(public.as_deref(), Some("crm_access.version()"));
        assert_eq!(
            number(
                "SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'crm_access'::regnamespace AND a.grantee = 0"
            ),
            0
        );
    }

    #[pg_test]
    fn check_gives_every_mistake_with_its_place() {
        let check = |config: &str| {
            Spi::get_one_with_args::<String>(
                "SELECT string_agg(concat_ws('|', code, severity, line, \"column\", message, help), E'\\n' ORDER BY line) FROM crm_access.check($1)",
                &[config.into()],
            )
            .unwrap()
        };
        application();
        assert_eq!(check(CONFIG), None);
        let found = check(&CONFIG.replace("note: {read", "nota: {read").replace("key_type", "key_tipe")).unwrap();
        assert!(found.contains("unknown-key|error|4|1|unknown key `key_tipe`"), "{found}");
        assert!(found.contains("unknown-entity|error|13|7|"), "{found}");
        assert!(check("").unwrap().contains("|error|"));
    }

    #[pg_test]
    fn generate_writes_the_script_of_either_target() {
        let generate = |target: &str| {
            Spi::get_one_with_args::<String>(
                "SELECT crm_access.generate($1, $2)",
                &[CONFIG.replace("act_as:", "database_role: login_name, act_as:").into(), target.into()],
            )
            .unwrap()
            .unwrap()
        };
        assert!(generate("extension").contains("CREATE POLICY"));
        assert!(generate("portable").contains("CREATE SCHEMA IF NOT EXISTS crm_access;"));
        assert_eq!(
            error("SELECT crm_access.generate('version: 1', 'oracle')").unwrap(),
            ("22023".to_owned(), "unknown target \"oracle\"".to_owned())
        );
    }

    #[pg_test]
    fn a_configuration_with_mistakes_is_one_error() {
        let (state, message) = error("SELECT crm_access.apply('version: 2')").unwrap();
        assert_eq!(state, "22023");
        assert!(!message.is_empty());
        assert_eq!(state_of_generate("}{"), "22023");
        assert_eq!(number("SELECT count(*) FROM crm_access.version"), 0);
    }

    fn state_of_generate(config: &str) -> String {
        state(&format!("SELECT crm_access.generate($config${config}$config$)"))
    }

    /// A defect on purpose.
    #[pg_extern]
    fn defect(number: i32) -> i32 {
        let none: [i32; 0] = [];
        match usize::try_from(number) {
            Ok(index) if index > 0 => none[index],
            _ => panic!("a defect on purpose"),
        }
    }

    #[pg_test]
    fn a_panic_is_an_error_of_its_statement_and_the_backend_goes_on() {
        let process = number("SELECT pg_backend_pid()::bigint");
        applied();
        for (call, message) in [("defect(0)", "a defect on purpose"), ("defect(7)", "index out of bounds: the len is 0 but the index is 7")]
        {
            let found = error(&format!("SELECT tests.{call} FROM public.notes")).unwrap();
            assert_eq!(found, ("XX000".to_owned(), message.to_owned()));
        }
        assert_eq!(number("SELECT pg_backend_pid()::bigint"), process);
        run("SELECT crm_access.act_as(2)");
        assert_eq!(notes_of_the_application().as_deref(), Some("2"));
    }

    #[pg_test]
    fn applying_twice_changes_nothing_and_removing_leaves_nothing() {
        application();
        assert_eq!(apply(CONFIG), "applied");
        assert_eq!(apply(CONFIG), "unchanged");
        assert_eq!(number("SELECT count(*) FROM crm_access.version"), 1);
        assert!(number("SELECT count(*) FROM pg_policy WHERE polrelid = 'public.notes'::regclass") > 0);
        assert_eq!(apply(&format!("{CONFIG}\n# another text\n")), "applied");
        assert_eq!(number("SELECT count(*) FROM crm_access.version"), 2);
        run("SELECT crm_access.remove()");
        assert_eq!(number("SELECT count(*) FROM pg_policy"), 0);
        assert_eq!(
            number("SELECT count(*) FROM pg_class WHERE oid = 'public.notes'::regclass AND (relrowsecurity OR relforcerowsecurity)"),
            0
        );
        assert_eq!(number("SELECT count(*) FROM pg_namespace WHERE nspname = 'crm_access_rules'"), 0);
    }

    #[pg_test]
    fn apply_gives_the_caller_its_own_settings_back() {
        application();
        run("SET LOCAL search_path = public, pg_temp");
        run("SET LOCAL lock_timeout = '7s'");
        run("SET LOCAL check_function_bodies = off");
        apply(CONFIG);
        assert_eq!(text("SELECT current_setting('search_path')").as_deref(), Some("public, pg_temp"));
        assert_eq!(text("SELECT current_setting('lock_timeout')").as_deref(), Some("7s"));
        assert_eq!(text("SELECT current_setting('check_function_bodies')").as_deref(), Some("off"));
    }

    #[pg_test]
    fn an_error_of_the_server_in_apply_keeps_its_sqlstate_and_undoes_everything() {
        applied();
        run("CREATE TABLE crm_access_rules.stranger ()");
        let config = format!("{CONFIG}\n# another text\n");
        assert_eq!(state(&format!("SELECT crm_access.apply($config${config}$config$)")), "2BP01");
        assert_eq!(number("SELECT count(*) FROM crm_access.version"), 1);
        assert!(number("SELECT count(*) FROM pg_policy WHERE polrelid = 'public.notes'::regclass") > 0);
    }

    #[pg_test]
    fn a_configuration_that_does_not_fit_the_database_is_refused() {
        application();
        run("DROP TABLE public.notes");
        let (state, message) = error(&format!("SELECT crm_access.apply($config${CONFIG}$config$)")).unwrap();
        assert_eq!(state, "22023");
        assert!(message.contains("notes"), "{message}");
        assert_eq!(number("SELECT count(*) FROM pg_namespace WHERE nspname = 'crm_access_rules'"), 0);
        assert!(number(&format!("SELECT count(*) FROM crm_access.check($config${CONFIG}$config$) WHERE severity = 'error'")) > 0);
    }

    #[pg_test]
    fn everybody_sees_their_own_and_nobody_sees_nothing() {
        applied();
        assert_eq!(notes_of_the_application(), None);
        assert_eq!(text("SELECT crm_access.current_user_key()"), None);
        run("SELECT crm_access.act_as(2)");
        assert_eq!(notes_of_the_application().as_deref(), Some("2"));
        assert_eq!(text("SELECT crm_access.current_user_key()").as_deref(), Some("2"));
        assert_eq!(text("SELECT crm_access.identity()").as_deref(), Some("2"));
    }

    #[pg_test]
    fn only_the_configured_role_may_act_as_somebody() {
        applied();
        run("SET LOCAL ROLE note_app");
        assert_eq!(state("SELECT crm_access.act_as(1)"), "42501");
        assert_eq!(state("SELECT crm_access.identity()"), "42501");
        assert_eq!(state("SELECT crm_access.apply('version: 1')"), "42501");
        assert_eq!(state("SELECT crm_access.remove()"), "42501");
        run("RESET ROLE");
        run("SET LOCAL ROLE note_backend");
        assert_eq!(state("SELECT crm_access.act_as(1)"), "no error");
    }

    #[pg_test]
    fn acting_needs_a_configuration_and_an_active_user() {
        assert_eq!(state("SELECT crm_access.act_as(1)"), "55000");
        applied();
        assert_eq!(error("SELECT crm_access.act_as(4)").unwrap(), ("28000".to_owned(), "user \"4\" is not an active user".to_owned()));
        assert_eq!(state("SELECT crm_access.act_as('99')"), "28000");
        assert_eq!(state("SELECT crm_access.act_as('nobody')"), "28000");
        assert_eq!(state("SELECT crm_access.act_as('00000000-0000-0000-0000-000000000001'::uuid)"), "28000");
        assert_eq!(state("SELECT crm_access.act_as('')"), "22023");
        assert_eq!(state("SELECT crm_access.act_as(NULL)"), "22004");
        // A refused attempt leaves nobody.
        assert_eq!(text("SELECT crm_access.identity()"), None);
        assert_eq!(state("SELECT crm_access.act_as('3')"), "no error");
    }

    #[pg_test]
    fn a_function_that_somebody_else_made_is_not_a_configuration() {
        run("CREATE SCHEMA crm_access_rules");
        run("CREATE FUNCTION crm_access_rules.me() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'");
        assert_eq!(state("SELECT crm_access.act_as(1)"), "55000");
    }

    #[pg_test]
    fn a_transaction_acts_for_one_user() {
        applied();
        run("SELECT crm_access.act_as(1)");
        run("SELECT crm_access.act_as('1')");
        assert_eq!(
            error("SELECT crm_access.act_as(2)").unwrap(),
            ("42501".to_owned(), "this transaction acts for another user already".to_owned())
        );
        run("RESET ALL");
        assert_eq!(text("SELECT crm_access.identity()"), None);
        assert_eq!(state("SELECT crm_access.act_as(2)"), "42501");
        run("SET LOCAL crm_access.identity_value = ''");
        assert_eq!(state("SELECT crm_access.act_as(2)"), "42501");
        run("SELECT crm_access.act_as(1)");
        assert_eq!(notes_of_the_application().as_deref(), Some("1"));
    }

    #[pg_test]
    fn rolling_back_to_a_savepoint_takes_the_identity_back_and_makes_no_room_for_another() {
        applied();
        assert_eq!(state("DO $$ BEGIN PERFORM crm_access.act_as(1); RAISE division_by_zero; END $$"), "22012");
        assert_eq!(text("SELECT crm_access.identity()"), None);
        assert_eq!(notes_of_the_application(), None);
        assert_eq!(state("SELECT crm_access.act_as(2)"), "42501");
        assert_eq!(state("SELECT crm_access.act_as(1)"), "no error");
    }

    #[pg_test]
    fn an_identity_set_inside_a_function_lasts_beyond_it() {
        applied();
        run("CREATE FUNCTION pg_temp.begin_request(who int) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog
             AS 'BEGIN PERFORM crm_access.act_as(who); END'");
        run("SELECT pg_temp.begin_request(3)");
        assert_eq!(notes_of_the_application().as_deref(), Some("3"));
    }

    #[pg_test]
    fn nothing_but_act_as_sets_the_identity_not_even_for_a_superuser() {
        applied();
        run("SELECT crm_access.act_as(1)");
        for attempt in [
            "SET crm_access.identity_value = '2'",
            "SET LOCAL crm_access.identity_value = '2'",
            "SET SESSION crm_access.identity_value = '1'",
            "SELECT set_config('crm_access.identity_value', '2', true)",
            "SELECT set_config('CRM_Access.Identity_Value', '2', false)",
            "UPDATE pg_settings SET setting = '2' WHERE name = 'crm_access.identity_value'",
            "ALTER ROLE note_app SET crm_access.identity_value = '2'",
            "ALTER ROLE note_app SET crm_access.identity_value FROM CURRENT",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET crm_access.identity_value = ''2''', current_database()); END $$",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET crm_access.identity_value = '2' AS 'SELECT 1'",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET crm_access.identity_value FROM CURRENT AS 'SELECT 1'",
        ] {
            // pg_settings hides the setting, so its UPDATE changes no row.
            let refused = if attempt.starts_with("UPDATE") { "no error" } else { "42501" };
            assert_eq!(state(attempt), refused, "{attempt}");
            assert_eq!(text("SELECT crm_access.identity()").as_deref(), Some("1"), "{attempt}");
        }
    }

    #[pg_test]
    fn a_plain_role_can_neither_set_nor_reset_the_setting() {
        applied();
        run("SELECT crm_access.act_as(1)");
        run("SET LOCAL ROLE note_app");
        assert_eq!(state("SET LOCAL crm_access.identity_value = ''"), "42501");
        assert_eq!(state("RESET crm_access.identity_value"), "42501");
        run("RESET ROLE");
        run("GRANT note_app TO CURRENT_USER");
        if number("SELECT current_setting('server_version_num')::bigint") >= 150_000 {
            run("GRANT SET ON PARAMETER crm_access.identity_value TO note_app");
            run("SET LOCAL ROLE note_app");
            assert_eq!(state("SET LOCAL crm_access.identity_value = '2'"), "42501");
        }
    }

    #[pg_test]
    fn parallel_workers_have_the_identity_of_their_leader() {
        applied();
        run("SELECT crm_access.act_as(2)");
        let forced = if number("SELECT current_setting('server_version_num')::bigint") >= 160_000 {
            "debug_parallel_query"
        } else {
            "force_parallel_mode"
        };
        run(&format!("SET LOCAL {forced} = on"));
        assert_eq!(text("SELECT crm_access.identity() FROM public.people LIMIT 1").as_deref(), Some("2"));
        assert_eq!(notes_of_the_application().as_deref(), Some("2"));
    }

    #[pg_test]
    fn the_extension_stays_while_a_configuration_stands() {
        applied();
        for command in [
            "DROP EXTENSION crm_access",
            "DROP EXTENSION IF EXISTS no_such_extension, crm_access CASCADE",
            "DROP SCHEMA crm_access CASCADE",
            "DROP SCHEMA crm_access_rules CASCADE",
        ] {
            assert_eq!(
                error(command).unwrap(),
                ("2BP01".to_owned(), "cannot drop what the applied configuration of crm_access needs".to_owned()),
                "{command}"
            );
        }
        run("CREATE SCHEMA other");
        run("DROP SCHEMA other");
        run("SELECT crm_access.remove()");
    }

    #[pg_test]
    fn the_tables_go_into_a_dump() {
        let dumped = text(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_extension e, unnest(e.extconfig) o JOIN pg_class c ON c.oid = o
             WHERE e.extname = 'crm_access'",
        );
        assert_eq!(
            dumped.as_deref(),
            Some(
                "assignment assignment_id_seq delegation delegation_id_seq log object restricted_user share share_id_seq version version_id_seq"
            )
        );
    }

    #[pg_test]
    fn a_guard_refuses_the_application_and_lets_the_superuser_pass() {
        applied();
        for command in ["EXPLAIN SELECT * FROM public.notes", "TRUNCATE public.notes"] {
            assert_eq!(state(command), "no error", "{command}");
        }
        run("GRANT TRUNCATE ON public.notes TO note_app");
        run("SET LOCAL ROLE note_app");
        for command in ["EXPLAIN SELECT * FROM public.notes", "EXPLAIN ANALYZE DELETE FROM public.notes", "TRUNCATE public.notes"] {
            assert_eq!(state(command), "42501", "{command}");
        }
        assert_eq!(state("SET LOCAL crm_access.guard_explain = off"), "42501");
        run("RESET ROLE");
        run("SET LOCAL crm_access.guard_explain = off");
        run("SET LOCAL ROLE note_app");
        assert_eq!(state("EXPLAIN SELECT * FROM public.notes"), "no error");
    }

    #[pg_test]
    fn nobody_exports_where_no_copy_runs() {
        assert_eq!(text("SELECT crm_access.exporting()::text").as_deref(), Some("false"));
        assert_eq!(text("SELECT crm_access.guarded()::text").as_deref(), Some("true"));
        assert_eq!(number("SELECT count(*) FROM crm_access.guards()"), 7);
    }
}
