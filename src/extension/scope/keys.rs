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

    /// Adds one.
    ///
    /// # Safety
    /// The datum is not null and of that type.
    pub unsafe fn add(&mut self, key: pg_sys::Datum, key_type: KeyType) {
        // SAFETY: as the caller promises.
        unsafe {
            match self {
                Keys::Numbers(keys) => {
                    keys.insert(number(key, key_type));
                }
                Keys::Uuids(keys) => {
                    keys.insert(uuid(key));
                }
                Keys::Texts(keys) => with_text(key, |text| {
                    keys.insert(text.into());
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

    /// An array of them, of that type, in the present memory context.
    pub fn array(&self, key_type: KeyType) -> pg_sys::Datum {
        let mut keys: Vec<pg_sys::Datum> = match self {
            Keys::Numbers(keys) => sorted(keys).into_iter().map(|key| pg_sys::Datum::from(*key)).collect(),
            Keys::Uuids(keys) => sorted(keys).into_iter().map(|key| pg_sys::Datum::from(key.as_ptr())).collect(),
            Keys::Texts(keys) => {
                // SAFETY: the server copies as many bytes as the key has.
                let text = |key: &[u8]| unsafe { pg_sys::cstring_to_text_with_len(key.as_ptr().cast(), key.len() as i32) };
                sorted(keys).into_iter().map(|key| pg_sys::Datum::from(text(key))).collect()
            }
        };
        let (mut length, mut by_value, mut align) = (0, false, 0);
        let (element, _) = key_type.types();
        // SAFETY: the elements are of that type, live as long as the call and are copied by it.
        unsafe {
            pg_sys::get_typlenbyvalalign(element, &mut length, &mut by_value, &mut align);
            let array = pg_sys::construct_array(keys.as_mut_ptr(), keys.len() as i32, element, i32::from(length), by_value, align);
            pg_sys::Datum::from(array)
        }
    }
}

/// In their order, in which an index is walked through only once.
fn sorted<T: Ord>(keys: &FxHashSet<T>) -> Vec<&T> {
    let mut keys: Vec<&T> = keys.iter().collect();
    keys.sort_unstable();
    keys
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
