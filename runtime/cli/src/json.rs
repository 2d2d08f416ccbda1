//! JSON text, laid out for people.
//!
//! Works on the text and never on numbers: what a tool returned is shown digit for digit.

/// `json` with two spaces of indentation, and a space after each colon. `json` must be valid.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len().saturating_mul(2));
    let mut depth = 0_usize;
    let mut characters = json.chars().filter(Outside::default().keep()).peekable();
    let mut text = Outside::default();
    while let Some(c) = characters.next() {
        let quoted = text.is_quoted(c);
        out.push(c);
        match c {
            _ if quoted => {}
            '{' | '[' if matches!(characters.peek(), Some('}' | ']')) => {
                out.extend(characters.next());
            }
            '{' | '[' => {
                depth += 1;
                line(&mut out, depth);
            }
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
        if matches!(characters.peek(), Some('}' | ']')) && !text.quoted {
            depth = depth.saturating_sub(1);
            line(&mut out, depth);
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Tells what is inside a string from what is outside.
#[derive(Debug, Default)]
struct Outside {
    quoted: bool,
    escaped: bool,
}

impl Outside {
    /// Whether `c`, the next character, belongs to a string, its quotes included.
    fn is_quoted(&mut self, c: char) -> bool {
        if self.quoted {
            let ends = c == '"' && !self.escaped;
            self.escaped = c == '\\' && !self.escaped;
            self.quoted = !ends;
            return true;
        }
        self.quoted = c == '"';
        self.quoted
    }

    /// Keeps all but the white space between values.
    fn keep(mut self) -> impl FnMut(&char) -> bool {
        move |c| self.is_quoted(*c) || !c.is_ascii_whitespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_as_the_library_does() {
        for json in [
            "null",
            "[]",
            "{}",
            "[[],{},[1]]",
            r#"{"a":[1,-2.5,{"b":"x,[{:\" \\"}],"c":{}}"#,
            r#"["{", "}", "\\\"", ""]"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(
                pretty(json),
                serde_json::to_string_pretty(&value).unwrap(),
                "{json}"
            );
        }
    }

    #[test]
    fn numbers_stay_digit_for_digit() {
        assert_eq!(
            pretty("[18446744073709551615,0.1000000000000000055]"),
            "[\n  18446744073709551615,\n  0.1000000000000000055\n]"
        );
    }
}
