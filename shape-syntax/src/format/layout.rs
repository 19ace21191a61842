//! Atoms to lines.

use super::atoms::Atom;
use super::groups::{Break, Group, Kind, Trailing, by_first};
use super::marks::drop_atom;
use super::space::has_space;
use crate::lexer::T;

/// How many characters a line has at most, where it can be helped.
const WIDTH: usize = 100;
/// How far a line is indented.
const INDENT: usize = 4;

/// Writes the atoms.
pub(super) fn layout(
    atoms: Vec<Atom<'_>>,
    groups: Vec<Group>,
    breaks: Vec<Option<Break>>,
) -> String {
    let opens = by_first(&groups, &atoms);
    let mut layout = Layout {
        broken: groups.iter().map(|group| group.forced).collect(),
        open: Vec::new(),
        out: String::new(),
        column: 0,
        before: None,
        atoms,
        groups,
        breaks,
    };
    for (at, begun) in opens.iter().enumerate() {
        if !layout.atoms[at].dropped {
            layout.gap(at);
            for &group in begun {
                layout.decide(group);
            }
            layout.atom(at);
        }
        while let Some(&group) = layout.open.last() {
            if layout.groups[group].last > at {
                break;
            }
            layout.open.pop();
        }
    }
    while layout.out.ends_with(['\n', ' ']) {
        layout.out.pop();
    }
    if !layout.out.is_empty() {
        layout.out.push('\n');
    }
    layout.out
}

struct Layout<'a> {
    atoms: Vec<Atom<'a>>,
    groups: Vec<Group>,
    breaks: Vec<Option<Break>>,
    /// Which groups have several lines, of those that have been decided or are forced.
    broken: Vec<bool>,
    /// The groups around the current atom, innermost last.
    open: Vec<usize>,
    out: String,
    column: usize,
    /// The atom that was written last.
    before: Option<usize>,
}

impl Layout<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(end) => width(&text[end + 1..]),
            None => self.column + width(text),
        };
    }

    fn newline(&mut self, level: usize, blank: bool) {
        if self.out.is_empty() {
            return;
        }
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        for _ in 0..level * INDENT {
            self.out.push(' ');
        }
        self.column = level * INDENT;
    }

    /// How far a line is indented that starts with this atom.
    fn level(&self, at: usize) -> usize {
        let indents = |&&group: &&usize| {
            let (from, to) = self.groups[group].indent;
            self.broken[group] && (from..to).contains(&at)
        };
        self.open.iter().filter(indents).count()
    }

    /// What stands between an atom and the one before it.
    fn gap(&mut self, at: usize) {
        let place = self.breaks[at];
        let ends_line = place.is_some_and(|place| match place.group {
            Some(group) => self.broken[group] && self.ends_line_in(group, at),
            None => true,
        });
        let keeps_blank = place.is_some_and(|place| place.keeps_blank);
        let goes_on = place.is_none() && !is_closer(self.atoms[at].kind);
        let level = self.level(at) + usize::from(goes_on);
        let comments = std::mem::take(&mut self.atoms[at].comments);
        let newlines = self.atoms[at].newlines;
        let Some(last) = comments.last() else {
            if ends_line {
                self.newline(level, keeps_blank && newlines > 1);
            } else if self.has_space(at, place) {
                self.push(" ");
            }
            return;
        };
        let must_end = last.to_line_end || newlines > 0;
        let inner = match is_closer(self.atoms[at].kind) {
            true => level + 1,
            false => level,
        };
        for (index, comment) in comments.iter().enumerate() {
            if comment.newlines > 0 {
                let follows_opener =
                    index == 0 && self.before.is_none_or(|b| is_opener(self.atoms[b].kind));
                self.newline(inner, comment.newlines > 1 && !follows_opener);
            } else if !self.out.is_empty() {
                self.push(" ");
            }
            self.push(comment.text);
        }
        if ends_line || must_end {
            let is_blank = newlines > 1 && !is_closer(self.atoms[at].kind);
            self.newline(level, is_blank);
        } else {
            self.push(" ");
        }
    }

    /// Whether a line of a group with several ends in front of the atom.
    fn ends_line_in(&self, group: usize, at: usize) -> bool {
        let group = &self.groups[group];
        if group.kind != Kind::Filled || at == group.last || at == group.first + 1 {
            return true;
        }
        let mut end = at;
        while self.atoms[end + 1].kind == T::Comma || self.atoms[end].kind == T::Minus {
            end += 1;
        }
        let item: usize = (at..=end).map(|at| width(self.atoms[at].text)).sum();
        self.column + 1 + item > WIDTH
    }

    fn has_space(&self, at: usize, place: Option<Break>) -> bool {
        let Some(before) = self.before else {
            return false;
        };
        match place {
            Some(place) if place.group.is_some() => place.space,
            _ => has_space(&self.atoms, before, at),
        }
    }

    fn atom(&mut self, at: usize) {
        let text = self.atoms[at].text;
        self.push(text);
        let suffix = self.atoms[at].suffix;
        self.push(suffix);
        self.before = Some(at);
    }

    /// Decides whether a group that begins here has several lines.
    fn decide(&mut self, group: usize) {
        let broken = self.groups[group].forced
            || match self.groups[group].leader {
                Some(leader) => self.broken[leader],
                None => !self.fits(group),
            };
        self.broken[group] = broken;
        self.open.push(group);
        match self.groups[group].trailing {
            Some(Trailing::Present(comma)) if !broken => drop_atom(&mut self.atoms, comma),
            Some(Trailing::Missing(last)) if broken => self.atoms[last].suffix = ",",
            _ => {}
        }
    }

    /// Whether a group can be written on the current line.
    fn fits(&self, group: usize) -> bool {
        let Group {
            first,
            last,
            kind,
            hug,
            ..
        } = self.groups[group];
        let may_break_at = |at: usize| match kind {
            Kind::List => hug.is_some_and(|hug| at > hug),
            Kind::Chain | Kind::Binary => true,
            Kind::Filled | Kind::Block | Kind::Ternary | Kind::Branches => false,
        };
        let mut column = self.column;
        let mut before = None;
        for at in first..self.atoms.len() {
            let atom = &self.atoms[at];
            if atom.dropped || atom.trailing {
                continue;
            }
            if let Some(before) = before {
                if self.surely_ends_line(at, last) {
                    return at > last || may_break_at(at);
                }
                let comments = atom.comments.iter().map(|comment| width(comment.text) + 1);
                let space = match self.breaks[at] {
                    Some(place) => place.space,
                    None => has_space(&self.atoms, before, at),
                };
                column += comments.sum::<usize>() + usize::from(space);
            }
            let line = atom.text.split('\n').next().unwrap_or_default();
            column += width(line);
            if column > WIDTH {
                // What is hugged ends the line itself.
                return kind == Kind::List && hug.is_some_and(|hug| at > hug);
            }
            if atom.is_multi_line() {
                return at > last || may_break_at(at + 1);
            }
            before = Some(at);
        }
        true
    }

    /// Whether a line ends in front of the atom, or can end there behind a group that ends with `last`.
    fn surely_ends_line(&self, at: usize, last: usize) -> bool {
        if self.atoms[at].comment_breaks() {
            return true;
        }
        let Some(place) = self.breaks[at] else {
            return false;
        };
        let Some(group) = place.group else {
            return true;
        };
        self.broken[group] || self.groups[group].first > last
    }
}

fn is_opener(kind: T) -> bool {
    matches!(kind, T::LParen | T::LBracket | T::LBrace)
}

fn is_closer(kind: T) -> bool {
    matches!(kind, T::RParen | T::RBracket | T::RBrace)
}

fn width(text: &str) -> usize {
    text.chars().count()
}
