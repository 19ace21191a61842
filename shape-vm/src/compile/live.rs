//! The reads after which a variable is not used any more.
//!
//! Such a read moves the value out of its register. In `xs = f(xs)` the callee then holds the only
//! reference and changes the array in place. The pass goes backwards over the tree with the set of
//! variables that are still to be read.
//!
//! Variables that may hold a resource of the host are left alone: a script can see when those are
//! dropped, and that is at the end of their scope.

use super::scope::Scopes;
use super::tables::Tables;
use super::walk::bindings;
use rustc_hash::{FxHashMap, FxHashSet};
use shape_check::program::{Arm, Expr, ExprKind, Func, LocalId, LoopId, Pat, Place, Root, Step};
use shape_check::{Repr, Ty, TyKind};

/// The [`ExprKind::Local`] and [`ExprKind::Capture`] nodes that are last uses, and the patterns of
/// arms that are, by address.
#[derive(Default)]
pub(super) struct LastUses(FxHashSet<usize>);

impl LastUses {
    pub(super) fn of(func: &Func, scopes: &Scopes, tables: &Tables<'_>) -> Self {
        let movable: Vec<bool> = func
            .locals
            .iter()
            .map(|local| !local.boxed && is_movable(tables, local.ty))
            .collect();
        if !movable.contains(&true) {
            return Self::default();
        }
        let mut pass = Pass {
            scopes,
            pinned: vec![0; movable.len()],
            live: Set::empty(movable.len()),
            movable,
            loops: FxHashMap::default(),
            found: FxHashSet::default(),
        };
        pass.expr(&func.body);
        Self(pass.found)
    }

    /// Whether `e` is the last use of its variable.
    pub(super) fn contains(&self, e: &Expr) -> bool {
        self.0.contains(&address(e))
    }

    /// Whether the variable of a match is not used any more when this pattern, that of an arm
    /// without a guard, has matched.
    pub(super) fn contains_pattern(&self, pat: &Pat) -> bool {
        self.0.contains(&address(pat))
    }
}

fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node).addr()
}

fn is_movable(tables: &Tables<'_>, ty: Ty) -> bool {
    tables.repr(ty) == Repr::Value && (tables.plain || is_plain(tables, ty))
}

/// Whether values of the type hold no resource, as far as the type says.
fn is_plain(tables: &Tables<'_>, ty: Ty) -> bool {
    if tables.program.types.alias(ty).is_some() {
        return false;
    }
    match tables.kind(ty) {
        TyKind::Unit
        | TyKind::Bool
        | TyKind::Int
        | TyKind::Number
        | TyKind::Char
        | TyKind::Duration
        | TyKind::String
        | TyKind::Bytes
        | TyKind::Range
        | TyKind::Json => true,
        TyKind::Array(t) | TyKind::Set(t) | TyKind::Option(t) | TyKind::Maybe(t) => {
            is_plain(tables, *t)
        }
        TyKind::Map(a, b) | TyKind::Result(a, b) => is_plain(tables, *a) && is_plain(tables, *b),
        TyKind::Tuple(items) | TyKind::Union(items) => items.iter().all(|t| is_plain(tables, *t)),
        TyKind::Object(fields) => fields.iter().all(|field| is_plain(tables, field.ty)),
        _ => false,
    }
}

/// A set of variables.
#[derive(Clone)]
struct Set(Vec<u64>);

impl Set {
    fn empty(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn insert(&mut self, id: LocalId) {
        self.0[id.0 as usize / 64] |= 1 << (id.0 % 64);
    }

    fn remove(&mut self, id: LocalId) {
        self.0[id.0 as usize / 64] &= !(1 << (id.0 % 64));
    }

    fn contains(&self, id: LocalId) -> bool {
        self.0[id.0 as usize / 64] >> (id.0 % 64) & 1 == 1
    }

    fn add(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let bits = |(word, bits): (usize, &u64)| {
            let bits = *bits;
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}

struct Pass<'a> {
    scopes: &'a Scopes,
    movable: Vec<bool>,
    /// How many `try` around the current place have the variable live behind them: an error may get
    /// there from anywhere inside.
    pinned: Vec<u32>,
    /// What is read after the current place.
    live: Set,
    /// What is live where `break` and `continue` go.
    loops: FxHashMap<LoopId, (Set, Set)>,
    found: FxHashSet<usize>,
}

impl Pass<'_> {
    fn expr(&mut self, e: &Expr) {
        shape_syntax::deep(|| self.expr_inner(e));
    }

    fn expr_inner(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Local(id) | ExprKind::Capture(id) => self.read(e, *id),
            ExprKind::Init(id, value) | ExprKind::SetLocal(id, value) => {
                self.live.remove(*id);
                self.expr(value);
            }
            ExprKind::SetPlace(place, value) => {
                self.root(place);
                self.expr(value);
                self.steps(place);
            }
            ExprKind::Lend(place, _, value, body) => {
                self.root(place);
                self.expr(body);
                self.expr(value);
                self.steps(place);
            }
            ExprKind::MutateHost(_, place, args) => {
                self.root(place);
                args.iter().rev().for_each(|arg| self.expr(arg));
                self.steps(place);
            }
            ExprKind::If(c, a, b) => {
                let after = self.live.clone();
                self.expr(a);
                let then = std::mem::replace(&mut self.live, after);
                b.iter().for_each(|b| self.expr(b));
                self.live.add(&then);
                self.expr(c);
            }
            ExprKind::Loop(id, body) => self.loops(e, *id, |this| this.expr(body)),
            ExprKind::While(id, c, body) => {
                let after = self.live.clone();
                self.loops(e, *id, |this| {
                    this.expr(body);
                    this.live.add(&after);
                    this.expr(c);
                });
            }
            ExprKind::ForRange(id, var, a, b, _, body) => {
                self.for_each(e, *id, *var, body);
                self.expr(b);
                self.expr(a);
            }
            ExprKind::ForArray(id, var, array, body) => {
                self.for_each(e, *id, *var, body);
                self.expr(array);
            }
            ExprKind::Break(id, value) => {
                if let Some((_, exit)) = self.loops.get(id) {
                    self.live = exit.clone();
                }
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::Continue(id) => {
                if let Some((head, _)) = self.loops.get(id) {
                    self.live = head.clone();
                }
            }
            ExprKind::Return(value) => {
                self.live = Set::empty(self.movable.len());
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::Match(var, scrutinee, arms) => {
                self.arms(*var, arms);
                self.live.remove(*var);
                self.expr(scrutinee);
            }
            ExprKind::Destructure(pat, value) => {
                bindings(pat, &mut |id| self.live.remove(id));
                self.expr(value);
            }
            ExprKind::Try(body) => {
                let after = self.live.clone();
                after.iter().for_each(|id| self.pin(id, 1));
                self.expr(body);
                after.iter().for_each(|id| self.pin(id, -1));
                self.live.add(&after);
            }
            _ => self.operands(e),
        }
    }

    fn operands(&mut self, e: &Expr) {
        let mut operands = Vec::new();
        super::walk::children(e, &mut |child| operands.push(child));
        operands
            .into_iter()
            .rev()
            .for_each(|child| self.expr(child));
    }

    fn read(&mut self, e: &Expr, id: LocalId) {
        let index = id.0 as usize;
        if self.movable[index] && !self.live.contains(id) && self.pinned[index] == 0 {
            self.found.insert(address(e));
        }
        self.live.insert(id);
    }

    fn pin(&mut self, index: usize, by: i32) {
        if let Some(pinned) = self.pinned.get_mut(index) {
            *pinned = pinned.saturating_add_signed(by);
        }
    }

    fn root(&mut self, place: &Place) {
        if let Root::Local(id) = place.root {
            self.live.insert(id);
        }
    }

    fn steps(&mut self, place: &Place) {
        for step in place.steps.iter().rev() {
            match step {
                Step::Field(_) => {}
                Step::Index(e) | Step::Key(e) => self.expr(e),
            }
        }
    }

    /// At its head, a loop may need whatever it uses of the variables around it: an approximation
    /// that saves going over nested loops again and again.
    fn loops(&mut self, e: &Expr, id: LoopId, round: impl FnOnce(&mut Self)) {
        let exit = self.live.clone();
        for used in self.scopes.used_by_loop(e) {
            self.live.insert(used);
        }
        let head = self.live.clone();
        self.loops.insert(id, (head.clone(), exit));
        round(self);
        self.live.add(&head);
    }

    fn for_each(&mut self, e: &Expr, id: LoopId, var: LocalId, body: &Expr) {
        self.loops(e, id, |this| {
            this.expr(body);
            this.live.remove(var);
        });
    }

    fn arms(&mut self, var: LocalId, arms: &[Arm]) {
        let after = self.live.clone();
        let mut next_arm = Set::empty(self.movable.len());
        for arm in arms.iter().rev() {
            self.live = after.clone();
            self.expr(&arm.body);
            let index = var.0 as usize;
            if self.movable[index] && !self.live.contains(var) && self.pinned[index] == 0 {
                self.found.insert(address(&arm.pat));
            }
            if let Some(guard) = &arm.guard {
                self.live.add(&next_arm);
                self.live.insert(var);
                self.expr(guard);
            }
            bindings(&arm.pat, &mut |id| self.live.remove(id));
            self.live.insert(var);
            next_arm.add(&self.live);
        }
        self.live = next_arm;
    }
}
