//! Patterns for names: `*` for any characters, `?` for one.

/// The longest pattern. Matching takes pattern times name.
pub const MAX_GLOB_BYTES: usize = 256;

/// Whether `name` matches `pattern`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().take(MAX_GLOB_BYTES).collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: only the last one ever matters.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(&wanted) if wanted == '?' || name.get(n) == Some(&wanted) => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after, from)) = retry else {
                    return false;
                };
                retry = Some((after, from + 1));
                p = after;
                n = from + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_names() {
        for (pattern, name) in [
            ("*", ""),
            ("*.md", "a.md"),
            ("a?c*", "abc"),
            ("*a*b*", "xxaxxbxx"),
            ("ä?", "äö"),
            ("**", "a"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "a"),
            ("*.md", "a.mdx"),
            ("?", ""),
            ("a*b", "ac"),
            ("A", "a"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_are_no_trap() {
        assert!(!matches(&"*a".repeat(120), &"a".repeat(119)));
        assert!(!matches(&("*a".repeat(100) + "b"), &"a".repeat(255)));
    }
}
