//! `{}` in a variable that is then used as a map: it is an empty map.
//!
//! That is known only after the literal has been typed as an object without fields. The first pass
//! then fails, and the second knows better (see [`crate::script`]).

use crate::checker::Checker;
use crate::program::{Expr, ExprKind};
use crate::types::TyKind;
use rustc_hash::{FxHashMap, FxHashSet};
use shape_syntax::Span;
use shape_syntax::ast::{self, Binding, ExprKind as Ast, Let, PatKind};

/// The literals `{}` of the script.
#[derive(Debug, Default)]
pub(crate) struct EmptyLiterals {
    /// By variable, the literal that it starts with.
    of_variables: FxHashMap<Span, Span>,
    /// Those that are maps.
    maps: FxHashSet<Span>,
}

impl Checker<'_> {
    /// The value of `let mut m = {}` where it is a map.
    pub(crate) fn empty_map_of(&mut self, let_: &Let) -> Option<Expr> {
        let PatKind::Bind(name, _) = &let_.pat.kind else {
            return None;
        };
        let span = let_.init.span;
        let plain = let_.ty.is_none() && let_.binding == Binding::Mut;
        if !plain || !matches!(&let_.init.kind, Ast::Object(fields) if fields.is_empty()) {
            return None;
        }
        if !self.empty_literals.maps.contains(&span) {
            self.empty_literals.of_variables.insert(name.span, span);
            return None;
        }
        let (key, value) = (self.open_literal(span), self.open_literal(name.span));
        let ty = self.types.intern(TyKind::Map(key, value));
        let kind = ExprKind::EmptyMap;
        Some(Expr { kind, ty, span })
    }

    /// Notes that `base` is used as a map, where it is a variable that starts with `{}`.
    pub(crate) fn used_as_map(&mut self, base: &ast::Expr) {
        let Ast::Path(path) = &base.kind else {
            return;
        };
        let [name] = &path.segments[..] else {
            return;
        };
        if let Some((ty, declared)) = self.variable_type(name)
            && matches!(self.kind(ty), TyKind::Object(fields) if fields.is_empty())
            && let Some(literal) = self.empty_literals.of_variables.get(&declared)
        {
            self.empty_literals.maps.insert(*literal);
        }
    }

    /// How many literals are known to be maps.
    pub(crate) fn known_maps(&self) -> usize {
        self.empty_literals.maps.len()
    }
}
