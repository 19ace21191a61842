//! `let mut sum = 0` that is given a `number` later: it is a `number` from the start.
//!
//! That is known only when the assignment is met. The pass then fails, and the next one knows better
//! (see [`crate::script`]). A variable of a template is widened in the instances that need it.

use crate::checker::Checker;
use crate::infer::parts;
use crate::program::{Expr, Place, Root};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashSet;
use shape_syntax::Span;
use shape_syntax::ast::{Binding, Let, PatKind};
use std::rc::Rc;

/// The argument types of the instance that declares a variable; `None` stands for all instances.
type Owner = Option<Rc<[Ty]>>;

/// The variables that are to be of type `number`.
#[derive(Debug, Default)]
pub(crate) struct Widened {
    variables: FxHashSet<(Span, Owner)>,
    /// Empty literals whose elements are numbers.
    literals: FxHashSet<Span>,
    /// Set where a number was found among ints.
    met: bool,
    /// Set when it did not help.
    off: bool,
}

impl Widened {
    /// How much is known.
    pub(crate) fn len(&self) -> usize {
        self.variables.len() + self.literals.len()
    }

    /// Forgets all, and learns nothing more.
    pub(crate) fn turn_off(&mut self) {
        *self = Self {
            off: true,
            ..Self::default()
        };
    }
}

impl Checker<'_> {
    /// Notes that a value of type `given` is assigned to a place.
    pub(crate) fn note_width(&mut self, place: &Place, given: Ty) {
        let wide = self.is_number(given) && self.shallow(place.ty) == Ty::INT;
        if !wide || self.widened.off {
            return;
        }
        if !place.steps.is_empty() {
            let literal = self.literal_of(place.ty);
            self.widened.literals.extend(literal);
            return;
        }
        if let Some(declared) = self.declared_at(place.root) {
            let own = matches!(place.root, Root::Local(id) if id.0 >= self.body.captured);
            let owner = own.then(|| Rc::clone(&self.body.owner));
            self.widened.variables.insert((declared, owner));
        }
    }

    /// Notes that a value of type `given` stands where a `wanted` is, and does not fit.
    pub(crate) fn note_misfit(&mut self, given: Ty, wanted: Ty) {
        self.widened.met |= self.is_number(given) && self.shallow(wanted) == Ty::INT;
    }

    /// Runs `f`, which changes a collection of type `ty`. Where it puts numbers among ints, the
    /// literal that the collection started with is noted.
    pub(crate) fn noting_elements<R>(&mut self, ty: Ty, f: impl FnOnce(&mut Self) -> R) -> R {
        let outer = std::mem::take(&mut self.widened.met);
        let result = f(self);
        let met = std::mem::replace(&mut self.widened.met, outer);
        if met && !self.widened.off {
            let mut elements = Vec::new();
            parts(&self.kind(ty), &mut |part| elements.push(part));
            let literals = elements
                .into_iter()
                .filter_map(|part| self.literal_of(part));
            let literals: Vec<Span> = literals.collect();
            self.widened.literals.extend(literals);
        }
        result
    }

    fn is_number(&self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Number => true,
            TyKind::Maybe(inner) => self.shallow(inner) == Ty::NUMBER,
            _ => false,
        }
    }

    /// The first value of a variable, as a `number` where it is to be one.
    pub(crate) fn widened(&mut self, let_: &Let, value: Expr) -> Expr {
        let PatKind::Bind(name, _) = &let_.pat.kind else {
            return value;
        };
        if let_.binding != Binding::Mut || self.shallow(value.ty) != Ty::INT {
            return value;
        }
        let known = &self.widened.variables;
        let own = (name.span, Some(Rc::clone(&self.body.owner)));
        if known.contains(&own) || known.contains(&(name.span, None)) {
            return self.coerce(value, Ty::NUMBER, "the value");
        }
        value
    }

    /// Whether the elements of the empty literal at `span` are numbers.
    pub(crate) fn has_numbers(&self, span: Span) -> bool {
        self.widened.literals.contains(&span)
    }

    fn declared_at(&self, root: Root) -> Option<Span> {
        use crate::body::Name;
        let local = self.body.scopes.iter().flat_map(|scope| scope.values());
        let local = local.filter_map(|name| match (name, root) {
            (Name::Local(var), Root::Local(id)) if var.id == id => Some(var.span),
            _ => None,
        });
        let vars = self.modules.iter().flat_map(|module| module.vars.values());
        let global = vars.flatten().filter_map(|var| match (var.var, root) {
            (Some(own), Root::Global(id)) if own.id == id => Some(var.declared),
            _ => None,
        });
        local.chain(global).find(|span| *span != Span::default())
    }
}
