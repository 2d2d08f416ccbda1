//! Patterns of resource identifiers.
//!
//! Owns which identifiers belong to a pattern as RFC 6570 writes it: `{name}` stands for one segment,
//! `{+name}` for anything. Only that: other operators make a pattern that is refused.

use regex::Regex;

/// Bytes of a pattern. Bounds what a component can make us compile.
const PATTERN_BYTES_MAX: usize = 512;

/// A pattern of identifiers.
#[derive(Debug)]
pub(crate) struct Template(Regex);

impl Template {
    /// Reads a pattern. Nothing when it is none.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return None;
        }
        let mut regex = String::from(r"\A");
        let mut rest = pattern;
        while let Some((text, after)) = rest.split_once('{') {
            let (expression, after) = after.split_once('}')?;
            regex.push_str(&regex::escape(text));
            let (operator, name) = match expression.strip_prefix('+') {
                Some(name) => (".+", name),
                None => ("[^/?#]+", expression),
            };
            let named = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
            if !named {
                return None;
            }
            regex.push_str(operator);
            rest = after;
        }
        if rest.contains('}') {
            return None;
        }
        regex.push_str(&regex::escape(rest));
        regex.push_str(r"\z");
        Regex::new(&regex).ok().map(Self)
    }

    /// Whether an identifier belongs to it.
    pub(crate) fn matches(&self, uri: &str) -> bool {
        self.0.is_match(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_belongs_to_its_pattern() {
        let template = Template::parse("test://template/{id}/data").unwrap();
        assert!(template.matches("test://template/123/data"));
        for other in [
            "test://template//data",
            "test://template/1/2/data",
            "test://template/1/data/",
            "xtest://template/1/data",
        ] {
            assert!(!template.matches(other), "{other}");
        }
        let path = Template::parse("notes:{+path}").unwrap();
        assert!(path.matches("notes:a/b/c") && !path.matches("notes:"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in [
            "a{",
            "a}",
            "a{}",
            "a{?q}",
            "a{b,c}",
            "a{b*}",
            &"a".repeat(1 << 20),
        ] {
            assert!(Template::parse(pattern).is_none(), "{pattern}");
        }
    }
}
