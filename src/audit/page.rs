//! A lint's page: the head of its file.

use std::fmt::Write;

use super::{ALL, Lint};

/// The page of a lint, in Markdown.
pub fn page(lint: &Lint) -> String {
    let head: Vec<&str> =
        lint.text.lines().map_while(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let mut out =
        format!("## {}\n\n`{}`, {}{}.\n\n", lint.name, lint.code, lint.severity.as_str(), if lint.drift { ", drift" } else { "" });
    out.push_str(head.join("\n").trim());
    out.push('\n');
    out
}

/// All pages, with a table of them.
pub fn document() -> String {
    let mut out = HEAD.to_owned();
    for lint in ALL {
        let first = lint.text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        let _ = writeln!(out, "| [{}](#{}) | {} | {} | {first} |", lint.name, lint.name, lint.code, lint.severity.as_str());
    }
    for lint in ALL {
        out.push('\n');
        out.push_str(&page(lint));
    }
    out
}

const HEAD: &str = "# What the audit finds

`crm-access audit --database URL` and, with the extension, `SELECT * FROM crm_access.audit()` list what is open in a database, given the
configuration that is applied in it. Both read only, and need a role that may read the schema `crm_access`.

- `crm-access audit --database URL crm.yaml` judges by a file instead, and says whether it differs from what is applied.
- `--format human|json|sarif`; `--lint NAME` runs some lints only; `--list` shows their names; `--explain NAME` prints a page of this file.
- Exit codes: 0 nothing but notes, 1 failure, 2 usage, 3 findings, 4 where all findings are drift (something is not as the last apply left it).

A finding that is no problem is accepted in the configuration, with a reason and, better, an end:

```yaml
audit:
  accept:
    - {lint: unique-key, object: public.invoices.invoices_number_key, reason: numbers are printed on paper anyway, until: 2027-01-31}
```

After that day the finding is back. An object may end in `*`.

This file is made from the lints' sources; `CRM_ACCESS_UPDATE=1 cargo test --features cli the_documentation` writes it anew.

| lint | code | severity | what |
| --- | --- | --- | --- |
";
