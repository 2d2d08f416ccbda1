//! A key that a program prints.
//!
//! Owns the program's life: no shell, no input, a time and a size. What it prints is never repeated,
//! not even in an error, because it is a key.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::Keys;
use super::source::{InvalidKeySource, KeyError};

/// How long the program may take. A person may have to unlock something; a program that hangs must
/// not keep the server from starting, or saying why it does not.
const TIME_MAX: Duration = Duration::from_secs(30);

/// How much it may print. Bounds what a program that prints for ever makes us hold.
const PRINTED_BYTES_MAX: usize = 4096;

/// How often we look whether it has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The keys that a program prints.
pub(super) fn read(words: &[String]) -> Result<Keys, KeyError> {
    read_within(words, TIME_MAX)
}

fn read_within(words: &[String], time_max: Duration) -> Result<Keys, KeyError> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| failed("", "there is none"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may say what it found, and what it found is a key.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(program, &error.to_string()))?;
    let ended = wait(&mut child, time_max);
    if ended.is_err() {
        // What has ended already cannot be ended, and that is all that can go wrong.
        let _ = child.kill();
        let _ = child.wait();
    }
    let printed = ended.map_err(|reason| failed(program, &reason))?;
    let text = std::str::from_utf8(&printed).map_err(|_| failed(program, "it printed no text"))?;
    Keys::from_text(text).map_err(|reason| failed(program, reason))
}

/// What a child prints until it has ended well.
fn wait(child: &mut Child, time_max: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let deadline = Instant::now() + time_max;
    let late = || format!("it took longer than {} s", time_max.as_secs_f32());
    let stdout = child.stdout.take().ok_or("it has no standard output")?;
    let (sender, receiver) = mpsc::channel();
    // On a thread of its own: a grandchild may keep the pipe open for as long as it likes.
    thread::Builder::new()
        .name("ringfence-key".into())
        .spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(PRINTED_BYTES_MAX + 1));
            let read = stdout
                .take(PRINTED_BYTES_MAX as u64 + 1)
                .read_to_end(&mut bytes);
            // Nobody listens any more when it was late.
            let _ = sender.send(read.map(|_| bytes));
        })
        .map_err(|error| error.to_string())?;
    let printed = receiver
        .recv_timeout(time_max)
        .map_err(|_| late())?
        .map_err(|error| error.to_string())?;
    if printed.len() > PRINTED_BYTES_MAX {
        return Err(format!("it printed more than {PRINTED_BYTES_MAX} bytes"));
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(printed),
            Ok(Some(status)) => {
                return Err(format!("it ended with {status}; run it by hand to see why"));
            }
            Ok(None) if Instant::now() >= deadline => return Err(late()),
            Ok(None) => thread::park_timeout(LOOK_INTERVAL),
            Err(error) => return Err(error.to_string()),
        }
    }
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
