//! What is written on one line or on several, as a whole.

use super::atoms::{Atom, Role};
use super::marks::{Marks, Range};
use super::space::{is_literal, is_postfix};
use crate::lexer::T;

/// The parts of a list of plain literals that fill lines, and do not get one each.
const FILLING: usize = 8;

/// How the lines of a group are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Brackets with parts: one to a line.
    List,
    /// Brackets with plain literals: as many to a line as fit.
    Filled,
    /// Statements in braces.
    Block,
    /// `a.b().c()`
    Chain,
    /// `a + b + c`
    Binary,
    /// `c ? a : b`
    Ternary,
    /// Blocks that are branches of one `if`.
    Branches,
}

/// Atoms that are written on one line if they fit.
#[derive(Debug)]
pub(super) struct Group {
    pub first: usize,
    pub last: usize,
    /// From which atom up to which one lines are indented.
    pub indent: Range,
    pub kind: Kind,
    /// Whether it has several lines even if it would fit.
    pub forced: bool,
    /// The last bracket of a list, which may have several lines while the list itself has one.
    pub hug: Option<usize>,
    pub trailing: Option<Trailing>,
    /// The group that has several lines when this one has.
    pub leader: Option<usize>,
}

/// The `,` behind the last part of a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trailing {
    /// It is this atom, and goes when the list has one line.
    Present(usize),
    /// It comes behind this atom when the list has several lines.
    Missing(usize),
}

/// A place where a line may end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Break {
    /// The group that says whether it does; without one it does.
    pub group: Option<usize>,
    /// Whether there is a space when it does not.
    pub space: bool,
    /// Whether an empty line of the source is kept.
    pub keeps_blank: bool,
}

impl Marks<'_, '_> {
    /// Makes groups of all brackets, and of what the tree has shown.
    pub(super) fn make_groups(&mut self) {
        let mut blocks = vec![None; self.atoms.len()];
        for (open, block) in blocks.iter_mut().enumerate() {
            match (self.atoms[open].close, self.atoms[open].role) {
                (Some(close), Role::Block) => *block = self.block_group(open, close),
                (Some(close), _) => self.list_group(open, close),
                (None, _) => {}
            }
        }
        let mut at = 0;
        // Statements that are in no braces are those of the file.
        while at < self.atoms.len() {
            let is_end = self.atoms[at].kind == T::Eof;
            if (self.atoms[at].begins || is_end) && self.breaks[at].is_none() {
                self.breaks[at] = Some(Break {
                    group: None,
                    space: false,
                    keeps_blank: !is_end,
                });
            }
            at = self.atoms[at]
                .close
                .map_or(at + 1, |close| close.max(at + 1));
        }
        for (range, opens) in std::mem::take(&mut self.branches) {
            let blocks: Vec<usize> = opens.iter().filter_map(|&open| blocks[open]).collect();
            self.branches_group(range, &blocks);
        }
    }

    fn push(&mut self, first: usize, last: usize, kind: Kind, forced: bool) -> usize {
        self.groups.push(Group {
            first,
            last,
            indent: (first + 1, last),
            kind,
            forced,
            hug: None,
            trailing: None,
            leader: None,
        });
        self.groups.len() - 1
    }

    /// The atoms between brackets that are in no further ones.
    fn direct(&self, open: usize, close: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = open + 1;
        while at < close {
            found.push(at);
            at = match self.atoms[at].close {
                // The closing one is direct too, but neither separates nor begins.
                Some(inner) => inner + 1,
                None => at + 1,
            };
        }
        found
    }

    fn has_comment_line(&self, parts: &[usize], close: usize) -> bool {
        let mut all = parts.iter().chain([&close]);
        all.any(|&at| self.atoms[at].comment_breaks())
    }

    fn block_group(&mut self, open: usize, close: usize) -> Option<usize> {
        let direct = self.direct(open, close);
        let begins: Vec<usize> = direct
            .iter()
            .copied()
            .filter(|&at| self.atoms[at].begins)
            .collect();
        if direct.is_empty() && self.atoms[close].comments.is_empty() {
            return None;
        }
        let first = direct.first().copied().unwrap_or(close);
        let forced = begins.len() > 1
            || self.atoms[first].on_new_line()
            || self.has_comment_line(&direct, close);
        let group = self.push(open, close, Kind::Block, forced);
        self.break_at(first, group, true, false);
        for &at in begins.iter().filter(|&&at| at != first) {
            self.break_at(at, group, true, true);
        }
        self.break_at(close, group, true, false);
        Some(group)
    }

    fn break_at(&mut self, at: usize, group: usize, space: bool, keeps_blank: bool) {
        self.breaks[at] = Some(Break {
            group: Some(group),
            space,
            keeps_blank,
        });
    }

    fn list_group(&mut self, open: usize, close: usize) {
        let direct = self.direct(open, close);
        let Some(&first) = direct.first() else {
            if self.atoms[close].comment_breaks() {
                let group = self.push(open, close, Kind::List, true);
                self.break_at(close, group, false, false);
            }
            return;
        };
        let role = self.atoms[open].role;
        let has_marked_parts = matches!(role, Role::Parts | Role::Arms);
        let starts = self.starts(&direct, has_marked_parts);
        let opener = self.atoms[open].kind;
        let keeps_lines =
            opener == T::LBrace || opener == T::LBracket && !is_postfix(self.atoms, open);
        let forced = self.has_comment_line(&direct, close)
            || keeps_lines && self.atoms[first].on_new_line()
            || has_marked_parts && starts.iter().any(|&at| self.atoms[at].on_new_line());
        let is_plain = starts.len() > FILLING
            && opener == T::LBracket
            && direct.iter().all(|&at| is_plain(self.atoms[at].kind))
            && !self.has_comment_line(&direct, close);
        let kind = match is_plain {
            true => Kind::Filled,
            false => Kind::List,
        };
        let group = self.push(open, close, kind, forced);
        self.groups[group].trailing = self.trailing(open, close);
        if let Some(Trailing::Present(comma)) = self.groups[group].trailing {
            self.atoms[comma].trailing = true;
        }
        self.groups[group].hug = self.hug(close, &starts);
        let space =
            opener == T::LBrace && (open == 0 || self.atoms[open - 1].kind != T::ColonColon);
        for &at in &starts {
            self.break_at(at, group, space || at != first, at != first);
        }
        self.break_at(close, group, space, false);
    }

    /// Where the parts between brackets begin.
    fn starts(&self, direct: &[usize], has_marked_parts: bool) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut begins = true;
        for &at in direct {
            let atom = &self.atoms[at];
            if begins || atom.begins {
                starts.push(at);
            }
            begins = !has_marked_parts && atom.kind == T::Comma;
        }
        starts
    }

    fn trailing(&self, open: usize, close: usize) -> Option<Trailing> {
        let last = close - 1;
        let (opener, role) = (self.atoms[open].kind, self.atoms[open].role);
        if self.atoms[last].kind == T::Comma {
            return Some(Trailing::Present(last));
        }
        let may_have = match opener {
            T::LParen => is_postfix(self.atoms, open),
            T::LBracket => role != Role::Comprehension && !is_postfix(self.atoms, open),
            _ => role != Role::Arms,
        };
        may_have.then_some(Trailing::Missing(last))
    }

    /// The bracket that the last part of a list ends in.
    fn hug(&self, close: usize, starts: &[usize]) -> Option<usize> {
        let last_part = *starts.last()?;
        let mut last = close - 1;
        if self.atoms[last].kind == T::Comma {
            last -= 1;
        }
        if self.atoms[last].is_multi_line() {
            return Some(last);
        }
        let may_hug = match self.atoms[last].kind {
            T::RBrace | T::RBracket => true,
            T::RParen => starts.len() == 1,
            _ => false,
        };
        let open = (last_part..last)
            .rev()
            .find(|&at| self.atoms[at].close == Some(last))?;
        (may_hug && open + 1 < last).then_some(open)
    }

    /// The branches of an `if` have one line each together or not at all.
    fn branches_group(&mut self, range: Range, blocks: &[usize]) {
        if blocks.iter().any(|&block| self.groups[block].forced) {
            for &block in blocks {
                self.groups[block].forced = true;
            }
        } else if blocks.len() > 1 {
            let leader = self.push(range.0, range.1, Kind::Branches, false);
            for &block in blocks {
                self.groups[block].leader = Some(leader);
            }
        }
    }
}

/// Whether it is part of a list of literals.
fn is_plain(kind: T) -> bool {
    is_literal(kind) || matches!(kind, T::Comma | T::Minus)
}

/// The groups in the order in which they are met: by their first atom, the longest first.
pub(super) fn by_first(groups: &[Group], atoms: &[Atom<'_>]) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); atoms.len()];
    for (index, group) in groups.iter().enumerate() {
        found[group.first].push(index);
    }
    for list in &mut found {
        list.sort_by_key(|&group: &usize| std::cmp::Reverse(groups[group].last));
    }
    found
}
