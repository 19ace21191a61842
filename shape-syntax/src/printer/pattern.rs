//! Patterns as text.

use super::Printer;
use crate::ast::{Ident, Pat, PatKind};

impl Printer {
    /// A pattern where alternatives and types are allowed.
    pub(super) fn pattern(&mut self, pat: &Pat) {
        crate::deep(|| self.pattern_kind(&pat.kind));
    }

    /// A pattern where they need parentheses.
    pub(super) fn single_pattern(&mut self, pat: &Pat) {
        if matches!(pat.kind, PatKind::Or(_) | PatKind::Typed(..)) {
            self.parens(|printer| printer.pattern(pat));
        } else {
            self.pattern(pat);
        }
    }

    fn pattern_kind(&mut self, kind: &PatKind) {
        match kind {
            PatKind::Wild => self.push("_"),
            PatKind::Bind(name, mutable) => {
                self.push(if *mutable { "mut " } else { "" });
                self.push(&name.name);
            }
            PatKind::Typed(inner, ty) => {
                self.single_pattern(inner);
                self.push(": ");
                self.ty_before_arrow(ty);
            }
            PatKind::Lit(lit) => self.literal(lit),
            PatKind::Range(low, high, inclusive) => {
                self.literal(low);
                self.push(if *inclusive { "..=" } else { ".." });
                self.literal(high);
            }
            PatKind::Array(before, rest, after) => self.array_pattern(before, rest, after),
            PatKind::Object(fields) => self.pattern_fields(fields),
            PatKind::Variant(path, args) => {
                self.path(path);
                if !args.is_empty() {
                    self.push("(");
                    self.list(args, Self::pattern);
                    self.push(")");
                }
            }
            PatKind::Struct(path, fields) => {
                self.path(path);
                self.push(" ");
                self.pattern_fields(fields);
            }
            PatKind::Or(alternatives) => {
                for (index, pat) in alternatives.iter().enumerate() {
                    if index > 0 {
                        self.push(" | ");
                    }
                    self.single_pattern(pat);
                }
            }
            PatKind::At(name, inner) => {
                self.push(&name.name);
                self.push(" @ ");
                self.single_pattern(inner);
            }
            PatKind::Error => self.push("<error>"),
        }
    }

    fn array_pattern(&mut self, before: &[Pat], rest: &Option<Option<Ident>>, after: &[Pat]) {
        self.push("[");
        self.list(before, Self::pattern);
        if let Some(name) = rest {
            self.push(if before.is_empty() { "..." } else { ", ..." });
            self.push(name.as_ref().map_or("", |name| &name.name));
            self.push(if after.is_empty() { "" } else { ", " });
        }
        self.list(after, Self::pattern);
        self.push("]");
    }

    fn pattern_fields(&mut self, fields: &[(Ident, Pat)]) {
        if fields.is_empty() {
            return self.push("{}");
        }
        self.push("{ ");
        self.list(fields, |printer, (name, pat)| match &pat.kind {
            PatKind::Bind(bound, mutable) if bound.name == name.name => {
                printer.push(if *mutable { "mut " } else { "" });
                printer.push(&name.name);
            }
            _ => {
                printer.field_name(name);
                printer.push(": ");
                printer.single_pattern(pat);
            }
        });
        self.push(" }");
    }
}
