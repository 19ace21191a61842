//! The arguments of a command as they are written, options among them.

use super::args::{Certainty, path_fits};
use super::glob::Pattern;
use crate::command::Word;
use crate::command::options::Presence;

/// What a rule says of the arguments from the first one on, whatever the program takes them for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Each with its alternatives.
    pub(super) patterns: Vec<Vec<Pattern>>,
    pub(super) extent: Extent,
}

/// Whether more arguments may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// They may.
    Open,
    /// They may not: `exact = true`.
    Exact,
}

impl Words {
    /// Whether the arguments are these.
    pub(super) fn holds(&self, args: &[Word<'_>], certainty: Certainty) -> Presence {
        for (at, patterns) in self.patterns.iter().enumerate() {
            match args.get(at) {
                None => return Presence::Absent,
                // From here on the positions are not known.
                Some(Word::Operands | Word::Unknown) => return Presence::Possible,
                Some(Word::Text(text)) => {
                    let mut fitting = patterns.iter();
                    if !fitting.any(|pattern| path_fits(pattern, text, certainty)) {
                        return Presence::Absent;
                    }
                }
            }
        }
        let mut rest = args.iter().skip(self.patterns.len());
        match (self.extent, rest.next()) {
            (Extent::Open, _) | (Extent::Exact, None) => Presence::Present,
            // It may be none.
            (Extent::Exact, Some(Word::Unknown)) if rest.all(|word| *word == Word::Unknown) => {
                Presence::Possible
            }
            (Extent::Exact, Some(_)) => Presence::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::glob::Star;
    use super::*;
    use std::borrow::Cow;
    use std::ffi::OsStr;

    /// `?` stands for what is not known, `@` for operands.
    #[track_caller]
    fn check(patterns: &[&str], extent: Extent, line: &str, expected: Presence) {
        let patterns = patterns
            .iter()
            .map(|text| Pattern::parse(text, Star::Text).unwrap());
        let words = Words {
            patterns: patterns.collect(),
            extent,
        };
        let args: Vec<Word<'_>> = line
            .split_whitespace()
            .map(|word| match word {
                "?" => Word::Unknown,
                "@" => Word::Operands,
                text => Word::Text(Cow::Borrowed(OsStr::new(text))),
            })
            .collect();
        for certainty in [Certainty::Proven, Certainty::Suspected] {
            assert_eq!(words.holds(&args, certainty), expected, "{line}");
        }
    }

    #[test]
    fn options_are_words_like_others() {
        let log = ["log"];
        check(&log, Extent::Open, "log", Presence::Present);
        check(&log, Extent::Open, "log -p", Presence::Present);
        check(&log, Extent::Open, "-c x=y log", Presence::Absent);
        check(&log, Extent::Open, "", Presence::Absent);
        check(&["-rf"], Extent::Open, "-rf x", Presence::Present);
        check(&["-rf"], Extent::Open, "-fr x", Presence::Absent);
        check(
            &["push*", "{a,b}"],
            Extent::Open,
            "pushall b",
            Presence::Present,
        );
    }

    #[test]
    fn exact_is_no_more_and_no_less() {
        check(&["status"], Extent::Exact, "status", Presence::Present);
        check(&["status"], Extent::Exact, "status -s", Presence::Absent);
        check(&[], Extent::Exact, "", Presence::Present);
        check(&[], Extent::Exact, "x", Presence::Absent);
    }

    #[test]
    fn what_is_not_known_is_possible() {
        check(&["log"], Extent::Open, "? log", Presence::Possible);
        check(&["log"], Extent::Open, "log ?", Presence::Present);
        check(&["log"], Extent::Exact, "log ?", Presence::Possible);
        check(&["log"], Extent::Exact, "log ? x", Presence::Absent);
        check(&["log"], Extent::Exact, "log @", Presence::Absent);
        check(&["log"], Extent::Exact, "@", Presence::Possible);
    }
}
