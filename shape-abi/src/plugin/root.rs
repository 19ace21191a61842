//! The one symbol of a plugin.

use super::{AccessRef, Entry, Function, HandlesRef, HostRef, Running, Sink, Status};
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RStr;
use abi_stable::{StableAbi, declare_root_module_statics};

/// What a plugin is: who it is, what it has, and how that is called.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootRef)))]
pub struct Root {
    /// The name of its crate.
    pub name: RStr<'static>,
    /// The version of its crate.
    pub version: RStr<'static>,
    /// Gives the sink its modules, as JSON: a list of [`ModuleDecl`](crate::ModuleDecl)s. An error is
    /// given as a string.
    pub describe: unsafe extern "C" fn(sink: Sink) -> Status,
    /// The function with this number of the module with this number, both of which must be in the
    /// description. Who has an `entry` is not asked.
    pub function: unsafe extern "C" fn(module: u32, function: u32) -> Function,
    /// Makes what the plugin keeps for one run. `plugin` is the number that the host knows it by.
    pub open: unsafe extern "C" fn(plugin: u32, host: HostRef, run: *mut ()) -> *mut (),
    /// Drops that; to be called on the thread of the run, when none of its calls is going on.
    pub close: unsafe extern "C" fn(state: *mut ()),
    /// How its values are read.
    pub access: AccessRef,
    /// What the host does with its handles.
    #[sabi(last_prefix_field)]
    pub handles: HandlesRef,
    /// The version of the crate that made this; from 1.1 on.
    pub made_by: RStr<'static>,
    /// As `function`; from 1.2 on.
    pub entry: unsafe extern "C" fn(module: u32, function: u32) -> Entry,
    /// Tells what `open` has made where the host notes which call is going on, before the first one;
    /// from 1.2 on.
    pub attach: unsafe extern "C" fn(state: *mut (), running: *const Running),
}

impl RootModule for RootRef {
    declare_root_module_statics! {RootRef}

    const BASE_NAME: &'static str = "shape_plugin";
    const NAME: &'static str = "shape_plugin";
    /// [`VERSION`](super::VERSION), as text: that of this crate.
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}

/// Exports the root that `$make` gives as this library's.
#[doc(hidden)]
#[macro_export]
macro_rules! export_plugin_root {
    ($make:path) => {
        // SAFETY: the name is that under which `abi_stable` looks for a library's root, and a library
        // has one.
        #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
        pub static SHAPE_PLUGIN: $crate::plugin::LibHeader = {
            extern "C" fn exported() -> $crate::plugin::RootModuleResult {
                $crate::plugin::__call_root_module_loader::<$crate::plugin::RootRef>($make)
            }

            // SAFETY: what `exported` gives has been made from a `RootRef`.
            unsafe {
                $crate::plugin::LibHeader::from_constructor::<$crate::plugin::RootRef>(
                    exported,
                    $crate::plugin::CheckTypeLayout::Yes,
                )
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::VERSION;
    use abi_stable::library::ROOT_MODULE_LOADER_NAME;

    #[test]
    fn names_and_versions_are_those_that_are_written_out() {
        assert_eq!(
            ROOT_MODULE_LOADER_NAME,
            "_1as_0lib_1header_0root_bmodule_bloader"
        );
        let version = RootRef::VERSION_STRINGS.version;
        assert_eq!(version.as_str(), format!("{}.{}.0", VERSION.0, VERSION.1));
    }
}
