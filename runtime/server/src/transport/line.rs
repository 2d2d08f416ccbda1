//! Lines of bounded length.
//!
//! Owns where a message ends and how long it may be. A longer one is dropped as it streams by, so
//! that it costs its time and not its memory.

use std::io;

use rmcp::model::RequestId;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::protocol::id_search::IdSearch;

/// Bytes in one line. Bounds what a client can make the server hold before it knows what it is.
pub const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// One line, without its end.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// Too long. Its id, where it could be seen.
    TooLong(Option<RequestId>),
    /// The bytes, whatever they are.
    Whole(Vec<u8>),
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    bytes_max: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::with_limit(reader, LINE_BYTES_MAX)
    }

    fn with_limit(reader: R, bytes_max: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, reader),
            bytes_max,
        }
    }

    /// The next line; nothing at the end. The last line need not be ended.
    ///
    /// # Errors
    ///
    /// Whatever reading fails with.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut too_long: Option<IdSearch> = None;
        loop {
            let buffer = self.reader.fill_buf().await?;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = end.and_then(|end| buffer.get(..end)).unwrap_or(buffer);
            let ended = end.is_some() || buffer.is_empty();
            let nothing = buffer.is_empty() && line.is_empty();
            match &mut too_long {
                Some(search) => search.feed(part),
                None if line.len().saturating_add(part.len()) > self.bytes_max => {
                    let mut search = IdSearch::default();
                    search.feed(&line);
                    search.feed(part);
                    too_long = Some(search);
                    line = Vec::new();
                }
                None => line.extend_from_slice(part),
            }
            let used = end.map_or(part.len(), |end| end.saturating_add(1));
            self.reader.consume(used);
            match too_long {
                Some(search) if ended => return Ok(Some(Line::TooLong(search.found()))),
                None if nothing => return Ok(None),
                None if ended => return Ok(Some(Line::Whole(line))),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8], bytes_max: usize) -> Vec<Line> {
        let mut reader = Lines::with_limit(input, bytes_max);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn lines_end_at_a_line_feed_or_at_the_end() {
        assert_eq!(
            lines(b"a\n\nb", 9).await,
            [whole("a"), whole(""), whole("b")]
        );
        assert_eq!(lines(b"", 9).await, []);
        assert_eq!(lines(b"a\n", 9).await, [whole("a")]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_passed_over() {
        let input = br#"12345678
{"id":3,"x":1}
ok
123456789"#;
        let found = lines(input, 8).await;
        assert_eq!(
            found,
            [
                whole("12345678"),
                Line::TooLong(Some(RequestId::Number(3))),
                whole("ok"),
                Line::TooLong(None),
            ]
        );
    }

    #[tokio::test]
    async fn the_id_of_a_long_line_may_stand_at_its_end() {
        let long = "x".repeat(4 * BUFFER_BYTES);
        let input = format!("{{\"params\":\"{long}\",\"id\":\"last\"}}\nnext\n");
        let found = lines(input.as_bytes(), BUFFER_BYTES).await;
        assert_eq!(
            found,
            [
                Line::TooLong(Some(RequestId::String("last".into()))),
                whole("next")
            ]
        );
    }
}
