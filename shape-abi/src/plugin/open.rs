//! Opening a plugin.

use super::{RootRef, VERSION, elf};
use abi_stable::StableAbi as _;
use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::{LibraryError, RawLibrary, lib_header_from_raw_library};
use abi_stable::sabi_types::VersionNumber;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a file cannot be opened as a plugin.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is no shared library, or none for this system: what the system says.
    NotALibrary(String),
    /// It is a library, but not of a plugin.
    NotAPlugin,
    /// It was built for another version of the border, which it gives.
    OtherVersion(u32, u32),
    /// It says that it was built for a version that would do, but what crosses is laid out differently
    /// there: how.
    OtherLayout(String),
    /// It failed on its own: how.
    Failed(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = VERSION;
        match self {
            Self::Unreadable(error) => write!(f, "{error}"),
            Self::NotALibrary(why) => write!(f, "it is no shared library for this system: {why}"),
            Self::NotAPlugin => f.write_str(
                "it is a shared library, but no Shape plugin: it was not exported with `plugin!`",
            ),
            Self::OtherVersion(theirs, part) => write!(
                f,
                "it was built for plugin ABI {theirs}.{part}; this host has {major}.{minor}: {}",
                match *theirs == major {
                    true => "use a newer host",
                    false => "rebuild it with the `shape-runtime` of this host",
                }
            ),
            Self::OtherLayout(how) => write!(
                f,
                "it says it was built for a plugin ABI that {major}.{minor} includes, but what crosses the border is laid \
                 out differently in it ({how}): rebuild it with the `shape-runtime` of this host"
            ),
            Self::Failed(why) => write!(f, "its start failed: {why}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// Opens the plugin in the file at `path`. It stays loaded until the process ends.
///
/// What the library runs when it is loaded runs before anything of it can be checked: whoever opens a
/// plugin trusts it.
///
/// # Errors
/// When it is no plugin that this host can work with.
pub fn open(path: &Path) -> Result<RootRef, OpenError> {
    elf::check(path)?;
    // A name without a slash would be looked for in the system's own folders.
    let path = path.canonicalize().map_err(OpenError::Unreadable)?;
    let library = RawLibrary::load_at(&path).map_err(|error| match error {
        LibraryError::OpenError { err, .. } => OpenError::NotALibrary(err.to_string()),
        other => OpenError::NotALibrary(other.to_string()),
    })?;
    // Nothing that a plugin has handed out may outlive its code.
    let library = Box::leak(Box::new(library));
    // SAFETY: the library stays loaded. That what it exports under the name of a root is a root, is
    // what its author answers for; its first bytes are compared before anything else is read.
    let header = unsafe { lib_header_from_raw_library(library) }.map_err(|error| match error {
        LibraryError::GetSymbolError { .. } => OpenError::NotAPlugin,
        other => OpenError::OtherLayout(other.to_string()),
    })?;
    let version = VersionNumber::new(header.version_strings())
        .map_err(|error| OpenError::OtherLayout(error.to_string()))?;
    if version.major != VERSION.0 || version.minor > VERSION.1 {
        return Err(OpenError::OtherVersion(version.major, version.minor));
    }
    let theirs = header.layout();
    let theirs = theirs.ok_or_else(|| OpenError::OtherLayout("it does not say how".to_owned()))?;
    // What is newer has what is older has, and perhaps more. Here the host is the newer side, and so takes
    // the place that a library usually has.
    check_layout_compatibility(theirs, RootRef::LAYOUT)
        .map_err(|error| OpenError::OtherLayout(difference(&error.to_string())))?;
    // SAFETY: the layouts have just been compared.
    let root = unsafe { header.init_root_module_with_unchecked_layout::<RootRef>() };
    root.map_err(|error| match error {
        LibraryError::RootModule { err, .. } => OpenError::Failed(err.to_string()),
        other => OpenError::OtherLayout(other.to_string()),
    })
}

/// The type that differs, and how, out of pages of text.
fn difference(pages: &str) -> String {
    let Some((before, how)) = pages.rsplit_once("\nError:") else {
        return pages.to_owned();
    };
    let how = how.lines().next().unwrap_or_default();
    let layout = before.rsplit_once("Layout of found type:");
    let name = layout.and_then(|(_, layout)| {
        let mut lines = layout.lines();
        lines.find_map(|line| line.trim().strip_prefix("type:"))
    });
    match name {
        Some(name) => format!("{name}: {how}"),
        None => how.to_owned(),
    }
}
