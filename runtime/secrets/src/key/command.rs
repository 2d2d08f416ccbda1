//! A key that a program prints.
//!
//! Owns what the operator wrote, parted into words, and what becomes of what is printed: it is never
//! repeated, not even in an error, because it is a key. How a program is run is `program`'s.

use std::time::Duration;

use super::Keys;
use super::program::{self, Program};
use super::source::{InvalidKeySource, KeyError};

/// How long the program may take. A person may have to unlock something; a program that hangs must
/// not keep the server from starting, or saying why it does not.
const TIME_MAX: Duration = Duration::from_secs(30);

/// The keys that a program prints.
pub(super) fn read(words: &[String]) -> Result<Keys, KeyError> {
    read_within(words, TIME_MAX)
}

fn read_within(words: &[String], time_max: Duration) -> Result<Keys, KeyError> {
    let (name, arguments) = words
        .split_first()
        .ok_or_else(|| failed("", "there is none"))?;
    let ended = Program::new(name, arguments)
        .run(time_max)
        .map_err(|error| failed(name, &error.to_string()))?;
    if !ended.status.success() {
        let status = ended.status;
        let reason = format!("it ended with {status}; run it by hand to see why");
        return Err(failed(name, &reason));
    }
    let text = program::text(&ended.printed).map_err(|reason| failed(name, reason))?;
    Keys::from_text(text).map_err(|reason| failed(name, reason))
}

fn failed(program: &str, reason: &str) -> KeyError {
    KeyError::Command {
        program: program.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The words of a command: parted by spaces, kept together by quotation marks. Nothing else has a
/// meaning.
pub(super) fn words(text: &str) -> Result<Vec<String>, InvalidKeySource> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(InvalidKeySource::Unquoted);
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) {
        return Err(InvalidKeySource::NoCommand);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Result<Keys, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        read_within(&words, Duration::from_secs(10)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_program_that_prints_a_key_gives_one() {
        let hex = "0123456789abcdef".repeat(4);
        let printed = run(&["echo", &hex]).unwrap();
        assert!(run(&["printf", &hex]).unwrap().newest() == printed.newest());
    }

    #[test]
    fn no_shell_reads_the_words() {
        let error = run(&["echo", "$(printf", "%064d", "0)"]).unwrap_err();
        assert!(error.contains("a line is not a key"), "{error}");
    }

    #[test]
    fn what_a_failing_program_printed_is_not_repeated() {
        for words in [
            &["sh", "-c", "echo hunter2hunter2; exit 3"][..],
            &["echo", "hunter2hunter2"],
            &["sh", "-c", "echo hunter2hunter2 >&2; exit 1"],
            &["no-such-program-anywhere"],
            &["sh", "-c", "kill -9 $$"],
            &["head", "-c", "100000", "/dev/zero"],
        ] {
            let error = run(words).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains(words[0]), "{error}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let time = Duration::from_millis(50);
        for words in [&["sleep", "100"][..], &["sh", "-c", "sleep 2 & exit 0"]] {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let error = read_within(&words, time).unwrap_err();
            assert!(error.to_string().contains("longer than"), "{error}");
        }
    }
}
