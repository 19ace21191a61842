//! What the flags grant.

use clap::{ArgAction, Args};
use shape_abi::{Permission, PermissionSet};
use shape_policy::{PatternError, ProcessGrant, Programs};
use std::io::IsTerminal;

/// Stands for a flag without a value. No argument of a process can hold a NUL.
const BARE: &str = "\0";

/// The flags of `run` and `eval` that grant and deny.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Permissions")]
pub(crate) struct GrantFlags {
    /// Allow running programs: these, or all
    #[arg(long, visible_alias = "allow-run", value_name = "PROGRAM,…", value_parser = allowed)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_process: Vec<Programs>,
    /// Deny running programs: these, or all
    #[arg(long, visible_alias = "deny-run", value_name = "PROGRAM,…", value_parser = denied)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) deny_process: Vec<Programs>,
    /// Allow handing scripts to /bin/sh, which has to be allowed as a program too
    #[arg(long)]
    pub(crate) allow_shell: bool,
    /// Allow programs that are allowed to outlive the script
    #[arg(long)]
    pub(crate) allow_detach: bool,
    /// Allow reading environment variables
    #[arg(long)]
    pub(crate) allow_env: bool,
    /// Allow reading files: these, or all
    #[arg(long, value_name = "PATH,…")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_read: Vec<String>,
    /// Allow writing files: these, or all
    #[arg(long, value_name = "PATH,…")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_write: Vec<String>,
    /// Allow the network: these hosts, or all
    #[arg(long, value_name = "HOST,…")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_net: Vec<String>,
    /// Allow everything
    #[arg(short = 'A', long)]
    pub(crate) allow_all: bool,
    /// Never ask; what was not granted is refused
    #[arg(long)]
    pub(crate) no_prompt: bool,
}

/// The value of `--allow-process`.
fn allowed(list: &str) -> Result<Programs, PatternError> {
    match list {
        BARE => Ok(Programs::All),
        list => Programs::allow_list(list),
    }
}

/// The value of `--deny-process`.
fn denied(list: &str) -> Result<Programs, PatternError> {
    match list {
        BARE => Ok(Programs::All),
        list => Programs::deny_list(list),
    }
}

/// What a run was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// What a program may need and be started.
    pub(crate) permissions: PermissionSet,
    /// Which programs it may run.
    pub(crate) process: ProcessGrant,
    /// Whether somebody is asked about the programs that this leaves open.
    pub(crate) asks: bool,
}

impl GrantFlags {
    /// What the flags grant here, where there may be somebody to ask.
    pub(crate) fn grant(&self) -> Grant {
        let is_attended = || std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        self.grant_where(!self.no_prompt && is_attended())
    }

    fn grant_where(&self, is_attended: bool) -> Grant {
        let mut process = ProcessGrant::none();
        for programs in self.allow_process.iter().cloned() {
            process = process.allow_programs(programs);
        }
        if self.allow_all {
            process = process.allow_programs(Programs::All);
        }
        if self.allow_all || self.allow_detach {
            process = process.allow_detached();
        }
        for programs in self.deny_process.iter().cloned() {
            process = process.deny_programs(programs);
        }
        let asks = is_attended && !self.denies_all();
        Grant {
            permissions: self.permissions(asks),
            process,
            asks,
        }
    }

    fn denies_all(&self) -> bool {
        self.deny_process.contains(&Programs::All)
    }

    /// Where somebody is asked the decision falls at each program, and linking lets it pass.
    fn permissions(&self, asks: bool) -> PermissionSet {
        let mut set = PermissionSet::pure();
        if self.allow_all {
            set = PermissionSet::full();
        }
        if asks || !self.allow_process.is_empty() {
            set = set.with(Permission::Process);
        }
        if self.denies_all() {
            set = set.difference(PermissionSet::only(Permission::Process));
        }
        if self.allow_shell {
            set = set.with(Permission::ProcessShell);
        }
        if self.allow_detach {
            set = set.with(Permission::ProcessDetach);
        }
        if self.allow_env {
            set = set.with(Permission::Env);
        }
        let kinds = [
            (
                &self.allow_read,
                &[Permission::FsRead][..],
                Permission::FsScoped,
            ),
            (
                &self.allow_write,
                &[Permission::FsWrite][..],
                Permission::FsScoped,
            ),
            (
                &self.allow_net,
                &[Permission::NetConnect, Permission::NetListen][..],
                Permission::NetScoped,
            ),
        ];
        for (values, whole, scoped) in kinds {
            for value in values {
                let permissions = if value == BARE { whole } else { &[scoped][..] };
                set = set.union(permissions.iter().copied().collect());
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        grant: GrantFlags,
    }

    fn grant(flags: &[&str], is_attended: bool) -> Grant {
        let words = ["shape"].iter().chain(flags);
        Flags::try_parse_from(words)
            .unwrap()
            .grant
            .grant_where(is_attended)
    }

    #[track_caller]
    fn check_permissions(flags: &[&str], expected: &str) {
        assert_eq!(
            grant(flags, false).permissions.to_string(),
            expected,
            "{flags:?}"
        );
    }

    #[test]
    fn nothing_is_granted_without_a_flag() {
        check_permissions(&[], "nothing");
        assert_eq!(grant(&[], false).process, ProcessGrant::none());
    }

    #[test]
    fn each_flag_grants_its_kind() {
        check_permissions(&["--allow-process"], "sys.process");
        check_permissions(&["--allow-run=git"], "sys.process");
        check_permissions(&["--allow-shell"], "sys.process.shell");
        check_permissions(&["--allow-detach"], "sys.process.detach");
        check_permissions(&["--allow-env"], "sys.env");
        check_permissions(&["--allow-read", "--allow-write"], "fs.read, fs.write");
        check_permissions(&["--allow-read=/srv"], "fs.scoped");
        check_permissions(&["--allow-net"], "net.connect, net.listen");
        assert_eq!(grant(&["-A"], false).permissions, PermissionSet::full());
    }

    #[test]
    fn lists_of_programs_add_up() {
        let listed = grant(
            &["--allow-process=git", "--allow-run=/bin/true,make"],
            false,
        );
        let expected = "git,/bin/true,make".parse().unwrap();
        assert_eq!(
            listed.process,
            ProcessGrant::none().allow_programs(expected)
        );
        let denied = grant(&["-A", "--deny-run=rm"], false);
        assert_eq!(
            denied.process,
            ProcessGrant::all().deny("rm".parse().unwrap())
        );
    }

    #[test]
    fn an_entry_that_cannot_match_is_a_usage_error() {
        let refused = |flag: &str| match Flags::try_parse_from(["shape", flag]) {
            Ok(_) => panic!("{flag}"),
            Err(error) => error.to_string(),
        };
        for list in ["--allow-process", "--deny-process"] {
            for (entries, hint) in [
                ("", "it is empty"),
                ("sh, ,git", "it is empty"),
                ("sh,/usr/bin/id/", "\"/usr/bin/id/\" names no program"),
                ("/usr/bin", "is a directory"),
            ] {
                let message = refused(&format!("{list}={entries}"));
                assert!(message.contains(hint), "{message}");
            }
        }
        let denied = grant(&["-A", "--deny-process= sh , /no/such/file"], false);
        let expected = "sh,/no/such/file".parse().unwrap();
        assert_eq!(denied.process, ProcessGrant::all().deny_programs(expected));
    }

    #[test]
    fn denying_all_programs_is_known_before_the_start() {
        check_permissions(&["--allow-process", "--deny-process"], "nothing");
        assert!(!grant(&["--deny-process"], true).asks);
        assert!(
            !grant(&["-A", "--deny-process"], false)
                .permissions
                .contains(Permission::Process)
        );
    }

    #[test]
    fn outliving_the_script_is_granted_by_itself() {
        let granted = grant(&["--allow-run=git", "--allow-detach"], false).process;
        let git = || ProcessGrant::none().allow("git".parse().unwrap());
        assert_eq!(granted, git().allow_detached());
        assert_eq!(grant(&["--allow-run=git"], false).process, git());
        assert_eq!(grant(&["-A"], false).process, ProcessGrant::all());
    }

    #[test]
    fn somebody_who_is_there_is_asked() {
        let asked = grant(&[], true);
        assert!(asked.asks && asked.permissions.contains(Permission::Process));
        assert!(grant(&["--allow-process=git"], true).asks);
    }
}
