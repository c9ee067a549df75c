//! A database per worker and target, in which one case after the other stands.

use crm_access::apply::{Prepared, apply, prepare};
use crm_access::decide::World;
use crm_access::live::{self, Connection};
use crm_access::model::{CircleKind, Subject};
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};
use postgres::Client;

use crate::checks::{Check, Expected};
use crate::support::{Refused, applier, connect, first_column, url};
use crate::tables::{FLAVORS, Flavor, create, literal, load, table_sql};

pub struct Bench {
    pub target: Target,
    /// Whether the server has MERGE.
    pub merge: bool,
    admin: Client,
    backend: Client,
    applier: Connection,
}

/// Runs each statement and undoes it.
const RUN: &str = "
CREATE FUNCTION public.run_each(statements text[]) RETURNS TABLE (n bigint, keys text[], state text, message text)
LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        n := NULL; keys := NULL; state := NULL; message := NULL;
        BEGIN
            IF statement ~ '^(WITH|SELECT array_agg)' THEN
                EXECUTE statement INTO keys;
                keys := coalesce(keys, '{}');
            ELSE
                EXECUTE statement;
                GET DIAGNOSTICS n = ROW_COUNT;
            END IF;
            RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN NULL;
            WHEN OTHERS THEN keys := NULL; n := NULL; state := SQLSTATE; message := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;";

/// Reads, checks and compiles a configuration.
pub fn prepared(text: &str, target: Target) -> Result<(Source, Prepared), String> {
    let source = Source::new("case.yaml", text);
    let mut found = Diagnostics::new();
    let made = prepare(&source, target, &mut found).filter(|_| !found.has_errors());
    let messages = || found.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("; ");
    made.map(|made| (source, made)).ok_or_else(messages)
}

impl Bench {
    pub fn new(worker: usize, target: Target) -> Bench {
        let database = format!("crm_fuzz_{}_{worker}_{}", std::process::id(), target.name());
        connect("postgres", "postgres").batch_execute(&format!("CREATE DATABASE {database} OWNER crm_owner")).expect("a database");
        let mut admin = connect(&database, "postgres");
        if target == Target::Extension {
            admin.batch_execute("CREATE EXTENSION crm_access").expect("the extension");
        }
        let mut owner = connect(&database, "crm_owner");
        for flavor in &FLAVORS {
            owner.batch_execute(&create(flavor)).expect("tables");
        }
        admin.batch_execute(RUN).expect("a function");
        // Compiling the plans of tables with eight rows takes most of the time otherwise.
        admin.batch_execute(&format!("ALTER DATABASE {database} SET jit = off")).expect("a setting");
        // What is loaded stands for a past that nobody checks here.
        admin.batch_execute("SET session_replication_role = replica").expect("a superuser");
        let version: i32 = admin.query_one("SELECT current_setting('server_version_num')::int", &[]).expect("a version").get(0);
        let applier = live::connect(&url(&database, applier(target))).expect("a connection");
        Bench { target, merge: version >= 150_000, admin, backend: connect(&database, "crm_backend"), applier }
    }

    /// Empties the tables and applies a configuration.
    pub fn apply(&mut self, text: &str) -> Result<(), String> {
        let (source, made) = prepared(text, self.target)?;
        let empty: String = FLAVORS.iter().map(|flavor| load(flavor, &World::default())).collect();
        self.admin.batch_execute(&empty).map_err(|error| Refused::from(error).message)?;
        let _ = self.admin.batch_execute("DELETE FROM crm_access.assignment");
        self.applier.in_transaction(|session| apply(session, &source, &made)).map(drop).map_err(|error| error.to_string())
    }

    pub fn load(&mut self, flavor: &Flavor, world: &World) {
        let text = format!("BEGIN; {}{} COMMIT", load(flavor, world), stored(world));
        self.admin.batch_execute(&text).unwrap_or_else(|error| panic!("{:?}", Refused::from(error)));
    }

    /// The statement with which the backend says for whom it asks.
    pub fn identity(&self, user: &str) -> String {
        let user = user.replace('\'', "''");
        match self.target {
            Target::Extension => format!("SELECT crm_access.act_as('{user}')"),
            Target::Portable => format!("SELECT set_config('app.user_token', crm_access.issue('{user}'), true)"),
        }
    }

    /// What the statements do for a user, or why the user is refused as such.
    pub fn outcomes(&mut self, user: Option<&str>, checks: &[Check], generic: bool) -> Result<Vec<Result<Expected, Refused>>, Refused> {
        let identity = user.map(|user| self.identity(user));
        let mut transaction = self.backend.transaction()?;
        if let Some(identity) = identity {
            transaction.batch_execute(&identity)?;
        }
        if generic {
            transaction.batch_execute("SET LOCAL plan_cache_mode = force_generic_plan")?;
        }
        let statements: Vec<&str> = checks.iter().map(|check| check.sql.as_str()).collect();
        let rows = transaction.query("SELECT n, keys, state, message FROM public.run_each($1)", &[&statements])?;
        let outcomes = rows.iter().map(|row| {
            let refused = |state: String| {
                let message: String = row.get(3);
                let ours = [
                    "row-level security",
                    "may not assign",
                    "become an owner",
                    "become the owner",
                    "left without owner",
                    "would leave",
                    "there is no \"",
                    "may not import",
                ];
                let of_owners = ["is no owner of", "no user is named", "are not assigned"];
                let said = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
                if state == "42501" && said(&ours) || said(&of_owners) {
                    return Ok(Expected::Refused);
                }
                Err(Refused { state, message, detail: String::new(), hint: String::new() })
            };
            if let Some(state) = row.get::<_, Option<String>>(2) {
                return refused(state);
            }
            match row.get::<_, Option<Vec<String>>>(1) {
                Some(mut keys) => {
                    keys.sort();
                    Ok(Expected::Keys(keys))
                }
                None => Ok(Expected::Count(row.get::<_, i64>(0) as u64)),
            }
        });
        let outcomes = outcomes.collect();
        transaction.rollback()?;
        Ok(outcomes)
    }

    /// What each user reads of a table by one statement that is prepared once, over the simple and the extended protocol, in one session.
    pub fn prepared_reads(&mut self, flavor: &Flavor, table: &str, users: &[Option<String>]) -> Result<Vec<Vec<String>>, Refused> {
        let sql = format!("SELECT id::text FROM {} ORDER BY 1", table_sql(flavor, table));
        let statement = self.backend.prepare(&sql)?;
        let mut all = Vec::new();
        for user in users {
            let identity = user.as_deref().map(|user| self.identity(user));
            let mut transaction = self.backend.transaction()?;
            if let Some(identity) = identity
                && let Err(error) = transaction.batch_execute(&identity)
            {
                let refused = Refused::from(error);
                if refused.state != "28000" {
                    return Err(refused);
                }
                all.push(Vec::new());
                continue;
            }
            let mut keys: Vec<String> = transaction.query(&statement, &[])?.iter().map(|row| row.get(0)).collect();
            keys.sort();
            let simple = first_column(transaction.simple_query(&sql)?);
            if simple != keys {
                let message = format!("prepared {keys:?}, simple {simple:?}");
                return Err(Refused { state: String::new(), message, detail: String::new(), hint: String::new() });
            }
            transaction.rollback()?;
            all.push(keys);
        }
        Ok(all)
    }
}

/// Statements that replace what the database has stored.
pub fn stored(world: &World) -> String {
    let mut out = "DELETE FROM crm_access.assignment;\n".to_owned();
    let roles = world.stored_roles.iter().map(|given| ("role", given.what.as_str(), &given.to));
    let restrictions = world.stored_restrictions.iter().map(|given| ("restriction", given.what.as_str(), &given.to));
    for (kind, name, to) in roles.chain(restrictions) {
        let text = |text: &str| literal(&crm_access::decide::Value::Text(text.to_owned()));
        let (subject, key, below) = match to {
            Subject::User(key) => ("user", key.as_str(), false),
            Subject::Circle(CircleKind::Group, key) => ("group", key.as_str(), false),
            Subject::Circle(CircleKind::Workgroup, key) => ("workgroup", key.as_str(), false),
            Subject::Circle(CircleKind::Team, key) => ("team", key.as_str(), false),
            Subject::Circle(CircleKind::Territory, key) => ("territory", key.as_str(), false),
            Subject::Department { key, subdepartments } => ("department", key.as_str(), *subdepartments),
            Subject::HavingRole(_) | Subject::Everyone => ("everyone", "", false),
        };
        out.push_str(&format!(
            "INSERT INTO crm_access.assignment (kind, name, subject, subject_key, subdepartments) VALUES ('{kind}', {}, '{subject}', {}, {below}) ON CONFLICT DO NOTHING;\n",
            text(name),
            text(key)
        ));
    }
    out
}
