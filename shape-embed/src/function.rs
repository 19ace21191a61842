//! Functions of scripts, as Rust sees them.

use crate::script::Shared;
use shape_abi::Ty;
use shape_runtime::{FromShape, IntoShape, Raise};
use shape_value::{Value, memory};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A function of a script that takes `Args`, a tuple, and gives an `R`; from
/// [`Script::function`](crate::Script::function).
///
/// It is called by [`Instance::call`](crate::Instance::call). Cheap to clone, shared by threads.
pub struct Function<Args, R> {
    pub(crate) script: Arc<Shared>,
    /// Its number among the functions that were looked up in the script.
    pub(crate) entry: usize,
    // What borrows in a type of arguments may be borrowed for less: the function keeps none.
    pub(crate) types: PhantomData<fn() -> (Args, R)>,
}

impl<Args, R> Clone for Function<Args, R> {
    fn clone(&self) -> Self {
        Self {
            script: Arc::clone(&self.script),
            entry: self.entry,
            types: PhantomData,
        }
    }
}

impl<Args, R> fmt::Debug for Function<Args, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("script", &self.script.name)
            .field("number", &self.entry)
            .finish_non_exhaustive()
    }
}

/// A value that is not of the type that the host wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the script gave {found}, and `{wanted}` is wanted")]
pub struct ValueError {
    wanted: String,
    found: String,
}

/// A Rust type that a value of a script can be taken out as.
///
/// All owned types that a host function can take: scalars, `String`, `Vec<T>`, `Option<T>`, tuples and
/// structs made with [`record!`](crate::record).
#[diagnostic::on_unimplemented(
    message = "a value of a script cannot be taken out as `{Self}`",
    note = "it can be an owned type that a host function can take: `i64`, `f64`, `bool`, `char`, `()`, `Duration`, `String`, `Vec<T>`, `Option<T>`, tuples, `record!` types that are `in`"
)]
pub trait FromScript: Sized {
    /// The type in a script.
    #[doc(hidden)]
    fn script_ty() -> Ty;

    #[doc(hidden)]
    fn take(bits: u64, value: &mut Value) -> Result<Self, Raise>;

    #[doc(hidden)]
    fn of_value(value: &Value) -> Result<Self, Raise>;

    /// As `take`. What it makes is the host's, what it drops is the run's.
    #[doc(hidden)]
    fn take_uncounted(bits: u64, value: &mut Value) -> Result<Self, Raise> {
        let kept = value.clone();
        let result = memory::uncounted(|| Self::take(bits, value));
        drop(kept);
        result
    }
}

impl<T> FromScript for T
where
    T: for<'a> FromShape<Arg<'a> = T>,
{
    fn script_ty() -> Ty {
        T::ty()
    }

    #[inline]
    fn take(bits: u64, value: &mut Value) -> Result<Self, Raise> {
        if T::SCALAR {
            T::from_bits(bits)
        } else {
            T::read(&std::mem::take(value))
        }
    }

    fn of_value(value: &Value) -> Result<Self, Raise> {
        T::read(value)
    }
}

/// `value` as a `T`.
pub(crate) fn get<T: FromScript>(value: &Value) -> Result<T, ValueError> {
    T::of_value(value).map_err(|_| ValueError {
        wanted: T::script_ty().to_string(),
        found: match value {
            Value::None => "None".to_owned(),
            value => format!("a value of type {}", value.kind_name()),
        },
    })
}

/// A tuple of up to six arguments, each of a type that a host function can give: scalars, `&str`,
/// `String`, `Vec<T>`, `Option<T>`, tuples and structs made with [`record!`](crate::record).
#[diagnostic::on_unimplemented(
    message = "a function of a script cannot be called with `{Self}`",
    note = "the arguments are a tuple: `()`, `(i64,)`, `(f64, &str)`",
    note = "each of them is of a type that a host function can give: `i64`, `f64`, `bool`, `char`, `Duration`, `&str`, `String`, `Vec<T>`, `Option<T>`, tuples, `record!` types that are `out`"
)]
pub trait Arguments {
    /// How many of them are no scalars.
    #[doc(hidden)]
    const VALUES: usize;

    /// The types in a script.
    #[doc(hidden)]
    fn script_tys() -> Vec<Ty>;

    #[doc(hidden)]
    fn put(self, scalars: &mut [u64], values: &mut [Value]);

    /// As `put`. What the host gives is the run's from now on.
    #[doc(hidden)]
    fn put_counted(self, scalars: &mut [u64], values: &mut [Value])
    where
        Self: Sized,
    {
        memory::uncounted(|| self.put(scalars, values));
        memory::grew(memory::held_by(
            values.get(..Self::VALUES).unwrap_or_default(),
        ));
    }
}

macro_rules! arguments {
    ($($($T:ident $t:ident),*;)*) => {
        $(impl<$($T: IntoShape),*> Arguments for ($($T,)*) {
            const VALUES: usize = 0 $(+ if $T::SCALAR { 0 } else { 1 })*;

            fn script_tys() -> Vec<Ty> {
                vec![$($T::ty()),*]
            }

            #[inline]
            #[allow(unused_variables, unused_mut, unused_assignments, reason = "no arguments")]
            fn put(self, scalars: &mut [u64], values: &mut [Value]) {
                let ($($t,)*) = self;
                let (mut next_scalar, mut next_value) = (0, 0);
                $(
                    if $T::SCALAR {
                        scalars[next_scalar] = $t.into_bits();
                        next_scalar += 1;
                    } else {
                        values[next_value] = $t.into_value();
                        next_value += 1;
                    }
                )*
            }
        })*
    };
}

arguments! {
    ;
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
}
