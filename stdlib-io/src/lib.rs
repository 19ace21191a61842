//! The io module: running other programs from a script.
//!
//! [`register`] adds `std::core::io` to a registry. Each function is a thin body over
//! `shape-process`: it builds a spec, has the run's policy approve it, and hands it to the run's
//! process engine. What a function needs, takes and gives is read off its registration; its page is
//! in `doc/`.
//!
//! What a host gives the run as services of its [`HostCx`]:
//!
//! | service | without it |
//! | --- | --- |
//! | [`shape_policy::Policy`] | no program is allowed |
//! | [`NoInput`] | scripts read the standard input of the host |
//! | [`Processes`] | programs are started from the host itself, nothing but the interrupt flag ends a run, and what waits goes on |
//!
//! Where the module is in a library of its own, such services cannot be reached, and the host gives the run
//! what [`serve`] makes of the same.
//!
//! It decides nothing about what may run, and opens no descriptor of its own but a second one of
//! standard input.
//!
//! [`HostCx`]: shape_runtime::HostCx

mod command;
mod error;
mod handle;
mod options;
mod output;
mod process;
mod remote;
mod signal;
mod spill;
mod state;
mod stream;
mod together;

pub use options::{
    ExecAllOptions, ExecOptions, Input, PipelineOptions, ResourceLimits, SpawnOptions,
};
pub use output::{BytesOutput, Enforced, Output, Piece, PipelineOutput, ProcessStatus, Stage};
pub use remote::serve;
pub use signal::SignalArg;
pub use state::{NoInput, Processes};

use shape_abi::{Permission, PermissionSet};
use shape_runtime::{Convention, FnSpec, Registry, RegistryError};

/// The name of the module.
pub const MODULE: &str = "std::core::io";

/// Registers functions under their own names, each with its page.
macro_rules! functions {
    ($module:ident, $needs:expr; $($from:ident::$name:ident($($param:literal),*);)*) => {
        $($module.register_typed_fn(
            FnSpec {
                name: stringify!($name),
                params: [$($param),*],
                needs: $needs,
                doc: include_str!(concat!("doc/", stringify!($name), ".md")),
            },
            $from::$name,
        )?;)*
    };
}

/// Adds the module `std::core::io`.
///
/// # Errors
/// When the registry has a module of this name.
pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module(MODULE, include_str!("doc/module.md"));
    functions! { module, Permission::Process;
        command::exec("cmd", "args = []", "options = {}");
        command::exec_bytes("cmd", "args = []", "options = {}");
        together::exec_all("commands", "options = {}");
        together::pipeline("stages", "options = {}");
        command::spawn("cmd", "args = []", "options = {}");
        command::which("cmd");
        process::process_wait("handle");
        process::process_wait_any("handles", "timeout = None");
        process::process_result("handle");
        process::process_kill("handle");
        process::process_write("handle", "data");
        process::process_read("handle", "n = 65536");
        process::process_read_err("handle", "n = 65536");
        process::process_read_bytes("handle", "n = 65536");
        process::process_read_line("handle");
        process::process_read_line_err("handle");
        process::process_close_stdin("handle");
        process::process_pid("handle");
        process::process_status("handle");
        process::process_signal("handle", "signal");
        process::process_close("handle", "force = false");
        spill::spill_lines("path", "from", "count");
        spill::spill_tail("path", "count");
        spill::spill_find("path", "text", "from = 0");
    }
    functions! { module, PermissionSet::only(Permission::Process).with(Permission::ProcessShell);
        command::shell("script", "options = {}");
    }
    // A script may always talk to its own terminal. A child's handle can be had only from `spawn`,
    // which needs the permission.
    functions! { module, PermissionSet::pure();
        stream::stdin();
        stream::stdout();
        stream::stderr();
        stream::read_line("handle");
        stream::write("handle", "text");
        stream::flush("handle");
        stream::close("handle");
    }
    registry.add(module)
}
