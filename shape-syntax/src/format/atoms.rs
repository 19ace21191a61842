//! The text as atoms: tokens, each with the comments in front of it.
//!
//! An interpolated string is one atom, with all that is in its holes.

use crate::FileId;
use crate::lexer::{NO_CLOSE, T, TERNARY, Token, lex};

/// A comment.
#[derive(Debug)]
pub(super) struct Comment<'a> {
    pub text: &'a str,
    /// How many lines end between it and what stands before it.
    pub newlines: usize,
    /// Whether only the end of the line ends it.
    pub to_line_end: bool,
}

/// What a sign means where the token alone does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Plain,
    /// An operator in front of its operand.
    Prefix,
    /// `<` and `>` around types.
    Angle,
    /// The `|` in front of the parameters of a closure.
    BarOpen,
    /// The `|` behind them, or `||`.
    BarClose,
    /// `where`, which is a name elsewhere.
    Keyword,
    /// The declared name of a method, which may be any word.
    Name,
    /// The `:` of `c ? a : b`.
    TernaryColon,
    /// The `{` of statements.
    Block,
    /// The `{` of arms or of what a type has, whose parts begin where the tree says.
    Parts,
    /// The `{` of arms of which the last one ends in a block.
    Arms,
    /// The `[` of a comprehension.
    Comprehension,
}

/// A token and what stands in front of it.
#[derive(Debug)]
pub(super) struct Atom<'a> {
    pub kind: T,
    pub text: &'a str,
    pub start: u32,
    pub comments: Vec<Comment<'a>>,
    /// How many lines end between it and the last comment, or the atom before.
    pub newlines: usize,
    /// Whether blanks, newlines or comments stand in front of it in the source.
    pub apart: bool,
    /// A `?` that belongs to a ternary.
    pub ternary: bool,
    /// The atom that closes this bracket.
    pub close: Option<usize>,
    pub role: Role,
    /// Whether a statement, an arm or a part begins with it.
    pub begins: bool,
    /// Left out of the result.
    pub dropped: bool,
    /// A `,` in front of a closing bracket.
    pub trailing: bool,
    /// Written behind it.
    pub suffix: &'static str,
}

impl Atom<'_> {
    /// Whether something between it and the atom before makes a new line necessary.
    pub fn comment_breaks(&self) -> bool {
        let breaks = |comment: &Comment<'_>| {
            comment.to_line_end || comment.newlines > 0 || comment.text.contains('\n')
        };
        self.comments.iter().any(breaks) || (!self.comments.is_empty() && self.newlines > 0)
    }

    /// Whether its own text ends a line.
    pub fn is_multi_line(&self) -> bool {
        self.text.contains('\n')
    }

    /// Whether a newline stands in front of it in the source.
    pub fn on_new_line(&self) -> bool {
        self.newlines > 0 || self.comments.iter().any(|comment| comment.newlines > 0)
    }
}

/// The atoms of a text without mistakes; the last one is the end of the file.
pub(super) fn atoms(file: FileId, text: &str) -> Vec<Atom<'_>> {
    let lexed = lex(file, text);
    let tokens = &lexed.tokens;
    let mut atoms: Vec<Atom<'_>> = Vec::with_capacity(tokens.len());
    let mut index_of = vec![usize::MAX; tokens.len()];
    let mut at = 0;
    let mut passed = 0;
    while at < tokens.len() {
        let first = tokens[at];
        let last = match first.kind {
            T::InterpOpen if first.data != NO_CLOSE => first.data as usize,
            _ => at,
        };
        index_of[at] = atoms.len();
        atoms.push(atom(text, passed, first, tokens[last]));
        passed = tokens[last].end as usize;
        at = last + 1;
    }
    for (at, token) in tokens.iter().enumerate() {
        let is_bracket = matches!(token.kind, T::LParen | T::LBracket | T::LBrace);
        if is_bracket && token.data != NO_CLOSE && index_of[at] != usize::MAX {
            atoms[index_of[at]].close = Some(index_of[token.data as usize]);
        }
    }
    atoms
}

fn atom<'a>(text: &'a str, passed: usize, first: Token, last: Token) -> Atom<'a> {
    let (start, end) = (first.start as usize, last.end as usize);
    let (comments, newlines) = comments(&text[passed..start], passed == 0);
    Atom {
        kind: first.kind,
        text: &text[start..end],
        start: first.start,
        comments,
        newlines,
        apart: start > passed,
        ternary: first.kind == T::Question && first.flags & TERNARY != 0,
        close: None,
        role: Role::Plain,
        begins: false,
        dropped: false,
        trailing: false,
        suffix: "",
    }
}

/// The comments of a gap between tokens, and how many lines end after the last one. A `#!` line counts as
/// one.
fn comments(gap: &str, starts_file: bool) -> (Vec<Comment<'_>>, usize) {
    let mut found = Vec::new();
    let mut newlines = 0;
    let mut rest = gap;
    if starts_file {
        rest = rest.trim_start_matches('\u{FEFF}');
        if rest.starts_with("#!") {
            let comment;
            (comment, rest) = split_line(rest);
            found.push(line_comment(comment, 0));
        }
    }
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            let comment;
            (comment, rest) = split_line(rest);
            found.push(line_comment(comment, std::mem::take(&mut newlines)));
        } else if rest.starts_with("/*") {
            let (comment, after) = rest.split_at(block_end(rest));
            rest = after;
            found.push(Comment {
                text: comment,
                newlines: std::mem::take(&mut newlines),
                to_line_end: false,
            });
        } else {
            newlines += usize::from(next == '\n');
            rest = &rest[next.len_utf8()..];
        }
    }
    (found, newlines)
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').unwrap_or(text.len()))
}

fn line_comment(text: &str, newlines: usize) -> Comment<'_> {
    Comment {
        text: text.trim_end(),
        newlines,
        to_line_end: true,
    }
}

/// Where the block comment ends that `text` starts with. They nest.
fn block_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
