//! Files that no command may write: those that the policy itself rests on.

use crate::command::{Category, Layer, Word, categorize};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The bytes of a path that the system takes, with the zero at its end.
///
/// # Source
/// `PATH_MAX` of limits.h(0p)
const LONGEST: usize = 4096;

/// The files of the policy.
#[derive(Debug, Default)]
pub(crate) struct Protected(Vec<PathBuf>);

impl Protected {
    /// These files, which need not exist.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        Self(files.iter().map(|file| settled(file)).collect())
    }

    /// The first file of the policy that a layer would write to, as far as its text tells: as the
    /// target of a redirection, or as an argument of a program that changes or removes files.
    pub(crate) fn written_by(
        &self,
        layer: &Layer<'_>,
        names: &[OsString],
        cwd: &Path,
    ) -> Option<&Path> {
        if self.0.is_empty() {
            return None;
        }
        let texts = |words: &[Word<'_>]| -> Vec<PathBuf> {
            words
                .iter()
                .filter_map(Word::text)
                .map(|text| settled(&cwd.join(target(text))))
                .collect()
        };
        let written = texts(&layer.writes);
        let is_written = |file: &PathBuf| written.iter().any(|path| path == file);
        let hit = self.0.iter().find(|file| is_written(file));
        if hit.is_some() || !names.iter().any(|name| changes_files(name)) {
            return hit.map(PathBuf::as_path);
        }
        // With a directory goes what is in it.
        let named = texts(&layer.args);
        let is_named = |file: &PathBuf| named.iter().any(|path| file.starts_with(path));
        let hit = self.0.iter().find(|file| is_named(file));
        hit.map(PathBuf::as_path)
    }
}

fn changes_files(name: &OsStr) -> bool {
    matches!(
        categorize(name),
        Category::Destructive | Category::FileWrite
    )
}

/// The file in `of=FILE` and `--target=FILE`, else the whole.
fn target(text: &OsStr) -> &OsStr {
    let bytes = text.as_bytes();
    let is_named = bytes.starts_with(b"of=") || bytes.starts_with(b"--");
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) if is_named => OsStr::from_bytes(&bytes[at + 1..]),
        _ => text,
    }
}

/// `path` with links followed as far as it exists.
fn settled(path: &Path) -> PathBuf {
    let can_exist = |path: &&Path| path.as_os_str().len() < LONGEST;
    let found = path.ancestors().filter(can_exist).find_map(|ancestor| {
        let rest = path.strip_prefix(ancestor).ok()?;
        Some((ancestor.canonicalize().ok()?, rest))
    });
    match found {
        Some((canonical, rest)) if rest.as_os_str().is_empty() => canonical,
        Some((canonical, rest)) => canonical.join(rest),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_depth_is_settled() {
        let deep = "/tmp".to_owned() + &"/x".repeat(64 << 10);
        assert_eq!(settled(Path::new(&deep)), Path::new(&deep));
        let links = tempfile::tempdir().unwrap();
        let link = links.path().join("link");
        std::os::unix::fs::symlink("/usr/bin", &link).unwrap();
        let expected = Path::new("/usr/bin").canonicalize().unwrap();
        assert_eq!(settled(&link.join("no/such")), expected.join("no/such"));
    }
}
