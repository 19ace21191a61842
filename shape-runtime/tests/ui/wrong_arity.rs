use shape_abi::PermissionSet;
use shape_runtime::{FnSpec, HostCx, Module};

fn repeat(_: &mut HostCx, text: &str, count: i64) -> String {
    format!("{text}{count}")
}

fn main() {
    let mut module = Module::new("test", "");
    let spec = FnSpec { name: "repeat", params: ["text"], needs: PermissionSet::pure(), doc: "" };
    let _ = module.register_typed_fn(spec, repeat);
}
