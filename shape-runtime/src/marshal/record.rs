//! Records as plain Rust structs.

use super::{FromShape, ShapeType, Source};
use crate::Raise;
use shape_abi::{Const, Ty};
use shape_value::Shape;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A Rust value that can be the default of a field: `None`, `[]`, `{}` for an empty map, a literal, a
/// `Duration`, or a [`Const`] itself.
pub trait ToConst {
    /// The constant.
    fn to_const(self) -> Const;
}

impl ToConst for Const {
    fn to_const(self) -> Const {
        self
    }
}

impl ToConst for Option<Infallible> {
    fn to_const(self) -> Const {
        Const::None
    }
}

impl ToConst for [Infallible; 0] {
    fn to_const(self) -> Const {
        Const::EmptyArray
    }
}

impl ToConst for () {
    fn to_const(self) -> Const {
        Const::EmptyMap
    }
}

impl ToConst for bool {
    fn to_const(self) -> Const {
        Const::Bool(self)
    }
}

impl ToConst for i64 {
    fn to_const(self) -> Const {
        Const::Int(self)
    }
}

impl ToConst for f64 {
    fn to_const(self) -> Const {
        Const::Number(self)
    }
}

impl ToConst for &'static str {
    fn to_const(self) -> Const {
        Const::String(self.into())
    }
}

impl ToConst for Duration {
    fn to_const(self) -> Const {
        Const::Duration(i64::try_from(self.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// Reads fields one after the other, for the code that [`record!`](crate::record) makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldReader<'a, S: Source<'a>> {
    fields: S::Items,
}

impl<'a, S: Source<'a>> FieldReader<'a, S> {
    /// A reader of the fields of a record of the type `name`.
    ///
    /// # Errors
    /// Kind `internal` when `source` is no record.
    #[inline]
    pub fn new(source: S, name: &str) -> Result<Self, Raise> {
        match source.record() {
            Some(fields) => Ok(Self { fields }),
            None => Err(Raise::mistyped(name, source.kind_name())),
        }
    }

    /// The next field.
    ///
    /// # Errors
    /// As for [`FromShape::read`], with the name of the field in front of the message.
    pub fn next<T: FromShape>(&mut self, name: &str) -> Result<T::Arg<'a>, Raise> {
        let field = match self.fields.next() {
            Some(field) => T::read(field),
            None => Err(Raise::internal("the field is missing")),
        };
        field.map_err(|raise| named(raise, name))
    }
}

/// The shape of a record type, for the code that [`record!`](crate::record) makes.
#[doc(hidden)]
#[must_use]
pub fn record_shape<T: ShapeType>() -> Arc<Shape> {
    match T::ty() {
        Ty::Record(ty) => Shape::new(ty.name.as_deref(), ty.fields.iter().map(|f| &*f.name)),
        _ => Shape::new(None, []),
    }
}

#[cold]
fn named(raise: Raise, name: &str) -> Raise {
    match raise {
        Raise::Error(mut error) => {
            let changed = Rc::make_mut(&mut error);
            changed.message = format!("`{name}`: {}", changed.message).into();
            Raise::Error(error)
        }
        stop @ Raise::Stop(_) => stop,
    }
}

/// A struct that is a record type of scripts.
///
/// ```
/// use shape_runtime::record;
/// use shape_value::Str;
/// use std::time::Duration;
///
/// record! {
///     /// How to run a program.
///     #[derive(Clone, Debug)]
///     pub struct Options in {
///         /// The longest that it may take.
///         pub timeout: Option<Duration> = None,
///         /// The most bytes to keep.
///         pub max_output: i64 = 64 << 20,
///         /// What to look for.
///         pub patterns: Vec<Str> = [],
///     }
/// }
///
/// record! {
///     /// What came of it.
///     pub struct ExecOutput out named "Output" {
///         /// The exit code.
///         pub status: i64,
///     }
/// }
/// ```
///
/// `in` makes it a parameter type ([`FromShape`](crate::FromShape)), `out` a result type
/// ([`IntoShape`](crate::IntoShape)), `in out` both. Scripts know it by the name of the struct, or
/// the one after `named`. The default of a field is anything that implements
/// [`ToConst`](crate::ToConst); a field without one must be given.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident in out $(named $shown:literal)? { $($body:tt)* }) => {
        $crate::record! { @struct $(#[$meta])* $vis $name [$($shown)?] { $($body)* } }
        $crate::record! { @from $name { $($body)* } }
        $crate::record! { @into $name { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident in $(named $shown:literal)? { $($body:tt)* }) => {
        $crate::record! { @struct $(#[$meta])* $vis $name [$($shown)?] { $($body)* } }
        $crate::record! { @from $name { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident out $(named $shown:literal)? { $($body:tt)* }) => {
        $crate::record! { @struct $(#[$meta])* $vis $name [$($shown)?] { $($body)* } }
        $crate::record! { @into $name { $($body)* } }
    };

    // Each field is lent while the ones behind it are, so that nothing has to be kept for them.
    (@lend $this:ident $take:ident [$($lent:ident)*]) => {
        $take($crate::Lent::record(&[$($lent),*]))
    };
    (@lend $this:ident $take:ident [$($lent:ident)*] $field:ident $($rest:ident)*) => {
        $crate::IntoShape::lend($this.$field, |$field| {
            $crate::record!(@lend $this $take [$($lent)* $field] $($rest)*)
        })
    };

    (@name $name:ident $shown:literal) => { $shown };
    (@name $name:ident) => { stringify!($name) };
    (@default) => { None };
    (@default $default:expr) => { Some($crate::ToConst::to_const($default)) };

    (@struct $(#[$meta:meta])* $vis:vis $name:ident [$($shown:literal)?] {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty $(= $default:expr)?),* $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $ty,)* }

        impl $crate::ShapeType for $name {
            fn ty() -> $crate::abi::Ty {
                static TY: ::std::sync::LazyLock<$crate::abi::Ty> = ::std::sync::LazyLock::new(|| {
                    $crate::abi::Ty::Record(::std::sync::Arc::new($crate::abi::RecordTy {
                        name: Some($crate::record!(@name $name $($shown)?).into()),
                        fields: vec![$($crate::abi::FieldTy {
                            name: stringify!($field).into(),
                            ty: <$ty as $crate::ShapeType>::ty(),
                            default: $crate::record!(@default $($default)?),
                        }),*],
                    }))
                });
                TY.clone()
            }
        }
    };

    (@from $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty $(= $default:expr)?),* $(,)?
    }) => {
        impl $crate::FromShape for $name {
            type Arg<'a> = Self;

            const CROSSES: bool = $(<$ty as $crate::FromShape>::CROSSES &&)* true;

            fn read<'a, S: $crate::Source<'a>>(source: S) -> Result<Self, $crate::Raise> {
                let mut fields = $crate::FieldReader::new(source, stringify!($name))?;
                Ok(Self { $($field: fields.next::<$ty>(stringify!($field))?,)* })
            }
        }
    };

    (@into $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty $(= $default:expr)?),* $(,)?
    }) => {
        impl $crate::IntoShape for $name {
            #[inline]
            fn into_value(self) -> $crate::value::Value {
                static SHAPE: ::std::sync::LazyLock<::std::sync::Arc<$crate::value::Shape>> =
                    ::std::sync::LazyLock::new(|| $crate::record_shape::<$name>());
                const FIELDS: &[&str] = &[$(stringify!($field)),*];
                let mut record = $crate::value::Record::blank(&SHAPE, FIELDS.len());
                if let Some(own) = ::std::rc::Rc::get_mut(&mut record)
                    && let [$($field),*] = &mut own.fields[..]
                {
                    $($field.overwrite_with(|| $crate::IntoShape::into_value(self.$field));)*
                }
                $crate::value::Value::from(record)
            }

            fn lend<R>(self, take: impl FnOnce($crate::Lent<'_>) -> R) -> R {
                $crate::record!(@lend self take [] $($field)*)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{FromShape, IntoShape, Raise, ShapeType};
    use shape_abi::{Const, Ty};
    use shape_value::{Shape, Str, Value};
    use std::time::Duration;

    record! {
        /// A test.
        #[derive(Clone, Debug, PartialEq)]
        struct Options in out named "TestOptions" {
            name: Str,
            timeout: Option<Duration> = None,
            tags: Vec<Str> = [],
            size: i64 = 2 + 3,
        }
    }

    record! {
        /// Nothing to tell yet.
        struct Empty out {}
    }

    #[test]
    fn a_record_may_have_no_fields() {
        let value = Empty {}.into_value();
        assert!(value.as_record().is_some_and(|it| it.fields.is_empty()));
    }

    #[test]
    fn a_record_type_has_names_types_and_defaults() {
        let Ty::Record(ty) = Options::ty() else {
            panic!()
        };
        assert_eq!(ty.name.as_deref(), Some("TestOptions"));
        let fields: Vec<_> = ty
            .fields
            .iter()
            .map(|f| (&*f.name, f.ty.to_string(), f.default.clone()))
            .collect();
        assert_eq!(
            fields,
            [
                ("name", "string".to_owned(), None),
                ("timeout", "duration?".to_owned(), Some(Const::None)),
                ("tags", "Array<string>".to_owned(), Some(Const::EmptyArray)),
                ("size", "int".to_owned(), Some(Const::Int(5))),
            ]
        );
    }

    #[test]
    fn a_record_goes_out_and_comes_back() {
        let options = Options {
            name: "a".into(),
            timeout: Some(Duration::from_secs(2)),
            tags: vec!["x".into()],
            size: 1,
        };
        let value = options.clone().into_value();
        assert_eq!(
            value.to_string(),
            "{ name: a, timeout: 2s, tags: [x], size: 1 }"
        );
        assert_eq!(Options::read(&value).unwrap(), options);
    }

    #[test]
    fn a_bad_field_is_named() {
        let fields = vec!["a".into(), Value::Duration(-1), Value::None, Value::Int(1)];
        let shape = Shape::new(None, ["name", "timeout", "tags", "size"]);
        let value = Value::record(shape_value::Record { shape, fields });
        let Err(Raise::Error(error)) = Options::read(&value) else {
            panic!()
        };
        assert_eq!(&*error.message, "`timeout`: a duration of -1ns is negative");
    }
}
