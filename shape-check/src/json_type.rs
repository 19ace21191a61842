//! The types that values are read as from JSON: some can never come from it, and that is known before
//! the script runs.

use crate::checker::Checker;
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashSet;
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    /// Reports every type that something is read as from JSON and that JSON cannot hold.
    pub(crate) fn check_read_types(&mut self) {
        for (ty, span) in std::mem::take(&mut self.read_types) {
            if let Some(part) = self.unreadable_part(ty, &mut FxHashSet::default()) {
                self.report_unreadable(ty, part, span);
            }
        }
    }

    /// The part of a type that cannot be read from JSON, if there is one.
    fn unreadable_part(&mut self, ty: Ty, seen: &mut FxHashSet<Ty>) -> Option<Ty> {
        let ty = self.shallow(ty);
        if !seen.insert(ty) {
            return None;
        }
        match self.kind(ty) {
            TyKind::Bytes
            | TyKind::Range
            | TyKind::Error
            | TyKind::Enum(..)
            | TyKind::Result(..)
            | TyKind::Fn(..)
            | TyKind::Ref(_)
            | TyKind::Closure(_)
            | TyKind::Group(_)
            | TyKind::Dyn(..)
            | TyKind::Resource(_) => Some(ty),
            TyKind::Array(inner)
            | TyKind::Set(inner)
            | TyKind::Option(inner)
            | TyKind::Maybe(inner) => self.unreadable_part(inner, seen),
            TyKind::Map(key, value) => self
                .unreadable_part(key, seen)
                .or_else(|| self.unreadable_part(value, seen)),
            TyKind::Tuple(items) | TyKind::Union(items) => items
                .iter()
                .find_map(|item| self.unreadable_part(*item, seen)),
            TyKind::Object(_) | TyKind::Struct(..) => {
                let fields = self.record_fields(ty).unwrap_or_default();
                fields
                    .iter()
                    .find_map(|field| self.unreadable_part(field.ty, seen))
            }
            _ => None,
        }
    }

    fn report_unreadable(&mut self, whole: Ty, part: Ty, span: Span) {
        let (shown, inner) = (self.show(whole), self.show(part));
        let what = match self.kind(part) {
            TyKind::Enum(..) => "an enum",
            TyKind::Result(..) => "a result",
            TyKind::Resource(_) => "a handle",
            TyKind::Dyn(..) => "a `dyn`",
            TyKind::Bytes => "bytes",
            TyKind::Range => "a range",
            TyKind::Error => "an error",
            _ => "a function",
        };
        let message = if self.shallow(whole) == part {
            format!("`{shown}` cannot be read from JSON: it is {what}")
        } else {
            format!("`{shown}` cannot be read from JSON: in it, `{inner}` is {what}")
        };
        let help = match self.kind(part) {
            TyKind::Enum(..) => {
                "read what the text holds, such as a `string`, and make the variant of it with `match`"
            }
            _ => "read it as a type of numbers, text, arrays, maps and records",
        };
        self.report(Diagnostic::error("E0212", span, message).help(help));
    }
}
