//! `shape.toml`: named sets of permissions, limits and the audit of a project.

use crate::flags::{GrantFlags, ListFlag};
use crate::places;
use crate::plain;
use crate::report::{self, Status};
use shape_check::nearest;
use shape_policy::Quoted;
use shape_syntax::{Diagnostic, FileId, SourceMap, Span};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The name of the file.
const NAME: &str = "shape.toml";
/// The tables that it may have.
const TABLES: [&str; 3] = ["permissions", "guard", "audit"];
/// The keys of `[guard]`.
const LIMITS: [&str; 5] = [
    "runs",
    "per-program",
    "destructive",
    "network",
    "file-write",
];
/// The keys of a set beside those with lists.
const OTHER_KEYS: [&str; 4] = ["allow-shell", "allow-detach", "allow-all", "rules"];

/// What a project says about its runs.
#[derive(Debug)]
pub(crate) struct Config {
    path: PathBuf,
    sets: Vec<(String, GrantFlags)>,
    guard: Option<GuardTable>,
    audit: AuditTable,
}

/// `[guard]`: how often within a minute. What is not given is as usual, and 0 switches a limit off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GuardTable {
    pub(crate) runs: Option<u32>,
    pub(crate) per_program: Option<u32>,
    pub(crate) destructive: Option<u32>,
    pub(crate) network: Option<u32>,
    pub(crate) file_write: Option<u32>,
}

/// `[audit]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AuditTable {
    /// Whether nothing runs when it cannot be written.
    pub(crate) required: bool,
}

/// A `shape.toml` that cannot be used.
#[derive(Debug)]
pub(crate) enum Invalid {
    /// It cannot be read, or has not what is asked for.
    Whole {
        message: String,
        help: Option<String>,
    },
    /// What is wrong in it.
    Parts {
        sources: SourceMap,
        problems: Vec<Diagnostic>,
    },
}

impl Invalid {
    /// Says so; returns the status to end with.
    pub(crate) fn tell(&self) -> Status {
        match self {
            Self::Whole { message, help } => report::failure(message, help.as_deref()),
            Self::Parts { sources, problems } => report::diagnostics(sources, problems),
        }
        Status::REFUSED
    }

    /// All of it in a line.
    pub(crate) fn message(&self) -> String {
        let (sources, problems) = match self {
            Self::Whole { message, .. } => return message.clone(),
            Self::Parts { sources, problems } => (sources, problems),
        };
        let lines = problems.iter().map(|problem| {
            let (line, column) = sources.line_col(problem.span);
            let name = sources.name(problem.span.file);
            format!("{name}:{line}:{column}: {}", problem.message)
        });
        lines.collect::<Vec<_>>().join("; ")
    }
}

/// What the `shape.toml` that is nearest to `directory`, upwards from there, says, if there is one.
///
/// # Errors
/// It cannot be read or understood.
pub(crate) fn find(directory: &Path) -> Result<Option<Config>, Invalid> {
    let Some(path) = places::nearest(directory, NAME) else {
        return Ok(None);
    };
    match plain::read(&path) {
        Ok(text) => Config::parse(&path, &text).map(Some),
        Err(error) => Err(Invalid::Whole {
            message: format!("cannot read {}: {error}", Quoted::new(&path)),
            help: None,
        }),
    }
}

/// The set of this name in what was found.
///
/// # Errors
/// There is none.
pub(crate) fn set(config: Option<&Config>, name: &str) -> Result<GrantFlags, Invalid> {
    let Some(config) = config else {
        return Err(Invalid::Whole {
            message: format!("there is no {NAME} here that could have the permission set {name:?}"),
            help: Some(format!(
                "write {NAME} with a table [permissions.{name}], or give the flags"
            )),
        });
    };
    let names = || config.sets.iter().map(|(name, _)| name.as_str());
    let found = config.sets.iter().find(|(known, _)| known == name);
    found.map(|(_, set)| set.clone()).ok_or_else(|| {
        let nearest = nearest(name, names());
        let nearest = nearest.map(|near| format!("did you mean {near:?}? "));
        let known = match names().collect::<Vec<_>>() {
            names if names.is_empty() => "it has no set".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        Invalid::Whole {
            message: format!(
                "{} has no permission set {name:?}",
                Quoted::new(&config.path)
            ),
            help: Some(nearest.unwrap_or_default() + &known),
        }
    })
}

impl Config {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says beside the sets.
    pub(crate) fn into_tables(self) -> (Option<GuardTable>, AuditTable) {
        (self.guard, self.audit)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Invalid> {
        let mut sources = SourceMap::new();
        let file = sources.add(path.to_string_lossy().as_ref(), text);
        let mut reader = Reader {
            file,
            problems: Vec::new(),
        };
        let mut config = Self {
            path: path.to_owned(),
            sets: Vec::new(),
            guard: None,
            audit: AuditTable::default(),
        };
        match DeTable::parse(text) {
            Ok(tables) => config.fill(tables.get_ref(), &mut reader),
            Err(error) => reader.add(error.span().unwrap_or_default(), error.message(), None),
        }
        let mut problems = reader.problems;
        problems.sort_by_key(|problem| problem.span);
        match problems.is_empty() {
            true => Ok(config),
            false => Err(Invalid::Parts { sources, problems }),
        }
    }

    fn fill(&mut self, tables: &DeTable<'_>, reader: &mut Reader) {
        for (key, value) in tables {
            match key.get_ref().as_ref() {
                "permissions" => {
                    for (name, set) in reader.table(value) {
                        let flags = self.read_set(set, reader);
                        self.sets.push((name.get_ref().to_string(), flags));
                    }
                }
                "guard" => self.guard = Some(read_guard(value, reader)),
                "audit" => self.audit = self.read_audit(value, reader),
                _ => reader.unknown(key, &TABLES),
            }
        }
    }

    fn read_set(&self, set: &Spanned<DeValue<'_>>, reader: &mut Reader) -> GrantFlags {
        let mut flags = GrantFlags::default();
        for (key, value) in reader.table(set) {
            let name = key.get_ref().as_ref();
            match name {
                "allow-shell" => flags.allow_shell = reader.switch(value),
                "allow-detach" => flags.allow_detach = reader.switch(value),
                "allow-all" => flags.allow_all = reader.switch(value),
                "rules" => {
                    let files = reader.list(value, "a list of files");
                    flags
                        .rules
                        .extend(files.iter().map(|(_, file)| self.beside(file)));
                }
                _ => match ListFlag::ALL.iter().find(|flag| flag.key() == name) {
                    Some(flag) => fill_list(&mut flags, *flag, value, reader),
                    None => {
                        let lists = ListFlag::ALL.iter().map(|flag| flag.key());
                        let keys: Vec<&str> = lists.chain(OTHER_KEYS).collect();
                        reader.unknown(key, &keys);
                    }
                },
            }
        }
        flags
    }

    fn read_audit(&self, table: &Spanned<DeValue<'_>>, reader: &mut Reader) -> AuditTable {
        let mut audit = AuditTable::default();
        for (key, value) in reader.table(table) {
            match key.get_ref().as_ref() {
                "required" => audit.required = reader.switch(value),
                _ => reader.unknown(key, &["required"]),
            }
        }
        audit
    }

    /// What a path in the file means: it is relative to the file.
    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

fn fill_list(
    flags: &mut GrantFlags,
    flag: ListFlag,
    value: &Spanned<DeValue<'_>>,
    reader: &mut Reader,
) {
    match value.get_ref() {
        DeValue::Boolean(true) => flags.add_all(flag),
        DeValue::Boolean(false) => {}
        _ => {
            for (span, entry) in reader.list(value, "a list of texts, or true for all") {
                if let Err(why) = flags.add(flag, &entry) {
                    reader.add(span, &why, None);
                }
            }
        }
    }
}

fn read_guard(table: &Spanned<DeValue<'_>>, reader: &mut Reader) -> GuardTable {
    let mut guard = GuardTable::default();
    for (key, value) in reader.table(table) {
        let limit = match key.get_ref().as_ref() {
            "runs" => &mut guard.runs,
            "per-program" => &mut guard.per_program,
            "destructive" => &mut guard.destructive,
            "network" => &mut guard.network,
            "file-write" => &mut guard.file_write,
            _ => {
                reader.unknown(key, &LIMITS);
                continue;
            }
        };
        let number = value.get_ref().as_integer();
        *limit = number.and_then(|it| u32::from_str_radix(it.as_str(), it.radix()).ok());
        if limit.is_none() {
            reader.expected(
                value,
                "how often within a minute, as in 60, or 0 for no limit",
            );
        }
    }
    guard
}

type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// Notes what is wrong.
struct Reader {
    file: FileId,
    problems: Vec<Diagnostic>,
}

impl Reader {
    fn add(&mut self, at: Range<usize>, message: &str, help: Option<String>) {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(self.file, offset(at.start), offset(at.end));
        let mut problem = Diagnostic::error("", span, message.trim());
        problem.help = help;
        self.problems.push(problem);
    }

    fn expected(&mut self, value: &Spanned<DeValue<'_>>, what: &str) {
        let found = value.get_ref().type_str();
        self.add(value.span(), &format!("expected {what}, not {found}"), None);
    }

    fn unknown(&mut self, key: &Spanned<DeString<'_>>, known: &[&str]) {
        let name = key.get_ref().as_ref();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.add(key.span(), &format!("unknown key {name:?}"), Some(help));
    }

    /// The entries of a table; none, and that is noted, if it is something else.
    fn table<'a, 'i>(&mut self, value: &'a Spanned<DeValue<'i>>) -> Vec<Entry<'a, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => table.iter().collect(),
            _ => {
                self.expected(value, "a table");
                Vec::new()
            }
        }
    }

    fn switch(&mut self, value: &Spanned<DeValue<'_>>) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.expected(value, "true or false");
            false
        })
    }

    /// The texts of a list and their places.
    fn list(&mut self, value: &Spanned<DeValue<'_>>, what: &str) -> Vec<(Range<usize>, String)> {
        let Some(items) = value.get_ref().as_array() else {
            self.expected(value, what);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => texts.push((item.span(), text.to_owned())),
                None => self.expected(item, "a text in quotes"),
            }
        }
        texts
    }
}
