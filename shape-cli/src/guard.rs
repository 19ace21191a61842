//! `shape guard`

use crate::args::Format;
use crate::places::{NO_HOME, Places};
use crate::policy_args::{GuardCommand, GuardStatusArgs};
use crate::report::{self, Status};
use crate::shown;
use serde_json::json;
use shape_policy::{Guard, GuardError, GuardMode, GuardStatus, Limits, WindowOf, WindowStatus};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Shows or changes the state that all processes of the user share.
pub(crate) fn main(command: GuardCommand) -> Result<(), Status> {
    let path = Places::of_this_process().guard();
    let path = path.ok_or_else(|| report::usage(NO_HOME))?;
    match command {
        GuardCommand::Status(args) => status(&args, path),
        GuardCommand::Lockdown(args) => {
            let reason = args.reason.as_deref().unwrap_or("no reason was given");
            open(path)?.lockdown(reason).map_err(failed)?;
            report::print("locked down: nothing runs until `shape guard reset`\n")
        }
        GuardCommand::Reset => {
            Guard::replace(Limits::default(), path).map_err(failed)?;
            report::print("reset: commands may run\n")
        }
        GuardCommand::Reload => {
            open(path)?.reload().map_err(failed)?;
            report::print("running hosts read their rules again before their next command\n")
        }
    }
}

fn open(path: PathBuf) -> Result<Guard, Status> {
    Guard::shared(Limits::default(), path).map_err(failed)
}

fn failed(error: GuardError) -> Status {
    let help = match &error {
        GuardError::Malformed { .. } => Some("`shape guard reset` writes it anew"),
        _ => None,
    };
    report::failure(&error.to_string(), help);
    Status::FAILED
}

fn status(args: &GuardStatusArgs, path: PathBuf) -> Result<(), Status> {
    let status = open(path)?.status().map_err(failed)?;
    let text = match args.output_format {
        Format::Json => format!("{}\n", json!(status)),
        Format::Text => describe(&status),
    };
    report::print(&text)
}

fn describe(status: &GuardStatus) -> String {
    let mut text = match status.state {
        GuardMode::Active => "active: commands may run\n".to_owned(),
        GuardMode::Throttle => "throttle: some may not run commands for now\n".to_owned(),
        _ => {
            let reason = shown::sentence(status.reason.as_deref().unwrap_or("no reason is known"));
            let since = status.since.as_deref().unwrap_or("some time ago");
            format!("lockdown since {since}: {reason}\n")
        }
    };
    for subject in &status.subjects {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", shown::word(&subject.subject));
        if let Some(held) = &subject.throttled {
            let _ = writeln!(
                text,
                "  held up for {} ms: {}; {} refused meanwhile",
                held.left_ms,
                shown::sentence(&held.reason),
                held.refused
            );
        }
        subject
            .windows
            .iter()
            .for_each(|window| describe_window(&mut text, window));
    }
    text
}

fn describe_window(text: &mut String, window: &WindowStatus) {
    let of = match (window.of, &window.program) {
        (_, Some(program)) => shown::word(program),
        (WindowOf::Runs, _) => "commands".to_owned(),
        (WindowOf::Destructive, _) => "commands that destroy".to_owned(),
        (WindowOf::Network, _) => "commands that use the network".to_owned(),
        (WindowOf::FileWrite, _) => "commands that write files".to_owned(),
        (WindowOf::Removals, _) => "removals of the last seconds".to_owned(),
        _ => "others".to_owned(),
    };
    let _ = writeln!(
        text,
        "  {of}: {} of {}, {} ms left of the time",
        window.used, window.limit, window.left_ms
    );
}
