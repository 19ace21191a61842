//! What happens when this program has a defect.
//!
//! A script can never crash its host, and where it does after all, the person in front of it hears
//! what to report instead of a trace of addresses.

use crate::report::{self, Status};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

thread_local! {
    /// Where the last panic of this thread came from.
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a command; a panic in it becomes a message and the status `failed`. Panics that are
/// dealt with elsewhere, as those of host functions are, say nothing by themselves.
pub(crate) fn contain(
    failed: Status,
    command: impl FnOnce() -> Result<(), Status>,
) -> Result<(), Status> {
    panic::set_hook(Box::new(remember));
    match panic::catch_unwind(AssertUnwindSafe(command)) {
        Ok(result) => result,
        Err(_) => {
            report::internal(&LAST.with_borrow(String::clone));
            Err(failed)
        }
    }
}

fn remember(info: &PanicHookInfo<'_>) {
    let what = info.payload_as_str().unwrap_or("a panic without a message");
    let text = match info.location() {
        Some(place) => format!("{what} ({}:{})", place.file(), place.line()),
        None => what.to_owned(),
    };
    LAST.with_borrow_mut(|last| *last = text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failed_run() {
        let hook = panic::take_hook();
        let failed = contain(Status::FAILED, || panic!("on purpose"));
        let fine = contain(Status::FAILED, || Ok(()));
        panic::set_hook(hook);
        assert!(failed.is_err_and(|status| status == Status::FAILED));
        assert!(fine.is_ok());
    }
}
