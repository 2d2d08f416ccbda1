//! The id of a message that cannot be read.
//!
//! Owns finding `"id"` at the top of a line that is too long to be kept or too broken to be parsed,
//! so that the answer reaches whoever waits for it. Sees the bytes once and keeps almost none.

use rmcp::model::RequestId;

/// Bytes of an id. Bounds what a client can make the server keep for each call in flight.
pub(super) const ID_BYTES_MAX: usize = 256;

/// The name of the member, as it is written.
const MEMBER: &[u8] = b"\"id\"";

/// Follows the tokens of one line.
#[derive(Debug, Default)]
pub(crate) struct IdSearch {
    depth: usize,
    in_string: bool,
    escaped: bool,
    reading: Reading,
    /// The token at the top level that is being read, when it may be of interest.
    token: Vec<u8>,
    ids: Vec<Option<RequestId>>,
}

/// What the token at the top level is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    Name,
    Id,
    Other,
}

impl IdSearch {
    /// The id in a line at hand.
    pub(crate) fn of(line: &[u8]) -> Option<RequestId> {
        let mut search = Self::default();
        search.feed(line);
        search.found()
    }

    /// Goes on with more bytes of the line.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.in_string {
                self.keep(byte);
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
            } else {
                self.outside(byte);
            }
        }
    }

    /// The id, when there is exactly one and it was read to its end: half an id is another's.
    pub(crate) fn found(self) -> Option<RequestId> {
        let [id] = <[_; 1]>::try_from(self.ids).ok()?;
        id
    }

    fn outside(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                // A composite is no id; what stands in it is no token of the top level.
                if self.depth == 2 {
                    self.keep(byte);
                }
            }
            b'}' | b']' => {
                if self.depth == 1 {
                    self.member_ends();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => {
                let id = self.reading == Reading::Name && self.token == MEMBER;
                self.reading = if id { Reading::Id } else { Reading::Other };
                self.token.clear();
            }
            b',' if self.depth == 1 => self.member_ends(),
            b' ' | b'\t' | b'\r' => {}
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        // One more than may be is enough to see that it is too long.
        let room = self.token.len() <= ID_BYTES_MAX.saturating_add(2);
        if self.depth <= 2 && self.reading != Reading::Other && room {
            self.token.push(byte);
        }
    }

    fn member_ends(&mut self) {
        if self.reading == Reading::Id && self.ids.len() < 2 {
            let id = serde_json::from_slice(&self.token)
                .ok()
                .and_then(|id| read(&id));
            self.ids.push(id);
        }
        self.reading = Reading::Name;
        self.token.clear();
    }
}

/// An id as the protocol has it: an integer or a short string.
pub(crate) fn read(value: &serde_json::Value) -> Option<RequestId> {
    if value.as_str().is_some_and(|text| text.len() > ID_BYTES_MAX) {
        return None;
    }
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(line: &str) -> Option<String> {
        IdSearch::of(line.as_bytes()).map(|id| serde_json::to_string(&id).unwrap())
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        for line in [
            r#"{"id":7,"params":{"#,
            r#"{"jsonrpc" : "2.0" , "id" : 7 , "method": nonsense"#,
            r#"{"params":{"id":1,"a":["id",{"id":2}],"s":"\"id\":3}"},"id":7}"#,
            r#"{"method":"id","id":7}"#,
        ] {
            assert_eq!(find(line).as_deref(), Some("7"), "{line}");
        }
        assert_eq!(find(r#"{"id":"a\"b","x"#).as_deref(), Some(r#""a\"b""#));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for line in [
            r#"{"id":1"#,
            r#"{"id":1,"id":2}"#,
            r#"{"id":null,"a":1}"#,
            r#"{"id":1.5,"a":1}"#,
            r#"{"id":{"id":1},"a":1}"#,
            r#"{"id":[1],"a":1}"#,
            r#"{"a":{"id":1},"b":2}"#,
            r#"{"a":"id","b":1}"#,
            r#"[{"id":1}]"#,
            r#"{"id":"\ud800","a":1}"#,
            "",
        ] {
            assert_eq!(find(line), None, "{line}");
        }
        assert_eq!(
            find(&format!(
                r#"{{"id":"{}","a":1}}"#,
                "x".repeat(ID_BYTES_MAX + 1)
            )),
            None
        );
    }

    #[test]
    fn a_line_may_come_in_pieces_of_any_size() {
        let line = br#"{"params":{"text":"...\\\"id\":1,..."},"id":"seven","x":1}"#;
        for size in 1..line.len() {
            let mut search = IdSearch::default();
            line.chunks(size).for_each(|piece| search.feed(piece));
            assert_eq!(
                search.found(),
                Some(RequestId::String("seven".into())),
                "{size}"
            );
        }
    }
}
