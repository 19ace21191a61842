use shape_abi::PermissionSet;
use shape_runtime::{FnSpec, HostCx, Module};
use std::path::PathBuf;

fn home(_: &mut HostCx) -> PathBuf {
    PathBuf::new()
}

fn main() {
    let mut module = Module::new("test", "");
    let spec = FnSpec { name: "home", params: [], needs: PermissionSet::pure(), doc: "" };
    let _ = module.register_typed_fn(spec, home);
}
