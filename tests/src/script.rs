//! A script with its expectations.
//!
//! | comment | meaning |
//! | --- | --- |
//! | `// expect: TEXT` | the next line of stdout; all together are the whole of it |
//! | `// expect-stderr: TEXT` | stderr contains TEXT |
//! | `// error: TEXT` | a diagnostic on this line contains TEXT; nothing runs |
//! | `// error@LINE: TEXT`, `// error@FILE:LINE: TEXT` | the same on another line, or in a module |
//! | `// error@*: TEXT` | the same on any line |
//! | `// error[E0102]: TEXT` | the same, with this code; also `error[E0102]@LINE` |
//! | `// trap: TEXT` | ends with status 1, and stderr contains TEXT |
//! | `// status: N` | the exit status, where it is not the usual one |
//! | `// args: a "b c"` | arguments of the script |
//! | `// stdin: TEXT` | its input, with `\n` for a newline |
//! | `// flags: -A` | flags of `shape run`, instead of the usual ones |
//! | `// module: TEXT` | no test of its own; other scripts import it |
//!
//! Several may stand on one line, also behind code. An empty TEXT is contained in everything.

use std::path::{Path, PathBuf};

/// Which line a diagnostic is expected on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// This line of the script.
    Line(usize),
    /// This line of another file.
    File(String, usize),
    /// Anywhere.
    Anywhere,
}

/// A diagnostic that must be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedError {
    /// Where.
    pub place: Where,
    /// With this code, if one is given.
    pub code: Option<String>,
    /// Message, notes, labels or help contain this.
    pub text: String,
}

/// A script with what it is expected to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Where it is.
    pub path: PathBuf,
    /// The lines of stdout.
    pub stdout: Vec<String>,
    /// Parts of stderr.
    pub stderr: Vec<String>,
    /// Diagnostics; when there is any, the script must not run.
    pub errors: Vec<ExpectedError>,
    /// Part of the message of the run-time error that ends it.
    pub trap: Option<String>,
    /// The exit status, where given.
    pub status: Option<i32>,
    /// Arguments.
    pub args: Vec<String>,
    /// Input.
    pub stdin: Option<String>,
    /// Flags of `shape run`, where given.
    pub flags: Option<Vec<String>>,
    /// Whether it is only there to be imported.
    pub is_module: bool,
}

/// The words that expectations start with.
const WORDS: [&str; 9] = [
    "expect",
    "expect-stderr",
    "error",
    "trap",
    "status",
    "args",
    "stdin",
    "flags",
    "module",
];

impl Script {
    /// Reads the expectations from the text of the script at `path`.
    ///
    /// # Errors
    /// When one is malformed, or when there is none; the text is for people.
    pub fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let mut script = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut count = 0;
        for (index, line) in text.lines().enumerate() {
            for (head, value) in expectations(line) {
                count += 1;
                script
                    .add(index + 1, head, value)
                    .map_err(|why| format!("line {}: `{head}`: {why}", index + 1))?;
            }
        }
        if count == 0 {
            return Err("no expectation; write at least `// status: 0`".to_owned());
        }
        Ok(script)
    }

    fn add(&mut self, line: usize, head: &str, value: Option<&str>) -> Result<(), String> {
        let value = value.ok_or("a `:` must follow")?;
        let place = head.find(['@', '[']).unwrap_or(head.len());
        let (word, place) = head.split_at(place);
        if !place.is_empty() && word != "error" {
            return Err("only `error` takes a place or a code".to_owned());
        }
        match word {
            "expect" => self.stdout.push(value.to_owned()),
            "expect-stderr" => self.stderr.push(value.to_owned()),
            "error" => self.errors.push(expected_error(line, place, value)?),
            "trap" => self.trap = Some(value.to_owned()),
            "status" => self.status = Some(value.parse().map_err(|_| "not a number")?),
            "args" => self.args = words(value)?,
            "stdin" => self.stdin = Some(value.replace("\\n", "\n")),
            "flags" => self.flags = Some(words(value)?),
            "module" => self.is_module = true,
            _ => return Err("no such expectation".to_owned()),
        }
        Ok(())
    }

    /// The exit status that it must end with.
    #[must_use]
    pub fn expected_status(&self) -> i32 {
        match self.status {
            Some(status) => status,
            None if !self.errors.is_empty() => 2,
            None => i32::from(self.trap.is_some()),
        }
    }
}

/// The expectations in a line: what stands before the `:`, and what after it.
fn expectations(line: &str) -> Vec<(&str, Option<&str>)> {
    let starts: Vec<usize> = line
        .match_indices("// ")
        .map(|(at, _)| at)
        .filter(|&at| starts_one(&line[at + 3..]))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let pieces = starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| (&line[start + 3..end], end));
    pieces
        .map(|(piece, end)| {
            let piece = if end < line.len() {
                piece.trim_end()
            } else {
                piece
            };
            match piece
                .find(": ")
                .or(piece.ends_with(':').then(|| piece.len() - 1))
            {
                Some(colon) => {
                    let value = &piece[colon + 1..];
                    (
                        &piece[..colon],
                        Some(value.strip_prefix(' ').unwrap_or(value)),
                    )
                }
                None => (piece, None),
            }
        })
        .collect()
}

/// Whether a comment starts with one of the words, as a whole word.
fn starts_one(comment: &str) -> bool {
    let end = comment
        .find(|c: char| !c.is_ascii_alphabetic() && c != '-')
        .unwrap_or(comment.len());
    WORDS.contains(&&comment[..end])
}

/// From `[E0102]@FILE:LINE`, of which each part may be absent.
fn expected_error(line: usize, place: &str, text: &str) -> Result<ExpectedError, String> {
    let (code, place) = match place.strip_prefix('[') {
        Some(rest) => {
            let (code, rest) = rest.split_once(']').ok_or("a `]` must follow")?;
            (Some(code.to_owned()), rest)
        }
        None => (None, place),
    };
    let place = match place.strip_prefix('@') {
        None => Where::Line(line),
        Some("*") => Where::Anywhere,
        Some(place) => {
            let (file, line) = place.rsplit_once(':').unwrap_or(("", place));
            let line = line
                .parse()
                .map_err(|_| "`@` takes a line, FILE:LINE or `*`")?;
            if file.is_empty() {
                Where::Line(line)
            } else {
                Where::File(file.to_owned(), line)
            }
        }
    };
    Ok(ExpectedError {
        place,
        code,
        text: text.to_owned(),
    })
}

/// Splits at spaces; a word in double quotes may hold spaces.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Script {
        Script::parse(Path::new("a.shape"), text).expect("is well formed")
    }

    #[test]
    fn expectations_stand_behind_code_or_alone() {
        let script = parse("print(1) // expect: 1\n// expect:\n// expect:   indented\n");
        assert_eq!(script.stdout, ["1", "", "  indented"]);
        assert_eq!(script.expected_status(), 0);
    }

    #[test]
    fn errors_have_a_place_and_perhaps_a_code() {
        let script = parse(
            "a // error: one // error: two: three\n// error[E0102]@7: x\n// error@m.shape:3: y\n// error@*:",
        );
        let error = |place, code: Option<&str>, text: &str| ExpectedError {
            place,
            code: code.map(str::to_owned),
            text: text.to_owned(),
        };
        assert_eq!(
            script.errors,
            [
                error(Where::Line(1), None, "one"),
                error(Where::Line(1), None, "two: three"),
                error(Where::Line(7), Some("E0102"), "x"),
                error(Where::File("m.shape".to_owned(), 3), None, "y"),
                error(Where::Anywhere, None, ""),
            ]
        );
        assert_eq!(script.expected_status(), 2);
    }

    #[test]
    fn inputs_are_split_and_unescaped() {
        let script = parse("// args: a \"b c\" --d\n// stdin: x\\ny\\n\n// flags:\n// trap: zero");
        assert_eq!(script.args, ["a", "b c", "--d"]);
        assert_eq!(script.stdin.as_deref(), Some("x\ny\n"));
        assert_eq!(script.flags, Some(Vec::new()));
        assert_eq!(script.expected_status(), 1);
    }

    #[test]
    fn mistakes_are_said() {
        let problem = |text: &str| Script::parse(Path::new("a.shape"), text).expect_err("is wrong");
        assert!(problem("print(1)").contains("no expectation"));
        assert!(problem("// expect 5").contains("a `:` must follow"));
        assert!(problem("// status: five").contains("not a number"));
        assert!(problem("// trap@5: x").contains("only `error`"));
        assert!(problem("// error@five: x").contains("takes a line"));
    }

    #[test]
    fn other_comments_are_no_expectations() {
        assert_eq!(
            parse("// expected is nothing: x\n// status: 0").stdout,
            Vec::<String>::new()
        );
    }
}
