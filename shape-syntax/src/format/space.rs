//! Where a space stands between two atoms of a line.

use super::atoms::{Atom, Role};
use crate::lexer::T;

/// Gives signs in front of an operand their role.
pub(super) fn mark_prefixes(atoms: &mut [Atom<'_>]) {
    for at in 0..atoms.len() {
        let atom = &atoms[at];
        let can_be = matches!(
            atom.kind,
            T::Minus | T::Amp | T::AmpAmp | T::Bang | T::BangBang | T::Tilde
        );
        if can_be && atom.role == Role::Plain && (atom.begins || !follows_operand(atoms, at)) {
            atoms[at].role = Role::Prefix;
        }
    }
}

/// Whether what stands in front of the atom is an operand.
fn follows_operand(atoms: &[Atom<'_>], at: usize) -> bool {
    at > 0 && ends_operand(atoms, at - 1)
}

/// Whether an operand ends with this atom.
pub(super) fn ends_operand(atoms: &[Atom<'_>], at: usize) -> bool {
    let atom = &atoms[at];
    match atom.kind {
        T::Ident => atom.role != Role::Keyword,
        T::Int | T::Number | T::Duration | T::Char | T::Str | T::InterpOpen => true,
        T::KwTrue | T::KwFalse | T::KwNone | T::KwSome => true,
        T::RParen | T::RBracket | T::RBrace => true,
        T::Question => !atom.ternary,
        T::Gt | T::GtGt => atom.role == Role::Angle,
        kind if kind.is_keyword() => atom.role == Role::Name || is_member(atoms, at),
        _ => false,
    }
}

/// Whether the word at `at` is the name of a member.
fn is_member(atoms: &[Atom<'_>], at: usize) -> bool {
    at > 0 && matches!(atoms[at - 1].kind, T::Dot | T::QuestionDot | T::ColonColon)
}

/// Whether the `(` or `[` at `at` belongs to the operand in front of it: a call, an index, parameters.
pub(super) fn is_postfix(atoms: &[Atom<'_>], at: usize) -> bool {
    let atom = &atoms[at];
    if at == 0 || atom.begins || atom.on_new_line() {
        return false;
    }
    let before = &atoms[at - 1];
    let is_unnamed = matches!(before.kind, T::KwFn | T::KwFunction) && atom.kind == T::LParen;
    // `method (x)` may be a declaration, whose name stands behind the word.
    is_unnamed || ends_operand(atoms, at - 1)
}

/// Whether a space stands in front of the atom at `at`, which is not the first of its line.
pub(super) fn has_space(atoms: &[Atom<'_>], before: usize, at: usize) -> bool {
    let (left, right) = (&atoms[before], &atoms[at]);
    if !is_tight(atoms, before, at) {
        return true;
    }
    // Two signs that stood apart would become another one.
    right.apart && right.role != Role::Angle && may_merge(left.kind, right.kind)
}

fn is_tight(atoms: &[Atom<'_>], before: usize, at: usize) -> bool {
    let (left, right) = (&atoms[before], &atoms[at]);
    match right.kind {
        T::Comma | T::Semi | T::RParen | T::RBracket => return true,
        T::Dot | T::QuestionDot | T::ColonColon => return !matches!(left.kind, T::DotDot),
        T::Question => return !right.ternary,
        T::Colon => return right.role != Role::TernaryColon,
        T::RBrace => return left.kind == T::LBrace,
        _ => {}
    }
    match left.kind {
        T::LParen | T::LBracket | T::LBrace => return true,
        T::Dot | T::QuestionDot | T::ColonColon | T::DotDotDot => return true,
        T::DotDot | T::DotDotEq => return !(right.kind == T::LBrace || right.kind.is_keyword()),
        _ => {}
    }
    match (left.role, right.role) {
        (Role::Prefix | Role::BarOpen, _) => return true,
        (_, Role::BarClose) if right.kind == T::Pipe => return true,
        (_, Role::Angle) => return true,
        (Role::Angle, _) if matches!(left.kind, T::Lt | T::LtLt) => return true,
        _ => {}
    }
    match right.kind {
        T::LParen | T::LBracket => is_postfix(atoms, at),
        T::DotDot | T::DotDotEq => ends_operand(atoms, before),
        _ => false,
    }
}

/// Whether two atoms could be read as another one when nothing stands between them.
fn may_merge(left: T, right: T) -> bool {
    let is_number = matches!(left, T::Int | T::Number | T::Duration);
    is_sign(left) && is_sign(right) || is_number && right == T::Dot
}

/// Whether it is a sign that longer ones begin or end with.
fn is_sign(kind: T) -> bool {
    let is_bracket = kind.is_closer() || kind.closer().is_some();
    let is_word = kind.is_word() || is_literal(kind);
    !(is_bracket || is_word || matches!(kind, T::Comma | T::Semi | T::Eof))
}

/// Whether it is a literal that is one token.
pub(super) fn is_literal(kind: T) -> bool {
    matches!(
        kind,
        T::Int | T::Number | T::Duration | T::Char | T::Str | T::InterpOpen
    )
}
