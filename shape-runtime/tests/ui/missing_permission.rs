use shape_runtime::{FnSpec, HostCx, Module};

fn now(_: &mut HostCx) -> f64 {
    0.0
}

fn main() {
    let mut module = Module::new("test", "");
    let _ = module.register_typed_fn(FnSpec { name: "now", params: [], doc: "" }, now);
}
