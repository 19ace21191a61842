//! Programs that run other programs, by name.

mod env;
mod files;
mod interpreters;
mod prefix;
mod sed;
mod shells;
mod tools;
mod users;

use super::Word;
use super::apart::{Apart, Change};
use super::options::{CommandLine, Listing, Order, Presence, Style, Syntax, Value};
use prefix::Prefix;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// A kind of program that runs others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// It has options, perhaps operands, and then a command.
    Prefix(&'static Prefix),
    /// It is many programs: busybox.
    MultiCall,
    /// It runs what these of its options name, with blanks between them.
    Options(&'static str),
    /// It runs the command behind one of these subcommands, with blanks between them.
    Launcher(&'static str),
    /// It takes commands in ways that are not looked at; why.
    Opaque(&'static str),
    Env,
    Sudo,
    Su,
    Runuser,
    Capsh,
    Setarch,
    Strace,
    Valgrind,
    Perf,
    Watch,
    Flock,
    Script,
    Shell,
    /// A shell whose commands are not understood.
    ForeignShell,
    Find,
    Fd,
    Xargs,
    Parallel,
    Ssh,
    Git,
    Ip,
    Tar,
    Rsync,
    Make,
    Man,
    Pager,
    Awk,
    Sed,
    /// An interpreter, and its options that neither run code nor take a value.
    Interpreter(&'static str),
}

/// The wrappers that are so common that a copy of one under another name is known for what it is.
pub(crate) const NAMES: &[&str] = &[
    "bash", "busybox", "dash", "doas", "env", "find", "flock", "git", "ksh", "nice", "nohup",
    "perl", "python3", "setpriv", "setsid", "sh", "stdbuf", "su", "sudo", "timeout", "unshare",
    "xargs", "zsh",
];

/// The wrapper that is called `name`.
pub(super) fn find(name: &[u8]) -> Option<Wrapper> {
    // A dash in front makes a shell a login shell.
    let name = name.strip_prefix(b"-").unwrap_or(name);
    if let Some(prefix) = prefix::find(name) {
        return Some(Wrapper::Prefix(prefix));
    }
    Some(match name {
        b"busybox" | b"toybox" | b"coreutils" => Wrapper::MultiCall,
        _ if name.starts_with(b"busybox") => Wrapper::MultiCall,
        b"env" | b"genv" => Wrapper::Env,
        b"sudo" | b"sudoedit" => Wrapper::Sudo,
        b"su" => Wrapper::Su,
        b"runuser" => Wrapper::Runuser,
        b"capsh" => Wrapper::Capsh,
        b"setarch" | b"linux32" | b"linux64" | b"i386" | b"i486" | b"i586" | b"i686"
        | b"x86_64" | b"uname26" | b"arm" | b"aarch64" => Wrapper::Setarch,
        b"strace" | b"ltrace" => Wrapper::Strace,
        b"valgrind" => Wrapper::Valgrind,
        b"perf" => Wrapper::Perf,
        b"watch" => Wrapper::Watch,
        b"flock" => Wrapper::Flock,
        b"script" => Wrapper::Script,
        b"sh" | b"bash" | b"rbash" | b"dash" | b"ash" | b"zsh" | b"rzsh" | b"ksh" | b"ksh93"
        | b"rksh" | b"mksh" | b"lksh" | b"pdksh" | b"yash" | b"posh" | b"bosh" | b"hush" => {
            Wrapper::Shell
        }
        b"fish" | b"csh" | b"tcsh" | b"nu" | b"elvish" | b"xonsh" | b"pwsh" | b"rc" | b"es"
        | b"oil" | b"osh" | b"ysh" => Wrapper::ForeignShell,
        b"find" | b"gfind" => Wrapper::Find,
        b"fd" | b"fdfind" => Wrapper::Fd,
        b"xargs" | b"gxargs" => Wrapper::Xargs,
        b"parallel" => Wrapper::Parallel,
        b"ssh" | b"scp" | b"sftp" => Wrapper::Ssh,
        b"git" => Wrapper::Git,
        b"tar" | b"gtar" | b"bsdtar" => Wrapper::Tar,
        b"rsync" => Wrapper::Rsync,
        b"make" | b"gmake" => Wrapper::Make,
        b"man" => Wrapper::Man,
        b"less" | b"more" | b"most" => Wrapper::Pager,
        b"awk" | b"gawk" | b"mawk" | b"nawk" | b"original-awk" => Wrapper::Awk,
        b"sed" | b"gsed" => Wrapper::Sed,
        b"ip" => Wrapper::Ip,
        _ => {
            return tools::launches(name)
                .map(Wrapper::Launcher)
                .or_else(|| tools::options(name).map(Wrapper::Options))
                .or_else(|| interpreters::find(name))
                .or_else(|| find_opaque(name));
        }
    })
}

fn find_opaque(name: &[u8]) -> Option<Wrapper> {
    let why = match name {
        b"gdb" | b"lldb" => "a debugger runs what it is told",
        b"vi" | b"vim" | b"nvim" | b"view" | b"vimdiff" | b"rvim" | b"ex" | b"ed" | b"red"
        | b"emacs" | b"emacsclient" | b"nano" | b"pico" | b"mg" | b"joe" => {
            "an editor runs what it is told"
        }
        b"at" | b"batch" | b"crontab" => "it has commands run later",
        b"screen" | b"tmux" | b"expect" | b"socat" | b"entr" | b"rlwrap" | b"dtach" | b"abduco"
        | b"psql" | b"mysql" | b"sqlite3" | b"irb" | b"ghci" | b"iex" | b"erl" | b"R"
        | b"ipython" | b"ipython3" | b"mail" | b"mailx" | b"mutt" => {
            "it runs what its arguments or its input say"
        }
        b"systemd-run"
        | b"start-stop-daemon"
        | b"daemonize"
        | b"firejail"
        | b"bwrap"
        | b"proot"
        | b"fakechroot"
        | b"schroot"
        | b"systemd-nspawn"
        | b"machinectl"
        | b"lxc-attach"
        | b"xvfb-run"
        | b"dbus-launch"
        | b"ssh-agent"
        | b"newgrp"
        | b"sg"
        | b"run-parts"
        | b"runcon"
        | b"chpst"
        | b"proxychains"
        | b"proxychains4"
        | b"torsocks"
        | b"distcc"
        | b"sshpass"
        | b"checkinstall"
        | b"qemu-x86_64"
        | b"qemu-aarch64"
        | b"debootstrap"
        | b"hyperfine"
        | b"strace-log-merge"
        | b"rr"
        | b"ftrace"
        | b"bpftrace"
        | b"ifne"
        | b"pee"
        | b"mispipe"
        | b"softlimit"
        | b"setuidgid"
        | b"envdir"
        | b"envuidgid"
        | b"pgrphack"
        | b"s6-setuidgid"
        | b"s6-softlimit"
        | b"execlineb"
        | b"catatonit"
        | b"pseudo"
        | b"cgexec"
        | b"numactl"
        | b"schedtool"
        | b"trickle"
        | b"tsocks"
        | b"torify"
        | b"faketime"
        | b"datefudge"
        | b"run0"
        | b"dzdo"
        | b"rootlesskit"
        | b"flatpak-spawn"
        | b"distrobox-host-exec"
        | b"nsjail"
        | b"minijail0"
        | b"xterm"
        | b"gnome-terminal"
        | b"konsole"
        | b"alacritty"
        | b"kitty"
        | b"foot"
        | b"x-terminal-emulator"
        | b"xinit"
        | b"openvt"
        | b"nix-shell"
        | b"scan-build"
        | b"bear"
        | b"libtool"
        | b"tcpsvd"
        | b"udpsvd"
        | b"cttyhack"
        | b"inotifyd"
        | b"ifup"
        | b"ifdown"
        | b"udhcpc"
        | b"telnetd"
        | b"httpd"
        | b"crond" => "it runs what its arguments say",
        b"ftp" | b"lftp" | b"gnuplot" | b"octave" => "it runs what its arguments or its input say",
        _ if name.starts_with(b"ld-linux") || name.starts_with(b"ld-musl") => {
            "it is the loader, which runs any file"
        }
        b"ld.so" => "it is the loader, which runs any file",
        _ => return None,
    };
    Some(Wrapper::Opaque(why))
}

/// Adds what a layer that is `wrapper` runs.
pub(super) fn take_apart<'a>(
    wrapper: Wrapper,
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
) {
    match wrapper {
        Wrapper::Prefix(prefix) => prefix::take_apart(prefix, apart, at, args),
        Wrapper::MultiCall => multi_call(apart, at, args),
        Wrapper::Opaque(why) => opaque(why, apart, at, args),
        Wrapper::Env => env::env(apart, at, args),
        Wrapper::Sudo => users::sudo(apart, at, args),
        Wrapper::Su => users::su(apart, at, args),
        Wrapper::Runuser => users::runuser(apart, at, args),
        Wrapper::Capsh => users::capsh(apart, at, args),
        Wrapper::Setarch => prefix::setarch(apart, at, args),
        Wrapper::Strace => prefix::strace(apart, at, args),
        Wrapper::Valgrind => prefix::valgrind(apart, at, args),
        Wrapper::Perf => prefix::perf(apart, at, args),
        Wrapper::Watch => shells::watch(apart, at, args),
        Wrapper::Flock => shells::flock(apart, at, args),
        Wrapper::Script => shells::script(apart, at, args),
        Wrapper::Shell => shells::shell(apart, at, args),
        Wrapper::ForeignShell => shells::foreign(apart, at, args),
        Wrapper::Find => files::find(apart, at, args),
        Wrapper::Fd => files::fd(apart, at, args),
        Wrapper::Xargs => files::xargs(apart, at, args),
        Wrapper::Parallel => files::parallel(apart, at, args),
        Wrapper::Ssh => tools::ssh(apart, at, args),
        Wrapper::Launcher(subcommands) => tools::launcher(subcommands, apart, at, args),
        Wrapper::Options(options) => tools::named(options, apart, at, args),
        Wrapper::Ip => tools::ip(apart, at, args),
        Wrapper::Git => tools::git(apart, at, args),
        Wrapper::Tar => tools::tar(apart, at, args),
        Wrapper::Rsync => tools::rsync(apart, at, args),
        Wrapper::Make => tools::make(apart, at, args),
        Wrapper::Man => tools::man(apart, at, args),
        Wrapper::Pager => tools::pager(apart, at, args),
        Wrapper::Awk => interpreters::awk(apart, at, args),
        Wrapper::Sed => sed::sed(apart, at, args),
        Wrapper::Interpreter(harmless) => interpreters::interpreter(harmless, apart, at, args),
    }
}

const HIDDEN: &str = "its options are not written out, or not known";

/// Why it is not known what a program runs whose command line cannot be read.
fn is_doubtful(line: &CommandLine<'_>) -> bool {
    match (line.doubt, line.rest) {
        (Some(doubt), Some(rest)) => doubt < rest,
        (doubt, _) => doubt.is_some(),
    }
}

/// The syntax of a program whose options all stand in front of its first operand, and are all listed.
const fn in_front(options: &'static str) -> Syntax {
    Syntax {
        options,
        order: Order::OperandEnds,
        style: Style::Gnu,
        listing: Listing::Whole,
    }
}

/// The syntax of a program whose options may stand anywhere, and are all listed.
const fn anywhere(options: &'static str) -> Syntax {
    Syntax {
        options,
        order: Order::Permuted,
        style: Style::Gnu,
        listing: Listing::Whole,
    }
}

/// The text of a word, if it is known.
fn text<'w>(word: &'w Word<'_>) -> Option<&'w OsStr> {
    match word {
        Word::Text(text) => Some(text),
        Word::Operands | Word::Unknown => None,
    }
}

/// Whether a word is this text.
fn is(word: &Word<'_>, expected: &str) -> bool {
    text(word).is_some_and(|text| text == expected)
}

/// The value of an option as a word.
fn owned<'a>(value: Value<'_>) -> Word<'a> {
    match value {
        Value::Text(text) => Word::Text(text.to_owned().into()),
        _ => Word::Unknown,
    }
}

/// Whether one of these options, with blanks between them, is there or may be.
fn has_any(line: &CommandLine<'_>, options: &str) -> bool {
    options
        .split_ascii_whitespace()
        .any(|option| line.has(option) != Presence::Absent)
}

/// Whether a file of this name holds what somebody else writes while it is read.
fn is_input(value: Value<'_>) -> bool {
    match value {
        Value::Text(file) => {
            let file = file.as_bytes();
            file == b"-" || file.starts_with(b"/dev/") || file.starts_with(b"/proc/")
        }
        _ => true,
    }
}

/// Whether `program` is a name of a program of many names, which then looks at its first argument.
pub(super) fn is_multi_call(name: &[u8]) -> bool {
    matches!(name, b"toybox" | b"coreutils") || name.starts_with(b"busybox")
}

fn multi_call<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let Some(Word::Text(first)) = args.first() else {
        if !args.is_empty() {
            apart.opaque(at, HIDDEN);
        }
        return;
    };
    let applet = first.as_bytes().strip_prefix(b"--coreutils-prog=");
    if let Some(applet) = applet {
        let applet = Word::Text(OsStr::from_bytes(applet).to_owned().into());
        apart.run(at, &applet, args[1..].to_vec(), Change::default());
    } else if !first.as_bytes().starts_with(b"-") {
        apart.command(at, args, 0, Change::default());
    } else if !matches!(
        first.as_bytes(),
        b"--list" | b"--list-full" | b"--help" | b"--version"
    ) {
        apart.opaque(at, HIDDEN);
    }
}

/// A program that runs something that is not looked for. Asking for its version runs nothing.
fn opaque<'a>(why: &'static str, apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let name = apart.name(at);
    let name = name.as_bytes();
    if let [only] = args
        && (is(only, "--version")
            || is(only, "--help")
            || (is(only, "-l") && matches!(name, b"at" | b"crontab")))
    {
        return;
    }
    // These take keys from a terminal alone; vi takes them from its input, whatever that is.
    let is_of_terminals = matches!(name, b"nano" | b"emacs" | b"emacsclient" | b"nvim");
    let is_plain = |word: &Word<'_>| match word {
        Word::Text(text) => is(word, "-nw") || !matches!(text.as_bytes(), [] | [b'-' | b'+', ..]),
        Word::Operands => true,
        Word::Unknown => false,
    };
    if is_of_terminals && !args.is_empty() && args.iter().all(is_plain) {
        return;
    }
    apart.opaque(at, why);
    // What is started for a debugger is written out: `gdb --args program argument`.
    let command = args.iter().position(|word| is(word, "--args"));
    if let Some(command) = command {
        apart.command(at, args, command + 1, Change::default());
    }
}
