//! A25 and A37: rules that read their own tables, and an apply that is disturbed.

use std::sync::atomic::{AtomicBool, Ordering};

use crm_access::apply::{Outcome, prepare};
use crm_access::text::{Diagnostics, Source};

use crate::attacker::{ALL, COMPANIES, LENAS, acting, after, assert_audited, person};
use crate::support::{REFUSED, TARGETS, World, applier, apply_as, connect, first_column, project_file, refused};

const LOCK: &str = "pg_advisory_lock(hashtextextended('crm_access apply', 0))";

/// The preset, with employees who read only companies of their own.
fn narrower() -> String {
    let text = project_file("examples/teamleader.yaml");
    let changed = text.replace("company: {read: all, create: all", "company: {read: own, create: all");
    assert_ne!(text, changed);
    changed
}

#[test]
fn a25_rules_that_lead_back_to_their_own_table_are_refused_or_end() {
    let text = |doc: &str, note: &str| {
        format!(
            "version: 1\napplication_role: crm_app\nidentity: {{act_as: crm_backend, database_role: login}}\ndirectory: {{users: {{table: users}}}}
entities:\n  doc: {{table: docs, owners: owner, parents: {{note: note}}}}\n  note: {{table: notes, owners: owner, parents: {{doc: doc}}}}
roles: {{r: {{grants: {{doc: {{read: {doc}}}, note: {{read: {note}}}}}}}}}\nassignments: {{listed: {{role: r, everyone: true}}}}\n"
        )
    };
    for (doc, note) in
        [("parent(note)", "parent(doc)"), ("[own, parent(note)]", "[own, parent(doc)]"), ("parent(note) and own", "parent(doc)")]
    {
        for target in TARGETS {
            let source = Source::new("test.yaml", text(doc, note));
            let mut diagnostics = Diagnostics::new();
            assert!(prepare(&source, target, &mut diagnostics).is_none_or(|_| diagnostics.has_errors()), "{doc} {note}");
            assert!(diagnostics.iter().any(|found| found.code.as_str() == "parent-cycle"), "{diagnostics:?}");
        }
    }
    // What is accepted never recurses, for anybody and in any command.
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        for user in ["1", "2", "3", "5", "6", "9", "10", "11"] {
            for table in ["companies", "contacts", "contact_companies", "deals", "quotations", "invoices", "tickets", "activities"] {
                for command in [
                    "SELECT count(*) FROM #",
                    "UPDATE # SET id = id WHERE id = 1",
                    "DELETE FROM # WHERE id = -1",
                    "SELECT id FROM # WHERE id = 1 FOR UPDATE",
                ] {
                    let result = acting(&mut world, user, &[&command.replace('#', table)]);
                    assert!(result.is_ok(), "user {user}: {command} {table}: {result:?}");
                }
            }
        }
    }
}

#[test]
fn a37_an_apply_that_is_ended_leaves_the_configuration_before_it() {
    for target in TARGETS {
        for end in ["pg_terminate_backend", "pg_cancel_backend"] {
            let mut world = World::new("teamleader", target);
            let before = world.really("SELECT crm_access.fingerprint()");
            let mut holder = connect(&world.database, "postgres");
            holder.batch_execute("BEGIN; LOCK TABLE tickets IN ACCESS SHARE MODE").unwrap();
            let failed = std::thread::scope(|scope| {
                let applying = scope.spawn(|| apply_as(&world.database, applier(target), target, &narrower()));
                let waits = format!("SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'", world.database);
                let mut watch = connect("postgres", "postgres");
                let process = loop {
                    if let Some(process) = first_column(watch.simple_query(&waits).unwrap()).pop() {
                        break process;
                    }
                    assert!(!applying.is_finished());
                    std::thread::yield_now();
                };
                watch.batch_execute(&format!("SELECT {end}({process})")).unwrap();
                applying.join().unwrap()
            });
            assert!(failed.is_err(), "{end}");
            holder.batch_execute("COMMIT").unwrap();
            assert_eq!(world.really("SELECT crm_access.fingerprint()"), before, "{end}");
            assert_eq!(world.count("2", "companies").to_string(), ALL);
            assert_eq!(world.count("3", "companies").to_string(), LENAS);
            assert_eq!(apply_as(&world.database, applier(target), target, &narrower()), Ok(Outcome::Applied), "{end}: and then it works");
            assert_ne!(world.count("2", "companies").to_string(), ALL);
        }
    }
}

#[test]
fn a37_applies_at_once_come_one_after_the_other_while_nobody_reads_a_row_too_many() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let mut lena = person(&mut world, "3");
        let mut noah = person(&mut world, "9");
        let over = AtomicBool::new(false);
        let database = world.database.clone();
        let texts = [project_file("examples/teamleader.yaml"), narrower()];
        std::thread::scope(|scope| {
            let readers: Vec<_> = [(&mut lena, LENAS), (&mut noah, "0")]
                .into_iter()
                .map(|(client, most)| {
                    let over = &over;
                    scope.spawn(move || {
                        client.batch_execute("PREPARE p AS SELECT count(*) FROM companies").unwrap();
                        let mut reads = 0;
                        while !over.load(Ordering::Relaxed) || reads == 0 {
                            for query in [COMPANIES, "EXECUTE p"] {
                                // What was planned before an apply may fail after it, and never shows more.
                                if let Ok(rows) = client.simple_query(query) {
                                    assert_eq!(first_column(rows), [most]);
                                    reads += 1;
                                }
                            }
                        }
                        reads
                    })
                })
                .collect();
            let appliers: Vec<_> = (0..3)
                .map(|turn| {
                    let (database, text) = (&database, &texts[turn % 2]);
                    // A reader that holds one table and asks for the next may meet an apply that holds that one: the server ends one of them. And an
                    // apply in another database that waits there may be the first to make the reader role a member, for which this one waits.
                    scope.spawn(move || {
                        while let Err(said) = apply_as(database, applier(target), target, text) {
                            assert!(["40P01", "55P03"].contains(&said.state.as_str()), "{said:?}");
                        }
                    })
                })
                .collect();
            let applied: Vec<_> = appliers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            over.store(true, Ordering::Relaxed);
            assert!(applied.into_iter().all(|result| result.is_ok()));
            for reader in readers {
                assert!(reader.join().unwrap() > 0);
            }
        });
        // What stands is one of the two, whole.
        let stands =
            world.really("SELECT v.fingerprint = crm_access.fingerprint() FROM crm_access.version AS v ORDER BY v.id DESC LIMIT 1");
        assert_eq!(stands, ["t"]);
        assert_eq!(apply_as(&database, applier(target), target, &narrower()).map(|_| ()), Ok(()));
        assert_ne!(world.count("2", "companies").to_string(), ALL);
    }
}

/// Anybody can hold an advisory lock, as anybody can hold a table that they may read: an apply then gives up and says so.
#[test]
fn a37_who_holds_the_lock_of_apply_stops_it_for_half_a_minute_and_no_rule() {
    let holders: Vec<_> = TARGETS
        .into_iter()
        .map(|target| {
            std::thread::spawn(move || {
                let mut world = World::new("teamleader", target);
                let mut lena = person(&mut world, "3");
                lena.batch_execute(&format!("SELECT {LOCK}")).unwrap();
                refused(apply_as(&world.database, applier(target), target, &narrower()), "55P03");
                assert_eq!(world.count("2", "companies").to_string(), ALL);
                // Who it is can be seen, and the rest is the administrator's.
                let holder = world.really("SELECT a.usename FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()");
                assert!(holder[0].starts_with("person3"), "{holder:?}");
                world.force("SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()");
                while world.really("SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()") != ["0"] {
                    std::thread::yield_now();
                }
                assert_eq!(apply_as(&world.database, applier(target), target, &narrower()), Ok(Outcome::Applied));
            })
        })
        .collect();
    for holder in holders {
        holder.join().unwrap();
    }
}

#[test]
fn a37_removing_gives_up_as_well_when_it_can_not_have_its_lock() {
    let holders: Vec<_> = TARGETS
        .into_iter()
        .map(|target| {
            std::thread::spawn(move || {
                let mut world = World::new("teamleader", target);
                let mut lena = person(&mut world, "3");
                lena.batch_execute("BEGIN; LOCK TABLE tickets IN ACCESS SHARE MODE").unwrap();
                refused(after(&mut connect(&world.database, applier(target)), &["SELECT crm_access.remove()"]), "55P03");
                assert_eq!(world.count("3", "companies").to_string(), LENAS);
            })
        })
        .collect();
    for holder in holders {
        holder.join().unwrap();
    }
}

/// Dropping or giving away what one owns takes none of the rules: the policies are the tables' owner's.
#[test]
fn a37_drop_owned_and_reassign_owned_by_the_application_take_nothing() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let before = world.really("SELECT crm_access.fingerprint()");
        for command in [
            "DROP OWNED BY crm_app",
            "DROP OWNED BY crm_backend",
            "DROP OWNED BY CURRENT_USER CASCADE",
            "REASSIGN OWNED BY crm_app TO crm_backend",
        ] {
            world.backend.batch_execute(command).unwrap_or_else(|error| panic!("{command}: {error:?}"));
            if command == "DROP OWNED BY crm_app" && world.really("SELECT crm_access.fingerprint()") != before {
                // Such servers are told by the audit; nobody sees anything there until the rules are applied again.
                assert_audited(&world, "vulnerable-server", "DROP OWNED");
                assert_eq!(world.count("3", "companies"), 0);
                let text = project_file("examples/teamleader.yaml");
                assert_eq!(apply_as(&world.database, applier(target), target, &text), Ok(Outcome::Applied));
            }
            assert_eq!(world.really("SELECT crm_access.fingerprint()"), before, "{command}");
            assert_eq!(world.count("3", "companies").to_string(), LENAS, "{command}");
        }
        for command in [
            "DROP OWNED BY crm_access_reader",
            "DROP OWNED BY crm_owner",
            "REASSIGN OWNED BY crm_access_reader TO crm_backend",
            "DROP SCHEMA crm_access_rules CASCADE",
            "DROP EXTENSION crm_access",
        ] {
            let said = after(&mut world.backend, &[command]).unwrap_err();
            assert!([REFUSED, "42704", "2BP01"].contains(&said.state.as_str()), "{command}: {said:?}");
        }
    }
}

/// The owner of a table may switch its rules off; the next look says so, and the next apply puts them back.
#[test]
fn a37_what_the_owner_changes_by_hand_is_noticed_and_mended() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let text = project_file("examples/teamleader.yaml");
        assert_eq!(apply_as(&world.database, applier(target), target, &text), Ok(Outcome::Unchanged));
        for change in [
            "ALTER TABLE companies NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE companies DISABLE ROW LEVEL SECURITY",
            "DROP POLICY crm_access_limited_crm_access_read ON companies",
            "ALTER POLICY crm_access_read ON companies USING (true)",
            "ALTER POLICY crm_access_read ON companies TO PUBLIC",
            "CREATE POLICY wide ON companies USING (true)",
            "GRANT TRUNCATE ON companies TO crm_app",
        ] {
            world.force(change);
            assert_eq!(apply_as(&world.database, applier(target), target, &text), Ok(Outcome::Applied), "{change}");
            assert_eq!(world.count("3", "companies").to_string(), LENAS, "{change}");
            refused(world.tries("3", "TRUNCATE companies CASCADE"), REFUSED);
        }
    }
}
