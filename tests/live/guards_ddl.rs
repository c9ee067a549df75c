//! Commands that would undo what a configuration made, or go past it: by the tables' owner, in a session that has loaded nothing.

use crm_access::program::Target;

use crate::guards::{connect_and_listen, switch};
use crate::support::{REFUSED, Refused, World, apply_as, connect, first_column, project_file, refused};

const LOOSENING: [&str; 10] = [
    "ALTER TABLE companies DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE companies NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE companies ADD COLUMN more int, NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY crm_access_limited_crm_access_read ON companies",
    "ALTER POLICY crm_access_read ON companies USING (true)",
    "ALTER POLICY crm_access_read ON companies TO PUBLIC",
    "ALTER POLICY crm_access_limited_crm_access_read ON companies RENAME TO mine",
    "CREATE POLICY mine ON companies USING (true)",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE companies DISABLE ROW LEVEL SECURITY'; END $$",
    "ALTER POLICY crm_access_read ON companies WITH CHECK (true)",
];

#[test]
fn the_owner_can_not_loosen_the_rules_by_hand() {
    let mut world = World::new("teamleader", Target::Extension);
    for command in LOOSENING {
        let refusal = match world.own(command) {
            Err(refusal) => refusal,
            Ok(()) => panic!("{command}"),
        };
        // ALTER POLICY ... WITH CHECK of a policy for SELECT is a mistake of its own.
        if !command.contains("WITH CHECK") {
            assert_eq!(refusal.state, REFUSED, "{command}: {refusal:?}");
            assert!(refusal.message.starts_with("permission denied to change"), "{command}: {refusal:?}");
            assert!(refusal.hint.contains("crm_access.guard_policies"), "{refusal:?}");
        }
        assert_eq!(world.really("SELECT crm_access.fingerprint() = (SELECT fingerprint FROM crm_access.version)"), ["t"], "{command}");
    }
    // What narrows, and what has nothing to do with the rules.
    for command in [
        "CREATE POLICY fewer ON companies AS RESTRICTIVE USING (id > 0)",
        "DROP POLICY fewer ON companies",
        "ALTER TABLE companies ADD COLUMN more int",
        "CREATE TABLE apart (id int); ALTER TABLE apart ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON apart USING (true)",
        "ALTER POLICY p ON apart USING (false); DROP POLICY p ON apart; ALTER TABLE apart DISABLE ROW LEVEL SECURITY; DROP TABLE apart",
    ] {
        world.own(command).unwrap_or_else(|refusal| panic!("{command}: {refusal:?}"));
    }
}

#[test]
fn with_the_guard_off_the_owner_loosens_the_rules() {
    for target in [Target::Extension, Target::Portable] {
        let mut world = World::new("teamleader", target);
        if target == Target::Extension {
            switch(&mut world, "guard_policies", "off");
        }
        let mut owner = connect(&world.database, "crm_owner");
        owner.batch_execute("ALTER TABLE companies DISABLE ROW LEVEL SECURITY").unwrap();
        assert_eq!(world.count("3", "companies"), 612, "{}", target.name());
    }
}

#[test]
fn a_placeholder_set_before_the_library_is_loaded_switches_nothing_off() {
    let world = World::new("teamleader", Target::Extension);
    let mut owner = connect(&world.database, "crm_owner");
    owner.batch_execute("SET crm_access.guard_policies = off").unwrap();
    refused(owner.batch_execute(LOOSENING[0]).map_err(Refused::from), REFUSED);
}

#[test]
fn an_administrator_may_and_apply_and_remove_go_on_working() {
    let mut world = World::new("teamleader", Target::Extension);
    world.force("ALTER TABLE companies DISABLE ROW LEVEL SECURITY; DROP POLICY crm_access_read ON companies");
    // An unrelated command of the owner's is not held up by what somebody else did.
    world.own("ALTER TABLE companies ADD COLUMN more int").unwrap();
    apply_as(&world.database, "postgres", Target::Extension, &project_file("examples/teamleader.yaml")).unwrap();
    assert_eq!(world.count("3", "companies"), 38);
    world.force("SELECT crm_access.remove()");
    world
        .own("ALTER TABLE companies ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON companies USING (true); DROP POLICY mine ON companies")
        .unwrap();
    // Whoever may remove the configuration may also change it by hand.
    let mut world = World::new("teamleader", Target::Extension);
    world.force("GRANT USAGE ON SCHEMA crm_access TO crm_owner; GRANT EXECUTE ON FUNCTION crm_access.remove() TO crm_owner");
    world.own("ALTER POLICY crm_access_read ON companies USING (true)").unwrap();
}

const CHILDREN: &str = "CREATE TABLE kept (id int, owner_id int, year int) PARTITION BY RANGE (year);
    CREATE TABLE kept_1 PARTITION OF kept FOR VALUES FROM (1) TO (2);
    CREATE TABLE plain (id int, owner_id int, year int) PARTITION BY RANGE (year);
    CREATE TABLE members (id int PRIMARY KEY, active boolean);
    GRANT ALL ON ALL TABLES IN SCHEMA public TO crm_app;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO crm_app;
    DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

const CHILDREN_CONFIG: &str = "version: 1
application_role: crm_app
key_type: int4
identity: {act_as: crm_backend}
directory: {users: {table: members, active: active}}
entities: {kept: {table: kept, key: id, owners: owner_id}}
roles: {r: {grants: {kept: all}}}
assignments: {listed: {role: r, everyone: true}}
";

/// Makes a partition, attaches one with rows, and adds a level.
const GROWING: [&str; 3] = [
    "CREATE TABLE kept_2 PARTITION OF kept FOR VALUES FROM (2) TO (3)",
    "CREATE TABLE kept_3 (id int, owner_id int, year int); INSERT INTO kept_3 VALUES (1, 1, 3);
     ALTER TABLE kept ATTACH PARTITION kept_3 FOR VALUES FROM (3) TO (4)",
    "CREATE TABLE kept_4 (id int, owner_id int, year int) PARTITION BY RANGE (id);
     CREATE TABLE kept_5 PARTITION OF kept_4 FOR VALUES FROM (0) TO (9);
     ALTER TABLE kept ATTACH PARTITION kept_4 FOR VALUES FROM (4) TO (5)",
];

fn with_partitions() -> World {
    World::made(CHILDREN, Target::Extension, CHILDREN_CONFIG)
}

#[test]
fn a10_a_partition_that_comes_later_has_row_security_and_loses_it_with_the_configuration() {
    let mut world = with_partitions();
    let (mut owner, said) = connect_and_listen(&world.database, "crm_owner");
    for command in GROWING {
        owner.batch_execute(command).unwrap();
    }
    world.force("INSERT INTO kept_2 VALUES (1, 1, 2)");
    drop(owner);
    let said: Vec<String> = said.try_iter().collect();
    assert_eq!(said.iter().filter(|line| line.starts_with("NOTICE: row security is on for")).count(), 4, "{said:?}");
    let secured = "SELECT relname || relrowsecurity || relforcerowsecurity FROM pg_class WHERE relname ~ '^kept_[0-9]$'";
    let expected: Vec<String> = (1..=5).map(|n| format!("kept_{n}truetrue")).collect();
    assert_eq!(world.really(secured), expected);
    world.force("GRANT SELECT ON ALL TABLES IN SCHEMA public TO crm_app");
    for partition in ["kept_2", "kept_3"] {
        assert_eq!(world.really(&format!("SELECT count(*) FROM {partition}")), ["1"]);
        let rows = world.backend.simple_query(&format!("SELECT count(*) FROM {partition}")).unwrap();
        assert_eq!(first_column(rows), ["0"], "{partition}");
    }
    world.force("SELECT crm_access.remove()");
    let expected: Vec<String> = (1..=5).map(|n| format!("kept_{n}falsefalse")).collect();
    assert_eq!(world.really(secured), expected);
}

#[test]
fn a10_an_inheritance_child_is_secured_as_well_and_unprotected_parents_are_left_alone() {
    let mut world = World::new("teamleader", Target::Extension);
    world.own("CREATE TABLE a () INHERITS (companies); CREATE TABLE b (LIKE companies); ALTER TABLE b INHERIT companies").unwrap();
    world.own("CREATE TABLE c () INHERITS (a); CREATE TABLE d () INHERITS (users)").unwrap();
    let secured = "SELECT relname || relrowsecurity || relforcerowsecurity FROM pg_class WHERE relname IN ('a', 'b', 'c', 'd')";
    assert_eq!(world.really(secured), ["atruetrue", "btruetrue", "ctruetrue", "dfalsefalse"]);
    // One that was secured before stays so when the configuration goes.
    world.own("CREATE TABLE e (LIKE companies); ALTER TABLE e ENABLE ROW LEVEL SECURITY; ALTER TABLE e INHERIT companies").unwrap();
    world.force("SELECT crm_access.remove()");
    assert_eq!(
        world.really(&secured.replace("'d'", "'d', 'e'")),
        ["afalsefalse", "bfalsefalse", "cfalsefalse", "dfalsefalse", "etruefalse"]
    );
}

#[test]
fn a10_with_the_guard_off_a_new_partition_can_be_read_directly() {
    let mut world = with_partitions();
    switch(&mut world, "guard_children", "off");
    let mut owner = connect(&world.database, "crm_owner");
    owner.batch_execute(GROWING[1]).unwrap();
    world.force("GRANT crm_app TO crm_backend");
    let mut client = connect(&world.database, "crm_backend");
    assert_eq!(first_column(client.simple_query("SELECT count(*) FROM kept_3").unwrap()), ["1"]);
}

/// Warnings that a superuser gets for commands.
fn warnings(database: &str, commands: &[&str]) -> Vec<String> {
    let (mut client, said) = connect_and_listen(database, "postgres");
    for command in commands {
        client.batch_execute(command).unwrap();
    }
    drop(client);
    said.try_iter().filter(|line| line.contains("past its row security")).collect()
}

#[test]
fn a11_a23_there_is_a_warning_of_what_shows_protected_rows_past_row_security() {
    let mut world = World::new("teamleader", Target::Extension);
    let shown = [
        "CREATE VIEW shown AS SELECT * FROM companies",
        "CREATE VIEW through AS SELECT * FROM shown",
        "CREATE MATERIALIZED VIEW stored AS SELECT * FROM deals",
        "CREATE PUBLICATION part FOR TABLE companies",
        "CREATE PUBLICATION grown; ALTER PUBLICATION grown ADD TABLE deals",
    ];
    let found = warnings(&world.database, &shown);
    let starts: Vec<&str> = found.iter().map(|line| line.split(" shows").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "WARNING: view \"shown\"",
            "WARNING: view \"through\"",
            "WARNING: materialized view \"stored\"",
            "WARNING: publication \"part\"",
            "WARNING: publication \"grown\"",
        ]
    );
    let none = warnings(
        &world.database,
        &[
            "CREATE VIEW asking WITH (security_invoker = true) AS SELECT * FROM companies",
            "ALTER VIEW asking SET (security_invoker = on)",
            "CREATE VIEW people AS SELECT * FROM users",
            "CREATE MATERIALIZED VIEW stored_people AS SELECT * FROM users",
            "CREATE PUBLICATION people FOR TABLE users",
            "CREATE VIEW bound AS SELECT * FROM users",
        ],
    );
    assert_eq!(none, [""; 0]);
    assert_eq!(warnings(&world.database, &["ALTER VIEW asking RESET (security_invoker)"]).len(), 1);
    assert_eq!(
        warnings(&world.database, &["CREATE VIEW bound_2 AS SELECT * FROM companies", "ALTER VIEW bound_2 OWNER TO crm_owner"]).len(),
        1
    );
    switch(&mut world, "guard_views", "off");
    assert_eq!(warnings(&world.database, &["CREATE VIEW unnoticed AS SELECT * FROM companies"]), [""; 0]);
    world.force("DROP PUBLICATION part, grown, people");
}
