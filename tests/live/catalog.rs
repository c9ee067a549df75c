//! What the catalog of a database says, one line for each fact, so that two states can be compared.

use postgres::Client;

/// Lines about everything that a configuration could leave behind. `excluded` is a schema whose objects don't count, with the objects of
/// extensions; `roles` are the server's roles that count.
pub fn catalog(client: &mut Client, excluded: &str, roles: &[&str]) -> Vec<String> {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let rows = client.query(QUERY, &[&excluded, &roles]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Fails with the lines that came and the lines that went.
#[track_caller]
pub fn assert_same(before: &[String], after: &[String], context: &str) {
    let came: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let went: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    assert!(came.is_empty() && went.is_empty(), "{context}\ncame: {came:#?}\nwent: {went:#?}");
}

const QUERY: &str = "
WITH space AS (
    SELECT oid, nspname, nspacl, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', $1::text)
), class AS (
    SELECT c.*, n.nspname FROM pg_class c JOIN space n ON n.oid = c.relnamespace
), function AS (
    SELECT p.* FROM pg_proc p JOIN space n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), privilege (line) AS (
    SELECT format('privilege schema %s %s', n.nspname, a)
    FROM space n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    UNION ALL
    SELECT format('privilege relation %s %s', c.oid::regclass, a)
    FROM class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, c.relowner))) a
    UNION ALL
    SELECT format('privilege column %s.%s %s', c.oid::regclass, t.attname, a) FROM class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    UNION ALL
    SELECT format('privilege function %s %s', p.oid::regprocedure, a) FROM function p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    UNION ALL
    SELECT format('privilege database %s', a) FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname = current_database()
), line (line) AS (
    SELECT format('schema %s %s', nspname, nspowner::regrole) FROM space
    UNION ALL
    SELECT format('relation %s %s %s %s row security %s %s %s', oid::regclass, relkind, relowner::regrole, relpersistence, relrowsecurity, relforcerowsecurity, reloptions) FROM class
    UNION ALL
    SELECT format('column %s %s %s %s %s %s %s', c.oid::regclass, t.attnum, t.attname, format_type(t.atttypid, t.atttypmod), t.attnotnull, t.attidentity, t.attgenerated)
    FROM class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 WHERE c.relkind <> 'i'
    UNION ALL
    SELECT format('default %s %s %s', d.adrelid::regclass, d.adnum, pg_get_expr(d.adbin, d.adrelid)) FROM pg_attrdef d JOIN class c ON c.oid = d.adrelid
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN class c ON c.oid = i.indrelid
    UNION ALL
    SELECT format('constraint %s %s %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN space n ON n.oid = k.connamespace
    UNION ALL
    SELECT format('rule %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN class c ON c.oid = r.ev_class
    UNION ALL
    SELECT format('trigger %s %s', pg_get_triggerdef(g.oid), g.tgenabled) FROM pg_trigger g JOIN class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal
    UNION ALL
    SELECT format('policy %s %s %s %s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],
                  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN class c ON c.oid = p.polrelid
    UNION ALL
    SELECT format('function %s %s %s', p.oid::regprocedure, p.proowner::regrole, md5(pg_get_functiondef(p.oid))) FROM function p WHERE p.prokind IN ('f', 'p')
    UNION ALL
    SELECT format('comment %s %s %s', d.classoid::regclass, pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass JOIN class k ON k.oid = c.oid
    UNION ALL
    SELECT format('default privileges %s %s', defaclrole::regrole, defaclacl) FROM pg_default_acl
    UNION ALL
    SELECT format('event trigger %s', evtname) FROM pg_event_trigger
    UNION ALL
    SELECT format('type %s', t.oid::regtype) FROM pg_type t JOIN space n ON n.oid = t.typnamespace WHERE t.typrelid = 0 AND t.typelem = 0
    UNION ALL
    SELECT format('setting %s %s', setdatabase::text, setconfig) FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT format('role %s %s', rolname, row(rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconfig))
    FROM pg_roles WHERE rolname = ANY ($2::text[])
    UNION ALL
    SELECT format('member %s of %s, admin option %s', m.member::regrole, m.roleid::regrole, m.admin_option)
    FROM pg_auth_members m WHERE m.member::regrole::text = ANY ($2::text[]) AND m.roleid::regrole::text = ANY ($2::text[])
    UNION ALL
    SELECT line FROM privilege
)
SELECT line FROM line ORDER BY line COLLATE \"C\"";
