//! Words of others, shown so that nothing in them can hide.

use shape_policy::Quoted;
use std::ffi::OsStr;

/// A word of a command: as it is if it is plain, else quoted.
pub(crate) fn word(text: &(impl AsRef<OsStr> + ?Sized)) -> String {
    let text = text.as_ref();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%^".contains(c);
    match text.to_str() {
        Some(plain) if !plain.is_empty() && plain.chars().all(is_plain) => plain.to_owned(),
        _ => Quoted::whole(text).to_string(),
    }
}

/// A command: its words with blanks between.
pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let words: Vec<String> = words.into_iter().map(word).collect();
    words.join(" ")
}

/// A sentence: as it is if all of it can be seen, else quoted.
pub(crate) fn sentence(text: &str) -> String {
    // These are escaped in quotes, and hide nothing.
    let plain = text.replace(['"', '\\'], "");
    match Quoted::whole(&plain).to_string().len() == plain.len() + 2 {
        true => text.to_owned(),
        false => Quoted::whole(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_stays_as_it_is() {
        assert_eq!(word("--output=/tmp/x"), "--output=/tmp/x");
        assert_eq!(word("a b"), "\"a b\"");
        assert_eq!(word(""), "\"\"");
        assert_eq!(word("*"), "\"*\"");
        assert_eq!(
            command([OsStr::new("git"), OsStr::new("a'b")]),
            "git \"a'b\""
        );
        assert_eq!(
            sentence("no rule for \"größe\" \\ x"),
            "no rule for \"größe\" \\ x"
        );
        for hidden in ["a\u{202e}b", "a\nb", "a\u{1b}[2Kb", "\"a\u{200b}\""] {
            assert_eq!(sentence(hidden), Quoted::new(hidden).to_string());
        }
    }
}
