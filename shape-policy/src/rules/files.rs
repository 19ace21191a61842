//! Which files the paths in rules stand for.
//!
//! A rule that names a path is about the file there, under every name. So each decision has to know whether
//! the file at hand is one of them. Looking all up for every decision would cost as much as there are
//! rules; instead they are looked up once, and again when a directory has changed that had a part in it.

use super::Subject;
use super::program::{ProgramPattern, normalised};
use super::rule::Rule;
use crate::resolve::program::FileId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Links in a row that the kernel follows.
const MAX_LINKS: usize = 40;

/// The paths in rules, and the files that they stand for.
pub(super) struct Files {
    paths: Vec<(PathBuf, Vec<u32>)>,
    found: Mutex<Option<Arc<Found>>>,
}

/// What was found while the directories looked like this.
struct Found {
    /// Every directory in which something was looked up, or in which a link on the way stands.
    directories: Vec<(PathBuf, Option<Stamp>)>,
    rules: HashMap<FileId, Vec<u32>>,
}

/// A state of a directory: whatever is added, replaced or removed in it changes the times.
#[derive(PartialEq, Eq)]
struct Stamp {
    id: FileId,
    modified: (i64, u64),
    changed: (i64, u64),
}

impl Stamp {
    fn of(directory: &Path) -> Option<Self> {
        let stat = rustix::fs::stat(directory).ok()?;
        Some(Self {
            id: FileId::from(&stat),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            changed: (stat.st_ctime, stat.st_ctime_nsec),
        })
    }
}

impl Files {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut paths: BTreeMap<PathBuf, Vec<u32>> = BTreeMap::new();
        for (index, rule) in (0_u32..).zip(rules) {
            for program in &rule.programs {
                if let ProgramPattern::Path(path) = program {
                    for path in [path.clone(), normalised(path)] {
                        paths.entry(path).or_default().push(index);
                    }
                }
            }
        }
        Self {
            paths: paths.into_iter().collect(),
            found: Mutex::default(),
        }
    }

    /// The rules that name the file of `subject`, each once and in order.
    pub(super) fn rules_of(&self, subject: &Subject<'_>) -> Vec<u32> {
        let Some(program) = subject.program else {
            return Vec::new();
        };
        if self.paths.is_empty() {
            return Vec::new();
        }
        let found = self.found();
        let rules = found.rules.get(&program.id()).cloned();
        rules.unwrap_or_default()
    }

    fn found(&self) -> Arc<Found> {
        let mut known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.as_ref().filter(|found| found.is_current()) {
            return Arc::clone(found);
        }
        let found = Arc::new(self.find());
        *known = Some(Arc::clone(&found));
        found
    }

    fn find(&self) -> Found {
        let mut search = Search::default();
        for (path, rules) in &self.paths {
            if let Some(id) = search.file(path) {
                search.rules.entry(id).or_default().extend(rules);
            }
        }
        for rules in search.rules.values_mut() {
            rules.sort_unstable();
            rules.dedup();
        }
        Found {
            directories: search.directories,
            rules: search.rules,
        }
    }
}

impl Found {
    fn is_current(&self) -> bool {
        let mut directories = self.directories.iter();
        directories.all(|(directory, stamp)| *stamp == Stamp::of(directory))
    }
}

/// A look at files that remembers where it looked.
#[derive(Default)]
struct Search {
    directories: Vec<(PathBuf, Option<Stamp>)>,
    stamped: HashSet<PathBuf>,
    rules: HashMap<FileId, Vec<u32>>,
}

impl Search {
    /// The file at `path`.
    fn file(&mut self, path: &Path) -> Option<FileId> {
        self.stamp_on_the_way(path);
        FileId::of(path)
    }

    /// Takes the stamp of the directory of `path`, and where that is a link, of that of its target. The
    /// stamps come before the look: what changes meanwhile is found the next time.
    fn stamp_on_the_way(&mut self, path: &Path) {
        let mut at = path.to_owned();
        for _ in 0..MAX_LINKS {
            let Some(directory) = at.parent().map(Path::to_owned) else {
                return;
            };
            if self.stamped.insert(directory.clone()) {
                let stamp = Stamp::of(&directory);
                self.directories.push((directory.clone(), stamp));
            }
            match std::fs::read_link(&at) {
                Ok(target) => at = directory.join(target),
                Err(_) => return,
            }
        }
    }
}

/// The rules that name paths, by path, to be found by the texts of a program's paths.
pub(super) fn by_path(rules: &[Rule]) -> HashMap<Box<OsStr>, Vec<u32>> {
    let mut found: HashMap<Box<OsStr>, Vec<u32>> = HashMap::new();
    for (index, rule) in (0_u32..).zip(rules) {
        for program in &rule.programs {
            if let ProgramPattern::Path(path) = program {
                for path in [path.clone(), normalised(path)] {
                    found
                        .entry(path.into_os_string().into())
                        .or_default()
                        .push(index);
                }
            }
        }
    }
    found
}
