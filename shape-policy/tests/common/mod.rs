//! What the tests of the policy share.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

pub mod table;

use shape_policy::{Ask, EnvChanges, Request};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Something that asks.
#[derive(Debug, Default, Clone)]
pub struct Command {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub cwd: Option<PathBuf>,
    pub env: EnvChanges,
    pub is_detached: bool,
}

impl Command {
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            ..Self::default()
        }
    }

    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.set.push((name.into(), value.into()));
        self
    }
}

impl Ask for Command {
    fn request(&self) -> Request<'_> {
        Request {
            program: &self.program,
            args: &self.args,
            cwd: self.cwd.as_deref(),
            env: &self.env,
        }
    }

    fn is_detached(&self) -> bool {
        self.is_detached
    }
}

/// A script in `directory`, executable or not.
pub fn script(directory: &Path, name: &str, mode: u32) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// Where the host's own `PATH` has `cat`, which every machine has.
pub fn host_cat() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|directory| directory.join("cat"))
        .find(|cat| cat.exists())
        .unwrap()
}
