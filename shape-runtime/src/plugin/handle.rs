//! A handle of a plugin, as a resource of the host.

use shape_abi::plugin::{HandlesRef, View};
use shape_value::{IoHandle, Resource, ResourceTable};

/// A handle that a plugin keeps for the host. Dropping it lets go of the plugin's handle, which drops
/// the resource where that was the last one.
pub(super) struct Foreign {
    address: *const (),
    handles: HandlesRef,
}

impl Resource for Foreign {
    fn type_name(&self) -> &'static str {
        // SAFETY: the plugin gives the name that its resource has as a `&'static str`, and the library
        // is never unloaded.
        unsafe { text(self.handles.type_name()(self.address)) }
    }

    fn describe(&self) -> String {
        // SAFETY: the label lives as long as the handle, which is kept.
        unsafe { text(self.handles.label()(self.address)) }.to_owned()
    }

    fn is_open(&self) -> bool {
        // SAFETY: the handle is kept.
        unsafe { self.handles.is_open()(self.address) }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: `keep` gave the address, and nobody uses it from here on.
        unsafe { self.handles.release()(self.address) };
    }
}

/// The text that a view is of.
///
/// # Safety
/// It must be a view of a string that lives for `'a`.
unsafe fn text<'a>(view: View) -> &'a str {
    if view.is_empty() {
        return "";
    }
    // SAFETY: as the caller says.
    unsafe {
        let bytes = std::slice::from_raw_parts(view.at.cast(), view.len());
        std::str::from_utf8_unchecked(bytes)
    }
}

/// The host's handles of a plugin's handles, by the plugin's slots: the same one gives the same one.
#[derive(Debug, Default)]
pub(super) struct Adopted(Vec<Option<(u32, (u32, u32))>>);

impl Adopted {
    /// The host's handle for the one in `view`.
    ///
    /// # Safety
    /// `view` must be of a handle, from the plugin with this number that has these functions, and lent.
    pub(super) unsafe fn adopt(
        &mut self,
        view: View,
        plugin: u32,
        handles: HandlesRef,
        resources: &ResourceTable,
    ) -> IoHandle {
        let slot = (view.bits & 0xffff_ffff) as usize;
        let generation = (view.bits >> 32) as u32;
        if self.0.len() <= slot {
            self.0.resize(slot + 1, None);
        }
        let known = self.0[slot].filter(|(known, _)| *known == generation);
        if let Some(handle) = known.and_then(|(_, id)| resources.get(id)) {
            return handle;
        }
        // SAFETY: as the caller says.
        let address = unsafe { handles.keep()(view.at) };
        let foreign = Foreign { address, handles };
        let handle = resources.insert_marked(foreign, (address.expose_provenance(), plugin));
        self.0[slot] = Some((generation, handle.id()));
        handle
    }
}
