//! Whether a file can be a shared library.
//!
//! The system's loader maps a library before it looks at it: it waits for the writer of a FIFO, and where
//! a file has been cut short, the process ends with SIGBUS. So this is looked at first.

use super::OpenError;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The start of the header, up to and with the number of segments.
const HEADER: usize = 0x3a;
/// The size of the description of a segment.
const SEGMENT: usize = 0x38;
/// The type of a segment that is loaded.
const LOAD: u64 = 1;

/// # Errors
/// When it cannot be read, is no regular file, has no ELF header, or is shorter than that says.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    let not = |why: &str| Err(OpenError::NotALibrary(why.to_owned()));
    let kind = fs::metadata(path).map_err(OpenError::Unreadable)?;
    if kind.is_dir() {
        return not("it is a directory");
    }
    if !kind.is_file() {
        return not("it is no regular file");
    }
    let file = File::open(path).map_err(OpenError::Unreadable)?;
    let mut header = [0; HEADER];
    let len = read(&file, &mut header, 0).map_err(OpenError::Unreadable)?;
    if !header.starts_with(b"\x7fELF") {
        return not("it has no ELF header");
    }
    // Of another word size or byte order the loader says so itself.
    let is_ours = cfg!(target_endian = "little") && header[4] == 2 && header[5] == 1;
    if !is_ours {
        return Ok(());
    }
    if len < HEADER || !has_its_segments(&file, &header, kind.len()) {
        return not("the file has been cut short");
    }
    Ok(())
}

/// Whether all that is to be loaded lies within the `len` bytes of the file.
fn has_its_segments(file: &File, header: &[u8], len: u64) -> bool {
    let (table, count) = (number(header, 0x20, 8), number(header, 0x38, 2));
    (0..count).all(|index| {
        let mut segment = [0; SEGMENT];
        let Some(at) = table.checked_add(index * SEGMENT as u64) else {
            return false;
        };
        let (offset, size) = match read(file, &mut segment, at) {
            Ok(SEGMENT) => (number(&segment, 8, 8), number(&segment, 0x20, 8)),
            _ => return false,
        };
        let ends_in_it = offset.checked_add(size).is_some_and(|end| end <= len);
        ends_in_it || number(&segment, 0, 4) != LOAD
    })
}

/// Reads as much as there is, at most as fits.
fn read(file: &File, buffer: &mut [u8], at: u64) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], at + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// The number of `size` bytes at this place.
fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    let digits = bytes[at..at + size].iter().rev();
    digits.fold(0, |number, &digit| number << 8 | u64::from(digit))
}
