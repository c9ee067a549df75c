//! Ways to learn who is asking.

use super::Resolver;
use crate::model::{DbRoleName, Identity, Setting};
use crate::text::{At, Code, quoted};

impl Resolver<'_> {
    pub(super) fn identity(&mut self) -> Identity {
        let written = &self.config.identity;
        let act_as: Vec<DbRoleName> = written.act_as.iter().filter_map(|role| self.db_role(role)).collect();
        let login = self.optional_column(&written.database_role);
        let setting = written.setting.as_ref().and_then(|setting| {
            let name = self.setting_name(&setting.name)?;
            let issuers = setting.issuers.iter().filter_map(|role| self.db_role(role)).collect();
            Some((setting, Setting { name, signed: setting.signed, issuers }))
        });
        if written.act_as.is_empty() && written.database_role.is_none() && written.setting.is_none() {
            self.found.error(
                Code::NoIdentity,
                written.span,
                "the database can't learn who is asking",
                "give at least one of `act_as`, `database_role` and `setting`",
            );
        }
        if let Some((written, setting)) = &setting
            && !setting.signed
        {
            self.found.warning(
                Code::ForgeableIdentity,
                written.name.span,
                format!("whoever can run SQL can set {} and be anyone", quoted(&setting.name)),
                "leave out `signed: false`, or use `act_as` with the extension",
            );
        }
        Identity { act_as, login, setting: setting.map(|(_, setting)| setting) }
    }

    /// A setting of one's own has a prefix and simple words, or the server does not take it.
    fn setting_name(&mut self, written: &At<String>) -> Option<String> {
        let words: Vec<&str> = written.split('.').collect();
        let simple = |word: &&str| {
            word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if words.len() >= 2 && words.iter().all(simple) && written.len() <= 63 && !written.starts_with("crm_access.") {
            return Some(written.value.clone());
        }
        self.found.error(
            Code::BadName,
            written.span,
            format!("{} can't be the name of a setting", quoted(written)),
            "write a prefix of your own and a name, as in `app.user_token`",
        );
        None
    }
}
