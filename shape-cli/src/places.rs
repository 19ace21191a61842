//! Where files are looked for when no flag names them.
//!
//! # Source
//! XDG Base Directory Specification 0.8

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The rules of this machine.
pub(crate) const MANAGED_RULES: &str = "/etc/shape/rules.toml";
/// The rules of a project, below its directory.
const PROJECT_RULES: &str = ".shape/rules.toml";

/// The directories of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Places {
    /// Those that the environment names. A variable that is empty or no absolute path does not count;
    /// without a home there may be no places of the user at all.
    pub(crate) fn of_this_process() -> Self {
        Self::named_by(|name| env::var_os(name))
    }

    fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let directory = |name| {
            variable(name)
                .map(PathBuf::from)
                .filter(|it| it.is_absolute())
        };
        let home = directory("HOME");
        let below_home = |path| home.as_ref().map(|home| home.join(path));
        let place = |name, default| directory(name).or_else(|| below_home(default));
        Self {
            config: place("XDG_CONFIG_HOME", ".config").map(|it| it.join("shape")),
            state: place("XDG_STATE_HOME", ".local/state").map(|it| it.join("shape")),
            home,
        }
    }

    /// The directory of the user.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The rules that the machine's administrator gave.
    pub(crate) fn managed_rules(&self) -> PathBuf {
        PathBuf::from(MANAGED_RULES)
    }

    /// The user's rules.
    pub(crate) fn user_rules(&self) -> Option<PathBuf> {
        self.config.as_ref().map(|it| it.join("rules.toml"))
    }

    /// What the user trusts.
    pub(crate) fn trust(&self) -> Option<PathBuf> {
        self.in_state("trust.json")
    }

    /// The questions that nobody could be asked.
    pub(crate) fn pending(&self) -> Option<PathBuf> {
        self.in_state("pending.json")
    }

    /// The audit.
    pub(crate) fn audit(&self) -> Option<PathBuf> {
        self.in_state("audit.jsonl")
    }

    /// The state of the guard.
    pub(crate) fn guard(&self) -> Option<PathBuf> {
        self.in_state("guard.json")
    }

    /// What was typed at `shape repl`.
    pub(crate) fn history(&self) -> Option<PathBuf> {
        self.in_state("history")
    }

    fn in_state(&self, name: &str) -> Option<PathBuf> {
        self.state.as_ref().map(|it| it.join(name))
    }
}

/// Why there is no file of the user, and what to do about it.
pub(crate) const NO_HOME: &str = "there is no place for files of the user: set HOME (or XDG_CONFIG_HOME and XDG_STATE_HOME) to an absolute path";

/// The rules of the project that `directory` is in: of the nearest directory upwards that has some.
pub(crate) fn project_rules(directory: &Path) -> Option<PathBuf> {
    nearest(directory, PROJECT_RULES)
}

/// The file of this name in `directory`, or in the nearest directory above it that has one. What is
/// there and cannot be looked at counts as there, so that it is said and not passed over.
pub(crate) fn nearest(directory: &Path, name: &str) -> Option<PathBuf> {
    let mut candidates = directory.ancestors().map(|directory| directory.join(name));
    candidates.find(|path| path.try_exists().unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Places {
        Places::named_by(|name| {
            let mut found = variables.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_names_the_places() {
        let check = |variables: &[(&str, &str)], rules: Option<&str>, trust: Option<&str>| {
            let places = places(variables);
            assert_eq!(
                places.user_rules(),
                rules.map(PathBuf::from),
                "{variables:?}"
            );
            assert_eq!(places.trust(), trust.map(PathBuf::from), "{variables:?}");
        };
        let at_home = (
            Some("/h/.config/shape/rules.toml"),
            Some("/h/.local/state/shape/trust.json"),
        );
        check(&[("HOME", "/h")], at_home.0, at_home.1);
        check(
            &[
                ("HOME", "/h"),
                ("XDG_CONFIG_HOME", "/c"),
                ("XDG_STATE_HOME", "/s"),
            ],
            Some("/c/shape/rules.toml"),
            Some("/s/shape/trust.json"),
        );
        check(
            &[
                ("HOME", "/h"),
                ("XDG_CONFIG_HOME", "c"),
                ("XDG_STATE_HOME", ""),
            ],
            at_home.0,
            at_home.1,
        );
        check(
            &[("XDG_STATE_HOME", "/s")],
            None,
            Some("/s/shape/trust.json"),
        );
        check(&[("HOME", "")], None, None);
        check(&[], None, None);
    }

    #[test]
    fn the_nearest_file_upwards_counts() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let name = "no-such-name-anywhere-else.toml";
        assert_eq!(nearest(&below, name), None);
        std::fs::write(folder.path().join(name), "").unwrap();
        assert_eq!(nearest(&below, name), Some(folder.path().join(name)));
        std::fs::write(below.join(name), "").unwrap();
        assert_eq!(nearest(&below, name), Some(below.join(name)));
    }
}
