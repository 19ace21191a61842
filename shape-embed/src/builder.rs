//! Putting an engine together.

use crate::engine::{Engine, Settings, Stdin};
use crate::error::BuildError;
use crate::grant::Grant;
use crate::limits::Limits;
use crate::output::Stdio;
use crate::sources::Importer;
use shape_abi::{Permission, PermissionSet};
use shape_policy::{Approver, Policy, ProcessGrant, RuleSet};
use shape_process::Launcher;
use shape_runtime::{Module, Plugin, Registry};
use std::sync::Arc;

/// Puts an [`Engine`] together. To begin with scripts may do nothing beyond computing and printing,
/// and print to the output of the host.
#[derive(Debug)]
#[must_use]
pub struct EngineBuilder {
    grant: Grant,
    approver: Option<Approving>,
    rules: Option<RuleSet>,
    policy: Option<Whole>,
    modules: Vec<Module>,
    plugins: Vec<Plugin>,
    registry: Option<Registry>,
    importer: Option<Importer>,
    stdin: Stdin,
    stdout: Stdio,
    stderr: Stdio,
    args: Vec<String>,
    launcher: Launcher,
    limits: Limits,
}

/// Somebody to ask.
struct Approving(Arc<dyn Approver>);

impl std::fmt::Debug for Approving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Approver")
    }
}

/// A policy of the host's own.
struct Whole(Arc<Policy>);

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Policy")
    }
}

impl EngineBuilder {
    pub(crate) fn new() -> Self {
        Self {
            grant: Grant::none(),
            approver: None,
            rules: None,
            policy: None,
            modules: Vec::new(),
            plugins: Vec::new(),
            registry: None,
            importer: None,
            stdin: Stdin::Empty,
            stdout: Stdio::inherit(),
            stderr: Stdio::inherit(),
            args: Vec::new(),
            launcher: Launcher::Direct,
            limits: Limits::none(),
        }
    }

    /// Lets scripts do more. Permissions add up; of several [`ProcessGrant`]s the last one counts.
    pub fn grant(mut self, grant: impl Into<Grant>) -> Self {
        let grant = grant.into();
        self.grant.permissions = self.grant.permissions.union(grant.permissions);
        self.grant.process = grant.process.or(self.grant.process);
        self
    }

    /// Has somebody asked about each program that neither grant nor rules decide. Scripts may then
    /// name the functions that run programs.
    pub fn approver(mut self, approver: Arc<dyn Approver>) -> Self {
        self.approver = Some(Approving(approver));
        self
    }

    /// Has rules decide about programs. Scripts may then name the functions that run programs.
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = Some(rules);
        self
    }

    /// Has `policy` decide about programs, in place of one that is made of grant, rules and
    /// approver. Scripts may then name the functions that run programs.
    pub fn policy(mut self, policy: Arc<Policy>) -> Self {
        self.policy = Some(Whole(policy));
        self
    }

    /// Offers the functions of a module to scripts, which import it by its name.
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Offers the modules of a plugin to scripts, which import them by their names. If it has the io
    /// module, that takes the place of the linked one, and serves scripts as that would.
    ///
    /// A plugin is native code, which no grant and no limit of this engine binds.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// Offers these modules in place of the language's own and `io`. What the language itself needs,
    /// such as `print`, is in [`stdlib_core`].
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Where the text of a module comes from that a script imports, and that is neither one of the host
    /// nor declared in the script: `load` gets the path, such as `["utils", "text"]`, and gives the text,
    /// `None` where there is no such module, or a sentence that says why it cannot be had. It is
    /// asked once for each module of a script.
    ///
    /// Without it scripts read no other files.
    pub fn importer(
        mut self,
        load: impl Fn(&[&str]) -> Result<Option<String>, String> + Send + Sync + 'static,
    ) -> Self {
        self.importer = Some(Importer(Arc::new(load)));
        self
    }

    /// Lets scripts, and programs that they start, read the standard input of the host. Without it
    /// theirs is empty.
    pub fn inherit_stdin(mut self) -> Self {
        self.stdin = Stdin::Inherited;
        self
    }

    /// Where scripts print to.
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.stdout = stdout;
        self
    }

    /// Where scripts print errors to.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.stderr = stderr;
        self
    }

    /// What `args()` gives in scripts.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Who starts the programs of a run: the host itself to begin with.
    pub fn launcher(mut self, launcher: Launcher) -> Self {
        self.launcher = launcher;
        self
    }

    /// What each run may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// What has been asked for does not go together.
    pub fn build(mut self) -> Result<Engine, BuildError> {
        crate::script::check_limits(&self.limits)?;
        let is_io_loaded = self.plugins.iter().any(has_io);
        let registry = self.modules()?;
        let decides = self.approver.is_some() || self.rules.is_some() || self.policy.is_some();
        let mut permissions = self.grant.permissions;
        if decides {
            permissions = permissions.union(PermissionSet::only(Permission::Process));
        }
        let policy = match permissions.contains(Permission::Process) {
            true => Some(self.deciding()?),
            false => None,
        };
        Ok(Engine(Arc::new(Settings {
            registry: Arc::new(registry),
            is_io_loaded,
            permissions,
            policy,
            importer: self.importer,
            stdin: self.stdin,
            stdout: self.stdout,
            stderr: self.stderr,
            args: self.args,
            launcher: self.launcher,
            limits: self.limits,
        })))
    }

    fn modules(&mut self) -> Result<Registry, BuildError> {
        let mut registry = match self.registry.take() {
            Some(registry) => registry,
            None => {
                let mut registry = Registry::new();
                stdlib_core::register(&mut registry)?;
                if !self.plugins.iter().any(has_io) {
                    stdlib_io::register(&mut registry)?;
                }
                registry
            }
        };
        for module in self.modules.drain(..) {
            registry.add(module)?;
        }
        for plugin in &self.plugins {
            plugin.register(&mut registry)?;
        }
        Ok(registry)
    }

    /// The policy of all runs.
    fn deciding(&mut self) -> Result<Arc<Policy>, BuildError> {
        if let Some(Whole(policy)) = self.policy.take() {
            let part = match (&self.approver, &self.rules, &self.grant.process) {
                (Some(_), ..) => "an approver",
                (_, Some(_), _) => "rules",
                (.., Some(_)) => "programs that it grants",
                _ => return Ok(policy),
            };
            return Err(BuildError::TwoPolicies(part));
        }
        let grant = self.grant.process.take();
        let mut policy = Policy::builder(grant.unwrap_or_else(ProcessGrant::none));
        if let Some(rules) = self.rules.take() {
            policy = policy.rules(rules);
        }
        if let Some(Approving(approver)) = self.approver.take() {
            policy = policy.approver(approver);
        }
        Ok(Arc::new(policy.build()))
    }
}

/// Whether the io module is one of the plugin's.
fn has_io(plugin: &Plugin) -> bool {
    let mut modules = plugin.modules().iter();
    modules.any(|module| module.name == stdlib_io::MODULE)
}
