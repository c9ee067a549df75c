//! Plans of the queries that give keys, kept from one statement to the next.

use std::cell::{OnceCell, RefCell};
use std::ffi::{CString, c_int};
use std::rc::Rc;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::settings::depends_on_settings;
use super::source::defect;
use crate::extension::guard::statement::pointers;

/// What the planner expects of a query.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub rows: f64,
    pub cost: f64,
}

/// A plan that is kept as long as this lives.
pub struct Kept {
    pub plan: pg_sys::SPIPlanPtr,
    pub estimate: Estimate,
    /// Whether its answer may depend on settings.
    pub with_settings: bool,
    /// How many keys it gave the first time, for whom it was made.
    pub first: OnceCell<f64>,
    /// What it was last executed by.
    pinned: RefCell<Option<Rc<Pinned>>>,
}

/// What a kept plan is executed by, for as long as this lives.
pub struct Pinned(*mut pg_sys::CachedPlan);

impl Pinned {
    /// The plan of the one statement that there is.
    pub fn planned(&self) -> *mut pg_sys::PlannedStmt {
        // SAFETY: the server keeps what it is told to keep; the list has what its name says.
        unsafe { pointers((*self.0).stmt_list).next().map_or(std::ptr::null_mut(), |planned| planned.cast()) }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // SAFETY: it was pinned for no resource owner.
        unsafe { pg_sys::ReleaseCachedPlan(self.0, std::ptr::null_mut()) };
    }
}

impl Kept {
    /// Its statement, for the server's plan cache.
    fn statement(&self) -> *mut pg_sys::CachedPlanSource {
        // SAFETY: the plan is kept as long as this lives; the list has what its name says.
        unsafe { pointers(pg_sys::SPI_plan_get_plan_sources(self.plan)).next().map_or(std::ptr::null_mut(), |source| source.cast()) }
    }

    /// What it is executed by, made anew where something has changed. Whoever asks acts as its owner and with its settings.
    pub fn pin(&self) -> Result<Rc<Pinned>, ErrorReport> {
        let statement = self.statement();
        if statement.is_null() {
            return Err(defect("a scope has no plan"));
        }
        // SAFETY: the statement is saved, and its plan is released by who holds it.
        let plan = unsafe { pg_sys::GetCachedPlan(statement, std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut()) };
        let pinned = Rc::new(Pinned(plan));
        self.pinned.replace(Some(pinned.clone()));
        Ok(pinned)
    }

    /// What it was last executed by, where the server would execute that once more. It would first see whether the search_path is still the same, and taking on
    /// the settings takes as long as starting the query; what depends on none means the same under all of them.
    pub fn still_pinned(&self, owner: pg_sys::Oid) -> Option<Rc<Pinned>> {
        let pinned = self.pinned.borrow().clone().filter(|_| !self.with_settings)?;
        let (statement, plan) = (self.statement(), pinned.0);
        // SAFETY: both are kept. They are asked again once the tables are locked: with that comes what has changed.
        let is_current = || unsafe {
            (*statement).is_valid
                && (*statement).gplan == plan
                && (*plan).is_valid
                && (*plan).saved_xmin == pg_sys::InvalidTransactionId
                && (!(*plan).dependsOnRole || (*plan).planRoleId == owner)
                && (!(*statement).dependsOnRLS
                    || ((*statement).rewriteRoleId == owner && (*statement).rewriteRowSecurity == pg_sys::row_security))
        };
        if statement.is_null() || !is_current() {
            return None;
        }
        // SAFETY: the list has range table entries only.
        unsafe {
            for entry in pointers((*pinned.planned()).rtable).map(|entry| entry.cast::<pg_sys::RangeTblEntry>()) {
                if (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION {
                    pg_sys::LockRelationOid((*entry).relid, (*entry).rellockmode);
                }
            }
        }
        is_current().then_some(pinned)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the plan was kept by us and is not being executed: who executes it holds the source.
        unsafe { pg_sys::SPI_freeplan(self.plan) };
    }
}

/// The plan of a query, made where it is not there yet.
pub fn kept(place: &RefCell<Option<Rc<Kept>>>, query: impl FnOnce() -> (String, Vec<pg_sys::Oid>)) -> Result<Rc<Kept>, ErrorReport> {
    if let Some(known) = place.borrow().clone() {
        return Ok(known);
    }
    let (query, mut types) = query();
    let query = CString::new(query).map_err(|_| defect("a scope has no text"))?;
    // SAFETY: SPI is connected; the text ends in NUL; there are as many types as are said. What gives no plan is freed with SPI's memory.
    let kept = unsafe {
        let options = pg_sys::CURSOR_OPT_GENERIC_PLAN as c_int;
        let plan = pg_sys::SPI_prepare_cursor(query.as_ptr(), types.len() as c_int, types.as_mut_ptr(), options);
        if plan.is_null() || pg_sys::SPI_keepplan(plan) != 0 {
            return Err(defect("a scope can't be planned"));
        }
        let mut kept = Kept {
            plan,
            estimate: Estimate { rows: 0.0, cost: 0.0 },
            with_settings: depends_on_settings(plan),
            first: OnceCell::new(),
            pinned: RefCell::default(),
        };
        if let Some(planned) = kept.pin()?.planned().as_ref() {
            let root = planned.planTree;
            kept.estimate = Estimate { rows: (*root).plan_rows, cost: (*root).total_cost };
        }
        kept
    };
    let kept = Rc::new(kept);
    place.replace(Some(kept.clone()));
    Ok(kept)
}
