//! One preset in one target: its tables with data that tell, its configuration applied, and one session that asks in everybody's name.

use std::collections::BTreeSet;

use crm_access::apply::{Prepared, prepare};
use crm_access::decide::World;
use crm_access::model::{Model, Period, Subject};
use crm_access::program::Target;
use crm_access::render::{Plain, Quoting};
use crm_access::text::{Diagnostics, Source};
use postgres::Client;

use crate::data::grow;
use crate::random::Random;
use crate::schema::{Schema, people, schema, table_sql, tables, world};
use crate::support::{Refused, applier, apply_as, connect, project_file, tables_only};

/// Rows of the preset's own that stay in each table.
const KEPT: usize = 16;
/// Of tables of people, where it is the people who differ.
const KEPT_PEOPLE: usize = 30;

/// A preset's name, its configuration, and what reading it gives for each target.
pub struct Preset {
    pub name: String,
    pub text: String,
}

/// Every preset: a configuration in `examples` that has tables beside it.
pub fn presets() -> Vec<Preset> {
    let folder = format!("{}/examples", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect();
    names.retain(|name| std::path::Path::new(&format!("{folder}/{name}.sql")).exists());
    names.sort();
    assert!(!names.is_empty(), "there are presets");
    names.into_iter().map(|name| Preset { text: project_file(&format!("examples/{name}.yaml")), name }).collect()
}

impl Preset {
    pub fn prepared(&self, target: Target) -> Prepared {
        let mut found = Diagnostics::new();
        let prepared = prepare(&Source::new(&self.name, self.text.clone()), target, &mut found);
        prepared.filter(|_| !found.has_errors()).unwrap_or_else(|| panic!("{} can be prepared", self.name))
    }
}

/// Runs each statement and undoes it: how many rows, which keys, or why not.
const RUN: &str = "
CREATE FUNCTION public.run_each(statements text[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    n bigint;
    keys text[];
    answer text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        BEGIN
            IF statement ~ '^(WITH|SELECT array_agg)' THEN
                EXECUTE statement INTO keys;
                answer := 'keys ' || (SELECT coalesce(string_agg(k, ' ' ORDER BY k COLLATE \"C\"), '') FROM unnest(keys) AS k);
            ELSE
                EXECUTE statement;
                GET DIAGNOSTICS n = ROW_COUNT;
                answer := 'rows ' || n;
            END IF;
            RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN NULL;
            WHEN insufficient_privilege THEN answer := CASE WHEN SQLERRM ~ 'row-level security|^this user may not change the column' THEN 'refused: ' ELSE 'denied: ' END || SQLERRM;
            WHEN check_violation THEN answer := 'forbidden: ' || SQLERRM;
            WHEN OTHERS THEN answer := 'error ' || SQLSTATE || ': ' || SQLERRM;
        END;
        RETURN NEXT answer;
    END LOOP;
END
$$;";

/// A statement and what must come of it, in the words of `run_each`.
#[derive(Clone, Debug)]
pub struct Check {
    pub sql: String,
    pub expected: String,
}

/// Whether what came of a statement is what must: of errors and refusals the words alone count, and not the message that follows them.
pub fn agrees(expected: &str, got: &str) -> bool {
    let open = expected.starts_with("error") || ["forbidden", "denied", "refused"].contains(&expected);
    got == expected || (open && got.starts_with(expected))
}

/// In whose name statements run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The backend, and it does not say for whom.
    Nobody,
    /// The backend, for a user.
    User(String),
    /// Another role of the database.
    Role(String),
}

pub struct Bench {
    pub target: Target,
    pub database: String,
    pub model: Model,
    pub schema: Schema,
    pub world: World,
    /// Generated functions that give rows, take nothing, and that the application may call; without one that is refused to most.
    pub helpers: BTreeSet<String>,
    /// Whether somebody may share something.
    pub shares: bool,
    pub admin: Client,
    /// Whether scopes are asked for key by key next time, rather than as estimates say: the tables are small.
    singly: bool,
}

impl Bench {
    pub fn new(preset: &Preset, target: Target, seed: u64) -> Bench {
        let model = preset.prepared(target).model;
        let database = tables_only(&preset.name, target);
        let mut admin = connect(&database, "postgres");
        // Compiling the plans of small tables takes most of the time otherwise. What is loaded stands for a past that nobody checks here.
        let settings = format!("ALTER DATABASE {database} SET jit = off; SET jit = off; SET session_replication_role = replica; {RUN}");
        admin.batch_execute(&settings).expect("a superuser");
        loosen(&mut admin, &model);
        let schema = schema(&mut admin, &model);
        let applied = apply_as(&database, applier(target), target, &preset.text);
        applied.unwrap_or_else(|refused| panic!("{} {}: {refused:?}", preset.name, target.name()));
        let mut grown = world(&mut admin, &schema);
        grow(&mut Random::new(seed), &model, &schema, &mut grown);
        let load = load(&model, &schema, &grown);
        admin.batch_execute(&load).unwrap_or_else(|error| panic!("{:?}\n{load}", Refused::from(error)));
        admin
            .batch_execute("SET session_replication_role = origin; SET statement_timeout = '100s'; SET temp_file_limit = '200MB'")
            .expect("a superuser");
        let mut read = world(&mut admin, &schema);
        read.stored_roles = grown.stored_roles;
        read.stored_restrictions = grown.stored_restrictions;
        let helpers = "SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'crm_access_rules'::regnamespace AND p.proretset
            AND p.pronargs = 0 AND p.proname <> 'listed_roles' AND has_function_privilege($1::text, p.oid, 'EXECUTE')";
        let helpers = admin.query(helpers, &[&model.application_role.as_str()]).expect("functions");
        let helpers = helpers.iter().map(|row| row.get(0)).collect();
        let shares = "SELECT to_regproc('crm_access_rules.share') IS NOT NULL";
        let shares = admin.query_one(shares, &[]).expect("a function or none").get(0);
        Bench { helpers, shares, target, database, model, schema, world: read, admin, singly: false }
    }

    /// The key of a setting-borne or act_as identity.
    pub fn identity(&self, user: &str) -> String {
        let user = Plain.literal(user);
        match (self.target, &self.model.identity.setting) {
            (Target::Extension, _) => format!("SELECT crm_access.act_as({user})"),
            (Target::Portable, Some(setting)) if setting.signed => {
                format!("SELECT set_config({}, crm_access.issue({user}), true)", Plain.literal(&setting.name))
            }
            (Target::Portable, setting) => {
                format!("SELECT set_config({}, {user}, true)", Plain.literal(&setting.as_ref().expect("a setting").name))
            }
        }
    }

    /// The role that speaks for users.
    pub fn backend(&self) -> String {
        let identity = &self.model.identity;
        let issuer = identity.setting.iter().flat_map(|setting| &setting.issuers).next();
        identity.act_as.first().or(issuer).unwrap_or(&self.model.application_role).to_string()
    }

    /// Runs statements in somebody's name, each undone: what came of them, or why nobody could ask as that user.
    pub fn outcomes(&mut self, asker: &Asker, before: &str, statements: &[&str]) -> Result<Vec<String>, Refused> {
        let role = match asker {
            Asker::Role(role) => role.clone(),
            _ => self.backend(),
        };
        let mut opening = format!("BEGIN; {before} SET LOCAL SESSION AUTHORIZATION {};", Plain.identifier(&role));
        self.singly = !self.singly;
        if self.singly {
            opening.insert_str("BEGIN;".len(), " SET LOCAL crm_access.single_keys = 1000000; SET LOCAL crm_access.plan_for_user = on;");
        }
        match asker {
            Asker::User(user) => opening.push_str(&self.identity(user)),
            // They come over a connection of their own, which has no plans of others that would be refused.
            _ => opening.insert_str(0, "DISCARD PLANS; "),
        }
        let run = |admin: &mut Client| -> Result<Vec<String>, Refused> {
            admin.batch_execute(&opening)?;
            if let [copy] = statements
                && copy.starts_with("COPY ")
            {
                return Ok(vec![copied(admin, copy)]);
            }
            let rows = admin.query("SELECT public.run_each($1)", &[&statements])?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        };
        let outcome = run(&mut self.admin);
        self.admin.batch_execute("ROLLBACK").expect("a transaction ends");
        outcome
    }

    /// Takes away the rows of all that was undone, which every later statement would have to look at.
    pub fn sweep(&mut self) {
        self.admin.batch_execute("VACUUM").expect("a VACUUM");
    }

    /// What a state of the rules is known by: equal where nothing is left of a mutant.
    pub fn digest(&mut self) -> String {
        let sql = "
            SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM (
                SELECT format('policy %s %s %s %s %s %s %s', polrelid::regclass, polname, polcmd, polpermissive, polroles,
                              pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) AS line FROM pg_policy
                UNION ALL
                SELECT format('function %s %s %s %s', p.oid::regprocedure, proowner::regrole, pg_get_functiondef(p.oid),
                              (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(proacl) AS a))
                FROM pg_proc p WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'crm\\_access%') AND prokind = 'f'
                UNION ALL
                SELECT format('relation %s %s %s %s', c.oid::regclass, relrowsecurity, relforcerowsecurity,
                              (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(relacl) AS a))
                FROM pg_class c WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
                UNION ALL
                SELECT format('schema %s %s', nspname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(nspacl) AS a)) FROM pg_namespace
                UNION ALL
                SELECT format('trigger %s %s', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
            ) AS lines";
        self.admin.query_one(sql, &[]).expect("a digest").get(0)
    }
}

/// The keys that a COPY gives, or that it is refused.
fn copied(admin: &mut Client, copy: &str) -> String {
    let mut text = String::new();
    // An error that comes while rows are sent is one of the server's all the same.
    let of_reading =
        |error: std::io::Error| Refused::from(*error.into_inner().expect("an error").downcast::<postgres::Error>().expect("the server's"));
    let read = admin
        .copy_out(copy)
        .map_err(Refused::from)
        .and_then(|mut out| std::io::Read::read_to_string(&mut out, &mut text).map_err(of_reading));
    match read {
        Ok(_) => {
            let mut keys: Vec<&str> = text.lines().collect();
            keys.sort();
            format!("keys {}", keys.join(" "))
        }
        Err(refused) if refused.state == "42501" => "denied".to_owned(),
        Err(refused) => format!("error {}: {}", refused.state, refused.message),
    }
}

/// Takes away what would keep nulls, links that lead nowhere and values of one's choice out of the tables, and most rows.
fn loosen(admin: &mut Client, model: &Model) {
    let people = people(model);
    for name in tables(model) {
        let table = table_sql(&name);
        let kept = if people.contains(&name) { KEPT_PEOPLE } else { KEPT };
        let sql = format!(
            "DO $$ DECLARE one record; BEGIN
                 FOR one IN SELECT conname, conrelid::regclass AS of FROM pg_constraint
                            WHERE (conrelid = '{table}'::regclass OR confrelid = '{table}'::regclass) AND conrelid <> 0
                              AND (contype IN ('f', 'c', 'u') OR contype = 'p' AND cardinality(conkey) > 1) ORDER BY contype LOOP
                     EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of, one.conname);
                 END LOOP;
                 FOR one IN SELECT attname FROM pg_attribute a
                            WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped AND attidentity = ''
                              AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) LOOP
                     EXECUTE format('ALTER TABLE {table} ALTER COLUMN %I DROP NOT NULL', one.attname);
                 END LOOP;
                 FOR one IN SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attgenerated = 's' LOOP
                     EXECUTE format('ALTER TABLE {table} ALTER COLUMN %I DROP EXPRESSION', one.attname);
                 END LOOP;
             END $$;
             DELETE FROM {table} WHERE ctid NOT IN (SELECT t.ctid FROM {table} AS t ORDER BY t LIMIT {kept});"
        );
        admin.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {:?}", Refused::from(error)));
    }
}

/// Statements that make the database hold a world.
pub fn load(model: &Model, schema: &Schema, world: &World) -> String {
    let mut out = String::from("BEGIN;\n");
    for (name, table) in schema {
        out.push_str(&format!("DELETE FROM {};\n", table.sql()));
        if !world.rows(name).is_empty() {
            out.push_str(&format!("INSERT INTO {} {};\n", table.sql(), table.values(world.rows(name))));
        }
    }
    out.push_str("DELETE FROM crm_access.assignment;\n");
    if model.assignments.stored {
        let roles = world.stored_roles.iter().map(|given| ("role", given.what.as_str(), &given.to, false, given.period));
        let restrictions =
            world.stored_restrictions.iter().map(|given| ("restriction", given.what.as_str(), &given.to, given.confirmed, given.period));
        out.extend(roles.chain(restrictions).map(|(kind, name, to, confirmed, period)| store(kind, name, to, confirmed, period) + ";\n"));
    }
    out.push_str("SELECT crm_access_rules.note_restricted();\nCOMMIT;\n");
    out
}

/// The statement that stores an assignment.
pub fn store(kind: &str, name: &str, to: &Subject, confirmed: bool, period: Period) -> String {
    let (subject, key, below) = place(to);
    let time = |time: Option<jiff::Timestamp>| time.map_or("NULL".to_owned(), |time| format!("'{time}'"));
    format!(
        "INSERT INTO crm_access.assignment (kind, name, subject, subject_key, subdepartments, confirmed, starts_at, ends_at)
         VALUES ('{kind}', {}, '{subject}', {}, {below}, {confirmed}, {}, {}) ON CONFLICT DO NOTHING",
        Plain.literal(name),
        Plain.literal(key),
        time(period.from),
        time(period.until)
    )
}

/// The word for a subject, its key, and what stands in the column for the departments below.
pub fn place(to: &Subject) -> (&'static str, &str, bool) {
    match to {
        Subject::User(key) => ("user", key.as_str(), false),
        // Nothing is below a set of users, whatever the column says.
        Subject::Circle(kind, key) => (kind.name(), key.as_str(), true),
        Subject::Department { key, subdepartments } => ("department", key.as_str(), *subdepartments),
        Subject::HavingRole(_) | Subject::Everyone => ("everyone", "", false),
    }
}
