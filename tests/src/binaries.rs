//! Where the binaries under test are.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// What is built for tests: a package and its file.
const BINARIES: [(&str, &str); 6] = [
    ("shape-cli", "shape"),
    ("shape-testchild", "shape-testchild"),
    ("shape-sample-plugin", "libshape_sample_plugin.so"),
    ("stdlib-io-plugin", "libstdlib_io_plugin.so"),
    ("shape-watch", "libshape_watch.so"),
    ("shape-bench-plugin", "libshape_bench_plugin.so"),
];

/// The binaries under test, from the target directory that this test was built into.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The binaries of this run; builds them first when one is absent or older than its sources.
    ///
    /// # Errors
    /// When they cannot be built; the text is for people.
    pub fn get() -> Result<Self, String> {
        static FOUND: OnceLock<Result<Binaries, String>> = OnceLock::new();
        FOUND.get_or_init(Self::find).clone()
    }

    fn find() -> Result<Self, String> {
        let target = Target::of_this_test()?;
        let built = BINARIES
            .map(|(_, file)| file)
            .iter()
            .all(|file| is_fresh(&target.profile_dir, file));
        if !built {
            target.build()?;
        }
        Ok(Self {
            folder: target.profile_dir,
        })
    }

    /// A command that starts `shape` in `cwd`, which also becomes its home, with an environment
    /// that does not depend on who runs the tests. The other binaries are first on its PATH.
    #[must_use]
    pub fn shape(&self, cwd: &Path) -> Command {
        self.command(self.folder.join("shape"), cwd)
    }

    /// A command that has a shell run `script` in the same way; its `shape` is the one that is tested.
    #[must_use]
    pub fn shell(&self, script: &str, cwd: &Path) -> Command {
        let mut command = self.command("sh", cwd);
        command.args(["-c", script]);
        command
    }

    /// The plugin that this package makes.
    #[must_use]
    pub fn plugin(&self, package: &str) -> PathBuf {
        let name = package.replace('-', "_");
        self.folder.join(format!("lib{name}.so"))
    }

    fn command(&self, program: impl AsRef<OsStr>, cwd: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(cwd)
            .env("HOME", cwd)
            .env("PATH", self.path());
        command.env("NO_COLOR", "1").env("SHAPE_SPEC", "spec");
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn path(&self) -> OsString {
        let mut folders = vec![self.folder.clone()];
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&inherited));
        std::env::join_paths(folders).unwrap_or(inherited)
    }
}

/// The workspace's root.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("/"))
}

pub(crate) struct Target {
    root: PathBuf,
    triple: Option<OsString>,
    profile_dir: PathBuf,
}

impl Target {
    /// Tests lie in `ROOT[/TRIPLE]/PROFILE/deps`.
    pub(crate) fn of_this_test() -> Result<Self, String> {
        let exe = std::env::current_exe().map_err(|e| format!("where is this test? {e}"))?;
        let no_parent = || format!("{} is not in a target directory", exe.display());
        let profile_dir = exe.parent().and_then(Path::parent).ok_or_else(no_parent)?;
        let root = profile_dir.parent().ok_or_else(no_parent)?;
        let is_root = |dir: &Path| dir.join("CACHEDIR.TAG").exists();
        let (root, triple) = match root.parent() {
            Some(above) if !is_root(root) && is_root(above) => (above, root.file_name()),
            _ => (root, None),
        };
        Ok(Self {
            root: root.to_owned(),
            triple: triple.map(OsStr::to_owned),
            profile_dir: profile_dir.to_owned(),
        })
    }

    /// The target directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn build(&self) -> Result<(), String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet"]);
        for (package, _) in BINARIES {
            cargo.args(["-p", package]);
        }
        let profile = match self.profile_dir.file_name().and_then(OsStr::to_str) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        cargo
            .args(["--profile", profile])
            .arg("--target-dir")
            .arg(&self.root);
        if let Some(triple) = &self.triple {
            cargo.arg("--target").arg(triple);
        }
        let output = cargo
            .current_dir(workspace())
            .output()
            .map_err(|e| format!("cannot start {cargo:?}: {e}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "{cargo:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// Whether the binary exists and is newer than each source that cargo notes beside it.
fn is_fresh(folder: &Path, name: &str) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let Some(built) = modified(&folder.join(name)) else {
        return false;
    };
    let noted = folder.join(name).with_extension("d");
    let Ok(noted) = fs::read_to_string(noted) else {
        return false;
    };
    let is_older = |source: &PathBuf| modified(source).is_some_and(|at: SystemTime| at <= built);
    sources(&noted).iter().all(is_older)
}

/// The paths of a dep-info line `TARGET: SOURCE SOURCE`, where a space inside a path is `\ `.
fn sources(dep_info: &str) -> Vec<PathBuf> {
    let Some((_, sources)) = dep_info.split_once(": ") else {
        return Vec::new();
    };
    let sources = sources.trim_end().replace("\\ ", "\0");
    sources
        .split_whitespace()
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_paths_may_hold_spaces() {
        let found = sources("/t/shape: /a/b.rs /with\\ space/c.rs\n");
        assert_eq!(
            found,
            [PathBuf::from("/a/b.rs"), PathBuf::from("/with space/c.rs")]
        );
    }
}
