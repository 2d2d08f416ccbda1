//! Records that wait to be written.

/// What a queue keeps of its memory once it is empty.
const KEPT_BYTES: usize = 1024 * 1024;

/// Bodies of records, one behind the other in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Bodies {
    pub(crate) fn push(&mut self, body: &[u8]) {
        self.bytes.extend_from_slice(body);
        self.ends.push(self.bytes.len());
    }

    /// Adds a body that `write` writes.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Moves everything behind what is here.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        for body in other.iter() {
            self.push(body);
        }
        other.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, end)| self.bytes.get(start..*end))
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.ends.shrink_to(KEPT_BYTES / 512);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How long they are together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_stay_apart_and_in_order() {
        let mut first = Bodies::default();
        let mut second = Bodies::default();
        first.push(b"a");
        first.push(b"");
        second.push_with(|out| out.extend_from_slice(b"bc"));
        first.append(&mut second);
        let bodies: Vec<_> = first.iter().collect();
        assert_eq!(bodies, [b"a".as_slice(), b"", b"bc"]);
        assert!(second.is_empty() && second.bytes() == 0);
        second.append(&mut first);
        assert_eq!((second.len(), second.bytes(), first.len()), (3, 3, 0));
    }
}
