//! Mistakes about columns with rights of their own: what is said of them, and what would be right.

use crm_access::apply::prepare;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Severity, Source};

/// What is said of an entity `deal` with these further lines: code, message, help and marked text.
fn said(columns: &str) -> Vec<(String, String, String, String)> {
    let text = format!(
        "version: 1
application_role: crm_app
identity: {{act_as: crm_backend}}
directory: {{users: {{table: users}}}}
entities:
  company: {{table: companies, owners: manager}}
  deal: {{table: deals, owners: [owner_id, second_id], creator: author, {columns}}}
roles:
  manager: {{grants: {{deal: {{read: all, assign: all}}, company: all}}}}
  employee: {{includes: manager}}
assignments: {{listed: [{{role: manager, everyone: true}}, {{role: employee, user: 1}}]}}
"
    );
    let source = Source::new("crm.yaml", text);
    let mut found = Diagnostics::new();
    let prepared = prepare(&source, Target::Extension, &mut found);
    assert_eq!(prepared.is_none(), found.iter().any(|one| one.severity == Severity::Error), "{columns}");
    let all = found.iter().map(|one| {
        let marked = one.span.map(|span| source.slice(span).to_owned()).unwrap_or_default();
        (one.code.as_str().to_owned(), one.message.clone(), one.help.clone().unwrap_or_default(), marked)
    });
    all.collect()
}

#[track_caller]
fn says(columns: &str, code: &str, message: &str, help: &str, marked: &str) {
    let all = said(columns);
    let expected = (code.to_owned(), message.to_owned(), help.to_owned(), marked.to_owned());
    assert_eq!(all, [expected], "{columns}");
}

#[test]
fn columns_that_are_well_said_are_taken() {
    for columns in [
        "view: shown, columns: {margin: {read: [manager], change: manager}, note: {read: []}}",
        "columns: {margin: {change: []}}",
        "columns: {margin: {read: []}}",
        "view: {name: deals, schema: shown}, columns: {margin: {read: manager}}",
        "columns: {owner_id: {read: []}}",
    ] {
        assert_eq!(said(columns), [], "{columns}");
    }
}

#[test]
fn an_unknown_role_gets_the_nearest_one() {
    says("columns: {margin: {change: manger}}", "unknown-role", "unknown role `manger`", "did you mean `manager`?", "manger");
    says(
        "view: shown, columns: {margin: {read: [manager, chief]}}",
        "unknown-role",
        "unknown role `chief`",
        "the roles are `manager`, `employee`",
        "chief",
    );
}

#[test]
fn an_unknown_key_gets_the_nearest_one() {
    says(
        "columns: {margin: {write: manager, change: manager}}",
        "unknown-key",
        "unknown key `write`",
        "possible are `read`, `change`",
        "write",
    );
    let [(code, message, help, marked)] = &said("colums: {margin: {change: manager}}")[..] else { panic!("one mistake") };
    assert_eq!((code.as_str(), message.as_str(), marked.as_str()), ("unknown-key", "unknown key `colums`", "colums"));
    assert!(help.starts_with("did you mean `columns`?"), "{help}");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_way_out() {
    says(
        "columns: {margin: {}}",
        "missing-key",
        "nothing is said of column `margin`",
        "write `read` or `change` with the roles that may, or leave the column out",
        "margin",
    );
    says(
        "columns: {id: {change: []}}",
        "bad-value",
        "column `id` is the key, by which every right is found",
        "leave it out; a key that tells something should not be the key",
        "id",
    );
    says(
        "columns: {second_id: {change: manager}}",
        "bad-value",
        "column `second_id` says who owns the record",
        "leave out `change`; the action `assign` in the grants says who may change owners",
        "manager",
    );
    says(
        "columns: {margin: {read: manager}}",
        "missing-key",
        "column `margin` is shown to some roles, and there is no view that they read it in",
        "name one that applying shall make, as in `view: deals_shown`; for a column that nobody reads write `read: []`",
        "margin",
    );
    says(
        "view: shown, columns: {margin: {change: manager}}",
        "unknown-key",
        "`view` means nothing where every column of the table may be read",
        "leave it out, or say under `columns` who may `read` one",
        "shown",
    );
    says(
        "view: deals, columns: {margin: {read: []}}",
        "name-collision",
        "the view `deals` is the table itself",
        "name it otherwise",
        "deals",
    );
    says(
        "view: companies, columns: {margin: {read: []}}",
        "name-collision",
        "the view `public.companies` of `deal` has the name of the table or view of `company`",
        "name it otherwise",
        "companies",
    );
    says(
        "columns: {author: {change: manager}}",
        "useless",
        "who may not change `author` can only create records that nobody created",
        "leave out `change`, or let the column's default tell who creates",
        "author",
    );
}
