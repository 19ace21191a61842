//! The words of a command that is written as text, where it is nothing but words.

/// The words of `text`, its quotes taken away.
///
/// # Errors
/// Why it is more than literal words: a shell would do something with it.
pub(super) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => until(&mut chars, '\'', word.get_or_insert_default())?,
            '"' => until(&mut chars, '"', word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some(c) if c != '\n' => word.get_or_insert_default().push(c),
                _ => return Err("it ends in a backslash"),
            },
            '|' | '&' | ';' | '\n' | '\r' => {
                return Err("it is more than one command; each is decided on by itself here");
            }
            '<' | '>' => return Err("it redirects; a rule is about a program and its arguments"),
            '$' | '`' => return Err("a part of it is known only when it runs"),
            '(' | ')' => return Err("it has parentheses"),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match words.first() {
        Some(program) if program.contains('=') => {
            Err("it sets a variable; a rule is about a program and its arguments")
        }
        Some(program) if program.starts_with('~') => {
            Err("its program is below the home directory; write the absolute path")
        }
        _ => Ok(words),
    }
}

/// Moves what stands before the closing quote.
fn until(
    chars: &mut std::str::Chars<'_>,
    quote: char,
    word: &mut String,
) -> Result<(), &'static str> {
    loop {
        match chars.next() {
            None => return Err("a quote in it is not closed"),
            Some(c) if c == quote => return Ok(()),
            Some('$' | '`' | '\\') if quote == '"' => {
                return Err("a part of it is known only when it runs");
            }
            Some(c) => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_words_are_taken_as_a_shell_would() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text).unwrap(), expected);
        check("git status", &["git", "status"]);
        check("  git\tlog  ", &["git", "log"]);
        check(
            "git commit -m 'a b' \"c d\"e f\\ g",
            &["git", "commit", "-m", "a b", "c de", "f g"],
        );
        check("a ''", &["a", ""]);
        check("", &[]);
    }

    #[test]
    fn what_is_more_than_words_is_refused() {
        let check = |text: &str, why: &str| {
            let error = split(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        };
        check("a && b", "more than one");
        check("a | b", "more than one");
        check("a\nb", "more than one");
        check("a > f", "redirects");
        check("a $x", "only when it runs");
        check("a \"$x\"", "only when it runs");
        check("a `b`", "only when it runs");
        check("(a)", "parentheses");
        check("a 'b", "not closed");
        check("X=1 a", "variable");
        check("~/bin/a", "absolute");
        check("a \\", "backslash");
    }
}
