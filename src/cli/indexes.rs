//! The indexes that policies need: written by `generate`, made by `apply`.

use std::collections::BTreeSet;

use super::arguments::{Apply, Generate};
use super::commands::{Failure, complain, print};
use super::exit::Exit;
use crate::apply::{Making, Prepared, Session, catalog, create_index, drop_index, is_left};
use crate::catalog::Catalog;
use crate::inspect::{IndexedLookup, Lookup, indexed_lookups, lookups};
use crate::live::{self, Connection, LiveError};
use crate::text::{Source, one_line};

fn making(concurrently: bool) -> Making {
    if concurrently { Making::Concurrently } else { Making::InTransaction }
}

/// A column in one line, whatever its name is.
fn shown(lookup: &Lookup<'_>) -> String {
    one_line(&format!("{} ({})", lookup.table, lookup.column))
}

/// The SQL of the indexes; of those that the database has not, where one is given.
pub(super) fn script(options: &Generate, source: &Source, prepared: &Prepared) -> Result<String, Failure> {
    let making = making(options.concurrently);
    let mut out = String::from("-- Indexes on the columns by which the policies look rows up.\n");
    let Some(database) = &options.database else {
        out.push_str("-- Nothing was asked what it has: with --database those that are there under another name are left out.\n\n");
        for lookup in lookups(source, &prepared.config, &prepared.model) {
            out.push_str(&format!("{}\n", create_index(prepared, &lookup, making, true)?));
        }
        return Ok(out);
    };
    let catalog = live::connect(database)?.in_transaction(|session| catalog(session, prepared))?;
    for IndexedLookup { lookup, index, partitioned } in indexed_lookups(source, &prepared.config, &prepared.model, &catalog) {
        let Some(name) = index else {
            let making = if partitioned { Making::InTransaction } else { making };
            if partitioned && options.concurrently {
                out.push_str("-- PostgreSQL makes no index of a partitioned table while others write to it.\n");
            }
            out.push_str(&format!("{}\n", create_index(prepared, &lookup, making, false)?));
            continue;
        };
        out.push_str(&format!("-- {}: {} is there\n", shown(&lookup), one_line(&name)));
    }
    Ok(out)
}

/// What `apply` does about indexes.
pub(super) struct Indexes<'p> {
    prepared: &'p Prepared,
    /// Whether those that are missing are made, and how.
    making: Option<Making>,
    there: BTreeSet<String>,
    missing: Vec<Missing<'p>>,
}

/// An index that the database has not.
struct Missing<'p> {
    lookup: Lookup<'p>,
    partitioned: bool,
    /// What makes it.
    statement: String,
}

impl<'p> Indexes<'p> {
    /// Looks what the database has.
    pub(super) fn new(options: &Apply, source: &Source, prepared: &'p Prepared, catalog: &Catalog) -> Result<Self, Failure> {
        let making = making(options.concurrently);
        let (mut there, mut missing) = (BTreeSet::new(), Vec::new());
        for IndexedLookup { lookup, index, partitioned } in indexed_lookups(source, &prepared.config, &prepared.model, catalog) {
            match index {
                Some(name) => {
                    there.insert(name);
                }
                None => {
                    let statement = create_index(prepared, &lookup, making, false)?;
                    missing.push(Missing { lookup, partitioned, statement });
                }
            }
        }
        Ok(Indexes { prepared, making: options.indexes.then_some(making), there, missing })
    }

    /// What is there, and what is missing or will be made.
    pub(super) fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.there.is_empty() {
            let names: Vec<String> = self.there.iter().map(|name| one_line(name)).collect();
            lines.push(format!("indexes that the policies need and that are there: {}", names.join(", ")));
        }
        lines.extend(self.missing.iter().map(|Missing { lookup, .. }| match self.making {
            None => format!("{}: no index; --indexes makes one", shown(lookup)),
            Some(Making::InTransaction) => format!("{}: an index is made", shown(lookup)),
            Some(Making::Concurrently) => format!("{}: an index is made afterwards, while others write", shown(lookup)),
        }));
        lines
    }

    /// Makes them in the transaction that applies.
    pub(super) fn make_within(&self, session: &mut dyn Session<Error = LiveError>) -> Result<(), LiveError> {
        if self.making == Some(Making::InTransaction) {
            self.missing.iter().try_for_each(|missing| session.execute(&missing.statement))?;
        }
        Ok(())
    }

    /// Makes them one by one; one that can't be made leaves nothing behind and does not keep the others from being made.
    pub(super) fn make_alone(&self, connection: &mut Connection) -> Result<Exit, Failure> {
        if self.making != Some(Making::Concurrently) {
            return Ok(Exit::Fine);
        }
        let mut exit = Exit::Fine;
        for Missing { lookup, partitioned, statement } in &self.missing {
            if *partitioned {
                exit = Exit::Failure;
                complain(&format!(
                    "{} is partitioned, and PostgreSQL makes no index of it while others write; without --concurrently it is made",
                    lookup.table
                ));
                continue;
            }
            match connection.alone(statement) {
                Ok(()) => print(&format!("Made: {}\n", shown(lookup)))?,
                Err(error) => {
                    exit = Exit::Failure;
                    complain(&format!("the index on {} is not made: {error}", shown(lookup)));
                    // Where the name was taken, what has it is not ours.
                    if !error.is_duplicate() {
                        self.take_away(connection, lookup)?;
                    }
                }
            }
        }
        Ok(exit)
    }

    /// What is left of an index that could not be made costs every write and serves nobody.
    fn take_away(&self, connection: &mut Connection, lookup: &Lookup<'_>) -> Result<(), Failure> {
        if connection.in_transaction(|session| is_left(session, self.prepared, lookup))? {
            connection.alone(&drop_index(self.prepared, lookup)?)?;
        }
        Ok(())
    }
}
