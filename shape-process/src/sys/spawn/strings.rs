//! Arguments and environments.

use std::ffi::c_char;
use std::ptr;

/// NUL-terminated strings one after the other, in one allocation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Strings {
    /// Empty, or ends in a NUL.
    bytes: Vec<u8>,
    /// The NULs in `bytes`.
    count: usize,
}

/// A string was to have a NUL in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasNul;

impl Strings {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// No strings, and room for `bytes` bytes of them.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            count: 0,
        }
    }

    /// Adds one string, made of `parts` in their order.
    ///
    /// # Errors
    /// One of them has a NUL. Then nothing is added.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Result<(), HasNul> {
        if parts.iter().any(|part| memchr::memchr(0, part).is_some()) {
            return Err(HasNul);
        }
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.push(0);
        self.count += 1;
        Ok(())
    }

    /// The address of each string, then a null pointer. They are good as long as `self` is borrowed.
    pub(super) fn pointers(&self) -> Vec<*const c_char> {
        let mut pointers = Vec::with_capacity(self.count + 1);
        let mut start = 0;
        for end in memchr::memchr_iter(0, &self.bytes) {
            pointers.push(self.bytes[start..].as_ptr().cast());
            start = end + 1;
        }
        pointers.push(ptr::null());
        pointers
    }
}

impl Strings {
    /// All of them, each with its NUL.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What [`Strings::bytes`] gave; `None` if the last string has no NUL.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        if bytes.last().is_some_and(|last| *last != 0) {
            return None;
        }
        let count = memchr::memchr_iter(0, &bytes).count();
        Some(Self { bytes, count })
    }

    /// The number of strings.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::{HasNul, Strings};

    fn strings(list: &[&[&[u8]]]) -> Strings {
        let mut strings = Strings::with_capacity(64);
        for parts in list {
            strings.push(parts).unwrap();
        }
        strings
    }

    #[test]
    fn parts_become_one_string() {
        let strings = strings(&[&[b"A", b"=", b"1"], &[], &[b"B"]]);
        assert_eq!(strings.bytes(), b"A=1\0\0B\0");
        assert_eq!(strings.len(), 3);
    }

    #[test]
    fn a_nul_is_refused_and_adds_nothing() {
        let mut strings = strings(&[&[b"a"]]);
        assert_eq!(strings.push(&[b"b", b"c\0d"]), Err(HasNul));
        assert_eq!((strings.bytes(), strings.len()), (&b"a\0"[..], 1));
    }

    #[test]
    fn bytes_make_the_same_strings_again() {
        let strings = strings(&[&[b"a"], &[b""], &[b"bc"]]);
        let again = Strings::from_bytes(strings.bytes().to_vec());
        assert_eq!(again, Some(strings));
        assert_eq!(Strings::from_bytes(Vec::new()), Some(Strings::new()));
        assert_eq!(Strings::from_bytes(b"a\0b".to_vec()), None);
    }

    #[test]
    fn every_string_has_a_pointer() {
        let strings = strings(&[&[b"a"], &[b""], &[b"bc"]]);
        let pointers = strings.pointers();
        let (null, pointers) = pointers.split_last().unwrap();
        assert!(null.is_null());
        let start = strings.bytes().as_ptr().addr();
        let offsets: Vec<_> = pointers.iter().map(|it| it.addr() - start).collect();
        assert_eq!(offsets, [0, 2, 3]);
    }
}
