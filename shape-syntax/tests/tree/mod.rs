//! Random trees of the kind that the parser makes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use shape_syntax::Span;
use shape_syntax::ast::*;
use std::rc::Rc;

/// One of the strategies, each as likely as the next.
macro_rules! pick {
    ($($strategy:expr),+ $(,)?) => {
        proptest::strategy::Union::new(vec![$($strategy.boxed()),+])
    };
}

fn span() -> Span {
    Span::default()
}

pub fn e(kind: ExprKind) -> Expr {
    Expr { kind, span: span() }
}

fn t(kind: TypeExprKind) -> TypeExpr {
    TypeExpr { kind, span: span() }
}

fn p(kind: PatKind) -> Pat {
    Pat { kind, span: span() }
}

fn ident(name: &str) -> Ident {
    Ident {
        name: Rc::from(name),
        span: span(),
    }
}

fn name() -> impl Strategy<Value = Ident> {
    prop::sample::select(vec![
        "a", "b", "x1", "of", "where", "f", "s", "_y", "dyn_", "Point",
    ])
    .prop_map(ident)
}

/// A name after a dot, where keywords are allowed.
fn member() -> impl Strategy<Value = Ident> {
    prop::sample::select(vec!["len", "type", "match", "None", "e1", "x"]).prop_map(ident)
}

/// A key of an object: any text.
fn key() -> impl Strategy<Value = Ident> {
    pick![
        member(),
        name(),
        any::<String>().prop_map(|text| ident(&text))
    ]
}

fn path() -> impl Strategy<Value = Path> {
    (name(), vec(member(), 0..2)).prop_map(|(first, rest)| {
        let mut segments = vec![first];
        segments.extend(rest);
        Path {
            segments,
            span: span(),
        }
    })
}

fn lit() -> impl Strategy<Value = Lit> {
    pick![
        (0..=i64::MAX).prop_map(Lit::Int),
        (0.0..f64::MAX).prop_map(Lit::Number),
        prop::sample::select(vec![0.0, 1.0, 1e16, 1e300, 0.1, 5e-324, f64::MAX])
            .prop_map(Lit::Number),
        any::<bool>().prop_map(Lit::Bool),
        any::<char>().prop_map(Lit::Char),
        any::<String>().prop_map(|text| Lit::Str(Rc::from(text))),
        prop::sample::select(vec!["\"", "{}", "\\", "a\nb\t\r\0", "${x}", "\u{202E}x"])
            .prop_map(|text| Lit::Str(Rc::from(text))),
        (0..9_000_000_000_000_i64).prop_map(|millis| Lit::Duration(millis * 1_000_000)),
        prop::sample::select(vec![0, 250, 5_000, 600_000, 7_200_000, 86_400_000])
            .prop_map(|millis: i64| Lit::Duration(millis * 1_000_000)),
        Just(Lit::Unit),
        Just(Lit::None),
    ]
}

/// A literal of a pattern, which may be negative.
fn pat_lit() -> impl Strategy<Value = Lit> {
    pick![
        any::<i64>().prop_map(Lit::Int),
        (-1e10..1e10).prop_map(Lit::Number),
        any::<char>().prop_map(Lit::Char),
        (-9_000_000..9_000_000_i64).prop_map(|millis| Lit::Duration(millis * 1_000_000)),
    ]
}

pub fn ty() -> impl Strategy<Value = TypeExpr> {
    let leaf = pick![
        path().prop_map(|path| t(TypeExprKind::Named(path, Vec::new()))),
        Just(t(TypeExprKind::Unit)),
        Just(t(TypeExprKind::None)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        pick![
            (path(), vec(inner.clone(), 1..3))
                .prop_map(|(path, args)| t(TypeExprKind::Named(path, args))),
            inner
                .clone()
                .prop_map(|ty| t(TypeExprKind::Option(Box::new(ty)))),
            vec(inner.clone(), 0..3).prop_map(|items| t(TypeExprKind::Tuple(items))),
            vec((key(), inner.clone(), any::<bool>()), 0..3).prop_map(|fields| {
                let field = |(name, ty, optional)| FieldDecl {
                    name,
                    ty,
                    optional,
                    default: None,
                };
                t(TypeExprKind::Object(
                    fields.into_iter().map(field).collect(),
                ))
            }),
            (vec(inner.clone(), 0..3), inner.clone())
                .prop_map(|(params, result)| t(TypeExprKind::Fn(params, Box::new(result)))),
            vec(inner, 2..4).prop_map(|members| t(TypeExprKind::Union(members))),
        ]
    })
}

pub fn pat() -> impl Strategy<Value = Pat> {
    let leaf = pick![
        Just(p(PatKind::Wild)),
        (name(), any::<bool>()).prop_map(|(name, mutable)| p(PatKind::Bind(name, mutable))),
        pat_lit().prop_map(|lit| p(PatKind::Lit(lit))),
        pick![
            any::<bool>().prop_map(Lit::Bool),
            any::<String>().prop_map(|text| Lit::Str(Rc::from(text))),
            Just(Lit::Unit),
        ]
        .prop_map(|lit| p(PatKind::Lit(lit))),
        (pat_lit(), pat_lit(), any::<bool>())
            .prop_map(|(low, high, inclusive)| p(PatKind::Range(low, high, inclusive))),
        Just(p(PatKind::Variant(
            Path {
                segments: vec![ident("None")],
                span: span()
            },
            Vec::new()
        ))),
        (name(), member()).prop_map(|(first, second)| {
            let path = Path {
                segments: vec![first, second],
                span: span(),
            };
            p(PatKind::Variant(path, Vec::new()))
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let fields = vec((key(), inner.clone()), 0..3).boxed();
        pick![
            (inner.clone(), ty()).prop_map(|(pat, ty)| p(PatKind::Typed(Box::new(pat), ty))),
            (
                vec(inner.clone(), 0..3),
                option::of(option::of(name())),
                vec(inner.clone(), 0..2)
            )
                .prop_map(|(before, rest, after)| {
                    let after = if rest.is_some() { after } else { Vec::new() };
                    p(PatKind::Array(before, rest, after))
                }),
            fields.clone().prop_map(|fields| p(PatKind::Object(fields))),
            (path(), fields).prop_map(|(path, fields)| p(PatKind::Struct(path, fields))),
            (path(), vec(inner.clone(), 1..3))
                .prop_map(|(path, args)| p(PatKind::Variant(path, args))),
            vec(inner.clone(), 1..2).prop_map(|args| {
                let path = Path {
                    segments: vec![ident("Some")],
                    span: span(),
                };
                p(PatKind::Variant(path, args))
            }),
            vec(inner.clone(), 2..4).prop_map(|pats| p(PatKind::Or(pats))),
            (name(), inner).prop_map(|(name, pat)| p(PatKind::At(name, Box::new(pat)))),
        ]
    })
}

fn bin_op() -> impl Strategy<Value = BinOp> {
    use BinOp::*;
    prop::sample::select(vec![
        Add, Sub, Mul, Div, Rem, Pow, BitAnd, BitOr, BitXor, Shl, Shr, Eq, Ne, Lt, Le, Gt, Ge, And,
        Or, Coalesce, Context, Pipe,
    ])
}

fn assign_op() -> impl Strategy<Value = Option<BinOp>> {
    use BinOp::*;
    option::of(prop::sample::select(vec![
        Add, Sub, Mul, Div, Rem, Pow, BitAnd, BitOr, BitXor, Shl, Shr,
    ]))
}

fn args(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<Arg>> {
    vec(
        (option::of(member()), inner).prop_map(|(name, value)| Arg { name, value }),
        0..3,
    )
}

fn object_fields(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<ObjectField>> {
    let field = pick![
        (key(), inner.clone()).prop_map(|(name, value)| ObjectField::Field(name, value)),
        inner.prop_map(ObjectField::Spread),
    ];
    vec(field, 0..3)
}

fn params(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<Param>> {
    let param = (
        pat(),
        any::<bool>(),
        option::of(ty()),
        option::weighted(0.2, inner),
    )
        .prop_map(|(mut pat, reference, ty, default)| {
            if let (true, PatKind::Bind(_, mutable)) = (reference, &mut pat.kind) {
                // `&mut x` is `&x`.
                *mutable = false;
            }
            Param {
                pat,
                reference,
                ty,
                default,
            }
        });
    vec(param, 0..3)
}

fn block_of(stmts: Vec<Stmt>) -> Expr {
    e(ExprKind::Block(Block {
        stmts,
        span: span(),
    }))
}

fn block(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    vec(stmt_of(inner), 0..3).prop_map(block_of).boxed()
}

fn boxed(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Box<Expr>> {
    inner.prop_map(Box::new)
}

fn place(inner: BoxedStrategy<Expr>) -> BoxedStrategy<Box<Expr>> {
    pick![
        path().prop_map(|path| Box::new(e(ExprKind::Path(path)))),
        (boxed(inner.clone()), boxed(inner.clone()))
            .prop_map(|(left, index)| Box::new(e(ExprKind::Index(left, index)))),
        (boxed(inner.clone()), member(), any::<bool>())
            .prop_map(|(left, name, opt)| Box::new(e(ExprKind::Field(left, name, opt)))),
        vec(inner.clone().prop_map(Element::Item), 0..3)
            .prop_map(|items| Box::new(e(ExprKind::Array(items)))),
        object_fields(inner).prop_map(|fields| Box::new(e(ExprKind::Object(fields)))),
    ]
    .boxed()
}

fn operators(x: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let un_op = prop::sample::select(vec![UnOp::Neg, UnOp::Not, UnOp::BitNot]);
    let b = || boxed(x.clone());
    pick![
        (bin_op(), b(), b()).prop_map(|(op, left, right)| e(ExprKind::Binary(
            op,
            span(),
            left,
            right
        ))),
        (un_op, b()).prop_map(|(op, inner)| e(ExprKind::Unary(op, inner))),
        (assign_op(), place(x.clone()), b())
            .prop_map(|(op, left, right)| e(ExprKind::Assign(op, left, right))),
        (b(), b(), b()).prop_map(|(cond, yes, no)| e(ExprKind::Ternary(cond, yes, no))),
        (option::of(b()), b(), any::<bool>()).prop_map(|(low, high, incl)| e(ExprKind::Range(
            low,
            Some(high),
            incl
        ))),
        option::of(b()).prop_map(|low| e(ExprKind::Range(low, None, false))),
        (b(), member(), any::<bool>())
            .prop_map(|(inner, name, opt)| e(ExprKind::Field(inner, name, opt))),
        (b(), member(), args(x.clone()), any::<bool>())
            .prop_map(|(inner, name, args, opt)| e(ExprKind::MethodCall(inner, name, args, opt))),
        (b(), b()).prop_map(|(inner, index)| e(ExprKind::Index(inner, index))),
        (b(), args(x.clone())).prop_map(|(callee, args)| e(ExprKind::Call(callee, args))),
        b().prop_map(|inner| e(ExprKind::Question(inner))),
        b().prop_map(|inner| e(ExprKind::Try(inner))),
        (b(), ty()).prop_map(|(inner, ty)| e(ExprKind::Cast(inner, ty))),
        b().prop_map(|inner| e(ExprKind::Ref(inner))),
    ]
    .boxed()
}

fn collections(x: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let element = pick![
        x.clone().prop_map(Element::Item),
        x.clone().prop_map(Element::Spread),
    ];
    let clause = pick![
        (pat(), x.clone()).prop_map(|(pat, values)| CompClause::For(pat, values)),
        x.clone().prop_map(CompClause::If),
    ];
    let first = (pat(), x.clone());
    let format = (
        member(),
        vec(
            pick![lit().prop_filter("no", is_format_arg), pat_lit()],
            0..3,
        ),
    )
        .prop_map(|(name, args)| Format { name, args });
    let part = (any::<String>(), boxed(x.clone()), option::of(format));
    pick![
        vec(element, 0..4).prop_map(|elements| e(ExprKind::Array(elements))),
        (boxed(x.clone()), first, vec(clause, 0..2)).prop_map(|(body, (pat, values), rest)| {
            let mut clauses = vec![CompClause::For(pat, values)];
            clauses.extend(rest);
            e(ExprKind::Comprehension(body, clauses))
        }),
        object_fields(x.clone()).prop_map(|fields| e(ExprKind::Object(fields))),
        (path(), object_fields(x)).prop_map(|(path, fields)| e(ExprKind::Struct(path, fields))),
        (vec(part, 0..3), any::<String>()).prop_map(|(parts, tail)| {
            let mut all = Vec::new();
            for (text, value, format) in parts {
                if !text.is_empty() {
                    all.push(InterpPart::Text(Rc::from(text)));
                }
                all.push(InterpPart::Expr(value, format));
            }
            if !tail.is_empty() {
                all.push(InterpPart::Text(Rc::from(tail)));
            }
            e(ExprKind::Interp(all))
        }),
    ]
    .boxed()
}

fn is_format_arg(lit: &Lit) -> bool {
    !matches!(lit, Lit::Unit)
}

fn control(x: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let b = || boxed(x.clone());
    let body = || block(x.clone()).prop_map(Box::new);
    let arm = (pat(), option::weighted(0.3, x.clone()), x.clone())
        .prop_map(|(pat, guard, body)| Arm { pat, guard, body });
    let if_without_else =
        (cond(x.clone()), body()).prop_map(|(cond, body)| e(ExprKind::If(cond, body, None)));
    let otherwise = pick![block(x.clone()), if_without_else].prop_map(Box::new);
    let closure = (
        params(x.clone()),
        option::of(ty()),
        x.clone(),
        block(x.clone()),
    )
        .prop_map(|(params, ret, value, block)| {
            let body = if ret.is_some() { block } else { value };
            e(ExprKind::Closure(Rc::new(FnDecl {
                name: ident("closure"),
                doc: None,
                public: false,
                generics: Vec::new(),
                bounds: Vec::new(),
                params,
                ret,
                body,
                head: span(),
            })))
        });
    pick![
        (cond(x.clone()), body(), option::of(otherwise))
            .prop_map(|(cond, body, rest)| e(ExprKind::If(cond, body, rest))),
        (b(), vec(arm, 0..3)).prop_map(|(value, arms)| e(ExprKind::Match(value, arms))),
        (cond(x.clone()), body()).prop_map(|(cond, body)| e(ExprKind::While(cond, body))),
        body().prop_map(|body| e(ExprKind::Loop(body))),
        (pat().prop_map(Box::new), b(), body())
            .prop_map(|(pat, values, body)| e(ExprKind::For(pat, values, body))),
        block(x.clone()),
        option::of(b()).prop_map(|value| e(ExprKind::Break(value))),
        Just(e(ExprKind::Continue)),
        option::of(b()).prop_map(|value| e(ExprKind::Return(value))),
        closure,
    ]
    .boxed()
}

pub fn expr() -> BoxedStrategy<Expr> {
    let leaf = pick![
        lit().prop_map(|lit| e(ExprKind::Lit(lit))),
        Just(e(ExprKind::Lit(Lit::Int(i64::MIN)))),
        path().prop_map(|path| e(ExprKind::Path(path))),
        Just(e(ExprKind::Path(Path {
            segments: vec![ident("Some")],
            span: span()
        }))),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        pick![
            operators(inner.clone()),
            collections(inner.clone()),
            control(inner),
        ]
    })
    .boxed()
}

/// An expression that the parser takes for a condition: an assignment is taken for a mistake.
fn cond(x: BoxedStrategy<Expr>) -> impl Strategy<Value = Box<Expr>> {
    x.prop_map(|expr| match expr.kind {
        ExprKind::Assign(None, ..) => Box::new(e(ExprKind::Unary(UnOp::Not, Box::new(expr)))),
        _ => Box::new(expr),
    })
}

fn binding(x: BoxedStrategy<Expr>) -> impl Strategy<Value = StmtKind> {
    let kind = prop::sample::select(vec![Binding::Let, Binding::Mut, Binding::Const]);
    (kind, pat(), option::of(ty()), x, any::<bool>()).prop_map(
        |(binding, pat, ty, init, public)| {
            let binding = match (&pat.kind, binding) {
                (PatKind::Bind(_, true), Binding::Let) => Binding::Mut,
                (_, binding) => binding,
            };
            StmtKind::Let(Box::new(Let {
                binding,
                pat,
                ty,
                init,
                public,
            }))
        },
    )
}

fn field_decl(x: BoxedStrategy<Expr>) -> impl Strategy<Value = FieldDecl> {
    (key(), ty(), any::<bool>(), option::of(x)).prop_map(|(name, ty, optional, default)| {
        FieldDecl {
            name,
            ty,
            optional,
            default,
        }
    })
}

fn doc() -> impl Strategy<Value = Option<String>> {
    option::of(
        prop::sample::select(vec!["", "one", "one\n\n  two", "/x", "é"]).prop_map(str::to_owned),
    )
}

fn items(x: BoxedStrategy<Expr>) -> BoxedStrategy<StmtKind> {
    let head = || (name(), doc(), any::<bool>(), vec(name(), 0..2));
    // Its body holds no further items, which would never end.
    let body = vec(x.clone(), 0..3).prop_map(|exprs| {
        let stmt = |expr| Stmt {
            kind: StmtKind::Expr(Box::new(expr)),
            span: span(),
        };
        block_of(exprs.into_iter().map(stmt).collect())
    });
    let function = (head(), params(x.clone()), option::of(ty()), body).prop_map(
        |((name, doc, public, generics), params, ret, body)| {
            let head = span();
            StmtKind::Fn(Rc::new(FnDecl {
                name,
                doc,
                public,
                generics,
                bounds: Vec::new(),
                params,
                ret,
                body,
                head,
            }))
        },
    );
    let kind = pick![
        ty().prop_map(TypeDeclKind::Alias),
        vec(field_decl(x.clone()), 0..3).prop_map(TypeDeclKind::Record),
    ];
    let type_decl = (head(), kind).prop_map(|((name, doc, public, generics), kind)| {
        StmtKind::Type(Rc::new(TypeDecl {
            name,
            doc,
            public,
            generics,
            kind,
        }))
    });
    let variant = pick![
        Just(VariantKind::Unit),
        vec(ty(), 0..3).prop_map(VariantKind::Tuple),
        vec(field_decl(x.clone()), 0..3).prop_map(VariantKind::Record),
        x.prop_map(VariantKind::Value),
    ];
    let variant = (name(), variant).prop_map(|(name, kind)| VariantDecl { name, kind });
    let enum_decl =
        (head(), vec(variant, 0..3)).prop_map(|((name, doc, public, generics), variants)| {
            StmtKind::Enum(Rc::new(EnumDecl {
                name,
                doc,
                public,
                generics,
                variants,
            }))
        });
    let use_kind = pick![
        option::of(name()).prop_map(UseKind::Module),
        vec((member(), option::of(name())), 0..3).prop_map(UseKind::Names),
    ];
    let import = (path(), use_kind).prop_map(|(path, kind)| StmtKind::Use(UseDecl { path, kind }));
    pick![function, type_decl, enum_decl, import].boxed()
}

fn stmt_of(x: BoxedStrategy<Expr>) -> BoxedStrategy<Stmt> {
    pick![
        boxed(x.clone()).prop_map(StmtKind::Expr),
        binding(x.clone()),
        items(x),
    ]
    .prop_map(|kind| Stmt { kind, span: span() })
    .boxed()
}

pub fn module() -> impl Strategy<Value = Module> {
    let plain = vec(stmt_of(expr()), 0..4);
    (
        plain,
        option::of((name(), any::<bool>(), vec(stmt_of(expr()), 0..3))),
    )
        .prop_map(|(mut body, inner)| {
            if let Some((name, public, inner)) = inner {
                let module = Module { body: inner };
                let decl = Rc::new(ModDecl {
                    name,
                    public,
                    module,
                });
                body.push(Stmt {
                    kind: StmtKind::Mod(decl),
                    span: span(),
                });
            }
            Module { body }
        })
}
