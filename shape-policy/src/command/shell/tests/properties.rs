//! What holds for every script.

use super::*;
use proptest::prelude::*;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// `argument` between single quotes.
fn single(argument: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in argument {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

fn argument() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1u8.., 0..12)
}

/// Scripts that are mostly literal.
fn script() -> impl Strategy<Value = String> {
    let word = "[a-d/.-]{1,5}|'[ -&(-~\n]{0,6}'|\"[ a-z;&|()']{0,6}\"|\\\\[ -~]b?";
    let command = proptest::string::string_regex(&format!("({word})(  ?({word})){{0,3}}")).unwrap();
    let frame = proptest::sample::select(&["@", "(@)", "{ @; }"][..]);
    let framed = (command, frame).prop_map(|(command, frame)| frame.replace('@', &command));
    let between = proptest::sample::select(&[";", "\n", " && ", "|", " || ", "&"][..]);
    proptest::collection::vec((framed, between), 0..4).prop_map(|commands| {
        let pieces = commands
            .into_iter()
            .flat_map(|(command, between)| [command, between.to_owned()]);
        format!("{}z", pieces.collect::<String>())
    })
}

proptest! {
    #[test]
    fn every_text_is_parsed(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        parse(&OsString::from_vec(text));
    }

    #[test]
    fn every_text_of_operators_is_parsed(text in "[ \n;&|(){}<>'\"\\\\$`*?!#=~a1E\t-]{0,60}") {
        parse(OsStr::new(&text));
    }

    #[test]
    fn what_is_quoted_is_parsed_back(words in proptest::collection::vec(argument(), 1..5)) {
        let quoted: Vec<Vec<u8>> = words.iter().map(|word| single(word)).collect();
        let script = parse(&OsString::from_vec(quoted.join(&b' ')));
        // Builtins such as `.` are what they are in quotes as well.
        prop_assume!(kind(&words[0]) == Kind::Program && words[0] != b"-");
        prop_assert!(script.is_literal(), "{script:?}");
        prop_assert_eq!(script.commands.len(), 1);
        let parsed: Vec<Word<'_>> = words.iter().map(|word| Word::Text(OsStr::from_bytes(word).into())).collect();
        prop_assert_eq!(&script.commands[0].words, &parsed);
    }

    #[test]
    fn two_scripts_are_both_listed(first in script(), second in script()) {
        let (one, two) = (parse(OsStr::new(&first)), parse(OsStr::new(&second)));
        if !one.is_literal() || !two.is_literal() {
            return Ok(());
        }
        let both = parse(OsStr::new(&format!("{first};{second}")));
        let words = |script: &Script| script.commands.iter().map(|command| command.words.clone()).collect::<Vec<_>>();
        prop_assert_eq!(words(&both), [words(&one), words(&two)].concat());
        let moves = one.commands.iter().any(|command| command.name() == Some(OsStr::new("cd")));
        prop_assert!(both.is_literal() || moves, "{both:?}");
    }

    #[test]
    fn the_beginning_of_a_script_is_a_beginning_or_opaque(text in script(), cut in 0usize..60) {
        let whole = parse(OsStr::new(&text));
        let part = parse(OsStr::new(&text[..cut.min(text.len())]));
        if !whole.is_literal() || !part.is_literal() {
            return Ok(());
        }
        prop_assert!(part.commands.len() <= whole.commands.len());
        for (index, (part_of, of)) in part.commands.iter().zip(&whole.commands).enumerate() {
            if index + 1 < part.commands.len() {
                prop_assert_eq!(&part_of.words, &of.words);
            } else {
                prop_assert!(is_beginning(&part_of.words, &of.words), "{part:?} {whole:?}");
            }
        }
    }
}

/// Whether `part` has the first of `words`, and of its last one perhaps only the beginning.
fn is_beginning(part: &[Word<'_>], words: &[Word<'_>]) -> bool {
    let Some((last, before)) = part.split_last() else {
        return true;
    };
    let begins = match (last, words.get(before.len())) {
        (Word::Text(part), Some(Word::Text(word))) => word.as_bytes().starts_with(part.as_bytes()),
        _ => false,
    };
    begins && words.starts_with(before)
}
