//! Command lines, and all that they would run.

use super::{Layer, Names, Word, take_apart};
use crate::request::{EnvChanges, Request};
use proptest::prelude::*;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

/// Files and what they are links or copies of.
struct Links;

impl Names for Links {
    fn each_name(&self, layer: &Layer<'_>, each: &mut dyn FnMut(&OsStr)) {
        let program = &*layer.program;
        if let Some(name) = Path::new(program).file_name() {
            each(name);
        }
        match program.to_str() {
            Some("/opt/link-to-env") => each(OsStr::new("env")),
            Some("/opt/applet/sh" | "/opt/applet/ls" | "/opt/applet/busybox-2") => {
                each(OsStr::new("busybox"));
            }
            Some("python") => each(OsStr::new("python3.12")),
            _ => {}
        }
    }
}

/// The words of a line; `'…'` and `"…"` hold any text.
fn split(line: &str) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if letter == open => quote = None,
            (' ', None) => words.extend(word.take().map(OsString::from)),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word.map(OsString::from));
    words
}

fn with_layers<T>(argv: &[OsString], look: impl FnOnce(&[Layer<'_>]) -> T) -> T {
    let env = EnvChanges::default();
    let (program, args) = argv.split_first().expect("a program");
    let request = Request {
        program,
        args,
        cwd: None,
        env: &env,
    };
    look(&take_apart(&request, &Links))
}

fn show_word(word: &Word<'_>) -> String {
    match word {
        Word::Text(text) => match text.to_str() {
            Some(text) if !text.is_empty() && !text.contains([' ', '|']) => text.to_owned(),
            _ => format!("'{}'", text.display()),
        },
        Word::Operands => "…".to_owned(),
        Word::Unknown => "*".to_owned(),
    }
}

/// A layer as it is in the tables below: `!` if it is opaque, `(1)` the layer that runs it if that is
/// not the one before, `A=1` what is set, the words, `>file` what is written, `@/bin` the `PATH`.
fn show(index: usize, layer: &Layer<'_>) -> String {
    let mut parts = Vec::new();
    if layer.opaque.is_some() {
        parts.push("!".to_owned());
    }
    if let Some(by) = layer.by.filter(|by| by + 1 != index) {
        parts.push(format!("({by})"));
    }
    if index > 0 {
        let sets = layer.sets.iter();
        parts.extend(sets.map(|(name, value)| format!("{}={}", name.display(), show_word(value))));
        parts.push(show_word(&Word::Text(layer.program.clone())));
        parts.extend(layer.args.iter().map(show_word));
    }
    parts.extend(
        layer
            .writes
            .iter()
            .map(|file| format!(">{}", show_word(file))),
    );
    parts.extend(layer.path.iter().map(|path| format!("@{}", path.display())));
    if layer.is_builtin {
        parts.push("(builtin)".to_owned());
    }
    parts.join(" ")
}

/// Checks what `line` is taken apart into; its own words are left out of `expected`.
#[track_caller]
fn check(line: &str, expected: &str) {
    let shown = with_layers(&split(line), |layers| {
        let shown = layers
            .iter()
            .enumerate()
            .map(|(index, layer)| show(index, layer));
        shown.collect::<Vec<_>>().join(" | ")
    });
    assert_eq!(shown.trim(), expected, "{line}");
}

/// Checks lines that run `rm -rf x` and nothing else, one after the other.
#[track_caller]
fn check_rm(lines: &[&str]) {
    for line in lines {
        check(line, "| rm -rf x");
    }
}

/// Checks lines of which not all is known, and of which nothing else is seen.
#[track_caller]
fn check_opaque(lines: &[&str]) {
    for line in lines {
        check(line, "!");
    }
}

/// Checks lines that run nothing else.
#[track_caller]
fn check_plain(lines: &[&str]) {
    for line in lines {
        check(line, "");
    }
}

#[test]
fn env_is_followed_through_every_option() {
    check_rm(&[
        "env rm -rf x",
        "/usr/bin/env rm -rf x",
        "env -- rm -rf x",
        "env -u A rm -rf x",
        "env -uA rm -rf x",
        "env --unset=A rm -rf x",
        "env --uns A rm -rf x",
        "env -v rm -rf x",
        "env --debug rm -rf x",
        "env -C /tmp rm -rf x",
        "env --chdir /tmp rm -rf x",
        "env --block-signal rm -rf x",
        "env --default-signal=INT rm -rf x",
        "env -S 'rm -rf x'",
        "env '-Srm -rf x'",
        "env -vS 'rm -rf' x",
        "env --split-string='rm -rf x'",
        "env --split-string 'rm -rf' x",
        "env -S 'rm  -rf\\_x'",
        "env -S '-u A rm' -rf x",
        "/opt/link-to-env rm -rf x",
    ]);
    check("env A=1 B=2 rm x", "| A=1 B=2 rm x");
    check("env -i A=1 rm x", "| A=1 rm x @/bin:/usr/bin");
    check("env - rm x", "| rm x @/bin:/usr/bin");
    check("env -iu A rm x", "| rm x @/bin:/usr/bin");
    check("env -u PATH rm x", "| rm x @/bin:/usr/bin");
    check("env PATH=/tmp rm x", "| PATH=/tmp rm x @/tmp");
    check(
        "env PATH=/tmp nice rm",
        "| PATH=/tmp nice rm @/tmp | PATH=/tmp rm @/tmp",
    );
    check("env LD_PRELOAD=x id", "| LD_PRELOAD=x id");
    check("env -C / ./x", "| ! ./x");
    check("env -a y x", "| ! x");
    check(r#"env -S "A='b c' x # y""#, "| A='b c' x");
    check(r#"env -S 'x "a\_b" \#c'"#, "| x 'a b' #c");
    check_plain(&["env", "env A=1", "env -i", "env --help"]);
    check_opaque(&[
        "env --strange rm x",
        "env -Z rm x",
        "env -u",
        "env -S 'rm $X'",
        "env -S 'rm ${X}'",
        "env -S \"rm 'x\"",
        "env -S 'rm x\\'",
        "env --unknown=3 rm x",
    ]);
    check_opaque(&[&format!("env {}", "-S '-v' ".repeat(20))]);
}

#[test]
fn what_only_changes_how_a_command_runs_is_seen_through() {
    check_rm(&[
        "nice rm -rf x",
        "nice -n 5 rm -rf x",
        "nice -n5 rm -rf x",
        "nice -5 rm -rf x",
        "nice --adjustment=5 rm -rf x",
        "nice --adj 5 rm -rf x",
        "ionice -c 3 rm -rf x",
        "ionice -c3 -n 7 -t rm -rf x",
        "chrt 5 rm -rf x",
        "chrt -b 0 rm -rf x",
        "chrt -i rm -rf x",
        "taskset 3 rm -rf x",
        "taskset -c 0,1 rm -rf x",
        "nohup rm -rf x",
        "nohup -- rm -rf x",
        "timeout 5 rm -rf x",
        "timeout -k 1 5 rm -rf x",
        "timeout -s KILL --foreground 5 rm -rf x",
        "timeout --signal=KILL 5 rm -rf x",
        "timeout --kill-after 3 -- 5 rm -rf x",
        "time rm -rf x",
        "time -p rm -rf x",
        "/usr/bin/time -f %e rm -rf x",
        "stdbuf -oL rm -rf x",
        "stdbuf -o L -e 0 rm -rf x",
        "setsid -w rm -rf x",
        "setpriv --reuid 5 --clear-groups rm -rf x",
        "prlimit --nofile=5 --cpu=1 rm -rf x",
        "prlimit -n5 rm -rf x",
        "setarch x86_64 -R rm -rf x",
        "setarch -R rm -rf x",
        "linux32 rm -rf x",
        "i386 -v rm -rf x",
        "unshare -r rm -rf x",
        "unshare -Ur --mount rm -rf x",
        "strace rm -rf x",
        "strace -f -e trace=open -- rm -rf x",
        "strace -ff -s 100 rm -rf x",
        "ltrace -n 2 rm -rf x",
        "valgrind rm -rf x",
        "valgrind --leak-check=full -v rm -rf x",
        "perf stat -e cycles rm -rf x",
        "perf stat -- rm -rf x",
        "unbuffer rm -rf x",
        "choom -n 5 rm -rf x",
        "pkexec rm -rf x",
        "pkexec --user root rm -rf x",
        "doas rm -rf x",
        "doas -u root -n rm -rf x",
        "busybox rm -rf x",
        "toybox rm -rf x",
        "coreutils --coreutils-prog=rm -rf x",
        "catchsegv rm -rf x",
    ]);
    check("time -o log rm x", ">log | rm x");
    check("time --output=log rm x", ">log | rm x");
    check("strace -o log rm x", ">log | rm x");
    check("strace -o '|cat' rm x", "! >'|cat' | rm x");
    check("strace -E A=1 rm x", "| A=1 rm x");
    check("valgrind --log-file=y rm x", ">y | rm x");
    check("chroot / rm x", "| ! rm x");
    check("chroot --userspec=a:b / rm x", "| ! rm x");
    check("nsenter -t 1 -m rm x", "| ! rm x");
    check("unshare --root=/y rm x", "| ! rm x");
    check("gdb --args rm x", "! | rm x");
    check_plain(&[
        "nice",
        "nohup",
        "timeout 5",
        "taskset -p 3 99",
        "ionice -p 9",
        "chrt -p 9",
        "prlimit -p 9",
        "time --version",
        "strace -p 9",
        "perf list",
        "setpriv -d",
        "busybox",
        "busybox --list",
        "nice --help rm",
        "gdb --version",
    ]);
    check_opaque(&[
        "nice --strange rm",
        "timeout --s=KILL --xx 5 rm",
        "chroot /",
        "unshare",
        "nsenter -t 1",
        "doas",
        "doas -s",
        "pkexec",
        "linux32",
        "perf script rm",
        "vim -c '!x'",
        "ed x",
        "gdb x",
        "screen -d -m x",
        "systemd-run x",
        "at now",
        "/lib64/ld-linux-x86-64.so.2 /bin/rm x",
        "busybox --install",
    ]);
}

#[test]
fn another_user_runs_the_same_command() {
    check_rm(&[
        "sudo rm -rf x",
        "sudo -u root rm -rf x",
        "sudo -uroot -n rm -rf x",
        "sudo -nEH rm -rf x",
        "sudo --user=root -- rm -rf x",
        "sudo --preserve-env=A,B rm -rf x",
        "sudo -s rm -rf x",
        "runuser -u root -- rm -rf x",
        "runuser -u root rm -rf x",
        "su -c 'rm -rf x'",
        "su root -c 'rm -rf x'",
        "su --command='rm -rf x' root",
        "su -mc 'rm -rf x' root",
        "runuser root -c 'rm -rf x'",
    ]);
    check("sudo A=1 rm x", "| A=1 rm x");
    check("sudo -i rm x", "| ! rm x");
    check("sudo -R / rm x", "| ! rm x");
    check("su - root -c 'rm x'", "| ! rm x");
    check("sudo -e /etc/x", "! >/etc/x");
    check("sudoedit /etc/x", "! >/etc/x");
    check(
        "capsh --drop=x -- -c 'rm x'",
        "| /bin/bash -c 'rm x' | rm x",
    );
    check_plain(&[
        "sudo -l",
        "sudo -l rm",
        "sudo -k",
        "su --help",
        "capsh --print",
    ]);
    check_opaque(&[
        "sudo -s",
        "sudo -i",
        "sudo -h x rm",
        "sudo --strange rm",
        "su",
        "su root",
        "su - root",
        "su root -- -c x",
        "su -s /bin/x -c y",
        "runuser -l root",
        "runuser -u root",
        "capsh --shell=x -- y",
    ]);
}

#[test]
fn shells_are_read() {
    check_rm(&[
        "sh -c 'rm -rf x'",
        "bash -lc 'rm -rf x'",
        "bash -ec 'rm -rf x'",
        "bash -c -e 'rm -rf x'",
        "bash -ce 'rm -rf x' name argument",
        "dash -c -- 'rm -rf x'",
        "bash --norc -c 'rm -rf x'",
        "bash -o pipefail -c 'rm -rf x'",
        "bash -euo pipefail -c 'rm -rf x'",
        "bash +x -c 'rm -rf x'",
        "bash -O extglob -c 'rm -rf x'",
        "zsh -fc 'rm -rf x'",
        "/bin/sh -c 'rm  -rf  x'",
        "sh -c 'r\\m -rf x'",
        "/opt/applet/sh -c 'rm -rf x'",
        "watch 'rm -rf x'",
        "watch -n 1 rm -rf x",
        "watch -n1 -d rm -rf x",
        "watch -x rm -rf x",
        "eatmydata rm -rf x",
    ]);
    check("busybox sh -c 'rm x'", "| sh -c 'rm x' | rm x");
    check("/opt/applet/busybox-2 ls x", "| ls x");
    check_plain(&["/opt/applet/ls sh x"]);
    check("sh -c 'a; b && c'", "| a | (0) b | (0) c");
    check("sh -c 'A=1 x > y'", "| A=1 x >y");
    check("sh -c 'cd y; ls'", "| cd y (builtin) | (0) ls");
    check("sh -c 'exec kill 1'", "| kill 1");
    check("sh -c '> y'", ">y");
    check("sh -c 'rm $x'", "| ! rm *");
    check("sh -c 'ls ./*'", "| ls …");
    check(
        "sh -c 'sh -c \"a; b\"; c'",
        "| sh -c 'a; b' | a | (1) b | (0) c",
    );
    check(
        "sh -c 'nice rm x | env cat'",
        "| nice rm x | rm x | (0) env cat | cat",
    );
    check("flock /y -c 'rm x'", ">/y | rm x");
    check("flock -n -w 5 /y rm x", ">/y | rm x");
    check("flock -x /y rm x", ">/y | rm x");
    check("script -c 'rm x'", ">typescript | rm x");
    check("script -qec 'rm x' /dev/null", ">/dev/null | rm x");
    check("script --command 'rm x' -a log", ">log | rm x");
    check_plain(&[
        "sh x",
        "bash -x ./x a",
        "sh -- x",
        "bash --version",
        "sh -c",
        "flock 9",
        "fish x.fish",
        "zsh -f x",
    ]);
    check_opaque(&[
        "sh",
        "bash -i",
        "sh -s",
        "sh -s x",
        "sh -",
        "bash --strange x",
        "bash --rcfile x -c y",
        "sh /dev/stdin",
        "bash /dev/fd/3",
        "fish -c x",
        "csh -c x",
        "tcsh -fc x",
        "sh +c x",
        "sh -o",
    ]);
    check("script", "! >typescript");
    check("script -q log", "! >log");
    check("sh -c '$x y'", "!");
    check("sh -c 'x \"'", "| ! x ''");
}

#[test]
fn commands_for_what_is_found_are_seen() {
    check("find . -exec rm -rf {} ;", "| rm -rf …");
    check("find . -name x -exec rm -rf {} + -print", "| rm -rf …");
    check("find . -exec a {} ; -exec b {} ;", "| a … | (0) b …");
    check("find . -ok rm {} ;", "| rm …");
    check("find . -execdir ./x {} ;", "| ! ./x …");
    check("find . -okdir rm {}.old ;", "| rm …");
    check("find . -exec rm --x={} ;", "| rm *");
    check("find . -exec sh -c 'rm x' ;", "| sh -c 'rm x' | rm x");
    check("find . -exec sh -c {} ;", "| ! sh -c …");
    check(
        "find . -exec env nice rm {} +",
        "| env nice rm … | nice rm … | rm …",
    );
    check("find . -fprint y -fprintf z %p", ">y >z");
    check("find . -exec {} ;", "!");
    check_plain(&["find . -delete", "find . -name -exec", "find"]);
    check("find . -exec rm", "! | rm");
    check("find . -fprintf y -exec -exec rm {} ;", ">y | rm …");
    check_opaque(&["find . -strange x"]);
    check("fd y -x rm", "| rm *");
    check("fd y -X rm -f {}", "| rm -f *");
    check("fd y --exec sh -c x ';' --hidden", "| sh -c x * | x");
    check_plain(&["fd x", "fd -H y"]);
    check_opaque(&["fd y -Hx rm", "fd y --exec=rm"]);
    check("xargs rm -f", "| rm -f *");
    check("xargs -0 -n 1 rm", "| rm *");
    check("xargs -0n1 -P4 -r rm", "| rm *");
    check("xargs --null --max-args=1 rm", "| rm *");
    check("xargs -I {} rm {} a{} -{}", "| rm * … *");
    check("xargs -I% rm %", "| rm *");
    check("xargs -i rm {}", "| rm *");
    check("xargs --replace=@ rm @", "| rm *");
    check("xargs -I {} sh -c 'rm {}'", "| ! sh -c …");
    check("xargs sh -c 'rm x'", "| sh -c 'rm x' * | rm x");
    check("xargs", "| echo *");
    check("xargs env", "| ! env *");
    check("xargs sh", "| ! sh *");
    check("xargs -I {} -L 1 rm a{}", "| rm … *");
    check_opaque(&["zsh -oerrexit -c x", "mksh -T x -c y"]);
    check_opaque(&["xargs -I {} {}", "xargs --strange rm"]);
    check("parallel rm {} ::: a b", "| rm *");
    check("parallel -j 4 rm -f ::: a b", "| rm -f *");
    check_opaque(&[
        "parallel",
        "parallel ::: a",
        "parallel 'rm {}' ::: a",
        "parallel --strange x",
    ]);
}

#[test]
fn tools_that_run_something_say_so() {
    check_plain(&[
        "git push",
        "git -C . -c user.name=x commit -m y",
        "git log --oneline",
        "git --no-pager diff",
        "git clone https://a/b",
        "git rm -rf x",
        "git",
        "git --exec-path",
        "tar xf a",
        "tar -cf a b",
        "rsync -av a b",
        "ssh host ls",
        "ssh -p 22 -i k host rm -rf /",
        "scp -r a b:c",
        "make",
        "make -j4 -C x all",
        "make CC=gcc",
        "man ls",
        "less x",
        "less -R x",
        "awk '{print $1}' x",
        "awk -F: '$1 == 3 || $2 > 4' x",
        "sed s/a/b/ x",
        "sed -n '1,3p' x",
        "sed -e s/a/e/g -e '/x/d' y",
        "sed 's|a|b|;y/a/b/' x",
        "sed -f y x",
        "python x.py",
        "python3 -u x.py -c y",
        "python -m http.server",
        "python --version",
        "perl x.pl",
        "node x.js",
        "docker run alpine rm -rf /",
        "npm run x",
        "cargo run",
        "rm -rf x",
        "sed --in-place=.bak s/a/b/ x",
        "awk -f y x",
    ]);
    check_opaque(&[
        "git -c alias.x=!id x",
        "git -c core.pager=x log",
        "git -ccore.sshCommand=x fetch",
        "git --exec-path=/x y",
        "git --config-env=a=B log",
        "git --strange log",
        "git -c",
        "git hook run x",
        "git fetch --upload-pack=x",
        "git fetch --upload-p x y",
        "git clone -u x y",
        "git push --exec=x",
        "git push --receive-pack x y",
        "git clone ext::x",
        "git grep -O x",
        "git grep -Oless x",
        "git filter-branch --tree-filter x",
        "tar --to-comm",
        "tar xf host:a",
        "rsync --rsync-path=x a b",
        "rsync --daemon",
        "ssh -o ProxyCommand=x host",
        "ssh -oproxycommand=x host",
        "ssh -F x host",
        "ssh -o PermitLocalCommand=yes host",
        "scp -S x a b",
        "ssh -Z host",
        "make SHELL=/x",
        "make --eval=x",
        "make -f -",
        "make 'X=$(shell id)'",
        "man -P x ls",
        "man --pager=x ls",
        "less '+!x' y",
        "awk 'BEGIN{system(\"id\")}'",
        "awk '{print | \"sh\"}'",
        "awk '\"id\" | getline x'",
        "awk '{print > \"x\"}'",
        "awk -i x y",
        "awk '@load \"x\"'",
        "sed 1e",
        "sed 's/a/b/e'",
        "sed -n '1!e id'",
        "sed 's/a/b/ge'",
        "python -c x",
        "python3 -uc x",
        "python3.12 -c x",
        "python -",
        "python",
        "perl -e x",
        "perl -ne x y",
        "perl -pi -e x y",
        "ruby -e x",
        "node -e x",
        "node --eval x",
        "node -p x",
        "php -r x",
        "lua -e x",
        "lua",
        "python /dev/stdin",
        "deno eval x",
        "perl -Mx y",
    ]);
    check_opaque(&[
        "sort --compress-program=x y",
        "sort --compress-p x y",
        "split --filter=x y",
        "rg --pre x y",
        "hg --config alias.x=!id x",
        "go build -toolexec x",
        "npm exec -c x",
        "apt-get -o X=y install z",
        "git clone -c core.fsmonitor=x y",
        "git clone --template=x y",
        "tar xf a -T list",
        "ssh host -oProxyCommand=x",
        "ssh host -F x ls",
        "python -m timeit x",
        "awk -f - x",
        "sed -f /dev/stdin",
        "psql x",
        "ip -batch x",
        "sed 'b x;e id'",
    ]);
    check("sed 'a x\\\\\ne id' y", "!");
    check_plain(&["sed 'a x\\\ne id' y"]);
    check_plain(&[
        "sort -u x",
        "split x",
        "rg x",
        "go build",
        "apt-get install x",
        "ssh host ls -o x",
        "ip netns list",
        "sed ':a;N;ba' x",
        "sed 'a x' y",
        "python -m pytest x",
    ]);
    check("ip netns exec n rm x", "| ! rm x");
    check("ip net e n rm x", "| ! rm x");
    check("git rebase -x 'rm x' y", "| rm x");
    check("git submodule foreach 'rm x'", "| rm x");
    check("git submodule foreach --recursive rm x", "| rm x");
    check("git submodule foreach ./x y", "| ! ./x y");
    check("git bisect run rm x", "| rm x");
    check("git rebase --exec 'rm x' y", "| rm x");
    check("git -C . rebase -i --exec='a; b' y", "| a | (0) b");
    check("git difftool -x 'rm x' y", "| rm x");
    check("git difftool --extcmd=rm y", "| rm");
    check("tar xf a --to-command='rm x'", "| rm x");
    check("tar xf a --to-com 'rm x'", "| rm x");
    check(
        "tar cf a --checkpoint=1 --checkpoint-action=exec='rm x' b",
        "| rm x",
    );
    check("tar -I 'zstd -3' -cf a b", "| zstd -3");
    check("tar cIf zstd a b", "| zstd");
    check("tar --use-compress-program=pigz -cf a b", "| pigz");
    check("rsync -e 'ssh -p 1' a b:c", "| ssh -p 1");
    check("rsync -ave ssh a b:c", "| ssh");
    check("rsync --rsh='sh -c x' a b", "| sh -c x | x");
    check(
        "rsync -e 'ssh -o ProxyCommand=x' a b",
        "| ! ssh -o ProxyCommand=x",
    );
    check("sed 's/a/b/w y' x", ">y");
    check("sed -n '/a/w y' x", ">y");
    check("ssh -E log host", ">log");
}

#[test]
fn what_is_nested_too_deeply_is_opaque() {
    let line = format!("{}rm -rf x", "nice ".repeat(200));
    with_layers(&split(&line), |layers| {
        assert!(layers.len() > 32 && layers.len() < 50, "{}", layers.len());
        let last = layers.last().expect("a layer");
        assert_eq!(last.opaque.as_deref(), Some("it is nested too deeply"));
    });
}

#[test]
fn reasons_are_given() {
    with_layers(&split("sh -s"), |layers| {
        assert_eq!(
            layers[0].opaque.as_deref(),
            Some("it reads commands from its input")
        );
    });
    with_layers(&split("sh -c 'rm $(id)'"), |layers| {
        assert!(layers.iter().any(|layer| *layer.program == *"id"));
        let rm = layers
            .iter()
            .find(|layer| *layer.program == *"rm")
            .expect("rm");
        assert_eq!(
            rm.opaque.as_deref(),
            Some("it holds the output of another command")
        );
    });
}

fn quote(argv: &[OsString]) -> OsString {
    let quoted = argv.iter().map(|word| {
        let word = word.to_str().expect("text");
        format!("'{}'", word.replace('\'', "'\\''"))
    });
    quoted.collect::<Vec<_>>().join(" ").into()
}

fn any_argv() -> impl Strategy<Value = Vec<OsString>> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "env", "nice", "sh", "bash", "-c", "-S", "-i", "--", "-", "find", ".", "-exec", "{}", ";", "+",
            "xargs", "-I", "git", "rebase", "--exec", "sudo", "-u", "root", "timeout", "5", "time", "-o", "A=1",
            "PATH=/x", "rm", "-rf", "x", "a; b", "a $(b)", "tar", "xf", "sed", "s/a/b/", "s/a/b/e", "awk",
            "python", "ssh", "flock", "script", "su", "watch", "parallel", ":::", "fd", "-x", "busybox",
            "rsync", "-e", "make", "perf", "stat", "strace", "valgrind", "capsh", "chroot", "/",
        ]).prop_map(OsString::from),
        1 => "[ -~]{0,6}".prop_map(OsString::from),
    ];
    prop::collection::vec(word, 1..9)
}

proptest! {
    #[test]
    fn a_wrapper_changes_nothing_of_what_it_runs(argv in any_argv()) {
        // A word with `=` in front of a program of `env` sets a variable, one with `-` is an option.
        let first = argv[0].to_str().expect("text");
        prop_assume!(!first.is_empty() && !first.contains(['=', '-']));
        let alone = with_layers(&argv, |layers| comparable(layers, 0));
        for wrapper in ["env", "nice", "nohup", "timeout 5", "sudo", "setsid"] {
            let mut wrapped = split(wrapper);
            wrapped.extend(argv.iter().cloned());
            let inner = with_layers(&wrapped, |layers| comparable(layers, 1));
            prop_assert_eq!(&inner, &alone, "{}", wrapper);
        }
    }

    #[test]
    fn a_quoted_command_in_a_shell_is_that_command(argv in any_argv()) {
        let is_program = crate::command::shell::kind(first_bytes(&argv)) == crate::command::shell::Kind::Program;
        prop_assume!(!argv[0].is_empty() && is_program && argv[0] != "time");
        prop_assume!(!argv[0].to_str().expect("text").contains('/') || argv[0] == "/");
        prop_assume!(argv[0] != "-");
        let alone = with_layers(&argv, |layers| comparable(layers, 0));
        let wrapped = ["sh".into(), "-c".into(), quote(&argv)];
        let inner = with_layers(&wrapped, |layers| comparable(layers, 1));
        prop_assert_eq!(inner, alone);
    }

    #[test]
    fn any_bytes_are_taken_apart(
        mut argv in any_argv(),
        bytes in prop::collection::vec(prop::collection::vec(1_u8.., 0..6), 0..4),
    ) {
        argv.extend(bytes.into_iter().map(OsString::from_vec));
        with_layers(&argv, |layers| assert!(layers[0].by.is_none()));
    }

    #[test]
    fn any_arguments_are_taken_apart(argv in prop::collection::vec(prop_oneof![any_argv()], 1..3)) {
        with_layers(&argv.concat(), |layers| {
            for (index, layer) in layers.iter().enumerate() {
                assert!(layer.by.is_none_or(|by| by < index));
                assert_eq!(layer.by.is_none(), index == 0);
            }
        });
    }
}

fn first_bytes(argv: &[OsString]) -> &[u8] {
    argv[0].as_bytes()
}

/// The layers from `first` on, with indices that count from there.
fn comparable(layers: &[Layer<'_>], first: usize) -> Vec<String> {
    let one = |layer: &Layer<'_>| {
        let by = layer.by.filter(|by| *by >= first).map(|by| by - first);
        format!(
            "{by:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            layer.program,
            layer.args,
            layer.sets,
            layer.writes,
            layer.path,
            layer.opaque,
            layer.is_wrapper
        )
    };
    layers[first..].iter().map(one).collect()
}

#[test]
fn no_more_commands_are_looked_for_than_can_be_decided_on() {
    let many = |argv: Vec<String>| {
        let argv: Vec<OsString> = argv.into_iter().map(OsString::from).collect();
        with_layers(&argv, |layers| {
            assert!(layers.len() <= 4097, "{}", layers.len());
            let sets: usize = layers.iter().map(|layer| layer.sets.len()).sum();
            assert!(sets < 120_000, "{sets}");
            assert!(layers.iter().any(|layer| layer.opaque.is_some()));
        });
    };
    let words = |first: &[&str], repeated: &[&str], times| -> Vec<String> {
        let repeated = std::iter::repeat_n(repeated, times).flatten();
        first
            .iter()
            .chain(repeated)
            .map(|word| (*word).to_owned())
            .collect()
    };
    many(words(&["find", "."], &["-exec", "env", "ls", ";"], 20_000));
    many(words(
        &["tar", "cf", "x"],
        &["--to-command=ls; ls; ls"],
        20_000,
    ));
    many(words(&["sh", "-c"], &[&"env ls;".repeat(9000)], 1));
    let script = format!("{} sh -c '{}'", "A=1 ".repeat(5000), "ls;".repeat(9000));
    many(words(&["sh", "-c"], &[&script], 1));
}
