//! Text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

/// Immutable UTF-8 text behind one thin reference; appended to in place where nobody else holds it.
#[derive(Clone, Default)]
pub struct Str(Rc<String>);

impl Str {
    /// A text of its own.
    #[must_use]
    #[inline]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Rc::new(text.into()))
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends: in place when nobody else holds this text, else to a copy. A loop of appends to one
    /// variable is linear.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        if let Some(own) = Rc::get_mut(&mut self.0) {
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
        let mut copy = String::with_capacity(self.0.len() + text.len());
        copy.push_str(&self.0);
        copy.push_str(text);
        self.0 = Rc::new(copy);
    }

    /// The text as a `String`, without a copy when nobody else holds it.
    #[must_use]
    pub fn into_string(self) -> String {
        Rc::unwrap_or_clone(self.0)
    }

    /// Whether both are the very same text in memory.
    #[must_use]
    #[inline]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Str {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.0
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
    #[inline]
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Str {
    fn from(text: &String) -> Self {
        Self::new(text.as_str())
    }
}

impl From<String> for Str {
    #[inline]
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Cow<'_, str>> for Str {
    fn from(text: Cow<'_, str>) -> Self {
        Self::new(text)
    }
}

impl From<Rc<String>> for Str {
    fn from(text: Rc<String>) -> Self {
        Self(text)
    }
}

impl From<char> for Str {
    fn from(c: char) -> Self {
        Self::new(c)
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

    #[test]
    fn appends_in_place_when_unique_and_copies_when_shared() {
        let mut a = Str::from("ab");
        let address = Rc::as_ptr(&a.0);
        a.push_str("cd");
        assert_eq!(Rc::as_ptr(&a.0), address);
        let b = a.clone();
        a.push('e');
        assert_eq!((a.as_str(), b.as_str()), ("abcde", "abcd"));
    }
}
