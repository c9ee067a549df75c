//! A11, A12, A20, A34: rows that somebody else's rights show, and rights that come by another road.

use crm_access::program::Target;

use crate::attacker::{ALL, COMPANIES, LENAS, acting, after, assert_audited, person, role};
use crate::support::{REFUSED, TARGETS, World, connect, project_file, refused};

/// What checking the configuration against the database says, by code and message.
fn reported(world: &mut World) -> Vec<String> {
    assert_eq!(world.target, Target::Extension);
    let text = project_file("examples/teamleader.yaml");
    let rows = world.admin.query("SELECT code || ': ' || message FROM crm_access.check($1)", &[&text]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[track_caller]
fn assert_reported(world: &mut World, code: &str, word: &str) {
    let found = reported(world);
    assert!(found.iter().any(|line| line.starts_with(&format!("{code}: ")) && line.contains(word)), "{code} {word}: {found:#?}");
}

#[test]
fn a11_a_view_shows_what_its_owner_sees_and_one_of_a_superuser_is_reported() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Of the tables' owner, whom the policies bind and give nothing; and with the rights of who asks.
        world
            .own(
                "CREATE VIEW plain AS SELECT * FROM companies; CREATE VIEW asked WITH (security_invoker = true) AS SELECT * FROM companies;
                 CREATE VIEW barred WITH (security_barrier = true) AS SELECT * FROM companies; GRANT SELECT ON plain, asked, barred TO crm_app",
            )
            .unwrap();
        for (view, rows) in [("plain", "0"), ("asked", LENAS), ("barred", "0")] {
            assert_eq!(acting(&mut world, "3", &[&format!("SELECT count(*) FROM {view}")]).unwrap(), [rows], "{view}");
        }
        // Of a superuser: everything, which is what the report is for.
        world.force(
            "CREATE VIEW wide AS SELECT * FROM companies; CREATE MATERIALIZED VIEW kept AS SELECT * FROM companies;
             CREATE VIEW over WITH (security_invoker = true) AS SELECT * FROM wide;
             GRANT SELECT ON wide, kept, over TO crm_app",
        );
        for view in ["wide", "kept", "over"] {
            assert_eq!(acting(&mut world, "3", &[&format!("SELECT count(*) FROM {view}")]).unwrap(), [ALL], "{view}");
        }
        // Which a view that can be written lets be written as well.
        world.force("GRANT UPDATE ON wide TO crm_app");
        assert_eq!(world.tries("3", "UPDATE wide SET name = 'x' WHERE id = 3"), Ok(1));
        if target == Target::Extension {
            for view in ["public.wide", "public.kept", "public.over"] {
                assert_reported(&mut world, "exposing-view", view);
            }
            assert_reported(&mut world, "blind-view", "public.plain");
        }
        assert_audited(&world, "privileged-view", "wide");
        assert_audited(&world, "materialized-view", "kept");
    }
}

#[test]
fn a11_the_application_makes_no_view_rule_or_trigger_that_shows_more() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force("GRANT CREATE ON SCHEMA public TO crm_app");
        let mut lena = person(&mut world, "3");
        lena.batch_execute("CREATE VIEW own AS SELECT * FROM companies; GRANT SELECT ON own TO PUBLIC; CREATE MATERIALIZED VIEW taken AS SELECT * FROM companies")
            .unwrap();
        assert_eq!(after(&mut lena, &["SELECT count(*) FROM own"]).unwrap(), [LENAS]);
        assert_eq!(after(&mut lena, &["SELECT count(*) FROM taken"]).unwrap(), [LENAS]);
        // Another person who asks her view: the policies are those for her role, the rows those of who is asking.
        let mut noah = person(&mut world, "9");
        assert_eq!(after(&mut noah, &["SELECT count(*) FROM own"]).unwrap(), ["0"]);
        for command in [
            "CREATE RULE r AS ON SELECT TO companies DO INSTEAD SELECT * FROM companies",
            "CREATE RULE r AS ON UPDATE TO companies DO ALSO SELECT 1",
            "CREATE TRIGGER t BEFORE UPDATE ON companies FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE TABLE child () INHERITS (companies)",
            "CREATE TABLE refers (id int REFERENCES companies)",
            "CREATE STATISTICS s ON name, city FROM companies",
            "CREATE INDEX ON companies (name)",
            "CREATE POLICY mine ON companies USING (true)",
            "ALTER POLICY crm_access_read ON companies USING (true)",
            "ALTER POLICY crm_access_limited_crm_access_read ON companies TO crm_owner",
            "DROP POLICY crm_access_limited_crm_access_read ON companies",
            "ALTER TABLE companies DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE companies NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE companies OWNER TO CURRENT_USER",
            "ALTER TABLE companies INHERIT own",
            "COMMENT ON POLICY crm_access_read ON companies IS 'x'",
            "CREATE PUBLICATION p FOR TABLE companies",
            "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION crm_access.guard_drop()",
            "CREATE TRIGGER t AFTER INSERT ON own EXECUTE FUNCTION crm_access_rules.check_consistent()",
            "SECURITY LABEL ON TABLE companies IS 'x'",
            "VACUUM FULL pg_authid",
            "CLUSTER companies USING companies_pkey",
            "REINDEX TABLE companies",
            "LOAD 'crm_access'",
            "GRANT SELECT ON crm_access.version TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner GRANT ALL ON TABLES TO PUBLIC",
        ] {
            let said = after(&mut lena, &[command]);
            match said {
                Err(said) => assert!([REFUSED, "42809", "42501", "0A000", "22023"].contains(&said.state.as_str()), "{command}: {said:?}"),
                // The server warns and does nothing.
                Ok(_) => assert!(command.starts_with("GRANT") || command.starts_with("VACUUM"), "{command}"),
            }
        }
        assert_eq!(after(&mut lena, &[COMPANIES]).unwrap(), [LENAS]);
        assert_eq!(world.really("SELECT count(*) FROM pg_policy WHERE polname NOT LIKE 'crm\\_access\\_%'"), ["0"]);
    }
}

#[test]
fn a12_a_function_of_a_bound_owner_gives_nothing_and_one_of_a_superuser_gives_all() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let function = |name: &str| {
            format!(
                "CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
                 'SELECT count(*) FROM public.companies'; GRANT EXECUTE ON FUNCTION {name}() TO crm_app"
            )
        };
        world.own(&function("bound")).unwrap();
        world.force(&function("unbound"));
        assert_eq!(acting(&mut world, "3", &["SELECT bound()"]).unwrap(), ["0"]);
        // The leak as it is: such a function answers for every row. The audit names it.
        assert_eq!(acting(&mut world, "3", &["SELECT unbound()"]).unwrap(), [ALL]);
        // The same by a trigger that the owner made, of a superuser's function: it sees what is changed whoever changes it, and more.
        world.force(
            "CREATE TABLE spied (n bigint); GRANT SELECT ON spied TO crm_app;
             CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
                 'BEGIN INSERT INTO public.spied SELECT count(*) FROM public.companies; RETURN NULL; END';
             CREATE TRIGGER spy AFTER UPDATE ON companies FOR EACH STATEMENT EXECUTE FUNCTION spy()",
        );
        let touch = "UPDATE companies SET name = name WHERE id = 1";
        assert_eq!(acting(&mut world, "3", &[touch, "SELECT n FROM spied"]).unwrap(), [ALL]);
        assert_audited(&world, "definer-function", "unbound");
        assert_audited(&world, "definer-trigger", "spy");
        // A function of the application's own has the application's rights, whoever calls it.
        world.force("GRANT CREATE ON SCHEMA public TO crm_app");
        let mut lena = person(&mut world, "3");
        lena.batch_execute(
            "CREATE FUNCTION trap() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM public.companies'; GRANT EXECUTE ON FUNCTION trap() TO PUBLIC",
        )
        .unwrap();
        assert_eq!(after(&mut lena, &["SELECT trap()"]).unwrap(), [LENAS]);
        // An administrator who calls it counts for himself, as anywhere; its maker does not get to know.
        assert_eq!(acting(&mut world, "1", &["SELECT trap()"]).unwrap(), [ALL]);
    }
}

#[test]
fn a20_a_member_who_does_not_inherit_sees_nothing_until_the_role_is_taken() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let login = role(&mut world, "noinherit", "LOGIN NOINHERIT IN ROLE crm_app");
        world.force(&format!("UPDATE users SET login = '{login}' WHERE id = 3"));
        let mut client = connect(&world.database, &login);
        refused(after(&mut client, &[COMPANIES]), REFUSED);
        // With rights of its own the permissive policies do not hold for it either, so that nothing is left that could show a row.
        world.force(&format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON companies, deals, contacts TO {login}; GRANT USAGE ON SCHEMA crm_access_rules TO {login}"
        ));
        for query in [COMPANIES, "SELECT count(*) FROM deals", "SELECT count(*) FROM contacts"] {
            assert_eq!(after(&mut client, &[query]).unwrap(), ["0"]);
        }
        assert_eq!(client.execute("UPDATE companies SET account_manager_id = 3", &[]).unwrap(), 0);
        refused(after(&mut client, &["INSERT INTO companies (name, account_manager_id) VALUES ('x', 3)"]), REFUSED);
        // As the role it is bound by grants and restrictions alike.
        assert_eq!(after(&mut client, &["SET ROLE crm_app", COMPANIES]).unwrap(), [LENAS]);
        client.batch_execute("RESET ROLE").unwrap();
        // The danger: a policy of somebody else's for everybody lets the member through, and the restriction does not hold for it.
        world.force("CREATE POLICY elsewhere ON companies FOR SELECT TO PUBLIC USING (city = 'Bremen')");
        let seen: u64 = after(&mut client, &[COMPANIES]).unwrap()[0].parse().unwrap();
        assert!(seen > 0);
        assert_eq!(after(&mut client, &["SET ROLE crm_app", COMPANIES]).unwrap(), [LENAS], "who is bound by the restriction stays so");
        if target == Target::Extension {
            assert_reported(&mut world, "foreign-policy", "elsewhere");
        }
        assert_audited(&world, "foreign-policy", "elsewhere");
        assert_audited(&world, "noinherit-member", &login);
    }
}

#[test]
fn a34_grants_to_everybody_and_default_privileges_show_nobody_a_row() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let stranger = role(&mut world, "passerby", "LOGIN");
        world.force("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT ALL ON SCHEMA crm_access, crm_access_rules TO PUBLIC");
        let mut client = connect(&world.database, &stranger);
        for table in ["companies", "contacts", "contact_companies", "deals", "quotations", "invoices", "tickets", "activities"] {
            assert_eq!(after(&mut client, &[&format!("SELECT count(*) FROM {table}")]).unwrap(), ["0"], "{table}");
            assert_eq!(client.execute(&format!("DELETE FROM {table}"), &[]).unwrap(), 0, "{table}");
        }
        // Functions are not among what was granted, and their schema gives nothing by itself.
        refused(after(&mut client, &["SELECT crm_access_rules.me()"]), REFUSED);
        refused(after(&mut client, &["SELECT * FROM crm_access.assignment"]), REFUSED);
    }
}

#[test]
fn a34_a_way_to_the_owner_or_past_row_security_is_reported() {
    let mut world = World::new("teamleader", Target::Extension);
    let way = role(&mut world, "bypasser", "NOLOGIN BYPASSRLS");
    let owner = role(&mut world, "landlord", "NOLOGIN");
    let member = role(&mut world, "careless", "LOGIN IN ROLE crm_app");
    world.force(&format!(
        "GRANT {way} TO {member}; GRANT SELECT ON companies TO {way};
         ALTER TABLE companies OWNER TO {owner}; GRANT {owner} TO {member}"
    ));
    let mut client = connect(&world.database, &member);
    // The leak as it is: attributes are not inherited, and SET ROLE takes them.
    assert_eq!(after(&mut client, &[COMPANIES]).unwrap(), ["0"]);
    assert_eq!(after(&mut client, &[&format!("SET ROLE {way}"), COMPANIES]).unwrap(), [ALL]);
    let (text, actors) = (project_file("examples/teamleader.yaml"), "act_as: [crm_backend,");
    assert_eq!(text.matches(actors).count(), 1);
    let text = text.replace(actors, &format!("{actors} {member},"));
    let rows = world.admin.query("SELECT code || ': ' || message FROM crm_access.check($1)", &[&text]).unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for word in ["has BYPASSRLS", "may switch its policies off"] {
        assert!(found.iter().any(|line| line.starts_with("privileged-role: ") && line.contains(word)), "{word}: {found:#?}");
    }
    assert_audited(&world, "privileged-role", &member);
    assert_audited(&world, "owning-role", &owner);
    world.force(&format!("REVOKE {way}, {owner} FROM {member}"));
}

#[test]
fn a14_no_policy_of_ours_is_for_all_commands_and_one_of_somebody_elses_is_reported() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        assert_eq!(world.really("SELECT polrelid::regclass || ' ' || polname FROM pg_policy WHERE polcmd = '*'"), Vec::<String>::new());
        // The danger: meant for changes, it lets those who are bound by no restriction read by it as well.
        assert_eq!(acting(&mut world, "10", &[COMPANIES]).unwrap(), ["1"], "an intern reads one company");
        world.force("CREATE POLICY changes ON companies FOR ALL TO crm_app USING (city = 'Bremen')");
        assert_ne!(acting(&mut world, "10", &[COMPANIES]).unwrap(), ["1"]);
        assert_eq!(acting(&mut world, "3", &[COMPANIES]).unwrap(), [LENAS], "a restriction still holds");
        if target == Target::Extension {
            assert_reported(&mut world, "foreign-policy", "changes");
        }
        assert_audited(&world, "foreign-policy", "changes");
    }
}
