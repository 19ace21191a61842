//! The source files of a run.

use crate::{FileId, Span};
use std::rc::Rc;

/// The largest file in bytes: offsets are 32 bits wide.
pub(crate) const MAX_FILE_BYTES: usize = u32::MAX as usize - 1;

/// The names and texts of the files of a run, and the lines in them.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: Rc<str>,
    text: Rc<str>,
    /// Offset of the first byte of each line.
    lines: Vec<u32>,
}

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of a new file. `name` is shown in diagnostics.
    ///
    /// A text of 4 GiB or more is kept as an empty one; [`parse`](crate::parse) refuses it.
    pub fn add(&mut self, name: impl Into<Rc<str>>, text: impl Into<Rc<str>>) -> FileId {
        let mut text = text.into();
        if text.len() > MAX_FILE_BYTES {
            text = Rc::from("");
        }
        let mut lines = vec![0];
        lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile {
            name: name.into(),
            text,
            lines,
        });
        id
    }

    /// The name of `file`; empty for an unknown file.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.name)
    }

    /// The whole text of `file`; empty for an unknown file.
    #[must_use]
    pub fn source(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.text)
    }

    /// The text at `span`, as far as it lies in the file and on character boundaries.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.source(span.file)
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Line and column of the start of `span`, both from 1; the column counts characters.
    #[must_use]
    pub fn line_col(&self, span: Span) -> (usize, usize) {
        let Some(file) = self.file(span.file) else {
            return (1, 1);
        };
        let at = floor_char(&file.text, span.start as usize);
        let line = self.line_index(span.file, at);
        let start = file.lines.get(line).map_or(0, |start| *start as usize);
        (line + 1, file.text[start..at].chars().count() + 1)
    }

    /// The index of the line that holds byte `at`, from 0.
    pub(crate) fn line_index(&self, file: FileId, at: usize) -> usize {
        self.file(file).map_or(0, |file| {
            file.lines
                .partition_point(|start| *start as usize <= at)
                .saturating_sub(1)
        })
    }

    /// The bytes of line `index`, from 0, without its newline.
    pub(crate) fn line_range(&self, file: FileId, index: usize) -> std::ops::Range<usize> {
        let Some(file) = self.file(file) else {
            return 0..0;
        };
        let start = file
            .lines
            .get(index)
            .map_or(file.text.len(), |start| *start as usize);
        let end = file
            .lines
            .get(index + 1)
            .map_or(file.text.len(), |next| *next as usize - 1);
        start..end
    }

    fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }
}

/// The largest character boundary of `text` up to `at`.
pub(crate) fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
