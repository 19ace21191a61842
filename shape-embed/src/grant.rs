//! What scripts may do.

use shape_abi::{Permission, PermissionSet};
use shape_policy::ProcessGrant;

/// What scripts may do: permissions, and the programs that they may run.
///
/// Made from a [`Permission`], a [`PermissionSet`], or a [`ProcessGrant`], which brings the permission to
/// run programs with it.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    pub(crate) permissions: PermissionSet,
    pub(crate) process: Option<ProcessGrant>,
}

impl Grant {
    /// Nothing but computing and printing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything, every program included.
    #[must_use]
    pub fn all() -> Self {
        Self {
            permissions: PermissionSet::full(),
            process: Some(ProcessGrant::all()),
        }
    }
}

impl From<Permission> for Grant {
    fn from(permission: Permission) -> Self {
        PermissionSet::only(permission).into()
    }
}

impl From<PermissionSet> for Grant {
    fn from(permissions: PermissionSet) -> Self {
        Self {
            permissions,
            process: None,
        }
    }
}

impl From<ProcessGrant> for Grant {
    fn from(process: ProcessGrant) -> Self {
        Self {
            permissions: PermissionSet::only(Permission::Process),
            process: Some(process),
        }
    }
}
