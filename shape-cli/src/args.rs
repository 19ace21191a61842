//! The command line.

use crate::flags::GrantFlags;
use crate::help;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

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
    Run(RunArgs),
    /// Run code given on the command line and print its value
    #[command(after_help = help::EVAL)]
    Eval(EvalArgs),
    /// Check a script without running it
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The script, or `-` for standard input
    pub(crate) file: PathBuf,
    /// Arguments of the script: all that follows FILE, also what starts with `-`
    pub(crate) args: Vec<OsString>,
    // Last, since its heading holds for all that follows.
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The code, or `-` for standard input
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) grant: GrantFlags,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Print the permissions that the script needs, one per line
    #[arg(long)]
    pub(crate) needs: bool,
    /// The script, or `-` for standard input
    pub(crate) file: PathBuf,
}

impl Cli {
    /// Reads the arguments of the process.
    ///
    /// What follows the file of `run` belongs to the script, whatever it looks like, and is cut off
    /// before anything looks for flags. All flags take their values after a `=`, so the file is the
    /// first word that is no flag.
    ///
    /// # Errors
    /// What is wrong with them, or the help that was asked for.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut words: Vec<OsString> = words.into_iter().collect();
        let script_args = words.split_off(end_of_own(&words));
        let mut cli = Self::try_parse_from(words)?;
        if let Command::Run(run) = &mut cli.command {
            run.args = script_args;
        }
        Ok(cli)
    }
}

/// How many of the words are not the script's.
fn end_of_own(words: &[OsString]) -> usize {
    if words.get(1).is_none_or(|command| command != "run") {
        return words.len();
    }
    let is_flag = |word: &OsString| word != "-" && word.as_encoded_bytes().starts_with(b"-");
    let mut own = 2;
    while let Some(word) = words.get(own) {
        own += 1;
        if word == "--" {
            own += 1;
            break;
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
            Command::Run(run) => run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
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
