//! Calls of host functions.

use crate::args::{Given, Slot};
use crate::checker::Checker;
use crate::program::{Expr, ExprKind, HostRef};
use crate::types::{Ty, TyKind};
use shape_abi::{Const, FnDecl, Ty as HostTy};
use shape_syntax::Span;
use shape_syntax::ast::Arg;

/// How many type parameters a host function may have.
const MAX_PARAMS: usize = 4;

impl<'a> Checker<'a> {
    /// The declaration of a host function.
    pub(crate) fn host_fn(&self, host: HostRef) -> &'a FnDecl {
        &self.host[host.module as usize].fns[host.func as usize]
    }

    /// The function's name as a script calls it: `io.exec`, `abs`.
    pub(crate) fn host_name(&self, host: HostRef) -> String {
        let module = &self.host[host.module as usize].name;
        let name = &self.host_fn(host).name;
        match module.rsplit("::").next() {
            Some("io") => format!("io.{name}"),
            _ => name.to_string(),
        }
    }
}

impl Checker<'_> {
    /// A call of a host function, with a receiver when it is called as a method. `expected` helps
    /// to find type arguments that no argument tells.
    pub(crate) fn call_host(
        &mut self,
        host: HostRef,
        first: Option<Expr>,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let decl = self.host_fn(host);
        let name = self.host_name(host);
        let slots: Vec<Slot> = written_params(decl)
            .map(|param| Slot {
                name: (&*param.name).into(),
                optional: param.default.is_some(),
            })
            .collect();
        let Some(given) = self.place_args(&name, &slots, first.into_iter().collect(), args, span)
        else {
            self.args_unused(args);
            return self.wrong(span);
        };
        let call = HostCall { host, decl, span };
        call.build(self, given, expected)
    }

    /// A call of a host function with one argument, whose result is to be an `expected`.
    pub(crate) fn call_host_as(
        &mut self,
        host: HostRef,
        arg: Expr,
        expected: Ty,
        span: Span,
    ) -> Expr {
        let decl = self.host_fn(host);
        let call = HostCall { host, decl, span };
        call.build(self, vec![Given::Typed(arg)], Some(expected))
    }

    /// A call of a host function with arguments that are typed already.
    pub(crate) fn call_host_typed(&mut self, host: HostRef, args: Vec<Expr>, span: Span) -> Expr {
        let decl = self.host_fn(host);
        let wanted = written_params(decl);
        let needed = wanted.clone().filter(|p| p.default.is_none()).count();
        let all = wanted.count();
        if args.len() < needed || args.len() > all {
            let name = self.host_name(host);
            let message = format!(
                "`{name}` takes {needed} to {all} arguments, found {}",
                args.len()
            );
            self.error("E0202", span, message);
            return self.wrong(span);
        }
        let mut given: Vec<Given<'_>> = args.into_iter().map(Given::Typed).collect();
        given.resize(all, Given::Default);
        HostCall { host, decl, span }.build(self, given, None)
    }

    /// A call of a function that the language itself relies on, such as the one behind `for` over a
    /// map.
    pub(crate) fn call_core(
        &mut self,
        module: &str,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        match self.core_member(module, name) {
            Some(crate::modules::Item::HostFn(host)) => self.call_host_typed(host, args, span),
            Some(crate::modules::Item::Fns(overloads)) => {
                self.call_fns_typed(&overloads, args, span)
            }
            _ => {
                let message = format!("the host does not offer `std::core::{module}::{name}`");
                self.error("E0102", span, message);
                self.wrong(span)
            }
        }
    }

    /// A constant of the host as an expression of type `ty`.
    pub(crate) fn constant(&mut self, constant: &Const, ty: Ty, span: Span) -> Expr {
        let (kind, own) = match constant {
            Const::Unit => (ExprKind::Unit, Ty::UNIT),
            Const::None => (ExprKind::None, ty),
            Const::Bool(v) => (ExprKind::Bool(*v), Ty::BOOL),
            Const::Int(v) => (ExprKind::Int(*v), Ty::INT),
            Const::Number(v) => (ExprKind::Number(*v), Ty::NUMBER),
            Const::Duration(v) => (ExprKind::Duration(*v), Ty::DURATION),
            Const::String(v) => (ExprKind::Str((&**v).into()), Ty::STRING),
            Const::EmptyArray => (ExprKind::Array(Vec::new()), ty),
            Const::EmptyMap => (ExprKind::EmptyMap, ty),
            Const::DefaultRecord => (self.default_record(ty, span), ty),
        };
        let value = Expr {
            kind,
            ty: own,
            span,
        };
        self.coerce(value, ty, "the default")
    }

    fn default_record(&mut self, ty: Ty, span: Span) -> ExprKind {
        let TyKind::Struct(def, args) = self.kind(ty) else {
            return ExprKind::Unit;
        };
        let fields = self.fields_of(def, 0);
        let values = fields.iter().map(|field| {
            let ty = self.substitute(field.ty, &args);
            match &field.default {
                crate::defs::FieldDefault::Const(constant) => self.constant(constant, ty, span),
                _ => self.wrong(span),
            }
        });
        ExprKind::Record(values.collect())
    }
}

fn written_params(decl: &FnDecl) -> impl Iterator<Item = &shape_abi::ParamDecl> + Clone {
    decl.params
        .iter()
        .filter(|p| !matches!(p.ty, HostTy::TypeArg(_)))
}

struct HostCall<'d> {
    host: HostRef,
    decl: &'d FnDecl,
    span: Span,
}

impl HostCall<'_> {
    fn build(&self, cx: &mut Checker<'_>, given: Vec<Given<'_>>, expected: Option<Ty>) -> Expr {
        let params: Vec<Ty> = (0..MAX_PARAMS).map(|_| cx.fresh()).collect();
        let ret = cx.import_ty(&self.decl.ret, &params);
        let mut given = given.into_iter();
        let mut args = Vec::with_capacity(self.decl.params.len());
        for param in &self.decl.params {
            let arg = match param.ty {
                HostTy::TypeArg(n) => {
                    // What the place of the call expects is the only thing that can tell.
                    if let Some(expected) = expected {
                        cx.guide(ret, expected);
                    }
                    // Where no other argument tells either, any JSON value is meant.
                    let told = self
                        .decl
                        .params
                        .iter()
                        .any(|p| !matches!(p.ty, HostTy::TypeArg(_)) && count(&p.ty, n) > 0);
                    if !told {
                        let ty = params[usize::from(n)];
                        if matches!(cx.kind(ty), TyKind::Var(_)) {
                            cx.unify(ty, Ty::JSON);
                        }
                        cx.read_types.push((ty, self.span));
                    }
                    cx.type_arg(params[usize::from(n)], self.span)
                }
                _ => self.arg(cx, param, given.next().unwrap_or(Given::Default), &params),
            };
            args.push(arg);
        }
        let diverges = args.iter().any(|arg| arg.ty == Ty::NEVER);
        let receiver = args.first().map_or(Ty::UNIT, |arg| arg.ty);
        let ty = match cx.resolve(ret) {
            _ if diverges => Ty::NEVER,
            Ty::UNIT if self.decl.mutates => receiver,
            ty => ty,
        };
        Expr {
            kind: ExprKind::CallHost(self.host, args),
            ty,
            span: self.span,
        }
    }

    fn arg(
        &self,
        cx: &mut Checker<'_>,
        param: &shape_abi::ParamDecl,
        given: Given<'_>,
        params: &[Ty],
    ) -> Expr {
        // A type parameter that nothing else mentions takes any value as it is.
        let free = matches!(param.ty, HostTy::Param(n) if mentions(self.decl, n) == 1);
        let ty = cx.import_ty(&param.ty, params);
        let value = match given {
            Given::Written(expr) if free => return cx.expr(expr, None),
            Given::Typed(expr) if free => return expr,
            Given::Written(expr) => cx.expr(expr, Some(ty)),
            Given::Typed(expr) => expr,
            Given::Default => match &param.default {
                Some(constant) => return cx.constant(constant, ty, self.span),
                None => cx.wrong(self.span),
            },
        };
        let name = cx.host_name(self.host);
        cx.coerce(value, ty, &format!("argument `{}` of `{name}`", param.name))
    }
}

impl Checker<'_> {
    /// Binds variables of `ty` by what is expected of it, as far as the two agree.
    pub(crate) fn guide(&mut self, ty: Ty, expected: Ty) {
        match (self.kind(ty), self.kind(expected)) {
            (TyKind::Var(_), TyKind::Var(_)) => {}
            (TyKind::Var(_), _) => {
                self.unify(ty, expected);
            }
            (TyKind::Array(a), TyKind::Array(b)) | (TyKind::Set(a), TyKind::Set(b)) => {
                self.guide(a, b)
            }
            (TyKind::Option(a) | TyKind::Maybe(a), TyKind::Option(b)) => self.guide(a, b),
            (TyKind::Map(a, c), TyKind::Map(b, d))
            | (TyKind::Result(a, c), TyKind::Result(b, d)) => {
                self.guide(a, b);
                self.guide(c, d);
            }
            (TyKind::Struct(d, a), TyKind::Struct(e, b))
            | (TyKind::Enum(d, a), TyKind::Enum(e, b))
                if d == e =>
            {
                for (a, b) in a.iter().zip(b.iter()) {
                    self.guide(*a, *b);
                }
            }
            _ => {}
        }
    }

    /// A type as an argument.
    fn type_arg(&mut self, ty: Ty, span: Span) -> Expr {
        let index = u32::try_from(self.type_args.len()).unwrap_or(u32::MAX);
        self.type_args.push(ty);
        Expr {
            kind: ExprKind::TypeArg(index),
            ty: Ty::INT,
            span,
        }
    }
}

/// In how many places of a declaration the type parameter `n` stands.
fn mentions(decl: &FnDecl, n: u8) -> usize {
    let types = decl.params.iter().map(|p| &p.ty).chain([&decl.ret]);
    types.map(|ty| count(ty, n)).sum()
}

fn count(ty: &HostTy, n: u8) -> usize {
    match ty {
        HostTy::Param(m) | HostTy::TypeArg(m) => usize::from(*m == n),
        HostTy::Array(t) | HostTy::Set(t) | HostTy::Option(t) | HostTy::Maybe(t) => count(t, n),
        HostTy::Map(a, b) | HostTy::Result(a, b) => count(a, n) + count(b, n),
        HostTy::Tuple(items) | HostTy::Union(items) => items.iter().map(|t| count(t, n)).sum(),
        HostTy::Fn(params, ret) => {
            params.iter().map(|t| count(t, n)).sum::<usize>() + count(ret, n)
        }
        _ => 0,
    }
}
