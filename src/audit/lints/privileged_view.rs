//! A view that reads a protected table as an owner whom row security does not bind (A11, O6).
//!
//! **Why it matters.** A view reads with its owner's rights unless it says `security_invoker`. Where the owner is a superuser, has BYPASSRLS or
//! the rights of the reader role, or owns the table while FORCE is off, the view shows every row to whoever may select from it.
//!
//! **Example.** `CREATE VIEW pipeline AS SELECT stage, sum(amount) FROM deals GROUP BY stage`, made by a superuser's migration.
//!
//! **How to mend it.** `ALTER VIEW pipeline SET (security_invoker = true)` (PostgreSQL 15), or an owner whom the policies bind, or take
//! SELECT on it from the application.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "privileged-view",
    code: "CA201",
    severity: Severity::Error,
    drift: false,
    text: include_str!("privileged_view.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for (view, table, readers) in escaping(case, |kind| kind == RelationKind::View) {
        let (name, read) = (relation_sql(&view.name), quoted(&table.object()));
        let revoke = format!("REVOKE SELECT ON {name} FROM {}", grantees(readers.iter().copied()));
        let (how, fix) = if view.security_invoker {
            ("through what it reads".to_owned(), revoke)
        } else {
            let how = format!("as its owner {}, {}", quoted(&view.owner), why(case, view, table.relation));
            let invoker = format!("ALTER VIEW {name} SET (security_invoker = true)");
            (how, if case.catalog.server_version_num >= 150_000 { invoker } else { revoke })
        };
        let message = format!("this view reads {read} {how}, and {} may select from it", holders(readers));
        found.add(view.name.to_string(), message, Fix::sql(fix), table.span);
    }
}

fn why(case: &Case<'_>, view: &Dependent, table: &Relation) -> &'static str {
    if case.is_unbound(&view.owner) {
        case.why_unbound(&view.owner)
    } else if table.force_row_security {
        "through whom it reads another view"
    } else {
        "who owns the table while row security is not forced"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn privileged_view() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.view("overview", RelationKind::View);
        assert_eq!(example.found(&LINT), ["public.overview"]);
        assert_eq!(example.fixes(&LINT), ["ALTER VIEW public.overview SET (security_invoker = true)"]);
        example.catalog.dependents[0].security_invoker = true;
        assert!(example.found(&LINT).is_empty());
        let view = &mut example.catalog.dependents[0];
        (view.security_invoker, view.owner, view.owner_superuser, view.owner_bypass_rls) =
            (false, "crm_access_reader".to_owned(), false, false);
        assert_eq!(example.found(&LINT), ["public.overview"], "the reader role has a policy that shows it all");
        example.catalog.dependents[0].select.clear();
        assert!(example.found(&LINT).is_empty(), "nobody who asks may read it");
    }
}
