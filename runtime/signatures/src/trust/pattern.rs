//! Which sources a rule is for.
//!
//! Owns its grammar: text that stands for itself, `*` for anything but a slash, `**` for anything.

/// A pattern over sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character.
    Itself(char),
    /// Any, but a slash.
    Within,
    /// Any.
    Anything,
}

/// Characters of a pattern. With the length of a source, bounds the time that one takes.
pub(super) const PATTERN_CHARACTERS_MAX: usize = 1024;

impl Pattern {
    /// One that covers every source.
    pub(super) fn everything() -> Self {
        Self(vec![Piece::Anything])
    }

    /// Reads one.
    pub(super) fn read(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '*' if characters.next_if_eq(&'*').is_some() => Piece::Anything,
                '*' => Piece::Within,
                itself => Piece::Itself(itself),
            });
        }
        Self(pieces)
    }

    /// Whether a source is meant. Every place in the pattern is followed at once, so that no pattern takes
    /// longer than its length times that of the source.
    pub(super) fn covers(&self, source: &str) -> bool {
        let mut open = vec![false; self.0.len() + 1];
        if let Some(first) = open.first_mut() {
            *first = true;
        }
        self.skip(&mut open);
        for character in source.chars() {
            let mut next = vec![false; self.0.len() + 1];
            for (at, piece) in self.0.iter().enumerate() {
                if !open.get(at).copied().unwrap_or_default() {
                    continue;
                }
                let to = match piece {
                    Piece::Itself(itself) if *itself == character => at + 1,
                    Piece::Within if character != '/' => at,
                    Piece::Anything => at,
                    _ => continue,
                };
                if let Some(place) = next.get_mut(to) {
                    *place = true;
                }
            }
            self.skip(&mut next);
            open = next;
        }
        open.last().copied().unwrap_or_default()
    }

    /// A star may stand for nothing.
    fn skip(&self, open: &mut [bool]) {
        for (at, piece) in self.0.iter().enumerate() {
            let is_open = open.get(at).copied().unwrap_or_default();
            if is_open
                && matches!(piece, Piece::Within | Piece::Anything)
                && let Some(place) = open.get_mut(at + 1)
            {
                *place = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_part_and_two_do_not() {
        for (pattern, source, covers) in [
            ("oci://a.example/org/*", "oci://a.example/org/tool", true),
            ("oci://a.example/org/*", "oci://a.example/org/", true),
            ("oci://a.example/org/*", "oci://a.example/org/x/tool", false),
            ("oci://a.example/org/**", "oci://a.example/org/x/tool", true),
            (
                "oci://a.example/**",
                "oci://a.example.evil.example/t",
                false,
            ),
            ("oci://*/org/tool", "oci://b.example/org/tool", true),
            ("oci://*.example/tool", "oci://evil/x.example/tool", false),
            ("**", "file:/srv/t.wasm", true),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaac", false),
            ("a**b*c", "axxb/bxc", true),
        ] {
            assert_eq!(
                Pattern::read(pattern).covers(source),
                covers,
                "{pattern} {source}"
            );
        }
    }
}
