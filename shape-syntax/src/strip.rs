//! Trees without places, for comparing what was written.

use crate::Span;
use crate::ast::{
    Arg, Bound, CompClause, Element, Expr, ExprKind, FieldDecl, FnDecl, Ident, InterpPart,
    MethodDecl, Module, ObjectField, Param, Pat, PatKind, Path, Stmt, StmtKind, TraitRef,
    TypeDeclKind, TypeExpr, TypeExprKind, UseKind, VariantKind,
};
use std::rc::Rc;

/// Sets every place in `module` to the start of the first file, so that two trees compare equal
/// when they were written alike.
pub fn strip_spans(module: &mut Module) {
    module.body.iter_mut().for_each(stmt);
}

fn clear(span: &mut Span) {
    *span = Span::default();
}

fn ident(ident: &mut Ident) {
    clear(&mut ident.span);
}

fn path(path: &mut Path) {
    path.segments.iter_mut().for_each(ident);
    clear(&mut path.span);
}

fn stmt(stmt: &mut Stmt) {
    clear(&mut stmt.span);
    match &mut stmt.kind {
        StmtKind::Let(binding) => {
            pat(&mut binding.pat);
            binding.ty.iter_mut().for_each(ty);
            expr(&mut binding.init);
        }
        StmtKind::Expr(inner) => expr(inner),
        StmtKind::Fn(decl) => function(Rc::make_mut(decl)),
        StmtKind::Type(decl) => {
            let decl = Rc::make_mut(decl);
            ident(&mut decl.name);
            decl.generics.iter_mut().for_each(ident);
            match &mut decl.kind {
                TypeDeclKind::Alias(alias) => ty(alias),
                TypeDeclKind::Record(fields) => fields.iter_mut().for_each(field),
            }
        }
        StmtKind::Enum(decl) => {
            let decl = Rc::make_mut(decl);
            ident(&mut decl.name);
            decl.generics.iter_mut().for_each(ident);
            for variant in &mut decl.variants {
                ident(&mut variant.name);
                match &mut variant.kind {
                    VariantKind::Unit => {}
                    VariantKind::Tuple(types) => types.iter_mut().for_each(ty),
                    VariantKind::Record(fields) => fields.iter_mut().for_each(field),
                    VariantKind::Value(value) => expr(value),
                }
            }
        }
        StmtKind::Trait(decl) => {
            let decl = Rc::make_mut(decl);
            ident(&mut decl.name);
            decl.generics.iter_mut().for_each(ident);
            decl.supers.iter_mut().for_each(trait_ref);
            decl.methods.iter_mut().for_each(method);
        }
        StmtKind::Impl(decl) => {
            let decl = Rc::make_mut(decl);
            decl.generics.iter_mut().for_each(ident);
            decl.bounds.iter_mut().for_each(bound);
            decl.of.iter_mut().for_each(trait_ref);
            ty(&mut decl.target);
            decl.methods.iter_mut().for_each(method);
            clear(&mut decl.head);
        }
        StmtKind::Mod(decl) => {
            let decl = Rc::make_mut(decl);
            ident(&mut decl.name);
            strip_spans(&mut decl.module);
        }
        StmtKind::Use(decl) => {
            path(&mut decl.path);
            match &mut decl.kind {
                UseKind::Module(alias) => alias.iter_mut().for_each(ident),
                UseKind::Names(names) => names.iter_mut().for_each(|(name, alias)| {
                    ident(name);
                    alias.iter_mut().for_each(ident);
                }),
            }
        }
    }
}

fn method(method: &mut MethodDecl) {
    function(Rc::make_mut(&mut method.decl));
}

fn trait_ref(name: &mut TraitRef) {
    path(&mut name.path);
    name.args.iter_mut().for_each(ty);
    clear(&mut name.span);
}

fn bound(bound: &mut Bound) {
    ident(&mut bound.param);
    bound.traits.iter_mut().for_each(trait_ref);
}

fn function(decl: &mut FnDecl) {
    ident(&mut decl.name);
    decl.generics.iter_mut().for_each(ident);
    decl.bounds.iter_mut().for_each(bound);
    for Param {
        pat: pattern,
        reference: _,
        ty: annotation,
        default,
    } in &mut decl.params
    {
        pat(pattern);
        annotation.iter_mut().for_each(ty);
        default.iter_mut().for_each(expr);
    }
    decl.ret.iter_mut().for_each(ty);
    expr(&mut decl.body);
    clear(&mut decl.head);
}

fn field(field: &mut FieldDecl) {
    ident(&mut field.name);
    ty(&mut field.ty);
    field.default.iter_mut().for_each(expr);
}

fn ty(ty_expr: &mut TypeExpr) {
    clear(&mut ty_expr.span);
    match &mut ty_expr.kind {
        TypeExprKind::Named(name, args) => {
            path(name);
            args.iter_mut().for_each(ty);
        }
        TypeExprKind::Option(inner) | TypeExprKind::Ref(inner) => ty(inner),
        TypeExprKind::Tuple(items) | TypeExprKind::Union(items) => items.iter_mut().for_each(ty),
        TypeExprKind::Object(fields) => fields.iter_mut().for_each(field),
        TypeExprKind::Fn(params, result) => {
            params.iter_mut().for_each(ty);
            ty(result);
        }
        TypeExprKind::Dyn(name) => trait_ref(name),
        TypeExprKind::Unit | TypeExprKind::None | TypeExprKind::Error => {}
    }
}

fn pat(pattern: &mut Pat) {
    clear(&mut pattern.span);
    match &mut pattern.kind {
        PatKind::Wild | PatKind::Lit(_) | PatKind::Range(..) | PatKind::Error => {}
        PatKind::Bind(name, _) => ident(name),
        PatKind::Typed(inner, annotation) => {
            pat(inner);
            ty(annotation);
        }
        PatKind::Array(before, rest, after) => {
            before.iter_mut().for_each(pat);
            rest.iter_mut().flatten().for_each(ident);
            after.iter_mut().for_each(pat);
        }
        PatKind::Object(fields) => fields.iter_mut().for_each(named_pat),
        PatKind::Variant(name, args) => {
            path(name);
            args.iter_mut().for_each(pat);
        }
        PatKind::Struct(name, fields) => {
            path(name);
            fields.iter_mut().for_each(named_pat);
        }
        PatKind::Or(alternatives) => alternatives.iter_mut().for_each(pat),
        PatKind::At(name, inner) => {
            ident(name);
            pat(inner);
        }
    }
}

fn named_pat((name, pattern): &mut (Ident, Pat)) {
    ident(name);
    pat(pattern);
}

fn expr(expr: &mut Expr) {
    clear(&mut expr.span);
    crate::deep(|| expr_kind(&mut expr.kind));
}

fn boxed(inner: &mut Box<Expr>) {
    expr(inner);
}

fn expr_kind(kind: &mut ExprKind) {
    match kind {
        ExprKind::Lit(_) | ExprKind::Continue | ExprKind::Error => {}
        ExprKind::Interp(parts) => parts.iter_mut().for_each(interp_part),
        ExprKind::Path(name) => path(name),
        ExprKind::Array(elements) => {
            for Element::Item(item) | Element::Spread(item) in elements {
                expr(item);
            }
        }
        ExprKind::Comprehension(body, clauses) => {
            expr(body);
            clauses.iter_mut().for_each(clause);
        }
        ExprKind::Object(fields) => fields.iter_mut().for_each(object_field),
        ExprKind::Struct(name, fields) => {
            path(name);
            fields.iter_mut().for_each(object_field);
        }
        ExprKind::Binary(_, span, left, right) => {
            clear(span);
            expr(left);
            expr(right);
        }
        ExprKind::Assign(_, left, right) | ExprKind::Index(left, right) => {
            expr(left);
            expr(right);
        }
        ExprKind::Ternary(cond, yes, no) => [cond, yes, no].into_iter().for_each(boxed),
        ExprKind::Range(low, high, _) => [low, high].into_iter().flatten().for_each(boxed),
        ExprKind::Field(inner, name, _) => {
            expr(inner);
            ident(name);
        }
        ExprKind::MethodCall(inner, name, args, _) => {
            expr(inner);
            ident(name);
            args.iter_mut().for_each(arg);
        }
        ExprKind::Call(callee, args) => {
            expr(callee);
            args.iter_mut().for_each(arg);
        }
        ExprKind::Cast(inner, annotation) => {
            expr(inner);
            ty(annotation);
        }
        ExprKind::Unary(_, inner)
        | ExprKind::Question(inner)
        | ExprKind::Try(inner)
        | ExprKind::Ref(inner)
        | ExprKind::Loop(inner) => expr(inner),
        ExprKind::Break(value) | ExprKind::Return(value) => value.iter_mut().for_each(boxed),
        ExprKind::Closure(decl) => function(Rc::make_mut(decl)),
        _ => control(kind),
    }
}

fn control(kind: &mut ExprKind) {
    match kind {
        ExprKind::If(cond, body, otherwise) => {
            expr(cond);
            expr(body);
            otherwise.iter_mut().for_each(boxed);
        }
        ExprKind::Match(value, arms) => {
            expr(value);
            for arm in arms {
                pat(&mut arm.pat);
                arm.guard.iter_mut().for_each(expr);
                expr(&mut arm.body);
            }
        }
        ExprKind::While(cond, body) => {
            expr(cond);
            expr(body);
        }
        ExprKind::For(pattern, values, body) => {
            pat(pattern);
            expr(values);
            expr(body);
        }
        ExprKind::Block(block) => {
            clear(&mut block.span);
            block.stmts.iter_mut().for_each(stmt);
        }
        _ => {}
    }
}

fn interp_part(part: &mut InterpPart) {
    if let InterpPart::Expr(value, format) = part {
        expr(value);
        format.iter_mut().for_each(|format| ident(&mut format.name));
    }
}

fn clause(clause: &mut CompClause) {
    match clause {
        CompClause::For(pattern, values) => {
            pat(pattern);
            expr(values);
        }
        CompClause::If(cond) => expr(cond),
    }
}

fn object_field(field: &mut ObjectField) {
    match field {
        ObjectField::Field(name, value) => {
            ident(name);
            expr(value);
        }
        ObjectField::Spread(value) => expr(value),
    }
}

fn arg(arg: &mut Arg) {
    arg.name.iter_mut().for_each(ident);
    expr(&mut arg.value);
}
