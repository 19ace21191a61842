//! Short forms of registration, for functions that need no permission.

use shape_abi::PermissionSet;
use shape_runtime::{FnSpec, Module, MutatingFn, RegistryError, TypedFn};

/// The result of registering.
pub(crate) type Registered = Result<(), RegistryError>;

/// Registers a function that needs no permission.
pub(crate) fn pure<const N: usize, M, F: TypedFn<M, N>>(
    module: &mut Module,
    name: &'static str,
    params: [&'static str; N],
    doc: &'static str,
    f: F,
) -> Registered {
    module.register_typed_fn(
        FnSpec {
            name,
            params,
            needs: PermissionSet::pure(),
            doc,
        },
        f,
    )
}

/// Registers a function that changes its receiver and needs no permission.
pub(crate) fn mutating<const N: usize, M, F: MutatingFn<M, N>>(
    module: &mut Module,
    name: &'static str,
    params: [&'static str; N],
    doc: &'static str,
    f: F,
) -> Registered {
    module.register_mutating_fn(
        FnSpec {
            name,
            params,
            needs: PermissionSet::pure(),
            doc,
        },
        f,
    )
}
