//! Patterns of paths.

/// Whether a path below the folder fits a pattern: `*` stands for any characters but `/`, all others for themselves.
#[must_use]
pub fn fits(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            fits(rest, path)
                || path
                    .split_first()
                    .is_some_and(|(first, left)| *first != b'/' && fits(pattern, left))
        }
        (Some((wanted, rest)), Some((first, left))) => wanted == first && fits(rest, left),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    /// Protects tests from a fault in another file than the one that they mean.
    #[test]
    fn patterns() {
        let rows = [
            ("data/journal/*.log", "data/journal/000004.log", true),
            ("data/journal/*.log", "data/journal/000004.sst", false),
            ("data/journal/*.log", "data/views/000004.log", false),
            ("data/*.log", "data/journal/000004.log", false),
            ("data/*/*.sst", "data/views/000012.sst", true),
            ("data/*/MANIFEST-*", "data/views/MANIFEST-000005", true),
            ("data", "data", true),
            ("data", "data/journal", false),
            ("data/journal/*", "data/journal", false),
            ("", "", true),
        ];
        for (pattern, path, fit) in rows {
            assert_eq!(fits(pattern.as_bytes(), path.as_bytes()), fit, "{pattern} and {path}");
        }
    }
}
