//! Reading the file that a stream was spilled to.

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr_iter};
use rustix::fs::{Mode, OFlags};
use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What is read at a time.
const BLOCK: usize = 256 << 10;
/// The lines that begin before every so many bytes are remembered once they have been counted.
const MARK_EVERY: u64 = 4 << 20;
/// The bytes of a line that are given: 1 MiB.
const LONGEST_LINE: usize = 1 << 20;

/// A file that a stream was spilled to, to be looked at in parts, however big it is: by the process
/// that made it or by another one, while it is written or later.
///
/// Lines are counted from 0 and end with `\n`, which is not part of them; what follows the last
/// `\n` is a line if it is not empty. Bytes that are not UTF-8 are replaced. Of a line that has more
/// than 1 MiB a part of that size is given.
///
/// The memory that it takes is what it returns, one block, and 8 bytes for every 4 MiB that it has
/// searched for lines.
///
/// ```no_run
/// use shape_process::SpillFile;
///
/// let mut file = SpillFile::open("/tmp/shape-1000/4711-0.stdout")?;
/// if let Some(line) = file.find("error:", 0)? {
///     let context = file.lines(line.saturating_sub(2), 5)?;
///     assert!(context.len() <= 5);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SpillFile {
    file: File,
    block: Vec<u8>,
    /// How many newlines there are before every [`MARK_EVERY`] bytes, as far as that is known.
    marks: Vec<u64>,
}

/// A place where a line begins.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: u64,
    offset: u64,
}

impl SpillFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// It cannot be opened, or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        // A FIFO does not hold us up.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(rustix::fs::open(path.as_ref(), flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            let not_a_file = "it is not a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, not_a_file));
        }
        Ok(Self {
            file,
            block: Vec::new(),
            marks: vec![0],
        })
    }

    /// What the system knows of the file.
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// The bytes that the file has now.
    ///
    /// # Errors
    /// The system cannot tell.
    #[allow(clippy::len_without_is_empty, reason = "a spilled stream never is")]
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    /// The bytes from `offset`, at most `limit`; less only at the end.
    ///
    /// # Errors
    /// Reading fails.
    pub fn read(&self, offset: u64, limit: usize) -> io::Result<Vec<u8>> {
        let there = self.len()?.saturating_sub(offset);
        let length = usize::try_from(there).map_or(limit, |there| there.min(limit));
        let mut bytes = vec![0; length];
        let read = self.fill(&mut bytes, offset)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// The lines from number `from`, at most `count`.
    ///
    /// # Errors
    /// Reading fails.
    pub fn lines(&mut self, from: u64, count: usize) -> io::Result<Vec<String>> {
        match self.place_of(from)? {
            Some(place) => self.lines_at(place.offset, count),
            None => Ok(Vec::new()),
        }
    }

    /// The last lines, at most `count`. Only the end of the file is read, so the lines before one
    /// that has more than 1 MiB are not looked for.
    ///
    /// # Errors
    /// Reading fails.
    pub fn tail(&mut self, count: usize) -> io::Result<Vec<String>> {
        let length = self.len()?;
        let mut begins = VecDeque::new();
        let mut end = length;
        while end > 0 && begins.len() <= count {
            let begin = end.saturating_sub(BLOCK as u64);
            self.load(begin, (end - begin) as usize)?;
            // The newline at the very end ends the last line and begins none.
            for newline in memrchr_iter(b'\n', &self.block) {
                let next = begin + newline as u64 + 1;
                if next < length && begins.len() < count {
                    begins.push_front(next);
                }
            }
            let first = begins.front().copied().unwrap_or(length);
            if begins.len() == count || first - begin > LONGEST_LINE as u64 {
                break;
            }
            end = begin;
        }
        if begins.len() < count {
            // This line begins with the file, or is longer than what is given of it.
            let next = begins.front().copied().unwrap_or(length);
            let end = if next == length { next } else { next - 1 };
            begins.push_front(end.saturating_sub(LONGEST_LINE as u64));
        }
        match begins.front() {
            Some(&first) => self.lines_at(first, begins.len()),
            None => Ok(Vec::new()),
        }
    }

    /// The number of the first line from number `from` that has `text` in it.
    ///
    /// # Errors
    /// Reading fails.
    pub fn find(&mut self, text: &str, from: u64) -> io::Result<Option<u64>> {
        let Some(mut place) = self.place_of(from)? else {
            return Ok(None);
        };
        if text.contains('\n') {
            return Ok(None);
        }
        let finder = Finder::new(text);
        loop {
            self.load(place.offset, BLOCK.max(2 * text.len()))?;
            if let Some(found) = finder.find(&self.block) {
                place.line += memchr_iter(b'\n', &self.block[..found]).count() as u64;
                return Ok(Some(place.line));
            }
            if self.block.len() < BLOCK.max(2 * text.len()) {
                return Ok(None);
            }
            // The text may lie across the end of the block.
            let done = self.block.len() - text.len().saturating_sub(1);
            place.line += memchr_iter(b'\n', &self.block[..done]).count() as u64;
            place.offset += done as u64;
        }
    }

    /// Where a line begins, if there is one of that number.
    fn place_of(&mut self, line: u64) -> io::Result<Option<Place>> {
        let known = self.marks.partition_point(|&before| before < line);
        let mark = known.saturating_sub(1);
        let mut place = Place {
            line: self.marks[mark],
            offset: mark as u64 * MARK_EVERY,
        };
        while place.line < line {
            // A block never goes beyond the next mark.
            let to_mark = MARK_EVERY - place.offset % MARK_EVERY;
            self.load(place.offset, BLOCK.min(to_mark as usize))?;
            if self.block.is_empty() {
                return Ok(None);
            }
            let missing = line - place.line;
            let nth = usize::try_from(missing - 1).unwrap_or(usize::MAX);
            if let Some(newline) = memchr_iter(b'\n', &self.block).nth(nth) {
                place.offset += newline as u64 + 1;
                place.line = line;
            } else {
                place.line += memchr_iter(b'\n', &self.block).count() as u64;
                place.offset += self.block.len() as u64;
                if place.offset == self.marks.len() as u64 * MARK_EVERY {
                    self.marks.push(place.line);
                }
            }
        }
        Ok((place.offset < self.len()?).then_some(place))
    }

    /// At most `count` lines, of which the first begins at `offset`.
    fn lines_at(&mut self, mut offset: u64, count: usize) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        let mut is_begun = false;
        while lines.len() < count {
            self.load(offset, BLOCK)?;
            if self.block.is_empty() {
                break;
            }
            offset += self.block.len() as u64;
            let mut rest = self.block.as_slice();
            while lines.len() < count && !rest.is_empty() {
                let newline = memchr(b'\n', rest);
                let part = &rest[..newline.unwrap_or(rest.len())];
                line.extend_from_slice(&part[..part.len().min(LONGEST_LINE - line.len())]);
                is_begun = newline.is_none();
                rest = &rest[newline.map_or(rest.len(), |newline| newline + 1)..];
                // Once there is as much of the last line as is given, its end is of no interest.
                let is_enough = line.len() == LONGEST_LINE && lines.len() + 1 == count;
                if newline.is_some() || is_enough {
                    lines.push(String::from_utf8_lossy(&line).into_owned());
                    line.clear();
                    is_begun = false;
                }
            }
        }
        if is_begun && lines.len() < count {
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
        Ok(lines)
    }

    /// Reads a block, which is shorter than `length` only at the end.
    fn load(&mut self, offset: u64, length: usize) -> io::Result<()> {
        let mut block = std::mem::take(&mut self.block);
        block.resize(length, 0);
        let read = self.fill(&mut block, offset);
        block.truncate(*read.as_ref().unwrap_or(&0));
        self.block = block;
        read.map(drop)
    }

    fn fill(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self
                .file
                .read_at(&mut bytes[filled..], offset + filled as u64)
            {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{Seek as _, SeekFrom, Write as _};

    fn file(content: &[u8]) -> (tempfile::NamedTempFile, SpillFile) {
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(content).unwrap();
        let file = SpillFile::open(named.path()).unwrap();
        (named, file)
    }

    fn numbered(count: u64) -> String {
        (0..count).map(|line| format!("line {line}\n")).collect()
    }

    #[track_caller]
    fn check(content: &str, from: usize, count: usize, text: &str) {
        let (_named, mut file) = file(content.as_bytes());
        let lines: Vec<&str> = content
            .split_inclusive('\n')
            .map(|line| line.strip_suffix('\n').unwrap_or(line))
            .collect();
        let expected = lines.get(from..).unwrap_or_default();
        let found = expected.iter().position(|line| line.contains(text));
        assert_eq!(
            file.lines(from as u64, count).unwrap(),
            expected[..count.min(expected.len())]
        );
        assert_eq!(
            file.tail(count).unwrap(),
            lines[lines.len().saturating_sub(count)..]
        );
        assert_eq!(
            file.find(text, from as u64).unwrap(),
            found.map(|at| (from + at) as u64)
        );
    }

    proptest! {
        #[test]
        fn it_gives_the_lines_that_there_are(
            content in "([aé]{0,5}\n{0,2}){0,12}",
            from in 0_usize..15,
            count in 0_usize..15,
            text in "[aé]{0,3}",
        ) {
            check(&content, from, count, &text);
        }
    }

    #[test]
    fn a_big_file_is_read_in_parts() {
        let count = 1_000_000;
        let content = numbered(count);
        let (_named, mut file) = file(content.as_bytes());
        assert_eq!(file.len().unwrap(), content.len() as u64);
        assert_eq!(
            file.lines(900_000, 2).unwrap(),
            ["line 900000", "line 900001"]
        );
        assert!(file.marks.len() > 2);
        for line in [0, 1, 450_000, 20_000, 999_999] {
            let text = format!("line {line}");
            assert_eq!(file.lines(line, 1).unwrap(), [text.as_str()]);
        }
        assert_eq!(file.lines(count, 1).unwrap(), [""; 0]);
        assert_eq!(file.find("999998", 3).unwrap(), Some(999_998));
        assert_eq!(file.find("nowhere", 0).unwrap(), None);
        let tail = file.tail(100_000).unwrap();
        assert_eq!((tail.len(), tail[0].as_str()), (100_000, "line 900000"));
        assert_eq!(file.read(5, 3).unwrap(), b"0\nl");
        assert_eq!(file.read(u64::MAX, 3).unwrap(), b"");
        assert_eq!(file.read(0, usize::MAX).unwrap(), content.as_bytes());
    }

    #[test]
    fn text_is_found_across_blocks() {
        for before in BLOCK - 5..BLOCK + 2 {
            let content = format!("{}\nx needle\n", "y".repeat(before - 3));
            check(&content, 0, 2, "needle");
        }
    }

    #[test]
    fn of_a_long_line_a_part_is_given() {
        let long = "x".repeat(3 * LONGEST_LINE);
        let (_named, mut file) = file(format!("first\n{long}\nlast\n{long}").as_bytes());
        let lengths = |lines: Vec<String>| lines.iter().map(String::len).collect::<Vec<_>>();
        let part = LONGEST_LINE;
        assert_eq!(lengths(file.lines(0, 9).unwrap()), [5, part, 4, part]);
        assert_eq!(lengths(file.lines(1, 1).unwrap()), [part]);
        assert_eq!(lengths(file.tail(1).unwrap()), [part]);
        assert_eq!(file.lines(2, 1).unwrap(), ["last"]);
    }

    #[test]
    fn the_tail_of_ten_gib_is_its_tail() {
        let (mut named, mut file) = file(b"");
        named.as_file().set_len(10 << 30).unwrap();
        named.seek(SeekFrom::End(0)).unwrap();
        named.write_all(b"\none\ntwo\n").unwrap();
        assert_eq!(file.tail(2).unwrap(), ["one", "two"]);
        assert_eq!(file.tail(3).unwrap()[0].len(), LONGEST_LINE);
    }

    #[test]
    fn what_is_added_is_seen() {
        let (mut named, mut file) = file(b"one\ntw");
        assert_eq!(file.lines(1, 9).unwrap(), ["tw"]);
        named.write_all(b"o\n").unwrap();
        assert_eq!(file.lines(1, 9).unwrap(), ["two"]);
    }

    #[test]
    fn only_files_are_opened() {
        assert!(SpillFile::open("/").is_err());
        assert!(SpillFile::open("/dev/null").is_err());
    }
}
