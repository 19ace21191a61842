//! Bytes that have arrived and not been read, seen as bytes, as text, or as lines.

/// The bytes of the widest character.
pub(crate) const WIDEST_CHAR: usize = 4;
/// Unread memory above this is given back when everything has been read.
const KEPT_CAPACITY: usize = 1 << 20;
/// Read bytes that are left in front of the unread ones before these are moved up.
const MAX_READ_PREFIX: usize = 64 << 10;

/// The next bytes are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotUtf8 {
    /// The bytes before the first wrong one.
    pub(crate) valid_up_to: usize,
}

/// Bytes that have arrived and not been read.
///
/// What is read is first asked for as a length ([`TextBuffer::line`], [`TextBuffer::text`]), so that
/// nothing is consumed when it turns out not to be what was wanted, and then taken with
/// [`TextBuffer::consume`].
#[derive(Debug, Default)]
pub(crate) struct TextBuffer {
    data: Vec<u8>,
    /// Where the unread bytes begin.
    start: usize,
    /// How many unread bytes are known to hold no newline.
    scanned: usize,
    /// How many bytes at the end are not to be read yet.
    withheld: usize,
}

impl TextBuffer {
    /// The bytes that can be read.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.data[self.start..self.data.len() - self.withheld]
    }

    /// The next line with its `\n`. When no more will arrive (`at_end`) the last line may lack it,
    /// and after it comes the empty line, every time. `None` if the line is not complete.
    ///
    /// A newline is looked for once in every byte, however often a long line is asked for.
    ///
    /// # Errors
    /// The line is not UTF-8.
    pub(crate) fn line(&mut self, at_end: bool) -> Result<Option<&str>, NotUtf8> {
        let unread = &self.data[self.start..self.data.len() - self.withheld];
        let length = match memchr::memchr(b'\n', &unread[self.scanned..]) {
            Some(newline) => {
                self.scanned += newline;
                self.scanned + 1
            }
            None => {
                self.scanned = unread.len();
                if !at_end {
                    return Ok(None);
                }
                unread.len()
            }
        };
        utf8(&unread[..length]).map(Some)
    }

    /// The next at most `limit` bytes that are whole characters, but at least one character. When no
    /// more will arrive (`at_end`) the end is the empty string, every time. `None` if there is not
    /// even one whole character.
    ///
    /// What stands before bytes that are not UTF-8 is returned first.
    ///
    /// # Errors
    /// The next bytes are not UTF-8; also if a character is begun and no more will arrive.
    pub(crate) fn text(&self, limit: usize, at_end: bool) -> Result<Option<&str>, NotUtf8> {
        let unread = self.unread();
        if unread.is_empty() {
            return Ok(at_end.then_some(""));
        }
        let within = longest_text(&unread[..limit.min(unread.len())]);
        if !within.is_empty() {
            return Ok(Some(within));
        }
        let widest = &unread[..unread.len().min(WIDEST_CHAR)];
        if let Some(first) = longest_text(widest).chars().next() {
            return utf8(&unread[..first.len_utf8()]).map(Some);
        }
        match std::str::from_utf8(widest) {
            Err(error) if error.error_len().is_none() && !at_end => Ok(None),
            _ => Err(NotUtf8 { valid_up_to: 0 }),
        }
    }

    /// Moves whole lines to `lines`, which is overwritten: as many as there are, but little more than
    /// `limit` bytes unless one line has more. When no more will arrive (`at_end`) the last line may
    /// lack its `\n`, and after it there are no lines. `None` if no line is complete.
    ///
    /// Lines before one that is not UTF-8 are moved first.
    ///
    /// # Errors
    /// The next line is not UTF-8.
    pub(crate) fn take_lines(
        &mut self,
        lines: &mut String,
        limit: usize,
        at_end: bool,
    ) -> Result<Option<()>, NotUtf8> {
        let unread = &self.data[self.start..self.data.len() - self.withheld];
        let near = &unread[..unread.len().min(limit)];
        let length = match memchr::memrchr(b'\n', &near[self.scanned.min(near.len())..]) {
            Some(newline) => self.scanned.min(near.len()) + newline + 1,
            None => {
                self.scanned = self.scanned.max(near.len());
                match self.line(at_end)? {
                    Some(line) => line.len(),
                    None => return Ok(None),
                }
            }
        };
        let unread = self.unread();
        let text = match std::str::from_utf8(&unread[..length]) {
            Ok(text) => text,
            Err(error) => {
                let valid = &unread[..error.valid_up_to()];
                let whole = memchr::memrchr(b'\n', valid).ok_or(NotUtf8 {
                    valid_up_to: valid.len(),
                })?;
                utf8(&valid[..=whole])?
            }
        };
        lines.clear();
        lines.push_str(text);
        self.consume(lines.len());
        Ok(Some(()))
    }

    /// Puts bytes in front of the unread ones.
    pub(crate) fn give_back(&mut self, bytes: &[u8]) {
        match self.start.checked_sub(bytes.len()) {
            // Where they were taken from.
            Some(begin) => {
                self.data[begin..self.start].copy_from_slice(bytes);
                self.start = begin;
            }
            None => {
                let unread = self.data.split_off(self.start);
                self.data.clear();
                self.data.extend_from_slice(bytes);
                self.data.extend_from_slice(&unread);
                self.start = 0;
            }
        }
        self.scanned = 0;
    }

    /// Takes the first `length` unread bytes away.
    ///
    /// # Panics
    /// There are fewer.
    pub(crate) fn consume(&mut self, length: usize) {
        assert!(length <= self.unread().len(), "more consumed than there is");
        self.start += length;
        self.scanned = self.scanned.saturating_sub(length);
        if self.start == self.data.len() {
            self.forget();
        }
    }

    /// All unread bytes, which are then read.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        let mut data = std::mem::take(&mut self.data);
        data.truncate(data.len() - self.withheld);
        data.drain(..self.start);
        *self = Self::default();
        data
    }

    fn forget(&mut self) {
        self.start = 0;
        self.data.clear();
        if self.data.capacity() > KEPT_CAPACITY {
            self.data = Vec::new();
        }
    }

    /// Where arriving bytes are added, with room for `room` of them.
    pub(crate) fn arriving(&mut self, room: usize) -> &mut Vec<u8> {
        // Moving costs at most one byte moved for every byte read since the last time.
        if self.start > MAX_READ_PREFIX.max(self.data.len() / 2) {
            self.data.drain(..self.start);
            self.start = 0;
        }
        self.data.reserve(room);
        &mut self.data
    }

    /// Withholds the last `length` of the unread bytes.
    pub(crate) fn withhold(&mut self, length: usize) {
        self.withheld = length;
        self.scanned = self.scanned.min(self.unread().len());
    }

    /// The bytes that are withheld.
    pub(crate) fn withheld(&mut self) -> &mut [u8] {
        let begin = self.data.len() - self.withheld;
        &mut self.data[begin..]
    }

    /// Lets the withheld bytes be read, but for the last `before` bytes in front of them and their
    /// own first `after`, which are removed.
    pub(crate) fn release(&mut self, before: usize, after: usize) {
        let begin = self.data.len() - self.withheld;
        self.data.drain(begin - before..begin + after);
        self.withheld = 0;
        self.scanned = self.scanned.min(begin - before - self.start);
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    std::str::from_utf8(bytes).map_err(|error| NotUtf8 {
        valid_up_to: error.valid_up_to(),
    })
}

/// The text that `bytes` begin with.
fn longest_text(bytes: &[u8]) -> &str {
    match bytes.utf8_chunks().next() {
        Some(chunk) => chunk.valid(),
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl TextBuffer {
        fn extend(&mut self, bytes: &[u8]) {
            self.arriving(bytes.len()).extend_from_slice(bytes);
        }
    }

    /// Every line of `pieces` as they arrive, taken as soon as it is there.
    fn lines_of(pieces: &[Vec<u8>]) -> Vec<String> {
        let mut buffer = TextBuffer::default();
        let mut lines = Vec::new();
        for (number, piece) in pieces.iter().enumerate() {
            buffer.extend(piece);
            let at_end = number + 1 == pieces.len();
            while let Some(line) = buffer.line(at_end).unwrap().map(str::to_owned) {
                if line.is_empty() {
                    break;
                }
                buffer.consume(line.len());
                lines.push(line);
            }
        }
        lines
    }

    /// `bytes` in pieces that end at `cuts`, of which every one is taken into the range.
    fn cut(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        cuts.windows(2)
            .map(|range| bytes[range[0]..range[1]].to_vec())
            .collect()
    }

    proptest! {
        #[test]
        fn lines_are_those_of_a_naive_splitter(
            text in "([aä𝄞]{0,4}\n{0,2}){0,20}",
            cuts in prop::collection::vec(any::<usize>(), 0..20),
        ) {
            let naive: Vec<&str> = text.split_inclusive('\n').collect();
            prop_assert_eq!(lines_of(&cut(text.as_bytes(), &cuts)), naive);
        }

        #[test]
        fn taken_lines_are_those_of_a_naive_splitter(
            text in "([aä𝄞]{0,4}\n{0,2}){0,20}",
            cuts in prop::collection::vec(any::<usize>(), 0..20),
            limit in 1_usize..20,
            gives_back in any::<bool>(),
        ) {
            let (mut buffer, mut lines) = (TextBuffer::default(), String::new());
            let mut read = String::new();
            let pieces = cut(text.as_bytes(), &cuts);
            for (number, piece) in pieces.iter().enumerate() {
                buffer.extend(piece);
                let at_end = number + 1 == pieces.len();
                while buffer.take_lines(&mut lines, limit, at_end).unwrap().is_some() {
                    if lines.is_empty() {
                        break;
                    }
                    prop_assert!(at_end || lines.ends_with('\n'));
                    prop_assert!(lines.len() <= limit || lines.lines().count() == 1);
                    // One line is handed out, perhaps more.
                    let first = lines.find('\n').map_or(lines.len(), |newline| newline + 1);
                    let kept = if gives_back { first } else { lines.len() };
                    read.push_str(&lines[..kept]);
                    buffer.give_back(&lines.as_bytes()[kept..]);
                }
            }
            prop_assert_eq!(read, text);
        }

        #[test]
        fn text_is_whole_whatever_the_limit(
            text in "[aä€𝄞]{0,40}",
            cuts in prop::collection::vec(any::<usize>(), 0..10),
            limit in 1_usize..9,
        ) {
            let mut buffer = TextBuffer::default();
            let mut read = String::new();
            let pieces = cut(text.as_bytes(), &cuts);
            for (number, piece) in pieces.iter().enumerate() {
                buffer.extend(piece);
                let at_end = number + 1 == pieces.len();
                while let Some(part) = buffer.text(limit, at_end).unwrap().map(str::to_owned) {
                    prop_assert!(part.len() <= limit || part.chars().count() == 1);
                    if part.is_empty() {
                        break;
                    }
                    buffer.consume(part.len());
                    read.push_str(&part);
                }
            }
            prop_assert_eq!(read, text);
        }

        #[test]
        fn nothing_is_lost_by_moving(sizes in prop::collection::vec((0_usize..100_000, 0_usize..150_000), 1..20)) {
            let mut buffer = TextBuffer::default();
            let mut written = Vec::new();
            let mut read = Vec::new();
            for (number, (arriving, leaving)) in sizes.into_iter().enumerate() {
                let bytes = vec![number as u8; arriving];
                buffer.extend(&bytes);
                written.extend(bytes);
                let leaving = leaving.min(buffer.unread().len());
                read.extend_from_slice(&buffer.unread()[..leaving]);
                buffer.consume(leaving);
            }
            read.extend(buffer.take_all());
            prop_assert!(read == written);
        }
    }

    #[test]
    fn a_long_line_is_scanned_once() {
        let mut buffer = TextBuffer::default();
        for _ in 0..1000 {
            buffer.extend(&[b'x'; 100]);
            assert_eq!(buffer.line(false), Ok(None));
            assert_eq!(buffer.scanned, buffer.unread().len());
        }
        buffer.extend(b"\n");
        assert_eq!(
            buffer.line(false).map(|line| line.map(str::len)),
            Ok(Some(100_001))
        );
    }

    #[test]
    fn a_scan_does_not_outlive_what_it_scanned() {
        let mut buffer = TextBuffer::default();
        buffer.extend(b"abc");
        assert_eq!(buffer.line(false), Ok(None));
        buffer.consume(2);
        buffer.extend(b"d\ne");
        assert_eq!(buffer.line(false), Ok(Some("cd\n")));
    }

    #[test]
    fn wrong_bytes_are_told_and_kept() {
        let mut buffer = TextBuffer::default();
        buffer.extend(b"a\xff\n");
        assert_eq!(buffer.line(false), Err(NotUtf8 { valid_up_to: 1 }));
        assert_eq!(buffer.text(9, false), Ok(Some("a")));
        buffer.consume(1);
        assert_eq!(buffer.text(9, false), Err(NotUtf8 { valid_up_to: 0 }));
        assert_eq!(buffer.unread(), b"\xff\n");
    }

    #[test]
    fn much_memory_is_given_back() {
        let mut buffer = TextBuffer::default();
        buffer.extend(&vec![0; 4 * KEPT_CAPACITY]);
        buffer.consume(4 * KEPT_CAPACITY);
        assert_eq!(buffer.data.capacity(), 0);
    }
}
