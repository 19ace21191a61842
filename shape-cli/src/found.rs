//! The scripts in folders.

use crate::report::{self, Status};
use shape_policy::Quoted;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files that `paths` name, in order: folders stand for the scripts in them that `is_wanted`, files for
/// themselves. Folders and files whose names begin with `.` are passed over, and links to folders not
/// followed.
///
/// # Errors
/// What cannot be read has been said.
pub(crate) fn scripts(
    paths: &[PathBuf],
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Status> {
    let mut found = Vec::new();
    for path in paths {
        match path.is_dir() {
            false => found.push(path.clone()),
            true => {
                let mut inside = walk(path, &is_wanted).map_err(|(path, error)| {
                    report::usage(&format!("cannot read {}: {error}", Quoted::new(&path)))
                })?;
                inside.sort();
                found.append(&mut inside);
            }
        }
    }
    // A file may be named, and be in a folder that is.
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found)
}

type Failed = (PathBuf, io::Error);

fn walk(folder: &Path, is_wanted: &impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failed> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| (folder.clone(), error);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // `./a` is better known as `a`.
            let path = entry.path();
            let path = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "shape") && is_wanted(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
