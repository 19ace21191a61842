//! Plugins: which ones a run has, and `shape plugin`.

mod new;

use crate::flags::BARE;
use crate::help;
use crate::report::{self, Status};
use crate::signature;
use clap::{Args, Subcommand};
use shape_runtime::{Plugin, Registry, RegistryError};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The namespace of the modules that come with the language.
const OWN: &str = "std";

/// Which modules a run has beside the built-in ones.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PluginFlags {
    /// Where the io module comes from: it is built in, or `plugin:PATH`
    #[arg(long, value_name = "FROM", require_equals = true, value_parser = parse_io)]
    pub(crate) io: Option<PathBuf>,
    /// Load this plugin and add its modules
    #[arg(long, value_name = "PATH", require_equals = true)]
    pub(crate) plugin: Vec<PathBuf>,
}

/// The value of `--io`.
fn parse_io(from: &str) -> Result<PathBuf, &'static str> {
    match from.strip_prefix("plugin:") {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => Err("use plugin:PATH"),
    }
}

impl PluginFlags {
    /// Adds io, and the modules of the plugins that are asked for.
    ///
    /// # Errors
    /// When one was not granted or cannot be loaded; it has been said.
    pub(crate) fn register(
        &self,
        allowed: &Plugins,
        registry: &mut Registry,
    ) -> Result<(), Status> {
        match &self.io {
            None => stdlib_io::register(registry)
                .map_err(|error| report::internal(&error.to_string()))?,
            Some(path) => {
                let plugin = load(path, allowed)?;
                if !plugin
                    .modules()
                    .iter()
                    .any(|it| it.name == stdlib_io::MODULE)
                {
                    let path = shape_policy::Quoted::new(path);
                    let module = stdlib_io::MODULE;
                    report::failure(&format!("{path} has no module `{module}`"), None);
                    return Err(Status::REFUSED);
                }
                add(&plugin, path, registry)?;
            }
        }
        for path in &self.plugin {
            let plugin = load(path, allowed)?;
            let mut modules = plugin.modules().iter().map(|module| &module.name);
            if let Some(module) = modules.find(|name| name.split("::").next() == Some(OWN)) {
                let path = shape_policy::Quoted::new(path);
                let message = format!(
                    "the plugin {path} has a module `{module}`, but `{OWN}` is for what comes with Shape"
                );
                return Err(report::usage(&message));
            }
            add(&plugin, path, registry)?;
        }
        Ok(())
    }
}

/// Loads a plugin that was granted.
fn load(path: &Path, allowed: &Plugins) -> Result<Plugin, Status> {
    if !allowed.allow(path) {
        let path = shape_policy::Quoted::new(path);
        report::failure(
            &format!(
                "the plugin {path} may not be loaded: a plugin is native code, which can do anything"
            ),
            Some(&format!(
                "if you trust it as you trust `shape`: --allow-plugin={path}"
            )),
        );
        return Err(Status::REFUSED);
    }
    Plugin::load(path).map_err(|error| {
        report::failure(&error.to_string(), None);
        Status::REFUSED
    })
}

fn add(plugin: &Plugin, path: &Path, registry: &mut Registry) -> Result<(), Status> {
    plugin
        .register(registry)
        .map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &RegistryError) -> Status {
    let path = shape_policy::Quoted::new(path);
    report::failure(&format!("the plugin {path} cannot be used: {error}"), None);
    Status::REFUSED
}

/// The plugins that a run was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plugins {
    All,
    /// Those in these files.
    Listed(Vec<PathBuf>),
}

impl Plugins {
    /// What the values of `--allow-plugin` say.
    pub(crate) fn allowed_by(lists: &[String]) -> Self {
        if lists.iter().any(|list| list == BARE) {
            return Self::All;
        }
        let listed = lists.iter().flat_map(|list| list.split(','));
        Self::Listed(listed.map(PathBuf::from).collect())
    }

    /// Whether the file at `path` is one of them, whatever it is called.
    fn allow(&self, path: &Path) -> bool {
        let Self::Listed(listed) = self else {
            return true;
        };
        let Ok(path) = path.canonicalize() else {
            // It is said that there is none, and not that it is not granted.
            return listed.iter().any(|it| it == path);
        };
        listed
            .iter()
            .any(|it| it.canonicalize().is_ok_and(|it| it == path))
    }
}

/// `shape plugin`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Make a crate for a new plugin
    #[command(after_help = help::PLUGIN_NEW)]
    New(new::NewArgs),
    /// Load a plugin and print its modules and functions, with what each needs
    List(PluginPath),
    /// Load a plugin and say whether that works, and why not
    Check(PluginPath),
}

#[derive(Debug, Args)]
pub(crate) struct PluginPath {
    /// The plugin. Loading it runs code of it, which can do anything
    pub(crate) path: OsString,
}

/// Makes, lists or checks a plugin.
pub(crate) fn main(command: &PluginCommand) -> Result<(), Status> {
    let path = match command {
        PluginCommand::New(args) => return new::main(args),
        PluginCommand::List(PluginPath { path }) | PluginCommand::Check(PluginPath { path }) => {
            path
        }
    };
    let path = Path::new(path);
    let failed = |why: String| {
        report::failure(&why, None);
        Status::FAILED
    };
    let plugin = Plugin::load(path).map_err(|error| failed(error.to_string()))?;
    let mut registry = Registry::new();
    let registered = plugin.register(&mut registry);
    registered.map_err(|error| failed(format!("{}: {error}", path.display())))?;
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write!(text, "{} {}", plugin.name(), plugin.version());
    if let Some(runtime) = plugin.runtime() {
        let _ = write!(text, ", built with Shape {runtime}");
    }
    text.push('\n');
    if let PluginCommand::List(_) = command {
        for module in plugin.modules() {
            let _ = writeln!(text, "\n{}", module.name);
            for function in &module.fns {
                let _ = writeln!(text, "  {}", signature::of(function));
            }
        }
    }
    report::print(&text)
}
