//! The helper that keeps processes: this very program.

use shape_process::{Launcher, Warden};
use std::io;
use std::path::Path;

/// The file that runs now, also if another one has taken its place.
const HELPER: &str = "/proc/self/exe";

/// How another engine in this process starts one.
pub(crate) fn launcher() -> Launcher {
    Launcher::Warden {
        helper: HELPER.into(),
    }
}

/// Starts it.
///
/// # Errors
/// The system is out of something, or there is no `/proc`.
pub(crate) fn start() -> io::Result<Warden> {
    Warden::start(Path::new(HELPER))
}
