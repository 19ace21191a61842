//! Programs that have options, perhaps an operand or two, and then a command: `nice`, `timeout`.

use super::{Apart, Change, HIDDEN, Word, in_front, is, is_doubtful, owned, text};
use crate::command::options::{CommandLine, Syntax, Value, scan};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// A program that runs the command behind its options and operands.
#[derive(Debug)]
pub(in crate::command) struct Prefix {
    syntax: Syntax,
    /// Operands in front of the command.
    operands: usize,
    /// Options that take the name of a file to write.
    writes: &'static str,
    /// Options with which no command is run.
    without: &'static str,
    /// Options that change the directory before the command is looked for.
    moves: &'static str,
    /// Options that have the command looked for among other files; `*` if it always is.
    elsewhere: &'static str,
    /// What it does when there is no command.
    alone: Alone,
}

/// What a program does that is given no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// It prints something, or fails.
    Nothing,
    /// It starts a shell.
    Shell,
}

/// Each is a static of its own.
impl PartialEq for Prefix {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Prefix {}

const fn prefix(options: &'static str, operands: usize) -> Prefix {
    Prefix {
        syntax: in_front(options),
        operands,
        writes: "",
        without: "",
        moves: "",
        elsewhere: "",
        alone: Alone::Nothing,
    }
}

/// The program of this sort that is called `name`.
pub(super) fn find(name: &[u8]) -> Option<&'static Prefix> {
    Some(match name {
        b"nice" | b"gnice" => &NICE,
        b"ionice" => &IONICE,
        b"chrt" => &CHRT,
        b"taskset" => &TASKSET,
        b"nohup" | b"gnohup" => &NOHUP,
        b"timeout" | b"gtimeout" => &TIMEOUT,
        b"time" | b"gtime" => &TIME,
        b"stdbuf" => &STDBUF,
        b"setsid" => &SETSID,
        b"doas" => &DOAS,
        b"pkexec" => &PKEXEC,
        b"chroot" => &CHROOT,
        b"unshare" => &UNSHARE,
        b"nsenter" => &NSENTER,
        b"setpriv" => &SETPRIV,
        b"prlimit" => &PRLIMIT,
        b"unbuffer" => &UNBUFFER,
        b"eatmydata" | b"catchsegv" => &PLAIN,
        b"ccache" | b"sccache" => &PLAIN,
        b"chronic" => &CHRONIC,
        b"dumb-init" => &DUMB_INIT,
        b"fakeroot" => &FAKEROOT,
        b"gosu" | b"su-exec" => &GOSU,
        b"tini" => &TINI,
        b"choom" => &CHOOM,
        b"cpulimit" => &CPULIMIT,
        b"systemd-inhibit" => &INHIBIT,
        b"dbus-run-session" => &DBUS,
        b"uclampset" => &UCLAMPSET,
        _ => return None,
    })
}

static NICE: Prefix = prefix("-0123456789 n|adjustment= help version", 0);

static IONICE: Prefix = Prefix {
    without: "-p -P -u",
    ..prefix(
        "t|ignore c|class= n|classdata= p|pid= P|pgid= u|uid= h|help V|version",
        0,
    )
};

static CHRT: Prefix = Prefix {
    without: "-p -m",
    ..prefix(
        "a|all-tasks d|deadline e|ext b|batch f|fifo i|idle m|max o|other p|pid r|rr \
         R|reset-on-fork T|sched-runtime= P|sched-period= D|sched-deadline= v|verbose h|help \
         V|version",
        1,
    )
};

static TASKSET: Prefix = Prefix {
    without: "-p",
    ..prefix("a|all-tasks p|pid c|cpu-list h|help V|version", 1)
};

static NOHUP: Prefix = prefix("help version", 0);

static TIMEOUT: Prefix = prefix(
    "f|foreground k|kill-after= p|preserve-status s|signal= v|verbose help version",
    1,
);

static TIME: Prefix = Prefix {
    writes: "-o",
    ..prefix(
        "a|append f|format= o|output= p|portability q|quiet v|verbose h|help V|version",
        0,
    )
};

static STDBUF: Prefix = prefix("i|input= o|output= e|error= help version", 0);

static SETSID: Prefix = prefix("c|ctty f|fork w|wait h|help V|version", 0);

static DOAS: Prefix = Prefix {
    without: "-L -C",
    alone: Alone::Shell,
    ..prefix("-Lns :aCu", 0)
};

static PKEXEC: Prefix = Prefix {
    alone: Alone::Shell,
    ..prefix("user= disable-internal-agent keep-cwd help version", 0)
};

static CHROOT: Prefix = Prefix {
    elsewhere: "*",
    alone: Alone::Shell,
    ..prefix("groups= userspec= skip-chdir help version", 1)
};

static UNSHARE: Prefix = Prefix {
    moves: "-w",
    elsewhere: "-R",
    alone: Alone::Shell,
    ..prefix(
        "-muinpUCT mount? uts? ipc? net? pid? user? cgroup? time? f|fork mount-proc? \
         mount-binfmt? map-user= map-group= map-users= map-groups= r|map-root-user \
         c|map-current-user map-auto map-subids kill-child? propagation= R|root= w|wd= S|setuid= \
         G|setgid= setgroups= keep-caps forward-signals monotonic= boottime= h|help V|version",
        0,
    )
};

static NSENTER: Prefix = Prefix {
    elsewhere: "*",
    alone: Alone::Shell,
    ..prefix(
        "a|all t|target= m|mount? u|uts? i|ipc? n|net? N|net-socket= p|pid? C|cgroup? U|user? \
         user-parent T|time? S|setuid= G|setgid= preserve-credentials keep-caps r|root? w|wd? \
         W|wdns= e|env F|no-fork c|join-cgroup Z|follow-context h|help V|version",
        0,
    )
};

static SETPRIV: Prefix = Prefix {
    without: "-d",
    ..prefix(
        "ambient-caps= apparmor-profile= bounding-set= clear-groups d|dump groups= inh-caps= \
         init-groups keep-groups landlock-access= landlock-rule= list-caps no-new-privs nnp \
         pdeathsig= ptracer= regid= rgid= reset-env ruid= euid= reuid= egid= securebits= \
         seccomp-filter= selinux-label= h|help V|version",
        0,
    )
};

static PRLIMIT: Prefix = Prefix {
    without: "-p",
    ..prefix(
        "c|core? d|data? e|nice? f|fsize? i|sigpending? l|memlock? m|rss? n|nofile? q|msgqueue? \
         r|rtprio? s|stack? t|cpu? u|nproc? v|as? x|locks? y|rttime? noheadings o|output= p|pid= \
         raw verbose h|help V|version",
        0,
    )
};

static UNBUFFER: Prefix = prefix("-p", 0);
static PLAIN: Prefix = prefix("", 0);

static CHRONIC: Prefix = prefix("-ev", 0);
static DUMB_INIT: Prefix = prefix("c|single-child r|rewrite= v|verbose h|help V|version", 0);
static FAKEROOT: Prefix = Prefix {
    alone: Alone::Shell,
    ..prefix(
        "l|lib= faked= i= s= u|unknown-is-real b|fd-base= h|help v|version",
        0,
    )
};
static GOSU: Prefix = prefix("help version", 1);
static TINI: Prefix = prefix("-svgwhl :pe version", 0);

static CHOOM: Prefix = Prefix {
    without: "-p",
    ..prefix("n|adjust= p|pid= h|help V|version", 0)
};

static CPULIMIT: Prefix = Prefix {
    without: "-p -e",
    ..prefix(
        "l|limit= c|cpu= m|monitor-forks f|foreground i|include-children v|verbose z|lazy p|pid= e|exe= P|path= k|kill b|background q|quiet h|help",
        0,
    )
};

static INHIBIT: Prefix = Prefix {
    without: "--list",
    ..prefix(
        "what= who= why= mode= list no-pager no-legend no-ask-password h|help version",
        0,
    )
};

static DBUS: Prefix = prefix("config-file= dbus-daemon= help version", 0);

static UCLAMPSET: Prefix = Prefix {
    without: "-p",
    ..prefix(
        "m= M= a|all-tasks p|pid= s|system R|reset-on-fork v|verbose h|help V|version",
        0,
    )
};

pub(super) fn take_apart<'a>(
    prefix: &'static Prefix,
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
) {
    let line = scan(Some(&prefix.syntax), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    for option in prefix.writes.split_ascii_whitespace() {
        for (found, _) in line.places(option) {
            apart.writes(at, owned(found.value));
        }
    }
    if super::has_any(&line, prefix.without) || super::has_any(&line, "--help --version") {
        return;
    }
    let Some(first) = line.rest else {
        return alone(prefix.alone, apart, at);
    };
    let mut operands = prefix.operands;
    // The priority may be missing where the policy has none.
    if std::ptr::eq(prefix, &raw const CHRT) && !is_number(&args[first]) {
        operands = 0;
    }
    let command = first + operands;
    let skipped = args.get(first..command).unwrap_or_default();
    if skipped.iter().any(|word| text(word).is_none()) {
        return apart.opaque(at, HIDDEN);
    }
    if command >= args.len() {
        return alone(prefix.alone, apart, at);
    }
    let mut change = Change::default();
    if super::has_any(&line, prefix.moves) {
        change.moves = Some("it is a relative path, and the directory is changed before");
    }
    if prefix.elsewhere == "*" || super::has_any(&line, prefix.elsewhere) {
        change.elsewhere = Some("it is looked up among other files than those seen here");
    }
    change.drops_path = super::has_any(&line, "--reset-env");
    apart.command(at, args, command, change);
}

fn alone(alone: Alone, apart: &mut Apart<'_, '_>, at: usize) {
    if alone == Alone::Shell {
        apart.opaque(at, "it starts a shell, which reads commands from its input");
    }
}

fn is_number(word: &Word<'_>) -> bool {
    text(word).is_some_and(|text| text.as_bytes().iter().all(u8::is_ascii_digit))
}

static SETARCH: Syntax = in_front(
    "B|32bit F|fdpic-funcptrs I|short-inode L|addr-compat-layout R|addr-no-randomize \
     S|whole-seconds T|sticky-timeouts X|read-implies-exec Z|mmap-page-zero 3|3gb 4gb uname-2.6 \
     v|verbose list show? h|help V|version",
);

/// `setarch` and the links to it; only the former is told the architecture.
pub(super) fn setarch<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let is_told = apart.name(at) == "setarch"
        && args
            .first()
            .and_then(text)
            .is_some_and(|text| !text.as_bytes().starts_with(b"-"));
    let args = if is_told { &args[1..] } else { args };
    let line = scan(Some(&SETARCH), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    match line.rest {
        _ if super::has_any(&line, "--list --show --help --version") => {}
        Some(command) => apart.command(at, args, command, Change::default()),
        None => alone(Alone::Shell, apart, at),
    }
}

static STRACE: Syntax = in_front(
    "-cCdDfFhikqrtTvVwxyYzZ :abeEIoOpPsSuUX attach= trace= signal= status= output= env= \
     follow-forks output-separately summary summary-only string-limit= columns= user= \
     trace-path= kill-on-exit seccomp-bpf stack-traces instruction-pointer timestamps? \
     relative-timestamps? syscall-times? strings-in-hex? decode-fds? decode-pids? quiet? silent? \
     successful-only failed-only no-abbrev abbrev= verbose= raw= read= write= inject= fault= kvm= \
     daemonize? debug syscall-number argv0= help version",
);

static LTRACE: Syntax = in_front(
    "-bcCfhiLrStTV :aADeFlnopsuwx output= config= library= where= align= indent= help version",
);

pub(super) fn strace<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let is_ltrace = apart.name(at) == "ltrace";
    let syntax = if is_ltrace { &LTRACE } else { &STRACE };
    let line = scan(Some(syntax), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let mut change = Change::default();
    for found in &line.options {
        match (found.name(), found.value) {
            ("o" | "output", Value::Text(file)) => {
                if matches!(file.as_bytes(), [b'|' | b'!', ..]) {
                    apart.opaque(at, "it writes to a command");
                }
                apart.writes(at, owned(found.value));
            }
            ("E" | "env", Value::Text(set)) if !is_ltrace => sets(&mut change, set),
            ("F" | "config", _) if is_ltrace => apart.opaque(at, HIDDEN),
            _ => {}
        }
    }
    if let Some(command) = line.rest {
        apart.command(at, args, command, change);
    }
}

/// Notes `NAME=value`.
pub(super) fn sets(change: &mut Change<'_>, set: &OsStr) {
    let bytes = set.as_bytes();
    let (name, value) = match bytes.iter().position(|byte| *byte == b'=') {
        Some(equals) => (&bytes[..equals], &bytes[equals + 1..]),
        None => (bytes, &b""[..]),
    };
    let own = |bytes| OsStr::from_bytes(bytes).to_owned();
    change
        .sets
        .push((own(name).into(), Word::Text(own(value).into())));
}

/// Options of valgrind never take the next word.
pub(super) fn valgrind<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    for (index, word) in args.iter().enumerate() {
        let Some(option) = text(word) else {
            return apart.opaque(at, HIDDEN);
        };
        let option = option.as_bytes();
        if !option.starts_with(b"-") {
            return apart.command(at, args, index, Change::default());
        }
        if option == b"--" {
            return apart.command(at, args, index + 1, Change::default());
        }
        let equals = option.iter().position(|byte| *byte == b'=');
        let name = &option[..equals.unwrap_or(option.len())];
        match (name, equals) {
            (
                b"--log-file" | b"--xml-file" | b"--massif-out-file" | b"--callgrind-out-file",
                Some(equals),
            ) => {
                let file = OsStr::from_bytes(&option[equals + 1..]).to_owned();
                apart.writes(at, Word::Text(file.into()));
            }
            (b"--tool", Some(equals)) if option[equals..].contains(&b'/') => {
                apart.opaque(at, HIDDEN)
            }
            _ => {}
        }
    }
}

static PERF_STAT: Syntax = in_front(
    "-aABcdghiInNqRsSTvxdzPkFlbWK :CeGoprtujDmM event= filter= all-cpus cpu= output= append repeat= pid= tid= \
     null verbose detailed sync scale delay= no-inherit per-socket per-core per-thread big-num \
     json-output interval-print= timeout= count= call-graph= freq= quiet summary all-user \
     all-kernel all-cgroups no-buildid help",
);

/// `perf stat` and `perf record` run a command.
pub(super) fn perf<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let subcommand = args.first().and_then(text).map(OsStr::as_bytes);
    match subcommand {
        None if args.is_empty() => {}
        Some(b"stat" | b"record" | b"trace") => {
            let line = scan(Some(&PERF_STAT), &args[1..]);
            perf_command(&line, apart, at, args);
        }
        Some(
            b"list" | b"report" | b"annotate" | b"diff" | b"evlist" | b"version" | b"--version"
            | b"--help" | b"help" | b"buildid-list",
        ) => {}
        _ => apart.opaque(at, HIDDEN),
    }
}

fn perf_command<'a>(
    line: &CommandLine<'_>,
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
) {
    // Letters that differ between the subcommands leave the command in doubt.
    if is_doubtful(line)
        || (!is(&args[0], "stat") && super::has_any(line, "-F -c -x -I -g -N -R -W"))
    {
        return apart.opaque(at, HIDDEN);
    }
    for option in ["-o", "--output"] {
        for (found, _) in line.places(option) {
            apart.writes(at, owned(found.value));
        }
    }
    if let Some(command) = line.rest {
        apart.command(at, args, command + 1, Change::default());
    }
}
