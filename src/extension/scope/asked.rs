//! A scope that a statement asks, from its first row to its last.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};
use rustc_hash::FxHashMap;

use super::keys::{KeyType, Keys};
use super::probe::Probe;
use super::source::Source;
use crate::extension::standing::{Moment, Standing, Whose, present};

/// The most keys that are asked for one by one.
const MOST_SINGLE: u32 = 20_000;
/// What asking for a key takes beside executing a plan, in the planner's unit.
const SINGLE: f64 = 25.0;
/// The most keys that are remembered with a standing, and how many such sets are at a time.
const MOST_REMEMBERED: usize = 10_000;
const REMEMBERED: usize = 1_000;
/// Scopes of which is remembered what came of gathering them, at a time.
const LASTS: usize = 10_000;

/// How many keys are asked for one by one whatever it takes; -1 where estimates decide.
static SINGLE_KEYS: GucSetting<i32> = GucSetting::<i32>::new(-1);

/// Defines the setting.
pub fn register() {
    GucRegistry::define_int_guc(
        c"crm_access.single_keys",
        c"How many keys a scope is asked for one by one in a statement before all keys are gathered.",
        c"-1 lets estimates decide. It changes what a statement takes and never its rows.",
        &SINGLE_KEYS,
        -1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::default(),
    );
}

/// A scope with its arguments.
type Name = (pg_sys::Oid, Vec<String>);
/// Keys that hold as long as a standing does, with that one.
type OfStanding = (Rc<Standing>, Rc<Keys>);

/// What came of gathering keys.
#[derive(Clone, Copy)]
struct Last {
    size: usize,
    took: Duration,
}

/// What may still be spent on asking for keys one by one, until it is as dear as it is to gather all.
#[derive(Clone, Copy)]
struct Allowance {
    keys: u32,
    /// As long as gathering took the last time, where that is known.
    time: Option<Duration>,
}

impl Allowance {
    const NONE: Allowance = Allowance { keys: 0, time: None };

    fn is_spent(self) -> bool {
        self.keys == 0 || self.time == Some(Duration::ZERO)
    }

    fn spend(&mut self, began: Instant) {
        self.keys -= 1;
        self.time = self.time.map(|left| left.saturating_sub(began.elapsed()));
    }
}

thread_local! {
    /// Keys that were gathered, each for one moment.
    static GATHERED: RefCell<FxHashMap<Name, (Moment, Rc<Keys>)>> = RefCell::new(FxHashMap::default());
    /// Keys that are remembered.
    static OF_STANDINGS: RefCell<FxHashMap<(Rc<Whose>, Name), OfStanding>> = RefCell::new(FxHashMap::default());
    /// What came of gathering somebody's keys the last time.
    static LAST: RefCell<FxHashMap<(Rc<Whose>, Name), Last>> = RefCell::new(FxHashMap::default());
    /// Whether something was gathered that nobody will ask for again when the transaction has ended.
    static ANY: Cell<bool> = const { Cell::new(false) };
}

/// Forgets what was gathered; it must not raise.
pub fn forget() {
    if ANY.replace(false) {
        let _ = GATHERED.try_with(|gathered| gathered.try_borrow_mut().map(|mut gathered| gathered.clear()));
    }
}

/// A scope at one moment.
pub struct Asked {
    moment: Moment,
    source: Rc<Source>,
    arguments: Vec<String>,
    /// Whose standing the keys hold with.
    standing: Option<Rc<Standing>>,
    keys: Option<Rc<Keys>>,
    single: Allowance,
    probing: Probing,
}

/// How keys are asked for one by one.
enum Probing {
    NotYet,
    By(Probe),
    /// Each by itself.
    Alone,
}

impl Asked {
    /// Begins to ask.
    ///
    /// SQLSTATE 42883 where there is no such scope, 42501 where the caller may not call its function.
    pub fn begin(scope: &CStr, arguments: Option<Vec<String>>) -> Result<Asked, ErrorReport> {
        let source = Source::of(scope, arguments.is_some())?;
        if !may_call(source.function) {
            let message = format!("permission denied for scope \"{}\"", scope.to_string_lossy());
            return Err(ErrorReport::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message, "in_scope"));
        }
        Asked::of(source, arguments.unwrap_or_default())
    }

    fn of(source: Rc<Source>, arguments: Vec<String>) -> Result<Asked, ErrorReport> {
        let Some(moment) = Moment::now() else {
            return Err(ErrorReport::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a scope can't be asked without a snapshot", "in_scope"));
        };
        let name = (source.function, arguments);
        let mut keys = GATHERED
            .with_borrow(|gathered| gathered.get(&name).filter(|(gathered_at, _)| *gathered_at == moment).map(|(_, keys)| keys.clone()));
        let standing = if source.of_standing { Some(present()?) } else { None };
        if let (None, Some(standing)) = (&keys, &standing) {
            keys = remembered(standing, &name);
        }
        let single = match (&keys, &standing) {
            (Some(_), _) => Allowance::NONE,
            (None, _) if SINGLE_KEYS.get() >= 0 => Allowance { keys: SINGLE_KEYS.get().unsigned_abs(), time: None },
            (None, Some(_)) if is_remembered(&source, source.estimate_of_all()?.rows) => Allowance::NONE,
            (None, _) => single(&source, last(&name))?,
        };
        Ok(Asked { moment, source, arguments: name.1, standing, keys, single, probing: Probing::NotYet })
    }

    /// Whether it can still be asked.
    #[inline]
    pub fn is_present(&self) -> bool {
        self.moment.is_now()
    }

    /// The moment that it is asked at.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// The type of the keys that the scope gives.
    pub fn key_type(&self) -> KeyType {
        self.source.key_type
    }

    /// All keys.
    pub fn keys(&mut self) -> Result<Rc<Keys>, ErrorReport> {
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        self.probing = Probing::NotYet;
        let began = Instant::now();
        let keys = Rc::new(self.source.all(&self.arguments)?);
        let last = Last { size: keys.len(), took: began.elapsed() };
        let name = (self.source.function, self.arguments.clone());
        match &self.standing {
            Some(standing) if keys.len() <= MOST_REMEMBERED => remember(standing, &name, &keys),
            _ => {
                ANY.set(true);
                GATHERED.with_borrow_mut(|gathered| gathered.insert(name.clone(), (self.moment, keys.clone())));
            }
        }
        LAST.with_borrow_mut(|all| {
            if all.len() >= LASTS {
                all.clear();
            }
            all.insert((Whose::now(), name), last);
        });
        self.keys = Some(keys.clone());
        Ok(keys)
    }

    /// Asks for one key.
    ///
    /// # Safety
    /// The key is of the type that the scope gives.
    unsafe fn ask(&mut self, key: pg_sys::Datum) -> Result<bool, ErrorReport> {
        // SAFETY: as the caller promises; what is asked is present, so that the snapshot is that of the probe.
        unsafe {
            if let Probing::By(probe) = &self.probing
                && !probe.is_open()
            {
                self.probing = Probing::NotYet;
            }
            if let Probing::NotYet = self.probing {
                self.probing = self.source.probe(&self.arguments)?.map_or(Probing::Alone, Probing::By);
            }
            match &mut self.probing {
                Probing::By(probe) => Ok(self.source.has_by(probe, key)),
                _ => self.source.has(&self.arguments, key),
            }
        }
    }

    /// Whether a key is among them.
    ///
    /// # Safety
    /// The key is of that type, which is of the same kind as what the scope gives.
    #[inline]
    pub unsafe fn has(&mut self, key: pg_sys::Datum, key_type: KeyType) -> Result<bool, ErrorReport> {
        // SAFETY: as the caller promises.
        unsafe {
            if let Some(keys) = &self.keys {
                return Ok(keys.contain(key, key_type));
            }
            if !self.single.is_spent() && key_type == self.source.key_type {
                let began = Instant::now();
                let found = self.ask(key)?;
                self.single.spend(began);
                return Ok(found);
            }
            Ok(self.keys()?.contain(key, key_type))
        }
    }
}

/// The keys that were gathered for the same standing: not for an equal one, which may have been found after a change.
fn remembered(standing: &Rc<Standing>, name: &Name) -> Option<Rc<Keys>> {
    let name = (Whose::now(), name.clone());
    OF_STANDINGS.with_borrow(|all| all.get(&name).filter(|(of, _)| Rc::ptr_eq(of, standing)).map(|(_, keys)| keys.clone()))
}

fn remember(standing: &Rc<Standing>, name: &Name, keys: &Rc<Keys>) {
    OF_STANDINGS.with_borrow_mut(|all| {
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert((Whose::now(), name.clone()), (standing.clone(), keys.clone()));
    });
}

/// What may be spent on asking for keys one by one: what gathering took the last time, or what the planner says of both.
fn single(source: &Source, last: Option<Last>) -> Result<Allowance, ErrorReport> {
    let all = source.estimate_of_all()?.cost;
    if all < SINGLE {
        return Ok(Allowance::NONE);
    }
    if let Some(last) = last {
        return Ok(Allowance { keys: MOST_SINGLE, time: Some(last.took) });
    }
    let keys = (all / (source.estimate_of_one()?.cost + SINGLE)).min(f64::from(MOST_SINGLE)) as u32;
    Ok(Allowance { keys, time: None })
}

/// What came of gathering the keys the last time that this was done for whoever asks.
fn last(name: &Name) -> Option<Last> {
    let name = (Whose::now(), name.clone());
    LAST.with_borrow(|all| all.get(&name).copied())
}

/// How many keys the scope gives whoever asks, as far as can be said before.
pub fn expected(source: &Rc<Source>, arguments: &[String]) -> Result<f64, ErrorReport> {
    if let Some(last) = last(&(source.function, arguments.to_vec())) {
        return Ok(last.size as f64);
    }
    let estimated = source.estimate_of_all()?.rows;
    // What will be remembered may as well be gathered now: a plan that is made once for a prepared statement is made with what is known then.
    if is_remembered(source, estimated) && Moment::now().is_some() && may_call(source.function) {
        return Ok(Asked::of(source.clone(), arguments.to_vec())?.keys()?.len() as f64);
    }
    Ok(estimated)
}

/// The keys that the scope gives whoever asks, where there are no more than so many and so few are expected: they are gathered if need be.
pub fn gathered(source: &Rc<Source>, arguments: &[String], most: usize) -> Result<Option<Rc<Keys>>, ErrorReport> {
    if Moment::now().is_none() || !may_call(source.function) || expected(source, arguments)? > most as f64 {
        return Ok(None);
    }
    let keys = Asked::of(source.clone(), arguments.to_vec())?.keys()?;
    Ok((keys.len() <= most).then_some(keys))
}

/// Whether the keys hold with a standing, and are few enough to be remembered with it.
fn is_remembered(source: &Source, estimated: f64) -> bool {
    source.of_standing && estimated <= MOST_REMEMBERED as f64
}

/// Whether the present database role may call a function.
fn may_call(function: pg_sys::Oid) -> bool {
    // SAFETY: these read the catalog.
    unsafe {
        let mode = pg_sys::ACL_EXECUTE as pg_sys::AclMode;
        #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
        let answer = pg_sys::pg_proc_aclcheck(function, pg_sys::GetUserId(), mode);
        #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
        let answer = pg_sys::object_aclcheck(pg_sys::ProcedureRelationId, function, pg_sys::GetUserId(), mode);
        answer == pg_sys::AclResult::ACLCHECK_OK
    }
}
