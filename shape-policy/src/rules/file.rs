//! A rules file, read.

use super::args::{ArgPattern, MAX_ARGS};
use super::entry::check_option;
use super::error::{Text, nearest};
use super::glob::{Pattern, Star};
use super::program::ProgramPattern;
use super::rule::{Reach, Rule};
use super::self_test::{Expected, Line, SelfTest};
use super::words::{Extent, Words};
use super::{Decision, RuleError, RuleRef, RuleSource};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The largest rules file that is read, in bytes.
pub(super) const MAX_FILE: u64 = 1 << 20;

const TOP_KEYS: &[&str] = &["disable", "rule"];
const RULE_KEYS: &[&str] = &[
    "id",
    "program",
    "args",
    "words",
    "exact",
    "require_options",
    "forbid_options",
    "sets",
    "writes",
    "opaque",
    "decision",
    "reason",
    "match",
    "not_match",
];

/// What a file says.
#[derive(Default)]
pub(super) struct RulesFile {
    pub(super) rules: Vec<FileRule>,
    /// The built-in rules that it switches off, and where it says so.
    pub(super) disable: Vec<(String, Range<usize>)>,
}

/// A rule of a file.
pub(super) struct FileRule {
    pub(super) rule: Rule,
    pub(super) tests: Vec<SelfTest>,
    /// Where its decision stands.
    pub(super) decision_span: Range<usize>,
}

/// A value with its place.
type Value<'t> = Spanned<DeValue<'t>>;

/// Reads what `text` says. No self-test is run.
///
/// # Errors
/// The first thing in it that is not understood.
pub(super) fn read(text: &Text<'_>, source: RuleSource) -> Result<RulesFile, RuleError> {
    let document = DeTable::parse(text.as_str()).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let help = "a rules file is TOML, with one `[[rule]]` for each rule";
        text.error(span, error.message().to_owned(), help.to_owned())
    })?;
    let reader = Reader { text, source };
    let top = document.get_ref();
    reader.check_keys(top, TOP_KEYS, "a rules file")?;
    let mut file = RulesFile::default();
    if let Some(disable) = top.get("disable") {
        let all = reader.list(disable, "`disable`", "`disable = [\"id\"]`")?;
        for id in all {
            let text = reader.text_of(id, "an entry of `disable`", "`disable = [\"id\"]`")?;
            file.disable.push((text.to_owned(), id.span()));
        }
    }
    let Some(rules) = top.get("rule") else {
        return Ok(file);
    };
    let mut lines: HashMap<String, u32> = HashMap::new();
    for rule in reader.list(rules, "`rule`", "`[[rule]]` with its keys below")? {
        let rule = reader.rule(rule, &mut lines)?;
        file.rules.push(rule);
    }
    Ok(file)
}

struct Reader<'r, 't> {
    text: &'r Text<'t>,
    source: RuleSource,
}

impl Reader<'_, '_> {
    fn rule(
        &self,
        value: &Value<'_>,
        lines: &mut HashMap<String, u32>,
    ) -> Result<FileRule, RuleError> {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong_type(value, "`rule`", "a table", "`[[rule]]` with its keys below");
        };
        self.check_keys(table, RULE_KEYS, "a rule")?;
        let line = self.text.line(value.span().start);
        let id = self.id(
            self.required(value, table, "id", "`id = \"a-name\"`")?,
            line,
            lines,
        )?;
        let example = "`program = \"git\"`, or `program = \"*\"` for every program";
        let programs = self.programs(self.required(value, table, "program", example)?)?;
        let example = "`decision = \"deny\"`, or `ask` or `allow`";
        let decision_at = self.required(value, table, "decision", example)?;
        let decision = self.decision(decision_at)?;
        let reason = match table.get("reason") {
            Some(reason) => {
                Some(self.text_of(reason, "`reason`", "`reason = \"it deletes backups\"`")?)
            }
            None => None,
        };
        let place = RuleRef {
            id,
            source: self.source,
            file: (self.source != RuleSource::Builtin).then(|| self.text.file.to_owned()),
            line: (self.source != RuleSource::Builtin).then_some(line),
            decision,
            reason: reason.map(str::to_owned),
        };
        let rule = Rule {
            place: Arc::new(place),
            programs,
            args: self.args(table)?,
            words: self.words(table)?,
            require: self.require(table)?,
            forbid: self.options(table, "forbid_options")?,
            sets: self.patterns(table, "sets", Star::Text)?,
            writes: self.patterns(table, "writes", Star::Part)?,
            opaque: self.patterns(table, "opaque", Star::Text)?,
            reach: Reach::Known,
        };
        let mut tests = self.tests(table, "match", Expected::Match)?;
        tests.extend(self.tests(table, "not_match", Expected::NoMatch)?);
        Ok(FileRule {
            rule,
            tests,
            decision_span: decision_at.span(),
        })
    }

    fn id(
        &self,
        value: &Value<'_>,
        line: u32,
        lines: &mut HashMap<String, u32>,
    ) -> Result<String, RuleError> {
        let id = self.text_of(value, "`id`", "`id = \"a-name\"`")?;
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_graphic()) {
            return self.error(
                value,
                "an `id` has ASCII letters, digits and signs, without blanks".to_owned(),
                "write for instance `id = \"no-force-push\"`",
            );
        }
        if let Some(first) = lines.insert(id.to_owned(), line) {
            return self.error(
                value,
                format!("there is another rule with the id `{id}`, at line {first}"),
                "give each rule an id of its own",
            );
        }
        Ok(id.to_owned())
    }

    fn programs(&self, value: &Value<'_>) -> Result<Vec<ProgramPattern>, RuleError> {
        let mut programs = Vec::new();
        for (text, at) in self.texts(value, "`program`", "`program = \"git\"`")? {
            let parsed = ProgramPattern::parse(text);
            programs.extend(self.understood(parsed, at, "program", text)?);
        }
        if programs.is_empty() {
            return self.error(
                value,
                "`program` names no program".to_owned(),
                "write for instance `program = \"git\"`, or `program = \"*\"` for every program",
            );
        }
        Ok(programs)
    }

    fn decision(&self, value: &Value<'_>) -> Result<Decision, RuleError> {
        let written = self.text_of(value, "`decision`", "`decision = \"deny\"`")?;
        Ok(match written {
            "allow" => Decision::Allow,
            "ask" => Decision::Ask,
            "deny" => Decision::Deny,
            _ => {
                let help = match nearest(written, ["allow", "ask", "deny"].into_iter()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write `allow`, `ask` or `deny`".to_owned(),
                };
                let message = format!("`{}` is no decision", shown(written));
                return Err(self.text.error(value.span(), message, help));
            }
        })
    }

    fn args(&self, table: &DeTable<'_>) -> Result<Vec<ArgPattern>, RuleError> {
        const EXAMPLE: &str = "`args = [[\"status\", \"log\"], \"*\"]`";
        let Some(value) = table.get("args") else {
            return Ok(Vec::new());
        };
        let positions = self.list(value, "`args`", EXAMPLE)?;
        if positions.len() > MAX_ARGS {
            return self.error(
                value,
                format!("`args` has more than {MAX_ARGS} positions"),
                "leave out the last ones: more arguments may follow",
            );
        }
        let mut args = Vec::with_capacity(positions.len());
        for position in positions {
            if matches!(position.get_ref(), DeValue::String(text) if text == "**") {
                args.push(ArgPattern::Any);
                continue;
            }
            let mut alternatives = Vec::new();
            for (text, at) in self.texts(position, "an entry of `args`", EXAMPLE)? {
                if text.len() > 1 && text.starts_with('-') {
                    return self.error(
                        at,
                        format!("`{}` is an option, and `args` is about what is none", shown(text)),
                        "write it into `require_options`, which finds it anywhere and in every spelling, or \
                         use `words`, which is about the arguments as they are written",
                    );
                }
                let parsed = Pattern::parse(text, Star::Text);
                alternatives.extend(self.understood(parsed, at, "args", text)?);
            }
            if alternatives.is_empty() {
                return self.error(
                    position,
                    "an entry of `args` has no alternatives".to_owned(),
                    "write `\"*\"` for any argument, `\"**\"` for any number of them",
                );
            }
            args.push(ArgPattern::OneOf(alternatives));
        }
        Ok(args)
    }

    fn words(&self, table: &DeTable<'_>) -> Result<Option<Words>, RuleError> {
        const EXAMPLE: &str = "`words = [\"log\", \"--oneline\"]`";
        let extent = match table.get("exact") {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::Boolean(true) => Some(Extent::Exact),
                DeValue::Boolean(false) => Some(Extent::Open),
                _ => return self.wrong_type(value, "`exact`", "true or false", "`exact = true`"),
            },
        };
        let positions = match (table.get("words"), table.get("exact")) {
            (Some(value), _) => self.list(value, "`words`", EXAMPLE)?,
            (None, None) => return Ok(None),
            (None, Some(exact)) => {
                return self.error(
                    exact,
                    "`exact` says that nothing follows `words`, and there are none".to_owned(),
                    &format!("write {EXAMPLE}, or `words = []` for a command without arguments"),
                );
            }
        };
        let mut patterns = Vec::with_capacity(positions.len());
        for position in positions {
            let mut alternatives = Vec::new();
            for (text, at) in self.texts(position, "an entry of `words`", EXAMPLE)? {
                let parsed = Pattern::parse(text, Star::Text);
                alternatives.extend(self.understood(parsed, at, "words", text)?);
            }
            if alternatives.is_empty() {
                return self.error(
                    position,
                    "an entry of `words` has no alternatives".to_owned(),
                    "write `\"*\"` for any argument",
                );
            }
            patterns.push(alternatives);
        }
        Ok(Some(Words {
            patterns,
            extent: extent.unwrap_or(Extent::Open),
        }))
    }

    fn require(&self, table: &DeTable<'_>) -> Result<Vec<Vec<Box<str>>>, RuleError> {
        const EXAMPLE: &str = "`require_options = [[\"-f\", \"--force\"]]`";
        let Some(value) = table.get("require_options") else {
            return Ok(Vec::new());
        };
        let mut entries = Vec::new();
        for entry in self.list(value, "`require_options`", EXAMPLE)? {
            let mut options = Vec::new();
            for (text, at) in self.texts(entry, "an entry of `require_options`", EXAMPLE)? {
                options.push(self.option(text, at)?);
            }
            if options.is_empty() {
                return self.error(
                    entry,
                    "an entry of `require_options` has no alternatives".to_owned(),
                    &format!("write for instance {EXAMPLE}"),
                );
            }
            entries.push(options);
        }
        Ok(entries)
    }

    fn options(&self, table: &DeTable<'_>, key: &str) -> Result<Vec<Box<str>>, RuleError> {
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let example = format!("`{key} = [\"-c\", \"--output\"]`");
        let texts = self.texts(value, &format!("`{key}`"), &example)?;
        texts
            .into_iter()
            .map(|(text, at)| self.option(text, at))
            .collect()
    }

    fn option(&self, text: &str, at: &Value<'_>) -> Result<Box<str>, RuleError> {
        match check_option(text) {
            Ok(()) => Ok(text.into()),
            Err(reason) => self.error(at, reason, "write for instance `-c` or `--output`"),
        }
    }

    fn patterns(
        &self,
        table: &DeTable<'_>,
        key: &str,
        star: Star,
    ) -> Result<Vec<Pattern>, RuleError> {
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let example = match key {
            "sets" => "`sets = [\"LD_*\"]`",
            "writes" => "`writes = [\"/etc/**\"]`",
            _ => "`opaque = [\"*\"]`",
        };
        let mut patterns = Vec::new();
        for (text, at) in self.texts(value, &format!("`{key}`"), example)? {
            patterns.extend(self.understood(Pattern::parse(text, star), at, key, text)?);
        }
        if patterns.is_empty() {
            return self.error(
                value,
                format!("`{key}` is empty"),
                &format!("leave it out, or write for instance {example}"),
            );
        }
        Ok(patterns)
    }

    fn tests(
        &self,
        table: &DeTable<'_>,
        key: &str,
        expected: Expected,
    ) -> Result<Vec<SelfTest>, RuleError> {
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let example = format!("`{key} = [\"git push\"]`");
        let mut tests = Vec::new();
        for line in self.list(value, &format!("`{key}`"), &example)? {
            let of_line = format!("an entry of `{key}`");
            let line_read = match line.get_ref() {
                DeValue::String(text) => Line::Text(text.to_string()),
                _ => {
                    let words = self.texts(line, &of_line, &example)?;
                    Line::Words(words.into_iter().map(|(word, _)| word.into()).collect())
                }
            };
            tests.push(SelfTest {
                line: line_read,
                expected,
                span: line.span(),
            });
        }
        Ok(tests)
    }

    fn check_keys(
        &self,
        table: &DeTable<'_>,
        known: &[&str],
        whose: &str,
    ) -> Result<(), RuleError> {
        let unknown = table
            .iter()
            .map(|(key, _)| key)
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else {
            return Ok(());
        };
        let help = match nearest(key.get_ref(), known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let all: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
                format!("it has {}", all.join(", "))
            }
        };
        let message = format!("{whose} has no `{}`", shown(key.get_ref()));
        Err(self.text.error(key.span(), message, help))
    }

    fn required<'v, 't>(
        &self,
        rule: &Value<'_>,
        table: &'v DeTable<'t>,
        key: &str,
        example: &str,
    ) -> Result<&'v Value<'t>, RuleError> {
        match table.get(key) {
            Some(value) => Ok(value),
            None => self.error(
                rule,
                format!("the rule has no `{key}`"),
                &format!("write {example}"),
            ),
        }
    }

    fn list<'v, 't>(
        &self,
        value: &'v Value<'t>,
        whose: &str,
        example: &str,
    ) -> Result<&'v [Value<'t>], RuleError> {
        match value.get_ref() {
            DeValue::Array(list) => Ok(list),
            _ => self.wrong_type(value, whose, "a list", example),
        }
    }

    fn text_of<'v>(
        &self,
        value: &'v Value<'_>,
        whose: &str,
        example: &str,
    ) -> Result<&'v str, RuleError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => self.wrong_type(value, whose, "a string", example),
        }
    }

    /// One string, or those of a list.
    fn texts<'v, 't>(
        &self,
        value: &'v Value<'t>,
        whose: &str,
        example: &str,
    ) -> Result<Vec<(&'v str, &'v Value<'t>)>, RuleError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(vec![(text, value)]),
            DeValue::Array(list) => list
                .iter()
                .map(|value| Ok((self.text_of(value, whose, example)?, value)))
                .collect(),
            _ => self.wrong_type(value, whose, "a string or a list of strings", example),
        }
    }

    fn understood<T>(
        &self,
        parsed: Result<T, String>,
        at: &Value<'_>,
        key: &str,
        text: &str,
    ) -> Result<T, RuleError> {
        parsed.map_err(|reason| {
            let (message, help) = match reason.split_once("; ") {
                Some((reason, help)) => (reason.to_owned(), help.to_owned()),
                None => (reason, format!("correct the entry of `{key}`")),
            };
            let message = format!("`{}` is not understood: {message}", shown(text));
            self.text.error(at.span(), message, help)
        })
    }

    fn wrong_type<T>(
        &self,
        value: &Value<'_>,
        whose: &str,
        expected: &str,
        example: &str,
    ) -> Result<T, RuleError> {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(
            value,
            format!("{whose} is {expected}, not {found}"),
            &format!("write {example}"),
        )
    }

    fn error<T>(&self, at: &Value<'_>, message: String, help: &str) -> Result<T, RuleError> {
        Err(self.text.error(at.span(), message, help.to_owned()))
    }
}

/// A text of the file in a message: nothing in it can hide.
fn shown(text: &str) -> String {
    let quoted = crate::Quoted::new(text).to_string();
    quoted.trim_matches('"').to_owned()
}

/// The text of the file at `path`.
///
/// # Errors
/// It cannot be read, is no plain file, is larger than [`MAX_FILE`], or is not UTF-8.
pub(super) fn load(path: &Path) -> Result<String, RuleError> {
    use std::io::Read as _;
    let refuse = |message: String, help: &str| Err(RuleError::of_file(path, message, help));
    let unreadable = |error: std::io::Error| {
        let reason = crate::resolve::program::without_number(&error);
        let help = "make the file readable, or do not name it";
        RuleError::of_file(path, format!("the rules cannot be read: {reason}"), help)
    };
    // A pipe would make us wait, and what it held would be gone.
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return refuse("it is no plain file".to_owned(), "name a file with rules"),
        Err(error) => return Err(unreadable(error)),
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return refuse(
            "the rules take more than 1 MiB".to_owned(),
            "join rules with lists and globs",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let message = "the byte here is not UTF-8".to_owned();
            Err(Text::new(path, &text).error(at..at + 1, message, "save the file as UTF-8".into()))
        }
    }
}
