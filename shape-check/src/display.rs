//! Values as text, where types of the script's own say how they are shown.
//!
//! Such a value becomes the text that its `display` gives, also inside of arrays, records and the
//! like: these become others that hold the texts, by one function for each type. What holds no such
//! type is shown by the machine as it is.

use crate::checker::Checker;
use crate::instance::Target;
use crate::ops::{op_expr, unboxed};
use crate::program::{Arm, Expr, ExprKind, Func, LocalId, Op, Pat, PatKind, Place, Root};
use crate::types::{DefId, DefKind, Field, Ty, TyKind};
use shape_syntax::Span;

impl Checker<'_> {
    /// `value` as it is to be put into a text.
    pub(crate) fn shown(&mut self, value: Expr) -> Expr {
        let ty = self.resolve(value.ty);
        if !self.shows_itself(ty) {
            return value;
        }
        let span = value.span;
        match self.kind(ty) {
            TyKind::Dyn(..) => self.call_dyn_display(value, span),
            _ => match self.display_of(ty) {
                Some(found) => self.call_typed(found, vec![value], span),
                None => {
                    let (instance, _) = self.instantiate(Target::Show, &[ty], Some(Ty::JSON), span);
                    Expr {
                        kind: ExprKind::Call(Self::func_id(instance), vec![value]),
                        ty: Ty::JSON,
                        span,
                    }
                }
            },
        }
    }

    fn display_of(&mut self, ty: Ty) -> Option<crate::has_trait::Found> {
        let of = self.built_in_trait("Display")?;
        self.method_of_trait(ty, of, "display")
    }

    /// Whether a value of `ty` is, or may hold, something with a `display` of its own.
    fn shows_itself(&mut self, ty: Ty) -> bool {
        if self.traits.impls.is_empty() {
            return false;
        }
        let mut seen = vec![ty];
        let mut next = 0;
        while next < seen.len() {
            let ty = seen[next];
            next += 1;
            if matches!(self.kind(ty), TyKind::Dyn(..)) || self.display_of(ty).is_some() {
                return true;
            }
            for part in self.parts_of(ty) {
                let part = self.resolve(part);
                if !seen.contains(&part) && seen.len() < 200 {
                    seen.push(part);
                }
            }
        }
        false
    }

    /// The types of what a value of `ty` holds.
    pub(crate) fn parts_of(&mut self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Struct(def, args) => {
                let fields = self.fields_of(def, 0);
                let fields = fields.iter();
                fields.map(|f| self.substitute(f.ty, &args)).collect()
            }
            TyKind::Enum(def, args) => {
                let mut all = Vec::new();
                for variant in 0..self.variant_count(def) {
                    let fields = self.fields_of(def, variant);
                    all.extend(fields.iter().map(|f| self.substitute(f.ty, &args)));
                }
                all
            }
            kind @ (TyKind::Array(_)
            | TyKind::Option(_)
            | TyKind::Maybe(_)
            | TyKind::Tuple(_)
            | TyKind::Object(_)
            | TyKind::Map(..)
            | TyKind::Result(..)) => {
                let mut all = Vec::new();
                crate::infer::parts(&kind, &mut |part| all.push(part));
                all
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn variant_count(&self, def: DefId) -> u32 {
        match &self.types.def(def).kind {
            DefKind::Enum(variants) => u32::try_from(variants.len()).unwrap_or(u32::MAX),
            DefKind::Struct(_) => 0,
        }
    }

    // --- The functions ----------------------------------------------------------------------

    /// The function that makes a value of `ty` one whose parts are texts.
    pub(crate) fn show_func(&mut self, ty: Ty, span: Span) -> (Func, Ty, bool) {
        let outer = std::mem::replace(&mut self.body, crate::body::Body::new(0));
        let whole = self.body.temp(ty);
        let value = self.local_expr(whole, span);
        let value = self.show_parts(value, ty, span);
        let body = boxed(value);
        let body_state = std::mem::replace(&mut self.body, outer);
        let func = Func {
            name: "display".into(),
            span,
            internal: true,
            locals: body_state.locals,
            params: 1,
            captures: 0,
            ret: Ty::JSON,
            body,
        };
        (func, Ty::JSON, true)
    }

    fn show_boxed(&mut self, value: Expr) -> Expr {
        let value = self.shown(value);
        boxed(value)
    }

    fn show_parts(&mut self, value: Expr, ty: Ty, span: Span) -> Expr {
        match self.kind(ty) {
            TyKind::Array(element) => self.show_elements(value, element, span),
            TyKind::Map(key, item) => self.show_entries(value, key, item, span),
            TyKind::Option(inner) | TyKind::Maybe(inner) => {
                let test = op_expr(Op::IsNone, vec![value.clone()], Ty::BOOL, span);
                let none = Expr {
                    kind: ExprKind::None,
                    ty: Ty::JSON,
                    span,
                };
                let found = self.show_boxed(unboxed(value, inner));
                choice(test, none, found, Ty::JSON, span)
            }
            TyKind::Result(ok, err) => {
                let ty = self.result(Ty::JSON, Ty::JSON);
                let test = op_expr(Op::IsErr, vec![value.clone()], Ty::BOOL, span);
                let err = op_expr(Op::ErrValue, vec![value.clone()], err, span);
                let err = Expr {
                    kind: ExprKind::Err(Box::new(self.show_boxed(err))),
                    ty,
                    span,
                };
                let ok = op_expr(Op::OkValue, vec![value], ok, span);
                let ok = Expr {
                    kind: ExprKind::Ok(Box::new(self.show_boxed(ok))),
                    ty,
                    span,
                };
                choice(test, err, ok, ty, span)
            }
            TyKind::Tuple(items) => {
                let parts = self.show_fields(&value, &items, span);
                let ty = self.tuple(&vec![Ty::JSON; items.len()]);
                Expr {
                    kind: ExprKind::Tuple(parts),
                    ty,
                    span,
                }
            }
            TyKind::Enum(def, args) => self.show_variants(value, def, &args, span),
            _ => match self.record_fields(ty) {
                Some(fields) => {
                    let types: Vec<Ty> = fields.iter().map(|f| f.ty).collect();
                    let parts = self.show_fields(&value, &types, span);
                    let fields = fields.into_iter().map(|f| Field {
                        ty: Ty::JSON,
                        optional: false,
                        ..f
                    });
                    let ty = TyKind::Object(fields.collect());
                    let ty = self.types.intern(ty);
                    Expr {
                        kind: ExprKind::Record(parts),
                        ty,
                        span,
                    }
                }
                None => value,
            },
        }
    }

    fn show_fields(&mut self, value: &Expr, types: &[Ty], span: Span) -> Vec<Expr> {
        let fields = (0u32..).zip(types).map(|(number, ty)| {
            let part = Expr {
                kind: ExprKind::Field(Box::new(value.clone()), number),
                ty: *ty,
                span,
            };
            self.show_boxed(part)
        });
        fields.collect()
    }

    fn show_elements(&mut self, value: Expr, element: Ty, span: Span) -> Expr {
        let ty = self.array(Ty::JSON);
        let empty = Expr {
            kind: ExprKind::Array(Vec::new()),
            ty,
            span,
        };
        let (out, init) = self.keep(empty);
        let item = self.body.temp(element);
        let shown = self.local_expr(item, span);
        let shown = self.show_boxed(shown);
        let push = self.push(whole_of(out, ty, span), shown, span);
        let result = self.local_expr(out, span);
        let fill = self.for_array(item, value, push, span);
        self.sequence(vec![init, fill], result)
    }

    fn show_entries(&mut self, value: Expr, key: Ty, item: Ty, span: Span) -> Expr {
        let ty = self.types.intern(TyKind::Map(key, Ty::JSON));
        let empty = Expr {
            kind: ExprKind::EmptyMap,
            ty,
            span,
        };
        let (out, init) = self.keep(empty);
        let pair = self.tuple(&[key, item]);
        let pairs = self.call_core("map", "entries", vec![value], span);
        let entry = self.body.temp(pair);
        let part = |cx: &Self, number, ty| Expr {
            kind: ExprKind::Field(Box::new(cx.local_expr(entry, span)), number),
            ty,
            span,
        };
        let shown = part(self, 1, item);
        let shown = self.show_boxed(shown);
        let args = vec![self.local_expr(out, span), part(self, 0, key), shown];
        let set = self.call_core("map", "set", args, span);
        let set = Expr {
            kind: ExprKind::SetLocal(out, Box::new(set)),
            ty: Ty::UNIT,
            span,
        };
        let fill = self.for_array(entry, pairs, set, span);
        let result = self.local_expr(out, span);
        self.sequence(vec![init, fill], result)
    }

    fn for_array(&mut self, item: LocalId, source: Expr, body: Expr, span: Span) -> Expr {
        let id = self.body.new_loop();
        Expr {
            kind: ExprKind::ForArray(id, item, Box::new(source), Box::new(body)),
            ty: Ty::UNIT,
            span,
        }
    }

    fn show_variants(&mut self, value: Expr, def: DefId, args: &[Ty], span: Span) -> Expr {
        let ty = value.ty;
        let arms = (0..self.variant_count(def)).map(|variant| {
            let fields = self.fields_of(def, variant);
            let types: Vec<Ty> = fields.iter().map(|f| self.substitute(f.ty, args)).collect();
            let locals: Vec<LocalId> = types.iter().map(|ty| self.body.temp(*ty)).collect();
            let binds = locals.iter().zip(&types).map(|(local, ty)| Pat {
                kind: PatKind::Bind(*local),
                ty: *ty,
            });
            let pat = Pat {
                kind: PatKind::Variant(variant, binds.collect()),
                ty,
            };
            let payload = locals.iter().map(|local| {
                let part = self.local_expr(*local, span);
                self.show_boxed(part)
            });
            let payload = payload.collect();
            Arm {
                pat,
                guard: None,
                body: Expr {
                    kind: ExprKind::Variant(def, variant, payload),
                    ty,
                    span,
                },
            }
        });
        let arms = arms.collect();
        let whole = self.body.temp(ty);
        Expr {
            kind: ExprKind::Match(whole, Box::new(value), arms),
            ty,
            span,
        }
    }
}

fn whole_of(local: LocalId, ty: Ty, span: Span) -> Place {
    Place {
        root: Root::Local(local),
        steps: Vec::new(),
        ty,
        span,
    }
}

fn choice(test: Expr, a: Expr, b: Expr, ty: Ty, span: Span) -> Expr {
    Expr {
        kind: ExprKind::If(Box::new(test), Box::new(a), Some(Box::new(b))),
        ty,
        span,
    }
}

fn boxed(value: Expr) -> Expr {
    if value.ty == Ty::JSON || value.ty == Ty::WRONG {
        return value;
    }
    let span = value.span;
    Expr {
        kind: ExprKind::Box(Box::new(value)),
        ty: Ty::JSON,
        span,
    }
}
