//! The concrete thing that is asked for.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Something that wants to run and can say what it is.
///
/// [`Policy::approve`](crate::Policy::approve) takes it by value and gives it back inside
/// [`Approved`](crate::Approved), so that what was decided is what runs.
pub trait Ask {
    /// The program, its arguments, directory and environment, exactly as they will be used.
    fn request(&self) -> Request<'_>;

    /// Whether it is to outlive whoever starts it, which has to be allowed by itself; see
    /// [`ProcessGrant::allow_detached`](crate::ProcessGrant::allow_detached).
    fn is_detached(&self) -> bool {
        false
    }
}

/// One program run, as it was asked for: nothing is looked up yet.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The program: a bare name is looked up on the `PATH` of the child's environment; a name with a
    /// `/` is relative to the current directory of the host, whatever `cwd` says.
    pub program: &'a OsStr,
    /// The arguments after the program name.
    pub args: &'a [OsString],
    /// The directory the program starts in; the host's current one if absent.
    pub cwd: Option<&'a Path>,
    /// What differs from the host's environment.
    pub env: &'a EnvChanges,
}

/// What a child's environment has other than the host's. Applied in this order: clear, remove, set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EnvChanges {
    /// Start from nothing instead of from the host's environment.
    pub clear: bool,
    /// Names to leave out.
    pub remove: Vec<OsString>,
    /// Names and values to add or replace; the last one of a name counts.
    pub set: Vec<(OsString, OsString)>,
}

impl EnvChanges {
    /// The environment of a child: these changes over the one of the host.
    pub(crate) fn apply(&self, host: &Arc<Environment>) -> Arc<Environment> {
        if *self == Self::default() {
            return Arc::clone(host);
        }
        let mut environment: Vec<(OsString, OsString)> = match self.clear {
            true => Vec::new(),
            false => host.to_vec(),
        };
        if !self.remove.is_empty() {
            environment.retain(|(name, _)| !self.remove.contains(name));
        }
        for (name, value) in &self.set {
            match environment.iter_mut().find(|(known, _)| known == name) {
                Some(entry) => entry.1.clone_from(value),
                None => environment.push((name.clone(), value.clone())),
            }
        }
        environment.into()
    }
}

/// Names and values.
pub(crate) type Environment = [(OsString, OsString)];

/// Names only: a value may be a secret.
impl fmt::Debug for EnvChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<&OsString> = self.set.iter().map(|(name, _)| name).collect();
        f.debug_struct("EnvChanges")
            .field("clear", &self.clear)
            .field("remove", &self.remove)
            .field("set", &set)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    #[test]
    fn the_last_value_of_a_name_counts() {
        let changes = EnvChanges {
            clear: true,
            remove: vec!["A".into()],
            set: vec![pair("A", "1"), pair("B", "2"), pair("A", "3")],
        };
        let host = [pair("C", "4")].into();
        assert_eq!(*changes.apply(&host), [pair("A", "3"), pair("B", "2")]);
    }

    #[test]
    fn removing_leaves_the_rest_of_the_hosts_environment() {
        let changes = EnvChanges {
            remove: vec!["PATH".into()],
            ..EnvChanges::default()
        };
        let host = [pair("A", "1"), pair("PATH", "/bin")].into();
        assert_eq!(*changes.apply(&host), [pair("A", "1")]);
    }

    #[test]
    fn debug_shows_no_value() {
        let changes = EnvChanges {
            set: vec![pair("TOKEN", "s3cret")],
            ..EnvChanges::default()
        };
        let shown = format!("{changes:?}");
        assert!(
            shown.contains("TOKEN") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
