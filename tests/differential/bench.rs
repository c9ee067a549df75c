//! A database per worker and target, in which one case after the other stands.

use crm_access::apply::{Prepared, apply, prepare};
use crm_access::decide::{AsksFirst, Value, World};
use crm_access::live::{self, Connection};
use crm_access::model::{Period, Plans, Subject};
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};
use postgres::{Client, Statement, Transaction};

use crate::checks::{Check, Expected};
use crate::servers::asks_policy_first;
use crate::support::{Refused, applier, connect, first_column, url};
use crate::tables::{FLAVORS, Flavor, create, literal, load, table_sql};

/// In what servers differ.
#[derive(Clone, Copy)]
pub struct Server {
    /// Whether it has MERGE.
    pub merge: bool,
    pub asks_first: AsksFirst,
}

pub struct Bench {
    pub target: Target,
    pub server: Server,
    /// Whether identities of the portable target are signed.
    signed: bool,
    /// Whether plans may be made for who asks.
    planned: bool,
    admin: Client,
    backend: Client,
    /// A superuser who becomes whoever logs in.
    logins: Client,
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
            IF statement ~ '^(WITH|SELECT array_agg|SELECT ARRAY)' THEN
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
$$;
CREATE FUNCTION public.give(kind text, name text, subject text, key text, below boolean, sure boolean,
    starts timestamptz, ends timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF kind = 'role' THEN
        PERFORM crm_access.assign(name, subject, key, below, starts, ends);
    ELSE
        PERFORM crm_access.restrict(name, subject, key, sure, below, starts, ends);
    END IF;
EXCEPTION WHEN undefined_object OR invalid_parameter_value OR object_not_in_prerequisite_state THEN
    -- What an earlier configuration knew.
    INSERT INTO crm_access.assignment (kind, name, subject, subject_key, subdepartments, confirmed, starts_at, ends_at)
    VALUES (give.kind, give.name, give.subject, give.key, give.below, give.sure, give.starts, give.ends);
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
        // Of such tables all keys would be gathered at once; half of the cases ask for each by itself, and plan for who asks in the target that
        // does so when told.
        let (singly, for_user) = if worker.is_multiple_of(2) { ("1000000", "on") } else { ("-1", "off") };
        // An index may be asked for keys however large a part they are of so few rows.
        for (name, value) in [("single_keys", singly), ("plan_for_user", for_user), ("index_part", "1")] {
            admin.batch_execute(&format!("ALTER DATABASE {database} SET crm_access.{name} = {value}")).expect("a setting");
        }
        // What is loaded stands for a past that nobody checks here.
        admin.batch_execute("SET session_replication_role = replica").expect("a superuser");
        let version: i32 = admin.query_one("SELECT current_setting('server_version_num')::int", &[]).expect("a version").get(0);
        let applier = live::connect(&url(&database, applier(target))).expect("a connection");
        let (backend, logins) = (connect(&database, "crm_backend"), connect(&database, "postgres"));
        let asks_first = if asks_policy_first(&database) { AsksFirst::Policy } else { AsksFirst::Condition };
        let server = Server { merge: version >= 150_000, asks_first };
        Bench { target, server, signed: true, planned: false, admin, backend, logins, applier }
    }

    /// Has rows found in one of the ways that there are, of which the server would take one alone for so few of them.
    pub fn find_rows(&mut self, way: u64) {
        let off: &[&str] = match way % 4 {
            0 => &["seqscan", "indexscan", "indexonlyscan"],
            1 => &["seqscan", "bitmapscan"],
            _ => &[],
        };
        let all = ["seqscan", "indexscan", "indexonlyscan", "bitmapscan"];
        let set = all.map(|one| format!("SET enable_{one} = {};", if off.contains(&one) { "off" } else { "on" })).concat();
        for client in [&mut self.backend, &mut self.logins] {
            client.batch_execute(&set).expect("settings");
        }
    }

    /// Empties the tables and applies a configuration.
    pub fn apply(&mut self, text: &str) -> Result<(), String> {
        let (source, made) = prepared(text, self.target)?;
        let empty: String = FLAVORS.iter().map(|flavor| load(flavor, &World::default())).collect();
        self.admin.batch_execute(&empty).map_err(|error| Refused::from(error).message)?;
        let _ = self.admin.batch_execute("DELETE FROM crm_access.assignment");
        self.planned = self.target == Target::Portable && made.model.plans == Plans::User;
        self.signed = made.model.identity.setting.as_ref().is_none_or(|setting| setting.signed);
        self.applier.in_transaction(|session| apply(session, &source, &made)).map(drop).map_err(|error| error.to_string())
    }

    pub fn load(&mut self, flavor: &Flavor, world: &World) {
        let mut text = format!("BEGIN; {} DELETE FROM crm_access.assignment; ", load(flavor, world));
        for given in assignments(world) {
            text.push_str(&format!("SELECT public.give({given}); "));
        }
        text.push_str(&format!("{} {} {} COMMIT", noted(world), shared(world), delegated(world)));
        self.admin.batch_execute(&text).unwrap_or_else(|error| panic!("{:?}", Refused::from(error)));
    }

    /// The statement with which the backend says for whom it asks.
    pub fn identity(&self, user: &str) -> String {
        let user = user.replace('\'', "''");
        match self.target {
            Target::Extension => format!("SELECT crm_access.act_as('{user}')"),
            Target::Portable if self.signed => format!("SELECT set_config('app.user_token', crm_access.issue('{user}'), true)"),
            Target::Portable => format!("SELECT set_config('app.user_token', '{user}', true)"),
        }
    }

    /// What the statements do for a user, or why the user is refused as such. With a login it is the database role that tells who asks.
    pub fn outcomes(
        &mut self,
        user: Option<&str>,
        login: Option<&str>,
        on_behalf_of: Option<&str>,
        checks: &[Check],
        generic: bool,
    ) -> Result<Vec<Result<Expected, Refused>>, Refused> {
        let identity = match login {
            Some(login) => Some(format!("SET LOCAL SESSION AUTHORIZATION {login}")),
            None => user.map(|user| self.identity(user)),
        };
        let client = if login.is_some() { &mut self.logins } else { &mut self.backend };
        let mut transaction = client.transaction()?;
        if let Some(identity) = identity {
            transaction.batch_execute(&identity)?;
        }
        if let Some(user) = on_behalf_of {
            transaction.batch_execute(&act_on_behalf_of(user))?;
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
                    "nobody is asking",
                    "may not assign",
                    "may not change the column",
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
                if state == "23505" {
                    return Ok(Expected::Duplicate);
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

    /// What each user reads of a table in one session, by one statement that is prepared once, by the simple protocol and a cursor.
    /// Each comes after another user, whose savepoint is taken back.
    pub fn prepared_reads(&mut self, flavor: &Flavor, table: &str, users: &[Option<String>]) -> Result<Vec<Vec<String>>, Refused> {
        let table = table_sql(flavor, table);
        let sql = format!("SELECT id::text FROM {table} ORDER BY 1");
        let statement = self.backend.prepare(&sql)?;
        let mut all = Vec::new();
        for (at, user) in users.iter().enumerate() {
            let identities: Vec<String> =
                [&users[(at + 1) % users.len()], user].into_iter().flatten().map(|user| self.identity(user)).collect();
            let mut transaction = self.backend.transaction()?;
            let mode = ["auto", "force_generic_plan", "force_custom_plan"][at % 3];
            transaction.batch_execute("SAVEPOINT before")?;
            if let Some(other) = identities.first().filter(|_| users[(at + 1) % users.len()].is_some()) {
                // Who is not there or not active is refused, and that is taken back as well.
                let _ = transaction.simple_query(&format!("{other}; {sql}"));
            }
            let nobody = first_column(transaction.simple_query(&format!("ROLLBACK TO before; {sql}"))?);
            if !nobody.is_empty() {
                let message = format!("nobody sees {nobody:?} after ROLLBACK TO");
                return Err(Refused { state: String::new(), message, detail: String::new(), hint: String::new() });
            }
            // Who has acted for someone acts for nobody else in that transaction.
            transaction.rollback()?;
            let mut transaction = self.backend.transaction()?;
            let mut ways: Vec<(&str, Vec<String>)> = Vec::new();
            transaction.batch_execute(&format!("SET LOCAL plan_cache_mode = {mode}"))?;
            if let (Some(_), Some(identity)) = (user, identities.last())
                && let Err(error) = transaction.batch_execute(identity)
            {
                let refused = Refused::from(error);
                if refused.state != "28000" {
                    return Err(refused);
                }
                all.push(Vec::new());
                continue;
            }
            ways.push(("prepared", prepared_read(&mut transaction, &statement, self.planned)?));
            ways.push(("simple", first_column(transaction.simple_query(&sql)?)));
            let cursor = format!("DECLARE c CURSOR FOR {sql}; FETCH 3 FROM c; FETCH ALL FROM c");
            ways.push(("cursor", first_column(transaction.simple_query(&cursor)?)));
            for (_, keys) in &mut ways {
                keys.sort();
            }
            transaction.rollback()?;
            if ways.iter().any(|(_, keys)| *keys != ways[0].1) {
                return Err(Refused { state: String::new(), message: format!("{ways:?}"), detail: String::new(), hint: String::new() });
            }
            all.push(ways.swap_remove(0).1);
        }
        Ok(all)
    }

    /// What each user copies of a table; `None` where that is refused.
    pub fn copies(&mut self, flavor: &Flavor, table: &str, users: &[Option<String>]) -> Result<Vec<Option<Vec<String>>>, Refused> {
        let sql = format!("COPY {} (id) TO STDOUT", table_sql(flavor, table));
        let mut all = Vec::new();
        for user in users {
            let identity = user.as_deref().map(|user| self.identity(user));
            let mut transaction = self.backend.transaction()?;
            let done = identity.map_or(Ok(()), |identity| transaction.batch_execute(&identity));
            let copied = done.and_then(|()| {
                let mut text = String::new();
                std::io::Read::read_to_string(&mut transaction.copy_out(&sql)?, &mut text).expect("text");
                Ok(text)
            });
            match copied.map_err(Refused::from) {
                Ok(text) => {
                    let mut keys: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
                    keys.sort();
                    all.push(Some(keys));
                }
                Err(refused) if refused.state == "28000" => all.push(Some(Vec::new())),
                Err(refused) if refused.state == "42501" => all.push(None),
                Err(refused) => return Err(refused),
            }
        }
        Ok(all)
    }

    /// What each user changes of a table by one prepared statement with a parameter that also reads; `None` where the statement is refused.
    pub fn prepared_writes(&mut self, flavor: &Flavor, table: &str, users: &[Option<String>]) -> Result<Vec<Option<Vec<String>>>, Refused> {
        let statement = self.backend.prepare(&format!("UPDATE {} SET note = $1 RETURNING id::text", table_sql(flavor, table)))?;
        let mut all = Vec::new();
        for user in users {
            let identity = user.as_deref().map(|user| self.identity(user));
            let mut transaction = self.backend.transaction()?;
            let done = identity.map_or(Ok(()), |identity| transaction.batch_execute(&identity));
            let done = done.and_then(|()| transaction.query(&statement, &[&"written"]));
            match done.map_err(Refused::from) {
                Ok(rows) => {
                    let mut keys: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                    keys.sort();
                    all.push(Some(keys));
                }
                Err(refused) if refused.state == "28000" => all.push(Some(Vec::new())),
                Err(refused) if refused.state == "42501" => all.push(None),
                Err(refused) => return Err(refused),
            }
        }
        Ok(all)
    }

    /// What the database says of combinations that may not be: user and message.
    pub fn violations(&mut self) -> Result<Vec<(Option<String>, String)>, Refused> {
        let rows = self.admin.query("SELECT DISTINCT user_key, message FROM crm_access_rules.violations()", &[])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Whether the triggers take a change of the tables of people; undone.
    pub fn takes(&mut self, statement: &str) -> Result<bool, Refused> {
        let mut transaction = self.admin.transaction()?;
        transaction.batch_execute("SET LOCAL session_replication_role = origin")?;
        match transaction.batch_execute(statement).map_err(Refused::from) {
            Ok(()) => Ok(true),
            Err(refused) if refused.state == "23514" => Ok(false),
            Err(refused) => Err(refused),
        }
    }
}

/// Statements that replace what the database has stored.
pub fn stored(world: &World) -> String {
    let mut out = "DELETE FROM crm_access.assignment;\n".to_owned();
    for given in assignments(world) {
        out.push_str(&format!(
            "INSERT INTO crm_access.assignment (kind, name, subject, subject_key, subdepartments, confirmed, starts_at, ends_at) VALUES ({given});\n"
        ));
    }
    out + &noted(world) + &shared(world) + &delegated(world)
}

fn text(text: &str) -> String {
    literal(&Value::Text(text.to_owned()))
}

/// Kind, name, subject, its key, whether the departments below are meant, whether confirmed, from and until when.
fn assignments(world: &World) -> Vec<String> {
    let roles = world.stored_roles.iter().map(|given| ("role", given.what.as_str(), &given.to, given.confirmed, given.period));
    let restrictions =
        world.stored_restrictions.iter().map(|given| ("restriction", given.what.as_str(), &given.to, given.confirmed, given.period));
    let written = roles.chain(restrictions).map(|(kind, name, to, confirmed, period)| {
        let ((subject, key, below), (from, until)) = (subject(to), times(period));
        format!("'{kind}', {}, '{subject}', {}, {below}, {confirmed}, {from}, {until}", text(name), text(key))
    });
    written.collect()
}

/// The word for a subject, its key, and whether the departments below are meant.
fn subject(to: &Subject) -> (&'static str, &str, bool) {
    match to {
        Subject::User(key) => ("user", key, false),
        Subject::Circle(kind, key) => (kind.name(), key, false),
        Subject::Department { key, subdepartments } => ("department", key, *subdepartments),
        Subject::HavingRole(_) | Subject::Everyone => ("everyone", "", false),
    }
}

fn times(period: Period) -> (String, String) {
    let time = |time: Option<jiff::Timestamp>| time.map_or("NULL".to_owned(), |time| format!("'{time}'"));
    (time(period.from), time(period.until))
}

fn shared(world: &World) -> String {
    let mut out = "DELETE FROM crm_access.share;\n".to_owned();
    for share in &world.shares {
        let ((mut word, key, below), (from, until)) = (subject(&share.to), times(share.period));
        if below {
            word = "department_tree";
        }
        let owners: Vec<String> = share.owners.iter().map(|owner| owner.as_deref().map_or("NULL".to_owned(), text)).collect();
        out.push_str(&format!(
            "INSERT INTO crm_access.share (entity, record_key, subject, subject_key, level, starts_at, ends_at, keep, owners)
             VALUES ({}, {}, '{word}', {}, '{}', {from}, {until}, {}, ARRAY[{}]::text[]);\n",
            text(share.entity.as_str()),
            text(&share.record),
            text(key),
            share.level.name(),
            share.keep,
            owners.join(", ")
        ));
    }
    out
}

/// Says for whom a user acts, past the function that looks whether they may: the policies must find out.
pub fn act_on_behalf_of(user: &str) -> String {
    format!("SET LOCAL crm_access.on_behalf_of = {}", text(user))
}

fn delegated(world: &World) -> String {
    let mut out = "DELETE FROM crm_access.delegation;\n".to_owned();
    for given in &world.delegations {
        let (from, until) = times(given.period);
        out.push_str(&format!(
            "INSERT INTO crm_access.delegation (delegator, delegate, starts_at, ends_at)
             VALUES ({}, {}, coalesce({from}, timestamptz '-infinity'), coalesce({until}, timestamptz 'infinity'));\n",
            text(&given.delegator),
            text(&given.delegate)
        ));
    }
    out
}

fn noted(world: &World) -> String {
    let mut out = "DELETE FROM crm_access.restricted_user;\n".to_owned();
    for (restriction, user) in &world.noted {
        out.push_str(&format!("INSERT INTO crm_access.restricted_user VALUES ({}, {});\n", text(restriction.as_str()), text(user)));
    }
    out
}

/// The rows of a prepared statement. Where plans are made for who asks, one that was made for somebody else is refused or misses rows, and gives
/// never one more than a new one.
fn prepared_read(transaction: &mut Transaction<'_>, statement: &Statement, planned: bool) -> Result<Vec<String>, Refused> {
    let ask = |transaction: &mut Transaction<'_>| -> Result<Vec<String>, Refused> {
        Ok(transaction.query(statement, &[])?.iter().map(|row| row.get(0)).collect())
    };
    if !planned {
        return ask(transaction);
    }
    transaction.batch_execute("SAVEPOINT asked")?;
    let kept = ask(transaction);
    if kept.as_ref().is_err_and(|refused| refused.state == "40001") {
        transaction.batch_execute("ROLLBACK TO asked")?;
    }
    transaction.batch_execute("SELECT crm_access.forget_plans()")?;
    let new = ask(transaction)?;
    match kept {
        Ok(keys) if !keys.iter().all(|key| new.contains(key)) => {
            let message = format!("a plan that is kept gives {keys:?}, a new one {new:?}");
            Err(Refused { state: String::new(), message, detail: String::new(), hint: String::new() })
        }
        Err(refused) if refused.state != "40001" => Err(refused),
        _ => Ok(new),
    }
}
