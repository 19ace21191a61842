//! Secrets in arguments, which no audit may hold.
//!
//! What is secret is known by its form (`ghp_…`, a JWT, a PEM block), by the name before it
//! (`--password=…`, `Authorization: …`), or by the program (`mysql -p…`). In doubt more is left out.

use std::borrow::Cow;
use std::ops::Range;

/// What stands where a secret was.
const HIDDEN: &str = "***";

/// What tokens begin with, and how many letters, digits, `_` and `-` follow at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxe-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("npm_", 30),
    ("hf_", 30),
    ("AIza", 30),
    ("pypi-", 30),
];

/// Bytes that a token has at least, with what it begins with.
const SHORTEST_TOKEN: usize = 13;

/// Names that end like this are of secrets, whatever is before it.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "sshpass",
    "secret",
    "apikey",
    "api-key",
    "accesskey",
    "access-key",
    "accountkey",
    "account-key",
    "secretkey",
    "secret-key",
];

/// Names that are this word, or end with it as a word, are of secrets.
const SECRET_WORDS: &[&str] = &["token", "pass", "pwd", "bearer"];

/// Lines that begin like this, before a colon, hold a secret.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
    "x-access-token",
    "x-amz-security-token",
    "private-token",
    "cookie",
    "set-cookie",
];

/// Programs that run the one that is named in their arguments.
const RUNS_OTHERS: &[&str] = &[
    "sudo", "doas", "env", "nice", "nohup", "timeout", "time", "xargs", "docker", "podman",
    "kubectl", "ssh",
];

/// Hides the secrets in the arguments of one command, one after the other.
#[derive(Debug)]
pub(super) struct Redactor {
    program: Program,
    runs_others: bool,
    next: Next,
}

/// Programs with options that are only secret with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Curl,
    Mysql,
    Redis,
    Sshpass,
    Other,
}

/// What the next argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Plain,
    Secret,
    /// A name and a secret, with a colon between them.
    Login,
}

impl Redactor {
    /// For the arguments of `program`.
    pub(super) fn new(program: &str) -> Self {
        Self {
            program: Program::of(program),
            runs_others: RUNS_OTHERS.contains(&last_part(program)),
            next: Next::Plain,
        }
    }

    /// The next argument, without its secrets.
    pub(super) fn next<'a>(&mut self, arg: &'a str) -> Cow<'a, str> {
        match std::mem::replace(&mut self.next, Next::Plain) {
            Next::Secret if !is_long_option(arg) && !arg.is_empty() => return HIDDEN.into(),
            Next::Login => return hide_after_colon(arg),
            Next::Plain | Next::Secret => {}
        }
        if self.runs_others && self.program == Program::Other {
            self.program = Program::of(arg);
        }
        if let Some(hidden) = self.own_option(arg) {
            return hidden;
        }
        let is_whole_name = arg.starts_with('-') && arg.bytes().all(is_of_word);
        if is_whole_name && is_secret_name(arg) {
            self.next = Next::Secret;
            return arg.into();
        }
        redacted(arg)
    }

    /// The argument if it is an option that is only secret with this program.
    fn own_option<'a>(&mut self, arg: &'a str) -> Option<Cow<'a, str>> {
        let (login, next) = match self.program {
            Program::Curl => (&["-u", "-U"][..], Next::Login),
            Program::Mysql => {
                let is_secret = arg.len() > 2 && arg.starts_with("-p");
                return is_secret.then(|| format!("-p{HIDDEN}").into());
            }
            Program::Redis => (&["-a"][..], Next::Secret),
            Program::Sshpass => (&["-p"][..], Next::Secret),
            Program::Other => return None,
        };
        if self.program == Program::Curl && matches!(arg, "--user" | "--proxy-user") {
            self.next = next;
            return Some(arg.into());
        }
        let option = login.iter().find(|option| arg.starts_with(**option))?;
        let value = &arg[option.len()..];
        Some(match next {
            _ if value.is_empty() => {
                self.next = next;
                arg.into()
            }
            Next::Login => format!("{option}{}", hide_after_colon(value)).into(),
            Next::Plain | Next::Secret => format!("{option}{HIDDEN}").into(),
        })
    }
}

impl Program {
    fn of(program: &str) -> Self {
        match last_part(program) {
            "curl" => Self::Curl,
            "redis-cli" | "valkey-cli" => Self::Redis,
            "sshpass" => Self::Sshpass,
            name if name.starts_with("mysql") || name.starts_with("mariadb") => Self::Mysql,
            _ => Self::Other,
        }
    }
}

/// `text` without the secrets that can be told in it.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    let mut secrets = Secrets::new(text);
    let Some(mut secret) = secrets.next() else {
        return text.into();
    };
    let (mut shown, mut end) = (String::with_capacity(text.len()), 0);
    loop {
        shown.push_str(&text[end..secret.start]);
        shown.push_str(HIDDEN);
        end = secret.end;
        match secrets.next() {
            Some(next) => secret = next,
            None => break,
        }
    }
    shown.push_str(&text[end..]);
    shown.into()
}

/// Finds what is secret in a text, from left to right.
struct Secrets<'a> {
    text: &'a str,
    at: usize,
    /// In a command string: within a command whose `-p…` is a secret.
    in_mysql: bool,
}

impl Iterator for Secrets<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let start = self.at;
            let found = if byte == b'-' && bytes[start..].starts_with(b"-----BEGIN ") {
                Some(self.pem(start))
            } else if byte == b':' && bytes[start..].starts_with(b"://") {
                self.at += 3;
                self.login_of_url()
            } else if is_of_word(byte) {
                self.at = self.end_of_word(start);
                self.word(start..self.at)
            } else {
                self.in_mysql &= !matches!(byte, b';' | b'|' | b'&' | b'\n');
                self.at += 1;
                None
            };
            if let Some(secret) = found.filter(|secret| !secret.is_empty()) {
                self.at = secret.end;
                return Some(secret);
            }
        }
        None
    }
}

impl<'a> Secrets<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            in_mysql: false,
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn end_of_word(&self, start: usize) -> usize {
        self.first(start, |byte| !is_of_word(byte))
    }

    /// Where the first byte from `start` on is that is `wanted`; the end if none is.
    fn first(&self, start: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = &self.text.as_bytes()[start..];
        let found = rest.iter().position(|&byte| wanted(byte));
        found.map_or(self.text.len(), |at| start + at)
    }

    /// A block from `-----BEGIN` to the end of the line with `-----END`.
    fn pem(&self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        let end = rest.find("-----END ").and_then(|end| {
            let after = end + "-----END ".len();
            let dashes = rest[after..].find("-----")?;
            Some(start + after + dashes + "-----".len())
        });
        start..end.unwrap_or(self.text.len())
    }

    /// What is between the colon and the `@` of `scheme://user:secret@host`.
    fn login_of_url(&self) -> Option<Range<usize>> {
        let start = self.at;
        let ends = |byte: u8| matches!(byte, b'/' | b'?' | b'#') || is_gap(byte);
        let authority = &self.text[start..self.first(start, ends)];
        let login = &authority[..authority.rfind('@')?];
        let colon = login.find(':')?;
        Some(start + colon + 1..start + login.len())
    }

    /// The secret that the word at `word` is or names.
    fn word(&mut self, word: Range<usize>) -> Option<Range<usize>> {
        let text = &self.text[word.clone()];
        if is_token(text) {
            return Some(word);
        }
        if let Some(end) = self.end_of_jwt(&word) {
            return Some(word.start..end);
        }
        if self.in_mysql && text.len() > 2 && text.starts_with("-p") {
            return Some(word.start + 2..self.first(word.end, is_gap));
        }
        if Program::of(text) == Program::Mysql && self.is_command(word.start) {
            self.in_mysql = true;
            return None;
        }
        let next = self.byte(word.end)?;
        let is_named = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
        match next {
            b' ' if is_named(&["bearer"]) => {
                let start = word.end + 1;
                let end = self.first(start, is_gap);
                (end - start >= 16).then_some(start..end)
            }
            b':' if is_named(HEADERS) => Some(self.rest_of_header(&word)),
            // The way of openssl.
            b':' if word.start == 0 && text == "pass" => {
                let start = word.end + 1;
                (self.byte(start) != Some(b' ')).then_some(start..self.text.len())
            }
            b'=' | b' ' | b'"' | b'\'' | b'\\' if is_secret_name(text) => self.value(&word),
            _ => None,
        }
    }

    /// Whether the word that ends a path at `start` is the program of a command.
    fn is_command(&self, start: usize) -> bool {
        let before = &self.text[..start];
        let word = before.rfind(|c: char| c.is_whitespace() || ";|&(".contains(c));
        let before = &before[..word.map_or(0, |at| at + 1)];
        let before = before.trim_end_matches([' ', '\t']);
        let runs = ["sudo", "doas", "exec", "env", "time", "nohup"];
        before.is_empty()
            || before.ends_with([';', '|', '&', '(', '\n'])
            || runs.iter().any(|program| before.ends_with(program))
    }

    /// The end of a JSON web token that begins with `word`: two more parts with dots before them.
    fn end_of_jwt(&self, word: &Range<usize>) -> Option<usize> {
        let part = |start: usize| {
            let is_part = self.byte(start) == Some(b'.') && self.text[start..].len() > 1;
            is_part.then(|| self.end_of_word(start + 1))
        };
        if !self.text[word.clone()].starts_with("eyJ") {
            return None;
        }
        let payload = part(word.end).filter(|_| self.text[word.end + 1..].starts_with("eyJ"))?;
        Some(part(payload).unwrap_or(payload))
    }

    /// What is behind the name and the colon of a header, to the end of the line or of the quotes.
    fn rest_of_header(&self, name: &Range<usize>) -> Range<usize> {
        let start = self.first(name.end + 1, |byte| byte != b' ');
        let quote = name.start.checked_sub(1).and_then(|at| self.byte(at));
        let quote = quote.filter(|byte| matches!(byte, b'"' | b'\''));
        let ends = |byte| matches!(byte, b'\n' | b'\r') || Some(byte) == quote;
        start..self.first(start, ends)
    }

    /// What is given to `name`, which is that of a secret: `name=…`, `"name": …`, `--name …`.
    fn value(&self, name: &Range<usize>) -> Option<Range<usize>> {
        let text = &self.text[name.clone()];
        let is_option = text.starts_with('-');
        let is_variable = !text.bytes().any(|byte| byte.is_ascii_lowercase());
        let is_mark = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\');
        let mut at = self.first(name.end, |byte| !is_mark(byte));
        let is_quoted = at > name.end;
        let skip_blanks = |at: usize| self.first(at, |byte| byte != b' ');
        if is_quoted {
            at = skip_blanks(at);
        }
        match self.byte(at)? {
            // `token==x` compares, or names a version.
            b'=' if is_option || is_variable || self.byte(at + 1) != Some(b'=') => at += 1,
            b':' if is_quoted => at += 1,
            b' ' if is_option => {
                let start = at + 1;
                let is_value = self.byte(start).is_some_and(|byte| byte != b'-');
                return is_value.then(|| self.until_gap(start));
            }
            _ => return None,
        }
        if is_quoted {
            at = skip_blanks(at);
        }
        let start = self.first(at, |byte| byte != b'\\');
        if let Some(quote @ (b'"' | b'\'')) = self.byte(start) {
            return Some(self.until_quote(start + 1, quote));
        }
        // An argument of its own is secret to its end, unless more names and values follow.
        let is_last = is_option || is_variable || !self.text[at..].contains('=');
        let is_own = name.start == 0 && is_last;
        Some(match is_own {
            true => at..self.text.len(),
            false => self.until_gap(at),
        })
    }

    fn until_gap(&self, start: usize) -> Range<usize> {
        match self.byte(start) {
            Some(quote @ (b'"' | b'\'')) => self.until_quote(start + 1, quote),
            _ => start..self.first(start, is_gap),
        }
    }

    /// To the `quote` that no backslash escapes.
    fn until_quote(&self, start: usize, quote: u8) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at < bytes.len() && bytes[at] != quote {
            // `\"…\"` within another pair of quotes ends at its own backslash.
            let escapes = bytes[at] == b'\\' && bytes.get(at + 1) == Some(&quote);
            let is_outer = start >= 2 && bytes[start - 2] == b'\\';
            if escapes && is_outer {
                break;
            }
            at += if escapes { 2 } else { 1 };
        }
        start..at.min(bytes.len())
    }
}

/// Letters, digits, and what names and tokens have between them.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// What a value without quotes does not have.
fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b';' | b'&' | b'"' | b'\'')
}

fn is_token(word: &str) -> bool {
    if word.len() < SHORTEST_TOKEN {
        return false;
    }
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let is_key_id = |id: &str| {
        id.len() == 16
            && id
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let is_of = |(prefix, least): &(&str, usize)| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= *least)
    };
    match word.as_bytes() {
        [b's', b'k', b'-' | b'_', ..] => word.len() >= 23 && has_digit(word),
        [b'A', b'K' | b'S', b'I', b'A', ..] => is_key_id(&word[4..]),
        _ => TOKENS.iter().any(is_of),
    }
}

/// Whether what is given under `name` is a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.trim_start_matches('-');
    if name.starts_with("no-") {
        return false;
    }
    SECRET.iter().any(|word| ends_with(name, word))
        || SECRET_WORDS.iter().any(|word| {
            ends_with(name, word) && {
                let (before, last) = name.split_at(name.len() - word.len());
                let is_camel = last.starts_with(|c: char| c.is_ascii_uppercase())
                    && before.ends_with(|c: char| c.is_ascii_lowercase());
                let is_word = before.is_empty() || before.ends_with(['-', '_']);
                // The shell's own PWD is the directory.
                (is_word || is_camel) && name != "PWD"
            }
        })
}

/// Whether `name` ends with `word`, in any case and with `_` for `-`.
fn ends_with(name: &str, word: &str) -> bool {
    let Some(start) = name.len().checked_sub(word.len()) else {
        return false;
    };
    let same = |(a, b): (u8, u8)| a.eq_ignore_ascii_case(&b) || (a == b'_' && b == b'-');
    name.bytes().skip(start).zip(word.bytes()).all(same)
}

/// Whether it looks like an option and not like a value: `--verbose`.
fn is_long_option(arg: &str) -> bool {
    arg.strip_prefix("--").is_some_and(|name| {
        let name = name.split('=').next().unwrap_or(name);
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

fn hide_after_colon(login: &str) -> Cow<'_, str> {
    match login.split_once(':') {
        Some((user, secret)) if !secret.is_empty() => format!("{user}:{HIDDEN}").into(),
        _ => login.into(),
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
