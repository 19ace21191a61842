//! Tools that run other programs if an option says so: git, tar, rsync, ssh, make, man.

use super::shells::joined;
use super::{Apart, Change, HIDDEN, Word, has_any, is_doubtful, text};
use crate::command::options::{CommandLine, Presence, Syntax, Value, scan};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Settings that `git -c` may have without running anything, before the dot or whole.
const HARMLESS_SETTINGS: &[&str] = &[
    "advice.",
    "author.",
    "color.",
    "column.",
    "committer.",
    "user.",
    "log.",
    "status.",
    "push.default",
    "core.abbrev",
    "core.autocrlf",
    "core.bigfilethreshold",
    "core.compression",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.longpaths",
    "core.preloadindex",
    "core.quotepath",
    "core.safecrlf",
    "core.symlinks",
    "commit.gpgsign",
    "tag.gpgsign",
    "diff.algorithm",
    "diff.mnemonicprefix",
    "diff.noprefix",
    "diff.renamelimit",
    "diff.renames",
    "fetch.prune",
    "fetch.parallel",
    "gc.auto",
    "grep.linenumber",
    "http.postbuffer",
    "http.sslverify",
    "init.defaultbranch",
    "merge.conflictstyle",
    "merge.ff",
    "merge.renamelimit",
    "pack.threads",
    "protocol.version",
    "pull.ff",
    "pull.rebase",
    "rebase.autosquash",
    "rebase.autostash",
    "rerere.enabled",
    "tag.sort",
    "branch.sort",
];

pub(super) fn git<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("git")), args);
    let first = line
        .operands
        .first()
        .filter(|operand| operand.presence == Presence::Present);
    let Some(subcommand) = first else {
        if line.doubt.is_some() {
            apart.opaque(at, HIDDEN);
        }
        return;
    };
    if line.doubt.is_some_and(|doubt| doubt <= subcommand.at) {
        return apart.opaque(at, HIDDEN);
    }
    git_settings(&line, subcommand.at, apart, at);
    let Some(name) = text(subcommand.word) else {
        return apart.opaque(at, HIDDEN);
    };
    let rest = &args[subcommand.at + 1..];
    match name.as_bytes() {
        b"submodule" => foreach(apart, at, rest),
        b"bisect" if rest.first().is_some_and(|word| super::is(word, "run")) => {
            apart.command(at, rest, 1, Change::default());
        }
        b"rebase" | b"difftool" => git_scripts(&line, apart, at, &["--exec", "-x", "--extcmd"]),
        // The program comes first, or behind an option.
        b"merge-index" => {
            apart.opaque(at, "it runs what its arguments say");
            let program = rest
                .iter()
                .position(|word| text(word).is_none_or(|text| !text.as_bytes().starts_with(b"-")));
            if let Some(program) = program {
                apart.run(at, &rest[program], vec![Word::Operands], Change::default());
            }
        }
        b"submodule--helper" => foreach(apart, at, rest),
        b"config" => git_config(&line, rest, apart, at),
        b"svn" | b"web--browse" | b"archimport" | b"cvsimport" | b"filter-branch" | b"instaweb"
        | b"shell" | b"for-each-repo" | b"hook" | b"send-email" | b"mergetool" | b"remote-ext"
        | b"daemon" | b"http-backend" | b"sh-i18n" | b"gui" | b"citool" | b"upload-pack"
        | b"receive-pack" | b"upload-archive" | b"p4" | b"cvsserver" => {
            apart.opaque(at, "it runs what its arguments or settings say");
        }
        _ => {}
    }
    // What these two give to a shell was read above.
    let names_program = |option: &str| {
        line.places(option).next().is_some() && !matches!(name.as_bytes(), b"rebase" | b"difftool")
    };
    let options = [
        "--upload-pack",
        "--receive-pack",
        "--exec",
        "--open-files-in-pager",
        "--remote-helper",
    ];
    if options.into_iter().any(names_program)
        || (name == "clone" && line.places("-u").next().is_some())
        || (name == "grep" && line.places("-O").next().is_some())
        || (line.doubt.is_some()
            && matches!(
                name.as_bytes(),
                b"clone" | b"fetch" | b"pull" | b"push" | b"ls-remote" | b"archive" | b"grep"
            ))
    {
        apart.opaque(at, "one of its options names a program, or may do so");
    }
    // A new repository may have settings and hooks that run at once.
    let in_clone = |option: &str| {
        line.places(option)
            .any(|(found, _)| found.at > subcommand.at)
    };
    if name == "clone" && ["--config", "--template"].into_iter().any(in_clone) {
        apart.opaque(at, "a setting can make git run anything");
    }
    let is_ext = |word: &Word<'_>| {
        text(word).is_some_and(|text| text.as_bytes().windows(5).any(|part| part == b"ext::"))
    };
    if rest.iter().any(is_ext) {
        apart.opaque(at, "`ext::` names a program");
    }
}

/// Whether the setting `key` runs nothing, whatever it is set to.
fn is_harmless_setting(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let is_it = |known: &str| match known.ends_with('.') {
        true => key.starts_with(known.as_bytes()),
        false => key == known.as_bytes(),
    };
    HARMLESS_SETTINGS.iter().any(|known| is_it(known))
}

/// A setting that stays can make the next git run anything.
fn git_config(line: &CommandLine<'_>, rest: &[Word<'_>], apart: &mut Apart<'_, '_>, at: usize) {
    let reads = [
        "--get",
        "--get-all",
        "--get-regexp",
        "--list",
        "-l",
        "--unset",
        "--unset-all",
    ];
    let is_reading = reads
        .iter()
        .any(|option| line.places(option).next().is_some());
    let operands: Option<Vec<&OsStr>> = rest
        .iter()
        .filter(|word| text(word).is_none_or(|text| !text.as_bytes().starts_with(b"-")))
        .map(text)
        .collect();
    let is_harmless = match operands.as_deref() {
        None => false,
        Some(&[subcommand, key, _, ..]) if subcommand == "set" => {
            is_harmless_setting(key.as_bytes())
        }
        Some(&[subcommand, ..])
            if [
                "get",
                "list",
                "unset",
                "rename-section",
                "remove-section",
                "get-color",
            ]
            .iter()
            .any(|known| subcommand == *known) =>
        {
            true
        }
        Some(&[key, _, ..]) => is_reading || is_harmless_setting(key.as_bytes()),
        Some(words) => words.iter().all(|word| *word != "edit"),
    };
    if !is_harmless {
        apart.opaque(at, "a setting can make git run anything");
    }
}

/// Settings in front of the subcommand can make git run anything.
fn git_settings(line: &CommandLine<'_>, subcommand: usize, apart: &mut Apart<'_, '_>, at: usize) {
    for found in line.options.iter().filter(|found| found.at < subcommand) {
        let is_harmless = match (found.name(), found.value) {
            ("c", Value::Text(setting)) => {
                let setting = setting.as_bytes();
                let end = setting
                    .iter()
                    .position(|byte| *byte == b'=')
                    .unwrap_or(setting.len());
                is_harmless_setting(&setting[..end])
            }
            ("exec-path", value) => value == Value::None,
            ("c" | "config-env", _) => false,
            _ => true,
        };
        if !is_harmless {
            apart.opaque(at, "a setting can make git run anything");
        }
    }
}

/// Options whose value is given to a shell.
fn git_scripts(line: &CommandLine<'_>, apart: &mut Apart<'_, '_>, at: usize, options: &[&str]) {
    if line.doubt.is_some() {
        apart.opaque(at, HIDDEN);
    }
    let mut seen = Vec::new();
    for option in options {
        for (found, presence) in line.places(option) {
            match found.value {
                _ if seen.contains(&found.at) => {}
                Value::Text(script) if presence == Presence::Present => {
                    seen.push(found.at);
                    apart.script(at, script, &Change::default());
                }
                _ => apart.opaque(at, HIDDEN),
            }
        }
    }
}

/// `git submodule foreach COMMAND`: one word is given to a shell, more are a command.
fn foreach<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let Some(start) = args.iter().position(|word| super::is(word, "foreach")) else {
        if args.contains(&Word::Unknown) {
            apart.opaque(at, HIDDEN);
        }
        return;
    };
    let is_option = |word: &&Word<'_>| {
        text(word).is_some_and(|text| {
            matches!(text.as_bytes(), b"--recursive" | b"-q" | b"--quiet" | b"--")
        })
    };
    let after = &args[start + 1..];
    let command = &after[after.iter().take_while(is_option).count()..];
    let change = Change {
        moves: Some("it is a relative path, and the directory is changed before"),
        ..Change::default()
    };
    match command {
        [] => {}
        [Word::Text(script)] => apart.script(at, script, &change),
        // Git gives the words to a shell as they are, in some versions.
        _ => match joined(command) {
            Some(_) => apart.command(at, command, 0, change),
            None => apart.opaque(at, HIDDEN),
        },
    }
}

pub(super) fn tar<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("tar")), args);
    if line.doubt.is_some() {
        apart.opaque(at, HIDDEN);
    }
    for found in &line.options {
        let script = match (found.name(), found.value) {
            ("to-command" | "I" | "F" | "rmt-command" | "rsh-command", Value::Text(script)) => {
                script
            }
            ("T", _) => {
                apart.opaque(at, "it reads options from a file");
                continue;
            }
            ("checkpoint-action", Value::Text(action)) => {
                match action.as_bytes().strip_prefix(b"exec=") {
                    Some(script) => OsStr::from_bytes(script),
                    None => continue,
                }
            }
            // A colon makes it a file of another machine, reached with another program.
            ("f", Value::Text(file)) => {
                if file.as_bytes().contains(&b':') {
                    apart.opaque(at, "its archive may be on another machine");
                }
                continue;
            }
            (
                "to-command" | "I" | "F" | "rmt-command" | "rsh-command" | "checkpoint-action"
                | "f",
                _,
            ) => {
                apart.opaque(at, HIDDEN);
                continue;
            }
            _ => continue,
        };
        apart.script(at, script, &Change::default());
    }
}

pub(super) fn rsync<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("rsync")), args);
    for (found, presence) in line.places("--rsh") {
        match found.value {
            Value::Text(script) if presence == Presence::Present => {
                apart.script(at, script, &Change::default());
            }
            _ => apart.opaque(at, HIDDEN),
        }
    }
    if line.doubt.is_some() || has_any(&line, "--rsync-path --daemon --config -M") {
        apart.opaque(at, "one of its options names a program, or may do so");
    }
}

/// Settings of ssh that name a program or a library, in small letters.
const SSH_SETTINGS: &[&str] = &[
    "proxycommand",
    "localcommand",
    "permitlocalcommand",
    "knownhostscommand",
    "include",
    "match",
    "pkcs11provider",
    "securitykeyprovider",
    "xauthlocation",
    "sendenv",
    "remotecommand",
];

/// `ssh`: its command runs elsewhere, but its options can run something here.
pub(super) fn ssh<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let name = apart.name(at);
    let is_ssh = !matches!(name.as_bytes(), b"scp" | b"sftp");
    let line = scan(
        Syntax::of(if is_ssh { OsStr::new("ssh") } else { &name }),
        args,
    );
    let is_hidden = match is_ssh {
        true => is_doubtful(&line),
        false => line.doubt.is_some(),
    };
    if is_hidden {
        return apart.opaque(at, HIDDEN);
    }
    // Options may follow the host.
    let after = line
        .rest
        .filter(|_| is_ssh)
        .map_or(args.len(), |host| host + 1);
    let after = scan(Syntax::of(OsStr::new("ssh")), &args[after..]);
    if is_doubtful(&after) {
        return apart.opaque(at, HIDDEN);
    }
    for found in line.options.iter().chain(&after.options) {
        match (found.name(), found.value) {
            ("o", Value::Text(setting)) => {
                let setting = setting.as_bytes().trim_ascii_start().to_ascii_lowercase();
                if SSH_SETTINGS
                    .iter()
                    .any(|known| setting.starts_with(known.as_bytes()))
                {
                    apart.opaque(at, "a setting names a program that it runs here");
                }
            }
            ("o" | "F" | "I", _) => {
                apart.opaque(at, "a setting may name a program that it runs here")
            }
            ("S" | "D", _) if !is_ssh => apart.opaque(at, "one of its options names a program"),
            ("E", value) if is_ssh => apart.writes(at, super::owned(value)),
            _ => {}
        }
    }
}

/// `make` runs what a file says; more than that is opaque.
pub(super) fn make<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("make")), args);
    let is_code = |word: &Word<'_>| {
        text(word).is_some_and(|text| {
            let text = text.as_bytes();
            let names = [
                &b"SHELL"[..],
                b".SHELLFLAGS",
                b"MAKEFLAGS",
                b"GNUMAKEFLAGS",
                b"MAKEFILES",
            ];
            text.contains(&b'=')
                && (text.contains(&b'$')
                    || text.contains(&b'!')
                    || names.iter().any(|name| text.starts_with(name)))
        })
    };
    let reads_input = |(found, _): (&crate::command::options::Found<'_>, _)| match found.value {
        Value::Text(file) => file == "-" || file.as_bytes().starts_with(b"/dev/"),
        _ => true,
    };
    if line.doubt.is_some()
        || has_any(&line, "--eval")
        || line.places("--file").any(reads_input)
        || args.iter().any(is_code)
    {
        apart.opaque(at, "it is given commands beside those of its file");
    }
}

pub(super) fn man<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let is_harmful = |word: &Word<'_>| match word {
        Word::Text(text) => match text.as_bytes() {
            [b'-', b'-', name @ ..] => [
                "pager",
                "html",
                "config-file",
                "preprocessor",
                "gxditview",
                "troff-device",
                "ditroff",
                "local-file",
            ]
            .iter()
            .any(|option| {
                name.starts_with(&option.as_bytes()[..name.len().min(option.len()).min(2)])
            }),
            [b'-', letters @ ..] => letters.iter().any(|letter| b"PHCXTltp".contains(letter)),
            _ => false,
        },
        Word::Operands => false,
        Word::Unknown => true,
    };
    if args.iter().any(is_harmful) {
        apart.opaque(at, "one of its options names a program, or may do so");
    }
}

/// `less` runs commands that it is given with `+`, or by keys of its own.
pub(super) fn pager<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let is_harmful = |word: &Word<'_>| match word {
        Word::Text(text) => match text.as_bytes() {
            // It goes to the end, or to a line.
            b"+F" | b"+G" => false,
            [b'+', line @ ..] => line.is_empty() || !line.iter().all(u8::is_ascii_digit),
            [b'-', b'-', name @ ..] => !matches!(
                name,
                b"" | b"help" | b"version" | b"RAW-CONTROL-CHARS" | b"quit-if-one-screen"
            ),
            [b'-', letters @ ..] => !letters
                .iter()
                .all(|letter| b"RrFXSNiIeEgGmMnqQsuUVwWf".contains(letter)),
            _ => false,
        },
        Word::Operands => false,
        Word::Unknown => true,
    };
    if args.iter().any(is_harmful) {
        apart.opaque(at, "one of its options may run commands");
    }
}

/// The options of the tool called `name` that name a program.
pub(super) fn options(name: &[u8]) -> Option<&'static str> {
    Some(match name {
        b"apt" | b"apt-get" | b"apt-cache" | b"aptitude" => "--option --config-file",
        b"cargo" => "--config",
        b"cpio" => "--rsh-command",
        b"dnf" | b"yum" => "--setopt --config",
        b"go" => "-toolexec -exec -vettool",
        b"helm" => "--post-renderer",
        b"hg" => "--config",
        b"install" => "--strip-program",
        b"nc" | b"ncat" | b"netcat" => "-e -c --exec --sh-exec --lua-exec",
        b"bat" | b"batcat" | b"delta" => "--pager",
        b"cmake" => "-E",
        b"ctest" => "--build-and-test --test-command --overwrite",
        b"dpkg" => "--pre-invoke --post-invoke --status-logger",
        b"fzf" => "--preview --bind",
        b"gcc" | b"g++" | b"cc" | b"c++" => "-wrapper -fplugin -specs --specs -B",
        b"pip" | b"pip3" => "--editor --python",
        b"rpm" => "--eval -E --pipe --define -D --load --macros --rcfile",
        b"ssh-keygen" => "-D -w",
        b"wget" => "--use-askpass --execute --config",
        b"rg" => "--pre --hostname-bin",
        b"sdiff" => "--diff-program",
        b"sort" => "--compress-program",
        b"split" => "--filter",
        b"svn" => "--config-option --config-dir --diff-cmd --diff3-cmd --editor-cmd",
        b"tcpdump" => "-z",
        b"zip" => "-TT --unzip-command",
        _ => return None,
    })
}

/// The subcommands of the tool called `name` behind which there is a command.
pub(super) fn launches(name: &[u8]) -> Option<&'static str> {
    Some(match name {
        b"npm" => "exec x explore",
        b"pnpm" => "exec dlx",
        b"yarn" => "exec dlx",
        b"npx" => "",
        b"bundle" | b"rbenv" | b"pyenv" => "exec",
        b"asdf" | b"mise" | b"direnv" => "exec x",
        b"poetry" | b"pipenv" | b"uv" | b"conda" | b"rustup" => "run",
        b"podman" | b"buildah" => "unshare",
        _ => return None,
    })
}

/// A tool that runs the command behind one of `subcommands`, which it looks for in places of its own.
pub(super) fn launcher<'a>(
    subcommands: &str,
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
) {
    let begins = |word: &Word<'_>, option: &str| {
        text(word).is_some_and(|text| text.as_bytes().starts_with(option.as_bytes()))
    };
    let is_option = |word: &Word<'_>| begins(word, "-");
    let is_code = |word: &Word<'_>| {
        ["--call", "--script-shell", "--shell"]
            .iter()
            .any(|option| begins(word, option))
    };
    if args.iter().any(is_code) {
        apart.opaque(at, "one of its options names a program, or may do so");
    }
    // What follows an option may be its value.
    let may_begin = |index: usize| index == 0 || is_option(&args[index - 1]);
    let runs = |word: &Word<'_>| subcommands.split(' ').any(|known| super::is(word, known));
    let found = (0..args.len())
        .take_while(|index| is_option(&args[*index]) || may_begin(*index))
        .find(|index| runs(&args[*index]));
    let command = match found {
        Some(subcommand) => subcommand + 1,
        // Only options, and then a command.
        None if subcommands.is_empty() && args.first().is_some_and(is_option) => 0,
        None => return,
    };
    let rest = &args[command..];
    let is_script = rest.iter().any(|word| super::is(word, "-c"));
    if subcommands.is_empty() && !is_script {
        return;
    }
    apart.opaque(at, "it runs what its arguments say");
    let program = rest.iter().position(|word| !is_option(word));
    if let Some(program) = program.filter(|_| !is_script) {
        let change = Change {
            elsewhere: Some("it is looked up among other files than those seen here"),
            ..Change::default()
        };
        // The first word may be a toolchain or a directory.
        for program in [program, program + 1] {
            apart.command(at, rest, program, change.clone());
        }
    }
}

/// A tool that is opaque if one of `options` may be there.
pub(super) fn named<'a>(options: &str, apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(&apart.name(at)), args);
    if has_any(&line, options) {
        apart.opaque(at, "one of its options names a program, or may do so");
    }
}

/// `ip netns exec NAME COMMAND…`, `ip vrf exec NAME COMMAND…`; its words may be shortened.
pub(super) fn ip<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let begins = |word: &Word<'_>, whole: &str| {
        text(word)
            .is_some_and(|text| !text.is_empty() && whole.as_bytes().starts_with(text.as_bytes()))
    };
    let runs = args.iter().position(|word| begins(word, "exec"));
    let is_batch = |word: &Word<'_>| {
        text(word).is_none_or(|text| {
            let dashes = text
                .as_bytes()
                .iter()
                .take_while(|byte| **byte == b'-')
                .count();
            let name = &text.as_bytes()[dashes..];
            dashes > 0 && !name.is_empty() && b"batch".starts_with(name)
        })
    };
    if args.iter().any(is_batch) {
        apart.opaque(at, HIDDEN);
    }
    let Some(exec) = runs.filter(|exec| *exec > 0) else {
        return;
    };
    if begins(&args[exec - 1], "netns") || begins(&args[exec - 1], "vrf") {
        let change = Change {
            elsewhere: Some("it is looked up among other files than those seen here"),
            ..Change::default()
        };
        apart.command(at, args, exec + 2, change);
    }
}
