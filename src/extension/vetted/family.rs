//! Which operators can be vetted: those whose functions raise no error and send no message that depends on what a hidden row holds, but for
//! what docs/performance.md says of each family.

/// Operators that are vetted together.
pub struct Family {
    /// Its name in the setting.
    pub name: &'static str,
    /// The server's own functions that stand behind its operators, and those that conditions use within them.
    pub functions: &'static [&'static str],
    /// Whether the second argument is a pattern in which a trailing backslash is an error, though only for rows that match so far.
    pub has_pattern: bool,
}

/// All of them.
pub const FAMILIES: [Family; 7] = [
    Family { name: "like", functions: &["textlike", "textnlike", "namelike", "namenlike", "bpcharlike", "bpcharnlike"], has_pattern: true },
    Family {
        name: "ilike",
        functions: &["texticlike", "texticnlike", "nameiclike", "nameicnlike", "bpchariclike", "bpcharicnlike"],
        has_pattern: true,
    },
    Family {
        name: "full_text",
        functions: &["ts_match_vq", "ts_match_qv", "ts_match_tt", "ts_match_tq", "to_tsvector", "setweight", "tsvector_concat"],
        has_pattern: false,
    },
    Family {
        name: "jsonb",
        functions: &[
            "jsonb_contains",
            "jsonb_contained",
            "jsonb_exists",
            "jsonb_exists_any",
            "jsonb_exists_all",
            "jsonb_object_field",
            "jsonb_object_field_text",
            "jsonb_array_element",
            "jsonb_array_element_text",
            "jsonb_extract_path",
            "jsonb_extract_path_text",
        ],
        has_pattern: false,
    },
    Family {
        name: "numeric",
        functions: &["numeric_eq", "numeric_ne", "numeric_lt", "numeric_le", "numeric_gt", "numeric_ge"],
        has_pattern: false,
    },
    Family { name: "enum", functions: &["enum_eq", "enum_ne", "enum_lt", "enum_le", "enum_gt", "enum_ge"], has_pattern: false },
    Family { name: "array", functions: &["arraycontains", "arraycontained", "arrayoverlap"], has_pattern: false },
];

/// The families that a list names, each as a bit.
///
/// The error is the name that is none.
pub fn parse(list: &str) -> Result<u32, String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).try_fold(0, |all, name| {
        let at = FAMILIES.iter().position(|family| family.name.eq_ignore_ascii_case(name)).ok_or_else(|| name.to_owned())?;
        Ok(all | 1 << at)
    })
}

/// The family that one of the server's functions belongs to, of those that are vetted.
pub fn of_function(name: &str, vetted: u32) -> Option<&'static Family> {
    FAMILIES.iter().enumerate().find(|(at, family)| vetted & (1 << at) != 0 && family.functions.contains(&name)).map(|(_, family)| family)
}

/// Whether a pattern can be matched with any text without an error.
pub fn is_sound(pattern: &str) -> bool {
    pattern.chars().rev().take_while(|c| *c == '\\').count() % 2 == 0
}
