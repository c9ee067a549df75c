//! Tables, columns, types and keys.

use super::*;
use Severity::{Error, Note, Warning};

#[test]
fn a_misspelled_table_is_found_with_a_suggestion() {
    teamleader().with("table: companies", "table: compannies").says(
        Code::MissingTable,
        Error,
        "the database has no table `public.compannies`",
        "did you mean `companies`?",
        "compannies",
    );
}

#[test]
fn a_table_in_another_schema_is_missing() {
    teamleader().with("    table: tickets", "    schema: desk\n    table: tickets").says(
        Code::MissingTable,
        Error,
        "the database has no table `desk.tickets`",
        "correct `table` or `schema`, or create the table first",
        "tickets",
    );
}

#[test]
fn a_misspelled_column_is_found_with_a_suggestion() {
    teamleader().with("owners: responsible_id", "owners: responsable_id").says(
        Code::MissingDatabaseColumn,
        Error,
        "table `public.deals` has no column `responsable_id`",
        "did you mean `responsible_id`?",
        "responsable_id",
    );
    teamleader().with("database_role: login", "database_role: dbuser").says(
        Code::MissingDatabaseColumn,
        Error,
        "table `public.users` has no column `dbuser`",
        "its columns are `id`, `name`, `login`, `role`, `is_active`, `is_admin`, `limited_crm`, `limited_crm_confirmed`, `limited_deals`, `region`, `department_id`",
        "dbuser",
    );
}

#[test]
fn a_key_that_is_missing_by_default_is_found_at_the_entity() {
    let case = teamleader().changed(|case| case.relation("quotations").columns.retain(|column| column.name != "id"));
    case.says(
        Code::MissingDatabaseColumn,
        Error,
        "table `public.quotations` has no column `id`",
        "name the key column as `key`; the columns are `number`, `deal_id`, `status`, `amount`",
        "quotation",
    );
}

#[test]
fn every_kind_of_column_is_looked_for() {
    for (part, by) in [
        ("active: is_active", "active: gone_1"),
        ("head: head_id", "head: gone_1"),
        ("parent: parent_id", "parent: gone_1"),
        ("members: department_id", "members: gone_1"),
        ("leader: leader_id", "leader: gone_1"),
        ("of: team_id", "of: gone_1"),
        ("of: team_id, user: user_id", "of: team_id, user: gone_1"),
        ("second_account_manager_id]", "gone_1]"),
        ("creator: created_by\n    parents:\n", "creator: gone_1\n    parents:\n"),
        ("child: contact_id", "child: gone_1"),
        ("parents: {deal: deal_id}", "parents: {deal: gone_1}"),
        ("user: id, role: role", "user: gone_1, role: role"),
        ("user: id, role: role", "user: id, role: gone_1"),
        ("column: is_admin", "column: gone_1"),
        ("confirmed: limited_crm_confirmed", "confirmed: gone_1"),
        ("attributes: {region: text}", "attributes: {region: text, gone_1: int4}"),
        ("parents: {deal: deal_id}", "key: gone_1\n    parents: {deal: deal_id}"),
        ("owners: responsible_id", "owners: responsible_id\n    stage: gone_1"),
        ("owners: responsible_id", "owners: responsible_id\n    open: gone_1"),
        ("owners: responsible_id", "owners: responsible_id\n    department: gone_1"),
        ("owners: responsible_id", "owners: responsible_id\n    team: gone_1"),
    ] {
        let findings = teamleader().with(part, by).findings();
        let [(code, _, message, _, underlined)] = findings.as_slice() else { panic!("{by}: {findings:?}") };
        assert_eq!((*code, underlined.as_str()), (Code::MissingDatabaseColumn, "gone_1"), "{by}");
        assert!(message.ends_with("has no column `gone_1`"), "{message}");
    }
}

#[test]
fn the_columns_of_conditions_are_looked_for_where_they_stand() {
    teamleader().with("{where: region = user.region}", "{where: regoin = user.region}").says(
        Code::MissingDatabaseColumn,
        Error,
        "table `public.tickets` has no column `regoin`",
        "did you mean `region`?",
        "regoin",
    );
    teamleader().with("      company: own # T2, T15", "      company: {read: {scope: own, where: \"citty = 'Gent'\"}}").says(
        Code::MissingDatabaseColumn,
        Error,
        "table `public.companies` has no column `citty`",
        "did you mean `city`?",
        "citty",
    );
}

#[test]
fn a_condition_on_every_entity_must_fit_every_entity_that_is_not_listed() {
    let by = "{\"*\": {where: amount > 0}, company: all, contact: all, contact_company: all, ticket: all, activity: all, email: all}";
    teamleader().with("{\"*\": all}", by).says_nothing();
    let findings = teamleader().with("{\"*\": all}", &by.replace(", ticket: all", "")).findings();
    let [(code, _, message, _, underlined)] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((*code, underlined.as_str()), (Code::MissingDatabaseColumn, "amount"));
    assert_eq!(message, "table `public.tickets` has no column `amount`");
}

#[test]
fn a_key_of_another_type_is_found_once() {
    let case = teamleader().retype("deals", "id", "uuid").retype("quotations", "deal_id", "uuid").retype("activities", "deal_id", "uuid");
    case.says(
        Code::WrongColumnType,
        Error,
        "column `id` of `public.deals` is `uuid`, and the configuration says `int4`",
        "write `key_type: uuid`, here or for the whole file",
        "deal",
    );
    teamleader()
        .retype("deals", "id", "numeric")
        .retype("quotations", "deal_id", "numeric")
        .retype("activities", "deal_id", "numeric")
        .says(
            Code::WrongColumnType,
            Error,
            "column `id` of `public.deals` is `numeric`, and the configuration says `int4`",
            "keys are integers, UUIDs or texts; name another column as `key`",
            "deal",
        );
}

#[test]
fn integers_of_other_widths_fit_as_long_as_no_key_is_cut() {
    teamleader().with("key_type: int4", "key_type: int8").says_nothing();
    teamleader().retype("deals", "responsible_id", "bigint").retype("deals", "company_id", "smallint").says_nothing();
    teamleader().retype("tickets", "id", "bigint").says(
        Code::WrongColumnType,
        Warning,
        "column `id` of `public.tickets` is `bigint`, and its keys are taken as `int4`, which fails above 2147483647",
        "write `key_type: int8`, here or for the whole file",
        "ticket",
    );
}

#[test]
fn a_column_that_can_hold_no_key_of_a_user_is_found() {
    teamleader().retype("deals", "responsible_id", "text").says(
        Code::WrongColumnType,
        Error,
        "column `responsible_id` of `public.deals` is `text`, and keys of `public.users` are `integer`",
        "name the column that holds these keys, or change its type",
        "responsible_id",
    );
    // The type below a domain is what counts.
    let case = teamleader().changed(|case| case.column("deals", "responsible_id").declared_type = "public.user_key".to_owned());
    case.says_nothing();
}

#[test]
fn keys_that_are_like_text_are_warned_about() {
    let case = odoo()
        .with("    table: leads\n    key_type: uuid", "    table: leads\n    key_type: text")
        .retype("leads", "id", "public.citext")
        .retype("opportunities", "lead_id", "text")
        .retype("sales_orders", "lead_id", "character varying")
        .retype("activities", "lead_id", "text");
    case.says(
        Code::WrongColumnType,
        Warning,
        "column `id` of `sales.leads` is `public.citext`, and is compared as text: letter case counts and its index is not used",
        "use text or varchar for keys",
        "lead",
    );
}

#[test]
fn a_flag_that_is_no_boolean_is_found() {
    for (column, written) in
        [("is_active", "is_active"), ("limited_crm", "limited_crm"), ("limited_crm_confirmed", "limited_crm_confirmed")]
    {
        teamleader().retype("users", column, "integer").says(
            Code::WrongColumnType,
            Error,
            &format!("column `{column}` of `public.users` is `integer`, and a boolean is needed"),
            "name a boolean column; a generated one can be made of others",
            written,
        );
    }
}

#[test]
fn attributes_names_and_logins_must_be_readable_as_such() {
    teamleader().with("{region: text}", "{region: int4}").says(
        Code::WrongColumnType,
        Error,
        "column `region` of `public.users` is `text` and can't be read as `int4`",
        "give the attribute the type of its column, or `text`",
        "region",
    );
    teamleader().retype("users", "role", "integer").says(
        Code::WrongColumnType,
        Error,
        "column `role` of `public.users` is `integer`, which holds no names",
        "name a text column with names as they stand in this file",
        "role",
    );
    teamleader().retype("users", "role", "public.user_role").says_nothing();
    teamleader().retype("users", "login", "public.user_role").says(
        Code::WrongColumnType,
        Error,
        "column `login` of `public.users` is `public.user_role`, which holds no names of database roles",
        "name a text column with the role that each user logs in with",
        "login",
    );
    teamleader().retype("users", "login", "name").says_nothing();
}

#[test]
fn a_key_that_is_not_unique_is_found() {
    let case = teamleader().changed(|case| case.relation("teams").unique_keys.clear());
    case.says(
        Code::NotUnique,
        Error,
        "nothing makes key column `id` of `public.teams` unique",
        "ALTER TABLE public.teams ADD UNIQUE (id); or name another column as `key`",
        "teams",
    );
    let case = teamleader().changed(|case| case.relation("users").unique_keys.retain(|key| key.columns != ["login"]));
    case.says(
        Code::NotUnique,
        Error,
        "two users may have the same database role: nothing makes `login` of `public.users` unique",
        "ALTER TABLE public.users ADD UNIQUE (login)",
        "login",
    );
    let case = teamleader().changed(|case| case.column("quotations", "id").not_null = false);
    case.says(
        Code::NotUnique,
        Error,
        "key column `id` of `public.quotations` may be null, and such records can't be told apart",
        "ALTER TABLE public.quotations ALTER COLUMN id SET NOT NULL",
        "quotation",
    );
}

#[test]
fn a_view_of_users_can_only_be_warned_about() {
    let case = teamleader().changed(|case| {
        let users = case.relation("users");
        users.kind = crate::catalog::RelationKind::View;
        users.unique_keys.clear();
        users.indexes.clear();
    });
    let findings = case.findings();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().all(|found| found.0 == Code::NotUnique && found.1 == Warning));
}

#[test]
fn a_missing_index_is_told_once_with_the_statement() {
    let case = teamleader().changed(|case| case.relation("contact_companies").indexes.retain(|index| index.columns.len() > 1));
    case.says(
        Code::MissingIndex,
        Note,
        "no index of `public.contact_companies` begins with `company_id`, by which policies look rows up",
        "CREATE INDEX ON public.contact_companies (company_id)",
        "company_id",
    );
    let case =
        teamleader().changed(|case| case.relation("deals").indexes.retain(|index| index.columns != [Some("responsible_id".to_owned())]));
    case.says(
        Code::MissingIndex,
        Note,
        "no index of `public.deals` begins with `responsible_id`, by which policies look rows up",
        "CREATE INDEX ON public.deals (responsible_id)",
        "responsible_id",
    );
}
