//! A compiled script without a host around it.

use shape_abi::PermissionSet;
use shape_check::program::Program;
use shape_runtime::{HostCx, Registry};
use shape_syntax::Diagnostic;
use shape_vm::{Code, Globals, Machine, RunError, compile};
use std::sync::Arc;

/// A compiled script, for a host that makes the contexts of its runs itself. Cheap to clone, shared by
/// threads, run as often as one likes.
#[derive(Clone, Debug)]
pub struct Compiled {
    code: Arc<Code>,
    registry: Arc<Registry>,
    needs: PermissionSet,
    warnings: Arc<[Diagnostic]>,
}

impl Compiled {
    pub(crate) fn new(
        program: &Program,
        registry: &Arc<Registry>,
        warnings: Vec<Diagnostic>,
    ) -> Self {
        Self {
            code: Arc::new(compile(program, registry.decls())),
            registry: Arc::clone(registry),
            needs: program.needs,
            warnings: warnings.into(),
        }
    }

    /// Runs the script; its output, its arguments and its limits are those of `cx`.
    ///
    /// # Blocking
    /// Until the script ends. Setting [`HostCx::interrupt`] ends it at its next loop or call.
    ///
    /// # Errors
    /// How the run ended, when not at its end.
    pub fn run(&self, cx: &mut HostCx) -> Result<shape_vm::Outcome, RunError> {
        shape_vm::run(&self.code, &self.registry, cx)
    }

    /// A machine of which nothing has run.
    ///
    /// # Errors
    /// None in practice: when the script calls what its own registry does not have.
    pub(crate) fn machine(&self, cx: HostCx) -> Result<Machine, RunError> {
        Machine::new(Arc::clone(&self.code), Arc::clone(&self.registry), cx)
    }

    /// A machine whose first top-level variables are those of `globals`.
    ///
    /// # Errors
    /// None in practice: when the script calls what its own registry does not have.
    pub(crate) fn going_on(&self, cx: HostCx, globals: Globals) -> Result<Machine, RunError> {
        let (code, registry) = (Arc::clone(&self.code), Arc::clone(&self.registry));
        Machine::going_on(code, registry, cx, globals)
    }

    /// What the script needs to be allowed.
    #[must_use]
    pub fn needs(&self) -> PermissionSet {
        self.needs
    }

    /// What looked wrong without keeping the script from running.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}
