//! Text as it reads, for looking things up in it.
//!
//! Owns undoing what makes the same words look different to a program: compatibility forms, letters of
//! other scripts, marks of emphasis, case, spacing, digits for letters. Refuses to judge.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

use super::hidden::is_hidden;

/// Stands for a character that looks like no ASCII text.
const OTHER: char = '~';

/// Without hidden characters, in compatibility form and lower case; spaces collapsed, lines kept.
pub(super) fn plain(text: &str) -> String {
    let folded = text
        .nfkc()
        .filter(|character| !is_hidden(*character) || *character == '\r')
        .flat_map(char::to_lowercase);
    squeeze(folded)
}

/// As [`plain`], in ASCII: what looks like a Latin letter is taken for it, `_`, `-` and the humps of
/// camels separate words, and quotes and emphasis are gone.
pub(super) fn latin(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut before = None;
    for character in text.nfkc().filter(|character| !is_hidden(*character)) {
        if before.is_some_and(char::is_lowercase) && character.is_uppercase() {
            folded.push(' ');
        }
        before = Some(character);
        match character {
            '*' | '`' | '"' | '“' | '”' | '«' | '»' => {}
            '_' | '-' | '\'' | '‘' | '’' | '‐' | '‑' | '–' | '—' => folded.push(' '),
            character if character.is_ascii() => folded.push(character.to_ascii_lowercase()),
            character => look_alike(character, &mut folded),
        }
    }
    squeeze(folded.chars())
}

/// [`latin`] text with the digits and signs that stand for letters in words turned into them; nothing
/// when there are none.
pub(super) fn unleet(latin: &str) -> Option<String> {
    let mut changed = false;
    let words: Vec<String> = latin
        .split(' ')
        .map(|word| {
            let letters = word.chars().filter(char::is_ascii_alphabetic).count();
            let digits = word
                .chars()
                .filter(|digit| letter_of(*digit).is_some())
                .count();
            // A word with a digit or two in it, not a number with a unit or a digest.
            if digits == 0 || letters <= digits {
                return word.to_owned();
            }
            changed = true;
            word.chars()
                .map(|digit| letter_of(digit).unwrap_or(digit))
                .collect()
        })
        .collect();
    changed.then(|| words.join(" "))
}

/// What tells names apart for a person: equal for names that look the same.
pub(super) fn key(name: &str) -> String {
    let separated = |character: &char| !matches!(character, '-' | '_' | '.' | ' ' | '·');
    let lower: String = name
        .nfkc()
        .filter(|character| !is_hidden(*character))
        .flat_map(char::to_lowercase)
        .filter(separated)
        .collect();
    let looks: String = skeleton(&lower).flat_map(char::to_lowercase).collect();
    looks
        .chars()
        .filter(separated)
        .map(|character| match character {
            '0' => 'o',
            '1' | 'i' | '|' | '!' => 'l',
            '5' | '$' => 's',
            other => other,
        })
        .collect::<String>()
        .replace("vv", "w")
}

fn letter_of(digit: char) -> Option<char> {
    Some(match digit {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => return None,
    })
}

/// What a character of another script looks like, or the letter without its marks.
fn look_alike(character: char, folded: &mut String) {
    if character.is_whitespace() {
        folded.push(if character == '\u{2028}' { '\n' } else { ' ' });
        return;
    }
    let mut one = [0; 4];
    let one: &str = character.encode_utf8(&mut one);
    let looks: String = skeleton(one).collect();
    let bare: String = if looks.is_ascii() {
        looks
    } else {
        one.nfd().filter(char::is_ascii).collect()
    };
    if bare.is_empty() {
        folded.push(OTHER);
    } else {
        folded.extend(bare.chars().map(|character| character.to_ascii_lowercase()));
    }
}

/// Runs of blanks as one; line ends stay, as what begins a line can matter.
fn squeeze(characters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for character in characters {
        if character == '\n' {
            while text.ends_with(' ') {
                text.pop();
            }
            text.push('\n');
        } else if !character.is_whitespace() {
            text.push(character);
        } else if !text.ends_with([' ', '\n']) && !text.is_empty() {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_read_the_same() {
        for text in [
            "Ignore previous",
            "IGNORE\u{a0}  **previous**",
            "ignоre previоus",
            "ｉｇｎｏｒｅ ｐｒｅｖｉｏｕｓ",
            "𝐢𝐠𝐧𝐨𝐫𝐞 𝓹𝓻𝓮𝓿𝓲𝓸𝓾𝓼",
            "ig\u{200b}nore pre\u{ad}vious",
            "ignore_previous",
            "ignorePrevious",
            "ígnöre prévious",
        ] {
            assert_eq!(latin(text), "ignore previous", "{text:?}");
        }
        assert_eq!(unleet("1gn0re prev1ous").unwrap(), "ignore previous");
        assert_eq!(unleet("sha of 256 bits in 1990"), None);
    }

    #[test]
    fn names_that_look_the_same_have_one_key() {
        for (one, other) in [
            ("files-read", "files_read"),
            ("fi1es", "files"),
            ("FILES", "files"),
            ("tіme", "time"),
            ("rnodel", "model"),
            ("vveb", "web"),
            ("g00gle", "google"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("files"), key("file"));
        assert_ne!(key("text"), key("test"));
    }
}
