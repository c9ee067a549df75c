//! Another world than the bench's, and what a superuser does to come there.

use crm_access::decide::{Row, Share, Value, World};
use crm_access::model::{Assigned, ColumnName, Entity, Period, RestrictionName, RoleName, ShareLevel, Subject, TableName};
use crm_access::render::{Plain, Quoting};

use crate::apart::apart;
use crate::bench::{Asker, Bench, place, store};
use crate::cells::{Cell, What, about_some, of_asker};
use crate::data::{Pools, compared};
use crate::random::Random;
use crate::schema::{literal, table_sql};

/// Records of an entity that are shared at once.
const SHARED: usize = 40;

/// Statements that no trigger looks at, within a transaction.
pub fn unchecked(sql: &str) -> String {
    format!("SET LOCAL session_replication_role = replica; {sql} SET LOCAL session_replication_role = origin;")
}

/// Takes what may have been given for another time.
fn taken(kind: &str, name: &str, to: &Subject) -> String {
    let (subject, key, _) = place(to);
    let (name, key) = (Plain.literal(name), Plain.literal(key));
    format!("DELETE FROM crm_access.assignment WHERE kind = '{kind}' AND name = {name} AND subject = '{subject}' AND subject_key = {key};")
}

/// A world, and what a superuser does to come there.
#[derive(Clone)]
pub struct Given {
    pub world: World,
    sql: String,
}

impl Given {
    pub fn as_it_is(bench: &Bench) -> Given {
        Given { world: bench.world.clone(), sql: String::new() }
    }

    /// Nobody has been given a role or a restriction, but for what the configuration lists.
    pub fn no_role(bench: &Bench) -> Given {
        let (assignments, mut given) = (&bench.model.assignments, Given::as_it_is(bench));
        let users = &bench.model.directory.users.table;
        given.sql.push_str("DELETE FROM crm_access.assignment;");
        given.world.stored_roles.clear();
        given.world.stored_restrictions.clear();
        for table in assignments.role_tables.iter().chain(&assignments.restriction_tables).filter(|table| table.table != *users) {
            given.sql.push_str(&format!("DELETE FROM {};", table_sql(&table.table)));
            given.world.tables.insert(table.table.clone(), Vec::new());
        }
        for table in assignments.role_tables.iter().filter(|table| table.table == *users) {
            given.set(users, table.name.as_str(), &Value::Null);
        }
        let flags = assignments.role_flags.iter().map(|flag| &flag.column);
        for column in flags.chain(assignments.restriction_flags.iter().map(|flag| &flag.column)) {
            given.set(users, column.as_str(), &Value::Bool(false));
        }
        given
    }

    pub fn role(&mut self, to: &Subject, role: &RoleName) {
        let period = Period::default();
        let (taken, stored) = (taken("role", role.as_str(), to), store("role", role.as_str(), to, false, period));
        self.sql.push_str(&format!("{taken}{stored};"));
        self.world.stored_roles.retain(|given| !(given.what == *role && given.to == *to));
        self.world.stored_roles.push(Assigned { what: role.clone(), to: to.clone(), confirmed: false, period, channel: None });
    }

    pub fn restriction(&mut self, to: &Subject, name: &RestrictionName, confirmed: bool) {
        let period = Period::default();
        let (taken, stored) = (taken("restriction", name.as_str(), to), store("restriction", name.as_str(), to, confirmed, period));
        self.sql.push_str(&format!("{taken}{stored};"));
        self.world.stored_restrictions.retain(|given| !(given.what == *name && given.to == *to));
        self.world.stored_restrictions.push(Assigned { what: name.clone(), to: to.clone(), confirmed, period, channel: None });
    }

    /// Opens records of every entity to a user, whole and whoever owns them.
    pub fn shared(&mut self, bench: &Bench, to: &Subject) {
        let mut shares = Vec::new();
        for entity in &bench.model.entities {
            let keys = self.world.rows(&entity.table).iter().filter_map(|row| row.get(entity.key.as_str())?.key());
            shares.extend(keys.take(SHARED).map(|record| Share {
                entity: entity.name.clone(),
                record,
                to: to.clone(),
                level: ShareLevel::Full,
                period: Period::default(),
                keep: true,
                owners: Vec::new(),
            }));
        }
        self.share(shares);
    }

    /// Each record has at most one thing to do with a user.
    pub fn apart(&mut self, bench: &Bench, random: &mut Random, user: &str) {
        let made = apart(bench, &self.world, random, user);
        for (name, rows) in &made.tables {
            if self.world.rows(name) == rows.as_slice() {
                continue;
            }
            let table = &bench.schema[name];
            self.sql.push_str(&format!("DELETE FROM {};", table.sql()));
            if !rows.is_empty() {
                self.sql.push_str(&format!("INSERT INTO {} {};", table.sql(), table.values(rows)));
            }
        }
        self.world.tables = made.tables;
        self.share(made.shares);
    }

    fn share(&mut self, shares: Vec<Share>) {
        for share in shares {
            let (subject, subject_key, _) = place(&share.to);
            self.sql.push_str(&format!(
                "INSERT INTO crm_access.share (entity, record_key, subject, subject_key, level, keep, owners)
                 VALUES ({}, {}, '{subject}', {}, '{}', true, ARRAY[]::text[]);",
                Plain.literal(share.entity.as_str()),
                Plain.literal(&share.record),
                Plain.literal(subject_key),
                share.level.name()
            ));
            self.world.shares.push(share);
        }
    }

    /// Puts a user into a column of every other record: who created it, say.
    pub fn involved(&mut self, bench: &Bench, user: &str, column: impl Fn(&Entity) -> Option<&ColumnName>) {
        let users = &bench.model.directory.users;
        let mut keys = bench.world.rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str()));
        let Some(value) = keys.find(|value| value.key().as_deref() == Some(user)) else { return };
        for entity in &bench.model.entities {
            let Some(column) = column(entity) else { continue };
            let rows = self.world.rows(&entity.table).iter().step_by(2);
            let keys: Vec<String> = rows.filter_map(|row| row.get(entity.key.as_str()).map(literal)).collect();
            let is_one = |row: &Row| row.get(entity.key.as_str()).is_some_and(|key| keys.contains(&literal(key)));
            if !keys.is_empty() {
                let which = format!(" WHERE {} IN ({})", Plain.identifier(entity.key.as_str()), keys.join(", "));
                self.set_where(&entity.table, column.as_str(), value, &which, is_one);
            }
        }
    }

    /// Takes all attributes from a user, and from all records what attributes are compared with.
    pub fn no_attributes(&mut self, bench: &Bench, user: &str) {
        let users = &bench.model.directory.users;
        let which = format!(" WHERE {}::text = {}", Plain.identifier(users.key.as_str()), Plain.literal(user));
        let is_user = |row: &Row| row.get(users.key.as_str()).and_then(Value::key).as_deref() == Some(user);
        for (attribute, _) in &users.attributes {
            self.set_where(&users.table, attribute.as_str(), &Value::Null, &which, is_user);
        }
        for entity in bench.model.entities.iter().filter(|_| !users.attributes.is_empty()) {
            for column in compared(&bench.model, &entity.name).into_keys() {
                self.set(&entity.table, &column, &Value::Null);
            }
        }
    }

    fn set(&mut self, table: &TableName, column: &str, value: &Value) {
        self.set_where(table, column, value, "", |_| true);
    }

    /// Puts a value into a column of some rows, told apart in SQL and here.
    fn set_where(&mut self, table: &TableName, column: &str, value: &Value, which: &str, is_one: impl Fn(&Row) -> bool) {
        self.sql.push_str(&format!("UPDATE {} SET {} = {}{which};", table_sql(table), Plain.identifier(column), literal(value)));
        for row in self.world.tables.entry(table.clone()).or_default().iter_mut().filter(|row| is_one(row)) {
            row.insert(column.to_owned(), value.clone());
        }
    }

    /// The commands that lead there.
    pub fn before(&self) -> String {
        unchecked(&self.sql)
    }

    /// What an asker does there.
    pub fn cells(&self, bench: &Bench, random: &mut Random, pools: &Pools, asker: &Asker, what: What) -> Vec<Cell> {
        of_asker(bench, random, pools, asker.clone(), (&self.world, &self.before()), what)
    }

    /// What an asker does there with the records of some entities.
    pub fn cells_about(
        &self,
        bench: &Bench,
        random: &mut Random,
        pools: &Pools,
        asker: &Asker,
        wanted: &dyn Fn(&Entity) -> bool,
    ) -> Vec<Cell> {
        about_some(bench, random, pools, asker.clone(), (&self.world, &self.before()), (What::All, wanted))
    }
}
