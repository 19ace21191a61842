//! What `--help` says beyond the flags.

/// After the help of `shape`.
pub(crate) const OVERVIEW: &str = "\
Examples:
  shape run hello.shape
  shape run --allow-process=git,make build.shape release
  shape eval '1 + 2'
  shape check --needs build.shape

Permissions:
  A script may compute and talk to its own terminal. Everything else is granted by a flag:
  --allow-process for running programs, --allow-shell for handing scripts to a shell, --allow-env
  for environment variables, -A for everything; or by a set of them in shape.toml, with -P=NAME.
  Rules say the same for good: see `shape permissions`. What they deny is denied, also with -A.
  A script that needs more than it was granted does not start. On a terminal, programs that were
  not granted are asked about one by one, unless --no-prompt is given; see `shape trust`.

Exit codes:
  0    the script came to its end
  1    an error that the script did not catch
  2    wrong usage, a script that does not compile, or a permission that was not granted
  n    the script called exit(n)
  130  ended by Ctrl-C; 128 + n for signal n
  141  nobody reads the output any more";

/// After the help of `shape run`.
pub(crate) const RUN: &str = "\
Examples:
  shape run hello.shape
  shape run --allow-process=git,/usr/bin/rsync backup.shape /srv --dry-run
  shape run --allow-process --deny-process=rm,sh tidy.shape
  echo 'print(args())' | shape run - a b

PROGRAM is a bare name, which means the file that PATH has for it, or an absolute path; git:status is
one subcommand of it, git:log!--output the same without that option, and sh! a program that may run
anything. What is denied stays denied, whatever is allowed.

As the first line of a script: #!/usr/bin/env -S shape run --allow-process=git";

/// After the help of `shape eval`.
pub(crate) const EVAL: &str = "\
Examples:
  shape eval '[1, 2, 3].map(|x| x * x).sum()'
  shape eval --allow-process=git 'io.exec(\"git\", [\"--version\"]).stdout.trim()'
  shape eval -- '-5 % 3'
  shape eval - < script.shape

The value of the last expression is printed, and nothing if it has none.";

/// After the help of `shape repl`.
pub(crate) const REPL: &str = "\
Examples:
  shape repl
  shape repl --allow-process=git
  echo '[1, 2, 3].sum()' | shape repl

On a terminal: Tab completes, the arrows fetch what was typed before, Ctrl-C ends what runs, Ctrl-D
leaves, :help says more. Elsewhere the inputs are read from standard input, without prompts; the exit
code is 1 if one of them failed.";

/// After the help of `shape check`.
pub(crate) const CHECK: &str = "\
Examples:
  shape check build.shape
  shape check --needs build.shape

Exit codes: 0 and no output if all is well, 2 if something is wrong.";

/// After the help of `shape test`.
pub(crate) const TEST: &str = "\
Examples:
  shape test
  shape test --filter parse --jobs 1
  shape test --allow-process=git scripts release_test.shape
  shape test --output-format=json

Tests are the functions named test_… in files named …_test.shape, and in files that are given by name. A
file without such functions is one test itself. For each test the top level of its file runs anew, and
then the function. It fails by an error that nothing catches, by an Err that it gives, or by calling
exit; assert(condition), assert_eq(a, b) and assert_ne(a, b) raise such errors.

Exit codes: 0 if all passed, 1 if one failed, 2 if a file does not compile.";

/// After the help of `shape fmt`.
pub(crate) const FMT: &str = "\
Examples:
  shape fmt
  shape fmt --check scripts build.shape
  shape fmt - < script.shape

What a script means does not change, and its comments stay. Folders stand for the *.shape files in them.

Exit codes: 0; 1 with --check if something is not formatted; 2 if a script has a syntax error, which is
left as it is.";

/// After the help of `shape explain`.
pub(crate) const EXPLAIN_CODE: &str = "\
Examples:
  shape explain
  shape explain E0102

Exit codes: 0, or 2 if there is no such code.";

/// After the help of `shape plugin new`.
pub(crate) const PLUGIN_NEW: &str = "\
Examples:
  shape plugin new counters
  shape plugin new counters --path plugins/counters --shape ~/src/shape

It makes a crate with a module of two functions and a resource type, and a test that loads it and runs a
script. To use it:

  cargo build --release
  shape run --plugin=target/release/libcounters.so --allow-plugin script.shape";

/// After the help of `shape exec`.
pub(crate) const EXEC: &str = "\
Examples:
  shape exec --allow-process=make --timeout 10m -- make -j4
  shape exec -A --idle-timeout 30s --tee -- ./download.sh
  shape exec -A --output-format=json --max-output 1M --overflow=truncate -- cargo test
  shape exec -A -i -e PATH=/usr/bin:/bin -C /srv -- env

The program has our own standard streams, unless output is to be kept, limited or watched. When it
ends, or is ended, what it started and left running is ended too, wherever it went. What may run is
granted as for `shape run`; on a terminal you are asked.

TIME is a number of seconds, or with ms, s, m, h or d. BYTES may have k, M, G or T.

Exit codes:
  n    the program's own
  124  its time was up
  125  wrong usage, too much output, or this command failed
  126  it may not run, or cannot be executed
  127  there is no such program
  128 + n  ended by signal n, or this command was";

/// After the help of `shape permissions explain`.
pub(crate) const EXPLAIN: &str = "\
Examples:
  shape permissions explain -- git push
  shape permissions explain --allow-process=git:status -- git status -s
  shape permissions explain -c 'cd build && rm -rf x'
  shape permissions explain --rules=rules.toml --output-format=json -- make

Nothing runs. What is printed are the programs that the command would start, every rule that was
looked at for each, the one that decides with its file and line, and what would change the answer.
The flags are those of `shape run`, and give the same answer there.

Exit codes: 0 it was explained, whatever the answer; 2 wrong usage, or a broken rules file.";

/// After the help of `shape permissions check`.
pub(crate) const CHECK_RULES: &str = "\
Examples:
  shape permissions check .shape/rules.toml
  shape permissions check

Every file is loaded as a host would load it, and the examples under `match` and `not_match` of each
rule are tried. Exit codes: 0 if all is well, 2 if something is wrong.";

/// After the help of `shape permissions list`.
pub(crate) const LIST: &str = "\
Examples:
  shape permissions list
  shape permissions list --rules=rules.toml --output-format=json

Rules come from /etc/shape/rules.toml, ~/.config/shape/rules.toml, .shape/rules.toml of the project,
the flags, and from shape itself. What denies beats what asks, and that beats what allows. Of a
project's file only what denies and asks counts, until `shape trust add --file FILE`.";

/// After the help of `shape permissions import`.
pub(crate) const IMPORT: &str = "\
Examples:
  shape permissions import --from=claude > ~/.config/shape/rules.toml
  shape permissions import --from=codex ~/.codex/rules/default.rules

Nothing is widened: what allows and has no exact counterpart is left out, with the reason in a
comment. Read the result before you use it.";

/// After the help of `shape trust add`.
pub(crate) const TRUST_ADD: &str = "\
Examples:
  shape trust add make
  shape trust add git status
  shape trust add --scope=exact --for=hour -- ./deploy.sh staging
  shape trust add --file .shape/rules.toml

A rules file is trusted as it is now; when it changes it has to be trusted again. What a rule denies
stays denied, whatever is trusted.";

/// After the help of `shape trust revoke`.
pub(crate) const TRUST_REVOKE: &str = "\
Examples:
  shape trust revoke 3f9a1c
  shape trust revoke make
  shape trust revoke --all";

/// After the help of `shape trust approve`.
pub(crate) const TRUST_APPROVE: &str = "\
Examples:
  shape trust approve
  shape trust approve 3f9a1c --for=hour
  shape trust approve 3f9a1c --scope=subcommand

A run that could ask nobody leaves its question here. Approving it lets the next run of that command
pass; it does not start anything.";

/// After the help of `shape audit tail`.
pub(crate) const AUDIT_TAIL: &str = "\
Examples:
  shape audit tail
  shape audit tail -n 100 --output-format=json
  shape audit tail -f";

/// After the help of `shape guard lockdown`.
pub(crate) const GUARD_LOCKDOWN: &str = "\
Examples:
  shape guard lockdown
  shape guard lockdown 'the build machine is compromised'

Every host of this user that runs commands ends them and starts no more. `shape guard reset` lets
them go on.";
