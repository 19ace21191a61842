//! The files under `verdicts/`: rules, a line `---`, and a line per command: the verdict, and the command
//! as a shell would split it. `{dir}` is a directory with copies of and links to programs, and
//! `@NAME=VALUE` in front sets a variable of the child.

use super::Command;
use shape_policy::{RuleSet, RuleSource};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// One of the files.
pub struct Table {
    file: &'static str,
    text: String,
    lair: tempfile::TempDir,
}

impl Table {
    pub fn read(file: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/verdicts")
            .join(file);
        Self {
            file,
            text: fs::read_to_string(path).unwrap(),
            lair: lair(),
        }
    }

    fn parts(&self) -> (&str, &str) {
        self.text.split_once("\n---\n").unwrap()
    }

    /// Its rules, with the built-in ones.
    pub fn rules(&self) -> RuleSet {
        let rules = RuleSet::builder().builtin();
        let rules = rules.text(RuleSource::User, Path::new(self.file), self.parts().0);
        rules.build().unwrap()
    }

    /// Its lines, each with its verdict and its command.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str, Command)> {
        let dir = self.lair.path().to_str().unwrap();
        let lines = self.parts().1.lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(move |line| {
            let (verdict, text) = line.split_once(": ").unwrap();
            (line, verdict, command(&text.replace("{dir}", dir)))
        })
    }
}

/// A directory with programs under other names than their own.
pub fn lair() -> tempfile::TempDir {
    let lair = tempfile::tempdir().unwrap();
    let dir = lair.path();
    let host = |name: &str| -> PathBuf {
        let path = std::env::var_os("PATH").unwrap();
        std::env::split_paths(&path)
            .map(|directory| directory.join(name))
            .find(|file| file.exists())
            .unwrap_or_else(|| panic!("{name} is installed"))
    };
    for folder in ["sub", "bin"] {
        fs::create_dir(dir.join(folder)).unwrap();
    }
    let rm = host("rm").canonicalize().unwrap();
    for copy in ["rm", "del", "bin/ls", "bin/git", "git"] {
        fs::copy(&rm, dir.join(copy)).unwrap();
    }
    for (script, line) in [("by_env", "env rm"), ("by_split", "env -S A=1 rm -v")] {
        let script = dir.join(script);
        fs::write(&script, format!("#!/usr/bin/{line}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink(&rm, dir.join("link")).unwrap();
    symlink(dir.join("link"), dir.join("link2")).unwrap();
    fs::hard_link(dir.join("del"), dir.join("hard")).unwrap();
    symlink(host("env"), dir.join("env2")).unwrap();
    for (name, interpreter) in [("on-rm", rm), ("on-link", dir.join("link2"))] {
        fs::write(dir.join(name), format!("#!{}\n", interpreter.display())).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    lair
}

/// The words of a line as a shell splits it: blanks separate, `'…'`, `"…"` and `$'…'` quote.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' | '"' => {
                let part: String = chars.by_ref().take_while(|&next| next != c).collect();
                word.get_or_insert_default().push_str(&part);
            }
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                let word = word.get_or_insert_default();
                while let Some(c) = chars.next().filter(|&c| c != '\'') {
                    word.push(if c == '\\' { escape(&mut chars) } else { c });
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn escape(chars: &mut impl Iterator<Item = char>) -> char {
    match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('u') => {
            let digits: String = chars.take_while(|&c| c != '}').skip(1).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
        }
        Some(c) => c,
        None => panic!("a backslash at the end"),
    }
}

/// The command of a line.
pub fn command(line: &str) -> Command {
    let mut words = split(line).into_iter().peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.starts_with('@')) {
        let (name, value) = variable[1..].split_once('=').unwrap();
        variables.push((name.to_owned(), value.to_owned()));
    }
    let program = words.next().unwrap();
    let command = words.fold(Command::new(program), Command::arg);
    variables
        .into_iter()
        .fold(command, |command, (name, value)| command.env(name, value))
}
