//! Input of every shape: bytes, YAML, configurations, conditions, names, and SQL that is not quite what was generated.
//!
//! The random tests try a fixed, seeded number of cases. `PROPTEST_CASES` in thousandths of it raises it, `PROPTEST_RNG_SEED` chooses another
//! seed, and `make fuzz-inputs` does both. What one of them once found is a named test of its own.

mod cases;
mod configurations;
mod documents;
mod examine;
mod hostile;
mod limits;
mod mutate;
mod predicates;
mod statements;
mod tamper;
mod write;
