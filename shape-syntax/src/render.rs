//! Diagnostics as text for a person.

use crate::source::floor_char;
use crate::{Diagnostic, FileId, Severity, SourceMap, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write as _;
use std::ops::Range;

/// Whether the text carries colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escapes.
    Color,
}

/// How many characters of a line are shown on either side of what is underlined.
const CONTEXT_CHARS: usize = 60;

/// How many characters of one place are underlined at most.
const SPAN_CHARS: usize = 100;

/// How many characters of a message are shown at most.
const MESSAGE_CHARS: usize = 2000;

/// Stands behind the place in a `-->` line. The renderer adds line and column of the text it was
/// given, which are wrong where that text was cut; they are taken out again.
const PLACE_END: char = '\u{E000}';

/// `diagnostics` as rustc shows them: message, place, source line with an underline, notes, help.
///
/// Long lines are cut around the underline. What a terminal would act upon (control characters,
/// marks that turn the direction of text) is shown as `\u{…}`. Of a place that covers several
/// lines the first one is shown.
#[must_use]
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic], style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Color => Renderer::styled(),
    };
    // The lines are cut here, where it is known what stands around them.
    let renderer = renderer.term_width(10_000);
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        let text = renderer.render(&[group(sources, diagnostic)]);
        push_places(&mut out, &text);
        out.push('\n');
    }
    out
}

/// Adds `text` without the places that follow a [`PLACE_END`].
fn push_places(out: &mut String, text: &str) {
    let mut parts = text.split(PLACE_END);
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        out.push_str(part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
}

fn group<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level.primary_title(visible(&diagnostic.message));
    if !diagnostic.code.is_empty() {
        title = title.id(diagnostic.code);
    }
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        group = group.element(Excerpt::new(sources, diagnostic, file).snippet(sources));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(visible(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    group
}

/// The files that the diagnostic points into, the one of its own place first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = vec![diagnostic.span.file];
    for (span, _) in &diagnostic.related {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files
}

/// A place that is underlined.
struct Mark<'a> {
    span: Span,
    label: &'a str,
    kind: AnnotationKind,
    /// The line, from 0.
    line: usize,
}

/// The lines of one file that a diagnostic shows.
struct Excerpt {
    /// The first of the places, for the `-->` line.
    place: Span,
    first_line: usize,
    text: String,
    marks: Vec<(AnnotationKind, Range<usize>, String)>,
}

impl Excerpt {
    fn new(sources: &SourceMap, diagnostic: &Diagnostic, file: FileId) -> Self {
        let mut marks = marks(sources, diagnostic, file);
        let place = marks.first().map_or(diagnostic.span, |mark| mark.span);
        marks.sort_by_key(|mark| mark.line);
        let first_line = marks.first().map_or(0, |mark| mark.line);
        let last_line = marks.last().map_or(0, |mark| mark.line);
        let mut excerpt = Self {
            place,
            first_line,
            text: String::new(),
            marks: Vec::new(),
        };
        for line in first_line..=last_line {
            let here: Vec<&Mark<'_>> = marks.iter().filter(|mark| mark.line == line).collect();
            // Lines without a mark are shown only between marks that stand close together.
            let near = here.is_empty() && last_line - first_line <= 4;
            if !here.is_empty() || near {
                excerpt.line(sources, file, line, &here);
            }
            excerpt.text.push('\n');
        }
        excerpt
    }

    fn snippet<'a>(self, sources: &SourceMap) -> Snippet<'a, Annotation<'a>> {
        let (line, column) = sources.line_col(self.place);
        let name = visible(sources.name(self.place.file));
        let name = if name.is_empty() { "<unknown>" } else { &name };
        let path = format!("{name}:{line}:{column}{PLACE_END}");
        let annotations = self.marks.into_iter().map(|(kind, range, label)| {
            let annotation = kind.span(range);
            if label.is_empty() {
                annotation
            } else {
                annotation.label(label)
            }
        });
        Snippet::source(self.text)
            .path(path)
            .line_start(self.first_line + 1)
            .annotations(annotations)
    }

    /// Adds a line, cut and made visible, with its marks.
    fn line(&mut self, sources: &SourceMap, file: FileId, line: usize, marks: &[&Mark<'_>]) {
        let source = sources.source(file);
        let whole = sources.line_range(file, line);
        let text = source[whole.clone()].trim_end_matches('\r');
        let places: Vec<Range<usize>> = marks
            .iter()
            .map(|mark| place_in_line(source, text, whole.start, mark.span))
            .collect();
        let window = window(text, &places);
        if window.start > 0 {
            self.text.push('…');
        }
        let mut starts = vec![None; places.len()];
        let mut ends = vec![None; places.len()];
        for (at, char) in text[window.clone()].char_indices() {
            let at = window.start + at;
            for (index, place) in places.iter().enumerate() {
                if at >= place.start && starts[index].is_none() {
                    starts[index] = Some(self.text.len());
                }
                if at >= place.end && ends[index].is_none() {
                    ends[index] = Some(self.text.len());
                }
            }
            push_visible(&mut self.text, char, ' ');
        }
        let end = self.text.len();
        if window.end < text.len() {
            self.text.push('…');
        }
        for (index, mark) in marks.iter().enumerate() {
            let start = starts[index].unwrap_or(end);
            let range = start..ends[index].unwrap_or(end).max(start);
            self.marks.push((mark.kind, range, visible(mark.label)));
        }
    }
}

fn marks<'a>(sources: &SourceMap, diagnostic: &'a Diagnostic, file: FileId) -> Vec<Mark<'a>> {
    let mut marks = Vec::new();
    let line_of = |span: Span| sources.line_index(file, span.start as usize);
    if diagnostic.span.file == file {
        let (span, label) = (diagnostic.span, diagnostic.label.as_str());
        marks.push(Mark {
            span,
            label,
            kind: AnnotationKind::Primary,
            line: line_of(span),
        });
    }
    for (span, label) in &diagnostic.related {
        if span.file == file {
            let line = line_of(*span);
            marks.push(Mark {
                span: *span,
                label,
                kind: AnnotationKind::Context,
                line,
            });
        }
    }
    marks
}

/// The part of `span` on its first line, in bytes of that line, not too long.
fn place_in_line(source: &str, line: &str, line_start: usize, span: Span) -> Range<usize> {
    let start = floor_char(source, span.start as usize).saturating_sub(line_start);
    let start = start.min(line.len());
    let end = floor_char(source, span.end as usize).saturating_sub(line_start);
    let end = floor_char(line, end).max(start);
    let end = match line[start..end].char_indices().nth(SPAN_CHARS) {
        Some((cut, _)) => start + cut,
        None => end,
    };
    start..end
}

/// The part of `line` that is shown: all of it, or what stands around `places`.
fn window(line: &str, places: &[Range<usize>]) -> Range<usize> {
    let short = 2 * CONTEXT_CHARS + SPAN_CHARS;
    if line.len() <= short {
        return 0..line.len();
    }
    let first = places.iter().map(|place| place.start).min().unwrap_or(0);
    // A second place far to the right is not shown; its mark stands at the cut.
    let far = first + 2 * short;
    let last = places
        .iter()
        .map(|place| place.end)
        .filter(|end| *end <= far)
        .max();
    let last = floor_char(line, last.unwrap_or(first).max(first));
    let before = line[..first]
        .char_indices()
        .rev()
        .nth(CONTEXT_CHARS)
        .map_or(0, |(at, _)| at);
    let after = line[last..].char_indices().nth(CONTEXT_CHARS);
    before..after.map_or(line.len(), |(at, _)| last + at)
}

/// `text` with escapes for what a terminal acts upon or does not show, line ends excepted; the beginning
/// of one that is too long to be read.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars().take(MESSAGE_CHARS) {
        push_visible(&mut out, char, '\n');
    }
    out
}

fn push_visible(out: &mut String, char: char, line_end: char) {
    match char {
        '\t' => out.push_str("    "),
        '\n' => out.push(line_end),
        c if c.is_control() || c == PLACE_END || crate::printer::is_invisible(c) => {
            // Writing into a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.push(c),
    }
}
