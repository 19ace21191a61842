//! `impl` and `extend`, entered once all names are known.

use crate::checker::Checker;
use crate::modules::ModuleId;
use crate::receiver::{Change, Known, change};
use crate::traits::{ImplId, ImplInfo, MethodOf, TraitInfo};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::ast::{FnDecl, Ident, ImplDecl, MethodDecl, PatKind, TypeExpr, TypeExprKind};
use std::rc::Rc;

impl Checker<'_> {
    /// Finds out which methods change their receiver, in the host's modules and in `pending`.
    pub(crate) fn learn_changes(&mut self, pending: &[(ModuleId, Rc<ImplDecl>)]) {
        let mut known = std::mem::take(&mut self.traits.known);
        if known.is_empty() {
            for decl in self.host.iter().flat_map(|module| &module.fns) {
                if decl.mutates {
                    let gives = match decl.ret {
                        shape_abi::Ty::Unit => Known::GivesAll,
                        _ => Known::GivesPart,
                    };
                    known.insert(Rc::from(&*decl.name), gives);
                }
            }
            for name in ["sort", "sort_by", "reverse", "order_by"] {
                known.insert(name.into(), Known::GivesOrder);
            }
        }
        let own = pending.iter().flat_map(|(_, decl)| &decl.methods);
        let defaults = self.traits.list.iter().flat_map(|info| &info.decl.methods);
        let methods: Vec<&MethodDecl> = own.chain(defaults).collect();
        loop {
            let mut learned = false;
            for method in &methods {
                let name = &method.decl.name.name;
                let found = match method.receiver {
                    true => change(&method.decl, &known),
                    false => Change::No,
                };
                let before = match known.get(name) {
                    Some(Known::Own(before)) => *before,
                    _ => Change::No,
                };
                if found > before {
                    known.insert(Rc::clone(name), Known::Own(found));
                    learned = true;
                }
            }
            if !learned {
                break;
            }
        }
        self.traits.known = known;
    }

    /// Whether a method of this name may change its receiver.
    pub(crate) fn may_change(&self, name: &str) -> bool {
        matches!(self.traits.known.get(name), Some(Known::Own(change)) if *change != Change::No)
    }

    /// The written types of a trait's method, with its type parameters replaced.
    pub(crate) fn dyn_signature(
        &mut self,
        info: &TraitInfo,
        method: &MethodDecl,
        args: &[Ty],
        this: Ty,
    ) -> (Vec<Option<Ty>>, Option<Ty>) {
        let (params, ret) = self.signature_types(method, info.module, &info.decl.generics, this);
        let params = params.into_iter();
        let params = params.map(|ty| ty.map(|ty| self.substitute(ty, args)));
        (params.collect(), ret.map(|ty| self.substitute(ty, args)))
    }

    pub(crate) fn enter_impl(&mut self, module: ModuleId, decl: &Rc<ImplDecl>) {
        self.no_name_twice(decl.methods.iter().map(|m| &m.decl.name));
        self.no_name_twice(decl.generics.iter());
        let mut generics = decl.generics.clone();
        self.implicit_generics(module, &decl.target, &mut generics);
        let (target, of) = self.in_declaration(module, &generics, |this| {
            let target = this.impl_target(&decl.target);
            let of = decl.of.as_ref().map(|of| this.trait_ref(of));
            (target, of)
        });
        let mut open = Vec::new();
        self.open_vars(target, &mut open);
        let pairs: Vec<(Ty, Ty)> = (generics.len()..)
            .zip(&open)
            .map(|(n, var)| {
                let n = u32::try_from(n).unwrap_or(u32::MAX);
                (*var, self.types.intern(TyKind::Param(n)))
            })
            .collect();
        let target = self.replace(target, &pairs);
        if target == Ty::WRONG {
            return;
        }
        // What names an unknown trait still has its methods.
        let of = of.flatten();
        let id = self.traits.impls.len();
        let mut methods = FxHashMap::default();
        let mut add = |this: &mut Self, method: &MethodDecl, module: ModuleId| {
            let name = Rc::clone(&method.decl.name.name);
            let template = this.method_template(id, method, module);
            methods.entry(name).or_insert(template);
        };
        for method in &decl.methods {
            add(self, method, module);
        }
        if let Some((of, _)) = &of {
            let info = self.traits.list[*of as usize].clone();
            for method in info.decl.methods.iter().filter(|m| m.body) {
                let own = decl.methods.iter();
                if !own
                    .clone()
                    .any(|m| m.decl.name.name == method.decl.name.name)
                {
                    add(self, method, info.module);
                }
            }
            if info.built_in && &*info.decl.name.name == "Drop" {
                self.traits.dropped = Some(*of);
                if let TyKind::Enum(def, _) = self.kind(target) {
                    self.types.ending.push(def);
                }
            }
            self.traits.by_trait.entry(*of).or_default().push(id);
        }
        for name in methods.keys() {
            let known = self.traits.by_name.entry(Rc::clone(name)).or_default();
            known.push(id);
        }
        self.traits.impls.push(ImplInfo {
            decl: Rc::clone(decl),
            module,
            params: generics.len() + open.len(),
            generics: generics.into(),
            target,
            of,
            methods,
        });
    }

    fn method_template(&mut self, imp: ImplId, method: &MethodDecl, module: ModuleId) -> usize {
        let change = match self.traits.known.get(&method.decl.name.name) {
            Some(_) if !method.receiver => Change::No,
            Some(Known::Own(_)) => change(&method.decl, &self.traits.known),
            _ => Change::No,
        };
        let decl = match change {
            Change::No => Rc::clone(&method.decl),
            _ => Rc::new(with_mutable_self(&method.decl)),
        };
        let template = self.new_template(&decl, module);
        self.templates[template].method = Some(MethodOf {
            imp,
            receiver: method.receiver,
            change,
        });
        template
    }

    /// `T` in `extend Array<T>`: a short name in capitals that nothing else has.
    fn implicit_generics(&mut self, module: ModuleId, ty: &TypeExpr, names: &mut Vec<Ident>) {
        let TypeExprKind::Named(_, args) = &ty.kind else {
            return;
        };
        for arg in args {
            if let TypeExprKind::Named(path, inner) = &arg.kind
                && let [name] = &path.segments[..]
                && inner.is_empty()
                && name.name.chars().all(|c| c.is_ascii_uppercase())
                && !names.iter().any(|known| known.name == name.name)
                && !self.modules[module].names.contains_key(&name.name)
            {
                names.push(name.clone());
            }
            self.implicit_generics(module, arg, names);
        }
    }

    /// The type that gets methods; a collection may leave out what is in it.
    fn impl_target(&mut self, ty: &TypeExpr) -> Ty {
        if let TypeExprKind::Named(path, args) = &ty.kind
            && let [name] = &path.segments[..]
            && args.is_empty()
            && !self.modules[self.body.module]
                .names
                .contains_key(&name.name)
        {
            let (a, b) = (self.fresh(), self.fresh());
            let kind = match &*name.name {
                "Array" | "Vec" => Some(TyKind::Array(a)),
                "Set" => Some(TyKind::Set(a)),
                "HashMap" | "Map" => Some(TyKind::Map(a, b)),
                "Option" => Some(TyKind::Option(a)),
                "Result" => Some(TyKind::Result(a, b)),
                _ => None,
            };
            if let Some(kind) = kind {
                return self.types.intern(kind);
            }
        }
        self.type_expr(ty)
    }
}

/// The declaration with a `self` that may be assigned to.
fn with_mutable_self(decl: &FnDecl) -> FnDecl {
    let mut decl = decl.clone();
    if let Some(first) = decl.params.first_mut()
        && let PatKind::Bind(_, mutable) = &mut first.pat.kind
    {
        *mutable = true;
    }
    decl
}
