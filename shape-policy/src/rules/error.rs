//! Where a rules file is wrong, and what to write instead.

use crate::resolve::nearest::distance;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Rules that cannot be understood. None of them counts then: there is no set of rules.
///
/// It displays as `FILE:LINE:COLUMN: message; help`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleError {
    /// The file, or the flag for an entry of one.
    pub file: PathBuf,
    /// The line, from 1; none if the file cannot be read at all, and for a flag.
    pub line: Option<u32>,
    /// The column in characters, from 1.
    pub column: Option<u32>,
    /// The bytes of the file that are meant.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl RuleError {
    /// An error of `file` as a whole.
    pub(super) fn of_file(file: &Path, message: String, help: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            span: None,
            message,
            help: Some(help.to_owned()),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(f, &self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleError {}

/// A path as a terminal can show it, without quotes where it needs none.
pub(super) fn write_path(f: &mut fmt::Formatter<'_>, path: &Path) -> fmt::Result {
    let is_plain = |text: &&str| text.chars().all(|c| c.is_ascii_graphic() && c != '"');
    match path.to_str().filter(is_plain) {
        Some(text) => f.write_str(text),
        None => fmt::Display::fmt(&crate::Quoted::whole(path), f),
    }
}

/// The text of a rules file, to find places in it.
pub(super) struct Text<'t> {
    pub(super) file: &'t Path,
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Self { file, text, lines }
    }

    /// The whole text.
    pub(super) fn as_str(&self) -> &'t str {
        self.text
    }

    /// The number of the line that has the byte at `at`, from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        let line = self.lines.partition_point(|start| *start <= at);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    pub(super) fn error(&self, span: Range<usize>, message: String, help: String) -> RuleError {
        let start = span.start.min(self.text.len());
        let line = self.line(start);
        let first = self.lines[line as usize - 1];
        let before = &self.text.as_bytes()[first..start];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        RuleError {
            file: self.file.to_owned(),
            line: Some(line),
            column: u32::try_from(column).ok(),
            span: Some(span),
            message,
            help: Some(help),
        }
    }
}

/// The one of `known` that was probably meant by `written`.
pub(super) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let limit = match written.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    known
        .filter(|known| known.len().abs_diff(written.len()) <= limit)
        .map(|known| (distance(written.as_bytes(), known.as_bytes()), known))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
