//! The command line.

use crate::exec::{self, units};
use crate::flags::{BARE, GrantFlags};
use crate::help;
use crate::limits::LimitFlags;
use crate::plugin::{PluginArgs, PluginFlags};
use crate::policy_args::{AuditArgs, GuardArgs, PermissionsArgs, TrustArgs};
use crate::report::Status;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{ArgAction, ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use shape_process::Stdin;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// Runs commands for scripts, workflows and agents.
#[derive(Debug, Parser)]
#[command(name = "shape", version, after_help = help::OVERVIEW)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a script
    #[command(after_help = help::RUN)]
    Run(Deferred<RunArgs>),
    /// Run code given on the command line and print its value
    #[command(after_help = help::EVAL)]
    Eval(Deferred<EvalArgs>),
    /// Type Shape and see what it gives, line by line
    #[command(after_help = help::REPL)]
    Repl(Deferred<ReplArgs>),
    /// Run one program, within limits, and leave nothing of it behind
    #[command(after_help = help::EXEC)]
    Exec(Deferred<Box<ExecArgs>>),
    /// Check a script without running it
    #[command(after_help = help::CHECK)]
    Check(Deferred<CheckArgs>),
    /// Run the tests in scripts
    #[command(after_help = help::TEST)]
    Test(Deferred<Box<TestArgs>>),
    /// Write scripts in the usual layout
    #[command(after_help = help::FMT)]
    Fmt(Deferred<FmtArgs>),
    /// Say what a diagnostic means, with an example
    #[command(after_help = help::EXPLAIN_CODE)]
    Explain(Deferred<ExplainArgs>),
    /// See and check what may run, and carry over the rules of other tools
    Permissions(Deferred<PermissionsArgs>),
    /// See and change what is trusted
    Trust(Deferred<TrustArgs>),
    /// Read what was decided and run
    Audit(Deferred<AuditArgs>),
    /// See and change the state of emergency
    Guard(Deferred<GuardArgs>),
    /// Make plugins, and look at them
    Plugin(Deferred<PluginArgs>),
}

/// The arguments of a command, which are described only when that command is given: a script starts
/// sooner when the flags of all other commands need not be put together.
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(|command| keeping_about(command, T::augment_args))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command.defer(|command| keeping_about(command, T::augment_args_for_update))
    }
}

/// What a command says of itself stands with the commands. Its arguments come later here than usual, and
/// what is said of them as a whole would replace it.
fn keeping_about(
    command: clap::Command,
    augment: fn(clap::Command) -> clap::Command,
) -> clap::Command {
    let about = command.get_about().cloned();
    let command = augment(command);
    match about {
        Some(about) => command.about(about).long_about(None::<&str>),
        None => command,
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The script, or `-` for standard input
    pub(crate) file: PathBuf,
    /// Arguments of the script: all that follows FILE, also what starts with `-`
    pub(crate) args: Vec<OsString>,
    #[command(flatten)]
    pub(crate) plugins: PluginFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    // Last, since its heading holds for all that follows.
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The code, or `-` for standard input
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) plugins: PluginFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ReplArgs {
    #[command(flatten)]
    pub(crate) plugins: PluginFlags,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    /// End the program after this time, and all that it has started
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub(crate) timeout: Option<Duration>,
    /// End it when it has written nothing for this time
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub(crate) idle_timeout: Option<Duration>,
    /// Between SIGTERM and SIGKILL; if not given 100ms at a limit, and 2s at Ctrl-C
    #[arg(short = 'k', long, value_name = "TIME", value_parser = units::duration)]
    pub(crate) kill_grace: Option<Duration>,
    /// Start in this directory
    #[arg(short = 'C', long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Set an environment variable
    #[arg(short = 'e', long, value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable))]
    pub(crate) env: Vec<(OsString, OsString)>,
    /// Leave out an environment variable
    #[arg(short = 'u', long, value_name = "NAME")]
    pub(crate) env_remove: Vec<OsString>,
    /// Leave out all environment variables but those that are set here
    #[arg(short = 'i', long)]
    pub(crate) clear_env: bool,
    /// Standard input: `inherit`, `null`, or a file
    #[arg(long, value_name = "FROM", default_value = "inherit", value_parser = OsStringValueParser::new().map(stdin))]
    pub(crate) stdin: Stdin,
    /// How much output of each stream there may be, as in 64M
    #[arg(long, value_name = "BYTES", value_parser = units::bytes)]
    pub(crate) max_output: Option<u64>,
    /// What happens when there is more: end the program, keep the first and the last half, or put all
    /// of it into a file
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) overflow: OnOverflow,
    /// Send standard error into standard output
    #[arg(long)]
    pub(crate) merge_stderr: bool,
    /// Pass output on as it arrives, whatever else is done with it
    #[arg(long)]
    pub(crate) tee: bool,
    /// Limit the time of each process on the processor
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub(crate) limit_cpu: Option<Duration>,
    /// Limit the address space of each process, as in 512M
    #[arg(long, value_name = "BYTES", value_parser = units::bytes)]
    pub(crate) limit_memory: Option<u64>,
    /// Limit the open descriptors of each process
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit_files: Option<u64>,
    /// Limit the processes and threads of the user
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit_processes: Option<u64>,
    /// Say how it ended in words when it went wrong, or always as one line of JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
    /// Write the line of JSON to this descriptor rather than standard error
    #[arg(long, value_name = "N")]
    pub(crate) output_fd: Option<i32>,
    /// The program and its arguments: all that follows PROGRAM is its own
    #[arg(required = true, trailing_var_arg = true, value_names = ["PROGRAM", "ARGS"])]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

/// How it is told what came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// What is done about too much output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOverflow {
    Error,
    Truncate,
    Spill,
}

/// `NAME=VALUE`
fn variable(text: OsString) -> Result<(OsString, OsString), &'static str> {
    let bytes = text.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        None | Some(0) => Err("use NAME=VALUE"),
        Some(at) => {
            let part = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
            Ok((part(&bytes[..at]), part(&bytes[at + 1..])))
        }
    }
}

/// The value of `--stdin`.
fn stdin(from: OsString) -> Stdin {
    match from.to_str() {
        Some("inherit") => Stdin::Inherit,
        Some("null") => Stdin::Null,
        _ => Stdin::File(from.into()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Print the permissions that the script needs, one per line
    #[arg(long)]
    pub(crate) needs: bool,
    /// The script, or `-` for standard input
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: PluginFlags,
    /// Allow loading plugins, which are native code: these, or all
    #[arg(long, value_name = "PATH,…")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_plugin: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The scripts with tests, and folders of them; the current folder if none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests with this text in `FILE NAME`
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// How many tests run at a time; as many as there are processors if not given
    #[arg(short = 'j', long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Tell in words, or with a line of JSON for each test and one at the end
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,
    #[command(flatten)]
    pub(crate) plugins: PluginFlags,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Change nothing; show what is not formatted
    #[arg(long)]
    pub(crate) check: bool,
    /// The scripts, folders of them, or `-` for standard input; the current folder if none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The codes, such as E0102; all are listed when none is given
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,
}

impl Cli {
    /// Reads the arguments of the process.
    ///
    /// What follows the file of `run` belongs to the script, whatever it looks like, and is cut off
    /// before anything looks for flags. All flags but `--rules` and `--broker` take their values after a
    /// `=`, so the file is the first word that is neither a flag nor the value of those two.
    ///
    /// # Errors
    /// What is wrong with them, or the help that was asked for.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, Misused> {
        let mut words: Vec<OsString> = words.into_iter().collect();
        let is_exec = words.get(1).is_some_and(|command| command == "exec");
        let script_args = words.split_off(end_of_own(&words));
        let read = Self::try_parse_from(words);
        let mut cli = read.map_err(|error| Misused { error, is_exec })?;
        if let Command::Run(run) = &mut cli.command {
            run.0.args = script_args;
        }
        Ok(cli)
    }
}

/// A command line that asks for help, or is wrong.
#[derive(Debug)]
pub(crate) struct Misused {
    error: clap::Error,
    is_exec: bool,
}

impl Misused {
    /// Says so; returns the status to end with. The usual one for a mistake could be the program's in
    /// `exec`.
    pub(crate) fn tell(&self) -> Status {
        // Nobody is left to hear that help or an error could not be written.
        let _ = self.error.print();
        match u8::try_from(self.error.exit_code()) {
            Ok(2) if self.is_exec => Status(exec::FAILED),
            Ok(code) => Status(code),
            Err(_) => Status::REFUSED,
        }
    }
}

/// How many of the words are not the script's.
fn end_of_own(words: &[OsString]) -> usize {
    if words.get(1).is_none_or(|command| command != "run") {
        return words.len();
    }
    let is_flag = |word: &OsString| word != "-" && word.as_encoded_bytes().starts_with(b"-");
    let takes_next = |word: &OsString| word == "--rules" || word == "--broker";
    let mut own = 2;
    while let Some(word) = words.get(own) {
        own += 1;
        if word == "--" {
            own += 1;
            break;
        }
        if takes_next(word) {
            own += 1;
            continue;
        }
        if !is_flag(word) {
            break;
        }
    }
    own.min(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn run(words: &[&str]) -> RunArgs {
        let words = ["shape", "run"].iter().chain(words).map(OsString::from);
        match Cli::read(words).unwrap().command {
            Command::Run(run) => run.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_in_the_list_and_alone() {
        let list = Cli::read(["shape", "--help"].map(OsString::from)).unwrap_err();
        let list = list.error.to_string();
        for command in Cli::command().get_subcommands() {
            let words = ["shape", command.get_name(), "--help"].map(OsString::from);
            let alone = Cli::read(words).unwrap_err().error.to_string();
            let first = alone.lines().next().unwrap();
            assert!(list.contains(&format!(" {first}\n")), "{alone}");
        }
    }

    #[test]
    fn what_follows_the_file_is_the_scripts() {
        let args = run(&["--no-prompt", "a.shape", "--help", "-A", "--", "x"]);
        assert_eq!(args.file, PathBuf::from("a.shape"));
        assert_eq!(args.args, ["--help", "-A", "--", "x"]);
        assert!(args.grant.no_prompt && !args.grant.allow_all);
    }

    #[test]
    fn a_file_may_look_like_a_flag() {
        let args = run(&["-A", "--", "-a.shape", "-b"]);
        assert_eq!(
            (args.file, args.args),
            ("-a.shape".into(), vec!["-b".into()])
        );
        let args = run(&["-", "--x"]);
        assert_eq!((args.file, args.args), ("-".into(), vec!["--x".into()]));
    }

    #[test]
    fn flags_are_known_or_refused() {
        let read = |words: &[&str]| Cli::read(words.iter().map(OsString::from));
        assert!(read(&["shape", "run", "--no-such-flag", "a.shape"]).is_err());
        assert!(read(&["shape", "run"]).is_err());
        assert!(read(&["shape", "nonsense"]).is_err());
        assert!(read(&["shape", "run", "--allow-process=./git", "a.shape"]).is_err());
    }
}
