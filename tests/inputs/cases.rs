//! How many cases are tried, and from which seed.

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

/// The seed of the cases that every run of the tests tries.
const SEED: u64 = 20_260_301;

/// Settings for a test that tries `usual` cases unless `PROPTEST_CASES` says how many.
///
/// A test whose cases are heavy gives a smaller number, and keeps that proportion.
pub fn cases(usual: u32) -> Config {
    const WHOLE: u64 = 1000;
    let mut config = Config::default();
    let chosen = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse::<u64>().ok());
    config.cases = match chosen {
        Some(chosen) => u32::try_from((chosen * u64::from(usual) / WHOLE).max(1)).unwrap_or(u32::MAX),
        None => usual,
    };
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config.max_shrink_iters = 20_000;
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Off));
    config
}
