//! The program that was probably meant.

use rustix::fs::{Access, AtFlags, CWD};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The executable in `directories` whose name is closest to `name`, if one is close: one change for
/// a short name, two for a longer one.
pub(crate) fn program_like(name: &OsStr, directories: &[PathBuf]) -> Option<String> {
    let name = name.to_str()?;
    let limit = if name.len() <= 4 { 1 } else { 2 };
    let mut near: Vec<(usize, String, PathBuf)> = directories
        .iter()
        .filter_map(|directory| std::fs::read_dir(directory).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .filter(|(other, _)| other.len().abs_diff(name.len()) <= limit)
        .map(|(other, path)| (distance(name.as_bytes(), other.as_bytes()), other, path))
        .filter(|(distance, _, _)| *distance <= limit)
        .collect();
    near.sort();
    near.into_iter()
        .find(|(_, _, path)| is_executable(path))
        .map(|(_, other, _)| other)
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one name into the other.
pub(crate) fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, &a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in to.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("git", "git", 0),
            ("gti", "git", 1),
            ("gt", "git", 1),
            ("gitt", "git", 1),
            ("gut", "git", 1),
            ("", "git", 3),
            ("kitten", "sitting", 3),
            ("python", "pyhton3", 2),
        ] {
            assert_eq!(
                distance(from.as_bytes(), to.as_bytes()),
                expected,
                "{from} {to}"
            );
            assert_eq!(
                distance(to.as_bytes(), from.as_bytes()),
                expected,
                "{to} {from}"
            );
        }
    }
}
