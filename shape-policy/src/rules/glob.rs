//! Texts and globs: what a rule says that a name, a path or an argument looks like.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Alternatives that one pattern may spell with braces.
const MAX_ALTERNATIVES: usize = 256;
/// Bytes that a pattern may have.
const MAX_LENGTH: usize = 4096;

/// What a `*` may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Star {
    /// Any text.
    Text,
    /// Any text without a `/`; `**` stands for any text.
    Part,
}

/// One alternative of a pattern.
///
/// `*` is any text, `?` any character but, in a path, `/`; `[abc]`, `[0-9]` and `[!a]` are one byte of a
/// set, and a backslash takes the meaning of the character behind it away. It is compared byte by byte,
/// case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Exactly this text.
    Literal(Box<OsStr>),
    /// Whatever these fit.
    Glob(Box<[Token]>),
}

/// A piece of a glob, as it is matched from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Byte(u8),
    /// One character, and whether it may be a `/`.
    One(Star),
    Set {
        negated: bool,
        ranges: Box<[(u8, u8)]>,
        star: Star,
    },
    /// Any text without a `/`.
    WithinPart,
    /// Any text.
    Anything,
}

impl Pattern {
    /// The alternatives of `text`, of which a plain text has one.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub(super) fn parse(text: &str, star: Star) -> Result<Vec<Self>, String> {
        if text.contains('\0') {
            return Err("it contains a NUL byte".to_owned());
        }
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} bytes"));
        }
        if !text.contains(['*', '?', '[', '{', '}', '\\']) {
            return Ok(vec![Self::Literal(OsStr::new(text).into())]);
        }
        let mut alternatives = Vec::new();
        expand(text, &mut alternatives)?;
        alternatives
            .iter()
            .map(|alternative| Self::parse_one(alternative, star))
            .collect()
    }

    fn parse_one(text: &str, star: Star) -> Result<Self, String> {
        let tokens = tokens(text.as_bytes(), star)?;
        let literal: Option<Vec<u8>> = tokens
            .iter()
            .map(|token| match token {
                Token::Byte(byte) => Some(*byte),
                _ => None,
            })
            .collect();
        Ok(match literal {
            Some(bytes) => Self::Literal(OsStr::from_bytes(&bytes).into()),
            None => Self::Glob(tokens.into()),
        })
    }

    /// Exactly `text`, whatever is in it.
    pub(super) fn literal(text: &str) -> Self {
        Self::Literal(OsStr::new(text).into())
    }

    pub(super) fn matches(&self, text: &OsStr) -> bool {
        match self {
            Self::Literal(literal) => **literal == *text,
            Self::Glob(tokens) => fits(tokens, text.as_bytes()),
        }
    }

    /// Whether it stands for every text.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::Glob(tokens)
            if tokens.iter().all(|token| matches!(token, Token::Anything)))
    }

    /// Whether it can only stand for absolute paths.
    pub(super) fn is_absolute(&self) -> bool {
        match self {
            Self::Literal(literal) => literal.as_bytes().starts_with(b"/"),
            Self::Glob(tokens) => tokens.first() == Some(&Token::Byte(b'/')),
        }
    }
}

/// Adds what `text` stands for when its outermost braces are taken apart, and theirs in turn.
fn expand(text: &str, found: &mut Vec<String>) -> Result<(), String> {
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        if found.len() + open.len() >= MAX_ALTERNATIVES {
            return Err(format!(
                "its braces stand for more than {MAX_ALTERNATIVES} texts; write several rules"
            ));
        }
        let Some((start, parts, end)) = outermost_braces(&text)? else {
            found.push(text);
            continue;
        };
        // The last is looked at first, so that the alternatives stay in their order.
        for part in parts.iter().rev() {
            open.push(format!("{}{part}{}", &text[..start], &text[end..]));
        }
    }
    Ok(())
}

/// Where the first braces of `text` begin, what stands between their commas, and where they end.
#[expect(clippy::type_complexity, reason = "it is used once")]
fn outermost_braces(text: &str) -> Result<Option<(usize, Vec<&str>, usize)>, String> {
    let mut depth = 0_usize;
    let (mut start, mut part) = (0, 0);
    let mut parts = Vec::new();
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'{' => {
                if depth == 0 {
                    (start, part) = (at, at + 1);
                }
                depth += 1;
            }
            b',' if depth == 1 => {
                parts.push(&text[part..at]);
                part = at + 1;
            }
            b'}' if depth == 0 => {
                return Err("a `}` has no `{`; write `\\\\}` for the character".to_owned());
            }
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    parts.push(&text[part..at]);
                    return Ok(Some((start, parts, at + 1)));
                }
            }
            _ => {}
        }
    }
    match depth {
        0 => Ok(None),
        _ => Err("a `{` has no `}`; write `\\\\{` for the character".to_owned()),
    }
}

fn tokens(text: &[u8], star: Star) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        rest = behind;
        tokens.push(match (*first, star) {
            (b'\\', _) => match rest {
                [escaped, behind @ ..] => {
                    rest = behind;
                    Token::Byte(*escaped)
                }
                [] => return Err("it ends in a backslash; write `\\\\\\\\` for one".to_owned()),
            },
            (b'?', star) => Token::One(star),
            (b'*', Star::Text) => Token::Anything,
            (b'*', Star::Part) if rest.first() == Some(&b'*') => Token::Anything,
            (b'*', Star::Part) => Token::WithinPart,
            (b'[', star) => {
                let (set, behind) = set(rest, star)?;
                rest = behind;
                set
            }
            (byte, _) => Token::Byte(byte),
        });
        // Several stars in a row are one.
        if matches!(tokens.last(), Some(Token::Anything)) {
            while let [b'*', behind @ ..] = rest {
                rest = behind;
            }
        }
    }
    Ok(tokens)
}

/// The set behind a `[`, and what stands behind it.
fn set(text: &[u8], star: Star) -> Result<(Token, &[u8]), String> {
    const UNFINISHED: &str = "a `[` has no `]`; write `\\\\[` for the character";
    let (negated, mut rest) = match text {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut ranges = Vec::new();
    loop {
        rest = match rest {
            [b']', behind @ ..] if !ranges.is_empty() => {
                let ranges = ranges.into();
                return Ok((
                    Token::Set {
                        negated,
                        ranges,
                        star,
                    },
                    behind,
                ));
            }
            [low, b'-', high, behind @ ..] if *high != b']' => {
                if !low.is_ascii() || !high.is_ascii() || low > high {
                    return Err(
                        "a range in `[…]` runs from a lower character to a higher one".to_owned(),
                    );
                }
                ranges.push((*low, *high));
                behind
            }
            [byte, ..] if !byte.is_ascii() => {
                return Err("`[…]` holds ASCII characters; use `{…,…}` for others".to_owned());
            }
            [byte, behind @ ..] => {
                ranges.push((*byte, *byte));
                behind
            }
            [] => return Err(UNFINISHED.to_owned()),
        };
    }
}

/// Where to go on when the rest does not fit: one byte more for the star in front of this.
#[derive(Clone, Copy)]
struct Retry {
    token: usize,
    at: usize,
}

/// Whether `text` as a whole fits.
///
/// Only the last star of each kind is ever given more: what an earlier one of the kind could take
/// instead, the last one can take as well.
fn fits(tokens: &[Token], text: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut within: Option<Retry> = None;
    let mut anything: Option<Retry> = None;
    loop {
        let step = match tokens.get(token) {
            None if at == text.len() => return true,
            None => None,
            Some(Token::Anything) => {
                token += 1;
                if token == tokens.len() {
                    return true;
                }
                anything = Some(Retry { token, at });
                within = None;
                continue;
            }
            Some(Token::WithinPart) => {
                token += 1;
                within = Some(Retry { token, at });
                continue;
            }
            Some(one) => width(one, &text[at..]),
        };
        if let Some(width) = step {
            token += 1;
            at += width;
            continue;
        }
        within = within.and_then(|retry| match text.get(retry.at) {
            None | Some(b'/') => None,
            Some(_) => Some(Retry {
                at: retry.at + 1,
                ..retry
            }),
        });
        if let Some(retry) = within {
            (token, at) = (retry.token, retry.at);
            continue;
        }
        match &mut anything {
            Some(retry) if retry.at < text.len() => {
                retry.at += 1;
                (token, at) = (retry.token, retry.at);
            }
            _ => return false,
        }
    }
}

/// How many bytes at the start of `text` the token takes, if it fits.
fn width(token: &Token, text: &[u8]) -> Option<usize> {
    let first = *text.first()?;
    let may_be = |star: Star| first != b'/' || star == Star::Text;
    match token {
        Token::Byte(byte) => (*byte == first).then_some(1),
        Token::One(star) => may_be(*star).then(|| character(text)),
        Token::Set {
            negated,
            ranges,
            star,
        } => {
            let is_in = ranges
                .iter()
                .any(|(low, high)| (*low..=*high).contains(&first));
            (is_in != *negated && may_be(*star)).then(|| character(text))
        }
        Token::WithinPart | Token::Anything => None,
    }
}

/// The bytes of the first character; one if that is not UTF-8.
fn character(text: &[u8]) -> usize {
    let length = match text[0] {
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => 1,
    };
    match text.get(..length).map(std::str::from_utf8) {
        Some(Ok(_)) => length,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, star: Star, fitting: &[&str], others: &[&str]) {
        let patterns = Pattern::parse(pattern, star).unwrap();
        let is_matched = |text: &&str| patterns.iter().any(|p| p.matches(OsStr::new(text)));
        for text in fitting {
            assert!(is_matched(text), "{pattern} {text}");
        }
        for text in others {
            assert!(!is_matched(text), "{pattern} {text}");
        }
    }

    #[test]
    fn globs() {
        check("git", Star::Text, &["git"], &["gi", "gitt", "Git"]);
        check("*", Star::Text, &["", "a", "a/b"], &[]);
        check(
            "a*c",
            Star::Text,
            &["ac", "abc", "a/b/c", "acbc"],
            &["acb", "bc"],
        );
        check("a*b*c", Star::Text, &["abc", "aXbbYc"], &["acb"]);
        check(
            "python3.?",
            Star::Text,
            &["python3.1", "python3.ü"],
            &["python3.", "python3.12"],
        );
        check(
            "{echo,ls,cat}",
            Star::Text,
            &["echo", "ls", "cat"],
            &["e", "{echo", ""],
        );
        check(
            "a{b,c{d,e}}f",
            Star::Text,
            &["abf", "acdf", "acef"],
            &["acf", "af"],
        );
        check("x{,y}", Star::Text, &["x", "xy"], &["y"]);
        check(
            "fd[0-9]",
            Star::Text,
            &["fd0", "fd9"],
            &["fd", "fda", "fd10"],
        );
        check("[!a]x", Star::Text, &["bx", "/x"], &["ax", "x"]);
        check("[]a]", Star::Text, &["]", "a"], &["[]a]"]);
        check(r"\*\{a,b\}", Star::Text, &["*{a,b}"], &["x{a,b}", "*a"]);
    }

    #[test]
    fn a_star_of_a_path_stays_within_its_part() {
        check(
            "/usr/*/git",
            Star::Part,
            &["/usr/bin/git"],
            &["/usr/a/b/git", "/usr/git"],
        );
        check(
            "/opt/**",
            Star::Part,
            &["/opt/a", "/opt/a/b", "/opt/"],
            &["/opt", "/etc/a"],
        );
        check(
            "/o/**/x*",
            Star::Part,
            &["/o/a/x", "/o/a/b/xy"],
            &["/o/x", "/o/a/x/y"],
        );
        check("/a?b", Star::Part, &["/axb"], &["/a/b"]);
        check("/a[!x]b", Star::Part, &["/ayb"], &["/a/b", "/axb"]);
        check(
            "**/a*b/c",
            Star::Part,
            &["/a/ab/c", "x/a/axb/c"],
            &["/a/b/c"],
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let check = |pattern: &str, said: &str| {
            let error = Pattern::parse(pattern, Star::Text).unwrap_err();
            assert!(error.contains(said), "{error}");
        };
        check("{a,b", "has no `}`");
        check("a}", "has no `{`");
        check("[a", "has no `]`");
        check("[]", "has no `]`");
        check("[z-a]", "lower");
        check("[ü]", "ASCII");
        check("a\\", "backslash");
        check("a\0", "NUL");
        check(&"{a,b}".repeat(20), "more than 256");
        check(&"{a,b}{".repeat(20), "has no `}`");
        check(&"x".repeat(5000), "longer");
    }

    /// Matching as the definition says it, in exponential time.
    fn naive(tokens: &[Token], text: &[u8]) -> bool {
        let Some((token, rest)) = tokens.split_first() else {
            return text.is_empty();
        };
        match token {
            Token::Anything => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            Token::WithinPart => (0..=text.len())
                .take_while(|at| !text[..*at].contains(&b'/'))
                .any(|at| naive(rest, &text[at..])),
            one => width(one, text).is_some_and(|width| naive(rest, &text[width..])),
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "[ab/?*]{0,8}", text in "[ab/]{0,10}") {
            for star in [Star::Text, Star::Part] {
                let tokens = tokens(pattern.as_bytes(), star).unwrap();
                prop_assert_eq!(fits(&tokens, text.as_bytes()), naive(&tokens, text.as_bytes()));
            }
        }

        #[test]
        fn nothing_is_too_strange(pattern in any::<String>(), text in any::<Vec<u8>>()) {
            for star in [Star::Text, Star::Part] {
                for pattern in Pattern::parse(&pattern, star).unwrap_or_default() {
                    pattern.matches(OsStr::from_bytes(&text));
                }
            }
        }
    }
}
