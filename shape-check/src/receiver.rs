//! Which methods change `self`.
//!
//! A method that assigns to `self` or to a part of it gives the changed value back to where it was
//! called. So does one that has another method do that: `self.items.push(x)`. It is decided by the
//! text alone, before any type is known.

use rustc_hash::FxHashMap;
use shape_syntax::ast::*;
use std::rc::Rc;

/// Whether a method changes its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    No,
    /// It may, through a method whose value it uses.
    May,
    /// It is there to do so.
    Does,
}

/// What is known of methods by their name alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known {
    /// A method of a collection that gives the changed collection.
    GivesAll,
    /// The same for one that only puts it in order, which is as often used for its value.
    GivesOrder,
    /// A method of a collection that gives what it took out.
    GivesPart,
    /// A method of the script.
    Own(Change),
}

/// Where a value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Dropped,
    Returned,
    Used,
}

struct Scan<'a> {
    known: &'a FxHashMap<Rc<str>, Known>,
    found: Change,
}

/// Whether `decl` changes its `self`, where methods of other names do what `known` says.
pub(crate) fn change(decl: &FnDecl, known: &FxHashMap<Rc<str>, Known>) -> Change {
    let mut scan = Scan {
        known,
        found: Change::No,
    };
    scan.expr(&decl.body, Place::Returned);
    scan.found
}

fn is_self(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Path(path)
        if path.segments.len() == 1 && &*path.segments[0].name == "self")
}

/// Whether `expr` is `self` or a part of it that can be assigned to.
fn starts_at_self(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Field(base, _, false) | ExprKind::Index(base, _) => starts_at_self(base),
        _ => is_self(expr),
    }
}

impl Scan<'_> {
    fn note(&mut self, change: Change) {
        self.found = self.found.max(change);
    }

    fn target(&mut self, target: &Expr) {
        if starts_at_self(target) {
            self.note(Change::Does);
        } else if let ExprKind::Array(items) = &target.kind {
            for item in items {
                let (Element::Item(item) | Element::Spread(item)) = item;
                self.target(item);
            }
        }
    }

    fn method(&mut self, base: &Expr, name: &Ident, place: Place) {
        if !starts_at_self(base) {
            return;
        }
        let dropped = place == Place::Dropped;
        match self.known.get(&name.name) {
            None | Some(Known::Own(Change::No)) => {}
            Some(Known::Own(Change::Does)) => self.note(Change::Does),
            Some(_) if dropped => self.note(Change::Does),
            Some(Known::Own(Change::May) | Known::GivesPart) => self.note(Change::May),
            Some(Known::GivesAll) if place == Place::Returned => self.note(Change::May),
            Some(Known::GivesOrder) if place == Place::Returned && !is_self(base) => {
                self.note(Change::May);
            }
            Some(Known::GivesAll | Known::GivesOrder) => {}
        }
    }

    fn stmts(&mut self, stmts: &[Stmt], place: Place) {
        for (at, stmt) in stmts.iter().enumerate() {
            let last = at + 1 == stmts.len();
            match &stmt.kind {
                StmtKind::Let(binding) => self.expr(&binding.init, Place::Used),
                StmtKind::Expr(expr) => {
                    self.expr(expr, if last { place } else { Place::Dropped });
                }
                StmtKind::Fn(decl) => self.expr(&decl.body, Place::Returned),
                _ => {}
            }
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs
            .into_iter()
            .for_each(|expr| self.expr(expr, Place::Used));
    }

    fn fields(&mut self, fields: &[ObjectField]) {
        self.all(fields.iter().map(|field| match field {
            ObjectField::Field(_, value) | ObjectField::Spread(value) => value,
        }));
    }

    fn expr(&mut self, expr: &Expr, place: Place) {
        shape_syntax::deep(|| self.expr_inner(expr, place));
    }

    fn expr_inner(&mut self, expr: &Expr, place: Place) {
        use ExprKind as K;
        match &expr.kind {
            K::Lit(_) | K::Path(_) | K::Continue | K::Error => {}
            K::Interp(parts) => self.all(parts.iter().filter_map(|part| match part {
                InterpPart::Expr(inner, _) => Some(&**inner),
                InterpPart::Text(_) => None,
            })),
            K::Array(items) => self.all(items.iter().map(|item| match item {
                Element::Item(e) | Element::Spread(e) => e,
            })),
            K::Comprehension(body, clauses) => {
                self.all(clauses.iter().map(|clause| match clause {
                    CompClause::For(_, source) => source,
                    CompClause::If(cond) => cond,
                }));
                self.expr(body, Place::Used);
            }
            K::Object(fields) | K::Struct(_, fields) => self.fields(fields),
            K::Unary(_, a)
            | K::Field(a, ..)
            | K::Question(a)
            | K::Try(a)
            | K::Cast(a, _)
            | K::Ref(a) => self.expr(a, Place::Used),
            K::Assign(_, target, value) => {
                self.target(target);
                self.all([&**target, &**value]);
            }
            K::Binary(_, _, a, b) | K::Index(a, b) => self.all([&**a, &**b]),
            K::Ternary(c, a, b) => {
                self.expr(c, Place::Used);
                self.expr(a, place);
                self.expr(b, place);
            }
            K::If(c, a, b) => {
                self.expr(c, Place::Used);
                self.expr(a, place);
                b.iter().for_each(|b| self.expr(b, place));
            }
            K::Range(a, b, _) => self.all(a.iter().chain(b).map(|e| &**e)),
            K::MethodCall(base, name, args, _) => {
                self.method(base, name, place);
                self.expr(base, Place::Used);
                self.all(args.iter().map(|arg| &arg.value));
            }
            K::Call(callee, args) => {
                self.expr(callee, Place::Used);
                self.all(args.iter().map(|arg| &arg.value));
            }
            K::Match(value, arms) => {
                self.expr(value, Place::Used);
                for arm in arms {
                    self.all(&arm.guard);
                    self.expr(&arm.body, place);
                }
            }
            K::Loop(body) => self.expr(body, Place::Dropped),
            K::While(a, body) | K::For(_, a, body) => {
                self.expr(a, Place::Used);
                self.expr(body, Place::Dropped);
            }
            K::Block(block) => self.stmts(&block.stmts, place),
            K::Break(value) => self.all(value.iter().map(|e| &**e)),
            K::Return(value) => value
                .iter()
                .for_each(|value| self.expr(value, Place::Returned)),
            K::Closure(decl) => self.expr(&decl.body, Place::Returned),
        }
    }
}
