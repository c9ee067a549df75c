//! Comparing what a user sees and touches with a condition over all rows, which a superuser evaluates.

use crm_access::program::Target;

use crate::support::{Outcomes, REFUSED, World, first_column};

/// A table whose rows a user is given by conditions over the row, which is called `t` in them.
pub struct Rows<'a> {
    pub table: &'a str,
    pub key: &'a str,
    /// An assignment that every UPDATE may do, and that reads no column.
    pub touch: &'a str,
}

impl Rows<'_> {
    /// Keys of the rows for which a condition holds, whatever the rules say.
    pub fn really(&self, world: &mut World, condition: &str) -> Vec<String> {
        world.really(&format!("SELECT {} FROM {} AS t WHERE {condition}", self.key, self.table))
    }

    /// The user reads exactly the rows of `read`, updates those of `update` among them, and deletes those of `delete` among them.
    #[track_caller]
    pub fn assert_rights(&self, world: &mut World, user: &str, read: &str, update: &str, delete: &str) {
        let Rows { table, key, touch } = self;
        let context = format!("{} user {user}, {table}", world.target.name());
        if is_nobody(world, user) {
            let expected = self.really(world, &format!("({read}) OR ({update}) OR ({delete})"));
            assert_eq!(expected, Vec::<String>::new(), "{context}: nobody");
            return;
        }
        assert_eq!(world.sees(user, &format!("SELECT {key} FROM {table}")), self.really(world, read), "{context}: read");
        let updated = self.really(world, &format!("({read}) AND ({update})"));
        let seen = world.sees(user, &format!("UPDATE {table} SET {touch} RETURNING {key}"));
        assert_eq!(seen, updated, "{context}: UPDATE ... RETURNING");
        let seen = world.tries(user, &format!("UPDATE {table} SET {touch} WHERE {key} IS NOT NULL"));
        assert_eq!(seen, Ok(updated.len() as u64), "{context}: UPDATE ... WHERE");
        // Without a column to read the server asks for no SELECT policy.
        let blind = self.really(world, update).len() as u64;
        assert_eq!(world.tries(user, &format!("UPDATE {table} SET {touch}")), Ok(blind), "{context}: UPDATE of everything");
        let deleted = self.really(world, &format!("({read}) AND ({delete})"));
        let seen = world.sees(user, &format!("DELETE FROM {table} RETURNING {key}"));
        assert_eq!(seen, deleted, "{context}: DELETE ... RETURNING");
        let seen = world.tries(user, &format!("DELETE FROM {table} WHERE {key} IS NOT NULL"));
        assert_eq!(seen, Ok(deleted.len() as u64), "{context}: DELETE ... WHERE");
        let blind = self.really(world, delete).len() as u64;
        assert_eq!(world.tries(user, &format!("DELETE FROM {table}")), Ok(blind), "{context}: DELETE of everything");
    }

    /// The same condition for all three.
    #[track_caller]
    pub fn assert_every(&self, world: &mut World, user: &str, condition: &str) {
        self.assert_rights(world, user, condition, condition, condition);
    }

    /// Nothing at all.
    #[track_caller]
    pub fn assert_nothing(&self, world: &mut World, user: &str) {
        self.assert_every(world, user, "false");
    }

    /// Runs an UPDATE of one row: it must be done exactly where the row is the user's by `read` and `update` before and after it,
    /// refused where only before, and match nothing where not before. Gives which of the three it was.
    #[track_caller]
    pub fn assert_move(&self, world: &mut World, user: &str, id: &str, set: &str, read: &str, update: &str) -> Move {
        let Rows { table, key, .. } = self;
        let both = format!("({read}) AND ({update})");
        let row = format!("{key}::text = '{}'", id.replace('\'', "''"));
        let command = format!("UPDATE {table} SET {set} WHERE {row}");
        let holds = format!("SELECT {key} FROM {table} AS t WHERE {row} AND {both}");
        let expected = if world.really(&holds).is_empty() {
            Move::Unseen
        } else if after(world, &command, &holds).is_empty() {
            Move::Refused
        } else {
            Move::Done
        };
        let found = Move::of(world.tries(user, &command));
        assert_eq!(found, expected, "{} user {user}: {command}", world.target.name());
        let returning = world.try_sees(user, &format!("{command} RETURNING {key}"));
        let found = Move::of(returning.map(|rows| rows.len() as u64));
        assert_eq!(found, expected, "{} user {user}: {command} RETURNING", world.target.name());
        expected
    }

    /// Inserts one row: it must be accepted exactly where `create` holds for the new row, and returned exactly where `read` does as well.
    #[track_caller]
    pub fn assert_insert(&self, world: &mut World, user: &str, columns: &str, values: &str, create: &str, read: &str) -> bool {
        let Rows { table, key, .. } = self;
        let command = format!("INSERT INTO {table} ({columns}) VALUES ({values})");
        // The new row is the one that is not among the old ones.
        let old = world.really(&format!("SELECT {key} FROM {table}")).join("\u{1}");
        let fresh = format!("{key}::text <> ALL (string_to_array('{}', E'\\x01'))", old.replace('\'', "''"));
        let created = !after(world, &command, &format!("SELECT {key} FROM {table} AS t WHERE {fresh} AND ({create})")).is_empty();
        let returned = created && !after(world, &command, &format!("SELECT {key} FROM {table} AS t WHERE {fresh} AND ({read})")).is_empty();
        let context = format!("{} user {user}: {command}", world.target.name());
        if is_nobody(world, user) {
            assert!(!created, "{context}: nobody");
            return false;
        }
        assert_eq!(Move::of(world.tries(user, &command)), if created { Move::Done } else { Move::Refused }, "{context}");
        let found = Move::of(world.try_sees(user, &format!("{command} RETURNING {key}")).map(|rows| rows.len() as u64));
        assert_eq!(found, if returned { Move::Done } else { Move::Refused }, "{context} RETURNING");
        created
    }
}

/// What became of a command for one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Done,
    Refused,
    Unseen,
}

impl Move {
    #[track_caller]
    fn of(outcome: Outcomes) -> Move {
        match outcome {
            Ok(0) => Move::Unseen,
            Ok(1) => Move::Done,
            Ok(more) => panic!("{more} rows"),
            Err(refused) if refused.state == REFUSED => Move::Refused,
            Err(refused) => panic!("{refused:?}"),
        }
    }
}

/// Whether the extension lets nobody ask as this user: unknown or not active. The portable target finds out in the policies.
pub fn is_nobody(world: &mut World, user: &str) -> bool {
    match world.try_sees(user, "SELECT 1") {
        Err(refused) => {
            assert_eq!((world.target, refused.state.as_str()), (Target::Extension, "28000"), "{user}: {refused:?}");
            true
        }
        Ok(_) => false,
    }
}

/// The first column of a query after a command that a superuser does and takes back.
#[track_caller]
pub fn after(world: &mut World, command: &str, query: &str) -> Vec<String> {
    let mut transaction = world.admin.transaction().unwrap();
    transaction.batch_execute(command).unwrap_or_else(|error| panic!("{command}: {error:?}"));
    let rows = transaction.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    transaction.rollback().unwrap();
    first_column(rows)
}

/// Drops the foreign keys, so that what a DELETE reaches is decided by the rules alone.
pub fn drop_foreign_keys(world: &mut World) {
    world.force(
        "DO $$ DECLARE k record; BEGIN
             FOR k IN SELECT conrelid::regclass AS of, conname FROM pg_constraint WHERE contype = 'f' LOOP
                 EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.of, k.conname);
             END LOOP;
         END $$",
    );
}
