//! What the functions answer that a user may call: whether something can be done, and sharing.

use crm_access::decide::Row;
use crm_access::model::{Action, Conflict, Owners, RoleName};
use crm_access::render::{Plain, Quoting};

use crate::bench::Check;
use crate::cells::{About, STRANGE, check};
use crate::combinations::{People, When};
use crate::random::Random;

impl About<'_> {
    /// What `crm_access.can` answers for some records, and for no record in particular.
    pub fn can(&self, random: &mut Random, known: bool) -> Vec<Check> {
        let may = |action: Action, row: &Row| self.judge.may(self.entity, action, row).allowed;
        let mut checks = Vec::new();
        for action in Action::ALL {
            let mut some: Vec<&Row> = (0..4).filter(|_| !self.rows.is_empty()).map(|_| random.pick(self.rows)).collect();
            some.sort();
            some.dedup();
            let allowed = some
                .iter()
                .filter(|row| may(Action::Read, row) && action.presupposes().is_none_or(|first| may(first, row)) && may(action, row));
            let keys: Vec<String> = some.iter().map(|row| Plain.literal(&self.key_of(row).to_string())).collect();
            let (name, entity) = (action.name(), Plain.literal(self.entity.name.as_str()));
            let sql =
                format!("SELECT array_agg(k) FROM unnest(ARRAY[{}]) AS k WHERE crm_access.can('{name}', {entity}, k)", keys.join(", "));
            checks.push(check(sql, self.keys(allowed.clone().copied())));
            let sql = format!("SELECT array_agg(k) FROM crm_access.can('{name}', {entity}, ARRAY[{}]::text[]) AS k", keys.join(", "));
            checks.push(check(sql, self.keys(allowed.copied())));
            let any = known && self.any(action) && action.presupposes().is_none_or(|first| self.any(first));
            let sql = format!("SELECT array_agg(x::text) FROM (SELECT crm_access.can('{name}', {entity}) AS x) AS x");
            checks.push(check(sql, format!("keys {any}")));
        }
        let possible = |action: &Action| known && self.any(*action) && action.presupposes().is_none_or(|first| self.any(first));
        let mut permitted: Vec<&str> = Action::ALL.iter().filter(|action| possible(action)).map(|action| action.name()).collect();
        permitted.sort_unstable();
        let sql =
            format!("SELECT array_agg(action) FROM crm_access.permissions() WHERE entity = {}", Plain.literal(self.entity.name.as_str()));
        checks.push(check(sql, format!("keys {}", permitted.join(" "))));
        checks
    }

    /// Sharing of some records, at each level, with somebody.
    pub fn sharing(&self, random: &mut Random) -> Vec<Check> {
        let can = |action: Action, row: &Row| self.judge.can(self.entity, action, row);
        let users = &self.model.directory.users;
        let people: Vec<String> =
            self.judge.world().rows(&users.table).iter().filter_map(|row| row.get(users.key.as_str())?.key()).collect();
        let mut checks = Vec::new();
        for (level, needed) in [("read", &[][..]), ("update", &[Action::Update][..]), ("full", &[Action::Update, Action::Delete][..])]
            .into_iter()
            .cycle()
            .take(6)
        {
            if self.rows.is_empty() || people.is_empty() {
                break;
            }
            let row = random.pick(self.rows);
            let may = can(Action::Share, row) && needed.iter().all(|action| can(*action, row));
            let sql = format!(
                "SELECT crm_access.share({}, {}, 'user', {}, '{level}')",
                Plain.literal(self.entity.name.as_str()),
                Plain.literal(&self.key_of(row).to_string()),
                Plain.literal(random.pick::<String>(&people))
            );
            checks.push(check(sql, if may { "rows 1" } else { "denied: the record can't be shared" }.to_owned()));
        }
        checks
    }

    /// What `crm_access.can` answers about keys that are none.
    pub fn can_strange(&self) -> Vec<Check> {
        let keys: Vec<String> = STRANGE.iter().map(|key| Plain.literal(key)).collect();
        let (keys, entity) = (keys.join(", "), Plain.literal(self.entity.name.as_str()));
        let ask = |action: Action| {
            let name = action.name();
            format!("SELECT array_agg(k) FROM unnest(ARRAY[{keys}]) AS k WHERE crm_access.can('{name}', {entity}, k)")
        };
        Action::ALL.map(|action| check(ask(action), "keys ".to_owned())).into()
    }

    /// Whether some record may be allowed, whatever the record: a role that counts grants something, no restriction leaves nothing.
    pub fn any(&self, action: Action) -> bool {
        let (Some(user), world) = (self.user, self.judge.world()) else { return false };
        // A part of updating, where it is no action of its own.
        let action = match (action, &self.entity.owners) {
            (Action::Assign, Owners::None) => return false,
            (Action::Assign, _) if !self.entity.assigned => Action::Update,
            _ => action,
        };
        let people = People::new(self.model, world);
        let mine = people.roles(user, When::Now);
        let grants = |name: &RoleName| {
            let role = self.model.roles.iter().find(|role| role.name == *name);
            role.into_iter()
                .flat_map(|role| &role.grants)
                .filter(|grant| grant.entity == self.entity.name && grant.action == action)
                .collect::<Vec<_>>()
        };
        let closest = mine.iter().filter(|(role, _)| !grants(role).is_empty()).map(|(_, rank)| *rank).min();
        let counts = |rank: u8| self.model.conflict != Conflict::MostSpecific || Some(rank) == closest;
        let granted = mine
            .iter()
            .filter(|(_, rank)| counts(**rank))
            .flat_map(|(role, _)| grants(role))
            .any(|grant| !grant.level.scopes.is_empty() || grant.level.stages.iter().any(|stage| !stage.scopes.is_empty()));
        let given = people.restrictions(When::Now).remove(user).unwrap_or_default();
        let nothing_left = self.model.restrictions.iter().filter(|restriction| given.contains_key(&restriction.name)).any(|restriction| {
            let lifted = restriction.promotion == crm_access::model::Promotion::Lift
                && self.model.roles_including(&restriction.not_for).iter().any(|role| mine.contains_key(role));
            !lifted && restriction.level(&self.entity.name).is_some_and(|level| level.scopes(action).is_empty())
        });
        let shared = self.model.sharing.iter().filter(|rule| rule.opens(&self.entity.name, action));
        (granted || shared.into_iter().any(|rule| people.is_opened(rule, user))) && !nothing_left
    }
}
