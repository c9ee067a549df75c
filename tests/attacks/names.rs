//! A31: names and texts of a configuration that try to become SQL, or commands of the program that runs the script.

use crm_access::apply::{end_statement, prepare};
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};

use crate::attacker::program;
use crate::support::{TARGETS, World, applier, connect, tables_from};

/// What a configuration may be made to hold by whoever writes a line of it.
fn nasty(mark: &str) -> Vec<String> {
    vec![
        "'; DROP TABLE victim; --".to_owned(),
        "\"; DROP TABLE victim; --".to_owned(),
        "\\'; DROP TABLE victim; --".to_owned(),
        "$function$; DROP TABLE victim; --".to_owned(),
        "$$; DROP TABLE victim; --".to_owned(),
        "*/ DROP TABLE victim; /*".to_owned(),
        "x\nDROP TABLE victim;\n--".to_owned(),
        "x\r\nDROP TABLE victim;\r\n--".to_owned(),
        "x\rDROP TABLE victim;".to_owned(),
        "x\u{2028}DROP TABLE victim;\u{85}DROP TABLE victim;".to_owned(),
        format!("x\n\\! touch {mark}\n"),
        format!("\\! touch {mark}"),
        format!("'\\! touch {mark}\n'"),
        ":'HOME' :\"HOME\" :HOME :{?HOME}".to_owned(),
        "\\.\nDROP TABLE victim;".to_owned(),
        "{% raw %}{{ 1 }}{# x #}".to_owned(),
        "%I %L %s %%".to_owned(),
        "U&'\\0027' E'\\''".to_owned(),
        "name_0 text 0 name_1".to_owned(),
        "\u{202e}drop\u{feff}\u{200b}".to_owned(),
    ]
}

fn literal(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A configuration with the text as a name or a value at one of many places; `None` beyond the last.
fn with(place: usize, text: &str) -> Option<String> {
    let quoted = literal(text);
    let in_where = literal(&format!("note = '{}'", text.replace('\'', "''")));
    let mut parts = ["r", "\"\"", "limit", "\"\"", "doc", "app.user_token", "region", "\"note = 'x'\"", "new", "login"].map(str::to_owned);
    match place {
        0..=6 | 8 | 9 => parts[place] = quoted,
        7 => parts[7] = in_where,
        _ => return None,
    }
    let [role, about, restriction, why, entity, setting, attribute, condition, stage, login] = parts;
    Some(format!(
        "version: 1
application_role: crm_app
key_type: int4
identity: {{act_as: crm_backend, database_role: {login}, setting: {{name: {setting}, signed: true, issuers: crm_backend}}}}
directory:
  users: {{table: users, attributes: {{{attribute}: text}}}}
entities:
  {entity}: {{table: docs, owners: owner, stage: {{column: stage, names: [{stage}, other]}}}}
roles:
  {role}: {{description: {about}, grants: {{{entity}: {{read: [own, {{scope: all, where: {condition}}}], update: {{scopes: own, stages: {{{stage}: none}}}}}}}}}}
restrictions:
  {restriction}: {{description: {why}, entities: {{{entity}: own}}, others: hidden}}
assignments: {{listed: [{{role: {role}, everyone: true}}, {{restriction: {restriction}, user: 2}}]}}
"
    ))
}

fn tables(column: &str) -> String {
    let column = column.replace('"', "\"\"");
    format!(
        "DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         DO $$ BEGIN
             IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
         EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
         END $$;
         CREATE TABLE victim (id int);
         CREATE TABLE users (id int PRIMARY KEY, login text, region text{});
         INSERT INTO users (id) VALUES (1), (2);
         CREATE TABLE docs (id int PRIMARY KEY, owner int, note text, stage text);
         INSERT INTO docs SELECT n, 1 + n % 2, 'x', 'new' FROM generate_series(1, 10) AS n;
         GRANT SELECT, UPDATE ON docs TO crm_app",
        if ["login", "region"].contains(&column.as_str()) { String::new() } else { format!(", \"{column}\" text") }
    )
}

#[test]
fn a31_a_text_of_the_configuration_stays_a_text_when_psql_runs_the_script() {
    for target in TARGETS {
        let mark = format!("/tmp/crm-mark-{}-{}", std::process::id(), target.name());
        for text in nasty(&mark) {
            let mut run = 0;
            for place in 0.. {
                let Some(configuration) = with(place, &text) else { break };
                let source = Source::new("test.yaml", configuration);
                let mut diagnostics = Diagnostics::new();
                let Some(prepared) = prepare(&source, target, &mut diagnostics).filter(|_| !diagnostics.has_errors()) else {
                    // Some places take no such text, and say so with its own code.
                    assert!(diagnostics.has_errors(), "{place} {text:?}");
                    continue;
                };
                // One server run for each text: at the first, the seventh and the last place, which are a comment's, a literal's and an identifier's.
                if ![0, 1, 7, 9].contains(&place) {
                    continue;
                }
                run += 1;
                let script = prepared.script.text(&end_statement(&source, &prepared).unwrap());
                let column: String = if place == 9 { text.clone() } else { "login".to_owned() };
                let database = tables_from(&tables(&column), target);
                let file = format!("/tmp/crm-script-{}-{}-{place}.sql", std::process::id(), target.name());
                std::fs::write(&file, &script).unwrap();
                let output = program(
                    "psql",
                    &database,
                    applier(target),
                    &["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", &format!("--file={file}")],
                );
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{} {place} {text:?}: {said}", target.name());
                assert!(!std::path::Path::new(&mark).exists(), "{place} {text:?} ran a command");
                let mut world = World::open(database.clone(), target);
                assert_eq!(world.really("SELECT to_regclass('public.victim') IS NOT NULL"), ["t"], "{place} {text:?}");
                assert_eq!(world.really("SELECT source FROM crm_access.version").concat(), source.text(), "what is kept is what was given");
                let rows = if place == 7 { "5" } else { "10" };
                assert_eq!(world.sees("1", "SELECT count(*) FROM docs"), [rows], "{place} {text:?}");
                assert_eq!(world.sees("2", "SELECT count(*) FROM docs"), ["5"], "{place} {text:?}");
                drop(world);
                let removed: bool = connect(&database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
                assert!(removed);
                std::fs::remove_file(&file).unwrap();
            }
            assert!(run > 0, "{text:?} was accepted somewhere");
        }
    }
}

#[test]
fn a31_a_condition_calls_nothing_that_could_act() {
    for condition in [
        "pg_sleep(10) IS NULL",
        "set_config('crm_access.identity_value', '1', true) = '1'",
        "note = pg_read_file('/etc/passwd')",
        "note IN (SELECT name FROM users)",
        "EXISTS (SELECT 1)",
        "(SELECT true)",
        "note::regclass IS NOT NULL",
        "note = current_user",
        "note = current_setting('x')",
        "lo_unlink(1) = 1",
        "note = 'x' OR true); DROP TABLE victim; --",
        "note OPERATOR(public.=) 'x'",
        "owner = (1)::pg_catalog.int4",
        "note LIKE 'x' ESCAPE ''''",
        "nextval('s') = 1",
        "random() < 0.5",
        "user.password = 'x'",
        "docs.note = 'x'",
        "note = $1",
        "note = E'\\''",
        "note = U&'\\0027'",
        "note = \"note\"; SELECT 1",
        "/* x */ owner = 1 -- y",
    ] {
        for target in TARGETS {
            let mut diagnostics = Diagnostics::new();
            let text = with(7, "x").unwrap().replace(&literal("note = 'x'"), &literal(condition));
            assert!(text.contains(&literal(condition)));
            let source = Source::new("test.yaml", text);
            let refused = prepare(&source, target, &mut diagnostics).is_none() || diagnostics.has_errors();
            assert!(refused, "{condition}: {} took it", Target::name(target));
            assert!(
                diagnostics
                    .iter()
                    .any(|found| ["bad-predicate", "forbidden-in-predicate", "missing-column", "unknown-name"]
                        .contains(&found.code.as_str())),
                "{condition}: {diagnostics:?}"
            );
        }
    }
}
