//! Which programs a rule is about.

use super::case::{Case, File};
use super::glob::{Pattern, Star};
use crate::resolve::program::{Program, entry_path};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// What a rule says that its program is.
///
/// Rules that allow read it differently from rules that deny or ask, each so that doubt ends in a denial:
///
/// | pattern | allows | denies |
/// | --- | --- | --- |
/// | `git` | the file that the host's own `PATH` has for `git`, under that name | that file under any name or link, and every file called `git` |
/// | `git*` | the files that the host's own `PATH` has for such names, under these names | every file of such a name, or with a link of such a name |
/// | `/usr/bin/git` | that file, and links to it | that file under any name, link or hard link |
/// | `/opt/*` | files whose path, or that of the link they are asked for by, looks like this | these, also by other links |
///
/// An absolute path that is itself a link allows what is asked for by that link, not everything that the
/// link's target can be asked for: allowing `/bin/ls` on a busybox system does not allow all of busybox.
///
/// A denied path is meant both as the system reads it and as it is written, `.` and `..` taken away, so
/// that a file can be denied before it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProgramPattern {
    Name(OsString),
    NameGlob(Pattern),
    Path(PathBuf),
    PathGlob(Pattern),
    /// Whatever it is.
    Every,
}

impl ProgramPattern {
    /// What an entry of a flag names: a bare name or an absolute path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn exact(text: &str) -> Result<Self, String> {
        check_name(text)?;
        Ok(match text.starts_with('/') {
            true => Self::Path(text.into()),
            false => Self::Name(text.into()),
        })
    }

    /// What `program` of a rules file names, of which braces can make several.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Vec<Self>, String> {
        let star = match text.contains('/') {
            true => Star::Part,
            false => Star::Text,
        };
        let patterns = Pattern::parse(text, star)?;
        patterns.into_iter().map(Self::from_pattern).collect()
    }

    fn from_pattern(pattern: Pattern) -> Result<Self, String> {
        match &pattern {
            Pattern::Literal(literal) => Self::exact(&literal.to_string_lossy()),
            _ if pattern.is_everything() => Ok(Self::Every),
            _ if pattern.is_absolute() => Ok(Self::PathGlob(pattern)),
            Pattern::Glob(tokens) if tokens.contains(&super::glob::Token::Byte(b'/')) => {
                Err(NOT_ABSOLUTE.to_owned())
            }
            Pattern::Glob(_) => Ok(Self::NameGlob(pattern)),
        }
    }

    /// Whether a rule that allows this allows what `case` is about.
    pub(super) fn allows(&self, case: &Case<'_>) -> bool {
        let program = match case.file {
            File::Found(program) => program,
            // What stands for the program itself: a shell's own part, or what a self-test supposes.
            File::Builtin | File::Supposed => return self.allows_name(case.asked()),
            File::Missing => return *self == Self::Every,
        };
        match self {
            Self::Every => true,
            Self::Name(name) => {
                program.path().file_name() == Some(name) && case.is_what_the_host_has(program)
            }
            Self::NameGlob(pattern) => {
                program
                    .path()
                    .file_name()
                    .is_some_and(|name| pattern.matches(name))
                    && case.is_what_the_host_has(program)
            }
            Self::Path(path) => is_file_of(program, path),
            Self::PathGlob(pattern) => {
                let as_found = is_normal(program.path()).then(|| program.path());
                [as_found, Some(program.entry()), Some(program.canonical())]
                    .into_iter()
                    .flatten()
                    .any(|path| pattern.matches(path.as_os_str()))
            }
        }
    }

    fn allows_name(&self, asked: &OsStr) -> bool {
        match self {
            Self::Every => true,
            Self::Name(name) => name == asked,
            Self::Path(path) => path == asked,
            Self::NameGlob(pattern) | Self::PathGlob(pattern) => pattern.matches(asked),
        }
    }

    /// Whether a rule that denies or asks about this concerns the program under `name`, which is one of
    /// the names that it goes by.
    pub(super) fn is_called(&self, name: &OsStr) -> bool {
        match self {
            Self::Every => true,
            Self::Name(own) => own == name,
            Self::NameGlob(pattern) => pattern.matches(name),
            Self::Path(_) | Self::PathGlob(_) => false,
        }
    }

    /// Whether a rule that denies or asks about this concerns the file of `case` by one of its paths.
    pub(super) fn is_at(&self, case: &Case<'_>) -> bool {
        match self {
            // What the system finds at a path is known by its file. Beside that the text counts, with
            // and without `.` and `..`: something may not be there yet, and `..` may follow a link.
            Self::Path(path) => case
                .paths()
                .any(|other| *other == *path || *other == normalised(path)),
            Self::PathGlob(pattern) => case.paths().any(|path| pattern.matches(path.as_os_str())),
            _ => false,
        }
    }
}

const NOT_ABSOLUTE: &str =
    "a path must be absolute; write it from the root, or a bare name without a `/`";

/// Refuses what no program can be called.
fn check_name(text: &str) -> Result<(), String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    if text.is_empty() {
        return refuse("it is empty; write a bare name such as `git`, or an absolute path");
    }
    if text.contains('\0') {
        return refuse("it contains a NUL byte");
    }
    if matches!(text.rsplit('/').next(), Some("" | "." | "..")) {
        return Err(called_like_a_directory(text));
    }
    if text.starts_with('/') {
        return Ok(());
    }
    if text.contains('/') {
        return refuse(NOT_ABSOLUTE);
    }
    if text.contains(char::is_whitespace) {
        return refuse(
            "a name holds no blank; list several programs one by one, and write the absolute path of \
             one that has a blank in its name",
        );
    }
    Ok(())
}

/// Why a name that ends in `/`, `.` or `..` is refused.
fn called_like_a_directory(text: &str) -> String {
    let path = text.trim_end_matches("/.").trim_end_matches('/');
    match path.rsplit('/').next() {
        Some(name) if !name.is_empty() && name != "." && name != ".." => {
            format!("only a directory ends like this; write `{path}`")
        }
        _ => "it is a directory; write the programs of it that are meant".to_owned(),
    }
}

/// Whether `path` is where the program was found, or the file behind that place.
fn is_file_of(program: &Program, path: &Path) -> bool {
    let is_place = |path: &Path| path == program.entry() || path == program.canonical();
    is_place(path) || entry_path(path).is_some_and(|entry| is_place(&entry))
}

fn is_normal(path: &Path) -> bool {
    normalised(path).as_os_str() == path.as_os_str()
}

/// The absolute `path` without `//`, `.` and `..`, by its text alone: no link is looked at.
pub(super) fn normalised(path: &Path) -> PathBuf {
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
    fn check_refused(text: &str, reason: &str) {
        let error = ProgramPattern::parse(text).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn names_paths_and_globs_are_understood() {
        let parse = |text| ProgramPattern::parse(text).unwrap();
        assert_eq!(parse("git"), [ProgramPattern::Name("git".into())]);
        assert_eq!(parse("/bin/git"), [ProgramPattern::Path("/bin/git".into())]);
        let names = ["a", "b"].map(|name| ProgramPattern::Name(name.into()));
        assert_eq!(parse("{a,b}"), names);
        assert_eq!(parse("*"), [ProgramPattern::Every]);
        assert!(matches!(&parse("git*")[..], [ProgramPattern::NameGlob(_)]));
        assert!(matches!(
            &parse("/opt/*")[..],
            [ProgramPattern::PathGlob(_)]
        ));
    }

    #[test]
    fn what_can_never_match_is_refused() {
        check_refused("", "empty");
        check_refused("{a,}", "empty");
        check_refused("./git", "absolute");
        check_refused("bin/*", "absolute");
        check_refused("a\0b", "NUL");
        check_refused("/usr/bin/id/", "write `/usr/bin/id`");
        check_refused("/usr/bin/id//", "write `/usr/bin/id`");
        check_refused("/usr/bin/id/.", "write `/usr/bin/id`");
        check_refused("/usr/bin/id/..", "directory");
        check_refused("/", "directory");
        check_refused("..", "directory");
        check_refused("env sh", "blank");
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
