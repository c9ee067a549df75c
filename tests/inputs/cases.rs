//! How many cases are tried, and from which seed.

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

/// The seed of the cases that every run of the tests tries.
const SEED: u64 = 20_260_301;

/// Cases of a test that names a thousand, unless `PROPTEST_CASES` says otherwise: enough for every run of the tests.
const USUAL: u64 = 200;

/// Settings for a test; its number says how heavy its cases are beside those of a test that names a thousand.
pub fn cases(weight: u32) -> Config {
    let mut config = Config::default();
    let chosen = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(USUAL);
    config.cases = u32::try_from((chosen * u64::from(weight) / 1000).max(1)).unwrap_or(u32::MAX);
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config.max_shrink_iters = 20_000;
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Off));
    config
}
