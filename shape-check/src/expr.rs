//! Expressions: names, literals, and which part of the checker knows the rest.

use crate::body::Name;
use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::modules::{Item, ModuleId};
use crate::program::{Expr, ExprKind, LocalId};
use crate::suggest::nearest;
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, ExprKind as Ast, Ident, InterpPart, Lit, Path};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// After so many diagnostics unknown names get no suggestion.
const MAX_SUGGESTIONS: usize = 100;

impl Checker<'_> {
    /// The typed form of `expr`. `expected` is what its place would like; the result may have
    /// another type, and [`Checker::coerce`] says whether that will do.
    pub(crate) fn expr(&mut self, expr: &ast::Expr, expected: Option<Ty>) -> Expr {
        shape_syntax::deep(|| self.expr_inner(expr, expected, false))
    }

    /// The same for an expression whose value nobody uses.
    pub(crate) fn expr_unused(&mut self, expr: &ast::Expr) -> Expr {
        shape_syntax::deep(|| self.expr_inner(expr, None, true))
    }

    fn expr_inner(&mut self, expr: &ast::Expr, expected: Option<Ty>, unused: bool) -> Expr {
        let span = expr.span;
        self.note_references(expr);
        match &expr.kind {
            Ast::Lit(lit) => self.literal(lit, span, expected),
            Ast::Interp(parts) => self.interp(parts, span),
            Ast::Path(path) => {
                let value = self.path(path, expected);
                self.as_shown(value, expr)
            }
            Ast::Array(items) => self.array_literal(items, span, expected),
            Ast::Comprehension(body, clauses) => self.comprehension(body, clauses, span, expected),
            Ast::Object(fields) => self.object_literal(fields, span, expected),
            Ast::Struct(path, fields) => self.struct_literal(path, fields, span, expected),
            Ast::Unary(op, operand) => self.unary(*op, operand, span),
            Ast::Binary(op, at, a, b) => self.binary(*op, *at, a, b, span, expected),
            Ast::Assign(op, target, value) => self.assign(*op, target, value, span, unused),
            Ast::Ternary(c, a, b) => self.if_(c, a, Some(b), span, expected, unused),
            Ast::Range(a, b, inclusive) => self.range(a.as_deref(), b.as_deref(), *inclusive, span),
            Ast::Field(base, name, optional) => {
                let value = self.field(base, name, *optional, span);
                self.as_shown(value, expr)
            }
            Ast::MethodCall(base, name, args, false) => {
                let call = self.method_call(base, name, args, span, expected, unused);
                self.forget_shared_after(&call);
                call
            }
            Ast::MethodCall(base, name, args, true) => self.optional_call(base, name, args, span),
            Ast::Index(base, index) => self.index(base, index, span),
            Ast::Call(callee, args) => {
                let call = self.call(callee, args, span, expected, unused);
                self.forget_shared_after(&call);
                call
            }
            Ast::Question(inner) => self.question(inner, span, expected),
            Ast::Try(inner) => self.try_(inner, span),
            Ast::Cast(inner, ty) => self.cast(inner, ty, span),
            Ast::Ref(inner) => self.stray_reference(inner, span),
            Ast::If(c, a, b) => self.if_(c, a, b.as_deref(), span, expected, unused),
            Ast::Match(value, arms) => self.match_(value, arms, span, expected, unused),
            Ast::While(c, body) => self.while_(c, body, span),
            Ast::Loop(body) => self.loop_(body, span, expected),
            Ast::For(pat, source, body) => self.for_(pat, source, body, span),
            Ast::Block(block) => self.block(block, expected, unused),
            Ast::Break(value) => self.break_(value.as_deref(), span),
            Ast::Continue => self.continue_(span),
            Ast::Return(value) => self.return_(value.as_deref(), span),
            Ast::Closure(decl) => self.closure_expr(decl, span),
            Ast::Error => self.wrong(span),
        }
    }

    // --- Small pieces -----------------------------------------------------------------------

    /// What stands for something that has been reported.
    pub(crate) fn wrong(&self, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Unit,
            ty: Ty::WRONG,
            span,
        }
    }

    /// The same where at least the type is known, so that more problems can be found.
    pub(crate) fn wrong_as(&self, ty: Ty, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Unit,
            ty,
            span,
        }
    }

    pub(crate) fn unit(&self, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Unit,
            ty: Ty::UNIT,
            span,
        }
    }

    pub(crate) fn text(&self, text: &str, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Str(text.into()),
            ty: Ty::STRING,
            span,
        }
    }

    pub(crate) fn int(&self, value: i64, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Int(value),
            ty: Ty::INT,
            span,
        }
    }

    pub(crate) fn local_expr(&self, id: LocalId, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Local(id),
            ty: self.body.local_ty(id),
            span,
        }
    }

    /// Keeps a value in a variable of its own: the variable, and the statement that fills it.
    pub(crate) fn keep(&mut self, value: Expr) -> (LocalId, Expr) {
        let span = value.span;
        let id = self.body.temp(value.ty);
        (
            id,
            Expr {
                kind: ExprKind::Init(id, Box::new(value)),
                ty: Ty::UNIT,
                span,
            },
        )
    }

    /// Statements, then a value.
    pub(crate) fn sequence(&self, statements: Vec<Expr>, value: Expr) -> Expr {
        let (ty, span) = (value.ty, value.span);
        Expr {
            kind: ExprKind::Block(statements, Some(Box::new(value))),
            ty,
            span,
        }
    }

    // --- Literals ---------------------------------------------------------------------------

    pub(crate) fn literal(&mut self, lit: &Lit, span: Span, expected: Option<Ty>) -> Expr {
        let (kind, ty) = match lit {
            #[allow(clippy::cast_precision_loss, reason = "what widening means")]
            Lit::Int(v) if expected.is_some_and(|ty| self.shallow(ty) == Ty::NUMBER) => {
                (ExprKind::Number(*v as f64), Ty::NUMBER)
            }
            Lit::Int(v) => (ExprKind::Int(*v), Ty::INT),
            Lit::Number(v) => (ExprKind::Number(*v), Ty::NUMBER),
            Lit::Bool(v) => (ExprKind::Bool(*v), Ty::BOOL),
            Lit::Char(v) => (ExprKind::Char(*v), Ty::CHAR),
            Lit::Str(v) => (ExprKind::Str(Rc::clone(v)), Ty::STRING),
            Lit::Duration(v) => (ExprKind::Duration(*v), Ty::DURATION),
            Lit::Unit => (ExprKind::Unit, Ty::UNIT),
            Lit::None => {
                let ty = match expected.map(|ty| (ty, self.kind(ty))) {
                    Some((ty, TyKind::Option(_) | TyKind::Json)) => ty,
                    _ => {
                        let inner = self.open_literal(span);
                        self.option(inner)
                    }
                };
                (ExprKind::None, ty)
            }
        };
        Expr { kind, ty, span }
    }

    fn interp(&mut self, parts: &[InterpPart], span: Span) -> Expr {
        let parts = parts.iter().map(|part| match part {
            InterpPart::Text(text) => Expr {
                kind: ExprKind::Str(Rc::clone(text)),
                ty: Ty::STRING,
                span,
            },
            InterpPart::Expr(expr, None) => {
                let value = self.expr(expr, None);
                self.shown(value)
            }
            InterpPart::Expr(expr, Some(format)) => {
                let value = self.expr(expr, None);
                self.formatted(value, format)
            }
        });
        let parts = parts.collect();
        Expr {
            kind: ExprKind::Interp(parts),
            ty: Ty::STRING,
            span,
        }
    }

    fn formatted(&mut self, value: Expr, format: &ast::Format) -> Expr {
        let span = value.span;
        match (&*format.name.name, &format.args[..]) {
            ("fixed", [Lit::Int(digits)]) => {
                let value = self.settled(value);
                let value = self.coerce(value, Ty::NUMBER, "`fixed`");
                let digits = self.int(*digits, span);
                self.call_core("number", "to_fixed", vec![value, digits], span)
            }
            _ => {
                self.report(
                    Diagnostic::error(
                        "E0601",
                        format.name.span,
                        format!("unknown format `{}`", format.name.name),
                    )
                    .help("the formats are `fixed(DIGITS)`"),
                );
                value
            }
        }
    }

    fn range(
        &mut self,
        a: Option<&ast::Expr>,
        b: Option<&ast::Expr>,
        inclusive: bool,
        span: Span,
    ) -> Expr {
        let bound = |this: &mut Self, expr: Option<&ast::Expr>| match expr {
            Some(expr) => {
                let value = this.expr(expr, Some(Ty::INT));
                Some(this.coerce(value, Ty::INT, "a bound of a range"))
            }
            None => None,
        };
        let (a, b) = (bound(self, a), bound(self, b));
        let a = a.unwrap_or_else(|| self.int(0, span));
        let b = b.unwrap_or_else(|| self.int(i64::MAX, span));
        Expr {
            kind: ExprKind::Range(Box::new(a), Box::new(b), inclusive),
            ty: Ty::RANGE,
            span,
        }
    }

    // --- Names ------------------------------------------------------------------------------

    fn path(&mut self, path: &Path, expected: Option<Ty>) -> Expr {
        match &path.segments[..] {
            [name] => self.name(name, expected),
            [parents @ .., name] => match self.method_value(parents, name) {
                Some(value) => value,
                None => match self.path_item(parents) {
                    Some(parent) => self.member_value(&parent, name, path.span, expected),
                    None => self.wrong(path.span),
                },
            },
            [] => self.wrong(path.span),
        }
    }

    /// `parent::name` or `parent.name` as a value.
    pub(crate) fn member_value(
        &mut self,
        parent: &Item,
        name: &Ident,
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        if let Item::Def(def) = parent {
            return self.variant_value(*def, name, span, expected);
        }
        if let Item::Module(id) = parent
            && let Some(var) = self.module_export(*id, name)
        {
            return self.global_expr(var, span);
        }
        match self.member(parent, name) {
            Some(item) => self.item_value(&item, name),
            None => self.wrong(span),
        }
    }

    /// The public variable `name` of a module.
    pub(crate) fn module_export(
        &mut self,
        module: ModuleId,
        name: &Ident,
    ) -> Option<crate::body::GlobalVar> {
        let public = self.modules[module]
            .vars
            .get(&name.name)?
            .iter()
            .any(|var| var.public);
        let at = Span {
            file: shape_syntax::FileId(u32::MAX),
            start: u32::MAX,
            ..name.span
        };
        match self.module_var(module, &name.name, at) {
            Some(Ok(var)) if public => Some(var),
            _ => None,
        }
    }

    /// A plain name as a value.
    pub(crate) fn name(&mut self, name: &Ident, _expected: Option<Ty>) -> Expr {
        let span = name.span;
        match self.body.find(&name.name).cloned() {
            Some(Name::Local(var)) => return self.local_expr(var.id, span),
            Some(Name::Global(var)) => return self.global_expr(var, span),
            Some(Name::Nested(group)) => {
                return match self.nested_fn(group, &name.name) {
                    Some((id, captures)) => self.closure_value(id, &captures, span),
                    None => self.wrong(span),
                };
            }
            Some(Name::Known(id, captures)) => return self.closure_value(id, &captures, span),
            None => {}
        }
        match self.module_var(self.body.module, &name.name, span) {
            Some(Ok(var)) => return self.global_expr(var, span),
            Some(Err(declared)) => {
                self.report(
                    Diagnostic::error(
                        "E0107",
                        span,
                        format!(
                            "undefined variable `{}`: it is used before it is defined",
                            name.name
                        ),
                    )
                    .related(declared, "defined here"),
                );
                return self.wrong(span);
            }
            None => {}
        }
        match self.item(&name.name) {
            Some(item) => self.item_value(&item, name),
            None if matches!(&*name.name, "Some" | "Ok" | "Err") => {
                let kind = match &*name.name {
                    "Some" => "Some",
                    "Ok" => "Ok",
                    _ => "Err",
                };
                self.function_value(ClosureKind::Wrapper(kind), span)
            }
            None => self.unknown_variable(name),
        }
    }

    fn unknown_variable(&mut self, name: &Ident) -> Expr {
        let mut known: Vec<Rc<str>> = Vec::new();
        // After many mistakes nobody reads suggestions, and looking for them takes long.
        let scopes = if self.diags.len() < MAX_SUGGESTIONS {
            &self.body.scopes[..]
        } else {
            &[]
        };
        for scope in scopes {
            known.extend(scope.keys().cloned());
        }
        let module = &self.modules[self.body.module];
        known.extend(module.vars.keys().cloned());
        known.extend(module.names.keys().cloned());
        let mut diagnostic = Diagnostic::error(
            "E0101",
            name.span,
            format!("undefined variable `{}`", name.name),
        );
        diagnostic.help = match &*name.name {
            "null" | "nil" | "undefined" | "NULL" => Some("the absent value is `None`".to_owned()),
            "True" | "TRUE" => Some("write `true`".to_owned()),
            "False" | "FALSE" => Some("write `false`".to_owned()),
            wanted => {
                nearest(wanted, known.iter().map(|n| &**n)).map(|near| format!("there is `{near}`"))
            }
        };
        self.report(diagnostic);
        self.wrong(name.span)
    }

    pub(crate) fn item_value(&mut self, item: &Item, name: &Ident) -> Expr {
        match item {
            Item::Fns(overloads) => {
                for template in overloads.iter() {
                    self.templates[*template].used = true;
                }
                self.function_value(ClosureKind::Fns(Rc::clone(overloads)), name.span)
            }
            Item::HostFn(host) => self.function_value(ClosureKind::Host(*host), name.span),
            Item::Unknown => self.wrong(name.span),
            Item::Var(module, var) => {
                let origin = Ident {
                    name: Rc::clone(var),
                    span: name.span,
                };
                match self.module_export(*module, &origin) {
                    Some(var) => self.global_expr(var, name.span),
                    None => self.unknown_variable(name),
                }
            }
            Item::Def(_) | Item::Alias(_) | Item::Trait(_) | Item::Module(_) | Item::Host(_) => {
                let what = match item {
                    Item::Def(_) | Item::Alias(_) => "type",
                    Item::Trait(_) => "trait",
                    _ => "module",
                };
                let message = format!("`{}` is a {what}, not a value", name.name);
                self.error("E0101", name.span, message);
                self.wrong(name.span)
            }
        }
    }
}
