//! The host functions of Shape in a library of their own.

#[path = "../shape/host.rs"]
mod host;

shape_runtime::plugin! { host::register }
