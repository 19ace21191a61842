//! `shape trust`

use crate::args::Format;
use crate::places::{NO_HOME, Places};
use crate::plain;
use crate::policy_args::{
    Scope, Time, TrustAddArgs, TrustApproveArgs, TrustCommand, TrustListArgs, TrustRevokeArgs,
};
use crate::report::{self, Status};
use crate::shown;
use serde_json::json;
use shape_policy::{
    Digest, EnvChanges, Grant, Lifetime, NewGrant, Pending, Quoted, Request, Resolver, Revoke,
    RuleSet, RuleSource, Trust, TrustError, TrustScope, TrustStore,
};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

/// Who gives what is given here.
const BY: &str = "cli";

/// Lists, gives and takes back.
pub(crate) fn main(command: TrustCommand) -> Result<(), Status> {
    let places = Places::of_this_process();
    match command {
        TrustCommand::List(args) => list(&args, &places),
        TrustCommand::Add(args) => add(args, &places),
        TrustCommand::Revoke(args) => revoke(&args, &places),
        TrustCommand::Approve(args) => approve(&args, &places),
    }
}

/// The store at its place.
///
/// # Errors
/// There is no place, or what is there cannot be read.
fn store(places: &Places) -> Result<TrustStore, Status> {
    let path = places.trust().ok_or_else(|| report::usage(NO_HOME))?;
    TrustStore::open(path).map_err(failed)
}

fn failed(error: TrustError) -> Status {
    report::failure(&error.to_string(), None);
    Status::FAILED
}

fn list(args: &TrustListArgs, places: &Places) -> Result<(), Status> {
    let store = store(places)?;
    let grants = store.grants().map_err(failed)?;
    let directories = store.directories().map_err(failed)?;
    let domains = store.domains().map_err(failed)?;
    let mut text = String::new();
    match args.output_format {
        Format::Json => {
            let all = json!({
                "grants": grants,
                "fs_directories": directories,
                "trusted_domains": domains,
            });
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{all}");
        }
        Format::Text => {
            grants.iter().for_each(|grant| describe(&mut text, grant));
            for (kind, entries) in [("directory", directories), ("domain", domains)] {
                for entry in entries {
                    let _ = writeln!(text, "{kind:<9} {}", shown::word(&entry));
                }
            }
        }
    }
    report::print(&text)?;
    if text.is_empty() {
        report::note("nothing is trusted");
    }
    Ok(())
}

/// A line about a grant.
fn describe(text: &mut String, grant: &Grant) {
    let words = [&grant.program].into_iter().chain(&grant.args);
    let command = shown::command(words.map(OsStr::new));
    let what = match grant.scope {
        TrustScope::Program => "with any arguments",
        TrustScope::Subcommand => "and whatever follows",
        TrustScope::Exact => "exactly",
        TrustScope::File => "the rules file",
        _ => "as the file says",
    };
    let until = match (&grant.expires, &grant.exe_sha256, &grant.file_sha256) {
        (Some(end), _, _) => format!("until {end}"),
        (None, Some(_), _) | (None, _, Some(_)) => "until the file changes".to_owned(),
        (None, None, None) => "until it is revoked".to_owned(),
    };
    let place = grant.cwd.as_ref();
    let place = place.map_or_else(String::new, |cwd| format!("; in {}", shown::word(cwd)));
    let by = grant.granted_by.as_deref().unwrap_or("somebody");
    let since = grant.granted_at.map(|at| format!(" at {at}"));
    let _ = writeln!(
        text,
        "{:<8}  {command} ({what}; {until}{place}; given by {}{})",
        grant.id.as_str(),
        shown::sentence(by),
        since.unwrap_or_default()
    );
}

fn add(args: TrustAddArgs, places: &Places) -> Result<(), Status> {
    let store = store(places)?;
    let new = match &args.file {
        Some(file) => rules_file(file)?,
        None => command(&args)?,
    };
    let grant = store.add(new).map_err(failed)?;
    told("trusted", &[grant])
}

/// Trust in a rules file as it is now, if it is one.
fn rules_file(file: &Path) -> Result<NewGrant, Status> {
    let unreadable = |error: std::io::Error| {
        report::usage(&format!("cannot read {}: {error}", Quoted::new(file)))
    };
    let path = file.canonicalize().map_err(unreadable)?;
    let text = plain::read(&path).map_err(unreadable)?;
    let rules = RuleSet::builder()
        .text(RuleSource::User, &path, &text)
        .build();
    rules.map_err(|error| report::rule_error(&error))?;
    NewGrant::rules_file(&path, Digest::of(text.as_bytes()), BY).map_err(failed)
}

fn command(args: &TrustAddArgs) -> Result<NewGrant, Status> {
    let mut words = args.command.iter();
    let program = words.next().map_or(OsStr::new(""), |word| word);
    let rest: Vec<OsString> = words.cloned().collect();
    let scope = match (args.scope, rest.is_empty()) {
        (Some(scope), _) => scope.into(),
        (None, true) => TrustScope::Program,
        (None, false) => TrustScope::Subcommand,
    };
    if scope == TrustScope::Program && !rest.is_empty() {
        return Err(report::usage(
            "--scope=program is about the program whatever its arguments; leave them out",
        ));
    }
    let request = Request {
        program,
        args: &rest,
        cwd: None,
        env: &EnvChanges::default(),
    };
    let resolved = Resolver::new().resolve(&request);
    let resolved = resolved.map_err(|error| report::usage(&error.to_string()))?;
    let trust = Trust {
        scope,
        lifetime: args.lifetime.into(),
    };
    NewGrant::command(resolved.program(), &rest, trust, BY).map_err(failed)
}

fn revoke(args: &TrustRevokeArgs, places: &Places) -> Result<(), Status> {
    let store = store(places)?;
    let Some(which) = &args.which else {
        return told("revoked", &store.revoke(&Revoke::All).map_err(failed)?);
    };
    let Some(which) = which.to_str() else {
        return Err(report::usage(&format!(
            "{} is not UTF-8",
            Quoted::new(which)
        )));
    };
    let grants = store.grants().map_err(failed)?;
    let is_id = grants.iter().any(|grant| grant.id.as_str() == which);
    let what = match is_id {
        true => Revoke::Id(which.to_owned()),
        false => Revoke::Program(which.to_owned()),
    };
    let revoked = store.revoke(&what).map_err(failed)?;
    if revoked.is_empty() {
        let message = format!("nothing that is trusted is called {}", Quoted::new(which));
        report::failure(&message, Some("`shape trust list` shows what is"));
        return Err(Status::FAILED);
    }
    told("revoked", &revoked)
}

/// Says what was given or taken back.
fn told(what: &str, grants: &[Grant]) -> Result<(), Status> {
    let mut text = String::new();
    for grant in grants {
        text.push_str(what);
        text.push_str(": ");
        describe(&mut text, grant);
    }
    report::print(&text)
}

fn approve(args: &TrustApproveArgs, places: &Places) -> Result<(), Status> {
    let path = places.pending().ok_or_else(|| report::usage(NO_HOME))?;
    let pending = Pending::new(path);
    let Some(id) = &args.id else {
        return list_pending(&pending, args.output_format);
    };
    let trust = Trust {
        scope: args.scope.into(),
        lifetime: args.lifetime.into(),
    };
    let grant = pending
        .approve(id, trust, &store(places)?, BY)
        .map_err(failed)?;
    told("trusted", &[grant])
}

fn list_pending(pending: &Pending, format: Format) -> Result<(), Status> {
    let questions = pending.list().map_err(failed)?;
    let mut text = String::new();
    if format == Format::Json {
        let _ = writeln!(text, "{}", json!({ "pending": questions }));
        return report::print(&text);
    }
    for question in &questions {
        let words = [&question.program].into_iter().chain(&question.args);
        let command = shown::command(words.map(OsStr::new));
        let _ = writeln!(text, "{:<8}  {command}", shown::word(&question.id));
        let _ = writeln!(text, "          in {}", shown::word(&question.cwd));
        let asked = question.asked_at.map(|at| format!(", asked at {at}"));
        let reason = shown::sentence(&question.reason);
        let _ = writeln!(text, "          {reason}{}", asked.unwrap_or_default());
        if let Some(why) = &question.incomplete {
            let _ = writeln!(
                text,
                "          cannot be approved: {}",
                shown::sentence(why)
            );
        }
    }
    report::print(&text)?;
    if questions.is_empty() {
        report::note("no question waits for an answer");
    }
    Ok(())
}

impl From<Scope> for TrustScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Program => Self::Program,
            Scope::Subcommand => Self::Subcommand,
            Scope::Exact => Self::Exact,
        }
    }
}

impl From<Time> for Lifetime {
    fn from(time: Time) -> Self {
        match time {
            Time::Hour => Self::Hour,
            Time::File => Self::File,
            Time::Always => Self::Always,
        }
    }
}
