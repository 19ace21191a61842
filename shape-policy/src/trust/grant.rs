//! One thing that is trusted.

use super::covering::Asked;
use super::document;
use super::error::TrustError;
use super::scope::{Lifetime, Trust, TrustScope};
use crate::command::Word;
use crate::quote::Quoted;
use crate::resolve::digest::Digest;
use crate::resolve::program::{Program, without_number};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// How long [`Lifetime::Hour`] is.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a grant is called: a few hexadecimal digits, `command:NAME` for a name in `trusted_commands`, or
/// `run:NUMBER` for one that ends with the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantId(String);

impl GrantId {
    pub(super) fn new(id: String) -> Self {
        Self(id)
    }

    pub(super) fn of_command(name: &str) -> Self {
        Self(format!("command:{name}"))
    }

    pub(super) fn of_run(number: u64) -> Self {
        Self(format!("run:{number}"))
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that is trusted, and until when. It is serialised as it stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// What it is called.
    pub id: GrantId,
    /// The absolute path of the program, as [`Program::entry`] has it, or of the file of rules. For a name
    /// in `trusted_commands` that name, as it is written there.
    pub program: String,
    /// The arguments that it names; see the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// How much is trusted.
    pub scope: TrustScope,
    /// The directory that the command has to start in; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The files of the programs that the command runs in turn, in their order; any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// When it ends; `None` if it does not.
    #[serde(
        default,
        with = "document::time",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires: Option<Timestamp>,
    /// What the file of the program has to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe_sha256: Option<Digest>,
    /// What the file of rules has to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<Digest>,
    /// When it was given; `None` if that was not written down.
    #[serde(
        default,
        with = "document::time",
        skip_serializing_if = "Option::is_none"
    )]
    pub granted_at: Option<Timestamp>,
    /// Who gave it, for instance `terminal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// What else stands in the file.
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl Grant {
    /// A name in `trusted_commands`, as a grant.
    pub(super) fn of_command(name: &str) -> Self {
        Self {
            id: GrantId::of_command(name),
            program: name.to_owned(),
            args: Vec::new(),
            scope: TrustScope::Program,
            cwd: None,
            runs: Vec::new(),
            expires: None,
            exe_sha256: None,
            file_sha256: None,
            granted_at: None,
            granted_by: None,
            other: Map::new(),
        }
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// Whether it is for this command in this directory, with these files. Neither its end nor a digest is
    /// looked at.
    pub(super) fn is_for(&self, asked: &Asked<'_>) -> bool {
        let (program, args) = (asked.file, asked.args);
        if self
            .cwd
            .as_ref()
            .is_some_and(|own| Path::new(own) != asked.cwd)
        {
            return false;
        }
        let runs = self.runs.iter().map(Path::new);
        if !self.runs.is_empty() && !runs.eq(asked.runs.iter().copied()) {
            return false;
        }
        let is_entry = Path::new(&self.program) == program.entry();
        match self.scope {
            // What is trusted with any arguments is so by every link to it. Not so with some: a program
            // can do another thing when it is called by another name.
            TrustScope::Program => is_entry || Path::new(&self.program) == program.canonical(),
            TrustScope::Subcommand => {
                let named = self.args.len();
                is_entry && named > 0 && args.len() >= named && self.has_args(&args[..named])
            }
            TrustScope::Exact => is_entry && args.len() == self.args.len() && self.has_args(args),
            TrustScope::File => false,
        }
    }

    fn has_args(&self, args: &[Word<'_>]) -> bool {
        self.args
            .iter()
            .zip(args)
            .all(|(named, arg)| matches!(arg, Word::Text(text) if **text == *OsStr::new(named)))
    }

    /// Whether `other` trusts the same thing, for whatever time.
    pub(super) fn is_same_thing(&self, other: &Self) -> bool {
        self.names_same(other)
            && (self.exe_sha256, self.file_sha256) == (other.exe_sha256, other.file_sha256)
    }

    /// Whether `other` names the same, whatever the files have to hold.
    pub(super) fn names_same(&self, other: &Self) -> bool {
        let is_same =
            (self.scope, &self.program, &self.args) == (other.scope, &other.program, &other.args);
        is_same && (&self.cwd, &self.runs) == (&other.cwd, &other.runs)
    }
}

/// Something to be trusted, for [`TrustStore::add`](super::TrustStore::add).
#[derive(Debug, Clone, PartialEq)]
pub struct NewGrant {
    pub(super) grant: Grant,
    pub(super) lifetime: Lifetime,
}

impl NewGrant {
    /// Trust in `program`. With [`TrustScope::Subcommand`] `args` are the first arguments, see
    /// [`NewGrant::subcommand`], with [`TrustScope::Exact`] they are all, and with
    /// [`TrustScope::Program`] they do not count. `granted_by` says who gives it: `terminal`, `cli`.
    ///
    /// # Errors
    /// [`TrustError::NotText`]; [`TrustError::Meaningless`] for a subcommand without arguments and for
    /// [`TrustScope::File`]; with [`Lifetime::File`] [`TrustError::Unreadable`], and
    /// [`TrustError::Program`] if the file is not the one any more that was looked at.
    ///
    /// # Blocking
    /// With [`Lifetime::File`] as long as it takes to read the file.
    pub fn command(
        program: &Program,
        args: &[impl AsRef<OsStr>],
        trust: Trust,
        granted_by: impl Into<String>,
    ) -> Result<Self, TrustError> {
        let meaningless = |reason| TrustError::Meaningless {
            program: program.entry().to_owned(),
            reason,
        };
        let args = match trust.scope {
            TrustScope::Program => &[],
            TrustScope::Subcommand if args.is_empty() => {
                return Err(meaningless(
                    "no subcommand is named; trust the exact command instead",
                ));
            }
            TrustScope::Subcommand | TrustScope::Exact => args,
            TrustScope::File => {
                return Err(meaningless("it is a program and not a file of rules"));
            }
        };
        let exe_sha256 = match trust.lifetime {
            Lifetime::File => Some(digest_of(program)?),
            _ => None,
        };
        let now = now();
        let expires = match trust.lifetime {
            Lifetime::Hour => Some(now.saturating_add(HOUR).unwrap_or(now)),
            _ => None,
        };
        let grant = Grant {
            args: args
                .iter()
                .map(|arg| text(arg.as_ref()))
                .collect::<Result<_, _>>()?,
            scope: trust.scope,
            expires,
            exe_sha256,
            granted_at: Some(now),
            granted_by: Some(granted_by.into()),
            ..Grant::of_command(&text(program.entry().as_os_str())?)
        };
        Ok(Self {
            grant,
            lifetime: trust.lifetime,
        })
    }

    /// Trust, until it is revoked, in the file of rules at `path` as long as it has this digest.
    ///
    /// # Errors
    /// [`TrustError::NotText`].
    pub fn rules_file(
        path: &Path,
        digest: Digest,
        granted_by: impl Into<String>,
    ) -> Result<Self, TrustError> {
        let grant = Grant {
            scope: TrustScope::File,
            file_sha256: Some(digest),
            granted_at: Some(now()),
            granted_by: Some(granted_by.into()),
            ..Grant::of_command(&text(path.as_os_str())?)
        };
        Ok(Self {
            grant,
            lifetime: Lifetime::Always,
        })
    }

    /// This, for commands that start in the canonical `directory` alone.
    ///
    /// # Errors
    /// [`TrustError::NotText`].
    pub fn in_directory(mut self, directory: &Path) -> Result<Self, TrustError> {
        self.grant.cwd = Some(text(directory.as_os_str())?);
        Ok(self)
    }

    /// This, as long as the programs that the command runs in turn are these files.
    ///
    /// # Errors
    /// [`TrustError::NotText`].
    pub(crate) fn running(mut self, files: &[&Path]) -> Result<Self, TrustError> {
        let texts = files.iter().map(|file| text(file.as_os_str()));
        self.grant.runs = texts.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// This, ending at `end` at the latest.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        let expires = &mut self.grant.expires;
        *expires = Some(expires.map_or(end, |expires| expires.min(end)));
        self
    }

    /// The arguments that name the subcommand in `args`: the first one, unless there is none or it is an
    /// option.
    pub fn subcommand<T: AsRef<OsStr>>(args: &[T]) -> Option<&[T]> {
        let is_option = |arg: &T| arg.as_ref().as_encoded_bytes().starts_with(b"-");
        args.get(..1).filter(|first| !first.iter().any(is_option))
    }
}

/// Now, to the second.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

pub(super) fn text(text: &OsStr) -> Result<String, TrustError> {
    text.to_str()
        .map(str::to_owned)
        .ok_or_else(|| TrustError::NotText {
            text: Quoted::new(text).to_string(),
        })
}

/// What the file of a program holds, if it still is that file.
fn digest_of(program: &Program) -> Result<Digest, TrustError> {
    let path: PathBuf = program.canonical().to_owned();
    let digest = Digest::of_file(&path).map_err(|error| TrustError::Unreadable {
        reason: without_number(&error),
        path,
    })?;
    program.check_unchanged()?;
    Ok(digest)
}
