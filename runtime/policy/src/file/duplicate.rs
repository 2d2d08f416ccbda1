//! Where a key stood first that TOML refuses the second time.
//!
//! Owns finding it in the text: the parser says where the second one is. Refuses to judge: what it does not
//! find is a fault all the same.

/// The line of the first of two keys or tables, by the line on which the second one is.
pub(super) fn first(text: &str, second: usize) -> Option<usize> {
    let lines: Vec<&str> = text.lines().take(second).map(str::trim).collect();
    let (last, above) = lines.split_last()?;
    let is_table = |line: &str| line.starts_with('[');
    let name = |line: &str| {
        let name = if is_table(line) {
            line.split('#').next()
        } else {
            line.split('=').next()
        };
        name.unwrap_or_default().trim().to_owned()
    };
    let wanted = name(last);
    let found = if is_table(last) {
        above.iter().position(|line| name(line) == wanted)
    } else {
        // In its own table alone.
        let begins = above.iter().rposition(|line| is_table(line)).unwrap_or(0);
        let inside = above.iter().enumerate().skip(begins);
        let mut keys = inside.filter(|(_, line)| line.contains('=') && name(line) == wanted);
        keys.next().map(|(at, _)| at)
    };
    found.map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_is_found_in_its_own_table() {
        let text =
            "version = 1\n[a] # one\nallow = [\n  \"x=y\",\n]\n[b]\nallow = []\nallow = []\n[a]\n";
        assert_eq!(first(text, 8), Some(7));
        assert_eq!(first(text, 9), Some(2));
        assert_eq!(first(text, 7), None);
        assert_eq!(first("", 1), None);
        assert_eq!(first(text, 100), Some(2));
    }
}
