//! Calls.

use crate::args::Callee;
use crate::body::Name;
use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::instance::Target;
use crate::modules::Item;
use crate::passing::Passing;
use crate::program::{Expr, ExprKind, LocalId};
use crate::refs::Lends;
use crate::suggest::nearest;
use crate::types::{ClosureId, Ty, TyKind};
use shape_syntax::ast::{self, Arg, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// Names that the language itself gives a meaning to when they are called.
const BUILT_IN: &[&str] = &[
    "print", "eprint", "Some", "Ok", "Err", "HashMap", "Map", "Set", "Error",
];

impl Checker<'_> {
    /// `callee(args)`. When the value is not used, `unused` lets a closure drop it at its source.
    pub(crate) fn call(
        &mut self,
        callee: &ast::Expr,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        if let Ast::Path(path) = &callee.kind {
            if let [name] = &path.segments[..] {
                return self.call_name(name, args, span, expected, unused);
            }
            return self.call_path(&path.segments, args, span, expected);
        }
        let callee = self.expr(callee, None);
        self.call_value(callee, args, span, unused)
    }

    fn call_name(
        &mut self,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        match self.body.find(&name.name).cloned() {
            Some(Name::Nested(group)) => {
                return match self.nested_fn(group, &name.name) {
                    Some((id, captures)) => self.call_known(id, &captures, args, span, unused),
                    None => self.wrong(span),
                };
            }
            Some(Name::Known(id, captures)) => {
                return self.call_known(id, &captures, args, span, unused);
            }
            Some(Name::Local(_) | Name::Global(_)) => {
                let callee = self.name(name, None);
                return self.call_value(callee, args, span, unused);
            }
            None => {}
        }
        let own = self.modules[self.body.module]
            .names
            .contains_key(&name.name);
        if !own && self.modules[self.body.module].vars.contains_key(&name.name) {
            let callee = self.name(name, None);
            return self.call_value(callee, args, span, unused);
        }
        if !own && BUILT_IN.contains(&&*name.name) {
            return self.call_built_in(name, args, span, expected);
        }
        match self.item(&name.name) {
            Some(item) => self.call_item(&item, name, None, args, span, expected),
            None => {
                self.unknown_function(name);
                self.args_unused(args);
                self.wrong(span)
            }
        }
    }

    fn unknown_function(&mut self, name: &Ident) {
        let mut known: Vec<Rc<str>> = Vec::new();
        for scope in &self.body.scopes {
            known.extend(scope.keys().cloned());
        }
        known.extend(self.modules[self.body.module].names.keys().cloned());
        known.extend(BUILT_IN.iter().map(|name| Rc::from(*name)));
        if let Some(prelude) = self.host_module("std::core::prelude") {
            known.extend(
                self.host[prelude as usize]
                    .fns
                    .iter()
                    .map(|f| Rc::from(&*f.name)),
            );
        }
        let mut diagnostic = Diagnostic::error(
            "E0102",
            name.span,
            format!("undefined function `{}`", name.name),
        );
        if let Some(near) = nearest(&name.name, known.iter().map(|n| &**n)) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
    }

    /// `a::b(args)`: a function of a module, or a variant.
    pub(crate) fn call_path(
        &mut self,
        path: &[Ident],
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let Some((last, parents)) = path.split_last() else {
            return self.wrong(span);
        };
        if let Some(call) = self.call_of_type(parents, last, args, span) {
            return call;
        }
        let Some(parent) = self.path_item(parents) else {
            self.args_unused(args);
            return self.wrong(span);
        };
        self.call_member(&parent, last, args, span, expected)
    }

    /// `parent.name(args)` or `parent::name(args)` of a module or an enum.
    pub(crate) fn call_member(
        &mut self,
        parent: &Item,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        if let Item::Def(def) = parent {
            return self.call_variant(*def, name, args, span, expected);
        }
        if let Item::Module(id) = parent
            && let Some(var) = self.module_export(*id, name)
        {
            let callee = self.global_expr(var, name.span);
            return self.call_value(callee, args, span, false);
        }
        match self.member(parent, name) {
            Some(item) => self.call_item(&item, name, None, args, span, expected),
            None => {
                self.args_unused(args);
                self.wrong(span)
            }
        }
    }

    /// Calls what a name at module level stands for.
    pub(crate) fn call_item(
        &mut self,
        item: &Item,
        name: &Ident,
        first: Option<Expr>,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        match item {
            Item::Fns(overloads) => {
                self.call_fns(overloads, first.into_iter().collect(), args, span)
            }
            Item::HostFn(host) => self.call_host(*host, first, args, span, expected),
            Item::Unknown => {
                self.args_unused(args);
                self.wrong(span)
            }
            Item::Var(..) => {
                let callee = self.item_value(item, name);
                self.call_value(callee, args, span, false)
            }
            Item::Def(_) | Item::Alias(_) | Item::Trait(_) | Item::Module(_) | Item::Host(_) => {
                let what = match item {
                    Item::Def(_) | Item::Alias(_) => "type",
                    Item::Trait(_) => "trait",
                    _ => "module",
                };
                let mut diagnostic = Diagnostic::error(
                    "E0207",
                    name.span,
                    format!("`{}` is a {what}, not a function", name.name),
                );
                if what == "type" {
                    diagnostic =
                        diagnostic.help(format!("make a value of it with `{} {{ … }}`", name.name));
                }
                self.report(diagnostic);
                self.args_unused(args);
                self.wrong(span)
            }
        }
    }

    fn overload(&self, overloads: &[usize], count: usize) -> usize {
        let fitting = overloads.iter().find(|index| {
            let params = &self.templates[**index].decl.params;
            let needed = params.iter().filter(|p| p.default.is_none()).count();
            (needed..=params.len()).contains(&count)
        });
        *fitting.unwrap_or(&overloads[0])
    }

    /// Calls a function written in Shape.
    pub(crate) fn call_fns(
        &mut self,
        overloads: &[usize],
        first: Vec<Expr>,
        args: &[Arg],
        span: Span,
    ) -> Expr {
        let template = self.overload(overloads, args.len() + first.len());
        let callee = Callee {
            decl: Rc::clone(&self.templates[template].decl),
            module: self.templates[template].module,
            generics: self.template_env(template, &first),
            hints: Vec::new(),
        };
        self.templates[template].used = true;
        match self.shape_args(&callee, first, args, span) {
            Some((args, lends)) => {
                let call = self.call_template(template, args, span, None);
                lends.around(call)
            }
            None => self.wrong(span),
        }
    }

    /// Calls a function written in Shape with arguments that are typed already.
    pub(crate) fn call_fns_typed(
        &mut self,
        overloads: &[usize],
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        self.call_fns(overloads, args, &[], span)
    }

    /// `want` is the result that the caller insists on.
    pub(crate) fn call_template(
        &mut self,
        template: usize,
        args: Vec<Expr>,
        span: Span,
        want: Option<Ty>,
    ) -> Expr {
        let mut types: Vec<Ty> = args.iter().map(|arg| arg.ty).collect();
        if let Some(diverging) = self.diverging(&types, &args, span) {
            return diverging;
        }
        self.generalise(Target::Template(template), &mut types);
        let (instance, ty) = self.instantiate(Target::Template(template), &types, want, span);
        Expr {
            kind: ExprKind::Call(Self::func_id(instance), args),
            ty,
            span,
        }
    }

    /// A call whose arguments never give a value is not made.
    fn diverging(&mut self, types: &[Ty], args: &[Expr], span: Span) -> Option<Expr> {
        types
            .iter()
            .any(|ty| self.shallow(*ty) == Ty::NEVER)
            .then(|| Expr {
                kind: ExprKind::Block(args.to_vec(), None),
                ty: Ty::NEVER,
                span,
            })
    }

    /// Calls a nested function, or a closure from inside itself: it is known, and so are the
    /// variables of this body that it captures.
    fn call_known(
        &mut self,
        id: ClosureId,
        captures: &[LocalId],
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Expr {
        let Some((instance, ty, args, lends)) = self.call_closure_args(id, args, span, unused)
        else {
            return self.wrong(span);
        };
        let mut all: Vec<Expr> = captures
            .iter()
            .map(|local| self.capture_arg(*local, span))
            .collect();
        all.extend(args);
        lends.around(Expr {
            kind: ExprKind::Call(Self::func_id(instance), all),
            ty,
            span,
        })
    }

    fn call_closure_args(
        &mut self,
        id: ClosureId,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Option<(usize, Ty, Vec<Expr>, Lends)> {
        let info = self.closures[id.0 as usize].clone();
        let (args, lends) = match &info.kind {
            ClosureKind::Decl(decl) => {
                let generics = self.closure_generics(id);
                let callee = Callee {
                    decl: Rc::clone(decl),
                    module: info.module,
                    generics,
                    hints: Vec::new(),
                };
                self.closures[id.0 as usize].used = true;
                self.shape_args(&callee, Vec::new(), args, span)?
            }
            _ => self.plain_args(args, None)?,
        };
        let mut types: Vec<Ty> = args.iter().map(|arg| arg.ty).collect();
        self.generalise(Target::Closure(id), &mut types);
        let want = unused.then_some(Ty::UNIT);
        let (instance, ty) = self.instantiate(Target::Closure(id), &types, want, span);
        Some((instance, ty, args, lends))
    }

    /// Positional arguments, converted to `types` where these are given, and what they lend.
    fn plain_args(&mut self, args: &[Arg], types: Option<&[Ty]>) -> Option<(Vec<Expr>, Lends)> {
        let mut lends = Lends::default();
        let mut typed = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            if let Some(name) = &arg.name {
                self.error(
                    "E0203",
                    name.span,
                    "a function value takes its arguments by position",
                );
                return None;
            }
            let ty = types.and_then(|types| types.get(at).copied());
            let (passing, inner) = self.passing_by_type(&arg.value, ty);
            if let Some(reference) = self.reference_arg(&arg.value, passing, inner, &mut lends) {
                typed.push(reference);
                continue;
            }
            if passing == Passing::Exclusive {
                self.needs_reference(&arg.value);
                return None;
            }
            let value = self.expr(&arg.value, ty);
            typed.push(match ty {
                Some(ty) => self.coerce(value, ty, "the argument"),
                None => value,
            });
        }
        let typed = self.evaluate_first(typed, &mut lends);
        Some((typed, lends))
    }

    /// Calls a value.
    pub(crate) fn call_value(
        &mut self,
        callee: Expr,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Expr {
        let callee = self.as_present(callee);
        match self.kind(callee.ty) {
            TyKind::Closure(id) => {
                let Some((instance, ty, args, mut lends)) =
                    self.call_closure_args(id, args, span, unused)
                else {
                    return self.wrong(span);
                };
                let func = Self::func_id(instance);
                let callee = self.evaluated_first(callee, &mut lends);
                lends.around(Expr {
                    kind: ExprKind::CallClosure(func, Box::new(callee), args),
                    ty,
                    span,
                })
            }
            TyKind::Group(group) => {
                let Some((args, mut lends)) = self.plain_args(args, None) else {
                    return self.wrong(span);
                };
                let types: Vec<Ty> = args.iter().map(|arg| arg.ty).collect();
                let (sig, ty) = self.group_sig(group, &types, span);
                let callee = self.evaluated_first(callee, &mut lends);
                lends.around(Expr {
                    kind: ExprKind::CallDynamic(sig, Box::new(callee), args),
                    ty,
                    span,
                })
            }
            TyKind::Fn(params, ret) => {
                if params.len() != args.len() {
                    let message = format!(
                        "the function takes {} arguments, found {}",
                        params.len(),
                        args.len()
                    );
                    self.error("E0202", span, message);
                    return self.wrong(span);
                }
                let Some((args, mut lends)) = self.plain_args(args, Some(&params)) else {
                    return self.wrong(span);
                };
                let sig = self.sig(&params, ret);
                let callee = self.evaluated_first(callee, &mut lends);
                lends.around(Expr {
                    kind: ExprKind::CallDynamic(sig, Box::new(callee), args),
                    ty: ret,
                    span,
                })
            }
            TyKind::Maybe(inner) => {
                let callee = self.unwrap(callee, inner);
                self.call_value(callee, args, span, unused)
            }
            TyKind::Never => {
                self.args_unused(args);
                callee
            }
            TyKind::Wrong => {
                self.args_unused(args);
                self.wrong(span)
            }
            _ => {
                let ty = self.show(callee.ty);
                self.error(
                    "E0207",
                    callee.span,
                    format!("expected a function, found `{ty}`"),
                );
                self.args_unused(args);
                self.wrong(span)
            }
        }
    }

    fn call_built_in(
        &mut self,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        match &*name.name {
            "print" | "eprint" => {
                let text = self.joined(args, span);
                self.call_core("prelude", &name.name.clone(), vec![text], span)
            }
            "HashMap" | "Map" | "Set" => self.new_collection(name, args, span),
            "Error" => match self.core_member("error", "new") {
                Some(item) => self.call_item(&item, name, None, args, span, expected),
                None => self.wrong(span),
            },
            wrapper => {
                let [arg] = args else {
                    let message = format!("`{wrapper}` takes 1 argument, found {}", args.len());
                    self.error("E0202", span, message);
                    return self.wrong(span);
                };
                let inner =
                    expected
                        .map(|ty| self.kind(ty))
                        .and_then(|kind| match (wrapper, kind) {
                            ("Some", TyKind::Option(t))
                            | ("Ok", TyKind::Result(t, _))
                            | ("Err", TyKind::Result(_, t)) => Some(t),
                            _ => None,
                        });
                let mut value = self.expr(&arg.value, inner);
                if let Some(inner) = inner
                    && self.how(value.ty, inner).is_some()
                {
                    value = self.coerce(value, inner, "the value");
                }
                self.wrapper(wrapper, value, span)
            }
        }
    }

    /// `Some(v)`, `Ok(v)`, `Err(v)`.
    pub(crate) fn wrapper(&mut self, name: &str, value: Expr, span: Span) -> Expr {
        let value = self.settled(value);
        if name == "Some" {
            let ty = self.option(value.ty);
            return Expr {
                kind: ExprKind::Box(Box::new(value)),
                ty,
                span,
            };
        }
        let open = self.fresh();
        if name == "Ok" {
            let ty = self.result(value.ty, open);
            return Expr {
                kind: ExprKind::Ok(Box::new(value)),
                ty,
                span,
            };
        }
        let ty = self.result(open, value.ty);
        Expr {
            kind: ExprKind::Err(Box::new(value)),
            ty,
            span,
        }
    }

    pub(crate) fn wrapper_typed(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        match args.into_iter().next() {
            Some(value) => self.wrapper(name, value, span),
            None => self.wrong(span),
        }
    }

    /// The arguments of `print` as one text.
    fn joined(&mut self, args: &[Arg], span: Span) -> Expr {
        let mut parts = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                parts.push(self.text(" ", span));
            }
            let value = self.expr(&arg.value, None);
            parts.push(self.shown(value));
        }
        Expr {
            kind: ExprKind::Interp(parts),
            ty: Ty::STRING,
            span,
        }
    }

    fn new_collection(&mut self, name: &Ident, args: &[Arg], span: Span) -> Expr {
        // The two types of a map are learned by different places.
        let (a, b) = (self.open_literal(span), self.open_literal(name.span));
        let (kind, ty) = match &*name.name {
            "Set" => (ExprKind::EmptySet, self.types.intern(TyKind::Set(a))),
            _ => (ExprKind::EmptyMap, self.types.intern(TyKind::Map(a, b))),
        };
        match args {
            [] => Expr { kind, ty, span },
            [items] if &*name.name == "Set" => {
                let items = self.expr(&items.value, None);
                let array = self.array(a);
                let items = self.coerce(items, array, "the argument of `Set`");
                self.call_core("set", "from_array", vec![items], span)
            }
            _ => {
                let message = format!(
                    "`{}` takes no arguments here, found {}",
                    name.name,
                    args.len()
                );
                self.error("E0202", span, message);
                self.wrong(span)
            }
        }
    }

    /// `value |> f`, `value |> f(more)`, `value |> module::f`.
    pub(crate) fn pipe(
        &mut self,
        value: &ast::Expr,
        target: &ast::Expr,
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let first = Arg {
            name: None,
            value: value.clone(),
        };
        match &target.kind {
            Ast::Call(callee, args) => {
                let args: Vec<Arg> = std::iter::once(first).chain(args.iter().cloned()).collect();
                self.call(callee, &args, span, expected, false)
            }
            Ast::MethodCall(receiver, name, args, false) => {
                let args: Vec<Arg> = std::iter::once(first).chain(args.iter().cloned()).collect();
                self.method_call(receiver, name, &args, span, expected, false)
            }
            Ast::Field(receiver, name, false) => {
                self.method_call(receiver, name, &[first], span, expected, false)
            }
            _ => self.call(target, &[first], span, expected, false),
        }
    }
}
