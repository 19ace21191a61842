//! What stands in a file of trust.

use super::error::TrustError;
use super::grant::{Grant, GrantId};
use super::revoke::Revoke;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// Characters of a message that are shown; it can quote all of a long text.
const REASON: usize = 200;

/// The whole file. What is not known is kept as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    #[serde(default, deserialize_with = "list_or_null")]
    pub(super) fs_directories: Vec<String>,
    #[serde(default, deserialize_with = "list_or_null")]
    pub(super) trusted_commands: Vec<String>,
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(super) trusted_domains: Vec<String>,
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(super) grants: Vec<Grant>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl Document {
    /// The document in `content`: empty if there is none, or only blanks. A list at the top is one of
    /// directories, as old files have it.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], which names `path`.
    pub(super) fn parse(content: Option<&[u8]>, path: &Path) -> Result<Self, TrustError> {
        let content = content.unwrap_or_default();
        let mut document = match content.trim_ascii_start().first() {
            None => Self::default(),
            Some(b'[') => Self {
                fs_directories: parse(content, path)?,
                ..Self::default()
            },
            Some(_) => parse(content, path)?,
        };
        document.sort();
        Ok(document)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], if something in it cannot be written as JSON.
    pub(super) fn print(&mut self, path: &Path) -> Result<Vec<u8>, TrustError> {
        self.sort();
        print(self, path)
    }

    fn sort(&mut self) {
        for list in [
            &mut self.fs_directories,
            &mut self.trusted_commands,
            &mut self.trusted_domains,
        ] {
            list.sort_unstable();
            list.dedup();
        }
        let key = |grant: &Grant| (grant.scope, grant.id.clone());
        self.grants.sort_by(|a, b| {
            (&a.program, &a.args)
                .cmp(&(&b.program, &b.args))
                .then_with(|| key(a).cmp(&key(b)))
        });
    }
}

impl Document {
    pub(super) fn drop_expired(&mut self) {
        let now = Timestamp::now();
        self.grants.retain(|grant| !grant.is_expired(now));
    }

    pub(super) fn add(&mut self, mut grant: Grant) -> Result<Grant, TrustError> {
        if let Some(known) = self
            .grants
            .iter_mut()
            .find(|known| known.is_same_thing(&grant))
        {
            known.expires = later(known.expires, grant.expires);
            return Ok(known.clone());
        }
        // What depended on another content of the program's file ended when that changed.
        if grant.exe_sha256.is_some() {
            self.grants
                .retain(|known| known.exe_sha256.is_none() || !known.names_same(&grant));
        }
        grant.id = GrantId::new(new_id(|id| {
            self.grants.iter().any(|grant| grant.id.as_str() == id)
        })?);
        self.grants.push(grant.clone());
        Ok(grant)
    }

    pub(super) fn take(&mut self, what: &Revoke) -> Vec<Grant> {
        let of_command = |name: &mut String| what.has(&Grant::of_command(name));
        let commands = self.trusted_commands.extract_if(.., of_command);
        let mut taken: Vec<Grant> = commands.map(|name| Grant::of_command(&name)).collect();
        taken.extend(self.grants.extract_if(.., |grant| what.has(grant)));
        taken
    }
}

/// The later of two ends.
pub(super) fn later(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// Eight hexadecimal digits that are not taken yet.
pub(super) fn new_id(is_taken: impl Fn(&str) -> bool) -> Result<String, TrustError> {
    loop {
        let mut bytes = [0; 4];
        rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).map_err(
            |errno| TrustError::NoRandomness {
                reason: crate::resolve::program::without_number(&errno.into()),
            },
        )?;
        let id = format!("{:08x}", u32::from_ne_bytes(bytes));
        if !is_taken(&id) {
            return Ok(id);
        }
    }
}

/// # Errors
/// [`TrustError::Malformed`].
pub(super) fn parse<T: DeserializeOwned>(content: &[u8], path: &Path) -> Result<T, TrustError> {
    serde_json::from_slice(content).map_err(|error| malformed(&error, path))
}

/// JSON with two blanks a level and a newline at the end.
///
/// # Errors
/// [`TrustError::Malformed`].
pub(super) fn print(value: &impl Serialize, path: &Path) -> Result<Vec<u8>, TrustError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| malformed(&error, path))?;
    text.push(b'\n');
    Ok(text)
}

fn malformed(error: &serde_json::Error, path: &Path) -> TrustError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    TrustError::Malformed {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        reason: shown(text.strip_suffix(&place).unwrap_or(&text)),
    }
}

/// A message that quotes the file, with what a terminal would obey written as an escape.
fn shown(message: &str) -> String {
    let mut shown = String::new();
    for c in message.chars().take(REASON) {
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

/// A list. `null` is what some writers make of an empty one.
pub(super) fn list_or_null<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A time as RFC 3339 has it, in UTC.
pub(super) mod time {
    use super::{Deserialize as _, Deserializer, Timestamp};
    use serde::Serializer;

    pub(in crate::trust) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::trust) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| super::parse_time(&text))
            .transpose()
    }
}

fn parse_time<E: serde::de::Error>(text: &str) -> Result<Timestamp, E> {
    text.parse()
        .map_err(|error| E::custom(format_args!("{text:?} is not a time: {error}")))
}
