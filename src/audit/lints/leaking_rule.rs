//! A rewrite rule that reads a protected table as the owner of its own table, or one on a protected table (A11).
//!
//! **Why it matters.** What a rule adds to a statement runs with the rights of the owner of the rule's table. A rule on a protected table can
//! copy its rows to where no policy is, as they are written.
//!
//! **Example.** `CREATE RULE log AS ON UPDATE TO deals DO ALSO INSERT INTO deal_log VALUES (old.*)`.
//!
//! **How to mend it.** Drop the rule, and use a trigger whose function is SECURITY INVOKER.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "leaking-rule",
    code: "CA203",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("leaking_rule.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for (reader, table, _) in escaping(case, |kind| !matches!(kind, RelationKind::View | RelationKind::MaterializedView)) {
        for rule in &reader.rules {
            let message = format!("this rule reads {} as {}, the owner of its table", quoted(&table.object()), quoted(&reader.owner));
            let fix = Fix::sql(format!("DROP RULE {} ON {}", ident(rule), relation_sql(&reader.name)));
            found.add_as(Severity::Error, format!("{}.{rule}", reader.name), message, fix, table.span);
        }
    }
    for table in case.protected() {
        for rule in &table.relation.rules {
            let message =
                format!("this rule on a protected table runs as {}, the table's owner, and not as who asks", quoted(&table.relation.owner));
            let fix = Fix::sql(format!("DROP RULE {} ON {}", ident(rule), table.sql()));
            found.add(format!("{}.{rule}", table.object()), message, fix, table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn leaking_rule() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").rules.push("log".to_owned());
        assert_eq!(example.found(&LINT), ["public.deals.log"]);
        assert_eq!(example.fixes(&LINT), ["DROP RULE log ON public.deals"]);
        example.view("inbox", RelationKind::Table).rules.push("peek".to_owned());
        assert_eq!(example.found(&LINT), ["public.inbox.peek", "public.deals.log"]);
    }
}
