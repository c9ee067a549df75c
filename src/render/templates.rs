//! Templates, and what fills them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use tera::{Context, Tera, Value};

use super::expr::atom;
use super::quote::Quoting;
use crate::program::{Body, Function, PEOPLE_ALONE, Returns, Sql, Statement};

/// Why a statement can't be rendered: a mistake in this program, never in a configuration.
#[derive(Debug)]
pub struct RenderError(String);

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RenderError {}

impl From<tera::Error> for RenderError {
    fn from(error: tera::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        RenderError(text)
    }
}

macro_rules! templates {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $folder, $name, ".sql")))),*]
    };
}

/// One template per kind of statement.
pub const STATEMENT_TEMPLATES: &[(&str, &str)] = templates!("":
    "call", "create_index", "drop_index", "lock_tables", "create_schema", "grant_schema", "grant_table", "grant_execute", "revoke_execute", "function_owner", "create_function", "create_view", "view_owner",
    "enable_row_security", "force_row_security", "create_policy", "comment_policy", "create_trigger", "create_change_trigger", "create_column_trigger", "record",
);

/// One template per body of a function.
pub const FUNCTION_TEMPLATES: &[(&str, &str)] = templates!("functions/":
    "key_of_text", "among", "among_end", "owners_of_record", "identity_key", "token_user", "me", "remembered_me", "standing", "attribute", "department_member", "subjects", "listed_period", "stored_period", "stored_channel", "table_period", "roles", "roles_among", "granted", "granted_most_specific",
    "restrictions", "restricted", "my_departments", "my_department_tree", "department_colleagues", "my_circles", "circle_colleagues",
    "my_reports", "is_in", "members_of", "parents_of_records", "shared", "share", "unshare", "not_covering", "delegate_key", "delegate", "end_delegation", "delegations",
    "records_where", "joined_to_me", "joined_to_set", "all_joined_to_set", "is_joined", "can", "can_entity", "can_each", "can_each_entity",
    "planned", "few", "asking", "permissions", "my_restrictions", "administers", "administer", "may_list", "role_list", "given", "assignment_list", "held", "holders", "conflicts",
    "violations",
    "note_restricted", "assert_consistent", "check_consistent", "active_user", "known_user", "assign", "assign_begin", "assign_refused", "assign_limited", "assign_columns", "assign_table", "check_owner",
    "entity_table", "check_columns", "columns",
);

/// Templates that are whole PL/pgSQL bodies; all others are a query.
const WHOLE: &[&str] = &[
    "note_restricted",
    "assert_consistent",
    "check_consistent",
    "share",
    "unshare",
    "delegate",
    "end_delegation",
    "administer",
    "may_list",
    "assign_columns",
    "assign_table",
    "check_owner",
    "check_columns",
];

/// What a query is wrapped in to become a PL/pgSQL body that gives its one value.
pub const ONE: (&str, &str) = ("#variable_conflict use_column\nBEGIN\n    RETURN (\n", "\n    );\nEND");
/// What a query is wrapped in to become a PL/pgSQL body that gives its rows.
pub const ROWS: (&str, &str) = ("#variable_conflict use_column\nBEGIN\n    RETURN QUERY\n", ";\nEND");

/// The templates, read once: reading them takes longer than rendering a small configuration.
static TEMPLATES: LazyLock<Result<Tera, RenderError>> = LazyLock::new(|| {
    let mut tera = Tera::default();
    let statements = STATEMENT_TEMPLATES.iter().map(|(name, text)| (format!("{name}.sql"), *text));
    let functions = FUNCTION_TEMPLATES.iter().map(|(name, text)| (format!("functions/{name}.sql"), *text));
    tera.add_raw_templates(statements.chain(functions))?;
    // HTML escaping has no place in SQL; the filter `q` is what quotes.
    tera.autoescape_on(Vec::new());
    Ok(tera)
});

/// Renders statements with one way of quoting.
pub struct Renderer {
    tera: Tera,
}

impl Renderer {
    /// Takes the templates and fixes the quoting.
    pub fn new(quoting: Arc<dyn Quoting>) -> Result<Renderer, RenderError> {
        let mut tera = TEMPLATES.as_ref().map_err(|error| RenderError(error.0.clone()))?.clone();
        tera.register_filter("q", move |value: &Value, _: &HashMap<String, Value>| {
            let sql: Sql = serde_json::from_value(value.clone())
                .map_err(|error| tera::Error::msg(format!("only an atom can be quoted, not {value}: {error}")))?;
            Ok(Value::String(atom(&sql, quoting.as_ref())))
        });
        Ok(Renderer { tera })
    }

    /// The text of a statement, without a final line break.
    pub fn statement(&self, statement: &Statement) -> Result<String, RenderError> {
        match statement {
            Statement::State => Ok(concat!(
                "CREATE SCHEMA IF NOT EXISTS crm_access;\n\n",
                include_str!("../../sql/state.sql"),
                "\n",
                include_str!("../../sql/questions.sql"),
                "\n",
                include_str!("../../sql/records.sql"),
                "\n",
                include_str!("../../sql/columns.sql"),
                "\n",
                include_str!("../../sql/administration.sql"),
                "\n",
                include_str!("../../sql/delegation.sql"),
                "\n",
                include_str!("../../sql/closing.sql")
            )
            .trim_end()
            .to_owned()),
            Statement::Signing => Ok(include_str!("../../sql/signing.sql").trim_end().to_owned()),
            Statement::Planning => Ok(include_str!("../../sql/planning.sql").trim_end().to_owned()),
            Statement::CreateFunction(function) => self.function(statement, function),
            Statement::CreateView(view) => {
                let mut context = Context::from_serialize(statement)?;
                context.insert("body", &Sql::Word(self.query(&view.body)?));
                self.plain(statement, context)
            }
            other => self.plain(other, Context::from_serialize(other)?),
        }
    }

    fn plain(&self, statement: &Statement, context: Context) -> Result<String, RenderError> {
        let kind = serde_json::to_value(statement).ok().and_then(|value| Some(value.get("kind")?.as_str()?.to_owned()));
        let kind = kind.ok_or_else(|| RenderError("a statement has no kind".to_owned()))?;
        Ok(self.tera.render(&format!("{kind}.sql"), &context)?.trim_end().to_owned())
    }

    /// The text of a function's body that is a query, to be asked by itself.
    pub fn query(&self, body: &Body) -> Result<String, RenderError> {
        let mut inner = Context::new();
        for (name, value) in &body.values {
            inner.insert(*name, value);
        }
        let text = self.tera.render(&format!("functions/{}.sql", body.template), &inner)?;
        Ok(text.trim_matches('\n').trim_end().to_owned())
    }

    fn function(&self, statement: &Statement, function: &Function) -> Result<String, RenderError> {
        let template = function.body.template;
        let query = self.query(&function.body)?;
        let (before, after) = match &function.returns {
            _ if WHOLE.contains(&template) => ("", ""),
            Returns::Set(_) | Returns::Table(_) => ROWS,
            Returns::One(_) | Returns::Void | Returns::Trigger => ONE,
        };
        let mark = if function.people_alone { format!("{PEOPLE_ALONE}\n") } else { String::new() };
        let body = format!("{before}{mark}{query}{after}");
        let tag = dollar_tag(&body);
        let mut context = Context::from_serialize(statement)?;
        context.insert("body", &Sql::Word(format!("{tag}\n{body}\n{tag}")));
        self.plain(statement, context)
    }
}

/// A dollar quote that does not occur in the body.
pub fn dollar_tag(body: &str) -> String {
    let mut number = 0_u32;
    loop {
        let tag = if number == 0 { "$function$".to_owned() } else { format!("$function_{number}$") };
        if !body.contains(&tag) {
            return tag;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interpolation_of_every_template_passes_through_the_filter() {
        for (name, text) in STATEMENT_TEMPLATES.iter().chain(FUNCTION_TEMPLATES) {
            for (at, _) in text.match_indices("{{") {
                let end = text[at..].find("}}").map(|length| at + length).expect("an open interpolation");
                assert!(text[at..end].trim_end().ends_with("| q"), "{name}: {}", &text[at..end]);
            }
        }
    }

    #[test]
    fn a_body_can_not_end_its_own_dollar_quote() {
        assert_eq!(dollar_tag("SELECT 1"), "$function$");
        assert_eq!(dollar_tag("SELECT '$function$' || '$function_1$'"), "$function_2$");
    }
}
