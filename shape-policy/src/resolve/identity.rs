//! What a program is, whatever it is called.
//!
//! A rule says `rm`; the file may be asked for as `./x`, which is a link to `rm`, another name of its
//! file, or a copy of it. A copy with as much as one byte more is another program: what it does, nobody
//! can tell from its content.

use super::Resolver;
use super::digest::Digest;
use super::program::{FileId, Program, Version};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long it holds what files the watched names have.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// A file that was changed by then was there before the resolver. The kernel's clock for files may be
/// some milliseconds late.
const CLOCK_MARGIN: Duration = Duration::from_secs(1);
/// Programs that are many, and do what the name says that they are called by.
const MULTI_CALL: [&str; 6] = [
    "busybox",
    "toybox",
    "coreutils",
    "uutils",
    "gnu-coreutils",
    "rust-coreutils",
];

/// Tells the names that programs go by: those of well-known ones too, if a file is one of these under
/// another name.
#[derive(Debug)]
pub(crate) struct Identities {
    names: Vec<OsString>,
    directories: Vec<PathBuf>,
    /// Nobody who is watched has put files into the directories of the system before.
    made: SystemTime,
    watched: Mutex<Option<(Instant, Arc<Watched>)>>,
}

impl Identities {
    /// Watches the files that the host's own `PATH` has under these names.
    pub(crate) fn new(
        resolver: &Resolver,
        watched_names: impl IntoIterator<Item = OsString>,
    ) -> Self {
        Self {
            names: watched_names.into_iter().collect(),
            directories: resolver.host_directories().to_vec(),
            made: resolver.made() - CLOCK_MARGIN,
            watched: Mutex::default(),
        }
    }

    /// Calls `each` with every name that `program` goes by, which was asked for as `asked`, once: the
    /// last part of what was asked, of the path that was found, and of the file behind all links, and
    /// every watched name whose file is the same one, or has the same content.
    ///
    /// The names of a multi-call program are told by what it is called by alone: its file is `rm` as
    /// much as it is `ls`.
    ///
    /// # Blocking
    /// A file as long as a watched one is read, once.
    pub(crate) fn names_of(&self, asked: &OsStr, program: &Program, each: &mut dyn FnMut(&OsStr)) {
        let asked = Path::new(asked).file_name();
        let [found, file] = [program.path(), program.canonical()].map(Path::file_name);
        let own = [asked, found, file];
        for (at, name) in own.iter().enumerate() {
            if let Some(name) = name.filter(|_| !own[..at].contains(name)) {
                each(name);
            }
        }
        if asked == file && found == file && self.is_of_the_system(program) {
            return;
        }
        let watched = self.watched();
        watched.each_same(program, &mut |name| {
            if !own.contains(&Some(name)) {
                each(name);
            }
        });
    }

    /// Whether the system's administrator has put it where it is, under the name that it has.
    fn is_of_the_system(&self, program: &Program) -> bool {
        let (seconds, nanoseconds) = program.version().changed;
        let since = self.made.duration_since(UNIX_EPOCH).unwrap_or_default();
        let made = (since.as_secs().cast_signed(), since.subsec_nanos().into());
        program.is_in_system_directory() && (seconds, nanoseconds) < made
    }

    /// The watched files, as they were at most a minute ago.
    fn watched(&self) -> Arc<Watched> {
        let mut kept = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, watched)) = &*kept
            && at.elapsed() < LOOK_EVERY
        {
            return Arc::clone(watched);
        }
        let watched = Arc::new(Watched::look(&self.names, &self.directories));
        *kept = Some((Instant::now(), Arc::clone(&watched)));
        watched
    }
}

/// The files of watched names.
#[derive(Debug, Default)]
struct Watched {
    files: Vec<WatchedFile>,
    /// Which of them have that length. There is one of each file.
    by_size: HashMap<u64, Vec<usize>>,
    by_id: HashMap<FileId, usize>,
}

#[derive(Debug)]
struct WatchedFile {
    names: Vec<OsString>,
    path: PathBuf,
    version: Version,
    /// Absent if it cannot be read.
    digest: OnceLock<Option<Digest>>,
}

impl Watched {
    fn look(names: &[OsString], directories: &[PathBuf]) -> Self {
        let mut watched = Self::default();
        for name in names {
            let found = directories.iter().find_map(|directory| {
                let path = directory.join(name);
                let stat = rustix::fs::stat(&path).ok()?;
                let is_program = std::fs::metadata(&path)
                    .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
                is_program.then(|| (Version::from(&stat), path))
            });
            if let Some((version, path)) = found {
                watched.add(name, path, version);
            }
        }
        watched
    }

    fn add(&mut self, name: &OsStr, path: PathBuf, version: Version) {
        // Of what a multi-call program is called, only its own name says what it is.
        let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
        if is_multi_call(canonical.file_name()) && !is_multi_call(Some(name)) {
            return;
        }
        match self.by_id.get(&version.id) {
            Some(&at) => self.files[at].names.push(name.to_owned()),
            None => {
                let at = self.files.len();
                self.by_id.insert(version.id, at);
                self.by_size.entry(version.size).or_default().push(at);
                self.files.push(WatchedFile {
                    names: vec![name.to_owned()],
                    path,
                    version,
                    digest: OnceLock::new(),
                });
            }
        }
    }

    /// Calls `each` with the names whose file is that of `program`, or has the same content.
    fn each_same(&self, program: &Program, each: &mut dyn FnMut(&OsStr)) {
        if let Some(&at) = self.by_id.get(&program.id()) {
            self.files[at].names.iter().for_each(|name| each(name));
        }
        let size = program.version().size;
        for &at in self.by_size.get(&size).into_iter().flatten() {
            let file = &self.files[at];
            if file.version.id != program.id() && file.is_copied_by(program) {
                file.names.iter().for_each(|name| each(name));
            }
        }
    }
}

impl WatchedFile {
    /// Whether `program`, which is as long, has the same content. One of the two that cannot be read
    /// counts as the same: nobody knows that it is not.
    fn is_copied_by(&self, program: &Program) -> bool {
        let digest = self.digest.get_or_init(|| self.read().ok());
        match (digest, program.digest()) {
            (Some(digest), Ok(of_program)) => *digest == of_program,
            _ => true,
        }
    }

    fn read(&self) -> io::Result<Digest> {
        let file = File::open(&self.path)?;
        match Version::from(&rustix::fs::fstat(&file)?) == self.version {
            true => Digest::of_open(file),
            false => Err(io::Error::other("it changed")),
        }
    }
}

fn is_multi_call(name: Option<&OsStr>) -> bool {
    name.is_some_and(|name| MULTI_CALL.iter().any(|multi_call| name == *multi_call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{EnvChanges, Request};
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A directory with programs, and what tells their names: `rm` and `sudo`, which the host has, and
    /// the multi-call `busybox` with its link `mount`.
    struct Place {
        directory: tempfile::TempDir,
        resolver: Resolver,
        identities: Identities,
    }

    impl Place {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let write = |name: &str, text: &str| {
                let path = directory.path().join(name);
                fs::write(&path, text).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            };
            write("rm", "#!/bin/sh\n# remove\n");
            write("sudo", "#!/bin/sh\n# become\n");
            write("busybox", "#!/bin/sh\n# be all\n");
            symlink("busybox", directory.path().join("mount")).unwrap();
            let resolver = Resolver::new();
            let watched = ["rm", "sudo", "busybox", "mount", "nowhere"];
            let identities = Identities {
                directories: vec![directory.path().to_owned()],
                ..Identities::new(&resolver, watched.map(OsString::from))
            };
            Self {
                directory,
                resolver,
                identities,
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        #[track_caller]
        fn check(&self, asked: impl AsRef<OsStr>, expected: &[&str]) {
            let mut names = Vec::new();
            let (program, env) = (asked.as_ref(), EnvChanges::default());
            let request = Request {
                program,
                args: &[],
                cwd: None,
                env: &env,
            };
            let resolved = self.resolver.resolve(&request).unwrap();
            self.identities
                .names_of(program, resolved.program(), &mut |name| {
                    names.push(name.to_str().unwrap().to_owned());
                });
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn links_and_copies_are_what_they_are_links_and_copies_of() {
        let place = Place::new();
        let path = |name| place.path(name);
        fs::hard_link(path("rm"), path("hard")).unwrap();
        symlink("rm", path("soft")).unwrap();
        symlink("soft", path("chain")).unwrap();
        fs::copy(path("rm"), path("copy")).unwrap();
        symlink("copy", path("link-of-copy")).unwrap();
        place.check(path("rm"), &["rm"]);
        place.check(path("hard"), &["hard", "rm"]);
        place.check(path("soft"), &["soft", "rm"]);
        place.check(path("chain"), &["chain", "rm"]);
        place.check(path("copy"), &["copy", "rm"]);
        place.check(path("link-of-copy"), &["link-of-copy", "copy", "rm"]);
    }

    #[test]
    fn what_differs_is_another_program() {
        let place = Place::new();
        let (copy, path) = (place.path("copy"), place.path("rm"));
        let mut text = fs::read(&path).unwrap();
        fs::copy(&path, &copy).unwrap();
        text.push(b'\n');
        fs::write(&copy, &text).unwrap();
        place.check(&copy, &["copy"]);
        // Of the same length.
        text.pop();
        text.pop();
        text.push(b' ');
        fs::write(&copy, &text).unwrap();
        place.check(&copy, &["copy"]);
        text.pop();
        text.push(b'\n');
        fs::write(&copy, &text).unwrap();
        place.check(&copy, &["copy", "rm"]);
    }

    #[test]
    fn a_multi_call_program_is_what_it_is_called() {
        let place = Place::new();
        symlink("busybox", place.path("ls")).unwrap();
        fs::hard_link(place.path("busybox"), place.path("cat")).unwrap();
        fs::copy(place.path("busybox"), place.path("bb")).unwrap();
        place.check(place.path("busybox"), &["busybox"]);
        place.check(place.path("mount"), &["mount", "busybox"]);
        place.check(place.path("ls"), &["ls", "busybox"]);
        place.check(place.path("cat"), &["cat", "busybox"]);
        place.check(place.path("bb"), &["bb", "busybox"]);
    }

    #[test]
    fn what_takes_a_watched_name_later_is_noticed() {
        let place = Place::new();
        let other = place.path("other");
        fs::copy(place.path("rm"), &other).unwrap();
        place.check(&other, &["other", "rm"]);
        let text = "#!/bin/sh\n# another\n";
        fs::write(place.path("rm"), text).unwrap();
        fs::write(&other, text).unwrap();
        // A minute is over.
        *place.identities.watched.lock().unwrap() = None;
        place.check(&other, &["other", "rm"]);
    }

    #[test]
    fn a_program_of_the_system_is_not_looked_at() {
        let place = Place::new();
        place.check("/usr/bin/env", &["env"]);
        assert!(place.identities.watched.lock().unwrap().is_none());
        symlink("/usr/bin/env", place.path("e")).unwrap();
        place.check(place.path("e"), &["e", "env"]);
        assert!(place.identities.watched.lock().unwrap().is_some());
    }
}
