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

/// A configuration in which each text is the name, the description and the condition of a role of its own, and of a restriction.
fn with(texts: &[String], condition: &str) -> String {
    let mut roles = String::new();
    let mut restrictions = String::new();
    for text in texts {
        let (name, on) = (literal(text), literal(&format!("note = '{}'", text.replace('\'', "''"))));
        roles.push_str(&format!("  {name}: {{description: {name}, grants: {{doc: {{read: [own, {{where: {on}}}]}}}}}}\n"));
        restrictions.push_str(&format!("  {name}: {{description: {name}, entities: {{doc: own}}, others: hidden}}\n"));
    }
    format!(
        "version: 1
application_role: crm_app
key_type: int4
identity: {{act_as: crm_backend, setting: {{name: app.user_token, signed: true, issuers: crm_backend}}}}
directory:
  users: {{table: users}}
entities:
  doc: {{table: docs, owners: owner}}
roles:
{roles}  plain: {{grants: {{doc: {{read: own, update: {{where: {}}}}}}}}}
restrictions:
{restrictions}  limit: {{entities: {{doc: own}}, others: hidden}}
assignments: {{listed: [{{role: plain, everyone: true}}, {{role: {}, user: 2}}, {{restriction: limit, user: 3}}]}}
",
        literal(condition),
        texts.first().map_or_else(|| "plain".to_owned(), |text| literal(text)),
    )
}

const TABLES: &str = "
DO $$ BEGIN CREATE ROLE crm_backend LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('crm_backend', 'crm_app', 'MEMBER') THEN GRANT crm_app TO crm_backend; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
CREATE TABLE victim (id int);
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users (id) VALUES (1), (2), (3);
CREATE TABLE docs (id int PRIMARY KEY, owner int, note text);
INSERT INTO docs SELECT n, 1 + n % 2, 'x' FROM generate_series(1, 10) AS n;
GRANT SELECT, UPDATE ON docs TO crm_app;
";

fn accepted(text: &str, target: Target) -> Result<String, Vec<&'static str>> {
    let source = Source::new("test.yaml", text);
    let mut diagnostics = Diagnostics::new();
    match prepare(&source, target, &mut diagnostics).filter(|_| !diagnostics.has_errors()) {
        Some(prepared) => Ok(prepared.script.text(&end_statement(&source, &prepared).unwrap())),
        None => Err(diagnostics.iter().map(|found| found.code.as_str()).collect()),
    }
}

#[test]
fn a31_a_text_of_the_configuration_stays_a_text_when_psql_runs_the_script() {
    for target in TARGETS {
        let mark = format!("/tmp/crm-mark-{}-{}", std::process::id(), target.name());
        // Some are no names at all, and are refused as such.
        let (mut texts, mut refused) = (Vec::new(), 0);
        for text in nasty(&mark) {
            match accepted(&with(std::slice::from_ref(&text), "note = 'x'"), target) {
                Ok(_) => texts.push(text),
                Err(codes) => {
                    assert!(
                        codes.iter().all(|code| ["bad-name", "bad-predicate", "name-too-long", "unknown-role"].contains(code)),
                        "{text:?}: {codes:?}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(texts.len() > refused, "{texts:?}");
        let text = with(&texts, "note = 'x'");
        let script = accepted(&text, target).unwrap();
        let database = tables_from(TABLES, target);
        let file = format!("{mark}.sql");
        std::fs::write(&file, &script).unwrap();
        let arguments = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", &format!("--file={file}")];
        let output = program("psql", &database, applier(target), &arguments);
        std::fs::remove_file(&file).unwrap();
        assert!(output.status.success(), "{}: {}", target.name(), String::from_utf8_lossy(&output.stderr));
        assert!(!std::path::Path::new(&mark).exists(), "a text ran a command of psql");
        let mut world = World::open(database.clone(), target);
        assert_eq!(world.really("SELECT to_regclass('public.victim') IS NOT NULL"), ["t"]);
        assert_eq!(world.really("SELECT source FROM crm_access.version").concat(), text, "what is kept is what was given");
        assert_eq!(world.really("SELECT polname FROM pg_policy WHERE polname NOT LIKE 'crm\\_access%'"), Vec::<String>::new());
        // Each condition is true of its own text and of no other.
        for (number, text) in texts.iter().enumerate() {
            let note = text.replace('\\', "\\\\").replace('\'', "''");
            world.force(&format!("INSERT INTO docs VALUES (100 + {number}, 9, E'{note}')"));
        }
        assert_eq!(world.count("1", "docs"), 5);
        assert_eq!(world.sees("2", "SELECT id FROM docs WHERE id >= 100"), ["100"]);
        drop(world);
        let removed: bool = connect(&database, applier(target)).query_one("SELECT crm_access.remove()", &[]).unwrap().get(0);
        assert!(removed);
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
            let codes = accepted(&with(&[], condition), target).expect_err(condition);
            assert!(
                codes.iter().all(|code| ["bad-predicate", "forbidden-in-predicate", "missing-column"].contains(code)),
                "{condition}: {codes:?}"
            );
        }
    }
}
