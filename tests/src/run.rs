//! Runs a command to its end, or to a time limit.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long output may stay open after the command has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It was still running at the time limit and was killed.
    TimedOut,
    /// It ended, but something that it started kept its output open.
    LeftSomethingRunning,
}

/// What a command did.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to stdout; invalid UTF-8 is replaced.
    pub stdout: String,
    /// What it wrote to stderr; invalid UTF-8 is replaced.
    pub stderr: String,
}

/// Runs `command` with `stdin` as its input and gives what it did.
///
/// # Errors
/// When it cannot be started.
///
/// # Blocking
/// Until it has ended and its output is closed, at most about `limit`.
pub fn run(mut command: Command, stdin: Option<Vec<u8>>, limit: Duration) -> io::Result<Finished> {
    let deadline = Instant::now() + limit;
    command.stdin(if stdin.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn()?;
    if let (Some(mut pipe), Some(data)) = (child.stdin.take(), stdin) {
        // A command that does not read its input to the end breaks the pipe, which is its right.
        thread::spawn(move || pipe.write_all(&data));
    }
    let (sender, pieces) = mpsc::channel();
    forward(child.stdout.take(), 0, sender.clone());
    forward(child.stderr.take(), 1, sender);

    let mut output = [Vec::new(), Vec::new()];
    let mut ended: Option<Instant> = None;
    let ending = loop {
        if ended.is_none() && Instant::now() > deadline {
            break Ending::TimedOut;
        }
        match pieces.recv_timeout(Duration::from_millis(50)) {
            Ok((stream, piece)) => {
                let kept: &mut Vec<u8> = &mut output[stream];
                kept.extend(piece);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break wait(&mut child, deadline)?,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if ended.is_none() {
            ended = child.try_wait()?.map(|_| Instant::now());
        }
        if ended.is_some_and(|at| at.elapsed() > OUTPUT_GRACE) {
            break Ending::LeftSomethingRunning;
        }
    };
    if matches!(ending, Ending::TimedOut | Ending::LeftSomethingRunning) {
        end_group(&mut child);
    }
    let [stdout, stderr] = output.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Finished {
        ending,
        stdout,
        stderr,
    })
}

/// Sends what comes out of `pipe`, piece by piece, until its end.
fn forward(pipe: Option<impl Read + Send + 'static>, stream: usize, to: Sender<(usize, Vec<u8>)>) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        while let Ok(n @ 1..) = pipe.read(&mut buffer) {
            if to.send((stream, buffer[..n].to_vec())).is_err() {
                return;
            }
        }
    });
}

/// Waits for a child whose output is closed.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Ending> {
    while Instant::now() <= deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(match (status.code(), status.signal()) {
                (Some(code), _) => Ending::Exited(code),
                (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
            });
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(Ending::TimedOut)
}

/// Kills the command and what it started in its own group.
fn end_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &group]).stderr(Stdio::null());
    // The group may be gone already; the child itself is ended in any case.
    let _ = kill.status();
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, Some(b"input".to_vec()), limit).expect("sh starts")
    }

    #[test]
    fn gives_output_and_status() {
        let done = sh("cat; echo err >&2; exit 3", Duration::from_secs(10));
        assert_eq!(
            (done.stdout.as_str(), done.stderr.as_str()),
            ("input", "err\n")
        );
        assert_eq!(done.ending, Ending::Exited(3));
    }

    #[test]
    fn tells_a_signal_from_a_status() {
        assert_eq!(
            sh("kill -KILL $$", Duration::from_secs(10)).ending,
            Ending::Signalled(9)
        );
    }

    #[test]
    fn ends_what_takes_too_long() {
        let done = sh("echo started; sleep 60", Duration::from_millis(300));
        assert_eq!(
            (done.ending, done.stdout.as_str()),
            (Ending::TimedOut, "started\n")
        );
    }

    #[test]
    fn notices_what_was_left_running() {
        let done = sh("sleep 60 & exit 0", Duration::from_secs(20));
        assert_eq!(done.ending, Ending::LeftSomethingRunning);
    }
}
