//! From a Rust function to a trampoline, for every number of parameters.

use crate::convention::{Frame, Registers, Trampoline};
use crate::marshal::{FromShape, Outcome, Receiver, ShapeType};
use crate::{HostCx, Raise};
use shape_abi::Ty;
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

    /// Which parameters can be read from what a plugin is given.
    fn crosses() -> [bool; N];

    /// Reads the arguments from `frame`, calls the function, and leaves the result there.
    ///
    /// # Errors
    /// What a conversion or the function raised.
    fn call<F: Frame>(&self, cx: &mut HostCx, frame: &mut F) -> Result<(), Raise>;
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

    /// The function as the VM calls it. `name` is for the error of a panic.
    fn trampoline(self, name: &'static str) -> Trampoline;
}

/// Walks over the registers of the arguments. All its steps are known at compile time.
struct Arguments<'a, F> {
    frame: &'a F,
    next_scalar: usize,
    next_value: usize,
}

impl<'a, F: Frame> Arguments<'a, F> {
    #[inline(always)]
    fn new(frame: &'a F) -> Self {
        Self {
            frame,
            next_scalar: 0,
            next_value: 0,
        }
    }

    #[inline(always)]
    fn next<T: FromShape>(&mut self) -> Result<T::Arg<'a>, Raise> {
        if T::SCALAR {
            let bits = self.frame.scalar(self.next_scalar);
            self.next_scalar += 1;
            T::from_bits(bits)
        } else {
            let value = self.frame.value(self.next_value);
            self.next_value += 1;
            T::read(value)
        }
    }
}

/// Runs `body`; a panic becomes an error that names the function.
#[inline(always)]
pub(crate) fn guarded<T>(
    name: &str,
    body: impl FnOnce() -> Result<T, Raise>,
) -> Result<T, Box<Raise>> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(raise)) => Err(raised(raise)),
        Err(payload) => Err(raised(panicked(name, payload))),
    }
}

#[cold]
#[inline(never)]
fn raised(raise: Raise) -> Box<Raise> {
    Box::new(raise)
}

#[cold]
fn panicked(name: &str, payload: Box<dyn Any + Send>) -> Raise {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    let raise = Raise::internal(format!("`{name}` panicked: {text}"));
    drop_payload(payload);
    raise
}

/// Drops what a panic carried. That may panic again, and what that carries is not looked at any more.
pub(crate) fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// Runs `body`; gives `None` where it panics.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(drop_payload)
        .ok()
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

                fn crosses() -> [bool; $count] {
                    [$($A::CROSSES),*]
                }

                #[inline(always)]
                fn call<Fr: Frame>(&self, cx: &mut HostCx, frame: &mut Fr) -> Result<(), Raise> {
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
                    #[allow(unused_mut, unused_variables, reason = "functions without parameters")]
                    let mut arguments = Arguments::new(&*frame);
                    $(let $a = arguments.next::<$A>()?;)*
                    let value = call::<Out, $($A::Arg<'_>),*>(self, cx, $($a),*).into_result()?;
                    frame.finish(value);
                    Ok(())
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
                    Box::new(move |cx, s, v, at| {
                        let mut registers = Registers::new(s, v, at);
                        let mut receiver = registers.take_receiver();
                        let result = guarded(name, || {
                            #[allow(unused_mut, unused_variables, reason = "functions without parameters")]
                            let mut arguments = Arguments::new(&registers);
                            $(let $a = arguments.next::<$A>()?;)*
                            let Some(receiver) = Recv::borrow(&mut receiver) else {
                                return Err(Raise::internal("a receiver is of another type"));
                            };
                            call::<Out, Recv, $($A::Arg<'_>),*>(&self, cx, receiver, $($a),*).into_result()
                        });
                        registers.put_receiver(receiver);
                        let value = result?;
                        guarded(name, || {
                            registers.finish(value);
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
