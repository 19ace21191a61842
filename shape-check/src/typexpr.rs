//! From types as written, and as declared by the host, to types.

use crate::checker::Checker;
use crate::modules::Item;
use crate::suggest::nearest;
use crate::types::{Field, Ty, TyKind};
use shape_abi::Ty as HostTy;
use shape_syntax::ast::{Ident, Path, TraitRef, TypeDeclKind, TypeExpr, TypeExprKind};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// Names of types without parameters.
const BASIC: &[(&str, Ty)] = &[
    ("int", Ty::INT),
    ("integer", Ty::INT),
    ("i64", Ty::INT),
    ("number", Ty::NUMBER),
    ("float", Ty::NUMBER),
    ("f64", Ty::NUMBER),
    ("f32", Ty::NUMBER),
    ("bool", Ty::BOOL),
    ("boolean", Ty::BOOL),
    ("string", Ty::STRING),
    ("String", Ty::STRING),
    ("char", Ty::CHAR),
    ("bytes", Ty::BYTES),
    ("duration", Ty::DURATION),
    ("Range", Ty::RANGE),
    ("Error", Ty::ERROR),
    ("Json", Ty::JSON),
];

/// How many forms of one alias may be open inside each other.
const MAX_OPEN: usize = 16;

impl Checker<'_> {
    /// The type that was written.
    pub(crate) fn type_expr(&mut self, ty: &TypeExpr) -> Ty {
        match &ty.kind {
            TypeExprKind::Named(path, args) => self.named_type(path, args, ty.span),
            TypeExprKind::Option(inner) => {
                let inner = self.type_expr(inner);
                self.option(inner)
            }
            TypeExprKind::Tuple(items) => {
                let items: Vec<Ty> = items.iter().map(|t| self.type_expr(t)).collect();
                self.tuple(&items)
            }
            TypeExprKind::Object(fields) => {
                let fields: Rc<[Field]> = fields
                    .iter()
                    .map(|f| Field {
                        name: Rc::clone(&f.name.name),
                        ty: self.field_ty(f),
                        optional: f.optional,
                    })
                    .collect();
                self.types.intern(TyKind::Object(fields))
            }
            TypeExprKind::Fn(params, ret) => {
                let params: Rc<[Ty]> = params.iter().map(|t| self.param_type(t)).collect();
                let ret = self.type_expr(ret);
                self.types.intern(TyKind::Fn(params, ret))
            }
            TypeExprKind::Union(items) => {
                let items: Vec<Ty> = items.iter().map(|t| self.type_expr(t)).collect();
                self.union(items)
            }
            TypeExprKind::Ref(_) => {
                self.stored_reference(ty.span);
                Ty::WRONG
            }
            TypeExprKind::Dyn(name) => self.dyn_type(name),
            TypeExprKind::Unit => Ty::UNIT,
            TypeExprKind::None => self.option(Ty::NEVER),
            TypeExprKind::Error => Ty::WRONG,
        }
    }

    /// The type of a parameter of a function type.
    fn param_type(&mut self, ty: &TypeExpr) -> Ty {
        match &ty.kind {
            TypeExprKind::Ref(inner) => {
                let inner = self.type_expr(inner);
                self.types.intern(TyKind::Ref(inner))
            }
            _ => self.type_expr(ty),
        }
    }

    fn named_type(&mut self, path: &Path, args: &[TypeExpr], span: Span) -> Ty {
        let args: Vec<Ty> = args.iter().map(|t| self.type_expr(t)).collect();
        if let [name] = &path.segments[..] {
            if let Some((_, ty)) = self
                .body
                .generics
                .iter()
                .rev()
                .find(|(n, _)| *n == name.name)
            {
                return *ty;
            }
            let item = self.modules[self.body.module].names.get(&name.name);
            if let Some(item) = item.map(|entry| entry.item.clone()) {
                return self.item_type(&item, &args, path, span);
            }
            return match self.built_in_type(&name.name, &args, span) {
                Some(ty) => ty,
                None => self.unknown_type(path),
            };
        }
        match self.path_item(&path.segments) {
            Some(item) => self.item_type(&item, &args, path, span),
            None => Ty::WRONG,
        }
    }

    fn built_in_type(&mut self, name: &str, args: &[Ty], span: Span) -> Option<Ty> {
        if let Some((_, ty)) = BASIC.iter().find(|(basic, _)| *basic == name) {
            self.expect_type_args(name, args, &[0], span);
            return Some(*ty);
        }
        let arg = |i: usize| args.get(i).copied().unwrap_or(Ty::WRONG);
        let kind = match name {
            "Array" | "Vec" => {
                self.expect_type_args(name, args, &[1], span);
                TyKind::Array(arg(0))
            }
            "HashMap" | "Map" => {
                self.expect_type_args(name, args, &[2], span);
                TyKind::Map(arg(0), arg(1))
            }
            "Set" => {
                self.expect_type_args(name, args, &[1], span);
                TyKind::Set(arg(0))
            }
            "Option" => {
                self.expect_type_args(name, args, &[1], span);
                return Some(self.option(arg(0)));
            }
            "Result" => {
                self.expect_type_args(name, args, &[1, 2], span);
                TyKind::Result(arg(0), args.get(1).copied().unwrap_or(Ty::ERROR))
            }
            _ => return self.host_type(name),
        };
        Some(self.types.intern(kind))
    }

    /// A resource or record type that a function of the host mentions.
    fn host_type(&mut self, name: &str) -> Option<Ty> {
        let mut found = None;
        for decl in self.host.iter().flat_map(|m| &m.fns) {
            for ty in decl.params.iter().map(|p| &p.ty).chain([&decl.ret]) {
                find_host_type(ty, name, &mut found);
            }
        }
        found.map(|ty| self.import_ty(&ty, &[]))
    }

    fn dyn_type(&mut self, name: &TraitRef) -> Ty {
        match self.trait_ref(name) {
            Some((id, args)) => self.types.intern(TyKind::Dyn(id, args)),
            None => Ty::WRONG,
        }
    }

    /// The type that an item is, with what its arguments would be left open.
    pub(crate) fn bare_type(&mut self, item: &Item, path: &[Ident]) -> Ty {
        let span = path.first().map_or(Span::default(), |name| name.span);
        let segments = path.to_vec();
        self.item_type(item, &[], &Path { segments, span }, span)
    }

    /// The type of the language with this name, with what is in it left open.
    pub(crate) fn nature(&mut self, name: &str) -> Option<Ty> {
        if let Some((_, ty)) = BASIC.iter().find(|(basic, _)| *basic == name) {
            return Some(*ty);
        }
        let (a, b) = (self.fresh(), self.fresh());
        let kind = match name {
            "Array" | "Vec" => TyKind::Array(a),
            "Set" => TyKind::Set(a),
            "HashMap" | "Map" => TyKind::Map(a, b),
            "Option" => TyKind::Option(a),
            "Result" => TyKind::Result(a, b),
            _ => return None,
        };
        Some(self.types.intern(kind))
    }

    fn item_type(&mut self, item: &Item, args: &[Ty], path: &Path, span: Span) -> Ty {
        match item {
            Item::Def(def) => {
                let def_info = self.types.def(*def);
                let (name, wanted) = (Rc::clone(&def_info.name), def_info.generics as usize);
                let is_enum = matches!(def_info.kind, crate::types::DefKind::Enum(_));
                // `Box` without arguments leaves them open.
                let args: Rc<[Ty]> = if args.is_empty() {
                    (0..wanted).map(|_| self.fresh()).collect()
                } else {
                    self.expect_type_args(&name, args, &[wanted], span);
                    args.iter()
                        .copied()
                        .chain(std::iter::repeat(Ty::WRONG))
                        .take(wanted)
                        .collect()
                };
                self.types.intern(if is_enum {
                    TyKind::Enum(*def, args)
                } else {
                    TyKind::Struct(*def, args)
                })
            }
            Item::Alias(index) => self.alias_type(*index, args, span),
            Item::Unknown => Ty::WRONG,
            _ => self.unknown_type(path),
        }
    }

    fn alias_type(&mut self, index: usize, args: &[Ty], span: Span) -> Ty {
        let alias = self.aliases[index].clone();
        let TypeDeclKind::Alias(ty) = &alias.decl.kind else {
            return Ty::WRONG;
        };
        let name = &alias.decl.name.name;
        let wanted = alias.decl.generics.len();
        if args.len() != wanted {
            self.expect_type_args(name, args, &[wanted], span);
            return Ty::WRONG;
        }
        if let Some((_, known)) = alias.made.iter().find(|(made, _)| **made == *args) {
            return *known;
        }
        if let Some(open) = alias.open.iter().position(|(open, _)| **open == *args) {
            // It names itself: inside of itself it is known by its name.
            let known = self.aliases[index].open[open].1;
            return known.unwrap_or_else(|| {
                let own = self.types.new_alias(name);
                self.aliases[index].open[open].1 = Some(own);
                own
            });
        }
        if alias.open.len() > MAX_OPEN {
            let message = format!("type `{name}` is defined by ever larger forms of itself");
            self.error("E0103", span, message);
            return Ty::WRONG;
        }
        self.aliases[index].open.push((args.into(), None));
        self.aliases[index].used = true;
        let ty = self.in_declaration(alias.module, &alias.decl.generics, |this| {
            for ((_, own), arg) in this.body.generics.iter_mut().zip(args) {
                *own = *arg;
            }
            this.type_expr(ty)
        });
        let own = self.aliases[index].open.pop().and_then(|(_, own)| own);
        let known = match own {
            None => ty,
            Some(own) if self.holds_bare(ty, own) => {
                self.error(
                    "E0103",
                    alias.decl.name.span,
                    format!("type `{name}` is defined by itself"),
                );
                self.types.define_alias(own, Ty::WRONG);
                Ty::WRONG
            }
            Some(own) => {
                self.types.define_alias(own, ty);
                own
            }
        };
        if !self.types.may_be_open(known) {
            self.aliases[index].made.push((args.into(), known));
        }
        known
    }

    /// Whether `ty` is `alias` without anything between, so that no value could be of it.
    fn holds_bare(&self, ty: Ty, alias: Ty) -> bool {
        match self.kind(ty) {
            _ if ty == alias => true,
            TyKind::Union(members) => members.iter().any(|m| self.holds_bare(*m, alias)),
            TyKind::Option(inner) => self.holds_bare(inner, alias),
            _ => false,
        }
    }

    fn expect_type_args(&mut self, name: &str, args: &[Ty], wanted: &[usize], span: Span) {
        if !wanted.contains(&args.len()) {
            let wanted: Vec<String> = wanted.iter().map(usize::to_string).collect();
            let message = format!(
                "type `{name}` takes {} type arguments, found {}",
                wanted.join(" or "),
                args.len()
            );
            self.error("E0103", span, message);
        }
    }

    fn unknown_type(&mut self, path: &Path) -> Ty {
        let Some(last) = path.segments.last() else {
            return Ty::WRONG;
        };
        let own = self.modules[self.body.module].names.iter();
        let own = own.filter(|(_, e)| matches!(e.item, Item::Def(_) | Item::Alias(_)));
        let names: Vec<Rc<str>> = own.map(|(name, _)| Rc::clone(name)).collect();
        let built_in = BASIC.iter().map(|(name, _)| *name);
        let all = names.iter().map(|n| &**n).chain(built_in);
        let all = all.chain(["Array", "HashMap", "Set", "Option", "Result", "IoHandle"]);
        let mut diagnostic = Diagnostic::error(
            "E0103",
            path.span,
            format!("undefined type `{}`", last.name),
        );
        if let Some(near) = nearest(&last.name, all) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
        Ty::WRONG
    }

    /// A type of the host, with `params` for its type parameters.
    pub(crate) fn import_ty(&mut self, ty: &HostTy, params: &[Ty]) -> Ty {
        let kind = match ty {
            HostTy::Unit => return Ty::UNIT,
            HostTy::Bool => return Ty::BOOL,
            HostTy::Int | HostTy::TypeArg(_) => return Ty::INT,
            HostTy::Number => return Ty::NUMBER,
            HostTy::Char => return Ty::CHAR,
            HostTy::Duration => return Ty::DURATION,
            HostTy::String => return Ty::STRING,
            HostTy::Bytes => return Ty::BYTES,
            HostTy::Range => return Ty::RANGE,
            HostTy::Error => return Ty::ERROR,
            // No declaration has the second.
            HostTy::Json | HostTy::Enclosing(..) => return Ty::JSON,
            HostTy::Never => return Ty::NEVER,
            HostTy::Array(t) => TyKind::Array(self.import_ty(t, params)),
            HostTy::Set(t) => TyKind::Set(self.import_ty(t, params)),
            HostTy::Map(k, v) => TyKind::Map(self.import_ty(k, params), self.import_ty(v, params)),
            HostTy::Tuple(items) => {
                TyKind::Tuple(items.iter().map(|t| self.import_ty(t, params)).collect())
            }
            HostTy::Record(record) => return self.host_record(record),
            HostTy::Option(t) => {
                let t = self.import_ty(t, params);
                return self.option(t);
            }
            HostTy::Maybe(t) => {
                let t = self.import_ty(t, params);
                return self.maybe(t);
            }
            HostTy::Result(t, e) => {
                TyKind::Result(self.import_ty(t, params), self.import_ty(e, params))
            }
            HostTy::Fn(args, ret) => {
                let args: Rc<[Ty]> = args.iter().map(|t| self.import_ty(t, params)).collect();
                TyKind::Fn(args, self.import_ty(ret, params))
            }
            HostTy::Union(items) => {
                let items: Vec<Ty> = items.iter().map(|t| self.import_ty(t, params)).collect();
                return self.union(items);
            }
            HostTy::Resource(name) => TyKind::Resource((&**name).into()),
            HostTy::Param(n) => return params.get(usize::from(*n)).copied().unwrap_or(Ty::WRONG),
        };
        self.types.intern(kind)
    }
}

fn find_host_type(ty: &HostTy, name: &str, found: &mut Option<HostTy>) {
    match ty {
        HostTy::Resource(own) if own == name => *found = Some(ty.clone()),
        HostTy::Record(record) => {
            if record.name.as_deref() == Some(name) {
                *found = Some(ty.clone());
            }
            record
                .fields
                .iter()
                .for_each(|f| find_host_type(&f.ty, name, found));
        }
        HostTy::Array(t) | HostTy::Set(t) | HostTy::Option(t) | HostTy::Maybe(t) => {
            find_host_type(t, name, found);
        }
        HostTy::Map(a, b) | HostTy::Result(a, b) => {
            find_host_type(a, name, found);
            find_host_type(b, name, found);
        }
        HostTy::Tuple(items) | HostTy::Union(items) => {
            items.iter().for_each(|t| find_host_type(t, name, found));
        }
        _ => {}
    }
}
