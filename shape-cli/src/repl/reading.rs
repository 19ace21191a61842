//! Where an input ends.

use shape_syntax::{Diagnostic, FileId, parse};

/// What was read.
pub(crate) enum Read {
    /// An input.
    Text(String),
    /// One that was given up.
    Nothing,
    /// There are no more.
    End,
}

/// Whether the input goes on in the next line: as the parser sees it, something is open at its end.
pub(crate) fn goes_on(text: &str) -> bool {
    let end = text.trim_end().len();
    if end == 0 || text.trim_start().starts_with(':') {
        return false;
    }
    let (_, found) = parse(FileId::default(), text);
    found.iter().any(|problem| match problem.code {
        // A bracket, a comment.
        "E0002" | "E0008" => true,
        "E0005" => ["\n\"", "\n\"\"\""].iter().any(|close| {
            let (_, closed) = parse(FileId::default(), &format!("{text}{close}"));
            !closed.iter().any(|other| is_same(other, problem))
        }),
        _ => problem.span.start as usize >= end,
    })
}

fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    (a.code, a.span.start) == (b.code, b.span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_goes_on() {
        let open = [
            "fn f() {",
            "[1,",
            "f(1",
            "let x =",
            "1 +",
            "if a {\n b\n} else {",
            "\"\"\"text",
            "/* a",
            "fn f()",
            "match x {\n 1 => 2,",
            "f\"\"\"a {b}",
            "xs.map(|x| {",
        ];
        for text in open {
            assert!(goes_on(text), "{text}");
        }
        let closed = [
            "",
            "  ",
            "1 + 2",
            "fn f() { 1 }",
            ")",
            "let 5 = 6",
            "\"a\"",
            "// comment {",
            ":type [1",
            "}",
            "x.map(|x| x) )",
        ];
        for text in closed {
            assert!(!goes_on(text), "{text}");
        }
    }
}
