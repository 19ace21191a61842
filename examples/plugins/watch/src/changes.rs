//! Watching, and what was seen.

use crate::Options;
use notify::event::{EventKind, ModifyKind, RenameMode};
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use shape_runtime::value::{Resource, Str};
use shape_runtime::{Raise, record};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many changes are kept for a script that does not ask.
const MOST_KEPT: usize = 1 << 16;

/// The kinds of changes.
const KINDS: [&str; 5] = ["create", "change", "remove", "moved_from", "moved_to"];

record! {
    /// A change.
    #[derive(Clone, Debug)]
    pub struct Change out named "WatchChange" {
        /// What was done.
        pub kind: &'static str,
        /// To which file, for people: what is no UTF-8 is replaced.
        pub path: String,
        /// Its path, as the system has it.
        pub bytes: Vec<u8>,
    }
}

/// A file or folder that is watched.
pub(crate) struct Watching {
    path: PathBuf,
    kinds: Vec<&'static str>,
    seen: Receiver<Seen>,
    lost: Arc<AtomicBool>,
    /// Ends with the thread that it runs when it is dropped.
    _watcher: RecommendedWatcher,
}

/// What the thread of the watcher has to tell.
type Seen = Result<(&'static str, PathBuf), notify::Error>;

impl Watching {
    /// # Errors
    /// When there is nothing to watch there, or the system does not let us.
    pub(crate) fn start(path: &Path, options: &Options) -> Result<Self, Raise> {
        let kinds = options.kinds.iter().map(kind_named);
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        let (sender, seen) = sync_channel(MOST_KEPT);
        let lost = Arc::new(AtomicBool::new(false));
        let teller = Teller {
            sender,
            lost: Arc::clone(&lost),
        };
        let mut watcher = notify::recommended_watcher(move |event| teller.tell(event))
            .map_err(|error| raise(error, path))?;
        let mode = match options.recursive {
            true => RecursiveMode::Recursive,
            false => RecursiveMode::NonRecursive,
        };
        // Changes are told with the path that is given here and what lies below it.
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        watcher
            .watch(&whole, mode)
            .map_err(|error| raise(error, path))?;
        Ok(Self {
            path: path.to_owned(),
            kinds,
            seen,
            lost,
            _watcher: watcher,
        })
    }

    /// What has changed since this was last called.
    ///
    /// # Errors
    /// Kind `overflow` when there was more than is kept, and others when watching has failed.
    pub(crate) fn changes(&self) -> Result<Vec<Change>, Raise> {
        if self.lost.swap(false, Ordering::Relaxed) {
            while self.seen.try_recv().is_ok() {}
            let message = format!(
                "changes below {} were lost: look at it anew",
                self.path.display()
            );
            return Err(Raise::error("overflow", message).retryable());
        }
        let mut changes = Vec::new();
        while let Ok(seen) = self.seen.try_recv() {
            let (kind, path) = seen.map_err(|error| raise(error, &self.path))?;
            if self.kinds.is_empty() || self.kinds.contains(&kind) {
                changes.push(Change {
                    kind,
                    path: path.to_string_lossy().into_owned(),
                    bytes: path.as_os_str().as_bytes().to_vec(),
                });
            }
        }
        Ok(changes)
    }
}

impl Resource for Watching {
    fn type_name(&self) -> &'static str {
        "IoHandle"
    }

    fn describe(&self) -> String {
        format!("watcher of {:?}", self.path)
    }
}

/// The end of the channel that the thread of the watcher has.
struct Teller {
    sender: SyncSender<Seen>,
    lost: Arc<AtomicBool>,
}

impl Teller {
    fn tell(&self, event: notify::Result<Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => return self.send(Err(error)),
        };
        if event.need_rescan() {
            self.lost.store(true, Ordering::Relaxed);
        }
        if let Some(kind) = kind(event.kind) {
            for path in event.paths {
                self.send(Ok((kind, path)));
            }
        }
    }

    fn send(&self, seen: Seen) {
        // The other end is gone only with the watcher itself; a full channel is a loss.
        if self.sender.try_send(seen).is_err() {
            self.lost.store(true, Ordering::Relaxed);
        }
    }
}

/// What scripts call it; `None` for what is no change.
fn kind(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Create(_) => Some("create"),
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => Some("moved_from"),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some("moved_to"),
        // Both ends have been told one by one.
        EventKind::Modify(ModifyKind::Name(_)) => None,
        EventKind::Modify(_) => Some("change"),
        EventKind::Remove(_) => Some("remove"),
        EventKind::Any | EventKind::Access(_) | EventKind::Other => None,
    }
}

/// # Errors
/// When there is no such kind.
fn kind_named(name: &Str) -> Result<&'static str, Raise> {
    let found = KINDS.into_iter().find(|kind| *kind == name.as_str());
    found.ok_or_else(|| {
        let known = KINDS.join(", ");
        Raise::invalid(format!(
            "{:?} is no kind of change; known are {known}",
            name.as_str()
        ))
    })
}

/// What a script is told of a failure.
fn raise(error: notify::Error, path: &Path) -> Raise {
    let kind = match &error.kind {
        ErrorKind::PathNotFound | ErrorKind::WatchNotFound => "not_found",
        ErrorKind::MaxFilesWatch => "resource",
        ErrorKind::Io(error) => match error.kind() {
            io::ErrorKind::NotFound => "not_found",
            io::ErrorKind::PermissionDenied => "permission_denied",
            _ => "io",
        },
        _ => "io",
    };
    Raise::error(kind, format!("cannot watch {path:?}: {}", what(&error)))
}

fn what(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::PathNotFound => "there is no such file or folder".to_owned(),
        ErrorKind::Io(error) => error.to_string(),
        ErrorKind::MaxFilesWatch => "the system lets a user watch no more files".to_owned(),
        _ => error.to_string(),
    }
}
