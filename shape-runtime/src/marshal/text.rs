//! Text and bytes.

use super::{FromShape, IntoShape, Receiver, ShapeType, Source};
use crate::Raise;
use crate::plugin::Lent;
use shape_abi::Ty;
use shape_value::{ErrorValue, HeapValue, IoHandle, Range, Str, Value};
use std::rc::Rc;

/// `bytes`, shared with the script: taken without a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Rc<Vec<u8>>);

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Rc::new(bytes))
    }
}

/// A type, whether it crosses to a plugin, how it is read, and what errors call it.
macro_rules! read {
    ($($rust:ty, $arg:ty: $ty:expr, $crosses:literal, $name:literal, |$source:ident| $from:expr;)*) => {
        $(
            impl ShapeType for $rust {
                fn ty() -> Ty {
                    $ty
                }
            }

            impl FromShape for $rust {
                type Arg<'a> = $arg;

                const CROSSES: bool = $crosses;

                #[inline(always)]
                fn read<'a, S: Source<'a>>($source: S) -> Result<Self::Arg<'a>, Raise> {
                    match $from {
                        Some(found) => Ok(found),
                        None => Err(Raise::mistyped($name, $source.kind_name())),
                    }
                }
            }
        )*
    };
}

read! {
    &str, &'a str: Ty::String, true, "string", |source| source.text();
    &Str, &'a Str: Ty::String, false, "string", |source| source.own().and_then(Value::as_string);
    Str, Str: Ty::String, true, "string", |source| source.to_str();
    String, String: Ty::String, true, "string", |source| source.text().map(str::to_owned);
    &[u8], &'a [u8]: Ty::Bytes, true, "bytes", |source| source.bytes();
    Vec<u8>, Vec<u8>: Ty::Bytes, true, "bytes", |source| source.bytes().map(<[u8]>::to_vec);
    Bytes, Bytes: Ty::Bytes, true, "bytes", |source| source.to_bytes().map(Bytes);
    Range, Range: Ty::Range, true, "range", |source| source.range();
    &ErrorValue, &'a ErrorValue: Ty::Error, false, "Error",
        |source| source.own().and_then(Value::as_error).map(|error| &**error);
    Rc<ErrorValue>, Rc<ErrorValue>: Ty::Error, true, "Error", |source| source.to_error();
}

macro_rules! handles {
    ($($rust:ty, $arg:ty: |$handle:ident| $from:expr;)*) => {
        $(
            impl ShapeType for $rust {
                fn ty() -> Ty {
                    Ty::Resource("IoHandle".into())
                }
            }

            impl FromShape for $rust {
                type Arg<'a> = $arg;

                #[inline(always)]
                fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
                    source.handle().map(|$handle| $from)
                }
            }
        )*
    };
}

handles! {
    &IoHandle, &'a IoHandle: |handle| handle;
    IoHandle, IoHandle: |handle| handle.clone();
}

macro_rules! into_value {
    ($($rust:ty: |$this:ident| $into:expr $(, lent as $lend:ident)?;)*) => {
        $(impl IntoShape for $rust {
            #[inline]
            fn into_value(self) -> Value {
                let $this = self;
                $into
            }

            $(#[inline]
            fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
                take(Lent::$lend(&self))
            })?
        })*
    };
}

into_value! {
    Str: |text| Value::str(text), lent as str;
    String: |text| Value::str(text), lent as str;
    &str: |text| Value::str(text), lent as str;
    Vec<u8>: |bytes| Value::bytes(bytes), lent as bytes;
    Bytes: |bytes| Value::Heap(HeapValue::Bytes(bytes.0)), lent as bytes;
    Range: |range| Value::range(range);
    Rc<ErrorValue>: |error| Value::error(error);
    IoHandle: |handle| Value::handle(handle);
}

impl ShapeType for ErrorValue {
    fn ty() -> Ty {
        Ty::Error
    }
}

impl IntoShape for ErrorValue {
    fn into_value(self) -> Value {
        Value::error(self)
    }
}

impl Receiver for Str {
    fn receiver_ty() -> Ty {
        Ty::String
    }

    fn borrow(value: &mut Value) -> Option<&mut Self> {
        value.as_str_mut()
    }
}

impl Receiver for Vec<u8> {
    fn receiver_ty() -> Ty {
        Ty::Bytes
    }

    fn borrow(value: &mut Value) -> Option<&mut Self> {
        value.as_bytes_mut()
    }
}
