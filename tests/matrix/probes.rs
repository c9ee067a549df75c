//! What no statement of a user shows: who else could get in, and whether the rules stand as they must.

use crm_access::decide::{Judge, Row};
use crm_access::model::Owners;
use crm_access::program::Target;
use crm_access::render::{Plain, Quoting};
use postgres::Client;

use crate::bench::{Asker, Bench, agrees};
use crate::cells::{STRANGE, askers};
use crate::combinations::combines;
use crate::schema::{table_sql, tables};
use crate::support::{Refused, connect, first_column};

/// Something that must hold, or why it does not.
pub type Probe = fn(&mut Bench) -> Result<(), String>;

/// What is quick comes first.
pub const PROBES: [(&str, Probe); 9] = [
    ("helper functions and policies stand as they must", helpers_and_policies_stand_as_they_must),
    ("a strange key is nobody's", a_strange_key_is_nobodys),
    ("a member of the application's role may ask who it is", a_member_may_ask_who_it_is),
    ("a member of the application's role may call what is made for applications", a_member_may_call_what_is_made_for_applications),
    ("a forged or late identity is nobody's", a_forged_or_late_identity_is_nobodys),
    ("the table's owner and other roles get nothing", owners_and_others_get_nothing),
    ("commands past row security are refused", commands_past_row_security_are_refused),
    ("two checks wait for each other", two_checks_wait_for_each_other),
    ("one prepared statement serves every identity", one_prepared_statement_serves_every_identity),
];

/// A role with every privilege on the tables and the schemas that is not the application's.
pub const OUTSIDER: &str = "crm_outsider";
/// A role that has nothing but what the application's role has.
const MEMBER: &str = "crm_member";

/// Operators that hold always, for whoever can put them before the server's own.
pub const EVIL: &str = "
CREATE SCHEMA evil;
CREATE FUNCTION evil.holds(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.holds(int8, int8) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.holds(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.holds(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR evil.= (LEFTARG = int4, RIGHTARG = int4, FUNCTION = evil.holds);
CREATE OPERATOR evil.= (LEFTARG = int8, RIGHTARG = int8, FUNCTION = evil.holds);
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.holds);
CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.holds);
GRANT USAGE ON SCHEMA evil TO PUBLIC;
";

/// Roles that the probes ask as.
pub fn prepare(bench: &mut Bench) {
    let make = |name: &str, how: &str| {
        format!("DO $$ BEGIN CREATE ROLE {name} {how}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;")
    };
    let mut sql = make(OUTSIDER, "LOGIN") + EVIL;
    for name in tables(&bench.model) {
        let schema = Plain.identifier(name.schema.as_str());
        sql.push_str(&format!("GRANT USAGE ON SCHEMA {schema} TO {OUTSIDER}; GRANT ALL ON {} TO {OUTSIDER};", table_sql(&name)));
    }
    let members = logins(bench).into_iter().map(|(login, _)| login).chain([MEMBER.to_owned()]);
    let application = Plain.identifier(bench.model.application_role.as_str());
    sql.extend(members.map(|member| make(&Plain.identifier(&member), &format!("LOGIN IN ROLE {application}"))));
    bench.admin.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {:?}", Refused::from(error)));
}

/// Login roles of some users, with the user's key.
pub fn logins(bench: &Bench) -> Vec<(String, String)> {
    let (users, Some(login)) = (&bench.model.directory.users, &bench.model.identity.login) else { return Vec::new() };
    let rows = bench.world.rows(&users.table).iter();
    let named = rows.filter_map(|row| Some((row.get(login.as_str())?.key()?, row.get(users.key.as_str())?.key()?)));
    let named: Vec<(String, String)> = named.collect();
    // A copied row may have the login of another: that is two users of one login, who are nobody.
    named.iter().filter(|(login, _)| named.iter().filter(|(other, _)| other == login).count() == 1).take(4).cloned().collect()
}

fn expect(what: &str, got: &[String], expected: &str) -> Result<(), String> {
    match got.iter().find(|got| !agrees(expected, got)) {
        None => Ok(()),
        Some(got) => Err(format!("{what}: expected {expected}, got {got}")),
    }
}

fn owners_and_others_get_nothing(bench: &mut Bench) -> Result<(), String> {
    for entity in bench.model.entities.clone() {
        let (name, table) = (table_sql(&entity.table), bench.schema[&entity.table].clone());
        let key = Plain.identifier(entity.key.as_str());
        let same = bench.world.rows(&entity.table).first().cloned().unwrap_or_default();
        let insert = format!("INSERT INTO {name} {} ON CONFLICT DO NOTHING", table.values(&[same]));
        for role in ["crm_owner", OUTSIDER] {
            let asker = Asker::Role(role.to_owned());
            let statements = [format!("SELECT 1 FROM {name}"), format!("UPDATE {name} SET {key} = {key}"), format!("DELETE FROM {name}")];
            let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
            let ask =
                |bench: &mut Bench, statements: &[&str]| bench.outcomes(&asker, "", statements).map_err(|refused| format!("{refused:?}"));
            expect(&format!("{role} on {name}"), &ask(bench, &statements)?, "rows 0")?;
            // A trigger on protected columns comes before the policies, and what it calls is none of theirs.
            let got = ask(bench, &[&insert])?;
            if !(entity.is_guarded() && got[0].starts_with("denied: ")) {
                expect(&format!("{role} into {name}"), &got, "refused")?;
            }
        }
    }
    // Nor does an outsider get anything out of the helper functions.
    let sql =
        "SELECT format('%s(%s)', p.oid::regproc, (SELECT string_agg(format('NULL::%s', t::regtype), ', ') FROM unnest(p.proargtypes) AS t))
               FROM pg_proc p WHERE p.pronamespace = 'crm_access_rules'::regnamespace AND p.prorettype <> 'trigger'::regtype ORDER BY 1";
    let calls: Vec<String> = first_column(bench.admin.simple_query(sql).map_err(|error| format!("{error:?}"))?);
    let before = format!("GRANT USAGE ON SCHEMA crm_access_rules TO {OUTSIDER};");
    let statements: Vec<String> = calls.iter().map(|call| format!("SELECT * FROM {call}")).collect();
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let got = bench.outcomes(&Asker::Role(OUTSIDER.to_owned()), &before, &statements).map_err(|refused| format!("{refused:?}"))?;
    match statements.iter().zip(&got).find(|(_, got)| !got.starts_with("denied: permission denied for function")) {
        None => Ok(()),
        Some((sql, got)) => Err(format!("{OUTSIDER}: {sql}: {got}")),
    }
}

fn commands_past_row_security_are_refused(bench: &mut Bench) -> Result<(), String> {
    let application = Asker::Role(bench.backend());
    for entity in bench.model.entities.clone() {
        let name = table_sql(&entity.table);
        let before = "CREATE SCHEMA backstage; GRANT ALL ON SCHEMA backstage TO PUBLIC; CREATE FUNCTION backstage.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';";
        let key = Plain.identifier(entity.key.as_str());
        let statements = [
            format!("TRUNCATE {name} CASCADE"),
            format!("CREATE TRIGGER t AFTER INSERT ON {name} EXECUTE FUNCTION backstage.f()"),
            format!("CREATE TABLE backstage.t AS SELECT {key} FROM {name} LIMIT 0"),
        ];
        let mut statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        let reference =
            format!("CREATE TABLE backstage.r ({key} {} REFERENCES {name})", key_type(&mut bench.admin, &name, entity.key.as_str()));
        statements.push(&reference);
        let got = bench.outcomes(&application, before, &statements).map_err(|refused| format!("{refused:?}"))?;
        for (at, got) in got.iter().enumerate().filter(|(at, _)| *at != 2) {
            if !got.starts_with("denied") {
                return Err(format!("{}: {got}", statements[at]));
            }
        }
    }
    Ok(())
}

fn key_type(admin: &mut Client, table: &str, key: &str) -> String {
    let sql = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = $2";
    admin.query_one(sql, &[&table, &key]).expect("a column").get(0)
}

const WHO: &str = "SELECT array_agg(coalesce(crm_access.current_user_key(), 'nobody'))";

fn a_member_may_ask_who_it_is(bench: &mut Bench) -> Result<(), String> {
    let member = Asker::Role(MEMBER.to_owned());
    let got = bench.outcomes(&member, "", &[WHO]).map_err(|refused| format!("{refused:?}"))?;
    expect(MEMBER, &got, "keys nobody")?;
    let Some(entity) = bench.model.entities.first().map(|entity| Plain.literal(entity.name.as_str())) else { return Ok(()) };
    let may = |key: &str| format!("SELECT array_agg(crm_access.can('read', {entity}{key})::text)");
    let asked = ["", ", '1'", ", 1::bigint", ", 1::integer", ", gen_random_uuid()"].map(may);
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    expect(MEMBER, &bench.outcomes(&member, "", &asked).map_err(|refused| format!("{refused:?}"))?, "keys false")?;
    if !bench.shares {
        return Ok(());
    }
    let unshare = format!("SELECT array_agg(crm_access.unshare({entity}, '1', 'user', '1')::text)");
    expect(MEMBER, &bench.outcomes(&member, "", &[&unshare]).map_err(|refused| format!("{refused:?}"))?, "keys false")
}

/// Nobody is told nothing, by each function that the application may call.
fn a_member_may_call_what_is_made_for_applications(bench: &mut Bench) -> Result<(), String> {
    let entities = &bench.model.entities;
    let Some(entity) = entities.iter().find(|entity| entity.assigned).or(entities.first()) else { return Ok(()) };
    let handed_over = if entity.assigned { "denied: nobody is asking" } else { "error 55000" };
    let entity = Plain.literal(entity.name.as_str());
    let mut calls: Vec<(String, &str)> = ["text", "bigint", "integer", "uuid"]
        .map(|key| (format!("SELECT array_agg(k::text) FROM crm_access.can('read', {entity}, '{{}}'::{key}[]) AS k"), "keys "))
        .into();
    calls.push(("SELECT array_agg(entity) FROM crm_access.permissions()".to_owned(), "keys "));
    calls.push(("SELECT array_agg(column_name) FROM crm_access.columns()".to_owned(), "keys "));
    calls.push((format!("SELECT crm_access.submit({entity}, '1')"), "error 22023"));
    let records = ["'1'", "1", "ARRAY[1]"].map(|keys| format!("SELECT crm_access.assign_record({entity}, {keys}, 1)"));
    calls.extend(records.map(|sql| (sql, handed_over)));
    if bench.model.is_listed() {
        let lists = ["role) FROM crm_access.roles()", "name) FROM crm_access.assignments()"];
        calls.extend(lists.map(|list| (format!("SELECT array_agg({list}"), "denied: roles and assignments can't be listed by nobody")));
    }
    if bench.model.is_administered() {
        let changes = ["assign", "revoke", "restrict", "unrestrict"];
        calls.extend(changes.map(|change| (format!("SELECT crm_access.{change}('x', 'user', '1')"), "denied: nobody may not")));
    }
    let member = Asker::Role(MEMBER.to_owned());
    for (sql, expected) in calls {
        let got = bench.outcomes(&member, "", &[&sql]).map_err(|refused| format!("{refused:?}"))?;
        if !got.iter().all(|got| if expected == "keys " { got == expected } else { got.starts_with(expected) }) {
            return Err(format!("{sql}: expected {expected}, got {got:?}"));
        }
    }
    Ok(())
}

const ACT_AS: [&str; 4] = [
    "SELECT crm_access.act_as('nobody'::text)",
    "SELECT crm_access.act_as(999999::integer)",
    "SELECT crm_access.act_as(999999::bigint)",
    "SELECT crm_access.act_as(gen_random_uuid())",
];

fn a_strange_key_is_nobodys(bench: &mut Bench) -> Result<(), String> {
    for key in STRANGE {
        match bench.outcomes(&Asker::User(key.to_owned()), "", &[WHO]) {
            Ok(got) => expect(key, &got, "keys nobody")?,
            Err(refused) if bench.target == Target::Extension && refused.state == "28000" => {}
            Err(refused) => return Err(format!("{key}: {refused:?}")),
        }
    }
    // Each role that speaks for users may, and is told who is none, or writes what is nobody's.
    let identity = &bench.model.identity;
    let issuers = identity.setting.iter().flat_map(|setting| &setting.issuers);
    let (speakers, calls, expected): (Vec<_>, &[&str], &str) = match bench.target {
        Target::Extension => (identity.act_as.clone(), &ACT_AS, "error 28000"),
        Target::Portable => (issuers.cloned().collect(), &["SELECT crm_access.issue('nobody')"], "rows 1"),
    };
    for (speaker, sql) in speakers.iter().flat_map(|speaker| calls.iter().map(move |sql| (speaker, *sql))) {
        let got = bench.outcomes(&Asker::Role(speaker.to_string()), "", &[sql]).map_err(|refused| format!("{refused:?}"))?;
        if !got.iter().all(|got| got.starts_with(expected)) {
            return Err(format!("{speaker}: {sql}: {got:?}"));
        }
    }
    Ok(())
}

/// Signed values that are not what was signed, each with how it is made of the parts of a good one: `u`, `e` and `m`.
const FORGED: [&str; 16] = [
    "''",
    "'garbage'",
    "u || ':' || e",
    "encode('other', 'hex') || ':' || e || ':' || m",
    "u || ':' || (e::int8 + 1) || ':' || m",
    "u || ':' || e || ':' || translate(m, '0123456789abcdef', '123456789abcdef0')",
    "upper(u) || ':' || e || ':' || m || ' '",
    "u || ':' || e || ':' || m || '0'",
    "' ' || u || ':' || e || ':' || m",
    "u || ':' || e || ':' || left(m, 62)",
    "u || ':' || e || ':' || repeat('0', 64)",
    "sealed(u, '1')",
    "sealed(u, '0')",
    "sealed(u, (floor(extract(epoch FROM clock_timestamp())) - 1)::int8::text)",
    "u || ':' || e || ':' || encode(sha256(convert_to(u || ':' || e, 'UTF8')), 'hex')",
    "sealed('', e)",
];

fn a_forged_or_late_identity_is_nobodys(bench: &mut Bench) -> Result<(), String> {
    let Some(setting) = bench.model.identity.setting.clone().filter(|setting| setting.signed && bench.target == Target::Portable) else {
        return Ok(());
    };
    let users = bench.model.directory.users.clone();
    let active =
        |row: &&Row| users.active.as_ref().is_none_or(|active| row.get(active.as_str()).is_some_and(crm_access::decide::Value::is_true));
    let rows: Vec<String> = bench.world.rows(&users.table).iter().filter(active).map(|row| row[users.key.as_str()].to_string()).collect();
    let (user, other) = (rows[0].clone(), rows[1].clone());
    // A superuser makes them, with the key and all.
    let parts = format!(
        "CREATE FUNCTION pg_temp.sealed(u text, e text) RETURNS text LANGUAGE sql AS $$
             SELECT u || ':' || e || ':' || encode(crm_access.keyed_hash(convert_to(u || ':' || e, 'UTF8'), (SELECT secret FROM crm_access.identity_key)), 'hex') $$;
         CREATE TEMPORARY TABLE IF NOT EXISTS good AS
         SELECT p[1] AS u, p[2] AS e, p[3] AS m FROM string_to_array(crm_access.issue({}), ':') AS p;",
        Plain.literal(&user)
    );
    let set = |value: &str| format!("SELECT set_config({}, {value}, true) FROM good;", Plain.literal(&setting.name));
    let mut asking: Vec<Asker> = vec![Asker::Nobody];
    asking.extend(logins(bench).into_iter().take(1).map(|(login, _)| Asker::Role(login)));
    for asker in &asking {
        let own = match asker {
            Asker::Role(login) => logins(bench).into_iter().find(|(name, _)| name == login).map(|(_, user)| user),
            _ => None,
        };
        for forged in FORGED {
            let before = format!("{parts} {}", set(&forged.replace("sealed", "pg_temp.sealed").replace("other", &other)));
            let got = bench.outcomes(asker, &before, &[WHO]).map_err(|refused| format!("{forged}: {refused:?}"))?;
            // Nothing at all is no identity, and then the login counts; a forged one is not nothing.
            let who = if forged == "''" { own.clone().filter(|own| rows.contains(own)) } else { None };
            expect(forged, &got, &format!("keys {}", who.unwrap_or_else(|| "nobody".to_owned())))?;
        }
        let before = format!("{parts} {}", set("u || ':' || e || ':' || m"));
        let got = bench.outcomes(asker, &before, &[WHO]).map_err(|refused| format!("{refused:?}"))?;
        expect("a good identity", &got, &format!("keys {user}"))?;
    }
    Ok(())
}

fn one_prepared_statement_serves_every_identity(bench: &mut Bench) -> Result<(), String> {
    let mut backend = connect(&bench.database, &bench.backend());
    let run = |backend: &mut Client, sql: &str| backend.batch_execute(sql).map_err(|error| format!("{sql}: {:?}", Refused::from(error)));
    run(&mut backend, "SET plan_cache_mode = force_generic_plan")?;
    let mut statements = Vec::new();
    for entity in &bench.model.entities {
        let sql = format!("SELECT {}::text FROM {}", Plain.identifier(entity.key.as_str()), table_sql(&entity.table));
        statements.push((entity.clone(), backend.prepare(&sql).map_err(|error| format!("{sql}: {:?}", Refused::from(error)))?));
    }
    for asker in askers(&bench.model, &bench.world).into_iter().step_by(2) {
        let user = match &asker {
            Asker::User(user) => Some(user.as_str()),
            _ => None,
        };
        let judge = Judge::new(&bench.model, &bench.world, user);
        let mut transaction = backend.transaction().map_err(|error| format!("{error:?}"))?;
        let said = user.map_or(Ok(()), |user| transaction.batch_execute(&bench.identity(user)));
        let known = said.is_ok();
        for (entity, statement) in statements.iter().filter(|_| known) {
            let rows = transaction.query(statement, &[]).map_err(|error| format!("{user:?}: {:?}", Refused::from(error)))?;
            let mut keys: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            keys.sort();
            let all = bench.world.rows(&entity.table);
            let seen = crm_access::decide::select(&judge, entity);
            let mut expected: Vec<String> = seen.iter().map(|at| all[*at][entity.key.as_str()].to_string()).collect();
            expected.sort();
            if keys != expected {
                return Err(format!("{user:?} reads {} by a prepared statement: expected {expected:?}, got {keys:?}", entity.name));
            }
        }
        transaction.rollback().map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}

fn two_checks_wait_for_each_other(bench: &mut Bench) -> Result<(), String> {
    let tables = bench.model.assignments.restriction_tables.iter().map(|table| &table.table);
    let looked_at = combines(&bench.model).then_some(&bench.model.directory.users.table).into_iter().chain(tables).next();
    let Some(table) = looked_at.map(table_sql) else { return Ok(()) };
    // Nobody at all is added, which is enough to look.
    let touch = format!("INSERT INTO {table} SELECT * FROM {table} WHERE false");
    let mut other = connect(&bench.database, "postgres");
    if let Err(error) = bench.admin.batch_execute(&format!("BEGIN; {touch}")) {
        bench.admin.batch_execute("ROLLBACK").map_err(|error| format!("{error:?}"))?;
        return Err(format!("the check fails: {:?}", Refused::from(error)));
    }
    let waits = other.batch_execute(&format!("BEGIN; SET LOCAL lock_timeout = '60ms'; {touch}; ROLLBACK"));
    bench.admin.batch_execute("ROLLBACK").map_err(|error| format!("{error:?}"))?;
    match waits.map_err(Refused::from) {
        Err(refused) if refused.state == "55P03" => Ok(()),
        other => Err(format!("a second check does not wait for the first: {other:?}")),
    }
}

/// Every line that this gives is something that must not be.
const WRONG: &str = "
WITH entity AS (SELECT unnest($1::text[])::regclass AS relation)
SELECT format('function %s', p.oid::regprocedure) || ': ' || w.what
FROM (SELECT v.applied_by::text::regrole AS role FROM crm_access.version v ORDER BY v.id DESC LIMIT 1) AS applier, pg_proc p CROSS JOIN LATERAL (VALUES
    (p.prosecdef = (p.proname LIKE 'check\\_owner\\_of\\_%' OR p.proname LIKE 'check\\_columns\\_of\\_%'), 'runs with the rights of the wrong role'),
    (p.proowner <> $2::text::regrole, 'is not the reader role''s'),
    (p.proleakproof, 'is leakproof'),
    ((SELECT array_agg(c ORDER BY c) FROM unnest(p.proconfig) AS c) IS DISTINCT FROM
     ARRAY['DateStyle=ISO, YMD', 'IntervalStyle=postgres', 'TimeZone=UTC', 'search_path=pg_catalog, pg_temp'], 'has other settings'),
    (p.provolatile <> CASE WHEN p.proname IN ('violations', 'note_restricted', 'assert_consistent', 'check_consistent', 'share', 'unshare', 'administer', 'assign',
                                            'delegate', 'end_delegation')
                              OR p.proname LIKE 'assign\\_%' THEN 'v'
                         WHEN p.proname LIKE 'planned\\_%' OR p.proname LIKE 'few\\_%' THEN 'i' ELSE 's' END,
     'has another volatility'),
    (p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee NOT IN ($2::text::regrole, $3::text::regrole, applier.role)),
     'can be executed by others'),
    (EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = applier.role) <> (p.proname IN ('all_roles', 'all_assignments', 'conflicts')),
     'is not just for whoever applied it'),
    (EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = $3::text::regrole)
     AND (p.proname IN ('roles', 'roles_of', 'roles_over', 'restrictions', 'restrictions_of', 'restrictions_over', 'my_restrictions', 'subjects',
                        'subjects_of', 'identity_key', 'token_user', 'violations', 'note_restricted', 'assert_consistent', 'check_consistent',
                        'administers', 'may_list', 'all_roles', 'all_assignments', 'conflicts')
          OR p.proname LIKE 'can\\_%' AND p.proname <> 'can_each' OR p.proname LIKE 'assign\\_%' OR p.proname LIKE 'check\\_owner\\_of\\_%'
          OR p.proname LIKE 'check\\_columns\\_of\\_%'),
     'can be executed by the application')
) AS w (wrong, what) WHERE p.pronamespace = 'crm_access_rules'::regnamespace AND w.wrong
UNION ALL
SELECT format('table %s has no forced row security', c.oid::regclass) FROM pg_class c JOIN entity e ON e.relation = c.oid
WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)
UNION ALL
SELECT format('policy %s on %s: %s', p.polname, p.polrelid::regclass, w.what) FROM pg_policy p CROSS JOIN LATERAL (VALUES
    (p.polcmd = '*', 'is for every command'),
    (p.polroles <> ARRAY[$2::text::regrole::oid] AND p.polroles <> ARRAY[$3::text::regrole::oid], 'is for other roles'),
    (p.polroles = ARRAY[$2::text::regrole::oid] AND p.polcmd <> 'r'
     AND format('%s.%s %s', (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = p.polrelid), (SELECT quote_ident(relname) FROM pg_class WHERE oid = p.polrelid), p.polcmd) <> ALL ($5::text[]),
     'lets the reader role change something')
) AS w (wrong, what) WHERE w.wrong
UNION ALL
SELECT format('the reader role does not see all of %s', r.relation) FROM (SELECT unnest($4::text[])::regclass AS relation) AS r
WHERE NOT EXISTS (
    SELECT 1 FROM pg_policy p WHERE p.polrelid = r.relation AND p.polroles = ARRAY[$2::text::regrole::oid] AND p.polcmd = 'r' AND p.polpermissive
      AND pg_get_expr(p.polqual, p.polrelid) = 'true')
UNION ALL
SELECT format('the reader role may %s %s (%s)', t.what, a.attrelid::regclass, a.attname)
FROM (SELECT unnest($4::text[]) AS relation) AS r JOIN pg_attribute a ON a.attrelid = r.relation::regclass AND a.attnum > 0 AND NOT a.attisdropped,
     (VALUES ('INSERT'), ('UPDATE')) AS t(what)
WHERE has_column_privilege($2::text, a.attrelid, a.attnum, t.what) AND format('%s %s %s', t.what, r.relation, a.attname) <> ALL ($6::text[])
UNION ALL
SELECT format('the application may %s %s', t.what, e.relation) FROM entity e, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS t(what)
WHERE has_table_privilege($3::text, e.relation::oid, t.what)
ORDER BY 1";

fn helpers_and_policies_stand_as_they_must(bench: &mut Bench) -> Result<(), String> {
    let entities: Vec<String> = bench.model.entities.iter().map(|entity| table_sql(&entity.table)).collect();
    let read: Vec<String> = tables(&bench.model).iter().map(table_sql).collect();
    let role = |name: &str| Plain.identifier(name);
    let (reader, application) = (role(bench.model.reader_role.as_str()), role(bench.model.application_role.as_str()));
    let (mut policies, mut columns) = (Vec::new(), Vec::new());
    for entity in bench.model.entities.iter().filter(|entity| entity.assigned) {
        let (table, commands, what, lent) = match &entity.owners {
            Owners::None => continue,
            Owners::Columns(columns) => (table_sql(&entity.table), &["w"][..], "UPDATE", columns.clone()),
            Owners::Table(join) => (table_sql(&join.table), &["a", "d"][..], "INSERT", vec![join.left.clone(), join.right.clone()]),
        };
        policies.extend(commands.iter().map(|command| format!("{table} {command}")));
        columns.extend(lent.iter().map(|column| format!("{what} {table} {column}")));
    }
    let rows = bench
        .admin
        .query(WRONG, &[&entities, &reader, &application, &read, &policies, &columns])
        .map_err(|error| format!("{:?}", Refused::from(error)))?;
    let wrong: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
