//! Lines of a file, read without holding more than one.

use std::io::{self, BufRead};

use crate::body::RECORD_BYTES_MAX;

/// The longest line that is kept. Bounds what a planted file makes a reader hold.
const LINE_BYTES_MAX: usize = RECORD_BYTES_MAX + 1024;

/// Lines, one after the other.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'l> {
    /// Its bytes, without the newline; the beginning of them when it is longer than a record can be.
    pub(crate) bytes: &'l [u8],
    /// Its length in the file, newline included.
    pub(crate) length: u64,
    /// Whether there is a newline. Only the last line of a file may have none.
    pub(crate) ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
        }
    }

    /// The next line. Nothing at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut length = 0_u64;
        let ended = loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break false;
            }
            let newline = buffer.iter().position(|byte| *byte == b'\n');
            let used = newline.map_or(buffer.len(), |at| at + 1);
            let text = newline.unwrap_or(buffer.len());
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len()).min(text);
            self.line
                .extend_from_slice(buffer.get(..room).unwrap_or_default());
            length = length.saturating_add(used as u64);
            self.input.consume(used);
            if newline.is_some() {
                break true;
            }
        };
        Ok((length > 0).then_some(Line {
            bytes: &self.line,
            length,
            ended,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn lines_are_bounded_and_the_last_may_be_torn() {
        let long = "x".repeat(LINE_BYTES_MAX * 3);
        let text = format!("a\n\n{long}\nb");
        let mut lines = Lines::new(BufReader::with_capacity(7, text.as_bytes()));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((line.bytes.len(), line.length, line.ended));
        }
        let length = long.len() as u64 + 1;
        assert_eq!(
            seen,
            [
                (1, 2, true),
                (0, 1, true),
                (LINE_BYTES_MAX, length, true),
                (1, 1, false)
            ]
        );
    }
}
