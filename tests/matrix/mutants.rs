//! Mutants: what was generated, with one clause broken.
//!
//! A mutant is named by what it breaks and how, so that its name stays while other clauses come and go.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::model::{Action, Model, TableName};
use crm_access::program::{Function, Policy, PolicyKind, RULES_SCHEMA, Sql, Statement, Trigger, Volatility, joined_name};
use crm_access::render::{ONE, Plain, Quoting, ROWS, Script};
use sqlparser::ast::{CreatePolicyCommand, CreatePolicyType, Ident, Owner, Statement as Tree};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::bodies::broken_body;
use crate::clauses::{broken, broken_condition};

/// What a mutant changes, and with it whom it can reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A policy of the application's role, or the like: statements on its table, those of one action alone where one is named.
    Policy { table: TableName, name: String, action: Option<Action> },
    /// A generated function: statements on every table whose policies lead to it.
    Function(String),
    /// Anything else.
    Other,
}

/// One broken clause.
pub struct Mutant {
    pub name: String,
    pub part: Part,
    /// Breaks it.
    pub make: String,
    /// Mends it.
    pub undo: String,
    /// The statement as it was generated.
    pub before: String,
}

impl Mutant {
    /// What is broken and how, without where it stands.
    pub fn kind(&self) -> String {
        let what = self.name.splitn(3, ": ").nth(2).unwrap_or(&self.name);
        what.split(" #").next().unwrap_or(what).to_owned()
    }
}

/// Every mutant of a script, in order.
pub fn mutants(model: &Model, script: &Script) -> Vec<Mutant> {
    let mut all = Collector { model, all: Vec::new() };
    for statement in &script.statements {
        match &statement.statement {
            Statement::CreatePolicy(policy) => all.policy(policy, &statement.text),
            Statement::CreateFunction(function) => all.function(function, &statement.text),
            Statement::CreateView(view) => all.view(&view.name, &statement.text),
            Statement::CreateTrigger(trigger) => all.trigger(trigger, &statement.text),
            Statement::CreateColumnTrigger { name, table, columns, .. } => all.column_trigger((name, table), columns, &statement.text),
            other => all.right(other, &statement.text),
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mutant in &mut all.all {
        let times = seen.entry(mutant.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            mutant.name.push_str(&format!(" #{times}"));
        }
    }
    all.all
}

/// What leads to each generated function.
#[derive(Default)]
pub struct Reach {
    /// The tables whose policies do.
    pub tables: BTreeMap<String, BTreeSet<TableName>>,
    /// The tables about which the functions ask by it that a user may call, or the trigger on owners.
    pub asked: BTreeMap<String, BTreeSet<TableName>>,
    /// The functions that the check of assignments calls.
    pub checking: BTreeSet<String>,
}

/// Functions about any entity that pass on to one for each.
const PASSING_ON: [&str; 3] = ["can", "can_each", "assign"];
/// Functions about every entity.
const OF_ALL: [&str; 5] = ["can", "can_each", "assign", "entity_table", "permissions"];

/// What leads to each generated function of a script.
pub fn reach(model: &Model, script: &Script) -> Reach {
    let mut called: BTreeMap<String, BTreeSet<TableName>> = BTreeMap::new();
    let functions: Vec<(String, &str)> = script
        .statements
        .iter()
        .filter_map(|statement| match &statement.statement {
            Statement::CreateFunction(function) => Some((name_of(&function.name), statement.text.as_str())),
            // It has the name of a function and is reached by whatever reaches that or the view.
            Statement::CreateView(view) => Some((name_of(&view.name), statement.text.as_str())),
            _ => None,
        })
        .collect();
    let calls = |text: &str, name: &str| {
        let qualified = atom(&Sql::Qualified(RULES_SCHEMA.to_owned(), name.to_owned()));
        text.contains(&format!("{qualified}("))
            || text.contains(&format!("FROM {qualified} AS"))
            || text.contains(&format!("crm_access.in_scope({}", atom(&Sql::Literal(name.to_owned()))))
    };
    for statement in &script.statements {
        let Statement::CreatePolicy(policy) = &statement.statement else { continue };
        for (name, _) in functions.iter().filter(|(name, _)| calls(&statement.text, name)) {
            called.entry(name.clone()).or_default().insert(table_of(&policy.table));
        }
    }
    let mut asked: BTreeMap<String, BTreeSet<TableName>> = BTreeMap::new();
    for entity in &model.entities {
        for kind in ["can", "can_each_of", "assign", "check_owner_of"] {
            asked.entry(joined_name(&[kind, entity.name.as_str()])).or_default().insert(entity.table.clone());
        }
    }
    for name in OF_ALL {
        asked.insert(name.to_owned(), model.entities.iter().map(|entity| entity.table.clone()).collect());
    }
    let mut checking: BTreeSet<String> = ["check_consistent", "assert_consistent", "note_restricted"].map(str::to_owned).into();
    // Callers come after what they call, so one look from the last to the first is enough.
    for (caller, text) in functions.iter().rev() {
        let of = |all: &BTreeMap<String, BTreeSet<TableName>>| all.get(caller).cloned().unwrap_or_default();
        let (tables, asks) = (of(&called), if PASSING_ON.contains(&caller.as_str()) { BTreeSet::new() } else { of(&asked) });
        for (name, _) in functions.iter().filter(|(name, _)| name != caller && calls(text, name)) {
            called.entry(name.clone()).or_default().extend(tables.clone());
            asked.entry(name.clone()).or_default().extend(asks.clone());
            if checking.contains(caller) {
                checking.insert(name.clone());
            }
        }
    }
    Reach { tables: called, asked, checking }
}

/// What is broken of the functions that answer for one entity: which question they take for which.
const ARMS: [&str; 4] = ["drop WHEN `$1", "negate `EXISTS", "drop `$1", "drop `$2"];

struct Collector<'m> {
    model: &'m Model,
    all: Vec<Mutant>,
}

fn atom(sql: &Sql) -> String {
    match sql {
        Sql::Ident(name) => Plain.identifier(name),
        Sql::Qualified(schema, name) => format!("{}.{}", Plain.identifier(schema), Plain.identifier(name)),
        Sql::Literal(text) => Plain.literal(text),
        Sql::Word(word) => word.clone(),
        Sql::Texts(_) | Sql::Expr(_) => panic!("no name: {sql:?}"),
    }
}

fn name_of(sql: &Sql) -> String {
    match sql {
        Sql::Qualified(_, name) | Sql::Ident(name) => name.clone(),
        other => panic!("no name: {other:?}"),
    }
}

fn table_of(sql: &Sql) -> TableName {
    let Sql::Qualified(schema, name) = sql else { panic!("no table: {sql:?}") };
    TableName::new(crm_access::model::SchemaName::new(schema).expect("a schema"), name).expect("a table")
}

fn tree(text: &str) -> Tree {
    Parser::parse_sql(&PostgreSqlDialect {}, text).unwrap_or_else(|error| panic!("{error}: {text}")).swap_remove(0)
}

impl Collector<'_> {
    fn add(&mut self, part: &Part, name: String, make: String, undo: &str, before: &str) {
        self.all.push(Mutant { name, part: part.clone(), make, undo: undo.to_owned(), before: before.to_owned() });
    }

    fn policy(&mut self, policy: &Policy, text: &str) {
        let (table, name) = (atom(&policy.table), atom(&policy.name));
        let of_application = policy.role == Sql::ident(&self.model.application_role);
        let action = match atom(&policy.command).as_str() {
            "SELECT" => Some(Action::Read),
            "INSERT" => Some(Action::Create),
            "UPDATE" => Some(Action::Update),
            "DELETE" => Some(Action::Delete),
            other => panic!("no command of a policy: {other}"),
        };
        let on = |action| Part::Policy { table: table_of(&policy.table), name: name.clone(), action };
        let (part, of_all) = if of_application { (on(action), on(None)) } else { (Part::Other, Part::Other) };
        let drop = format!("DROP POLICY IF EXISTS {name} ON {table};");
        let undo = format!("{drop} {text}");
        let title = format!("policy {name} on {table}");
        let Tree::CreatePolicy(parsed) = tree(text) else { panic!("no policy: {text}") };
        self.add(&part, format!("{title}: drop the policy"), drop.clone(), &undo, text);
        let mut changed = |what: &str, change: &dyn Fn(&mut sqlparser::ast::CreatePolicy)| {
            let mut other = parsed.clone();
            change(&mut other);
            let part = if what == "FOR ALL" { &of_all } else { &part };
            self.add(part, format!("{title}: {what}"), format!("{drop} {};", Tree::CreatePolicy(other)), &undo, text);
        };
        match policy.permissive {
            PolicyKind::Permissive => {
                changed("permissive to restrictive", &|policy| policy.policy_type = Some(CreatePolicyType::Restrictive));
            }
            PolicyKind::Restrictive => {
                changed("restrictive to permissive", &|policy| policy.policy_type = Some(CreatePolicyType::Permissive));
            }
        }
        changed("TO PUBLIC", &|policy| policy.to = Some(vec![Owner::Ident(Ident::new("PUBLIC"))]));
        if parsed.using.is_some() {
            changed("FOR ALL", &|policy| policy.command = Some(CreatePolicyCommand::All));
        }
        if let Some(using) = &parsed.using {
            for broken in broken_condition(&using.to_string()) {
                let condition = condition(&broken.text);
                changed(&format!("USING: {}", broken.what), &|policy| policy.using = Some(condition.clone()));
            }
        }
        if let Some(check) = &parsed.with_check {
            for broken in broken_condition(&check.to_string()) {
                let condition = condition(&broken.text);
                changed(&format!("WITH CHECK: {}", broken.what), &|policy| policy.with_check = Some(condition.clone()));
            }
        }
    }

    fn function(&mut self, function: &Function, text: &str) {
        let name = name_of(&function.name);
        let part = Part::Function(name.clone());
        let original = text.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1);
        let signature = signature(&function.name, &function.arguments);
        let (head, body) = original.split_once("\nAS $function").expect("a body");
        let (tag, body) = body.split_once('\n').expect("a dollar quote");
        let (tag, body) = (format!("$function{tag}"), body.rsplit_once('\n').expect("an end").0);
        let with = |head: &str, body: &str| format!("{head}\nAS {tag}\n{body}\n{tag};");
        let mut change = |what: &str, make: String| {
            self.add(&part, format!("function {name}: {what}"), make, &original, text);
        };
        if function.security_definer {
            change("drop SECURITY DEFINER", with(&head.replacen(" SECURITY DEFINER", "", 1), body));
        }
        for setting in head.lines().last().unwrap_or_default().split(" SET ") {
            let setting = setting.trim_start_matches("SET ");
            let other = head.replacen(&format!("SET {setting}"), "", 1);
            change(&format!("drop SET {setting}"), with(&other, body));
        }
        match function.volatility {
            Volatility::Stable => {
                change("STABLE to IMMUTABLE", with(&head.replacen("STABLE", "IMMUTABLE", 1), body));
                change("STABLE to VOLATILE", with(&head.replacen("STABLE", "VOLATILE", 1), body));
            }
            Volatility::Volatile => change("VOLATILE to STABLE", with(&head.replacen("VOLATILE", "STABLE", 1), body)),
            // Without it a plan is only slower.
            Volatility::Immutable => {}
        }
        change("LEAKPROOF", format!("{original} ALTER FUNCTION {signature} LEAKPROOF;"));
        if function.body.template == "few" {
            // Its answer chooses between two ways to ask the same.
            return;
        }
        let query =
            [ONE, ROWS].into_iter().find_map(|(before, after)| Some((body.strip_prefix(before)?.strip_suffix(after)?, before, after)));
        match query {
            Some((query, before, after)) => {
                // What `can` asks of a record is the text of the policies, whose clauses are broken there.
                let counts = |what: &str| !name.starts_with("can_") || ARMS.iter().any(|arm| what.starts_with(arm));
                for broken in broken(query).into_iter().filter(|broken| counts(&broken.what)) {
                    change(&broken.what, with(head, &format!("{before}{}{after}", broken.text)));
                }
            }
            None => {
                for broken in broken_body(body) {
                    change(&broken.what, with(head, &broken.text));
                }
            }
        }
    }

    fn view(&mut self, name: &Sql, text: &str) {
        let original = text.replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1);
        let (part, title) = (Part::Function(name_of(name)), format!("view {}", name_of(name)));
        let (head, query) = original.trim_end_matches(';').split_once(" AS\n").expect("a query");
        let mut change = |what: &str, make: String, undo: &str| self.add(&part, format!("{title}: {what}"), make, undo, text);
        let view = atom(name);
        let barrier = format!("ALTER VIEW {view} SET (security_barrier = true);");
        change("drop security_barrier", format!("ALTER VIEW {view} RESET (security_barrier);"), &barrier);
        let owner = format!("ALTER VIEW {view} SET (security_invoker = false);");
        change("security_invoker", format!("ALTER VIEW {view} SET (security_invoker = true);"), &owner);
        for broken in broken(query) {
            change(&broken.what, format!("{head} AS\n{};", broken.text), &original);
        }
    }

    fn trigger(&mut self, trigger: &Trigger, text: &str) {
        let (name, table) = (atom(&trigger.name), atom(&trigger.table));
        let drop = format!("DROP TRIGGER IF EXISTS {name} ON {table};");
        let undo = format!("{drop} {text}");
        let title = format!("trigger {name} on {table}");
        self.add(&Part::Other, format!("{title}: drop the trigger"), drop.clone(), &undo, text);
        let event = atom(&trigger.event);
        if event.contains(" OR ") {
            for other in event.split(" OR ") {
                let make = format!("{drop} {}", text.replacen(&event, other, 1));
                self.add(&Part::Other, format!("{title}: only after {other}"), make, &undo, text);
            }
        }
        let (head, _) = text.rsplit_once('(').expect("arguments");
        for column in trigger.columns.iter().filter(|_| trigger.columns.len() > 1) {
            let rest: Vec<String> = trigger.columns.iter().filter(|other| *other != column).map(atom).collect();
            let make = format!("{drop} {head}({});", rest.join(", "));
            self.add(&Part::Other, format!("{title}: not for {}", atom(column)), make, &undo, text);
        }
    }

    fn column_trigger(&mut self, (name, table): (&Sql, &Sql), columns: &[Sql], text: &str) {
        let part = Part::Policy { table: table_of(table), name: atom(name), action: None };
        let title = format!("trigger {} on {}", atom(name), atom(table));
        let drop = format!("DROP TRIGGER IF EXISTS {} ON {};", atom(name), atom(table));
        let undo = format!("{drop} {text}");
        self.add(&part, format!("{title}: drop the trigger"), drop.clone(), &undo, text);
        for column in columns.iter().map(atom) {
            let same = format!("OLD.{column}::text IS DISTINCT FROM NEW.{column}::text");
            if text.contains(&same) {
                self.add(&part, format!("{title}: not for {column}"), format!("{drop} {}", text.replacen(&same, "false", 1)), &undo, text);
            }
        }
    }

    /// Columns that may be read in the table after all, and a view that shows them to everybody.
    fn columns(&mut self, arguments: &[Sql], text: &str) {
        let texts = |sql: &Sql| match sql {
            Sql::Literal(text) => text.clone(),
            other => panic!("no text: {other:?}"),
        };
        let all: Vec<String> = arguments.iter().map(texts).collect();
        let [schema, table, application, owner, readers, view @ ..] = all.as_slice() else { panic!("arguments: {text}") };
        let name = |schema: &str, name: &str| format!("{}.{}", Plain.identifier(schema), Plain.identifier(name));
        let readers: BTreeMap<String, Vec<String>> = serde_json::from_str(readers).expect("columns and their roles");
        let part =
            Part::Policy { table: table_of(&Sql::Qualified(schema.clone(), table.clone())), name: "columns".to_owned(), action: None };
        let (table, application) = (name(schema, table), Plain.identifier(application));
        for column in readers.keys().map(|column| Plain.identifier(column)) {
            let what = format!("SELECT ({column}) ON {table}");
            let (make, undo) = (format!("GRANT {what} TO {application};"), format!("REVOKE {what} FROM {application};"));
            self.add(&part, format!("leave {what}"), make, &undo, text);
        }
        let [schema, view] = view else { return };
        let (whole, view) = (name(schema, "whole_view"), name(schema, view));
        let short = view.rsplit('.').next().expect("a name");
        let make = format!(
            "ALTER VIEW {view} RENAME TO whole_view;
             DO $$ BEGIN
                 EXECUTE 'CREATE VIEW {view} AS ' ||
                     regexp_replace(pg_get_viewdef('{whole}'::regclass), 'WHEN (false|[(] SELECT [^;]*? AS granted[)])\\s+THEN', 'WHEN true THEN', 'g');
             END $$;
             ALTER VIEW {view} OWNER TO {}; GRANT SELECT ON {view} TO {application};",
            Plain.identifier(owner)
        );
        let undo = format!("DROP VIEW IF EXISTS {view}; ALTER VIEW {whole} RENAME TO {short};");
        self.add(&part, format!("view {view}: show everything"), make, &undo, text);
    }

    fn right(&mut self, statement: &Statement, text: &str) {
        let line = text.trim_end_matches(';');
        let opposite = || line.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1) + ";";
        let part = |function: &Sql| match function {
            Sql::Qualified(schema, name) if schema == RULES_SCHEMA => Part::Function(name.clone()),
            _ => Part::Other,
        };
        match statement {
            // What the reader role may create is taken back at the end of the apply.
            Statement::GrantSchema { privilege, .. } if *privilege == Sql::word("CREATE") => {}
            Statement::GrantSchema { .. } | Statement::GrantTable { .. } => {
                self.add(&Part::Other, format!("drop {line}"), opposite(), text, text)
            }
            Statement::GrantExecute { function, .. } => self.add(&part(function), format!("drop {line}"), opposite(), text, text),
            Statement::RevokeExecute { .. } => {
                let make = line.replacen("REVOKE ALL", "GRANT EXECUTE", 1).replacen("FROM PUBLIC", "TO PUBLIC", 1) + ";";
                self.add(&Part::Other, format!("drop {line}"), make, text, text);
            }
            Statement::FunctionOwner { function, arguments, .. } => {
                let make = format!("ALTER FUNCTION {} OWNER TO postgres;", signature(function, arguments));
                self.add(&part(function), format!("drop {line}"), make, text, text);
            }
            Statement::ViewOwner { view, .. } => {
                let make = format!("ALTER VIEW {} OWNER TO postgres;", atom(view));
                self.add(&part(view), format!("drop {line}"), make, text, text);
            }
            Statement::EnableRowSecurity { .. } => {
                self.add(&Part::Other, format!("drop {line}"), text.replacen("ENABLE", "DISABLE", 1), text, text);
            }
            Statement::ForceRowSecurity { .. } => {
                self.add(&Part::Other, format!("drop {line}"), text.replacen("FORCE", "NO FORCE", 1), text, text);
            }
            Statement::Call { function, arguments } if name_of(function) == "take_over" => {
                let [schema, table, role] = arguments.as_slice() else { panic!("three arguments: {text}") };
                let word = |sql: &Sql| match sql {
                    Sql::Literal(text) => Plain.identifier(text),
                    other => panic!("no text: {other:?}"),
                };
                for privilege in ["TRUNCATE", "REFERENCES", "TRIGGER"] {
                    let on = format!("{privilege} ON {}.{}", word(schema), word(table));
                    let make = format!("GRANT {on} TO {};", word(role));
                    let undo = format!("REVOKE {on} FROM {};", word(role));
                    self.add(&Part::Other, format!("leave {on}"), make, &undo, text);
                }
            }
            Statement::Call { function, arguments } if name_of(function) == "protect_columns" => self.columns(arguments, text),
            _ => {}
        }
    }
}

fn condition(text: &str) -> sqlparser::ast::Expr {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    parser.parse_expr().unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn signature(name: &Sql, arguments: &[Sql]) -> String {
    format!("{}({})", atom(name), arguments.iter().map(atom).collect::<Vec<_>>().join(", "))
}
