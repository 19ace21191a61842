//! The helper that keeps processes: this very program.

use shape_process::Warden;
use std::io;
use std::path::Path;

/// Starts it. It is the file that runs now, also if another one has taken its place.
///
/// # Errors
/// The system is out of something, or there is no `/proc`.
pub(crate) fn start() -> io::Result<Warden> {
    Warden::start(Path::new("/proc/self/exe"))
}
