//! What the flags grant.

use crate::config::{self, Config, Invalid};
use crate::plugin::Plugins;
use clap::{ArgAction, Args};
use rustix::stdio::{stderr, stdin};
use shape_abi::{Permission, PermissionSet};
use shape_policy::{PatternError, ProcessGrant, ProgramEntry, Programs};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use stdlib_core::ReadableVariables;

/// Stands for a flag without a value. No argument of a process can hold a NUL.
pub(crate) const BARE: &str = "\0";

/// The flags of `run`, `eval` and `exec` that grant and deny.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Permissions")]
pub(crate) struct GrantFlags {
    /// Use a permission set of shape.toml: `[permissions.NAME]`, or `default`
    #[arg(short = 'P', long, value_name = "NAME")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "default")]
    pub(crate) permission_set: Option<String>,
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
    /// Allow reading environment variables: these, of which each may end in `*`, or all
    #[arg(long, value_name = "NAME,…", value_parser = variables)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_env: Vec<Variables>,
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
    /// Allow loading plugins, which are native code: these, or all
    #[arg(long, value_name = "PATH,…")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = BARE, action = ArgAction::Append)]
    pub(crate) allow_plugin: Vec<String>,
    /// Allow everything
    #[arg(short = 'A', long)]
    pub(crate) allow_all: bool,
    /// Read rules from this file, and not the user's and the project's
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Ask whoever answers at this socket, and not on the terminal
    #[arg(long, value_name = "SOCKET")]
    pub(crate) broker: Option<PathBuf>,
    /// Never ask; what was not granted is refused
    #[arg(long)]
    pub(crate) no_prompt: bool,
}

/// A set of environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variables {
    All,
    /// These names, of which each may end in `*`.
    Listed(Vec<String>),
}

/// A flag that takes a list, or no list for everything of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListFlag {
    AllowProcess,
    DenyProcess,
    AllowEnv,
    AllowRead,
    AllowWrite,
    AllowNet,
    AllowPlugin,
}

impl ListFlag {
    pub(crate) const ALL: [Self; 7] = [
        Self::AllowProcess,
        Self::DenyProcess,
        Self::AllowEnv,
        Self::AllowRead,
        Self::AllowWrite,
        Self::AllowNet,
        Self::AllowPlugin,
    ];

    /// The flag without its `--`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::AllowProcess => "allow-process",
            Self::DenyProcess => "deny-process",
            Self::AllowEnv => "allow-env",
            Self::AllowRead => "allow-read",
            Self::AllowWrite => "allow-write",
            Self::AllowNet => "allow-net",
            Self::AllowPlugin => "allow-plugin",
        }
    }
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

/// The value of `--allow-env`.
fn variables(list: &str) -> Result<Variables, String> {
    if list == BARE {
        return Ok(Variables::All);
    }
    let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    for name in &names {
        let plain = name.strip_suffix('*').unwrap_or(name);
        if name.is_empty() || plain.contains(['*', '=', '\0']) {
            return Err(format!(
                "{name:?} names no variable; write names with commas between, of which each may end in `*`"
            ));
        }
    }
    Ok(Variables::Listed(names))
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Nobody,
    /// Whoever sits at the terminal.
    Terminal,
    /// Whoever answers at this socket.
    Broker(PathBuf),
}

/// What rules and trust may do beside the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Allow a program.
    MayAllow,
    /// Deny at most.
    AllowsNothing,
}

/// What a run was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// What a program may need and be started.
    pub(crate) permissions: PermissionSet,
    /// Which programs it may run.
    pub(crate) process: ProcessGrant,
    /// Who is asked about the programs that this leaves open.
    pub(crate) asks: Asks,
    /// The environment variables that it may read; absent for all.
    pub(crate) variables: Option<ReadableVariables>,
    /// The plugins that may be loaded for it.
    pub(crate) plugins: Plugins,
}

impl GrantFlags {
    /// Adds an entry to the list of a flag.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn add(&mut self, flag: ListFlag, entry: &str) -> Result<(), String> {
        let as_text = |error: PatternError| error.to_string();
        // It would be taken for a flag without a list.
        if entry.contains('\0') {
            return Err("it contains a NUL byte".to_owned());
        }
        match flag {
            ListFlag::AllowProcess => self.allow_process.push(allowed(entry).map_err(as_text)?),
            ListFlag::DenyProcess => self.deny_process.push(denied(entry).map_err(as_text)?),
            ListFlag::AllowEnv => self.allow_env.push(variables(entry)?),
            ListFlag::AllowRead => self.allow_read.push(entry.to_owned()),
            ListFlag::AllowWrite => self.allow_write.push(entry.to_owned()),
            ListFlag::AllowNet => self.allow_net.push(entry.to_owned()),
            ListFlag::AllowPlugin => self.allow_plugin.push(entry.to_owned()),
        }
        Ok(())
    }

    /// Gives a flag without a list.
    pub(crate) fn add_all(&mut self, flag: ListFlag) {
        match flag {
            ListFlag::AllowProcess => self.allow_process.push(Programs::All),
            ListFlag::DenyProcess => self.deny_process.push(Programs::All),
            ListFlag::AllowEnv => self.allow_env.push(Variables::All),
            ListFlag::AllowRead => self.allow_read.push(BARE.to_owned()),
            ListFlag::AllowWrite => self.allow_write.push(BARE.to_owned()),
            ListFlag::AllowNet => self.allow_net.push(BARE.to_owned()),
            ListFlag::AllowPlugin => self.allow_plugin.push(BARE.to_owned()),
        }
    }

    /// These flags and those of the set that they name, and what else the project says that `directory` is
    /// in.
    ///
    /// # Errors
    /// `shape.toml` cannot be used, or has no such set.
    pub(crate) fn with_project(
        self,
        directory: Option<&Path>,
    ) -> Result<(Self, Option<Config>), Invalid> {
        let config = directory.map_or(Ok(None), config::find)?;
        let set = match &self.permission_set {
            Some(name) => config::set(config.as_ref(), name)?,
            None => Self::default(),
        };
        Ok((self.and(set), config))
    }

    /// These flags and those of a set.
    fn and(mut self, set: Self) -> Self {
        self.allow_process.extend(set.allow_process);
        self.deny_process.extend(set.deny_process);
        self.allow_env.extend(set.allow_env);
        self.allow_read.extend(set.allow_read);
        self.allow_write.extend(set.allow_write);
        self.allow_net.extend(set.allow_net);
        self.allow_plugin.extend(set.allow_plugin);
        self.rules.extend(set.rules);
        self.allow_shell |= set.allow_shell;
        self.allow_detach |= set.allow_detach;
        self.allow_all |= set.allow_all;
        self
    }

    /// What the flags grant here, where there may be somebody to ask, and rules that allow programs
    /// themselves if `standing` says so.
    pub(crate) fn grant(&self, standing: Standing) -> Grant {
        // Not by `std::io::stdin`, which makes a buffer.
        let is_attended = || stdin().is_terminal() && stderr().is_terminal();
        let asks = match &self.broker {
            _ if self.no_prompt || self.denies_all() => Asks::Nobody,
            Some(socket) => Asks::Broker(socket.clone()),
            None if is_attended() => Asks::Terminal,
            None => Asks::Nobody,
        };
        self.grant_where(asks, standing)
    }

    fn grant_where(&self, asks: Asks, standing: Standing) -> Grant {
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
        let may_run = asks != Asks::Nobody || standing == Standing::MayAllow;
        Grant {
            permissions: self.permissions(may_run),
            process,
            asks,
            variables: self.variables(),
            plugins: self.plugins(),
        }
    }

    fn plugins(&self) -> Plugins {
        match self.allow_all {
            true => Plugins::All,
            false => Plugins::allowed_by(&self.allow_plugin),
        }
    }

    fn variables(&self) -> Option<ReadableVariables> {
        let mut names = Vec::new();
        for variables in &self.allow_env {
            match variables {
                Variables::All => return None,
                Variables::Listed(listed) => names.extend(listed.iter().cloned()),
            }
        }
        // Without the permission none is read anyway.
        (!self.allow_all).then(|| ReadableVariables::listed(names))
    }

    fn denies_all(&self) -> bool {
        self.deny_process.contains(&Programs::All)
    }

    /// Whether the shell is allowed together with whatever it is told to run.
    fn gives_shell(&self) -> bool {
        let is_given = |entry: &ProgramEntry| entry.lets_run_anything("sh");
        self.allow_process.iter().any(|programs| match programs {
            Programs::All => false,
            Programs::Listed(entries) => entries.iter().any(is_given),
        })
    }

    /// Where somebody or something else may allow a program the decision falls at each one, and linking
    /// lets it pass.
    fn permissions(&self, may_run: bool) -> PermissionSet {
        let mut set = PermissionSet::pure();
        if self.allow_all {
            set = PermissionSet::full();
        }
        if may_run || !self.allow_process.is_empty() {
            set = set.with(Permission::Process);
        }
        if self.denies_all() {
            set = set.difference(PermissionSet::only(Permission::Process));
        }
        if self.allow_shell || self.gives_shell() {
            set = set.with(Permission::ProcessShell);
        }
        if self.allow_detach {
            set = set.with(Permission::ProcessDetach);
        }
        if !self.allow_env.is_empty() {
            set = set.with(Permission::Env);
        }
        if !self.allow_plugin.is_empty() {
            set = set.with(Permission::Plugin);
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

    fn parse(flags: &[&str]) -> GrantFlags {
        let words = ["shape"].iter().chain(flags);
        Flags::try_parse_from(words).unwrap().grant
    }

    fn grant(flags: &[&str]) -> Grant {
        parse(flags).grant_where(Asks::Nobody, Standing::AllowsNothing)
    }

    #[track_caller]
    fn check_permissions(flags: &[&str], expected: &str) {
        assert_eq!(grant(flags).permissions.to_string(), expected, "{flags:?}");
    }

    #[test]
    fn nothing_is_granted_without_a_flag() {
        check_permissions(&[], "nothing");
        assert_eq!(grant(&[]).process, ProcessGrant::none());
    }

    #[test]
    fn each_flag_grants_its_kind() {
        check_permissions(&["--allow-process"], "sys.process");
        check_permissions(&["--allow-run=git"], "sys.process");
        check_permissions(&["--allow-shell"], "sys.process.shell");
        check_permissions(&["--allow-detach"], "sys.process.detach");
        check_permissions(&["--allow-env"], "sys.env");
        check_permissions(&["--allow-env=HOME"], "sys.env");
        check_permissions(&["--allow-read", "--allow-write"], "fs.read, fs.write");
        check_permissions(&["--allow-read=/srv"], "fs.scoped");
        check_permissions(&["--allow-net"], "net.connect, net.listen");
        assert_eq!(grant(&["-A"]).permissions, PermissionSet::full());
    }

    #[test]
    fn lists_of_programs_add_up() {
        let listed = grant(&["--allow-process=git", "--allow-run=/bin/true,make"]);
        let expected = "git,/bin/true,make".parse().unwrap();
        assert_eq!(
            listed.process,
            ProcessGrant::none().allow_programs(expected)
        );
        let denied = grant(&["-A", "--deny-run=rm"]);
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
        let denied = grant(&["-A", "--deny-process= sh , /no/such/file"]);
        let expected = "sh,/no/such/file".parse().unwrap();
        assert_eq!(denied.process, ProcessGrant::all().deny_programs(expected));
    }

    #[test]
    fn variables_are_granted_one_by_one() {
        let readable = |flags: &[&str]| grant(flags).variables;
        let some = readable(&["--allow-env=HOME, LC_*", "--allow-env=USER"]).unwrap();
        assert!(some.contains("LC_ALL") && some.contains("USER") && !some.contains("PATH"));
        assert_eq!(readable(&["--allow-env=HOME", "--allow-env"]), None);
        assert_eq!(readable(&["--allow-env=HOME", "-A"]), None);
        assert!(!readable(&[]).unwrap().contains("HOME"));
        for list in ["", "A,,B", "A*B", "A=B"] {
            let flag = format!("--allow-env={list}");
            assert!(Flags::try_parse_from(["shape", &flag]).is_err(), "{list}");
        }
    }

    #[test]
    fn denying_all_programs_is_known_before_the_start() {
        check_permissions(&["--allow-process", "--deny-process"], "nothing");
        let flags = parse(&["--deny-process", "--broker=/run/x"]);
        assert_eq!(flags.grant(Standing::AllowsNothing).asks, Asks::Nobody);
        assert!(
            !grant(&["-A", "--deny-process"])
                .permissions
                .contains(Permission::Process)
        );
    }

    #[test]
    fn outliving_the_script_is_granted_by_itself() {
        let granted = grant(&["--allow-run=git", "--allow-detach"]).process;
        let git = || ProcessGrant::none().allow("git".parse().unwrap());
        assert_eq!(granted, git().allow_detached());
        assert_eq!(grant(&["--allow-run=git"]).process, git());
        assert_eq!(grant(&["-A"]).process, ProcessGrant::all());
    }

    #[test]
    fn somebody_who_is_there_is_asked() {
        let asked = parse(&[]).grant_where(Asks::Terminal, Standing::AllowsNothing);
        assert!(asked.permissions.contains(Permission::Process));
        let broker = parse(&["--broker", "/run/x"]).grant(Standing::AllowsNothing);
        assert_eq!(broker.asks, Asks::Broker("/run/x".into()));
        let nobody = parse(&["--broker=/run/x", "--no-prompt"]).grant(Standing::AllowsNothing);
        assert_eq!(
            (nobody.asks, nobody.permissions),
            (Asks::Nobody, PermissionSet::pure())
        );
    }

    #[test]
    fn what_rules_may_allow_is_linked() {
        let flags = parse(&["--no-prompt"]);
        let granted = |standing| flags.grant_where(Asks::Nobody, standing).permissions;
        assert!(granted(Standing::MayAllow).contains(Permission::Process));
        assert!(!granted(Standing::AllowsNothing).contains(Permission::Process));
        let denied = parse(&["--deny-process"]).grant_where(Asks::Nobody, Standing::MayAllow);
        assert!(!denied.permissions.contains(Permission::Process));
    }
}
