//! What is said where something is changed that may not change.

use crate::body::Name;
use crate::checker::Checker;
use crate::types::TyKind;
use shape_syntax::ast::Binding;
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    /// Reports an assignment to `name`, or to a part of it, at `target`.
    pub(crate) fn report_immutable(
        &mut self,
        name: &str,
        binding: Binding,
        declared: Span,
        target: Span,
    ) {
        let (code, what, help) = match binding {
            Binding::Const => {
                let help = "a const never changes; use `let mut`".to_owned();
                ("E0111", "const", help)
            }
            _ => ("E0110", "immutable", self.mutable_help(name)),
        };
        let message = format!("cannot assign to `{name}`: it is {what}");
        let mut diagnostic = Diagnostic::error(code, target, message).help(help);
        if declared != Span::default() {
            diagnostic = diagnostic.related(declared, "declared here");
        }
        self.report(diagnostic);
    }

    /// How to declare a variable or parameter of the body so that it may change.
    pub(crate) fn mutable_help(&self, name: &str) -> String {
        match self.body.find(name) {
            Some(Name::Local(var)) if self.params_at.contains(&var.span) => {
                format!("write `mut {name}` in the parameters")
            }
            _ => "declare it with `let mut`".to_owned(),
        }
    }

    /// Says why the field of `object` keeps its type, where an assignment that wants to change it has
    /// just been refused.
    pub(crate) fn note_shared(&mut self, object: &str, errors_before: usize) {
        let variable = match self.body.find(object) {
            Some(Name::Local(var)) => &self.body.locals[var.id.0 as usize],
            // In a session every variable of the top level is one.
            Some(Name::Global(var)) if self.carried.is_none() => &self.globals[var.id.0 as usize],
            _ => return,
        };
        let is_global = matches!(self.body.find(object), Some(Name::Global(_)));
        if (is_global || variable.boxed)
            && matches!(self.kind(variable.ty), TyKind::Object(_))
            && self.diags.len() == errors_before + 1
            && let Some(diagnostic) = self.diags.last_mut()
            && diagnostic.code == "E0201"
        {
            diagnostic.notes.push(format!(
                "a field may change its type only where no function or closure uses `{object}`, and one does"
            ));
        }
    }
}
