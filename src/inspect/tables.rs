//! Tables that are named and do not exist.

use super::Inspector;
use super::expected::Expected;
use crate::text::{Code, did_you_mean, quoted};

impl Inspector<'_> {
    pub(super) fn tables(&mut self, expected: &Expected<'_>) {
        for named in &expected.tables {
            if self.relation(named.table).is_some() {
                continue;
            }
            let in_schema = self.catalog.relations.iter().filter(|relation| relation.name.schema == named.table.schema.as_str());
            let help = did_you_mean(&named.table.name, in_schema.map(|relation| relation.name.name.as_str()))
                .unwrap_or_else(|| "correct `table` or `schema`, or create the table first".to_owned());
            self.found.error(
                Code::MissingTable,
                named.span,
                format!("the database has no table {}", quoted(&named.table.to_string())),
                help,
            );
        }
    }
}
