use proptest::prelude::*;

use super::*;
use crate::text::{At, Code, Diagnostics, Format, Source, Span, report};

const SMALL: &str = r#"version: 1
application_role: crm_app
key_type: int8
identity:
  act_as: crm_backend
  setting: {name: app.user_id, issuers: [crm_backend]}
directory:
  users:
    table: people
    active: enabled
    attributes: {region: text}
  departments:
    table: departments
    parent: parent_id
    members: department_id
  teams:
    table: teams
    members: {table: team_members, of: team_id, user: user_id}
entities:
  companies:
    owners: [manager_id, second_manager_id]
    creator: created_by
    stage: {column: phase, names: [lead, won]}
  contacts:
    parents:
      companies: {table: links, child: contact_id, parent: company_id, links: all}
  deals:
    owners: {table: deal_owners, record: deal_id, user: user_id}
    parents: {companies: company_id}
roles:
  Administrator: {grants: {"*": all}}
  Manager:
    includes: Reader
    grants:
      companies:
        read: own
        update: {scopes: [own, department], stages: {won: none}}
        delete: [{scope: own, where: amount < 100}, created]
  Reader:
    grants:
      contacts: {scope: open, where: a = b}
      deals: {scopes: [own, team], where: not archived}
restrictions:
  Limited:
    entities:
      companies: own
      contacts: {read: [parent(companies), created], delete: []}
    others: as_granted
    not_for: Administrator
    leaders: confirm
assignments:
  listed:
  - {role: Manager, user: 007}
  - {role: Reader, group: "g-1"}
  - {restriction: Limited, everyone: true}
  flags: {column: is_admin, role: Administrator}
conflict: deny_wins
"#;

/// Code, message, help and marked text of a diagnostic.
type Found = (Code, String, String, String);

/// The configuration and what is reported of a text.
fn check(text: &str) -> (Option<Config>, Vec<Found>) {
    let source = Source::new("crm.yaml", text);
    let mut diagnostics = Diagnostics::new();
    let config = read(&source, &mut diagnostics);
    let all = diagnostics.iter().map(|d| {
        let marked = d.span.map(|span| source.slice(span).to_owned()).unwrap_or_default();
        (d.code, d.message.clone(), d.help.clone().unwrap_or_default(), marked)
    });
    (config, all.collect())
}

fn small() -> Config {
    let (config, all) = check(SMALL);
    assert!(all.is_empty(), "{all:?}");
    config.unwrap()
}

/// Asserts what is reported when one part of the small configuration is replaced; gives what could be read.
fn says(part: &str, by: &str, code: Code, message: &str, help: &str, marked: &str) -> Option<Config> {
    assert_eq!(SMALL.matches(part).count(), 1, "{part}");
    let (config, all) = check(&SMALL.replace(part, by));
    let expected = vec![(code, message.to_owned(), help.to_owned(), marked.to_owned())];
    assert_eq!(all, expected, "{by}");
    config
}

fn entry<'a, T>(entries: &'a Entries<T>, name: &str) -> &'a T {
    &entries.0.iter().find(|(key, _)| key.value == name).unwrap().1
}

fn texts(many: &[At<String>]) -> Vec<&str> {
    many.iter().map(|text| text.value.as_str()).collect()
}

fn scopes(many: &Many<Short<ScopeItem>>) -> Vec<(Option<&str>, Option<&str>)> {
    let text = |part: &'_ Option<At<String>>| part.as_ref().map(|text| text.value.clone().leak() as &str);
    many.iter().map(|item| (text(&item.scope), text(&item.predicate))).collect()
}

#[test]
fn a_small_configuration_is_read_with_its_values() {
    let config = small();
    assert_eq!(config.version.value, 1);
    assert_eq!(config.key_type.as_ref().unwrap().value, KeyType::Int8);
    assert_eq!(config.conflict.as_ref().unwrap().value, Conflict::DenyWins);
    assert_eq!(texts(&config.identity.act_as), ["crm_backend"]);
    let setting = config.identity.setting.as_ref().unwrap();
    assert_eq!((setting.name.as_str(), setting.signed), ("app.user_id", true));
    let departments = config.directory.departments.as_ref().unwrap();
    assert_eq!(departments.members.column.as_ref().unwrap().value, "department_id");
    assert_eq!(config.directory.users.attributes.0[0].0.value, "region");
    let names: Vec<&str> = config.entities.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["companies", "contacts", "deals"]);
    let companies = entry(&config.entities, "companies");
    assert_eq!(texts(&companies.owners.as_ref().unwrap().columns), ["manager_id", "second_manager_id"]);
    assert_eq!(texts(&companies.stage.as_ref().unwrap().names), ["lead", "won"]);
    let link = entry(&entry(&config.entities, "contacts").parents, "companies");
    assert_eq!(link.links.as_ref().unwrap().value, LinkRule::All);
    let deals = entry(&config.entities, "deals");
    assert_eq!(deals.owners.as_ref().unwrap().table.as_ref().unwrap().value, "deal_owners");
    assert_eq!(entry(&deals.parents, "companies").column.as_ref().unwrap().value, "company_id");
    let listed = &config.assignments.listed;
    assert_eq!(listed[0].user.as_ref().unwrap().value, Key("7".to_owned()));
    assert_eq!(listed[1].group.as_ref().unwrap().value, Key("g-1".to_owned()));
    assert!(listed[2].everyone.as_ref().unwrap().value);
    assert_eq!(config.assignments.flags[0].column.value, "is_admin");
    assert!(config.left_out.is_empty());
}

#[test]
fn short_forms_compose() {
    let config = small();
    let all = entry(&entry(&config.roles, "Administrator").grants, "*");
    assert_eq!(scopes(&all.every.as_ref().unwrap().scopes), [(Some("all"), None)]);
    let companies = entry(&entry(&config.roles, "Manager").grants, "companies");
    assert_eq!(scopes(&companies.read.as_ref().unwrap().scopes), [(Some("own"), None)]);
    let update = companies.update.as_ref().unwrap();
    assert_eq!(scopes(&update.scopes), [(Some("own"), None), (Some("department"), None)]);
    assert_eq!(scopes(entry(&update.stages, "won")), [(Some("none"), None)]);
    let delete = companies.delete.as_ref().unwrap();
    assert_eq!(scopes(&delete.scopes), [(Some("own"), Some("amount < 100")), (Some("created"), None)]);
    let limited = entry(&config.restrictions, "Limited");
    assert_eq!(scopes(&entry(&limited.entities, "companies").read), [(Some("own"), None)]);
    let contacts = entry(&limited.entities, "contacts");
    assert_eq!(scopes(&contacts.read), [(Some("parent(companies)"), None), (Some("created"), None)]);
    assert!(contacts.create.is_none());
    assert!(contacts.delete.as_ref().unwrap().is_empty());
}

#[test]
fn a_mapping_that_is_the_short_form_of_another_is_read_as_such() {
    let config = small();
    let grants = &entry(&config.roles, "Reader").grants;
    let every = entry(grants, "contacts").every.as_ref().unwrap();
    assert_eq!(scopes(&every.scopes), [(Some("open"), Some("a = b"))]);
    assert!(every.predicate.is_none());
    let every = entry(grants, "deals").every.as_ref().unwrap();
    assert_eq!(scopes(&every.scopes), [(Some("own"), None), (Some("team"), None)]);
    assert_eq!(every.predicate.as_ref().unwrap().value, "not archived");
}

#[test]
fn values_have_the_places_they_were_written_at() {
    let config = small();
    let slice = |span: Span| &SMALL[span.start..span.end];
    assert_eq!(slice(config.application_role.span), "crm_app");
    assert_eq!(slice(config.conflict.as_ref().unwrap().span), "deny_wins");
    assert_eq!(slice(entry(&config.entities, "companies").owners.as_ref().unwrap().columns[1].span), "second_manager_id");
    assert_eq!(slice(config.entities.0[1].0.span), "contacts");
    let all = entry(&entry(&config.roles, "Administrator").grants, "*").every.as_ref().unwrap();
    assert_eq!(slice(all.scopes[0].scope.as_ref().unwrap().span), "all");
    assert_eq!(slice(config.assignments.listed[0].user.as_ref().unwrap().span), "007");
    assert!(slice(config.identity.span).starts_with("act_as: crm_backend\n"));
}

#[test]
fn json_is_a_configuration_too() {
    let json = r#"{"version": 1, "application_role": "a", "identity": {"act_as": ["b"]}, "directory": {"users": {"table": "u"}},
        "entities": {"x": {}}, "roles": {"r": {"grants": {"x": {"read": ["own"]}}}}}"#;
    let (config, all) = check(json);
    assert!(all.is_empty() && config.is_some(), "{all:?}");
}

#[test]
fn a_misspelled_key_is_found() {
    let keys = "`schema`, `table`, `key`, `key_type`, `manager`, `active`, `attributes`";
    let config = says(
        "    active: enabled",
        "    activ: enabled",
        Code::UnknownKey,
        "unknown key `activ`",
        &format!("did you mean `active`? possible are {keys}"),
        "activ",
    );
    assert!(config.unwrap().directory.users.active.is_none());
    says("    active: enabled", "    zzz: enabled", Code::UnknownKey, "unknown key `zzz`", &format!("possible are {keys}"), "zzz");
}

#[test]
fn a_misspelled_action_is_an_unknown_action() {
    let help = "did you mean `read`? possible are `every`, `read`, `create`, `update`, `delete`, `export`, `share`";
    says("        read: own", "        reed: all", Code::UnknownAction, "unknown action `reed`", help, "reed");
    let text = "contacts: {read: [parent(companies), created], delete: []}";
    let help = "possible are `read`, `create`, `update`, `delete`, `export`, `share`";
    says(text, "contacts: {approve: all}", Code::UnknownAction, "unknown action `approve`", help, "approve");
    let help = "possible are `every`, `read`, `create`, `update`, `delete`, `export`, `share`";
    says(
        "contacts: {scope: open, where: a = b}",
        "contacts: {assign: all}",
        Code::UnknownAction,
        "unknown action `assign`",
        help,
        "assign",
    );
}

#[test]
fn a_value_of_a_wrong_type_is_found() {
    let quotes = "a text that looks like a number or `true` takes quotes";
    let other = "`crm-access schema` says what can stand here";
    says("role: crm_app", "role: 5", Code::WrongType, "expected a text, found the number `5`", quotes, "5");
    says("where: not archived", "where: 1.5", Code::WrongType, "expected a predicate, found the number `1.5`", quotes, "1.5");
    says("version: 1", "version: '1'", Code::WrongType, "expected a whole number, found the text `1`", "leave out the quotes", "'1'");
    says("everyone: true", "everyone: yes", Code::WrongType, "expected `true` or `false`, found the text `yes`", other, "yes");
    says(
        "        read: own",
        "        read: 5",
        Code::WrongType,
        "expected a list of scopes, one scope or a mapping, found the number `5`",
        quotes,
        "5",
    );
    says(
        "act_as: crm_backend",
        "act_as: {a: b}",
        Code::WrongType,
        "expected a list of database roles or one database role, found a mapping",
        "write the value alone, without keys",
        "{a: b}",
    );
    says("creator: created_by", "creator: [a]", Code::WrongType, "expected a text, found a list", "write one value, without a list", "[a]");
    says(
        "members: {table: team_members, of: team_id, user: user_id}",
        "members: team_members",
        Code::WrongType,
        "expected a mapping with `schema`, `table`, `of`, `user`, found the text `team_members`",
        "write each key on a line of its own below, indented, as in `key: value`",
        "team_members",
    );
    says(
        "attributes: {region: text}",
        "attributes: [region]",
        Code::WrongType,
        "expected a mapping from names to types, found a list",
        "write each key on a line of its own below, indented, as in `key: value`",
        "[region]",
    );
}

#[test]
fn a_key_without_a_value_is_found_at_the_key() {
    let help = "write a value, or leave the key out";
    let message = "expected a list of scopes, one scope or a mapping, found nothing";
    says("        read: own", "        read:", Code::WrongType, message, help, "read");
    says(
        "conflict: deny_wins",
        "conflict: ~",
        Code::WrongType,
        "expected one of `union`, `most_specific`, `deny_wins`, found nothing",
        help,
        "conflict",
    );
}

#[test]
fn a_missing_key_is_named_with_what_it_is_for() {
    says(
        "{table: team_members, of: team_id, user: user_id}",
        "{table: team_members, user: user_id}",
        Code::MissingKey,
        "`of` is missing in `members`",
        "add `of`: column with the key of the group, workgroup, team or territory",
        "members",
    );
    let config = says(
        "flags: {column: is_admin, role: Administrator}",
        "flags: [{role: Administrator}, {column: is_admin, role: Administrator}]",
        Code::MissingKey,
        "`column` is missing in `flags`",
        "add `column`: the column",
        "{role: Administrator}",
    );
    assert_eq!(config.unwrap().assignments.flags.len(), 1);
}

#[test]
fn a_top_level_key_that_is_missing_leaves_nothing_but_all_is_reported() {
    let (config, all) = check("version: 1\nrolls: {}\nconflict: onion\n");
    assert!(config.is_none());
    let found: Vec<(Code, &str, &str)> = all.iter().map(|(code, message, _, at)| (*code, message.as_str(), at.as_str())).collect();
    assert_eq!(
        found,
        [
            (Code::MissingKey, "`application_role` is missing", "version"),
            (Code::MissingKey, "`directory` is missing", "version"),
            (Code::MissingKey, "`entities` is missing", "version"),
            (Code::MissingKey, "`identity` is missing", "version"),
            (Code::MissingKey, "`roles` is missing", "version"),
            (Code::UnknownKey, "unknown key `rolls`", "rolls"),
            (Code::BadValue, "unknown value `onion`", "onion"),
        ]
    );
}

#[test]
fn a_value_that_is_none_of_those_possible_is_found() {
    let help = "did you mean `confirm`? possible are `forbid`, `confirm`";
    says("leaders: confirm", "leaders: comfirm", Code::BadValue, "unknown value `comfirm`", help, "comfirm");
    let help = "possible are `int4`, `int8`, `uuid`, `text`";
    says("key_type: int8", "key_type: varchar", Code::BadValue, "unknown value `varchar`", help, "varchar");
}

#[test]
fn a_number_out_of_range_is_found() {
    // Reading goes on with the nearest number, so that other mistakes are found as well.
    assert!(says("version: 1", "version: 2", Code::OutOfRange, "the number `2` is out of range", "it must be `1`", "2").is_some());
    assert!(says("version: 1", "version: -1", Code::OutOfRange, "the number `-1` is out of range", "it must be `1`", "-1").is_some());
}

#[test]
fn a_key_is_a_number_or_a_text() {
    let message = "expected a text or a whole number, found the number `1.5`";
    says("user: 007", "user: 1.5", Code::WrongType, message, "a text that looks like a number or `true` takes quotes", "1.5");
    let text = SMALL.replace("user: 007", "user: 99999999999999999999");
    let config = check(&text).0.unwrap();
    assert_eq!(config.assignments.listed[0].user.as_ref().unwrap().value.0, "99999999999999999999");
}

#[test]
fn an_empty_configuration_is_refused() {
    for text in ["", "# nothing yet\n", "---\n", "~"] {
        let (config, all) = check(text);
        assert!(config.is_none());
        assert_eq!(all, [(Code::EmptyFile, "the configuration is empty".to_owned(), "begin with `version: 1`".to_owned(), String::new())]);
    }
}

#[test]
fn a_configuration_that_is_no_mapping_is_refused() {
    for text in ["- a", "hello", "5"] {
        let (config, all) = check(text);
        assert!(config.is_none());
        let codes: Vec<Code> = all.iter().map(|found| found.0).collect();
        assert_eq!(codes, [Code::WrongType], "{text}");
        assert!(all[0].1.starts_with("expected a mapping with `version`, `application_role`"), "{}", all[0].1);
    }
}

#[test]
fn what_is_left_out_is_known_by_name() {
    let config = says(
        "    others: as_granted\n",
        "",
        Code::MissingKey,
        "`others` is missing in `Limited`",
        "add `others`: what becomes of the entities that are not listed (T8): `as_granted` or `hidden`",
        "Limited",
    )
    .unwrap();
    assert!(config.restrictions.0.is_empty());
    assert!(config.left_out.contains("Limited"));
}

/// The small configuration with ten mistakes.
fn ten_mistakes() -> String {
    [
        ("key_type: int8", "key_type: int9"),
        ("act_as: crm_backend", "act_as: 5"),
        ("active: enabled", "activ: enabled"),
        ("parent: parent_id", "parent:"),
        ("of: team_id, ", ""),
        ("creator: created_by", "creator: a\n    creator: b"),
        ("read: own", "reed: own"),
        ("leaders: confirm", "leaders: *who"),
        ("user: 007", "user: [7]"),
        ("conflict: deny_wins", "conflict: deny"),
    ]
    .iter()
    .fold(SMALL.to_owned(), |text, (part, by)| {
        assert_eq!(text.matches(part).count(), 1, "{part}");
        text.replace(part, by)
    })
}

#[test]
fn ten_mistakes_are_reported_at_once() {
    let (config, all) = check(&ten_mistakes());
    let codes: Vec<Code> = all.iter().map(|found| found.0).collect();
    use Code::{BadValue, DuplicateName, MissingKey, UnknownAction, UnknownKey, WrongType, YamlSyntax};
    assert_eq!(
        codes,
        [BadValue, WrongType, UnknownKey, WrongType, MissingKey, DuplicateName, UnknownAction, YamlSyntax, WrongType, BadValue]
    );
    assert!(config.is_some());
}

#[test]
fn the_report_of_ten_mistakes_is_readable() {
    let source = Source::new("crm.yaml", ten_mistakes());
    let mut diagnostics = Diagnostics::new();
    read(&source, &mut diagnostics);
    insta::assert_snapshot!(report(&source, &diagnostics, Format::Human, false));
}

/// Reads a text in every way and reports on it; fails when that takes long.
fn endure(text: Vec<u8>) {
    let Ok(source) = Source::from_bytes("crm.yaml", text) else { return };
    let mut diagnostics = Diagnostics::new();
    let config = read(&source, &mut diagnostics);
    assert!(config.is_some() || diagnostics.has_errors());
    for diagnostic in &diagnostics {
        // What conforms to the schema is never refused afterwards.
        assert!(diagnostic.code != Code::BadValue || diagnostic.message.starts_with("unknown value"), "{diagnostic:?}");
        assert!(diagnostic.span.is_none_or(|span| source.text().get(span.start..span.end).is_some()), "{diagnostic:?}");
    }
    report(&source, &diagnostics, Format::Human, true);
    report(&source, &diagnostics, Format::Json, false);
}

#[test]
fn files_with_very_many_mistakes_are_endured() {
    let unknown: String = (0..30_000).map(|n| format!("k{n}: 1\n")).collect();
    let entities: String = (0..10_000).map(|n| format!("  e{n}: {{ownres: [1], tabel: 2}}\n")).collect();
    let roles: String = (0..50_000).map(|n| format!("  r{n}: 5\n")).collect();
    let long = format!("{}: 1\n{}: 2\n", "k".repeat(1000), "a b ".repeat(200));
    for text in [unknown, format!("entities:\n{entities}"), format!("roles:\n{roles}"), long, format!("roles: {{{}}}", "{a: [".repeat(30))]
    {
        endure(text.into_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_endured(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        endure(bytes);
    }

    #[test]
    fn random_yaml_like_texts_are_endured(text in "([a-z]{1,3}|[\\[\\]{}:,?&*!|>'\"#%@`~-]|\n {0,6}|\t| |1|é|\u{feff}|<<|---|\\.\\.\\.){0,120}") {
        endure(text.into_bytes());
    }

    #[test]
    fn mutations_of_a_configuration_are_endured(cuts in prop::collection::vec((0..SMALL.len(), 0..SMALL.len(), 0_usize..40, "[\\[\\]{}:,&*!|>'\"#\n -]{0,3}"), 1..6)) {
        let mut bytes = SMALL.as_bytes().to_vec();
        for (from, to, length, insert) in cuts {
            let moved: Vec<u8> = bytes.iter().skip(from).take(length).copied().collect();
            let at = to.min(bytes.len());
            let end = (at + length / 2).min(bytes.len());
            bytes.splice(at..end, moved.into_iter().chain(insert.into_bytes()));
        }
        endure(bytes);
    }

    #[test]
    fn replaced_values_are_endured(picks in prop::collection::vec((0_usize..200, 0_usize..12), 1..5)) {
        let values = ["", "5", "-1", "1.5", "true", "~", "[]", "{}", "[a, {b: c}]", "{read: own, x: y}", "{scope: a, scopes: b}", "[[[]]]"];
        let lines = SMALL.lines().enumerate().map(|(number, line)| {
            let pick = picks.iter().find(|(at, _)| at % 60 == number);
            match (pick, line.split_once(": ")) {
                (Some((_, value)), Some((key, _))) => format!("{key}: {}\n", values[*value]),
                _ => format!("{line}\n"),
            }
        });
        endure(lines.collect::<String>().into_bytes());
    }
}
