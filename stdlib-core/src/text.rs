//! Text by characters: Unicode scalar values, not bytes.
//!
//! ASCII text, where the two are the same, is recognised first; the rest is counted.

use std::ops::Range;

/// How many characters there are.
pub(crate) fn char_len(text: &str) -> usize {
    text.chars().count()
}

/// Where the character with this number starts, in bytes; the length when there is none.
fn byte_at(text: &str, index: usize) -> usize {
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}

/// The characters from `range.start` up to `range.end`; both are brought into range.
pub(crate) fn char_slice(text: &str, range: Range<usize>) -> &str {
    if text.is_ascii() {
        let end = range.end.min(text.len());
        return &text[range.start.min(end)..end];
    }
    let rest = &text[byte_at(text, range.start)..];
    &rest[..byte_at(rest, range.end.saturating_sub(range.start))]
}

/// The character with this number, from the end where it is negative.
pub(crate) fn char_at(text: &str, index: i64) -> Option<char> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if text.is_ascii() {
        let at = if index < 0 {
            text.len().checked_sub(distance)?
        } else {
            distance
        };
        return text.as_bytes().get(at).map(|b| char::from(*b));
    }
    if index < 0 {
        text.chars().rev().nth(distance - 1)
    } else {
        text.chars().nth(distance)
    }
}

/// The number of the character at this byte, which starts one.
pub(crate) fn char_index(text: &str, byte: usize) -> i64 {
    i64::try_from(char_len(&text[..byte])).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_by_characters() {
        for text in ["hello", "h€llö"] {
            assert_eq!(char_len(char_slice(text, 1..3)), 2);
            assert_eq!(char_slice(text, 3..3), "");
            assert_eq!(char_slice(text, 9..12), "");
            assert_eq!(char_slice(text, 0..usize::MAX), text);
        }
        assert_eq!(char_slice("h€llö", 1..3), "€l");
    }

    #[test]
    fn single_characters() {
        for text in ["abc", "äbc"] {
            assert_eq!(char_at(text, 1), Some('b'));
            assert_eq!(char_at(text, -1), Some('c'));
            assert_eq!(char_at(text, 3), None);
            assert_eq!(char_at(text, -4), None);
            assert_eq!(char_at(text, i64::MIN), None);
        }
    }
}
