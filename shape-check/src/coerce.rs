//! Conversions that happen without being written, and the common type of several values.

use crate::checker::Checker;
use crate::program::{Conversion, Expr, ExprKind, FieldSource, Op};
use crate::types::{Field, Ty, TyKind};
use shape_abi::Const;
use shape_syntax::Span;
use std::rc::Rc;

/// How a value of one type becomes one of another.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// It is one already.
    Same,
    /// `int` to `number`.
    Widen,
    /// It is held boxed, after another step.
    Box(std::boxed::Box<How>),
    /// It becomes this member of a union, and is held boxed.
    Member(Ty, std::boxed::Box<How>),
    /// It must be there, then another step.
    Unwrap(Ty, std::boxed::Box<How>),
    /// Another value is built.
    Build(Conversion),
    /// A `char` becomes a `string`.
    Text,
}

impl Checker<'_> {
    /// `value` as a `to`; reports when it cannot be one. `what` names the place, such as "the
    /// result".
    pub(crate) fn coerce(&mut self, value: Expr, to: Ty, what: &str) -> Expr {
        let value = self.as_char_literal(value, to);
        match self.how(value.ty, to) {
            Some(how) => self.apply(value, to, how),
            None => {
                if let Some(read) = self.json_as(&value, to) {
                    return read;
                }
                self.note_misfit(value.ty, to);
                self.mismatch(&value, to, what);
                self.wrong(value.span)
            }
        }
    }

    /// A literal of one character is a `char` where one is wanted.
    fn as_char_literal(&self, value: Expr, to: Ty) -> Expr {
        let wanted = match self.kind(to) {
            TyKind::Option(inner) | TyKind::Maybe(inner) => self.shallow(inner),
            _ => self.shallow(to),
        };
        if wanted == Ty::CHAR
            && let ExprKind::Str(text) = &value.kind
            && let (mut chars, span) = (text.chars(), value.span)
            && let (Some(c), None) = (chars.next(), chars.next())
        {
            return Expr {
                kind: ExprKind::Char(c),
                ty: Ty::CHAR,
                span,
            };
        }
        value
    }

    /// `value` after the conversion `how` to type `to`.
    pub(crate) fn apply(&mut self, value: Expr, to: Ty, how: How) -> Expr {
        let span = value.span;
        let kind = match how {
            How::Same if self.shallow(value.ty) == Ty::NEVER || to == Ty::WRONG => return value,
            How::Same => return Expr { ty: to, ..value },
            How::Widen => match value.kind {
                // A literal is widened here and now.
                #[allow(clippy::cast_precision_loss, reason = "what widening means")]
                ExprKind::Int(int) => ExprKind::Number(int as f64),
                _ => ExprKind::Op(Op::IntToNumber, vec![value]),
            },
            How::Box(inner) => {
                let inner_ty = match self.kind(to) {
                    TyKind::Option(t) | TyKind::Maybe(t) => t,
                    _ => value.ty,
                };
                let inner_ty = if matches!(*inner, How::Widen) {
                    Ty::NUMBER
                } else {
                    inner_ty
                };
                ExprKind::Box(Box::new(self.apply(value, inner_ty, *inner)))
            }
            How::Member(member, inner) => {
                ExprKind::Box(Box::new(self.apply(value, member, *inner)))
            }
            How::Unwrap(inner, then) => {
                let value = self.unwrap(value, inner);
                return self.apply(value, to, *then);
            }
            How::Build(Conversion::Captured(closure)) => ExprKind::Closure(closure, vec![value]),
            How::Build(conversion) => ExprKind::Convert(Rc::new(conversion), Box::new(value)),
            How::Text => ExprKind::Interp(vec![value]),
        };
        Expr { kind, ty: to, span }
    }

    /// A look-up that must have found something.
    pub(crate) fn unwrap(&mut self, value: Expr, inner: Ty) -> Expr {
        let span = value.span;
        // The look-up itself can say what it looked for.
        if let ExprKind::Block(statements, Some(last)) = value.kind {
            let last = self.unwrap(*last, inner);
            return Expr {
                kind: ExprKind::Block(statements, Some(Box::new(last))),
                ty: inner,
                span,
            };
        }
        Expr {
            kind: ExprKind::Unwrap(Box::new(value)),
            ty: inner,
            span,
        }
    }

    /// `value`, which must be there if it is the result of a look-up.
    pub(crate) fn settled(&mut self, value: Expr) -> Expr {
        match self.kind(value.ty) {
            TyKind::Maybe(inner) => self.unwrap(value, inner),
            _ => value,
        }
    }

    /// How a `from` becomes a `to`, binding variables on the way; `None` when it does not.
    pub(crate) fn how(&mut self, from: Ty, to: Ty) -> Option<How> {
        let (from, to) = (self.shallow(from), self.shallow(to));
        if from == to || from == Ty::NEVER || from == Ty::WRONG || to == Ty::WRONG {
            return Some(How::Same);
        }
        match (self.kind(from), self.kind(to)) {
            (TyKind::Maybe(inner), TyKind::Var(_)) => self
                .unify(inner, to)
                .then(|| How::Unwrap(inner, Box::new(How::Same))),
            (TyKind::Var(_), _) | (_, TyKind::Var(_)) => self.unify(from, to).then_some(How::Same),
            (TyKind::Int, TyKind::Number) => Some(How::Widen),
            (TyKind::Char, TyKind::String) => Some(How::Text),
            (TyKind::Option(a) | TyKind::Maybe(a), TyKind::Option(b) | TyKind::Maybe(b)) => {
                self.inside(a, b, Conversion::Option)
            }
            (TyKind::Option(a), TyKind::Json) if self.shallow(a) == Ty::NEVER => {
                Some(How::Box(Box::new(How::Same)))
            }
            (TyKind::Maybe(inner), _) => {
                let then = self.how(inner, to)?;
                Some(How::Unwrap(inner, Box::new(then)))
            }
            (_, TyKind::Option(inner) | TyKind::Maybe(inner)) => {
                let how = self.how(from, inner)?;
                Some(How::Box(Box::new(how)))
            }
            (TyKind::Union(members), TyKind::Union(all)) => {
                members.iter().all(|m| all.contains(m)).then_some(How::Same)
            }
            (_, TyKind::Union(members)) => self.union_how(from, &members),
            (TyKind::Array(a), TyKind::Array(b)) => {
                let rebuild = |types: &crate::types::Types, c: Conversion| match c {
                    Conversion::Same if types.same_storage(a, b) => How::Same,
                    c => How::Build(Conversion::Array(b, Rc::new(c))),
                };
                let inner = self.conversion(a, b)?;
                Some(rebuild(&self.types, inner))
            }
            (TyKind::Set(a), TyKind::Set(b)) => self.inside(a, b, Conversion::Set),
            (TyKind::Map(k, v), TyKind::Map(l, w)) => {
                let (keys, values) = (self.conversion(k, l)?, self.conversion(v, w)?);
                Some(same_or(&[&keys, &values], || {
                    Conversion::Map(Rc::new(keys.clone()), Rc::new(values.clone()))
                }))
            }
            (TyKind::Result(t, e), TyKind::Result(u, f)) => {
                let (ok, err) = (self.conversion(t, u)?, self.conversion(e, f)?);
                Some(same_or(&[&ok, &err], || {
                    Conversion::Result(Rc::new(ok.clone()), Rc::new(err.clone()))
                }))
            }
            (TyKind::Tuple(a), TyKind::Tuple(b)) if a.len() == b.len() => {
                let items = self.conversions(&a, &b)?;
                let parts: Vec<&Conversion> = items.iter().collect();
                Some(same_or(&parts, || Conversion::Tuple(items.clone())))
            }
            (TyKind::Tuple(items), TyKind::Array(element)) => {
                let all = vec![element; items.len()];
                let items = self.conversions(&items, &all)?;
                Some(How::Build(Conversion::TupleToArray(element, items)))
            }
            (
                TyKind::Struct(d, _) | TyKind::Enum(d, _),
                TyKind::Struct(e, _) | TyKind::Enum(e, _),
            ) if d == e => self.unify(from, to).then_some(How::Same),
            (TyKind::Object(_) | TyKind::Struct(..), TyKind::Object(_))
            | (TyKind::Object(_), TyKind::Struct(..)) => self.record_how(from, to),
            (TyKind::Object(fields), TyKind::Map(key, element))
                if self.shallow(key) == Ty::STRING =>
            {
                let entries = fields.iter().map(|field| {
                    let inner = self.conversion(field.ty, element)?;
                    Some((Rc::clone(&field.name), inner))
                });
                let entries: Option<Vec<_>> = entries.collect();
                Some(How::Build(Conversion::Entries(entries?)))
            }
            (TyKind::Closure(id), TyKind::Fn(params, ret)) => self.closure_how(id, &params, ret),
            (TyKind::Group(group), TyKind::Fn(params, ret)) => {
                self.group_as_fn(group, &params, ret, Span::default());
                Some(How::Same)
            }
            (TyKind::Closure(id), TyKind::Group(group)) => {
                self.add_to_group(group, id);
                Some(How::Same)
            }
            (TyKind::Group(from), TyKind::Group(into)) => {
                self.widen_group(from, into);
                Some(How::Same)
            }
            (kind, TyKind::Dyn(..)) if !matches!(kind, TyKind::Dyn(..)) => {
                let closure = self.dyn_closure(from, to)?;
                Some(How::Build(Conversion::Captured(closure)))
            }
            (TyKind::Bool | TyKind::Int | TyKind::Number | TyKind::String, TyKind::Json) => {
                Some(How::Box(Box::new(How::Same)))
            }
            _ => self.unify(from, to).then_some(How::Same),
        }
    }

    fn inside(&mut self, a: Ty, b: Ty, make: fn(Rc<Conversion>) -> Conversion) -> Option<How> {
        Some(match self.conversion(a, b)? {
            Conversion::Same => How::Same,
            inner => How::Build(make(Rc::new(inner))),
        })
    }

    fn union_how(&mut self, from: Ty, members: &[Ty]) -> Option<How> {
        let from = self.resolve(from);
        if members.contains(&from) {
            return Some(How::Box(Box::new(How::Same)));
        }
        // An `int` becomes a `number` where that is a member, and collections and objects the
        // first member that they fit.
        if from == Ty::INT && members.contains(&Ty::NUMBER) {
            return Some(How::Box(Box::new(How::Widen)));
        }
        let whole = |kind: &TyKind| {
            matches!(
                kind,
                TyKind::Array(_)
                    | TyKind::Tuple(_)
                    | TyKind::Map(..)
                    | TyKind::Set(_)
                    | TyKind::Object(_)
                    | TyKind::Result(..)
            )
        };
        if !whole(&self.kind(from)) {
            return None;
        }
        for member in members {
            if (whole(&self.kind(*member)) || matches!(self.kind(*member), TyKind::Struct(..)))
                && let Some(how) = self.how(from, *member)
            {
                return Some(How::Member(*member, Box::new(how)));
            }
        }
        None
    }

    fn closure_how(&mut self, id: crate::types::ClosureId, params: &[Ty], ret: Ty) -> Option<How> {
        if self
            .closure_arity(id)
            .is_some_and(|arity| arity != params.len())
        {
            return None;
        }
        if self.is_open(ret) {
            let target = crate::instance::Target::Closure(id);
            let (_, found) = self.instantiate(target, params, None, self.closure_span(id));
            self.how(found, ret)?;
        }
        let span = self.closure_span(id);
        self.closure_as_fn(id, params, ret, span)
            .then_some(How::Same)
    }

    /// The same as a step inside another value.
    fn conversion(&mut self, from: Ty, to: Ty) -> Option<Conversion> {
        inner_step(self.how(from, to)?)
    }

    fn conversions(&mut self, from: &[Ty], to: &[Ty]) -> Option<Vec<Conversion>> {
        from.iter()
            .zip(to)
            .map(|(from, to)| self.conversion(*from, *to))
            .collect()
    }

    fn record_how(&mut self, from: Ty, to: Ty) -> Option<How> {
        let (have, want) = (self.record_fields(from)?, self.record_fields(to)?);
        let exact =
            have.len() == want.len() && have.iter().zip(&want).all(|(a, b)| a.name == b.name);
        // A literal with a field that the declared type does not have is a slip.
        let nominal = matches!(self.kind(to), TyKind::Struct(..));
        if nominal && have.iter().any(|a| !want.iter().any(|b| b.name == a.name)) {
            return None;
        }
        let mut sources = Vec::new();
        for field in &want {
            let source = match have.iter().position(|other| other.name == field.name) {
                Some(at) => {
                    let number = u32::try_from(at).unwrap_or(u32::MAX);
                    FieldSource::Field(number, self.conversion(have[at].ty, field.ty)?)
                }
                None => FieldSource::Const(self.missing_field(to, field)?),
            };
            sources.push(source);
        }
        let plain = |s: &FieldSource| matches!(s, FieldSource::Field(_, Conversion::Same));
        if exact
            && sources.iter().all(plain)
            && !nominal
            && matches!(self.kind(from), TyKind::Object(_))
        {
            return Some(How::Same);
        }
        Some(How::Build(Conversion::Record(to, sources)))
    }

    fn missing_field(&mut self, to: Ty, field: &Field) -> Option<Const> {
        if let TyKind::Struct(def, _) = self.kind(to) {
            let fields = self.fields_of(def, 0);
            let info = fields.iter().find(|info| info.name == field.name)?;
            return match &info.default {
                crate::defs::FieldDefault::Const(constant) => Some(constant.clone()),
                crate::defs::FieldDefault::None => Some(Const::None),
                _ => None,
            };
        }
        field.optional.then_some(Const::None)
    }

    /// The fields of a record or object type.
    pub(crate) fn record_fields(&mut self, ty: Ty) -> Option<Vec<Field>> {
        match self.kind(ty) {
            TyKind::Object(fields) => Some(fields.to_vec()),
            TyKind::Struct(def, args) => {
                let fields = self.fields_of(def, 0);
                let typed = fields.iter().map(|info| Field {
                    name: Rc::clone(&info.name),
                    ty: self.substitute(info.ty, &args),
                    optional: !matches!(info.default, crate::defs::FieldDefault::Required),
                });
                Some(typed.collect())
            }
            _ => None,
        }
    }

    /// Whether an object has just the fields of a declared type, as one made by `{ ...p, x: 1 }` has.
    fn is_record(&mut self, object: Ty, fields: &[Field], record: Ty) -> bool {
        let all = self.record_fields(record).unwrap_or_default();
        all.len() == fields.len() && self.how(object, record).is_some()
    }

    /// The type that holds values of both types: one of them, a wider number, or a union.
    pub(crate) fn join(&mut self, a: Ty, b: Ty) -> Ty {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b || b == Ty::NEVER || a == Ty::WRONG {
            return a;
        }
        if a == Ty::NEVER || b == Ty::WRONG {
            return b;
        }
        match (self.kind(a), self.kind(b)) {
            (TyKind::Var(_), _) | (_, TyKind::Var(_)) if self.unify(a, b) => a,
            (TyKind::Int, TyKind::Number) | (TyKind::Number, TyKind::Int) => Ty::NUMBER,
            (TyKind::Char, TyKind::String) | (TyKind::String, TyKind::Char) => Ty::STRING,
            (TyKind::Option(x), TyKind::Option(y) | TyKind::Maybe(y))
            | (TyKind::Maybe(x), TyKind::Option(y)) => {
                let inner = self.join(x, y);
                self.option(inner)
            }
            (TyKind::Maybe(x), TyKind::Maybe(y)) => {
                let inner = self.join(x, y);
                self.maybe(inner)
            }
            (TyKind::Option(x), _) => {
                let inner = self.join(x, b);
                self.option(inner)
            }
            (_, TyKind::Option(y)) => {
                let inner = self.join(a, y);
                self.option(inner)
            }
            (TyKind::Maybe(x), _) => {
                let inner = self.join(x, b);
                self.maybe(inner)
            }
            (_, TyKind::Maybe(y)) => {
                let inner = self.join(a, y);
                self.maybe(inner)
            }
            (TyKind::Array(x), TyKind::Array(y)) => {
                let element = self.join(x, y);
                self.array(element)
            }
            (TyKind::Array(x), TyKind::Tuple(items)) | (TyKind::Tuple(items), TyKind::Array(x)) => {
                let element = items
                    .iter()
                    .fold(x, |joined, item| self.join(joined, *item));
                self.array(element)
            }
            (TyKind::Tuple(x), TyKind::Tuple(y)) if x.len() == y.len() => {
                let items: Vec<Ty> = x
                    .iter()
                    .zip(y.iter())
                    .map(|(x, y)| self.join(*x, *y))
                    .collect();
                self.tuple(&items)
            }
            (TyKind::Result(t, e), TyKind::Result(u, f)) => {
                let (ok, err) = (self.join(t, u), self.join(e, f));
                self.result(ok, err)
            }
            (TyKind::Closure(x), TyKind::Closure(y)) => {
                let group = self.new_group(x);
                if let TyKind::Group(number) = self.kind(group) {
                    self.add_to_group(number, y);
                }
                group
            }
            (TyKind::Group(group), TyKind::Closure(id)) => {
                self.add_to_group(group, id);
                a
            }
            (TyKind::Closure(id), TyKind::Group(group)) => {
                self.add_to_group(group, id);
                b
            }
            (TyKind::Group(x), TyKind::Group(y)) => {
                self.widen_group(y, x);
                self.widen_group(x, y);
                a
            }
            (TyKind::Fn(..), TyKind::Closure(_) | TyKind::Group(_)) if self.how(b, a).is_some() => {
                a
            }
            (TyKind::Closure(_) | TyKind::Group(_), TyKind::Fn(..)) if self.how(a, b).is_some() => {
                b
            }
            (TyKind::Object(x), TyKind::Object(y)) if same_names(&x, &y) => {
                let fields: Rc<[Field]> = x
                    .iter()
                    .zip(y.iter())
                    .map(|(x, y)| Field {
                        ty: self.join(x.ty, y.ty),
                        ..x.clone()
                    })
                    .collect();
                self.types.intern(TyKind::Object(fields))
            }
            (TyKind::Struct(..), TyKind::Object(fields)) if self.is_record(b, &fields, a) => a,
            (TyKind::Object(fields), TyKind::Struct(..)) if self.is_record(a, &fields, b) => b,
            (TyKind::Json, TyKind::Bool | TyKind::Int | TyKind::Number | TyKind::String) => a,
            (TyKind::Bool | TyKind::Int | TyKind::Number | TyKind::String, TyKind::Json) => b,
            _ if self.unify(a, b) => a,
            _ => self.union([a, b]),
        }
    }
}

fn same_names(a: &[Field], b: &[Field]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.name == b.name && a.optional == b.optional)
}

fn same_or(parts: &[&Conversion], build: impl FnOnce() -> Conversion) -> How {
    if parts.iter().all(|part| matches!(part, Conversion::Same)) {
        How::Same
    } else {
        How::Build(build())
    }
}

/// A conversion as a step inside another value, where what is held boxed looks like what is not.
fn inner_step(how: How) -> Option<Conversion> {
    match how {
        How::Same => Some(Conversion::Same),
        How::Widen => Some(Conversion::IntToNumber),
        How::Text => Some(Conversion::CharToString),
        How::Build(conversion) => Some(conversion),
        How::Box(inner) | How::Member(_, inner) => inner_step(*inner),
        How::Unwrap(..) => None,
    }
}
