//! From a fault to the handler that catches it, or out of the program.

use crate::code::Handler;
use crate::frame::{Frame, Frames, Stacks};
use crate::ins::Ins;
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
