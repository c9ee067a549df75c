//! A23, A24, A35, A36, A37: what goes round the tables: replication, dumps, other connections, standbys and crashes.

use crm_access::program::Target;

use crate::attacker::{ALL, COMPANIES, LENAS, after, assert_audited, person, program};
use crate::cluster::{Cluster, identity, open};
use crate::support::{REFUSED, TARGETS, World, first_column, project_file, refused, url};

const HIDDEN: &str = "Nordwind";

#[test]
fn a23_a_plain_role_neither_replicates_nor_publishes() {
    let mut world = World::new("teamleader", Target::Extension);
    let mut lena = person(&mut world, "3");
    let login = after(&mut lena, &["SELECT session_user"]).unwrap().remove(0);
    world.force(&format!("GRANT CREATE ON DATABASE {} TO crm_app", world.database));
    for command in [
        "SELECT pg_create_logical_replication_slot('s', 'test_decoding')",
        "SELECT pg_create_physical_replication_slot('s')",
        "SELECT * FROM pg_logical_slot_peek_changes('s', NULL, NULL)",
        "SELECT pg_logical_emit_message(false, 'a', 'b'), pg_switch_wal()",
        "CREATE PUBLICATION p FOR TABLE companies",
        "CREATE PUBLICATION p FOR ALL TABLES",
        "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p",
        "ALTER TABLE companies REPLICA IDENTITY FULL",
        "SELECT pg_read_file('base/1/1259')",
        "SELECT pg_ls_waldir()",
    ] {
        refused(after(&mut lena, &[command]), REFUSED);
    }
    world.force("CREATE PUBLICATION open FOR TABLE companies");
    assert_audited(&world, "publication", "open");
    for program_name in ["pg_recvlogical", "pg_receivewal", "pg_basebackup"] {
        let arguments: &[&str] = match program_name {
            "pg_recvlogical" => &["--create-slot", "--slot=s", "--plugin=test_decoding"],
            "pg_receivewal" => &["--create-slot", "--slot=s"],
            _ => &["--pgdata=-", "--format=tar", "--wal-method=none"],
        };
        let output = program(program_name, &world.database, &login, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("must be superuser or replication role"), "{program_name}: {said}");
    }
}

/// The leak as it is: replication reads the log of the whole cluster, which knows no policies. The audit names who has the attribute.
#[test]
fn a23_a_replication_role_decodes_hidden_rows() {
    let cluster = Cluster::start();
    let database = cluster.preset(Target::Extension);
    let mut admin = open(&cluster.address, &database, "postgres");
    admin.batch_execute("CREATE ROLE copier LOGIN REPLICATION").unwrap();
    let mut copier = open(&cluster.address, &database, "copier");
    copier.batch_execute("SELECT pg_create_logical_replication_slot('s', 'test_decoding')").unwrap();
    admin.batch_execute("UPDATE companies SET city = 'moved' WHERE id = 3").unwrap();
    let changes = first_column(copier.simple_query("SELECT data FROM pg_logical_slot_get_changes('s', NULL, NULL)").unwrap());
    assert!(changes.iter().any(|change| change.contains(HIDDEN)), "{changes:?}");
    assert!(after(&mut copier, &[COMPANIES]).is_err(), "the table itself is closed to it");
    copier.batch_execute("SELECT pg_drop_replication_slot('s')").unwrap();
}

#[test]
fn a24_a_dump_by_the_application_fails_or_holds_only_what_may_be_seen() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let login = after(&mut person(&mut world, "3"), &["SELECT session_user"]).unwrap().remove(0);
        let dump = |role: &str, arguments: &[&str]| {
            let output = program(
                "pg_dump",
                &world.database,
                role,
                &[&["--data-only", "--table=companies", "--exclude-table-data=*_seq"], arguments].concat(),
            );
            (
                output.status.success(),
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )
        };
        // Without the option the dump says that it would not be complete, for the owner as well, and stops.
        for role in [login.as_str(), "crm_backend", "crm_owner"] {
            let (done, rows, said) = dump(role, &[]);
            assert!(!done && !rows.contains("Bakery Dubois") && !rows.contains(HIDDEN), "{role}: {rows}");
            assert!(said.contains("row-level security"), "{role}: {said}");
        }
        let (done, rows, said) = dump(&login, &["--enable-row-security", "--inserts"]);
        assert!(done, "{said}");
        assert_eq!(rows.matches("INSERT INTO public.companies").count().to_string(), LENAS);
        assert!(rows.contains("Bakery Dubois") && !rows.contains(HIDDEN));
        // With COPY it is those rows or, where nobody may export, none.
        let (_, rows, _) = dump(&login, &["--enable-row-security"]);
        assert!(!rows.contains(HIDDEN));
        let (done, rows, _) = dump("crm_backend", &["--enable-row-security", "--inserts"]);
        assert!(done && !rows.contains("INSERT"), "nobody has no row");
        // The state of crm_access, with its assignments and the key of signatures, is dumped by nobody who asks.
        for role in [login.as_str(), "crm_backend"] {
            let output = program("pg_dump", &world.database, role, &["--data-only", "--schema=crm_access", "--enable-row-security"]);
            assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("permission denied"));
        }
        let (done, rows, _) = dump("postgres", &["--inserts"]);
        assert!(done);
        assert_eq!(rows.matches("INSERT INTO public.companies").count().to_string(), ALL, "a superuser's is complete");
    }
}

#[test]
fn a35_a_connection_back_to_the_server_needs_a_password_of_its_own() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        world.force(
            "CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw;
             CREATE SERVER home FOREIGN DATA WRAPPER postgres_fdw; GRANT USAGE ON FOREIGN SERVER home TO PUBLIC;
             GRANT CREATE ON SCHEMA public TO PUBLIC",
        );
        let host = url(&world.database, "postgres").split(' ').next().unwrap().replace("host=", "");
        world.force(&format!("ALTER SERVER home OPTIONS (host '{host}', dbname '{}')", world.database));
        let mut lena = person(&mut world, "3");
        for command in [
            format!("SELECT dblink_connect('{}')", url(&world.database, "postgres")),
            format!("SELECT * FROM dblink('{}', 'SELECT name FROM companies') AS t(name text)", url(&world.database, "crm_backend")),
        ] {
            refused(after(&mut lena, &[&command]), "2F003");
        }
        refused(after(&mut lena, &[&format!("SELECT dblink_connect_u('{}')", url(&world.database, "postgres"))]), REFUSED);
        let table = "CREATE FOREIGN TABLE far (id int, name text) SERVER home OPTIONS (table_name 'companies')";
        lena.batch_execute(&format!("{table}; CREATE USER MAPPING FOR CURRENT_USER SERVER home OPTIONS (user 'postgres')")).unwrap();
        refused(after(&mut lena, &["SELECT name FROM far"]), "2F003");
        refused(after(&mut lena, &["ALTER USER MAPPING FOR CURRENT_USER SERVER home OPTIONS (ADD password_required 'false')"]), REFUSED);
        for command in [
            "CREATE EXTENSION adminpack",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE FOREIGN DATA WRAPPER w",
            "CREATE SERVER f FOREIGN DATA WRAPPER file_fdw",
        ] {
            refused(after(&mut lena, &[command]), REFUSED);
        }
        // The leak as it is: a mapping that a superuser made without password shows whatever its user sees. The audit names it.
        world.force("CREATE USER MAPPING FOR PUBLIC SERVER home OPTIONS (user 'postgres', password_required 'false')");
        let mut other = person(&mut world, "4");
        assert_eq!(after(&mut other, &["SELECT count(*) FROM far"]).map_err(|refused| refused.state), Err(REFUSED.to_owned()));
        assert_audited(&world, "foreign-table", "home");
        lena.batch_execute("GRANT SELECT ON far TO PUBLIC").unwrap();
        assert_eq!(after(&mut other, &["SELECT count(*) FROM far"]).unwrap(), [ALL]);
    }
}

#[test]
fn a36_a_hot_standby_decides_alike_and_writes_nothing() {
    let mut cluster = Cluster::start();
    let databases = TARGETS.map(|target| (target, cluster.preset(target)));
    let standby = cluster.does("standby");
    for (target, database) in &databases {
        let mut backend = open(&standby, database, "crm_backend");
        assert_eq!(after(&mut backend, &["SELECT pg_is_in_recovery()"]).unwrap(), ["t"]);
        assert_eq!(after(&mut backend, &[COMPANIES]).unwrap(), ["0"]);
        for (user, rows) in [("3", LENAS), ("2", ALL), ("9", "0")] {
            assert_eq!(after(&mut backend, &["BEGIN", &identity(*target, user), COMPANIES]).unwrap(), [rows], "{}", target.name());
        }
        let lena = identity(*target, "3");
        assert_eq!(after(&mut backend, &["BEGIN", &lena, "SELECT crm_access.can('read', 'company', 3)"]).unwrap(), ["f"]);
        refused(after(&mut backend, &["BEGIN", &lena, "UPDATE companies SET name = name"]), "25006");
        if *target == Target::Extension {
            refused(after(&mut backend, &["SET crm_access.identity_value = '2'"]), REFUSED);
            refused(after(&mut backend, &["BEGIN", &lena, "SELECT crm_access.act_as(2)"]), REFUSED);
            refused(after(&mut open(&standby, database, "postgres"), &["SELECT crm_access.remove()"]), "25006");
        }
    }
    // Who is demoted on the primary is so on the standby as soon as it has replayed that; and both go on after a promotion.
    for (_, database) in &databases {
        open(&cluster.address, database, "postgres").batch_execute("UPDATE users SET is_active = false WHERE id = 2").unwrap();
    }
    let mut primary = open(&cluster.address, "postgres", "postgres");
    let place = first_column(primary.simple_query("SELECT pg_current_wal_lsn()").unwrap()).remove(0);
    let mut following = open(&standby, "postgres", "postgres");
    while first_column(following.simple_query(&format!("SELECT pg_last_wal_replay_lsn() >= '{place}'")).unwrap()) != ["t"] {
        std::thread::yield_now();
    }
    drop(following);
    let promoted = cluster.does("promote");
    for (target, database) in &databases {
        let mut backend = open(&promoted, database, "crm_backend");
        match after(&mut backend, &["BEGIN", &identity(*target, "2"), COMPANIES]) {
            Ok(rows) => assert_eq!(rows, ["0"]),
            Err(refused) => assert_eq!(refused.state, "28000"),
        }
        assert_eq!(after(&mut backend, &["BEGIN", &identity(*target, "3"), COMPANIES]).unwrap(), [LENAS]);
    }
}

#[test]
fn a37_a_crash_in_the_middle_of_an_apply_leaves_the_configuration_before_it() {
    let mut cluster = Cluster::start();
    for target in TARGETS {
        let database = cluster.preset(target);
        let text =
            project_file("examples/teamleader.yaml").replace("company: {read: all, create: all", "company: {read: none, create: all");
        // It waits for the table of activities, and the server dies.
        let mut holder = open(&cluster.address, &database, "postgres");
        holder.batch_execute("BEGIN; LOCK TABLE activities IN ACCESS SHARE MODE").unwrap();
        let failed = std::thread::scope(|scope| {
            let applying = scope.spawn(|| cluster.apply(&database, target, &text));
            let mut watch = open(&cluster.address, "postgres", "postgres");
            while first_column(watch.simple_query("SELECT count(*) FROM pg_locks WHERE NOT granted").unwrap()) == ["0"] {
                std::thread::yield_now();
            }
            watch.batch_execute("CHECKPOINT").unwrap();
            // Every server process of this cluster ends without a word, as at a power cut.
            let _ = watch.batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
            applying.join().unwrap()
        });
        assert!(failed.is_err());
        drop(holder);
        cluster.does("crash");
        let mut backend = open(&cluster.address, &database, "crm_backend");
        assert_eq!(after(&mut backend, &["BEGIN", &identity(target, "2"), COMPANIES]).unwrap(), [ALL]);
        assert_eq!(after(&mut backend, &["BEGIN", &identity(target, "3"), COMPANIES]).unwrap(), [LENAS]);
        assert_eq!(cluster.apply(&database, target, &text).unwrap(), crm_access::apply::Outcome::Applied);
        assert_ne!(after(&mut backend, &["BEGIN", &identity(target, "2"), COMPANIES]).unwrap(), [ALL]);
    }
}
