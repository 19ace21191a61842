//! What a command line has, as far as it is known.

use super::{CommandLine, Dashes, Entry, Found, Listing, Order, Presence, Style, Syntax};

impl<'w> CommandLine<'w> {
    /// Whether the option that is spelled `asked`, with its dashes, is there in any spelling: by one of
    /// its other names, abbreviated, with others in one word. `-abc` is that word where a tool has
    /// such options, and all three letters where it has not.
    pub(crate) fn has(&self, asked: &str) -> Presence {
        let asked = Asked::new(asked, self.syntax);
        let found = match asked.name {
            _ if asked.dashes != Dashes::One || self.syntax.style == Style::SingleDash => {
                self.strongest(&asked)
            }
            letters => {
                let each = letters
                    .iter()
                    .map(|letter| self.strongest(&Asked::letter(letter)));
                let all = each.min().unwrap_or(Presence::Absent);
                self.strongest(&asked).max(all)
            }
        };
        match self.is_open {
            true => found.max(Presence::Possible),
            false => found,
        }
    }

    /// Every place where the option that is spelled `asked` is or may be.
    pub(crate) fn places<'s>(
        &'s self,
        asked: &'s str,
    ) -> impl Iterator<Item = (&'s Found<'w>, Presence)> {
        let asked = Asked::new(asked, self.syntax);
        self.options
            .iter()
            .map(move |found| (found, asked.is(found, self.syntax)))
            .filter(|(_, presence)| *presence != Presence::Absent)
    }

    fn strongest(&self, asked: &Asked<'_>) -> Presence {
        let each = self
            .options
            .iter()
            .map(|found| asked.is(found, self.syntax));
        each.max().unwrap_or(Presence::Absent)
    }

    /// The tables that count where the scanner is, the nearer one first.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static str> {
        let own = self.subcommand.map(|subcommand| subcommand.options);
        let is_past = own.is_some() || !self.operands.is_empty();
        let globals = match self.syntax.order {
            Order::Subcommand(_) if is_past => None,
            _ => Some(self.syntax.options),
        };
        own.into_iter().chain(globals)
    }
}

/// An option that is looked for.
struct Asked<'s> {
    name: &'s [u8],
    dashes: Dashes,
}

impl<'s> Asked<'s> {
    fn new(asked: &'s str, syntax: &Syntax) -> Self {
        let (name, dashes) = match asked.as_bytes() {
            [b'-', b'-', name @ ..] if syntax.style == Style::SingleDash => (name, Dashes::One),
            [b'-', b'-', name @ ..] => (name, Dashes::Two),
            [b'-', name @ ..] if syntax.style == Style::SingleDash => (name, Dashes::One),
            [b'-', name] => (std::slice::from_ref(name), Dashes::Letter),
            [b'-', name @ ..] | name => (name, Dashes::One),
        };
        Self { name, dashes }
    }

    fn letter(letter: &'s u8) -> Self {
        Self {
            name: std::slice::from_ref(letter),
            dashes: Dashes::Letter,
        }
    }

    /// Whether `entry` is this option: no other one in its table has the name.
    fn is_entry(&self, entry: &Entry) -> bool {
        let is_letter = self.name.len() == 1;
        let fits = self.dashes == Dashes::One || (self.dashes == Dashes::Letter) == is_letter;
        fits && entry.is_called(self.name)
    }

    /// Whether `found` is this option.
    fn is(&self, found: &Found<'_>, syntax: &Syntax) -> Presence {
        if found.dashes == self.dashes && found.spelling == self.name {
            return found.presence;
        }
        if let Some(entry) = found.entry {
            let is_certain = || syntax.listing == Listing::Whole || entry.is_called(found.spelling);
            if self.is_entry(&entry) {
                return match is_certain() {
                    true => found.presence,
                    false => Presence::Possible,
                };
            }
            if is_certain() {
                return Presence::Absent;
            }
        }
        let may_abbreviate = found.dashes == Dashes::Two
            && self.dashes == Dashes::Two
            && self.name.starts_with(found.spelling);
        match may_abbreviate {
            true => Presence::Possible,
            false => Presence::Absent,
        }
    }
}
