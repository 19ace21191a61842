//! What Tab offers.

use super::talk::Talk;

/// Words of the language that begin something.
const WORDS: [&str; 16] = [
    "break", "const", "continue", "else", "enum", "extend", "false", "fn", "for", "impl", "let",
    "match", "return", "trait", "true", "while",
];
const COMMANDS: [&str; 4] = [":help", ":load", ":quit", ":type"];

/// Where the word before the cursor begins, and what it may be.
pub(crate) fn complete(talk: &mut Talk, before: &str) -> (usize, Vec<String>) {
    let start = word_start(before);
    let (rest, word) = before.split_at(start);
    if rest.trim() == ":" {
        let at = rest.len() - 1;
        return (
            at,
            beginning(COMMANDS.map(str::to_owned).into(), &before[at..]),
        );
    }
    let base = ["?.", ".", "::"]
        .iter()
        .find_map(|sign| rest.strip_suffix(sign));
    match base {
        Some(base) if base.ends_with('.') => (start, Vec::new()),
        Some(base) => {
            let expr = &base[operand_start(base)..];
            (start, beginning(talk.members(expr), word))
        }
        None => {
            let mut names = talk.names();
            names.extend(WORDS.map(str::to_owned));
            names.sort_unstable();
            (start, beginning(names, word))
        }
    }
}

fn beginning(mut names: Vec<String>, word: &str) -> Vec<String> {
    names.retain(|name| name.starts_with(word));
    names
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word_start(text: &str) -> usize {
    text.trim_end_matches(is_word).len()
}

/// Where the operand that ends `text` begins: names, literals, and what is in brackets behind them.
fn operand_start(text: &str) -> usize {
    let mut at = text.len();
    while let Some(c) = text[..at].chars().next_back() {
        at = match c {
            ')' | ']' | '}' => match open_bracket(&text[..at]) {
                Some(open) => open,
                None => return at,
            },
            '"' => match text[..at - 1].rfind('"') {
                Some(open) => open,
                None => return at,
            },
            '.' | ':' | '?' => at - 1,
            c if is_word(c) => at - c.len_utf8(),
            _ => break,
        };
    }
    at
}

/// Where the bracket is that belongs to the last character. The parser has the last word about what is
/// found, so that brackets in texts need not be told from others.
fn open_bracket(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operand_is_found_from_its_end() {
        let operand = |text: &'static str| &text[operand_start(text)..];
        for (text, expected) in [
            ("let x = io", "io"),
            ("print(xs.map(|x| x + 1)", "xs.map(|x| x + 1)"),
            ("1 + \"a b\"", "\"a b\""),
            ("f(a)[0].b", "f(a)[0].b"),
            ("[1, 2]", "[1, 2]"),
            ("a ?? m::f", "m::f"),
            ("é", ""),
            (")", ""),
            ("", ""),
        ] {
            assert_eq!(operand(text), expected, "{text}");
        }
    }
}
