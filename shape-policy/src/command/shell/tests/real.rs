//! What is parsed, held against what real shells do.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::path::Path;
use std::process::{Output, Stdio};

/// The shells that are asked: one that knows POSIX only, and where it is installed one that knows more.
fn shells() -> impl Iterator<Item = &'static str> {
    let has = |shell: &&str| Path::new("/bin").join(shell).exists();
    ["sh", "bash"].into_iter().filter(has)
}

/// What a shell makes of `arguments`, in an empty directory.
#[allow(
    clippy::disallowed_methods,
    reason = "the shell is what is compared with"
)]
fn run(shell: &str, arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    std::process::Command::new(Path::new("/bin").join(shell))
        .args(arguments)
        .env_clear()
        .env("PATH", directory.path())
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Pieces of scripts that meet in every way.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "b", "f", "A=1", "1", "2", "'q'", "\"d\"", "\\x", "\\\n", " ", " ", " ", "\n", ";", "&", "|", "&&",
    "||", ";;", "(", ")", "{", "}", "{ ", "; }", "!", "! ", "if ", "then ", "else ", "elif ", "fi", "for ",
    "x ", "in ", "do ", "done", "while ", "until ", "case ", "esac", "<", ">", ">>", ">&", "<&", "<<E\n",
    "\nE\n", "<<-'E'", "#", "$", "$x", "${", "${x}", "$(", "`", "$((", "))", "*", "?", "[", "]", "~", "=",
    ",", "..", "-", "'", "\"", "\\", "()", "() { a; }", "a;", "\t", "\r", "\u{a0}", "time ", "eval ", "+=",
    "function ", "[[ ", "]]", "&>", "|&", "<<<", "<(", "@(", "$'", "if a; then b; fi", "{ a; }", "(a)",
    "case x in a) b;; esac", "for i in 1; do a; done", "while a; do b; done",
];

fn pieces() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(PIECES);
    proptest::collection::vec(pieces, 1..14).prop_map(|pieces| pieces.concat())
}

/// Pieces of words that become exactly one argument.
const FRAGMENTS: &[&str] = &[
    "a",
    "-n",
    "B=c",
    "'q  q'",
    "'\"'",
    "\"d  d\"",
    "\"'\"",
    "\"\\\"\"",
    "\"\\a\\\\\"",
    "\"\\$x\"",
    "''",
    "\"\"",
    "\\x",
    "\\ ",
    "\\\\",
    "\\;",
    "\\$",
    "\\\n",
    "\"x\\\ny\"",
    "'\\\n'",
    "'\n'",
    "é",
    "\u{a0}",
    "=",
    "{",
    "}",
    "x~",
    "x#",
    "!",
    "]",
    "%",
    "^",
    "\r",
    "\u{b}",
    "\"$\"",
    "$",
    "'$(x)'",
    "'`x`'",
    "{}",
    "@{1}",
    ",",
    ".",
    ":",
    "+",
    "if",
    "done",
    "\\`",
    "\"\\`\"",
    "2",
    "*",
    "\"~\"",
    "~",
    "[",
    "\\~",
    "'!'x",
    "a[1]",
];

/// Commands that print their arguments, with everything between them that runs them one after another.
fn printers() -> impl Strategy<Value = String> {
    let fragment = proptest::sample::select(FRAGMENTS);
    let word = proptest::collection::vec(fragment, 1..4).prop_map(|fragments| fragments.concat());
    let blank = proptest::sample::select(&[" ", "  ", "\t", " \\\n"][..]);
    let words = proptest::collection::vec((blank, word), 1..4).prop_map(|words| {
        let words: String = words
            .into_iter()
            .flat_map(|(blank, word)| [blank.to_owned(), word])
            .collect();
        format!("printf '%s\\0'{words}")
    });
    let framed = (words, proptest::sample::select(FRAMES))
        .prop_map(|(words, frame)| frame.replace('@', &words));
    let between =
        proptest::sample::select(&[";", "\n", "; ", " && ", "&&\n", " # a 'comment\n"][..]);
    proptest::collection::vec((framed, between), 1..5).prop_map(|commands| {
        let script: String = commands
            .into_iter()
            .flat_map(|(command, between)| [command, between.to_owned()])
            .collect();
        format!("{script}:")
    })
}

/// What a command can stand in and still run once.
#[rustfmt::skip]
const FRAMES: &[&str] = &[
    "@", "@", "@", "(@)", "{ @\n}", "if :; then @\nfi", "if ! :; then :; else @\nfi", "for i in 1; do @\ndone",
    "case x in (y) ;; x) @\n;; esac", "until @\ndo :; done", "eval : x; @", "A=1 @", "command @", "! ! @",
    "(:; { @\n})", "while ! @\ndo :; done", ": | @", "f() { @\n}; f",
];

/// A command that says what it is given, which may be followed by anything.
const SAYS: &str = "printf '%s\\0' SAYS ";

/// Pieces without loops, which might not end, and `eval`, which prints otherwise; among them commands that say what they are given.
fn sayings() -> impl Strategy<Value = String> {
    let is_left_out = |piece: &str| {
        ["while", "until", "for", "eval"]
            .iter()
            .any(|word| piece.contains(word))
    };
    let pieces: Vec<&'static str> = PIECES
        .iter()
        .copied()
        .filter(|piece| !is_left_out(piece))
        .chain([SAYS; 40])
        .collect();
    let pieces = proptest::sample::select(pieces);
    proptest::collection::vec(pieces, 2..14).prop_map(|pieces| pieces.concat())
}

/// What the commands print that do, in the order of the text.
fn printed(script: &Script) -> Vec<u8> {
    let mut all = Vec::new();
    for command in script
        .commands
        .iter()
        .filter(|command| command.name() == Some(OsStr::new("printf")))
    {
        // Without an argument, the format is printed once.
        if command.words.len() == 2 {
            all.push(0);
        }
        for word in &command.words[2..] {
            let Word::Text(text) = word else {
                panic!("{script:?}");
            };
            all.extend_from_slice(text.as_bytes());
            all.push(0);
        }
    }
    all
}

/// The same scripts in every run, so that a run says something about the change that it is for. With
/// `PROPTEST_RNG_SEED` they are others.
fn config() -> ProptestConfig {
    let config = ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            ..config
        },
        RngSeed::Fixed(_) => config,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_a_shell_refuses_is_opaque(script in pieces()) {
        let parsed = parse(OsStr::new(&script));
        if parsed.is_literal() {
            for shell in shells() {
                let done = run(shell, &["-n", "-c", "--", &script]);
                prop_assert!(done.status.success(), "{script:?}: {parsed:?} {done:?}");
            }
        }
    }

    #[test]
    fn a_shell_sees_the_words_that_were_parsed(script in printers()) {
        let parsed = parse(OsStr::new(&script));
        let has_patterns = parsed.commands.iter().any(|command| command.words.contains(&Word::Operands));
        if !parsed.is_literal() || has_patterns {
            return Ok(());
        }
        for shell in shells() {
            let done = run(shell, &["-c", "--", &script]);
            let expected = printed(&parsed);
            prop_assert_eq!(
                done.stdout.escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
                "{:?}: {:?} {:?}", script, parsed, done.stderr.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn what_a_shell_runs_was_listed(script in sayings()) {
        let parsed = parse(OsStr::new(&script));
        let has_patterns = parsed.commands.iter().any(|command| command.words.contains(&Word::Operands));
        if !parsed.is_literal() || has_patterns {
            return Ok(());
        }
        let listed: Vec<Vec<u8>> = parsed.commands.iter().filter_map(said).flat_map(|said| split(&said)).collect();
        for shell in shells() {
            let done = run(shell, &["-c", "--", &script]);
            for said in split(&done.stdout) {
                prop_assert!(listed.contains(&said), "{shell}: {script:?}: {parsed:?} {done:?}");
            }
        }
    }
}

/// What a command says that was parsed, if it is one that does.
fn said(command: &Command) -> Option<Vec<u8>> {
    let text = |word: &Word<'_>| match word {
        Word::Text(text) => [text.as_bytes(), b"\0"].concat(),
        Word::Operands | Word::Unknown => Vec::new(),
    };
    let says = command.name()? == "printf"
        && command.words.get(2)? == &Word::Text(OsStr::new("SAYS").into());
    says.then(|| command.words[2..].iter().flat_map(text).collect())
}

/// What each command said.
fn split(output: &[u8]) -> Vec<Vec<u8>> {
    let output = String::from_utf8_lossy(output);
    output
        .split("SAYS\0")
        .skip(1)
        .map(|said| said.as_bytes().to_vec())
        .collect()
}
