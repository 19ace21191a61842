//! What is different between two texts, line by line.

use shape_syntax::{Style, visible};
use std::fmt::Write as _;

/// More pairs of lines than this are not compared: what is between the equal ends counts as replaced.
const MAX_PAIRS: usize = 4_000_000;

/// A line of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DiffLine<'t> {
    /// In both texts.
    Same(&'t str),
    /// Only in the first text.
    Left(&'t str),
    /// Only in the second text.
    Right(&'t str),
}

/// The lines of two texts, with as many as possible in common.
fn line_diff<'t>(left: &'t str, right: &'t str) -> Vec<DiffLine<'t>> {
    let left: Vec<&str> = left.lines().collect();
    let right: Vec<&str> = right.lines().collect();
    let equal = |(a, b): &(&&str, &&str)| a == b;
    let head = left.iter().zip(&right).take_while(equal).count();
    let (left_rest, right_rest) = (&left[head..], &right[head..]);
    let ends = left_rest.iter().rev().zip(right_rest.iter().rev());
    let tail = ends.take_while(equal).count();
    let mut lines: Vec<_> = left[..head]
        .iter()
        .map(|line| DiffLine::Same(line))
        .collect();
    between(
        &left_rest[..left_rest.len() - tail],
        &right_rest[..right_rest.len() - tail],
        &mut lines,
    );
    lines.extend(
        left[left.len() - tail..]
            .iter()
            .map(|line| DiffLine::Same(line)),
    );
    lines
}

/// Compares by the longest common subsequence.
fn between<'t>(left: &[&'t str], right: &[&'t str], lines: &mut Vec<DiffLine<'t>>) {
    let width = right.len() + 1;
    let mut common = Vec::new();
    if left.len().saturating_mul(right.len()) <= MAX_PAIRS {
        // How many lines the rests have in common that start at two lines.
        common = vec![0_u32; (left.len() + 1) * width];
        for i in (0..left.len()).rev() {
            for j in (0..right.len()).rev() {
                common[i * width + j] = match left[i] == right[j] {
                    true => common[(i + 1) * width + j + 1] + 1,
                    false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
                };
            }
        }
    }
    let rest = |i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        let is_same = i < left.len() && j < right.len() && left[i] == right[j];
        if is_same {
            lines.push(DiffLine::Same(left[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < left.len() && (j == right.len() || rest(i + 1, j) >= rest(i, j + 1)) {
            lines.push(DiffLine::Left(left[i]));
            i += 1;
        } else {
            lines.push(DiffLine::Right(right[j]));
            j += 1;
        }
    }
}

/// How many equal lines are shown around those that differ.
const AROUND: usize = 2;

/// The lines in which two texts differ, and some around them: `-` stands in front of what is only in the
/// first one, `+` in front of what is only in the second one.
#[must_use]
pub fn render_diff(left: &str, right: &str, style: Style) -> String {
    let lines = line_diff(left, right);
    let (red, green, end) = match style {
        Style::Color => ("\x1b[31m", "\x1b[32m", "\x1b[0m"),
        Style::Plain => ("", "", ""),
    };
    let differs = |line: &DiffLine<'_>| !matches!(line, DiffLine::Same(_));
    let mut text = String::new();
    let mut is_cut = false;
    for (at, line) in lines.iter().enumerate() {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        if !lines[near].iter().any(differs) {
            is_cut = true;
            continue;
        }
        if std::mem::take(&mut is_cut) {
            text.push_str("  …\n");
        }
        // Writing into a string cannot fail.
        let _ = match line {
            DiffLine::Same(line) => writeln!(text, "  {}", visible(line)),
            DiffLine::Left(line) => writeln!(text, "{red}- {}{end}", visible(line)),
            DiffLine::Right(line) => writeln!(text, "{green}+ {}{end}", visible(line)),
        };
    }
    text
}

/// A printed value with a line for each part, if it has only one line.
pub(crate) fn spread(value: &str) -> String {
    if value.contains('\n') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len() * 2);
    let mut depth = 0_usize;
    let mut chars = value.chars().peekable();
    let newline = |text: &mut String, depth: usize| {
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
    };
    while let Some(char) = chars.next() {
        let is_closer = matches!(char, '}' | ']' | ')');
        if is_closer && depth > 0 {
            depth -= 1;
            newline(&mut text, depth);
        }
        text.push(char);
        let is_empty = chars
            .peek()
            .is_some_and(|next| matches!(next, '}' | ']' | ')'));
        let opens = matches!(char, '{' | '[' | '(') && !is_empty;
        depth += usize::from(opens);
        if opens || char == ',' && depth > 0 {
            newline(&mut text, depth);
            while chars.next_if_eq(&' ').is_some() {}
        } else if matches!(char, '{' | '[' | '(') {
            // An empty one, which is closed at once.
            text.extend(chars.next());
        }
    }
    text
}

/// How many levels are indented; deeper ones are as deep as the last one.
const MAX_INDENT: usize = 20;

#[cfg(test)]
mod tests {
    use super::DiffLine::{Left, Right, Same};
    use super::{Style, line_diff, render_diff, spread};

    #[test]
    fn equal_lines_far_from_a_difference_are_left_out() {
        let shown = render_diff("a\nb\nc\nd\ne", "a\nb\nc\nd\nx", Style::Plain);
        assert_eq!(shown, "  …\n  c\n  d\n- e\n+ x\n");
        assert!(render_diff("a", "b", Style::Color).contains("\x1b[31m- a\x1b[0m\n"));
    }

    #[test]
    fn values_are_spread_over_lines() {
        assert_eq!(
            spread("{ a: 1, b: [2, 3], c: [] }"),
            "{\n  a: 1,\n  b: [\n    2,\n    3\n  ],\n  c: []\n}"
        );
        assert_eq!(spread("a, b) ]"), "a, b) ]");
        assert_eq!(spread("a\n{"), "a\n{");
    }

    #[test]
    fn what_is_common_stays() {
        assert_eq!(line_diff("", ""), []);
        assert_eq!(line_diff("a\nb", "a\nb"), [Same("a"), Same("b")]);
        assert_eq!(
            line_diff("a\nb\nc\nd", "a\nx\nc\ne\nd"),
            [
                Same("a"),
                Left("b"),
                Right("x"),
                Same("c"),
                Right("e"),
                Same("d")
            ]
        );
        assert_eq!(line_diff("a", ""), [Left("a")]);
        assert_eq!(
            line_diff("a\na", "a\na\na"),
            [Same("a"), Same("a"), Right("a")]
        );
    }

    #[test]
    fn long_texts_are_compared_at_their_ends() {
        let left: String = (0..3000).map(|n| format!("l{n}\n")).collect();
        let right: String = (0..3000).map(|n| format!("r{n}\n")).collect();
        let (left, right) = (format!("same\n{left}end"), format!("same\n{right}end"));
        let lines = line_diff(&left, &right);
        assert_eq!(
            (lines.first(), lines.last()),
            (Some(&Same("same")), Some(&Same("end")))
        );
        assert_eq!(lines.len(), 6002);
    }
}
