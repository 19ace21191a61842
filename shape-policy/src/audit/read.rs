//! Reading the audit: its last events, and those that come.

use super::file::older;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use serde_json::Value;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

/// The file that an [`Audit`](crate::Audit) writes, to be read.
#[derive(Debug, Clone)]
pub struct AuditLog {
    path: PathBuf,
}

/// Which events are wanted; all by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this run, by its number or by how that begins.
    pub run: Option<String>,
    /// Those of this command of a run.
    pub id: Option<u64>,
    /// Those of this kind, for instance `decision`.
    pub event: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    line: String,
    value: Value,
}

/// Events, and what is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditPage {
    /// The events, the oldest first.
    pub records: Vec<AuditRecord>,
    /// Where there are lines that are no events: pieces of lines, for instance.
    pub torn: Vec<TornLine>,
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TornLine {
    /// The file that it is in.
    pub path: PathBuf,
    /// How many bytes are before it.
    pub offset: u64,
    /// How many bytes it has.
    pub length: usize,
}

impl AuditRecord {
    /// The line as it was written, without its end.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The event.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl AuditFilter {
    fn wants(&self, event: &Value) -> bool {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let run = self.run.as_deref();
        let kind = self.event.as_deref();
        run.is_none_or(|run| text("run").starts_with(run))
            && kind.is_none_or(|kind| text("event") == kind)
            && self.id.is_none_or(|id| event["id"].as_u64() == Some(id))
    }
}

impl AuditLog {
    /// The audit at `path`. It is not looked at yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The last `count` events that `filter` wants, also of the file that was moved aside. None if there
    /// is no file.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn last(&self, count: usize, filter: &AuditFilter) -> io::Result<AuditPage> {
        // The one that is written first: if it is moved aside meanwhile, nothing is missed.
        let newer = open(&self.path)?;
        let older = open(&older(&self.path))?
            .filter(|(_, id)| newer.as_ref().is_none_or(|(_, newer)| id != newer));
        let mut found = Found {
            count,
            filter,
            records: VecDeque::new(),
            torn: VecDeque::new(),
        };
        let files = [(self.path.clone(), newer), (self.older(), older)];
        for (path, file) in files {
            if let Some((file, _)) = file {
                found.search(&path, &file)?;
            }
        }
        Ok(AuditPage {
            records: found.records.into(),
            torn: found.torn.into(),
        })
    }

    /// What is written from now on.
    ///
    /// # Errors
    /// The directory of the file is not there or cannot be watched, or the file cannot be read.
    pub fn follow(&self, filter: AuditFilter) -> io::Result<AuditFollow> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let path = std::path::absolute(&self.path)?;
        let directory = path.parent().unwrap_or(Path::new("/"));
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
        inotify::add_watch(&inotify, directory, flags | WatchFlags::ONLYDIR)?;
        let mut follow = AuditFollow {
            path: self.path.clone(),
            filter,
            inotify,
            files: VecDeque::new(),
        };
        if let Some((file, id)) = open(&self.path)? {
            let at = file.metadata()?.len();
            let rest = Vec::new();
            follow.files.push_back(Followed { file, id, at, rest });
        }
        Ok(follow)
    }

    fn older(&self) -> PathBuf {
        older(&self.path)
    }
}

type FileId = (u64, u64);

fn open(path: &Path) -> io::Result<Option<(File, FileId)>> {
    match File::open(path) {
        Ok(file) => {
            let stat = file.metadata()?;
            Ok(Some((file, (stat.dev(), stat.ino()))))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Collects events from the last one backwards.
struct Found<'a> {
    count: usize,
    filter: &'a AuditFilter,
    records: VecDeque<AuditRecord>,
    torn: VecDeque<TornLine>,
}

impl Found<'_> {
    fn search(&mut self, path: &Path, file: &File) -> io::Result<()> {
        let mut start = file.metadata()?.len();
        // What is known of the file from `start` on, as far as it is not looked at yet.
        let mut known = Vec::new();
        while start > 0 && self.records.len() < self.count {
            let length = start.min(BLOCK as u64);
            start -= length;
            let mut block = vec![0; usize::try_from(length).unwrap_or(BLOCK)];
            file.read_exact_at(&mut block, start)?;
            block.append(&mut known);
            // The first line may have begun earlier.
            let first = match (start, block.iter().position(|&byte| byte == b'\n')) {
                (0, _) => 0,
                (_, Some(at)) => at + 1,
                (_, None) => block.len(),
            };
            let mut end = block.len();
            while end > first && self.records.len() < self.count {
                let line = &block[first..end];
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let begin = line.iter().rposition(|&byte| byte == b'\n');
                let begin = first + begin.map_or(0, |at| at + 1);
                self.line(path, start + begin as u64, &block[begin..end]);
                end = begin;
            }
            block.truncate(first);
            known = block;
        }
        Ok(())
    }

    fn line(&mut self, path: &Path, offset: u64, line: &[u8]) {
        match parse(line, line.ends_with(b"\n")) {
            Parsed::Event(record) if self.filter.wants(&record.value) => {
                self.records.push_front(record);
            }
            Parsed::Event(_) | Parsed::Blank => {}
            Parsed::Torn => self.torn.push_front(TornLine {
                path: path.to_owned(),
                offset,
                length: line.len(),
            }),
        }
    }
}

enum Parsed {
    Event(AuditRecord),
    /// What a writer puts after a piece of a line that another one has ended already.
    Blank,
    Torn,
}

fn parse(line: &[u8], is_whole: bool) -> Parsed {
    let Ok(text) = std::str::from_utf8(line) else {
        return Parsed::Torn;
    };
    let text = text.trim_end_matches('\n');
    if text.is_empty() {
        return Parsed::Blank;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) if is_whole && value.is_object() => Parsed::Event(AuditRecord {
            line: text.to_owned(),
            value,
        }),
        _ => Parsed::Torn,
    }
}

/// Events as they come, across files that are moved aside. Its descriptor ([`AsFd`]) becomes readable
/// when there may be some.
///
/// # Source
/// inotify(7)
#[derive(Debug)]
pub struct AuditFollow {
    path: PathBuf,
    filter: AuditFilter,
    inotify: OwnedFd,
    /// The file, and before it the one that was moved aside: who does not know that yet still writes
    /// there.
    files: VecDeque<Followed>,
}

#[derive(Debug)]
struct Followed {
    file: File,
    id: FileId,
    at: u64,
    /// The beginning of a line of which the end is not there yet.
    rest: Vec<u8>,
}

impl AuditFollow {
    /// What was written since the last call, without waiting. A line that is being written comes with
    /// a later call.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(&mut self) -> io::Result<AuditPage> {
        self.drain();
        // Opened before the old one is read to its end, so that nothing falls between.
        let there = open(&self.path)?;
        let is_new = |id: &FileId| self.files.iter().all(|followed| followed.id != *id);
        if let Some((file, id)) = there.filter(|(_, id)| is_new(id)) {
            let (at, rest) = (0, Vec::new());
            self.files.push_back(Followed { file, id, at, rest });
        }
        let mut page = AuditPage::default();
        for followed in &mut self.files {
            followed.read(&self.path, &self.filter, &mut page)?;
        }
        while self.files.len() > 2 {
            self.files.pop_front();
        }
        Ok(page)
    }

    /// Takes all events of the directory away: what they say is looked up in the files.
    fn drain(&self) {
        let mut events = [MaybeUninit::<u8>::uninit(); 4096];
        loop {
            match rustix::io::read(&self.inotify, &mut events) {
                Ok((read, _)) if !read.is_empty() => {}
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }
}

impl Followed {
    fn read(&mut self, path: &Path, filter: &AuditFilter, page: &mut AuditPage) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        loop {
            let length = match self.file.read_at(&mut block, self.at) {
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.at += length as u64;
            self.rest.extend_from_slice(&block[..length]);
            let Some(last) = self.rest.iter().rposition(|&byte| byte == b'\n') else {
                continue;
            };
            let rest = self.rest.split_off(last + 1);
            let lines = std::mem::replace(&mut self.rest, rest);
            let mut offset = self.at - self.rest.len() as u64 - lines.len() as u64;
            for line in lines.split_inclusive(|&byte| byte == b'\n') {
                match parse(line, true) {
                    Parsed::Event(record) if filter.wants(&record.value) => {
                        page.records.push(record);
                    }
                    Parsed::Event(_) | Parsed::Blank => {}
                    Parsed::Torn => page.torn.push(TornLine {
                        path: path.to_owned(),
                        offset,
                        length: line.len(),
                    }),
                }
                offset += line.len() as u64;
            }
        }
    }
}

impl AsFd for AuditFollow {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}
