//! Trying all checks on a bench until one shows a difference.

use std::collections::{BTreeMap, BTreeSet};

use crm_access::model::{Action, TableName};
use crm_access::program::Target;

use crate::bench::{Bench, agrees};
use crate::cells::{self, Cell};
use crate::changes;
use crate::circumstances;
use crate::givings;
use crate::mutants::{Part, Reach};
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
    /// Places in `cells`, and above them in [`PROBES`], for each part of the rules; what is quick comes first.
    order: BTreeMap<Part, Vec<usize>>,
    first: Vec<usize>,
    reach: Reach,
    /// Cells that have been tried.
    tried: usize,
}

/// After how many cells the tables are swept.
const SWEPT: usize = 50;

/// Kinds of cells; what is quick comes first.
const KINDS: [&str; 19] = [
    "who has what",
    "people",
    "helpers",
    "logins",
    "one role",
    "reading",
    "columns",
    "copying",
    "protected people",
    "hostile settings",
    "unknown restriction",
    "moving blindly",
    "sharing",
    "handing over",
    "importing",
    "given to everyone",
    "adding",
    "can",
    "changing",
];

/// Whether cells of a kind do something that policies for an action have a say in.
fn does(kind: &str, action: Option<Action>) -> bool {
    let (adds, moves) = (["adding", "importing"].contains(&kind), ["changing", "moving blindly", "handing over"].contains(&kind));
    match action {
        _ if ["can", "sharing", "helpers"].contains(&kind) => false,
        Some(Action::Create) => adds,
        Some(Action::Update) => !adds && !["copying", "columns"].contains(&kind),
        Some(Action::Delete) => !adds && !moves && !["copying", "columns"].contains(&kind),
        _ => true,
    }
}

impl Campaign {
    pub fn new(mut bench: Bench, reach: Reach, seed: u64) -> Campaign {
        probes::prepare(&mut bench);
        let mut cells = cells::cells(&bench, seed);
        cells.extend(changes::cells(&bench, seed));
        cells.extend(circumstances::cells(&bench, seed));
        cells.extend(givings::cells(&bench, seed));
        let mut order: Vec<usize> = (0..cells.len()).collect();
        let mut random = Random::new(seed);
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        order.sort_by_key(|at| KINDS.iter().position(|kind| *kind == cells[*at].kind).expect("a kind of cells"));
        let first = (0..PROBES.len()).map(|at| cells.len() + at).chain(order).collect();
        Campaign { bench, cells, order: BTreeMap::new(), first, reach, tried: 0 }
    }

    /// How many statements are compared.
    pub fn size(&self) -> usize {
        self.cells.iter().map(|cell| cell.checks.len()).sum()
    }

    /// The first difference that a change of that part of the rules may show.
    pub fn first_difference(&mut self, part: &Part) -> Option<Difference> {
        let mut order = self.order.remove(part).unwrap_or_else(|| self.first.clone());
        let mut found = None;
        for place in 0..order.len() {
            let at = order[place];
            found = match self.cells.get(at) {
                Some(cell) if !self.is_reached(cell, part) => None,
                _ => self.try_at(at),
            };
            if found.is_some() {
                order[..=place].rotate_right(1);
                break;
            }
        }
        self.order.insert(part.clone(), order);
        found
    }

    /// The first difference in the probes and in cells with about so many statements, as many of each kind.
    pub fn first_difference_in_some(&mut self, statements: usize) -> Option<Difference> {
        let step = self.size().div_ceil(statements).max(1);
        let (probes, cells): (Vec<usize>, Vec<usize>) = self.first.iter().partition(|at| **at >= self.cells.len());
        let some: Vec<usize> = probes.into_iter().chain(cells.into_iter().step_by(step)).collect();
        some.into_iter().find_map(|at| self.try_at(at))
    }

    fn try_at(&mut self, at: usize) -> Option<Difference> {
        match self.cells.get(at) {
            Some(_) => self.try_cell(at),
            None => {
                let (name, probe) = PROBES[at - self.cells.len()];
                probe(&mut self.bench).err().map(|text| Difference { by: name.to_owned(), text })
            }
        }
    }

    fn is_reached(&self, cell: &Cell, part: &Part) -> bool {
        match (part, &cell.table) {
            (Part::Other, _) => true,
            (Part::Policy { table: of, action, .. }, Some(table)) => of == table && does(cell.kind, *action),
            (Part::Policy { .. }, None) => false,
            (Part::Function(_), Some(_)) if cell.kind == "helpers" => true,
            (Part::Function(name), None) => cell.kind != "people" || self.reach.checking.contains(name),
            (Part::Function(name), Some(_)) if cell.kind == "sharing" && name == "share" => true,
            (Part::Function(name), Some(table)) => {
                let leads = |to: &BTreeMap<String, BTreeSet<TableName>>| to.get(name).is_some_and(|tables| tables.contains(table));
                match cell.kind {
                    "can" | "sharing" => leads(&self.reach.asked),
                    "handing over" | "importing" | "changing" | "moving blindly" => leads(&self.reach.asked) || leads(&self.reach.tables),
                    _ => leads(&self.reach.tables),
                }
            }
        }
    }

    fn try_cell(&mut self, at: usize) -> Option<Difference> {
        self.tried += 1;
        if self.tried.is_multiple_of(SWEPT) {
            self.bench.sweep();
        }
        let cell = &self.cells[at];
        let statements: Vec<&str> = cell.checks.iter().map(|check| check.sql.as_str()).collect();
        let found =
            |text: String| Some(Difference { by: cell.kind.to_owned(), text: format!("{:?}: {}\n  {text}", cell.asker, cell.before) });
        let outcomes = match self.bench.outcomes(&cell.asker, &cell.before, &statements) {
            Ok(outcomes) => outcomes,
            // Who is not there or not active can't be acted for.
            Err(refused) if !cell.known && self.bench.target == Target::Extension && refused.state == "28000" => return None,
            Err(refused) => return found(format!("{refused:?}")),
        };
        for (check, got) in cell.checks.iter().zip(&outcomes) {
            if !agrees(&check.expected, got) {
                return found(format!("{}\n  expected {}\n  got      {got}", check.sql, check.expected));
            }
        }
        None
    }
}
