//! What a handle stands for.

use crate::error;
use shape_process::Process;
use shape_runtime::Raise;
use shape_value::{HandleError, IoHandle, Resource};
use std::cell::{Ref, RefMut};

/// The name by which scripts know both kinds.
const TYPE_NAME: &str = "IoHandle";

/// A program that the script started. Dropping it ends the program without waiting.
pub(crate) struct Child {
    pub(crate) process: Process,
    /// The program as the script called it.
    pub(crate) program: String,
}

impl Resource for Child {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn describe(&self) -> String {
        self.program.clone()
    }
}

/// One of the script's own streams. They are written and read through the run's buffers; closing
/// one closes the handle, not the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostStream {
    Stdin,
    Stdout,
    Stderr,
}

impl Resource for HostStream {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn describe(&self) -> String {
        let name = match self {
            Self::Stdin => "stdin",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        };
        name.to_owned()
    }
}

/// What a handle that is open stands for.
pub(crate) enum Target<'a> {
    Child(Ref<'a, Child>),
    Stream(HostStream),
}

/// What `handle` stands for.
pub(crate) fn target<'a>(function: &str, handle: &'a IoHandle) -> Result<Target<'a>, Raise> {
    match handle.get::<Child>() {
        Ok(child) => Ok(Target::Child(child)),
        Err(HandleError::WrongKind(_)) => match handle.get::<HostStream>() {
            Ok(stream) => Ok(Target::Stream(*stream)),
            Err(why) => Err(unusable(function, handle, &why)),
        },
        Err(why) => Err(unusable(function, handle, &why)),
    }
}

/// The child that `handle` stands for.
#[inline]
pub(crate) fn child<'a>(function: &str, handle: &'a IoHandle) -> Result<Ref<'a, Child>, Raise> {
    handle.get().map_err(|why| unusable(function, handle, &why))
}

/// The child that `handle` stands for, to be used by nobody else meanwhile.
#[inline]
pub(crate) fn child_mut<'a>(
    function: &str,
    handle: &'a IoHandle,
) -> Result<RefMut<'a, Child>, Raise> {
    handle
        .get_mut()
        .map_err(|why| unusable(function, handle, &why))
}

#[cold]
fn unusable(function: &str, handle: &IoHandle, why: &HandleError) -> Raise {
    let label = handle.label();
    match why {
        HandleError::Closed(_) => error::invalid(function, Some(label), "the handle is closed"),
        HandleError::WrongKind(_) => {
            let reason = format!("the handle is {label}, not a child process");
            error::invalid(function, None, &reason)
        }
        other => error::invalid(function, Some(label), &other.to_string()),
    }
}
