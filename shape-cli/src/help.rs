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
  for environment variables, -A for everything.
  A script that needs more than it was granted does not start. On a terminal, programs that were
  not granted are asked about one by one, unless --no-prompt is given.

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

PROGRAM is a bare name, which means the file that PATH has for it, or an absolute path. What is
denied stays denied, whatever is allowed.

As the first line of a script: #!/usr/bin/env -S shape run --allow-process=git";

/// After the help of `shape eval`.
pub(crate) const EVAL: &str = "\
Examples:
  shape eval '[1, 2, 3].map(|x| x * x).sum()'
  shape eval --allow-process=git 'io.exec(\"git\", [\"--version\"]).stdout.trim()'
  shape eval -- '-5 % 3'
  shape eval - < script.shape

The value of the last expression is printed, and nothing if it has none.";

/// After the help of `shape check`.
pub(crate) const CHECK: &str = "\
Examples:
  shape check build.shape
  shape check --needs build.shape

Exit codes: 0 and no output if all is well, 2 if something is wrong.";

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
