//! Keys of records, and sets of them.

use std::collections::TryReserveError;

use pgrx::prelude::*;
use rustc_hash::FxHashSet;

/// What keys are made of. Those of one kind can be compared, whatever their types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Uuid,
    Text,
}

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Int2,
    Int4,
    Int8,
    Uuid,
    Text,
}

impl KeyType {
    /// What a type is, or what a domain is made of; `None` for what is no key.
    pub fn of(type_id: pg_sys::Oid) -> Option<KeyType> {
        // SAFETY: reads the catalog.
        match unsafe { pg_sys::getBaseType(type_id) } {
            pg_sys::INT2OID => Some(KeyType::Int2),
            pg_sys::INT4OID => Some(KeyType::Int4),
            pg_sys::INT8OID => Some(KeyType::Int8),
            pg_sys::UUIDOID => Some(KeyType::Uuid),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Some(KeyType::Text),
            _ => None,
        }
    }

    /// What it can be compared with.
    pub fn kind(self) -> Kind {
        match self {
            KeyType::Int2 | KeyType::Int4 | KeyType::Int8 => Kind::Number,
            KeyType::Uuid => Kind::Uuid,
            KeyType::Text => Kind::Text,
        }
    }

    /// The server's type, and that of arrays of it.
    pub fn types(self) -> (pg_sys::Oid, pg_sys::Oid) {
        match self {
            KeyType::Int2 => (pg_sys::INT2OID, pg_sys::INT2ARRAYOID),
            KeyType::Int4 => (pg_sys::INT4OID, pg_sys::INT4ARRAYOID),
            KeyType::Int8 => (pg_sys::INT8OID, pg_sys::INT8ARRAYOID),
            KeyType::Uuid => (pg_sys::UUIDOID, pg_sys::UUIDARRAYOID),
            KeyType::Text => (pg_sys::TEXTOID, pg_sys::TEXTARRAYOID),
        }
    }
}

/// A set of keys.
pub enum Keys {
    Numbers(FxHashSet<i64>),
    Uuids(FxHashSet<[u8; 16]>),
    Texts(FxHashSet<Box<[u8]>>),
}

impl Keys {
    /// None yet.
    pub fn none(kind: Kind) -> Keys {
        match kind {
            Kind::Number => Keys::Numbers(FxHashSet::default()),
            Kind::Uuid => Keys::Uuids(FxHashSet::default()),
            Kind::Text => Keys::Texts(FxHashSet::default()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Keys::Numbers(keys) => keys.len(),
            Keys::Uuids(keys) => keys.len(),
            Keys::Texts(keys) => keys.len(),
        }
    }

    /// Makes room for more; an error where there is no memory for them.
    pub fn make_room(&mut self, more: usize) -> Result<(), TryReserveError> {
        match self {
            Keys::Numbers(keys) => keys.try_reserve(more),
            Keys::Uuids(keys) => keys.try_reserve(more),
            Keys::Texts(keys) => keys.try_reserve(more),
        }
    }

    /// Adds one, for which there is room; an error where there is no memory for its text.
    ///
    /// # Safety
    /// The datum is not null and of that type.
    pub unsafe fn add(&mut self, key: pg_sys::Datum, key_type: KeyType) -> Result<(), TryReserveError> {
        // SAFETY: as the caller promises.
        unsafe {
            match self {
                Keys::Numbers(keys) => {
                    keys.insert(number(key, key_type));
                    Ok(())
                }
                Keys::Uuids(keys) => {
                    keys.insert(uuid(key));
                    Ok(())
                }
                Keys::Texts(keys) => with_text(key, |text| {
                    let mut kept = Vec::new();
                    kept.try_reserve_exact(text.len())?;
                    kept.extend_from_slice(text);
                    keys.insert(kept.into_boxed_slice());
                    Ok(())
                }),
            }
        }
    }

    /// Whether one is among them.
    ///
    /// # Safety
    /// The datum is not null and of that type, whose kind is that of the set.
    #[inline]
    pub unsafe fn contain(&self, key: pg_sys::Datum, key_type: KeyType) -> bool {
        // SAFETY: as the caller promises.
        unsafe {
            match self {
                Keys::Numbers(keys) => keys.contains(&number(key, key_type)),
                Keys::Uuids(keys) => keys.contains(&uuid(key)),
                Keys::Texts(keys) => with_text(key, |text| keys.contains(text)),
            }
        }
    }

    /// An array of them, of that type, in the present memory context; an error where there is no memory to sort them.
    pub fn array(&self, key_type: KeyType) -> Result<pg_sys::Datum, TryReserveError> {
        let mut keys = match self {
            Keys::Numbers(keys) => sorted(keys, |key| pg_sys::Datum::from(*key))?,
            Keys::Uuids(keys) => sorted(keys, |key| pg_sys::Datum::from(key.as_ptr()))?,
            Keys::Texts(keys) => sorted(keys, |key| {
                // SAFETY: the server copies as many bytes as the key has.
                pg_sys::Datum::from(unsafe { pg_sys::cstring_to_text_with_len(key.as_ptr().cast(), key.len() as i32) })
            })?,
        };
        let (mut length, mut by_value, mut align) = (0, false, 0);
        let (element, _) = key_type.types();
        // SAFETY: the elements are of that type, live as long as the call and are copied by it.
        unsafe {
            pg_sys::get_typlenbyvalalign(element, &mut length, &mut by_value, &mut align);
            let array = pg_sys::construct_array(keys.as_mut_ptr(), keys.len() as i32, element, i32::from(length), by_value, align);
            Ok(pg_sys::Datum::from(array))
        }
    }
}

/// In their order, in which an index is walked through only once.
fn sorted<T: Ord>(keys: &FxHashSet<T>, datum: impl Fn(&T) -> pg_sys::Datum) -> Result<Vec<pg_sys::Datum>, TryReserveError> {
    let (mut order, mut datums) = (Vec::new(), Vec::new());
    order.try_reserve_exact(keys.len())?;
    datums.try_reserve_exact(keys.len())?;
    order.extend(keys);
    order.sort_unstable();
    datums.extend(order.into_iter().map(datum));
    Ok(datums)
}

fn number(key: pg_sys::Datum, key_type: KeyType) -> i64 {
    match key_type {
        KeyType::Int2 => i64::from(key.value() as i16),
        KeyType::Int4 => i64::from(key.value() as i32),
        _ => key.value() as i64,
    }
}

/// # Safety
/// It is a uuid.
unsafe fn uuid(key: pg_sys::Datum) -> [u8; 16] {
    // SAFETY: a uuid is 16 bytes, wherever they lie.
    unsafe { *key.cast_mut_ptr::<[u8; 16]>() }
}

/// # Safety
/// It is a text.
unsafe fn with_text<T>(key: pg_sys::Datum, act: impl FnOnce(&[u8]) -> T) -> T {
    // SAFETY: as the caller promises; what detoasting copied is freed after it was read.
    unsafe {
        let given = key.cast_mut_ptr::<pg_sys::varlena>();
        let plain = pg_sys::pg_detoast_datum_packed(given);
        let answer = act(pgrx::varlena_to_byte_slice(plain));
        if plain != given {
            pg_sys::pfree(plain.cast());
        }
        answer
    }
}
