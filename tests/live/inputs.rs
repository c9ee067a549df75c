//! Names and texts made at random of what means something to YAML, conditions, templates or SQL: on a real server they are names and texts.
//!
//! `PROPTEST_CASES` raises the number of cases.

#[path = "../inputs/cases.rs"]
mod cases;
#[path = "../inputs/hostile.rs"]
mod hostile;
#[allow(dead_code)]
#[path = "../inputs/write.rs"]
mod write;

use std::sync::atomic::{AtomicU32, Ordering};

use crm_access::program::Target;
use crm_access::render::{Plain, Quoting};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use write::{Tree, write};

use crate::rows::Rows;
use crate::support::{TARGETS, World, applier, apply_as, connect, tables_from};

/// One of everything that a configuration names.
#[derive(Clone, Debug)]
struct Named {
    schema: String,
    tables: [String; 2],
    /// Key, owner, stage, note and touched column; then attribute and key of the users.
    columns: [String; 7],
    database_role: String,
    /// Entity, role and restriction.
    names: [String; 3],
    stage: String,
    text: String,
    description: String,
    style: u64,
}

fn named() -> impl Strategy<Value = Named> {
    let text = || hostile::text().prop_map(|text| text.replace('\0', ""));
    let names = (prop::array::uniform2(hostile::name()), prop::array::uniform7(hostile::name()), prop::array::uniform3(hostile::name()));
    (hostile::name(), hostile::name(), names, hostile::name(), text(), text(), any::<u64>()).prop_map(
        |(schema, role, (tables, columns, names), stage, text, description, style)| Named {
            // The schemas of crm_access and of the system are refused, and roles are of the whole server.
            schema: fitting("s", &schema, ""),
            tables: numbered(tables),
            columns: numbered(columns),
            database_role: role,
            // Scopes are written with these characters, so no entity has one in its name.
            names: numbered(names.map(|name| name.replace(['(', ')', ',', '*'], "_"))),
            stage,
            text,
            description,
            style,
        },
    )
}

/// A name with a beginning and an end of ours that is no longer than a name can be.
fn fitting(before: &str, name: &str, after: &str) -> String {
    let mut kept = name.to_owned();
    while before.len() + kept.len() + after.len() > 63 {
        kept.pop();
    }
    format!("{before}{kept}{after}")
}

/// Names that differ: a number is added where one stands twice.
fn numbered<const N: usize>(names: [String; N]) -> [String; N] {
    let mut seen: Vec<String> = Vec::new();
    names.map(|name| {
        let name = if seen.contains(&name) { fitting("", &name, &format!(" {}", seen.len())) } else { name };
        seen.push(name.clone());
        name
    })
}

/// Quoting written apart from the product's: always quoted, and E'' wherever there is a backslash.
fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn map(pairs: &[(&str, Tree)]) -> Tree {
    Tree::Map(pairs.iter().map(|(key, value)| (Tree::Text((*key).to_owned()), value.clone())).collect())
}

fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

/// What the application is called in the server: roles outlive the test.
fn role(named: &Named, letter: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    fitting("r", &named.database_role, &format!(" {letter}{}_{number}", std::process::id()))
}

fn right_rows(named: &Named, target: Target) {
    let [key, owner, stage, note, touched, attribute, person] = &named.columns;
    let [entity, granted, restriction] = &named.names;
    let [records, people] = &named.tables;
    let (application, backend, reader) = (role(named, "a"), role(named, "b"), role(named, "c"));
    let table = format!("{}.{}", ident(&named.schema), ident(records));
    let users = format!("{}.{}", ident(&named.schema), ident(people));
    let script = format!(
        "CREATE TABLE public.victim (id int);
         CREATE SCHEMA {schema};
         CREATE TABLE {table} ({key} int PRIMARY KEY, {owner} int, {stage} text, {note} text, {touched} int);
         INSERT INTO {table} SELECT n, 1 + n % 3, (ARRAY['plain stage', {at}])[1 + n % 2], (ARRAY[{meant}, 'something else', NULL])[1 + n % 3], 0
             FROM generate_series(1, 18) AS n;
         CREATE TABLE {users} ({person} int PRIMARY KEY, {attribute} text);
         INSERT INTO {users} VALUES (1, {meant}), (2, 'something else'), (3, NULL);",
        schema = ident(&named.schema),
        key = ident(key),
        owner = ident(owner),
        stage = ident(stage),
        note = ident(note),
        touched = ident(touched),
        person = ident(person),
        attribute = ident(attribute),
        at = literal(&named.stage),
        meant = literal(&named.text),
    );
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let condition = format!("{0} = {1} or {0} in (user.{2}, {1})", ident(note), quoted(&named.text), ident(attribute));
    let own = map(&[("scope", text("own"))]);
    let grants = map(&[
        ("read", Tree::List(vec![own, map(&[("where", text(&condition))])])),
        ("update", map(&[("scopes", text("all")), ("stages", Tree::Map(vec![(text(&named.stage), text("own"))]))])),
        ("delete", text("own")),
    ]);
    let configuration = map(&[
        ("version", Tree::Int(1)),
        ("application_role", text(&application)),
        ("reader_role", text(&reader)),
        ("schema", text(&named.schema)),
        ("key_type", text("int4")),
        (
            "identity",
            map(&[
                ("act_as", text(&backend)),
                ("setting", map(&[("name", text("app.user_token")), ("signed", Tree::Bool(true)), ("issuers", text(&backend))])),
            ]),
        ),
        (
            "directory",
            map(&[("users", map(&[("table", text(people)), ("key", text(person)), ("attributes", map(&[(attribute, text("text"))]))]))]),
        ),
        (
            "entities",
            map(&[(
                entity,
                map(&[
                    ("table", text(records)),
                    ("key", text(key)),
                    ("owners", text(owner)),
                    ("stage", map(&[("column", text(stage)), ("names", Tree::List(vec![text("plain stage"), text(&named.stage)]))])),
                ]),
            )]),
        ),
        ("roles", map(&[(granted, map(&[("description", text(&named.description)), ("grants", map(&[(entity, grants)]))]))])),
        ("restrictions", map(&[(restriction, map(&[("entities", map(&[(entity, text("own"))])), ("others", text("hidden"))]))])),
        (
            "assignments",
            map(&[(
                "listed",
                Tree::List(vec![
                    map(&[("role", text(granted)), ("everyone", Tree::Bool(true))]),
                    map(&[("restriction", text(restriction)), ("user", Tree::Int(3))]),
                ]),
            )]),
        ),
    ]);
    let database = tables_from(&script, target);
    let mut admin = connect(&database, "postgres");
    admin
        .batch_execute(&format!(
            "CREATE ROLE {0} NOLOGIN; CREATE ROLE {1} LOGIN; GRANT {0} TO {1}; GRANT USAGE ON SCHEMA {2} TO {0}; GRANT ALL ON {table} TO {0};
             DO $do$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$;",
            ident(&application),
            ident(&backend),
            ident(&named.schema),
        ))
        .unwrap();
    let written = write(&configuration, named.style);
    apply_as(&database, applier(target), target, &written).unwrap_or_else(|refused| panic!("{}: {refused:?}\n{written}", target.name()));
    let mut world = World::open(database.clone(), target);
    world.backend = connect(&database, &backend);
    let touch = format!("{} = 1", ident(touched));
    let key = ident(key);
    let rows = Rows { table: &table, key: &key, touch: &touch };
    for user in 1..=3 {
        let mine = format!("t.{} = {user}", ident(owner));
        let known = ["true", &format!("t.{} = 'something else'", ident(note)), "false"][user - 1].to_owned();
        // The text is what the condition names; the attribute of user 1 is the same, that of user 2 another one, that of user 3 unknown.
        let named_text = format!("coalesce(t.{} = {}, false)", ident(note), literal(&named.text));
        let noted = if user == 2 { format!("({named_text} OR coalesce({known}, false))") } else { named_text };
        let read = if user == 3 { mine.clone() } else { format!("({mine} OR {noted})") };
        let at = format!("t.{} = {}", ident(stage), literal(&named.stage));
        // An UPDATE that reads no column asks for no right to read.
        let update = if user == 3 { mine.clone() } else { format!("(NOT {at} OR {mine})") };
        rows.assert_rights(&mut world, &user.to_string(), &read, &update, &mine);
    }
    assert_eq!(world.really("SELECT to_regclass('public.victim') IS NOT NULL"), ["t"]);
    let strange = "SELECT polname FROM pg_policy WHERE polname NOT LIKE 'crm\\_access%'";
    assert_eq!(world.really(strange), Vec::<String>::new());
    drop(world);
    // Databases of tests stay until the server goes, but these are many.
    drop(admin);
    connect("postgres", "postgres").batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", ident(&database))).unwrap();
}

#[test]
fn whatever_the_names_the_rows_are_the_right_ones() {
    let mut runner = TestRunner::new(proptest::test_runner::Config { max_shrink_iters: 30, ..cases::cases(25) });
    let tried = runner.run(&named(), |named| {
        TARGETS.into_iter().for_each(|target| right_rows(&named, target));
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_keyword_of_the_server_is_written_in_quotes() {
    let mut admin = connect("postgres", "postgres");
    let words = admin.query("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U' ORDER BY word", &[]).unwrap();
    assert!(words.len() > 100, "{}", words.len());
    for row in words {
        let word: String = row.get(0);
        assert_eq!(Plain.identifier(&word), format!("\"{word}\""));
    }
}
