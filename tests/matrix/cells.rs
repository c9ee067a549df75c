//! What one user does with the records of one entity, and what the reference evaluator says comes of it.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::decide::{Judge, Outcome, Reads, Row, Value, World, delete, export, insert, lock, select, update};
use crm_access::model::{Action, Entity, Link, Model, Owners, RestrictionName, TableName};
use crm_access::program::Target;
use crm_access::render::{Plain, Quoting};

use crate::bench::{Asker, Bench, Check};
use crate::combinations::{People, When};
use crate::data::{ABSENT, Pools, near, pools, row};
use crate::given::unchecked;
use crate::random::Random;
use crate::schema::{Table, fresh_key, literal, table_sql};

/// New values that are tried in each column, new rows that are tried, and how many of those that must be refused.
pub const VALUES: usize = 2;
const NEW_ROWS: usize = 14;
pub const REFUSED: usize = 5;
/// New rows of one parent alone, for each of several.
const ORPHANS: usize = 4;
/// Rows that are moved blindly.
const BLIND: usize = 4;
/// Rows that are moved.
pub const MOVED: usize = 9;
/// Users who are looked at for one who is in a team and the like with another.
const TRIED: usize = 12;
/// Users with the same roles and restrictions who are tried.
const ALIKE: usize = 1;

/// Keys that are none, or just beyond what a key can be: they are nobody's, and asking for them is no error.
pub const STRANGE: [&str; 9] =
    ["nothing", "-1", " 1", "1 ", "1.0", "1 or true", "99999999999999999999", "9223372036854775808", "-9223372036854775809"];

/// Statements of one user about one entity that belong together.
pub struct Cell {
    pub asker: Asker,
    /// Whether the user is there and active.
    pub known: bool,
    /// Commands that stand before it, done by a superuser in the same transaction.
    pub before: String,
    /// The table that it is about; none where it is about people.
    pub table: Option<TableName>,
    pub kind: &'static str,
    pub checks: Vec<Check>,
}

/// Which cells of a user are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// All of them, and `can` about keys that are none; some users are enough for that.
    AllAndStrange,
    All,
    Reading,
}

/// Who is tried: some users for each set of roles and restrictions that there is, some who are none, and nobody.
pub fn askers(model: &Model, world: &World) -> Vec<Asker> {
    let users = &model.directory.users;
    let mut keys: Vec<String> = world.rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str())?.key()).collect();
    // Who has much to do with the records shows most.
    let entities = model.entities.iter().flat_map(|entity| world.rows(&entity.table));
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    entities.flat_map(|row| row.values().filter_map(Value::key)).for_each(|key| *named.entry(key).or_default() += 1);
    keys.sort_by_key(|key| std::cmp::Reverse(named.get(key).copied().unwrap_or_default()));
    let people = People::new(model, world);
    let given = people.restrictions(When::Now);
    let mut alike: BTreeMap<_, usize> = BTreeMap::new();
    let differ = keys.into_iter().filter(|key| {
        let restricted: Option<Vec<&RestrictionName>> = given.get(key).map(|given| given.keys().collect());
        let is = |row: &&Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(key);
        let row = world.rows(&users.table).iter().find(is);
        let null = |column: &str| row.is_none_or(|row| row.get(column).is_none_or(|value| *value == Value::Null));
        let nulls: Vec<bool> = users.attributes.iter().map(|(column, _)| null(column.as_str())).collect();
        let roles = people.roles(key, When::Now).into_keys().collect::<Vec<_>>();
        let what = (is_known(model, world, Some(key)), roles, restricted, nulls);
        let there = alike.entry(what).or_default();
        *there += 1;
        *there <= ALIKE
    });
    let strange = ["999999", "nobody"];
    differ.chain(strange.map(str::to_owned)).map(Asker::User).chain([Asker::Nobody]).collect()
}

/// All cells of a bench: reading, changing, adding and `can` apart.
pub fn cells(bench: &Bench, seed: u64) -> Vec<Cell> {
    let mut random = Random::new(seed);
    let mut all = Vec::new();
    let pools = pools(&bench.model, &bench.schema, &bench.world);
    for (at, asker) in askers(&bench.model, &bench.world).into_iter().enumerate() {
        let what = if at % 7 == 0 { What::AllAndStrange } else { What::All };
        all.extend(of_asker(bench, &mut random, &pools, asker, (&bench.world, ""), what));
    }
    all
}

/// The cells of one user over a world that `before` makes, or those that read, which are quickly made.
pub fn of_asker(bench: &Bench, random: &mut Random, pools: &Pools, asker: Asker, given: (&World, &str), what: What) -> Vec<Cell> {
    about_some(bench, random, pools, asker, given, (what, &|_| true))
}

/// The same, but about some entities alone.
pub fn about_some(
    bench: &Bench,
    random: &mut Random,
    pools: &Pools,
    asker: Asker,
    (world, before): (&World, &str),
    (what, wanted): (What, &dyn Fn(&Entity) -> bool),
) -> Vec<Cell> {
    let model = &bench.model;
    let user = match &asker {
        Asker::User(key) => Some(key.as_str()),
        _ => None,
    };
    let judge = Judge::new(model, world, user);
    let known = is_known(model, world, user);
    let mut all = Vec::new();
    for entity in model.entities.iter().filter(|entity| wanted(entity)) {
        let table = &bench.schema[&entity.table];
        let about = About { model, judge: &judge, entity, table, pools, rows: world.rows(&entity.table), user };
        let mut parts = vec![("reading", about.reading()), ("columns", about.columns())];
        if what == What::AllAndStrange {
            parts.push(("can", about.can_strange()));
        }
        if what != What::Reading {
            parts.push(("changing", about.changing(random)));
            parts.push(("adding", about.adding(random)));
            parts.push(("handing over", about.handing_over(random)));
            parts.push(("importing", about.importing()));
            parts.push(("can", about.can(random, known)));
            if bench.shares {
                parts.push(("sharing", about.sharing(random)));
            }
        }
        for (kind, checks) in parts.into_iter().filter(|(_, checks)| !checks.is_empty()) {
            let (asker, before, table) = (asker.clone(), before.to_owned(), Some(entity.table.clone()));
            all.push(Cell { asker, known, before, table, kind, checks });
        }
        // The policies of the targets are the same text: once is enough.
        if what != What::Reading && bench.target == Target::Extension {
            let mut alone = |about: About, after: &str| {
                let cells = about.each_alone(world, random).into_iter();
                let one = |(others, checks): (String, Vec<Check>)| {
                    let (asker, before, table) = (asker.clone(), format!("{before} {others} {after}"), Some(entity.table.clone()));
                    Cell { asker, known, before, table, kind: "moving blindly", checks }
                };
                cells.map(one).collect::<Vec<Cell>>()
            };
            all.extend(alone(about, ""));
            // The trigger on owners asks for what the policies ask for as well, so that only without it the policies show.
            let unguarded = Entity { assigned: false, columns: Vec::new(), ..entity.clone() };
            if entity.assigned {
                let columns = table.columns.iter().filter(|column| about.is_handed_over(&column.name)).cloned().collect();
                let table = Table { columns, ..table.clone() };
                all.extend(alone(About { entity: &unguarded, table: &table, ..about }, "SET LOCAL session_replication_role = replica;"));
            }
            let (asker, before, table) = (asker.clone(), before.to_owned(), Some(entity.table.clone()));
            all.push(Cell { asker, known, before, table, kind: "copying", checks: vec![about.copying()] });
        }
    }
    all
}

/// Whether a user is there and active.
pub fn is_known(model: &Model, world: &World, user: Option<&str>) -> bool {
    let users = &model.directory.users;
    let active = |row: &Row| users.active.as_ref().is_none_or(|active| row.get(active.as_str()).is_some_and(Value::is_true));
    let is = |row: &Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == user;
    user.is_some() && world.rows(&users.table).iter().any(|row| is(row) && active(row))
}

/// One user and one entity.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub model: &'a Model,
    pub judge: &'a Judge<'a>,
    pub entity: &'a Entity,
    pub table: &'a Table,
    pub pools: &'a Pools,
    pub rows: &'a [Row],
    pub user: Option<&'a str>,
}

fn count(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rows(places) => format!("rows {}", places.len()),
        Outcome::Refused => "refused".to_owned(),
    }
}

pub fn check(sql: String, expected: String) -> Check {
    Check { sql, expected }
}

impl About<'_> {
    pub fn key_of(&self, row: &Row) -> Value {
        row.get(self.entity.key.as_str()).cloned().unwrap_or(Value::Null)
    }

    pub fn keys<'k>(&self, keys: impl Iterator<Item = &'k Row>) -> String {
        let mut keys: Vec<String> = keys.map(|row| self.key_of(row).to_string()).collect();
        keys.sort();
        format!("keys {}", keys.join(" "))
    }

    fn keys_at(&self, places: &[usize]) -> String {
        self.keys(places.iter().map(|at| &self.rows[*at]))
    }

    fn keys_or_refused(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Rows(places) => self.keys_at(places),
            Outcome::Refused => "refused".to_owned(),
        }
    }

    /// A column that decides nothing.
    fn neutral(&self) -> String {
        let decides =
            |column: &str| self.pools.contains_key(&(self.table.name.clone(), column.to_owned())) || column == self.entity.key.as_str();
        let column = self.table.columns.iter().find(|column| !decides(&column.name));
        Plain.identifier(column.map_or(self.entity.key.as_str(), |column| &column.name))
    }

    fn returning(&self, command: &str) -> String {
        let key = Plain.identifier(self.entity.key.as_str());
        format!("WITH x AS ({command} RETURNING {key}::text AS k) SELECT array_agg(k) FROM x")
    }

    pub fn reading(&self) -> Vec<Check> {
        let (table, key, neutral) = (self.table.sql(), Plain.identifier(self.entity.key.as_str()), self.neutral());
        let (judge, entity) = (self.judge, self.entity);
        let same = |row: &Row| Some(row.clone());
        let all = |_: &Row| true;
        vec![
            check(format!("SELECT array_agg({key}::text) FROM {table}"), self.keys_at(&select(judge, entity))),
            check(
                format!("WITH x AS (SELECT {key}::text AS k FROM {table} FOR UPDATE) SELECT array_agg(k) FROM x"),
                self.keys_at(&lock(judge, entity)),
            ),
            check(
                self.returning(&format!("UPDATE {table} SET {neutral} = {neutral}")),
                self.keys_or_refused(&update(judge, entity, &same, Reads(true))),
            ),
            check(format!("UPDATE {table} SET {neutral} = NULL"), self.blind()),
            check(self.returning(&format!("DELETE FROM {table}")), self.keys_or_refused(&delete(judge, entity, &all, Reads(true)))),
            check(format!("DELETE FROM {table}"), count(&delete(judge, entity, &all, Reads(false)))),
        ]
    }

    /// What the table and the view give of columns that only some may read.
    fn columns(&self) -> Vec<Check> {
        let (entity, key) = (self.entity, Plain.identifier(self.entity.key.as_str()));
        let mut checks = Vec::new();
        for column in entity.columns.iter().filter(|column| column.read.is_some()) {
            let name = Plain.identifier(column.name.as_str());
            checks.push(check(format!("SELECT count({name}) FROM {}", self.table.sql()), "denied".to_owned()));
            let Some(view) = &entity.view else { continue };
            let line = |at: &usize| {
                let shown = self.judge.shown(entity, &self.rows[*at]);
                format!("{}={}", self.key_of(&shown), shown.get(column.name.as_str()).and_then(Value::key).unwrap_or_default())
            };
            let mut lines: Vec<String> = select(self.judge, entity).iter().map(line).collect();
            lines.sort();
            let sql = format!("SELECT array_agg(concat({key}::text, '=', {name}::text)) FROM {}", table_sql(view));
            checks.push(check(sql, format!("keys {}", lines.join(" "))));
        }
        checks
    }

    /// What is copied out, which stands alone since its refusal ends the transaction.
    pub fn copying(&self) -> Check {
        let (table, key) = (self.table.sql(), Plain.identifier(self.entity.key.as_str()));
        let expected = match export(self.judge, self.entity) {
            Outcome::Refused => "denied".to_owned(),
            copied => self.keys_or_refused(&copied),
        };
        check(format!("COPY {table} ({key}) TO STDOUT"), expected)
    }

    /// New rows that have one of several parents and no other.
    pub fn of_one_parent(&self) -> Vec<Row> {
        let columns = self.parent_columns();
        let (mut random, kind) = (Random::new(self.rows.len() as u64), self.table.kind(self.entity.key.as_str()));
        let mut all = Vec::new();
        for kept in columns.iter().filter(|_| columns.len() > 1) {
            for number in 0..ORPHANS {
                let mut new = row(&mut random, self.table, self.pools, self.rows, None);
                new.insert(self.entity.key.to_string(), fresh_key(kind, 1100 + all.len()));
                columns.iter().filter(|column| *column != kept).for_each(|column| drop(new.insert(column.clone(), Value::Null)));
                if let Some(parent) = self.parent_to(Action::Update, &mut random, kept).filter(|_| number % 2 == 0) {
                    new.insert(kept.clone(), parent);
                }
                all.push(new);
            }
        }
        all
    }

    /// Columns that name a parent.
    fn parent_columns(&self) -> Vec<String> {
        let column = |parent: &crm_access::model::Parent| match &parent.link {
            Link::Column(column) => Some(column.to_string()),
            Link::Table(..) => None,
        };
        self.entity.parents.iter().filter_map(column).collect()
    }

    /// The key of a parent that the user can read, for a column that names parents.
    fn readable_parent(&self, random: &mut Random, column: &str) -> Option<Value> {
        self.parent_to(Action::Read, random, column)
    }

    /// The key of a parent that the user can read, and do something else with, for a column that names parents.
    fn parent_to(&self, action: Action, random: &mut Random, column: &str) -> Option<Value> {
        let leads = |parent: &&crm_access::model::Parent| matches!(&parent.link, Link::Column(name) if name.as_str() == column);
        let above = self.model.entity(&self.entity.parents.iter().find(leads)?.entity)?;
        let rows = self.judge.world().rows(&above.table);
        let may = |row: &&Row| [Action::Read, action].iter().all(|action| self.judge.may(above, *action, row).allowed);
        let some: Vec<&Row> = rows.iter().filter(may).collect();
        if some.is_empty() { None } else { random.pick(&some).get(above.key.as_str()).cloned() }
    }

    /// The key of somebody who is in a team, a department or the like with the user, for a column that holds owners.
    fn colleague(&self, random: &mut Random, column: &str) -> Option<Value> {
        let owners = matches!(&self.entity.owners, Owners::Columns(owners) if owners.iter().any(|owner| owner.as_str() == column));
        let user = self.user.filter(|_| owners)?;
        let people = People::new(self.model, self.judge.world());
        let places = |user: &str| -> BTreeSet<(String, String)> {
            people.subjects(user).into_iter().filter(|(kind, _)| !["user", "everyone"].contains(&kind.as_str())).collect()
        };
        let (mine, users) = (places(user), &self.model.directory.users);
        let all = self.judge.world().rows(&users.table);
        let is_one = |key: &Value| key.key().is_some_and(|key| key != user && !mine.is_disjoint(&places(&key)));
        (0..TRIED).filter_map(|_| random.pick(all).get(users.key.as_str())).find(|key| is_one(key)).cloned()
    }

    /// An UPDATE of all rows that reads no column, and changes one that decides nothing.
    fn blind(&self) -> String {
        if self.neutral() == Plain.identifier(self.entity.key.as_str()) {
            // A key can't be null.
            let any =
                matches!(update(self.judge, self.entity, &|row| Some(row.clone()), Reads(false)), Outcome::Rows(rows) if !rows.is_empty());
            return if any { "error 23502".to_owned() } else { "rows 0".to_owned() };
        }
        count(&update(self.judge, self.entity, &|row| Some(row.clone()), Reads(false)))
    }

    /// Moves of rows in and out of view, and from one parent to another.
    pub fn changing(&self, random: &mut Random) -> Vec<Check> {
        let mut open = self.open();
        let mut checks = Vec::new();
        for column in &self.table.columns {
            let Some(values) = self.pools.get(&(self.table.name.clone(), column.name.clone())) else { continue };
            let mine: Vec<&Value> = values.iter().filter(|value| value.key().as_deref() == self.user).take(1).collect();
            let mut tried: Vec<Value> = mine.into_iter().cloned().chain([Value::Null]).collect();
            // What conditions name, and what lies just beside it, decides by itself.
            tried.extend(near(self.model, self.table, &self.entity.name, &column.name));
            tried.extend((0..VALUES).filter(|_| !values.is_empty()).map(|_| random.pick(values).clone()));
            tried.extend(self.readable_parent(random, &column.name));
            tried.extend(self.colleague(random, &column.name));
            tried.dedup();
            while open.len() > MOVED {
                open.remove(random.below(open.len()));
            }
            for value in tried {
                checks.extend(self.moved(random, &open, &[(&column.name, value)]));
            }
        }
        checks.extend(self.moving_over());
        let open = self.open();
        for column in self.entity.columns.iter().filter(|column| column.change.is_some()) {
            let mut tried: Vec<Value> = self.rows.iter().filter_map(|row| row.get(column.name.as_str()).cloned()).collect();
            tried.sort();
            tried.dedup();
            for value in tried.into_iter().take(VALUES) {
                checks.extend(self.moved(random, &open, &[(column.name.as_str(), value)]));
            }
        }
        checks
    }

    /// Rows that the user may read and update.
    fn open(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| self.may_update(row)).collect()
    }

    fn may_update(&self, row: &Row) -> bool {
        let may = |action: Action| self.judge.may(self.entity, action, row).allowed;
        may(Action::Read) && may(Action::Update)
    }

    /// A change of rows: those that must succeed all at once, some of those that must not one by one.
    fn moved(&self, random: &mut Random, rows: &[&Row], values: &[(&str, Value)]) -> Vec<Check> {
        let becomes = |row: &Row| {
            let changed = values.iter().map(|(column, value)| ((*column).to_owned(), value.clone()));
            row.clone().into_iter().chain(changed).collect::<Row>()
        };
        let owners: Vec<&(&str, Value)> = values.iter().filter(|(column, _)| self.is_handed_over(column)).collect();
        let given = |row: &Row| {
            let may = |(column, to): &&(&str, Value)| row.get(*column) == Some(to) || self.judge.may_assign(self.entity, row, to);
            owners.iter().all(may)
        };
        let may = |row: &&Row| {
            let after = becomes(row);
            self.judge.columns_may_change(self.entity, row, &after) && self.may_update(&after) && given(row)
        };
        let (good, mut bad): (Vec<&Row>, Vec<&Row>) = rows.iter().copied().partition(may);
        let set: Vec<String> = values.iter().map(|(column, value)| format!("{} = {}", Plain.identifier(column), literal(value))).collect();
        let only = |rows: &[&Row]| {
            let keys: Vec<String> = rows.iter().map(|row| literal(&self.key_of(row))).collect();
            let key = Plain.identifier(self.entity.key.as_str());
            format!("UPDATE {} SET {} WHERE {key} IN ({})", self.table.sql(), set.join(", "), keys.join(", "))
        };
        let mut checks = Vec::new();
        if !good.is_empty() {
            checks.push(check(self.returning(&only(&good)), self.keys(good.iter().copied())));
        }
        while bad.len() > REFUSED {
            bad.remove(random.below(bad.len()));
        }
        // The trigger on owners comes first.
        let how = if owners.is_empty() { "refused" } else { "denied" };
        checks.extend(bad.iter().map(|row| check(only(&[row]), how.to_owned())));
        checks
    }

    /// Moves from all parents to one that can be read, as far as nobody but the policies forbids that.
    fn moving_over(&self) -> Vec<Check> {
        let columns = self.parent_columns();
        if columns.len() < 2 {
            return Vec::new();
        }
        let (mut random, open) = (Random::new(self.rows.len() as u64), self.open());
        let mut checks = Vec::new();
        for to in &columns {
            let Some(parent) = self.readable_parent(&mut random, to) else { continue };
            let others = columns.iter().filter(|column| *column != to).map(|column| (column.as_str(), Value::Null));
            let values: Vec<(&str, Value)> = others.chain([(to.as_str(), parent)]).collect();
            checks.extend(self.moved(&mut random, &open, &values));
        }
        checks
    }

    /// Moves of each row while there is no other, for rows that differ in how they can be moved; before each, what takes the others away.
    pub fn each_alone(&self, world: &World, random: &mut Random) -> Vec<(String, Vec<Check>)> {
        let mut kinds: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut all = Vec::new();
        for row in self.rows {
            if kinds.len() == BLIND {
                break;
            }
            if !self.judge.may(self.entity, Action::Update, row).allowed {
                continue;
            }
            let mut alone = world.clone();
            alone.tables.insert(self.entity.table.clone(), vec![row.clone()]);
            let judge = Judge::new(self.model, &alone, self.user);
            let checks = About { judge: &judge, rows: std::slice::from_ref(row), ..*self }.moving_blindly(random);
            // Rows that can be moved in the same ways tell the same.
            let outcomes: Vec<String> = checks.iter().map(|check| check.expected.clone()).collect();
            if outcomes.iter().all(|outcome| outcome == "rows 0") || !kinds.insert(outcomes) {
                continue;
            }
            let (key, value) = (Plain.identifier(self.entity.key.as_str()), literal(&self.key_of(row)));
            all.push((unchecked(&format!("DELETE FROM {} WHERE {key} <> {value};", self.table.sql())), checks));
        }
        all
    }

    /// Moves of the only row that there is, without reading a column: nothing but the check of the new row stands in the way.
    fn moving_blindly(&self, random: &mut Random) -> Vec<Check> {
        let mut checks = Vec::new();
        for column in &self.table.columns {
            let is_key = column.name == self.entity.key.as_str();
            // Links lead to some of these keys already.
            let others: Vec<Value> = (0..ABSENT).map(|number| fresh_key(column.kind, 900 + number)).collect();
            let pool = self.pools.get(&(self.table.name.clone(), column.name.clone()));
            let Some(values) = (if is_key { Some(&others) } else { pool }) else { continue };
            let mut tried = if is_key { others.clone() } else { vec![Value::Null] };
            tried.extend((0..VALUES).filter(|_| !values.is_empty()).map(|_| random.pick(values).clone()));
            tried.extend(self.readable_parent(random, &column.name));
            tried.extend(self.colleague(random, &column.name));
            tried.dedup();
            for value in tried {
                let becomes = |row: &Row| {
                    let mut row = row.clone();
                    row.insert(column.name.clone(), value.clone());
                    Some(row)
                };
                let sql = format!("UPDATE {} SET {} = {}", self.table.sql(), Plain.identifier(&column.name), literal(&value));
                let expected = count(&update(self.judge, self.entity, &becomes, Reads(false)));
                // The trigger on owners comes first.
                let denied = expected == "refused" && self.is_handed_over(&column.name);
                checks.push(check(sql, if denied { "denied".to_owned() } else { expected }));
            }
        }
        checks
    }

    /// New rows, some with keys that links lead to already.
    pub fn new_rows(&self, random: &mut Random) -> Vec<Row> {
        let kind = self.table.kind(self.entity.key.as_str());
        (0..NEW_ROWS)
            .map(|number| {
                let key = fresh_key(kind, if number < ABSENT { 900 + number } else { 1000 + number });
                let mut new = row(random, self.table, self.pools, self.rows, None);
                new.insert(self.entity.key.to_string(), key);
                // What only some may set is left out of half of them.
                if number % 2 == 0 {
                    let set = self.entity.columns.iter().filter(|column| column.change.is_some());
                    set.for_each(|column| drop(new.insert(column.name.to_string(), Value::Null)));
                }
                // Half of them are the user's own in some way.
                let mine = |value: &&Value| value.key().as_deref() == self.user;
                for column in &self.table.columns {
                    let values = self.pools.get(&(self.table.name.clone(), column.name.clone()));
                    if random.chance(40)
                        && let Some(me) = values.and_then(|values| values.iter().find(mine))
                    {
                        new.insert(column.name.clone(), me.clone());
                    }
                    if random.chance(60)
                        && let Some(parent) = self.readable_parent(random, &column.name)
                    {
                        new.insert(column.name.clone(), parent);
                    }
                }
                new
            })
            .collect()
    }

    /// What may be added, all at once, and what may not, one by one.
    pub fn adding(&self, random: &mut Random) -> Vec<Check> {
        let into = |rows: &[Row]| format!("INSERT INTO {} {}", self.table.sql(), self.table.values(rows));
        let new = self.new_rows(random);
        let may = |reads: Reads, row: &Row| insert(self.judge, self.entity, std::slice::from_ref(row), reads) != Outcome::Refused;
        let mut checks = Vec::new();
        let some = |rows: Vec<Row>, random: &mut Random| {
            let mut rows = rows;
            while rows.len() > REFUSED {
                rows.remove(random.below(rows.len()));
            }
            rows
        };
        let (good, bad): (Vec<Row>, Vec<Row>) = new.into_iter().partition(|row| may(Reads(false), row));
        if !good.is_empty() {
            checks.push(check(into(&good), format!("rows {}", good.len())));
        }
        checks.extend(some(bad, random).into_iter().map(|row| check(into(&[row]), "refused".to_owned())));
        let (seen, hidden): (Vec<Row>, Vec<Row>) = good.into_iter().partition(|row| may(Reads(true), row));
        if !seen.is_empty() {
            checks.push(check(self.returning(&into(&seen)), self.keys(seen.iter())));
        }
        checks.extend(some(hidden, random).into_iter().map(|row| check(self.returning(&into(&[row])), "refused".to_owned())));
        checks.extend(self.of_one_parent().into_iter().map(|row| {
            let expected = if may(Reads(false), &row) { "rows 1" } else { "refused" };
            check(into(&[row]), expected.to_owned())
        }));
        checks
    }
}
