//! The module `watch`: what changes in the file system, told to scripts.
//!
//! It is a plugin as anybody could write it, over a library that knows nothing of Shape: the watcher is
//! a resource that lives here, options come in as a record, and changes go out as an array of records.

mod changes;

use changes::{Change, Watching};
use shape_runtime::abi::{Permission, PermissionSet};
use shape_runtime::value::{IoHandle, Str};
use shape_runtime::{Convention, FnSpec, HostCx, Raise, Registry, RegistryError, record};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the host may be left to wait before it is looked whether something has changed.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

record! {
    /// What is watched.
    #[derive(Clone, Debug)]
    pub struct Options in named "WatchOptions" {
        /// Also what lies deeper.
        pub recursive: bool = false,
        /// Only changes of these kinds; of all if it is empty.
        pub kinds: Vec<Str> = [],
    }
}

/// Begins to watch a file or a folder.
fn open(cx: &mut HostCx, path: &str, options: Options) -> Result<IoHandle, Raise> {
    let watching = Watching::start(Path::new(path), &options)?;
    Ok(cx.resources().insert(watching))
}

/// What has changed, after a wait for the first change.
fn events(cx: &mut HostCx, watcher: &IoHandle, timeout: Duration) -> Result<Vec<Change>, Raise> {
    let start = Instant::now();
    loop {
        let changes = watcher.get::<Watching>()?.changes()?;
        let left = timeout.saturating_sub(start.elapsed());
        if !changes.is_empty() || left.is_zero() {
            return Ok(changes);
        }
        // The host waits, and not this thread: it serves the programs of the run meanwhile, and hears of
        // its end.
        cx.wait(left.min(LOOK_AGAIN))?;
    }
}

/// Stops watching.
fn close(_: &mut HostCx, watcher: &IoHandle) -> Result<bool, Raise> {
    // A handle that is something else is none of ours to close.
    if watcher.is_open() {
        drop(watcher.get::<Watching>()?);
    }
    Ok(watcher.close()?)
}

/// Adds the module to a registry.
///
/// # Errors
/// When the registry has a module of this name.
pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module("watch", "What changes in the file system.");
    module.register_typed_fn(
        FnSpec {
            name: "open",
            params: ["path", "options = {}"],
            needs: Permission::FsRead,
            doc: "Begins to watch the file or folder at `path`. \
                  Errors: `not_found`, `permission_denied`, `invalid`, `resource`, `io`.",
        },
        open,
    )?;
    module.register_typed_fn(
        FnSpec {
            name: "events",
            params: ["watcher", "timeout = 1s"],
            needs: Permission::FsRead,
            doc: "What has changed since the last call, oldest first. If nothing has, it waits for the \
                  first change, for `timeout` at most, and gives `[]` then. A change has a `kind`, which is \
                  `create`, `change`, `remove`, `moved_from` or `moved_to`; an absolute `path` to be shown, and the \
                  `bytes` that it really is. Errors: `overflow` when changes were lost, which may go on.",
        },
        events,
    )?;
    module.register_typed_fn(
        FnSpec {
            name: "close",
            params: ["watcher"],
            needs: PermissionSet::pure(),
            doc: "Stops watching; `false` if that was done already.",
        },
        close,
    )?;
    registry.add(module)
}

shape_runtime::plugin! { register }
