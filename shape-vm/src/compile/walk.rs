//! Going over a tree.

use shape_abi::{ModuleDecl, Ty};
use shape_check::program::{
    Expr, ExprKind, Func, GlobalId, HostRef, LocalId, Pat, PatKind, Place, Program, Root, Step,
};
use std::cell::Cell;

/// Calls `visit` for each operand of `e`, in the order of evaluation.
pub(super) fn children<'e>(e: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &e.kind {
        ExprKind::Unit
        | ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Number(_)
        | ExprKind::Char(_)
        | ExprKind::Duration(_)
        | ExprKind::Str(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Capture(_)
        | ExprKind::Continue(_)
        | ExprKind::TypeArg(_)
        | ExprKind::EmptyMap
        | ExprKind::EmptySet => {}
        ExprKind::Init(_, a)
        | ExprKind::SetLocal(_, a)
        | ExprKind::SetGlobal(_, a)
        | ExprKind::Loop(_, a)
        | ExprKind::Ok(a)
        | ExprKind::Err(a)
        | ExprKind::Field(a, _)
        | ExprKind::Box(a)
        | ExprKind::Unbox(a)
        | ExprKind::Unwrap(a)
        | ExprKind::Convert(_, a)
        | ExprKind::Try(a)
        | ExprKind::Raise(a) => visit(a),
        ExprKind::Destructure(pat, a) => {
            visit(a);
            literals(pat, visit);
        }
        ExprKind::Break(_, a) | ExprKind::Return(a) => {
            a.iter().for_each(|a| visit(a));
        }
        ExprKind::SetPlace(place, a) => {
            steps(place, visit);
            visit(a);
        }
        ExprKind::Lend(place, _, value, body) => {
            steps(place, visit);
            visit(value);
            visit(body);
        }
        ExprKind::MutateHost(_, place, args) => {
            steps(place, visit);
            args.iter().for_each(visit);
        }
        ExprKind::Block(stmts, value) => {
            stmts.iter().for_each(&mut *visit);
            value.iter().for_each(|value| visit(value));
        }
        ExprKind::Op(_, args)
        | ExprKind::Call(_, args)
        | ExprKind::CallHost(_, args)
        | ExprKind::Closure(_, args)
        | ExprKind::Array(args)
        | ExprKind::Tuple(args)
        | ExprKind::Record(args)
        | ExprKind::Variant(_, _, args)
        | ExprKind::Interp(args) => args.iter().for_each(visit),
        ExprKind::If(c, a, b) => {
            visit(c);
            visit(a);
            b.iter().for_each(|b| visit(b));
        }
        ExprKind::While(_, a, b)
        | ExprKind::ForArray(_, _, a, b)
        | ExprKind::Range(a, b, _)
        | ExprKind::Index(a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::ForRange(_, _, a, b, _, body) => {
            visit(a);
            visit(b);
            visit(body);
        }
        ExprKind::Match(_, a, arms) => {
            visit(a);
            for arm in arms {
                literals(&arm.pat, visit);
                arm.guard.iter().for_each(&mut *visit);
                visit(&arm.body);
            }
        }
        ExprKind::CallClosure(_, callee, args) | ExprKind::CallDynamic(_, callee, args) => {
            visit(callee);
            args.iter().for_each(visit);
        }
    }
}

fn steps<'e>(place: &'e Place, visit: &mut dyn FnMut(&'e Expr)) {
    for step in &place.steps {
        match step {
            Step::Field(_) => {}
            Step::Index(e) | Step::Key(e) => visit(e),
        }
    }
}

fn literals<'e>(pat: &'e Pat, visit: &mut dyn FnMut(&'e Expr)) {
    match &pat.kind {
        PatKind::Lit(e) => visit(e),
        PatKind::Range(a, b, _) => {
            visit(a);
            visit(b);
        }
        _ => parts(pat, &mut |part| literals(part, visit)),
    }
}

/// Calls `visit` for each pattern directly inside `pat`.
pub(super) fn parts<'e>(pat: &'e Pat, visit: &mut dyn FnMut(&'e Pat)) {
    match &pat.kind {
        PatKind::Wild | PatKind::Bind(_) | PatKind::Lit(_) | PatKind::Range(..) | PatKind::None => {
        }
        PatKind::At(_, p)
        | PatKind::Some(p)
        | PatKind::Ok(p)
        | PatKind::Err(p)
        | PatKind::Is(_, p) => visit(p),
        PatKind::Variant(_, ps) | PatKind::Or(ps) => ps.iter().for_each(visit),
        PatKind::Fields(fields) => fields.iter().for_each(|(_, p)| visit(p)),
        PatKind::Array(first, _, last) => first.iter().chain(last).for_each(visit),
    }
}

/// Calls `visit` for each variable that `pat` binds.
pub(super) fn bindings(pat: &Pat, visit: &mut dyn FnMut(LocalId)) {
    match &pat.kind {
        PatKind::Bind(id) | PatKind::At(id, _) | PatKind::Array(_, Some(Some(id)), _) => visit(*id),
        _ => {}
    }
    parts(pat, &mut |part| bindings(part, visit));
}

/// The variable that `e` assigns to, wholly or in part.
pub(super) fn assigned(e: &Expr) -> Option<LocalId> {
    match &e.kind {
        ExprKind::Init(id, _) | ExprKind::SetLocal(id, _) => Some(*id),
        ExprKind::SetPlace(place, _)
        | ExprKind::MutateHost(_, place, _)
        | ExprKind::Lend(place, ..) => match place.root {
            Root::Local(id) => Some(id),
            Root::Global(_) => None,
        },
        _ => None,
    }
}

/// Whether `found` holds for `e` or anything inside it.
pub(super) fn any(e: &Expr, found: &dyn Fn(&Expr) -> bool) -> bool {
    if found(e) {
        return true;
    }
    let mut result = false;
    shape_syntax::deep(|| children(e, &mut |child| result = result || any(child, found)));
    result
}

/// Whether all variables that a function names exist.
pub(super) fn is_sound(func: &Func) -> bool {
    let known = |id: LocalId| (id.0 as usize) < func.locals.len();
    let bad = |e: &Expr| match &e.kind {
        ExprKind::Local(id) | ExprKind::Capture(id) => !known(*id),
        ExprKind::ForRange(_, id, ..) | ExprKind::ForArray(_, id, ..) => !known(*id),
        ExprKind::Lend(_, id, ..) if !known(*id) => true,
        ExprKind::Destructure(pat, _) => !all_known(pat, &known),
        ExprKind::Match(id, _, arms) => {
            !known(*id) || !arms.iter().all(|arm| all_known(&arm.pat, &known))
        }
        _ => assigned(e).is_some_and(|id| !known(id)),
    };
    func.params as usize <= func.locals.len()
        && func.captures <= func.params
        && !any(&func.body, &bad)
}

fn all_known(pat: &Pat, known: &dyn Fn(LocalId) -> bool) -> bool {
    let mut all = true;
    bindings(pat, &mut |id| all = all && known(id));
    all
}

/// By top-level variable: whether a function assigns to it, other than the top level itself.
pub(super) fn assigned_by_functions(program: &Program) -> Vec<bool> {
    let result = vec![Cell::new(false); program.globals.len()];
    let note = |e: &Expr| {
        if let Some(assigned) = assigned_global(e).and_then(|id| result.get(id.0 as usize)) {
            assigned.set(true);
        }
        false
    };
    for func in program.funcs.iter().skip(1) {
        any(&func.body, &note);
    }
    result.into_iter().map(Cell::into_inner).collect()
}

/// The top-level variable that `e` assigns to, wholly or in part.
pub(super) fn assigned_global(e: &Expr) -> Option<GlobalId> {
    match &e.kind {
        ExprKind::SetGlobal(id, _) => Some(*id),
        ExprKind::SetPlace(place, _)
        | ExprKind::MutateHost(_, place, _)
        | ExprKind::Lend(place, ..) => match place.root {
            Root::Global(id) => Some(id),
            Root::Local(_) => None,
        },
        _ => None,
    }
}

/// Whether no host function that a program calls gives out a resource. Values are then plain data,
/// and when they are dropped cannot be observed.
pub(super) fn calls_no_resource_maker(program: &Program, host: &[ModuleDecl]) -> bool {
    let makes = |r: HostRef| {
        let decl = host
            .get(r.module as usize)
            .and_then(|m| m.fns.get(r.func as usize));
        decl.is_none_or(|decl| holds_resource(&decl.ret))
    };
    let maker = |e: &Expr| match &e.kind {
        ExprKind::CallHost(r, _) | ExprKind::MutateHost(r, ..) => makes(*r),
        _ => false,
    };
    !program.funcs.iter().any(|func| any(&func.body, &maker))
}

fn holds_resource(ty: &Ty) -> bool {
    match ty {
        Ty::Resource(_) | Ty::Fn(..) => true,
        Ty::Array(t) | Ty::Set(t) | Ty::Option(t) | Ty::Maybe(t) => holds_resource(t),
        Ty::Map(a, b) | Ty::Result(a, b) => holds_resource(a) || holds_resource(b),
        Ty::Tuple(items) | Ty::Union(items) => items.iter().any(holds_resource),
        Ty::Record(record) => record.fields.iter().any(|field| holds_resource(&field.ty)),
        _ => false,
    }
}
