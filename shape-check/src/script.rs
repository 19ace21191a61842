//! The top level of the script, and of the modules that it imports.
//!
//! The element type of an empty literal comes from its first use. Where that stands after a place
//! that needs the type already (`best == None || w.len() > best.len()` in a loop that assigns `best`
//! at its end), the first pass reports what it does not know, but by its end it has found out. Then
//! everything is checked once more with what was learned.

use crate::body::Body;
use crate::checker::{Checked, Checker, without_repeats};
use crate::drops::Drops;
use crate::dynamic::Dyns;
use crate::instance::Instances;
use crate::modules::ModuleId;
use crate::program::{Expr, Func};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::ast::{ModDecl, Module};
use shape_syntax::{Diagnostic, Severity, Span};
use std::rc::Rc;

/// A module whose variable definitions and statements run before the script's own.
#[derive(Clone, Debug)]
pub(crate) enum Imported {
    /// `mod name { … }`
    Inline(Rc<ModDecl>),
    /// A file.
    File(Rc<Module>),
}

impl Imported {
    fn tree(&self) -> &Module {
        match self {
            Self::Inline(decl) => &decl.module,
            Self::File(tree) => tree,
        }
    }
}

/// How often a script is looked at before its errors are believed.
const MAX_PASSES: usize = 6;

/// What is known of the types that literals leave open.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    /// The variables made in this pass, by the place of the literal.
    made: Vec<(Span, Ty)>,
    /// What an earlier pass found them to be.
    learned: FxHashMap<Span, Ty>,
}

impl Checker<'_> {
    /// Checks the whole script; the top level becomes a function without parameters.
    pub(crate) fn script(&mut self, script: &Module) {
        self.collect(0, script);
        self.settle_impls();
        let collected = std::mem::take(&mut self.diags);
        let mut narrow_errors = None;
        for pass in 1..=MAX_PASSES {
            let (maps, wide) = (self.known_maps(), self.widened.len());
            self.pass(script);
            if !has_error(&self.diags) || pass == MAX_PASSES {
                break;
            }
            let errors = self.diags.len();
            if self.widened.len() > wide {
                narrow_errors = narrow_errors.or(Some(errors));
            }
            // Where a wider type has not helped, what is wrong is said about what was written.
            let in_vain =
                self.widened.len() == wide && narrow_errors.is_some_and(|before| errors >= before);
            if in_vain {
                self.widened.turn_off();
                narrow_errors = None;
            }
            let learned =
                self.learn_literals() | (self.known_maps() > maps) | (self.widened.len() > wide);
            if !learned && !in_vain {
                break;
            }
            self.restart();
        }
        self.diags.splice(0..0, collected);
    }

    pub(crate) fn pass(&mut self, script: &Module) {
        let span = script
            .body
            .first()
            .map_or(Span::default(), |stmt| stmt.span);
        let mut before = Vec::new();
        for (id, imported) in self.imported.clone() {
            before.extend(self.run_module(id, imported.tree()));
        }
        let value = self.stmts(&script.body, span, None, false);
        let value = self.settled_or_option(value);
        let ret = value.ty;
        let body = if before.is_empty() {
            value
        } else {
            self.sequence(before, value)
        };
        self.make_entries();
        self.check_read_types();
        self.check_unused();
        self.main = Some(Func {
            name: "main".into(),
            span,
            internal: false,
            locals: std::mem::take(&mut self.body.locals),
            params: 0,
            captures: 0,
            ret,
            body,
        });
    }

    /// The statements of a module, checked among its own names.
    fn run_module(&mut self, id: ModuleId, module: &Module) -> Vec<Expr> {
        let outer = std::mem::replace(&mut self.body.module, id);
        let scopes = std::mem::replace(&mut self.body.scopes, vec![FxHashMap::default()]);
        let statements = module.body.iter().filter_map(|stmt| self.stmt(stmt));
        let statements = statements.collect();
        self.body.scopes = scopes;
        self.body.module = outer;
        statements
    }

    /// A type that the literal at `span` leaves open.
    pub(crate) fn open_literal(&mut self, span: Span) -> Ty {
        let ty = self.fresh();
        if let Some(&learned) = self.literals.learned.get(&span) {
            self.unify(ty, learned);
        }
        self.literals.made.push((span, ty));
        ty
    }

    /// The literal that has left `ty` open.
    pub(crate) fn literal_of(&self, ty: Ty) -> Option<Span> {
        let mut made = self.literals.made.iter();
        made.find(|(_, own)| *own == ty).map(|(span, _)| *span)
    }

    /// Keeps what literals have turned out to be, if anything. A literal in a template may be
    /// something else in each instance, and then nothing is learned.
    pub(crate) fn learn_literals(&mut self) -> bool {
        let mut found: FxHashMap<Span, Option<Ty>> = FxHashMap::default();
        for (span, ty) in std::mem::take(&mut self.literals.made) {
            let ty = self.resolve(ty);
            let known = !self.is_open(ty) && !self.types.may_hold_closure(ty) && ty != Ty::WRONG;
            let ty = known.then_some(ty);
            found
                .entry(span)
                .and_modify(|own| *own = own.filter(|own| Some(*own) == ty))
                .or_insert(ty);
        }
        let learned = found.into_iter().filter_map(|(span, ty)| Some((span, ty?)));
        let learned: FxHashMap<Span, Ty> = learned
            .map(|(span, ty)| match ty {
                Ty::INT if self.has_numbers(span) => (span, Ty::NUMBER),
                _ => (span, ty),
            })
            .collect();
        let more = learned != self.literals.learned;
        self.literals.learned = learned;
        more
    }

    /// Forgets everything but names, declared types and what was learned.
    fn restart(&mut self) {
        self.diags.clear();
        self.instances = Instances::default();
        self.closures.clear();
        self.groups.clear();
        self.globals.clear();
        self.sigs.clear();
        self.dispatch.clear();
        self.dyns = Dyns::default();
        self.drops = Drops::default();
        self.type_args.clear();
        self.body = Body::new(0);
        for template in &mut self.templates {
            template.used = false;
        }
        let vars = self
            .modules
            .iter_mut()
            .flat_map(|module| module.vars.values_mut());
        vars.flatten().for_each(|var| var.var = None);
    }

    /// A look-up as the value of the whole script is shown as it is.
    fn settled_or_option(&mut self, value: Expr) -> Expr {
        match self.kind(value.ty) {
            TyKind::Maybe(inner) => {
                let ty = self.option(inner);
                Expr { ty, ..value }
            }
            _ => value,
        }
    }

    /// The finished program, unless there were errors.
    pub(crate) fn finish(mut self) -> Checked {
        let mut diagnostics = without_repeats(std::mem::take(&mut self.diags));
        diagnostics.sort_by_key(|d| d.span);
        let entry_errors = std::mem::take(&mut self.entry_errors);
        let program = match has_error(&diagnostics) || !entry_errors.is_empty() {
            true => None,
            false => self.build_program(),
        };
        Checked {
            program,
            diagnostics,
            entry_errors,
        }
    }
}

pub(crate) fn has_error(diags: &[Diagnostic]) -> bool {
    diags.iter().any(|d| d.severity == Severity::Error)
}
