//! Lazy iterators, all of them in Shape.

use crate::define::Registered;
use shape_runtime::{Module, Registry};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new(
        "std::core::iter",
        "Lazy iterators, as `array.iter()` gives.",
    );
    m.source(include_str!("iter.shape"));
    registry.add(m)
}
