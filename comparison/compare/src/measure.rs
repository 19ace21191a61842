//! What others take: rounds of the engines' programs, and whole processes.

use crate::Failure;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The program of an engine, which makes a round when it is told to.
pub struct Rounds {
    child: Child,
    orders: ChildStdin,
    results: BufReader<ChildStdout>,
}

impl Rounds {
    /// Starts it.
    ///
    /// # Blocking
    /// Until it knows how many turns of each loop it makes in a round.
    ///
    /// # Errors
    /// It does not start, or ends.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().ok_or("there is no stdin")?;
        let results = child.stdout.take().ok_or("there is no stdout")?;
        let mut rounds = Self {
            child,
            orders,
            results: BufReader::new(results),
        };
        match rounds.line()?.as_str() {
            "ready" => Ok(rounds),
            other => Err(format!("said {other:?} for `ready`").into()),
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.results.read_line(&mut line)? == 0 {
            return Err(format!("it ended: {}", self.child.wait()?).into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// The nanoseconds of one turn of each loop, the empty one first.
    ///
    /// # Blocking
    /// Until the round is over.
    ///
    /// # Errors
    /// The program has ended.
    pub fn round(&mut self) -> Result<Vec<f64>, Failure> {
        writeln!(self.orders, "round")?;
        let line = self.line()?;
        let numbers = line.split(' ').map(str::parse);
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    /// Ends it.
    ///
    /// # Blocking
    /// Until it has ended.
    ///
    /// # Errors
    /// It did not end well.
    pub fn end(self) -> Result<(), Failure> {
        let mut child = self.child;
        drop(self.orders);
        let status = child.wait()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| format!("it ended: {status}").into())
    }
}

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// The processor's time, of the process and its children.
    pub cpu: Duration,
    /// The time by the clock.
    pub wall: Duration,
}

/// Runs a command to its end. Its stdout must be `expected`.
///
/// # Blocking
/// Until it ends.
///
/// # Errors
/// It fails, or prints something else.
pub fn whole(command: &mut Command, expected: &str) -> Result<Spent, Failure> {
    let before = children()?;
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let wall = start.elapsed();
    let cpu = children()?.saturating_sub(before);
    let said = String::from_utf8_lossy(&output.stdout);
    if said.trim_end() == expected && output.status.success() {
        return Ok(Spent { cpu, wall });
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{command:?}: {}: {said:?} for {expected:?}: {errors}",
        output.status
    )
    .into())
}

/// The processor's time of all children that have been waited for.
fn children() -> Result<Duration, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(Duration::from_micros(micros.try_into()?))
}

/// The middle one. There is at least one.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
