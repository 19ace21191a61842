//! From a fault to the handler that catches it, or out of the program.

use crate::code::{FuncCode, Handler, Lent, Owner};
use crate::frame::{Frame, Frames, Stacks, Window, window};
use crate::ins::Ins;
use crate::interp::World;
use crate::ops::value::bits;
use crate::ops::variable::far_scalar;
use crate::place::Variables;
use crate::traceback::{Failure, RunError};
use crate::trap::{Cause, Fault, Trap};
use shape_runtime::Raise;
use shape_value::{ErrorValue, Value};
use std::rc::Rc;

/// Brings the run to where it goes on after `fault`. The last frame is that of the function that
/// failed, with the instruction behind the one that failed.
///
/// # Errors
/// The end of the run, where no `try` catches the fault.
#[cold]
pub(crate) fn catch(
    fault: Fault,
    world: &mut World<'_>,
    frames: &mut Frames<'_>,
    stacks: &mut Stacks,
) -> Result<(), RunError> {
    let end = |failure| Err(RunError::new(failure, frames.active()));
    let error = match *fault.0 {
        Cause::Raise(Raise::Error(error)) => error,
        Cause::Trap(trap) => named(trap, frames.active()).into_error(),
        Cause::Raise(Raise::Stop(stop)) => return end(Failure::Stopped(stop)),
        Cause::StackOverflow => return end(Failure::StackOverflow),
        Cause::Internal(what) => return end(Failure::Internal(what.into_owned())),
    };
    let Some(depth) = frames
        .active()
        .iter()
        .rposition(|frame| handler(frame).is_some())
    else {
        return end(Failure::Raised(error));
    };
    give_back(depth, world, frames, stacks);
    unwind(error, depth, frames, stacks);
    Ok(())
}

/// The handler for the instruction that the frame is at.
fn handler<'c>(frame: &Frame<'c>) -> Option<&'c Handler> {
    let at = frame.at();
    frame
        .func
        .handlers
        .iter()
        .find(|handler| (handler.start as usize..handler.end as usize).contains(&at))
}

/// Gives values that are lent by the calls that end back to where they belong, the innermost first.
fn give_back(depth: usize, world: &mut World<'_>, frames: &Frames<'_>, stacks: &mut Stacks) {
    let ending = frames.active().get(depth..).unwrap_or_default();
    for (above, frame) in ending.iter().enumerate().rev() {
        let at = frame.at();
        // What was lent before the `try` began stays so.
        let since = match above {
            0 => handler(frame).map_or(0, |handler| handler.start),
            _ => 0,
        };
        let lent = frame.func.lent.iter().filter(|lent| {
            lent.start >= since && (lent.start as usize..lent.end as usize).contains(&at)
        });
        for lent in lent {
            let s = window(&mut stacks.s, frame.bases.s());
            let v = window(&mut stacks.v, frame.bases.v());
            if let (Some(s), Some(v)) = (s, v) {
                give_one_back(lent, frame.func, world, s, v);
            }
        }
    }
}

fn give_one_back(
    lent: &Lent,
    func: &FuncCode,
    world: &mut World<'_>,
    s: &mut Window<u64>,
    v: &mut Window<Value>,
) {
    let Some(value) = v[usize::from(lent.cell)]
        .as_cell()
        .map(|cell| cell.0.take())
    else {
        return;
    };
    match lent.owner {
        Owner::Scalar(reg) => s[usize::from(reg)] = bits(&value),
        Owner::FarScalar(block, i) => {
            if let Ok(scalar) = far_scalar(v, block, i) {
                *scalar = bits(&value).cast_signed();
            }
        }
        Owner::Place(i) => {
            let globals = &mut world.globals;
            if let Some(place) = func.places.get(usize::from(i)) {
                // A place that has meanwhile gone, as an element of an array that another function
                // has made shorter, takes nothing.
                let _ = Variables { s, v, globals }.set(place, value);
            }
        }
    }
}

/// Leaves all frames above the one with index `depth`, and puts the error where its handler wants it.
fn unwind(error: Rc<ErrorValue>, depth: usize, frames: &mut Frames<'_>, stacks: &mut Stacks) {
    // A function without value registers has the window of its caller, and ends where that starts.
    let left = frames.active().get(depth..).unwrap_or_default();
    let ends = left
        .iter()
        .map(|frame| frame.bases.v() as usize + frame.func.values);
    let top = ends.max().unwrap_or(0);
    frames.depth = depth as u32;
    let Some(frame) = frames.all.get_mut(depth) else {
        return;
    };
    let Some(handler) = handler(frame) else {
        return;
    };
    let from = frame.bases.v() as usize + usize::from(handler.clear_from);
    let values = stacks.v.iter_mut().take(top.max(from)).skip(from);
    values.rev().for_each(|value| *value = Value::None);
    if let Some(register) = stacks
        .v
        .get_mut(frame.bases.v() as usize + usize::from(handler.dst))
    {
        *register = Value::err(Value::error(error));
    }
    let code: &[Ins] = &frame.func.ins;
    frame.rest = code
        .get(handler.target as usize..)
        .unwrap_or_default()
        .iter();
}

/// The trap with the name of the type that was expected.
fn named(trap: Trap, frames: &[Frame<'_>]) -> Trap {
    match (trap, frames.last()) {
        (Trap::Expected(ty), Some(frame)) if ty.is_empty() => {
            let at = frame.at();
            let expected = frame
                .func
                .expected
                .iter()
                .find(|expected| expected.0 as usize == at);
            Trap::Expected(
                expected
                    .map_or("a value", |(_, name)| name)
                    .to_owned()
                    .into(),
            )
        }
        (trap, _) => trap,
    }
}
