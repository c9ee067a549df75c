//! A right on the sequence that numbers a protected table (A32).
//!
//! **Why it matters.** Its last value tells how many records were ever made, and two looks at it how many are made in a day, hidden ones
//! included. UPDATE lets it be set, which stops inserts.
//!
//! **Example.** `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO crm_app`.
//!
//! **How to mend it.** An identity column needs no right on its sequence: take the right away. A column with `DEFAULT nextval(...)` needs
//! USAGE: make it an identity column, or accept that.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "sequence-privilege",
    code: "CA308",
    severity: Severity::Note,
    drift: false,
    text: include_str!("sequence_privilege.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for sequence in &case.catalog.sequences {
        let Some(table) = case.protected_named(&sequence.of) else { continue };
        let given: Vec<_> = sequence.grants.iter().filter(|grant| case.asks(&grant.grantee)).collect();
        if given.is_empty() {
            continue;
        }
        let identity = table.relation.column(&sequence.column).is_some_and(|column| column.identity);
        let revoke =
            |privilege: &str, to: &Grantee| format!("REVOKE {privilege} ON SEQUENCE {} FROM {}", relation_sql(&sequence.name), grantee(to));
        let fix = if identity {
            Fix::Sql(given.iter().map(|grant| revoke(&grant.privilege, &grant.grantee)).collect())
        } else {
            Fix::words(format!("make {}.{} an identity column, which needs no such right", table.sql(), ident(&sequence.column)))
        };
        let message = format!(
            "{} may see how many records of {} were ever made",
            holders(given.iter().map(|grant| &grant.grantee)),
            quoted(&table.object())
        );
        found.add(sequence.name.to_string(), message, fix, table.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, holding};

    #[test]
    fn sequence_privilege() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        let of_deals = example.catalog.sequences.iter_mut().find(|sequence| sequence.of.name == "deals").unwrap();
        of_deals.grants = vec![holding("crm_app", "USAGE"), holding("auditor", "SELECT")];
        assert_eq!(example.found(&LINT), ["public.deals_id_seq"]);
        assert_eq!(example.fixes(&LINT), ["REVOKE USAGE ON SEQUENCE public.deals_id_seq FROM crm_app"]);
        example.relation("deals").columns.iter_mut().for_each(|column| column.identity = false);
        assert!(example.fixes(&LINT).is_empty());
    }
}
