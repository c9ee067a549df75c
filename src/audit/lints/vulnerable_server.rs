//! A minor version of the server with a known fault in row security (A38).
//!
//! **Why it matters.** CVE-2016-2193 and CVE-2024-10976 keep plans made for another role; CVE-2017-7484, CVE-2019-10130 and CVE-2025-8713 let statistics of
//! hidden rows out; CVE-2023-2455 applies the wrong user's policies after inlining; CVE-2024-10978 misapplies SET ROLE; CVE-2026-14666 keeps plans after roles were changed.
//! Before 15.20 the condition of `ON CONFLICT DO UPDATE ... WHERE` is asked of a hidden row before the policy is, so that a function in it sees that row,
//! and a member of a role can DROP OWNED BY it the policies that are for it, after which nobody sees anything (both seen with 15.18, and not with 15.20;
//! other major versions were not looked at). Each is fixed in a minor release, which needs no dump and restore.
//!
//! **Example.** PostgreSQL 15.8 in an image that nobody has built anew since summer 2024.
//!
//! **How to mend it.** Install the newest minor version.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "vulnerable-server",
    code: "CA601",
    severity: Severity::Error,
    drift: false,
    text: include_str!("vulnerable_server.rs"),
    check: Check::Database(check),
};

/// Faults, and for each major version the first minor without it.
const FAULTS: [(&str, &[(u32, u32)]); 10] = [
    ("CVE-2016-2193", &[(90_500, 90_502)]),
    ("CVE-2017-7484", &[(90_500, 90_507), (90_600, 90_603)]),
    ("CVE-2019-10130", &[(90_500, 90_517), (90_600, 90_613), (100_000, 100_008), (110_000, 110_003)]),
    ("CVE-2023-2455", &[(110_000, 110_020), (120_000, 120_015), (130_000, 130_011), (140_000, 140_008), (150_000, 150_003)]),
    ("CVE-2024-10976", NOVEMBER_2024),
    ("CVE-2024-10978", NOVEMBER_2024),
    ("CVE-2025-8713", &[(130_000, 130_022), (140_000, 140_019), (150_000, 150_014), (160_000, 160_010), (170_000, 170_006)]),
    ("CVE-2026-14666", &[(150_000, 150_019)]),
    ("ON CONFLICT DO UPDATE asks its condition of hidden rows", &[(150_000, 150_020)]),
    ("DROP OWNED takes policies from tables of others", &[(150_000, 150_020)]),
];

const NOVEMBER_2024: &[(u32, u32)] =
    &[(120_000, 120_021), (130_000, 130_017), (140_000, 140_014), (150_000, 150_009), (160_000, 160_005), (170_000, 170_001)];

fn check(case: &Case<'_>, found: &mut Findings) {
    let version = case.catalog.server_version_num;
    let has = |releases: &[(u32, u32)]| releases.iter().any(|(first, fixed)| (*first..*fixed).contains(&version));
    let faults: Vec<&str> = FAULTS.iter().filter(|(_, releases)| has(releases)).map(|(name, _)| *name).collect();
    if !faults.is_empty() {
        let shown = format!("{}.{}", version / 10_000, version % 10_000);
        let fix = Fix::words("install the newest minor version of this server, which needs no dump and restore");
        found.add("server", format!("PostgreSQL {shown} has faults that concern row security: {}", listed(faults)), fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn vulnerable_server() {
        let mut example = Example::new();
        for (version, faults) in [
            (130_021, vec!["CVE-2025-8713"]),
            (130_022, vec![]),
            (
                150_002,
                vec!["CVE-2023-2455", "CVE-2024-10976", "CVE-2024-10978", "CVE-2025-8713", "CVE-2026-14666", "ON CONFLICT", "DROP OWNED"],
            ),
            (150_013, vec!["CVE-2025-8713", "CVE-2026-14666", "ON CONFLICT", "DROP OWNED"]),
            (150_018, vec!["CVE-2026-14666", "ON CONFLICT", "DROP OWNED"]),
            (150_019, vec!["ON CONFLICT", "DROP OWNED"]),
            (150_020, vec![]),
            (170_000, vec!["CVE-2024-10976", "CVE-2024-10978", "CVE-2025-8713"]),
            (170_005, vec!["CVE-2025-8713"]),
            (180_000, vec![]),
        ] {
            example.catalog.server_version_num = version;
            let said: String = example.findings(&LINT).iter().map(|finding| finding.message.clone()).collect();
            let count: usize = ["CVE-", "ON CONFLICT", "DROP OWNED"].iter().map(|word| said.matches(word).count()).sum();
            assert_eq!(count, faults.len(), "{version}: {said}");
            assert!(faults.iter().all(|fault| said.contains(fault)), "{version}: {said}");
        }
    }
}
