//! `crm_access.vetted_operators`: an administrator's choice lets indexes be used below the policies for conditions that are not leakproof
//! (DESIGN section 5.6). It changes which plans there are and never which rows, and the policies are asked before such a condition is.
//!
//! Lena (3) sees 38 companies of the preset. Only the extension has the setting.

use crm_access::program::Target;
use postgres::Client;

use crate::support::{Refused, World, connect, first_column, refused};

const LENA: &str = "3";

/// Each family, a condition of it, and the index that serves the condition.
const CONDITIONS: [(&str, &str, &str); 8] = [
    // Trigrams serve it as well.
    ("like", "name LIKE 'Comp%'", "vetted_"),
    ("ilike", "name ILIKE '%omp%'", "vetted_trigrams"),
    ("full_text", "to_tsvector('simple', name) @@ to_tsquery('simple', 'nothing | some')", "vetted_words"),
    ("jsonb", "facts @> '{\"odd\": true}'", "vetted_facts"),
    ("jsonb", "facts ->> 'third' = 'yes'", "vetted_third"),
    ("numeric", "weight < 9.5", "vetted_weight"),
    ("enum", "mood = 'good'", "vetted_mood"),
    ("array", "tags && ARRAY['a', 'b']", "vetted_tags"),
];

const TABLES: &str = "
    CREATE EXTENSION pg_trgm;
    DROP INDEX companies_account_manager_id_idx, companies_second_account_manager_id_idx;
    CREATE TYPE mood AS ENUM ('bad', 'good');
    ALTER TABLE companies ADD facts jsonb, ADD weight numeric, ADD mood mood, ADD tags text[];
    UPDATE companies SET name = CASE id % 2 WHEN 0 THEN 'Company some ' ELSE 'comp nothing ' END || id,
        facts = jsonb_build_object('odd', id % 2 = 1, 'third', CASE id % 3 WHEN 0 THEN 'yes' END),
        weight = id % 20, mood = CASE id % 3 WHEN 1 THEN 'good' ELSE 'bad' END::mood, tags = ARRAY[chr(97 + id::integer % 5)];
    CREATE INDEX vetted_name ON companies (name text_pattern_ops);
    CREATE INDEX vetted_trigrams ON companies USING gin (name gin_trgm_ops);
    CREATE INDEX vetted_words ON companies USING gin (to_tsvector('simple', name));
    CREATE INDEX vetted_facts ON companies USING gin (facts);
    CREATE INDEX vetted_third ON companies ((facts ->> 'third'));
    CREATE INDEX vetted_weight ON companies (weight);
    CREATE INDEX vetted_mood ON companies (mood);
    CREATE INDEX vetted_tags ON companies USING gin (tags);
    ANALYZE companies";

/// Companies with such columns and no index that would serve the policy, in a database whose plans may be seen.
fn world() -> World {
    let mut world = World::new("teamleader", Target::Extension);
    world.force(TABLES);
    let database = world.database.clone();
    world.force(&format!("ALTER DATABASE \"{database}\" SET crm_access.guard_explain = off"));
    world
}

/// A connection for Lena in a transaction, where an administrator has vetted some operators.
fn lena(world: &mut World, vetted: &str) -> Client {
    let database = world.database.clone();
    world.force(&format!("ALTER DATABASE \"{database}\" SET crm_access.vetted_operators = '{vetted}'"));
    let mut client = connect(&world.database, "crm_backend");
    client.batch_execute("SET enable_seqscan = off; BEGIN").unwrap();
    client.batch_execute(&format!("SELECT crm_access.act_as({LENA})")).unwrap();
    client
}

fn ask(client: &mut Client, query: &str) -> Result<Vec<String>, Refused> {
    Ok(first_column(client.simple_query(query)?))
}

fn plan(client: &mut Client, condition: &str) -> String {
    ask(client, &format!("EXPLAIN (COSTS OFF) SELECT id FROM companies WHERE {condition}")).unwrap().join("\n")
}

#[test]
fn an_index_serves_what_is_vetted_and_nothing_else() {
    let mut world = world();
    for (family, condition, index) in CONDITIONS {
        let others: Vec<&str> = CONDITIONS.iter().map(|(other, _, _)| *other).filter(|other| *other != family).collect();
        for (vetted, served) in [(family.to_owned(), true), (others.join(", "), false), (String::new(), false)] {
            let plan = plan(&mut lena(&mut world, &vetted), condition);
            assert_eq!(plan.contains(index), served, "{condition} with `{vetted}`: {plan}");
        }
        let either = plan(&mut lena(&mut world, family), &format!("({condition} OR id = 7)"));
        assert!(either.contains(index), "an arm of OR: {either}");
    }
}

#[test]
fn the_rows_are_the_same() {
    let mut world = world();
    let all = CONDITIONS.map(|(family, _, _)| family).join(",");
    for (_, condition, _) in CONDITIONS {
        let query = format!("SELECT id FROM companies WHERE {condition} ORDER BY id");
        let (before, after) = (ask(&mut lena(&mut world, ""), &query).unwrap(), ask(&mut lena(&mut world, &all), &query).unwrap());
        assert!(!before.is_empty() && before == after, "{condition}: {before:?} and {after:?}");
        let there = world.really(&query).len();
        assert!(there > before.len(), "{condition}: some rows are hidden, {there}");
    }
}

#[test]
fn a_function_of_the_user_sees_no_hidden_row() {
    let mut world = world();
    world.force(
        "CREATE SCHEMA own AUTHORIZATION crm_backend;
         CREATE FUNCTION own.tell(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0000001 AS $$ BEGIN RAISE 'told %', $1; END $$",
    );
    let hidden = world.really("SELECT count(*) FROM companies WHERE name LIKE 'Comp%' AND account_manager_id IS DISTINCT FROM 3").concat();
    assert_ne!(hidden, "0");
    for condition in ["own.tell(name)", "own.tell(name) AND name LIKE 'Comp%'", "(name LIKE 'Comp%' OR own.tell(name))"] {
        let client = &mut lena(&mut world, "like");
        let mine: Vec<String> = ask(client, "SELECT name FROM companies").unwrap();
        let told = ask(client, &format!("SELECT id FROM companies WHERE {condition}"));
        let message = match told {
            Err(refused) => refused.message,
            Ok(rows) => panic!("{condition} was asked of no row, and gave {rows:?}"),
        };
        assert!(mine.iter().any(|name| message == format!("told {name}")), "{condition}: {message}");
    }
}

#[test]
fn a_pattern_that_fails_for_some_texts_alone_is_not_vetted() {
    let mut world = world();
    let hidden =
        world.really("SELECT name FROM companies WHERE account_manager_id IS DISTINCT FROM 3 ORDER BY length(name) DESC LIMIT 1").concat();
    // It is an error for whatever begins so, and for nothing else.
    for (operator, pattern) in [("LIKE", format!("{hidden}\\")), ("ILIKE", format!("{hidden}\\")), ("NOT LIKE", format!("{hidden}\\\\\\"))]
    {
        let client = &mut lena(&mut world, "like, ilike");
        let condition = format!("name {operator} '{pattern}'");
        assert!(!plan(client, &condition).contains("vetted_"), "{condition}");
        assert!(ask(client, &format!("SELECT id FROM companies WHERE {condition}")).is_ok(), "{condition}");
    }
    let client = &mut lena(&mut world, "like, ilike");
    assert!(plan(client, "name LIKE 'Comp\\\\%'").contains("vetted_"), "an escaped backslash ends nothing");
    // A pattern that is not known when the plan is made.
    client
        .batch_execute("SET plan_cache_mode = force_generic_plan; PREPARE one(text) AS SELECT id FROM companies WHERE name LIKE $1")
        .unwrap();
    let generic = ask(client, "EXPLAIN (COSTS OFF) EXECUTE one('Comp%')").unwrap().join("\n");
    assert!(!generic.contains("vetted_"), "{generic}");
}

#[test]
fn only_a_superuser_chooses_and_only_what_there_is() {
    let mut world = world();
    let client = &mut lena(&mut world, "");
    refused(ask(client, "SET crm_access.vetted_operators = 'like'"), "42501");
    for (wrong, named) in [("regex", "regex"), ("like ilike", "like ilike"), ("like,=", "=")] {
        let mut other = connect(&world.database, "postgres");
        other.batch_execute("LOAD 'crm_access'").unwrap();
        let refusal = refused(ask(&mut other, &format!("SET crm_access.vetted_operators = '{wrong}'")), "22023");
        let said = format!("\"{named}\" is none of like, ilike, full_text, jsonb, numeric, enum, array.");
        assert!(refusal.detail == said, "{refusal:?}");
    }
    let mut other = connect(&world.database, "postgres");
    other.batch_execute("LOAD 'crm_access'; SET crm_access.vetted_operators = ' Full_Text ,like,, LIKE'").unwrap();
}

#[test]
fn policies_of_others_are_left_alone() {
    let mut world = world();
    world.force(
        "CREATE TABLE other (id bigint, name text); INSERT INTO other SELECT n, 'Comp' || n FROM generate_series(1, 1000) n;
         CREATE INDEX vetted_other ON other (name text_pattern_ops); ANALYZE other; GRANT SELECT ON other TO crm_app;
         ALTER TABLE other ENABLE ROW LEVEL SECURITY; CREATE POLICY every_second ON other USING (id % 2 = 0)",
    );
    let client = &mut lena(&mut world, "like");
    let plan = ask(client, "EXPLAIN (COSTS OFF) SELECT id FROM other WHERE name LIKE 'Comp99%'").unwrap().join("\n");
    assert!(!plan.contains("vetted_other"), "{plan}");
    assert_eq!(ask(client, "SELECT count(*) FROM other WHERE name LIKE 'Comp99%'").unwrap(), ["5"]);
}
