//! Trying all checks on a bench until one shows a difference.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::model::TableName;
use crm_access::program::Target;

use crate::bench::Bench;
use crate::cells::{self, Cell};
use crate::changes;
use crate::mutants::Part;
use crate::probes::{self, PROBES};
use crate::random::Random;

/// What showed a difference, and the difference.
pub struct Difference {
    pub by: String,
    pub text: String,
}

/// A bench and everything that is tried on it. What found the last difference is tried first next time.
pub struct Campaign {
    pub bench: Bench,
    cells: Vec<Cell>,
    /// Places in `cells`, and above them in [`PROBES`].
    order: Vec<usize>,
    /// Tables whose policies lead to a function.
    reach: BTreeMap<String, BTreeSet<TableName>>,
}

impl Campaign {
    pub fn new(mut bench: Bench, reach: BTreeMap<String, BTreeSet<TableName>>, seed: u64) -> Campaign {
        probes::prepare(&mut bench);
        let mut cells = cells::cells(&bench, seed);
        cells.extend(changes::cells(&bench, seed));
        cells.extend(probes::cells(&bench, seed));
        let mut order: Vec<usize> = (0..cells.len()).collect();
        let mut random = Random::new(seed);
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        order.extend((0..PROBES.len()).map(|at| cells.len() + at));
        Campaign { bench, cells, order, reach }
    }

    /// How many statements are compared.
    pub fn size(&self) -> usize {
        self.cells.iter().map(|cell| cell.checks.len()).sum()
    }

    /// The first difference that a change of that part of the rules may show.
    pub fn first_difference(&mut self, part: &Part) -> Option<Difference> {
        let mut times: BTreeMap<String, (f64, usize)> = BTreeMap::new();
        for place in 0..self.order.len() {
            let at = self.order[place];
            let started = std::time::Instant::now();
            let found = match self.cells.get(at) {
                Some(cell) if !self.is_reached(cell, part) => None,
                Some(_) => self.try_cell(at),
                None => {
                    let (name, probe) = PROBES[at - self.cells.len()];
                    probe(&mut self.bench).err().map(|text| Difference { by: name.to_owned(), text })
                }
            };
            let kind = self.cells.get(at).map_or_else(|| PROBES[at - self.cells.len()].0.to_owned(), |c| c.kind.to_owned());
            let t = times.entry(kind).or_default();
            t.0 += started.elapsed().as_secs_f64();
            t.1 += self.cells.get(at).map_or(1, |c| c.checks.len());
            if found.is_some() {
                self.order[..=place].rotate_right(1);
                return found;
            }
        }
        if std::env::var("TIMES").is_ok() { println!("{times:?}"); }
        None
    }

    fn is_reached(&self, cell: &Cell, part: &Part) -> bool {
        let Some(table) = &cell.table else { return !matches!(part, Part::Policy(_)) };
        match part {
            Part::Policy(of) => of == table,
            // `can` has functions of its own.
            Part::Function(name) => cell.kind == "can" || self.reach.get(name).is_some_and(|tables| tables.contains(table)),
            Part::Other => true,
        }
    }

    fn try_cell(&mut self, at: usize) -> Option<Difference> {
        let cell = &self.cells[at];
        let statements: Vec<&str> = cell.checks.iter().map(|check| check.sql.as_str()).collect();
        let found = |text: String| Some(Difference { by: cell.kind.to_owned(), text: format!("{:?}: {text}", cell.asker) });
        let outcomes = match self.bench.outcomes(&cell.asker, &cell.before, &statements) {
            Ok(outcomes) => outcomes,
            // Who is not there or not active can't be acted for.
            Err(refused) if !cell.known && self.bench.target == Target::Extension && refused.state == "28000" => return None,
            Err(refused) => return found(format!("{refused:?}")),
        };
        for (check, got) in cell.checks.iter().zip(&outcomes) {
            let open = check.expected.starts_with("error") || check.expected == "forbidden";
            if *got != check.expected && !(open && got.starts_with(&check.expected)) {
                return found(format!("{}\n  expected {}\n  got      {got}", check.sql, check.expected));
            }
        }
        None
    }
}
