//! What a program may be allowed to do, as static kinds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A kind of power. The names are stable: they stand in rule files and audit logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission, in the order of declaration.
            pub const ALL: &[Permission] = &[$(Permission::$variant,)*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    /// Read files.
    FsRead = "fs.read",
    /// Write files.
    FsWrite = "fs.write",
    /// Files only below granted directories.
    FsScoped = "fs.scoped",
    /// Open connections.
    NetConnect = "net.connect",
    /// Accept connections.
    NetListen = "net.listen",
    /// Network only to granted hosts.
    NetScoped = "net.scoped",
    /// Start and end programs.
    Process = "sys.process",
    /// Hand a string to a shell.
    ProcessShell = "sys.process.shell",
    /// Start a program that outlives the run.
    ProcessDetach = "sys.process.detach",
    /// Read environment variables.
    Env = "sys.env",
    /// Read the clock.
    Time = "sys.time",
    /// Draw random numbers.
    Random = "sys.random",
    /// Run on a virtual file system.
    SandboxVfs = "sandbox.vfs",
    /// Run deterministically.
    SandboxDeterministic = "sandbox.deterministic",
    /// Run with captured output.
    SandboxCapture = "sandbox.capture",
    /// Run under a memory limit.
    SandboxMemLimited = "sandbox.mem_limited",
    /// Run under a time limit.
    SandboxTimeLimited = "sandbox.time_limited",
    /// Run under an output limit.
    SandboxOutputLimited = "sandbox.output_limited",
    /// Load a plugin, which is native code.
    Plugin = "sys.plugin",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsePermissionError(pub String);

impl fmt::Display for ParsePermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown permission `{}`; known are ", self.0)?;
        for (i, permission) in Permission::ALL.iter().enumerate() {
            write!(f, "{}{permission}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ParsePermissionError {}

impl FromStr for Permission {
    type Err = ParsePermissionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|p| p.name() == name)
            .ok_or_else(|| ParsePermissionError(name.to_owned()))
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A set of permissions; one word, compared and combined bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// Nothing but computing and talking to one's own terminal.
    #[must_use]
    pub const fn pure() -> Self {
        Self(0)
    }

    /// Looking without changing: files, environment, clock.
    #[must_use]
    pub const fn readonly() -> Self {
        Self::pure()
            .with(Permission::FsRead)
            .with(Permission::Env)
            .with(Permission::Time)
    }

    /// Everything.
    #[must_use]
    pub const fn full() -> Self {
        Self((1 << Permission::ALL.len()) - 1)
    }

    /// Just `permission`.
    #[must_use]
    pub const fn only(permission: Permission) -> Self {
        Self(1 << permission as u32)
    }

    /// This set and `permission`.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u32)
    }

    /// Whether `permission` is in the set.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u32 != 0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of this set is in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.difference(other).0 == 0
    }

    /// Whether the set holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |p| self.contains(*p))
    }
}

impl From<Permission> for PermissionSet {
    fn from(permission: Permission) -> Self {
        Self::only(permission)
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::pure(), Self::with)
    }
}

/// The names joined by `, `; `nothing` for the empty set.
impl fmt::Display for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        for (i, permission) in self.iter().enumerate() {
            write!(f, "{}{permission}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Permission>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(permission));
        }
        assert!("sys.proces".parse::<Permission>().is_err());
    }

    #[test]
    fn sets_behave_like_sets() {
        let a = PermissionSet::readonly();
        let b = PermissionSet::only(Permission::Process).with(Permission::Env);
        assert!(a.intersection(b).contains(Permission::Env));
        assert!(a.union(b).contains(Permission::Process));
        assert!(!a.difference(b).contains(Permission::Env));
        assert!(a.is_subset(PermissionSet::full()));
        assert!(!b.is_subset(a));
        assert_eq!(a.union(b).iter().collect::<PermissionSet>(), a.union(b));
        assert_eq!(b.to_string(), "sys.process, sys.env");
        assert_eq!(PermissionSet::pure().to_string(), "nothing");
    }
}
