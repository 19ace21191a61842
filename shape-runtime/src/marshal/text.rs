//! Text and bytes.

use super::{FromShape, IntoShape, Receiver, ShapeType};
use crate::Raise;
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

/// A type, how it is read from `&Value`, and what errors call it.
macro_rules! from_value {
    ($($rust:ty, $arg:ty: $ty:expr, $name:literal, $from:expr;)*) => {
        $(
            impl ShapeType for $rust {
                fn ty() -> Ty {
                    $ty
                }
            }

            impl FromShape for $rust {
                type Arg<'a> = $arg;

                #[inline(always)]
                fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
                    match $from(value) {
                        Some(found) => Ok(found),
                        None => Err(Raise::mistyped($name, value)),
                    }
                }
            }
        )*
    };
}

from_value! {
    &str, &'a str: Ty::String, "string", Value::as_str;
    &Str, &'a Str: Ty::String, "string", Value::as_string;
    Str, Str: Ty::String, "string", |value: &Value| value.as_string().cloned();
    String, String: Ty::String, "string", |value: &Value| value.as_str().map(str::to_owned);
    &[u8], &'a [u8]: Ty::Bytes, "bytes", Value::as_bytes;
    Vec<u8>, Vec<u8>: Ty::Bytes, "bytes", |value: &Value| value.as_bytes().map(<[u8]>::to_vec);
    Bytes, Bytes: Ty::Bytes, "bytes", |value: &Value| value.as_bytes_rc().cloned().map(Bytes);
    Range, Range: Ty::Range, "range", Value::as_range;
    &ErrorValue, &'a ErrorValue: Ty::Error, "Error", |value| Value::as_error(value).map(|e| &**e);
    Rc<ErrorValue>, Rc<ErrorValue>: Ty::Error, "Error", |value: &Value| value.as_error().cloned();
    &IoHandle, &'a IoHandle: Ty::Resource("IoHandle".into()), "IoHandle", Value::as_handle;
    IoHandle, IoHandle: Ty::Resource("IoHandle".into()), "IoHandle",
        |value: &Value| value.as_handle().cloned();
}

macro_rules! into_value {
    ($($rust:ty: |$this:ident| $into:expr;)*) => {
        $(impl IntoShape for $rust {
            #[inline]
            fn into_value(self) -> Value {
                let $this = self;
                $into
            }
        })*
    };
}

into_value! {
    Str: |text| Value::str(text);
    String: |text| Value::str(text);
    &'static str: |text| Value::str(text);
    Vec<u8>: |bytes| Value::bytes(bytes);
    Bytes: |bytes| Value::Heap(HeapValue::Bytes(bytes.0));
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
