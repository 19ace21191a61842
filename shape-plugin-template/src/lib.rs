//! The module `shape_plugin_template` of Shape scripts: counters.

use shape_runtime::abi::PermissionSet;
use shape_runtime::value::{IoHandle, Resource};
use shape_runtime::{Convention, FnSpec, HostCx, Raise, Registry, RegistryError};

/// What a script holds by a handle. It is dropped when the script lets go of the handle, or ends.
struct Counter {
    count: i64,
}

impl Resource for Counter {
    fn type_name(&self) -> &'static str {
        "IoHandle"
    }

    fn describe(&self) -> String {
        "counter".to_owned()
    }
}

/// A counter that begins at `start`.
fn counter(cx: &mut HostCx, start: i64) -> IoHandle {
    cx.resources().insert(Counter { count: start })
}

/// Counts by `step`, and gives the sum.
fn count(_: &mut HostCx, counter: &IoHandle, step: i64) -> Result<i64, Raise> {
    let mut counter = counter.get_mut::<Counter>()?;
    let sum = counter.count.checked_add(step);
    counter.count = sum.ok_or_else(|| Raise::invalid("that is more than an int holds"))?;
    Ok(counter.count)
}

/// Adds the module to a registry.
///
/// # Errors
/// When the registry has a module of this name.
pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module("shape_plugin_template", "Counters.");
    module.register_typed_fn(
        FnSpec {
            name: "counter",
            params: ["start = 0"],
            needs: PermissionSet::pure(),
            doc: "A counter that begins at `start`.",
        },
        counter,
    )?;
    module.register_typed_fn(
        FnSpec {
            name: "count",
            params: ["counter", "step = 1"],
            needs: PermissionSet::pure(),
            doc: "Counts by `step`, and gives the sum.",
        },
        count,
    )?;
    registry.add(module)
}

shape_runtime::plugin! { register }
