//! The stable names of everything that can be wrong.

/// Defines [`Code`], its texts and its explanations from one list.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// What a diagnostic is about; its text never changes between versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of their definition.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The stable text, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $text,)+
                }
            }

            /// One sentence that says what the code stands for.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Code::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML, or uses a part of YAML that is refused.
    YamlSyntax = "yaml-syntax",
    /// The file can't be read.
    UnreadableFile = "unreadable-file",
    /// The file is not UTF-8.
    NotUtf8 = "not-utf8",
    /// The file is larger, or has more values, than any configuration.
    FileTooLarge = "file-too-large",
    /// The file has no content.
    EmptyFile = "empty-file",
    /// Values are nested deeper than any configuration.
    TooDeep = "too-deep",
    /// Aliases are too many, or stand for too much.
    TooManyAliases = "too-many-aliases",
    /// A key or name stands twice.
    DuplicateName = "duplicate-name",
    /// A mapping has a key that means nothing there.
    UnknownKey = "unknown-key",
    /// A value is of another type than the one expected.
    WrongType = "wrong-type",
    /// A key that must be there is not.
    MissingKey = "missing-key",
    /// A value is not one of those possible.
    BadValue = "bad-value",
    /// A number is too small or too large.
    OutOfRange = "out-of-range",
    /// An entity is named that is not defined.
    UnknownEntity = "unknown-entity",
    /// A role is named that is not defined.
    UnknownRole = "unknown-role",
    /// A restriction is named that is not defined.
    UnknownRestriction = "unknown-restriction",
    /// A scope is named that does not exist.
    UnknownScope = "unknown-scope",
    /// An action is named that does not exist.
    UnknownAction = "unknown-action",
    /// A group, workgroup, team or department is named that the directory does not have.
    UnknownSubject = "unknown-subject",
    /// A finding of the audit is accepted under a name that no lint has.
    UnknownLint = "unknown-lint",
    /// A scope is not written as scopes are, or means nothing for its entity.
    BadScope = "bad-scope",
    /// A scope needs a column that its entity does not name.
    MissingColumn = "missing-column",
    /// A name has characters that names can't have.
    BadName = "bad-name",
    /// A name is longer than PostgreSQL keeps.
    NameTooLong = "name-too-long",
    /// Entities are each other's parents.
    ParentCycle = "parent-cycle",
    /// Roles include each other.
    RoleCycle = "role-cycle",
    /// Scopes are given by stage for an entity without stages.
    NoStages = "no-stages",
    /// A stage is named that its entity does not have.
    UnknownStage = "unknown-stage",
    /// A restriction is given to someone whose role can't be restricted.
    RestrictedAdministrator = "restricted-administrator",
    /// Restrictions that can't be combined are given to one user.
    ConflictingRestrictions = "conflicting-restrictions",
    /// A restriction is given to a leader without confirmation.
    UnconfirmedLeader = "unconfirmed-leader",
    /// A predicate can't be read.
    BadPredicate = "bad-predicate",
    /// A predicate uses something that predicates may not use.
    ForbiddenInPredicate = "forbidden-in-predicate",
    /// An assignment does not name one thing given and one receiver.
    BadAssignment = "bad-assignment",
    /// A key does not fit the type of its key column.
    BadKey = "bad-key",
    /// There is no way to learn who is asking.
    NoIdentity = "no-identity",
    /// Whoever can run SQL can pretend to be anyone.
    ForgeableIdentity = "forgeable-identity",
    /// Something is configured that the chosen target does not have.
    WrongTarget = "wrong-target",
    /// A table that shows protected records is not protected.
    UnprotectedTable = "unprotected-table",
    /// Something is configured that has no effect.
    Useless = "useless",
    /// Two things would get the same name in the database.
    NameCollision = "name-collision",
    /// A table does not exist in the database.
    MissingTable = "missing-table",
    /// A column does not exist in the database.
    MissingDatabaseColumn = "missing-database-column",
    /// A column is of another type than the configuration says.
    WrongColumnType = "wrong-column-type",
    /// A key column is not unique.
    NotUnique = "not-unique",
    /// A relation is of a kind that row security can't protect.
    WrongRelationKind = "wrong-relation-kind",
    /// A table is unlogged: its records are lost in a crash.
    UnloggedTable = "unlogged-table",
    /// A table is foreign: row security does not reach it.
    ForeignTable = "foreign-table",
    /// A view shows records past the policies.
    ExposingView = "exposing-view",
    /// A database role does not exist.
    MissingDatabaseRole = "missing-database-role",
    /// A view shows nothing once the tables that it reads are protected.
    BlindView = "blind-view",
    /// A database role has powers that row security does not hold for.
    PrivilegedRole = "privileged-role",
    /// A privilege is held that goes round row security.
    ExcessPrivilege = "excess-privilege",
    /// A policy that is not from the configuration shows or changes records.
    ForeignPolicy = "foreign-policy",
    /// An index is missing that a policy needs to be fast.
    MissingIndex = "missing-index",
    /// A user has several roles, which makes rights hard to follow.
    OneRolePerUser = "one-role-per-user",
    /// There is more to say than fits.
    TooManyDiagnostics = "too-many-diagnostics",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Code;

    #[test]
    fn codes_are_kebab_case_and_differ() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{text}");
        }
    }

    #[test]
    fn every_code_explains_itself_in_a_sentence() {
        for code in Code::ALL {
            assert!(code.explanation().ends_with('.'), "{}", code.as_str());
            assert!(!code.explanation().starts_with(' '), "{}", code.as_str());
        }
    }
}
