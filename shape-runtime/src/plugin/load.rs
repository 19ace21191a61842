//! The host's side: loading a plugin.

use super::check::{MAX_BYTES, check};
use super::far::{Border, Far};
use super::guest::{Opened, trampoline};
use crate::marshal::Source as _;
use crate::{Module, Registry, RegistryError};
use shape_abi::ModuleDecl;
use shape_abi::plugin::{self, OpenError, RootRef, Sink, Status, View};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A plugin that has been loaded. It stays in the process until that ends. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    opened: &'static Opened,
    modules: Arc<[ModuleDecl]>,
}

/// Why a plugin cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the plugin {}: {why}", path.display())]
pub struct PluginError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: PluginProblem,
}

/// What is wrong with a plugin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginProblem {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not say what it has: why.
    #[error("it could not register its modules: {0}")]
    Register(String),
    /// What it says that it has cannot be: why.
    #[error("its description of its modules cannot be used: {0}")]
    Description(String),
}

impl Plugin {
    /// Loads the plugin in the file at `path`.
    ///
    /// A plugin is native code. What it does when it is loaded, and later, nobody can keep it from: load
    /// only what you trust as you trust the host.
    ///
    /// # Errors
    /// When there is no such file, it is no plugin, was built for another version of the border, or
    /// does not describe modules that a host can have.
    pub fn load(path: &Path) -> Result<Self, PluginError> {
        Self::try_load(path).map_err(|why| PluginError {
            path: path.to_owned(),
            why,
        })
    }

    fn try_load(path: &Path) -> Result<Self, PluginProblem> {
        let root = plugin::open(path)?;
        let border = Border {
            access: root.access(),
            plugin: number(),
        };
        let modules = describe(root, &border)?;
        check(&modules).map_err(PluginProblem::Description)?;
        let opened: &'static Opened = Box::leak(Box::new(Opened { root, border }));
        Ok(Self {
            opened,
            modules: modules.into(),
        })
    }

    /// The name of its crate.
    #[must_use]
    pub fn name(&self) -> &str {
        self.opened.root.name().as_str()
    }

    /// The version of its crate.
    #[must_use]
    pub fn version(&self) -> &str {
        self.opened.root.version().as_str()
    }

    /// The version of this crate that it was built with; `None` where it is too old to say.
    #[must_use]
    pub fn runtime(&self) -> Option<&str> {
        self.opened.root.made_by().map(|version| version.as_str())
    }

    /// Its modules.
    #[must_use]
    pub fn modules(&self) -> &[ModuleDecl] {
        &self.modules
    }

    /// Adds its modules to a registry.
    ///
    /// # Errors
    /// When the registry has a module of the same name, or a module two functions of one name.
    pub fn register(&self, registry: &mut Registry) -> Result<(), RegistryError> {
        for (place, decl) in (0..).zip(self.modules()) {
            registry.add(self.module(place, decl)?)?;
        }
        Ok(())
    }

    fn module(&self, place: u32, decl: &ModuleDecl) -> Result<Module, RegistryError> {
        let mut module = Module::new(decl.name.clone(), decl.doc.clone());
        if let Some(source) = &decl.source {
            module.source(source.clone());
        }
        for (index, function) in (0..).zip(&decl.fns) {
            let Some(trampoline) = trampoline(self.opened, (place, index), function) else {
                return Err(RegistryError::CannotCross {
                    module: decl.name.to_string(),
                    name: function.name.to_string(),
                    param: String::new(),
                });
            };
            module.register_raw(function.clone(), trampoline)?;
        }
        Ok(module)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

/// A number that no other plugin of the process has. 0 is nobody's.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Has a plugin describe its modules.
fn describe(root: RootRef, border: &Border) -> Result<Vec<ModuleDecl>, PluginProblem> {
    struct Text<'b>(&'b Border, Option<String>);

    unsafe extern "C" fn take(data: *mut (), what: *const View) {
        // SAFETY: `data` is the `Text` below, and the view is lent until this returns.
        unsafe {
            let text = &mut *data.cast::<Text<'_>>();
            let lent = Far::new(*what, text.0).text();
            text.1 = lent
                .filter(|text| text.len() <= MAX_BYTES)
                .map(str::to_owned);
        }
    }

    let mut text = Text(border, None);
    let data: *mut Text<'_> = &mut text;
    let sink = Sink {
        data: data.cast(),
        take,
    };
    // SAFETY: the sink lives until this returns.
    let status = unsafe { root.describe()(sink) };
    let Some(text) = text.1 else {
        let why = "there is none, or it is too long";
        return Err(PluginProblem::Description(why.to_owned()));
    };
    if status != Status::DONE {
        return Err(PluginProblem::Register(text));
    }
    serde_json::from_str(&text).map_err(|error| PluginProblem::Description(error.to_string()))
}
