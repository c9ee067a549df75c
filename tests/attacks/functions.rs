//! A36: calling what the application may call, with arguments it would never pass and where it would never call it.

use crm_access::program::Target;

use crate::attacker::{COMPANIES, LENAS, acting, after, person};
use crate::support::{REFUSED, Refused, TARGETS, World, refused};

/// What a member of the application's role may call of ours, by name. Whatever is added here answers to anybody, so it has to be looked at.
const CALLABLE: [&str; 39] = [
    "crm_access.assign_record(text,anyarray,anycompatiblenonarray,anycompatiblenonarray)",
    "crm_access.assign_record(text,anynonarray,anycompatiblenonarray,anycompatiblenonarray)",
    "crm_access.assign_record(text,text,anycompatiblenonarray,anycompatiblenonarray)",
    "crm_access.entity_table(text)",
    "crm_access.import(text,jsonb)",
    "crm_access.importing()",
    "crm_access.insert_records(regclass,jsonb)",
    "crm_access.submit(text,jsonb)",
    "crm_access_rules.entity_table(text)",
    "crm_access.can(text,text,bigint)",
    "crm_access.can(text,text,bigint[])",
    "crm_access.can(text,text,integer[])",
    "crm_access.can(text,text,text[])",
    "crm_access.can(text,text,uuid[])",
    "crm_access.columns()",
    "crm_access.permissions()",
    "crm_access_rules.can_each(text,text,text[])",
    "crm_access_rules.permissions()",
    "crm_access.can(text,text,integer)",
    "crm_access.can(text,text,text)",
    "crm_access.can(text,text,uuid)",
    "crm_access.current_user_key()",
    "crm_access.share(text,anynonarray,text,anycompatiblenonarray,text,timestamp with time zone,timestamp with time zone,text,boolean)",
    "crm_access.share(text,text,text,anycompatiblenonarray,text,timestamp with time zone,timestamp with time zone,text,boolean)",
    "crm_access.unshare(text,anynonarray,text,anycompatiblenonarray)",
    "crm_access.unshare(text,text,text,anycompatiblenonarray)",
    "crm_access_rules.can(text,text,text)",
    "crm_access_rules.company_readable()",
    "crm_access_rules.contact_has_company(integer)",
    "crm_access_rules.contact_readable()",
    "crm_access_rules.contact_with_company_readable()",
    "crm_access_rules.deal_owned()",
    "crm_access_rules.deal_readable()",
    "crm_access_rules.granted(text[])",
    "crm_access_rules.me()",
    "crm_access_rules.my_region()",
    "crm_access_rules.restricted(text)",
    "crm_access_rules.share(text,text,text,text,text,timestamp with time zone,timestamp with time zone,text,boolean)",
    "crm_access_rules.unshare(text,text,text,text)",
];

#[test]
fn a36_the_application_may_call_nothing_but_what_is_listed() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let callable = "SELECT p.oid::regprocedure::text FROM pg_proc AS p
            WHERE p.pronamespace::regnamespace::text IN ('crm_access', 'crm_access_rules') AND has_function_privilege('crm_app', p.oid, 'EXECUTE')";
        let mut expected: Vec<&str> = CALLABLE.to_vec();
        if target == Target::Extension {
            expected.extend([
                "crm_access.exporting()",
                "crm_access.granted(text[])",
                "crm_access.granted_most_specific(text[],text[])",
                "crm_access.in_scope(text,anyelement,text[])",
                "crm_access.me_int4()",
                "crm_access.scope_keys(text,text[],anyelement)",
                "crm_access.is_in(text,text[],text,text)",
                "crm_access.restricted(text)",
                "crm_access.version()",
            ]);
        }
        expected.sort_unstable();
        assert_eq!(world.really(callable), expected);
        let readable =
            "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relnamespace::regnamespace::text IN ('crm_access', 'crm_access_rules')
            AND c.relkind IN ('r', 'v', 'S') AND has_table_privilege('crm_backend', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')";
        // What the portable target's policies read gives the keys that the functions of their names give.
        let views: &[&str] = match target {
            Target::Extension => &[],
            Target::Portable => &[
                "crm_access_rules.company_readable",
                "crm_access_rules.contact_readable",
                "crm_access_rules.contact_with_company_readable",
                "crm_access_rules.deal_owned",
            ],
        };
        assert_eq!(world.really(&format!("{readable} ORDER BY 1")), views);
    }
}

#[test]
fn a36_a_hidden_record_and_one_that_does_not_exist_answer_alike() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for (entity, hidden) in
            [("company", "3"), ("contact", "3"), ("deal", "2"), ("quotation", "2"), ("invoice", "2"), ("contact_company", "4")]
        {
            for action in ["read", "create", "update", "delete"] {
                let ask = |key: &str| format!("SELECT crm_access.can('{action}', '{entity}', '{key}')");
                for key in [
                    hidden,
                    "99999",
                    "0",
                    "-1",
                    "",
                    " ",
                    "x",
                    "3.0",
                    "3e0",
                    "1; DROP TABLE users",
                    "99999999999999999999",
                    "\u{663}",
                    "NaN",
                ] {
                    assert_eq!(acting(&mut world, "3", &[&ask(key)]).unwrap(), ["f"], "{action} {entity} {key:?}");
                }
                let own = acting(&mut world, "1", &[&ask(hidden)]).unwrap();
                assert_eq!(own, ["t"], "{action} {entity}: the administrator may");
            }
        }
        // Sharing asks the same: refused alike, for whomever and whatever it is tried.
        let share = |world: &mut World, key: &str, to: &str, level: &str| {
            refused(acting(world, "3", &[&format!("SELECT crm_access.share('company', '{key}', 'user', '{to}', '{level}')")]), REFUSED)
        };
        for level in ["read", "update", "full"] {
            assert_eq!(share(&mut world, "3", "3", level), share(&mut world, "99999", "3", level));
            assert_eq!(share(&mut world, "3", "99999", level), share(&mut world, "99999", "3", level));
        }
        assert_eq!(acting(&mut world, "3", &["SELECT crm_access.unshare('company', '3', 'user', '3')"]).unwrap(), ["f"]);
    }
}

/// The leaks that are left, as they are: these answer for keys of rows that may be hidden. docs/security.md names them.
#[test]
fn a36_what_policies_call_tells_links_and_owned_keys() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Contact 3 is hidden from Lena and linked, contact 5 is hidden and not linked.
        assert_eq!(world.sees("3", "SELECT id FROM contacts WHERE id IN (3, 5)"), Vec::<String>::new());
        assert_eq!(world.sees("3", "SELECT crm_access_rules.contact_has_company(3)"), ["t"]);
        assert_eq!(world.sees("3", "SELECT crm_access_rules.contact_has_company(5)"), ["f"]);
        // Deal 2 is Lena's by its column, and hidden because its company is not (T6): she can learn its key and nothing else.
        assert_eq!(world.sees("3", "SELECT id FROM deals WHERE id = 2"), Vec::<String>::new());
        assert_eq!(world.sees("3", "SELECT d FROM crm_access_rules.deal_owned() AS d WHERE d = 2"), ["2"]);
        // Nothing else that answers with keys answers with one that may not be read.
        for (function, table) in [
            ("company_readable", "companies"),
            ("contact_readable", "contacts"),
            ("deal_readable", "deals"),
            ("contact_with_company_readable", "contacts"),
        ] {
            let more = format!("SELECT k FROM crm_access_rules.{function}() AS k EXCEPT SELECT id FROM {table}");
            assert_eq!(world.sees("3", &more), Vec::<String>::new(), "{function}");
        }
    }
}

#[test]
fn a36_nulls_wrong_names_and_huge_arguments_give_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for (call, expected) in [
            ("crm_access.can('read', 'company', NULL::text)", Ok("t")),
            ("crm_access.can('read', 'company', NULL::int)", Ok("t")),
            ("crm_access.can('read', 'company', repeat('9', 1000000))", Ok("f")),
            ("crm_access.can('read', 'company', '00000000-0000-4000-8000-000000000003'::uuid)", Ok("f")),
            ("crm_access.can('read', 'company', -9223372036854775808)", Ok("f")),
            ("crm_access.can(NULL, 'company', '1')", Err("22023")),
            ("crm_access.can('read', NULL, '1')", Err("22023")),
            ("crm_access.can('read', 'nowhere', '1')", Err("22023")),
            ("crm_access.can('read', 'company'' OR true --', '1')", Err("22023")),
            ("crm_access.can('READ', 'company', '1')", Err("22023")),
            ("crm_access.can(repeat('x', 1000000), 'company', '1')", Err("22023")),
            ("crm_access.can('export', 'company', '3')", Err("any")),
            ("crm_access.can('read', 'deal', '2')", Ok("f")),
            ("coalesce(crm_access_rules.can(NULL, 'company', '3'), false)", Ok("f")),
            ("coalesce(crm_access_rules.can('read', NULL, '3'), false)", Ok("f")),
            ("coalesce(crm_access_rules.can('x', 'company', '3'), false)", Ok("f")),
            ("coalesce(crm_access_rules.granted(NULL), false)", Ok("f")),
            ("crm_access_rules.granted('{}')", Ok("f")),
            ("crm_access_rules.granted(ARRAY['administrator', 'employe', NULL])", Ok("f")),
            ("crm_access_rules.granted(ARRAY[['administrator'], ['intern']])", Ok("f")),
            ("crm_access_rules.granted(array_fill('administrator'::text, ARRAY[1000000]))", Ok("f")),
            ("crm_access_rules.granted(ARRAY['employee'])", Ok("t")),
            ("crm_access_rules.restricted('limited_crm_access')", Ok("t")),
            ("crm_access_rules.contact_has_company(NULL)", Ok("f")),
            ("coalesce(crm_access_rules.me()::text, '')", Ok("3")),
        ] {
            let got = acting(&mut world, "3", &[&format!("SELECT {call}")]);
            match (got, expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, [expected], "{call}"),
                (Err(Refused { state, .. }), Err(expected)) => assert!(state == expected || expected == "any", "{call}: {state}"),
                // An action that not every version knows may be answered, but only by no.
                (Ok(got), Err("any")) => assert_eq!(got, ["f"], "{call}"),
                (got, expected) => panic!("{call}: {got:?} instead of {expected:?}"),
            }
        }
        if target == Target::Extension {
            for (call, state) in
                [("NULL::text", "22004"), ("NULL::int", "22004"), ("''", "22023"), ("repeat('9', 1000000)", "28000"), ("E'3\\n'", "28000")]
            {
                refused(after(&mut world.backend, &["BEGIN", &format!("SELECT crm_access.act_as({call})")]), state);
            }
        }
        // The server is up, and what was asked did not change who asks.
        assert_eq!(acting(&mut world, "3", &[COMPANIES]).unwrap(), [LENAS]);
    }
}

#[test]
fn a36_it_holds_read_only_in_workers_under_time_limits_and_with_little_memory() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let counts = |world: &mut World, before: &[&str]| {
            let identity = world.identity("3");
            let mut all = before.to_vec();
            all.extend([
                "BEGIN",
                &identity,
                "SELECT (SELECT count(*) FROM companies) || ' ' || (SELECT count(*) FROM contacts) || ' ' || (SELECT count(*) FROM deals)",
            ]);
            let answer = after(&mut world.backend, &all);
            world.backend.batch_execute("RESET ALL").unwrap();
            answer
        };
        let expected = counts(&mut world, &[]).unwrap();
        assert!(expected[0].starts_with("38 "));
        for settings in [
            vec!["SET default_transaction_read_only = on"],
            vec!["SET default_transaction_isolation = 'serializable'"],
            vec!["SET work_mem = '64kB'", "SET hash_mem_multiplier = 1"],
            vec!["SET force_parallel_mode = on"],
            vec![
                "SET force_parallel_mode = on",
                "SET parallel_leader_participation = off",
                "SET parallel_setup_cost = 0",
                "SET parallel_tuple_cost = 0",
                "SET min_parallel_table_scan_size = 0",
                "SET min_parallel_index_scan_size = 0",
            ],
            vec!["SET standard_conforming_strings = off", "SET escape_string_warning = off", "SET backslash_quote = on"],
            vec!["SET transform_null_equals = on", "SET array_nulls = off", "SET quote_all_identifiers = on"],
            vec![
                "SET DateStyle = 'SQL, DMY'",
                "SET IntervalStyle = 'sql_standard'",
                "SET TimeZone = 'Pacific/Kiritimati'",
                "SET extra_float_digits = -15",
                "SET bytea_output = 'escape'",
            ],
            vec!["SET search_path = ''"],
            vec![
                "SET enable_seqscan = off",
                "SET enable_indexscan = off",
                "SET enable_bitmapscan = off",
                "SET enable_hashagg = off",
                "SET enable_hashjoin = off",
                "SET enable_material = off",
            ],
            vec![
                "SET from_collapse_limit = 1",
                "SET join_collapse_limit = 1",
                "SET geqo_threshold = 2",
                "SET jit = on",
                "SET jit_above_cost = 0",
            ],
            vec!["SET plpgsql.extra_errors = 'all'", "SET plpgsql.extra_warnings = 'all'"],
            vec!["SET check_function_bodies = off", "SET default_with_oids = off", "SET xmlbinary = hex", "SET client_encoding = 'LATIN1'"],
        ] {
            let path = settings == ["SET search_path = ''"];
            let answer = if path {
                let identity = world.identity("3");
                let answer = after(
                    &mut world.backend,
                    &["SET search_path = ''", "BEGIN", &identity, "SELECT pg_catalog.count(*) FROM public.companies"],
                );
                world.backend.batch_execute("RESET ALL").unwrap();
                assert_eq!(answer.unwrap(), [LENAS], "{settings:?}");
                continue;
            } else {
                counts(&mut world, &settings)
            };
            match answer {
                Ok(answer) => assert_eq!(answer, expected, "{settings:?}"),
                // Whoever makes the checks of PL/pgSQL stricter for themselves may get an error, and never a row more.
                Err(refused) => assert!(settings[0].contains("plpgsql"), "{settings:?}: {refused:?}"),
            }
        }
        // A time limit ends the statement, wherever it is, and the next one begins as nobody.
        for milliseconds in [1, 2, 3, 5, 8, 13] {
            let identity = world.identity("3");
            let limit = format!("SET LOCAL statement_timeout = {milliseconds}");
            let slow = "SELECT count(*) FROM contacts AS a, contacts AS b, deals AS c WHERE a.id <> b.id";
            for commands in [vec!["BEGIN", &limit, &identity, slow], vec!["BEGIN", &identity, &limit, slow]] {
                match after(&mut world.backend, &commands) {
                    Err(refused) => assert_eq!(refused.state, "57014"),
                    Ok(rows) => panic!("{rows:?} in {milliseconds} ms"),
                }
                assert_eq!(after(&mut world.backend, &[COMPANIES]).unwrap(), ["0"]);
            }
        }
    }
}

#[test]
fn a36_the_tables_and_functions_of_crm_access_are_closed_to_the_application() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        for table in ["version", "object", "assignment", "restricted_user", "consistency", "log", "share", "delegation"] {
            for command in [
                "SELECT * FROM #",
                "DELETE FROM #",
                "UPDATE # SET ctid = ctid",
                "INSERT INTO # DEFAULT VALUES",
                "TRUNCATE #",
                "COPY # TO STDOUT",
                "LOCK TABLE #",
                "DROP TABLE #",
                "ALTER TABLE # ADD x int",
            ] {
                let command = command.replace('#', &format!("crm_access.{table}"));
                let said = after(&mut lena, &["BEGIN", &command]).unwrap_err();
                assert!([REFUSED, "0A000"].contains(&said.state.as_str()), "{command}: {said:?}");
            }
        }
        for call in [
            "apply('')",
            "remove()",
            "clear()",
            "check('')",
            "generate('')",
            "assign('administrator', 'user', '3')",
            "revoke('employee', 'user', '3')",
            "restrict('limited_crm_access', 'user', '2')",
            "unrestrict('limited_crm_access', 'user', '3')",
            "change_assignment('assign', 'administrator', 'user', '3', false, false, NULL, NULL)",
            "store_assignment('3', 'role', 'administrator', 'user', '3', false, false, NULL, NULL)",
            "drop_assignment('3', 'restriction', 'limited_crm_access', 'user', '3')",
            "check_assignment('role', 'administrator', 'user', '3')",
            "roles()",
            "assignments()",
            "conflicts()",
            "lend('crm_access_reader', 'public', 'users', ARRAY['is_admin'], '{}')",
            "take_over('public', 'users', 'crm_app')",
            "close('crm_access')",
            "join_reader('crm_access_reader')",
            "leave_reader('x')",
            "ensure_reader('x')",
            "end_apply('', '', '', '', '')",
            "fingerprint()",
        ] {
            let said = after(&mut lena, &[&format!("SELECT crm_access.{call}")]).unwrap_err();
            let missing = target == Target::Portable && said.state == "42883";
            assert!(said.state == REFUSED || missing, "{call}: {said:?}");
        }
        for call in [
            "roles()",
            "roles_of(1)",
            "restrictions()",
            "restrictions_of(1)",
            "subjects()",
            "subjects_of(1)",
            "violations()",
            "note_restricted()",
            "assert_consistent()",
            "check_consistent()",
            "identity_key()",
            "can_company('read', '3')",
            "can_deal('read', NULL)",
            "can_each_of_company('read', ARRAY['3'])",
            "all_roles()",
            "all_assignments(NULL)",
            "conflicts()",
        ] {
            refused(after(&mut lena, &[&format!("SELECT crm_access_rules.{call}")]), REFUSED);
        }
    }
}
