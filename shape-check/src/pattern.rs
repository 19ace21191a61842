//! Patterns.

use crate::body::Name;
use crate::checker::Checker;
use crate::program::{Expr, ExprKind, LocalId, Pat, PatKind};
use crate::types::{DefKind, Ty, TyKind};
use shape_syntax::ast::{self, Binding, Ident, Lit, PatKind as Ast, Path};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// The names that a pattern binds.
pub(crate) fn bound_names(pat: &ast::Pat, names: &mut Vec<Ident>) {
    match &pat.kind {
        Ast::Bind(name, _) => names.push(name.clone()),
        Ast::Typed(inner, _) => bound_names(inner, names),
        Ast::At(name, inner) => {
            names.push(name.clone());
            bound_names(inner, names);
        }
        Ast::Array(before, rest, after) => {
            before
                .iter()
                .chain(after)
                .for_each(|p| bound_names(p, names));
            names.extend(rest.iter().flatten().cloned());
        }
        Ast::Object(fields) | Ast::Struct(_, fields) => {
            fields.iter().for_each(|(_, p)| bound_names(p, names))
        }
        Ast::Variant(_, items) => items.iter().for_each(|p| bound_names(p, names)),
        Ast::Or(items) => items.iter().take(1).for_each(|p| bound_names(p, names)),
        Ast::Wild | Ast::Lit(_) | Ast::Range(..) | Ast::Error => {}
    }
}

impl Checker<'_> {
    /// The pattern of an arm. Once `None` has been taken by an earlier arm, the others see what is
    /// inside the option.
    pub(crate) fn arm_pattern(&mut self, pat: &ast::Pat, ty: Ty, none_taken: bool) -> Pat {
        if let (true, TyKind::Option(inner) | TyKind::Maybe(inner)) = (none_taken, self.kind(ty)) {
            let inner = self.pattern(pat, inner, Binding::Let);
            return Pat {
                kind: PatKind::Some(Box::new(inner)),
                ty,
            };
        }
        self.pattern(pat, ty, Binding::Let)
    }

    /// A pattern against values of type `ty`. What it binds enters the innermost scope.
    pub(crate) fn pattern(&mut self, pat: &ast::Pat, ty: Ty, binding: Binding) -> Pat {
        let ty = self.shallow(ty);
        if let Some(inner) = self.inside_option(pat, ty) {
            let inner = self.pattern(pat, inner, binding);
            return Pat {
                kind: PatKind::Some(Box::new(inner)),
                ty,
            };
        }
        let kind = match &pat.kind {
            Ast::Wild | Ast::Error => PatKind::Wild,
            Ast::Bind(name, mutable) => match self.constant_named(name) {
                Some(constant) => self.equals(constant, ty, pat.span),
                None if self.is_variant_name(&name.name, ty) => {
                    let path = Path {
                        segments: vec![name.clone()],
                        span: name.span,
                    };
                    return self.variant_pattern(&path, &[], ty, binding, pat.span);
                }
                None => PatKind::Bind(self.bind_name(
                    name,
                    ty,
                    if *mutable { Binding::Mut } else { binding },
                )),
            },
            Ast::Typed(inner, written) => return self.typed_pattern(inner, written, ty, binding),
            Ast::Lit(Lit::None) => self.none_pattern(ty),
            Ast::Lit(lit) => {
                let hint = Some(ty).filter(|ty| *ty == Ty::NUMBER);
                let value = match (lit, self.kind(ty)) {
                    // Text of one character is that character.
                    (Lit::Str(text), TyKind::Char) if text.chars().count() == 1 => {
                        let char = text.chars().next().unwrap_or_default();
                        self.literal(&Lit::Char(char), pat.span, None)
                    }
                    _ => self.literal(lit, pat.span, hint),
                };
                self.equals(value, ty, pat.span)
            }
            Ast::Range(a, b, inclusive) => self.range_pattern(a, b, *inclusive, ty, pat.span),
            Ast::Array(before, rest, after) => {
                return self.array_pattern(before, rest.as_ref(), after, ty, binding, pat.span);
            }
            Ast::Object(fields) => return self.object_pattern(fields, ty, binding, pat.span),
            Ast::Variant(path, items) => {
                return self.variant_pattern(path, items, ty, binding, pat.span);
            }
            Ast::Struct(path, fields) => {
                return self.struct_pattern(path, fields, ty, binding, pat.span);
            }
            Ast::Or(items) => self.alternatives(items, ty, binding),
            Ast::At(name, inner) => {
                let inner = self.pattern(inner, ty, binding);
                PatKind::At(self.bind_name(name, ty, binding), Box::new(inner))
            }
        };
        Pat { kind, ty }
    }

    /// Whether a lone name is a variant of the value's own enum, or one of the names of results.
    pub(crate) fn is_variant_name(&self, name: &str, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Option(inner) | TyKind::Maybe(inner) => self.is_variant_name(name, inner),
            TyKind::Union(members) => members.iter().any(|m| self.is_variant_name(name, *m)),
            TyKind::Enum(def, _) => match &self.types.def(def).kind {
                DefKind::Enum(variants) => variants.iter().any(|v| &*v.name == name),
                DefKind::Struct(_) => false,
            },
            _ => matches!(name, "Ok" | "Err" | "Some"),
        }
    }

    /// The inner type, for a pattern that can only match what is inside an option.
    fn inside_option(&self, pat: &ast::Pat, ty: Ty) -> Option<Ty> {
        let (TyKind::Option(inner) | TyKind::Maybe(inner)) = self.kind(ty) else {
            return None;
        };
        let looks_inside = match &pat.kind {
            Ast::Lit(lit) => !matches!(lit, Lit::None),
            Ast::Bind(name, _) => self.is_variant_name(&name.name, inner),
            Ast::Range(..) | Ast::Array(..) | Ast::Object(_) | Ast::Struct(..) => true,
            Ast::Variant(path, _) => !matches!(last_name(path), "Some" | "None"),
            Ast::Typed(_, written) => !matches!(written.kind, ast::TypeExprKind::Option(_)),
            _ => false,
        };
        looks_inside.then_some(inner)
    }

    pub(crate) fn none_pattern(&mut self, ty: Ty) -> PatKind {
        match self.kind(ty) {
            TyKind::Option(_) | TyKind::Maybe(_) | TyKind::Json | TyKind::Wrong => PatKind::None,
            TyKind::Var(_) => {
                let inner = self.fresh();
                let option = self.option(inner);
                self.unify(ty, option);
                PatKind::None
            }
            // A value that is there; the pattern is for others of its type's options.
            _ => {
                self.body.dead_pattern = true;
                PatKind::Wild
            }
        }
    }

    /// Reports a pattern that no value of the type matches. In a template it may be for other types,
    /// so there its arm is left out.
    pub(crate) fn cannot_match(&mut self, what: &str, ty: Ty, span: Span) -> PatKind {
        if self.body.template {
            self.body.dead_pattern = true;
        } else if self.shallow(ty) != Ty::WRONG && self.shallow(ty) != Ty::NEVER {
            let ty = self.show(ty);
            self.error(
                "E0302",
                span,
                format!("the pattern `{what}` cannot match a value of type `{ty}`"),
            );
        }
        PatKind::Wild
    }

    /// The type of what a pattern finds in a value that it cannot look into: wrong in what is wrong,
    /// never in what is never.
    pub(crate) fn part_of(&self, ty: Ty) -> Ty {
        if self.shallow(ty) == Ty::NEVER {
            Ty::NEVER
        } else {
            Ty::WRONG
        }
    }

    /// `a | b`: each alternative binds the same names, which are the variables of the first.
    fn alternatives(&mut self, items: &[ast::Pat], ty: Ty, binding: Binding) -> PatKind {
        let mut names = Vec::new();
        items
            .iter()
            .take(1)
            .for_each(|p| bound_names(p, &mut names));
        // Capital letters start constants and variants.
        let is_variable = |name: &Ident| !name.name.starts_with(char::is_uppercase);
        names.retain(is_variable);
        for other in items.iter().skip(1) {
            let mut own = Vec::new();
            bound_names(other, &mut own);
            own.retain(is_variable);
            let lone = |a: &[Ident], b: &[Ident]| {
                a.iter()
                    .find(|x| !b.iter().any(|y| x.name == y.name))
                    .cloned()
            };
            if let Some(name) = lone(&names, &own).or(lone(&own, &names)) {
                let message = format!(
                    "`{}` is not bound by every alternative of the pattern",
                    name.name
                );
                self.error("E0302", name.span, message);
                for name in names.iter().chain(&own) {
                    self.bind_name(name, Ty::WRONG, binding);
                }
                return PatKind::Wild;
            }
        }
        let outer = self.body.alternatives.take();
        let mut typed = Vec::with_capacity(items.len());
        for item in items {
            let alternative = self.pattern(item, ty, binding);
            if !std::mem::take(&mut self.body.dead_pattern) {
                typed.push(alternative);
            }
            if self.body.alternatives.is_none() {
                self.body.alternatives = Some(self.locals_named(&names));
            }
        }
        self.body.alternatives = outer;
        self.body.dead_pattern = typed.is_empty();
        PatKind::Or(typed)
    }

    fn locals_named(&self, names: &[Ident]) -> Vec<(Rc<str>, LocalId)> {
        let local = |name: &Ident| match self.body.find(&name.name) {
            Some(Name::Local(var)) => Some((Rc::clone(&name.name), var.id)),
            _ => None,
        };
        names.iter().filter_map(local).collect()
    }

    fn bind_name(&mut self, name: &Ident, ty: Ty, binding: Binding) -> LocalId {
        let first = self.body.alternatives.as_ref();
        let Some(id) = first
            .and_then(|all| all.iter().find(|(own, _)| *own == name.name))
            .map(|(_, id)| *id)
        else {
            return self.body.bind_local(&name.name, ty, binding, name.span);
        };
        let own = self.body.local_ty(id);
        if !self.unify(own, ty) {
            let (a, b) = (self.show(own), self.show(ty));
            let message = format!(
                "`{}` is `{a}` in one alternative of the pattern and `{b}` in another",
                name.name
            );
            self.error("E0302", name.span, message);
        }
        id
    }

    /// The value of a name that is a constant, which a pattern compares with.
    fn constant_named(&mut self, name: &Ident) -> Option<Expr> {
        let upper = name.name.chars().next().is_some_and(char::is_uppercase);
        let constant = match self.body.find(&name.name) {
            Some(Name::Local(var)) => var.binding == Binding::Const,
            Some(Name::Global(var)) => var.binding == Binding::Const,
            Some(_) => false,
            None => matches!(
                self.module_var(self.body.module, &name.name, name.span),
                Some(Ok(var)) if var.binding == Binding::Const
            ),
        };
        (upper && constant).then(|| self.name(name, None))
    }

    fn equals(&mut self, value: Expr, ty: Ty, span: Span) -> PatKind {
        let found = self.shallow(value.ty);
        match self.kind(ty) {
            TyKind::Json | TyKind::Wrong | TyKind::Never => {}
            TyKind::Union(members) if members.contains(&found) => {}
            _ => match self.how(found, ty) {
                Some(how) => {
                    let value = self.apply(value, ty, how);
                    return PatKind::Lit(Box::new(value));
                }
                None => {
                    let what = self.show(found);
                    return self.cannot_match(&what, ty, span);
                }
            },
        }
        PatKind::Lit(Box::new(value))
    }

    fn range_pattern(&mut self, a: &Lit, b: &Lit, inclusive: bool, ty: Ty, span: Span) -> PatKind {
        let hint = Some(ty).filter(|ty| *ty == Ty::NUMBER);
        let (a, b) = (self.literal(a, span, hint), self.literal(b, span, hint));
        let fits = a.ty == ty && b.ty == ty;
        match self.kind(ty) {
            TyKind::Int | TyKind::Number | TyKind::Char | TyKind::Duration if fits => {
                PatKind::Range(Box::new(a), Box::new(b), inclusive)
            }
            _ => {
                let what = format!("{}..{}", self.show(a.ty), self.show(b.ty));
                self.cannot_match(&what, ty, span)
            }
        }
    }

    /// `p: T`: the value has that type.
    fn typed_pattern(
        &mut self,
        inner: &ast::Pat,
        written: &ast::TypeExpr,
        ty: Ty,
        binding: Binding,
    ) -> Pat {
        let wanted = self.type_expr(written);
        match self.kind(ty) {
            TyKind::Union(members) => {
                let wanted = self.resolve(wanted);
                let is_union = matches!(self.kind(wanted), TyKind::Union(_));
                if !is_union && !members.contains(&wanted) {
                    let what = self.show(wanted);
                    let kind = self.cannot_match(&what, ty, written.span);
                    self.pattern(inner, wanted, binding);
                    return Pat { kind, ty };
                }
                let inner = self.pattern(inner, wanted, binding);
                Pat {
                    kind: PatKind::Is(wanted, Box::new(inner)),
                    ty,
                }
            }
            TyKind::Json => {
                let inner = self.pattern(inner, wanted, binding);
                Pat {
                    kind: PatKind::Is(wanted, Box::new(inner)),
                    ty,
                }
            }
            _ => {
                if !self.unify(wanted, ty) {
                    let what = self.show(wanted);
                    self.cannot_match(&what, ty, written.span);
                }
                self.pattern(inner, ty, binding)
            }
        }
    }

    fn array_pattern(
        &mut self,
        before: &[ast::Pat],
        rest: Option<&Option<Ident>>,
        after: &[ast::Pat],
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        let element = match self.kind(ty) {
            TyKind::Tuple(items) => {
                return self.tuple_pattern(before, rest, after, &items, ty, binding, span);
            }
            TyKind::Array(element) => element,
            TyKind::Wrong => Ty::WRONG,
            TyKind::Never => Ty::NEVER,
            TyKind::Var(_) if before.len() > 1 && rest.is_none() && after.is_empty() => {
                // Several names without a rest take a tuple apart more often than an array.
                let items: Vec<Ty> = before.iter().map(|_| self.fresh()).collect();
                let tuple = self.tuple(&items);
                self.unify(ty, tuple);
                return self.tuple_pattern(before, rest, after, &items, ty, binding, span);
            }
            TyKind::Var(_) => {
                let element = self.fresh();
                let array = self.array(element);
                self.unify(ty, array);
                element
            }
            TyKind::Union(members) => {
                let arrays: Vec<Ty> = members
                    .iter()
                    .copied()
                    .filter(|m| matches!(self.kind(*m), TyKind::Array(_) | TyKind::Tuple(_)))
                    .collect();
                if let [one] = arrays[..] {
                    let inner = self.array_pattern(before, rest, after, one, binding, span);
                    return Pat {
                        kind: PatKind::Is(one, Box::new(inner)),
                        ty,
                    };
                }
                self.cannot_match("[…]", ty, span);
                Ty::WRONG
            }
            TyKind::Json => {
                let one = self.array(Ty::JSON);
                let inner = self.array_pattern(before, rest, after, one, binding, span);
                return Pat {
                    kind: PatKind::Is(one, Box::new(inner)),
                    ty,
                };
            }
            _ => {
                self.cannot_match("[…]", ty, span);
                Ty::WRONG
            }
        };
        let before: Vec<Pat> = before
            .iter()
            .map(|p| self.pattern(p, element, binding))
            .collect();
        let rest = rest.map(|name| {
            name.as_ref().map(|name| {
                let ty = self.array(element);
                self.bind_name(name, ty, binding)
            })
        });
        let after: Vec<Pat> = after
            .iter()
            .map(|p| self.pattern(p, element, binding))
            .collect();
        Pat {
            kind: PatKind::Array(before, rest, after),
            ty,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one pattern")]
    fn tuple_pattern(
        &mut self,
        before: &[ast::Pat],
        rest: Option<&Option<Ident>>,
        after: &[ast::Pat],
        items: &[Ty],
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        let given = before.len() + after.len();
        if given > items.len() || (rest.is_none() && given < items.len()) {
            let what = format!("[{given} elements]");
            let kind = self.cannot_match(&what, ty, span);
            before.iter().chain(after).for_each(|p| {
                self.pattern(p, Ty::WRONG, binding);
            });
            return Pat { kind, ty };
        }
        if let Some(Some(name)) = rest {
            // What is left of a tuple is an array.
            self.report(
                Diagnostic::error("E0302", name.span, "the rest of a tuple cannot be bound")
                    .help("bind its elements one by one"),
            );
        }
        let shift = items.len() - after.len();
        let front = before.iter().enumerate();
        let back = after.iter().enumerate().map(|(i, p)| (i + shift, p));
        let fields = front.chain(back).map(|(at, p)| {
            let inner = self.pattern(p, items[at], binding);
            (u32::try_from(at).unwrap_or(u32::MAX), inner)
        });
        Pat {
            kind: PatKind::Fields(fields.collect()),
            ty,
        }
    }

    pub(crate) fn object_pattern(
        &mut self,
        fields: &[(Ident, ast::Pat)],
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        if let TyKind::Union(members) = self.kind(ty) {
            let fitting: Vec<Ty> = members
                .iter()
                .copied()
                .filter(|member| {
                    let own = self.record_fields(*member).unwrap_or_default();
                    !own.is_empty()
                        && fields
                            .iter()
                            .all(|(name, _)| own.iter().any(|f| f.name == name.name))
                })
                .collect();
            if let Some(one) = fitting.first().copied() {
                let inner = self.object_pattern(fields, one, binding, span);
                return Pat {
                    kind: PatKind::Is(one, Box::new(inner)),
                    ty,
                };
            }
        }
        let Some(own) = self.record_fields(ty) else {
            let kind = self.cannot_match("{ … }", ty, span);
            let part = self.part_of(ty);
            for (_, p) in fields {
                self.pattern(p, part, binding);
            }
            return Pat { kind, ty };
        };
        let mut typed = Vec::with_capacity(fields.len());
        for (name, p) in fields {
            match (0u32..).zip(&own).find(|(_, f)| f.name == name.name) {
                Some((number, field)) => typed.push((number, self.pattern(p, field.ty, binding))),
                None if self.body.template => {
                    let kind = self.cannot_match(&name.name, ty, span);
                    return Pat { kind, ty };
                }
                None => {
                    let base = self.wrong_as(ty, span);
                    self.no_field(&base, name);
                    self.pattern(p, Ty::WRONG, binding);
                }
            }
        }
        Pat {
            kind: PatKind::Fields(typed),
            ty,
        }
    }

    /// Takes a value apart with a pattern that must match.
    pub(crate) fn destructure(&mut self, pat: &ast::Pat, value: Expr, binding: Binding) -> Expr {
        let span = pat.span;
        let about_option = matches!(&pat.kind, Ast::Variant(path, _) if matches!(last_name(path), "Some" | "None"));
        let value = if about_option {
            value
        } else {
            self.settled(value)
        };
        let mut names = Vec::new();
        bound_names(pat, &mut names);
        self.no_name_twice(names.iter());
        self.body.dead_pattern = false;
        let mut typed = self.pattern(pat, value.ty, binding);
        if std::mem::take(&mut self.body.dead_pattern) {
            let ty = self.show(value.ty);
            let message = format!("the pattern cannot match a value of type `{ty}`");
            self.error("E0302", span, message);
        }
        if let PatKind::Array(_, rest @ None, _) = &mut typed.kind {
            // What is left over is not asked for.
            *rest = Some(None);
        }
        if let Some(what) = self.refutable(&typed) {
            self.report(
                Diagnostic::error(
                    "E0305",
                    span,
                    format!("the pattern does not match every value: {what}"),
                )
                .help("use `match`, which can say what happens else"),
            );
        }
        match typed.kind {
            PatKind::Bind(id) => Expr {
                kind: ExprKind::Init(id, Box::new(value)),
                ty: Ty::UNIT,
                span,
            },
            _ => Expr {
                kind: ExprKind::Destructure(typed, Box::new(value)),
                ty: Ty::UNIT,
                span,
            },
        }
    }

    /// Whether a pattern matches every value of its type.
    pub(crate) fn is_total(&self, pat: &Pat) -> bool {
        !matches!(pat.kind, PatKind::Array(..)) && self.refutable(pat).is_none()
    }

    /// Why a pattern may fail to match; the length of an array is looked at when it runs.
    fn refutable(&self, pat: &Pat) -> Option<String> {
        match &pat.kind {
            PatKind::Wild | PatKind::Bind(_) => None,
            PatKind::At(_, inner) => self.refutable(inner),
            PatKind::Fields(fields) => fields.iter().find_map(|(_, p)| self.refutable(p)),
            PatKind::Array(before, _, after) => {
                before.iter().chain(after).find_map(|p| self.refutable(p))
            }
            PatKind::Variant(_, payload) => match self.kind(pat.ty) {
                TyKind::Enum(def, _) => match &self.types.def(def).kind {
                    DefKind::Enum(variants) if variants.len() == 1 => {
                        payload.iter().find_map(|p| self.refutable(p))
                    }
                    _ => Some("the value may be another variant".to_owned()),
                },
                _ => None,
            },
            PatKind::Some(_) | PatKind::None => {
                Some("the value may or may not be `None`".to_owned())
            }
            PatKind::Ok(_) | PatKind::Err(_) => Some("the value may be `Ok` or `Err`".to_owned()),
            PatKind::Lit(_) | PatKind::Range(..) => Some("the value may be another one".to_owned()),
            PatKind::Is(..) => Some("the value may have another type".to_owned()),
            PatKind::Or(items) => items.iter().find_map(|p| self.refutable(p)),
        }
    }
}

/// The last name of a path.
pub(crate) fn last_name(path: &Path) -> &str {
    path.segments.last().map_or("", |name| &name.name)
}
