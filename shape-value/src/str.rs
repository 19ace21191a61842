//! Text.

use crate::spare;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

/// Immutable UTF-8 text behind one thin reference; appended to in place where nobody else holds it.
///
/// The empty text is no reference at all. Short ones are made in memory that others have left.
#[derive(Clone, Default)]
pub struct Str(Option<Rc<String>>);

impl Str {
    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |text| text.as_str())
    }

    /// Both texts, one behind the other.
    #[must_use]
    #[inline(always)]
    pub fn concat(first: &str, second: &str) -> Self {
        if first.is_empty() && second.is_empty() {
            Self(None)
        } else {
            Self(Some(spare::joined(first, second)))
        }
    }

    /// Appends: in place when nobody else holds this text, else to a copy. A loop of appends to one
    /// variable is linear.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        if let Some(own) = self.0.as_mut().and_then(Rc::get_mut) {
            own.push_str(text);
        } else {
            self.push_to_copy(text);
        }
    }

    /// Appends one character, like [`Str::push_str`].
    pub fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    #[cold]
    fn push_to_copy(&mut self, text: &str) {
        *self = Self::concat(self, text);
    }

    /// The text as a `String`, without a copy when nobody else holds it.
    #[must_use]
    pub fn into_string(mut self) -> String {
        self.0.take().map_or_else(String::new, Rc::unwrap_or_clone)
    }

    /// Gives up this text, which is empty from here on.
    #[inline(always)]
    pub(crate) fn let_go(&mut self) {
        if let Some(text) = self.0.take() {
            spare::keep_here(text);
        }
    }

    /// Whether both are the very same text in memory.
    #[must_use]
    #[inline]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl Drop for Str {
    #[inline]
    fn drop(&mut self) {
        if let Some(text) = self.0.take() {
            spare::keep(text);
        }
    }
}

impl Deref for Str {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Write for Str {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl From<&str> for Str {
    // Where the caller knows the length the copy is a move, and what it has in registers goes straight
    // to its place.
    #[inline(always)]
    fn from(text: &str) -> Self {
        Self::concat(text, "")
    }
}

impl From<&String> for Str {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Str {
    #[inline]
    fn from(text: String) -> Self {
        Self(Some(spare::owning(text)))
    }
}

impl From<Cow<'_, str>> for Str {
    fn from(text: Cow<'_, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::from(text),
            Cow::Owned(text) => Self::from(text),
        }
    }
}

impl From<char> for Str {
    fn from(c: char) -> Self {
        Self::from(&*c.encode_utf8(&mut [0; 4]))
    }
}

impl PartialEq for Str {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || self.as_str() == other.as_str()
    }
}

impl Eq for Str {}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Str {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Str {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &Str) -> Option<*const String> {
        text.0.as_ref().map(Rc::as_ptr)
    }

    #[test]
    fn appends_in_place_when_unique_and_copies_when_shared() {
        let mut a = Str::from("ab");
        let before = address(&a);
        a.push_str("cd");
        assert_eq!(address(&a), before);
        let b = a.clone();
        a.push('e');
        assert_eq!((a.as_str(), b.as_str()), ("abcde", "abcd"));
    }

    #[test]
    fn the_empty_text_takes_no_memory() {
        let mut empty = Str::from("");
        assert_eq!((address(&empty), empty.as_str()), (None, ""));
        assert!(empty == Str::from(String::new()) && empty.ptr_eq(&Str::default()));
        empty.push_str("a");
        assert_eq!(empty.into_string(), "a");
    }

    #[test]
    fn a_short_text_takes_the_memory_of_one_that_was_dropped() {
        let first = Str::from("first");
        let before = address(&first);
        drop(first);
        let second = Str::concat("sec", "ond");
        assert_eq!((address(&second), second.as_str()), (before, "second"));
    }

    #[test]
    fn a_text_that_is_still_held_keeps_its_memory() {
        let first = Str::from("first");
        drop(first.clone());
        let second = Str::from("second");
        assert_eq!((first.as_str(), second.as_str()), ("first", "second"));
    }
}
