//! Text that somebody made up, said back.
//!
//! Owns how much of it is repeated and in which form, in errors and in the log: on one line, without
//! a way to steer a terminal or to look like another line.

/// Characters that are repeated. Bounds what a stranger can make us write.
const CHARS_MAX: usize = 128;

/// `text`, escaped and cut.
pub(crate) fn echo(text: &str) -> String {
    let mut chars = text.chars();
    let mut echo: String = chars
        .by_ref()
        .take(CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if chars.next().is_some() {
        echo.push('…');
    }
    echo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_can_neither_break_the_line_nor_fill_the_log() {
        assert_eq!(echo("a\n\u{1b}[2J\u{202e}b"), "a\\n\\u{1b}[2J\\u{202e}b");
        assert_eq!(echo(&"x".repeat(1 << 20)).chars().count(), CHARS_MAX + 1);
    }
}
