//! The program that the tests run: it does on demand what programs do to those who run them.
//!
//! `shape-testchild COMMAND [ARGUMENT…]`; the commands are in [`run`], each with what it does.

mod descendants;
mod kernel;
mod nursery;
mod signals;
mod storm;
mod streams;
mod tree;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => ExitCode::from(code),
        // What reads our output has gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(141),
        Err(error) => {
            let _ = streams::say_err(&format!("shape-testchild: {error}\n"));
            ExitCode::from(99)
        }
    }
}

fn run(args: &[&str]) -> io::Result<u8> {
    match args {
        // Prints the words, joined by spaces, and a newline.
        ["echo", words @ ..] => streams::say(&format!("{}\n", words.join(" ")))?,
        // Copies its input to its output until the end.
        ["cat"] => streams::cat()?,
        // Copies its input line by line, in upper case, flushing after each line.
        ["upper"] => streams::upper()?,
        // Prints that many numbered lines.
        ["lines", count] => streams::lines(number(count)?)?,
        // Writes that many bytes to `stdout` or `stderr`, in pieces of 64 KiB or as given.
        ["flood", stream, bytes] => streams::flood(stream, number(bytes)?, 64 << 10)?,
        ["flood", stream, bytes, piece] => streams::flood(stream, number(bytes)?, number(piece)?)?,
        // Writes that many bytes to both streams, in turns.
        ["flood-both", bytes] => streams::flood_both(number(bytes)?)?,
        // Prints that many lines, in turns on both streams.
        ["interleave", count] => streams::interleave(number(count)?)?,
        // Writes `é` byte by byte.
        ["utf8-slow"] => streams::utf8_slow()?,
        // Writes the bytes given in hexadecimal.
        ["bytes", hex] => streams::bytes(hex)?,
        // Writes each line of its input, without the first letter, where that says: `o` for stdout, `e`
        // for stderr.
        ["route"] => streams::route()?,
        // Reads one line, prints it and ends.
        ["read-one-line"] => streams::read_one_line()?,
        // Closes its standard input, says `closed`, and sleeps.
        ["close-stdin-early", seconds] => streams::close_stdin_early(sleep_time(seconds)?)?,
        // Asks a question and prints the answer, or `eof`.
        ["prompt"] => streams::prompt()?,
        // Ends with that code.
        ["exit", code] => return code.parse().map_err(io::Error::other),
        // Prints the text to its standard error and ends with that code.
        ["fail", code, text] => {
            streams::say_err(&format!("{text}\n"))?;
            return code.parse().map_err(io::Error::other);
        }
        ["sleep", seconds] => std::thread::sleep(sleep_time(seconds)?),
        // Sends itself that signal.
        ["signal", signal] => signals::raise(number(signal)? as i32),
        // Ignores SIGTERM, says `ready`, and sleeps.
        ["ignore-term", seconds] => {
            signals::ignore_term();
            streams::say("ready\n")?;
            std::thread::sleep(sleep_time(seconds)?);
        }
        // Says `ready`, waits for SIGTERM, says `bye` and ends with 7.
        ["graceful"] => {
            signals::await_term(|| streams::say("ready\n"))?;
            streams::say("bye\n")?;
            return Ok(7);
        }
        // Starts a process that does `tidy` in the same group, without streams; prints its pid, and
        // sleeps.
        ["untidy", file] => {
            tree::start_quiet(&["tidy", file])?;
            std::thread::sleep(Duration::from_secs(60));
        }
        // Creates the file, waits for SIGTERM, and takes a moment to remove the file.
        ["tidy", file] => {
            signals::await_term(|| std::fs::write(file, ""))?;
            std::thread::sleep(Duration::from_millis(200));
            std::fs::remove_file(file)?;
        }
        // Prints whether SIGPIPE was `default` or `ignored` when it was started.
        ["sigpipe"] => streams::say(&format!("{}\n", signals::sigpipe_at_start()))?,
        // Prints the signals that it was started with blocked, as in /proc/self/status.
        ["sigmask"] => streams::say(&tree::status_line("SigBlk:")?)?,
        // Starts a process that sleeps, in the same group, without streams; prints its pid, and
        // sleeps too (`grandchild`) or ends (`leave`).
        ["grandchild", seconds] => {
            tree::start_quiet(&["sleep", seconds])?;
            std::thread::sleep(sleep_time(seconds)?);
        }
        ["leave", seconds] => tree::start_quiet(&["sleep", seconds])?,
        // As `leave`, with one that ignores SIGTERM.
        ["leave-stubborn", seconds] => tree::start_quiet(&["ignore-term", seconds])?,
        // As `leave`, but the process holds the standard output.
        ["hold-pipe", seconds] => tree::start_holding(&["sleep", seconds])?,
        // Does the rest. The marker is only there to be seen among the arguments.
        ["marked", _marker, rest @ ..] => return run(rest),
        // Starts a descendant that will not go, and stays or leaves.
        ["tree", kind, then] => descendants::tree(kind, then)?,
        // Starts that many lines of processes that are never there for long.
        ["storm", count, kind] => storm::storm(number(count)?, kind)?,
        // Runs a program as its only one, and is the parent of all orphans.
        ["nursery", kind, command @ ..] => return nursery::nursery(kind, command),
        // Gets around what may be used to find it or to end it.
        ["evade", kind] => descendants::evade(kind)?,
        // Waits for input that may never come.
        ["await-input", source] => streams::await_input(source)?,
        // Prints the numbers of its open descriptors.
        ["fds"] => streams::say(&tree::descriptors()?)?,
        // Prints pid, group and the foreground group of its terminal, which is -1 without one.
        ["ids"] => streams::say(&tree::ids()?)?,
        // Prints whether it can open its terminal: `tty` or `no tty`.
        ["tty"] => streams::say(tree::terminal())?,
        // Prints one environment variable, or `unset`.
        ["env", name] => streams::say(&tree::variable(name))?,
        // Prints all environment variables.
        ["environ"] => streams::say(&tree::environment())?,
        ["cwd"] => streams::say(&format!("{}\n", std::env::current_dir()?.display()))?,
        // Prints its arguments, its own name first, each quoted on a line.
        ["args", ..] => streams::say(&tree::arguments())?,
        _ => return Err(io::Error::other(format!("no such command: {args:?}"))),
    }
    Ok(0)
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(io::Error::other)
}

fn sleep_time(seconds: &str) -> io::Result<Duration> {
    let seconds: f64 = seconds.parse().map_err(io::Error::other)?;
    Duration::try_from_secs_f64(seconds).map_err(io::Error::other)
}
