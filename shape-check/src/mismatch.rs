//! What is said where a value has not got the type that is wanted.

use crate::body::Name;
use crate::checker::Checker;
use crate::program::{Expr, ExprKind};
use crate::types::{Ty, TyKind};
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    /// `value` as a `to`, like [`Checker::coerce`]; what is reported shows where `to` was declared.
    pub(crate) fn coerce_declared(
        &mut self,
        value: Expr,
        to: Ty,
        what: &str,
        declared: Option<Span>,
    ) -> Expr {
        let before = self.diags.len();
        let value = self.coerce(value, to, what);
        if let Some(declared) = declared
            && self.diags.len() == before + 1
            && let Some(diagnostic) = self.diags.last_mut()
            && diagnostic.code == "E0201"
        {
            let text = "it is declared here";
            diagnostic.related.push((declared, text.to_owned()));
        }
        value
    }

    /// Reports that `value` is no `to`: the part of it that does not fit, and where that has its type
    /// from.
    pub(crate) fn mismatch(&mut self, value: &Expr, to: Ty, what: &str) {
        let value = self.misfit(value, to);
        let (found, expected) = (self.show(value.ty), self.show(to));
        let mut message = format!("expected `{expected}`, found `{found}`");
        if !what.is_empty() {
            message = format!("{what}: {message}");
        }
        let mut diagnostic =
            Diagnostic::error("E0201", value.span, message).label(format!("this is `{found}`"));
        if let Some((name, declared)) = self.variable_of(&value) {
            let text = format!("`{name}` has its type from here");
            diagnostic = diagnostic.related(declared, text);
        }
        diagnostic.help = self.conversion_help(value.ty, to);
        self.report(diagnostic);
    }

    /// The part of a value that keeps it from being a `to`: one branch of several, for example.
    fn misfit(&mut self, value: &Expr, to: Ty) -> Expr {
        let parts: Vec<&Expr> = match &value.kind {
            ExprKind::Block(_, Some(last)) => vec![last],
            ExprKind::Box(inner) => vec![inner],
            ExprKind::If(_, a, Some(b)) => vec![a, b],
            ExprKind::Match(_, _, arms) => arms.iter().map(|arm| &arm.body).collect(),
            _ => Vec::new(),
        };
        for part in parts {
            let inner = match &part.kind {
                ExprKind::Box(inner) => inner,
                _ => part,
            };
            if part.span != Span::default() && self.how(inner.ty, to).is_none() {
                return self.misfit(inner, to);
            }
        }
        value.clone()
    }

    /// The variable that a value is, and where it is declared.
    fn variable_of(&self, value: &Expr) -> Option<(std::rc::Rc<str>, Span)> {
        let names = self.body.scopes.iter().flatten();
        let declared = names.filter_map(|(name, what)| match (what, &value.kind) {
            (Name::Local(var), ExprKind::Local(id)) if var.id == *id => Some((name, var.span)),
            (Name::Global(var), ExprKind::Global(id)) if var.id == *id => Some((name, var.span)),
            _ => None,
        });
        let mut declared = declared.filter(|(_, span)| *span != Span::default());
        declared.next().map(|(name, span)| (name.clone(), span))
    }

    fn conversion_help(&self, from: Ty, to: Ty) -> Option<String> {
        let help = match (self.kind(from), self.kind(to)) {
            (TyKind::Option(_), _) => "give a value for `None`: `… ?? default`, or use `.unwrap()`",
            (TyKind::Result(..), _) => "take the value out: `…?`, or use `.unwrap()`",
            (TyKind::Int | TyKind::Number, TyKind::Duration) => "give it a unit: `5s`, `250ms`",
            (_, TyKind::Option(inner)) => return self.conversion_help(from, inner),
            (_, TyKind::Dyn(id, _)) => {
                let name = &self.traits.list[id as usize].decl.name.name;
                return Some(format!("add `impl {name} for {} {{ … }}`", self.show(from)));
            }
            (_, TyKind::String) => "turn it into text: `to_string(…)`",
            (TyKind::Number, TyKind::Int) => {
                "turn it into an int: `….to_int()`, `round(…)` or `floor(…)`"
            }
            (TyKind::String, TyKind::Int) => "read it as an int: `to_int(…)` gives `int?`",
            (TyKind::String, TyKind::Number) => {
                "read it as a number: `to_number(…)` gives `number?`"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}
