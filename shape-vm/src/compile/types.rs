//! Types as far as the virtual machine needs them: shapes of records, tests, conversions, names.

use crate::code::{Conversion, FieldSource, Literal, TypeTest};
use crate::ins::Form;
use shape_abi::Const;
use shape_check::program;
use shape_check::{DefId, DefKind, Repr, Ty, TyKind, Types};
use shape_value::{EnumVariant, Shape};
use std::rc::Rc;
use std::sync::Arc;

/// The form of an array with elements of type `element`.
pub(super) fn form(types: &Types, element: Ty) -> Form {
    match types.repr(element) {
        Repr::Int => Form::Ints,
        Repr::Number => Form::Numbers,
        Repr::Bool => Form::Bools,
        _ => Form::Values,
    }
}

/// The shape of records of type `ty`.
pub(super) fn shape(types: &Types, ty: Ty) -> Arc<Shape> {
    let arc = |name: &Rc<str>| Arc::<str>::from(&**name);
    let (name, fields) = match types.kind(ty) {
        TyKind::Object(fields) => (None, fields.iter().map(|field| arc(&field.name)).collect()),
        TyKind::Struct(id, _) => {
            let def = types.def(*id);
            let fields = match &def.kind {
                DefKind::Struct(fields) => fields.iter().map(|field| arc(&field.name)).collect(),
                DefKind::Enum(_) => Vec::new(),
            };
            (Some(arc(&def.name)), fields)
        }
        _ => (None, Vec::new()),
    };
    Arc::new(Shape { name, fields })
}

/// The variant with this number.
pub(super) fn variant(types: &Types, id: DefId, index: u32) -> Arc<EnumVariant> {
    let def = types.def(id);
    let declared = match &def.kind {
        DefKind::Enum(variants) => variants.get(index as usize),
        DefKind::Struct(_) => None,
    };
    let arc = |name: &Rc<str>| Arc::<str>::from(&**name);
    let fields = declared.and_then(|variant| variant.fields.as_ref());
    Arc::new(EnumVariant {
        enum_name: arc(&def.name),
        index,
        name: declared.map_or_else(|| "?".into(), |variant| arc(&variant.name)),
        fields: fields.map(|names| names.iter().map(arc).collect()),
    })
}

/// The run-time test for `ty`.
pub(super) fn test(types: &Types, ty: Ty) -> TypeTest {
    // Where a type holds itself, what is there was checked when the value was made.
    let inner = |ty: Ty| match types.alias(ty) {
        Some(_) => TypeTest::Any,
        None => test(types, ty),
    };
    let one = |ty: &Ty| Box::new(inner(*ty));
    let many = |tys: &[Ty]| tys.iter().map(|ty| inner(*ty)).collect();
    match types.kind(ty) {
        TyKind::Unit => TypeTest::Unit,
        TyKind::Bool => TypeTest::Bool,
        TyKind::Int => TypeTest::Int,
        TyKind::Number => TypeTest::Number,
        TyKind::Char => TypeTest::Char,
        TyKind::Duration => TypeTest::Duration,
        TyKind::String => TypeTest::Str,
        TyKind::Bytes => TypeTest::Bytes,
        TyKind::Range => TypeTest::Range,
        TyKind::Error => TypeTest::Error,
        TyKind::Array(t) => TypeTest::Array(one(t)),
        TyKind::Map(k, v) => TypeTest::Map(one(k), one(v)),
        TyKind::Set(t) => TypeTest::Set(one(t)),
        TyKind::Tuple(items) => TypeTest::Tuple(many(items)),
        TyKind::Object(fields) => TypeTest::Record(
            shape(types, ty),
            fields.iter().map(|field| inner(field.ty)).collect(),
        ),
        TyKind::Struct(..) => TypeTest::Record(shape(types, ty), Vec::new()),
        TyKind::Enum(id, _) => TypeTest::Enum((*types.def(*id).name).into()),
        TyKind::Option(t) | TyKind::Maybe(t) => TypeTest::OneOf(vec![TypeTest::None, inner(*t)]),
        TyKind::Result(t, e) => TypeTest::Result(one(t), one(e)),
        TyKind::Fn(..) | TyKind::Closure(_) | TyKind::Dyn(..) => TypeTest::Closure,
        TyKind::Union(items) => TypeTest::OneOf(many(items)),
        TyKind::Resource(_) => TypeTest::Handle,
        _ => TypeTest::Any,
    }
}

/// `conversion` without references to the program.
pub(super) fn conversion(types: &Types, conversion: &program::Conversion) -> Conversion {
    use program::Conversion as From;
    let one = |c: &program::Conversion| Box::new(self::conversion(types, c));
    let many = |cs: &[From]| cs.iter().map(|c| self::conversion(types, c)).collect();
    match conversion {
        From::Same => Conversion::Same,
        From::IntToNumber => Conversion::IntToNumber,
        From::CharToString => Conversion::CharToString,
        From::Captured(id) => Conversion::Captured(id.0),
        From::Array(element, c) => Conversion::Array(form(types, *element), one(c)),
        From::Set(c) => Conversion::Set(one(c)),
        From::Map(k, v) => Conversion::Map(one(k), one(v)),
        From::Tuple(cs) => Conversion::Tuple(many(cs)),
        From::TupleToArray(element, cs) => {
            Conversion::TupleToArray(form(types, *element), many(cs))
        }
        From::Record(ty, sources) => {
            let sources = sources.iter().map(|source| field_source(types, source));
            Conversion::Record(shape(types, *ty), sources.collect())
        }
        From::Entries(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(name, c)| ((**name).into(), self::conversion(types, c)));
            Conversion::Entries(entries.collect())
        }
        From::Option(c) => Conversion::Option(one(c)),
        From::Result(ok, err) => Conversion::Result(one(ok), one(err)),
    }
}

fn field_source(types: &Types, source: &program::FieldSource) -> FieldSource {
    match source {
        program::FieldSource::Field(index, c) => {
            FieldSource::Field(*index as usize, conversion(types, c))
        }
        program::FieldSource::Const(c) => FieldSource::Const(constant(c)),
    }
}

fn constant(c: &Const) -> Literal {
    match c {
        Const::Unit => Literal::Unit,
        Const::None => Literal::None,
        Const::Bool(b) => Literal::Bool(*b),
        Const::Int(n) => Literal::Int(*n),
        Const::Number(n) => Literal::Number(*n),
        Const::Duration(nanos) => Literal::Duration(*nanos),
        Const::String(text) => Literal::Str((**text).into()),
        Const::EmptyArray => Literal::Array(Form::Values),
        Const::EmptyMap => Literal::Map,
        Const::DefaultRecord => Literal::Record(Arc::new(Shape {
            name: None,
            fields: Vec::new(),
        })),
    }
}

/// The name of `ty` in messages.
pub(super) fn name(types: &Types, ty: Ty) -> String {
    if let Some(name) = types.alias(ty) {
        return name.to_string();
    }
    let list = |tys: &[Ty]| tys.iter().map(|ty| name(types, *ty)).collect::<Vec<_>>();
    let generic = |head: &str, tys: &[Ty]| match tys {
        [] => head.to_owned(),
        _ => format!("{head}<{}>", list(tys).join(", ")),
    };
    match types.kind(ty) {
        TyKind::Unit => "()".to_owned(),
        TyKind::Bool => "bool".to_owned(),
        TyKind::Int => "int".to_owned(),
        TyKind::Number => "number".to_owned(),
        TyKind::Char => "char".to_owned(),
        TyKind::Duration => "duration".to_owned(),
        TyKind::String => "string".to_owned(),
        TyKind::Bytes => "bytes".to_owned(),
        TyKind::Range => "Range".to_owned(),
        TyKind::Error => "Error".to_owned(),
        TyKind::Json => "Json".to_owned(),
        TyKind::Never => "never".to_owned(),
        TyKind::Array(t) => generic("Array", &[*t]),
        TyKind::Set(t) => generic("Set", &[*t]),
        TyKind::Map(k, v) => generic("HashMap", &[*k, *v]),
        TyKind::Result(t, Ty::ERROR) => generic("Result", &[*t]),
        TyKind::Result(t, e) => generic("Result", &[*t, *e]),
        TyKind::Tuple(items) => format!("[{}]", list(items).join(", ")),
        TyKind::Object(_) => "object".to_owned(),
        TyKind::Struct(id, args) | TyKind::Enum(id, args) => generic(&types.def(*id).name, args),
        TyKind::Option(t) | TyKind::Maybe(t) => format!("{}?", name(types, *t)),
        TyKind::Union(items) => list(items).join(" | "),
        TyKind::Resource(name) => name.to_string(),
        TyKind::Fn(..) | TyKind::Closure(_) => "function".to_owned(),
        _ => "value".to_owned(),
    }
}
