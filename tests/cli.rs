//! The command line as people run it, without a server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn crm_access(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crm-access")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A file that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Scratch {
        let path = std::env::temp_dir().join(format!("crm-access-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn example(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).to_str().unwrap().to_owned()
}

const TEN_MISTAKES: &str = r#"version: 2
application_role: crm_app
identity: {}
directory:
  users: {table: users, activ: is_active}
  teams: {table: teams, leader: leader_id, members: {table: team_members, of: team_id, user: user_id}}
entities:
  company: {table: companies, owners: account_manager_id, parents: {deal: deal_id}}
  deal: {table: deals, parents: {company: company_id}}
roles:
  admin: {grants: {"*": all}, includes: sales}
  sales:
    includes: admin
    grants:
      company: {reed: all, update: onw}
      deal: {read: [own, parent(compny)], update: {scopes: all, stages: {won: none}}}
restrictions:
  limited:
    not_for: admn
    others: as_granted
    leaders: confirm
    conflicts_with: other
    entities:
      company: {read: {where: "amount > (SELECT 1)"}}
  other:
    others: hidden
    not_for: admin
    entities: {company: own}
assignments:
  listed:
    - {role: admin, user: 5}
    - {restriction: limited, user: 5}
    - {restriction: other, user: 5}
    - {restriction: limited, team: 3}
"#;

#[test]
fn a_file_with_many_mistakes_has_all_of_them_reported_at_once() {
    let file = Scratch::new("ten.yaml", TEN_MISTAKES.as_bytes());
    let output = crm_access(&["check", file.path()]);
    assert_eq!(output.status.code(), Some(3));
    let report = text(&output.stdout);
    for (place, code) in [
        (":1:10", "out-of-range"),
        (":3:11", "no-identity"),
        (":5:25", "unknown-key"),
        (":9:34", "parent-cycle"),
        (":11:41", "role-cycle"),
        (":15:17", "unknown-action"),
        (":15:36", "unknown-scope"),
        (":16:21", "missing-column"),
        (":16:26", "unknown-entity"),
        (":16:74", "no-stages"),
        (":19:14", "unknown-role"),
        (":24:42", "forbidden-in-predicate"),
        (":33:21", "restricted-administrator"),
        (":33:21", "conflicting-restrictions"),
        (":34:21", "unconfirmed-leader"),
    ] {
        let at = report.find(&format!("{}{place}\n", file.path())).unwrap_or_else(|| panic!("{place} {code}: {report}"));
        assert!(report.contains(&format!("error[{code}]")), "{code}: {report}");
        assert!(at > 0);
    }
    assert!(report.contains("= help: did you mean `own`?"));
}

#[test]
fn the_json_report_has_code_place_text_message_and_help() {
    let file = Scratch::new("json.yaml", TEN_MISTAKES.as_bytes());
    let output = crm_access(&["check", file.path(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = report["diagnostics"].as_array().unwrap();
    let scope = found.iter().find(|found| found["code"] == "unknown-scope").unwrap();
    assert_eq!((scope["line"].as_u64(), scope["column"].as_u64(), scope["text"].as_str()), (Some(15), Some(36), Some("onw")));
    assert_eq!(scope["message"], "unknown scope `onw`");
    assert_eq!(scope["severity"], "error");
    assert_eq!(report["errors"].as_u64().unwrap() as usize, found.iter().filter(|found| found["severity"] == "error").count());
}

#[test]
fn hostile_files_get_a_clear_error_and_end_quickly() {
    let deep = format!("version: 1\nroles: {}", "[".repeat(50_000));
    let explosion = {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
        }
        text
    };
    let long_name = TEN_MISTAKES.replace("application_role: crm_app", &format!("application_role: {}", "r".repeat(64)));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "empty-file"),
        ("blank", b"# nothing\n".to_vec(), "empty-file"),
        ("latin", b"version: 1\napplication_role: gr\xf6\xdfe\n".to_vec(), "not-utf8"),
        ("nul", b"version: 1\napplication_role: \"a\\0b\"\n".to_vec(), "bad-name"),
        ("large", vec![b'#'; 50 * 1024 * 1024], "file-too-large"),
        ("deep", deep.into_bytes(), "too-deep"),
        ("explosion", explosion.into_bytes(), "too-many-aliases"),
        ("syntax", b"version: [1\nroles: {".to_vec(), "yaml-syntax"),
        ("long", long_name.into_bytes(), "name-too-long"),
        ("type", b"version: 1\nroles: 7\n".to_vec(), "wrong-type"),
        ("twice", b"version: 1\nroles: {}\nroles: {}\n".to_vec(), "duplicate-name"),
    ];
    for (name, content, code) in cases {
        let content = if name == "nul" { TEN_MISTAKES.replace("crm_app", "\"a\\0b\"").into_bytes() } else { content };
        let file = Scratch::new(name, &content);
        let output = crm_access(&["check", file.path()]);
        assert_eq!(output.status.code(), Some(3), "{name}");
        let report = text(&output.stdout);
        assert!(report.contains(&format!("error[{code}]")), "{name}: {report}");
    }
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let output = crm_access(&["check", "/nonexistent/crm.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("unreadable-file"));
}

#[test]
fn the_presets_have_nothing_to_report_and_the_exit_code_says_so() {
    for preset in ["teamleader.yaml", "odoo-crm.yaml", "full.yaml"] {
        let output = crm_access(&["check", &example(preset), "--deny-warnings"]);
        assert_eq!((output.status.code(), text(&output.stdout).contains("nothing to report")), (Some(0), true), "{preset}");
    }
}

#[test]
fn warnings_are_findings_only_when_asked_for() {
    let unsigned = text(&std::fs::read(example("teamleader.yaml")).unwrap()).replace("signed: true", "signed: false");
    let file = Scratch::new("unsigned.yaml", unsigned.as_bytes());
    let output = crm_access(&["check", file.path()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("warning[forgeable-identity]"));
    assert_eq!(crm_access(&["check", file.path(), "--deny-warnings"]).status.code(), Some(3));
}

#[test]
fn a_configuration_without_a_way_in_for_its_target_is_refused() {
    let only = text(&std::fs::read(example("odoo-crm.yaml")).unwrap())
        .replace("  setting: {name: app.user_token, signed: true, issuers: crm_backend}\n", "");
    let file = Scratch::new("actas.yaml", only.as_bytes());
    assert_eq!(crm_access(&["check", file.path()]).status.code(), Some(0));
    assert_eq!(crm_access(&["generate", file.path()]).status.code(), Some(0));
    let output = crm_access(&["generate", file.path(), "--target", "portable"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("error[no-identity]") && output.stdout.is_empty());
}

#[test]
fn generate_writes_nothing_for_a_file_with_mistakes() {
    let file = Scratch::new("generate.yaml", TEN_MISTAKES.as_bytes());
    let output = crm_access(&["generate", file.path()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("error[unknown-scope]"));
}

#[test]
fn standard_input_is_a_file_too() {
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_crm-access")).args(["check", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(TEN_MISTAKES.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("<stdin>:1:10"));
}

#[test]
fn usage_mistakes_have_their_own_exit_code() {
    for arguments in [
        &["chek"][..],
        &["check"],
        &["generate", "x.yaml", "--target", "oracle"],
        &["apply", "x.yaml"],
        &["generate", "x.yaml", "--concurrently"],
    ] {
        assert_eq!(crm_access(arguments).status.code(), Some(2), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["check", "--help"]] {
        assert_eq!(crm_access(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn lints_are_listed_and_explained_and_unknown_ones_are_a_mistake_of_usage() {
    let list = crm_access(&["audit", "--list"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(text(&list.stdout).contains("CA210  warning  unique-key\n"));
    let page = crm_access(&["audit", "--explain", "unique-key"]);
    assert_eq!(page.status.code(), Some(0));
    assert!(text(&page.stdout).starts_with("## unique-key\n") && text(&page.stdout).contains("**How to mend it.**"));
    for arguments in [&["audit", "--explain", "unique-kye"][..], &["audit", "--database", "host=/nonexistent", "--lint", "unique-kye"]] {
        let output = crm_access(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stderr), "error: unknown lint `unique-kye`; did you mean `unique-key`?\n");
    }
    assert_eq!(crm_access(&["audit"]).status.code(), Some(2));
}

#[test]
fn an_accepted_finding_needs_a_reason_and_a_day_and_a_known_lint_is_suggested() {
    let preset = text(&std::fs::read(example("odoo-crm.yaml")).unwrap());
    let entries =
        "    - {lint: unique-kye, object: [], reason: ' ', until: 2027-02-30}\n    - {lint: statistics, object: '*', reason: x}\n";
    let file = Scratch::new("accept.yaml", (preset + entries).as_bytes());
    let output = crm_access(&["check", file.path()]);
    assert_eq!(output.status.code(), Some(3));
    for said in [
        "warning[unknown-lint]: unknown lint `unique-kye`",
        "did you mean `unique-key`?",
        "error[bad-value]: `unique-kye` is accepted without a reason",
        "error[bad-value]: `unique-kye` is accepted for no object",
        "error[bad-value]: `2027-02-30` is no day of the calendar",
        "error[bad-value]: `statistics` would be accepted for everything",
    ] {
        assert!(text(&output.stdout).contains(said), "{said}: {}", text(&output.stdout));
    }
}

#[test]
fn a_server_that_is_not_there_is_a_failure() {
    let output = crm_access(&["apply", &example("teamleader.yaml"), "--database", "host=/nonexistent user=nobody dbname=x", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn the_reference_is_the_page_in_the_documentation() {
    let output = crm_access(&["reference"]);
    let page = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    assert!(output.status.code() == Some(0) && output.stdout == page, "run `crm-access reference > docs/configuration.md`");
}

#[test]
fn the_schema_describes_every_key_and_takes_the_presets() {
    let output = crm_access(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut undescribed = Vec::new();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().map(|(name, value)| (name.as_str(), value)).chain([("Config", &schema)]) {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                undescribed.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(undescribed.is_empty(), "{undescribed:?}");
}

#[test]
fn the_way_back_names_what_goes_and_can_be_run_where_nothing_stands() {
    let output = crm_access(&["generate", &example("teamleader.yaml"), "--down"]);
    let sql = text(&output.stdout);
    assert!(sql.contains("--   public.companies: row security on, "));
    assert!(sql.contains("IF pg_catalog.to_regprocedure('crm_access.remove()') IS NOT NULL THEN"));
}
