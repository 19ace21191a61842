//! Patterns of options, results, variants and records by name.

use crate::checker::Checker;
use crate::pattern::last_name;
use crate::program::{Pat, PatKind};
use crate::types::{DefId, DefKind, Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::{self, Binding, Ident, Path};
use std::rc::Rc;

impl Checker<'_> {
    pub(crate) fn variant_pattern(
        &mut self,
        path: &Path,
        items: &[ast::Pat],
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        if let (name @ ("Ok" | "Err" | "Some"), []) = (last_name(path), items)
            && path.segments.len() == 1
        {
            let message = format!("`{name}` carries a value: write `{name}(_)`");
            self.error("E0302", span, message);
            return Pat {
                kind: PatKind::Wild,
                ty,
            };
        }
        match (last_name(path), items) {
            ("None", []) if path.segments.len() == 1 => {
                return Pat {
                    kind: self.none_pattern(ty),
                    ty,
                };
            }
            ("Some", [inner]) if path.segments.len() == 1 => {
                let inner_ty = match self.kind(ty) {
                    TyKind::Option(inner) | TyKind::Maybe(inner) => inner,
                    TyKind::Json => Ty::JSON,
                    // An option that has been narrowed already.
                    _ => return self.pattern(inner, ty, binding),
                };
                let inner = self.pattern(inner, inner_ty, binding);
                return Pat {
                    kind: PatKind::Some(Box::new(inner)),
                    ty,
                };
            }
            (name @ ("Ok" | "Err"), [inner]) if path.segments.len() == 1 => {
                return self.result_pattern(name, inner, ty, binding, span);
            }
            _ => {}
        }
        let Some((def, name, variant)) = self.variant_named(path, ty) else {
            let part = self.part_of(ty);
            items.iter().for_each(|p| {
                self.pattern(p, part, binding);
            });
            return Pat {
                kind: PatKind::Wild,
                ty,
            };
        };
        self.in_enum(def, ty, span, |this, args, own| {
            let infos = this.fields_of(def, variant);
            if infos.len() != items.len() {
                let message = format!(
                    "`{}` carries {} values, the pattern has {}",
                    name.name,
                    infos.len(),
                    items.len()
                );
                this.error("E0302", span, message);
            }
            let payload = items.iter().enumerate().map(|(at, p)| {
                let inner = match infos.get(at) {
                    Some(info) => this.substitute(info.ty, args),
                    None => Ty::WRONG,
                };
                this.pattern(p, inner, binding)
            });
            Pat {
                kind: PatKind::Variant(variant, payload.collect()),
                ty: own,
            }
        })
    }

    fn result_pattern(
        &mut self,
        name: &str,
        inner: &ast::Pat,
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        let (ok, err) = match self.kind(ty) {
            TyKind::Result(ok, err) => (ok, err),
            TyKind::Var(_) => {
                let (ok, err) = (self.fresh(), self.fresh());
                let result = self.result(ok, err);
                self.unify(ty, result);
                (ok, err)
            }
            _ => {
                let kind = self.cannot_match(&format!("{name}(…)"), ty, span);
                let part = self.part_of(ty);
                self.pattern(inner, part, binding);
                return Pat { kind, ty };
            }
        };
        let kind = if name == "Ok" {
            PatKind::Ok(Box::new(self.pattern(inner, ok, binding)))
        } else {
            PatKind::Err(Box::new(self.pattern(inner, err, binding)))
        };
        Pat { kind, ty }
    }

    pub(crate) fn struct_pattern(
        &mut self,
        path: &Path,
        fields: &[(Ident, ast::Pat)],
        ty: Ty,
        binding: Binding,
        span: Span,
    ) -> Pat {
        if let [name] = &path.segments[..]
            && !self.is_variant_name(&name.name, ty)
        {
            let written = ast::TypeExpr {
                kind: ast::TypeExprKind::Named(path.clone(), Vec::new()),
                span: path.span,
            };
            let wanted = self.type_expr(&written);
            if matches!(self.kind(ty), TyKind::Union(_)) {
                let inner = self.object_pattern(fields, wanted, binding, span);
                return Pat {
                    kind: PatKind::Is(wanted, Box::new(inner)),
                    ty,
                };
            }
            if !self.unify(wanted, ty) {
                let what = self.show(wanted);
                self.cannot_match(&what, ty, span);
            }
            return self.object_pattern(fields, ty, binding, span);
        }
        let Some((def, name, variant)) = self.variant_named(path, ty) else {
            for (_, p) in fields {
                self.pattern(p, Ty::WRONG, binding);
            }
            return Pat {
                kind: PatKind::Wild,
                ty,
            };
        };
        self.in_enum(def, ty, span, |this, args, own| {
            let infos = this.fields_of(def, variant);
            let mut payload: Vec<Pat> = infos
                .iter()
                .map(|info| Pat {
                    kind: PatKind::Wild,
                    ty: this.substitute(info.ty, args),
                })
                .collect();
            for (field, p) in fields {
                match infos.iter().position(|info| info.name == field.name) {
                    Some(at) => payload[at] = this.pattern(p, payload[at].ty, binding),
                    None => {
                        let message = format!("`{}` has no field `{}`", name.name, field.name);
                        this.error("E0206", field.span, message);
                        this.pattern(p, Ty::WRONG, binding);
                    }
                }
            }
            Pat {
                kind: PatKind::Variant(variant, payload),
                ty: own,
            }
        })
    }

    /// The enum, the name and the number of the variant that a path names.
    fn variant_named<'p>(&mut self, path: &'p Path, ty: Ty) -> Option<(DefId, &'p Ident, u32)> {
        let (def, name) = self.variant_path(path, ty)?;
        Some((def, name, self.find_variant(def, name)?))
    }

    /// The enum and the variant name of a path; a lone name is a variant of the value's own enum.
    fn variant_path<'p>(&mut self, path: &'p Path, ty: Ty) -> Option<(DefId, &'p Ident)> {
        let (name, parents) = path.segments.split_last()?;
        if parents.is_empty() {
            if let TyKind::Enum(def, _) = self.kind(ty) {
                return Some((def, name));
            }
            if let TyKind::Union(members) = self.kind(ty) {
                let own = members
                    .iter()
                    .find(|m| self.is_variant_name(&name.name, **m));
                if let Some(TyKind::Enum(def, _)) = own.map(|m| self.kind(*m)) {
                    return Some((def, name));
                }
            }
            self.error(
                "E0303",
                path.span,
                format!("undefined variant `{}`", name.name),
            );
            return None;
        }
        match self.path_item(parents)? {
            crate::modules::Item::Def(def) => Some((def, name)),
            _ => {
                self.error(
                    "E0303",
                    path.span,
                    format!("undefined variant `{}`", name.name),
                );
                None
            }
        }
    }

    /// Makes a pattern of an enum's variant: against the enum itself, or a union with it.
    fn in_enum(
        &mut self,
        def: DefId,
        ty: Ty,
        span: Span,
        f: impl FnOnce(&mut Self, &[Ty], Ty) -> Pat,
    ) -> Pat {
        if !matches!(self.types.def(def).kind, DefKind::Enum(_)) {
            return Pat {
                kind: PatKind::Wild,
                ty,
            };
        }
        match self.kind(ty) {
            TyKind::Enum(own, args) if own == def => f(self, &args, ty),
            TyKind::Union(members) => {
                let member = members
                    .iter()
                    .copied()
                    .find(|m| matches!(self.kind(*m), TyKind::Enum(own, _) if own == def));
                let Some(member) = member else {
                    let what = Rc::clone(&self.types.def(def).name);
                    return Pat {
                        kind: self.cannot_match(&what, ty, span),
                        ty,
                    };
                };
                let TyKind::Enum(_, args) = self.kind(member) else {
                    return Pat {
                        kind: PatKind::Wild,
                        ty,
                    };
                };
                let inner = f(self, &args, member);
                Pat {
                    kind: PatKind::Is(member, Box::new(inner)),
                    ty,
                }
            }
            TyKind::Var(_) => {
                let count = self.types.def(def).generics;
                let args: Rc<[Ty]> = (0..count).map(|_| self.fresh()).collect();
                let own = self.types.intern(TyKind::Enum(def, Rc::clone(&args)));
                self.unify(ty, own);
                f(self, &args, own)
            }
            _ => {
                let what = Rc::clone(&self.types.def(def).name);
                let kind = self.cannot_match(&what, ty, span);
                let open: Vec<Ty> = (0..self.types.def(def).generics)
                    .map(|_| self.fresh())
                    .collect();
                f(self, &open, self.part_of(ty));
                Pat { kind, ty }
            }
        }
    }
}
