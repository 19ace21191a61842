//! Unions as Rust enums.

/// An enum that is a union type of scripts: each variant holds one member type. A parameter and a
/// result type.
///
/// ```
/// use shape_runtime::{Bytes, union};
/// use shape_value::Str;
///
/// union! {
///     /// What a program reads.
///     #[derive(Clone, Debug)]
///     pub enum Input {
///         /// Text.
///         Text(Str),
///         /// Raw bytes.
///         Bytes(Bytes),
///     }
/// }
/// ```
///
/// A value is read as the first member that it fits.
#[macro_export]
macro_rules! union {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident($ty:ty)),+ $(,)?
    }) => {
        $(#[$meta])*
        $vis enum $name { $($(#[$variant_meta])* $variant($ty),)+ }

        impl $crate::ShapeType for $name {
            fn ty() -> $crate::abi::Ty {
                $crate::abi::Ty::Union(::std::sync::Arc::new([
                    $(<$ty as $crate::ShapeType>::ty()),+
                ]))
            }
        }

        impl $crate::FromShape for $name {
            type Arg<'a> = Self;

            const CROSSES: bool = $(<$ty as $crate::FromShape>::CROSSES)&&+;

            fn read<'a, S: $crate::Source<'a>>(source: S) -> Result<Self, $crate::Raise> {
                $(if let Ok(member) = <$ty as $crate::FromShape>::read(source) {
                    return Ok(Self::$variant(member));
                })+
                Err($crate::Raise::mistyped(stringify!($name), source.kind_name()))
            }
        }

        impl $crate::IntoShape for $name {
            fn into_value(self) -> $crate::value::Value {
                match self {
                    $(Self::$variant(member) => $crate::IntoShape::into_value(member)),+
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{FromShape, IntoShape, ShapeType};
    use shape_value::{Str, Value};

    union! {
        #[derive(Debug, PartialEq)]
        enum Signal {
            Number(i64),
            Name(Str),
        }
    }

    #[test]
    fn a_union_is_read_by_what_the_value_is() {
        assert_eq!(Signal::ty().to_string(), "int | string");
        assert_eq!(Signal::read(&Value::Int(9)).unwrap(), Signal::Number(9));
        assert_eq!(
            Signal::read(&"TERM".into()).unwrap(),
            Signal::Name("TERM".into())
        );
        assert!(Signal::read(&Value::None).is_err());
        assert_eq!(Signal::Number(9).into_value(), Value::Int(9));
    }
}
