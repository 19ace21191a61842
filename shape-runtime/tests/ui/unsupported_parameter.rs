use shape_abi::PermissionSet;
use shape_runtime::{FnSpec, HostCx, Module};
use std::path::PathBuf;

fn read(_: &mut HostCx, _: PathBuf) -> bool {
    true
}

fn main() {
    let mut module = Module::new("test", "");
    let spec = FnSpec { name: "read", params: ["path"], needs: PermissionSet::pure(), doc: "" };
    let _ = module.register_typed_fn(spec, read);
}
