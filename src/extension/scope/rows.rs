//! How many rows a policy leaves whoever asks, counted where a query wants only some of its rows.
//!
//! For `ORDER BY created_at LIMIT 50` the planner goes through the index of `created_at` until it has found 50 rows, which is soon for who sees many. Of a user it
//! knows what an average one has: for somebody with a few rows that walk is as long as the table. So before it decides, the rows of who asks are counted
//! in the index of the column that the policy compares, as far as they are clearly fewer than expected and counting takes little beside the walk.
//!
//! What is counted are entries of an index, so that rows are among them which were deleted or are not seen yet; it changes what a statement takes and never its rows.

use pgrx::pg_sys::{
    BoolExpr, Const, Datum, FuncExpr, IndexOptInfo, Node, NodeTag, Oid, OpExpr, Path, PlannerInfo, RelOptInfo, RestrictInfo, ScanDirection,
    ScanKeyData,
};
use pgrx::prelude::*;

use super::call::{Scope, calls};
use crate::extension::function::name_of_ours;
use crate::extension::guard::statement::pointers;
use crate::extension::standing::suit;

/// The part of what the walk takes that counting may.
const PART: f64 = 0.01;
/// How many entries have to be affordable; what takes less is not worth looking at.
const WORTH: f64 = 100.0;
/// The most entries that are counted for a table.
const MOST: f64 = 20_000.0;
/// How many times fewer rows than expected make another plan worth finding.
const FEWER: f64 = 2.0;
/// Keys whose rows are counted at most.
const KEYS: usize = 2_000;

/// Counts rows for the conditions of policies and has the planner expect as many; whether it has to look for ways to read the table anew.
///
/// # Safety
/// The table is of a planning that is going on, has no parts, and its ways to be read were found.
pub unsafe fn count(root: *mut PlannerInfo, relation: *mut RelOptInfo) -> bool {
    // SAFETY: as the caller promises; a table's conditions are a list of notes.
    unsafe {
        if (*root).tuple_fraction <= 0.0 || (*relation).indexlist.is_null() || (*relation).tuples <= 0.0 {
            return false;
        }
        // Those of the query itself have the highest level: whoever asks could learn by them what is hidden.
        let policies: Vec<*mut RestrictInfo> = pointers((*relation).baserestrictinfo)
            .map(|note| note.cast::<RestrictInfo>())
            .filter(|note| (**note).security_level < (*root).qual_security_level)
            .collect();
        if policies.is_empty() || pg_sys::is_dummy_rel(relation) {
            return false;
        }
        let affordable = walk((*root).tuple_fraction, relation) * PART / pg_sys::cpu_index_tuple_cost;
        if affordable < WORTH {
            return false;
        }
        let mut counting = Counting { root, relation, affordable: affordable.min(MOST), is_tried: false };
        let fewer: Vec<*mut RestrictInfo> = policies.into_iter().filter(|policy| counting.condition(*policy)).collect();
        if counting.is_tried {
            suit(root);
        }
        for condition in &fewer {
            pg_sys::clause_selectivity(root, condition.cast(), 0, pg_sys::JoinType::JOIN_INNER, std::ptr::null_mut());
        }
        if fewer.is_empty() {
            return false;
        }
        pg_sys::set_baserel_size_estimates(root, relation);
        true
    }
}

/// What the cheapest way to read the part of a table that is wanted is expected to take.
///
/// # Safety
/// As for [`count`].
unsafe fn walk(wanted: f64, relation: *mut RelOptInfo) -> f64 {
    // SAFETY: as the caller promises.
    unsafe {
        // From one on it is a number of rows, as the server has it.
        let part = if wanted >= 1.0 { wanted / (*relation).rows.max(1.0) } else { wanted }.min(1.0);
        let costs = pointers((*relation).pathlist).map(|path| {
            let path = path.cast::<Path>();
            (*path).startup_cost + part * ((*path).total_cost - (*path).startup_cost)
        });
        costs.reduce(f64::min).unwrap_or_default()
    }
}

/// What is being counted for one table.
struct Counting {
    root: *mut PlannerInfo,
    relation: *mut RelOptInfo,
    /// How many entries may still be looked at.
    affordable: f64,
    /// Whether any were, so that the plan depends on who asks.
    is_tried: bool,
}

impl Counting {
    /// Counts for a condition and all that it is put together of. Where rows are fewer its note forgets what was expected, and so does each note above.
    ///
    /// # Safety
    /// It is a note of a condition of the table.
    unsafe fn condition(&mut self, note: *mut RestrictInfo) -> bool {
        // SAFETY: as the caller promises; the arms of a condition have notes of their own.
        unsafe {
            if (*note).orclause.is_null() {
                return self.single(note).is_some();
            }
            let is_fewer = self.arms((*note).orclause.cast());
            if is_fewer {
                (*note).norm_selec = -1.0;
            }
            is_fewer
        }
    }

    /// # Safety
    /// It is what such a condition is put together of.
    unsafe fn arms(&mut self, node: *mut Node) -> bool {
        // SAFETY: as the caller promises; the tag says what it is.
        unsafe {
            match (*node).type_ {
                NodeTag::T_RestrictInfo => self.condition(node.cast()),
                // Each of them, also behind one that has fewer.
                NodeTag::T_BoolExpr => pointers((*node.cast::<BoolExpr>()).args).filter(|arm| self.arms(*arm)).count() > 0,
                _ => false,
            }
        }
    }

    /// Counts for a condition that is not put together of others; `None` where its rows are no fewer than expected, as far as that can be said.
    ///
    /// # Safety
    /// As for [`Counting::condition`].
    unsafe fn single(&mut self, note: *mut RestrictInfo) -> Option<()> {
        // SAFETY: as the caller promises.
        unsafe {
            let tuples = (*self.relation).tuples;
            let expected = if (*note).norm_selec < 0.0 { tuples } else { (*note).norm_selec * tuples };
            let most = (expected / FEWER).min(self.affordable);
            let search = Search::of((*note).clause.cast(), self.root, self.relation).filter(|_| most >= 1.0)?;
            self.is_tried = true;
            let found = search.count(most as u32);
            self.affordable -= f64::from(found.unwrap_or(most as u32));
            (*note).norm_selec = f64::from(found?) / tuples;
            Some(())
        }
    }
}

/// What an index is asked for to find the rows of a condition.
struct Search {
    index: *mut IndexOptInfo,
    /// The function that compares, and the type of what a column is compared with.
    procedure: Oid,
    subtype: Oid,
    /// `None` for nothing, which no row has.
    wanted: Option<Datum>,
    /// Whether that is an array of what is wanted.
    is_array: bool,
}

impl Search {
    /// `None` where no index can tell, and for conditions that do not depend on who asks.
    ///
    /// # Safety
    /// It is a condition of that table.
    unsafe fn of(condition: *mut Node, root: *mut PlannerInfo, relation: *mut RelOptInfo) -> Option<Search> {
        // SAFETY: as the caller promises; the tag says what it is.
        unsafe {
            match (*condition).type_ {
                NodeTag::T_OpExpr => Search::of_user(condition.cast(), root, relation),
                NodeTag::T_FuncExpr => Search::of_scope(calls(condition).first()?.cast(), relation),
                _ => None,
            }
        }
    }

    /// `column = crm_access.me_...()`
    unsafe fn of_user(condition: *mut OpExpr, root: *mut PlannerInfo, relation: *mut RelOptInfo) -> Option<Search> {
        // SAFETY: as for `of`; an operator with two arguments has their nodes.
        unsafe {
            let [column, user]: [*mut Node; 2] = pointers((*condition).args).collect::<Vec<_>>().try_into().ok()?;
            if (*user).type_ != NodeTag::T_FuncExpr
                || !name_of_ours((*user.cast::<FuncExpr>()).funcid).is_some_and(|name| name.starts_with("me_"))
            {
                return None;
            }
            let index = index_of(column, relation, (*condition).inputcollid)?;
            if pg_sys::get_op_opfamily_strategy((*condition).opno, *(*index).opfamily) != pg_sys::BTEqualStrategyNumber as i32 {
                return None;
            }
            let user = pg_sys::estimate_expression_value(root, user);
            if (*user).type_ != NodeTag::T_Const {
                return None;
            }
            let user = &*user.cast::<Const>();
            let wanted = (!user.constisnull).then_some(user.constvalue);
            Some(Search { index, procedure: pg_sys::get_opcode((*condition).opno), subtype: user.consttype, wanted, is_array: false })
        }
    }

    /// `crm_access.in_scope(scope, column, arguments)`
    unsafe fn of_scope(call: *mut FuncExpr, relation: *mut RelOptInfo) -> Option<Search> {
        // SAFETY: as for `of`.
        unsafe {
            let scope = Scope::of((*call).args)?;
            let index = index_of(scope.nodes[1], relation, (*call).inputcollid)?;
            let key_type = scope.source.key_type;
            let (element, _) = key_type.types();
            let equal = pg_sys::BTEqualStrategyNumber as i16;
            let operator = pg_sys::get_opfamily_member(*(*index).opfamily, *(*index).opcintype, element, equal);
            if operator == pg_sys::InvalidOid {
                return None;
            }
            let keys = scope.gathered(KEYS)?;
            let wanted = if keys.len() == 0 { None } else { Some(keys.array(key_type).ok()?) };
            Some(Search { index, procedure: pg_sys::get_opcode(operator), subtype: element, wanted, is_array: true })
        }
    }

    /// How many entries there are; `None` where there are more than so many.
    ///
    /// # Safety
    /// The index is one of a planning that is going on.
    unsafe fn count(&self, most: u32) -> Option<u32> {
        let Some(wanted) = self.wanted else { return Some(0) };
        // SAFETY: the planner has locked the table and its indexes. Neither is changed, nor are rows read. By a snapshot that sees everything, what a planning looked at
        // is no reason for a serialization failure. An error closes all of it with the transaction.
        unsafe {
            let no_lock = pg_sys::NoLock as pg_sys::LOCKMODE;
            let index = pg_sys::index_open((*self.index).indexoid, no_lock);
            let table = pg_sys::table_open((*(*index).rd_index).indrelid, no_lock);
            let flags = if self.is_array { pg_sys::SK_SEARCHARRAY as i32 } else { 0 };
            let (mut key, equal) = (ScanKeyData::default(), pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber);
            let collation = *(*self.index).indexcollations;
            pg_sys::ScanKeyEntryInitialize(&mut key, flags, 1, equal, self.subtype, collation, self.procedure, wanted);
            let everything = &raw mut pg_sys::SnapshotAnyData;
            #[cfg(not(feature = "pg18"))]
            let scan = pg_sys::index_beginscan(table, index, everything, 1, 0);
            #[cfg(feature = "pg18")]
            let scan = pg_sys::index_beginscan(table, index, everything, std::ptr::null_mut(), 1, 0);
            pg_sys::index_rescan(scan, &mut key, 1, std::ptr::null_mut(), 0);
            let mut found = 0;
            while found <= most && !pg_sys::index_getnext_tid(scan, ScanDirection::ForwardScanDirection).is_null() {
                found += 1;
            }
            pg_sys::index_endscan(scan);
            pg_sys::table_close(table, no_lock);
            pg_sys::index_close(index, no_lock);
            (found <= most).then_some(found)
        }
    }
}

/// An index of the table that begins with a column and has all rows in it.
///
/// # Safety
/// The column is of that table.
unsafe fn index_of(column: *mut Node, relation: *mut RelOptInfo, collation: Oid) -> Option<*mut IndexOptInfo> {
    // SAFETY: as the caller promises; a B-tree has a first column.
    unsafe {
        pointers((*relation).indexlist).map(|index| index.cast::<IndexOptInfo>()).find(|index| {
            (**index).relam == pg_sys::BTREE_AM_OID
                && (**index).indpred.is_null()
                && !(**index).hypothetical
                && pg_sys::match_index_to_operand(column, 0, *index)
                && [pg_sys::InvalidOid, collation].contains(&*(**index).indexcollations)
        })
    }
}
