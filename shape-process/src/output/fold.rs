//! Lines that are written over, as by a progress bar, reduced to what a terminal shows in the end.

use super::buffer::WIDEST_CHAR;
use super::capture::begun_char;

/// The bytes of a line that are held back to see whether they are written over.
const LONGEST_LINE: usize = 64 << 10;
/// The bytes of an escape sequence that are held back to see its end.
const LONGEST_ESCAPE: usize = 256;
/// What is put into columns before the length of the line is looked at again.
const COLUMNS_AT_ONCE: usize = 4 << 10;
const ESCAPE: u8 = 0x1b;

/// Folds a stream as it arrives: within a line a carriage return goes back to the first column, what
/// comes then writes over what stands there, and `ESC [ K` erases what is right of it (`ESC [ 2 K`
/// the whole line). `\r\n` is the end of a line and stays what it is. Nothing else is changed.
///
/// A column is a character, whatever its width; a byte that is not UTF-8 is one too. Other escape
/// sequences take no column and belong to the character that follows them, with which they are
/// written over.
///
/// A line is held back until its end, as it may be written over. One of more than 64 KiB is let go
/// as it stands, and what follows is folded as a line of its own.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// The line so far, as long as it has only been written from left to right.
    plain: Vec<u8>,
    /// The line so far, once it has been written over.
    cells: Option<Cells>,
    /// A carriage return came last: with a newline it is the end of a line.
    returned: bool,
    /// An escape sequence or a character that is not complete.
    begun: Vec<u8>,
}

/// A line by columns.
#[derive(Debug, Default)]
struct Cells {
    columns: Vec<Cell>,
    cursor: usize,
    /// The bytes of all columns.
    bytes: usize,
    /// Escape sequences that belong to what is written next.
    pending: Vec<u8>,
}

/// A character and the escape sequences before it.
#[derive(Debug, Clone)]
enum Cell {
    Short { bytes: [u8; 7], length: u8 },
    Long(Box<[u8]>),
}

impl Cell {
    fn new(before: &[u8], character: &[u8]) -> Self {
        if let ([], &[byte]) = (before, character) {
            let bytes = [byte, 0, 0, 0, 0, 0, 0];
            return Self::Short { bytes, length: 1 };
        }
        let length = before.len() + character.len();
        let mut bytes = [0; 7];
        match bytes.get_mut(..length) {
            Some(short) => {
                short[..before.len()].copy_from_slice(before);
                short[before.len()..].copy_from_slice(character);
                Self::Short {
                    bytes,
                    length: length as u8,
                }
            }
            None => Self::Long([before, character].concat().into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }
}

impl Cells {
    /// The columns of a line that has been written from left to right.
    fn of(plain: &[u8]) -> Self {
        let mut cells = Self::default();
        let mut rest = plain;
        while !rest.is_empty() {
            let length = char_length(rest).unwrap_or(1);
            cells.put(&rest[..length]);
            rest = &rest[length..];
        }
        cells
    }

    fn put(&mut self, character: &[u8]) {
        let cell = Cell::new(&self.pending, character);
        self.pending.clear();
        self.bytes += cell.bytes().len();
        match self.columns.get_mut(self.cursor) {
            Some(column) => {
                self.bytes -= column.bytes().len();
                *column = cell;
            }
            None => self.columns.push(cell),
        }
        self.cursor += 1;
    }

    fn erase_right(&mut self) {
        for erased in self.columns.drain(self.cursor.min(self.columns.len())..) {
            self.bytes -= erased.bytes().len();
        }
    }

    fn erase_all(&mut self) {
        let blanks = self.cursor;
        self.columns.clear();
        self.columns.resize(blanks, Cell::new(b"", b" "));
        self.bytes = blanks;
    }

    fn length(&self) -> usize {
        self.bytes + self.pending.len()
    }

    fn write(&self, folded: &mut Vec<u8>) {
        for cell in &self.columns {
            folded.extend_from_slice(cell.bytes());
        }
        folded.extend_from_slice(&self.pending);
    }
}

impl Fold {
    /// Takes in what has arrived, and adds to `folded` what cannot change any more.
    pub(crate) fn push(&mut self, mut arrived: &[u8], folded: &mut Vec<u8>) {
        while !arrived.is_empty() {
            let taken = if self.is_plain() {
                self.push_plain(arrived, folded)
            } else if let Some(length) = self.columns_ahead(arrived) {
                self.push_columns(&arrived[..length], folded);
                length
            } else {
                self.push_one(arrived[0], folded);
                1
            };
            arrived = &arrived[taken..];
        }
    }

    /// Adds what has been held back: no more will arrive.
    pub(crate) fn finish(&mut self, folded: &mut Vec<u8>) {
        self.let_go(folded);
        folded.append(&mut self.begun);
    }

    fn is_plain(&self) -> bool {
        self.cells.is_none() && !self.returned && self.begun.is_empty()
    }

    /// Takes what goes from left to right, up to the next byte that does not. Returns how much.
    fn push_plain(&mut self, arrived: &[u8], folded: &mut Vec<u8>) -> usize {
        let length = memchr::memchr2(b'\r', ESCAPE, arrived).unwrap_or(arrived.len());
        let (plain, special) = arrived.split_at(length);
        let mut rest = plain;
        if let Some(newline) = memchr::memrchr(b'\n', plain) {
            folded.append(&mut self.plain);
            folded.extend_from_slice(&plain[..=newline]);
            rest = &plain[newline + 1..];
        }
        self.plain.extend_from_slice(rest);
        if self.plain.len() > LONGEST_LINE {
            // A character that is cut here is held back with what follows.
            let whole = self.plain.len() - begun_char(&self.plain);
            folded.extend(self.plain.drain(..whole));
        }
        match special.first() {
            Some(&b'\r') => self.returned = true,
            Some(&escape) => self.begun.push(escape),
            None => return length,
        }
        length + 1
    }

    /// How many bytes come that only fill columns, if they do and the line is kept by columns.
    fn columns_ahead(&self, arrived: &[u8]) -> Option<usize> {
        if self.cells.is_none() || self.returned || !self.begun.is_empty() {
            return None;
        }
        let near = &arrived[..arrived.len().min(COLUMNS_AT_ONCE)];
        let length = memchr::memchr3(b'\r', b'\n', ESCAPE, near).unwrap_or(near.len());
        let whole = length - begun_char(&near[..length]);
        (whole > 0).then_some(whole)
    }

    fn push_columns(&mut self, mut characters: &[u8], folded: &mut Vec<u8>) {
        let cells = self.cells();
        while !characters.is_empty() {
            let (character, rest) = characters.split_at(char_length(characters).unwrap_or(1));
            cells.put(character);
            characters = rest;
        }
        if cells.length() > LONGEST_LINE {
            self.let_go(folded);
        }
    }

    fn push_one(&mut self, byte: u8, folded: &mut Vec<u8>) {
        if self.returned {
            self.returned = false;
            match byte {
                b'\n' => {
                    self.let_go(folded);
                    folded.extend_from_slice(b"\r\n");
                    return;
                }
                _ => self.cells().cursor = 0,
            }
        }
        let is_control = matches!(byte, b'\r' | b'\n' | ESCAPE);
        if self.begun.first().is_some_and(|&first| first != ESCAPE) {
            // The character goes on, or else what there is of it stands for itself.
            if byte & 0b1100_0000 == 0b1000_0000 {
                self.begun.push(byte);
            } else {
                self.put_begun();
                return self.push_one(byte, folded);
            }
        } else if self.begun.is_empty() || is_control {
            self.put_begun();
            match byte {
                b'\r' => self.returned = true,
                b'\n' => {
                    self.let_go(folded);
                    folded.push(b'\n');
                }
                _ => self.begun.push(byte),
            }
        } else {
            self.begun.push(byte);
        }
        self.put_complete();
        let held = self.cells.as_ref().map_or(self.plain.len(), Cells::length);
        if held > LONGEST_LINE {
            self.let_go(folded);
        }
    }

    /// The line by columns, from now on.
    fn cells(&mut self) -> &mut Cells {
        let plain = &mut self.plain;
        self.cells.get_or_insert_with(|| {
            let cells = Cells::of(plain);
            plain.clear();
            cells
        })
    }

    /// Puts a character or an escape sequence where it belongs if it is complete.
    fn put_complete(&mut self) {
        let is_complete = match self.begun.as_slice() {
            [] => false,
            [ESCAPE] => false,
            [ESCAPE, b'[', .., last] if self.begun.len() > 2 => (0x40..=0x7e).contains(last),
            [ESCAPE, b'[' | b']'] => false,
            // The title of a window and the like end with BEL or `ESC \`; that escape is put alone.
            [ESCAPE, b']', .., last] => *last == 0x07,
            [ESCAPE, ..] => true,
            bytes => char_length(bytes).is_some(),
        };
        if is_complete || self.begun.len() >= LONGEST_ESCAPE {
            self.put_begun();
        }
    }

    fn put_begun(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        match begun.as_slice() {
            [] => {}
            b"\x1b[K" | b"\x1b[0K" => self.cells().erase_right(),
            b"\x1b[2K" => self.cells().erase_all(),
            [ESCAPE, ..] => self.cells().pending.extend_from_slice(&begun),
            bytes => {
                let cells = self.cells();
                match char_length(bytes) {
                    Some(length) if length == bytes.len() => cells.put(bytes),
                    _ => bytes.iter().for_each(|byte| cells.put(&[*byte])),
                }
            }
        }
        self.begun = begun;
        self.begun.clear();
    }

    /// Adds the line as it stands, and begins a new one.
    fn let_go(&mut self, folded: &mut Vec<u8>) {
        folded.append(&mut self.plain);
        if let Some(cells) = self.cells.take() {
            cells.write(folded);
        }
    }
}

/// The length of the character that `bytes` begin with, 1 for a byte that begins none; `None` if it
/// is not complete.
fn char_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first().is_some_and(u8::is_ascii) {
        return Some(1);
    }
    let widest = &bytes[..bytes.len().min(WIDEST_CHAR)];
    match std::str::from_utf8(widest) {
        Ok(text) => text.chars().next().map(char::len_utf8),
        Err(error) if error.valid_up_to() > 0 => {
            let text = widest[..error.valid_up_to()].utf8_chunks().next()?;
            text.valid().chars().next().map(char::len_utf8)
        }
        Err(error) => error.error_len().map(|_| 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut fold, mut folded) = (Fold::default(), Vec::new());
        for piece in pieces {
            fold.push(piece, &mut folded);
        }
        fold.finish(&mut folded);
        folded
    }

    #[track_caller]
    fn check(written: &str, shown: &str) {
        let folded = fold([written.as_bytes()]);
        assert_eq!(String::from_utf8_lossy(&folded), shown);
        let by_bytes = fold(written.as_bytes().chunks(1));
        assert_eq!(String::from_utf8_lossy(&by_bytes), shown, "byte by byte");
    }

    #[test]
    fn what_is_written_over_is_gone() {
        check("10%\r20%\r100%\n", "100%\n");
        check("abc\rX\n", "Xbc\n");
        check("äöü\r€\n", "€öü\n");
        check("one\ntwo\rTWO\nthree", "one\nTWO\nthree");
        check("abc\r", "abc");
        check("\r\rab\r\rc\n", "cb\n");
    }

    #[test]
    fn line_ends_stay_what_they_are() {
        check("a\r\nb\r\n\r\n", "a\r\nb\r\n\r\n");
        check("10%\r20%\r\nx\n", "20%\r\nx\n");
        check("a\r\r\n", "a\r\n");
    }

    #[test]
    fn erasing_is_understood() {
        check("abcdef\rX\x1b[K\n", "X\n");
        check("abc\r\x1b[Kx\n", "x\n");
        check("abc\x1b[0K\n", "abc\n");
        check("abc\r\x1b[2Kx\n", "x\n");
        check("abc\x1b[2K\rx\n", "x  \n");
    }

    #[test]
    fn other_escape_sequences_take_no_column() {
        check(
            "\x1b[32m 9%\x1b[0m\r\x1b[32m10%\x1b[0m\n",
            "\x1b[0m\x1b[32m10%\x1b[0m\n",
        );
        check("\x1b[1mplain\x1b[0m\n", "\x1b[1mplain\x1b[0m\n");
        check("\x1b]0;title\x07abc\rX\n", "Xbc\n");
        check("\x1b]0;title\x1b\\abc\rX\n", "Xbc\n");
        check("abc\x1b", "abc\x1b");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        assert_eq!(fold([&b"\xff\xfe\rA\n"[..]]), b"A\xfe\n");
        assert_eq!(fold([&b"a\rb\xe2\x82\n"[..]]), b"b\xe2\x82\n");
    }

    #[test]
    fn memory_is_bounded() {
        let (mut fold, mut folded) = (Fold::default(), Vec::new());
        for piece in [&[b'x'; 1000][..], b"\r\x1b[0m", b"\x1b]", &[0; 1000], b"\r"] {
            for _ in 0..1000 {
                fold.push(piece, &mut folded);
                let cells = fold.cells.as_ref().map_or(0, Cells::length);
                assert!(fold.plain.len() + cells + fold.begun.len() < 2 * LONGEST_LINE);
            }
        }
    }

    /// What a terminal shows, one line after the other.
    fn naive(written: &str) -> String {
        let mut shown = String::new();
        let lines = written.split_inclusive('\n');
        for line in lines {
            let (text, end) = match line.strip_suffix("\r\n") {
                Some(text) => (text, "\r\n"),
                None => line
                    .strip_suffix('\n')
                    .map_or((line, ""), |text| (text, "\n")),
            };
            let (mut columns, mut cursor) = (Vec::new(), 0);
            let mut rest = text;
            while let Some(next) = rest.chars().next() {
                if let Some(after) = rest.strip_prefix("\x1b[K") {
                    columns.truncate(cursor);
                    rest = after;
                    continue;
                }
                match next {
                    '\r' => cursor = 0,
                    _ => {
                        columns.resize(columns.len().max(cursor + 1), ' ');
                        columns[cursor] = next;
                        cursor += 1;
                    }
                }
                rest = &rest[next.len_utf8()..];
            }
            shown.extend(columns);
            shown.push_str(end);
        }
        shown
    }

    proptest! {
        #[test]
        fn it_shows_what_a_terminal_shows(
            written in "([ab€𝄞]{0,4}(\r|\n|\r\n|\x1b\\[K)?){0,20}",
            cuts in prop::collection::vec(any::<usize>(), 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (written.len() + 1)).collect();
            cuts.extend([0, written.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|range| &written.as_bytes()[range[0]..range[1]]);
            let folded = fold(pieces);
            prop_assert_eq!(String::from_utf8_lossy(&folded), naive(&written));
        }
    }
}
