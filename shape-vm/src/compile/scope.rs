//! Which block each variable belongs to.
//!
//! A variable gets its register when the smallest block is entered that holds all its uses, and
//! loses it at the end of that block. Where the first use is an `Init` that is a statement of that
//! very block, it gets the register there, so that its first value is computed in place.

use super::walk::{assigned, bindings};
use rustc_hash::FxHashMap;
use shape_check::program::{Expr, ExprKind, Func, LocalId};

/// A scope; 0 is the function's own.
pub(super) type ScopeId = usize;

/// What [`Scopes::of`] finds out about a function.
pub(super) struct Scopes {
    /// By variable: its scope.
    pub(super) home: Vec<ScopeId>,
    /// By variable: whether it is assigned other than by its `Init`.
    pub(super) assigned: Vec<bool>,
    /// By scope: the variables that get a register when it is entered.
    pub(super) early: Vec<Vec<LocalId>>,
    /// By address of the expression that opens it, or of the pattern of the arm.
    ids: FxHashMap<usize, ScopeId>,
    /// By scope: the number of the last scope inside it.
    last_inside: Vec<ScopeId>,
    /// By address of a loop: the variables used in it, with repeats, as a range of `uses`.
    loops: FxHashMap<usize, (usize, usize)>,
    uses: Vec<LocalId>,
}

impl Scopes {
    pub(super) fn of(func: &Func) -> Self {
        let mut finder = Finder {
            home: vec![None; func.locals.len()],
            init_in: vec![None; func.locals.len()],
            assigned: vec![false; func.locals.len()],
            parents: vec![0],
            last_inside: vec![0],
            ids: FxHashMap::default(),
            loops: FxHashMap::default(),
            uses: Vec::new(),
            current: 0,
        };
        for param in 0..func.params {
            finder.touch(LocalId(param));
        }
        finder.expr(&func.body, None);
        finder.last_inside[0] = finder.parents.len() - 1;
        finder.finish()
    }

    /// The scope that `opener` opens.
    pub(super) fn opened_by<T>(&self, opener: &T) -> ScopeId {
        self.ids.get(&address(opener)).copied().unwrap_or(0)
    }

    /// The variables from outside of the loop `e` that are used in it.
    pub(super) fn used_by_loop(&self, e: &Expr) -> impl Iterator<Item = LocalId> {
        let (start, end) = self.loops.get(&address(e)).copied().unwrap_or((0, 0));
        let scope = self.opened_by(e);
        let inside = scope..=self.last_inside[scope];
        let outside = move |id: &&LocalId| !inside.contains(&self.home[id.0 as usize]);
        self.uses[start..end].iter().filter(outside).copied()
    }
}

fn address<T>(thing: &T) -> usize {
    std::ptr::from_ref(thing).addr()
}

struct Finder {
    home: Vec<Option<ScopeId>>,
    /// The scope of which the `Init` that is the first use is a statement.
    init_in: Vec<Option<ScopeId>>,
    assigned: Vec<bool>,
    parents: Vec<ScopeId>,
    last_inside: Vec<ScopeId>,
    ids: FxHashMap<usize, ScopeId>,
    loops: FxHashMap<usize, (usize, usize)>,
    uses: Vec<LocalId>,
    current: ScopeId,
}

impl Finder {
    fn finish(self) -> Scopes {
        let home: Vec<ScopeId> = self.home.iter().map(|home| home.unwrap_or(0)).collect();
        let late: Vec<bool> = home
            .iter()
            .zip(&self.init_in)
            .map(|(h, i)| *i == Some(*h))
            .collect();
        let mut early = vec![Vec::new(); self.parents.len()];
        for (index, scope) in home.iter().enumerate() {
            if !late[index] && self.home[index].is_some() {
                early[*scope].push(LocalId(super::tables::index32(index)));
            }
        }
        Scopes {
            home,
            assigned: self.assigned,
            early,
            ids: self.ids,
            last_inside: self.last_inside,
            loops: self.loops,
            uses: self.uses,
        }
    }

    fn open<T>(&mut self, opener: &T, inside: impl FnOnce(&mut Self)) {
        let outer = self.current;
        self.parents.push(outer);
        self.last_inside.push(0);
        self.current = self.parents.len() - 1;
        let scope = self.current;
        self.ids.insert(address(opener), scope);
        inside(self);
        self.last_inside[scope] = self.parents.len() - 1;
        self.current = outer;
    }

    fn touch(&mut self, id: LocalId) {
        self.uses.push(id);
        let mut a = self.current;
        if let Some(mut b) = self.home[id.0 as usize] {
            // A scope's number is larger than those of the scopes around it.
            while a != b {
                let deeper = if a > b { &mut a } else { &mut b };
                *deeper = self.parents[*deeper];
            }
        }
        self.home[id.0 as usize] = Some(a);
    }

    fn expr(&mut self, e: &Expr, statement_of: Option<ScopeId>) {
        shape_syntax::deep(|| self.expr_inner(e, statement_of));
    }

    fn expr_inner(&mut self, e: &Expr, statement_of: Option<ScopeId>) {
        match &e.kind {
            ExprKind::Local(id) | ExprKind::Capture(id) => self.touch(*id),
            ExprKind::Init(id, value) => {
                if self.home[id.0 as usize].is_none() {
                    self.init_in[id.0 as usize] = statement_of;
                } else {
                    self.assigned[id.0 as usize] = true;
                }
                self.touch(*id);
                self.expr(value, None);
            }
            ExprKind::Block(stmts, value) => self.open(e, |this| {
                let scope = this.current;
                stmts.iter().for_each(|stmt| this.expr(stmt, Some(scope)));
                value.iter().for_each(|value| this.expr(value, None));
            }),
            ExprKind::Loop(..) | ExprKind::While(..) => self.loops(e, |this| this.operands(e)),
            ExprKind::ForRange(_, id, a, b, _, body) => {
                self.expr(a, None);
                self.expr(b, None);
                self.loops(e, |this| {
                    this.touch(*id);
                    this.expr(body, None);
                });
            }
            ExprKind::ForArray(_, id, array, body) => {
                self.expr(array, None);
                self.loops(e, |this| {
                    this.touch(*id);
                    this.expr(body, None);
                });
            }
            ExprKind::Match(id, scrutinee, arms) => self.open(e, |this| {
                this.touch(*id);
                this.expr(scrutinee, None);
                for arm in arms {
                    // The arm itself may have the address of its body.
                    this.open(&arm.pat, |this| {
                        bindings(&arm.pat, &mut |id| this.touch(id));
                        arm.guard.iter().for_each(|guard| this.expr(guard, None));
                        this.expr(&arm.body, None);
                    });
                }
            }),
            ExprKind::Lend(_, cell, ..) => self.open(e, |this| {
                this.touch(*cell);
                this.operands(e);
            }),
            ExprKind::Destructure(pat, value) => {
                self.expr(value, None);
                bindings(pat, &mut |id| self.touch(id));
            }
            _ => self.operands(e),
        }
        if !matches!(e.kind, ExprKind::Init(..))
            && let Some(id) = assigned(e)
        {
            self.touch(id);
            self.assigned[id.0 as usize] = true;
        }
    }

    fn loops(&mut self, e: &Expr, inside: impl FnOnce(&mut Self)) {
        let start = self.uses.len();
        self.open(e, inside);
        self.loops.insert(address(e), (start, self.uses.len()));
    }

    fn operands(&mut self, e: &Expr) {
        super::walk::children(e, &mut |child| self.expr(child, None));
    }
}
