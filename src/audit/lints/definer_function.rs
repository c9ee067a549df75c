//! A SECURITY DEFINER function of an owner whom row security does not bind, which the application may call (A12).
//!
//! **Why it matters.** It reads and writes as its owner: what it returns has passed no policy. It is an error where its text names a protected
//! table; where it does not, it may still put a statement together, call another function or read a view.
//!
//! **Example.** A `search_everything(text)` that a migration created as superuser. EXECUTE is everybody's unless it is taken away.
//!
//! **How to mend it.** `ALTER FUNCTION ... SECURITY INVOKER`; or an owner whom the policies bind; or take EXECUTE away from everybody and
//! the application. One that checks the caller itself can be accepted, with that as the reason.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "definer-function",
    code: "CA204",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("definer_function.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let lends = |function: &&Function| function.security_definer && !function.trigger && matches!(function.kind.as_str(), "f" | "p");
    for function in case.catalog.functions.iter().filter(lends) {
        let callers = case.asking(&function.execute);
        if callers.is_empty() || !case.is_unbound(&function.owner) {
            continue;
        }
        let read = case.protected().into_iter().find(|table| function.mentions.contains(&table.relation.name));
        let (severity, what) = match &read {
            Some(table) => (Severity::Error, format!("names {} and", quoted(&table.object()))),
            None => (Severity::Warning, "names no protected table, but".to_owned()),
        };
        let owner = format!("{}, {}", quoted(&function.owner), case.why_unbound(&function.owner));
        let message = format!("this function {what} runs as {owner}, and {} may call it", holders(callers));
        let name = format!("{}.{}({})", ident(&function.schema), ident(&function.name), function.arguments);
        let fix = Fix::sql(format!("ALTER ROUTINE {name} SECURITY INVOKER"));
        found.add_as(severity, function.to_string(), message, fix, read.and_then(|table| table.span));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, role};

    #[test]
    fn definer_function() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.function("search");
        assert_eq!(example.findings(&LINT)[0].severity, Severity::Error);
        assert_eq!(example.fixes(&LINT), ["ALTER ROUTINE public.search() SECURITY INVOKER"]);
        example.catalog.functions[0].mentions.clear();
        assert_eq!(example.findings(&LINT)[0].severity, Severity::Warning);
        for (change, why) in [
            ((|f| f.execute = vec![role("postgres")]) as fn(&mut Function), "nobody who asks may call it"),
            (|f| f.owner = "crm_dba".to_owned(), "FORCE binds its owner"),
            (|f| f.security_definer = false, "it runs as its caller"),
            (|f| f.trigger = true, "only triggers call it"),
        ] {
            let mut example = Example::new();
            change(example.function("search"));
            assert!(example.found(&LINT).is_empty(), "{why}");
        }
    }
}
