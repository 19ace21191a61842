//! Reads diagnostics back from the text that a user sees.

/// One diagnostic as it was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The code between brackets, if it has one.
    pub code: Option<String>,
    /// File as printed, line from 1; absent when none was printed.
    pub place: Option<(String, usize)>,
    /// Message, labels, notes and help; not the source lines.
    pub text: String,
}

impl Rendered {
    /// Whether the file printed is `name`, in whatever folder.
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        let file = self.place.as_ref().map_or("", |(file, _)| file);
        file == name
            || file
                .strip_suffix(name)
                .is_some_and(|folder| folder.ends_with('/'))
    }

    /// The line, 0 when none was printed.
    #[must_use]
    pub fn line(&self) -> usize {
        self.place.as_ref().map_or(0, |(_, line)| *line)
    }
}

/// The errors in `stderr`, in order; warnings are left out.
#[must_use]
pub fn rendered(stderr: &str) -> Vec<Rendered> {
    let mut all: Vec<(bool, Rendered)> = Vec::new();
    for line in stderr.lines() {
        if let Some((is_error, code, message)) = header(line) {
            let text = format!("{message}\n");
            all.push((
                is_error,
                Rendered {
                    code,
                    place: None,
                    text,
                },
            ));
        } else if let Some((_, last)) = all.last_mut() {
            match place(line) {
                Some(place) if last.place.is_none() => last.place = Some(place),
                Some(_) => {}
                None if is_source(line) => {}
                None => {
                    last.text.push_str(line);
                    last.text.push('\n');
                }
            }
        }
    }
    all.into_iter()
        .filter(|(is_error, _)| *is_error)
        .map(|(_, found)| found)
        .collect()
}

/// `error[E0102]: message`
fn header(line: &str) -> Option<(bool, Option<String>, &str)> {
    let (is_error, rest) = match (line.strip_prefix("error"), line.strip_prefix("warning")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    if let Some(message) = rest.strip_prefix(": ") {
        return Some((is_error, None, message));
    }
    let (code, message) = rest.strip_prefix('[')?.split_once("]: ")?;
    Some((is_error, Some(code.to_owned()), message))
}

/// ` --> file:line:column`
fn place(line: &str) -> Option<(String, usize)> {
    let mut parts = line.trim_start().strip_prefix("--> ")?.rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some((file.to_owned(), line.parse().ok()?))
}

/// `12 | let a = 1`
fn is_source(line: &str) -> bool {
    let rest = line.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    digits > 0 && rest[digits..].trim_start().starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDERR: &str = "\
error[E0102]: undefined variable `countr`
 --> /some/a.shape:2:7
  |
2 | print(countr)
  |       ^^^^^^ not found
  |
  = help: did you mean `counter`?

warning: unused
 --> /some/a.shape:1:1

error: cannot go on
";

    #[test]
    fn are_read_back() {
        let found = rendered(STDERR);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].code.as_deref(), Some("E0102"));
        assert_eq!(found[0].place, Some(("/some/a.shape".to_owned(), 2)));
        assert!(found[0].is_in("a.shape") && !found[0].is_in(".shape"));
        assert!(found[0].text.contains("did you mean `counter`?"));
        assert!(found[0].text.contains("not found"));
        assert!(
            !found[0].text.contains("print(countr)"),
            "source lines prove nothing"
        );
        assert_eq!(found[1].place, None);
    }
}
