//! From a Rust function to a trampoline, for every number of parameters.

use crate::marshal::{FromShape, IntoShape, Outcome, Receiver, ShapeType};
use crate::module::Trampoline;
use crate::{HostCx, Raise};
use shape_abi::Ty;
use shape_value::Value;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A function that can be registered with `N` named parameters. Implemented for functions and
/// closures that take `&mut HostCx` and up to six [`FromShape`] parameters and return an
/// [`Outcome`].
#[diagnostic::on_unimplemented(
    message = "this function cannot be registered with {N} named parameters",
    label = "its signature does not fit its `FnSpec`",
    note = "it must take `&mut HostCx` and then one parameter for each name in `params`",
    note = "each parameter must implement `FromShape`, the result (or the `Ok` of a `Result`) `IntoShape`",
    note = "`fn f(cx: &mut HostCx, text: &str, n: i64) -> Result<Str, Raise>` has the names [\"text\", \"n\"]"
)]
pub trait TypedFn<Marker, const N: usize>: Send + Sync + 'static {
    /// The types of the parameters.
    fn params() -> [Ty; N];

    /// The type of the result.
    fn ret() -> Ty;

    /// The function as the VM calls it. `name` is for the error of a panic.
    fn trampoline(self, name: &'static str) -> Trampoline;
}

/// As [`TypedFn`], for a function whose first parameter after `cx` is a receiver that it changes.
#[diagnostic::on_unimplemented(
    message = "this function cannot be registered as a mutating one with {N} named parameters",
    label = "its signature does not fit its `FnSpec`",
    note = "it must take `&mut HostCx`, a receiver such as `&mut Array`, and one parameter for each further name in `params`"
)]
pub trait MutatingFn<Marker, const N: usize>: Send + Sync + 'static {
    /// The types of the parameters, the receiver's first.
    fn params() -> [Ty; N];

    /// The type of the result.
    fn ret() -> Ty;

    /// The function as the VM calls it.
    fn trampoline(self, name: &'static str) -> Trampoline;
}

/// Walks over the registers of the arguments. All its steps are known at compile time.
struct Arguments<'a> {
    scalars: &'a [u64],
    values: &'a [Value],
    next_scalar: usize,
    next_value: usize,
}

impl<'a> Arguments<'a> {
    #[inline(always)]
    fn new(scalars: &'a [u64], values: &'a [Value]) -> Self {
        Self {
            scalars,
            values,
            next_scalar: 0,
            next_value: 0,
        }
    }

    #[inline(always)]
    fn next<T: FromShape>(&mut self) -> Result<T::Arg<'a>, Raise> {
        if T::SCALAR {
            let bits = self.scalars[self.next_scalar];
            self.next_scalar += 1;
            T::from_bits(bits)
        } else {
            let value = &self.values[self.next_value];
            self.next_value += 1;
            T::from_value(value)
        }
    }
}

/// Runs `body`; a panic becomes an error that names the function.
#[inline(always)]
fn guarded(name: &str, body: impl FnOnce() -> Result<(), Raise>) -> Result<(), Raise> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(panicked(name, &*payload)))
}

#[cold]
fn panicked(name: &str, payload: &(dyn Any + Send)) -> Raise {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    Raise::internal(format!("`{name}` panicked: {text}"))
}

macro_rules! typed_fns {
    ($($count:literal: $($A:ident $a:ident),*;)*) => {
        $(
            impl<Func, Out, $($A),*> TypedFn<fn($($A),*) -> Out, $count> for Func
            where
                Func: Fn(&mut HostCx, $($A),*) -> Out
                    + for<'a> Fn(&mut HostCx, $($A::Arg<'a>),*) -> Out
                    + Send
                    + Sync
                    + 'static,
                Out: Outcome,
                $($A: FromShape,)*
            {
                fn params() -> [Ty; $count] {
                    [$($A::ty()),*]
                }

                fn ret() -> Ty {
                    Out::Value::ty()
                }

                fn trampoline(self, name: &'static str) -> Trampoline {
                    // Both bounds on `Func` are callable; this picks the one with the arguments.
                    #[inline(always)]
                    #[allow(clippy::too_many_arguments, reason = "six parameters and two of its own")]
                    fn call<Out, $($A),*>(
                        f: impl Fn(&mut HostCx, $($A),*) -> Out,
                        cx: &mut HostCx,
                        $($a: $A),*
                    ) -> Out {
                        f(cx, $($a),*)
                    }
                    Box::new(move |cx, s, v| {
                        guarded(name, || {
                            #[allow(unused_mut, unused_variables, reason = "functions without parameters")]
                            let mut arguments = Arguments::new(s, v);
                            $(let $a = arguments.next::<$A>()?;)*
                            let value = call::<Out, $($A::Arg<'_>),*>(&self, cx, $($a),*).into_result()?;
                            value.store(s, v, 0);
                            Ok(())
                        })
                    })
                }
            }
        )*
    };
}

typed_fns! {
    0: ;
    1: A a;
    2: A a, B b;
    3: A a, B b, C c;
    4: A a, B b, C c, D d;
    5: A a, B b, C c, D d, E e;
    6: A a, B b, C c, D d, E e, F f;
}

macro_rules! mutating_fns {
    ($($count:literal: $($A:ident $a:ident),*;)*) => {
        $(
            impl<Func, Out, Recv, $($A),*> MutatingFn<fn(Recv, $($A),*) -> Out, $count> for Func
            where
                Func: Fn(&mut HostCx, &mut Recv, $($A),*) -> Out
                    + for<'a> Fn(&mut HostCx, &mut Recv, $($A::Arg<'a>),*) -> Out
                    + Send
                    + Sync
                    + 'static,
                Recv: Receiver,
                Out: Outcome,
                $($A: FromShape,)*
            {
                fn params() -> [Ty; $count] {
                    [Recv::receiver_ty(), $($A::ty()),*]
                }

                fn ret() -> Ty {
                    Out::Value::ty()
                }

                fn trampoline(self, name: &'static str) -> Trampoline {
                    #[inline(always)]
                    fn call<Out, Recv, $($A),*>(
                        f: impl Fn(&mut HostCx, &mut Recv, $($A),*) -> Out,
                        cx: &mut HostCx,
                        receiver: &mut Recv,
                        $($a: $A),*
                    ) -> Out {
                        f(cx, receiver, $($a),*)
                    }
                    Box::new(move |cx, s, v| {
                        guarded(name, || {
                            let Some((first, rest)) = v.split_first_mut() else {
                                return Err(Raise::internal("a receiver is missing"));
                            };
                            #[allow(unused_mut, unused_variables, reason = "functions without parameters")]
                            let mut arguments = Arguments::new(s, rest);
                            $(let $a = arguments.next::<$A>()?;)*
                            let Some(receiver) = Recv::borrow(first) else {
                                return Err(Raise::internal("a receiver is of another type"));
                            };
                            let value = call::<Out, Recv, $($A::Arg<'_>),*>(&self, cx, receiver, $($a),*);
                            value.into_result()?.store(s, v, 1);
                            Ok(())
                        })
                    })
                }
            }
        )*
    };
}

mutating_fns! {
    1: ;
    2: A a;
    3: A a, B b;
    4: A a, B b, C c;
}
