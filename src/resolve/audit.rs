//! Accepted findings: that each says of what, why, and until when.

use super::Resolver;
use super::time::day;
use crate::model::Accepted;
use crate::text::{Code, quoted};

impl Resolver<'_> {
    pub(super) fn accepted(&mut self) -> Vec<Accepted> {
        let mut all = Vec::new();
        for written in self.config.audit.accept.iter() {
            if written.reason.trim().is_empty() {
                self.found.error(
                    Code::BadValue,
                    written.reason.span,
                    format!("{} is accepted without a reason", quoted(&written.lint)),
                    "say why it is no problem here",
                );
            }
            if written.object.is_empty() {
                self.found.error(
                    Code::BadValue,
                    written.lint.span,
                    format!("{} is accepted for no object", quoted(&written.lint)),
                    "name the `object` as the finding does, or leave the entry out",
                );
            }
            for object in written.object.iter().filter(|object| object.trim_end_matches('*').is_empty()) {
                self.found.error(
                    Code::BadValue,
                    object.span,
                    format!("{} would be accepted for everything", quoted(&written.lint)),
                    "name the objects, or begin them, as `public.deals.*`",
                );
            }
            let until = written.until.as_ref().and_then(|until| {
                let date = day(until);
                if date.is_none() {
                    self.found.error(
                        Code::BadValue,
                        until.span,
                        format!("{} is no day of the calendar", quoted(until)),
                        "write year, month and day, as `2027-01-31`",
                    );
                }
                date
            });
            all.push(Accepted {
                lint: written.lint.value.clone(),
                objects: written.object.iter().map(|object| object.value.clone()).collect(),
                reason: written.reason.value.clone(),
                until,
            });
        }
        all
    }
}
