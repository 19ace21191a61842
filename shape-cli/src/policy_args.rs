//! The command line of what says who may run what: `permissions`, `trust`, `audit` and `guard`.

use crate::args::Format;
use crate::flags::GrantFlags;
use crate::help;
use crate::permissions::import::Tool;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// `shape permissions`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct PermissionsArgs {
    #[command(subcommand)]
    pub(crate) command: PermissionsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PermissionsCommand {
    /// Say what would be decided about a command and why, and run nothing
    #[command(after_help = help::EXPLAIN)]
    Explain(Box<ExplainArgs>),
    /// Load rules files and run the tests in them
    #[command(after_help = help::CHECK_RULES)]
    Check(CheckRulesArgs),
    /// List every rule that holds here, and those that do not count
    #[command(after_help = help::LIST)]
    List(Box<ListArgs>),
    /// Print what another tool allows and denies as rules
    #[command(after_help = help::IMPORT)]
    Import(ImportArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["string", "command"]))]
pub(crate) struct ExplainArgs {
    /// Explain `sh -c STRING`
    #[arg(short = 'c', long = "command", value_name = "STRING")]
    pub(crate) string: Option<OsString>,
    /// The directory that it would start in
    #[arg(short = 'C', long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    /// In words, or as one JSON object
    pub(crate) output_format: Format,
    /// The program and its arguments: all that follows PROGRAM is its own
    #[arg(trailing_var_arg = true, value_names = ["PROGRAM", "ARGS"])]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct CheckRulesArgs {
    /// The rules files; those that hold here if none is given
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// In words, or as one JSON object
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The tool
    #[arg(long, value_name = "TOOL")]
    pub(crate) from: Tool,
    /// Its settings; where it looks for them itself if not given
    pub(crate) file: Option<PathBuf>,
}

/// `shape trust`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct TrustArgs {
    #[command(subcommand)]
    pub(crate) command: TrustCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// List what is trusted
    List(TrustListArgs),
    /// Trust a program, a command, or a rules file of a project
    #[command(after_help = help::TRUST_ADD)]
    Add(TrustAddArgs),
    /// Trust something no more
    #[command(after_help = help::TRUST_REVOKE)]
    Revoke(TrustRevokeArgs),
    /// Answer a question that nobody could be asked; without ID list them
    #[command(after_help = help::TRUST_APPROVE)]
    Approve(TrustApproveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TrustListArgs {
    /// In words, or as one JSON object
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["file", "command"]))]
pub(crate) struct TrustAddArgs {
    /// Trust this rules file as it is now
    #[arg(long, value_name = "RULES", conflicts_with_all = ["scope", "lifetime"])]
    pub(crate) file: Option<PathBuf>,
    /// What is trusted; if not given the program, or with ARGS the subcommand that they begin with
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<Scope>,
    /// For how long
    #[arg(long = "for", value_name = "TIME", default_value = "always")]
    pub(crate) lifetime: Time,
    /// The program and its arguments; `--` before those that look like flags
    #[arg(value_names = ["PROGRAM", "ARGS"], num_args = 1..)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["all", "which"]))]
pub(crate) struct TrustRevokeArgs {
    /// Everything
    #[arg(long)]
    pub(crate) all: bool,
    /// The id of a grant, or a program
    #[arg(value_name = "ID|PROGRAM")]
    pub(crate) which: Option<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct TrustApproveArgs {
    /// The question
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// What is trusted from now on
    #[arg(long, value_name = "SCOPE", default_value = "exact", requires = "id")]
    pub(crate) scope: Scope,
    /// For how long
    #[arg(
        long = "for",
        value_name = "TIME",
        default_value = "always",
        requires = "id"
    )]
    pub(crate) lifetime: Time,
    /// In words, or as one JSON object
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
}

/// What is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// The program, whatever its arguments
    Program,
    /// The program with these arguments and any that follow
    Subcommand,
    /// The program with exactly these arguments
    Exact,
}

/// For how long something is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// For an hour
    Hour,
    /// Until the program's file changes
    File,
    /// Until it is revoked
    Always,
}

/// `shape audit`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the last events
    #[command(after_help = help::AUDIT_TAIL)]
    Tail(AuditTailArgs),
    /// Print all events of a command or of a run
    Show(AuditShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditTailArgs {
    /// How many
    #[arg(short = 'n', long, value_name = "N", default_value = "20")]
    pub(crate) lines: usize,
    /// Go on with what is added, until Ctrl-C
    #[arg(short = 'f', long)]
    pub(crate) follow: bool,
    /// In words, or the lines as they are in the file
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
    #[command(flatten)]
    pub(crate) file: AuditFile,
}

#[derive(Debug, Args)]
pub(crate) struct AuditShowArgs {
    /// The id of a command or of a run, as the events have it
    #[arg(value_name = "ID|RUN")]
    pub(crate) id: String,
    /// In words, or the lines as they are in the file
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
    #[command(flatten)]
    pub(crate) file: AuditFile,
}

/// Which audit is read.
#[derive(Debug, Args)]
pub(crate) struct AuditFile {
    /// The audit, if it is not at its usual place
    #[arg(long = "file", value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// `shape guard`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct GuardArgs {
    #[command(subcommand)]
    pub(crate) command: GuardCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardCommand {
    /// Say how it stands
    Status(GuardStatusArgs),
    /// Deny everything and end all running commands, until reset
    #[command(after_help = help::GUARD_LOCKDOWN)]
    Lockdown(GuardLockdownArgs),
    /// End a lockdown and forget what was counted
    Reset,
    /// Have running hosts read their rules again
    Reload,
}

#[derive(Debug, Args)]
pub(crate) struct GuardStatusArgs {
    /// In words, or as one JSON object
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct GuardLockdownArgs {
    /// Why; it is shown with every denial
    pub(crate) reason: Option<String>,
}
