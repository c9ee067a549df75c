//! The audit as people call it: the command line's options and exit codes, and the function of the extension.

use crm_access::program::Target;
use serde_json::Value;

use crate::audit::Place;
use crate::support::{REFUSED, Refused, TARGETS, applier, apply_as, connect, project_file, refused, tables_only};

#[test]
fn a_finding_ends_with_three_and_is_accepted_with_a_reason_until_a_day() {
    for target in TARGETS {
        let place = Place::new("teamleader", target, "accept");
        place.admin("GRANT TRUNCATE ON deals TO {app}");
        let (code, report) = place.report(&[]);
        assert_eq!((code, &report["findings"][0]["object"]), (3, &Value::from("public.deals.TRUNCATE")));
        assert!(report["findings"][0]["line"].as_u64().is_some());
        for (until, code, lints) in [("2999-12-31", 0, vec![]), ("2020-01-31", 3, vec!["excess-privilege", "expired-accept"])] {
            let entry =
                format!("\n    - {{lint: excess-privilege, object: public.deals.TRUNCATE, reason: a nightly load, until: {until}}}\n");
            let file = std::env::temp_dir().join(format!("crm-access-accept-{}-{}-{until}.yaml", std::process::id(), target.name()));
            std::fs::write(&file, place.text.trim_end().to_owned() + &entry).unwrap();
            let (_, report) = place.report(&[file.to_str().unwrap(), "--lint", "excess-privilege", "--lint", "expired-accept"]);
            let found: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|found| found["lint"].as_str().unwrap()).collect();
            let (exit, ..) = place.run(&[file.to_str().unwrap(), "--lint", "excess-privilege"]);
            // A file that is not what is applied is drift, and is told where all lints run.
            let (all, ..) = place.run(&[file.to_str().unwrap()]);
            std::fs::remove_file(&file).unwrap();
            assert_eq!((exit, found), (code, lints), "{until}");
            assert_eq!(all, if code == 0 { 4 } else { 3 }, "{until}");
        }
    }
}

#[test]
fn where_nothing_is_applied_the_audit_fails_unless_it_is_given_a_file() {
    let database = tables_only("teamleader", Target::Portable);
    let url = crate::support::url(&database, "postgres");
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_crm-access"))
            .args(["audit", "--database", &url])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, _, error) = run(&[]);
    assert_eq!(code, 1);
    assert!(error.starts_with("error: no configuration is applied in this database"), "{error}");
    let file = format!("{}/examples/teamleader.yaml", env!("CARGO_MANIFEST_DIR"));
    let (code, out, _) = run(&[&file, "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &log["version"]), (3, &Value::from("2.1.0")));
    assert!(log["runs"][0]["results"].as_array().unwrap().iter().any(|result| result["ruleId"] == "CA101" && result["level"] == "error"));
}

#[test]
fn the_extension_answers_the_administrator_only_in_a_read_only_transaction_too() {
    let place = Place::new("teamleader", Target::Extension, "function");
    place.admin("ALTER TABLE deals NO FORCE ROW LEVEL SECURITY");
    let mut admin = connect(&place.database, "postgres");
    admin.batch_execute("BEGIN READ ONLY; SET LOCAL search_path = public").unwrap();
    let query = "SELECT lint, object, help, place FROM crm_access.audit() WHERE severity <> 'note'";
    let rows = admin.query(query, &[]).unwrap();
    let row: Vec<(String, String, String)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let expected = ("unprotected-entity", "public.deals", "ALTER TABLE public.deals FORCE ROW LEVEL SECURITY;");
    assert_eq!(row, [(expected.0.to_owned(), expected.1.to_owned(), expected.2.to_owned())]);
    assert!(rows[0].get::<_, String>(3).contains(':'));
    let path: String = admin.query_one("SELECT current_setting('search_path')", &[]).unwrap().get(0);
    assert_eq!(path, "public", "the caller's settings are as before");
    let ordinary =
        connect(&place.database, "crm_person_of_review").batch_execute("SELECT * FROM crm_access.audit()").map_err(Refused::from);
    refused(ordinary, REFUSED);
}

#[test]
fn an_installation_without_a_configuration_is_told_so_by_the_function() {
    let database = tables_only("teamleader", Target::Extension);
    let error = connect(&database, "postgres").batch_execute("SELECT * FROM crm_access.audit()").map_err(Refused::from);
    assert_eq!(refused(error, "55000").message, "no configuration is applied");
    apply_as(&database, applier(Target::Extension), Target::Extension, &project_file("examples/teamleader.yaml")).unwrap();
    assert!(!connect(&database, "postgres").query("SELECT * FROM crm_access.audit()", &[]).unwrap().is_empty());
}
