//! The audit on real databases: each thing that can be open is opened, found, mended by the statements that the finding names, and gone.

use std::process::Command;

use crm_access::apply::{Audited, audit as examine};
use crm_access::audit;
use crm_access::live;
use crm_access::program::Target;
use serde_json::Value;

use crate::support::{TARGETS, accepting_the_server, applier, apply_as, connect, project_file, tables_from, url};

/// A preset with database roles of its own, so that what a test does to them is nobody else's.
pub struct Place {
    pub target: Target,
    pub database: String,
    pub text: String,
    app: String,
    backend: String,
}

impl Place {
    pub fn new(preset: &str, target: Target, name: &str) -> Place {
        let kind = target.name();
        let (app, backend) = (format!("audit_app_{name}_{kind}"), format!("audit_backend_{name}_{kind}"));
        let own = |path: String| {
            let text = project_file(&path).replace("crm_app", &app).replace("crm_backend", &backend);
            let text = text.replace("reader_role: crm_access_reader\n", "");
            text.replace(
                &format!("application_role: {app}\n"),
                &format!("application_role: {app}\nreader_role: audit_reader_{name}_{kind}\n"),
            )
        };
        let database = tables_from(&own(format!("examples/{preset}.sql")), target);
        let text = accepting_the_server(&own(format!("examples/{preset}.yaml")));
        apply_as(&database, applier(target), target, &text).unwrap_or_else(|refused| panic!("{preset} {kind}: {refused:?}"));
        Place { target, database, text, app, backend }
    }

    /// Names of this place's own roles and database in a text that has placeholders.
    fn filled(&self, text: &str) -> String {
        let reader = self.app.replace("audit_app", "audit_reader");
        text.replace("{app}", &self.app)
            .replace("{backend}", &self.backend)
            .replace("{reader}", &reader)
            .replace("{database}", &self.database)
    }

    #[track_caller]
    pub fn admin(&self, sql: &str) {
        let sql = self.filled(sql);
        connect(&self.database, "postgres").batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// The command line's answer: exit code and text.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let url = url(&self.database, "postgres");
        let output = Command::new(env!("CARGO_BIN_EXE_crm-access")).args(["audit", "--database", &url]).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The exit code and the whole report.
    pub fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, error) = self.run(&[&["--format", "json"], arguments].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {out} {error}")))
    }

    /// What a lint finds: objects with the statements that mend them.
    fn findings(&self, lint: &str) -> Vec<(String, Vec<String>)> {
        let lints = [audit::lint(lint).unwrap()];
        let audited = live::connect(&url(&self.database, "postgres")).unwrap().in_transaction(|session| {
            session.execute("SET TRANSACTION READ ONLY")?;
            examine(session, None, &lints)
        });
        match audited {
            Ok(Audited::Done { report, .. }) => {
                report.findings.into_iter().map(|finding| (finding.object, finding.fix.statements().to_vec())).collect()
            }
            other => panic!("{lint}: {other:?}"),
        }
    }

    /// The statements of the finding of a lint about an object, if there is one.
    fn finding(&self, lint: &str, object: &str) -> Option<Vec<String>> {
        let found = self.findings(lint);
        found.into_iter().find(|(found, _)| found == object).map(|(_, sql)| sql)
    }

    /// Opens something; the lint finds it; its statements, or else `mend`, mend it; the lint finds it no longer.
    #[track_caller]
    fn opened(&self, lint: &str, object: &str, open: &str, mend: Option<&str>) {
        let object = self.filled(object);
        let context = format!("{} {lint} {object}", self.target.name());
        assert_eq!(self.finding(lint, &object), None, "{context}: before");
        self.admin(open);
        let Some(sql) = self.finding(lint, &object) else {
            panic!("{context}: not found in {:?}", self.findings(lint));
        };
        assert_eq!(sql.is_empty(), mend.is_some(), "{context}: {sql:?}");
        sql.iter().for_each(|statement| self.admin(statement));
        mend.iter().for_each(|statement| self.admin(statement));
        assert_eq!(self.finding(lint, &object), None, "{context}: after {sql:?}");
    }
}

#[test]
fn the_presets_as_they_are_have_nothing_but_notes() {
    for target in TARGETS {
        for preset in ["teamleader", "odoo-crm", "full"] {
            let place = Place::new(preset, target, &format!("clean_{}", &preset[..4]));
            let (code, report) = place.report(&[]);
            let findings = report["findings"].as_array().unwrap();
            let grave: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] != "note").collect();
            assert!(grave.is_empty(), "{preset} {}: {grave:#?}", target.name());
            assert_eq!(code, 0);
            let mut notes: Vec<&str> = findings.iter().map(|finding| finding["lint"].as_str().unwrap()).collect();
            notes.dedup();
            let mut documented =
                vec!["foreign-key", "unique-key", "temporary-objects", "shared-login", "library-not-preloaded", "statistics"];
            documented.retain(|lint| target == Target::Extension || *lint != "library-not-preloaded");
            assert_eq!(notes, documented, "{preset} {}", target.name());
            assert!(report["accepted"].as_array().unwrap().len() >= 5, "{preset}");
        }
    }
}

#[test]
fn tables_policies_and_what_reads_them() {
    for target in TARGETS {
        let place = Place::new("teamleader", target, "tables");
        let opened = |lint, object, open| place.opened(lint, object, open, None);
        opened("unprotected-entity", "public.deals", "ALTER TABLE deals NO FORCE ROW LEVEL SECURITY");
        opened("unprotected-entity", "public.deals", "ALTER TABLE deals DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
        opened(
            "unprotected-partition",
            "public.old_deals",
            // The guard of the extension would secure it at once.
            "SET crm_access.guard_children = off; CREATE TABLE old_deals () INHERITS (deals); GRANT SELECT ON old_deals TO {app}",
        );
        place.admin("DROP TABLE old_deals");
        opened("foreign-policy", "public.deals.by_hand", "CREATE POLICY by_hand ON deals FOR ALL TO PUBLIC USING (amount > 5)");
        opened("privileged-view", "public.overview", "CREATE VIEW overview AS SELECT * FROM deals; GRANT SELECT ON overview TO {app}");
        opened(
            "privileged-view",
            "public.outer_view",
            "CREATE VIEW inner_view AS SELECT * FROM deals;
             CREATE VIEW outer_view WITH (security_invoker = true) AS SELECT * FROM inner_view;
             GRANT SELECT ON inner_view, outer_view TO {app}",
        );
        // What it reads shows the rows as well, and is a finding of its own.
        place.finding("privileged-view", "public.inner_view").unwrap().iter().for_each(|statement| place.admin(statement));
        opened(
            "materialized-view",
            "public.stored",
            "CREATE MATERIALIZED VIEW stored AS SELECT * FROM deals; GRANT SELECT ON stored TO PUBLIC",
        );
        opened(
            "leaking-rule",
            "public.deals.copies",
            "CREATE TABLE deal_log (title text);
             CREATE RULE copies AS ON UPDATE TO deals DO ALSO INSERT INTO deal_log VALUES (new.title)",
        );
        opened(
            "leaking-rule",
            "public.inbox.peeks",
            "CREATE TABLE inbox (id int); GRANT SELECT, INSERT ON inbox TO {app};
             CREATE RULE peeks AS ON INSERT TO inbox DO ALSO SELECT * FROM deals",
        );
        opened(
            "definer-function",
            "public.search(word text)",
            "CREATE FUNCTION search(word text) RETURNS SETOF deals LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM deals WHERE title ~ word'",
        );
        opened(
            "definer-function",
            "public.parsed()",
            "CREATE FUNCTION parsed() RETURNS bigint LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC; SELECT count(*) FROM deals; END",
        );
        opened(
            "definer-trigger",
            "public.deals.total",
            "CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN new; END';
             CREATE TRIGGER total BEFORE INSERT ON deals FOR EACH ROW EXECUTE FUNCTION total()",
        );
        place.opened(
            "notifying-trigger",
            "public.deals.tell",
            "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''deals'', new.title); RETURN new; END';
             CREATE TRIGGER tell AFTER INSERT ON deals FOR EACH ROW EXECUTE FUNCTION tell()",
            Some("ALTER TABLE deals DISABLE TRIGGER tell"),
        );
        opened("publication", "warehouse.public.deals", "CREATE PUBLICATION warehouse FOR TABLE deals, users, companies WHERE (id < 10)");
        place.opened(
            "publication",
            "everything.public.deals",
            "CREATE PUBLICATION everything FOR ALL TABLES",
            Some("DROP PUBLICATION everything"),
        );
        place.opened(
            "foreign-key",
            "public.contracts.by_number",
            "CREATE TABLE contracts (id int, vat_number text CONSTRAINT by_number REFERENCES companies (vat_number))",
            Some("ALTER TABLE contracts DROP CONSTRAINT by_number"),
        );
        opened(
            "cascading-foreign-key",
            "public.deals.goes_along",
            "ALTER TABLE deals ADD CONSTRAINT goes_along FOREIGN KEY (company_id) REFERENCES companies ON DELETE CASCADE",
        );
        place.opened(
            "unique-key",
            "public.deals.one_title",
            "CREATE UNIQUE INDEX one_title ON deals (lower(title))",
            Some("DROP INDEX one_title"),
        );
        place.opened(
            "unique-key",
            "public.deals.apart",
            "ALTER TABLE deals ADD CONSTRAINT apart EXCLUDE (title WITH =)",
            Some("ALTER TABLE deals DROP CONSTRAINT apart"),
        );
        opened(
            "leakproof-function",
            "public.quick(text)",
            "CREATE FUNCTION quick(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
        );
        opened("missing-index", "public.deals.responsible_id", "DROP INDEX deals_responsible_id_idx");
        place.opened(
            "database-mismatch",
            "missing-database-column",
            "ALTER TABLE deals RENAME COLUMN responsible_id TO owner_id",
            Some("ALTER TABLE deals RENAME COLUMN owner_id TO responsible_id"),
        );
        opened("sequence-privilege", "public.deals_id_seq", "GRANT USAGE, SELECT ON SEQUENCE deals_id_seq TO {app}");
        opened("large-object", "large objects.SELECT", "SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO {app}");
        let (code, report) = place.report(&["--lint", "unprotected-entity", "--lint", "foreign-policy", "--lint", "privileged-view"]);
        assert_eq!((code, report["findings"].as_array().unwrap().len()), (0, 0), "everything is mended");
    }
}

#[test]
fn roles_privileges_and_identity() {
    for target in TARGETS {
        let place = Place::new("teamleader", target, "roles");
        let kind = target.name();
        let opened = |lint: &str, object: &str, open: &str| {
            place.opened(lint, &object.replace("{kind}", kind), &open.replace("{kind}", kind), None);
        };
        for (attribute, undone) in
            [("SUPERUSER", "NOSUPERUSER"), ("BYPASSRLS", "NOBYPASSRLS"), ("REPLICATION", "NOREPLICATION"), ("CREATEROLE", "NOCREATEROLE")]
        {
            opened("privileged-role", &format!("{{backend}}.{attribute}"), &format!("ALTER ROLE {{backend}} {attribute}"));
            place.admin(&format!("ALTER ROLE {{backend}} {undone}"));
        }
        opened(
            "privileged-role",
            "audit_export_{kind}.BYPASSRLS",
            "DROP ROLE IF EXISTS audit_export_{kind}; CREATE ROLE audit_export_{kind} BYPASSRLS; ALTER ROLE {backend} NOINHERIT; GRANT audit_export_{kind} TO {backend}",
        );
        place.admin("ALTER ROLE {backend} INHERIT");
        opened("privileged-role", "{reader}", "GRANT {reader} TO {backend}");
        opened("privileged-role", "pg_read_all_data", "GRANT pg_read_all_data TO {app}");
        opened("owning-role", "public.deals", "ALTER TABLE deals OWNER TO {backend}");
        opened("owning-role", "public.companies", "GRANT crm_owner TO {backend}");
        opened("owning-role", "schema public", "ALTER SCHEMA public OWNER TO {app}");
        opened("excess-privilege", "public.deals.TRUNCATE", "GRANT TRUNCATE ON deals TO {backend}");
        opened("excess-privilege", "public.deals.REFERENCES", "GRANT REFERENCES (id) ON deals TO PUBLIC");
        opened("writable-directory", "public.users.UPDATE", "GRANT UPDATE ON users TO {app}");
        opened("writable-directory", "public.users.is_admin.UPDATE", "GRANT UPDATE (name, is_admin) ON users TO {app}");
        opened("writable-directory", "public.team_members.INSERT", "GRANT INSERT ON team_members TO PUBLIC");
        opened(
            "noinherit-member",
            "audit_reports_{kind}",
            "DROP ROLE IF EXISTS audit_reports_{kind}; CREATE ROLE audit_reports_{kind} LOGIN NOINHERIT IN ROLE {app}",
        );
        opened("default-privilege", "crm_owner.SELECT", "ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner GRANT SELECT ON TABLES TO {app}");
        opened(
            "default-privilege",
            "crm_owner.public.INSERT",
            "ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner IN SCHEMA public GRANT INSERT ON TABLES TO PUBLIC",
        );
        opened("monitoring-role", "pg_signal_backend", "GRANT pg_signal_backend TO {backend}");
        opened("monitoring-role", "pg_monitor", "GRANT pg_monitor TO {app}");
        opened("state-privilege", "crm_access.assignment", "GRANT INSERT ON crm_access.assignment TO {app}");
        opened(
            "state-privilege",
            "crm_access.assign(text,text,text,boolean,timestamp with time zone,timestamp with time zone)",
            "GRANT EXECUTE ON FUNCTION crm_access.assign TO PUBLIC",
        );
        let function = match target {
            Target::Extension => "crm_access.act_as(bigint)",
            Target::Portable => "crm_access.issue(text,integer)",
        };
        opened("identity-caller", &format!("{function}.{{app}}"), &format!("GRANT EXECUTE ON FUNCTION {function} TO {{app}}"));
        opened("identity-caller", &format!("{function}.public"), &format!("GRANT EXECUTE ON FUNCTION {function} TO PUBLIC"));
        opened(
            "identity-caller",
            "audit_anna_{kind}",
            "DROP ROLE IF EXISTS audit_anna_{kind}; CREATE ROLE audit_anna_{kind} LOGIN IN ROLE {backend}",
        );
        opened("role-setting", "{backend}.app.user_token", "ALTER ROLE {backend} SET app.user_token = '1'");
        opened(
            "role-setting",
            "{backend}.session_replication_role",
            "ALTER ROLE {backend} IN DATABASE {database} SET session_replication_role = replica",
        );
        opened("role-setting", "all.row_security", "ALTER DATABASE {database} SET row_security = off");
        opened("creatable-schema", "schema public", "GRANT CREATE ON SCHEMA public TO {app}");
        opened("creatable-schema", "schema crm_access_rules", "GRANT CREATE ON SCHEMA crm_access_rules TO PUBLIC");
        opened("creatable-schema", "database", "GRANT CREATE ON DATABASE {database} TO {app}");
        opened(
            "foreign-table",
            "here",
            "CREATE EXTENSION postgres_fdw; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw; GRANT USAGE ON FOREIGN SERVER here TO {app};
             CREATE USER MAPPING FOR PUBLIC SERVER here",
        );
        opened("foreign-table", "public.far", "CREATE FOREIGN TABLE far (id int) SERVER here; GRANT SELECT ON far TO {backend}");
        opened("foreign-table", "dblink", "CREATE EXTENSION dblink");
        assert_eq!(place.report(&[]).0, 0, "{kind}: everything is mended: {:#}", place.report(&[]).1["findings"]);
        // Two that are PostgreSQL's defaults, mended once.
        for (lint, fixed) in [("temporary-objects", true), ("library-not-preloaded", target == Target::Extension)] {
            let Some(sql) = place.finding(lint, "database") else {
                assert!(!fixed, "{lint}");
                continue;
            };
            sql.iter().for_each(|statement| place.admin(statement));
            assert_eq!(place.finding(lint, "database"), None, "{lint}");
        }
        place.admin(&format!("DROP ROLE audit_export_{kind}, audit_reports_{kind}, audit_anna_{kind}"));
    }
}

#[test]
fn what_is_no_longer_as_it_was_applied_is_drift_with_a_code_of_its_own() {
    for target in TARGETS {
        let place = Place::new("teamleader", target, "drift");
        let changes = [
            ("drifted-function", "crm_access_rules.me()", "ALTER FUNCTION crm_access_rules.me() SECURITY INVOKER"),
            (
                "drifted-function",
                "crm_access_rules.mine()",
                "CREATE FUNCTION crm_access_rules.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            ),
            ("drifted-function", "crm_access_rules.roles()", "GRANT EXECUTE ON FUNCTION crm_access_rules.roles() TO {app}"),
            ("drifted-policy", "public.companies.crm_access_read", "ALTER POLICY crm_access_read ON companies USING (true)"),
            ("drifted-policy", "public.deals.crm_access_delete", "ALTER POLICY crm_access_delete ON deals TO PUBLIC"),
            ("drifted-policy", "public.deals.crm_access_read", "DROP POLICY crm_access_read ON deals"),
            ("drifted-policy", "public.users.crm_access_reader", "DROP POLICY crm_access_reader ON users"),
            (
                "drifted-trigger",
                "crm_access.assignment.crm_access_consistent",
                "DROP TRIGGER crm_access_consistent ON crm_access.assignment",
            ),
            ("drifted-trigger", "public.users.crm_access_consistent", "ALTER TABLE users DISABLE TRIGGER crm_access_consistent"),
        ];
        changes.iter().for_each(|(_, _, change)| place.admin(change));
        // Whoever applies must be able to drop it again.
        place.admin(&format!("ALTER FUNCTION crm_access_rules.mine() OWNER TO {}", applier(target)));
        let (code, report) = place.report(&[]);
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "note");
        let mut found: Vec<(&str, &str)> =
            findings.map(|finding| (finding["lint"].as_str().unwrap(), finding["object"].as_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!((code, found), (4, changes.map(|(lint, object, _)| (lint, object)).to_vec()), "{}", target.name());
        match target {
            Target::Extension => {
                let mends = place.finding("drifted-policy", "public.deals.crm_access_read").unwrap();
                mends.iter().for_each(|statement| place.admin(statement));
            }
            Target::Portable => {
                apply_as(&place.database, applier(target), target, &place.text).unwrap();
            }
        }
        assert_eq!(place.report(&[]).0, 0, "{}: mended", target.name());
        if target == Target::Extension {
            place.opened("drop-guard", "crm_access_guard_drop", "ALTER EVENT TRIGGER crm_access_guard_drop DISABLE", None);
        }
        place.admin("ALTER TABLE deals DISABLE ROW LEVEL SECURITY");
        place.admin("DROP POLICY crm_access_read ON deals");
        assert_eq!(place.report(&[]).0, 3, "drift beside an open table is more than drift");
    }
}
