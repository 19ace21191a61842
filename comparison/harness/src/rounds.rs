//! Rounds on demand.

use crate::hits;
use nix::time::{ClockId, clock_gettime};
use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

/// How long a loop runs in one round.
const TARGET: Duration = Duration::from_millis(20);

/// The shapes of a call, in the order of the table, behind the loop without a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The loop itself.
    Empty,
    /// `f()`
    Unit,
    /// `f(int) -> int`
    Int,
    /// `f(string) -> int`
    Length,
    /// `f(string) -> string`
    Text,
    /// `f(Array<string>) -> int`, of eight
    Lengths,
    /// `handle.f() -> int`
    Handle,
    /// `f() -> record`, of an integer and two texts, of which the integer is read
    Record,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Unit,
        Self::Int,
        Self::Length,
        Self::Text,
        Self::Lengths,
        Self::Handle,
        Self::Record,
    ];

    /// The name that the function with the loop has in every script.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unit => "unit",
            Self::Int => "int",
            Self::Length => "length",
            Self::Text => "text",
            Self::Lengths => "lengths",
            Self::Handle => "handle",
            Self::Record => "record",
        }
    }
}

/// The loops of one engine: a function for each shape that goes around so many times.
pub struct Loops<'a> {
    loops: Vec<(Shape, Box<dyn FnMut(u64) + 'a>)>,
    hits: Box<dyn Fn() -> u64 + 'a>,
}

impl Default for Loops<'_> {
    fn default() -> Self {
        Self::counted_by(hits)
    }
}

impl<'a> Loops<'a> {
    /// No loops yet; `hits` tells how often the host functions were called, for functions in another library,
    /// which has a count of its own.
    #[must_use]
    pub fn counted_by(hits: impl Fn() -> u64 + 'a) -> Self {
        let hits = Box::new(hits);
        Self {
            loops: Vec::new(),
            hits,
        }
    }

    /// Adds the loop of a shape. They are added in the order of [`Shape::ALL`].
    pub fn add(&mut self, shape: Shape, run: impl FnMut(u64) + 'a) {
        self.loops.push((shape, Box::new(run)));
    }

    /// Makes a round for every line on stdin, and writes the nanoseconds that one turn of each loop has taken, of
    /// the processor's time of this thread, as one line to stdout. Before the first it finds out how many turns
    /// take long enough to be measured, and writes `ready`.
    ///
    /// # Blocking
    /// Until stdin ends.
    ///
    /// # Errors
    /// stdout is closed.
    ///
    /// # Panics
    /// A loop has not called its function once in each turn: what would be measured is something else.
    pub fn serve(mut self) -> io::Result<()> {
        let shapes: Vec<Shape> = self.loops.iter().map(|(shape, _)| *shape).collect();
        assert_eq!(shapes, Shape::ALL, "one loop for each shape, in this order");
        let turns: Vec<u64> = (0..self.loops.len()).map(|at| self.calibrate(at)).collect();
        let mut out = io::stdout().lock();
        writeln!(out, "ready")?;
        out.flush()?;
        for line in io::stdin().lock().lines() {
            line?;
            let round = self.loops.iter_mut().zip(&turns).map(|((_, run), turns)| {
                let spent = timed(run, *turns);
                format!("{:.4}", spent.as_nanos() as f64 / *turns as f64)
            });
            writeln!(out, "{}", round.collect::<Vec<_>>().join(" "))?;
            out.flush()?;
        }
        Ok(())
    }

    /// How many turns of a loop take [`TARGET`].
    fn calibrate(&mut self, at: usize) -> u64 {
        let (shape, run) = &mut self.loops[at];
        run(64);
        let mut turns = 256;
        loop {
            let before = (self.hits)();
            let spent = timed(run, turns);
            let calls = (self.hits)() - before;
            let expected = if *shape == Shape::Empty { 0 } else { turns };
            assert_eq!(calls, expected, "calls in {turns} turns of {shape:?}");
            if spent >= TARGET || turns > 1 << 28 {
                return turns;
            }
            let growth = TARGET.as_secs_f64() / spent.as_secs_f64().max(1e-9) * 1.2;
            turns = (turns as f64 * growth.clamp(1.5, 16.0)) as u64;
        }
    }
}

/// The processor's time that this thread takes for so many turns.
fn timed(run: &mut dyn FnMut(u64), turns: u64) -> Duration {
    let start = spent();
    run(turns);
    spent().saturating_sub(start)
}

/// The processor's time that this thread has had. On a shared machine the time of the clock is other
/// people's work.
fn spent() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .map(Duration::from)
        .expect("the system has this clock")
}
