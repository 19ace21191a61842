//! The helper of [`Launcher::Warden`](shape_process::Launcher::Warden), for hosts that are not to be
//! their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_process::be_warden_if_asked();
    // Started by hand: it has nobody to work for.
    ExitCode::from(125)
}
