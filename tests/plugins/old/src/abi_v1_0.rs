//! The border as it was in version 1.0, written out. It never changes.

use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RStr;
use abi_stable::{StableAbi, declare_root_module_statics};

#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, StableAbi)]
pub struct Kind(pub u8);

#[repr(C)]
#[derive(Clone, Copy, StableAbi)]
pub struct View {
    pub kind: Kind,
    pub shown: u8,
    pub extra: u32,
    pub at: *const (),
    pub bits: u64,
    #[cfg(feature = "other-layout")]
    pub more: u64,
}

#[repr(C)]
#[derive(Clone, Copy, StableAbi)]
pub struct Sink {
    pub data: *mut (),
    pub take: unsafe extern "C" fn(data: *mut (), what: *const View),
}

#[repr(transparent)]
#[derive(Clone, Copy, StableAbi)]
pub struct Status(pub u64);

#[repr(C)]
#[derive(StableAbi)]
pub struct Call {
    pub run: *mut (),
    pub interrupt: *const u8,
    pub scalars: *mut u64,
    pub scalar_count: usize,
    pub values: *const View,
    pub value_count: usize,
    pub sink: Sink,
}

#[repr(C)]
#[derive(Clone, Copy, StableAbi)]
pub struct Function {
    pub data: *const (),
    pub call: unsafe extern "C" fn(data: *const (), state: *mut (), call: *mut Call) -> Status,
}

#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = AccessRef)))]
pub struct Access {
    pub items:
        unsafe extern "C" fn(of: *const View, from: usize, out: *mut View, room: usize) -> usize,
    #[sabi(last_prefix_field)]
    pub name: unsafe extern "C" fn(of: *const View, index: usize) -> View,
}

#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HandlesRef)))]
pub struct Handles {
    pub keep: unsafe extern "C" fn(handle: *const ()) -> *const (),
    pub release: unsafe extern "C" fn(handle: *const ()),
    pub is_open: unsafe extern "C" fn(handle: *const ()) -> bool,
    pub label: unsafe extern "C" fn(handle: *const ()) -> View,
    #[sabi(last_prefix_field)]
    pub type_name: unsafe extern "C" fn(handle: *const ()) -> View,
}

#[repr(C)]
#[derive(StableAbi)]
pub struct Waiter {
    pub data: *mut (),
    pub wait: unsafe extern "C" fn(data: *mut (), at_most: u64, sink: Sink) -> Status,
    pub drop: unsafe extern "C" fn(data: *mut ()),
}

#[repr(C)]
#[derive(StableAbi)]
pub struct Service {
    pub data: *const (),
    pub call:
        unsafe extern "C" fn(data: *const (), request: *const u8, len: usize, sink: Sink) -> Status,
    pub drop: unsafe extern "C" fn(data: *const ()),
}

#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostRef)))]
pub struct Host {
    pub access: AccessRef,
    pub print: unsafe extern "C" fn(
        run: *mut (),
        is_error: bool,
        bytes: *const u8,
        len: usize,
        sink: Sink,
    ) -> Status,
    pub flush: unsafe extern "C" fn(run: *mut (), sink: Sink) -> Status,
    pub wait: unsafe extern "C" fn(run: *mut (), nanos: u64, sink: Sink) -> Status,
    pub set_waiter: unsafe extern "C" fn(run: *mut (), plugin: u32, waiter: Waiter),
    pub argument: unsafe extern "C" fn(run: *mut (), index: usize) -> View,
    pub cancel_fd: unsafe extern "C" fn(run: *mut ()) -> i32,
    #[sabi(last_prefix_field)]
    pub service: unsafe extern "C" fn(run: *mut (), name: *const u8, len: usize) -> Service,
}

#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootRef)))]
pub struct Root {
    pub name: RStr<'static>,
    pub version: RStr<'static>,
    pub describe: unsafe extern "C" fn(sink: Sink) -> Status,
    pub function: unsafe extern "C" fn(module: u32, function: u32) -> Function,
    pub open: unsafe extern "C" fn(plugin: u32, host: HostRef, run: *mut ()) -> *mut (),
    pub close: unsafe extern "C" fn(state: *mut ()),
    pub access: AccessRef,
    #[sabi(last_prefix_field)]
    pub handles: HandlesRef,
}

/// The version that the library says it was built for.
pub const VERSION: &str = if cfg!(feature = "future-minor") {
    "1.999.0"
} else if cfg!(feature = "other-major") {
    "2.0.0"
} else {
    "1.0.0"
};

impl RootModule for RootRef {
    declare_root_module_statics! {RootRef}

    const BASE_NAME: &'static str = "shape_plugin";
    const NAME: &'static str = "shape_plugin";
    const VERSION_STRINGS: VersionStrings = VersionStrings::new(VERSION);
}
