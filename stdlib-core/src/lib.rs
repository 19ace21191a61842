//! The built-in functions and methods of the language.
//!
//! [`register`] adds them to a registry, as modules: `std::core::prelude` holds the functions that
//! need no import, and `std::core::array`, `string` and so on the methods of each type: functions
//! whose first parameter is the receiver. What needs a closure is written in Shape (`array.shape`
//! and its neighbours), everything else in Rust.
//!
//! Look-ups that may find nothing give a value that is `None` then; sizes that no value may have
//! raise an error of kind `resource`; nothing a script asks for ends the host.
//!
//! This crate starts no processes and reads no files.

mod array;
mod assertion;
mod bytes;
mod define;
mod distinct;
mod duration;
mod error;
mod int;
mod iter;
mod json;
mod limits;
mod map;
mod math;
mod number;
mod option;
mod order;
mod position;
mod prelude;
mod string;
#[cfg(test)]
mod test;
mod text;
mod variables;

pub use variables::ReadableVariables;

use shape_runtime::{Registry, RegistryError};

/// Adds all built-in modules.
///
/// # Errors
/// When the registry has a module of one of their names already.
pub fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    assertion::register(registry)?;
    prelude::register(registry)?;
    array::register(registry)?;
    iter::register(registry)?;
    map::register(registry)?;
    string::register(registry)?;
    bytes::register(registry)?;
    int::register(registry)?;
    number::register(registry)?;
    duration::register(registry)?;
    option::register(registry)?;
    error::register(registry)?;
    json::register(registry)
}
