//! What the functions do that stand where row security alone can't express a command: handing over, and importing.

use crm_access::decide::{Outcome, Reads, Row, Value, assign, import, insert};
use crm_access::model::{Action, Owners};
use crm_access::render::{Plain, Quoting};

use crate::bench::Check;
use crate::cells::{About, MOVED, REFUSED, VALUES, check};
use crate::random::Random;
use crate::schema::literal;

impl About<'_> {
    /// Whether a column holds owners who are changed by the action of their own.
    pub fn is_handed_over(&self, column: &str) -> bool {
        let owners = matches!(&self.entity.owners, Owners::Columns(owners) if owners.iter().any(|owner| owner.as_str() == column));
        self.entity.assigned && owners
    }

    /// Records that are handed over: those that may be all at once, some of those that may not one by one, and both together.
    pub fn handing_over(&self, random: &mut Random) -> Vec<Check> {
        let entity = Plain.literal(self.entity.name.as_str());
        let give = |rows: &[&Row], to: &Value| {
            let keys: Vec<String> = rows.iter().map(|row| Plain.literal(&self.key_of(row).to_string())).collect();
            format!("SELECT crm_access.assign_record({entity}, ARRAY[{}]::text[], {}::text)", keys.join(", "), literal(to))
        };
        let users = &self.model.directory.users;
        let people: Vec<Value> =
            self.judge.world().rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str()).cloned()).collect();
        if !self.entity.assigned {
            let some: Vec<&Row> = self.rows.iter().take(1).collect();
            return people.iter().take(1).map(|to| check(give(&some, to), "error 55000".to_owned())).collect();
        }
        let mut tried: Vec<Value> = people.iter().filter(|key| key.key().as_deref() == self.user).cloned().collect();
        tried.extend((0..VALUES).map(|_| random.pick(&people).clone()));
        tried.extend(matches!(self.entity.owners, Owners::Columns(_)).then_some(Value::Null));
        let mut checks = Vec::new();
        for to in tried {
            let rows: Vec<&Row> = (0..MOVED).filter(|_| !self.rows.is_empty()).map(|_| random.pick(self.rows)).collect();
            let may = |row: &&Row| assign(self.judge, self.entity, &[self.key_of(row)], &to, &Value::Null) != Outcome::Refused;
            let (good, bad): (Vec<&Row>, Vec<&Row>) = rows.into_iter().partition(may);
            if !good.is_empty() {
                checks.push(check(give(&good, &to), "rows 1".to_owned()));
            }
            checks.extend(bad.iter().take(REFUSED).map(|row| check(give(&[row], &to), "denied".to_owned())));
            if !good.is_empty() && !bad.is_empty() {
                checks.push(check(give(&[good, bad].concat(), &to), "denied".to_owned()));
            }
        }
        checks
    }

    /// Records that are imported: those that may be all at once, some of those that may not one by one, and both together.
    pub fn importing(&self) -> Vec<Check> {
        let mut random = Random::new(self.rows.len() as u64);
        let add = |rows: &[&Row]| {
            let field = |value: &Value| value.key().map_or(serde_json::Value::Null, Into::into);
            let columns = |row: &Row| {
                self.table.columns.iter().filter_map(|column| Some((column.name.clone(), field(row.get(&column.name)?)))).collect()
            };
            let records = rows.iter().map(|row| serde_json::Value::Object(columns(row))).collect();
            let (entity, records) = (Plain.literal(self.entity.name.as_str()), serde_json::Value::Array(records).to_string());
            format!("SELECT crm_access.import({entity}, {}::jsonb)", Plain.literal(&records))
        };
        let mut new = self.of_one_parent();
        new.extend(self.new_rows(&mut random));
        if !(self.any(Action::Import) && self.any(Action::Create)) || self.judge.is_nobody() {
            return new.iter().take(1).map(|row| check(add(&[row]), "denied".to_owned())).collect();
        }
        let may = |row: &&Row| import(self.judge, self.entity, std::slice::from_ref(*row)) != Outcome::Refused;
        let (good, mut bad): (Vec<&Row>, Vec<&Row>) = new.iter().partition(may);
        // Those first that only an import is refused.
        bad.sort_by_key(|row| insert(self.judge, self.entity, std::slice::from_ref(*row), Reads(false)) == Outcome::Refused);
        let mut checks: Vec<Check> = bad.iter().take(2 * REFUSED).map(|row| check(add(&[row]), "refused".to_owned())).collect();
        if !good.is_empty() {
            checks.push(check(add(&good), "rows 1".to_owned()));
        }
        if let ([.., last], false) = (good.as_slice(), bad.is_empty()) {
            checks.push(check(add(&[[*last].as_slice(), &bad[..1]].concat()), "refused".to_owned()));
        }
        checks
    }
}
