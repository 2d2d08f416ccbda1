//! The name that somebody probably meant.

/// The known name that takes the fewest edits to reach, when that is few.
///
/// ```
/// use ringfence_tool::nearest;
/// assert_eq!(nearest("stat", ["diff", "stats"]), Some("stats"));
/// assert_eq!(nearest("frobnicate", ["diff", "stats"]), None);
/// ```
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        // A name of which no letter is right was not meant.
        .filter(|(distance, name)| *distance <= name.len() / 3 + 1 && *distance < name.len())
        .min()
        .map(|(_, name)| name)
}

/// Edits from one word to another: insert, delete, replace.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, left) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        let mut next = vec![before];
        for (right, above) in to.chars().zip(row.iter().skip(1)) {
            before = (above + 1)
                .min(before + 1)
                .min(diagonal + usize::from(left != right));
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_its_name() {
        let known = ["stats", "diff", "wrap"];
        assert_eq!(nearest("stat", known), Some("stats"));
        assert_eq!(nearest("dif", known), Some("diff"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("c", ["a", "b"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
