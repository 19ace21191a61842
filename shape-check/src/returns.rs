//! What a body returns, changed after the body has been checked.

use crate::program::{Expr, ExprKind, Place, Step};

/// Replaces each value that `expr` returns early.
pub(crate) fn map_returns(expr: &mut Expr, f: &dyn Fn(Expr) -> Expr) {
    shape_syntax::deep(|| {
        if let ExprKind::Return(Some(value)) = &mut expr.kind {
            map_returns(value, f);
            let inner = take(value);
            **value = match inner.ty {
                crate::types::Ty::NEVER => inner,
                _ => f(inner),
            };
            return;
        }
        each_part(expr, &mut |part| map_returns(part, f));
    });
}

fn take(expr: &mut Expr) -> Expr {
    let placeholder = Expr {
        kind: ExprKind::Unit,
        ty: expr.ty,
        span: expr.span,
    };
    std::mem::replace(expr, placeholder)
}

fn place(place: &mut Place, f: &mut dyn FnMut(&mut Expr)) {
    for step in &mut place.steps {
        match step {
            Step::Index(index) | Step::Key(index) => f(index),
            Step::Field(_) => {}
        }
    }
}

/// Calls `f` with each expression directly inside `expr`.
pub(crate) fn each_part(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    use ExprKind as K;
    match &mut expr.kind {
        K::Unit
        | K::None
        | K::Bool(_)
        | K::Int(_)
        | K::Number(_)
        | K::Char(_)
        | K::Duration(_)
        | K::Str(_)
        | K::Local(_)
        | K::Global(_)
        | K::Capture(_)
        | K::Continue(_)
        | K::TypeArg(_)
        | K::EmptyMap
        | K::EmptySet => {}
        K::Init(_, e)
        | K::SetLocal(_, e)
        | K::SetGlobal(_, e)
        | K::Loop(_, e)
        | K::Destructure(_, e)
        | K::Ok(e)
        | K::Err(e)
        | K::Field(e, _)
        | K::Box(e)
        | K::Unbox(e)
        | K::Unwrap(e)
        | K::Convert(_, e)
        | K::Try(e)
        | K::Raise(e) => f(e),
        K::SetPlace(target, e) => {
            place(target, f);
            f(e);
        }
        K::Lend(target, _, value, body) => {
            place(target, f);
            f(value);
            f(body);
        }
        K::MutateHost(_, target, args) => {
            place(target, f);
            args.iter_mut().for_each(f);
        }
        K::Block(statements, value) => {
            statements.iter_mut().for_each(&mut *f);
            value.iter_mut().for_each(|e| f(e));
        }
        K::Op(_, all)
        | K::Call(_, all)
        | K::CallHost(_, all)
        | K::Closure(_, all)
        | K::Array(all)
        | K::Tuple(all)
        | K::Record(all)
        | K::Variant(_, _, all)
        | K::Interp(all) => all.iter_mut().for_each(f),
        K::If(c, a, b) => {
            f(c);
            f(a);
            b.iter_mut().for_each(|e| f(e));
        }
        K::While(_, a, b) | K::ForArray(_, _, a, b) | K::Range(a, b, _) | K::Index(a, b) => {
            f(a);
            f(b);
        }
        K::ForRange(_, _, a, b, _, body) => {
            f(a);
            f(b);
            f(body);
        }
        K::Break(_, value) | K::Return(value) => value.iter_mut().for_each(|e| f(e)),
        K::Match(_, value, arms) => {
            f(value);
            for arm in arms {
                arm.guard.iter_mut().for_each(&mut *f);
                f(&mut arm.body);
            }
        }
        K::CallClosure(_, callee, args) | K::CallDynamic(_, callee, args) => {
            f(callee);
            args.iter_mut().for_each(f);
        }
    }
}
