//! TRUNCATE (A09) and LISTEN (A22).

use crm_access::program::Target;

use crate::guards::{LENA, as_lena, switch};
use crate::support::{REFUSED, Refused, TARGETS, World, connect, refused};

/// Partitions, children, and an unprotected table that protected ones refer to; the backend may truncate all of them.
fn world(target: Target) -> World {
    let mut world = World::new("teamleader", target);
    world.force(
        "CREATE TABLE regions (id int PRIMARY KEY); CREATE TABLE notes (id int REFERENCES regions);
         CREATE TABLE old_deals () INHERITS (deals); ALTER TABLE old_deals OWNER TO crm_owner; ALTER TABLE old_deals NO FORCE ROW LEVEL SECURITY;
         ALTER TABLE old_deals DISABLE ROW LEVEL SECURITY;
         ALTER TABLE activities ADD COLUMN region_id int REFERENCES regions;
         GRANT SELECT, TRUNCATE ON ALL TABLES IN SCHEMA public TO crm_backend",
    );
    world
}

#[test]
fn a09_truncate_reaches_no_protected_table() {
    let mut world = world(Target::Extension);
    for (command, table) in [
        ("TRUNCATE activities", "activities"),
        ("TRUNCATE notes, activities", "activities"),
        ("TRUNCATE companies CASCADE", "companies"),
        ("TRUNCATE ONLY activities", "activities"),
        ("TRUNCATE regions CASCADE", "activities"),
        ("TRUNCATE old_deals", "deals"),
        ("DO $$ BEGIN TRUNCATE activities; END $$", "activities"),
        ("DO $$ BEGIN EXECUTE 'TRUNCATE public.activities RESTART IDENTITY'; END $$", "activities"),
    ] {
        let refusal = refused(as_lena(&mut world.backend, command), REFUSED);
        assert_eq!(refusal.message, format!("permission denied to truncate the protected table \"{table}\""), "{command}");
        assert!(refusal.hint.contains("DELETE") && refusal.hint.contains("crm_access.guard_truncate"), "{refusal:?}");
    }
    as_lena(&mut world.backend, "TRUNCATE notes").unwrap();
    // Operators of one's own take no part in the answer.
    world.force("CREATE SCHEMA theirs AUTHORIZATION crm_backend");
    world
        .backend
        .batch_execute(
            "CREATE FUNCTION theirs.never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
             CREATE OPERATOR theirs.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = theirs.never);
             SET search_path = theirs, public, pg_catalog",
        )
        .unwrap();
    refused(as_lena(&mut world.backend, "TRUNCATE activities"), REFUSED);
    // The owner is bound where the library is loaded; the superuser never is.
    world.force("SELECT crm_access.preload()");
    let mut owner = connect(&world.database, "crm_owner");
    refused(owner.batch_execute("TRUNCATE activities").map_err(Refused::from), REFUSED);
    refused(owner.batch_execute("TRUNCATE users CASCADE").map_err(Refused::from), REFUSED);
    assert_ne!(world.really("SELECT count(*) FROM activities"), ["0"]);
    world.force("TRUNCATE activities");
}

#[test]
fn a09_with_the_guard_off_truncate_empties_what_its_author_can_not_see() {
    for target in TARGETS {
        let mut world = world(target);
        if target == Target::Extension {
            switch(&mut world, "guard_truncate", "off");
        }
        let mut client = connect(&world.database, "crm_backend");
        let identity = world.identity("3");
        client.batch_execute(&format!("BEGIN; {identity}; TRUNCATE activities; COMMIT")).unwrap();
        assert_eq!(world.really("SELECT count(*) FROM activities"), ["0"]);
    }
}

#[test]
fn a09_the_application_role_holds_no_right_to_truncate_in_either_target() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        let identity = world.identity("3");
        world.backend.batch_execute(&format!("BEGIN; {identity}")).unwrap();
        refused(world.backend.batch_execute("TRUNCATE activities").map_err(Refused::from), REFUSED);
        world.backend.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn a22_listening_is_refused_to_the_application_where_the_setting_says_so() {
    for target in TARGETS {
        let mut world = World::new("teamleader", target);
        // Off unless switched on: queues live by it.
        world.backend.batch_execute("LISTEN changes; UNLISTEN *").unwrap();
        if target == Target::Portable {
            continue;
        }
        world.backend.batch_execute(&format!("BEGIN; {LENA}; LISTEN changes; COMMIT")).unwrap();
        switch(&mut world, "guard_listen", "on");
        world.force("SELECT crm_access.preload()");
        let mut client = connect(&world.database, "crm_backend");
        let refusal = refused(client.batch_execute("LISTEN changes").map_err(Refused::from), REFUSED);
        assert!(refusal.hint.contains("crm_access.guard_listen"), "{refusal:?}");
        refused(as_lena(&mut client, "LISTEN changes"), REFUSED);
        refused(as_lena(&mut client, "DO $$ BEGIN LISTEN changes; END $$"), REFUSED);
        client.batch_execute("NOTIFY changes; UNLISTEN *").unwrap();
        connect(&world.database, "postgres").batch_execute("LISTEN changes").unwrap();
        // Roles that the configuration has nothing to do with may.
        connect(&world.database, "crm_owner").batch_execute("LISTEN changes").unwrap();
    }
}
