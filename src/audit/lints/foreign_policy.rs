//! A permissive policy on a protected table that the configuration did not make (A14).
//!
//! **Why it matters.** Permissive policies are joined by OR: a row that one of them lets through is seen whatever the roles say. FOR ALL
//! lets rows be read as well as written, which is easily overlooked.
//!
//! **Example.** `CREATE POLICY imports ON companies FOR ALL TO crm_app USING (source = 'import')` shows all imported companies to everybody.
//!
//! **How to mend it.** Drop it and say the same in the configuration, or create it `AS RESTRICTIVE` if it was to narrow.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "foreign-policy",
    code: "CA103",
    severity: Severity::Error,
    drift: false,
    text: include_str!("foreign_policy.rs"),
    check: Check::Database(check),
};

/// Names that an apply takes away and makes anew.
const OURS: [&str; 5] = ["crm_access_reader", "crm_access_read", "crm_access_create", "crm_access_update", "crm_access_delete"];

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected() {
        // On a partition nothing is ours.
        let foreign = |name: &str| !(table.own && OURS.contains(&name));
        for policy in table.relation.policies.iter().filter(|policy| policy.permissive && foreign(&policy.name)) {
            if !policy.roles.iter().any(|role| case.asks(role)) {
                continue;
            }
            let what = match policy.command {
                PolicyCommand::Select => "lets rows be read",
                PolicyCommand::Insert => "lets rows be added",
                PolicyCommand::Update => "lets rows be changed",
                PolicyCommand::Delete => "lets rows be deleted",
                PolicyCommand::All => "is FOR ALL: it lets rows be read, added, changed and deleted",
            };
            let object = format!("{}.{}", table.object(), policy.name);
            let message = format!("this policy {what}, beside what the roles of the configuration give");
            found.add(object, message, Fix::sql(format!("DROP POLICY {} ON {}", ident(&policy.name), table.sql())), table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn foreign_policy() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        let mut policy = example.relation("deals").policies[0].clone();
        policy.name = "imports".to_owned();
        policy.permissive = false;
        policy.command = PolicyCommand::All;
        policy.roles = vec![Grantee::Public];
        example.relation("deals").policies.push(policy.clone());
        assert!(example.found(&LINT).is_empty(), "a restrictive one only narrows");
        policy.permissive = true;
        example.relation("deals").policies.push(policy);
        assert_eq!(example.found(&LINT), ["public.deals.imports"]);
        assert_eq!(example.fixes(&LINT), ["DROP POLICY imports ON public.deals"]);
    }
}
