//! Whether something that is asked is trusted.

use crate::command::Word;
use crate::resolve::Resolver;
use crate::resolve::program::{Program, entry_path};
use std::ffi::OsStr;
use std::path::{Component, Path};

/// What a grant would have to cover.
pub(crate) struct Asked<'a> {
    /// The program as it is written.
    pub(crate) program: &'a OsStr,
    /// The file that this is.
    pub(crate) file: &'a Program,
    /// The arguments after the program.
    pub(crate) args: &'a [Word<'a>],
    /// The directory that the command starts in.
    pub(crate) cwd: &'a Path,
    /// The files of the programs that it runs in turn.
    pub(crate) runs: &'a [&'a Path],
    /// What looks names up.
    pub(crate) resolver: &'a Resolver,
}

/// Whether an entry of `trusted_commands` is for what is asked.
pub(super) fn is_command(entry: &str, asked: &Asked<'_>) -> bool {
    let (entry, program) = (Path::new(entry), asked.file);
    if entry.is_absolute() {
        let is_place = |path: &Path| path == program.entry() || path == program.canonical();
        return is_place(entry) || entry_path(entry).is_some_and(|entry| is_place(&entry));
    }
    let is_bare_name = entry
        .components()
        .eq([Component::Normal(entry.as_os_str())]);
    is_bare_name
        && Path::new(asked.program).file_name() == Some(entry.as_os_str())
        && asked
            .resolver
            .find_on_host(entry.as_os_str())
            .is_some_and(|host| host.entry() == program.entry())
}
