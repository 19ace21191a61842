//! Errors and stops over the border.

use super::far::{Border, Far};
use super::lent::Lent;
use crate::marshal::Source as _;
use crate::{Raise, Stop};
use shape_abi::plugin::{Sink, Status, View};
use shape_value::Value;

/// What a sink that takes anything has got.
pub(super) struct Taken<'b> {
    border: &'b Border,
    value: Result<Value, Raise>,
}

impl<'b> Taken<'b> {
    pub(super) fn new(border: &'b Border) -> Self {
        Self {
            border,
            value: Ok(Value::None),
        }
    }

    /// The sink that fills it.
    pub(super) fn sink(&mut self) -> Sink {
        let data: *mut Self = self;
        Sink {
            data: data.cast(),
            take,
        }
    }

    /// What came of a call that ended with `status`.
    ///
    /// # Errors
    /// What the other side raised.
    pub(super) fn ended(self, status: Status) -> Result<Value, Raise> {
        match status {
            Status::DONE => self.value,
            _ => Err(not_done(status, || self.value)),
        }
    }
}

unsafe extern "C" fn take(data: *mut (), what: *const View) {
    // SAFETY: `data` is what `Taken::sink` put there, and lives until the call is over; the view came
    // over its border and is lent until this returns.
    unsafe {
        let taken = &mut *data.cast::<Taken<'_>>();
        taken.value = Far::new(*what, taken.border).to_value();
    }
}

/// What the other side raised: `taken` is what it gave its sink.
#[cold]
pub(super) fn not_done(status: Status, taken: impl FnOnce() -> Result<Value, Raise>) -> Raise {
    if let Some(code) = status.exit_code() {
        return Stop::Exit(code).into();
    }
    match status {
        Status::CANCELLED => Stop::Cancelled.into(),
        Status::CLOSED_PIPE => Stop::ClosedPipe.into(),
        _ => match taken() {
            Ok(value) => match value.into_error() {
                Some(error) => error.into(),
                None => Raise::internal("a call over the border failed and gave no error"),
            },
            Err(raise) => raise,
        },
    }
}

/// Tells the other side what was raised.
///
/// # Safety
/// `sink` must be the one that the other side gave for this call.
#[cold]
pub(super) unsafe fn tell(raise: &Raise, sink: Sink) -> Status {
    match raise {
        Raise::Error(error) => {
            let view = Lent::error(error);
            // SAFETY: as the caller says; the error is lent while the sink takes it.
            unsafe { (sink.take)(sink.data, &view.view()) };
            Status::ERROR
        }
        Raise::Stop(Stop::Exit(code)) => Status::exit(*code),
        Raise::Stop(Stop::Cancelled) => Status::CANCELLED,
        Raise::Stop(Stop::ClosedPipe) => Status::CLOSED_PIPE,
    }
}

/// Ends a call with what it came to.
///
/// # Safety
/// As for [`tell`].
#[inline(always)]
pub(super) unsafe fn status(result: Result<(), Raise>, sink: Sink) -> Status {
    match result {
        Ok(()) => Status::DONE,
        // SAFETY: as the caller says.
        Err(raise) => unsafe { tell(&raise, sink) },
    }
}
