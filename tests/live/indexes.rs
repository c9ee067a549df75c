//! The indexes that the policies need: proposed and made by the command line.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use postgres::Client;

use crm_access::program::Target;

use crate::support::{TARGETS, applier, connect, tables_from, tables_only};

const TABLES: &str = "DO $$ BEGIN CREATE ROLE crm_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
    EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$;
    CREATE SCHEMA \"odd \"\"; DROP TABLE docs; --\";
    CREATE TABLE members (id int PRIMARY KEY);
    CREATE TABLE docs (id int PRIMARY KEY, owner_id int, \"by \"\"whom\"\"; --\" int);
    CREATE TABLE \"odd \"\"; DROP TABLE docs; --\".notes (id int PRIMARY KEY, doc_id int);
    CREATE TABLE parted (id int PRIMARY KEY, owner_id int) PARTITION BY RANGE (id);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (9);
    CREATE INDEX docs_of ON docs (owner_id, id);
    GRANT SELECT, INSERT, UPDATE, DELETE ON docs, parted TO crm_app;";

const CONFIG: &str = "version: 1
application_role: crm_app
key_type: int4
identity: {act_as: crm_backend, setting: {name: app.user_token, signed: true, issuers: crm_backend}}
directory: {users: {table: members}}
entities:
  doc: {table: docs, owners: owner_id, creator: 'by \"whom\"; --'}
  note: {schema: 'odd \"; DROP TABLE docs; --', table: notes, parents: {doc: doc_id}}
  parted: {table: parted, key: id, owners: owner_id}
roles: {r: {grants: {doc: {every: [own, created]}, note: parent(doc), parted: own}}}
assignments: {listed: {role: r, everyone: true}}
";

/// The command line with a configuration on standard input.
fn start(arguments: &[&str], config: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crm-access"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(config.as_bytes()).unwrap();
    child
}

/// Exit code, standard output and standard error.
fn ended(output: Output) -> (i32, String, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

struct Place {
    target: Target,
    url: String,
    admin: Client,
}

impl Place {
    fn new(target: Target) -> Place {
        Place::of(tables_from(TABLES, target), target)
    }

    fn of(database: String, target: Target) -> Place {
        Place { target, url: crate::support::url(&database, applier(target)), admin: connect(&database, "postgres") }
    }

    fn apply(&self, more: &[&str]) -> (i32, String, String) {
        let arguments = [&["apply", "-", "--database", &self.url, "--yes"], more].concat();
        ended(start(&arguments, CONFIG).wait_with_output().unwrap())
    }

    fn generate(&self, more: &[&str]) -> (i32, String, String) {
        let arguments = [&["generate", "-", "--target", self.target.name(), "--indexes"], more].concat();
        ended(start(&arguments, CONFIG).wait_with_output().unwrap())
    }

    /// Definitions of the indexes that crm_access made, and whether queries may use them.
    fn made(&mut self) -> Vec<String> {
        let sql = "SELECT pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
                   FROM pg_index WHERE indexrelid::regclass::text LIKE '%crm_access_idx%' AND indrelid::regclass::text !~ '_1$' ORDER BY 1";
        self.admin.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    fn is_applied(&mut self) -> bool {
        self.admin.query_one("SELECT EXISTS (SELECT 1 FROM pg_policy)", &[]).unwrap().get(0)
    }
}

const OF_CREATOR: &str = "CREATE INDEX \"docs_by \"\"whom\"\"; --_crm_access_idx\" ON public.docs USING btree (\"by \"\"whom\"\"; --\")";
const OF_NOTES: &str = "CREATE INDEX notes_doc_id_crm_access_idx ON \"odd \"\"; DROP TABLE docs; --\".notes USING btree (doc_id)";
const OF_PARTED: &str = "CREATE INDEX parted_owner_id_crm_access_idx ON ONLY public.parted USING btree (owner_id)";

#[test]
fn apply_names_the_indexes_that_are_there_and_makes_the_others_where_it_is_told_to() {
    for target in TARGETS {
        let mut place = Place::new(target);
        let (code, out, error) = place.apply(&[]);
        assert_eq!(code, 0, "{out}{error}");
        assert!(out.contains("  indexes that the policies need and that are there: docs_of\n"), "{out}");
        assert!(out.contains("  odd \"; DROP TABLE docs; --.notes (doc_id): no index; --indexes makes one\n"), "{out}");
        assert_eq!(place.made(), [""; 0]);
        let (code, out, error) = place.apply(&["--indexes"]);
        assert_eq!((code, error.as_str()), (0, ""), "{out}");
        assert!(out.contains("  public.docs (by \"whom\"; --): an index is made\n") && out.contains("Unchanged"), "{out}");
        assert_eq!(place.made(), [OF_CREATOR, OF_NOTES, OF_PARTED]);
        let (code, out, _) = place.apply(&["--indexes"]);
        assert_eq!(code, 0, "{out}");
        assert!(
            !out.contains("an index is made") && out.contains(": docs_by \"whom\"; --_crm_access_idx, docs_of, notes_doc_id_"),
            "{out}"
        );
        // Who may see what is taken away again; what makes queries fast is not.
        let removed = start(&["remove", "--database", &place.url, "--yes"], "").wait_with_output().unwrap();
        assert_eq!(ended(removed).0, 0);
        assert_eq!(place.made().len(), 3);
    }
}

#[test]
fn an_index_that_can_not_be_made_leaves_nothing_applied() {
    for target in TARGETS {
        let mut place = Place::new(target);
        place
            .admin
            .batch_execute("CREATE VIEW notes_doc_id_crm_access_idx AS SELECT 1; CREATE VIEW parted_owner_id_crm_access_idx AS SELECT 1")
            .unwrap();
        let (code, out, error) = place.apply(&["--indexes"]);
        assert_eq!(code, 1, "{out}");
        assert!(error.contains("relation \"parted_owner_id_crm_access_idx\" already exists (SQLSTATE 42P07)"), "{error}");
        assert!(!place.is_applied());
        assert_eq!(place.made(), [""; 0]);
    }
}

#[test]
fn indexes_are_made_while_others_write_and_one_that_fails_leaves_nothing_and_keeps_no_other_back() {
    for target in TARGETS {
        let mut place = Place::new(target);
        assert_eq!(place.apply(&[]).0, 0);
        let mut writer = connect(place.url.rsplit('=').next().unwrap(), "postgres");
        let mut writing = writer.transaction().unwrap();
        writing.batch_execute("INSERT INTO docs VALUES (1, 1, 1)").unwrap();
        let arguments = ["apply", "-", "--database", &place.url, "--yes", "--indexes", "--concurrently"];
        let child = start(&arguments, CONFIG);
        let canceled = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%docs%' AND wait_event_type = 'Lock'";
        let until = Instant::now() + Duration::from_secs(60);
        while place.admin.query(canceled, &[]).unwrap().is_empty() {
            assert!(Instant::now() < until, "the index waits for who writes");
            std::thread::sleep(Duration::from_millis(20));
        }
        let left = "SELECT EXISTS (SELECT 1 FROM pg_index WHERE NOT indisvalid)";
        assert!(place.admin.query_one(left, &[]).unwrap().get::<_, bool>(0), "the server leaves an index that is no good");
        writing.commit().unwrap();
        let (code, out, error) = ended(child.wait_with_output().unwrap());
        assert_eq!(code, 1, "{out}");
        assert!(error.contains("error: the index on public.docs (by \"whom\"; --) is not made: canceling statement"), "{error}");
        assert!(error.contains("error: public.parted is partitioned"), "{error}");
        assert!(out.ends_with("Made: odd \"; DROP TABLE docs; --.notes (doc_id)\n"), "{out}");
        assert_eq!(place.made(), [OF_NOTES]);
        let (code, ..) = place.apply(&["--indexes", "--concurrently"]);
        assert_eq!((code, place.made().as_slice()), (1, &[OF_CREATOR.to_owned(), OF_NOTES.to_owned()][..]));
        assert_eq!(place.apply(&["--indexes"]).0, 0);
        assert_eq!(place.made(), [OF_CREATOR, OF_NOTES, OF_PARTED]);
        // What has the name of an index is not taken for what is left of one.
        place
            .admin
            .batch_execute(
                "DROP INDEX \"odd \"\"; DROP TABLE docs; --\".notes_doc_id_crm_access_idx;
            CREATE TABLE \"odd \"\"; DROP TABLE docs; --\".notes_doc_id_crm_access_idx ()",
            )
            .unwrap();
        let (code, _, error) = place.apply(&["--indexes", "--concurrently"]);
        assert!(code == 1 && error.contains("already exists (SQLSTATE 42P07)"), "{error}");
        place.admin.batch_execute("SELECT FROM \"odd \"\"; DROP TABLE docs; --\".notes_doc_id_crm_access_idx").unwrap();
    }
}

#[test]
fn generate_writes_the_indexes_and_names_those_that_a_database_has() {
    for target in TARGETS {
        let mut place = Place::new(target);
        let (code, all, error) = place.generate(&[]);
        assert_eq!((code, error.as_str()), (0, ""));
        assert!(all.contains("CREATE INDEX IF NOT EXISTS docs_owner_id_crm_access_idx ON public.docs (owner_id);\n"), "{all}");
        let (_, missing, _) = place.generate(&["--database", &place.url]);
        assert!(missing.contains("-- public.docs (owner_id): docs_of is there\n") && !missing.contains("docs_owner_id"), "{missing}");
        let (_, alone, _) = place.generate(&["--database", &place.url, "--concurrently"]);
        assert_eq!(alone.matches("CREATE INDEX CONCURRENTLY ").count(), 2, "{alone}");
        assert!(alone.contains("\nCREATE INDEX parted_owner_id_crm_access_idx ON "), "{alone}");
        place.admin.batch_execute(&missing).unwrap();
        assert_eq!(place.made(), [OF_CREATOR, OF_NOTES, OF_PARTED]);
        // What was written without a look at the database can be run twice.
        place.admin.batch_execute(&all).unwrap();
        place.admin.batch_execute(&all).unwrap();
        assert_eq!(place.made().len(), 4);
        let (_, none, _) = place.generate(&["--database", &place.url]);
        assert!(!none.contains("CREATE INDEX"), "{none}");
    }
}

#[test]
fn the_presets_have_every_index_that_their_policies_need() {
    for preset in ["teamleader", "odoo-crm", "jetpack", "bitrix24", "full"] {
        let place = Place::of(tables_only(preset, Target::Portable), Target::Portable);
        let file = format!("{}/examples/{preset}.yaml", env!("CARGO_MANIFEST_DIR"));
        let arguments = ["generate", &file, "--indexes", "--database", &place.url];
        let (code, out, error) = ended(start(&arguments, "").wait_with_output().unwrap());
        assert_eq!(code, 0, "{error}");
        assert!(out.contains(" is there\n") && !out.contains("CREATE INDEX"), "{preset}: {out}");
    }
}
