//! Text from elsewhere, shown so that nothing in it can hide.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;

/// Bytes of a text that are shown before it is cut.
const SHOWN: usize = 256;

/// Displays a text between double quotes, on one line, with everything that a terminal would obey
/// or not show written as an escape: controls, newlines, bidirectional overrides, invisible
/// characters, spaces other than the plain one, and bytes that are not UTF-8.
///
/// A text of more than 256 bytes is cut, and the cut says how much is missing.
///
/// ```
/// use shape_policy::Quoted;
/// assert_eq!(Quoted::new("rm\u{202e} -rf\n").to_string(), r#""rm\u{202e} -rf\n""#);
/// ```
#[derive(Clone, Copy)]
pub struct Quoted<'a> {
    text: &'a OsStr,
    shown: &'a OsStr,
}

impl<'a> Quoted<'a> {
    /// A view of `text` that displays quoted.
    pub fn new(text: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self::up_to(text.as_ref(), SHOWN)
    }

    /// A view of `text` that displays quoted and whole.
    pub fn whole(text: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self::up_to(text.as_ref(), usize::MAX)
    }

    /// A view of `text` that shows no more than `limit` bytes of it.
    pub(crate) fn up_to(text: &'a OsStr, limit: usize) -> Self {
        let shown = OsStr::from_bytes(cut(text.as_bytes(), limit));
        Self { text, shown }
    }

    /// The bytes of the text that are shown.
    pub(crate) fn shown_bytes(&self) -> usize {
        self.shown.len()
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for chunk in self.shown.as_bytes().utf8_chunks() {
            chunk.valid().chars().try_for_each(|c| write_char(f, c))?;
            chunk
                .invalid()
                .iter()
                .try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        match self.text.len() - self.shown.len() {
            0 => f.write_char('"'),
            missing => write!(f, "\"… {missing} more bytes"),
        }
    }
}

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Displays a sentence of somebody else as part of our own, without quotes: on one line, with everything
/// that a terminal would obey or not show written as [`Quoted`] writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sentence<'a>(pub(crate) &'a str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\\' => f.write_char(c),
            _ => write_char(f, c),
        })
    }
}

/// The part that is shown: it ends between characters, never inside one.
fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    if bytes.len() <= limit {
        return bytes;
    }
    let is_boundary = |&at: &usize| bytes[at] & 0b1100_0000 != 0b1000_0000;
    let near = limit.saturating_sub(3)..=limit;
    let end = near.rev().find(is_boundary).unwrap_or(limit);
    &bytes[..end]
}

fn write_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => f.write_str("\\\""),
        '\'' => f.write_char(c),
        _ if is_blank_letter(c) => write!(f, "{}", c.escape_unicode()),
        _ => write!(f, "{}", c.escape_debug()),
    }
}

/// Characters that count as letters or symbols and yet show nothing; `escape_debug` lets them pass.
fn is_blank_letter(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Quoted::new(text).to_string(), expected);
    }

    #[test]
    fn ordinary_text_stays_readable() {
        check("it's a größe/日本", r#""it's a größe/日本""#);
        check("", r#""""#);
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        check("a\u{1b}[2Kb\r\n\tc", r#""a\u{1b}[2Kb\r\n\tc""#);
        check("\u{9b}31m\u{7f}", r#""\u{9b}31m\u{7f}""#);
    }

    #[test]
    fn what_nobody_sees_is_escaped() {
        check(
            "a\u{202e}b\u{2066}\u{200b}\u{feff}",
            r#""a\u{202e}b\u{2066}\u{200b}\u{feff}""#,
        );
        check("a\u{a0}b\u{2028}", r#""a\u{a0}b\u{2028}""#);
        check(
            "\u{3164}\u{2800}\u{e0041}",
            r#""\u{3164}\u{2800}\u{e0041}""#,
        );
    }

    #[test]
    fn a_quote_cannot_end_the_quoting() {
        check(r#"" \"#, r#""\" \\""#);
    }

    #[test]
    fn a_sentence_stays_on_its_line() {
        let said = "no \"größe\" \\\n  = help: x\u{1b}[2J\u{202e}";
        let shown = Sentence(said).to_string();
        assert_eq!(shown, r#"no "größe" \\n  = help: x\u{1b}[2J\u{202e}"#);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_bytes() {
        let text = OsStr::from_bytes(b"a\xff\xc3");
        assert_eq!(Quoted::new(text).to_string(), r#""a\xff\xc3""#);
    }

    #[test]
    fn a_cut_is_visible_and_between_characters() {
        check(
            &"x".repeat(379),
            &format!("\"{}\"… 123 more bytes", "x".repeat(256)),
        );
        let umlauts = format!("x{}", "ä".repeat(200));
        check(
            &umlauts,
            &format!("\"x{}\"… 146 more bytes", "ä".repeat(127)),
        );
    }
}
