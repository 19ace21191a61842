//! One entry of an allow or deny list.

use crate::error::PatternError;
use crate::lookup::{FileId, Program, entry_path};
use crate::resolve::Resolver;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// One entry of `--allow-process` or `--deny-process`.
///
/// The two lists read an entry differently, each so that doubt ends in a denial:
///
/// | entry | allows | denies |
/// | --- | --- | --- |
/// | `git` | the file that the host's own `PATH` has for `git`, under that name | that file under any name or link, and every file called `git` |
/// | `/usr/bin/git` | that file, and links to it | that file under any name, link or hard link |
///
/// An absolute entry that is itself a link allows what is asked for by that link, not everything
/// that the link's target can be asked for: allowing `/bin/ls` on a busybox system does not allow
/// all of busybox.
///
/// A denied path is meant both as the system reads it and as it is written, `.` and `..` taken away, so
/// that a file can be denied before it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramPattern {
    /// A program by its bare name.
    Name(OsString),
    /// A program by its absolute path.
    Path(PathBuf),
}

impl FromStr for ProgramPattern {
    type Err = PatternError;

    /// An entry of a list; blanks around it do not count. Whether there is such a file is not looked
    /// at.
    ///
    /// # Errors
    /// It is not understood, or no program can be called that.
    fn from_str(entry: &str) -> Result<Self, PatternError> {
        parse(entry.trim()).map_err(|reason| PatternError {
            entry: entry.to_owned(),
            reason,
        })
    }
}

fn parse(entry: &str) -> Result<ProgramPattern, String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    if entry.is_empty() {
        return refuse("it is empty; write a bare name such as `git`, or an absolute path");
    }
    if entry.contains('\0') {
        return refuse("it contains a NUL byte");
    }
    if entry.contains([':', '!']) {
        return refuse("rules for subcommands and shells (`:` and `!`) are not supported yet");
    }
    if entry.contains(['*', '?', '{', '[']) {
        return refuse(
            "wildcards are not supported yet; list the programs with commas between them",
        );
    }
    if matches!(entry.rsplit('/').next(), Some("" | "." | "..")) {
        return Err(called_like_a_directory(entry));
    }
    if entry.starts_with('/') {
        return Ok(ProgramPattern::Path(entry.into()));
    }
    if entry.contains('/') {
        return refuse("a path must be absolute; write it from the root, or a bare name");
    }
    if entry.contains(char::is_whitespace) {
        return refuse(
            "a name holds no blank; put commas between programs, and write the absolute path of one \
             that has a blank in its name",
        );
    }
    Ok(ProgramPattern::Name(entry.into()))
}

/// Why an entry that ends in `/`, `.` or `..` is refused.
fn called_like_a_directory(entry: &str) -> String {
    let path = entry.trim_end_matches("/.").trim_end_matches('/');
    match path.rsplit('/').next() {
        Some(name) if !name.is_empty() && name != "." && name != ".." => {
            format!("only a directory ends like this; write `{path}`")
        }
        _ => "it is a directory; write the programs of it that are meant".to_owned(),
    }
}

impl fmt::Display for ProgramPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&name.to_string_lossy()),
            Self::Path(path) => f.write_str(&path.to_string_lossy()),
        }
    }
}

impl ProgramPattern {
    /// Whether this entry of an allow list lets `program` run.
    pub(crate) fn allows(&self, program: &Program, resolver: &Resolver) -> bool {
        match self {
            Self::Name(name) => {
                program.path().file_name() == Some(name)
                    && resolver
                        .find_on_host(name)
                        .is_some_and(|host| host.entry() == program.entry())
            }
            Self::Path(path) => is_file_of(program, path),
        }
    }

    /// Whether this entry of a deny list stops `program`, which was asked for as `asked`.
    pub(crate) fn denies(&self, asked: &OsStr, program: &Program, resolver: &Resolver) -> bool {
        match self {
            Self::Name(name) => {
                [Path::new(asked), program.path(), program.canonical()]
                    .iter()
                    .any(|path| path.file_name() == Some(name))
                    || resolver
                        .find_on_host(name)
                        .is_some_and(|host| host.id() == program.id())
            }
            // Both the file that the system finds there and the one that the text of the path names:
            // they differ where a part is missing, or where `..` follows a link.
            Self::Path(path) => [path.clone(), normalised(path)].iter().any(|path| {
                is_file_of(program, path)
                    || normalised(program.path()) == *path
                    || FileId::of(path) == Some(program.id())
            }),
        }
    }

    /// Refuses an entry of an allow list that matches nothing as the files are now.
    pub(crate) fn check_can_allow(&self) -> Result<(), PatternError> {
        let Self::Path(path) = self else {
            return Ok(());
        };
        match rustix::fs::stat(path) {
            // It may be made later, by what the script runs first.
            Err(Errno::NOENT) => Ok(()),
            Err(Errno::NOTDIR) => {
                self.refuse("there is no such file: it lies below a file".to_owned())
            }
            stat => self.check_is_no_directory(stat.ok()),
        }
    }

    /// Refuses an entry of a deny list that cannot match, even a file that is made later.
    pub(crate) fn check_can_deny(&self) -> Result<(), PatternError> {
        let Self::Path(path) = self else {
            return Ok(());
        };
        match rustix::fs::stat(normalised(path)) {
            Err(Errno::NOTDIR) => {
                self.refuse("it is below a file; write the path of that file".to_owned())
            }
            stat => self.check_is_no_directory(stat.ok()),
        }
    }

    fn check_is_no_directory(&self, stat: Option<Stat>) -> Result<(), PatternError> {
        let kind = stat.map(|stat| FileType::from_raw_mode(stat.st_mode));
        if kind == Some(FileType::Directory) {
            let reason = "it is a directory; write the programs of it that are meant";
            return self.refuse(reason.to_owned());
        }
        Ok(())
    }

    fn refuse(&self, reason: String) -> Result<(), PatternError> {
        let entry = self.to_string();
        Err(PatternError { entry, reason })
    }
}

/// Whether `path` is where the program was found, or the file behind that place.
fn is_file_of(program: &Program, path: &Path) -> bool {
    let is_place = |path: &Path| path == program.entry() || path == program.canonical();
    is_place(path) || entry_path(path).is_some_and(|entry| is_place(&entry))
}

/// The absolute `path` without `//`, `.` and `..`, by its text alone: no link is looked at.
fn normalised(path: &Path) -> PathBuf {
    let mut parts = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(name) => parts.push(name),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(entry: &str, reason: &str) {
        let error = entry.parse::<ProgramPattern>().unwrap_err();
        assert!(error.reason.contains(reason), "{error}");
    }

    #[test]
    fn names_and_absolute_paths_are_understood() {
        assert_eq!("git".parse(), Ok(ProgramPattern::Name("git".into())));
        assert_eq!(
            "/usr/bin/git".parse(),
            Ok(ProgramPattern::Path("/usr/bin/git".into()))
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        check_refused("", "empty");
        check_refused("git:status", "not supported yet");
        check_refused("sh!", "not supported yet");
        check_refused("git*", "wildcards");
        check_refused("./git", "absolute");
        check_refused("bin/git", "absolute");
        check_refused("a\0b", "NUL");
    }

    #[test]
    fn blanks_around_an_entry_do_not_count() {
        for entry in [" git", "git ", "\tgit\n", "\u{a0}git"] {
            assert_eq!(entry.parse(), Ok(ProgramPattern::Name("git".into())));
        }
        let path = ProgramPattern::Path("/usr/bin/git".into());
        assert_eq!(" /usr/bin/git ".parse(), Ok(path));
        check_refused(" \t", "empty");
    }

    #[test]
    fn what_can_never_match_is_refused() {
        check_refused("/usr/bin/id/", "write `/usr/bin/id`");
        check_refused("/usr/bin/id//", "write `/usr/bin/id`");
        check_refused("/usr/bin/id/.", "write `/usr/bin/id`");
        check_refused("/usr/bin/id/..", "directory");
        check_refused("/", "directory");
        check_refused(".", "directory");
        check_refused("..", "directory");
        check_refused("env sh", "commas");
    }

    #[test]
    fn an_error_names_the_entry() {
        let error = "git, /bin/id/".parse::<crate::Programs>().unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("\" /bin/id/\" names no program"),
            "{message}"
        );
    }

    #[test]
    fn a_path_is_normalised_by_its_text_alone() {
        let check = |path: &str, expected: &str| {
            assert_eq!(normalised(Path::new(path)), Path::new(expected), "{path}");
        };
        check("/a//b/./c", "/a/b/c");
        check("/nope/../usr/bin/id", "/usr/bin/id");
        check("/../../a", "/a");
    }
}
