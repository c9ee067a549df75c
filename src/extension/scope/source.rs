//! Where keys come from: a generated function, asked for one key or for all.
//!
//! What is executed is the query in the function's body, with its owner's rights and its settings. So the planner sees what is asked, for one key
//! as for all.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_int};
use std::rc::Rc;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use rustc_hash::FxHashMap;

use super::keys::{KeyType, Keys};
use super::plan::{Estimate, Kept, kept};
use super::probe::Probe;
use super::settings::OwnSettings;
use crate::extension::acting::ActingRole;
use crate::extension::generated::{Generated, generated};
use crate::extension::standing::is_impressed;
use crate::program::PEOPLE_ALONE;
use crate::render::ROWS;
use crate::verify::with_calls_replaced;

/// Rows that are taken at a time.
const BATCH: i64 = 10_000;
/// How many scopes that ask each other are asked by one plan.
const DEPTH: usize = 4;
/// How many times as many keys as expected, and as for whom the plan was made, or as few, make it worth planning anew.
const FAR: f64 = 8.0;

type Sources = RefCell<FxHashMap<(CString, bool), Rc<Source>>>;

thread_local! {
    /// The sources that are known, each by the name of its function and by whether that takes arguments.
    /// They are never dropped: when the process ends there is no server left to free a plan.
    static SOURCES: &'static Sources = Box::leak(Box::default());
    /// Whether one of the functions may have changed.
    static STALE: Cell<bool> = const { Cell::new(false) };
}

/// Registers what happens when a function is changed.
pub fn register() {
    // SAFETY: the callback lives as long as the process, needs no argument and neither raises nor reads the catalog.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::PROCOID as c_int;
        pg_sys::CacheRegisterSyscacheCallback(cache, Some(at_function_change), pg_sys::Datum::from(0));
    }
}

unsafe extern "C-unwind" fn at_function_change(_argument: pg_sys::Datum, _cache: c_int, _hash: u32) {
    if is_impressed() {
        STALE.set(true);
    }
}

/// A function that gives keys.
pub struct Source {
    /// The function.
    pub function: pg_sys::Oid,
    /// The type of the keys that it gives.
    pub key_type: KeyType,
    /// Whether its keys are the same for as long as who asks has the same standing.
    pub of_standing: bool,
    owner: pg_sys::Oid,
    /// How its arguments are made of ours.
    signature: Signature,
    /// The query that gives the keys.
    query: String,
    settings: Vec<(CString, CString)>,
    all: RefCell<Option<Rc<Kept>>>,
    one: RefCell<Option<Rc<Kept>>>,
}

/// The arguments of a function that gives keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signature {
    None,
    Texts,
    TextAndTexts,
}

impl Signature {
    fn types(self) -> &'static [pg_sys::Oid] {
        match self {
            Signature::None => &[],
            Signature::Texts => &[pg_sys::TEXTARRAYOID],
            Signature::TextAndTexts => &[pg_sys::TEXTOID, pg_sys::TEXTARRAYOID],
        }
    }

    /// The values for a call, in the present memory context.
    fn values(self, arguments: &[String]) -> Vec<pg_sys::Datum> {
        let datum = |value: Option<pg_sys::Datum>| value.unwrap_or(pg_sys::Datum::from(0));
        match (self, arguments) {
            (Signature::None, _) => Vec::new(),
            (Signature::Texts, all) => vec![datum(all.to_vec().into_datum())],
            (Signature::TextAndTexts, [first, others @ ..]) => {
                vec![datum(first.clone().into_datum()), datum(others.to_vec().into_datum())]
            }
            (Signature::TextAndTexts, []) => vec![datum(String::new().into_datum()), datum(Vec::<String>::new().into_datum())],
        }
    }
}

impl Source {
    /// The source that a scope names.
    ///
    /// SQLSTATE 42883 where there is none.
    pub fn of(scope: &CStr, with_arguments: bool) -> Result<Rc<Source>, ErrorReport> {
        if STALE.replace(false) {
            SOURCES.with(|sources| sources.borrow_mut().clear());
        }
        let name = (scope.to_owned(), with_arguments);
        if let Some(known) = SOURCES.with(|sources| sources.borrow().get(&name).cloned()) {
            return Ok(known);
        }
        let source = Rc::new(Source::found(scope, with_arguments)?);
        SOURCES.with(|sources| sources.borrow_mut().insert(name, source.clone()));
        Ok(source)
    }

    fn found(scope: &CStr, with_arguments: bool) -> Result<Source, ErrorReport> {
        let signatures = if with_arguments { &[Signature::Texts, Signature::TextAndTexts][..] } else { &[Signature::None] };
        let found = signatures.iter().find_map(|signature| {
            let found = generated(scope, signature.types()).filter(|found| found.gives_set)?;
            Some((*signature, KeyType::of(found.returns)?, found))
        });
        let Some((signature, key_type, Generated { function, owner, source, settings, .. })) = found else {
            let scope = scope.to_string_lossy();
            let message = format!("there is no scope \"{scope}\"");
            return Err(ErrorReport::new(PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION, message, "in_scope")
                .set_hint("A scope is a function of the schema crm_access_rules that gives keys; apply the configuration once more."));
        };
        let query = source
            .trim()
            .strip_prefix(ROWS.0)
            .and_then(|source| source.strip_suffix(ROWS.1))
            .ok_or_else(|| defect("a scope is no query"))?;
        let alone = query.trim_start().strip_prefix(PEOPLE_ALONE);
        let (query, of_standing) = (alone.unwrap_or(query).to_owned(), alone.is_some());
        let text = |text: &str| CString::new(text).unwrap_or_default();
        let settings =
            settings.iter().filter_map(|setting| setting.split_once('=').map(|(name, value)| (text(name), text(value)))).collect();
        Ok(Source { function, key_type, of_standing, owner, signature, query, settings, all: RefCell::default(), one: RefCell::default() })
    }

    /// What the planner expects of asking for all keys.
    pub fn estimate_of_all(&self) -> Result<Estimate, ErrorReport> {
        let known = self.all.borrow().as_ref().map(|kept| kept.estimate);
        known.map_or_else(|| self.acting(|| Ok(self.plan_of_all()?.estimate)), Ok)
    }

    /// What the planner expects of asking for one key.
    pub fn estimate_of_one(&self) -> Result<Estimate, ErrorReport> {
        let known = self.one.borrow().as_ref().map(|kept| kept.estimate);
        known.map_or_else(|| self.acting(|| Ok(self.plan_of_one()?.estimate)), Ok)
    }

    /// All keys, under the active snapshot.
    pub fn all(&self, arguments: &[String]) -> Result<Keys, ErrorReport> {
        self.acting(|| {
            let plan = self.plan_of_all()?;
            let mut values = self.signature.values(arguments);
            let mut keys = Keys::none(self.key_type.kind());
            // SAFETY: SPI is connected, the plan is kept and the values are of its types. The first column is a key of the type that the
            // function gives. An error of the server closes the portal.
            unsafe {
                let portal = pg_sys::SPI_cursor_open(std::ptr::null(), plan.plan, values.as_mut_ptr(), std::ptr::null(), true);
                loop {
                    pg_sys::SPI_cursor_fetch(portal, true, BATCH);
                    let (count, table) = (pg_sys::SPI_processed as usize, pg_sys::SPI_tuptable);
                    if count == 0 || table.is_null() {
                        break;
                    }
                    let mut there_is_room = keys.make_room(count).is_ok();
                    for at in 0..count {
                        let mut is_null = false;
                        let key = pg_sys::heap_getattr(*(*table).vals.add(at), 1, (*table).tupdesc, &mut is_null);
                        there_is_room = there_is_room && (is_null || keys.add(key, self.key_type).is_ok());
                    }
                    if !there_is_room {
                        // The error itself needs some of what they have.
                        drop(keys);
                        return Err(out_of_memory());
                    }
                    pg_sys::SPI_freetuptable(table);
                }
                pg_sys::SPI_cursor_close(portal);
            }
            let found = keys.len() as f64 + 1.0;
            let is_far = |other: f64| found / other > FAR || other / found > FAR;
            if is_far(plan.estimate.rows + 1.0) && is_far(*plan.first.get_or_init(|| found)) {
                // Another user's plan: the next one is made for whoever asks then.
                self.all.replace(None);
                self.one.replace(None);
            }
            Ok(keys)
        })
    }

    /// Whether a key is among them, under the active snapshot.
    ///
    /// # Safety
    /// The key is of the type that the source gives.
    pub unsafe fn has(&self, arguments: &[String], key: pg_sys::Datum) -> Result<bool, ErrorReport> {
        self.acting(|| {
            let plan = self.plan_of_one()?;
            let mut values = self.signature.values(arguments);
            values.push(key);
            // SAFETY: SPI is connected, the plan is kept and the values are of its types.
            unsafe {
                let code = pg_sys::SPI_execute_plan(plan.plan, values.as_mut_ptr(), std::ptr::null(), true, 1);
                if code != pg_sys::SPI_OK_SELECT as c_int {
                    return Err(defect("a scope can't be asked"));
                }
                Ok(pg_sys::SPI_processed > 0)
            }
        })
    }

    /// Begins to ask for keys one after another, under the active snapshot; `None` where each has to be asked for by itself.
    pub fn probe(&self, arguments: &[String]) -> Result<Option<Probe>, ErrorReport> {
        let values = || self.signature.types().iter().copied().zip(self.signature.values(arguments)).collect();
        // SAFETY: the plan is that of one SELECT with these parameters and the key's.
        let open = |pinned, with_settings| unsafe { Probe::open(pinned, values, self.key_type.types().0, with_settings) };
        let known = self.one.borrow().clone();
        if let Some(pinned) = known.and_then(|plan| plan.still_pinned(self.owner)) {
            let _role = ActingRole::switch(self.owner);
            return open(pinned, false);
        }
        self.acting(|| {
            let plan = self.plan_of_one()?;
            open(plan.pin()?, plan.with_settings)
        })
    }

    /// Whether a key is among them, as [`Source::has`] tells.
    ///
    /// # Safety
    /// The probe is one of this source, is open and was begun under the present snapshot; the key is of the type that the source gives.
    pub unsafe fn has_by(&self, probe: &mut Probe, key: pg_sys::Datum) -> bool {
        let _role = ActingRole::switch(self.owner);
        let _settings = probe.with_settings.then(|| OwnSettings::enter(&self.settings));
        // SAFETY: as the caller promises.
        unsafe { probe.has(key) }
    }

    fn plan_of_all(&self) -> Result<Rc<Kept>, ErrorReport> {
        kept(&self.all, || (self.query.clone(), self.signature.types().to_vec()))
    }

    fn plan_of_one(&self) -> Result<Rc<Kept>, ErrorReport> {
        kept(&self.one, || {
            let mut types = self.signature.types().to_vec();
            types.push(self.key_type.types().0);
            (format!("SELECT 1 FROM ({}) AS s(key) WHERE s.key = ${} LIMIT 1", self.nested(DEPTH), types.len()), types)
        })
    }

    /// The query, with the queries of the scopes that it asks in their places, so that one plan asks for a key through all of them. What is remembered
    /// with a standing is asked there, and so is what does not run with the same rights and settings.
    fn nested(&self, depth: usize) -> String {
        let inner = |scope: &str, key: &str| {
            let source = Source::of(&CString::new(scope).ok()?, false).ok()?;
            let is_same = source.owner == self.owner && source.settings == self.settings;
            // Null where the key is, as the function that is replaced.
            (is_same && !source.of_standing && depth > 0).then(|| {
                let query = source.nested(depth - 1);
                format!(
                    "(CASE WHEN {key} IS NULL THEN NULL ELSE EXISTS (SELECT 1 FROM ({query}) AS s(crm_access_key) WHERE s.crm_access_key = {key}) END)"
                )
            })
        };
        with_calls_replaced(&self.query, ("crm_access", "in_scope"), inner).unwrap_or_else(|_| self.query.clone())
    }

    /// Does something as the function would: with its owner's rights and its settings.
    fn acting<T>(&self, act: impl FnOnce() -> Result<T, ErrorReport>) -> Result<T, ErrorReport> {
        let _role = ActingRole::switch(self.owner);
        let _settings = OwnSettings::enter(&self.settings);
        Spi::connect(|_| act())
    }
}

/// Something that the extension itself has brought about (SQLSTATE XX000).
pub fn defect(what: &'static str) -> ErrorReport {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, what, "in_scope")
}

/// There is no memory for so many keys (SQLSTATE 53200).
pub fn out_of_memory() -> ErrorReport {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY, "out of memory", "in_scope").set_detail("A scope has too many keys.")
}
