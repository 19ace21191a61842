//! Two passes over the tokens that let the parser decide without searching.

use super::token::{NEWLINE_BEFORE, NO_CLOSE, T, TERNARY, Token};

/// Stores in every opening bracket the index of its closing one.
///
/// A closing bracket closes the nearest opening one of its kind; what was opened in between stays
/// without a closing one. A closing bracket without any opening one is passed over. A bracket in
/// the hole of an interpolated string never closes one around the string.
pub(super) fn link_brackets(tokens: &mut [Token]) {
    let mut open: Vec<u32> = Vec::new();
    // How many brackets of each kind are open, so that a stray one costs no search.
    let mut counts = [0_usize; 5];
    let mut outer_counts = Vec::new();
    for index in 0..tokens.len() {
        let kind = tokens[index].kind;
        if let Some(closer) = kind.closer() {
            tokens[index].data = NO_CLOSE;
            open.push(index as u32);
            if kind == T::HoleOpen {
                outer_counts.push(std::mem::take(&mut counts));
            }
            counts[slot(closer)] += 1;
        } else if kind.is_closer() && counts[slot(kind)] > 0 {
            while let Some(opener) = open.pop() {
                let Some(closer) = tokens[opener as usize].kind.closer() else {
                    break;
                };
                counts[slot(closer)] -= 1;
                if closer == kind {
                    tokens[opener as usize].data = index as u32;
                    break;
                }
            }
            if kind == T::HoleClose {
                counts = outer_counts.pop().unwrap_or_default();
            }
        }
    }
}

fn slot(closer: T) -> usize {
    match closer {
        T::RParen => 0,
        T::RBracket => 1,
        T::RBrace => 2,
        T::HoleClose => 3,
        _ => 4,
    }
}

/// The colons at one bracket depth that no `?` has claimed, with the line they stand on.
#[derive(Clone, Copy, Default)]
struct Colons {
    line: usize,
    free: u32,
}

/// Marks each `?` that has a `:` after it on its line at its bracket depth.
///
/// Goes backwards, so each `:` is claimed by the nearest `?` before it. `,`, `;` and `=>` end the
/// search: the `:` of `f(a?, b: 1)` belongs to the next argument.
pub(super) fn mark_ternaries(tokens: &mut [Token]) {
    let mut depths: Vec<Colons> = Vec::new();
    let mut here = Colons::default();
    let mut line = 0;
    let mut next = T::Eof;
    let mut next_on_line = false;
    for token in tokens.iter_mut().rev() {
        let kind = token.kind;
        if here.line != line {
            here = Colons { line, free: 0 };
        }
        match kind {
            T::Colon => here.free += 1,
            T::Comma | T::Semi | T::FatArrow => here.free = 0,
            // A `?` before anything else is a try.
            T::Question if next.starts_operand() => {
                let first_on_line = token.flags & NEWLINE_BEFORE != 0;
                if here.free > 0 {
                    here.free -= 1;
                    token.flags |= TERNARY;
                } else if first_on_line && next_on_line {
                    // `c` newline `? a` newline `: b`: nothing else can be meant.
                    token.flags |= TERNARY;
                }
            }
            _ if kind.is_closer() => depths.push(std::mem::take(&mut here)),
            _ if kind.closer().is_some() => here = depths.pop().unwrap_or_default(),
            _ => {}
        }
        next_on_line = token.flags & NEWLINE_BEFORE == 0;
        line += usize::from(!next_on_line);
        next = kind;
    }
}
